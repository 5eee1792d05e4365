// SPDX-License-Identifier: GPL-2.0-only
#include "test.h"

#include "base/array.h"
#include "base/err.h"
#include "crypto/key_text.h"

#define HEX "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a"
#define ZEROS "0000000000000000000000000000000000000000000000000000000000000000"

/* Source: RFC 8032, section 7.1, test 1. */
#define SEED "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60"
#define PUBLIC "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"

enum kind { MACHINE, NODE, DISCO, CHALLENGE, LOCK, KINDS };

static const char *const prefix[KINDS] = {
	"mkey:", "nodekey:", "discokey:", "chalpub:", "nlpub:",
};

static int parse(enum kind kind, const char *s, size_t len, uint8_t *key)
{
	switch (kind) {
	case MACHINE:
		return key_text_parse_machine(s, len, (void *)key);
	case NODE:
		return key_text_parse_node(s, len, (void *)key);
	case DISCO:
		return key_text_parse_disco(s, len, (void *)key);
	case CHALLENGE:
		return key_text_parse_challenge(s, len, (void *)key);
	case LOCK:
		return key_text_parse_lock(s, len, (void *)key);
	case KINDS:
		break;
	}
	return 0;
}

static const char *format(enum kind kind, const uint8_t *key,
			  struct key_hex *ret)
{
	switch (kind) {
	case MACHINE:
		return key_text_format_machine((const void *)key, ret);
	case NODE:
		return key_text_format_node((const void *)key, ret);
	case DISCO:
		return key_text_format_disco((const void *)key, ret);
	case CHALLENGE:
		return key_text_format_challenge((const void *)key, ret);
	case LOCK:
		return key_text_format_lock((const void *)key, ret);
	case KINDS:
		break;
	}
	return "";
}

/* Every kind takes its own prefix, and no other. */
static void kinds_do_not_mix(void)
{
	uint8_t key[KEY_LEN];
	struct key_hex hex;
	char text[100];
	int kind, other;

	for (kind = 0; kind < KINDS; kind++) {
		for (other = 0; other < KINDS; other++) {
			sprintf(text, "%s%s", prefix[other], HEX);
			test_case("%s as %s", prefix[other], prefix[kind]);
			memset(key, 0, sizeof(key));
			CHECK_EQ(parse(kind, text, strlen(text), key),
				 kind == other ? 0 : TNE_KEY_FORMAT);
			if (kind != other)
				continue;
			CHECK_EQ(key[0], 0x85);
			CHECK_EQ(key[31], 0x6a);
			CHECK(strcmp(format(kind, key, &hex), text) == 0);
		}
	}
}

static void lock_key_has_two_forms(void)
{
	static const char cli[] = "tlpub:" PUBLIC;
	struct lock_public key;
	struct key_hex hex;

	CHECK_EQ(key_text_parse_lock(cli, strlen(cli), &key), 0);
	CHECK(strcmp(key_text_format_lock_cli(&key, &hex), cli) == 0);
	CHECK(strcmp(key_text_format_lock(&key, &hex), "nlpub:" PUBLIC) == 0);
}

static void refuses(void)
{
	static const struct {
		const char *name;
		const char *text;
	} cases[] = {
		{ "empty", "" },
		{ "prefix alone", "nodekey:" },
		{ "no prefix", HEX },
		{ "other case of the prefix", "NodeKey:" HEX },
		{ "a digit more", "nodekey:" HEX "0" },
		{ "two digits more", "nodekey:" HEX "00" },
		{ "space in front", " nodekey:" HEX },
		{ "space behind", "nodekey:" HEX " " },
		{ "colon inside", "nodekey::" HEX },
		{ "no digit",
		  "nodekey:g520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a" },
		{ "space inside",
		  "nodekey:8520f0098930a754748b7ddcb43ef75a 0bf3a0d26381af4eba4a98eaa9b4e6a" },
		{ "0x", "nodekey:0x20f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a" },
	};
	struct node_public key;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		const char *s = cases[i].text;

		test_case("%s", cases[i].name);
		memset(&key, 0xa5, sizeof(key));
		CHECK_EQ(key_text_parse_node(s, strlen(s), &key),
			 TNE_KEY_FORMAT);
		CHECK_EQ(key.byte[0], 0xa5);
	}
	/* A NUL in place of a digit. */
	CHECK_EQ(key_text_parse_node("nodekey:" "\0" HEX, 8 + 64, &key),
		 TNE_KEY_FORMAT);
}

