// SPDX-License-Identifier: GPL-2.0-only
/* A wanted view on its way into a module that is played by module.c. */
#include "test.h"

#include "fail_alloc.h"
#include "module.h"
#include "table.h"
#include "views.h"

#include "base/array.h"
#include "dataplane/apply.h"
#include "dataplane/batch.h"

#include <errno.h>

#define IFNAME "tailnet0"

static int sync_keys(struct apply_state *state, const struct wanted *want,
		     const struct node_public *keys, size_t n,
		     struct apply_report *report)
{
	struct err_detail detail;

	apply_report_done(report);
	return apply_wanted(NULL, IFNAME, state, want, keys, n, &detail,
			    report);
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

#define CHECK_TABLE(w) do {						\
	char why__[100];						\
									\
	test_checks++;							\
	if (!table_is(&module.table, w, why__, sizeof(why__))) {	\
		test_fail(__FILE__, __LINE__, "the table differs: %s",	\
			  why__);					\
		return;							\
	}								\
} while (0)

static void life_of_a_device(void)
{
	struct apply_state state = { 0 };
	struct apply_report report = { 0 };
	struct wanted want = { 0 };
	struct node_public key = view_key(2);
	struct secret32 *secret;
	struct wanted_peer *peer;

	CHECK_EQ(secret_init(), 0);
	secret = secret32_new();
	key_make_private(secret);
	module_reset();
	wanted_set_private_key(&want.dev, secret);
	want.dev.fwmark = 0x80000;
	want.dev.managed = true;
	view_fill(&want, 5);

	test_case("first");
	CHECK_EQ(sync_keys(&state, &want, NULL, 0, &report), 0);
	CHECK_LOG("dPlbac");
	CHECK(report.sent && report.resynced);
	CHECK_TABLE(&want);
	CHECK_EQ(state.generation, module.generation);

	test_case("nothing changed: nothing sent, whatever is named");
	CHECK_EQ(sync_keys(&state, &want, &key, 1, &report), 0);
	CHECK_EQ(sync_keys(&state, &want, NULL, 0, &report), 0);
	CHECK_LOG("");
	CHECK(!report.sent && !report.resynced);

	test_case("one peer");
	peer = wanted_peer_copy(wanted_find(&want, &key));
	peer->endpoint.addr_len = 0;
	view_put(&want, peer);
	CHECK_EQ(sync_keys(&state, &want, &key, 1, &report), 0);
	CHECK_LOG("bac");
	CHECK_TABLE(&want);

	test_case("the agent starts again: it reads, and touches nothing");
	apply_state_done(&state);
	CHECK_EQ(sync_keys(&state, &want, NULL, 0, &report), 0);
	CHECK_LOG("dPl");
	CHECK(!report.sent && report.resynced);

	test_case("somebody else has changed it");
	table_op(&module.table, TAILNET_PEER_OP_DEL, &key);
	module.generation++;
	wanted_remove(&want, &key);
	key = view_key(3);
	peer = wanted_peer_copy(wanted_find(&want, &key));
	peer->keepalive_s = 25;
	view_put(&want, peer);
	CHECK_EQ(sync_keys(&state, &want, &key, 1, &report), 0);
	CHECK_LOG("bdPlbac");
	CHECK_TABLE(&want);

	test_case("a roaming peer has moved");
	peer = wanted_peer_copy(wanted_find(&want, &key));
	peer->roam = true;
	view_put(&want, peer);
	CHECK_EQ(sync_keys(&state, &want, &key, 1, &report), 0);
	CHECK_LOG("bac");
	table_find(&module.table, &key)->endpoint.port = 99;
	apply_state_done(&state);
	CHECK_EQ(sync_keys(&state, &want, NULL, 0, &report), 0);
	CHECK_LOG("dPl");
	CHECK_EQ(table_find(&module.table, &key)->endpoint.port, 99);

	apply_state_done(&state);
	apply_report_done(&report);
	wanted_done(&want);
	secret32_free(secret);
	module_reset();
}

