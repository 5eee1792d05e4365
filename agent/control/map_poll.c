// SPDX-License-Identifier: GPL-2.0-only
#include "control/map_poll.h"

#include "base/buf.h"
#include "base/lap.h"
#include "base/log.h"
#include "control/control_conn.h"
#include "loop/loop.h"
#include "wire/map_frame.h"
#include "wire/map_json.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define ERROR_BODY_MAX 200	/* bytes of it that people are shown */

/**
 * struct map_poll - one stream
 * @loop: of timers
 * @session: takes the messages
 * @calls: of the owner
 * @stream: NULL = over
 * @frames: cuts the stream into messages
 * @silence: rings when nothing whole came for too long
 * @sleep: rings when the server's order to wait is done
 * @sleeping: meanwhile nothing is read
 * @held: what came while sleeping
 * @ended: the stream has ended meanwhile
 * @status: of the answer
 * @full: a netmap has come
 * @error_body: beginning of an answer that is no stream
 * @error_len: bytes of it
 * @gone: set when the poll is freed inside of a callback
 */
struct map_poll {
	struct loop *loop;
	struct netmap_session *session;
	struct map_poll_calls calls;
	struct h2_stream *stream;
	struct map_frame_reader *frames;
	struct loop_timer silence;
	struct loop_timer sleep;
	bool sleeping;
	struct buf held;
	bool ended;
	int status;
	bool full;
	char error_body[ERROR_BODY_MAX];
	size_t error_len;
	bool *gone;
};

/* The last call of all: the owner may free the poll. */
static void end(struct map_poll *poll, int err, bool bad_conn,
		const struct err_detail *detail)
{
	struct map_poll_end e = {
		.err = err, .status = poll->status, .full = poll->full,
		.bad_conn = bad_conn,
	};

	if (detail)
		e.detail = *detail;
	h2_cancel(steal(poll->stream));
	poll->ended = false;
	loop_timer_cancel(poll->loop, &poll->silence);
	loop_timer_cancel(poll->loop, &poll->sleep);
	poll->calls.end(poll->calls.ctx, &e);
}

static void on_silence(void *ctx)
{
	end(ctx, TNE_MAP_SILENT, true, NULL);
}

static void listen_on(struct map_poll *poll)
{
	loop_timer_set(poll->loop, &poll->silence, MAP_POLL_SILENCE_MS);
}

/* One message. Return: 0, or an error that ends the stream. */
static int take(struct map_poll *poll, const char *text, size_t len,
		struct err_detail *detail, struct netmap_step *ret)
{
	struct netmap_delta *delta auto_clean(netmap_delta) = NULL;
	const struct timestamp t = timestamp_now(loop_clock(poll->loop));
	struct netmap_step step = { 0 };
	bool *outer = poll->gone, gone = false;
	struct lap lap = { 0 };
	uint64_t read_us;
	int r;

	lap_take(&lap);
	r = map_json_parse(text, len, detail, &delta);
	if (r < 0)
		return r;
	read_us = lap_take(&lap);
	r = netmap_session_step(poll->session, delta, &t, detail, &step);
	if (r < 0)
		return r;
	if (!delta->keep_alive)
		log_debug("control: message of %zu bytes: read in %" PRIu64 " us, merged in %" PRIu64 " us",
			  len, read_us, lap_take(&lap));

	if (step.netmap && !delta->keep_alive)
		poll->full = true;
	poll->gone = &gone;
	poll->calls.step(poll->calls.ctx, &step);
	*ret = step;
	netmap_put(step.netmap);
	ret->netmap = NULL;
	if (gone) {
		if (outer)
			*outer = true;
		return -ECANCELED;
	}
	poll->gone = outer;
	return 0;
}

static void fall_asleep(struct map_poll *poll, uint32_t ms)
{
	poll->sleeping = true;
	loop_timer_cancel(poll->loop, &poll->silence);
	loop_timer_set(poll->loop, &poll->sleep, ms);
}

static void hold(struct map_poll *poll, const uint8_t *data, size_t len)
{
	int r = len ? buf_add(&poll->held, data, len) : 0;

	if (r < 0)
		end(poll, r, false, NULL);
}

