/* SPDX-License-Identifier: GPL-2.0-only */
/* Requests inside the Noise channel: who serves which path. */
#ifndef CONTROL_RPC_H
#define CONTROL_RPC_H

#include <jansson.h>
#include <stdbool.h>

#include "h2.h"

/* The node named by "NodeKey" of a body, if it is one of this machine. */
struct node *rpc_caller(struct server *srv, const struct stream *st,
			const json_t *body);

/* The request of @st is complete. */
void rpc_serve(struct server *srv, struct stream *st);

/**
 * struct c2n - a request to a node that waits for its answer
 * @done:	called once: the raw HTTP answer, or NULL when time is up
 */
struct c2n {
	struct c2n *next;
	struct server *srv;
	char token[33];
	struct timer late;
	void (*done)(void *arg, const char *answer, size_t n);
	void *arg;
};

/* Ask; @request is a whole HTTP/1.1 request.
 * Return: false if the node has no stream, then @done is not called.
 */
bool c2n_send(struct server *srv, struct node *n, const char *request,
	      size_t len, int64_t wait_ms,
	      void (*done)(void *arg, const char *answer, size_t n), void *arg);
/* Nobody wants the answers of @arg any more. */
void c2n_forget(struct server *srv, void *arg);

#endif /* CONTROL_RPC_H */