static void surprises(void)
{
	static const struct {
		const char *name;
		const char *log;
		int r;
		char fail;
		int err;
		int times;
		int meddle;
	} cases[] = {
		{ "none", "dPlbac", 0 },
		{ "changed before the begin", "dPlbdPlbac", 0,
		  'b', -ESTALE, 1 },
		{ "changed while it was open", "dPlbacxdPlbac", 0,
		  .meddle = 1 },
		{ "a peer that is there already", "dPlbacxdPlbac", 0,
		  'c', -EEXIST, 1 },
		{ "a peer that is not there", "dPlbacxdPlbac", 0,
		  'c', -ENOENT, 1 },
		{ "the transaction is gone", "dPlbaxdPlbac", 0,
		  'a', -ENOENT, 1 },
		{ "interrupted", "dPlbaxdPlbac", 0, 'a', -EINTR, 1 },
		{ "never as expected", "dPlbdPlbdPlbdPlbdPlb", -EAGAIN,
		  'b', -ESTALE, 100 },
		{ "another one open: later", "dPlb", -EBUSY, 'b', -EBUSY, 1 },
		{ "no device", "d", -ENODEV, 'd', -ENODEV, 9 },
		{ "no permission", "dP", -EPERM, 'P', -EPERM, 9 },
		{ "refused as a whole", "dPlbax", -EINVAL, 'a', -EINVAL, 1 },
		{ "out of memory there", "dPlbacx", -ENOMEM,
		  'c', -ENOMEM, 1 },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		struct apply_state state = { 0 };
		struct apply_report report = { 0 };
		struct wanted want = { 0 };

		test_case("%s", cases[i].name);
		module_reset();
		module.fail = cases[i].fail;
		module.err = cases[i].err;
		module.times = cases[i].times;
		module.meddle = cases[i].meddle;
		view_fill(&want, 3);
		CHECK_EQ(sync_keys(&state, &want, NULL, 0, &report),
			 cases[i].r);
		CHECK_LOG(cases[i].log);
		CHECK_EQ(module.table.n, cases[i].r < 0 ? 0 : 3);
		CHECK_EQ(report.sent, cases[i].r == 0);
		CHECK_EQ(module.token, 0);
		/* And then it goes on, as if nothing had been. */
		module.times = 0;
		CHECK_EQ(sync_keys(&state, &want, NULL, 0, &report), 0);
		CHECK_TABLE(&want);
		apply_state_done(&state);
		apply_report_done(&report);
		wanted_done(&want);
	}
	module_reset();
}

static void refusals(void)
{
	struct apply_state state = { 0 };
	struct apply_report report = { 0 };
	struct wanted want = { 0 };
	struct node_public key;
	size_t i;

	module_reset();
	module.refuse = 4;
	view_fill(&want, 10);
	CHECK_EQ(sync_keys(&state, &want, NULL, 0, &report), 0);
	CHECK_EQ(report.n_refused, 2);
	for (i = 0; i < 2; i++) {
		CHECK_EQ(report.refused[i].err, -EINVAL);
		CHECK_EQ(report.refused[i].key.byte[31] % 4, 0);
		CHECK(strstr(report.refused[i].detail.text, "not this one"));
		CHECK(strstr(report.refused[i].detail.text, "node-id"));
	}
	CHECK_EQ(module.table.n, 8);
	key = view_key(8);
	CHECK(!wanted_find(&state.have, &key));
	CHECK_LOG("dPlbaxbaxbac");

	test_case("more than are worth the tries");
	module_reset();
	apply_state_done(&state);
	wanted_done(&want);
	view_fill(&want, 80);
	module.refuse = 1;
	CHECK_EQ(sync_keys(&state, &want, NULL, 0, &report), -EINVAL);
	CHECK_EQ(report.n_refused, 64);
	CHECK_EQ(module.table.n, 0);
	apply_state_done(&state);
	apply_report_done(&report);
	wanted_done(&want);
	module_reset();
}

/* Through messages and back: what is read is what was wanted. */
static void random_walk(void)
{
	struct apply_state state = { 0 };
	struct apply_report report = { 0 };
	struct wanted want = { 0 };
	uint32_t seed = 5, i, n;

	module_reset();
	for (i = 0; i < 1500; i++) {
		struct node_public keys[8];

		test_case("step %u", i);
		for (n = 0; n < 1 + view_random(&seed, 4); n++) {
			struct wanted_peer *peer = view_random_peer(&seed);

			keys[n] = peer->key;
			/* Where one that roams is may be its own affair. */
			peer->roam = false;
			if (view_random(&seed, 3)) {
				view_put(&want, peer);
			} else {
				wanted_remove(&want, &keys[n]);
				wanted_peer_free(peer);
			}
		}
		view_random_device(&seed, &want.dev);
		if (view_random(&seed, 9) == 0)
			apply_state_done(&state);
		if (view_random(&seed, 9) == 0)
			module.generation++;
		CHECK_EQ(sync_keys(&state, &want, keys, n, &report), 0);
		CHECK_TABLE(&want);
		CHECK_EQ(report.n_refused, 0);
		module_clear_log();
	}
	apply_state_done(&state);
	apply_report_done(&report);
	wanted_done(&want);
	module_reset();
}

