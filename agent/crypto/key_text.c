// SPDX-License-Identifier: GPL-2.0-only
#include "crypto/key_text.h"

#include "base/err.h"

#include <stdio.h>
#include <string.h>

#include <sodium.h>

#define HEX_LEN (2 * KEY_LEN)

static const char machine_prefix[] = "mkey:";
static const char node_prefix[] = "nodekey:";
static const char disco_prefix[] = "discokey:";
static const char challenge_prefix[] = "chalpub:";
static const char lock_prefix[] = "nlpub:";
static const char lock_cli_prefix[] = "tlpub:";
static const char private_prefix[] = "privkey:";
static const char lock_private_prefix[] = "nlpriv:";

/* libsodium decodes in constant time, and takes nothing but digits here. */
static int parse_hex(const char *s, size_t len, uint8_t *key, size_t key_len)
{
	const char *end;
	size_t n;

	if (len != 2 * key_len ||
	    sodium_hex2bin(key, key_len, s, len, NULL, &n, &end) != 0 ||
	    n != key_len || end != s + len)
		return TNE_KEY_FORMAT;
	return 0;
}

static int parse(const char *prefix, const char *s, size_t len, uint8_t *key,
		 size_t key_len)
{
	size_t n = strlen(prefix);

	if (len < n || memcmp(s, prefix, n) != 0)
		return TNE_KEY_FORMAT;
	return parse_hex(s + n, len - n, key, key_len);
}

static int parse_public(const char *prefix, const char *s, size_t len,
			uint8_t ret[KEY_LEN])
{
	uint8_t key[KEY_LEN];
	int r = parse(prefix, s, len, key, sizeof(key));

	if (r == 0)
		memcpy(ret, key, sizeof(key));
	return r;
}

int key_text_parse_machine(const char *s, size_t len,
			   struct machine_public *ret)
{
	return parse_public(machine_prefix, s, len, ret->byte);
}

int key_text_parse_node(const char *s, size_t len, struct node_public *ret)
{
	return parse_public(node_prefix, s, len, ret->byte);
}

int key_text_parse_disco(const char *s, size_t len, struct disco_public *ret)
{
	return parse_public(disco_prefix, s, len, ret->byte);
}

int key_text_parse_challenge(const char *s, size_t len,
			     struct challenge_public *ret)
{
	return parse_public(challenge_prefix, s, len, ret->byte);
}

int key_text_parse_lock(const char *s, size_t len, struct lock_public *ret)
{
	if (parse_public(lock_prefix, s, len, ret->byte) == 0)
		return 0;
	return parse_public(lock_cli_prefix, s, len, ret->byte);
}

static const char *format(const char *prefix, const uint8_t *key,
			  struct key_hex *ret)
{
	size_t n = strlen(prefix);

	memcpy(ret->c, prefix, n);
	sodium_bin2hex(ret->c + n, sizeof(ret->c) - n, key, KEY_LEN);
	return ret->c;
}

const char *key_text_format_machine(const struct machine_public *key,
				    struct key_hex *ret)
{
	return format(machine_prefix, key->byte, ret);
}

const char *key_text_format_node(const struct node_public *key,
				 struct key_hex *ret)
{
	return format(node_prefix, key->byte, ret);
}

const char *key_text_format_disco(const struct disco_public *key,
				  struct key_hex *ret)
{
	return format(disco_prefix, key->byte, ret);
}

const char *key_text_format_challenge(const struct challenge_public *key,
				      struct key_hex *ret)
{
	return format(challenge_prefix, key->byte, ret);
}

const char *key_text_format_lock(const struct lock_public *key,
				 struct key_hex *ret)
{
	return format(lock_prefix, key->byte, ret);
}

const char *key_text_format_lock_cli(const struct lock_public *key,
				     struct key_hex *ret)
{
	return format(lock_cli_prefix, key->byte, ret);
}

