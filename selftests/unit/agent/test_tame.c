// SPDX-License-Identifier: GPL-2.0-only
#include "base/tame.h"

#include "base/array.h"
#include "base/err.h"
#include "test.h"

#include <jansson.h>

static void tames(void)
{
	static const struct {
		const char *name, *from, *to;
	} cases[] = {
		{ "nothing", "", "" },
		{ "plain", "a b~", "a b~" },
		{ "two, three and four bytes", "\xc3\xa9\xe2\x82\xac\xf0\x9f\x90\xa7",
		  "\xc3\xa9\xe2\x82\xac\xf0\x9f\x90\xa7" },
		{ "controls", "a\x1b[31m\n\x7f", "a?[31m??" },
		{ "controls beyond ASCII", "\xc2\x9b" "31m\xc2\xa0", "??31m\xc2\xa0" },
		{ "turned direction", "\xe2\x80\xaex\xe2\x81\xa6", "???x???" },
		{ "Latin-1", "caf\xe9 x", "caf? x" },
		{ "cut short", "x\xe2\x82", "x??" },
		{ "alone", "\x80\xbf", "??" },
		{ "overlong", "\xc0\xaf\xe0\x80\xaf", "?????" },
		{ "surrogate", "\xed\xa0\x80", "???" },
		{ "too far", "\xf4\x90\x80\x80\xf8", "?????" },
	};
	char text[64];
	json_t *value;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		test_case("%s", cases[i].name);
		strcpy(text, cases[i].from);
		tame_text(text);
		CHECK_EQ(strcmp(text, cases[i].to), 0);
		value = json_string(text);
		CHECK(value);
		json_decref(value);
	}
}

/* A reason that a server gives, longer than what is kept of it. */
static void reasons(void)
{
	struct err_detail detail;
	char text[1200];
	json_t *value;
	size_t i, at;

	for (at = 0; at < 4; at++) {
		memset(text, 'x', at);
		for (i = at; i + 3 < sizeof(text); i += 3)
			memcpy(text + i, "\xe2\x82\xac", 3);
		text[i] = 0;
		err_explain(&detail, -1, "%s", text);
		value = json_string(detail.text);
		CHECK(value);
		json_decref(value);
	}
	err_explain(&detail, -1, "500: %.*s", 4, "\xff\xfe\xe9z");
	CHECK_EQ(strcmp(detail.text, "500: ???z"), 0);
}

static const struct test tests[] = {
	TEST(tames),
	TEST(reasons),
};
TEST_MAIN(tests)
