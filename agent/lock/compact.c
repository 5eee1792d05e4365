// SPDX-License-Identifier: GPL-2.0-only
#include "lock/compact.h"

#include "base/err.h"

#include <errno.h>
#include <stdlib.h>

enum {
	MARK_ACTIVE = 1,	/* of the end of the active chain */
	MARK_OLDER = 2,		/* of the active chain, before all that */
	MARK_YOUNG = 4,
	MARK_DESCENDANT = 8,	/* follows one that stays */
	MARK_LINK = 16,		/* leads from the beginning to one that stays */
};

#define MARK_STAYS (MARK_ACTIVE | MARK_YOUNG | MARK_DESCENDANT | MARK_LINK)

static bool stays(const struct chain_item *item)
{
	return item->mark & MARK_STAYS;
}

static void mark_young(const struct chain *chain, int64_t young_s)
{
	size_t i;

	for (i = 0; i < chain->n; i++)
		chain->item[i]->mark =
			chain->item[i]->created_s > young_s ? MARK_YOUNG : 0;
}

/* The end of the active chain; gives the first update that could begin it. */
static int mark_active(struct chain_item *head, size_t min_chain,
		       struct chain_item **ret)
{
	struct chain_item *item = head;
	size_t n;

	for (n = 0; n < min_chain; n++) {
		item->mark |= MARK_ACTIVE;
		if (!item->parent) {
			*ret = item;
			return 0;
		}
		item = item->parent;
	}
	item->mark |= MARK_ACTIVE;
	while (item->has_prev && (item->aum.kind != AUM_CHECKPOINT ||
				  item->mark & MARK_YOUNG)) {
		if (!item->parent)
			return TNE_LOCK_DAMAGED;
		item = item->parent;
		item->mark |= MARK_ACTIVE;
	}
	*ret = item;
	for (item = item->parent; item; item = item->parent)
		item->mark |= MARK_OLDER;
	return 0;
}

/* The next one in the tree below @top, or NULL. */
static struct chain_item *next_below(const struct chain_item *top,
				     struct chain_item *item)
{
	if (item->child)
		return item->child;
	for (; item != top; item = item->parent) {
		if (item->sibling)
			return item->sibling;
	}
	return NULL;
}

/* Without recursion: a branch may be as long as the whole. */
static void mark_descendants(const struct chain *chain)
{
	struct chain_item *item;
	size_t i;

	for (i = 0; i < chain->n; i++) {
		/* One that is marked has had its turn, or will. */
		if (!stays(chain->item[i]) ||
		    chain->item[i]->mark & MARK_DESCENDANT)
			continue;
		for (item = next_below(chain->item[i], chain->item[i]); item;
		     item = next_below(chain->item[i], item))
			item->mark |= MARK_DESCENDANT;
	}
}

/*
 * A branch that stays left the active chain before @first: so that becomes the
 * beginning, or rather the next checkpoint before it.
 */
static int move_back(struct chain_item *fork, struct chain_item *first,
		     struct chain_item **ret)
{
	struct chain_item *item;

	for (item = first->parent; item && item != fork; item = item->parent)
		item->mark |= MARK_LINK;
	for (item = fork; item; item = item->parent) {
		item->mark |= MARK_LINK;
		if (item->aum.kind == AUM_CHECKPOINT || !item->has_prev) {
			*ret = item;
			return 0;
		}
	}
	return TNE_LOCK_DAMAGED;
}

/* From one that stays back to others that do. */
static int link_back(struct chain_item *item, struct chain_item **first)
{
	while (item != *first) {
		if (!item->parent)
			return TNE_LOCK_DAMAGED;
		item = item->parent;
		if (item->mark & MARK_OLDER && !stays(item))
			return move_back(item, *first, first);
		if (stays(item))
			return 0;
		item->mark |= MARK_LINK;
	}
	return 0;
}

int compact_find(const struct chain *chain, struct chain_item *head,
		 size_t min_chain, int64_t young_s, struct chain_item **gone,
		 size_t *ret_n, struct chain_item **ret)
{
	struct chain_item *first;
	size_t i, n = 0;
	int r;

	mark_young(chain, young_s);
	r = mark_active(head, min_chain, &first);
	if (r < 0)
		return r;
	mark_descendants(chain);
	for (i = 0; i < chain->n && r == 0; i++) {
		if (stays(chain->item[i]))
			r = link_back(chain->item[i], &first);
	}
	if (r < 0)
		return r;
	for (i = 0; i < chain->n; i++) {
		if (!stays(chain->item[i]))
			gone[n++] = chain->item[i];
	}
	*ret_n = n;
	*ret = first;
	return 0;
}

int compact(struct authority *authority, size_t min_chain, int64_t young_s)
{
	const struct chain *chain = authority_chain(authority);
	struct chain_item **gone, *oldest;
	size_t n;
	int r;

	gone = calloc(chain->n, sizeof(struct chain_item *));
	if (!gone)
		return -ENOMEM;
	r = compact_find(chain, authority_head(authority), min_chain, young_s,
			 gone, &n, &oldest);
	if (r == 0)
		r = authority_compacted(authority, oldest, gone, n);
	free(gone);
	return r;
}
