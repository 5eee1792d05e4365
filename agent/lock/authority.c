// SPDX-License-Identifier: GPL-2.0-only
#include "lock/authority.h"

#include "base/err.h"
#include "lock/check.h"
#include "lock/resolve.h"
#include "lock/state.h"
#include "lock/trust.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/**
 * struct authority - the updates and what they amount to
 * @chain: all that is held
 * @oldest: first update of the active chain
 * @head: its last one
 * @mem: owns @state
 * @state: after @head
 * @disk: where all of it lasts
 */
struct authority {
	struct chain chain;
	struct chain_item *oldest;
	struct chain_item *head;
	struct arena *mem;
	struct lock_state state;
	struct authority_disk disk;
};

void authority_stored_done(struct authority_stored *stored)
{
	chain_done(&stored->chain);
	memset(stored, 0, sizeof(*stored));
}

void authority_free(struct authority *authority)
{
	if (!authority)
		return;
	chain_done(&authority->chain);
	arena_put(authority->mem);
	free(authority);
}

/* A copy of @state in memory of its own, for a long life. */
static int keep_state(const struct lock_state *state, struct arena **ret_mem,
		      struct lock_state *ret)
{
	struct arena *mem auto_clean(arena) = arena_new();

	if (!mem || lock_state_copy(state, mem, ret) < 0)
		return -ENOMEM;
	*ret_mem = steal(mem);
	return 0;
}

/* Nothing here can fail. */
static void set_head(struct authority *authority, struct chain_item *oldest,
		     struct chain_item *head, struct arena *mem,
		     const struct lock_state *state)
{
	arena_put(authority->mem);
	authority->mem = mem;
	authority->state = *state;
	authority->oldest = oldest;
	authority->head = head;
}

static int resolve(struct authority *authority, const struct aum_hash *hint)
{
	struct arena *work auto_clean(arena) = arena_new();
	struct resolved resolved;
	struct lock_state state;
	struct arena *mem;
	int r;

	if (!work)
		return -ENOMEM;
	r = resolve_open(&authority->chain, hint, work, &resolved);
	if (r < 0)
		return r;
	r = keep_state(&resolved.state, &mem, &state);
	if (r < 0)
		return r;
	set_head(authority, resolved.oldest, resolved.head, mem, &state);
	return 0;
}

/* With a pin only what goes on from what was verified before. */
static int open_chain(struct authority *authority,
		      const struct authority_stored *stored,
		      const struct aum_hash *pinned)
{
	const struct chain_item *known = NULL;
	int r = 0;

	if (pinned) {
		known = chain_find(&authority->chain, pinned);
		r = known ? trust_check(&authority->chain, known) :
			    TNE_LOCK_DAMAGED;
	}
	if (r == 0)
		r = resolve(authority, stored->has_ancestor ?
				       &stored->ancestor : NULL);
	if (r == 0 && known && !trust_leads_to(authority->oldest, known))
		r = TNE_LOCK_DAMAGED;
	return r;
}

int authority_open(struct authority_stored *stored,
		   const struct authority_pin *pin,
		   const struct authority_disk *disk,
		   struct authority **ret)
{
	struct authority *authority auto_clean(authority) = NULL;
	int r;

	if (stored->chain.n == 0) {
		/* Something was there, or half of it still is. */
		if (stored->has_ancestor || (pin && pin->exists))
			return TNE_LOCK_DAMAGED;
		return -ENOENT;
	}
	authority = calloc(1, sizeof(*authority));
	if (!authority)
		return -ENOMEM;
	authority->chain = stored->chain;
	authority->disk = *disk;
	r = open_chain(authority, stored, pin && pin->exists ? &pin->head : NULL);
	if (r < 0) {
		/* It stays the caller's. */
		memset(&authority->chain, 0, sizeof(authority->chain));
		return r;
	}
	memset(&stored->chain, 0, sizeof(stored->chain));
	*ret = steal(authority);
	return 0;
}

const char *authority_id_text(const struct lock_state *state,
			      char ret[AUTHORITY_ID_TEXT_MAX])
{
	snprintf(ret, AUTHORITY_ID_TEXT_MAX, "%" PRIu64 ":%" PRIu64,
		 state->id1, state->id2);
	return ret;
}

static bool is_denied(const struct lock_state *state,
		      const struct text_list *denied)
{
	char id[AUTHORITY_ID_TEXT_MAX];
	size_t i;

	authority_id_text(state, id);
	for (i = 0; i < denied->n; i++) {
		if (strcmp(denied->item[i], id) == 0)
			return true;
	}
	return false;
}

static int check_genesis(const struct aum *aum, const struct text_list *denied)
{
	if (aum->kind != AUM_CHECKPOINT || !aum->state)
		return TNE_LOCK_AUM;
	if (is_denied(aum->state, denied))
		return TNE_LOCK_DENIED;
	return aum_verify(aum, aum->state, true);
}

static int put(const struct authority *authority,
	       struct chain_item *const *item, size_t n)
{
	const struct authority_disk *disk = &authority->disk;

