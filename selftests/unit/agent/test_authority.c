// SPDX-License-Identifier: GPL-2.0-only
#include "test.h"
#include "tka.h"

#include "base/err.h"
#include "fail_alloc.h"
#include "lock/authority.h"
#include "lock/check.h"
#include "lock/disable.h"
#include "lock/offer.h"
#include "lock/sig.h"
#include "lock/state.h"
#include "wire/aum.h"
#include "wire/nks.h"

#include <errno.h>

#define NOW 1700000000

static const struct text_list nothing_denied;
static const struct authority_disk no_disk;

/* Rows of a list that have an "id"; the ids are few. */
static const json_t *find_id(const json_t *rows, const char *id)
{
	size_t i;

	for (i = 0; i < json_array_size(rows); i++) {
		const json_t *row = json_array_get(rows, i);

		if (strcmp(tka_text(row, "id"), id) == 0)
			return row;
	}
	return NULL;
}

static struct bytes update_of(const json_t *aums, const json_t *id,
			      struct arena *mem)
{
	return tka_bytes(find_id(aums, json_string_value(id)), "serialized",
			 mem);
}

/* What is in another encoding we refuse, where the reference writes it anew. */
static bool is_canonical(struct bytes data)
{
	struct arena *mem auto_clean(arena) = arena_new();
	struct aum aum;

	return aum_parse(data, mem, &aum) == 0;
}

static bool text_is(const struct aum_hash *hash, const char *known)
{
	struct aum_hash_text text;

	return strcmp(aum_hash_format(hash, &text), known) == 0;
}

static void check_keys(const struct lock_state *state, const json_t *keys,
		       struct arena *mem)
{
	size_t i;

	/* Left out where there are hundreds. */
	if (!json_is_array(keys))
		return;
	CHECK_EQ(state->n_keys, json_array_size(keys));
	for (i = 0; i < state->n_keys; i++) {
		const json_t *key = json_array_get(keys, i);
		const json_t *meta = json_object_get(key, "meta");

		CHECK(state->keys[i].votes == tka_u64(key, "votes"));
		CHECK(bytes_eq(state->keys[i].id.b,
			       tka_bytes(key, "public", mem)));
		CHECK_EQ(state->keys[i].meta.n, json_is_object(meta) ?
			 json_object_size(meta) : 0);
	}
}

static void check_offer(const struct authority *authority, const json_t *known,
			struct arena *mem)
{
	const json_t *list = tka_get(known, "ancestors");
	struct lock_offer offer;
	size_t i;

	CHECK_EQ(offer_build(authority, mem, &offer), 0);
	CHECK(text_is(&offer.head, tka_text(known, "head")));
	CHECK_EQ(offer.n, json_array_size(list));
	for (i = 0; i < offer.n; i++)
		CHECK(text_is(&offer.ancestor[i],
			      json_string_value(json_array_get(list, i))));
}

static void check_after(const struct authority *authority, const json_t *after,
			struct arena *mem)
{
	const struct lock_state *state = authority_state(authority);

	CHECK(text_is(&authority_head(authority)->hash,
		      tka_text(after, "head")));
	CHECK(state->has_last && aum_hash_eq(&state->last,
			&authority_head(authority)->hash));
	CHECK(state->id1 == tka_u64(after, "state_id1"));
	CHECK(state->id2 == tka_u64(after, "state_id2"));
	CHECK_IN(check_keys(state, tka_get(after, "keys"), mem));
	CHECK_IN(check_offer(authority, tka_get(after, "sync_offer"), mem));
}

/* Return: false if a batch has something that is not canonical. */
static bool inform(struct authority *authority, const json_t *aums,
		   const json_t *step, struct arena *mem, int *ret)
{
	const json_t *ids = tka_get(step, "inform");
	size_t i, n = json_array_size(ids);
	struct bytes *update = arena_array(mem, n, sizeof(*update));
	bool canonical = true;

	/* "No update" is not the same as a batch without any. */
	if (n == 0 && tka_bool(step, "ok")) {
		*ret = 0;
		return true;
	}
	for (i = 0; i < n; i++) {
		update[i] = update_of(aums, json_array_get(ids, i), mem);
		canonical &= is_canonical(update[i]);
	}
	*ret = authority_inform(authority, update, n, NOW);
	return canonical;
}

