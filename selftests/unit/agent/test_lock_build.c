// SPDX-License-Identifier: GPL-2.0-only
#include "test.h"
#include "tka.h"

#include "base/err.h"
#include "crypto/lock_key.h"
#include "fail_alloc.h"
#include "lock/authority.h"
#include "lock/build.h"
#include "lock/check.h"
#include "lock/resolve.h"
#include "wire/aum.h"

#define NOW 1700000000

static const struct text_list nothing_denied;
static const struct authority_disk no_disk;

static void signer_of(const uint8_t seed[SECRET_LEN], struct lock_signer *ret)
{
	ret->seed = secret32_new();
	memcpy(secret32_expose(ret->seed), seed, SECRET_LEN);
	if (lock_key_derive(ret->seed, &ret->public) < 0)
		test_fail(__FILE__, __LINE__, "no public key");
}

static void actor(const json_t *root, const char *name,
		  struct lock_signer *ret)
{
	uint8_t seed[SECRET_LEN];

	tka_fixed(tka_get(tka_get(root, "actors"), name), "seed", seed,
		  SECRET_LEN);
	signer_of(seed, ret);
}

static const json_t *case_named(const json_t *root, const char *name)
{
	const json_t *rows = tka_get(root, "cases");
	size_t i;

	for (i = 0; i < json_array_size(rows); i++) {
		if (strcmp(tka_text(json_array_get(rows, i), "name"),
			   name) == 0)
			return json_array_get(rows, i);
	}
	return NULL;
}

static struct bytes id_of(const struct lock_signer *signer)
{
	return (struct bytes){ signer->public.byte, KEY_LEN };
}

static struct lock_key key_of(struct bytes id)
{
	return (struct lock_key){
		.kind = LOCK_KEY_25519,
		.votes = 1,
		.id = { .set = true, .b = id },
	};
}

/* One key more, as a node would that hears of its own update by the server. */
static void add_key(struct authority *authority,
		    const struct lock_signer *signer, const json_t *public,
		    const json_t *kinds, struct arena *mem)
{
	struct lock_key key = key_of(tka_value_bytes(public, mem));
	struct builder builder;
	struct aum aum;
	size_t i;

	CHECK_EQ(build_begin(authority, signer, mem, &builder), 0);
	CHECK_EQ(build_add_key(&builder, &key), 0);
	CHECK_EQ(build_finish(&builder), 0);
	CHECK_EQ(builder.n, json_array_size(kinds));
	for (i = 0; i < builder.n; i++) {
		CHECK_EQ(aum_parse(builder.update[i], mem, &aum), 0);
		CHECK_EQ(aum.kind,
			 json_number_value(json_array_get(kinds, i)));
	}
	CHECK_EQ(authority_inform(authority, builder.update, builder.n, NOW),
		 0);
}

static void adds_checkpoints(void)
{
	json_t *root auto_clean(json) = tka_load("tka/aum-chains.json");
	const json_t *row = case_named(root, "automatic-checkpoint");
	struct authority *authority auto_clean(authority) = NULL;
	struct arena *mem auto_clean(arena) = arena_new();
	const json_t *keys = tka_get(row, "added_public_keys");
	struct bytes checkpoint = tka_bytes(row, "checkpoint_cbor", mem);
	struct lock_signer signer;
	bool seen = false;
	size_t i;

	actor(root, tka_text(row, "signer"), &signer);
	CHECK_EQ(authority_bootstrap(tka_bytes(tka_get(row, "genesis"), "cbor",
					       mem), &nothing_denied, NOW,
				     &no_disk, &authority), 0);
	for (i = 0; i < json_array_size(keys); i++) {
		struct bytes head;

		test_case("update %zu", i);
		CHECK_IN(add_key(authority, &signer, json_array_get(keys, i),
				 json_array_get(tka_get(row,
						"kinds_per_update"), i),
				 mem));
		CHECK_MEM(authority_head(authority)->hash.byte,
			  tka_value_bytes(json_array_get(tka_get(row, "heads"),
							 i), mem).data,
			  AUM_HASH_LEN);
		head = authority_head(authority)->data;
		seen |= bytes_eq(head, checkpoint);
	}
	CHECK(seen);
	secret32_free(signer.seed);
}

