/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef HOSTILE_BLAKE2S_H
#define HOSTILE_BLAKE2S_H

#include <stddef.h>
#include <stdint.h>

#define BLAKE2S_BLOCK	64
#define BLAKE2S_LEN	32

/**
 * struct blake2s - a hash under way
 * @h:		chaining value
 * @t:		bytes compressed so far
 * @buf:	bytes not yet compressed; the last block waits here
 * @buf_len:	how many
 * @out_len:	length of the result, 1 to 32 bytes
 */
struct blake2s {
	uint32_t h[8];
	uint64_t t;
	uint8_t buf[BLAKE2S_BLOCK];
	size_t buf_len;
	size_t out_len;
};

/**
 * struct chunk - one piece of an input that is hashed in several
 * @p:		bytes
 * @len:	how many
 */
struct chunk {
	const void *p;
	size_t len;
};

void blake2s_init(struct blake2s *s, size_t out_len, const void *key,
		  size_t key_len);
void blake2s_update(struct blake2s *s, const void *in, size_t len);
void blake2s_final(struct blake2s *s, uint8_t *out);
void blake2s_hash(uint8_t out[BLAKE2S_LEN], const struct chunk *in, int n);
void blake2s_mac(uint8_t out[16], const void *key, size_t key_len,
		 const struct chunk *in, int n);
void blake2s_hmac(uint8_t out[BLAKE2S_LEN], const uint8_t key[BLAKE2S_LEN],
		  const struct chunk *in, int n);
void blake2s_kdf(const uint8_t ck[BLAKE2S_LEN], const void *in, size_t len,
		 uint8_t *out1, uint8_t *out2, uint8_t *out3);

#endif
