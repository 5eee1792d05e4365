/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What two sides tell each other to find out who lacks which updates.
 *
 * Source: tailscale tka/sync.go, tka/limits.go.
 */
#ifndef LOCK_OFFER_H
#define LOCK_OFFER_H

#include "base/arena.h"
#include "lock/authority.h"
#include "model/aum.h"

#include <stddef.h>

/* How far back from a head both sides look, the head included. */
#define OFFER_WALK_MAX 1000

/**
 * offer_build() - how far we have come
 * @authority:	ours
 * @mem:	owns what is in @ret
 * @ret:	the offer
 *
 * Return: 0 or -ENOMEM.
 */
int offer_build(const struct authority *authority, struct arena *mem,
		struct lock_offer *ret);

/**
 * offer_missing() - what the other side lacks
 * @authority:	ours
 * @theirs:	how far they have come
 * @mem:	owns the list
 * @ret:	updates of our active chain, in order; borrowed from @authority
 * @ret_n:	how many
 *
 * Return: 0, TNE_LOCK_DISJOINT if we know nothing of what they have,
 * TNE_LOCK_LIMIT, TNE_LOCK_DAMAGED or -ENOMEM.
 */
int offer_missing(const struct authority *authority,
		  const struct lock_offer *theirs, struct arena *mem,
		  struct chain_item ***ret, size_t *ret_n);

#endif /* LOCK_OFFER_H */