static struct authority *chain_of(const json_t *rows, const char *field,
				  struct arena *mem)
{
	size_t i, n = json_array_size(rows);
	struct bytes *update = arena_array(mem, n, sizeof(*update));
	struct authority *authority = NULL;
	int r;

	for (i = 0; i < n; i++)
		update[i] = tka_bytes(json_array_get(rows, i), field, mem);
	r = authority_bootstrap(update[0], &nothing_denied, NOW, &no_disk,
				&authority);
	if (r == 0 && n > 1)
		r = authority_inform(authority, update + 1, n - 1, NOW);
	if (r < 0)
		test_fail(__FILE__, __LINE__, "chain is refused: %d", r);
	return authority;
}

static void check_revocation(const json_t *row)
{
	struct authority *authority auto_clean(authority) = NULL;
	struct arena *mem auto_clean(arena) = arena_new();
	const json_t *list = tka_get(row, "remove_keys");
	const char *from = tka_text(row, "fork_from");
	size_t i, n = json_array_size(list);
	struct bytes *ids = arena_array(mem, n, sizeof(*ids)), data, known;
	struct aum_hash fork;
	int r;

	authority = chain_of(tka_get(row, "chain"), "serialized", mem);
	CHECK(authority);
	for (i = 0; i < n; i++)
		ids[i] = tka_value_bytes(json_array_get(list, i), mem);
	if (*from)
		CHECK_EQ(aum_hash_parse(from, strlen(from), &fork), 0);
	r = build_revocation(authority, ids, n,
			     tka_bytes(row, "our_key", mem),
			     *from ? &fork : NULL, mem, &data);
	CHECK_EQ(r, tka_bool(row, "ok") ? 0 : TNE_LOCK_APPLY);
	if (r < 0)
		return;
	known = tka_bytes(row, "unsigned_update", mem);
	CHECK_EQ(data.len, known.len);
	CHECK_MEM(data.data, known.data, known.len);
}

static void reference_revocations(void)
{
	json_t *root auto_clean(json) = tka_load("tka-reference/authority.json");
	const json_t *rows = tka_get(root, "revocations"), *row;
	size_t i;

	for (i = 0; i < json_array_size(rows); i++) {
		row = json_array_get(rows, i);
		test_case("%s", tka_text(row, "name"));
		CHECK_IN(check_revocation(row));
	}
	CHECK(i > 0);
}

/* From the compromise to the head that all agree on. */
static void cosigned_revocation_wins(void)
{
	json_t *root auto_clean(json) = tka_load("tka/aum-chains.json");
	const json_t *row = case_named(root, "revocation");
	const json_t *steps = tka_get(row, "steps"), *made, *last;
	struct authority *authority auto_clean(authority) = NULL;
	struct arena *mem auto_clean(arena) = arena_new();
	struct lock_signer first, second;
	struct bytes update, known, update_2[2];
	size_t i, j;

	for (i = 0; i < 3; i++) {
		const json_t *step = json_array_get(steps, i), *list;

		if (i == 0) {
			CHECK_EQ(authority_bootstrap(tka_bytes(tka_get(step,
					"bootstrap"), "cbor", mem),
					&nothing_denied, NOW, &no_disk,
					&authority), 0);
			continue;
		}
		list = tka_get(step, "inform");
		CHECK_EQ(json_array_size(list), 2);
		for (j = 0; j < 2; j++)
			update_2[j] = tka_bytes(json_array_get(list, j),
						"cbor", mem);
		CHECK_EQ(authority_inform(authority, update_2, 2, NOW), 0);
	}
	made = json_array_get(steps, 3);
	last = json_array_get(steps, 4);
	update = tka_bytes(made, "unsigned", mem);
	actor(root, "k1", &first);
	actor(root, "k2", &second);
	/* Nobody has signed it. */
	CHECK_EQ(authority_inform(authority, &update, 1, NOW),
		 TNE_LOCK_SIGNATURE);
	CHECK_EQ(build_cosign(update, &first, mem, &update), 0);
	CHECK_EQ(build_cosign(update, &first, mem, &update), TNE_LOCK_EXISTS);
	CHECK_EQ(build_cosign(update, &second, mem, &update), 0);
	known = tka_bytes(json_array_get(tka_get(last, "inform"), 0), "cbor",
			  mem);
	CHECK(bytes_eq(update, known));
	CHECK_EQ(authority_inform(authority, &update, 1, NOW), 0);
	CHECK_MEM(authority_head(authority)->hash.byte,
		  tka_bytes(last, "head", mem).data, AUM_HASH_LEN);
	secret32_free(first.seed);
	secret32_free(second.seed);
}

