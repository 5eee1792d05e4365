// SPDX-License-Identifier: GPL-2.0-only
/* Plans: what is in them, that they lead where they should, what they cost. */
#include "test.h"

#include "fail_alloc.h"
#include "table.h"
#include "views.h"

#include "base/array.h"

#include <errno.h>
#include <time.h>

#define MANY 10000

/* One letter and a number for each item, "+1 *2 -3". */
static const char *outline(const struct plan *plan, char *text, size_t len)
{
	static const char op[] = { '+', '*', '-', '=' };
	size_t i, at = 0;

	text[0] = 0;
	for (i = 0; i < plan->n_peers; i++)
		at += snprintf(text + at, len - at, "%s%c%u", i ? " " : "",
			       op[plan->peers[i].op],
			       plan->peers[i].key.byte[31]);
	return text;
}

static void change_id(struct wanted_peer *p) { p->node_id = 99; }
static void change_roam(struct wanted_peer *p) { p->roam = true; }
static void change_keepalive(struct wanted_peer *p) { p->keepalive_s = 25; }
static void change_expiry(struct wanted_peer *p) { p->expires_s = 0; }
static void change_port(struct wanted_peer *p) { p->endpoint.port = 1; }
static void change_scope(struct wanted_peer *p) { p->endpoint.scope = 1; }
static void change_none(struct wanted_peer *p) { p->endpoint.addr_len = 0; }
static void change_nothing(struct wanted_peer *p) { (void)p; }

static void change_prefix(struct wanted_peer *p)
{
	p->prefixes.item[0] = view_prefix(77, 32);
}

static void one_change(void)
{
	static const struct {
		const char *name;
		void (*change)(struct wanted_peer *p);
		unsigned int set;
		size_t prefixes;
	} cases[] = {
		{ "nothing", change_nothing, 0, 0 },
		{ "node id", change_id, PLAN_PEER_NODE_ID, 0 },
		{ "roam", change_roam, PLAN_PEER_ROAM, 0 },
		{ "keepalive", change_keepalive, PLAN_PEER_KEEPALIVE, 0 },
		{ "expiry", change_expiry, PLAN_PEER_EXPIRES, 0 },
		{ "port", change_port, PLAN_PEER_ENDPOINT, 0 },
		{ "scope", change_scope, PLAN_PEER_ENDPOINT, 0 },
		{ "no endpoint", change_none, PLAN_PEER_ENDPOINT, 0 },
		{ "prefix", change_prefix, 0, 2 },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		struct wanted a = { 0 }, b = { 0 };
		struct node_public key = view_key(2);
		struct wanted_peer *peer = view_peer(2);
		struct plan plan;

		test_case("%s", cases[i].name);
		view_put(&a, view_peer(1));
		view_put(&a, view_peer(2));
		view_copy(&b, &a);
		cases[i].change(peer);
		view_put(&b, peer);
		CHECK_EQ(plan_full(&a, &b, &plan), 0);
		CHECK_EQ(plan_is_empty(&plan), i == 0);
		CHECK_EQ(plan.n_peers, i != 0);
		if (i) {
			CHECK_EQ(plan.peers[0].op, PLAN_CHANGE);
			CHECK_EQ(plan.peers[0].set, cases[i].set);
			CHECK_EQ(plan.peers[0].prefixes.n, cases[i].prefixes);
			CHECK_EQ(key_cmp_public(&plan.peers[0].key, &key), 0);
		}
		plan_done(&plan);
		wanted_done(&a);
		wanted_done(&b);
	}
}

static void order_of_items(void)
{
	struct wanted a = { 0 }, b = { 0 };
	struct wanted_peer *peer = view_peer(3);
	struct plan plan;
	char text[64];

	view_put(&a, view_peer(1));
	view_put(&a, view_peer(2));
	view_put(&a, view_peer(3));
	view_put(&b, view_peer(2));
	peer->keepalive_s = 1;
	view_put(&b, peer);
	view_put(&b, view_peer(4));
	CHECK_EQ(plan_full(&a, &b, &plan), 0);
	CHECK(strcmp(outline(&plan, text, sizeof(text)), "+4 *3 -1") == 0);
	plan_done(&plan);

	test_case("not known: everything, as a replacement");
	CHECK_EQ(plan_full(NULL, &b, &plan), 0);
	CHECK(plan.replace && !plan_is_empty(&plan));
	CHECK(strcmp(outline(&plan, text, sizeof(text)), "=2 =3 =4") == 0);
	CHECK_EQ(plan.dev_set, PLAN_DEV_KEY | PLAN_DEV_FWMARK |
			       PLAN_DEV_MANAGED | PLAN_DEV_SWITCHES);
	plan_done(&plan);

	test_case("a peer dropped from it");
	CHECK_EQ(plan_full(&a, &b, &plan), 0);
	CHECK(plan_drop_peer(&plan, &peer->key));
	CHECK(!plan_drop_peer(&plan, &peer->key));
	CHECK(strcmp(outline(&plan, text, sizeof(text)), "+4 -1") == 0);
	plan_done(&plan);
	wanted_done(&a);
	wanted_done(&b);
}

