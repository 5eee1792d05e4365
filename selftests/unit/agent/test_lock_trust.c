// SPDX-License-Identifier: GPL-2.0-only
/*
 * What nobody with a key has made must not change who is trusted: neither on
 * disk nor when it comes from the server.
 */
#include "fail_alloc.h"
#include "lock_rig.h"

#include "lock/check.h"
#include "lock/resolve.h"
#include "lock/state.h"
#include "lock/trust.h"
#include "wire/aum.h"

/**
 * struct story - a key was trusted, and is not any more
 * @server: whose genesis it is
 * @thief: the key
 * @added: the update that trusted it
 * @removed: the one that does not
 */
struct story {
	struct server server;
	struct lock_signer thief;
	struct bytes added;
	struct bytes removed;
};

static struct bytes id_of(const struct lock_signer *signer)
{
	return (struct bytes){ signer->public.byte, KEY_LEN };
}

static bool trusts_thief(const struct authority *authority,
			 const struct story *s)
{
	return lock_state_find_key(authority_state(authority),
				   id_of(&s->thief));
}

static void story_done(struct story *s)
{
	secret32_free(s->thief.seed);
	server_done(&s->server);
}

/* One update on top of what the server has. */
static struct bytes change(struct story *s, const struct lock_key *add,
			   struct bytes remove)
{
	struct builder builder;

	if (build_begin(s->server.authority, &s->server.signer, s->server.mem,
			&builder) < 0 ||
	    (add ? build_add_key(&builder, add) :
		   build_remove_key(&builder, remove)) < 0 ||
	    authority_inform(s->server.authority, builder.update, 1, NOW) < 0)
		test_fail(__FILE__, __LINE__, "no update");
	return builder.update[0];
}

static void story_init(struct story *s)
{
	struct lock_key key = { .kind = LOCK_KEY_25519, .votes = 1 };

	memset(s, 0, sizeof(*s));
	server_init(&s->server);
	s->thief.seed = secret32_new();
	memset(secret32_expose(s->thief.seed), 66, SECRET_LEN);
	lock_key_derive(s->thief.seed, &s->thief.public);
	key.id = (struct opt_bytes){ true, id_of(&s->thief) };
	s->added = change(s, &key, (struct bytes){ 0 });
	s->removed = change(s, NULL, id_of(&s->thief));
}

/* @n copies of each signature: the same update under another name. */
static struct bytes written_otherwise(struct bytes update, size_t n,
				      struct arena *mem)
{
	struct aum_sig *sigs;
	struct bytes data = { 0 };
	struct aum aum;
	size_t i;

	if (aum_parse(update, mem, &aum) < 0)
		abort();
	sigs = arena_array(mem, n * aum.n_sigs, sizeof(*sigs));
	for (i = 0; i < n * aum.n_sigs; i++)
		sigs[i] = aum.sigs[i % aum.n_sigs];
	aum.sigs = sigs;
	aum.n_sigs = i;
	if (aum_build(&aum, mem, &data) < 0)
		abort();
	return data;
}

static void begin(const struct story *s, struct authority **ret)
{
	CHECK_EQ(authority_bootstrap(s->server.genesis, &nothing_denied, NOW,
				     &no_disk, ret), 0);
}

/* Whoever knows no key cannot undo what came after an update. */
static void undone_by_nobody(void)
{
	struct authority *authority auto_clean(authority) = NULL;
	struct aum_hash name, other;
	struct bytes batch[2];
	size_t n, n_lower = 0;
	struct story s;

	story_init(&s);
	CHECK_IN(begin(&s, &authority));
	batch[0] = s.added;
	batch[1] = s.removed;
	CHECK_EQ(authority_inform(authority, batch, 2, NOW), 0);
	CHECK(!trusts_thief(authority, &s));
	CHECK_EQ(aum_hash(s.added, &name), 0);
	for (n = 2; n < 20; n++) {
		test_case("%zu signatures for one", n);
		batch[0] = written_otherwise(s.added, n, s.server.mem);
		CHECK_EQ(aum_hash(batch[0], &other), 0);
		n_lower += aum_hash_cmp(&other, &name) < 0;
		CHECK_EQ(authority_inform(authority, batch, 1, NOW), 0);
		CHECK(!trusts_thief(authority, &s));
		CHECK_EQ(authority_chain(authority)->n, n + 2);
	}
	/* By their hashes alone these would have won. */
	CHECK(n_lower > 0);
	story_done(&s);
}

