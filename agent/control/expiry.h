/* SPDX-License-Identifier: GPL-2.0-only */
/* Keys of the network map that run out while no message comes. */
#ifndef CONTROL_EXPIRY_H
#define CONTROL_EXPIRY_H

#include "loop/loop.h"

#include <stdbool.h>

struct netmap;
struct netmap_session;

/**
 * struct expiry - watches the current map
 * @loop: borrowed
 * @session: has the map, borrowed
 * @timer: the next key that runs out
 * @netmap: told of a map in which one has; @netmap is borrowed
 * @ctx: its first argument
 */
struct expiry {
	struct loop *loop;
	struct netmap_session *session;
	struct loop_timer timer;
	void (*netmap)(void *ctx, struct netmap *netmap);
	void *ctx;
};

/**
 * expiry_init() - get ready
 * @expiry: with its loop, @netmap and @ctx; the session may come later
 */
void expiry_init(struct expiry *expiry);

/**
 * expiry_arm() - the session has another map
 * @expiry: waits for what runs out first in it
 */
void expiry_arm(struct expiry *expiry);

/**
 * expiry_passed() - has our own key run out?
 * @expiry: the map, and the clock
 *
 * Return: true if so; false without a map.
 */
bool expiry_passed(const struct expiry *expiry);

/**
 * expiry_done() - stop watching
 * @expiry: after expiry_init()
 */
void expiry_done(struct expiry *expiry);

#endif /* CONTROL_EXPIRY_H */
