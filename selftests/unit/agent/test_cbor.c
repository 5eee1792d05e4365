// SPDX-License-Identifier: GPL-2.0-only
#include "test.h"

#include "base/array.h"
#include "base/err.h"
#include "base/utf8.h"
#include "wire/cbor.h"

/* Source: RFC 8949, appendix A. */
static const struct {
	const char *name;
	uint8_t data[9];
	size_t len;
	uint64_t value;
} numbers[] = {
	{ "0", { 0x00 }, 1, 0 },
	{ "23", { 0x17 }, 1, 23 },
	{ "24", { 0x18, 0x18 }, 2, 24 },
	{ "255", { 0x18, 0xff }, 2, 255 },
	{ "256", { 0x19, 0x01, 0x00 }, 3, 256 },
	{ "65535", { 0x19, 0xff, 0xff }, 3, 65535 },
	{ "65536", { 0x1a, 0, 1, 0, 0 }, 5, 65536 },
	{ "2^32-1", { 0x1a, 255, 255, 255, 255 }, 5, UINT32_MAX },
	{ "2^32", { 0x1b, 0, 0, 0, 1, 0, 0, 0, 0 }, 9, 1ULL << 32 },
	{ "2^64-1", { 0x1b, 255, 255, 255, 255, 255, 255, 255, 255 }, 9,
	  UINT64_MAX },
};

static void reads_and_writes_numbers(void)
{
	size_t i, n;

	for (i = 0; i < ARRAY_SIZE(numbers); i++) {
		struct cursor in = { numbers[i].data, numbers[i].len };
		uint8_t back[9];
		struct cbor_out out = { .p = back, .cap = sizeof(back) };
		uint64_t value = 1;

		test_case("%s", numbers[i].name);
		CHECK_EQ(cbor_take_uint(&in, UINT64_MAX, &value), 0);
		CHECK(value == numbers[i].value);
		CHECK_EQ(in.len, 0);
		cbor_put_uint(&out, value);
		CHECK_EQ(out.len, numbers[i].len);
		CHECK_MEM(back, numbers[i].data, out.len);
		in = (struct cursor){ numbers[i].data, numbers[i].len };
		if (value)
			CHECK_EQ(cbor_take_uint(&in, value - 1, &value),
				 TNE_CBOR);
		for (n = 0; n < numbers[i].len; n++) {
			in = (struct cursor){ numbers[i].data, n };
			CHECK_EQ(cbor_take_uint(&in, UINT64_MAX, &value),
				 TNE_CBOR);
			CHECK_EQ(in.len, n);
		}
	}
}

static void refuses_long_forms(void)
{
	static const struct {
		const char *name;
		uint8_t data[9];
	} cases[] = {
		{ "23 in a byte", { 0x18, 0x17 } },
		{ "0 in a byte", { 0x18, 0x00 } },
		{ "255 in two", { 0x19, 0x00, 0xff } },
		{ "65535 in four", { 0x1a, 0, 0, 255, 255 } },
		{ "2^32-1 in eight", { 0x1b, 0, 0, 0, 0, 255, 255, 255, 255 } },
		{ "reserved 28", { 0x1c } },
		{ "reserved 30", { 0x1e } },
		{ "no end", { 0x1f } },
		{ "below zero", { 0x20 } },
		{ "tag", { 0xc0, 0x01 } },
		{ "false", { 0xf4 } },
		{ "null", { 0xf6 } },
		{ "bytes", { 0x41, 0x01 } },
	};
	uint64_t value;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		struct cursor in = { cases[i].data, sizeof(cases[i].data) };

		test_case("%s", cases[i].name);
		CHECK_EQ(cbor_take_uint(&in, UINT64_MAX, &value), TNE_CBOR);
		CHECK_EQ(in.len, sizeof(cases[i].data));
	}
}

static void strings(void)
{
	static const uint8_t data[] = { 0x42, 'a', 'b', 0x61, 0x80, 0x40 };
	static const uint8_t huge[] = { 0x5b, 255, 255, 255, 255, 255, 255, 255,
					255, 'a' };
	struct cursor in = { data, sizeof(data) };
	struct bytes bytes;

	CHECK_EQ(cbor_take_text(&in, &bytes), TNE_CBOR);
	CHECK_EQ(cbor_take_bytes(&in, &bytes), 0);
	CHECK_EQ(bytes.len, 2);
	CHECK(bytes.data == data + 1);
	/* Not UTF-8. */
	CHECK_EQ(cbor_take_text(&in, &bytes), TNE_CBOR);
	CHECK_EQ(in.len, 3);
	in = (struct cursor){ data + 5, 1 };
	CHECK_EQ(cbor_take_bytes(&in, &bytes), 0);
	CHECK_EQ(bytes.len, 0);
	CHECK(bytes.data);
	in = (struct cursor){ data, 2 };
	CHECK_EQ(cbor_take_bytes(&in, &bytes), TNE_CBOR);
	in = (struct cursor){ huge, sizeof(huge) };
	CHECK_EQ(cbor_take_bytes(&in, &bytes), TNE_CBOR);
}

