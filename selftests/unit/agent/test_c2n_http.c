// SPDX-License-Identifier: GPL-2.0-only
#include "test.h"

#include "fail_alloc.h"
#include "base/array.h"
#include "base/err.h"
#include "wire/c2n_http.h"

static int parse(const char *text, size_t len, struct c2n_request *ret)
{
	return c2n_request_parse((struct bytes){ (const uint8_t *)text, len },
				 ret);
}

static bool is(const char *s, size_t len, const char *want)
{
	return len == strlen(want) && memcmp(s, want, len) == 0;
}

static void requests(void)
{
	static const char text[] =
		"POST /posture/identity?hwaddrs=true HTTP/1.1\r\n"
		"Host: n\r\ncontent-length: 5\r\n"
		"C2n-Handler-Timeout: 1m2.5s\r\nEmpty:\r\n\r\nhello";
	struct c2n_request r;
	size_t n;

	CHECK_EQ(parse(text, strlen(text), &r), 0);
	CHECK(is(r.method, r.method_len, "POST"));
	CHECK(is(r.path, r.path_len, "/posture/identity"));
	CHECK(is(r.query, r.query_len, "hwaddrs=true"));
	CHECK_EQ(r.timeout_ms, 62500);
	CHECK_EQ(r.body.len, 5);
	CHECK_MEM(r.body.data, "hello", 5);
	for (n = 0; n < strlen(text); n++) {
		char *copy = malloc(n ? n : 1);

		test_case("%zu bytes", n);
		memcpy(copy, text, n);
		CHECK_EQ(parse(copy, n, &r), TNE_HTTP_SYNTAX);
		free(copy);
	}
}

static void takes_and_refuses(void)
{
	static const struct {
		const char *text;
		bool ok;
	} cases[] = {
		{ "GET /echo HTTP/1.1\r\n\r\n", true },
		{ "GET /echo HTTP/1.0\n\n", true },
		{ "GET /echo? HTTP/1.1\r\n\r\n", true },
		{ "GET /echo HTTP/1.1\r\n\r\nx", false },
		{ "GET /echo HTTP/2.0\r\n\r\n", false },
		{ "GET /echo\r\n\r\n", false },
		{ "GET echo HTTP/1.1\r\n\r\n", false },
		{ "GET http://x/ HTTP/1.1\r\n\r\n", false },
		{ "GET  /echo HTTP/1.1\r\n\r\n", false },
		{ " GET /echo HTTP/1.1\r\n\r\n", false },
		{ "GET /e\x01ho HTTP/1.1\r\n\r\n", false },
		{ "GET /e\xffho HTTP/1.1\r\n\r\n", false },
		{ "GETGETGETGETGETGET / HTTP/1.1\r\n\r\n", false },
		{ "GET / HTTP/1.1\r\nno colon\r\n\r\n", false },
		{ "GET / HTTP/1.1\r\n: x\r\n\r\n", false },
		{ "GET / HTTP/1.1\r\nA : x\r\n\r\n", false },
		{ "GET / HTTP/1.1\r\n A: x\r\n\r\n", false },
		{ "GET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n",
		  false },
		{ "GET / HTTP/1.1\r\nContent-Length: 1\r\n"
		  "Content-Length: 1\r\n\r\nx", true },
		{ "GET / HTTP/1.1\r\nContent-Length: 1\r\n"
		  "Content-Length: 2\r\n\r\nx", false },
		{ "GET / HTTP/1.1\r\nContent-Length: +1\r\n\r\nx", false },
		{ "GET / HTTP/1.1\r\nContent-Length: 9999999999\r\n\r\nx",
		  false },
		{ "GET / HTTP/1.1\r\nContent-Length:\r\n\r\n", false },
	};
	struct c2n_request r;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		test_case("%s", cases[i].text);
		CHECK_EQ(parse(cases[i].text, strlen(cases[i].text), &r),
			 cases[i].ok ? 0 : TNE_HTTP_SYNTAX);
	}
	CHECK_EQ(parse("GET /\0 HTTP/1.1\r\n\r\n", 20, &r), TNE_HTTP_SYNTAX);
}

static void timeouts(void)
{
	static const struct {
		const char *text;
		uint32_t ms;
	} cases[] = {
		{ "30s", 30000 }, { "1.5s", 1500 }, { "250ms", 250 },
		{ "1h", C2N_TIMEOUT_MAX_MS }, { "2m", 120000 },
		{ "1000us", 1 }, { "1000000ns", 1 }, { "5\xc2\xb5s", 60000 },
		{ "", 60000 }, { "5", 60000 }, { "-5s", 60000 },
		{ "s", 60000 }, { "5 s", 60000 }, { "0s", 60000 },
		{ "99999999999999999999999999999h", C2N_TIMEOUT_MAX_MS },
	};
	struct c2n_request r;
	char text[200];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		sprintf(text, "GET / HTTP/1.1\r\nc2n-handler-timeout: %s\r\n"
			"\r\n", cases[i].text);
		test_case("%s", cases[i].text);
		CHECK_EQ(parse(text, strlen(text), &r), 0);
		CHECK_EQ(r.timeout_ms, cases[i].ms);
	}
}

static void field_cap(void)
{
	char *text = malloc(5000);
	struct c2n_request r;
	size_t n, i, len;

	CHECK(text);
	for (n = C2N_FIELDS_MAX; n <= C2N_FIELDS_MAX + 1; n++) {
		len = sprintf(text, "GET / HTTP/1.1\r\n");
		for (i = 0; i < n; i++)
			len += sprintf(text + len, "A: b\r\n");
		len += sprintf(text + len, "\r\n");
		CHECK_EQ(parse(text, len, &r), n > C2N_FIELDS_MAX ?
			 TNE_HTTP_SYNTAX : 0);
	}
	free(text);
}

static void responses(void)
{
	static const char json[] = "{\"PostureDisabled\":true}";
	static const struct {
		unsigned int status;
		const char *type;
		const char *body;
		const char *want;
	} cases[] = {
		{ 200, NULL, "", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n"
		  "Connection: close\r\n\r\n" },
		{ 200, "application/json", json, "HTTP/1.1 200 OK\r\n"
		  "Content-Type: application/json\r\nContent-Length: 24\r\n"
		  "Connection: close\r\n\r\n{\"PostureDisabled\":true}" },
		{ 204, NULL, "no", "HTTP/1.1 204 No Content\r\n"
		  "Connection: close\r\n\r\n" },
		{ 405, NULL, "bad method", "HTTP/1.1 405 Method Not Allowed"
		  "\r\nContent-Length: 10\r\nConnection: close\r\n\r\n"
		  "bad method" },
	};
	size_t i, len;
	char *text;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		const char *body = cases[i].body;

		test_case("%zu", i);
		CHECK_EQ(c2n_response_build(cases[i].status, cases[i].type,
					    (struct bytes){ (uint8_t *)body,
					    strlen(body) }, &text, &len), 0);
		CHECK(is(text, len, cases[i].want));
		free(text);
	}
}

static const struct test tests[] = {
	TEST(requests),
	TEST(takes_and_refuses),
	TEST(timeouts),
	TEST(field_cap),
	TEST(responses),
};
TEST_MAIN(tests)
