/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Node keys that peers have rotated away: kept with the lock, in the state file,
 * so that a server cannot bring an old key back by hiding the newer one.
 */
#ifndef NODE_LOCK_ROTATED_H
#define NODE_LOCK_ROTATED_H

#include "node/lock_side.h"

#include <stddef.h>

/**
 * lock_side_note() - remember what peers say of keys that they have given up
 * @side:	the lock; only if it is on
 * @netmap:	has the peers
 * @keys:	of those to be looked at; NULL = all
 * @n:		how many
 *
 * Before any of them is let in: who is shown the newer key once is not to be
 * told of the older one later.
 *
 * Return: how many were new; -ENOMEM. A state that cannot be written is logged,
 * and tried again at the next call.
 */
int lock_side_note(struct lock_side *side, const struct netmap *netmap,
		   const struct node_public *keys, size_t n);

/**
 * lock_side_rotated() - was the key of a peer rotated away, as we remember?
 * @side:	the lock
 * @peer:	the peer
 *
 * Return: 1 or 0; -ENOMEM.
 */
int lock_side_rotated(const struct lock_side *side, const struct node *peer);

#endif /* NODE_LOCK_ROTATED_H */
