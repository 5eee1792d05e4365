// SPDX-License-Identifier: GPL-2.0-only
#include "test.h"

#include "base/array.h"
#include "fail_alloc.h"
#include "wire/lock_link.h"

#include <errno.h>

/* The code is Python's: hmac.new(id, texts, sha256). */
#define STATE_ID 0x0123456789abcdefULL
#define CODE "24349148b6a4c6acb4b92ad711094b9e329d692d2a8ecc73572c8f1a7d5031b8"
#define NK "nodekey%3A" N64
#define N64 "1111111111111111111111111111111111111111111111111111111111111111"
#define TP "tlpub%3A" T64
#define T64 "2222222222222222222222222222222222222222222222222222222222222222"
#define HEAD "tailscale://sign-device/v1/?"
#define REST "&em=ann%40example.com&hm=" CODE "&nk=" NK "&os=linux&tp=" TP
#define LINK HEAD "dn=ann%27s+laptop" REST

static int parse(const char *url, struct lock_link *ret, struct arena *mem)
{
	struct err_detail detail = { "" };
	int r = lock_link_parse(url, mem, &detail, ret);

	if (r < 0 && !detail.text[0])
		test_fail(__FILE__, __LINE__, "no reason");
	return r;
}

static void reads(void)
{
	struct arena *mem auto_clean(arena) = arena_new();
	struct lock_link link = { 0 };

	CHECK_EQ(parse(LINK, &link, mem), 0);
	CHECK(!strcmp(link.node_key, "nodekey:" N64));
	CHECK(!strcmp(link.lock_key, "tlpub:" T64));
	CHECK(!strcmp(link.device, "ann's laptop"));
	CHECK(!strcmp(link.os, "linux"));
	CHECK(!strcmp(link.email, "ann@example.com"));
	CHECK(lock_link_check(&link, STATE_ID));
	CHECK(!lock_link_check(&link, STATE_ID + 1));
	link.os = "linuX";
	CHECK(!lock_link_check(&link, STATE_ID));

	test_case("another order, and something more");
	CHECK_EQ(parse("tailscale://sign-device/v1?x=1&tp=" TP "&os=linux&nk=" NK
		       "&hm=" CODE "&em=ann@example.com&dn=ann's%20laptop",
		       &link, mem), 0);
	CHECK(lock_link_check(&link, STATE_ID));
}

static void refuses(void)
{
	static const char *const cases[] = {
		"", "tailscale:", "https://sign-device/v1/?dn=x" REST,
		"tailscale://sign-device/v2/?dn=x" REST,
		"tailscale://sign-device/v1//?dn=x" REST,
		"tailscale://other/v1/?dn=x" REST,
		HEAD, HEAD "dn=" REST, HEAD REST,
		HEAD "dn=a&dn=b" REST, HEAD "dn=%" REST, HEAD "dn=%4" REST,
		HEAD "dn=%zz" REST, HEAD "dn=%00" REST, HEAD "dn=%ff" REST,
		HEAD "dn=x" REST "#part",
		HEAD "dn=x&em=e&hm=00&nk=" NK "&os=l&tp=" TP,
		HEAD "dn=x&em=e&hm=" CODE "00&nk=" NK "&os=l&tp=" TP,
		HEAD "dn=x&em=e&hm=" CODE "&nk=" TP "&os=l&tp=" TP,
		HEAD "dn=x&em=e&hm=" CODE "&nk=" NK "&os=l&tp=" NK,
	};
	struct arena *mem auto_clean(arena) = arena_new();
	struct lock_link link = { 0 };
	char text[sizeof(LINK)], *much;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		test_case("%s", cases[i]);
		CHECK_EQ(parse(cases[i], &link, mem), TNE_URL);
		CHECK(!link.node_key);
	}
	for (i = 0; i < sizeof(LINK) - 1; i++) {
		test_case("%zu bytes", i);
		memcpy(text, LINK, i);
		text[i] = 0;
		CHECK_EQ(parse(text, &link, mem), TNE_URL);
	}
	test_case("too long");
	much = malloc(LOCK_LINK_MAX + sizeof(LINK) + 8);
	sprintf(much, "%s&x=%0*d", LINK, LOCK_LINK_MAX, 0);
	CHECK_EQ(parse(much, &link, mem), TNE_URL);
	free(much);
}

static void over_json(void)
{
	static const struct {
		const char *text;
		int result;
	} cases[] = {
		{ "{\"URL\":\"a\"}", 0 }, { "{}", TNE_JSON_VALUE },
		{ "{\"URL\":7}", TNE_JSON_VALUE }, { "[]", TNE_JSON },
		{ "", TNE_JSON },
	};
	static const char no[] =
		"{\n\t\"IsValid\": false,\n\t\"Error\": \"why\",\n"
		"\t\"Version\": 0,\n\t\"NodeKey\": \"\",\n\t\"TLPub\": \"\",\n"
		"\t\"DeviceName\": \"\",\n\t\"OSName\": \"\",\n"
		"\t\"EmailAddress\": \"\"\n}";
	struct arena *mem auto_clean(arena) = arena_new();
	struct lock_link link = { 0 };
	struct err_detail detail;
	struct secret_buf text = { 0 };
	const char *url;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		test_case("%s", cases[i].text);
		CHECK_EQ(lock_link_url_parse(cases[i].text,
					     strlen(cases[i].text), mem,
					     &detail, &url), cases[i].result);
	}
	CHECK_EQ(lock_link_build(&link, "why", &text), 0);
	CHECK_EQ(text.len, sizeof(no) - 1);
	CHECK_MEM(text.data, no, text.len);
	secret_buf_done(&text);
}

static int parse_once(void *ctx)
{
	struct arena *mem auto_clean(arena) = arena_new();
	struct err_detail detail = { "" };
	struct lock_link link = { 0 };
	struct secret_buf text = { 0 };
	int r;

	(void)ctx;
	if (!mem)
		return -ENOMEM;
	r = lock_link_parse(LINK, mem, &detail, &link);
	if (r == 0)
		r = lock_link_build(&link, "", &text);
	secret_buf_done(&text);
	return r;
}

static void no_memory(void)
{
	CHECK(fail_alloc_each(parse_once, NULL) > 1);
}

static const struct test tests[] = {
	TEST(reads),
	TEST(refuses),
	TEST(over_json),
	TEST(no_memory),
};

TEST_MAIN(tests)
