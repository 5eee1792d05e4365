// SPDX-License-Identifier: GPL-2.0-only
/* The decision about an answer to a registration, row by row. */
#include "test.h"

#include "base/array.h"
#include "base/err.h"
#include "control/backoff.h"
#include "control/register_decide.h"

#include <errno.h>

#define NOW_S 784111777	/* 1994-11-06T08:49:37Z */
#define HALF (UINT32_MAX / 2 + 1)

static const struct server_url plain = { .https = false, .host = "h.example" };
static const struct server_url secure = { .https = true, .host = "h.example" };
static const struct server_url own = {
	.https = true, .host = "controlplane.tailscale.com",
};

#define URL "\"AuthURL\":\"https://h.example/a\""

/**
 * struct row - a case of the order
 */
struct row {
	const char *name;
	int err;
	int status;
	const char *retry_after;
	const char *body;
	struct register_attempt attempt;
	enum register_act act;
	int act_err;
	bool refused;
	uint64_t wait_ms;
};

static const struct row rows[] = {
	{ "1 transport", -ECONNRESET, 200, "", "{}", { .followup = "" },
	  REGISTER_ACT_RETRY, -ECONNRESET },
	{ "1 before 2", -ECONNRESET, 429, "9", "", { .followup = "" },
	  REGISTER_ACT_RETRY, -ECONNRESET },
	{ "2 seconds", 0, 429, "17", "", { .followup = "" },
	  REGISTER_ACT_WAIT, 0, false, 17000 },
	{ "2 date", 0, 429, "Sun, 06 Nov 1994 08:50:37 GMT", "",
	  { .followup = "" }, REGISTER_ACT_WAIT, 0, false, 60000 },
	{ "2 absent", 0, 429, "", "", { .followup = "" },
	  REGISTER_ACT_WAIT, 0, false, 7500 },
	{ "2 zero", 0, 429, "0", "", { .followup = "" },
	  REGISTER_ACT_WAIT, 0, false, 7500 },
	{ "2 ten years", 0, 429, "315360000", "", { .followup = "" },
	  REGISTER_ACT_WAIT, 0, false, 7500 },
	{ "2 before 5", 0, 429, "1", "{\"Error\":\"x\"}", { .followup = "" },
	  REGISTER_ACT_WAIT, 0, false, 1000 },
	{ "3 status", 0, 400, "", "unsupported", { .followup = "" },
	  REGISTER_ACT_RETRY, TNE_CONTROL_STATUS, true },
	{ "3 before 9", 0, 500, "", "{\"MachineAuthorized\":true}",
	  { .followup = "" }, REGISTER_ACT_RETRY, TNE_CONTROL_STATUS },
	{ "4 not JSON", 0, 200, "", "<html>", { .followup = "" },
	  REGISTER_ACT_RETRY, TNE_JSON },
	{ "5 error", 0, 200, "", "{\"Error\":\"no\"}", { .followup = "" },
	  REGISTER_ACT_RETRY, TNE_REGISTER_REFUSED, true },
	{ "5 before 6", 0, 200, "",
	  "{\"Error\":\"no\",\"NodeKeySignature\":\"AAAA\"}",
	  { .followup = "" }, REGISTER_ACT_RETRY, TNE_REGISTER_REFUSED, true },
	{ "5 before 8", 0, 200, "", "{\"Error\":\"no\"," URL "}",
	  { .followup = "" }, REGISTER_ACT_RETRY, TNE_REGISTER_REFUSED, true },
	{ "6 signature", 0, 200, "", "{\"NodeKeySignature\":\"AAAA\"}",
	  { .followup = "" }, REGISTER_ACT_RESIGN },
	{ "6 before 7", 0, 200, "",
	  "{\"NodeKeySignature\":\"AAAA\",\"NodeKeyExpired\":true}",
	  { .followup = "" }, REGISTER_ACT_RESIGN },
	{ "6 once", 0, 200, "", "{\"NodeKeySignature\":\"AAAA\"}",
	  { .followup = "", .resigned = true },
	  REGISTER_ACT_RETRY, TNE_REGISTER_REFUSED },
	{ "7 expired", 0, 200, "", "{\"NodeKeyExpired\":true}",
	  { .followup = "" }, REGISTER_ACT_NEW_KEY },
	{ "7 before 8", 0, 200, "", "{\"NodeKeyExpired\":true," URL "}",
	  { .followup = "" }, REGISTER_ACT_NEW_KEY },
	{ "7 fresh key", 0, 200, "", "{\"NodeKeyExpired\":true}",
	  { .followup = "", .fresh_key = true },
	  REGISTER_ACT_RETRY, TNE_REGISTER_REFUSED },
	{ "8 visit", 0, 200, "", "{" URL "}", { .followup = "" },
	  REGISTER_ACT_VISIT },
	{ "8 before 9", 0, 200, "", "{" URL ",\"MachineAuthorized\":true}",
	  { .followup = "" }, REGISTER_ACT_VISIT },
	{ "8 another", 0, 200, "", "{" URL "}",
	  { .followup = "https://h.example/b", .n_urls = 1 },
	  REGISTER_ACT_VISIT },
	{ "8 the same", 0, 200, "", "{" URL "}",
	  { .followup = "https://h.example/a", .n_urls = 1 },
	  REGISTER_ACT_RETRY, TNE_REGISTER_REFUSED },
	{ "8 the tenth", 0, 200, "", "{" URL "}",
	  { .followup = "x", .n_urls = REGISTER_URLS_MAX - 1 },
	  REGISTER_ACT_VISIT },
	{ "8 too many", 0, 200, "", "{" URL "}",
	  { .followup = "x", .n_urls = REGISTER_URLS_MAX },
	  REGISTER_ACT_ASK, TNE_REGISTER_REFUSED },
	{ "8 no address", 0, 200, "", "{\"AuthURL\":\"file:///x\"}",
	  { .followup = "" }, REGISTER_ACT_RETRY, TNE_AUTH_URL },
	{ "9 done", 0, 200, "", "{\"MachineAuthorized\":true}",
	  { .followup = "" }, REGISTER_ACT_DONE },
	{ "9 not approved", 0, 200, "", "{}", { .followup = "" },
	  REGISTER_ACT_DONE },
	{ "logout", 0, 200, "", "{}", { .followup = "", .logout = true },
	  REGISTER_ACT_LEFT },
	{ "logout, expired", 0, 200, "", "{\"NodeKeyExpired\":true}",
	  { .followup = "", .logout = true }, REGISTER_ACT_LEFT },
	{ "logout, refused", 0, 200, "", "{\"Error\":\"no\"}",
	  { .followup = "", .logout = true }, REGISTER_ACT_LEFT,
	  TNE_REGISTER_REFUSED, true },
	{ "logout, broken", -EPIPE, 0, "", "",
	  { .followup = "", .logout = true }, REGISTER_ACT_LEFT, -EPIPE },
};

