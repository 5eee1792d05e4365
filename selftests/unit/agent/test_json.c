// SPDX-License-Identifier: GPL-2.0-only
#include "test.h"

#include "base/array.h"
#include "wire/json.h"

#include <errno.h>

static json_t *read_text(const char *text, int want)
{
	struct err_detail detail = { "" };
	json_t *ret = NULL;
	int r = json_read(text, strlen(text), &detail, &ret);

	if (r != want)
		test_fail(__FILE__, __LINE__, "%.60s: %d, not %d: %s", text, r,
			  want, detail.text);
	return ret;
}

static void takes_and_refuses(void)
{
	static const struct {
		const char *text;
		int r;
	} cases[] = {
		{ "{}", 0 },
		{ " {\"a\":1}\n", 0 },
		{ "{\"a\":1,\"a\":2}", 0 },
		{ "{\"a\":\"\\u0000\"}", 0 },
		{ "", TNE_JSON },
		{ "[]", TNE_JSON },
		{ "1", TNE_JSON },
		{ "null", TNE_JSON },
		{ "{} {}", TNE_JSON },
		{ "{\"a\":}", TNE_JSON },
		{ "{\"a\":\"\xff\"}", TNE_JSON },
		{ "{\"a\":\"\xc0\xaf\"}", TNE_JSON },
		{ "{\"a\":\"\xed\xa0\x80\"}", TNE_JSON },
		{ "{\"a\":01}", TNE_JSON },
		{ "{'a':1}", TNE_JSON },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		test_case("%s", cases[i].text);
		json_decref(read_text(cases[i].text, cases[i].r));
		CHECK(!test_failed);
	}
}

static void last_of_a_repeated_field_counts(void)
{
	json_t *o = read_text("{\"a\":1,\"a\":\"x\",\"a\":7}", 0);
	int64_t n = 0;

	CHECK(o);
	CHECK_EQ(json_get_int(o, "a", 0, 9, &n), 1);
	CHECK_EQ(n, 7);
	json_decref(o);
}

static void whole_numbers(void)
{
	static const struct {
		const char *value;
		int r;
		int64_t n;
	} cases[] = {
		{ "0", 1, 0 },
		{ "-1", 1, -1 },
		{ "9007199254740993", 1, 9007199254740993 },
		{ "9223372036854775807", 1, INT64_MAX },
		{ "-9223372036854775808", 1, INT64_MIN },
		{ "9223372036854775808", TNE_JSON_VALUE, 0 },
		{ "-9223372036854775809", TNE_JSON_VALUE, 0 },
		{ "18446744073709551615", TNE_JSON_VALUE, 0 },
		{ "1.0", TNE_JSON_VALUE, 0 },
		{ "1e3", TNE_JSON_VALUE, 0 },
		{ "\"1\"", TNE_JSON_VALUE, 0 },
		{ "true", TNE_JSON_VALUE, 0 },
		{ "[1]", TNE_JSON_VALUE, 0 },
		{ "null", 0, 0 },
	};
	char text[100];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		int64_t n = 42;
		json_t *o;

		sprintf(text, "{\"a\":%s}", cases[i].value);
		test_case("%s", text);
		o = read_text(text, 0);
		CHECK(o);
		CHECK_EQ(json_get_int(o, "a", INT64_MIN, INT64_MAX, &n),
			 cases[i].r);
		CHECK_EQ(n, cases[i].r == 1 ? cases[i].n : 42);
		json_decref(o);
	}
}

/* The rest of a text is not lost for the sake of one number. */
static void too_big_numbers_do_not_spoil_the_rest(void)
{
	static const struct {
		const char *number;
		double value;
	} cases[] = {
		{ "18446744073709551615", 18446744073709551615.0 },
		{ "-18446744073709551615", -18446744073709551615.0 },
		{ "12345678901234567890123", 12345678901234567890123.0 },
		{ "1e999", 9e307 },
		{ "-1e999", -9e307 },
		{ "1E+400", 9e307 },
		{ "1e99999999999999999999", 9e307 },
		{ "1e-999", 0 },
		{ "1.5e300", 1.5e300 },
		{ "0.000001", 0.000001 },
		{ "5", 5 },
	};
	char text[200];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		double value = 0;
		int64_t n = 0;
		json_t *o;

		sprintf(text, "{\"s\":\"%s\\\"%s\",\"a\":[{}],\"n\":%s,\"z\":17}",
			cases[i].number, cases[i].number, cases[i].number);
		test_case("%s", cases[i].number);
		o = read_text(text, 0);
		CHECK(o);
		CHECK_EQ(json_get_number(o, "n", &value), 1);
		CHECK(value == cases[i].value ||
		      value / cases[i].value - 1 < 1e-15);
		CHECK_EQ(json_get_int(o, "z", 0, 99, &n), 1);
		CHECK_EQ(n, 17);
		/* Texts are left alone. */
		CHECK_EQ(json_string_length(json_object_get(o, "s")),
			 2 * strlen(cases[i].number) + 1);
		json_decref(o);
	}
}

