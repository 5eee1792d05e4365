/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef CRYPTO_KEY_H
#define CRYPTO_KEY_H

#include "base/secret.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define KEY_LEN 32		/* bytes */
#define KEY_TEXT_LEN 44		/* base64 characters */

/**
 * struct node_public - public key of a WireGuard peer or device
 * @byte: a point of Curve25519, as on the wire
 */
struct node_public {
	uint8_t byte[KEY_LEN];
};

/**
 * struct key_text - a key as base64, terminated
 * @c: the characters
 */
struct key_text {
	char c[KEY_TEXT_LEN + 1];
};

/**
 * key_parse_public() - read a public key
 * @s:		text, not terminated
 * @len:	its length
 * @ret:	the key
 *
 * Only the one canonical spelling of a key is taken: exactly KEY_TEXT_LEN
 * characters with padding, the unused bits of the last one zero.
 *
 * Return: 0 or TNE_KEY_FORMAT.
 */
int key_parse_public(const char *s, size_t len, struct node_public *ret);

/**
 * key_parse_secret() - read a private or preshared key, in constant time
 * @s:		text, not terminated
 * @len:	its length
 * @ret:	filled; zero if the text is no key
 *
 * Return: 0 or TNE_KEY_FORMAT.
 */
int key_parse_secret(const char *s, size_t len, struct secret32 *ret);

/**
 * key_format_public() - write a public key
 * @key:	the key
 * @ret:	its text
 *
 * Return: the text in @ret.
 */
const char *key_format_public(const struct node_public *key,
			      struct key_text *ret);

/**
 * key_format_secret() - write a secret, in constant time
 * @key:	the secret
 * @ret:	its text; the caller wipes it
 */
void key_format_secret(struct secret32 *key, struct key_text *ret);

/**
 * key_make_private() - a new private key
 * @ret: filled with a random key, clamped
 */
void key_make_private(struct secret32 *ret);

/**
 * key_derive_public() - the public key of a private one
 * @key:	private, clamped or not
 * @ret:	public
 */
void key_derive_public(struct secret32 *key, struct node_public *ret);

/**
 * key_cmp_public() - order of public keys, for sorting and searching
 * @a: one
 * @b: the other
 *
 * Return: as memcmp().
 */
int key_cmp_public(const struct node_public *a, const struct node_public *b);

#endif /* CRYPTO_KEY_H */
