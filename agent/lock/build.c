// SPDX-License-Identifier: GPL-2.0-only
#include "lock/build.h"

#include "base/err.h"
#include "lock/check.h"
#include "lock/resolve.h"
#include "lock/state.h"
#include "wire/aum.h"

#include <errno.h>
#include <string.h>

static struct bytes id_of(const struct lock_signer *signer)
{
	return (struct bytes){ signer->public.byte, KEY_LEN };
}

int build_begin(const struct authority *authority,
		const struct lock_signer *signer, struct arena *mem,
		struct builder *ret)
{
	const struct lock_state *state = authority_state(authority);

	if (!lock_state_find_key(state, id_of(signer)))
		return TNE_LOCK_SIGNER;
	*ret = (struct builder){
		.authority = authority,
		.signer = signer,
		.mem = mem,
		.state = *state,
	};
	return 0;
}

/* Room for one more; arenas cannot grow what they have. */
static int reserve(struct builder *builder)
{
	size_t cap = builder->cap ? 2 * builder->cap : 8;
	struct bytes *update;

	if (builder->n < builder->cap)
		return 0;
	update = arena_array(builder->mem, cap, sizeof(*update));
	if (!update)
		return -ENOMEM;
	if (builder->n)
		memcpy(update, builder->update, builder->n * sizeof(*update));
	builder->update = update;
	builder->cap = cap;
	return 0;
}

static int copy_hash(const struct aum_hash *hash, struct arena *mem,
		     struct opt_bytes *ret)
{
	ret->set = true;
	return arena_bytes(mem, (struct bytes){ hash->byte, AUM_HASH_LEN },
			   &ret->b);
}

static int add(struct builder *builder, struct aum *aum)
{
	struct lock_state state;
	struct aum_hash hash;
	struct bytes data;
	int r;

	r = copy_hash(&builder->state.last, builder->mem, &aum->prev);
	if (r == 0)
		r = reserve(builder);
	if (r == 0)
		r = sign_aum(builder->signer, builder->mem, aum);
	if (r == 0)
		r = aum_check(aum);
	if (r == 0)
		r = aum_build(aum, builder->mem, &data);
	if (r == 0)
		r = aum_hash(data, &hash);
	if (r == 0)
		r = lock_state_apply(&builder->state, aum, &hash, builder->mem,
				     &state);
	if (r < 0)
		return r;
	builder->state = state;
	builder->update[builder->n++] = data;
	return 0;
}

int build_add_key(struct builder *builder, const struct lock_key *key)
{
	struct aum aum = { .kind = AUM_ADD_KEY, .key = key };

	if (builder->state.n_keys >= LOCK_KEYS_MAX)
		return TNE_LOCK_LIMIT;
	return add(builder, &aum);
}

int build_remove_key(struct builder *builder, struct bytes key_id)
{
	struct aum aum = { .kind = AUM_REMOVE_KEY, .key_id = key_id };

	/* Nobody would take it. */
	if (builder->state.n_keys == 1)
		return TNE_LOCK_APPLY;
	return add(builder, &aum);
}

int build_set_votes(struct builder *builder, struct bytes key_id,
		    uint64_t votes)
{
	struct aum aum = {
		.kind = AUM_UPDATE_KEY,
		.key_id = key_id,
		.has_votes = true,
		.votes = votes,
	};

	return add(builder, &aum);
}

int build_set_meta(struct builder *builder, struct bytes key_id,
		   const struct lock_meta *meta)
{
	struct aum aum = {
		.kind = AUM_UPDATE_KEY,
		.key_id = key_id,
		.meta = *meta,
	};

	return add(builder, &aum);
}

/* Is there no checkpoint among the last updates, the new ones included? */
static bool wants_checkpoint(const struct builder *builder)
{
	const struct chain_item *item = authority_head(builder->authority);
	size_t n;

	for (n = builder->n; n < BUILD_CHECKPOINT_EVERY; n++) {
		if (!item || item->aum.kind == AUM_CHECKPOINT ||
		    !item->has_prev)
			return false;
		item = item->parent;
	}
	return true;
}

int build_finish(struct builder *builder)
{
	struct lock_state state = builder->state;
	struct aum aum = { .kind = AUM_CHECKPOINT, .state = &state };

	if (builder->n == 0 || !wants_checkpoint(builder))
		return 0;
	state.has_last = false;
	/* Of 0 bytes in a row, but not null. */
	memset(&state.last, 0, sizeof(state.last));
	return add(builder, &aum);
}

static struct opt_bytes *list_values(const struct bytes *values, size_t n,
				     struct arena *mem)
{
	struct opt_bytes *list = arena_array(mem, n, sizeof(*list));
	size_t i;

