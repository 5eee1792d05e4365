// SPDX-License-Identifier: GPL-2.0-only
/*
 * Obsolete keys: the recorded cases of the reference's tracker, and random
 * tables that change step by step against the rules applied to all of it.
 */
#include "rotation.h"

#include "host.h"
#include "nks.h"
#include "test.h"

#define MAX_KEYS 24

/* A rotation of small numbers, as a peer of the table has it. */
struct member {
	struct tn_rotation rot;
	struct tn_rotation_prev prev[MAX_KEYS];
	int node, wrapping;
	int behind[MAX_KEYS];
};

struct table {
	struct tn_rotations r;
	struct member *peer[MAX_KEYS];
	bool told[MAX_KEYS], changed[MAX_KEYS];
	u8 key[MAX_KEYS][32], wrapping[MAX_KEYS][32];
};

/* As the module: whoever has this key competes anew. */
static void turned(void *ctx, const u8 *key)
{
	struct table *t = ctx;
	int n = key[0];

	t->told[n] = true;
	if (t->peer[n])
		tn_rotations_touch(&t->r, &t->peer[n]->rot);
}

static void table_init(struct table *t)
{
	int i;

	memset(t, 0, sizeof(*t));
	for (i = 0; i < MAX_KEYS; i++) {
		t->key[i][0] = i;
		t->wrapping[i][0] = i;
		t->wrapping[i][31] = 1;
	}
	HOST_BUG_ON(tn_rotations_init(&t->r, turned, t));
}

static void member_init(struct table *t, struct member *m, int node,
			int wrapping, const int *behind, int n)
{
	int i;

	memset(m, 0, sizeof(*m));
	m->node = node;
	m->wrapping = wrapping;
	m->rot.node_key = t->key[node];
	m->rot.wrapping = wrapping < 0 ? NULL : t->wrapping[wrapping];
	m->rot.num_prev = n;
	m->rot.prev = m->prev;
	INIT_HLIST_NODE(&m->rot.hash);
	INIT_LIST_HEAD(&m->rot.dirty);
	for (i = 0; i < n; i++) {
		m->behind[i] = behind[i];
		m->prev[i].key = t->key[behind[i]];
	}
}

static void enter(struct table *t, struct member *m)
{
	t->peer[m->node] = m;
	tn_rotations_enter(&t->r, &m->rot);
}

static void leave(struct table *t, struct member *m)
{
	tn_rotations_leave(&t->r, &m->rot);
	t->peer[m->node] = NULL;
}

static bool obsolete(const struct table *t, int key)
{
	return tn_rotations_obsolete(&t->r, t->key[key]) ||
	       (t->peer[key] && t->peer[key]->rot.lost);
}

/* The rules, from the beginning. */
static void model(const struct table *t, bool ret[MAX_KEYS])
{
	bool left[MAX_KEYS] = { };
	int i, j, w;

	for (i = 0; i < MAX_KEYS; i++)
		for (j = 0; t->peer[i] && j < t->peer[i]->rot.num_prev; j++)
			left[t->peer[i]->behind[j]] = true;
	memcpy(ret, left, sizeof(left));
	for (w = 0; w < MAX_KEYS; w++) {
		int most = 0, n = 0;

		for (i = 0; i < MAX_KEYS; i++) {
			const struct member *m = t->peer[i];

			if (!m || m->wrapping != w || left[i])
				continue;
			if ((int)m->rot.num_prev > most) {
				most = m->rot.num_prev;
				n = 0;
			}
			n += (int)m->rot.num_prev == most;
		}
		for (i = 0; i < MAX_KEYS; i++) {
			const struct member *m = t->peer[i];

			if (m && m->wrapping == w && !left[i] &&
			    (n > 1 || (int)m->rot.num_prev != most))
				ret[i] = true;
		}
	}
}

static void compare(const struct table *t)
{
	bool want[MAX_KEYS];
	int i;

	model(t, want);
	for (i = 0; i < MAX_KEYS; i++) {
		test_case("key %d", i);
		CHECK_EQ(obsolete(t, i), want[i]);
	}
}

