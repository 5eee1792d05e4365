/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Requests that come while the node's state is still being opened: they wait
 * for the node, but not for ever.
 */
#ifndef LOCALAPI_HOLD_H
#define LOCALAPI_HOLD_H

#include "base/list.h"
#include "loop/loop.h"

#include <stdbool.h>

struct http_exchange;

#define HOLD_MS		30000	/* longest wait; ours */
#define HOLD_MAX	32	/* requests; ours */

/**
 * struct hold - the requests that wait
 * @loop: borrowed
 * @waiting: in the order in which they came
 * @n: how many
 * @later: answers them
 * @answer: does it, for the last time
 * @ctx: for @answer
 */
struct hold {
	struct loop *loop;
	struct list waiting;
	unsigned int n;
	struct loop_later later;
	void (*answer)(void *ctx, struct http_exchange *x);
	void *ctx;
};

/**
 * hold_init() - nobody waits
 * @hold:	initialised
 * @loop:	borrowed until hold_done()
 * @answer:	told each request when its wait is over: it is to be answered
 * @ctx:	for @answer
 */
void hold_init(struct hold *hold, struct loop *loop,
	       void (*answer)(void *ctx, struct http_exchange *x), void *ctx);

/**
 * hold_done() - end
 * @hold: those who still wait have gone, with their connections
 */
void hold_done(struct hold *hold);

/**
 * hold_add() - let a request wait
 * @hold:	the others
 * @x:		not answered yet; who goes away is forgotten
 *
 * Return: true; false if it has to be answered now: there is no memory, or too
 * many wait.
 */
bool hold_add(struct hold *hold, struct http_exchange *x);

/**
 * hold_release() - the wait is over, for all of them
 * @hold: answers them soon, not from in here
 */
void hold_release(struct hold *hold);

#endif /* LOCALAPI_HOLD_H */
