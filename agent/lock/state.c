// SPDX-License-Identifier: GPL-2.0-only
#include "lock/state.h"

#include "base/err.h"
#include "lock/check.h"

#include <errno.h>
#include <string.h>

const struct lock_key *lock_state_find_key(const struct lock_state *state,
					   struct bytes id)
{
	size_t i;

	for (i = 0; i < state->n_keys; i++) {
		if (bytes_eq(state->keys[i].id.b, id))
			return &state->keys[i];
	}
	return NULL;
}

static bool has_signed(const struct aum *aum, const struct lock_key *key)
{
	size_t i;

	for (i = 0; i < aum->n_sigs; i++) {
		if (bytes_eq(aum->sigs[i].key_id.b, key->id.b))
			return true;
	}
	return false;
}

uint64_t lock_state_weight(const struct lock_state *state,
			   const struct aum *aum)
{
	uint64_t weight = 0;
	size_t i;

	/* By keys, not by signatures: so each counts once. */
	for (i = 0; i < state->n_keys; i++) {
		const struct lock_key *key = &state->keys[i];

		if (lock_state_find_key(state, key->id.b) == key &&
		    has_signed(aum, key))
			weight += key->votes;
	}
	return weight;
}

/* The keys of @state in new memory, with room for one more. */
static struct lock_key *copy_keys(const struct lock_state *state,
				  struct arena *mem)
{
	struct lock_key *keys = arena_array(mem, state->n_keys + 1,
					    sizeof(*keys));

	if (keys && state->n_keys)
		memcpy(keys, state->keys, state->n_keys * sizeof(*keys));
	return keys;
}

static int add_key(struct lock_state *state, const struct lock_key *key,
		   struct arena *mem)
{
	struct lock_key *keys;

	if (lock_state_find_key(state, key->id.b))
		return TNE_LOCK_APPLY;
	keys = copy_keys(state, mem);
	if (!keys)
		return -ENOMEM;
	keys[state->n_keys++] = *key;
	state->keys = keys;
	state->has_keys = true;
	return 0;
}

static int remove_key(struct lock_state *state, struct bytes id,
		      struct arena *mem)
{
	const struct lock_key *key = lock_state_find_key(state, id);
	struct lock_key *keys;
	size_t at;

	if (!key)
		return TNE_LOCK_APPLY;
	at = key - state->keys;
	keys = copy_keys(state, mem);
	if (!keys)
		return -ENOMEM;
	state->n_keys--;
	memmove(&keys[at], &keys[at + 1],
		(state->n_keys - at) * sizeof(*keys));
	state->keys = keys;
	return 0;
}

static int update_key(struct lock_state *state, const struct aum *aum,
		      struct arena *mem)
{
	const struct lock_key *key = lock_state_find_key(state, aum->key_id);
	struct lock_key changed, *keys;

	if (!key)
		return TNE_LOCK_APPLY;
	changed = *key;
	if (aum->has_votes)
		changed.votes = aum->votes;
	if (aum->meta.n)
		changed.meta = aum->meta;
	if (lock_key_check(&changed) < 0)
		return TNE_LOCK_APPLY;
	keys = copy_keys(state, mem);
	if (!keys)
		return -ENOMEM;
	keys[key - state->keys] = changed;
	state->keys = keys;
	return 0;
}

/* No update may carry an authority over into another one. */
static int replace(struct lock_state *state, const struct lock_state *by)
{
	if (by->id1 != state->id1 || by->id2 != state->id2)
		return TNE_LOCK_APPLY;
	*state = *by;
	return 0;
}

static int change(struct lock_state *state, const struct aum *aum,
		  struct arena *mem)
{
	switch (aum->kind) {
	case AUM_ADD_KEY:
		return add_key(state, aum->key, mem);
	case AUM_REMOVE_KEY:
		return remove_key(state, aum->key_id, mem);
	case AUM_UPDATE_KEY:
		return update_key(state, aum, mem);
	case AUM_CHECKPOINT:
		return replace(state, aum->state);
	}
	/* Kinds that we do not know only move the head. */
	return 0;
}

int lock_state_apply(const struct lock_state *old, const struct aum *aum,
		     const struct aum_hash *hash, struct arena *mem,
		     struct lock_state *ret)
{
	struct lock_state state = *old;
	struct aum_hash prev;
	int r;

	if (old->has_last &&
	    (!aum_prev(aum, &prev) || !aum_hash_eq(&prev, &old->last)))
		return TNE_LOCK_PARENT;
	r = change(&state, aum, mem);
	if (r < 0)
		return r;
	state.has_last = true;
	state.last = *hash;
	*ret = state;
	return 0;
}

static int copy_opt_bytes(const struct opt_bytes *src, struct arena *mem,
			  struct opt_bytes *ret)
{
	ret->set = src->set;
	return arena_bytes(mem, src->b, &ret->b);
}

static int copy_meta(const struct lock_meta *src, struct arena *mem,
		     struct lock_meta *ret)
{
	struct lock_meta_pair *item;
	size_t i;

	item = arena_array(mem, src->n, sizeof(*item));
	if (!item)
		return -ENOMEM;
	for (i = 0; i < src->n; i++) {
		if (arena_bytes(mem, src->item[i].name, &item[i].name) < 0 ||
		    arena_bytes(mem, src->item[i].value, &item[i].value) < 0)
			return -ENOMEM;
	}
	*ret = (struct lock_meta){ .item = item, .n = src->n };
	return 0;
}

static int copy_key(const struct lock_key *src, struct arena *mem,
		    struct lock_key *ret)
{
	ret->kind = src->kind;
	ret->votes = src->votes;
	if (copy_opt_bytes(&src->id, mem, &ret->id) < 0)
		return -ENOMEM;
	return copy_meta(&src->meta, mem, &ret->meta);
}

int lock_state_copy(const struct lock_state *src, struct arena *mem,
		    struct lock_state *ret)
{
	struct lock_state state = *src;
	struct opt_bytes *values;
	struct lock_key *keys;
	size_t i;

	state.values = values = arena_array(mem, src->n_values,
					    sizeof(*values));
	state.keys = keys = arena_array(mem, src->n_keys, sizeof(*keys));
	if (!values || !keys)
		return -ENOMEM;
	for (i = 0; i < src->n_values; i++) {
		if (copy_opt_bytes(&src->values[i], mem, &values[i]) < 0)
			return -ENOMEM;
	}
	for (i = 0; i < src->n_keys; i++) {
		if (copy_key(&src->keys[i], mem, &keys[i]) < 0)
			return -ENOMEM;
	}
	*ret = state;
	return 0;
}
