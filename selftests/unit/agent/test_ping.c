// SPDX-License-Identifier: GPL-2.0-only
/* What the control server may make us do, and what we answer. */
#include "test.h"

#include "base/array.h"
#include "control/c2n.h"
#include "control/ping.h"
#include "fail_alloc.h"
#include "model/netmap_delta.h"

static const struct server_url server = { .https = true, .host = "c.example" };
static const struct server_url own = {
	.https = true, .host = "controlplane.tailscale.com",
};

static void decisions(void)
{
	static const struct {
		const char *name;
		struct ping_request ping;
		enum ping_act act;
	} cases[] = {
		{ "liveness", { .url = "https://c.example/p?id=1",
				.head = true }, PING_ACT_HEAD_OUTSIDE },
		{ "in the channel", { .url = "https://x/p", .head = true,
				      .url_is_noise = true },
		  PING_ACT_HEAD_NOISE },
		{ "c2n", { .url = "https://unused/c2n/1", .c2n = true },
		  PING_ACT_C2N },
		{ "c2n, never outside",
		  { .url = "https://evil/c2n/1", .c2n = true,
		    .url_is_noise = false }, PING_ACT_C2N },
		{ "another host", { .url = "https://10.0.0.1/", .head = true },
		  PING_ACT_NONE },
		{ "file", { .url = "file:///etc/passwd", .head = true },
		  PING_ACT_NONE },
		{ "no path", { .url = "https://x", .head = true,
			       .url_is_noise = true }, PING_ACT_NONE },
		{ "of a peer", { .url = "https://c.example/p",
				 .types = PING_DISCO }, PING_ACT_NONE },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		test_case("%s", cases[i].name);
		CHECK_EQ(ping_decide(&cases[i].ping, &server), cases[i].act);
	}
}

static void urls(void)
{
	static const struct {
		const char *url;
		const struct server_url *server;
		bool good;
	} cases[] = {
		{ "https://c.example/x", &server, true },
		{ "https://C.Example:8443/x", &server, true },
		{ "http://c.example/x", &server, true },
		{ "https://c.example.evil/x", &server, false },
		{ "https://c.example@evil/x", &server, false },
		{ "https://evil/c.example", &server, false },
		{ "https://evil\\c.example/", &server, false },
		{ "https://x.tailscale.com/", &server, false },
		{ "https://login.tailscale.com/", &own, true },
		{ "https://eviltailscale.com/", &own, false },
		{ "https://c.example/a b", &server, false },
		{ "ftp://c.example/", &server, false },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		test_case("%s", cases[i].url);
		CHECK_EQ(ping_check_url(cases[i].url, cases[i].server),
			 cases[i].good);
	}
}

static void paths(void)
{
	char path[PING_PATH_MAX], url[PING_PATH_MAX + 20];

	CHECK(ping_url_path("https://x/c2n/1?a=b#c", path));
	CHECK(!strcmp(path, "/c2n/1?a=b"));
	CHECK(!ping_url_path("https://x?a", path));
	CHECK(!ping_url_path("/c2n", path));
	memset(url, 'a', sizeof(url));
	memcpy(url, "https://x/", 10);
	url[9 + PING_PATH_MAX - 1] = 0;
	CHECK(ping_url_path(url, path));
	url[9 + PING_PATH_MAX - 1] = 'a';
	url[9 + PING_PATH_MAX] = 0;
	CHECK(!ping_url_path(url, path));
}

static void c2n(void)
{
	static const struct {
		const char *request;
		const char *status;
		const char *body;
	} cases[] = {
		{ "GET /echo HTTP/1.1\r\nHost: n\r\n\r\n", "200 OK", "" },
		{ "POST /echo HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc",
		  "200 OK", "abc" },
		{ "GET /posture/identity?hwaddrs=true HTTP/1.1\r\n\r\n",
		  "200 OK", "{\"PostureDisabled\":true}" },
		{ "GET /update HTTP/1.1\r\n\r\n", "200 OK",
		  "{\"Enabled\":false,\"Supported\":false,\"Started\":false}" },
		{ "POST /update HTTP/1.1\r\n\r\n", "200 OK",
		  "{\"Err\":\"not supported\",\"Enabled\":false,"
		  "\"Supported\":false,\"Started\":false}" },
		{ "DELETE /update HTTP/1.1\r\n\r\n", "405", "bad method\n" },
		{ "POST /logtail/flush HTTP/1.1\r\n\r\n", "500",
		  "no log flusher wired up\n" },
		{ "GET /debug/prefs HTTP/1.1\r\n\r\n", "501",
		  "not implemented\n" },
		{ "POST /netfilter-kind?kind=x HTTP/1.1\r\n\r\n", "501",
		  "not implemented\n" },
		{ "GET /nowhere HTTP/1.1\r\n\r\n", "400",
		  "unknown c2n path\n" },
		{ "POST /remoteapi/localapi/x HTTP/1.1\r\n\r\n", "400",
		  "unknown c2n path\n" },
		{ "GET /echoes HTTP/1.1\r\n\r\n", "400",
		  "unknown c2n path\n" },
		{ "rubbish", "400", "bad request\n" },
		{ "", "400", "bad request\n" },
	};
	size_t i, len, body_len;
	char *answer, *body;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct bytes request = {
			(const uint8_t *)cases[i].request,
			strlen(cases[i].request),
		};

		test_case("%s", cases[i].request);
		CHECK_EQ(c2n_answer(request, &answer, &len), 0);
		CHECK(!strncmp(answer, "HTTP/1.1 ", 9));
		CHECK(!strncmp(answer + 9, cases[i].status,
			       strlen(cases[i].status)));
		body = memmem(answer, len, "\r\n\r\n", 4);
		CHECK(body);
		body += 4;
		body_len = answer + len - body;
		CHECK_EQ(body_len, strlen(cases[i].body));
		CHECK(!memcmp(body, cases[i].body, body_len));
		free(answer);
	}
}

static int answer_once(void *ctx)
{
	static const char request[] = "GET /update HTTP/1.1\r\n\r\n";
	size_t len;
	char *answer;
	int r;

	(void)ctx;
	r = c2n_answer((struct bytes){ (const uint8_t *)request,
				       sizeof(request) - 1 }, &answer, &len);
	if (r == 0)
		free(answer);
	return r;
}

static void no_memory(void)
{
	CHECK(fail_alloc_each(answer_once, NULL) > 0);
}

static const struct test tests[] = {
	TEST(decisions),
	TEST(urls),
	TEST(paths),
	TEST(c2n),
	TEST(no_memory),
};

TEST_MAIN(tests)
