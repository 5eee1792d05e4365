/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef CRYPTO_KEY_TEXT_H
#define CRYPTO_KEY_TEXT_H

#include "base/secret.h"
#include "crypto/key.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Keys in the text form of the control protocol: a prefix that names the kind,
 * then hexadecimal digits. Source: types/key of tailscale.
 *
 * All parsers take text that need not be terminated, accept digits of either
 * case and return 0 or TNE_KEY_FORMAT, never showing the text.
 */

/**
 * struct machine_public - names a machine or a control server, X25519
 * @byte: a point of Curve25519
 */
struct machine_public {
	uint8_t byte[KEY_LEN];
};

/**
 * struct disco_public - names a process in path discovery, X25519
 * @byte: a point of Curve25519
 */
struct disco_public {
	uint8_t byte[KEY_LEN];
};

/**
 * struct lock_public - names a signer of the tailnet lock, Ed25519
 * @byte: a point of edwards25519
 */
struct lock_public {
	uint8_t byte[KEY_LEN];
};

/**
 * struct challenge_public - of a control server's challenge, X25519
 * @byte: a point of Curve25519
 */
struct challenge_public {
	uint8_t byte[KEY_LEN];
};

/* Longest text of a public key: "discokey:" and 64 digits. */
#define KEY_HEX_MAX 73

/**
 * struct key_hex - a public key in text, terminated
 * @c: the characters
 */
struct key_hex {
	char c[KEY_HEX_MAX + 1];
};

/* "privkey:" and 64 digits; "nlpriv:" and 128 digits. */
#define KEY_PRIVATE_HEX_LEN 72
#define KEY_LOCK_PRIVATE_HEX_LEN 135

#define KEY_SHORT_MAX 19

/**
 * struct key_short - a public key cut short for people, terminated
 * @c: "[AbCdE]" for machine and node keys, "d:0123456789abcdef" for disco keys
 */
struct key_short {
	char c[KEY_SHORT_MAX + 1];
};

/* "mkey:", "nodekey:", "discokey:", "chalpub:" and 64 digits. */
int key_text_parse_machine(const char *s, size_t len,
			   struct machine_public *ret);
int key_text_parse_node(const char *s, size_t len, struct node_public *ret);
int key_text_parse_disco(const char *s, size_t len, struct disco_public *ret);
int key_text_parse_challenge(const char *s, size_t len,
			     struct challenge_public *ret);

/* "nlpub:" or "tlpub:" and 64 digits. */
int key_text_parse_lock(const char *s, size_t len, struct lock_public *ret);

/* All of these return the text in @ret. */
const char *key_text_format_machine(const struct machine_public *key,
				    struct key_hex *ret);
const char *key_text_format_node(const struct node_public *key,
				 struct key_hex *ret);
const char *key_text_format_disco(const struct disco_public *key,
				  struct key_hex *ret);
const char *key_text_format_challenge(const struct challenge_public *key,
				      struct key_hex *ret);
const char *key_text_format_lock(const struct lock_public *key,
				 struct key_hex *ret);
/* The same key as people see it, "tlpub:". */
const char *key_text_format_lock_cli(const struct lock_public *key,
				     struct key_hex *ret);

/* For logs and status; a zero key is the empty text, as Tailscale has it. */
const char *key_text_short_machine(const struct machine_public *key,
				   struct key_short *ret);
const char *key_text_short_node(const struct node_public *key,
				struct key_short *ret);
const char *key_text_short_disco(const struct disco_public *key,
				 struct key_short *ret);

/**
 * key_text_parse_private() - "privkey:" and 64 digits, in constant time
 * @s:		text; for machine and node keys alike
 * @len:	bytes
 * @ret:	filled; zero if the text is no key
 */
int key_text_parse_private(const char *s, size_t len, struct secret32 *ret);

/**
 * key_text_format_private() - write a machine or node key, in constant time
 * @key:	the key
 * @ret:	KEY_PRIVATE_HEX_LEN bytes and the end; the caller wipes them
 */
void key_text_format_private(struct secret32 *key,
			     char ret[KEY_PRIVATE_HEX_LEN + 1]);

/**
 * key_text_parse_lock_private() - "nlpriv:" and 128 digits, in constant time
 * @s:		text
 * @len:	bytes
 * @seed:	filled with the first half; zero if the text is no key
 * @public:	the second half, checked to belong to the first
 */
int key_text_parse_lock_private(const char *s, size_t len,
				struct secret32 *seed,
				struct lock_public *public);

/**
 * key_text_format_lock_private() - write a lock key, in constant time
 * @seed:	its seed
 * @public:	the public key that belongs to it
 * @ret:	KEY_LOCK_PRIVATE_HEX_LEN bytes and the end; the caller wipes them
 */
void key_text_format_lock_private(struct secret32 *seed,
				  const struct lock_public *public,
				  char ret[KEY_LOCK_PRIVATE_HEX_LEN + 1]);

/* A key of zeros stands for "none" in the protocol. */
bool machine_public_is_zero(const struct machine_public *key);
bool node_public_is_zero(const struct node_public *key);
bool disco_public_is_zero(const struct disco_public *key);
bool lock_public_is_zero(const struct lock_public *key);

#endif /* CRYPTO_KEY_TEXT_H */
