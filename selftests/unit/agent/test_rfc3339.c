// SPDX-License-Identifier: GPL-2.0-only
#include "test.h"

#include "base/array.h"
#include "base/err.h"
#include "base/rfc3339.h"

#include <time.h>

static void reads(void)
{
	static const struct {
		const char *text;
		bool set;
		int64_t s;
		uint32_t ns;
	} cases[] = {
		{ "1970-01-01T00:00:00Z", true, 0, 0 },
		{ "1970-01-01T00:02:03Z", true, 123, 0 },
		{ "2029-06-01T12:00:00.5Z", true, 1875009600, 500000000 },
		{ "2023-01-10T17:51:06Z", true, 1673373066, 0 },
		{ "2000-02-29T23:59:59.123456789Z", true, 951868799, 123456789 },
		{ "2000-03-01T00:59:59+01:00", true, 951868799, 0 },
		{ "2000-02-29T18:29:59.000000001-05:30", true, 951868799, 1 },
		{ "1969-12-31T23:59:59.9Z", true, -1, 900000000 },
		{ "9999-12-31T23:59:59.999999999Z", true, 253402300799, 999999999 },
		{ "0002-01-01T00:00:00Z", true, -62104060800, 0 },
		{ "0001-01-01T00:00:00Z", false, 0, 0 },
		{ "0001-12-31T23:59:59.9Z", false, 0, 0 },
		{ "0001-01-01T00:00:00+01:00", false, 0, 0 },
	};
	struct timestamp t;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		const char *s = cases[i].text;

		test_case("%s", s);
		memset(&t, 0xff, sizeof(t));
		CHECK_EQ(rfc3339_parse(s, strlen(s), &t), 0);
		CHECK_EQ(t.set, cases[i].set);
		CHECK_EQ(t.s, cases[i].s);
		CHECK_EQ(t.ns, cases[i].ns);
	}
}

static void refuses(void)
{
	static const char *const cases[] = {
		"", "0000-01-01T00:00:00Z", "2023-00-01T00:00:00Z",
		"2023-13-01T00:00:00Z", "2023-01-00T00:00:00Z",
		"2023-02-29T00:00:00Z", "2100-02-29T00:00:00Z",
		"2023-04-31T00:00:00Z", "2023-01-01T24:00:00Z",
		"2023-01-01T00:60:00Z", "2023-01-01T00:00:60Z",
		"2023-01-01t00:00:00Z", "2023-01-01T00:00:00z",
		"2023-01-01 00:00:00Z", "2023-01-01T00:00:00",
		"2023-01-01T00:00:00.Z", "2023-01-01T00:00:00.1234567890Z",
		"2023-01-01T00:00:00,5Z", "2023-01-01T00:00:00+1:00",
		"2023-01-01T00:00:00+24:00", "2023-01-01T00:00:00+01:60",
		"2023-01-01T00:00:00+0100", "2023-01-01T00:00:00ZZ",
		"2023-01-01T00:00:00Z ", " 2023-01-01T00:00:00Z",
		"+023-01-01T00:00:00Z", "20230-1-01T00:00:00Z",
		"2023-1-01T00:00:00Z", "9999-12-31T23:59:59-00:01",
		"-001-01-01T00:00:00Z",
	};
	struct timestamp t = { true, 42, 42 };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		test_case("%s", cases[i]);
		CHECK_EQ(rfc3339_parse(cases[i], strlen(cases[i]), &t),
			 TNE_TIME_FORMAT);
		CHECK_EQ(t.s, 42);
	}
}

static void refuses_truncation(void)
{
	static const char text[] = "2029-06-01T12:34:56.789+10:30";
	struct timestamp t;
	size_t n;

	for (n = 0; n < sizeof(text) - 1; n++) {
		char *copy = malloc(n ? n : 1);

		test_case("%zu bytes", n);
		CHECK(copy);
		memcpy(copy, text, n);
		CHECK_EQ(rfc3339_parse(copy, n, &t), TNE_TIME_FORMAT);
		free(copy);
	}
	CHECK_EQ(rfc3339_parse(text, n, &t), 0);
}

static void writes(void)
{
	static const struct {
		struct timestamp time;
		const char *text;
	} cases[] = {
		{ { false, 0, 0 }, "0001-01-01T00:00:00Z" },
		{ { true, 123, 0 }, "1970-01-01T00:02:03Z" },
		{ { true, -1, 900000000 }, "1969-12-31T23:59:59.9Z" },
		{ { true, 951868799, 1 }, "2000-02-29T23:59:59.000000001Z" },
		{ { true, INT64_MAX, 0 }, "9999-12-31T23:59:59Z" },
		{ { true, INT64_MIN, 0 }, "0001-01-01T00:00:00Z" },
	};
	char text[RFC3339_TEXT_MAX];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		test_case("%s", cases[i].text);
		CHECK(strcmp(rfc3339_format(&cases[i].time, text),
			     cases[i].text) == 0);
	}
}

/* Against the C library, one day in every week of a thousand years. */
static void agrees_with_the_c_library(void)
{
	char ours[RFC3339_TEXT_MAX], theirs[64];
	struct timestamp t = { .set = true }, back;
	struct tm tm;
	time_t s;

	for (t.s = -15000000000; t.s < 16000000000; t.s += 7 * 86399) {
		s = t.s;
		CHECK(gmtime_r(&s, &tm));
		strftime(theirs, sizeof(theirs), "%Y-%m-%dT%H:%M:%SZ", &tm);
		test_case("%s", theirs);
		CHECK(strcmp(rfc3339_format(&t, ours), theirs) == 0);
		CHECK_EQ(rfc3339_parse(ours, strlen(ours), &back), 0);
		CHECK_EQ(back.s, t.s);
	}
}

static void computes(void)
{
	struct timestamp a = { true, 10, 500000000 }, b, none = { 0 };

	b = timestamp_add_ms(a, 1500);
	CHECK_EQ(b.s, 12);
	CHECK_EQ(b.ns, 0);
	CHECK_EQ(timestamp_diff_ms(&b, &a), 1500);
	CHECK_EQ(timestamp_diff_ms(&a, &b), -1500);
	b = timestamp_add_ms(a, -10501);
	CHECK_EQ(b.s, -1);
	CHECK_EQ(b.ns, 999000000);
	CHECK(timestamp_cmp(&a, &b) > 0);
	CHECK(timestamp_cmp(&none, &b) < 0);
	CHECK(timestamp_cmp(&none, &none) == 0);
	/* Rounded down, not towards zero. */
	b = (struct timestamp){ true, 10, 500000001 };
	CHECK_EQ(timestamp_diff_ms(&a, &b), -1);
	b.s = INT64_MAX;
	CHECK_EQ(timestamp_add_ms(b, INT64_MAX).s, INT64_MAX);
	a.s = INT64_MIN;
	CHECK_EQ(timestamp_add_ms(a, INT64_MIN).s, INT64_MIN);
	CHECK_EQ(timestamp_diff_ms(&a, &b), INT64_MIN);
	CHECK_EQ(timestamp_diff_ms(&b, &a), INT64_MAX);
}

static const struct test tests[] = {
	TEST(reads),
	TEST(refuses),
	TEST(refuses_truncation),
	TEST(writes),
	TEST(agrees_with_the_c_library),
	TEST(computes),
};
TEST_MAIN(tests)
