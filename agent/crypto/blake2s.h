/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef CRYPTO_BLAKE2S_H
#define CRYPTO_BLAKE2S_H

#include <stddef.h>
#include <stdint.h>

#define BLAKE2S_LEN 32		/* bytes of a hash */
#define BLAKE2S_BLOCK_LEN 64	/* bytes */

/**
 * struct blake2s_part - a piece of what is hashed
 * @data: bytes; borrowed
 * @len: how many
 */
struct blake2s_part {
	const void *data;
	size_t len;
};

/**
 * blake2s_hash() - BLAKE2s-256 without a key
 * @part:	hashed one behind the other
 * @n:		how many parts
 * @ret:	the hash; may be one of the parts
 *
 * Source: RFC 7693.
 * Return: 0 or -ENOMEM.
 */
int blake2s_hash(const struct blake2s_part *part, size_t n,
		 uint8_t ret[BLAKE2S_LEN]);

/**
 * blake2s_hmac() - HMAC with BLAKE2s-256, not BLAKE2s with a key
 * @key:	BLAKE2S_LEN bytes
 * @part:	authenticated one behind the other
 * @n:		how many parts, at most 3
 * @ret:	the code; may be the key or one of the parts
 *
 * Source: RFC 2104.
 * Return: 0 or -ENOMEM.
 */
int blake2s_hmac(const uint8_t key[BLAKE2S_LEN],
		 const struct blake2s_part *part, size_t n,
		 uint8_t ret[BLAKE2S_LEN]);

/**
 * blake2s_hkdf() - two keys out of one secret
 * @salt:	BLAKE2S_LEN bytes; may be @ret_a or @ret_b
 * @secret:	bytes
 * @len:	how many, perhaps 0
 * @ret_a:	the first key
 * @ret_b:	the second key
 *
 * Source: RFC 5869 with empty info; Noise, section 4.3.
 * Return: 0 or -ENOMEM.
 */
int blake2s_hkdf(const uint8_t salt[BLAKE2S_LEN], const void *secret,
		 size_t len, uint8_t ret_a[BLAKE2S_LEN],
		 uint8_t ret_b[BLAKE2S_LEN]);

#endif /* CRYPTO_BLAKE2S_H */