static void check_stored(const struct authority *authority, const json_t *aums,
			 const json_t *run)
{
	const json_t *ids = tka_get(run, "stored");
	const struct chain *chain = authority_chain(authority);
	struct aum_hash hash;
	size_t i;

	CHECK_EQ(chain->n, json_array_size(ids));
	for (i = 0; i < chain->n; i++) {
		const json_t *id = json_array_get(ids, i);
		const char *text = tka_text(find_id(aums,
				json_string_value(id)), "hash_text");

		CHECK_EQ(aum_hash_parse(text, strlen(text), &hash), 0);
		CHECK(chain_find(chain, &hash));
	}
}

static void check_nodes(const struct authority *authority, const json_t *nodes,
			struct arena *mem)
{
	struct node_public key;
	struct node_sig sig;
	size_t i;

	for (i = 0; i < json_array_size(nodes); i++) {
		const json_t *row = json_array_get(nodes, i);

		tka_fixed(row, "node_public", key.byte, KEY_LEN);
		CHECK_EQ(nks_parse(tka_bytes(row, "signature", mem), &sig), 0);
		CHECK_EQ(sig_check(authority_state(authority), &key, &sig),
			 tka_bool(row, "authorized") ? 0 : TNE_LOCK_PEER);
	}
}

/* The same updates, as they would be found on disk. */
static int reopen(const struct authority *authority, struct authority **ret)
{
	const struct chain *chain = authority_chain(authority);
	struct authority_stored stored = {
		.has_ancestor = true,
		.ancestor = authority_oldest(authority)->hash,
	};
	struct chain_item *item;
	size_t i;
	int r;

	r = chain_reserve(&stored.chain, chain->n, chain->bytes);
	/* Backwards, so that those that follow do not come last. */
	for (i = chain->n; i > 0 && r == 0; i--) {
		r = chain_item_new(chain->item[i - 1]->data, NOW, &item);
		if (r == 0)
			chain_add(&stored.chain, item);
	}
	if (r == 0)
		r = authority_open(&stored, NULL, &no_disk, ret);
	authority_stored_done(&stored);
	return r;
}

static void check_reopened(const struct authority *authority, const json_t *run)
{
	struct authority *again auto_clean(authority) = NULL;

	CHECK_EQ(reopen(authority, &again), 0);
	CHECK(text_is(&authority_head(again)->hash,
		      tka_text(run, "reopened_head")));
}

static void check_run(const json_t *aums, const json_t *run)
{
	struct authority *authority auto_clean(authority) = NULL;
	struct arena *mem auto_clean(arena) = arena_new();
	const json_t *steps = tka_get(run, "steps"), *step;
	struct bytes genesis = update_of(aums, tka_get(run, "bootstrap"), mem);
	int r = authority_bootstrap(genesis, &nothing_denied, NOW, &no_disk,
				    &authority);
	size_t i;

	if (!is_canonical(genesis)) {
		CHECK_EQ(r, TNE_CBOR);
		return;
	}
	CHECK_EQ(r == 0, tka_bool(run, "bootstrap_ok"));
	if (r < 0)
		return;
	for (i = 0; i < json_array_size(steps); i++) {
		step = json_array_get(steps, i);
		if (!inform(authority, aums, step, mem, &r)) {
			CHECK_EQ(r, TNE_CBOR);
			return;
		}
		CHECK_EQ(r == 0, tka_bool(step, "ok"));
		CHECK_IN(check_after(authority, tka_get(step, "after"), mem));
	}
	CHECK_IN(check_stored(authority, aums, run));
	CHECK_IN(check_reopened(authority, run));
	CHECK_IN(check_nodes(authority, tka_get(run, "nodes"), mem));
}

static void reference_scenarios(void)
{
	json_t *root auto_clean(json) = tka_load("tka-reference/authority.json");
	const json_t *rows = tka_get(root, "scenarios"), *runs;
	size_t i, j;

	for (i = 0; i < json_array_size(rows); i++) {
		const json_t *row = json_array_get(rows, i);

		runs = tka_get(row, "runs");
		for (j = 0; j < json_array_size(runs); j++) {
			test_case("%s, run %zu", tka_text(row, "name"), j);
			CHECK_IN(check_run(tka_get(row, "aums"),
					   json_array_get(runs, j)));
		}
	}
	CHECK(i > 0);
}

