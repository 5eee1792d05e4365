// SPDX-License-Identifier: GPL-2.0-only
#include "lock/offer.h"

#include "base/err.h"
#include "lock/resolve.h"

#include <errno.h>

int offer_build(const struct authority *authority, struct arena *mem,
		struct lock_offer *ret)
{
	const struct chain_item *oldest = authority_oldest(authority);
	const struct chain_item *item = authority_head(authority);
	struct aum_hash *ancestor;
	size_t n = 0, walked;

	ancestor = arena_array(mem, OFFER_WALK_MAX + 1, sizeof(*ancestor));
	if (!ancestor)
		return -ENOMEM;
	ret->head = item->hash;
	for (walked = 0; walked < OFFER_WALK_MAX && item != oldest;
	     walked++, item = item->parent) {
		if (item->aum.kind == AUM_CHECKPOINT)
			ancestor[n++] = item->hash;
	}
	ancestor[n++] = oldest->hash;
	ret->ancestor = ancestor;
	ret->n = n;
	return 0;
}

/* Is an update one of the last of the active chain? */
static bool is_recent(const struct authority *authority,
		      const struct chain_item *item)
{
	const struct chain_item *at = authority_head(authority);
	size_t n;

	for (n = 0; at && n < OFFER_WALK_MAX; n++, at = at->parent) {
		if (at == item)
			return true;
	}
	return false;
}

/* Does the active chain go through an update? Return: 1, 0 or below. */
static int leads_to_head(const struct authority *authority,
			 struct chain_item *item)
{
	const struct chain_item *head = authority_head(authority);
	struct arena *mem auto_clean(arena) = arena_new();
	struct lock_state state;
	struct chain_item *last;
	int r;

	if (!mem)
		return -ENOMEM;
	r = resolve_state_at(item, mem, &state);
	if (r == 0)
		r = resolve_forward(item, head, mem, &state, &last);
	return r < 0 ? r : last == head;
}

/* Return: 1 and the last update that both sides have; 0 or below. */
static int find_common(const struct authority *authority,
		       const struct lock_offer *theirs, struct chain_item **ret)
{
	const struct chain *chain = authority_chain(authority);
	struct chain_item *item = chain_find(chain, &theirs->head);
	size_t i;
	int r;

	if (item && is_recent(authority, item)) {
		*ret = item;
		return 1;
	}
	for (i = 0; i < theirs->n; i++) {
		item = chain_find(chain, &theirs->ancestor[i]);
		r = item ? leads_to_head(authority, item) : 0;
		if (r == 0)
			continue;
		*ret = item;
		return r;
	}
	return 0;
}

/* The active chain after @from, which is on it. */
static int list_after(const struct authority *authority,
		      const struct chain_item *from, struct arena *mem,
		      struct chain_item ***ret, size_t *ret_n)
{
	struct chain_item *head = authority_head(authority), *item, **list;
	size_t n = 0, i;

	for (item = head; item != from; item = item->parent)
		n++;
	list = arena_array(mem, n, sizeof(struct chain_item *));
	if (!list)
		return -ENOMEM;
	for (item = head, i = n; item != from; item = item->parent)
		list[--i] = item;
	*ret = list;
	*ret_n = n;
	return 0;
}

int offer_missing(const struct authority *authority,
		  const struct lock_offer *theirs, struct arena *mem,
		  struct chain_item ***ret, size_t *ret_n)
{
	struct chain_item *from;
	int r;

	r = find_common(authority, theirs, &from);
	if (r == 0)
		return TNE_LOCK_DISJOINT;
	return r < 0 ? r : list_after(authority, from, mem, ret, ret_n);
}
