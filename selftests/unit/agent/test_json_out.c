// SPDX-License-Identifier: GPL-2.0-only
#include "test.h"

#include "fail_alloc.h"
#include "wire/json_out.h"

#include <math.h>

static int build(void *ctx)
{
	static const uint8_t data[] = { 1, 2, 3 };
	struct timestamp none = { 0 };
	struct json_out out = { 0 };

	json_out_open_object(&out, NULL);
	json_out_text(&out, "text", "a\"b\\c\n\x7f\xc3\xa4\xff\xed\xa0\x80!");
	json_out_int(&out, "min", INT64_MIN);
	json_out_uint(&out, "max", UINT64_MAX);
	json_out_number(&out, "f", 0.012);
	json_out_number(&out, "nan", NAN);
	json_out_bool(&out, "no", false);
	json_out_null(&out, "null");
	json_out_time(&out, "time", &none);
	json_out_bytes(&out, "bytes", data, sizeof(data));
	json_out_bytes(&out, "nothing", NULL, 0);
	json_out_open_array(&out, "list");
	json_out_int(&out, NULL, 1);
	json_out_open_object(&out, NULL);
	json_out_close_object(&out);
	json_out_raw(&out, NULL, "[2]");
	json_out_close_array(&out);
	json_out_text_if(&out, "left out", "");
	json_out_text_if(&out, "left out", NULL);
	json_out_true_if(&out, "left out", false);
	json_out_opt_if(&out, "left out", OPT_UNSET);
	json_out_opt_if(&out, "opt", OPT_FALSE);
	json_out_int_if(&out, "left out", 0);
	json_out_close_object(&out);
	return json_out_end(&out, ctx);
}

static void writes(void)
{
	static const char want[] =
		"{\"text\":\"a\\\"b\\\\c\\u000a\x7f\xc3\xa4\\ufffd\\ufffd\\ufffd\\ufffd!\","
		"\"min\":-9223372036854775808,\"max\":18446744073709551615,"
		"\"f\":0.012,\"nan\":0,\"no\":false,\"null\":null,"
		"\"time\":\"0001-01-01T00:00:00Z\",\"bytes\":\"AQID\","
		"\"nothing\":null,\"list\":[1,{},[2]],\"opt\":false}";
	struct secret_buf text;

	CHECK_EQ(build(&text), 0);
	CHECK_EQ(text.len, strlen(want));
	CHECK_MEM(text.data, want, text.len);
	secret_buf_done(&text);
}

static int build_and_drop(void *ctx)
{
	struct secret_buf text;
	int r;

	(void)ctx;
	r = build(&text);
	if (r == 0)
		secret_buf_done(&text);
	return r;
}

static void survives_no_memory(void)
{
	CHECK(fail_alloc_each(build_and_drop, NULL) > 0);
}

static const struct test tests[] = {
	TEST(writes),
	TEST(survives_no_memory),
};
TEST_MAIN(tests)