static void static_validity(void)
{
	json_t *root auto_clean(json) = tka_load("tka-reference/aum.json");
	const json_t *rows = tka_get(root, "aums"), *row;
	struct aum_hash prev;
	size_t i, n = 0;

	for (i = 0; i < json_array_size(rows); i++) {
		struct arena *mem auto_clean(arena) = arena_new();
		const json_t *parent;
		struct aum aum;

		row = json_array_get(rows, i);
		test_case("%s", tka_text(row, "name"));
		if (aum_parse(tka_bytes(row, "serialized", mem), mem,
			      &aum) < 0)
			continue;
		CHECK_EQ(aum_check(&aum),
			 tka_bool(row, "static_valid_after_decode") ?
			 0 : TNE_LOCK_AUM);
		parent = tka_get(row, "parent");
		if (aum_prev(&aum, &prev))
			CHECK_MEM(prev.byte,
				  tka_value_bytes(parent, mem).data,
				  AUM_HASH_LEN);
		n++;
	}
	CHECK(n > 0);
}

static void static_validity_of_decoded(void)
{
	json_t *root auto_clean(json) = tka_load("tka-reference/decoder.json");
	const json_t *rows = tka_get(root, "aum"), *row;
	size_t i, n = 0;

	for (i = 0; i < json_array_size(rows); i++) {
		struct arena *mem auto_clean(arena) = arena_new();
		struct aum aum;

		row = json_array_get(rows, i);
		test_case("%zu", i);
		if (!json_object_get(row, "static_valid") ||
		    aum_parse(tka_bytes(row, "input", mem), mem, &aum) < 0)
			continue;
		CHECK_EQ(aum_check(&aum), tka_bool(row, "static_valid") ?
			 0 : TNE_LOCK_AUM);
		n++;
	}
	CHECK(n > 0);
}

static void weights(void)
{
	json_t *root auto_clean(json) = tka_load("tka-reference/aum.json");
	const json_t *rows = tka_get(root, "weights"), *row;
	size_t i, j;

	for (i = 0; i < json_array_size(rows); i++) {
		struct arena *mem auto_clean(arena) = arena_new();
		const json_t *keys, *ids;
		struct lock_state state = { 0 };
		struct aum aum = { 0 };
		struct lock_key *key;
		struct aum_sig *sig;

		row = json_array_get(rows, i);
		test_case("%s", tka_text(row, "name"));
		keys = tka_get(row, "keys");
		ids = tka_get(row, "signature_key_ids");
		state.n_keys = json_array_size(keys);
		state.keys = key = arena_array(mem, state.n_keys,
					       sizeof(*key));
		aum.n_sigs = json_array_size(ids);
		aum.sigs = sig = arena_array(mem, aum.n_sigs, sizeof(*sig));
		for (j = 0; j < state.n_keys; j++) {
			const json_t *item = json_array_get(keys, j);

			key[j].votes = tka_u64(item, "votes");
			key[j].id = tka_opt_bytes(item, "public", mem);
		}
		for (j = 0; j < aum.n_sigs; j++)
			sig[j].key_id.b =
				tka_value_bytes(json_array_get(ids, j), mem);
		CHECK(lock_state_weight(&state, &aum) ==
		      tka_u64(row, "weight"));
	}
	CHECK(i > 0);
}

/* Result of one update as the one to begin with, or after such a one. */
static int judge(const json_t *root, const json_t *row, struct arena *mem)
{
	struct authority *authority auto_clean(authority) = NULL;
	struct bytes data = tka_bytes(row, "cbor", mem);
	const char *as = tka_text(row, "as");
	struct bytes genesis;
	int r;

	if (strcmp(as, "genesis") == 0)
		return authority_bootstrap(data, &nothing_denied, NOW,
					   &no_disk, &authority);
	genesis = tka_bytes(tka_get(root, as + strlen("child of ")), "cbor",
			    mem);
	r = authority_bootstrap(genesis, &nothing_denied, NOW, &no_disk,
				&authority);
	return r < 0 ? r : authority_inform(authority, &data, 1, NOW);
}

static void single_updates(void)
{
	json_t *root auto_clean(json) = tka_load("tka/aum-negative.json");
	const json_t *rows = tka_get(root, "cases"), *row;
	size_t i;

	for (i = 0; i < json_array_size(rows); i++) {
		struct arena *mem auto_clean(arena) = arena_new();

		row = json_array_get(rows, i);
		test_case("%s", tka_text(row, "name"));
		CHECK_EQ(judge(root, row, mem) == 0,
			 tka_bool(row, "canonical") &&
			 tka_bool(tka_get(row, "reference"), "accept"));
	}
	CHECK(i > 0);
}

