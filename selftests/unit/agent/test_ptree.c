// SPDX-License-Identifier: GPL-2.0-only
#include "test.h"

#include "fail_alloc.h"
#include "base/array.h"
#include "base/ptree.h"

#include <errno.h>

/* Values are plain numbers that count their references. */
#define KEYS 600
static int refs[2 * KEYS];
static unsigned int seed = 1;

static void get(void *value)
{
	++*(int *)value;
}

static void put(void *value)
{
	--*(int *)value;
}

static const struct ptree_type type = { 2, get, put };

static unsigned int rnd(unsigned int n)
{
	seed = seed * 1103515245 + 12345;
	return (seed >> 8) % n;
}

/* Some share long prefixes, some differ in the first bit. */
static void key_of(int k, uint8_t key[2])
{
	key[0] = k * 7 >> 8;
	key[1] = k * 7;
}

static int number_of(const uint8_t key[2])
{
	return (key[0] << 8 | key[1]) / 7;
}

/* What it should be: index by key, value or -1. */
struct naive {
	int value[KEYS];
	size_t n;
};

static void naive_clear(struct naive *naive)
{
	memset(naive->value, 0xff, sizeof(naive->value));
	naive->n = 0;
}

struct walk {
	const struct naive *naive;
	int k;
	size_t n;
	bool bad;
};

static int check_value(void *ctx, void *value)
{
	struct walk *walk = ctx;

	while (walk->k < KEYS && walk->naive->value[walk->k] < 0)
		walk->k++;
	if (walk->k == KEYS ||
	    (int *)value - refs != walk->naive->value[walk->k])
		walk->bad = true;
	walk->k++;
	walk->n++;
	return 0;
}

static void check_equal(const struct ptree *tree, const struct naive *naive)
{
	struct walk walk = { .naive = naive };
	uint8_t key[2];
	void *value;
	size_t n = 0;
	int k, last = -1;

	CHECK_EQ(tree->n, naive->n);
	CHECK_EQ(ptree_walk(tree, check_value, &walk), 0);
	CHECK(!walk.bad);
	CHECK_EQ(walk.n, naive->n);
	for (k = 0; k < KEYS; k++) {
		key_of(k, key);
		value = ptree_find(tree, key);
		CHECK_EQ(value ? (int *)value - refs : -1, naive->value[k]);
	}
	for (value = ptree_next(tree, key, true); value;
	     value = ptree_next(tree, key, false)) {
		CHECK(number_of(key) > last);
		last = number_of(key);
		CHECK_EQ((int *)value - refs, naive->value[last]);
		n++;
	}
	CHECK_EQ(n, naive->n);
}

struct changes {
	const struct naive *a;
	const struct naive *b;
	size_t n;
	int last;
	bool bad;
};

static int check_change(void *ctx, void *a, void *b)
{
	struct changes *c = ctx;
	int va = a ? (int *)a - refs : -1, vb = b ? (int *)b - refs : -1;
	int k = (va >= 0 ? va : vb) % KEYS;

	if (va == vb || c->a->value[k] != va || c->b->value[k] != vb ||
	    k <= c->last)
		c->bad = true;
	c->last = k;
	c->n++;
	return 0;
}

static void check_diff(const struct ptree *a, const struct naive *na,
		       const struct ptree *b, const struct naive *nb)
{
	struct changes c = { .a = na, .b = nb, .last = -1 };
	size_t k, n = 0;

	for (k = 0; k < KEYS; k++)
		n += na->value[k] != nb->value[k];
	CHECK_EQ(ptree_diff(a, b, check_change, &c), 0);
	CHECK(!c.bad);
	CHECK_EQ(c.n, n);
}

static void change(struct ptree *tree, struct naive *naive)
{
	int k = rnd(KEYS), value = k + KEYS * rnd(2);
	uint8_t key[2];

	key_of(k, key);
	if (rnd(3)) {
		CHECK_EQ(ptree_set(tree, key, &refs[value]), 0);
		naive->n += naive->value[k] < 0;
		naive->value[k] = value;
	} else {
		CHECK_EQ(ptree_remove(tree, key), naive->value[k] >= 0);
		naive->n -= naive->value[k] >= 0;
		naive->value[k] = -1;
	}
}

/* Several versions live side by side; none sees the changes of another. */
static void versions_do_not_disturb_each_other(void)
{
	static struct naive naive[6];
	struct ptree tree[6] = { 0 };
	int round, i, from, to;

	for (i = 0; i < 6; i++) {
		tree[i].type = &type;
		naive_clear(&naive[i]);
	}
	for (round = 0; round < 300; round++) {
		test_case("round %d", round);
		from = rnd(6);
		to = rnd(6);
		if (from != to && rnd(2)) {
			ptree_done(&tree[to]);
			tree[to] = ptree_copy(&tree[from]);
			naive[to] = naive[from];
		}
		for (i = rnd(20); i >= 0; i--)
			CHECK_IN(change(&tree[to], &naive[to]));
		CHECK_IN(check_equal(&tree[to], &naive[to]));
		CHECK_IN(check_equal(&tree[from], &naive[from]));
		CHECK_IN(check_diff(&tree[from], &naive[from], &tree[to],
				    &naive[to]));
	}
	for (i = 0; i < 6; i++)
		ptree_done(&tree[i]);
	for (i = 0; i < (int)ARRAY_SIZE(refs); i++)
		CHECK_EQ(refs[i], 0);
}

