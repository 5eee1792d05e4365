/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Map streams: who polls, and what they are told when something changes. All
 * map_... functions on a change tell everybody it concerns.
 */
#ifndef CONTROL_MAP_H
#define CONTROL_MAP_H

#include <jansson.h>
#include <stdbool.h>

#include "h2.h"
#include "nodes.h"

struct map_session;

/* Serve POST /machine/map. */
void map_serve(struct server *srv, struct stream *st);

/* Does the node poll? */
bool map_session_live(const struct node *n);

/* To others the whole node, to itself its self node. */
void map_changed(struct server *srv, struct node *n);
/* To others a patch with the PATCH_* fields. */
void map_patched(struct server *srv, struct node *n, unsigned int what);
/* To others: it is gone. Ends its streams and frees it. */
void map_delete(struct server *srv, struct node *n);
/* An id that is no registered node's. */
void map_removed(struct server *srv, int64_t id);
/* Its signature is another one: a patch to others, the node to itself. */
void map_signed(struct server *srv, struct node *n);
/* The lock has moved on, or ended: TKAInfo to everybody. */
void map_lock(struct server *srv);
/* To itself alone: the self node. */
void map_self(struct server *srv, struct node *n);
/* The whole map again, to everybody. */
void map_refresh(struct server *srv);
/* Synthetic peers @from to @to - 1 were added, or removed, or changed. */
void map_synth(struct server *srv, size_t from, size_t to, bool removed);

/* Any message, to one node or to all (@n NULL) but @except.
 * Return: how many streams got it.
 */
unsigned int map_send(struct server *srv, struct node *n,
		      const struct node *except, const char *json, size_t len);
/* Bytes into the stream as they are. */
unsigned int map_send_raw(struct server *srv, struct node *n, const void *data,
			  size_t len);
/* A fault of the frame or message kind into live streams now. */
unsigned int map_fault_now(struct server *srv, struct node *n,
			   enum fault_id id, const char *arg);
/* End, or reset, the node's streams. */
void map_end(struct node *n, bool reset);

/* A key expires at another time than before, or has expired. */
void map_expiry(struct server *srv, struct node *n);

/* The interval changed. */
void map_keepalives(struct server *srv);

/* Forget sessions, when the server ends. */
void map_forget(struct server *srv, struct node *n);

#endif /* CONTROL_MAP_H */
