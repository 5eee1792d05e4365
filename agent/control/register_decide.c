// SPDX-License-Identifier: GPL-2.0-only
#include "control/register_decide.h"

#include "base/array.h"
#include "base/log.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#define TAILSCALE_HOST "tailscale.com"

/* Bytes of a foreign body that people are shown. */
#define BODY_SHOWN_MAX 200

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* "Sun, 06 Nov 1994 08:49:37 GMT"; the name of the day is not looked at. */
static bool parse_date(const char *s, int64_t *ret)
{
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	static const char form[] = "aaa, dd aaa dddd dd:dd:dd GMT";
	struct tm tm = { 0 };
	size_t i, month;

	if (strlen(s) != sizeof(form) - 1)
		return false;
	for (i = 0; form[i]; i++) {
		if (form[i] == 'd' ? !is_digit(s[i]) :
		    form[i] != 'a' && form[i] != s[i])
			return false;
	}
	for (month = 0; month < 12; month++) {
		if (!memcmp(s + 8, months + 3 * month, 3))
			break;
	}
	if (month == 12 ||
	    sscanf(s + 5, "%d", &tm.tm_mday) != 1 ||
	    sscanf(s + 12, "%d %d:%d:%d", &tm.tm_year, &tm.tm_hour, &tm.tm_min,
		   &tm.tm_sec) != 4)
		return false;
	tm.tm_mon = month;
	tm.tm_year -= 1900;
	*ret = timegm(&tm);
	return true;
}

bool register_retry_after(const char *text, int64_t now_s, int64_t *ret_s)
{
	int64_t s = 0;
	const char *c;

	if (!*text)
		return false;
	for (c = text; is_digit(*c); c++) {
		if (s <= REGISTER_BUSY_MAX_S)
			s = s * 10 + (*c - '0');
	}
	if (*c) {
		if (!parse_date(text, &s))
			return false;
		s -= now_s;
	}
	if (s < 1 || s > REGISTER_BUSY_MAX_S)
		return false;
	*ret_s = s;
	return true;
}

static bool is_tailscale(const char *host, size_t len)
{
	size_t want = strlen(TAILSCALE_HOST);

	if (len < want || strncasecmp(host + len - want, TAILSCALE_HOST, want))
		return false;
	return len == want || host[len - want - 1] == '.';
}

/* Name or address, perhaps a port; no user, no escapes. */
static bool is_authority(const char *s, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++) {
		char c = s[i] | 0x20;

		if (!(c >= 'a' && c <= 'z') && !is_digit(s[i]) &&
		    !strchr(".-:[]", s[i]))
			return false;
	}
	return len > 0 && s[0] != ':' && s[0] != '.';
}

int register_check_url(const char *url, const struct server_url *server)
{
	const char *host, *c;
	size_t len, host_len;

	for (c = url; *c; c++) {
		/* What RFC 3986 has no place for; browsers read "\" as "/". */
		if (*c <= 0x20 || *c >= 0x7f || strchr("\"<>\\^`{|}", *c) ||
		    c - url >= REGISTER_URL_MAX)
			return TNE_AUTH_URL;
	}
	if (!strncmp(url, "https://", 8))
		host = url + 8;
	else if (!strncmp(url, "http://", 7) && !server->https)
		host = url + 7;
	else
		return TNE_AUTH_URL;

	len = strcspn(host, "/?#");
	if (!is_authority(host, len))
		return TNE_AUTH_URL;
	host_len = strcspn(host, ":/?#");
	if (is_tailscale(server->host, strlen(server->host)) &&
	    !is_tailscale(host, host_len))
		return TNE_AUTH_URL;
	return 0;
}

enum register_key register_choose_key(const struct register_wish *wish)
{
	if (wish->logout)
		return REGISTER_KEY_CURRENT;
	if (wish->followup && wish->has_candidate)
		return REGISTER_KEY_CANDIDATE;
	if (wish->interactive || wish->expired || !wish->has_key)
		return wish->has_candidate ? REGISTER_KEY_CANDIDATE :
					     REGISTER_KEY_FRESH;
	return REGISTER_KEY_CURRENT;
}

static void refuse(struct register_action *ret, int err)
{
	ret->act = REGISTER_ACT_RETRY;
	ret->err = err;
}

static void decide_url(const struct register_attempt *attempt,
		       struct register_action *ret)
{
	const char *url = ret->response->auth_url;

