/* SPDX-License-Identifier: GPL-2.0-only */
/* One map stream: framing, counting, keep-alives, resumption. */
#ifndef CONTROL_MAP_SESSION_H
#define CONTROL_MAP_SESSION_H

#include <stdbool.h>
#include <stdint.h>

#include "buf.h"
#include "h2.h"
#include "nodes.h"

#define SESSION_LOG_MAX		(4 << 20)	/* ours: kept for resumption, bytes */
#define SESSIONS_DETACHED_MAX	2		/* ours: per node */

/**
 * struct map_message - one sent message, kept for resumption
 */
struct map_message {
	struct map_message *next;
	int64_t seq;
	size_t len;
	char json[];
};

/**
 * struct map_session - a stream, or what is kept of one
 * @st:		NULL while nobody listens
 * @handle:	"" if sessions are not to be resumed
 * @seq:	of the last message
 * @log:	oldest first
 * @stalled:	fault: keep-alives only
 * @drip, @slow, @slow_ms: fault: a frame on its way, byte by byte
 */
struct map_session {
	struct map_session *next;
	struct server *srv;
	struct node *node;
	struct stream *st;
	bool zstd;
	bool stalled;
	char handle[33];
	int64_t seq;
	struct map_message *log;
	size_t log_len;
	struct timer keepalive;
	struct timer drip;
	struct buf slow;
	long slow_ms;
};

/* Into the node's list, with @st as its stream. */
struct map_session *session_new(struct server *srv, struct node *n,
				struct stream *st, bool zstd);
/* Out of the list; the stream, if there is one, is not touched. */
void session_free(struct map_session *s);
/* By handle, with all messages behind @seq still there; or NULL. */
struct map_session *session_find(struct node *n, const char *handle,
				 int64_t seq);
/* Listen again: say which session it is, and repeat what was missed. */
void session_resume(struct map_session *s, struct stream *st, int64_t seq,
		    const char *self_json);

/* One message, "{...}". */
void session_send(struct map_session *s, const char *json, size_t len);
void session_send_raw(struct map_session *s, const void *data, size_t len);
/* Arm the next keep-alive. */
void session_keepalive(struct map_session *s);

#endif /* CONTROL_MAP_SESSION_H */
