// SPDX-License-Identifier: GPL-2.0-only
#include "lock/chain.h"

#include "base/err.h"
#include "wire/aum.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int fill(struct chain_item *item, struct bytes data)
{
	int r;

	if (data.len > AUM_MAX)
		return TNE_TOO_LONG;
	r = arena_bytes(item->mem, data, &item->data);
	if (r == 0)
		r = aum_parse(item->data, item->mem, &item->aum);
	if (r == 0)
		r = aum_hash(item->data, &item->hash);
	if (r == 0)
		r = aum_sig_hash(&item->aum, &item->sig_hash);
	item->has_prev = item->aum.prev.set;
	/* One of another length stays zero and is the hash of nothing. */
	aum_prev(&item->aum, &item->prev);
	return r;
}

int chain_item_new(struct bytes data, int64_t created_s,
		   struct chain_item **ret)
{
	struct arena *mem auto_clean(arena) = arena_new();
	struct chain_item *item;
	int r;

	if (!mem)
		return -ENOMEM;
	item = arena_alloc(mem, sizeof(*item));
	if (!item)
		return -ENOMEM;
	item->mem = mem;
	item->created_s = created_s;
	r = fill(item, data);
	if (r < 0)
		return r;
	steal(mem);
	*ret = item;
	return 0;
}

void chain_item_free(struct chain_item *item)
{
	if (item)
		arena_put(item->mem);
}

void chain_done(struct chain *chain)
{
	size_t i;

	for (i = 0; i < chain->n; i++)
		chain_item_free(chain->item[i]);
	free(chain->item);
	memset(chain, 0, sizeof(*chain));
}

int chain_reserve(struct chain *chain, size_t room, size_t bytes)
{
	struct chain_item **item;
	size_t want = chain->n + room;

	if (room > CHAIN_MAX || want > CHAIN_MAX ||
	    bytes > CHAIN_BYTES_MAX - chain->bytes)
		return TNE_LOCK_LIMIT;
	if (want <= chain->cap)
		return 0;
	if (want < 2 * chain->cap)
		want = 2 * chain->cap;
	item = reallocarray(chain->item, want, sizeof(struct chain_item *));
	if (!item)
		return -ENOMEM;
	chain->item = item;
	chain->cap = want;
	return 0;
}

/* Where an update is, or would be. */
static size_t find_place(const struct chain *chain, const struct aum_hash *hash,
			 bool *ret_found)
{
	size_t first = 0, end = chain->n;

	*ret_found = false;
	while (first < end) {
		size_t mid = first + (end - first) / 2;
		int r = aum_hash_cmp(&chain->item[mid]->hash, hash);

		if (r == 0) {
			*ret_found = true;
			return mid;
		}
		if (r < 0)
			first = mid + 1;
		else
			end = mid;
	}
	return first;
}

static void link_to(struct chain_item *item, struct chain_item *parent)
{
	item->parent = parent;
	item->sibling = parent->child;
	parent->child = item;
}

static void unlink_from_parent(struct chain_item *item)
{
	struct chain_item **at;

	if (!item->parent)
		return;
	for (at = &item->parent->child; *at != item; at = &(*at)->sibling)
		;
	*at = item->sibling;
	item->parent = NULL;
	item->sibling = NULL;
}

void chain_add(struct chain *chain, struct chain_item *item)
{
	struct chain_item *parent;
	size_t i, place;
	bool found;

	assert(chain->n < chain->cap);
	place = find_place(chain, &item->hash, &found);
	assert(!found);
	/* Those that came before what they follow, which is seldom. */
	for (i = 0; i < chain->n; i++) {
		struct chain_item *other = chain->item[i];

		if (!other->parent && other->has_prev &&
		    aum_hash_eq(&other->prev, &item->hash))
			link_to(other, item);
	}
	parent = item->has_prev ? chain_find(chain, &item->prev) : NULL;
	if (parent)
		link_to(item, parent);
	memmove(&chain->item[place + 1], &chain->item[place],
		(chain->n - place) * sizeof(struct chain_item *));
	chain->item[place] = item;
	chain->n++;
	chain->bytes += item->data.len;
}

void chain_take(struct chain *chain, struct chain_item *item)
{
	bool found;
	size_t place = find_place(chain, &item->hash, &found);

	assert(found);
	while (item->child)
		unlink_from_parent(item->child);
	unlink_from_parent(item);
	chain->n--;
	chain->bytes -= item->data.len;
	memmove(&chain->item[place], &chain->item[place + 1],
		(chain->n - place) * sizeof(struct chain_item *));
}

struct chain_item *chain_find(const struct chain *chain,
			      const struct aum_hash *hash)
{
	bool found;
	size_t place = find_place(chain, hash, &found);

	return found ? chain->item[place] : NULL;
}