static void order(void)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct row *row = &rows[i];
		struct register_attempt attempt = row->attempt;
		const struct register_reply reply = {
			.err = row->err, .status = row->status,
			.retry_after = row->retry_after, .body = row->body,
			.len = strlen(row->body),
		};
		struct register_action action;
		bool has;

		test_case("%s", row->name);
		attempt.server = &secure;
		register_decide(&attempt, &reply, NOW_S, HALF, &action);
		has = action.response;
		register_action_done(&action);
		CHECK_EQ(action.act, row->act);
		CHECK_EQ(action.err, row->act_err);
		CHECK_EQ(action.refused, row->refused);
		CHECK_EQ(action.wait_ms, row->wait_ms);
		CHECK_EQ(has, row->act == REGISTER_ACT_VISIT ||
			      row->act == REGISTER_ACT_DONE ||
			      row->act == REGISTER_ACT_RESIGN);
	}
}

static void too_long(void)
{
	const struct register_attempt attempt = {
		.server = &secure, .followup = "",
	};
	const struct register_reply reply = {
		.status = 200, .retry_after = "", .body = "{}", .len = 2,
		.too_long = true,
	};
	struct register_action action;

	register_decide(&attempt, &reply, NOW_S, 0, &action);
	CHECK_EQ(action.act, REGISTER_ACT_RETRY);
	CHECK_EQ(action.err, TNE_TOO_LONG);
}

static void keys(void)
{
	static const struct {
		const char *name;
		struct register_wish wish;
		enum register_key key;
	} cases[] = {
		{ "restart", { .has_key = true }, REGISTER_KEY_CURRENT },
		{ "nobody", { 0 }, REGISTER_KEY_FRESH },
		{ "interactive", { .has_key = true, .interactive = true },
		  REGISTER_KEY_FRESH },
		{ "interactive, again",
		  { .has_key = true, .interactive = true,
		    .has_candidate = true }, REGISTER_KEY_CANDIDATE },
		{ "expired", { .has_key = true, .expired = true },
		  REGISTER_KEY_FRESH },
		{ "logout", { .has_key = true, .logout = true,
			      .expired = true, .interactive = true },
		  REGISTER_KEY_CURRENT },
		{ "followup", { .has_key = true, .has_candidate = true,
				.followup = true }, REGISTER_KEY_CANDIDATE },
		{ "followup of the current key",
		  { .has_key = true, .followup = true },
		  REGISTER_KEY_CURRENT },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		test_case("%s", cases[i].name);
		CHECK_EQ(register_choose_key(&cases[i].wish), cases[i].key);
	}
}

