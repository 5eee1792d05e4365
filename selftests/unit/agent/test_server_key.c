// SPDX-License-Identifier: GPL-2.0-only
#include "test.h"

#include "base/array.h"
#include "base/clock.h"
#include "control/server_key.h"
#include "loop/loop.h"
#include "loop/resolve.h"
#include "loop/transfers.h"
#include "noise_server.h"

#include <errno.h>
#include <unistd.h>

#define CERT "/tmp/test_server_key.cert.pem"
#define KEY "/tmp/test_server_key.key.pem"

#define HEX "0faa684ed28867b97f4a6a2dee5df8ce974e76b7018e3f22a1c4cf2678570f20"
#define ZERO "0000000000000000000000000000000000000000000000000000000000000000"
#define BODY "{\"legacyPublicKey\":\"mkey:" ZERO "\",\"publicKey\":\"mkey:" \
	HEX "\"}"

static struct loop *loop;
static struct transfers *transfers;
static bool over;
static int result;
static struct machine_public key;
static char text[400];

static void done(void *ctx, int err, const struct err_detail *detail,
		 const struct machine_public *k)
{
	(void)ctx;
	over = true;
	result = err;
	strcpy(text, detail->text);
	if (k)
		key = *k;
}

static void parses(void)
{
	static const struct {
		const char *name;
		const char *body;
		int want;
	} cases[] = {
		{ "usual", BODY, 0 },
		{ "alone", "{\"publicKey\":\"mkey:" HEX "\"}", 0 },
		{ "empty", "", TNE_SERVER_KEY },
		{ "legacy", HEX, TNE_SERVER_OLD },
		{ "legacy with newline", HEX "\n", TNE_SERVER_OLD },
		{ "shorter", "0faa", TNE_SERVER_KEY },
		{ "HTML", "<html>", TNE_SERVER_KEY },
		{ "no field", "{}", TNE_SERVER_KEY },
		{ "null", "{\"publicKey\":null}", TNE_SERVER_KEY },
		{ "zero", "{\"publicKey\":\"mkey:" ZERO "\"}",
		  TNE_SERVER_KEY },
		{ "node key", "{\"publicKey\":\"nodekey:" HEX "\"}",
		  TNE_SERVER_KEY },
		{ "short key", "{\"publicKey\":\"mkey:0f\"}", TNE_SERVER_KEY },
		{ "number", "{\"publicKey\":1}", TNE_SERVER_KEY },
		{ "array", "[]", TNE_SERVER_KEY },
		{ "cut", "{\"publicKey\":\"mkey:" HEX "\"", TNE_SERVER_KEY },
	};
	struct err_detail detail;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		size_t len = strlen(cases[i].body);
		uint8_t *copy = malloc(len ? len : 1);

		CHECK(copy);
		memcpy(copy, cases[i].body, len);
		memset(&key, 0, sizeof(key));
		test_case("%s", cases[i].name);
		CHECK_EQ(server_key_parse(copy, len, &detail, &key),
			 cases[i].want);
		CHECK_EQ(key.byte[0], cases[i].want < 0 ? 0 : 0x0f);
		CHECK(cases[i].want == 0 || !strstr(detail.text, "0faa"));
		free(copy);
	}
}

/* Ask a server that answers so; the URL's host is given. */
static int ask(const struct noise_server_options *options, const char *host,
	       const char *ca, const struct machine_public *pin, char *ret_asked)
{
	const struct transfers_options t = { .ca_file = ca, .no_proxy = true };
	const struct resolve_addr here = {
		.family = AF_INET, .byte = { 127, 0, 0, 1 },
	};
	struct noise_server server;
	struct server_key *request;
	char url[128];
	int r, i;

	noise_server_start(options, &server);
	if (loop_new(clock_system(), &loop) < 0 ||
	    transfers_new(loop, &t, &transfers) < 0)
		abort();
	over = false;
	snprintf(url, sizeof(url), "%s://%s:%u/",
		 options->tls ? "https" : "http", host, server.port);
	r = server_key_fetch(transfers, url,
			     !strcmp(host, "name.invalid") ? &here : NULL, 113, pin, done, NULL,
			     &request);
	for (i = 0; r == 0 && !over && i < 400; i++)
		loop_turn(loop, 50);
	if (r == 0)
		r = over ? result : 1;
	if (ret_asked)
		strcpy(ret_asked, (const char *)server.shared->http_request);
	transfers_free(transfers);
	loop_free(loop);
	noise_server_stop(&server);
	return r;
}

#define ANSWER(body) "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" body

static void over_http(void)
{
	const struct noise_server_options good = { .http = ANSWER(BODY) };
	const struct noise_server_options bad = {
		.http = "HTTP/1.1 400 Bad\r\nConnection: close\r\n\r\n" BODY,
	};
	struct machine_public pin;
	char asked[256];

	CHECK_EQ(ask(&good, "127.0.0.1", NULL, NULL, asked), 0);
	CHECK(strcmp(asked, "GET /key?v=113 HTTP/1.1") == 0);
	CHECK_EQ(key.byte[31], 0x20);
	CHECK_EQ(ask(&good, "name.invalid", NULL, NULL, NULL), 0);
	CHECK_EQ(ask(&bad, "127.0.0.1", NULL, NULL, NULL), TNE_SERVER_KEY);
	CHECK(strstr(text, "400"));
	pin = key;
	CHECK_EQ(ask(&good, "127.0.0.1", NULL, &pin, NULL), 0);
	pin.byte[0] ^= 1;
	CHECK_EQ(ask(&good, "127.0.0.1", NULL, &pin, NULL),
		 TNE_SERVER_KEY_PIN);
}

/* The one place where a certificate decides. */
static void over_tls(void)
{
	const struct noise_server_options good = {
		.tls = true, .cert = CERT, .key = KEY, .http = ANSWER(BODY),
	};

	CHECK_EQ(ask(&good, "localhost", CERT, NULL, NULL), 0);
	CHECK_EQ(ask(&good, "127.0.0.1", CERT, NULL, NULL), 0);
	/* Nobody's certificate. */
	CHECK_EQ(ask(&good, "localhost", NULL, NULL, NULL), TNE_TLS);
}

static void too_long(void)
{
	static char answer[SERVER_KEY_BODY_MAX + 200];
	struct noise_server_options options = { .http = answer };
	char *body = stpcpy(answer, ANSWER(""));

	strcpy(body, BODY);
	memset(body + strlen(BODY), ' ', SERVER_KEY_BODY_MAX - strlen(BODY));
	CHECK_EQ(ask(&options, "127.0.0.1", NULL, NULL, NULL), 0);
	body[SERVER_KEY_BODY_MAX] = ' ';
	CHECK_EQ(ask(&options, "127.0.0.1", NULL, NULL, NULL), TNE_TOO_LONG);
}

static void nobody_there(void)
{
	static const struct noise_server_options none = { 0 };

	/* It closes without an answer. */
	CHECK_EQ(ask(&none, "127.0.0.1", NULL, NULL, NULL), TNE_FETCH);
	CHECK_EQ(ask(&none, "no-such-host.invalid", NULL, NULL, NULL),
		 TNE_NAME_LOOKUP);
}

static const struct test tests[] = {
	TEST(parses),
	TEST(over_http),
	TEST(over_tls),
	TEST(too_long),
	TEST(nobody_there),
};

int main(int argc, char **argv)
{
	int r;

	noise_server_certificate(CERT, KEY);
	r = test_main(tests, ARRAY_SIZE(tests), argc, argv);
	unlink(CERT);
	unlink(KEY);
	return r;
}
