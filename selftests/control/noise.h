/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Noise_IK_25519_ChaChaPoly_BLAKE2s as the control protocol uses it, both
 * sides: the server answers, the tests begin.
 *
 * Source: tailscale control/controlbase, messages.go, handshake.go, conn.go.
 */
#ifndef CONTROL_NOISE_H
#define CONTROL_NOISE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NOISE_INIT_LEN		101	/* version, type, length, 96 bytes */
#define NOISE_RESPONSE_LEN	51	/* type, length, 48 bytes */
#define NOISE_HEADER_LEN	3
#define NOISE_TAG_LEN		16
#define NOISE_RECORD_MAX	4096	/* with its header */
#define NOISE_PLAIN_MAX		(NOISE_RECORD_MAX - NOISE_HEADER_LEN - NOISE_TAG_LEN)

#define NOISE_TYPE_INIT		1
#define NOISE_TYPE_RESPONSE	2
#define NOISE_TYPE_ERROR	3
#define NOISE_TYPE_RECORD	4

/**
 * struct noise_cipher - one direction
 * @key:	key
 * @n:		counter of the next record
 */
struct noise_cipher {
	uint8_t key[32];
	uint64_t n;
};

/**
 * struct noise_state - a handshake on its way
 * @h:		hash of all that was said
 * @ck:		chaining key
 * @k:		key of the next sealed field
 * @e:		own ephemeral private key
 * @s:		own static private key
 */
struct noise_state {
	uint8_t h[32];
	uint8_t ck[32];
	uint8_t k[32];
	uint8_t e[32];
	uint8_t s[32];
};

/**
 * struct noise_channel - what a finished handshake leaves
 * @rx:		to open what comes
 * @tx:		to seal what goes
 * @hash:	channel binding
 */
struct noise_channel {
	struct noise_cipher rx;
	struct noise_cipher tx;
	uint8_t hash[32];
};

/* The version an initiation claims; -1 if size or type are wrong. */
int noise_init_version(const uint8_t *init, size_t len);

/* Server: read an initiation. Return: false if a tag or a point is wrong. */
bool noise_accept(struct noise_state *st, const uint8_t server[32],
		  const uint8_t init[NOISE_INIT_LEN], uint8_t ret_machine[32]);

/* Server: answer it with the ephemeral key @e; @client_e and @machine are the
 * other side's public keys, the former at offset 5 of the initiation.
 */
bool noise_answer(struct noise_state *st, const uint8_t e[32],
		  const uint8_t client_e[32], const uint8_t machine[32],
		  uint8_t ret[NOISE_RESPONSE_LEN], struct noise_channel *ret_channel);

/* Client: both halves. */
bool noise_begin(struct noise_state *st, uint16_t version,
		 const uint8_t machine[32], const uint8_t e[32],
		 const uint8_t server_pub[32], uint8_t ret[NOISE_INIT_LEN]);
bool noise_finish(struct noise_state *st,
		  const uint8_t response[NOISE_RESPONSE_LEN],
		  struct noise_channel *ret);

/* One record, header and tag included: @n + 19 bytes, @n <= NOISE_PLAIN_MAX. */
void noise_seal(struct noise_cipher *c, const void *data, size_t n,
		uint8_t *ret);
/* @n bytes of ciphertext behind a header; @ret gets @n - 16. */
bool noise_open(struct noise_cipher *c, const uint8_t *data, size_t n,
		uint8_t *ret);

#endif /* CONTROL_NOISE_H */