	if (register_check_url(url, attempt->server) < 0) {
		refuse(ret, err_explain(&ret->detail, TNE_AUTH_URL,
			"the server sends people to an address that is not one"));
	} else if (!strcmp(url, attempt->followup)) {
		refuse(ret, err_explain(&ret->detail, TNE_REGISTER_REFUSED,
			"the server asks for the same login again"));
	} else if (attempt->n_urls >= REGISTER_URLS_MAX) {
		ret->act = REGISTER_ACT_ASK;
		ret->err = err_explain(&ret->detail, TNE_REGISTER_REFUSED,
			"the server asks for one login after another");
	} else {
		ret->act = REGISTER_ACT_VISIT;
	}
}

static void decide_response(const struct register_attempt *attempt,
			    struct register_action *ret)
{
	struct register_response *response = ret->response;

	switch (register_response_check(response, attempt->fresh_key)) {
	case REGISTER_REFUSED:
		refuse(ret, err_explain(&ret->detail, TNE_REGISTER_REFUSED,
					"%.*s", BODY_SHOWN_MAX,
					response->error));
		ret->refused = true;
		return;
	case REGISTER_RESIGN:
		if (attempt->resigned)
			refuse(ret, err_explain(&ret->detail,
				TNE_REGISTER_REFUSED,
				"the server asks for signatures without end"));
		else
			ret->act = REGISTER_ACT_RESIGN;
		return;
	case REGISTER_NEW_KEY:
		ret->act = REGISTER_ACT_NEW_KEY;
		return;
	case REGISTER_EXPIRED:
		refuse(ret, err_explain(&ret->detail, TNE_REGISTER_REFUSED,
			"the server says that a new key has expired"));
		return;
	case REGISTER_VISIT:
		decide_url(attempt, ret);
		return;
	case REGISTER_DONE:
		ret->act = REGISTER_ACT_DONE;
		return;
	}
}

/* Rows 1 to 4 of the order. Return: true if that was all. */
static bool decide_reply(const struct register_reply *reply, int64_t now_s,
			 uint32_t random, struct register_action *ret)
{
	int64_t wait_s;
	int r;

	if (reply->err < 0) {
		refuse(ret, reply->err);
		return true;
	}
	if (reply->status == 429) {
		ret->act = REGISTER_ACT_WAIT;
		ret->wait_ms = REGISTER_BUSY_MS +
			       ((uint64_t)random * REGISTER_BUSY_MS >> 32);
		if (register_retry_after(reply->retry_after, now_s, &wait_s))
			ret->wait_ms = wait_s * 1000;
		err_explain(&ret->detail, 0, "the server is busy");
		return true;
	}
	if (reply->status != 200) {
		refuse(ret, err_explain(&ret->detail, TNE_CONTROL_STATUS,
			"%d: %.*s", reply->status,
			(int)(reply->len < BODY_SHOWN_MAX ? reply->len :
			      BODY_SHOWN_MAX), reply->body));
		ret->refused = reply->status >= 400 && reply->status < 500;
		return true;
	}
	if (reply->too_long) {
		refuse(ret, TNE_TOO_LONG);
		return true;
	}
	r = register_response_parse(reply->body, reply->len, &ret->detail,
				    &ret->response);
	if (r < 0)
		refuse(ret, r);
	return r < 0;
}

void register_decide(const struct register_attempt *attempt,
		     const struct register_reply *reply, int64_t now_s,
		     uint32_t random, struct register_action *ret)
{
	*ret = (struct register_action){ 0 };
	if (!decide_reply(reply, now_s, random, ret))
		decide_response(attempt, ret);
	/* Headscale says that the key has expired; it was asked to do that. */
	if (attempt->logout)
		ret->act = REGISTER_ACT_LEFT;

	switch (ret->act) {
	case REGISTER_ACT_RESIGN:
	case REGISTER_ACT_VISIT:
	case REGISTER_ACT_DONE:
		return;
	case REGISTER_ACT_RETRY:
	case REGISTER_ACT_WAIT:
	case REGISTER_ACT_NEW_KEY:
	case REGISTER_ACT_ASK:
	case REGISTER_ACT_LEFT:
		register_action_done(ret);
		return;
	}
}

void register_action_done(struct register_action *action)
{
	register_response_free(action->response);
	action->response = NULL;
}