/* Whatever comes first: both end at the same update. */
static void order_does_not_matter(void)
{
	struct authority *authority auto_clean(authority) = NULL;
	struct bytes other;
	struct story s;

	story_init(&s);
	CHECK_IN(begin(&s, &authority));
	other = written_otherwise(s.added, 2, s.server.mem);
	CHECK_EQ(authority_inform(authority, &other, 1, NOW), 0);
	CHECK(trusts_thief(authority, &s));
	CHECK_EQ(authority_inform(authority, &s.added, 1, NOW), 0);
	CHECK_EQ(authority_inform(authority, &s.removed, 1, NOW), 0);
	CHECK(!trusts_thief(authority, &s));
	CHECK(aum_hash_eq(&authority_head(authority)->hash,
			  &authority_head(s.server.authority)->hash));
	story_done(&s);
}

/* Thousands of signatures are checked as fast as the different ones are. */
static void repetitions_cost_little(void)
{
	struct authority *authority auto_clean(authority) = NULL;
	struct bytes batch[8];
	struct story s;
	size_t i;

	story_init(&s);
	CHECK_IN(begin(&s, &authority));
	for (i = 0; i < 8; i++)
		batch[i] = written_otherwise(s.added, 4096 - i, s.server.mem);
	CHECK_EQ(authority_inform(authority, batch, 8, NOW), 0);
	/* A bad one among them is still found. */
	batch[0] = written_otherwise(s.added, 4000, s.server.mem);
	((uint8_t *)batch[0].data)[batch[0].len - 1] ^= 1;
	CHECK_EQ(authority_inform(authority, batch, 1, NOW),
		 TNE_LOCK_SIGNATURE);
	story_done(&s);
}

static void bytes_have_a_limit(void)
{
	struct chain chain = { 0 };

	CHECK_EQ(chain_reserve(&chain, 1, CHAIN_BYTES_MAX), 0);
	CHECK_EQ(chain_reserve(&chain, 1, CHAIN_BYTES_MAX + 1),
		 TNE_LOCK_LIMIT);
	chain_done(&chain);
}

/* What is found on disk */

static void found(struct authority_stored *stored, struct bytes update)
{
	struct chain_item *item;

	CHECK_EQ(chain_item_new(update, NOW, &item), 0);
	CHECK_EQ(chain_reserve(&stored->chain, 1, update.len), 0);
	chain_add(&stored->chain, item);
}

/* @aum after another update. @by: who signs it; NULL = nobody */
static struct bytes made(struct story *s, struct bytes after, struct aum *aum,
			 const struct lock_signer *by)
{
	struct bytes data = { 0 };
	struct aum_hash hash;

	if (aum_hash(after, &hash) < 0 ||
	    arena_bytes(s->server.mem, (struct bytes){ hash.byte, AUM_HASH_LEN },
			&aum->prev.b) < 0)
		abort();
	aum->prev.set = true;
	if ((by && sign_aum(by, s->server.mem, aum) < 0) ||
	    aum_build(aum, s->server.mem, &data) < 0)
		abort();
	return data;
}

static struct bytes add_thief(struct story *s, struct bytes after,
			      const struct lock_signer *by)
{
	struct lock_key key = {
		.kind = LOCK_KEY_25519, .votes = 4096,
		.id = { true, id_of(&s->thief) },
	};
	struct aum aum = { .kind = AUM_ADD_KEY, .key = &key };

	return made(s, after, &aum, by);
}

/* In the name of a trusted key. */
static struct bytes no_op_forged(struct story *s, struct bytes after)
{
	struct aum aum = { .kind = AUM_NO_OP };
	struct bytes data = made(s, after, &aum, &s->server.signer);

	((uint8_t *)data.data)[data.len - 1] ^= 1;
	return data;
}

/* Everything to the thief: honest in its time, but it has lost. */
static struct bytes lost_fork(struct story *s)
{
	struct lock_state state = *authority_state(s->server.authority);
	struct lock_key key = {
		.kind = LOCK_KEY_25519, .votes = 1,
		.id = { true, id_of(&s->thief) },
	};
	struct aum aum = { .kind = AUM_CHECKPOINT, .state = &state };

	state.has_last = false;
	state.keys = &key;
	state.n_keys = 1;
	return made(s, s->added, &aum, &s->thief);
}

enum extra {
	NOTHING,
	UNSIGNED,	/* follows the newest, signed by nobody */
	BY_THIEF,	/* or by a key that is not trusted */
	FORGED,		/* or with a signature that is not good */
	FORGED_FORK,	/* the same, where it would win over what was removed */
	LOST_FORK,
	FOREIGN,	/* all of another authority */
};

