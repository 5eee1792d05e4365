// SPDX-License-Identifier: GPL-2.0-only
#include "replay.h"

#include "host.h"
#include "test.h"

#define W		TN_REPLAY_WINDOW
#define LIMIT		TN_REJECT_AFTER_MESSAGES
#define FAR		(4ULL * (W + 1))

/* Both answers at once: the cheap one may only be wrong towards yes. */
static bool take(struct tn_replay *r, u64 counter)
{
	bool early = tn_replay_precheck(r, counter);
	bool ok = tn_replay_accept(r, counter);

	if (early != ok)
		test_fail(__FILE__, __LINE__, "precheck of %llu says %d",
			  (unsigned long long)counter, early);
	return ok;
}

/* One window, one packet after another. */
static void numbered_cases(void)
{
	static const struct {
		const char *name;
		u64 counter;
		bool ok;
	} cases[] = {
		{ "1: first", 0, true },
		{ "2: next", 1, true },
		{ "3: next again", 1, false },
		{ "4: ahead", 9, true },
		{ "5: one behind", 8, true },
		{ "6: two behind", 7, true },
		{ "7: two behind again", 7, false },
		{ "8: a window ahead", W + 1, true },
		{ "9: just behind it", W, true },
		{ "10: just behind it again", W, false },
		{ "11: two behind it", W - 1, true },
		{ "12: still in the window", 2, true },
		{ "13: the same again", 2, false },
		{ "14: sixteen ahead", W + 17, true },
		{ "15: fallen out", 3, false },
		{ "16: greatest again", W + 17, false },
		{ "17: far ahead", FAR, true },
		{ "18: its last but none", FAR - W, true },
		{ "19: long ago", 10, false },
		{ "20: one too old", FAR - W - 1, false },
		{ "21: two too old", FAR - W - 2, false },
		{ "22: last but one", FAR - W + 1, true },
		{ "23: last again", FAR - W, false },
		{ "24: zero again", 0, false },
		{ "25: at the limit", LIMIT, false },
		{ "26: below the limit", LIMIT - 1, true },
		{ "27: at the limit, from close by", LIMIT, false },
		{ "28: below the limit again", LIMIT - 1, false },
		{ "29: two below", LIMIT - 2, true },
		{ "30: above the limit", LIMIT + 1, false },
		{ "31: more above", LIMIT + 2, false },
		{ "32: two below again", LIMIT - 2, false },
		{ "33: three below", LIMIT - 3, true },
		{ "34: zero once more", 0, false },
	};
	struct tn_replay r;
	size_t i;

	tn_replay_init(&r);
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		test_case("%s", cases[i].name);
		CHECK_EQ(take(&r, cases[i].counter), cases[i].ok);
	}
	test_case("largest number");
	CHECK(!take(&r, U64_MAX));
}

static void loop(struct tn_replay *r, u64 from, u64 to)
{
	u64 c;

	for (c = from;; c += from < to ? 1 : -1) {
		test_case("%llu", (unsigned long long)c);
		CHECK(take(r, c));
		if (c == to)
			break;
	}
	/* Nothing twice, whatever the order was. */
	for (c = min(from, to); c <= max(from, to); c++) {
		test_case("%llu again", (unsigned long long)c);
		CHECK(!take(r, c));
	}
}

static void loops_up(void)
{
	struct tn_replay r;

	tn_replay_init(&r);
	CHECK_IN(loop(&r, 1, W));
	CHECK(take(&r, 0));
	CHECK(!take(&r, 0));

	tn_replay_init(&r);
	CHECK_IN(loop(&r, 2, W + 1));
	CHECK(take(&r, 1));
	CHECK(!take(&r, 0));
}

static void loops_down(void)
{
	struct tn_replay r;

	tn_replay_init(&r);
	CHECK_IN(loop(&r, W, 0));

	tn_replay_init(&r);
	CHECK_IN(loop(&r, W + 1, 1));
	CHECK(!take(&r, 0));

	tn_replay_init(&r);
	CHECK_IN(loop(&r, W, 1));
	CHECK(take(&r, W + 1));
	CHECK(!take(&r, 0));

	tn_replay_init(&r);
	CHECK_IN(loop(&r, W, 1));
	CHECK(take(&r, 0));
	CHECK(take(&r, W + 1));
}

/* Every jump around the words and the ring, and all that is behind it. */
static void jumps(void)
{
	static const u64 starts[] = { 0, 1, 63, 64, 65, 8191, 8192, 1000000 };
	struct tn_replay r;
	size_t i;
	u64 step, top, c;

	for (i = 0; i < ARRAY_SIZE(starts); i++) {
		for (step = 1; step < 2 * TN_REPLAY_BITS + 130; step += 61) {
			top = starts[i] + step;
			test_case("%llu to %llu", (unsigned long long)starts[i],
				  (unsigned long long)top);
			tn_replay_init(&r);
			CHECK(take(&r, starts[i]));
			CHECK(take(&r, top));
			CHECK_EQ(take(&r, starts[i]), false);
			c = top >= W ? top - W : 0;
			if (c != starts[i])
				CHECK(take(&r, c));
			if (c)
				CHECK(!take(&r, c - 1));
		}
	}
}

/* Against a list of all that was seen. */
static void random_order(void)
{
	static bool seen[200000];
	struct tn_replay r;
	u64 greatest = 0, c;
	bool expect, any = false;
	int i;

	host_random_seed(6479);
	tn_replay_init(&r);
	for (i = 0; i < 300000; i++) {
		c = greatest + host_random_u64() % 300;
		if (host_random_u64() % 64 == 0)
			c = host_random_u64() % (greatest + 1);
		else
			c = c > 150 ? c - 150 : c;
		if (c >= ARRAY_SIZE(seen))
			break;
		expect = !seen[c] && (!any || c + W >= greatest);
		test_case("step %d: %llu after %llu", i, (unsigned long long)c,
			  (unsigned long long)greatest);
		CHECK_EQ(take(&r, c), expect);
		if (expect) {
			seen[c] = true;
			any = true;
			greatest = max(greatest, c);
		}
	}
	CHECK(greatest > 5 * TN_REPLAY_BITS);
}

static const struct test tests[] = {
	TEST(numbered_cases),
	TEST(loops_up),
	TEST(loops_down),
	TEST(jumps),
	TEST(random_order),
};

TEST_MAIN(tests)