	for (i = 0; list && i < n; i++)
		list[i] = (struct opt_bytes){ .set = true, .b = values[i] };
	return list;
}

int build_genesis(const struct lock_key *keys, size_t n_keys,
		  const struct bytes *values, size_t n_values,
		  const uint64_t id[2], const struct lock_signer *signer,
		  struct arena *mem, struct bytes *ret)
{
	struct lock_state state = {
		.has_values = true,
		.values = list_values(values, n_values, mem),
		.n_values = n_values,
		.has_keys = true,
		.keys = keys,
		.n_keys = n_keys,
		.id1 = id[0],
		.id2 = id[1],
	};
	struct aum aum = { .kind = AUM_CHECKPOINT, .state = &state };
	int r;

	if (!state.values)
		return -ENOMEM;
	if (!lock_state_find_key(&state, id_of(signer)))
		return TNE_LOCK_SIGNER;
	r = sign_aum(signer, mem, &aum);
	if (r == 0)
		r = aum_check(&aum);
	return r < 0 ? r : aum_build(&aum, mem, ret);
}

static bool trusts_any(const struct lock_state *state, const struct bytes *ids,
		       size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		if (lock_state_find_key(state, ids[i]))
			return true;
	}
	return false;
}

/* Return: 1 and the update to fork from, 0 if it is none of these, below 0. */
static int is_clean(const struct chain_item *item, const struct bytes *ids,
		    size_t n_ids, struct bytes our_id)
{
	struct arena *mem auto_clean(arena) = arena_new();
	struct lock_state state;
	int r;

	if (!mem)
		return -ENOMEM;
	r = resolve_state_at(item, mem, &state);
	if (r < 0)
		return r;
	return !trusts_any(&state, ids, n_ids) &&
	       lock_state_find_key(&state, our_id);
}

static int find_fork(const struct authority *authority, const struct bytes *ids,
		     size_t n_ids, struct bytes our_id,
		     const struct chain_item **ret)
{
	const struct chain_item *item = authority_head(authority);
	int r;

	if (!trusts_any(authority_state(authority), ids, n_ids))
		return TNE_LOCK_APPLY;
	for (;;) {
		r = is_clean(item, ids, n_ids, our_id);
		if (r < 0)
			return r;
		/* There may be none: then all of it is in doubt. */
		if (r > 0 || item == authority_oldest(authority))
			break;
		item = item->parent;
	}
	*ret = item;
	return 0;
}

static bool is_one_of(struct bytes id, const struct bytes *ids, size_t n)
{
	size_t i;

	for (i = 0; i < n && !bytes_eq(id, ids[i]); i++)
		;
	return i < n;
}

int build_revocation(const struct authority *authority,
		     const struct bytes *ids, size_t n_ids,
		     struct bytes our_id, const struct aum_hash *fork_from,
		     struct arena *mem, struct bytes *ret)
{
	struct lock_state state = *authority_state(authority);
	struct aum aum = { .kind = AUM_CHECKPOINT, .state = &state };
	const struct chain_item *from = NULL;
	struct lock_key *keys;
	size_t i, n = 0;
	int r;

	if (fork_from) {
		r = copy_hash(fork_from, mem, &aum.prev);
	} else {
		r = find_fork(authority, ids, n_ids, our_id, &from);
		if (r == 0)
			r = copy_hash(&from->hash, mem, &aum.prev);
	}
	if (r < 0)
		return r;
	keys = arena_array(mem, state.n_keys, sizeof(*keys));
	if (!keys)
		return -ENOMEM;
	for (i = 0; i < state.n_keys; i++) {
		if (!is_one_of(state.keys[i].id.b, ids, n_ids))
			keys[n++] = state.keys[i];
	}
	if (n == 0)
		return TNE_LOCK_APPLY;
	state.keys = keys;
	state.n_keys = n;
	state.has_last = false;
	r = aum_check(&aum);
	return r < 0 ? r : aum_build(&aum, mem, ret);
}

int build_cosign(struct bytes update, const struct lock_signer *signer,
		 struct arena *mem, struct bytes *ret)
{
	struct aum aum;
	size_t i;
	int r;

	r = aum_parse(update, mem, &aum);
	if (r == 0)
		r = aum_check(&aum);
	if (r < 0)
		return r;
	for (i = 0; i < aum.n_sigs; i++) {
		if (bytes_eq(aum.sigs[i].key_id.b, id_of(signer)))
			return TNE_LOCK_EXISTS;
	}
	r = sign_aum(signer, mem, &aum);
	return r < 0 ? r : aum_build(&aum, mem, ret);
}