static void device_settings(void)
{
	struct wanted a = { 0 }, b = { 0 };
	struct secret32 *key;
	struct plan plan;

	CHECK_EQ(secret_init(), 0);
	key = secret32_new();
	key_make_private(key);
	b.dev.fwmark = 0x80000;
	CHECK_EQ(plan_delta(&a, &b, NULL, 0, &plan), 0);
	CHECK_EQ(plan.dev_set, PLAN_DEV_FWMARK);
	plan_done(&plan);
	wanted_set_private_key(&b.dev, key);
	CHECK_EQ(plan_full(&a, &b, &plan), 0);
	CHECK_EQ(plan.dev_set, PLAN_DEV_FWMARK | PLAN_DEV_KEY);
	CHECK_EQ(plan_record(&plan, &a), 0);
	CHECK(!a.dev.private_key && a.dev.has_key);
	plan_done(&plan);
	CHECK_EQ(plan_full(&a, &b, &plan), 0);
	CHECK(plan_is_empty(&plan));
	plan_done(&plan);
	secret32_free(key);
}

/* Rotation: another key, the same addresses. They are never without an owner. */
static void prefixes_move(void)
{
	struct wanted a = { 0 }, b = { 0 };
	struct wanted_peer *peer = view_peer(2);
	struct node_public keys[] = { view_key(2) };
	struct plan plan;

	view_put(&a, view_peer(1));
	peer->prefixes.item[0] = view_prefix(1, 32);
	peer->node_id = 1;
	view_put(&b, peer);
	CHECK_EQ(plan_full(&a, &b, &plan), 0);
	CHECK_EQ(plan.n_peers, 2);
	CHECK(plan.peers[0].op == PLAN_ADD && plan.peers[0].prefixes.n == 1);
	CHECK(plan.peers[1].op == PLAN_REMOVE);
	plan_done(&plan);

	test_case("both stay: given to the one, not taken from the other");
	peer = wanted_peer_copy(a.peers[0]);
	peer->prefixes.n = 0;
	view_put(&b, peer);
	CHECK_EQ(plan_full(&a, &b, &plan), 0);
	CHECK_EQ(plan.n_peers, 1);
	CHECK(plan.peers[0].op == PLAN_ADD && plan.peers[0].prefixes.n == 1);
	CHECK(!plan.peers[0].prefixes.item[0].remove);
	CHECK_EQ(plan_record(&plan, &a), 0);
	plan_done(&plan);
	CHECK_EQ(plan_full(&a, &b, &plan), 0);
	CHECK(plan_is_empty(&plan));
	plan_done(&plan);

	test_case("and back, by a delta that names the one only");
	wanted_remove(&b, &keys[0]);
	peer = view_peer(1);
	view_put(&b, peer);
	CHECK_EQ(plan_delta(&a, &b, keys, 1, &plan), 0);
	CHECK_EQ(plan.n_peers, 2);
	CHECK(plan.peers[0].op == PLAN_CHANGE &&
	      plan.peers[0].prefixes.n == 1);
	CHECK(plan.peers[1].op == PLAN_REMOVE);
	plan_done(&plan);
	wanted_done(&a);
	wanted_done(&b);
}

