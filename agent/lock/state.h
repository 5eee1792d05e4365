/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What updates do to the state of the authority.
 *
 * Source: tailscale tka/state.go, applyVerifiedAUM; tka/aum.go, Weight.
 */
#ifndef LOCK_STATE_H
#define LOCK_STATE_H

#include "base/arena.h"
#include "model/aum.h"

#include <stddef.h>
#include <stdint.h>

/**
 * lock_state_find_key() - a trusted key
 * @state:	the state
 * @id:		of the key, whole
 *
 * Return: borrowed from @state, or NULL.
 */
const struct lock_key *lock_state_find_key(const struct lock_state *state,
					   struct bytes id);

/**
 * lock_state_weight() - how much an update counts in a fork
 * @state:	the one that it follows
 * @aum:	the update
 *
 * Return: votes of all trusted keys that have signed it, each once.
 */
uint64_t lock_state_weight(const struct lock_state *state,
			   const struct aum *aum);

/**
 * lock_state_apply() - the state after an update
 * @old:	the state before; without a last update everything may follow
 * @aum:	the update, verified
 * @hash:	its hash
 * @mem:	owns what is new in the state; the rest is borrowed from @old and
 *		@aum
 * @ret:	the state; may be @old
 *
 * Return: 0, TNE_LOCK_PARENT, TNE_LOCK_APPLY or -ENOMEM.
 */
int lock_state_apply(const struct lock_state *old, const struct aum *aum,
		     const struct aum_hash *hash, struct arena *mem,
		     struct lock_state *ret);

/**
 * lock_state_copy() - a copy that borrows from nothing else
 * @src:	copied
 * @mem:	owns the copy
 * @ret:	the copy
 *
 * Return: 0 or -ENOMEM.
 */
int lock_state_copy(const struct lock_state *src, struct arena *mem,
		    struct lock_state *ret);

#endif /* LOCK_STATE_H */