static struct bytes extra(struct story *s, struct server *foreign,
			  enum extra which)
{
	switch (which) {
	case UNSIGNED:
		return add_thief(s, s->removed, NULL);
	case BY_THIEF:
		return add_thief(s, s->removed, &s->thief);
	case FORGED:
		return no_op_forged(s, s->removed);
	case FORGED_FORK:
		return no_op_forged(s, s->added);
	case LOST_FORK:
		return lost_fork(s);
	case FOREIGN:
		return foreign->genesis;
	case NOTHING:
		break;
	}
	return (struct bytes){ 0 };
}

static const struct on_disk {
	const char *name;
	enum extra extra;
	bool extra_is_first;	/* it is said to be the first that counts */
	bool pin_is_older;
	bool removed_is_gone;
	int want;
} cases[] = {
	{ "what was there", NOTHING, .want = 0 },
	{ "newer than the pin", NOTHING, .pin_is_older = true, .want = 0 },
	{ "older", NOTHING, .removed_is_gone = true, .want = TNE_LOCK_DAMAGED },
	{ "signed by nobody", UNSIGNED, .want = TNE_LOCK_DAMAGED },
	{ "signed by a key that is not trusted", BY_THIEF,
	  .want = TNE_LOCK_DAMAGED },
	{ "a forged signature", FORGED, .want = TNE_LOCK_DAMAGED },
	{ "a forged fork", FORGED_FORK, .want = TNE_LOCK_DAMAGED },
	{ "a fork that has lost", LOST_FORK, .want = 0 },
	{ "a fork that has lost, as the beginning", LOST_FORK,
	  .extra_is_first = true, .want = TNE_LOCK_DAMAGED },
	{ "another authority beside it", FOREIGN, .want = 0 },
	{ "another authority, as the beginning", FOREIGN,
	  .extra_is_first = true, .want = TNE_LOCK_DAMAGED },
};

static void hash_of(struct bytes update, struct aum_hash *ret)
{
	if (aum_hash(update, ret) < 0)
		abort();
}

static int open_case(struct story *s, struct server *foreign,
		     const struct on_disk *c, struct authority **ret)
{
	struct authority_stored stored = { .has_ancestor = true };
	struct authority_pin pin = { .exists = true };
	struct bytes more = extra(s, foreign, c->extra);
	int r;

	hash_of(c->pin_is_older ? s->added : s->removed, &pin.head);
	hash_of(c->extra_is_first ? more : s->server.genesis,
		&stored.ancestor);
	found(&stored, s->server.genesis);
	found(&stored, s->added);
	if (!c->removed_is_gone)
		found(&stored, s->removed);
	if (more.len)
		found(&stored, more);
	r = authority_open(&stored, &pin, &no_disk, ret);
	authority_stored_done(&stored);
	return r;
}

static void opens_what_was_verified(void)
{
	struct server foreign;
	struct story s;
	size_t i;

	story_init(&s);
	server_init_as(&foreign, 9);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct authority *authority auto_clean(authority) = NULL;

		test_case("%s", cases[i].name);
		CHECK_EQ(open_case(&s, &foreign, &cases[i], &authority),
			 cases[i].want);
		CHECK(!test_failed);
		if (authority)
			CHECK(!trusts_thief(authority, &s));
	}
	server_done(&foreign);
	story_done(&s);
}

struct run {
	struct authority_stored stored;
	struct authority_pin pin;
};

/* On failure what was found stays ours, for the next time. */
static int open_stored(void *ctx)
{
	struct authority *authority auto_clean(authority) = NULL;
	struct run *run = ctx;

	return authority_open(&run->stored, &run->pin, &no_disk, &authority);
}

static void every_allocation_may_fail(void)
{
	struct run run = { .pin = { .exists = true } };
	struct story s;

	story_init(&s);
	hash_of(s.removed, &run.pin.head);
	found(&run.stored, s.server.genesis);
	found(&run.stored, s.added);
	found(&run.stored, s.removed);
	found(&run.stored, lost_fork(&s));
	CHECK(!test_failed);
	CHECK(fail_alloc_each(open_stored, &run) >= 5);
	authority_stored_done(&run.stored);
	story_done(&s);
}

static const struct test tests[] = {
	TEST(undone_by_nobody),
	TEST(order_does_not_matter),
	TEST(repetitions_cost_little),
	TEST(bytes_have_a_limit),
	TEST(opens_what_was_verified),
	TEST(every_allocation_may_fail),
};

TEST_MAIN(tests)
