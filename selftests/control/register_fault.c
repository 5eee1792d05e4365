// SPDX-License-Identifier: GPL-2.0-only
#include "register_fault.h"

#include <stdio.h>
#include <string.h>

#include "server.h"
#include "text.h"

/* A RegisterResponse in which one field is set. */
static void answer_with(struct stream *st, const char *field,
			const char *json, size_t n)
{
	struct buf b = {};

	buf_text(&b, "{\"User\":{\"ID\":0,\"DisplayName\":\"\"},"
		 "\"Login\":{\"ID\":0,\"Provider\":\"\",\"LoginName\":\"\","
		 "\"DisplayName\":\"\"},\"MachineAuthorized\":false,");
	buf_printf(&b, "\"%s\":", field);
	buf_add(&b, json, n);
	buf_text(&b, "}");
	stream_reply(st, 200, "application/json", buf_data(&b), buf_len(&b));
	buf_done(&b);
}

static void answer_string(struct stream *st, const char *field, const char *s)
{
	struct buf b = {};

	json_quote(&b, s, strlen(s));
	answer_with(st, field, (char *)buf_data(&b), buf_len(&b));
	buf_done(&b);
}

static void answer_429(struct stream *st, const char *arg)
{
	arg = fault_text(arg, "7");
	if (!strcmp(arg, "none"))
		stream_reply_text(st, 429, "slow down\n");
	else
		stream_reply_header(st, 429, "retry-after", arg, "slow down\n");
}

static void answer_huge(struct stream *st, const char *field, long n)
{
	struct buf b = {};

	buf_text(&b, "\"https://login.example/a/");
	memset(buf_grow(&b, n), 'a', n);
	buf_text(&b, "\"");
	answer_with(st, field, (char *)buf_data(&b), buf_len(&b));
	buf_done(&b);
}

static void answer_loop(struct server *srv, struct stream *st, bool same)
{
	char url[600], hex[25];

	random_hex(hex, 24);
	snprintf(url, sizeof(url), "%.400s/register/hskey-authreq-%s",
		 srv->cfg.url, same ? "0123456789abcdef01234567" : hex);
	answer_string(st, "AuthURL", url);
}

static bool fault_url(struct server *srv, struct stream *st, const char *label)
{
	static const char control[] = "https://login.example/a/\x1b]0;x\x07\r\n"
				      "\";$(touch /tmp/x)'`";
	struct faults *f = &srv->faults;
	const char *arg;

	if (fault_take_arg(f, FAULT_REGISTER_AUTHURL, label, &arg))
		answer_string(st, "AuthURL", fault_text(arg,
							"file:///etc/passwd"));
	else if (fault_take(f, FAULT_REGISTER_AUTHURL_CONTROL, label))
		answer_string(st, "AuthURL", control);
	else if (fault_take(f, FAULT_REGISTER_AUTHURL_HUGE, label))
		answer_huge(st, "AuthURL", 100000);
	else if (fault_take(f, FAULT_REGISTER_AUTHURL_LOOP, label))
		answer_loop(srv, st, false);
	else if (fault_take(f, FAULT_REGISTER_AUTHURL_SAME, label))
		answer_loop(srv, st, true);
	else
		return false;
	return true;
}

bool register_fault(struct server *srv, struct stream *st,
		    const json_t *hostinfo)
{
	static const char control[] = "\x1b[2J\x07no\r\nforged log line";
	struct faults *f = &srv->faults;
	const char *label, *arg;

	/* It has no label yet; its own idea of it must do. */
	label = json_string_value(json_object_get(hostinfo, "Hostname"));
	if (fault_url(srv, st, label))
		return true;
	if (fault_take_arg(f, FAULT_REGISTER_STATUS, label, &arg))
		stream_reply_text(st, fault_number(arg, 500), "not today\n");
	else if (fault_take_arg(f, FAULT_REGISTER_429, label, &arg))
		answer_429(st, arg);
	else if (fault_take(f, FAULT_REGISTER_EMPTY, label))
		stream_reply(st, 200, NULL, "", 0);
	else if (fault_take(f, FAULT_REGISTER_GARBAGE, label))
		stream_reply_text(st, 200, "<html>a proxy was here</html>");
	else if (fault_take_arg(f, FAULT_REGISTER_HUGE, label, &arg))
		answer_huge(st, "Padding", fault_number(arg, 2 << 20));
	else if (fault_take_arg(f, FAULT_REGISTER_ERROR, label, &arg))
		answer_string(st, "Error", fault_text(arg, "refused"));
	else if (fault_take(f, FAULT_REGISTER_ERROR_CONTROL, label))
		answer_string(st, "Error", control);
	else if (fault_take(f, FAULT_REGISTER_EXPIRED, label))
		answer_with(st, "NodeKeyExpired", "true", 4);
	else if (fault_take(f, FAULT_REGISTER_SIGN, label))
		answer_with(st, "NodeKeySignature", "\"AQID\"", 6);
	else if (fault_take_arg(f, FAULT_REGISTER_REDIRECT, label, &arg))
		stream_reply_header(st, 302, "location",
				    fault_text(arg, "/machine/register"), "");
	else if (!fault_take(f, FAULT_REGISTER_HANG, label))
		return false;
	return true;
}
