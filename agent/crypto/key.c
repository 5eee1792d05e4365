// SPDX-License-Identifier: GPL-2.0-only
#include "crypto/key.h"

#include "base/err.h"

#include <string.h>

#include <sodium.h>

#define VARIANT sodium_base64_VARIANT_ORIGINAL

static int parse(const char *s, size_t len, uint8_t *key)
{
	const char *end;
	size_t key_len;

	/*
	 * libsodium refuses missing padding and non-zero unused bits; with the
	 * length fixed that leaves one spelling for each key.
	 */
	if (len != KEY_TEXT_LEN ||
	    sodium_base642bin(key, KEY_LEN, s, len, NULL, &key_len, &end,
			      VARIANT) != 0 ||
	    key_len != KEY_LEN || end != s + len)
		return TNE_KEY_FORMAT;
	return 0;
}

int key_parse_public(const char *s, size_t len, struct node_public *ret)
{
	struct node_public key;
	int r = parse(s, len, key.byte);

	if (r == 0)
		*ret = key;
	return r;
}

int key_parse_secret(const char *s, size_t len, struct secret32 *ret)
{
	int r = parse(s, len, secret32_expose(ret));

	if (r < 0)
		secret_wipe(secret32_expose(ret), SECRET_LEN);
	return r;
}

const char *key_format_public(const struct node_public *key,
			      struct key_text *ret)
{
	return sodium_bin2base64(ret->c, sizeof(ret->c), key->byte, KEY_LEN,
				 VARIANT);
}

void key_format_secret(struct secret32 *key, struct key_text *ret)
{
	sodium_bin2base64(ret->c, sizeof(ret->c), secret32_expose(key), KEY_LEN,
			  VARIANT);
}

void key_make_private(struct secret32 *ret)
{
	uint8_t *byte = secret32_expose(ret);

	/* Source: RFC 7748, section 5, decodeScalar25519. */
	secret_random(ret);
	byte[0] &= 248;
	byte[31] &= 127;
	byte[31] |= 64;
}

void key_derive_public(struct secret32 *key, struct node_public *ret)
{
	crypto_scalarmult_base(ret->byte, secret32_expose(key));
}

int key_cmp_public(const struct node_public *a, const struct node_public *b)
{
	return memcmp(a->byte, b->byte, KEY_LEN);
}
