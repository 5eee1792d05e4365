// SPDX-License-Identifier: GPL-2.0-only
#include "test.h"

#include "base/array.h"
#include "base/err.h"
#include "wire/http_request.h"

#include <errno.h>

static const char plain[] =
	"POST /localapi/v0/start?a=1&b=x%20y+z HTTP/1.1\r\n"
	"Host: local-tailscaled.sock\r\n"
	"X-Empty:\r\n"
	"Content-Length: 5 \r\n"
	"\r\nhello";

/* No byte to spare behind it. */
static int parse(const char *s, size_t len, struct http_request *req,
		 size_t *used)
{
	char *copy = malloc(len ? len : 1);
	int r;

	memcpy(copy, s, len);
	r = http_request_parse(copy, len, req, used);
	free(copy);
	return r;
}

static void reads_a_request(void)
{
	struct http_request req;
	size_t used;
	char value[16];

	CHECK_EQ(http_request_parse(plain, strlen(plain), &req, &used), 0);
	CHECK_EQ(used, strlen(plain) - 5);
	CHECK_EQ(req.method, HTTP_POST);
	CHECK(http_text_is(req.path, "/localapi/v0/start"));
	CHECK(req.keep_alive && !req.chunked && !req.expect);
	CHECK_EQ(req.body_len, 5);
	CHECK_EQ(req.n_headers, 3);
	CHECK(http_text_is(*http_request_find(&req, "HOST"),
			   "local-tailscaled.sock"));
	CHECK_EQ(http_request_find(&req, "x-empty")->len, 0);
	CHECK(!http_request_find(&req, "Referer"));
	CHECK_EQ(http_query_find(req.query, "b", value, sizeof(value)), 1);
	CHECK(strcmp(value, "x y z") == 0);
	CHECK_EQ(http_query_find(req.query, "c", value, sizeof(value)), 0);
	CHECK_EQ(http_query_find(req.query, "b", value, 6), 1);
	CHECK_EQ(http_query_find(req.query, "b", value, 5), TNE_LOCAL_HTTP);
}

static void cut_everywhere(void)
{
	struct http_request req;
	size_t used, i;

	for (i = 0; i < strlen(plain) - 5; i++) {
		test_case("%zu bytes", i);
		CHECK_EQ(parse(plain, i, &req, &used), -EAGAIN);
	}
}

static void refuses(void)
{
	static const struct {
		const char *name;
		const char *s;
	} cases[] = {
		{ "lone line feed", "GET / HTTP/1.1\n\n" },
		{ "other version", "GET / HTTP/2.0\r\n\r\n" },
		{ "no version", "GET /\r\n\r\n" },
		{ "two blanks", "GET  / HTTP/1.1\r\n\r\n" },
		{ "no target", "GET  HTTP/1.1\r\n\r\n" },
		{ "no target, tunnel", "CONNECT  HTTP/1.1\r\n\r\n" },
		{ "whole address", "GET http://a/ HTTP/1.1\r\n\r\n" },
		{ "star", "OPTIONS * HTTP/1.1\r\n\r\n" },
		{ "fragment", "GET /#x HTTP/1.1\r\n\r\n" },
		{ "control character", "GET /\x01 HTTP/1.1\r\n\r\n" },
		{ "high character", "GET /\xff HTTP/1.1\r\n\r\n" },
		{ "method with a colon", "G:T / HTTP/1.1\r\n\r\n" },
		{ "blank before the colon", "GET / HTTP/1.1\r\nHost : a\r\n\r\n" },
		{ "folded line", "GET / HTTP/1.1\r\nA: b\r\n c\r\n\r\n" },
		{ "no name", "GET / HTTP/1.1\r\n: b\r\n\r\n" },
		{ "no colon", "GET / HTTP/1.1\r\nHost\r\n\r\n" },
		{ "return in a value", "GET / HTTP/1.1\r\nA: b\rc\r\n\r\n" },
		{ "two hosts", "GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n" },
		{ "two lengths",
		  "GET / HTTP/1.1\r\nContent-Length: 1\r\ncontent-length: 1\r\n\r\n" },
		{ "list of lengths", "GET / HTTP/1.1\r\nContent-Length: 1, 1\r\n\r\n" },
		{ "sign", "GET / HTTP/1.1\r\nContent-Length: +1\r\n\r\n" },
		{ "hexadecimal", "GET / HTTP/1.1\r\nContent-Length: 0x1\r\n\r\n" },
		{ "no digits", "GET / HTTP/1.1\r\nContent-Length:\r\n\r\n" },
		{ "overflow",
		  "GET / HTTP/1.1\r\nContent-Length: 18446744073709551617\r\n\r\n" },
		{ "length and chunks",
		  "GET / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n" },
		{ "other coding", "GET / HTTP/1.1\r\nTransfer-Encoding: gzip, chunked\r\n\r\n" },
		{ "chunks of old", "GET / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n" },
		{ "other expectation", "GET / HTTP/1.1\r\nExpect: x\r\n\r\n" },
	};
	struct http_request req;
	size_t used, i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		test_case("%s", cases[i].name);
		CHECK_EQ(parse(cases[i].s, strlen(cases[i].s), &req, &used),
			 TNE_LOCAL_HTTP);
	}
	CHECK_EQ(parse("GET /\0 HTTP/1.1\r\n\r\n", 19, &req, &used),
		 TNE_LOCAL_HTTP);
}

