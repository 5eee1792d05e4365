// SPDX-License-Identifier: GPL-2.0-only
#include "ratelimit.h"

#include "cookie.h"
#include "host.h"
#include "test.h"

#define MS	NSEC_PER_MSEC
#define T0	(1000 * NSEC_PER_SEC)

static struct tn_source v4(u32 addr)
{
	struct tn_source s = {};

	put_unaligned_be32(addr, s.addr);
	return s;
}

static bool allow4(u32 addr, u64 now_ns)
{
	struct tn_source s = v4(addr);

	return tn_ratelimit_allow(&s, 1, now_ns);
}

/* Five at once, then twenty a second. */
static void one_source(void)
{
	static const struct {
		const char *name;
		u64 now_ns;
		bool ok;
	} cases[] = {
		{ "burst 1", T0, true },
		{ "burst 2", T0, true },
		{ "burst 3", T0, true },
		{ "burst 4", T0, true },
		{ "burst 5", T0, true },
		{ "burst 6", T0, false },
		{ "refused again", T0 + 50 * MS - 1, false },
		{ "50 ms later", T0 + 50 * MS, true },
		{ "and no second", T0 + 50 * MS, false },
		{ "150 ms: one", T0 + 150 * MS, true },
		{ "150 ms: two", T0 + 150 * MS, true },
		{ "150 ms: three", T0 + 150 * MS, false },
		{ "full again 1", T0 + 400 * MS, true },
		{ "full again 2", T0 + 400 * MS, true },
		{ "full again 3", T0 + 400 * MS, true },
		{ "full again 4", T0 + 400 * MS, true },
		{ "full again 5", T0 + 400 * MS, true },
		{ "full again 6", T0 + 400 * MS, false },
		{ "an hour later 1", T0 + 3600000 * MS, true },
		{ "an hour later 2", T0 + 3600000 * MS, true },
		{ "an hour later 3", T0 + 3600000 * MS, true },
		{ "an hour later 4", T0 + 3600000 * MS, true },
		{ "an hour later 5", T0 + 3600000 * MS, true },
		{ "an hour later 6", T0 + 3600000 * MS, false },
		{ "clock of a CPU a little behind", T0 + 3599999 * MS, false },
	};
	size_t n;

	CHECK_EQ(tn_ratelimit_init(), 0);
	for (n = 0; n < ARRAY_SIZE(cases); n++) {
		test_case("%s", cases[n].name);
		CHECK_EQ(allow4(1, cases[n].now_ns), cases[n].ok);
	}
	tn_ratelimit_done();
}

static void long_run(void)
{
	u64 now_ns;
	int got = 0;

	CHECK_EQ(tn_ratelimit_init(), 0);
	for (now_ns = T0; now_ns < T0 + 10 * NSEC_PER_SEC; now_ns += MS)
		got += allow4(1, now_ns);
	CHECK_EQ(got, 10 * 20 + 4);
	tn_ratelimit_done();
}

static bool exhaust(const struct tn_source *s, u64 ns)
{
	int n;

	for (n = 0; n < 5; n++)
		if (!tn_ratelimit_allow(s, ns, T0))
			return false;
	return !tn_ratelimit_allow(s, ns, T0);
}

