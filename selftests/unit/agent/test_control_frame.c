// SPDX-License-Identifier: GPL-2.0-only
#include "test.h"

#include "base/array.h"
#include "base/err.h"
#include "wire/control_frame.h"

#include <errno.h>

#define MORE (-EAGAIN)

/* A copy without a byte to spare, so that reading on is seen. */
static struct cursor exact(const void *data, size_t len)
{
	uint8_t *copy = malloc(len ? len : 1);

	if (!copy)
		abort();
	memcpy(copy, data, len);
	return (struct cursor){ copy, len };
}

static void replies(void)
{
	static const struct {
		const char *name;
		uint8_t head[3];
		size_t len;
		int want;
	} cases[] = {
		{ "nothing", { 0 }, 0, MORE },
		{ "type 0", { 0 }, 1, TNE_CONTROL_TYPE },
		{ "type 1", { 1 }, 1, TNE_CONTROL_TYPE },
		{ "type 4", { 4 }, 1, TNE_CONTROL_TYPE },
		{ "type 255", { 255 }, 1, TNE_CONTROL_TYPE },
		{ "type only", { 2 }, 1, MORE },
		{ "half of the length", { 2, 0 }, 2, MORE },
		{ "47", { 2, 0, 47 }, 3, TNE_CONTROL_LENGTH },
		{ "49", { 2, 0, 49 }, 3, TNE_CONTROL_LENGTH },
		{ "65535", { 2, 255, 255 }, 3, TNE_CONTROL_LENGTH },
		{ "swapped", { 2, 48, 0 }, 3, TNE_CONTROL_LENGTH },
		{ "no body", { 2, 0, 48 }, 3, MORE },
		{ "most of a body", { 2, 0, 48 }, 50, MORE },
		{ "whole", { 2, 0, 48 }, 51, 0 },
		{ "and a rest", { 2, 0, 48 }, 52, 0 },
		{ "empty error", { 3, 0, 0 }, 3, 0 },
		{ "error begun", { 3, 0, 2 }, 4, MORE },
		{ "error", { 3, 0, 2 }, 5, 0 },
		{ "long error", { 3, 255, 255 }, 65538, 0 },
	};
	static uint8_t bytes[65538];
	struct control_reply reply;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		struct cursor c, all;

		test_case("%s", cases[i].name);
		memcpy(bytes, cases[i].head, 3);
		all = exact(bytes, cases[i].len);
		c = all;
		CHECK_EQ(control_reply_parse(&c, &reply), cases[i].want);
		if (cases[i].want < 0)
			CHECK(c.p == all.p && c.len == all.len);
		else if (cases[i].head[0] == 2)
			CHECK(reply.response == all.p + 3 && !reply.error &&
			      c.p == all.p + 51);
		else
			CHECK(reply.error == all.p + 3 && !reply.response &&
			      reply.error_len == all.len - 3 && c.len == 0);
		free((void *)all.p);
	}
}

static void records(void)
{
	static const struct {
		const char *name;
		uint8_t head[3];
		size_t len;
		int want;
		size_t body;
	} cases[] = {
		{ "nothing", { 0 }, 0, MORE, 0 },
		{ "type 2", { 2 }, 1, TNE_CONTROL_TYPE, 0 },
		{ "type 5", { 5 }, 1, TNE_CONTROL_TYPE, 0 },
		{ "half of the length", { 4, 16 }, 2, MORE, 0 },
		{ "0", { 4, 0, 0 }, 3, TNE_CONTROL_LENGTH, 0 },
		{ "15", { 4, 0, 15 }, 18, TNE_CONTROL_LENGTH, 0 },
		{ "16", { 4, 0, 16 }, 19, 0, 16 },
		{ "16 begun", { 4, 0, 16 }, 18, MORE, 0 },
		{ "4093", { 4, 0x0f, 0xfd }, 4096, 0, 4093 },
		{ "4093 and a rest", { 4, 0x0f, 0xfd }, 5000, 0, 4093 },
		{ "4094", { 4, 0x0f, 0xfe }, 3, TNE_CONTROL_LENGTH, 0 },
		{ "65535", { 4, 0xff, 0xff }, 3, TNE_CONTROL_LENGTH, 0 },
	};
	static uint8_t bytes[5000];
	struct control_record record;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		struct cursor c, all;

		test_case("%s", cases[i].name);
		memcpy(bytes, cases[i].head, 3);
		all = exact(bytes, cases[i].len);
		c = all;
		CHECK_EQ(control_record_parse(&c, &record), cases[i].want);
		if (cases[i].want < 0)
			CHECK(c.p == all.p && c.len == all.len);
		else
			CHECK(record.sealed == all.p + 3 &&
			      record.len == cases[i].body &&
			      c.p == all.p + 3 + record.len);
		free((void *)all.p);
	}
}

