/* SPDX-License-Identifier: GPL-2.0-only */
/* The long poll: one map stream, from its request to its end. */
#ifndef CONTROL_MAP_POLL_H
#define CONTROL_MAP_POLL_H

#include "base/cleanup.h"
#include "base/err.h"
#include "base/secret.h"
#include "model/netmap_session.h"

#include <stdbool.h>

struct control_conn;
struct loop;
struct map_poll;

/* Longest silence, counted from one whole message to the next: bytes that drip
 * in do not count. Source: control/controlclient/direct.go, sendMapRequest.
 */
#define MAP_POLL_SILENCE_MS 120000

/**
 * struct map_poll_end - why a stream has ended
 * @err: never 0
 * @status: of HTTP, 0 = there was no answer
 * @full: a whole netmap had come
 * @bad_conn: the connection is to be given up, too
 * @detail: for people
 */
struct map_poll_end {
	int err;
	int status;
	bool full;
	bool bad_conn;
	struct err_detail detail;
};

/**
 * struct map_poll_calls - what a stream tells
 * @step: a message was taken; borrowed during the call, its netmap too
 * @end: once, the last call; the poll is still the owner's to free
 * @ctx: for both
 *
 * Each of them may free the poll.
 */
struct map_poll_calls {
	void (*step)(void *ctx, const struct netmap_step *step);
	void (*end)(void *ctx, const struct map_poll_end *end);
	void *ctx;
};

/**
 * map_poll_start() - begin a stream
 * @loop:	borrowed
 * @conn:	free the poll before it is freed
 * @session:	takes the messages; borrowed until map_poll_free()
 * @body:	the request
 * @calls:	copied
 * @ret:	owned by the caller
 *
 * Return: 0, or an error: then @session is as it was, or at the beginning of a
 * stream.
 */
int map_poll_start(struct loop *loop, struct control_conn *conn,
		   struct netmap_session *session,
		   const struct secret_buf *body,
		   const struct map_poll_calls *calls, struct map_poll **ret);

/**
 * map_poll_free() - end it
 * @poll: or NULL
 */
void map_poll_free(struct map_poll *poll);

DEFINE_CLEANUP(map_poll, struct map_poll *, map_poll_free)

#endif /* CONTROL_MAP_POLL_H */