	return disk->put && n ? disk->put(disk->ctx, item, n) : 0;
}

static int set_ancestor(const struct authority *authority,
			const struct chain_item *oldest)
{
	const struct authority_disk *disk = &authority->disk;

	return disk->set_ancestor ?
	       disk->set_ancestor(disk->ctx, &oldest->hash) : 0;
}

/* Return: 0, or 1 if it fails: what was done is done. */
static int pin(const struct authority *authority)
{
	const struct authority_disk *disk = &authority->disk;

	return disk->pin &&
	       disk->pin(disk->ctx, &authority->head->hash) < 0;
}

/* The genesis on disk; what it follows comes last, it is only a hint. */
static int save_genesis(struct authority *authority)
{
	const struct authority_disk *disk = &authority->disk;
	int r = disk->create ? disk->create(disk->ctx) : 0;

	if (r >= 0)
		r = put(authority, &authority->head, 1);
	if (r >= 0)
		r = set_ancestor(authority, authority->oldest);
	return r < 0 ? r : 0;
}

int authority_bootstrap(struct bytes genesis, const struct text_list *denied,
			int64_t now_s, const struct authority_disk *disk,
			struct authority **ret)
{
	struct authority *authority auto_clean(authority) = NULL;
	struct chain_item *item auto_clean(chain_item) = NULL;
	int r;

	r = chain_item_new(genesis, now_s, &item);
	if (r < 0)
		return r;
	r = check_genesis(&item->aum, denied);
	if (r < 0)
		return r;
	authority = calloc(1, sizeof(*authority));
	if (!authority)
		return -ENOMEM;
	authority->disk = *disk;
	r = chain_reserve(&authority->chain, 1, genesis.len);
	if (r < 0)
		return r;
	chain_add(&authority->chain, steal(item));
	r = resolve(authority, NULL);
	if (r == 0)
		r = save_genesis(authority);
	if (r < 0)
		return r;
	r = pin(authority);
	*ret = steal(authority);
	return r;
}

/**
 * struct batch - updates being taken
 * @item: those that are new; owned until they are in the chain
 * @before: the state before each
 * @state: after each
 * @n: how many
 * @mem: owns the lists and what is new in the states
 * @in_chain: the items are in the chain already
 */
struct batch {
	struct chain_item **item;
	struct lock_state *before;
	struct lock_state *state;
	size_t n;
	struct arena *mem;
	bool in_chain;
};

static int batch_init(struct batch *batch, size_t n)
{
	memset(batch, 0, sizeof(*batch));
	batch->mem = arena_new();
	if (!batch->mem)
		return -ENOMEM;
	batch->item = arena_array(batch->mem, n, sizeof(*batch->item));
	batch->before = arena_array(batch->mem, n, sizeof(*batch->before));
	batch->state = arena_array(batch->mem, n, sizeof(*batch->state));
	return batch->item && batch->before && batch->state ? 0 : -ENOMEM;
}

static void batch_done(struct batch *batch, struct chain *chain)
{
	while (batch->n) {
		struct chain_item *item = batch->item[--batch->n];

		if (batch->in_chain)
			chain_take(chain, item);
		chain_item_free(item);
	}
	arena_put(batch->mem);
	batch->mem = NULL;
}

/* The latest ones first: that is where it mostly is. */
static const struct lock_state *batch_find(const struct batch *batch,
					   const struct aum_hash *hash)
{
	size_t i;

	for (i = batch->n; i > 0; i--) {
		if (aum_hash_eq(&batch->item[i - 1]->hash, hash))
			return &batch->state[i - 1];
	}
	return NULL;
}

/* The same for another one that follows what @prev names. */
static const struct lock_state *batch_find_sibling(const struct batch *batch,
						   const struct aum_hash *prev)
{
	size_t i;

	for (i = batch->n; i > 0; i--) {
		if (aum_hash_eq(&batch->item[i - 1]->prev, prev))
			return &batch->before[i - 1];
	}
	return NULL;
}

/* On the way there are many states, of which only the last is kept. */
static int state_after(const struct chain_item *item, struct arena *mem,
		       struct lock_state *ret)
{
	struct arena *work auto_clean(arena) = arena_new();
	struct lock_state state;
	int r;

	if (!work)
		return -ENOMEM;
	r = resolve_state_at(item, work, &state);
	return r < 0 ? r : lock_state_copy(&state, mem, ret);
}

static int state_before(const struct authority *authority,
			const struct batch *batch,
			const struct chain_item *item, struct lock_state *ret)
{
	const struct lock_state *state;
	const struct chain_item *parent;

	if (!item->has_prev)
		return TNE_LOCK_PARENT;
	state = batch_find(batch, &item->prev);
	if (!state)
		state = batch_find_sibling(batch, &item->prev);
	if (state) {
		*ret = *state;
		return 0;
	}
	parent = chain_find(&authority->chain, &item->prev);
	if (!parent)
		return TNE_LOCK_PARENT;
	if (parent == authority->head) {
		*ret = authority->state;
		return 0;
	}
	return state_after(parent, batch->mem, ret);
}

