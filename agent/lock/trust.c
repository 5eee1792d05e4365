// SPDX-License-Identifier: GPL-2.0-only
#include "lock/trust.h"

#include "base/err.h"
#include "lock/check.h"
#include "lock/resolve.h"

#include <errno.h>

#define MARK_KNOWN 1

bool trust_leads_to(const struct chain_item *from, const struct chain_item *to)
{
	while (to && to != from)
		to = to->parent;
	return to;
}

/* Does it go on from what is known? Then it may become active. */
static bool is_connected(const struct chain_item *item)
{
	while (item && !(item->mark & MARK_KNOWN))
		item = item->parent;
	return item;
}

static int verify(const struct chain_item *item)
{
	struct arena *mem auto_clean(arena) = arena_new();
	struct lock_state state;
	int r;

	if (!mem)
		return -ENOMEM;
	r = resolve_state_at(item->parent, mem, &state);
	/* Before anything that could be a beginning: left over, and harmless. */
	if (r == TNE_LOCK_DAMAGED)
		return 0;
	if (r == 0)
		r = aum_verify(&item->aum, &state, false);
	return r == 0 || r == -ENOMEM || r == TNE_LOCK_LIMIT ?
	       r : TNE_LOCK_DAMAGED;
}

int trust_check(const struct chain *chain, const struct chain_item *known)
{
	struct chain_item *item;
	size_t i;
	int r = 0;

	for (i = 0; i < chain->n; i++)
		chain->item[i]->mark = 0;
	for (item = chain_find(chain, &known->hash); item; item = item->parent)
		item->mark = MARK_KNOWN;
	for (i = 0; i < chain->n && r == 0; i++) {
		item = chain->item[i];
		if (!(item->mark & MARK_KNOWN) && is_connected(item))
			r = verify(item);
	}
	return r;
}
