/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Requests beside registration and map, on the same connection: each has one
 * answer, a longest one and a longest time.
 */
#ifndef CONTROL_RPC_H
#define CONTROL_RPC_H

#include "base/list.h"
#include "base/secret.h"
#include "loop/loop.h"

#include <stddef.h>
#include <stdint.h>

struct control_conn;
struct rpc;

/**
 * struct rpcs - those of one client
 * @loop: borrowed
 * @conn: to the server, proved; NULL = none now
 * @list: of struct rpc under way
 * @lost: of those that have lost their connection and were not told yet
 * @later: tells them
 */
struct rpcs {
	struct loop *loop;
	struct control_conn *conn;
	struct list list;
	struct list lost;
	struct loop_later later;
};

/**
 * struct rpc_request - what is asked for
 * @method: "GET" or "POST", with a body in either case
 * @path: begins with a slash
 * @body: bytes, copied
 * @len: how many
 * @answer_max: longest answer, bytes
 * @timeout_ms: longest time
 */
struct rpc_request {
	const char *method;
	const char *path;
	const void *body;
	size_t len;
	size_t answer_max;
	uint64_t timeout_ms;
};

/**
 * struct rpc_answer - what has come of it
 * @err: 0 = the rest counts; -ETIMEDOUT, TNE_TOO_LONG, TNE_CLOSED, what ended the
 *	request
 * @status: of HTTP
 * @body: need not be terminated; borrowed during the call
 * @len: bytes
 */
struct rpc_answer {
	int err;
	int status;
	const char *body;
	size_t len;
};

/**
 * rpcs_init() - none yet, and no connection
 * @rpcs:	the requests
 * @loop:	borrowed until rpcs_done()
 */
void rpcs_init(struct rpcs *rpcs, struct loop *loop);

/**
 * rpcs_set_conn() - there is a connection, or none any more
 * @rpcs:	those under way end with TNE_CLOSED, told from the loop
 * @conn:	borrowed until this is called again; NULL = none
 */
void rpcs_set_conn(struct rpcs *rpcs, struct control_conn *conn);

/**
 * rpcs_done() - the client goes
 * @rpcs: those under way end with -ECANCELED, told before this returns
 */
void rpcs_done(struct rpcs *rpcs);

/**
 * rpc_send() - ask
 * @rpcs:	the requests
 * @request:	copied
 * @end:	once, with the answer or the error; may send others
 * @ctx:	for @end
 * @ret:	the request; gone when @end is called
 *
 * Return: 0; -ENOTCONN without a connection; what control_conn_request() says;
 * -ENOMEM.
 */
int rpc_send(struct rpcs *rpcs, const struct rpc_request *request,
	     void (*end)(void *ctx, const struct rpc_answer *answer),
	     void *ctx, struct rpc **ret);

/**
 * rpc_cancel() - give up
 * @rpc: or NULL; nothing of it is called any more
 */
void rpc_cancel(struct rpc *rpc);

#endif /* CONTROL_RPC_H */
