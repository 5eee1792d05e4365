// SPDX-License-Identifier: GPL-2.0-only
#include "localapi/hold.h"

#include "localapi/http.h"

#include <stdlib.h>

/**
 * struct held - one that waits
 * @hold: the others
 * @link: in their list
 * @x: to be answered
 * @patience: when at the latest
 */
struct held {
	struct hold *hold;
	struct list link;
	struct http_exchange *x;
	struct loop_timer patience;
};

static void held_free(struct held *held)
{
	loop_timer_cancel(held->hold->loop, &held->patience);
	list_del(&held->link);
	held->hold->n--;
	free(held);
}

static void client_left(void *ctx)
{
	held_free(ctx);
}

static void answer(void *ctx)
{
	struct held *held = ctx;
	struct hold *hold = held->hold;
	struct http_exchange *x = held->x;

	http_exchange_on_close(x, NULL, NULL);
	held_free(held);
	hold->answer(hold->ctx, x);
}

static void answer_all(void *ctx)
{
	struct hold *hold = ctx;
	struct list due;

	/* A client that goes away meanwhile takes itself out of it. */
	list_move_all(&hold->waiting, &due);
	while (!list_empty(&due))
		answer(list_entry(due.next, struct held, link));
}

void hold_init(struct hold *hold, struct loop *loop,
	       void (*fn)(void *ctx, struct http_exchange *x), void *ctx)
{
	*hold = (struct hold){ .loop = loop, .answer = fn, .ctx = ctx };
	list_init(&hold->waiting);
	loop_later_init(&hold->later, answer_all, hold);
}

void hold_done(struct hold *hold)
{
	loop_later_cancel(&hold->later);
}

bool hold_add(struct hold *hold, struct http_exchange *x)
{
	struct held *held = hold->n < HOLD_MAX ? calloc(1, sizeof(*held)) :
						 NULL;

	if (!held)
		return false;
	held->hold = hold;
	held->x = x;
	list_init(&held->link);
	list_add(&hold->waiting, &held->link);
	hold->n++;
	loop_timer_init(&held->patience, answer, held);
	loop_timer_set(hold->loop, &held->patience, HOLD_MS);
	http_exchange_on_close(x, client_left, held);
	return true;
}

void hold_release(struct hold *hold)
{
	if (hold->n)
		loop_later_set(hold->loop, &hold->later);
}