static void long_numbers(void)
{
	char *text = malloc(5000);
	json_t *o;

	CHECK(text);
	sprintf(text, "{\"a\":%0*d}", 4000, 1);
	text[5] = '1';
	o = read_text(text, 0);
	CHECK(o);
	CHECK(json_real_value(json_object_get(o, "a")) == 9e307);
	json_decref(o);
	free(text);
}

static void caps(void)
{
	struct err_detail detail;
	size_t n, i, len;
	json_t *o = NULL;
	char *text;

	for (n = JSON_DEPTH_MAX; n <= JSON_DEPTH_MAX + 1; n++) {
		text = malloc(2 * n + 10);
		CHECK(text);
		len = sprintf(text, "{\"a\":");
		for (i = 1; i < n; i++)
			text[len++] = '[';
		for (i = 1; i < n; i++)
			text[len++] = ']';
		text[len++] = '}';
		test_case("%zu levels", n);
		CHECK_EQ(json_read(text, len, &detail, &o),
			 n > JSON_DEPTH_MAX ? TNE_TOO_LONG : 0);
		json_decref(o);
		o = NULL;
		free(text);
	}
	/* Two brackets, and a comma fewer than numbers. */
	len = 2 * (JSON_VALUES_MAX + 10) + 10;
	text = malloc(len);
	CHECK(text);
	memset(text, ',', len);
	memcpy(text, "{\"a\":[", 6);
	CHECK_EQ(json_read(text, len, &detail, &o), TNE_TOO_LONG);
	free(text);
}

static void getters_check_types(void)
{
	json_t *o = read_text("{\"t\":\"x\",\"nul\":\"a\\u0000b\",\"b\":false,"
			      "\"n\":1,\"f\":1.5,\"none\":null,\"a\":[1,2,3],"
			      "\"o\":{},\"time\":\"1970-01-01T00:02:03Z\","
			      "\"badtime\":\"yesterday\",\"ip\":\"1.2.3.4\","
			      "\"noip\":\"\",\"badip\":\"1.2.3\","
			      "\"b64\":\"AQID\",\"pad\":\"AQI=\","
			      "\"bad64\":\"AQI\",\"url64\":\"-_-_\","
			      "\"list\":[\"x\",1,null,\"long\",\"y\"]}", 0);
	struct arena *mem = arena_new();
	enum opt_bool opt = OPT_UNSET;
	struct text_list list = { 0 };
	struct timestamp time = { 0 };
	struct json_text text = { 0 };
	struct bytes bytes = { 0 };
	struct ip_addr ip = { 0 };
	const char *copy = NULL;
	json_t *v = NULL;
	double f = 0;
	bool b = true;

	CHECK(o && mem);
	CHECK_EQ(json_get_text(o, "t", 1, &text), 1);
	CHECK_EQ(json_get_text(o, "t", 0, &text), TNE_JSON_VALUE);
	CHECK_EQ(json_get_text(o, "nul", 9, &text), TNE_JSON_VALUE);
	CHECK_EQ(json_get_text(o, "n", 9, &text), TNE_JSON_VALUE);
	CHECK_EQ(json_get_text(o, "none", 9, &text), 0);
	CHECK_EQ(json_get_text(o, "T", 9, &text), 0);
	CHECK_EQ(json_copy_text(o, "t", 9, mem, &copy), 1);
	CHECK_EQ(json_get_bool(o, "b", &b), 1);
	CHECK(!b);
	CHECK_EQ(json_get_bool(o, "n", &b), TNE_JSON_VALUE);
	CHECK_EQ(json_get_opt_bool(o, "none", &opt), 0);
	CHECK_EQ(json_get_opt_bool(o, "b", &opt), 1);
	CHECK_EQ(opt, OPT_FALSE);
	CHECK_EQ(json_get_number(o, "n", &f), 1);
	CHECK(f == 1);
	CHECK_EQ(json_get_number(o, "t", &f), TNE_JSON_VALUE);
	CHECK_EQ(json_get_array(o, "a", 3, &v), 1);
	CHECK_EQ(json_get_array(o, "a", 2, &v), TNE_JSON_VALUE);
	CHECK_EQ(json_get_array(o, "o", 3, &v), TNE_JSON_VALUE);
	CHECK_EQ(json_get_object(o, "o", &v), 1);
	CHECK_EQ(json_get_object(o, "a", &v), TNE_JSON_VALUE);
	CHECK_EQ(json_get_time(o, "time", &time), 1);
	CHECK_EQ(time.s, 123);
	CHECK_EQ(json_get_time(o, "badtime", &time), TNE_JSON_VALUE);
	CHECK_EQ(json_get_ip(o, "ip", &ip), 1);
	CHECK_EQ(json_get_ip(o, "badip", &ip), TNE_JSON_VALUE);
	CHECK_EQ(ip.len, 4);
	CHECK_EQ(json_get_ip(o, "noip", &ip), 1);
	CHECK_EQ(ip.len, 0);
	CHECK_EQ(json_copy_bytes(o, "b64", 3, mem, &bytes), 1);
	CHECK_EQ(bytes.len, 3);
	CHECK_EQ(json_copy_bytes(o, "b64", 2, mem, &bytes), TNE_JSON_VALUE);
	CHECK_EQ(json_copy_bytes(o, "pad", 3, mem, &bytes), 1);
	CHECK_EQ(bytes.len, 2);
	CHECK_EQ(json_copy_bytes(o, "bad64", 9, mem, &bytes), TNE_JSON_VALUE);
	CHECK_EQ(json_copy_bytes(o, "url64", 9, mem, &bytes), TNE_JSON_VALUE);
	CHECK_EQ(json_copy_bytes(o, "noip", 9, mem, &bytes), 1);
	CHECK_EQ(bytes.len, 0);
	CHECK_EQ(json_copy_texts(o, "list", 9, 3, mem, &list), 1);
	CHECK_EQ(list.n, 2);
	CHECK(strcmp(list.item[1], "y") == 0);
	arena_put(mem);
	json_decref(o);
}

