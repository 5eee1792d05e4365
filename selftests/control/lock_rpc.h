/* SPDX-License-Identifier: GPL-2.0-only */
/* Requests about the tailnet lock. */
#ifndef CONTROL_LOCK_RPC_H
#define CONTROL_LOCK_RPC_H

#include <jansson.h>
#include <stdbool.h>

#include "h2.h"
#include "lock.h"

#define LOCK_WALK	1000	/* updates looked at for an offer, head included;
				 * tailscale tka/limits.go */

/* Serve GET /machine/tka/@what. Return: false if there is none of that name. */
bool lock_rpc(struct server *srv, struct stream *st, const char *what);

/* @ret_missing gets the hashes of the updates from behind what the other side
 * has up to @from, oldest first.
 * Return: false without an intersection.
 */
bool lock_missing(const struct lock *l, const uint8_t from[LOCK_HASH],
		  const uint8_t head[LOCK_HASH],
		  const json_t *ancestors, struct buf *ret_missing);

/* The bytes of @v, which is base64. */
bool lock_base64(const json_t *v, struct buf *ret);
/* A signature for the node; others hear of it. NULL for none. */
void lock_sign_node(struct server *srv, struct node *n, const void *sig,
		    size_t len);

#endif /* CONTROL_LOCK_RPC_H */