static void conflicts(void)
{
	struct wanted a = { 0 }, b = { 0 };
	struct wanted_peer *peer = view_peer(2);
	struct wg_prefix prefix = view_prefix(1, 32);
	struct node_public key = view_key(1);
	struct plan plan;

	view_put(&b, view_peer(1));
	wg_prefixes_add(&peer->prefixes, &prefix);
	view_put(&b, peer);
	CHECK_EQ(plan_full(&a, &b, &plan), 0);
	CHECK_EQ(plan.n_conflicts, 1);
	CHECK_EQ(plan.conflicts[0].keeper->node_id, 1);
	CHECK_EQ(plan.conflicts[0].loser->node_id, 2);
	CHECK_EQ(wanted_prefix_cmp(&plan.conflicts[0].prefix, &prefix), 0);
	CHECK_EQ(plan_record(&plan, &a), 0);
	plan_done(&plan);

	test_case("the keeper goes, the loser gets it, without being named");
	wanted_remove(&b, &key);
	CHECK_EQ(plan_delta(&a, &b, &key, 1, &plan), 0);
	CHECK_EQ(plan.n_conflicts, 0);
	CHECK_EQ(plan.n_peers, 2);
	CHECK(plan.peers[0].op == PLAN_CHANGE &&
	      plan.peers[0].prefixes.n == 1);
	CHECK_EQ(plan_record(&plan, &a), 0);
	plan_done(&plan);

	test_case("the keeper comes back: a conflict again");
	view_put(&b, view_peer(1));
	CHECK_EQ(plan_delta(&a, &b, &key, 1, &plan), 0);
	CHECK_EQ(plan.n_conflicts, 1);
	CHECK_EQ(plan.n_peers, 1);
	CHECK_EQ(plan.peers[0].op, PLAN_ADD);
	plan_done(&plan);
	wanted_done(&a);
	wanted_done(&b);
}

static void roaming(void)
{
	struct wanted a = { 0 }, b = { 0 };
	struct wanted_peer *peer = view_peer(1);
	struct plan plan;

	peer->roam = true;
	view_put(&b, peer);
	view_copy(&a, &b);

	test_case("it has moved: no difference");
	a.peers[0]->endpoint.port = 1;
	plan_trust_learned(&a, &b);
	CHECK_EQ(plan_full(&a, &b, &plan), 0);
	CHECK(plan_is_empty(&plan));
	plan_done(&plan);

	test_case("it never had one");
	a.peers[0]->endpoint.addr_len = 0;
	plan_trust_learned(&a, &b);
	CHECK_EQ(plan_full(&a, &b, &plan), 0);
	CHECK_EQ(plan.peers[0].set, PLAN_PEER_ENDPOINT);
	CHECK_EQ(plan_record(&plan, &a), 0);
	plan_done(&plan);

	test_case("it stops roaming: back to where it was told to be");
	peer = wanted_peer_copy(b.peers[0]);
	peer->roam = false;
	view_put(&b, peer);
	CHECK_EQ(plan_full(&a, &b, &plan), 0);
	CHECK_EQ(plan.peers[0].set, PLAN_PEER_ENDPOINT | PLAN_PEER_ROAM);
	plan_done(&plan);

	test_case("it roams and is not told where to begin");
	peer = wanted_peer_copy(b.peers[0]);
	peer->roam = true;
	peer->endpoint.addr_len = 0;
	view_put(&b, peer);
	CHECK_EQ(plan_full(&a, &b, &plan), 0);
	CHECK(plan_is_empty(&plan));
	plan_done(&plan);
	wanted_done(&a);
	wanted_done(&b);
}

#define CHECK_TABLE(t, w) do {						\
	char why__[100];						\
									\
	test_checks++;							\
	if (!table_is(t, w, why__, sizeof(why__))) {			\
		test_fail(__FILE__, __LINE__, "the table differs: %s",	\
			  why__);					\
		return;							\
	}								\
} while (0)

/* The plan from a to b makes b out of a table of a, and a out of a view of a. */
static void random_pairs(void)
{
	uint32_t seed = 7, i;

	for (i = 0; i < 3000; i++) {
		struct wanted have = { 0 }, a = { 0 }, b = { 0 };
		struct table t = { 0 };
		struct plan plan;

		test_case("pair %u", i);
		view_random_fill(&seed, &a);
		view_random_fill(&seed, &b);
		CHECK_EQ(plan_full(&have, &a, &plan), 0);
		CHECK_EQ(table_plan(&t, &plan), 0);
		CHECK_EQ(plan_record(&plan, &have), 0);
		CHECK_IN(plan_done(&plan));
		CHECK_TABLE(&t, &a);
		CHECK_EQ(plan_full(i % 4 ? &have : NULL, &b, &plan), 0);
		CHECK_EQ(table_plan(&t, &plan), 0);
		CHECK_EQ(plan_record(&plan, &have), 0);
		plan_done(&plan);
		CHECK_TABLE(&t, &b);
		CHECK_EQ(plan_full(&have, &b, &plan), 0);
		CHECK(plan_is_empty(&plan));
		plan_done(&plan);
		table_done(&t);
		wanted_done(&have);
		wanted_done(&a);
		wanted_done(&b);
	}
}

