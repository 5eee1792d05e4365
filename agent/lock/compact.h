/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Forgetting old updates: those before a checkpoint that is old enough, and
 * side branches that nobody needs any more.
 *
 * Source: tailscale tka/tailchonk.go, Compact; tka/limits.go.
 */
#ifndef LOCK_COMPACT_H
#define LOCK_COMPACT_H

#include "lock/authority.h"

#include <stddef.h>
#include <stdint.h>

#define COMPACT_MIN_CHAIN 24			/* updates */
#define COMPACT_MIN_AGE_S (14LL * 24 * 60 * 60)	/* seconds */

/**
 * compact_find() - what may be forgotten
 * @chain:	all updates; their marks are changed
 * @head:	of the active chain
 * @min_chain:	so many of the active chain stay, at least
 * @young_s:	what came after that stays
 * @gone:	filled in; room for all of @chain
 * @ret_n:	how many of @gone
 * @ret:	the first update that stays
 *
 * Return: 0, or TNE_LOCK_DAMAGED if the chain has no checkpoint that could be
 * its beginning.
 */
int compact_find(const struct chain *chain, struct chain_item *head,
		 size_t min_chain, int64_t young_s, struct chain_item **gone,
		 size_t *ret_n, struct chain_item **ret);

/**
 * compact() - forget what may be forgotten
 * @authority:	changed
 * @min_chain:	see above, COMPACT_MIN_CHAIN
 * @young_s:	see above, COMPACT_MIN_AGE_S before now
 *
 * Return: 0, TNE_LOCK_DAMAGED, what the disk said, or -ENOMEM.
 */
int compact(struct authority *authority, size_t min_chain, int64_t young_s);

#endif /* LOCK_COMPACT_H */