static void bounds(void)
{
	static char s[HTTP_HEAD_MAX + 100];
	struct http_request req;
	size_t used, i, len;
	char *end;

	for (i = HTTP_HEADERS_MAX; i <= HTTP_HEADERS_MAX + 1; i++) {
		end = stpcpy(s, "GET / HTTP/1.1\r\n");
		for (len = 0; len < i; len++)
			end = stpcpy(end, "A: b\r\n");
		end = stpcpy(end, "\r\n");
		CHECK_EQ(parse(s, end - s, &req, &used),
			 i > HTTP_HEADERS_MAX ? TNE_TOO_LONG : 0);
	}
	for (len = HTTP_HEAD_MAX; len <= HTTP_HEAD_MAX + 1; len++) {
		memset(s, 'x', sizeof(s));
		memcpy(s, "GET / HTTP/1.1\r\nA: ", 19);
		memcpy(s + len - 4, "\r\n\r\n", 4);
		test_case("%zu bytes", len);
		CHECK_EQ(parse(s, len, &req, &used),
			 len > HTTP_HEAD_MAX ? TNE_TOO_LONG : 0);
	}
}

static int take_body(struct http_body *body, const char *s, size_t step,
		     char *out)
{
	size_t len = strlen(s), have = 0, at = 0, used, n = 0;
	struct http_text piece;
	int r;

	for (;;) {
		r = http_body_next(body, s + at, have - at, &used, &piece);
		at += used;
		if (r == 1) {
			memcpy(out + n, piece.s, piece.len);
			n += piece.len;
		} else if (r == -EAGAIN && have < len) {
			have = have + step < len ? have + step : len;
		} else {
			out[n] = 0;
			return r;
		}
	}
}

static void chunks(void)
{
	static const struct {
		const char *s;
		int r;
		const char *body;
	} cases[] = {
		{ "5\r\nhello\r\n0\r\n\r\n", 0, "hello" },
		{ "1\r\nh\r\n004;x=y\r\nello\r\n0\r\n\r\n", 0, "hello" },
		{ "A\r\n0123456789\r\n0\r\n\r\n", 0, "0123456789" },
		{ "0\r\n\r\n", 0, "" },
		{ "5\r\nhel", -EAGAIN, "hel" },
		{ "5\r\nhelloX", -EAGAIN, "hello" },
		{ "5\r\nhelloX\r\n", TNE_LOCAL_HTTP, "hello" },
		{ "\r\n", TNE_LOCAL_HTTP, "" },
		{ "x\r\n", TNE_LOCAL_HTTP, "" },
		{ "-1\r\n", TNE_LOCAL_HTTP, "" },
		{ "5\nhello", TNE_LOCAL_HTTP, "" },
		{ "0\r\nA: b\r\n\r\n", TNE_LOCAL_HTTP, "" },
		{ "100001\r\n", TNE_TOO_LONG, "" },
		{ "fffffffffffffff\r\n", TNE_TOO_LONG, "" },
		{ "ffffffffffffffff\r\n", TNE_LOCAL_HTTP, "" },
	};
	struct http_request req = { .chunked = true };
	struct http_body body;
	char out[64];
	size_t i, step;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		for (step = 1; step < 30; step++) {
			test_case("%s in steps of %zu", cases[i].s, step);
			CHECK_EQ(http_body_init(&body, &req), 0);
			CHECK_EQ(take_body(&body, cases[i].s, step, out),
				 cases[i].r);
			CHECK(strcmp(out, cases[i].body) == 0);
		}
	}
	req = (struct http_request){ .body_len = HTTP_BODY_MAX };
	CHECK_EQ(http_body_init(&body, &req), 0);
	req.body_len++;
	CHECK_EQ(http_body_init(&body, &req), TNE_TOO_LONG);
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		TEST(reads_a_request),
		TEST(cut_everywhere),
		TEST(refuses),
		TEST(bounds),
		TEST(chunks),
	};

	return test_main(tests, ARRAY_SIZE(tests), argc, argv);
}
