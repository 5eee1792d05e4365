// SPDX-License-Identifier: GPL-2.0-only
#include "control/map_update.h"

#include "base/cleanup.h"
#include "base/err.h"
#include "base/log.h"
#include "control/control_conn.h"

#include <errno.h>

static void retry_later(struct map_update *update)
{
	uint64_t now_ms = loop_now_ms(update->loop);

	update->wanted = true;
	loop_timer_set(update->loop, &update->timer,
		       backoff_fail(&update->backoff, now_ms, true,
				    update->calls.random(update->calls.ctx)));
}

static void over(struct map_update *update, int err)
{
	update->stream = NULL;
	loop_timer_cancel(update->loop, &update->timer);
	if (err == 0 && update->status == 200) {
		backoff_reset(&update->backoff);
		if (update->wanted)
			loop_later_set(update->loop, &update->later);
		return;
	}
	log_debug("control: update failed: %s, status %d",
		  err ? err_text(err) : "answered", update->status);
	/* Without a connection the next one brings it. */
	if (err == TNE_H2_GOAWAY)
		update->wanted = true;
	else
		retry_later(update);
}

static void on_response(void *ctx, const struct h2_response *response)
{
	struct map_update *update = ctx;

	update->status = response->status;
}

static void on_end(void *ctx, int err)
{
	over(ctx, err);
}

static int send_now(struct map_update *update)
{
	static const struct h2_header header = {
		"content-type", "application/json",
	};
	struct h2_request request = {
		.method = "POST", .path = "/machine/map",
		.headers = &header, .n_headers = 1,
	};
	/* The body of the answer is of no interest: Headscale's is empty. */
	const struct h2_stream_calls calls = {
		.response = on_response, .end = on_end, .ctx = update,
	};
	struct secret_buf body auto_clean(secret_buf) = { 0 };
	int r;

	r = update->calls.build(update->calls.ctx, &body);
	if (r < 0)
		return r;
	request.body = body.data;
	request.body_len = body.len;
	update->status = 0;
	r = control_conn_request(update->conn, &request, &calls,
				 &update->stream);
	if (r < 0)
		return r;
	update->wanted = false;
	loop_timer_set(update->loop, &update->timer, MAP_UPDATE_TIMEOUT_MS);
	return 0;
}

static void on_later(void *ctx)
{
	struct map_update *update = ctx;
	int r;

	if (!update->wanted || !update->conn || update->stream)
		return;
	r = send_now(update);
	if (r < 0)
		over(update, r);
}

static void on_timer(void *ctx)
{
	struct map_update *update = ctx;

	if (update->stream) {
		h2_cancel(steal(update->stream));
		over(update, -ETIMEDOUT);
	} else {
		on_later(update);
	}
}

void map_update_init(struct map_update *update, struct loop *loop,
		     const struct map_update_calls *calls)
{
	*update = (struct map_update){ .loop = loop, .calls = *calls };
	loop_later_init(&update->later, on_later, update);
	loop_timer_init(&update->timer, on_timer, update);
}

void map_update_done(struct map_update *update)
{
	h2_cancel(steal(update->stream));
	loop_later_cancel(&update->later);
	loop_timer_cancel(update->loop, &update->timer);
	update->conn = NULL;
}

void map_update_set_conn(struct map_update *update, struct control_conn *conn)
{
	if (update->stream)
		update->wanted = true;
	map_update_done(update);
	update->conn = conn;
	if (conn && update->wanted)
		loop_later_set(update->loop, &update->later);
}

void map_update_want(struct map_update *update)
{
	update->wanted = true;
	/* A failure that waits for its time goes on waiting. */
	if (update->conn && !update->stream && !update->timer.set)
		loop_later_set(update->loop, &update->later);
}