static bool hash_is(const struct aum_hash *hash, const json_t *row,
		    const char *name)
{
	struct aum_hash known;

	tka_fixed(row, name, known.byte, AUM_HASH_LEN);
	return aum_hash_eq(hash, &known);
}

static void check_step(struct authority **authority, const json_t *step,
		       struct arena *mem)
{
	const json_t *first = json_object_get(step, "bootstrap");
	const json_t *list = json_object_get(step, "inform");
	size_t i, n = json_array_size(list);
	struct bytes *update = arena_array(mem, n + 1, sizeof(*update));
	const json_t *keys;
	int r;

	/* What the revocation is made from; see test_build. */
	if (!first && !list)
		return;
	for (i = 0; i < n; i++)
		update[i] = tka_bytes(json_array_get(list, i), "cbor", mem);
	if (first)
		r = authority_bootstrap(tka_bytes(first, "cbor", mem),
					&nothing_denied, NOW, &no_disk,
					authority);
	else
		r = authority_inform(*authority, update, n, NOW);
	CHECK_EQ(r == 0, tka_bool(tka_get(step, "result"), "accept"));
	CHECK(hash_is(&authority_head(*authority)->hash, step, "head"));
	if (first)
		return;
	CHECK(hash_is(&authority_oldest(*authority)->hash, step, "oldest"));
	CHECK_EQ(authority_chain(*authority)->n,
		 json_number_value(tka_get(step, "stored")));
	keys = tka_get(tka_get(step, "state"), "keys");
	CHECK_EQ(authority_state(*authority)->n_keys, json_array_size(keys));
	for (i = 0; i < json_array_size(keys); i++)
		CHECK(bytes_eq(authority_state(*authority)->keys[i].id.b,
			       tka_bytes(json_array_get(keys, i), "public",
					 mem)));
}

static void chains(void)
{
	json_t *root auto_clean(json) = tka_load("tka/aum-chains.json");
	const json_t *rows = tka_get(root, "cases"), *steps;
	size_t i, j, n = 0;

	for (i = 0; i < json_array_size(rows); i++) {
		struct authority *authority auto_clean(authority) = NULL;
		struct arena *mem auto_clean(arena) = arena_new();
		const json_t *row = json_array_get(rows, i);

		steps = json_object_get(row, "steps");
		for (j = 0; j < json_array_size(steps); j++) {
			test_case("%s, step %zu", tka_text(row, "name"), j);
			CHECK_IN(check_step(&authority,
					    json_array_get(steps, j), mem));
			n++;
		}
	}
	CHECK(n > 0);
}

static void disablement(void)
{
	json_t *root auto_clean(json) =
		tka_load("tka-reference/disablement.json");
	json_t *more auto_clean(json) = tka_load("tka/disablement-kdf.json");
	struct arena *mem auto_clean(arena) = arena_new();
	const json_t *lists[] = { tka_get(root, "kdf"),
				  tka_get(more, "cases") };
	uint8_t value[LOCK_VALUE_LEN], known[LOCK_VALUE_LEN];
	size_t i, j;

	for (i = 0; i < 2; i++) {
		for (j = 0; j < json_array_size(lists[i]); j++) {
			const json_t *row = json_array_get(lists[i], j);

			test_case("%zu.%zu", i, j);
			tka_fixed(row, "value", known, sizeof(known));
			CHECK_EQ(disable_derive(tka_bytes(row, "secret", mem),
						value), 0);
			CHECK_MEM(value, known, sizeof(known));
		}
		CHECK(j > 0);
	}
	CHECK_EQ(disable_derive((struct bytes){ known,
						DISABLE_SECRET_MAX + 1 },
				value), TNE_TOO_LONG);
}

static void disablement_verdicts(void)
{
	json_t *root auto_clean(json) =
		tka_load("tka-reference/disablement.json");
	const json_t *rows = tka_get(root, "valid"), *row;
	uint8_t value[DISABLE_VALUE_LEN];
	size_t i;

	for (i = 0; i < json_array_size(rows); i++) {
		struct authority *authority auto_clean(authority) = NULL;
		struct arena *mem auto_clean(arena) = arena_new();

		row = json_array_get(rows, i);
		test_case("%zu", i);
		CHECK_EQ(authority_bootstrap(tka_bytes(row, "genesis", mem),
					     &nothing_denied, NOW, &no_disk,
					     &authority), 0);
		CHECK_EQ(disable_derive(tka_bytes(row, "secret", mem), value),
			 0);
		CHECK_EQ(disable_match(authority_state(authority), value),
			 tka_bool(row, "valid") ? 0 : TNE_LOCK_SECRET);
	}
	CHECK(i > 0);
}

