// SPDX-License-Identifier: GPL-2.0-only
/* The tailnet lock on its way into a module that is played by module.c. */
#include "test.h"

#include "fail_alloc.h"
#include "module.h"
#include "table.h"
#include "views.h"

#include "base/array.h"
#include "dataplane/apply.h"
#include "dataplane/batch.h"
#include "lock/admit.h"
#include "wire/nks.h"

#include <errno.h>

#define IFNAME "tailnet0"

static struct apply_state state;
static struct apply_report report;
static struct wanted want;

static int sync_keys(const struct node_public *keys, size_t n)
{
	struct err_detail detail;

	apply_report_done(&report);
	return apply_wanted(NULL, IFNAME, &state, &want, keys, n, &detail,
			    &report);
}

static void begin(uint32_t n)
{
	module_reset();
	view_fill(&want, n);
}

static void end(void)
{
	apply_state_done(&state);
	apply_report_done(&report);
	wanted_done(&want);
	module_reset();
}

#define CHECK_LOG(expected) do {					\
	test_checks++;							\
	if (strcmp(module.log, expected) != 0) {			\
		test_fail(__FILE__, __LINE__, "sent %s, not %s",	\
			  module.log, expected);			\
		return;							\
	}								\
	module_clear_log();						\
} while (0)

#define CHECK_TABLE() do {						\
	char why__[100];						\
									\
	test_checks++;							\
	if (!table_is(&module.table, &want, why__, sizeof(why__))) {	\
		test_fail(__FILE__, __LINE__, "the table differs: %s",	\
			  why__);					\
		return;							\
	}								\
} while (0)

static void trust(size_t n, uint8_t head)
{
	struct lock_public keys[512] = { 0 };
	size_t i;

	for (i = 0; i < n; i++) {
		keys[i].byte[0] = n - i;
		keys[i].byte[1] = (n - i) >> 8;
	}
	want.lock.on = true;
	memset(want.lock.head.byte, head, AUM_HASH_LEN);
	CHECK_EQ(wanted_lock_set_keys(&want.lock, keys, n), 0);
}

/* A signature with that many layers, and something of @n in each. */
static struct peer_sig *sig(uint8_t n, size_t layers)
{
	static uint8_t bytes[4][64];
	struct node_sig value = { .n = layers };
	size_t i;

	memset(bytes, n, sizeof(bytes));
	for (i = 0; i < layers; i++)
		value.layer[i] = (struct node_sig_layer){
			.kind = i + 1 < layers ? NODE_SIG_ROTATION :
						 NODE_SIG_DIRECT,
			.pubkey = { bytes[0], NODE_SIG_PUBKEY_LEN },
			.key_id = { bytes[1], KEY_LEN },
			.sig = { bytes[2], LOCK_SIG_LEN },
			.wrapping = { bytes[3], KEY_LEN },
		};
	return peer_sig_new(&value);
}

static struct node_public set_sig(uint32_t peer, struct peer_sig *value)
{
	struct node_public key = view_key(peer);
	struct wanted_peer *copy = wanted_peer_copy(wanted_find(&want, &key));

	peer_sig_put(copy->sig);
	copy->sig = value;
	view_put(&want, copy);
	return key;
}

static void values(void)
{
	struct peer_sig *a = sig(1, 3), *b = sig(1, 3), *c = sig(1, 2),
			*d = sig(2, 3);

	CHECK(peer_sig_eq(a, b) && peer_sig_eq(NULL, NULL) &&
	      peer_sig_eq(a, a));
	CHECK(!peer_sig_eq(a, c) && !peer_sig_eq(a, d) &&
	      !peer_sig_eq(a, NULL) && !peer_sig_eq(NULL, a));
	CHECK(peer_sig_get(a) == a && !peer_sig_get(NULL));
	peer_sig_put(a);
	CHECK_EQ(a->layer[2].kind, NODE_SIG_DIRECT);
	CHECK_EQ(a->layer[2].sig.data[63], 1);
	peer_sig_put(a);
	peer_sig_put(b);
	peer_sig_put(c);
	peer_sig_put(d);
	peer_sig_put(NULL);
}

