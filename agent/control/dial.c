// SPDX-License-Identifier: GPL-2.0-only
#include "control/dial.h"

#include "control/noise_conn.h"
#include "loop/loop.h"
#include "loop/transfers.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum way_state {
	WAY_NONE,	/* no such port, or not yet */
	WAY_TRYING,
	WAY_FAILED,
};

/**
 * struct way - one side of the race
 * @dial: the race
 * @port: 0 = not in it
 * @tls: HTTPS
 * @state: see above
 * @attempt: owned
 * @err: why it failed
 * @detail: the same for people
 */
struct way {
	struct dial *dial;
	uint16_t port;
	bool tls;
	enum way_state state;
	struct attempt *attempt;
	int err;
	struct err_detail detail;
};

/**
 * struct dial - a race
 * @transfers: where attempts connect
 * @loop: where timers run
 * @target: whom to reach
 * @fn: told the end
 * @ctx: for @fn
 * @http: plain
 * @https: TLS
 * @https_timer: start of @https
 * @deadline: end of all
 * @over: @fn was called
 */
struct dial {
	struct transfers *transfers;
	struct loop *loop;
	struct dial_target target;
	attempt_fn fn;
	void *ctx;
	struct way http;
	struct way https;
	struct loop_timer https_timer;
	struct loop_timer deadline;
	bool over;
};

void dial_schedule_make(const struct server_url *url, bool https_only,
			const struct dial_memory *memory, uint64_t now_ms,
			struct dial_schedule *ret)
{
	bool recent = memory->started_ms &&
		      now_ms - memory->started_ms < DIAL_RECENT_MS;
	struct server_ports ports;

	server_url_ports(url, &ports);
	*ret = (struct dial_schedule){
		.http_port = ports.http,
		.https_port = ports.https,
		.https_after_ms = DIAL_HTTPS_AFTER_MS,
	};
	if (ports.https && (https_only || recent))
		ret->http_port = 0;
	if (!ret->http_port)
		ret->https_after_ms = 0;
}

static void finish(struct dial *dial, int err, const struct err_detail *detail,
		   struct noise_session *session)
{
	assert(!dial->over);
	dial->over = true;
	loop_timer_cancel(dial->loop, &dial->https_timer);
	loop_timer_cancel(dial->loop, &dial->deadline);
	dial->fn(dial->ctx, err, detail, session);
}

static void describe(const struct way *way, char *to, size_t size)
{
	switch (way->state) {
	case WAY_NONE:
		*to = 0;
		break;
	case WAY_TRYING:
		snprintf(to, size, "port %u%s: no answer", way->port,
			 way->tls ? " (TLS)" : "");
		break;
	case WAY_FAILED:
		snprintf(to, size, "port %u%s: %.150s", way->port,
			 way->tls ? " (TLS)" : "", way->detail.text);
		break;
	}
}

/* Nobody is left in the race, or the time is over. */
static void lose(struct dial *dial, int err)
{
	char http[192], https[192];
	struct err_detail detail;

	describe(&dial->http, http, sizeof(http));
	describe(&dial->https, https, sizeof(https));
	err_explain(&detail, err, "%s%s%s", http, *http && *https ? "; " : "",
		    https);
	attempt_free(steal(dial->http.attempt));
	attempt_free(steal(dial->https.attempt));
	finish(dial, err, &detail, NULL);
}

static int verdict(const struct dial *dial)
{
	const struct way *last = dial->https.state == WAY_FAILED ?
					 &dial->https : &dial->http;

	/* A wrong key is what the caller can do something about. */
	if (dial->http.err == TNE_NOISE_TAG)
		return TNE_NOISE_TAG;
	return last->err;
}

static void start_way(struct way *way);

static void way_failed(struct way *way, int err,
		       const struct err_detail *detail)
{
	struct dial *dial = way->dial;

	way->state = WAY_FAILED;
	way->err = err;
	way->detail = *detail;
	if (way == &dial->http && dial->https.state == WAY_NONE &&
	    dial->https.port) {
		loop_timer_cancel(dial->loop, &dial->https_timer);
		start_way(&dial->https);
		return;
	}
	if (dial->http.state != WAY_TRYING && dial->https.state != WAY_TRYING)
		lose(dial, verdict(dial));
}

static void way_over(void *ctx, int err, const struct err_detail *detail,
		     struct noise_session *session)
{
	struct way *way = ctx;
	struct dial *dial = way->dial;
	struct way *other = way == &dial->http ? &dial->https : &dial->http;

	if (err < 0) {
		way_failed(way, err, detail);
		return;
	}
	attempt_free(steal(other->attempt));
	finish(dial, 0, detail, session);
}

static int try_way(struct way *way)
{
	const struct dial_target *target = &way->dial->target;
	const struct attempt_target attempt = {
		.host = target->host,
		.addr = target->addr,
		.port = way->port,
		.tls = way->tls,
		.server = target->server,
		.machine = target->machine,
		.version = target->version,
	};

	way->state = WAY_TRYING;
	return attempt_start(way->dial->transfers, &attempt, way_over, way,
			     &way->attempt);
}

static void start_way(struct way *way)
{
	struct err_detail detail;
	int r = try_way(way);

	if (r < 0) {
		err_explain(&detail, r, "%s", err_text(r));
		way_failed(way, r, &detail);
	}
}

static void https_due(void *ctx)
{
	struct dial *dial = ctx;

	start_way(&dial->https);
}

static void deadline_due(void *ctx)
{
	lose(ctx, -ETIMEDOUT);
}

DEFINE_CLEANUP(dial, struct dial *, dial_free)

int dial_start(struct transfers *transfers, const struct dial_target *target,
	       attempt_fn fn, void *ctx, struct dial **ret)
{
	struct dial *dial auto_clean(dial) = calloc(1, sizeof(*dial));
	const struct dial_schedule *schedule = &target->schedule;
	int r = 0;

	if (!dial)
		return -ENOMEM;
	dial->transfers = transfers;
	dial->loop = transfers_loop(transfers);
	dial->target = *target;
	dial->fn = fn;
	dial->ctx = ctx;
	dial->http = (struct way){ .dial = dial, .port = schedule->http_port };
	dial->https = (struct way){
		.dial = dial, .port = schedule->https_port, .tls = true,
	};
	loop_timer_init(&dial->https_timer, https_due, dial);
	loop_timer_init(&dial->deadline, deadline_due, dial);
	if (dial->http.port)
		r = try_way(&dial->http);
	if (r < 0)
		return r;
	if (dial->https.port)
		loop_timer_set(dial->loop, &dial->https_timer,
			       schedule->https_after_ms);
	loop_timer_set(dial->loop, &dial->deadline, target->timeout_ms ?
		       target->timeout_ms : DIAL_DEADLINE_MS);
	*ret = steal(dial);
	return 0;
}

void dial_free(struct dial *dial)
{
	if (!dial)
		return;
	loop_timer_cancel(dial->loop, &dial->https_timer);
	loop_timer_cancel(dial->loop, &dial->deadline);
	attempt_free(dial->http.attempt);
	attempt_free(dial->https.attempt);
	free(dial);
}