/**
 * struct played - a disk
 * @log: a letter for each call
 * @fail: letter of the call that fails
 * @head: what was pinned last
 */
struct played {
	char log[64];
	char fail;
	struct aum_hash head;
};

static int note(struct played *disk, char c)
{
	size_t n = strlen(disk->log);

	if (n + 1 < sizeof(disk->log))
		disk->log[n] = c;
	return disk->fail == c ? -EIO : 0;
}

static int play_create(void *ctx)
{
	return note(ctx, 'c');
}

static int play_put(void *ctx, struct chain_item *const *item, size_t n)
{
	(void)item;
	return n ? note(ctx, 'p') : -EINVAL;
}

static int play_set_ancestor(void *ctx, const struct aum_hash *hash)
{
	(void)hash;
	return note(ctx, 'a');
}

static int play_pin(void *ctx, const struct aum_hash *head)
{
	struct played *disk = ctx;

	disk->head = *head;
	return note(disk, 'h');
}

static struct authority_disk play(struct played *disk)
{
	return (struct authority_disk){
		.create = play_create,
		.put = play_put,
		.set_ancestor = play_set_ancestor,
		.pin = play_pin,
		.ctx = disk,
	};
}

/* A genesis and an update for it. */
static void some_updates(struct arena *mem, struct bytes *genesis,
			 struct bytes *update)
{
	json_t *root auto_clean(json) = tka_load("tka/aum-negative.json");
	const json_t *row = json_array_get(tka_get(root, "cases"), 0);

	*genesis = tka_bytes(tka_get(root, "genesis"), "cbor", mem);
	*update = tka_bytes(row, "cbor", mem);
}

static void writes_before_it_changes(void)
{
	struct authority *authority auto_clean(authority) = NULL;
	struct arena *mem auto_clean(arena) = arena_new();
	struct played disk = { 0 };
	struct authority_disk calls = play(&disk);
	struct bytes genesis, update;
	struct aum_hash head;

	some_updates(mem, &genesis, &update);
	/* Not even an empty store for a genesis that is not good. */
	CHECK_EQ(authority_bootstrap(update, &nothing_denied, NOW, &calls,
				     &authority), TNE_LOCK_AUM);
	CHECK(strcmp(disk.log, "") == 0);
	disk.fail = 'p';
	CHECK_EQ(authority_bootstrap(genesis, &nothing_denied, NOW, &calls,
				     &authority), -EIO);
	CHECK(!authority);
	CHECK(strcmp(disk.log, "cp") == 0);
	disk = (struct played){ 0 };
	CHECK_EQ(authority_bootstrap(genesis, &nothing_denied, NOW, &calls,
				     &authority), 0);
	CHECK(strcmp(disk.log, "cpah") == 0);
	head = authority_head(authority)->hash;
	CHECK(aum_hash_eq(&disk.head, &head));

	disk = (struct played){ .fail = 'p' };
	CHECK_EQ(authority_inform(authority, &update, 1, NOW), -EIO);
	CHECK(strcmp(disk.log, "p") == 0);
	CHECK(aum_hash_eq(&authority_head(authority)->hash, &head));
	CHECK_EQ(authority_chain(authority)->n, 1);
	/* What is done is done; that nobody guards it is worth a warning. */
	disk = (struct played){ .fail = 'h' };
	CHECK_EQ(authority_inform(authority, &update, 1, NOW), 1);
	CHECK(strcmp(disk.log, "ph") == 0);
	CHECK_EQ(authority_chain(authority)->n, 2);
	CHECK(aum_hash_eq(&authority_head(authority)->hash, &disk.head));
	/* Nothing new, nothing to write. */
	disk = (struct played){ 0 };
	CHECK_EQ(authority_inform(authority, &update, 1, NOW), 0);
	CHECK(strcmp(disk.log, "") == 0);
}