static void locks(void)
{
	struct wanted_lock a = { .on = true }, b = { .on = true };
	struct lock_public keys[3] = { { { 3 } }, { { 1 } }, { { 3 } } };

	CHECK_EQ(wanted_lock_set_keys(&a, keys, 3), 0);
	CHECK(a.n_keys == 2 && a.keys[0].byte[0] == 1);
	CHECK(!wanted_lock_eq(&a, &b));
	CHECK_EQ(wanted_lock_copy(&a, &b), 0);
	CHECK(wanted_lock_eq(&a, &b));
	b.generation = 9;
	CHECK(wanted_lock_eq(&a, &b));
	b.head.byte[31] = 1;
	CHECK(!wanted_lock_eq(&a, &b));
	CHECK_EQ(wanted_lock_set_keys(&b, NULL, 0), 0);
	CHECK(b.n_keys == 0 && !b.keys);
	/* What an off one has does not count. */
	a.on = b.on = false;
	CHECK(wanted_lock_eq(&a, &b));
	wanted_lock_done(&a);
	wanted_lock_done(&b);
}

static void life_of_a_lock(void)
{
	struct node_public key;

	begin(5);
	key = set_sig(2, sig(7, 2));

	test_case("signatures without a lock");
	CHECK_EQ(sync_keys(NULL, 0), 0);
	CHECK_LOG("dPlbac");
	CHECK_EQ(module.n_layers, 2);
	CHECK(!module.table.lock.on);

	test_case("on: the keys before all peers");
	CHECK_IN(trust(2, 1));
	set_sig(3, sig(8, 1));
	CHECK_EQ(sync_keys(&key, 1), 0);
	CHECK_LOG("baac");
	CHECK(module.lock_first);
	CHECK_TABLE();
	CHECK_EQ(module.table.lock.generation, 1);
	CHECK_EQ(state.have.lock.generation, 1);

	test_case("the same again: nothing");
	CHECK_EQ(sync_keys(NULL, 0), 0);
	CHECK_LOG("");

	test_case("other keys");
	CHECK_IN(trust(3, 2));
	CHECK_EQ(sync_keys(&key, 1), 0);
	CHECK_LOG("bac");
	CHECK_EQ(module.table.lock.generation, 2);
	CHECK_TABLE();

	test_case("a signature less");
	key = set_sig(2, NULL);
	CHECK_EQ(sync_keys(&key, 1), 0);
	CHECK_LOG("bac");
	CHECK_TABLE();

	test_case("the agent starts again: signatures are told again, the keys not");
	apply_state_done(&state);
	module.n_layers = 0;
	CHECK_EQ(sync_keys(NULL, 0), 0);
	CHECK_LOG("dPlbac");
	CHECK_EQ(module.n_layers, 1);
	CHECK_EQ(module.table.lock.generation, 2);
	CHECK_TABLE();

	test_case("somebody else has changed the keys");
	module.table.lock.generation = 40;
	CHECK_EQ(wanted_lock_set_keys(&module.table.lock, NULL, 0), 0);
	module.generation++;
	key = set_sig(4, sig(9, 16));
	CHECK_EQ(sync_keys(&key, 1), 0);
	CHECK(module.lock_first);
	CHECK_EQ(module.table.lock.generation, 41);
	CHECK_TABLE();
	module_clear_log();

	test_case("nobody is trusted");
	CHECK_EQ(wanted_lock_set_keys(&want.lock, NULL, 0), 0);
	CHECK_EQ(sync_keys(NULL, 0), 0);
	CHECK_LOG("bac");
	CHECK(module.table.lock.on && !module.table.lock.n_keys);
	end();
}