static void who_is_one_source(void)
{
	static const u8 a[16] = { 0x20, 1, 0xd, 0xb8, 0, 0, 0, 1, 1 };
	static const struct {
		const char *name;
		struct tn_source source;
		u64 ns;
		bool same;
	} cases[] = {
		{ "another in the /64",
		  { { 0x20, 1, 0xd, 0xb8, 0, 0, 0, 1, 2 }, 0, true }, 1, true },
		{ "another port", { { 0x20, 1, 0xd, 0xb8, 0, 0, 0, 1, 1 }, 9,
		    true }, 1, true },
		{ "another /64", { { 0x20, 1, 0xd, 0xb8, 0, 0, 0, 2, 1 }, 0,
		    true }, 1, false },
		{ "another namespace", { { 0x20, 1, 0xd, 0xb8, 0, 0, 0, 1, 1 },
		    0, true }, 2, false },
		{ "IPv4", { { 0x20, 1, 0xd, 0xb8 }, 0, false }, 1, false },
	};
	struct tn_source s = { .is_v6 = true };
	size_t n;

	memcpy(s.addr, a, 16);
	for (n = 0; n < ARRAY_SIZE(cases); n++) {
		test_case("%s", cases[n].name);
		CHECK_EQ(tn_ratelimit_init(), 0);
		CHECK(exhaust(&s, 1));
		CHECK_EQ(!tn_ratelimit_allow(&cases[n].source, cases[n].ns, T0),
			 cases[n].same);
		tn_ratelimit_done();
	}

	test_case("IPv4 by /32, and nothing behind it");
	CHECK_EQ(tn_ratelimit_init(), 0);
	s = v4(0x01020304);
	CHECK(exhaust(&s, 1));
	s.addr[4] = 1;
	CHECK(!tn_ratelimit_allow(&s, 1, T0));
	s = v4(0x01020305);
	CHECK(tn_ratelimit_allow(&s, 1, T0));
	tn_ratelimit_done();
}

/* A million sources: bounded memory, no harm to who was there, all over soon. */
static void many_sources(void)
{
	unsigned long before;
	u32 n, got = 0;

	CHECK_EQ(tn_ratelimit_init(), 0);
	before = host_allocs;
	CHECK(allow4(0, T0));
	for (n = 1; n < 1000000; n++)
		got += allow4(n, T0);
	CHECK_EQ(host_allocs, before);
	/* 8192 sets of 8. */
	CHECK(got > 60000 && got <= 65536);

	test_case("who was there goes on");
	CHECK(allow4(0, T0));
	CHECK(allow4(0, T0));

	test_case("their time is over");
	CHECK(allow4(2000000, T0 + 250 * MS));
	tn_ratelimit_done();
}

/* Fair to all when there is room: nobody suffers from a neighbour. */
static void no_cross_talk(void)
{
	u32 n, k, got = 0;

	CHECK_EQ(tn_ratelimit_init(), 0);
	for (n = 0; n < 2000; n++)
		for (k = 0; k < 6; k++)
			got += allow4(n, T0);
	CHECK_EQ(got, 2000 * 5);
	tn_ratelimit_done();
}

static void small_machine(void)
{
	u32 n, got = 0;

	/* 1 MiB: the smallest table there is, 16 sets. */
	host_total_pages = 256;
	CHECK_EQ(tn_ratelimit_init(), 0);
	for (n = 0; n < 10000; n++)
		got += allow4(n, T0);
	CHECK_EQ(got, 16 * 8);
	tn_ratelimit_done();
	host_total_pages = 1UL << 20;
}

static void shared(void)
{
	long before = host_live;
	int n;

	CHECK_EQ(tn_ratelimit_init(), 0);
	CHECK_EQ(tn_ratelimit_init(), 0);
	CHECK_EQ(host_live, before + 1);
	for (n = 0; n < 5; n++)
		CHECK(allow4(1, T0));
	tn_ratelimit_done();
	CHECK(!allow4(1, T0));
	tn_ratelimit_done();
	CHECK_EQ(host_live, before);

	test_case("begun anew");
	CHECK_EQ(tn_ratelimit_init(), 0);
	CHECK(allow4(1, T0));
	tn_ratelimit_done();
}

static void no_memory(void)
{
	long before = host_live;

	host_fail_alloc = 1;
	CHECK_EQ(tn_ratelimit_init(), -12);
	CHECK_EQ(host_live, before);
	CHECK_EQ(tn_ratelimit_init(), 0);
	CHECK(allow4(1, T0));
	tn_ratelimit_done();
	CHECK_EQ(host_live, before);
}

static const struct test tests[] = {
	TEST(one_source),
	TEST(long_run),
	TEST(who_is_one_source),
	TEST(many_sources),
	TEST(no_cross_talk),
	TEST(small_machine),
	TEST(shared),
	TEST(no_memory),
};

TEST_MAIN(tests)
