// SPDX-License-Identifier: GPL-2.0-only
#include "control/rpc.h"

#include "base/buf.h"
#include "base/err.h"
#include "control/control_conn.h"

#include <errno.h>
#include <stdlib.h>

/**
 * struct rpc - a request under way
 * @link: in one of the lists of @rpcs
 * @rpcs: all of them
 * @stream: of HTTP/2, or NULL
 * @timer: gives it up
 * @end: told once
 * @ctx: for @end
 * @status: of the answer
 * @body: of the answer
 * @err: what went wrong with the body
 */
struct rpc {
	struct list link;
	struct rpcs *rpcs;
	struct h2_stream *stream;
	struct loop_timer timer;
	void (*end)(void *ctx, const struct rpc_answer *answer);
	void *ctx;
	int status;
	struct buf body;
	int err;
};

static void rpc_free(struct rpc *rpc)
{
	list_del(&rpc->link);
	h2_cancel(rpc->stream);
	loop_timer_cancel(rpc->rpcs->loop, &rpc->timer);
	buf_done(&rpc->body);
	free(rpc);
}

void rpc_cancel(struct rpc *rpc)
{
	if (rpc)
		rpc_free(rpc);
}

/* The owner may do anything in its call; so the request is out of all lists. */
static void finish(struct rpc *rpc, int err)
{
	const struct rpc_answer answer = {
		.err = err, .status = rpc->status,
		.body = (const char *)buf_data(&rpc->body),
		.len = buf_len(&rpc->body),
	};

	list_del(&rpc->link);
	rpc->end(rpc->ctx, &answer);
	rpc_free(rpc);
}

static void on_response(void *ctx, const struct h2_response *response)
{
	struct rpc *rpc = ctx;

	rpc->status = response->status;
}

static void on_data(void *ctx, const uint8_t *data, size_t len)
{
	struct rpc *rpc = ctx;

	if (rpc->err == 0)
		rpc->err = buf_add(&rpc->body, data, len);
	/* Who sends without end must not be listened to without end. */
	if (rpc->err < 0) {
		h2_cancel(steal(rpc->stream));
		finish(rpc, rpc->err);
	}
}

static void on_end(void *ctx, int err)
{
	struct rpc *rpc = ctx;

	rpc->stream = NULL;
	finish(rpc, err);
}

static void on_timeout(void *ctx)
{
	struct rpc *rpc = ctx;

	h2_cancel(steal(rpc->stream));
	finish(rpc, -ETIMEDOUT);
}

static void end_all(struct list *list, int err)
{
	while (!list_empty(list))
		finish(list_entry(list->next, struct rpc, link), err);
}

static void tell_lost(void *ctx)
{
	struct rpcs *rpcs = ctx;

	end_all(&rpcs->lost, TNE_CLOSED);
}

void rpcs_init(struct rpcs *rpcs, struct loop *loop)
{
	*rpcs = (struct rpcs){ .loop = loop };
	list_init(&rpcs->list);
	list_init(&rpcs->lost);
	loop_later_init(&rpcs->later, tell_lost, rpcs);
}

void rpcs_set_conn(struct rpcs *rpcs, struct control_conn *conn)
{
	struct rpc *rpc;

	rpcs->conn = conn;
	while (!list_empty(&rpcs->list)) {
		rpc = list_entry(rpcs->list.next, struct rpc, link);
		h2_cancel(steal(rpc->stream));
		list_del(&rpc->link);
		list_add(&rpcs->lost, &rpc->link);
		loop_later_set(rpcs->loop, &rpcs->later);
	}
}

void rpcs_done(struct rpcs *rpcs)
{
	rpcs_set_conn(rpcs, NULL);
	loop_later_cancel(&rpcs->later);
	end_all(&rpcs->lost, -ECANCELED);
}

static int start(struct rpc *rpc, const struct rpc_request *request)
{
	static const struct h2_header header = {
		"content-type", "application/json",
	};
	const struct h2_stream_calls calls = {
		.response = on_response, .data = on_data, .end = on_end,
		.ctx = rpc,
	};
	const struct h2_request h2 = {
		.method = request->method, .path = request->path,
		.headers = &header, .n_headers = 1,
		.body = request->body, .body_len = request->len,
	};

	return control_conn_request(rpc->rpcs->conn, &h2, &calls,
				    &rpc->stream);
}

int rpc_send(struct rpcs *rpcs, const struct rpc_request *request,
	     void (*end)(void *ctx, const struct rpc_answer *answer),
	     void *ctx, struct rpc **ret)
{
	struct rpc *rpc;
	int r;

	if (!rpcs->conn)
		return -ENOTCONN;
	rpc = calloc(1, sizeof(*rpc));
	if (!rpc)
		return -ENOMEM;
	rpc->rpcs = rpcs;
	rpc->end = end;
	rpc->ctx = ctx;
	list_init(&rpc->link);
	buf_init(&rpc->body, request->answer_max);
	loop_timer_init(&rpc->timer, on_timeout, rpc);
	r = start(rpc, request);
	if (r < 0) {
		rpc_free(rpc);
		return r;
	}
	list_add(&rpcs->list, &rpc->link);
	loop_timer_set(rpcs->loop, &rpc->timer, request->timeout_ms);
	*ret = rpc;
	return 0;
}
