/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Telling the server about ourselves while its map stream goes on: one request
 * under way at a time, and what changed meanwhile goes into the next.
 */
#ifndef CONTROL_MAP_UPDATE_H
#define CONTROL_MAP_UPDATE_H

#include "base/secret.h"
#include "control/backoff.h"
#include "loop/loop.h"

#include <stdbool.h>
#include <stdint.h>

struct control_conn;
struct h2_stream;

#define MAP_UPDATE_TIMEOUT_MS 30000	/* ours */

/**
 * struct map_update_calls - what updates need
 * @build: writes the request as of now; 0 or -ENOMEM
 * @random: any 32 bits
 * @ctx: for both
 */
struct map_update_calls {
	int (*build)(void *ctx, struct secret_buf *ret);
	uint32_t (*random)(void *ctx);
	void *ctx;
};

/**
 * struct map_update - inside of its owner; private
 * @loop: of timers
 * @calls: of the owner
 * @conn: where; NULL = nowhere now
 * @stream: request under way, or NULL
 * @wanted: there is something to tell
 * @status: of the answer under way
 * @later: sends, so that several changes at once go together
 * @timer: gives up, or tries again
 * @backoff: of failures
 */
struct map_update {
	struct loop *loop;
	struct map_update_calls calls;
	struct control_conn *conn;
	struct h2_stream *stream;
	bool wanted;
	int status;
	struct loop_later later;
	struct loop_timer timer;
	struct backoff backoff;
};

/**
 * map_update_init() - nothing to tell
 * @update:	initialised
 * @loop:	borrowed until map_update_done()
 * @calls:	copied
 */
void map_update_init(struct map_update *update, struct loop *loop,
		     const struct map_update_calls *calls);

/**
 * map_update_done() - cancel everything
 * @update: initialised
 */
void map_update_done(struct map_update *update);

/**
 * map_update_set_conn() - say where the server is reached
 * @update:	what was under way elsewhere is sent again
 * @conn:	NULL before it is freed
 */
void map_update_set_conn(struct map_update *update, struct control_conn *conn);

/**
 * map_update_want() - something has changed that the server should know
 * @update: sends soon, or when it is connected
 */
void map_update_want(struct map_update *update);

#endif /* CONTROL_MAP_UPDATE_H */