static void many_peers(void)
{
	struct apply_state state = { 0 };
	struct apply_report report = { 0 };
	struct wanted want = { 0 };
	struct node_public key = view_key(1);
	struct wanted_peer *peer;
	uint32_t i;

	module_reset();
	view_fill(&want, 2000);
	/* One that does not fit a message by itself. */
	peer = wanted_peer_copy(wanted_find(&want, &key));
	for (i = 0; i < 3000; i++) {
		struct wg_prefix prefix = view_prefix(0x10000 + i, 32);

		CHECK_EQ(wg_prefixes_add(&peer->prefixes, &prefix), 0);
	}
	view_put(&want, peer);
	CHECK_EQ(sync_keys(&state, &want, NULL, 0, &report), 0);
	CHECK(module.n > 10 && module.n < 50);
	CHECK(module.bytes <= BATCH_MSG_MAX &&
	      module.bytes > BATCH_MSG_MAX - 512);
	CHECK_EQ(module.table.n, 2000);
	CHECK_EQ(table_find(&module.table, &key)->prefixes.n, 3002);
	module_clear_log();
	apply_state_done(&state);
	CHECK_EQ(sync_keys(&state, &want, NULL, 0, &report), 0);
	CHECK_LOG("dPl");
	apply_state_done(&state);
	apply_report_done(&report);
	wanted_done(&want);
	module_reset();
}

/* A replacement, as a transaction of its own. */
static void replaces(void)
{
	struct wanted a = { 0 }, b = { 0 };
	struct apply_state state = { 0 };
	struct apply_report report = { 0 };
	struct batch batch = { 0 };
	struct nl_refusal refusal;
	struct nl_msg *msg;
	struct plan plan;
	size_t i;

	module_reset();
	view_fill(&a, 4);
	CHECK_EQ(sync_keys(&state, &a, NULL, 0, &report), 0);
	view_put(&b, view_peer(2));
	view_put(&b, view_peer(9));
	CHECK_EQ(plan_full(NULL, &b, &plan), 0);
	msg = batch_txn_begin(0x1d, IFNAME, plan.replace, NULL);
	CHECK_EQ(genl_conn_do(NULL, msg, NULL, NULL, &refusal), 0);
	batch_msg_free(msg);
	CHECK_EQ(batch_plan_items(0x1d, IFNAME, 42, &plan, &batch), 0);
	for (i = 0; i < batch.n; i++)
		CHECK_EQ(genl_conn_do(NULL, batch.msg[i], NULL, NULL,
				      &refusal), 0);
	msg = batch_txn_commit(0x1d, IFNAME, 42);
	CHECK_EQ(genl_conn_do(NULL, msg, NULL, NULL, &refusal), 0);
	batch_msg_free(msg);
	CHECK_TABLE(&b);
	batch_done(&batch);
	plan_done(&plan);
	apply_state_done(&state);
	apply_report_done(&report);
	wanted_done(&a);
	wanted_done(&b);
	module_reset();
}

static int build_once(void *ctx)
{
	struct batch batch = { 0 };
	int r = batch_plan_items(0x1d, IFNAME, 42, ctx, &batch);

	batch_done(&batch);
	return r;
}

static void without_memory(void)
{
	struct wanted have = { 0 }, want = { 0 };
	struct plan plan;

	view_fill(&want, 400);
	CHECK_EQ(plan_full(&have, &want, &plan), 0);
	CHECK(fail_alloc_each(build_once, &plan) > 2);
	plan_done(&plan);
	wanted_done(&want);
}

static const struct test tests[] = {
	TEST(life_of_a_device),
	TEST(surprises),
	TEST(refusals),
	TEST(random_walk),
	TEST(many_peers),
	TEST(replaces),
	TEST(without_memory),
};

TEST_MAIN(tests)
