// SPDX-License-Identifier: GPL-2.0-only
#include "test.h"

#include "base/array.h"
#include "loop/proxy.h"

static void finds(void)
{
	static const struct {
		const char *name;
		struct proxy_env env;
		bool https;
		const char *host;
		const char *want;
	} cases[] = {
		{ "none", { 0 }, true, "a.example", NULL },
		{ "https", { .https = "p", .http = "q" }, true, "a", "p" },
		{ "http", { .https = "p", .http = "q" }, false, "a", "q" },
		{ "all", { .all = "r", .http = "q" }, true, "a", "r" },
		{ "loopback", { .all = "r" }, true, "127.0.0.1", NULL },
		{ "localhost", { .all = "r" }, true, "LOCALHOST", NULL },
		{ "v6 loopback", { .all = "r" }, true, "::1", NULL },
		{ "star", { .all = "r", .no = "x, *" }, true, "a", NULL },
		{ "host", { .all = "r", .no = "b,a.example" }, true,
		  "A.example", NULL },
		{ "domain", { .all = "r", .no = ".example" }, true,
		  "a.example", NULL },
		{ "domain without dot", { .all = "r", .no = "example" }, true,
		  "a.example", NULL },
		{ "end of a label", { .all = "r", .no = "ample" }, true,
		  "a.example", "r" },
		{ "longer", { .all = "r", .no = "b.a.example" }, true,
		  "a.example", "r" },
		{ "only separators", { .all = "r", .no = " ,, ." }, true,
		  "a.example", "r" },
		{ "address", { .all = "r", .no = "10.0.0.1" }, true,
		  "10.0.0.1", NULL },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		const char *got = proxy_find(&cases[i].env, cases[i].https,
					     cases[i].host);

		test_case("%s", cases[i].name);
		CHECK(!got == !cases[i].want);
		CHECK(!got || strcmp(got, cases[i].want) == 0);
	}
}

static void reads_environment(void)
{
	struct proxy_env env;

	unsetenv("http_proxy");
	setenv("HTTP_PROXY", "evil", 1);
	setenv("https_proxy", "", 1);
	setenv("HTTPS_PROXY", "b", 1);
	setenv("no_proxy", "c", 1);
	setenv("NO_PROXY", "d", 1);
	proxy_env_read(&env);
	CHECK(!env.http);
	CHECK(strcmp(env.https, "b") == 0);
	CHECK(strcmp(env.no, "c") == 0);
	unsetenv("HTTP_PROXY");
	unsetenv("HTTPS_PROXY");
	unsetenv("no_proxy");
	unsetenv("NO_PROXY");
}

static const struct test tests[] = {
	TEST(finds),
	TEST(reads_environment),
};
TEST_MAIN(tests)