static int genesis_of(const struct lock_signer *signer, struct arena *mem,
		      struct bytes *ret)
{
	static const uint8_t value[LOCK_VALUE_LEN] = { 1 };
	struct bytes values = { value, sizeof(value) };
	const uint64_t id[2] = { 7, UINT64_MAX };
	struct lock_key key = key_of(id_of(signer));

	return build_genesis(&key, 1, &values, 1, id, signer, mem, ret);
}

static void begins_an_authority(void)
{
	struct authority *authority auto_clean(authority) = NULL;
	struct arena *mem auto_clean(arena) = arena_new();
	const uint8_t seed[2][SECRET_LEN] = { { 1 }, { 2 } };
	char id[AUTHORITY_ID_TEXT_MAX];
	struct lock_signer one, other;
	struct lock_key key;
	struct builder builder;
	struct bytes genesis;
	const uint64_t ids[2] = { 0 };

	signer_of(seed[0], &one);
	signer_of(seed[1], &other);
	CHECK_EQ(genesis_of(&one, mem, &genesis), 0);
	CHECK_EQ(authority_bootstrap(genesis, &nothing_denied, NOW, &no_disk,
				     &authority), 0);
	CHECK(strcmp(authority_id_text(authority_state(authority), id),
		     "7:18446744073709551615") == 0);
	/* Keys that do not have ours among them; no values. */
	key = key_of(id_of(&other));
	CHECK_EQ(build_genesis(&key, 1, NULL, 0, ids, &one, mem, &genesis),
		 TNE_LOCK_SIGNER);
	CHECK_EQ(build_genesis(&key, 1, NULL, 0, ids, &other, mem, &genesis),
		 TNE_LOCK_AUM);
	CHECK_EQ(build_begin(authority, &other, mem, &builder),
		 TNE_LOCK_SIGNER);
	CHECK_EQ(build_begin(authority, &one, mem, &builder), 0);
	CHECK_EQ(build_remove_key(&builder, id_of(&one)), TNE_LOCK_APPLY);
	CHECK_EQ(build_set_votes(&builder, id_of(&other), 2), TNE_LOCK_APPLY);
	CHECK_EQ(build_set_votes(&builder, id_of(&one), LOCK_VOTES_MAX + 1),
		 TNE_LOCK_APPLY);
	key.votes = 0;
	CHECK_EQ(build_add_key(&builder, &key), TNE_LOCK_AUM);
	key.votes = 1;
	CHECK_EQ(build_add_key(&builder, &key), 0);
	CHECK_EQ(build_add_key(&builder, &key), TNE_LOCK_APPLY);
	CHECK_EQ(build_set_votes(&builder, id_of(&other), 2), 0);
	CHECK_EQ(build_remove_key(&builder, id_of(&one)), 0);
	CHECK_EQ(build_finish(&builder), 0);
	CHECK_EQ(builder.n, 3);
	CHECK_EQ(authority_inform(authority, builder.update, builder.n, NOW),
		 0);
	CHECK_EQ(authority_state(authority)->n_keys, 1);
	CHECK_EQ(authority_state(authority)->keys[0].votes, 2);
	secret32_free(one.seed);
	secret32_free(other.seed);
}