/* Heads may promise no more than the limits, and than there are bytes. */
static void counts(void)
{
	static uint8_t data[3 + 2 * CBOR_ARRAY_MAX];
	struct cbor_out out;
	struct cursor in;
	size_t n;

	out = (struct cbor_out){ .p = data, .cap = sizeof(data) };
	cbor_put_array(&out, CBOR_ARRAY_MAX);
	in = (struct cursor){ data, 3 + CBOR_ARRAY_MAX };
	CHECK_EQ(cbor_take_array(&in, &n), 0);
	CHECK_EQ(n, CBOR_ARRAY_MAX);
	in = (struct cursor){ data, 2 + CBOR_ARRAY_MAX };
	CHECK_EQ(cbor_take_array(&in, &n), TNE_CBOR);
	out.len = 0;
	cbor_put_array(&out, CBOR_ARRAY_MAX + 1);
	in = (struct cursor){ data, sizeof(data) };
	CHECK_EQ(cbor_take_array(&in, &n), TNE_CBOR);
	out.len = 0;
	cbor_put_map(&out, CBOR_MAP_MAX);
	in = (struct cursor){ data, 3 + 2 * CBOR_MAP_MAX };
	CHECK_EQ(cbor_take_map(&in, &n), 0);
	CHECK_EQ(n, CBOR_MAP_MAX);
	in = (struct cursor){ data, 2 + 2 * CBOR_MAP_MAX };
	CHECK_EQ(cbor_take_map(&in, &n), TNE_CBOR);
	out.len = 0;
	cbor_put_map(&out, CBOR_MAP_MAX + 1);
	in = (struct cursor){ data, sizeof(data) };
	CHECK_EQ(cbor_take_map(&in, &n), TNE_CBOR);
}

static void keys_ascend(void)
{
	static const uint8_t data[] = { 1, 2, 2 };
	struct cursor in = { data, sizeof(data) };
	uint64_t last = 0;

	CHECK_EQ(cbor_take_key(&in, &last), 0);
	CHECK_EQ(cbor_take_key(&in, &last), 0);
	CHECK_EQ(cbor_take_key(&in, &last), TNE_CBOR);
	CHECK_EQ(last, 2);
	in = (struct cursor){ data, 1 };
	CHECK_EQ(cbor_take_key(&in, &last), TNE_CBOR);
}

static void writes_no_further_than_allowed(void)
{
	uint8_t *two = malloc(2);
	struct cbor_out out = { .p = two, .cap = 2 };

	cbor_put_uint(&out, 300);
	cbor_put_uint(&out, 1);
	CHECK_EQ(out.len, 4);
	free(two);
}

static void utf8(void)
{
	static const struct {
		const char *name;
		const char *text;
		bool good;
	} cases[] = {
		{ "empty", "", true },
		{ "2 bytes", "\xc2\x80", true },
		{ "3 bytes", "\xef\xbf\xbd", true },
		{ "4 bytes", "\xf4\x8f\xbf\xbf", true },
		{ "alone", "\x80", false },
		{ "cut short", "\xe2\x82", false },
		{ "detour", "\xc0\xaf", false },
		{ "detour of 3", "\xe0\x9f\xbf", false },
		{ "surrogate", "\xed\xa0\x80", false },
		{ "too big", "\xf4\x90\x80\x80", false },
		{ "5 bytes", "\xf8\x88\x80\x80\x80", false },
		{ "good, then bad", "ab\xff", false },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		test_case("%s", cases[i].name);
		CHECK_EQ(utf8_check((const uint8_t *)cases[i].text,
				    strlen(cases[i].text)), cases[i].good);
	}
}

static const struct test tests[] = {
	TEST(reads_and_writes_numbers),
	TEST(refuses_long_forms),
	TEST(strings),
	TEST(counts),
	TEST(keys_ascend),
	TEST(writes_no_further_than_allowed),
	TEST(utf8),
};
TEST_MAIN(tests)
