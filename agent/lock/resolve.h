/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which of the updates held are the active ones, and what they amount to.
 * Everyone with the same updates comes to the same result, whatever the order
 * in which they came.
 *
 * Source: tailscale tka/tka.go (computeActiveChain, computeStateAt, fastForward,
 * pickNextAUM), tka/limits.go.
 */
#ifndef LOCK_RESOLVE_H
#define LOCK_RESOLVE_H

#include "base/arena.h"
#include "lock/chain.h"
#include "model/aum.h"

/* Most updates on one way through the tree, both ends included. */
#define RESOLVE_MAX 2000

/**
 * struct resolved - the active chain
 * @oldest: its first update that is held
 * @head: its last one
 * @state: after it
 */
struct resolved {
	struct chain_item *oldest;
	struct chain_item *head;
	struct lock_state state;
};

/*
 * In all of these, states borrow from the updates and from @mem. They return
 * 0, -ENOMEM, TNE_LOCK_LIMIT, or TNE_LOCK_DAMAGED if what is held does not fit
 * together.
 */

/**
 * resolve_state_at() - the state after an update, on whatever fork
 * @item:	the update
 * @mem:	see above
 * @ret:	the state
 */
int resolve_state_at(const struct chain_item *item, struct arena *mem,
		     struct lock_state *ret);

/**
 * resolve_next() - which of the updates that follow is active
 * @at:		the update that they follow
 * @state:	the state after it
 *
 * Most votes first; then one that removes a key; then the lowest hash. Of
 * updates that differ only in how their signatures are written, one that others
 * follow: ours, the reference goes by the hash alone.
 *
 * Return: the update, or NULL if none follows.
 */
struct chain_item *resolve_next(const struct chain_item *at,
				const struct lock_state *state);

/**
 * resolve_forward() - to the head
 * @from:	where to begin
 * @until:	stop there; NULL = nowhere
 * @mem:	see above
 * @state:	the state after @from; that after the last one on success
 * @ret:	the last one: @until, or one that nothing follows
 */
int resolve_forward(struct chain_item *from, const struct chain_item *until,
		    struct arena *mem, struct lock_state *state,
		    struct chain_item **ret);

/**
 * resolve_open() - the active chain
 * @chain:	all that is held, not empty
 * @hint:	the first update that the chain had before; NULL = not known
 * @mem:	see above
 * @ret:	the active chain
 */
int resolve_open(const struct chain *chain, const struct aum_hash *hint,
		 struct arena *mem, struct resolved *ret);

#endif /* LOCK_RESOLVE_H */