static int take_one(const struct authority *authority, struct batch *batch,
		    struct bytes data, int64_t now_s)
{
	struct chain_item *item auto_clean(chain_item) = NULL;
	struct lock_state *state = &batch->before[batch->n];
	int r;

	r = chain_item_new(data, now_s, &item);
	if (r < 0)
		return r;
	if (chain_find(&authority->chain, &item->hash) ||
	    batch_find(batch, &item->hash))
		return 0;
	r = state_before(authority, batch, item, state);
	if (r == 0)
		r = aum_verify(&item->aum, state, false);
	if (r == 0)
		r = lock_state_apply(state, &item->aum, &item->hash,
				     batch->mem, &batch->state[batch->n]);
	if (r < 0)
		return r;
	batch->item[batch->n++] = steal(item);
	return 0;
}

/* Does the batch simply go on from the head, one after another? */
static bool goes_on(const struct authority *authority,
		    const struct batch *batch)
{
	const struct aum_hash *last = &authority->head->hash;
	size_t i;

	for (i = 0; i < batch->n; i++) {
		if (!aum_hash_eq(&batch->item[i]->prev, last))
			return false;
		last = &batch->item[i]->hash;
	}
	return true;
}

static size_t active_length(const struct authority *authority)
{
	const struct chain_item *item = authority->head;
	size_t n = 1;

	for (; item != authority->oldest; item = item->parent)
		n++;
	return n;
}

static int add_to_chain(struct authority *authority, struct batch *batch)
{
	size_t i, bytes = 0;
	int r;

	for (i = 0; i < batch->n; i++)
		bytes += batch->item[i]->data.len;
	r = chain_reserve(&authority->chain, batch->n, bytes);
	if (r < 0)
		return r;
	for (i = 0; i < batch->n; i++)
		chain_add(&authority->chain, batch->item[i]);
	batch->in_chain = true;
	return 0;
}

/* The new head with everything it needs, or an error and nothing changed. */
static int find_head(struct authority *authority, const struct batch *batch,
		     bool straight, struct resolved *ret)
{
	if (!straight)
		return resolve_open(&authority->chain,
				    &authority->oldest->hash, batch->mem, ret);
	/*
	 * A longer chain could not be opened again. The reference goes on with
	 * it, until it is started anew.
	 */
	if (active_length(authority) + batch->n > RESOLVE_MAX)
		return TNE_LOCK_LIMIT;
	*ret = (struct resolved){
		.oldest = authority->oldest,
		.head = batch->item[batch->n - 1],
		.state = batch->state[batch->n - 1],
	};
	return 0;
}

static int commit(struct authority *authority, struct batch *batch)
{
	bool straight = goes_on(authority, batch);
	struct resolved resolved;
	struct arena *mem = NULL;
	struct lock_state state;
	int r;

	r = add_to_chain(authority, batch);
	if (r == 0)
		r = find_head(authority, batch, straight, &resolved);
	if (r == 0)
		r = keep_state(&resolved.state, &mem, &state);
	if (r < 0)
		return r;
	r = put(authority, batch->item, batch->n);
	if (r < 0) {
		arena_put(mem);
		return r;
	}
	set_head(authority, resolved.oldest, resolved.head, mem, &state);
	/* They are the chain's now. */
	batch->n = 0;
	return pin(authority);
}

int authority_inform(struct authority *authority, const struct bytes *update,
		     size_t n, int64_t now_s)
{
	struct batch batch;
	size_t i;
	int r;

	if (n == 0)
		return -EINVAL;
	if (n > AUTHORITY_BATCH_MAX)
		return TNE_LOCK_LIMIT;
	r = batch_init(&batch, n);
	for (i = 0; i < n && r == 0; i++)
		r = take_one(authority, &batch, update[i], now_s);
	if (r == 0 && batch.n)
		r = commit(authority, &batch);
	batch_done(&batch, &authority->chain);
	return r;
}

struct chain_item *authority_head(const struct authority *authority)
{
	return authority->head;
}

struct chain_item *authority_oldest(const struct authority *authority)
{
	return authority->oldest;
}

const struct chain *authority_chain(const struct authority *authority)
{
	return &authority->chain;
}

const struct lock_state *authority_state(const struct authority *authority)
{
	return &authority->state;
}

int authority_compacted(struct authority *authority, struct chain_item *oldest,
			struct chain_item **gone, size_t n)
{
	const struct authority_disk *disk = &authority->disk;
	int r = set_ancestor(authority, oldest);
	size_t i;

	if (r >= 0 && disk->purge && n)
		r = disk->purge(disk->ctx, gone, n);
	if (r < 0)
		return r;
	authority->oldest = oldest;
	for (i = 0; i < n; i++) {
		chain_take(&authority->chain, gone[i]);
		chain_item_free(gone[i]);
	}
	return 0;
}
