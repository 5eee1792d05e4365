// SPDX-License-Identifier: GPL-2.0-only
#include "lock/resolve.h"

#include "base/err.h"
#include "lock/state.h"

#include <errno.h>

/*
 * The state after an update that needs none before it. Return: 1, 0 if it does
 * need one, or below 0.
 */
static int starting_state(const struct chain_item *item, struct arena *mem,
			  struct lock_state *ret)
{
	const struct lock_state nothing = { 0 };
	const struct aum *aum = &item->aum;
	int r;

	if (aum->kind == AUM_CHECKPOINT && aum->state) {
		*ret = *aum->state;
		ret->has_last = true;
		ret->last = item->hash;
		return 1;
	}
	if (item->has_prev)
		return 0;
	if (aum->kind != AUM_NO_OP && aum->kind != AUM_ADD_KEY)
		return TNE_LOCK_DAMAGED;
	if (aum->kind == AUM_ADD_KEY && !aum->key)
		return TNE_LOCK_DAMAGED;
	r = lock_state_apply(&nothing, aum, &item->hash, mem, ret);
	return r < 0 ? r : 1;
}

static int apply(const struct chain_item *item, struct arena *mem,
		 struct lock_state *state)
{
	int r = lock_state_apply(state, &item->aum, &item->hash, mem, state);

	return r < 0 && r != -ENOMEM ? TNE_LOCK_DAMAGED : r;
}

int resolve_state_at(const struct chain_item *item, struct arena *mem,
		     struct lock_state *ret)
{
	const struct chain_item *way[RESOLVE_MAX];
	struct lock_state state;
	size_t n = 0;
	int r;

	for (; (r = starting_state(item, mem, &state)) == 0;
	     item = item->parent) {
		if (!item->parent)
			return TNE_LOCK_DAMAGED;
		if (n == RESOLVE_MAX - 1)
			return TNE_LOCK_LIMIT;
		way[n++] = item;
	}
	if (r < 0)
		return r;
	while (n) {
		r = apply(way[--n], mem, &state);
		if (r < 0)
			return r;
	}
	*ret = state;
	return 0;
}

static bool comes_before(const struct chain_item *a, uint64_t weight_a,
			 const struct chain_item *b, uint64_t weight_b)
{
	bool removes_a = a->aum.kind == AUM_REMOVE_KEY;
	bool removes_b = b->aum.kind == AUM_REMOVE_KEY;

	if (weight_a != weight_b)
		return weight_a > weight_b;
	if (removes_a != removes_b)
		return removes_a;
	return aum_hash_cmp(&a->hash, &b->hash) < 0;
}

/*
 * Anybody can write the signatures of an update twice, or in another order:
 * that makes another hash of the same update. It must not win over the one that
 * others were built upon, or who knows no key could undo what came after.
 */
static struct chain_item *same_with_more(struct chain_item *best,
					 const struct chain_item *at,
					 const struct lock_state *state)
{
	uint64_t weight = lock_state_weight(state, &best->aum);
	struct chain_item *item, *found = NULL;

	for (item = at->child; item; item = item->sibling) {
		if (item->child && aum_hash_eq(&item->sig_hash,
					       &best->sig_hash) &&
		    lock_state_weight(state, &item->aum) == weight &&
		    (!found || aum_hash_cmp(&item->hash, &found->hash) < 0))
			found = item;
	}
	return found ? found : best;
}

struct chain_item *resolve_next(const struct chain_item *at,
				const struct lock_state *state)
{
	struct chain_item *item = at->child, *best = item;
	uint64_t weight, best_weight;

	if (!item || !item->sibling)
		return item;
	best_weight = lock_state_weight(state, &best->aum);
	while ((item = item->sibling)) {
		weight = lock_state_weight(state, &item->aum);
		if (comes_before(item, weight, best, best_weight)) {
			best = item;
			best_weight = weight;
		}
	}
	return best->child ? best : same_with_more(best, at, state);
}

int resolve_forward(struct chain_item *from, const struct chain_item *until,
		    struct arena *mem, struct lock_state *state,
		    struct chain_item **ret)
{
	struct lock_state now = *state;
	struct chain_item *next;
	size_t n;
	int r;

	for (n = 0; n < RESOLVE_MAX; n++) {
		next = from == until ? NULL : resolve_next(from, &now);
		if (!next) {
			*state = now;
			*ret = from;
			return 0;
		}
		r = apply(next, mem, &now);
		if (r < 0)
			return r;
		from = next;
	}
	return TNE_LOCK_LIMIT;
}

/**
 * struct origin - where one or more heads go back to
 * @oldest: the first update that is held
 * @hinted: the way to it passed the hint
 */
struct origin {
	struct chain_item *oldest;
	bool hinted;
};

static bool may_begin(const struct chain_item *item)
{
	return !item->parent || item->aum.kind == AUM_CHECKPOINT;
}

/*
 * What lies before the hint was to be forgotten: some of it may be left if that
 * was cut short, but not enough to begin there.
 */
static int walk_back(struct chain_item *head, const struct aum_hash *hint,
		     struct origin *ret)
{
	struct origin origin = { .oldest = head };
	size_t n;

	for (n = 1;; n++) {
		if (hint && aum_hash_eq(&origin.oldest->hash, hint))
			origin.hinted = true;
		if (!origin.oldest->parent ||
		    (origin.hinted && may_begin(origin.oldest)))
			break;
		if (n == RESOLVE_MAX)
			return TNE_LOCK_LIMIT;
		origin.oldest = origin.oldest->parent;
	}
	*ret = origin;
	return 0;
}

/* All origins, each once; the way of the last head to it decides. */
static int find_origins(const struct chain *chain, const struct aum_hash *hint,
			struct origin *origin, size_t *ret_n)
{
	struct origin found;
	size_t i, j, n = 0;
	int r;

	for (i = 0; i < chain->n; i++) {
		if (chain->item[i]->child)
			continue;
		r = walk_back(chain->item[i], hint, &found);
		if (r < 0)
			return r;
		for (j = 0; j < n && origin[j].oldest != found.oldest; j++)
			;
		origin[j] = found;
		n += j == n;
	}
	*ret_n = n;
	return 0;
}

static int choose_origin(const struct chain *chain, const struct aum_hash *hint,
			 struct arena *mem, struct chain_item **ret)
{
	struct origin *origin = arena_array(mem, chain->n, sizeof(*origin));
	size_t i, n = 0;
	int r;

	if (!origin)
		return -ENOMEM;
	r = find_origins(chain, hint, origin, &n);
	if (r < 0)
		return r;
	for (i = 0; i < n; i++) {
		if (n == 1 || origin[i].hinted) {
			*ret = origin[i].oldest;
			return 0;
		}
	}
	return TNE_LOCK_DAMAGED;
}

int resolve_open(const struct chain *chain, const struct aum_hash *hint,
		 struct arena *mem, struct resolved *ret)
{
	struct resolved res = { 0 };
	int r;

	r = choose_origin(chain, hint, mem, &res.oldest);
	if (r == 0)
		r = resolve_state_at(res.oldest, mem, &res.state);
	if (r == 0)
		r = resolve_forward(res.oldest, NULL, mem, &res.state,
				    &res.head);
	if (r < 0)
		return r;
	*ret = res;
	return 0;
}