static void record_round_trip(void)
{
	uint8_t bytes[CONTROL_RECORD_MAX] = { 0 };
	struct control_record record;
	size_t len;

	for (len = NOISE_TAG_LEN; len <= CONTROL_SEALED_MAX; len++) {
		struct cursor c = { bytes, sizeof(bytes) };

		control_record_build(len, bytes);
		CHECK_EQ(control_record_parse(&c, &record), 0);
		CHECK_EQ(record.len, len);
	}
}

static size_t early(const char *json, uint8_t *ret)
{
	size_t len = strlen(json);

	memcpy(ret, "\xff\xff\xffTS", 5);
	ret[5] = len >> 24;
	ret[6] = len >> 16;
	ret[7] = len >> 8;
	ret[8] = len;
	memcpy(ret + 9, json, len);
	return 9 + len;
}

#define CHALLENGE "chalpub:" \
	"0faa684ed28867b97f4a6a2dee5df8ce974e76b7018e3f22a1c4cf2678570f20"

static void early_texts(void)
{
	static const struct {
		const char *name;
		const char *json;
		int want;
		bool challenge;
	} cases[] = {
		{ "usual", "{\"nodeKeyChallenge\":\"" CHALLENGE "\"}", 0,
		  true },
		{ "nothing in it", "{}", 0, false },
		{ "null", "{\"nodeKeyChallenge\":null}", 0, false },
		{ "more", "{\"x\":[1,{}],\"nodeKeyChallenge\":\"" CHALLENGE
			  "\"}", 0, true },
		{ "empty", "", TNE_CONTROL_EARLY, false },
		{ "cut off", "{\"nodeKeyChallenge\":\"" CHALLENGE "\"",
		  TNE_CONTROL_EARLY, false },
		{ "array", "[]", TNE_CONTROL_EARLY, false },
		{ "no key", "{\"nodeKeyChallenge\":\"chalpub:00\"}",
		  TNE_CONTROL_EARLY, false },
		{ "number", "{\"nodeKeyChallenge\":1}", TNE_CONTROL_EARLY,
		  false },
		{ "behind it", "{} x", TNE_CONTROL_EARLY, false },
		{ "no UTF-8", "{\"a\":\"\xff\"}", TNE_CONTROL_EARLY, false },
	};
	uint8_t bytes[512];
	size_t i, n, len;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		struct control_early got = { 0 };
		struct cursor c, all;

		test_case("%s", cases[i].name);
		len = early(cases[i].json, bytes);
		for (n = 0; n < len; n++) {
			all = exact(bytes, n);
			c = all;
			CHECK_EQ(control_early_parse(&c, &got), MORE);
			CHECK(c.p == all.p && c.len == n && !got.present);
			free((void *)all.p);
		}
		bytes[len] = 'x';
		all = exact(bytes, len + 1);
		c = all;
		CHECK_EQ(control_early_parse(&c, &got), cases[i].want);
		if (cases[i].want == 0) {
			CHECK(got.present);
			CHECK_EQ(got.has_challenge, cases[i].challenge);
			CHECK(!got.has_challenge ||
			      got.challenge.byte[0] == 0x0f);
			CHECK_EQ(c.len, 1);
		}
		free((void *)all.p);
	}
}

static void early_absent(void)
{
	static const uint8_t magic[5] = { 0xff, 0xff, 0xff, 'T', 'S' };
	static const uint8_t frame[9] = { 0, 0, 6, 4 };
	struct control_early got = { .present = true };
	struct cursor c = { frame, 9 };
	size_t i, bit;

	CHECK_EQ(control_early_parse(&c, &got), 0);
	CHECK(!got.present);
	CHECK_EQ(c.len, 9);
	for (i = 0; i < 5; i++) {
		for (bit = 0; bit < 8; bit++) {
			uint8_t bytes[9] = { 0 };

			memcpy(bytes, magic, 5);
			bytes[i] ^= 1 << bit;
			c = (struct cursor){ bytes, i + 1 };
			test_case("byte %zu bit %zu", i, bit);
			CHECK_EQ(control_early_parse(&c, &got), 0);
			CHECK(!got.present);
			CHECK_EQ(c.len, i + 1);
		}
	}
}

static void early_limit(void)
{
	uint8_t head[9] = { 0xff, 0xff, 0xff, 'T', 'S', 0, 1, 0, 0 };
	struct control_early got;
	struct cursor c = { head, 9 };

	CHECK_EQ(control_early_parse(&c, &got), MORE);
	head[8] = 1;
	CHECK_EQ(control_early_parse(&c, &got), TNE_CONTROL_LENGTH);
	head[5] = 0x80;
	CHECK_EQ(control_early_parse(&c, &got), TNE_CONTROL_LENGTH);
}

static const struct test tests[] = {
	TEST(replies),
	TEST(records),
	TEST(record_round_trip),
	TEST(early_texts),
	TEST(early_absent),
	TEST(early_limit),
};
TEST_MAIN(tests)