static void turned_off(void)
{
	struct node_public key;

	begin(3);
	CHECK_IN(trust(1, 1));
	CHECK_EQ(sync_keys(NULL, 0), 0);
	module_clear_log();

	test_case("after those who go have gone");
	wanted_lock_done(&want.lock);
	want.lock.off = WANTED_LOCK_OFF_DISABLED;
	key = view_key(2);
	wanted_remove(&want, &key);
	CHECK_EQ(sync_keys(&key, 1), 0);
	CHECK_LOG("baco");
	CHECK_EQ(module.off_reason, TAILNET_LOCK_OFF_DISABLED);
	CHECK(!module.table.lock.on);
	CHECK_EQ(state.generation, module.generation);
	CHECK_EQ(sync_keys(NULL, 0), 0);
	CHECK_LOG("");

	test_case("on again: of a later generation");
	CHECK_IN(trust(1, 1));
	CHECK_EQ(sync_keys(NULL, 0), 0);
	CHECK_EQ(module.table.lock.generation, 2);
	module_clear_log();

	test_case("it was set anew meanwhile: read, and off");
	module.table.lock.generation = 7;
	wanted_lock_done(&want.lock);
	want.lock.off = WANTED_LOCK_OFF_LOCAL;
	CHECK_EQ(sync_keys(NULL, 0), 0);
	CHECK(!module.table.lock.on);
	CHECK_EQ(module.off_reason, TAILNET_LOCK_OFF_LOCAL);
	module_clear_log();

	test_case("it cannot be turned off: told, and tried again");
	CHECK_IN(trust(1, 1));
	CHECK_EQ(sync_keys(NULL, 0), 0);
	wanted_lock_done(&want.lock);
	module.fail = 'o';
	module.err = -EPERM;
	module.times = 1;
	CHECK_EQ(sync_keys(NULL, 0), -EPERM);
	CHECK(module.table.lock.on);
	CHECK_EQ(sync_keys(NULL, 0), 0);
	CHECK(!module.table.lock.on);
	CHECK_EQ(module.off_reason, TAILNET_LOCK_OFF_OTHER);
	end();
}

static void refused_as_a_whole(void)
{
	begin(3);
	CHECK_IN(trust(1, 1));
	module.fail = 'a';
	module.err = -EINVAL;
	module.times = 99;
	/* No peer without the keys. */
	CHECK(sync_keys(NULL, 0) < 0);
	CHECK_EQ(module.table.n, 0);
	end();
}

static void as_much_as_there_can_be(void)
{
	uint32_t i;

	begin(300);
	CHECK_IN(trust(512, 1));
	for (i = 1; i <= 300; i++)
		set_sig(i, sig(i, NODE_SIG_LAYERS_MAX));
	CHECK_EQ(sync_keys(NULL, 0), 0);
	CHECK(module.lock_first);
	CHECK(module.bytes <= BATCH_MSG_MAX);
	CHECK_EQ(module.n_layers, 300 * NODE_SIG_LAYERS_MAX);
	CHECK_EQ(module.table.lock.n_keys, 512);
	CHECK_TABLE();
	end();
}

static void unsigned_peers(void)
{
	struct node_public key = view_key(1);
	struct wanted_peer *peer;

	begin(2);
	CHECK_IN(trust(1, 1));
	peer = wanted_peer_copy(wanted_find(&want, &key));
	peer->unsigned_ok = true;
	view_put(&want, peer);
	CHECK_EQ(sync_keys(NULL, 0), 0);
	CHECK(table_find(&module.table, &key)->unsigned_ok);
	CHECK(!table_find(&module.table, &key)->rotated);

	test_case("its key was rotated away");
	peer = wanted_peer_copy(wanted_find(&want, &key));
	peer->rotated = true;
	view_put(&want, peer);
	CHECK_EQ(sync_keys(NULL, 0), 0);
	CHECK(table_find(&module.table, &key)->rotated);
	CHECK(table_find(&module.table, &key)->unsigned_ok);
	module_clear_log();

	/* It is told that these have none: nothing to be said. */
	apply_state_done(&state);
	CHECK_EQ(sync_keys(NULL, 0), 0);
	CHECK_LOG("dPl");

	test_case("after another agent: it was not");
	peer = wanted_peer_copy(wanted_find(&want, &key));
	peer->rotated = false;
	view_put(&want, peer);
	apply_state_done(&state);
	CHECK_EQ(sync_keys(NULL, 0), 0);
	CHECK(!table_find(&module.table, &key)->rotated);
	end();
}