static void numbers_as_names(void)
{
	static const struct {
		const char *name;
		int r;
		int64_t n;
	} cases[] = {
		{ "0", 0, 0 },
		{ "17", 0, 17 },
		{ "-17", 0, -17 },
		{ "9223372036854775807", 0, INT64_MAX },
		{ "-9223372036854775808", 0, INT64_MIN },
		{ "9223372036854775808", TNE_JSON_VALUE, 0 },
		{ "-9223372036854775809", TNE_JSON_VALUE, 0 },
		{ "", TNE_JSON_VALUE, 0 },
		{ "-", TNE_JSON_VALUE, 0 },
		{ "-0", TNE_JSON_VALUE, 0 },
		{ "07", TNE_JSON_VALUE, 0 },
		{ "+7", TNE_JSON_VALUE, 0 },
		{ " 7", TNE_JSON_VALUE, 0 },
		{ "7 ", TNE_JSON_VALUE, 0 },
		{ "7.0", TNE_JSON_VALUE, 0 },
		{ "99999999999999999999", TNE_JSON_VALUE, 0 },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		int64_t n = 42;

		test_case("\"%s\"", cases[i].name);
		CHECK_EQ(json_key_int(cases[i].name, &n), cases[i].r);
		CHECK_EQ(n, cases[i].r ? 42 : cases[i].n);
	}
}

/* What replaces a number must fit where it stood, also at the very end. */
static void huge_numbers_at_the_end(void)
{
	static const char *const texts[] = {
		"1e999", "-1e99", "-1e999", "-9e9999", "1e99999", "-1e9999999",
	};
	struct err_detail detail;
	json_t *o = NULL;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(texts); i++)
		CHECK(json_read(texts[i], strlen(texts[i]), &detail, &o) < 0);
	CHECK(!o);
}

static void raw_values(void)
{
	json_t *o = read_text("{\"a\":[1, {\"b\" : null}, \"x\\ny\", true]}", 0);
	struct arena *mem = arena_new();
	const char *text;

	CHECK(o && mem);
	CHECK_EQ(json_copy_raw(json_object_get(o, "a"), mem, &text), 0);
	CHECK(strcmp(text, "[1,{\"b\":null},\"x\\ny\",true]") == 0);
	arena_put(mem);
	json_decref(o);
}

static const struct test tests[] = {
	TEST(takes_and_refuses),
	TEST(last_of_a_repeated_field_counts),
	TEST(whole_numbers),
	TEST(too_big_numbers_do_not_spoil_the_rest),
	TEST(long_numbers),
	TEST(caps),
	TEST(getters_check_types),
	TEST(numbers_as_names),
	TEST(huge_numbers_at_the_end),
	TEST(raw_values),
};
TEST_MAIN(tests)
