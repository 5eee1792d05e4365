// SPDX-License-Identifier: GPL-2.0-only
#include "control/attempt.h"

#include "base/buf.h"
#include "base/log.h"
#include "control/noise_conn.h"
#include "loop/stream.h"
#include "wire/control_frame.h"
#include "wire/upgrade_http.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define READ_LEN 4096	/* bytes asked from the socket at once */
/* The longest message is one of error, with its header. */
#define IN_MAX (3 + 65535 + UPGRADE_HEADER_MAX + READ_LEN)

enum attempt_state {
	ATTEMPT_CONNECTING,
	ATTEMPT_UPGRADING,	/* waiting for 101 */
	ATTEMPT_SHAKING,	/* waiting for the server's half of the handshake */
	ATTEMPT_OVER,
};

/**
 * struct attempt - one way to a server
 * @target: whom to reach
 * @fn: told the end
 * @ctx: for @fn
 * @state: see above; changed by enter() alone
 * @stream: the connection
 * @ik: the handshake
 * @ephemeral: its key
 * @in: bytes read and not yet understood
 * @detail: why it fails
 */
struct attempt {
	struct attempt_target target;
	attempt_fn fn;
	void *ctx;
	enum attempt_state state;
	struct stream *stream;
	struct noise_ik *ik;
	struct secret32 *ephemeral;
	struct buf in;
	struct err_detail detail;
};

static void enter(struct attempt *attempt, enum attempt_state state)
{
	/* Forward, one by one, or to the end. */
	assert(state == attempt->state + 1 || state == ATTEMPT_OVER);
	assert(attempt->state != ATTEMPT_OVER);
	attempt->state = state;
}

/* The last call: the owner may free the attempt. */
static void finish(struct attempt *attempt, int err,
		   struct noise_session *session)
{
	enter(attempt, ATTEMPT_OVER);
	if (err < 0) {
		stream_free(steal(attempt->stream));
		if (!attempt->detail.text[0])
			err_explain(&attempt->detail, err, "%s",
				    err_text(err));
	}
	attempt->fn(attempt->ctx, err, &attempt->detail, session);
	if (session)
		noise_session_done(session);
}

static int send_upgrade(struct attempt *attempt)
{
	uint8_t body[NOISE_IK_INITIATION_LEN];
	uint8_t message[CONTROL_INITIATION_LEN];
	struct buf request __attribute__((cleanup(buf_cleanup)));
	int r;

	buf_init(&request, READ_LEN);
	key_make_private(attempt->ephemeral);
	r = noise_ik_initiate(attempt->ik, attempt->ephemeral, body);
	if (r < 0)
		return r;
	control_initiation_build(attempt->target.version, body, message);
	r = upgrade_http_build(attempt->target.host, attempt->target.port,
			       message, &request);
	if (r < 0)
		return r;
	/* Fits into what a new stream takes at once. */
	r = stream_write(attempt->stream, buf_data(&request),
			 buf_len(&request));
	if (r < 0)
		return r;
	return r == (int)buf_len(&request) ? 0 : -EIO;
}

/*
 * A certificate that does not fit is no reason to give up: the server's key came
 * over a connection with one that does, and only its owner can answer.
 */
static void look_at_certificate(const struct attempt *attempt)
{
	long verdict = stream_verdict(attempt->stream);

	if (attempt->target.tls && verdict != 0)
		log_debug("control: %s: certificate not verified (%ld), Noise decides",
			 attempt->target.host, verdict);
}

static void connected(void *ctx, int err, const struct err_detail *detail)
{
	struct attempt *attempt = ctx;

	if (err < 0) {
		attempt->detail = *detail;
		finish(attempt, err, NULL);
		return;
	}
	look_at_certificate(attempt);
	enter(attempt, ATTEMPT_UPGRADING);
	err = send_upgrade(attempt);
	if (err < 0)
		finish(attempt, err, NULL);
}

static void drop_read(struct attempt *attempt, const struct cursor *rest)
{
	buf_take(&attempt->in, buf_len(&attempt->in) - rest->len);
}

/* Anyone on the way may have written it: it is shown, and that is all. */
static int refused(struct attempt *attempt, const struct control_reply *reply)
{
	struct log_text text;

	return err_explain(&attempt->detail, TNE_CONTROL_REFUSED,
			   "the server refuses the handshake: %s",
			   log_escape(reply->error, reply->error_len, &text));
}