static void opens_only_what_is_whole(void)
{
	struct authority *authority auto_clean(authority) = NULL;
	struct arena *mem auto_clean(arena) = arena_new();
	struct authority_pin pin = { .exists = true };
	struct authority_stored stored = { 0 };
	struct bytes genesis, update;
	struct chain_item *item;

	some_updates(mem, &genesis, &update);
	CHECK_EQ(authority_open(&stored, NULL, &no_disk, &authority), -ENOENT);
	CHECK_EQ(authority_open(&stored, &pin, &no_disk, &authority),
		 TNE_LOCK_DAMAGED);
	stored.has_ancestor = true;
	CHECK_EQ(authority_open(&stored, NULL, &no_disk, &authority),
		 TNE_LOCK_DAMAGED);
	/* An update without the one before. */
	stored.has_ancestor = false;
	CHECK_EQ(chain_reserve(&stored.chain, 2, 0), 0);
	CHECK_EQ(chain_item_new(update, NOW, &item), 0);
	chain_add(&stored.chain, item);
	CHECK_EQ(authority_open(&stored, NULL, &no_disk, &authority),
		 TNE_LOCK_DAMAGED);
	CHECK_EQ(chain_item_new(genesis, NOW, &item), 0);
	chain_add(&stored.chain, item);
	/* Someone has put an older store in place. */
	CHECK_EQ(authority_open(&stored, &pin, &no_disk, &authority),
		 TNE_LOCK_DAMAGED);
	CHECK_EQ(stored.chain.n, 2);
	pin.head = item->hash;
	CHECK_EQ(authority_open(&stored, &pin, &no_disk, &authority), 0);
	CHECK_EQ(stored.chain.n, 0);
	CHECK(authority_oldest(authority) == item);
	CHECK(authority_head(authority) == item->child);
	authority_stored_done(&stored);
}

static void refuses_what_was_given_up(void)
{
	struct authority *authority auto_clean(authority) = NULL;
	struct arena *mem auto_clean(arena) = arena_new();
	const char *ids[] = { "1:2", "1234605616436508552:11072869122414935808" };
	struct text_list denied = { .item = ids, .n = 2 };
	struct bytes genesis, update;

	some_updates(mem, &genesis, &update);
	CHECK_EQ(authority_bootstrap(genesis, &denied, NOW, &no_disk,
				     &authority), TNE_LOCK_DENIED);
	denied.n = 1;
	CHECK_EQ(authority_bootstrap(genesis, &denied, NOW, &no_disk,
				     &authority), 0);
}

static void batches_have_a_limit(void)
{
	struct authority *authority auto_clean(authority) = NULL;
	struct arena *mem auto_clean(arena) = arena_new();
	struct bytes genesis, update, *many;
	size_t i;

	some_updates(mem, &genesis, &update);
	CHECK_EQ(authority_bootstrap(genesis, &nothing_denied, NOW, &no_disk,
				     &authority), 0);
	many = arena_array(mem, AUTHORITY_BATCH_MAX + 1, sizeof(*many));
	for (i = 0; i <= AUTHORITY_BATCH_MAX; i++)
		many[i] = genesis;
	CHECK_EQ(authority_inform(authority, many, AUTHORITY_BATCH_MAX + 1,
				  NOW), TNE_LOCK_LIMIT);
	CHECK_EQ(authority_inform(authority, many, AUTHORITY_BATCH_MAX, NOW),
		 0);
	CHECK_EQ(authority_inform(authority, NULL, 0, NOW), -EINVAL);
}

static int bootstrap_and_inform(void *ctx)
{
	struct authority *authority auto_clean(authority) = NULL;
	struct authority *again auto_clean(authority) = NULL;
	const struct bytes *data = ctx;
	int r;

	r = authority_bootstrap(data[0], &nothing_denied, NOW, &no_disk,
				&authority);
	if (r == 0)
		r = authority_inform(authority, &data[1], 1, NOW);
	if (r < 0) {
		/* Whole or not at all. */
		if (authority && authority_chain(authority)->n != 1)
			return 0;
		return r;
	}
	return reopen(authority, &again);
}

static void every_allocation_may_fail(void)
{
	struct arena *mem auto_clean(arena) = arena_new();
	struct bytes data[2];

	some_updates(mem, &data[0], &data[1]);
	CHECK(fail_alloc_each(bootstrap_and_inform, data) >= 10);
}

static const struct test tests[] = {
	TEST(reference_scenarios),
	TEST(static_validity),
	TEST(static_validity_of_decoded),
	TEST(weights),
	TEST(single_updates),
	TEST(chains),
	TEST(disablement),
	TEST(disablement_verdicts),
	TEST(writes_before_it_changes),
	TEST(opens_only_what_is_whole),
	TEST(refuses_what_was_given_up),
	TEST(batches_have_a_limit),
	TEST(every_allocation_may_fail),
};
TEST_MAIN(tests)