static void read_on(struct map_poll *poll, const uint8_t *data, size_t len)
{
	struct err_detail detail = { 0 };
	struct netmap_step step;
	const char *text;
	size_t text_len;
	int r;

	while ((r = map_frame_read(poll->frames, &data, &len, &detail, &text,
				   &text_len)) > 0) {
		loop_timer_cancel(poll->loop, &poll->silence);
		r = take(poll, text, text_len, &detail, &step);
		if (r == -ECANCELED)
			return;
		if (r < 0)
			break;
		if (step.debug.sleep_ms) {
			fall_asleep(poll, step.debug.sleep_ms);
			hold(poll, data, len);
			return;
		}
		listen_on(poll);
	}
	if (r < 0)
		end(poll, r, false, &detail);
}

/* The server has said all that it wanted to. */
static void end_of_stream(struct map_poll *poll)
{
	struct err_detail detail = { 0 };

	if (poll->status != 200)
		end(poll, err_explain(&detail, TNE_CONTROL_STATUS, "%d: %.*s",
				      poll->status, (int)poll->error_len,
				      poll->error_body), false, &detail);
	else if (!map_frame_at_border(poll->frames))
		end(poll, err_explain(&detail, TNE_MAP_FRAME,
				      "it ended inside of a message"), false,
		    &detail);
	else
		end(poll, TNE_MAP_ENDED, false, NULL);
}

static void on_wake(void *ctx)
{
	struct map_poll *poll = ctx;
	struct buf held = poll->held;
	bool gone = false;

	/* While this is read, more may have to be held. */
	buf_init(&poll->held, MAP_FRAME_MAX);
	poll->sleeping = false;
	poll->gone = &gone;
	listen_on(poll);
	if (buf_len(&held))
		read_on(poll, buf_data(&held), buf_len(&held));
	buf_done(&held);
	if (gone)
		return;
	poll->gone = NULL;
	if (poll->ended && !poll->sleeping)
		end_of_stream(poll);
}

static void on_response(void *ctx, const struct h2_response *response)
{
	struct map_poll *poll = ctx;

	poll->status = response->status;
}

static void on_data(void *ctx, const uint8_t *data, size_t len)
{
	struct map_poll *poll = ctx;
	size_t room = sizeof(poll->error_body) - poll->error_len;

	if (poll->status != 200) {
		if (len > room)
			len = room;
		memcpy(poll->error_body + poll->error_len, data, len);
		poll->error_len += len;
	} else if (poll->sleeping) {
		hold(poll, data, len);
	} else {
		read_on(poll, data, len);
	}
}

static void on_end(void *ctx, int err)
{
	struct map_poll *poll = ctx;

	poll->stream = NULL;
	if (err < 0)
		end(poll, err, err != TNE_H2_RESET && err != TNE_H2_REFUSED,
		    NULL);
	else if (poll->sleeping)
		poll->ended = true;
	else
		end_of_stream(poll);
}

int map_poll_start(struct loop *loop, struct control_conn *conn,
		   struct netmap_session *session,
		   const struct secret_buf *body,
		   const struct map_poll_calls *calls, struct map_poll **ret)
{
	static const struct h2_header header = {
		"content-type", "application/json",
	};
	const struct h2_request request = {
		.method = "POST", .path = "/machine/map",
		.headers = &header, .n_headers = 1,
		.body = body->data, .body_len = body->len,
	};
	struct map_poll *poll auto_clean(map_poll) = NULL;
	struct h2_stream_calls h2_calls = {
		.response = on_response, .data = on_data, .end = on_end,
	};
	int r;

	poll = calloc(1, sizeof(*poll));
	if (!poll)
		return -ENOMEM;
	poll->loop = loop;
	poll->session = session;
	poll->calls = *calls;
	loop_timer_init(&poll->silence, on_silence, poll);
	loop_timer_init(&poll->sleep, on_wake, poll);
	buf_init(&poll->held, MAP_FRAME_MAX);
	poll->frames = map_frame_reader_new(true, NULL);
	if (!poll->frames)
		return -ENOMEM;
	r = netmap_session_begin(session);
	if (r < 0)
		return r;
	h2_calls.ctx = poll;
	r = control_conn_request(conn, &request, &h2_calls, &poll->stream);
	if (r < 0)
		return r;
	listen_on(poll);
	*ret = steal(poll);
	return 0;
}

void map_poll_free(struct map_poll *poll)
{
	if (!poll)
		return;
	if (poll->gone)
		*poll->gone = true;
	h2_cancel(steal(poll->stream));
	loop_timer_cancel(poll->loop, &poll->silence);
	loop_timer_cancel(poll->loop, &poll->sleep);
	map_frame_reader_free(poll->frames);
	buf_done(&poll->held);
	free(poll);
}