static void refuses_truncation(void)
{
	static const char text[] = "discokey:" HEX;
	struct disco_public key;
	size_t n;

	for (n = 0; n < sizeof(text) - 1; n++) {
		char *copy = malloc(n ? n : 1);

		test_case("%zu bytes", n);
		memcpy(copy, text, n);
		CHECK_EQ(key_text_parse_disco(copy, n, &key), TNE_KEY_FORMAT);
		free(copy);
	}
}

static void takes_digits_of_either_case(void)
{
	static const char upper[] =
		"mkey:8520F0098930A754748B7DDCB43EF75A0DBF3A0D26381AF4EBA4A98EAA9B4E6A";
	struct machine_public key;
	struct key_hex hex;

	CHECK_EQ(key_text_parse_machine(upper, strlen(upper), &key), 0);
	CHECK(strcmp(key_text_format_machine(&key, &hex), "mkey:" HEX) == 0);
}

static void private_keys(void)
{
	static const uint8_t zero[SECRET_LEN];
	struct secret32 *key = secret32_new();
	static const char text[] = "privkey:" HEX;
	char back[KEY_PRIVATE_HEX_LEN + 1];
	size_t n;

	CHECK(key);
	CHECK_EQ(strlen(text), KEY_PRIVATE_HEX_LEN);
	CHECK_EQ(key_text_parse_private(text, strlen(text), key), 0);
	key_text_format_private(key, back);
	CHECK(strcmp(back, text) == 0);
	for (n = 0; n < strlen(text); n++) {
		memset(secret32_expose(key), 0xa5, SECRET_LEN);
		CHECK_EQ(key_text_parse_private(text, n, key), TNE_KEY_FORMAT);
		if (n > 9)
			CHECK_MEM(secret32_expose(key), zero, SECRET_LEN);
	}
	CHECK_EQ(key_text_parse_private("nodekey:" HEX, 72, key),
		 TNE_KEY_FORMAT);
	secret32_free(key);
}

static void lock_private_keys(void)
{
	static const char text[] = "nlpriv:" SEED PUBLIC;
	static const char torn[] = "nlpriv:" SEED HEX;
	static const uint8_t zero[SECRET_LEN];
	char back[KEY_LOCK_PRIVATE_HEX_LEN + 1];
	struct secret32 *seed = secret32_new();
	struct lock_public public;
	size_t n;

	CHECK(seed);
	CHECK_EQ(strlen(text), KEY_LOCK_PRIVATE_HEX_LEN);
	CHECK_EQ(key_text_parse_lock_private(text, strlen(text), seed,
					     &public), 0);
	key_text_format_lock_private(seed, &public, back);
	CHECK(strcmp(back, text) == 0);
	CHECK_EQ(key_text_parse_lock_private(torn, strlen(torn), seed,
					     &public), TNE_KEY_FORMAT);
	CHECK_MEM(secret32_expose(seed), zero, SECRET_LEN);
	for (n = 0; n < strlen(text); n++) {
		memset(secret32_expose(seed), 0xa5, SECRET_LEN);
		CHECK_EQ(key_text_parse_lock_private(text, n, seed, &public),
			 TNE_KEY_FORMAT);
		CHECK_MEM(secret32_expose(seed), zero, SECRET_LEN);
	}
	secret32_free(seed);
}

static void short_forms(void)
{
	static const char node[] = "nodekey:" HEX, disco[] = "discokey:" HEX;
	static const char none[] = "nodekey:" ZEROS;
	struct disco_public disco_key;
	struct node_public key;
	struct key_short text;

	CHECK_EQ(key_text_parse_node(node, strlen(node), &key), 0);
	CHECK(strcmp(key_text_short_node(&key, &text), "[hSDwC]") == 0);
	CHECK(!node_public_is_zero(&key));
	CHECK_EQ(key_text_parse_disco(disco, strlen(disco), &disco_key), 0);
	CHECK(strcmp(key_text_short_disco(&disco_key, &text),
		     "d:8520f0098930a754") == 0);
	CHECK_EQ(key_text_parse_node(none, strlen(none), &key), 0);
	CHECK(node_public_is_zero(&key));
	CHECK(*key_text_short_node(&key, &text) == 0);
}

static const struct test tests[] = {
	TEST(kinds_do_not_mix),
	TEST(lock_key_has_two_forms),
	TEST(refuses),
	TEST(refuses_truncation),
	TEST(takes_digits_of_either_case),
	TEST(private_keys),
	TEST(lock_private_keys),
	TEST(short_forms),
};
TEST_MAIN(tests)