static void one_tracker_case(const json_t *row)
{
	static struct member members[MAX_KEYS];
	static struct table t;
	json_t *add, *prev, *gone = json_object_get(row, "obsolete"), *v;
	int behind[MAX_KEYS], n;
	bool want[MAX_KEYS] = { };
	size_t i, j;

	table_init(&t);
	json_array_foreach(json_object_get(row, "add"), i, add) {
		n = 0;
		prev = json_object_get(add, "prev");
		json_array_foreach(prev, j, v)
			behind[n++] = json_integer_value(v);
		member_init(&t, &members[i],
			    json_integer_value(json_object_get(add, "node")),
			    json_integer_value(json_object_get(add,
							       "initial_kind")) ==
			    1 ? json_integer_value(json_object_get(add,
						   "wrapping")) : -1,
			    behind, n);
		enter(&t, &members[i]);
		tn_rotations_settle(&t.r);
		CHECK_IN(compare(&t));
	}
	json_array_foreach(gone, j, v)
		want[json_integer_value(v)] = true;
	for (n = 0; n < MAX_KEYS; n++)
		CHECK_EQ(obsolete(&t, n), want[n]);
	while (i--)
		leave(&t, &members[i]);
	tn_rotations_settle(&t.r);
	CHECK_IN(compare(&t));
	tn_rotations_done(&t.r);
}

static void tracker(void)
{
	json_t *root = vectors_open(VECTORS_DIR, "tka", "peer-filter.json"),
	       *row;
	size_t i;

	CHECK(root);
	json_array_foreach(json_object_get(root, "cases"), i, row)
		if (json_object_get(row, "add"))
			CHECK_IN(one_tracker_case(row));
	json_decref(root);
}

static u32 rnd(u32 below)
{
	static u64 state = 0x9e3779b97f4a7c15ULL;

	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (state >> 20) % below;
}

static void random_change(struct table *t, struct member *members)
{
	int behind[MAX_KEYS], node = rnd(MAX_KEYS), n, i;

	t->changed[node] = true;
	if (t->peer[node]) {
		leave(t, t->peer[node]);
		return;
	}
	n = 1 + rnd(4);
	for (i = 0; i < n; i++)
		behind[i] = rnd(MAX_KEYS);
	member_init(t, &members[node], node, (int)rnd(6) - 1, behind, n);
	enter(t, &members[node]);
}

/* Several changes at a time; who turns is told. */
static void random_tables(void)
{
	static struct member members[MAX_KEYS];
	static struct table t;
	bool before[MAX_KEYS];
	int i, j, n;

	table_init(&t);
	for (i = 0; i < 30000; i++) {
		for (j = 0; j < MAX_KEYS; j++) {
			before[j] = obsolete(&t, j);
			t.changed[j] = false;
			t.told[j] = false;
		}
		for (n = 1 + rnd(3); n; n--)
			random_change(&t, members);
		tn_rotations_settle(&t.r);
		CHECK_IN(compare(&t));
		for (j = 0; j < MAX_KEYS; j++) {
			test_case("step %d, key %d is told", i, j);
			/* Who came or went is judged anyhow. */
			CHECK(before[j] == obsolete(&t, j) || t.told[j] ||
			      t.changed[j] || !t.peer[j]);
		}
	}
	for (j = 0; j < MAX_KEYS; j++)
		if (t.peer[j])
			leave(&t, t.peer[j]);
	tn_rotations_settle(&t.r);
	CHECK(list_empty(&t.r.dirty));
	tn_rotations_done(&t.r);
}

static void no_memory(void)
{
	struct tn_rotations r = { };

	for (host_fail_alloc = 1; host_fail_alloc <= 2;) {
		unsigned long n = host_fail_alloc;

		CHECK_EQ(tn_rotations_init(&r, turned, NULL), -ENOMEM);
		CHECK(!r.prev && !r.groups);
		host_fail_alloc = n + 1;
	}
	host_fail_alloc = 0;
	CHECK_EQ(host_live, 0);
}

static const struct test tests[] = {
	TEST(tracker),
	TEST(random_tables),
	TEST(no_memory),
};

TEST_MAIN(tests)