static void urls(void)
{
	static const struct {
		const char *url;
		const struct server_url *server;
		bool good;
	} cases[] = {
		{ "https://h.example/register/1", &secure, true },
		{ "https://other.example:8443/x?y#z", &secure, true },
		{ "https://[2001:db8::1]/x", &secure, true },
		{ "http://h.example/x", &secure, false },
		{ "http://h.example/x", &plain, true },
		{ "HTTPS://h.example/x", &secure, false },
		{ "https:///x", &secure, false },
		{ "https://", &secure, false },
		{ "https://user@h.example/", &secure, false },
		{ "https://h.example/a b", &secure, false },
		{ "https://h.example/\n", &secure, false },
		{ "https://h.example/\x7f", &secure, false },
		{ "https://h.example/\xc3\xa4", &secure, false },
		{ "https://h.example\\@evil/", &secure, false },
		{ "https://h.example/\"x", &secure, false },
		{ "https://%68.example/", &secure, false },
		{ "javascript:alert(1)", &plain, false },
		{ "file:///etc/passwd", &plain, false },
		{ "", &plain, false },
		{ "https://login.tailscale.com/a/1", &own, true },
		{ "https://tailscale.com/a/1", &own, true },
		{ "https://eviltailscale.com/a", &own, false },
		{ "https://tailscale.com.evil/a", &own, false },
		{ "https://evil/?tailscale.com", &own, false },
		{ "https://evil/#.tailscale.com", &own, false },
		{ "https://evil:1.tailscale.com/", &own, false },
	};
	char text[REGISTER_URL_MAX + 2];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		test_case("%s", cases[i].url);
		CHECK_EQ(register_check_url(cases[i].url, cases[i].server),
			 cases[i].good ? 0 : TNE_AUTH_URL);
	}
	test_case("longest");
	memset(text, 'a', sizeof(text));
	memcpy(text, "https://h.example/", 18);
	text[REGISTER_URL_MAX] = 0;
	CHECK_EQ(register_check_url(text, &secure), 0);
	text[REGISTER_URL_MAX] = 'a';
	text[REGISTER_URL_MAX + 1] = 0;
	CHECK_EQ(register_check_url(text, &secure), TNE_AUTH_URL);
}

static void retry_after(void)
{
	static const struct {
		const char *text;
		int64_t s;	/* 0 = refused */
	} cases[] = {
		{ "1", 1 }, { "3600", 3600 }, { "3601", 0 }, { "0", 0 },
		{ "-5", 0 }, { "", 0 }, { " 5", 0 }, { "5s", 0 },
		{ "99999999999999999999999999", 0 },
		{ "Sun, 06 Nov 1994 08:49:38 GMT", 1 },
		{ "Sun, 06 Nov 1994 08:49:37 GMT", 0 },
		{ "Sun, 06 Nov 1994 08:49:36 GMT", 0 },
		{ "Sun, 06 Nov 1994 09:49:37 GMT", 3600 },
		{ "Sun, 06 Nov 1994 09:49:38 GMT", 0 },
		{ "Sun, 06 Xxx 1994 08:49:38 GMT", 0 },
		{ "Sun, 06 Nov 1994 08:49:38 UTC", 0 },
		{ "Sun, 06 Nov 1994 08:49:38 GMTx", 0 },
		{ "Sun, 06 Nov 9999 08:49:38 GMT", 0 },
	};
	int64_t s;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		test_case("%s", cases[i].text);
		s = 0;
		CHECK_EQ(register_retry_after(cases[i].text, NOW_S, &s),
			 cases[i].s != 0);
		CHECK_EQ(s, cases[i].s);
	}
}

static void backoffs(void)
{
	struct backoff b = { 0 };
	uint64_t ms;
	int i;

	CHECK_EQ(backoff_ms(1, HALF), 10);
	CHECK_EQ(backoff_ms(2, HALF), 40);
	CHECK_EQ(backoff_ms(3, 0), 45);
	CHECK_EQ(backoff_ms(3, UINT32_MAX), 134);
	CHECK_EQ(backoff_ms(54, HALF), 29160);
	CHECK_EQ(backoff_ms(55, HALF), 30000);
	CHECK_EQ(backoff_ms(UINT32_MAX, HALF), 30000);
	/* Five failures within ten seconds of a server that takes us. */
	for (i = 0; i < BACKOFF_STORM_N; i++)
		CHECK(backoff_fail(&b, 5000 + i, true, HALF) < 1000);
	backoff_reset(&b);
	CHECK_EQ(backoff_fail(&b, 6000, true, HALF), 1000);
	backoff_reset(&b);
	ms = backoff_fail(&b, 60000, true, HALF);
	CHECK_EQ(ms, 10);
	/* A server that cannot be reached is no storm. */
	memset(&b, 0, sizeof(b));
	for (i = 0; i < 8; i++)
		ms = backoff_fail(&b, 5000 + i, false, HALF);
	CHECK_EQ(ms, 640);
}

static const struct test tests[] = {
	TEST(order),
	TEST(too_long),
	TEST(keys),
	TEST(urls),
	TEST(retry_after),
	TEST(backoffs),
};

TEST_MAIN(tests)