/* What is taken can be opened again; what could not be is not taken. */
static void chains_have_a_limit(void)
{
	struct authority *authority auto_clean(authority) = NULL;
	struct authority *again auto_clean(authority) = NULL;
	struct arena *mem auto_clean(arena) = arena_new();
	const uint8_t seed[SECRET_LEN] = { 1 };
	struct authority_stored stored = { 0 };
	struct lock_signer signer;
	struct builder builder;
	struct chain_item *item;
	struct bytes genesis;
	size_t i;

	signer_of(seed, &signer);
	CHECK_EQ(genesis_of(&signer, mem, &genesis), 0);
	CHECK_EQ(authority_bootstrap(genesis, &nothing_denied, NOW, &no_disk,
				     &authority), 0);
	CHECK_EQ(build_begin(authority, &signer, mem, &builder), 0);
	for (i = 1; i <= RESOLVE_MAX; i++)
		CHECK_EQ(build_set_votes(&builder, id_of(&signer), i % 2 + 1),
			 0);
	CHECK_EQ(authority_inform(authority, builder.update, builder.n, NOW),
		 TNE_LOCK_LIMIT);
	CHECK_EQ(authority_chain(authority)->n, 1);
	CHECK_EQ(authority_inform(authority, builder.update, builder.n - 1,
				  NOW), 0);
	CHECK_EQ(authority_inform(authority, &builder.update[builder.n - 1],
				  1, NOW), TNE_LOCK_LIMIT);
	CHECK_EQ(authority_chain(authority)->n, RESOLVE_MAX);

	CHECK_EQ(chain_reserve(&stored.chain, RESOLVE_MAX + 1, 0), 0);
	for (i = 0; i <= RESOLVE_MAX; i++) {
		CHECK_EQ(chain_item_new(i ? builder.update[i - 1] : genesis,
					NOW, &item), 0);
		chain_add(&stored.chain, item);
	}
	CHECK_EQ(authority_open(&stored, NULL, &no_disk, &again),
		 TNE_LOCK_LIMIT);
	chain_take(&stored.chain, item);
	chain_item_free(item);
	CHECK_EQ(authority_open(&stored, NULL, &no_disk, &again), 0);
	CHECK(aum_hash_eq(&authority_head(again)->hash,
			  &authority_head(authority)->hash));
	authority_stored_done(&stored);
	secret32_free(signer.seed);
}

static int build_some(void *ctx)
{
	struct authority *authority auto_clean(authority) = NULL;
	struct arena *mem auto_clean(arena) = arena_new();
	const struct lock_signer *signer = ctx;
	static const uint8_t id[KEY_LEN] = { 5 };
	struct lock_key key = key_of((struct bytes){ id, KEY_LEN });
	struct builder builder;
	struct bytes data;
	int r;

	if (!mem)
		return -1;
	r = genesis_of(signer, mem, &data);
	if (r == 0)
		r = authority_bootstrap(data, &nothing_denied, NOW, &no_disk,
					&authority);
	if (r == 0)
		r = build_begin(authority, signer, mem, &builder);
	if (r == 0)
		r = build_add_key(&builder, &key);
	if (r == 0)
		r = build_finish(&builder);
	if (r == 0)
		r = authority_inform(authority, builder.update, builder.n,
				     NOW);
	if (r == 0)
		r = build_revocation(authority, &key.id.b, 1, id_of(signer),
				     NULL, mem, &data);
	return r;
}

static void every_allocation_may_fail(void)
{
	const uint8_t seed[SECRET_LEN] = { 1 };
	struct lock_signer signer;

	signer_of(seed, &signer);
	CHECK(fail_alloc_each(build_some, &signer) >= 20);
	secret32_free(signer.seed);
}

static const struct test tests[] = {
	TEST(adds_checkpoints),
	TEST(reference_revocations),
	TEST(cosigned_revocation_wins),
	TEST(begins_an_authority),
	TEST(chains_have_a_limit),
	TEST(every_allocation_may_fail),
};
TEST_MAIN(tests)
