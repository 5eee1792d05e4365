/* SPDX-License-Identifier: GPL-2.0-only */
/* A logout, from the wish to the moment when the server knows and all is gone. */
#ifndef NODE_LOGOUT_H
#define NODE_LOGOUT_H

#include "base/err.h"
#include "base/list.h"
#include "node.h"

struct node_own;

/**
 * struct logout - where it is
 * @waiting: who is to be told; struct logout_wait
 * @over: nobody is logged in any more; what is up has yet to go
 * @err: 0, or why it is not on disk
 * @detail: of it
 */
struct logout {
	struct list waiting;
	bool over;
	int err;
	struct err_detail detail;
};

/**
 * logout_init() - there is none
 * @logout: filled
 */
void logout_init(struct logout *logout);

/**
 * logout_begin() - somebody wants it
 * @node:	has a client
 * @done:	called once, later, if this returns 0
 * @ctx:	for @done
 *
 * Return: 0 or -ENOMEM.
 */
int logout_begin(struct node_own *node, node_done_fn done, void *ctx);

/**
 * logout_forget() - the server knows, or will not: forget who we were
 * @node: has a client, in whose call this may be
 */
void logout_forget(struct node_own *node);

/**
 * logout_finish() - tell who waits, if it is over
 * @node: what was up is down
 */
void logout_finish(struct node_own *node);

/**
 * logout_cancel() - the client that was to do it is gone, or has something else
 *		     to do
 * @node:	whoever waits gets -ECANCELED, unless the logout is over
 * @why:	a text
 */
void logout_cancel(struct node_own *node, const char *why);

#endif /* NODE_LOGOUT_H */
