// SPDX-License-Identifier: GPL-2.0-only
#include "test.h"
#include "tka.h"

#include "base/array.h"
#include "base/err.h"
#include "wire/lock_text.h"

#define HEX "5ff544ea043edd345765e0e1983c55b6703dffa4d2b1114a26f44871147a3cc1"

static void check_form(const json_t *row, struct arena *mem)
{
	struct secret32 *seed auto_clean(secret32) = secret32_new();
	const char *text = tka_text(row, "text"), *type = tka_text(row, "type");
	bool good = tka_bool(row, "accept");
	struct lock_public key;
	struct aum_hash hash;

	if (strcmp(type, "public") == 0) {
		CHECK_EQ(key_text_parse_lock(text, strlen(text), &key),
			 good ? 0 : TNE_KEY_FORMAT);
		if (good)
			CHECK_MEM(key.byte, tka_bytes(row, "bytes", mem).data,
				  KEY_LEN);
	} else if (strcmp(type, "private") == 0) {
		CHECK_EQ(key_text_parse_lock_private(text, strlen(text), seed,
						     &key),
			 good ? 0 : TNE_KEY_FORMAT);
		if (good)
			CHECK_MEM(secret32_expose(seed),
				  tka_bytes(row, "seed", mem).data, SECRET_LEN);
	} else {
		CHECK_EQ(aum_hash_parse(text, strlen(text), &hash),
			 good ? 0 : TNE_KEY_FORMAT);
		if (good)
			CHECK_MEM(hash.byte, tka_bytes(row, "bytes", mem).data,
				  AUM_HASH_LEN);
	}
}

static void text_forms(void)
{
	json_t *root auto_clean(json) = tka_load("tka/text-forms.json");
	struct arena *mem auto_clean(arena) = arena_new();
	const json_t *rows = tka_get(root, "cases"), *row;
	size_t i;

	for (i = 0; i < json_array_size(rows); i++) {
		row = json_array_get(rows, i);
		test_case("%s %s", tka_text(row, "type"),
			  tka_text(row, "name"));
		CHECK_IN(check_form(row, mem));
	}
	CHECK(i > 0);
}

static void reference_keys(void)
{
	json_t *root auto_clean(json) = tka_load("tka-reference/keys.json");
	const json_t *rows = tka_get(root, "public_text_parsing"), *row;
	struct arena *mem auto_clean(arena) = arena_new();
	struct lock_public key;
	struct key_hex hex;
	const char *text;
	size_t i;

	for (i = 0; i < json_array_size(rows); i++) {
		row = json_array_get(rows, i);
		text = tka_text(row, "text");
		test_case("%s", tka_text(row, "note"));
		CHECK_EQ(key_text_parse_lock(text, strlen(text), &key),
			 tka_bool(row, "ok") ? 0 : TNE_KEY_FORMAT);
	}
	CHECK(i > 0);
	rows = tka_get(root, "keys");
	for (i = 0; i < json_array_size(rows); i++) {
		row = json_array_get(rows, i);
		memcpy(key.byte, tka_bytes(row, "public", mem).data, KEY_LEN);
		CHECK(strcmp(key_text_format_lock(&key, &hex),
			     tka_text(row, "public_text")) == 0);
		CHECK(strcmp(key_text_format_lock_cli(&key, &hex),
			     tka_text(row, "cli_text")) == 0);
	}
}

static void arguments(void)
{
	static const struct {
		const char *text;
		int r;
		uint64_t votes;
		size_t len;
	} cases[] = {
		{ "tlpub:" HEX, 0, 1, 0 },
		{ "nlpub:" HEX, 0, 1, 0 },
		{ "tlpub:" HEX "?12", 0, 12, 0 },
		{ "tlpub:" HEX "?18446744073709551615", 0, UINT64_MAX, 0 },
		{ "tlpub:" HEX "?18446744073709551616", TNE_KEY_FORMAT },
		{ "tlpub:" HEX "?", TNE_KEY_FORMAT },
		{ "tlpub:" HEX "?-1", TNE_KEY_FORMAT },
		{ "tlpub:" HEX "?1?2", TNE_KEY_FORMAT },
		{ "tlpub:" HEX "0", TNE_KEY_FORMAT },
		{ "disablement:00ff", 0, 0, 2 },
		{ "disablement-secret:00FF01", 0, 0, 3 },
		{ "disablement-secret:0", TNE_KEY_FORMAT },
		{ "disablement-secret:0g", TNE_KEY_FORMAT },
		{ "disablement", TNE_KEY_FORMAT },
		{ "Disablement:00", TNE_KEY_FORMAT },
		{ "", TNE_KEY_FORMAT },
	};
	struct arena *mem auto_clean(arena) = arena_new();
	struct lock_text arg;
	const char *text;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		test_case("%s", cases[i].text);
		memset(&arg, 0, sizeof(arg));
		CHECK_EQ(lock_text_parse(cases[i].text, mem, &arg),
			 cases[i].r);
		if (cases[i].r < 0)
			continue;
		CHECK(arg.votes == cases[i].votes);
		CHECK_EQ(arg.bytes.len, cases[i].len);
		CHECK_EQ(arg.kind, cases[i].len ? LOCK_TEXT_BYTES :
			 LOCK_TEXT_KEY);
	}
	CHECK_EQ(lock_text_hex("00fF", 2, mem, &arg.bytes), 0);
	CHECK_EQ(lock_text_hex("00fF", 1, mem, &arg.bytes), TNE_TOO_LONG);
	CHECK_EQ(lock_text_put_hex(arg.bytes, true, mem, &text), 0);
	CHECK(strcmp(text, "00FF") == 0);
	CHECK_EQ(lock_text_put_hex(arg.bytes, false, mem, &text), 0);
	CHECK(strcmp(text, "00ff") == 0);
}

static const struct test tests[] = {
	TEST(text_forms),
	TEST(reference_keys),
	TEST(arguments),
};
TEST_MAIN(tests)