static int plan_once(void *ctx)
{
	struct wanted have = { 0 };
	struct plan plan = { 0 };
	struct batch batch = { 0 };
	int r;

	(void)ctx;
	r = plan_full(&have, &want, &plan);
	if (r == 0)
		r = batch_plan_items(0x1d, IFNAME, 42, &plan, &batch);
	if (r == 0)
		r = plan_record(&plan, &have);
	batch_done(&batch);
	plan_done(&plan);
	wanted_done(&have);
	return r;
}

static void without_memory(void)
{
	begin(20);
	CHECK_IN(trust(5, 1));
	set_sig(1, sig(1, 16));
	CHECK(fail_alloc_each(plan_once, NULL) > 20);
	end();
}

/* What the kernel would not take keeps no others out. */
static void odd_signatures(void)
{
	uint8_t bytes[100] = { 0 };
	struct node_sig value = {
		.n = 1, .layer[0] = {
			.kind = NODE_SIG_DIRECT,
			.pubkey = { bytes, 34 }, .key_id = { bytes, 32 },
			.sig = { bytes, 64 },
		},
	};
	struct node_sig_layer *layer = &value.layer[0];
	static const struct {
		const char *name;
		uint8_t kind;
		size_t pubkey, key_id, sig, wrapping;
		bool told;
	} cases[] = {
		{ "honest", 1, 34, 32, 64, 0, true },
		{ "with a key for rotation", 1, 34, 32, 64, 32, true },
		{ "credential without a node", 3, 0, 32, 64, 32, true },
		{ "short parts", 2, 1, 1, 64, 0, true },
		{ "no signature", 1, 34, 32, 0, 0, true },
		{ "kind 0", 0, 34, 32, 64, 0, false },
		{ "kind 4", 4, 34, 32, 64, 0, false },
		{ "long node key", 1, 35, 32, 64, 0, false },
		{ "long key id", 1, 34, 33, 64, 0, false },
		{ "short signature", 1, 34, 32, 63, 0, false },
		{ "long signature", 1, 34, 32, 65, 0, false },
		{ "short key for rotation", 1, 34, 32, 64, 31, false },
	};
	uint8_t data[NKS_MAX];
	struct peer_sig *got;
	size_t i, len;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		test_case("%s", cases[i].name);
		layer->kind = cases[i].kind;
		layer->pubkey.len = cases[i].pubkey;
		layer->key_id.len = cases[i].key_id;
		layer->sig.len = cases[i].sig;
		layer->wrapping = (struct bytes){ bytes, cases[i].wrapping };
		CHECK_EQ(nks_build(&value, data, &len), 0);
		CHECK_EQ(admit_read_sig((struct bytes){ data, len }, &got), 0);
		CHECK_EQ(got != NULL, cases[i].told);
		peer_sig_put(got);
	}
	test_case("garbage");
	CHECK_EQ(admit_read_sig((struct bytes){ bytes, 5 }, &got), 0);
	CHECK(!got);
	CHECK_EQ(admit_read_sig((struct bytes){ 0 }, &got), 0);
	CHECK(!got);
}

static const struct test tests[] = {
	TEST(values),
	TEST(locks),
	TEST(life_of_a_lock),
	TEST(turned_off),
	TEST(refused_as_a_whole),
	TEST(as_much_as_there_can_be),
	TEST(unsigned_peers),
	TEST(without_memory),
	TEST(odd_signatures),
};

TEST_MAIN(tests)
