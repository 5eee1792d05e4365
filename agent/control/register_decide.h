/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What an answer to a registration means, and what to do about it. Pure: time
 * and randomness are arguments.
 */
#ifndef CONTROL_REGISTER_DECIDE_H
#define CONTROL_REGISTER_DECIDE_H

#include "base/err.h"
#include "control/server_url.h"
#include "wire/register_json.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define REGISTER_URL_MAX 2048		/* bytes; ours */
#define REGISTER_URLS_MAX 10		/* different ones in a login; ours */
/* Wait for a server that has too much to do and does not say how long. */
#define REGISTER_BUSY_MS 5000		/* and up to as much again */
#define REGISTER_BUSY_MAX_S 3600	/* it may ask for no more */

enum register_act {
	REGISTER_ACT_RETRY,	/* an error: back off, then once more */
	REGISTER_ACT_WAIT,	/* once more after @wait_ms; no error of ours */
	REGISTER_ACT_RESIGN,	/* new key and signature, at once */
	REGISTER_ACT_NEW_KEY,	/* new key, at once */
	REGISTER_ACT_VISIT,	/* a person goes to @response->auth_url */
	REGISTER_ACT_ASK,	/* too many URLs: only a person can go on */
	REGISTER_ACT_DONE,	/* the key of the request is ours now */
	REGISTER_ACT_LEFT,	/* logged out, whatever the answer was */
};

/**
 * struct register_attempt - what was asked
 * @server: where
 * @logout: to be forgotten
 * @fresh_key: the key was made in this attempt
 * @resigned: a signature was asked for in this attempt already
 * @followup: URL that the request named; "" = none
 * @n_urls: different URLs that this login has brought so far
 */
struct register_attempt {
	const struct server_url *server;
	bool logout;
	bool fresh_key;
	bool resigned;
	const char *followup;
	unsigned int n_urls;
};

/**
 * struct register_reply - what came
 * @err: of the transport; 0 = the rest counts
 * @status: of HTTP
 * @retry_after: header of that name, or ""
 * @body: need not be terminated
 * @len: bytes
 * @too_long: it did not end before REGISTER_JSON_MAX
 */
struct register_reply {
	int err;
	int status;
	const char *retry_after;
	const char *body;
	size_t len;
	bool too_long;
};

/**
 * struct register_action - what to do
 * @act: in short
 * @err: the reason, with RETRY, ASK and LEFT; 0 = none
 * @refused: the server itself says why; to be shown to the user
 * @wait_ms: with WAIT
 * @response: the answer, owned, with RESIGN, VISIT and DONE; else NULL
 * @detail: for people
 */
struct register_action {
	enum register_act act;
	int err;
	bool refused;
	uint64_t wait_ms;
	struct register_response *response;
	struct err_detail detail;
};

/**
 * register_decide() - decide
 * @attempt:	what was asked
 * @reply:	what came
 * @now_s:	wall clock, seconds since 1970
 * @random:	any 32 bits
 * @ret:	what to do; owned by the caller
 *
 * The order of the questions is the protocol's: transport, 429, other status,
 * form, error text, signature, expired key, URL, success.
 * Source: control/controlclient/direct.go, doLogin.
 */
void register_decide(const struct register_attempt *attempt,
		     const struct register_reply *reply, int64_t now_s,
		     uint32_t random, struct register_action *ret);

/**
 * register_action_done() - free the contents
 * @action: the action
 */
void register_action_done(struct register_action *action);

static inline void register_action_cleanup(struct register_action *action)
{
	register_action_done(action);
}

/* Which key a request is made with. */
enum register_key {
	REGISTER_KEY_CURRENT,
	REGISTER_KEY_CANDIDATE,	/* of the request before */
	REGISTER_KEY_FRESH,	/* the current one becomes the old one */
};

/**
 * struct register_wish - what a request is for
 * @has_key: there is a node key
 * @has_candidate: a request before made a key
 * @logout: to be forgotten
 * @followup: to wait for a person who was sent to a URL
 * @interactive: a person wants to log in anew
 * @expired: the current key is past its time
 */
struct register_wish {
	bool has_key;
	bool has_candidate;
	bool logout;
	bool followup;
	bool interactive;
	bool expired;
};

/**
 * register_choose_key() - which key to ask with
 * @wish: what for
 *
 * Return: the choice; with CURRENT and a logout there must be one.
 */
enum register_key register_choose_key(const struct register_wish *wish);

/**
 * register_check_url() - may a person be sent to this URL?
 * @url:	from the server
 * @server:	it
 *
 * It may be shown, and opened by someone else's program: so nothing but an
 * ordinary web address passes. Tailscale's servers send people to Tailscale
 * only, and https servers to https only.
 *
 * Return: 0 or TNE_AUTH_URL.
 */
int register_check_url(const char *url, const struct server_url *server);

/**
 * register_retry_after() - read the header Retry-After
 * @text:	seconds, or a date as in RFC 9110, section 5.6.7, first form
 * @now_s:	wall clock, seconds since 1970
 * @ret_s:	seconds to wait, 1..REGISTER_BUSY_MAX_S
 *
 * Return: true, or false for anything else.
 */
bool register_retry_after(const char *text, int64_t now_s, int64_t *ret_s);

#endif /* CONTROL_REGISTER_DECIDE_H */