static void next_takes_any_key(void)
{
	struct ptree tree = { .type = &type };
	uint8_t key[2];
	int k, found;

	for (k = 0; k < KEYS; k += 10) {
		key_of(k, key);
		CHECK_EQ(ptree_set(&tree, key, &refs[k]), 0);
	}
	for (k = 0; k < KEYS; k++) {
		int *value;

		test_case("%d", k);
		key_of(k, key);
		value = ptree_next(&tree, key, false);
		found = k / 10 * 10 + 10;
		CHECK_EQ(value ? value - refs : KEYS, found < KEYS ? found :
			 KEYS);
	}
	ptree_done(&tree);
	CHECK(!ptree_next(&tree, key, true));
	CHECK(!ptree_next(&tree, key, false));
}

static void finds_by_prefix(void)
{
	static const uint8_t keys[][2] = { { 1, 9 }, { 1, 4 }, { 2, 1 } };
	struct ptree tree = { .type = &type };
	uint8_t prefix;
	int i;

	for (i = 0; i < 3; i++)
		CHECK_EQ(ptree_set(&tree, keys[i], &refs[i]), 0);
	prefix = 1;
	CHECK(ptree_find_prefix(&tree, &prefix, 1) == &refs[1]);
	prefix = 2;
	CHECK(ptree_find_prefix(&tree, &prefix, 1) == &refs[2]);
	prefix = 3;
	CHECK(!ptree_find_prefix(&tree, &prefix, 1));
	prefix = 0;
	CHECK(!ptree_find_prefix(&tree, &prefix, 1));
	CHECK(ptree_find_prefix(&tree, &prefix, 0) == &refs[1]);
	ptree_done(&tree);
}

/* Keys chosen to make it as deep as it gets. */
static void deepest_tree_is_as_deep_as_keys_are_long(void)
{
	static const struct ptree_type wide = { PTREE_KEY_MAX, get, put };
	struct ptree tree = { .type = &wide }, copy;
	uint8_t key[PTREE_KEY_MAX] = { 0 };
	int i, bits = 8 * PTREE_KEY_MAX;

	for (i = 0; i < bits; i++) {
		memset(key, 0, sizeof(key));
		key[i / 8] = 0x80 >> i % 8;
		CHECK_EQ(ptree_set(&tree, key, &refs[i]), 0);
	}
	copy = ptree_copy(&tree);
	for (i = 0; i < bits; i++) {
		memset(key, 0, sizeof(key));
		key[i / 8] = 0x80 >> i % 8;
		CHECK(ptree_find(&tree, key) == &refs[i]);
		CHECK_EQ(ptree_remove(&tree, key), 1);
	}
	CHECK_EQ(tree.n, 0);
	CHECK_EQ(copy.n, bits);
	ptree_done(&copy);
	for (i = 0; i < bits; i++)
		CHECK_EQ(refs[i], 0);
}

/* A change that fails leaves the version as it was. */
static int change_or_same(void *ctx)
{
	struct ptree *base = ctx, tree = ptree_copy(base);
	struct naive naive;
	uint8_t key[2];
	int k, r;

	naive_clear(&naive);
	for (k = 0; k < KEYS; k += 5)
		naive.value[k] = k;
	naive.n = base->n;

	key_of(4, key);
	r = ptree_set(&tree, key, &refs[4]);
	if (r == 0) {
		key_of(100, key);
		r = ptree_remove(&tree, key);
		if (r < 0) {
			naive.value[4] = 4;
			naive.n++;
		}
	}
	if (r < 0) {
		fail_alloc_at(SIZE_MAX);
		check_equal(&tree, &naive);
		if (test_failed)
			r = 0;
	}
	ptree_done(&tree);
	return r;
}

static void survives_no_memory(void)
{
	struct ptree tree = { .type = &type };
	uint8_t key[2];
	size_t n;
	int k;

	for (k = 0; k < KEYS; k += 5) {
		key_of(k, key);
		CHECK_EQ(ptree_set(&tree, key, &refs[k]), 0);
	}
	for (n = 0;; n++) {
		int r;

		fail_alloc_at(n);
		r = change_or_same(&tree);
		if (r >= 0)
			break;
		CHECK_EQ(r, -ENOMEM);
	}
	fail_alloc_at(SIZE_MAX);
	CHECK(n > 10);
	ptree_done(&tree);
	for (k = 0; k < KEYS; k++)
		CHECK_EQ(refs[k], 0);
}

static const struct test tests[] = {
	TEST(versions_do_not_disturb_each_other),
	TEST(next_takes_any_key),
	TEST(finds_by_prefix),
	TEST(deepest_tree_is_as_deep_as_keys_are_long),
	TEST(survives_no_memory),
};
TEST_MAIN(tests)