/* Source: types/key/util.go, debug32. */
static const char *shorten(const uint8_t *key, struct key_short *ret)
{
	char text[KEY_TEXT_LEN + 1];

	ret->c[0] = 0;
	if (sodium_is_zero(key, KEY_LEN))
		return ret->c;
	sodium_bin2base64(text, sizeof(text), key, KEY_LEN,
			  sodium_base64_VARIANT_ORIGINAL);
	snprintf(ret->c, sizeof(ret->c), "[%.5s]", text);
	return ret->c;
}

const char *key_text_short_machine(const struct machine_public *key,
				   struct key_short *ret)
{
	return shorten(key->byte, ret);
}

const char *key_text_short_node(const struct node_public *key,
				struct key_short *ret)
{
	return shorten(key->byte, ret);
}

/* Source: types/key/disco.go, ShortString. */
const char *key_text_short_disco(const struct disco_public *key,
				 struct key_short *ret)
{
	ret->c[0] = 0;
	if (sodium_is_zero(key->byte, KEY_LEN))
		return ret->c;
	memcpy(ret->c, "d:", 2);
	sodium_bin2hex(ret->c + 2, sizeof(ret->c) - 2, key->byte, 8);
	return ret->c;
}

int key_text_parse_private(const char *s, size_t len, struct secret32 *ret)
{
	int r = parse(private_prefix, s, len, secret32_expose(ret),
		      SECRET_LEN);

	if (r < 0)
		secret_wipe(secret32_expose(ret), SECRET_LEN);
	return r;
}

void key_text_format_private(struct secret32 *key,
			     char ret[KEY_PRIVATE_HEX_LEN + 1])
{
	size_t n = sizeof(private_prefix) - 1;

	memcpy(ret, private_prefix, n);
	sodium_bin2hex(ret + n, HEX_LEN + 1, secret32_expose(key), SECRET_LEN);
}

/* Does a public key belong to a seed? */
static bool is_pair(struct secret32 *seed, const struct lock_public *public)
{
	uint8_t secret[crypto_sign_SECRETKEYBYTES];
	struct lock_public derived;

	crypto_sign_seed_keypair(derived.byte, secret, secret32_expose(seed));
	secret_wipe(secret, sizeof(secret));
	return memcmp(derived.byte, public->byte, KEY_LEN) == 0;
}

int key_text_parse_lock_private(const char *s, size_t len,
				struct secret32 *seed,
				struct lock_public *public)
{
	size_t n = sizeof(lock_private_prefix) - 1;
	struct lock_public second;
	int r = TNE_KEY_FORMAT;

	if (len == KEY_LOCK_PRIVATE_HEX_LEN)
		r = parse(lock_private_prefix, s, n + HEX_LEN,
			  secret32_expose(seed), SECRET_LEN);
	if (r == 0)
		r = parse_hex(s + n + HEX_LEN, HEX_LEN, second.byte, KEY_LEN);
	if (r == 0 && !is_pair(seed, &second))
		r = TNE_KEY_FORMAT;
	if (r < 0)
		secret_wipe(secret32_expose(seed), SECRET_LEN);
	else
		*public = second;
	return r;
}

void key_text_format_lock_private(struct secret32 *seed,
				  const struct lock_public *public,
				  char ret[KEY_LOCK_PRIVATE_HEX_LEN + 1])
{
	size_t n = sizeof(lock_private_prefix) - 1;

	memcpy(ret, lock_private_prefix, n);
	sodium_bin2hex(ret + n, HEX_LEN + 1, secret32_expose(seed), SECRET_LEN);
	sodium_bin2hex(ret + n + HEX_LEN, HEX_LEN + 1, public->byte, KEY_LEN);
}

bool machine_public_is_zero(const struct machine_public *key)
{
	return sodium_is_zero(key->byte, KEY_LEN);
}

bool node_public_is_zero(const struct node_public *key)
{
	return sodium_is_zero(key->byte, KEY_LEN);
}

bool disco_public_is_zero(const struct disco_public *key)
{
	return sodium_is_zero(key->byte, KEY_LEN);
}

bool lock_public_is_zero(const struct lock_public *key)
{
	return sodium_is_zero(key->byte, KEY_LEN);
}
