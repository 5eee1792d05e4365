// SPDX-License-Identifier: GPL-2.0-only
#include "test.h"

#include "base/array.h"
#include "base/err.h"
#include "control/dial.h"
#include "control/server_url.h"

static void ports(void)
{
	static const struct {
		const char *url;
		const char *host;
		int http;
		int https;
	} cases[] = {
		{ "https://c.example", "c.example", 80, 443 },
		{ "https://c.example/", "c.example", 80, 443 },
		{ "http://c.example", "c.example", 80, 443 },
		{ "https://c.example:8443", "c.example", 0, 8443 },
		{ "https://c.example:443", "c.example", 0, 443 },
		{ "http://c.example:8080", "c.example", 8080, 443 },
		{ "http://10.1.2.3:8080", "10.1.2.3", 8080, 0 },
		{ "http://172.16.0.1:1", "172.16.0.1", 1, 0 },
		{ "http://172.31.0.1:1", "172.31.0.1", 1, 0 },
		{ "http://172.32.0.1:1", "172.32.0.1", 1, 443 },
		{ "http://192.168.9.9", "192.168.9.9", 80, 0 },
		{ "http://192.169.9.9", "192.169.9.9", 80, 443 },
		{ "http://127.0.0.1:65535", "127.0.0.1", 65535, 0 },
		{ "http://localhost", "localhost", 80, 0 },
		{ "http://[::1]:7", "::1", 7, 0 },
		{ "http://[fd00::1]", "fd00::1", 80, 0 },
		{ "http://[2001:db8::1]", "2001:db8::1", 80, 443 },
		{ "https://10.0.0.1:5", "10.0.0.1", 0, 5 },
	};
	struct server_ports got;
	struct server_url url;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		test_case("%s", cases[i].url);
		CHECK_EQ(server_url_parse(cases[i].url, &url), 0);
		CHECK(strcmp(url.host, cases[i].host) == 0);
		server_url_ports(&url, &got);
		CHECK_EQ(got.http, cases[i].http);
		CHECK_EQ(got.https, cases[i].https);
	}
}

static void refuses(void)
{
	static const char *const cases[] = {
		"", "c.example", "ftp://c.example", "file:///etc/passwd",
		"https://", "https://u@c.example", "https://u:p@c.example",
		"https://c.example/path", "https://c.example/?q",
		"https://c.example/#f", "https://c.example:0",
		"https://c.example:65536", "https://c.example:x",
		"https://c ex", "https://c.example\r\nX: y",
		"https://[fe80::1%25eth0]", "//c.example",
	};
	struct server_url url;
	char text[400] = "http://";
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		test_case("%s", cases[i]);
		CHECK_EQ(server_url_parse(cases[i], &url), TNE_URL);
	}
	memset(text + 7, 'a', 253);
	test_case("longest host");
	CHECK_EQ(server_url_parse(text, &url), 0);
	text[7 + 253] = 'a';
	test_case("host too long");
	CHECK_EQ(server_url_parse(text, &url), TNE_URL);
}

static void schedules(void)
{
	static const struct {
		const char *name;
		const char *url;
		bool https_only;
		uint64_t ago_ms;
		int http;
		int https;
		int after_ms;
	} cases[] = {
		{ "first", "https://c.example", false, 0, 80, 443, 500 },
		{ "again", "https://c.example", false, 119999, 0, 443, 0 },
		{ "later", "https://c.example", false, 120000, 80, 443, 500 },
		{ "https only", "http://c.example", true, 0, 0, 443, 0 },
		{ "no https", "http://10.0.0.1", true, 1, 80, 0, 500 },
		{ "own port", "https://c.example:5", false, 0, 0, 5, 0 },
	};
	struct dial_schedule got;
	struct server_url url;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		struct dial_memory memory = { 0 };

		test_case("%s", cases[i].name);
		if (cases[i].ago_ms)
			memory.started_ms = 1000000 - cases[i].ago_ms;
		CHECK_EQ(server_url_parse(cases[i].url, &url), 0);
		dial_schedule_make(&url, cases[i].https_only, &memory, 1000000,
				   &got);
		CHECK_EQ(got.http_port, cases[i].http);
		CHECK_EQ(got.https_port, cases[i].https);
		CHECK(!got.https_port ||
		      got.https_after_ms == (uint64_t)cases[i].after_ms);
	}
}

static const struct test tests[] = {
	TEST(ports),
	TEST(refuses),
	TEST(schedules),
};
TEST_MAIN(tests)