static int shake(struct attempt *attempt, struct noise_session *ret)
{
	struct cursor c = { buf_data(&attempt->in), buf_len(&attempt->in) };
	struct control_reply reply;
	int r;

	r = control_reply_parse(&c, &reply);
	if (r < 0)
		return r;
	if (!reply.response)
		return refused(attempt, &reply);
	r = noise_ik_finish(attempt->ik, reply.response, &ret->send,
			    &ret->receive);
	if (r < 0)
		return r;
	drop_read(attempt, &c);
	ret->stream = steal(attempt->stream);
	ret->rest = attempt->in;
	buf_init(&attempt->in, IN_MAX);
	return 0;
}

/* Return: 0 once all is done, -EAGAIN for more bytes, or an error. */
static int advance(struct attempt *attempt, struct noise_session *ret)
{
	struct cursor c = { buf_data(&attempt->in), buf_len(&attempt->in) };
	int r;

	if (attempt->state == ATTEMPT_UPGRADING) {
		r = upgrade_http_parse(&c, &attempt->detail);
		if (r < 0)
			return r;
		/* What stands behind the header is Noise. */
		drop_read(attempt, &c);
		enter(attempt, ATTEMPT_SHAKING);
	}
	return shake(attempt, ret);
}

static int closed(const struct attempt *attempt, struct err_detail *detail)
{
	/* How Go servers refuse a version, or an initiation of a wrong form. */
	if (attempt->state == ATTEMPT_SHAKING && !buf_len(&attempt->in))
		return err_explain(detail, TNE_CLOSED,
				   "the server hung up: it may not know this version");
	return err_explain(detail, TNE_CLOSED, "%s", err_text(TNE_CLOSED));
}

static int read_more(struct attempt *attempt)
{
	uint8_t *room;
	int r;

	r = buf_reserve(&attempt->in, READ_LEN, &room);
	if (r < 0)
		return r;
	r = stream_read(attempt->stream, room, READ_LEN);
	if (r == 0)
		return closed(attempt, &attempt->detail);
	if (r < 0)
		return r;
	buf_commit(&attempt->in, r);
	return 0;
}

static void ready(void *ctx)
{
	struct noise_session session = { 0 };
	struct attempt *attempt = ctx;
	int r;

	if (attempt->state == ATTEMPT_OVER ||
	    attempt->state == ATTEMPT_CONNECTING)
		return;
	do {
		r = read_more(attempt);
		if (r == 0)
			r = advance(attempt, &session);
		else if (r == -EAGAIN)
			return;
	} while (r == -EAGAIN);
	finish(attempt, r, r < 0 ? NULL : &session);
}

static int connect_stream(struct attempt *attempt, struct transfers *transfers)
{
	const struct attempt_target *target = &attempt->target;
	const struct stream_calls calls = {
		.connected = connected, .ready = ready, .ctx = attempt,
	};
	bool six = strchr(target->host, ':') != NULL;
	char url[512];
	const struct stream_target to = {
		.url = url, .addr = target->addr.family ? &target->addr : NULL,
	};

	if (snprintf(url, sizeof(url), "%s://%s%s%s:%u",
		     target->tls ? "https" : "http", six ? "[" : "",
		     target->host, six ? "]" : "", target->port) >=
	    (int)sizeof(url))
		return TNE_URL;
	return stream_open(transfers, &to, &calls, &attempt->stream);
}

DEFINE_CLEANUP(attempt, struct attempt *, attempt_free)

int attempt_start(struct transfers *transfers,
		  const struct attempt_target *target, attempt_fn fn, void *ctx,
		  struct attempt **ret)
{
	struct attempt *attempt auto_clean(attempt) =
		calloc(1, sizeof(*attempt));
	int r;

	if (!attempt)
		return -ENOMEM;
	attempt->target = *target;
	attempt->fn = fn;
	attempt->ctx = ctx;
	buf_init(&attempt->in, IN_MAX);
	attempt->ephemeral = secret32_new();
	if (!attempt->ephemeral)
		return -ENOMEM;
	r = noise_ik_new(target->machine, &target->server, target->version,
			 &attempt->ik);
	if (r == 0)
		r = connect_stream(attempt, transfers);
	if (r < 0)
		return r;
	*ret = steal(attempt);
	return 0;
}

void attempt_free(struct attempt *attempt)
{
	if (!attempt)
		return;
	stream_free(attempt->stream);
	noise_ik_free(attempt->ik);
	secret32_free(attempt->ephemeral);
	buf_done(&attempt->in);
	free(attempt);
}