/* The same step by step: a delta does what comparing everything would do. */
static void random_walk(void)
{
	struct wanted have = { 0 }, want = { 0 };
	struct table t = { 0 };
	uint32_t seed = 3, i, n;

	for (i = 0; i < 5000; i++) {
		struct node_public keys[8];
		struct plan plan;

		test_case("step %u", i);
		for (n = 0; n < 1 + view_random(&seed, 4); n++) {
			keys[n] = view_key(view_random(&seed, 12));
			if (view_random(&seed, 3)) {
				struct wanted_peer *peer =
					view_random_peer(&seed);

				keys[n] = peer->key;
				view_put(&want, peer);
			} else {
				wanted_remove(&want, &keys[n]);
			}
		}
		view_random_device(&seed, &want.dev);
		CHECK_EQ(plan_delta(&have, &want, keys, n, &plan), 0);
		CHECK_EQ(table_plan(&t, &plan), 0);
		CHECK_EQ(plan_record(&plan, &have), 0);
		plan_done(&plan);
		CHECK_TABLE(&t, &want);
		CHECK_EQ(plan_full(&have, &want, &plan), 0);
		CHECK(plan_is_empty(&plan));
		plan_done(&plan);
	}
	table_done(&t);
	wanted_done(&have);
	wanted_done(&want);
}

static double now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1e6 + t.tv_nsec / 1e3;
}

/* Not by the clock, which a busy machine makes useless: shown, not judged. */
static void many_peers(void)
{
	struct wanted have = { 0 }, want = { 0 };
	double start, full, first, put = 0, delta = 0, record = 0;
	struct wanted_peer *peer;
	struct plan plan;
	uint32_t i;

	view_fill(&want, MANY);
	start = now_us();
	CHECK_EQ(plan_full(&have, &want, &plan), 0);
	first = now_us() - start;
	CHECK_EQ(plan.n_peers, MANY);
	CHECK_EQ(plan_record(&plan, &have), 0);
	plan_done(&plan);
	start = now_us();
	CHECK_EQ(plan_full(&have, &want, &plan), 0);
	full = now_us() - start;
	CHECK(plan_is_empty(&plan));
	plan_done(&plan);
	for (i = 1; i <= 100; i++) {
		struct node_public key = view_key(i * 97);

		peer = wanted_peer_copy(wanted_find(&want, &key));
		peer->endpoint.port = 1;
		start = now_us();
		view_put(&want, peer);
		put += now_us() - start;
		start = now_us();
		CHECK_EQ(plan_delta(&have, &want, &key, 1, &plan), 0);
		delta += now_us() - start;
		CHECK_EQ(plan.n_peers, 1);
		start = now_us();
		CHECK_EQ(plan_record(&plan, &have), 0);
		record += now_us() - start;
		plan_done(&plan);
	}
	printf("# %d peers: first plan %.0f us, nothing changed %.0f us, one changed %.1f us (put %.1f, record %.1f)\n",
	       MANY, first, full, delta / 100, put / 100, record / 100);
	wanted_done(&have);
	wanted_done(&want);
}

static int plan_once(void *ctx)
{
	struct node_public keys[] = { view_key(1), view_key(2), view_key(4) };
	struct wanted *views = ctx;
	struct plan plan = { 0 };
	int r = plan_delta(&views[0], &views[1], keys, 3, &plan);

	if (r == 0) {
		plan_done(&plan);
		r = plan_full(&views[0], &views[1], &plan);
	}
	plan_done(&plan);
	return r;
}

static void without_memory(void)
{
	struct wanted views[2] = { 0 };
	struct wanted_peer *peer = view_peer(2);
	struct wg_prefix prefix = view_prefix(1, 32);

	view_fill(&views[0], 3);
	wg_prefixes_add(&peer->prefixes, &prefix);
	view_put(&views[1], view_peer(1));
	view_put(&views[1], peer);
	view_put(&views[1], view_peer(4));
	CHECK(fail_alloc_each(plan_once, views) > 6);
	wanted_done(&views[0]);
	wanted_done(&views[1]);
}

static const struct test tests[] = {
	TEST(one_change),
	TEST(order_of_items),
	TEST(device_settings),
	TEST(prefixes_move),
	TEST(conflicts),
	TEST(roaming),
	TEST(random_pairs),
	TEST(random_walk),
	TEST(many_peers),
	TEST(without_memory),
};

TEST_MAIN(tests)
