// SPDX-License-Identifier: GPL-2.0-only
#include "test.h"

#include "base/array.h"
#include "base/err.h"
#include "crypto/key.h"

/* Source: RFC 7748, section 6.1, Alice. */
static const char alice_private[] =
	"dwdtCnMYpX08FsFyUbJmRd9ML4frwJkqsXf7pR25LCo=";
static const char alice_public[] =
	"hSDwCYkwp1R0i33ctD73Wg2/Og0mOBr066SpjqqbTmo=";

static void derives_public(void)
{
	struct secret32 *key = secret32_new();
	struct node_public public;
	struct key_text text;

	CHECK(key);
	CHECK_EQ(key_parse_secret(alice_private, KEY_TEXT_LEN, key), 0);
	key_derive_public(key, &public);
	CHECK(strcmp(key_format_public(&public, &text), alice_public) == 0);
	key_format_secret(key, &text);
	CHECK(strcmp(text.c, alice_private) == 0);
	secret32_free(key);
}

static void refuses_other_spellings(void)
{
	static const struct {
		const char *name;
		const char *text;
	} cases[] = {
		{ "empty", "" },
		{ "no padding", "hSDwCYkwp1R0i33ctD73Wg2/Og0mOBr066SpjqqbTmo" },
		{ "two paddings", "hSDwCYkwp1R0i33ctD73Wg2/Og0mOBr066SpjqqbTm==" },
		{ "unused bit 0 set", "hSDwCYkwp1R0i33ctD73Wg2/Og0mOBr066SpjqqbTmp=" },
		{ "unused bit 1 set", "hSDwCYkwp1R0i33ctD73Wg2/Og0mOBr066SpjqqbTmq=" },
		{ "space in front", " SDwCYkwp1R0i33ctD73Wg2/Og0mOBr066SpjqqbTmo=" },
		{ "space behind", "hSDwCYkwp1R0i33ctD73Wg2/Og0mOBr066SpjqqbTmo= " },
		{ "newline inside", "hSDwCYkwp1R0i33ctD73\ng2/Og0mOBr066SpjqqbTmo=" },
		{ "alphabet of URLs", "hSDwCYkwp1R0i33ctD73Wg2_Og0mOBr066SpjqqbTmo=" },
		{ "31 bytes", "hSDwCYkwp1R0i33ctD73Wg2/Og0mOBr066SpjqqbTg==" },
		{ "33 bytes", "hSDwCYkwp1R0i33ctD73Wg2/Og0mOBr066SpjqqbTmoA" },
		{ "hexadecimal",
		  "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a" },
	};
	struct secret32 *key = secret32_new();
	static const uint8_t zero[SECRET_LEN];
	struct node_public public;
	size_t i;

	CHECK(key);
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		const char *s = cases[i].text;

		test_case("%s", cases[i].name);
		CHECK_EQ(key_parse_public(s, strlen(s), &public),
			 TNE_KEY_FORMAT);
		memset(secret32_expose(key), 0xa5, SECRET_LEN);
		CHECK_EQ(key_parse_secret(s, strlen(s), key), TNE_KEY_FORMAT);
		CHECK_MEM(secret32_expose(key), zero, SECRET_LEN);
	}
	secret32_free(key);
}

static void last_character_is_canonical(void)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	char text[KEY_TEXT_LEN + 1];
	struct node_public public;
	size_t i, good = 0;

	for (i = 0; i < 64; i++) {
		memcpy(text, alice_public, sizeof(text));
		text[KEY_TEXT_LEN - 2] = digits[i];
		test_case("%c", digits[i]);
		CHECK_EQ(key_parse_public(text, KEY_TEXT_LEN, &public),
			 i % 4 ? TNE_KEY_FORMAT : 0);
		good += i % 4 == 0;
	}
	CHECK_EQ(good, 16);
}

static void makes_private(void)
{
	struct secret32 *a = secret32_new(), *b = secret32_new();

	CHECK(a && b);
	key_make_private(a);
	key_make_private(b);
	CHECK_EQ(secret32_expose(a)[0] & 7, 0);
	CHECK_EQ(secret32_expose(a)[31] & 0xc0, 0x40);
	CHECK(memcmp(secret32_expose(a), secret32_expose(b), SECRET_LEN));
	secret32_free(a);
	secret32_free(b);
}

static void arena_keeps_secrets_apart(void)
{
	struct secret_arena *arena = NULL;
	struct secret32 *key[500];
	size_t i;

	for (i = 0; i < 500; i++) {
		key[i] = secret_arena_add(&arena);
		CHECK(key[i]);
		CHECK_EQ(secret32_expose(key[i])[0], 0);
		secret32_expose(key[i])[0] = i;
		secret32_expose(key[i])[SECRET_LEN - 1] = i >> 8;
	}
	for (i = 0; i < 500; i++) {
		CHECK_EQ(secret32_expose(key[i])[0], i & 0xff);
		CHECK_EQ(secret32_expose(key[i])[SECRET_LEN - 1], i >> 8);
	}
	secret_arena_free(arena);
}

static const struct test tests[] = {
	TEST(derives_public),
	TEST(refuses_other_spellings),
	TEST(last_character_is_canonical),
	TEST(makes_private),
	TEST(arena_keeps_secrets_apart),
};

int main(int argc, char **argv)
{
	if (secret_init() < 0)
		return 2;
	return test_main(tests, ARRAY_SIZE(tests), argc, argv);
}
