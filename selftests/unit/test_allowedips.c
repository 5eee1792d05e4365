// SPDX-License-Identifier: GPL-2.0-only
#include "aip_model.h"
#include "aip_rig.h"

/* With the table of whole addresses, and with all of them in the tries. */
#define BOTH_WAYS(name)					\
static void name(void)					\
{							\
	test_case("without table");			\
	begin();					\
	CHECK_IN(name##_steps());			\
	CHECK_IN(end());				\
	test_case("with table");			\
	begin();					\
	CHECK_EQ(tn_allowedips_prepare(&t, 100, GFP_KERNEL), 0); \
	CHECK_IN(name##_steps());			\
	CHECK_IN(end());				\
}

static void longest_prefix_steps(void)
{
	static const struct {
		const char *prefix;
		int owner;
	} prefixes[] = {
		{ "192.168.4.0/24", 0 },
		{ "192.168.4.4/32", 1 },
		{ "192.168.0.0/16", 2 },
		{ "192.95.5.64/27", 3 },
		{ "192.95.5.65/27", 2 },	/* the same, masked */
		{ "0.0.0.0/0", 4 },
		{ "64.15.112.0/20", 6 },
		{ "64.15.123.211/25", 5 },
		{ "10.0.0.0/25", 0 },
		{ "10.0.0.128/25", 1 },
		{ "10.1.0.0/30", 0 },
		{ "10.1.0.4/30", 1 },
		{ "255.255.255.255/32", 7 },
		{ "2001:db8::/32", 0 },
		{ "2001:db8:1::/64", 1 },
		{ "2001:db8:1::/65", 2 },
		{ "2001:db8:1::5/128", 3 },
		{ "2001:db8:1::4/127", 4 },
		{ "::/0", 5 },
		{ "ff00::/8", 6 },
	};
	static const struct {
		const char *addr;
		int owner;
	} lookups[] = {
		{ "192.168.4.20", 0 },
		{ "192.168.4.0", 0 },
		{ "192.168.4.4", 1 },
		{ "192.168.200.182", 2 },
		{ "192.95.5.68", 2 },
		{ "192.95.5.63", 4 },
		{ "192.95.5.96", 4 },
		{ "64.15.116.26", 6 },
		{ "64.15.127.3", 6 },
		{ "64.15.123.128", 5 },
		{ "64.15.123.127", 6 },
		{ "64.15.128.0", 4 },
		{ "10.0.0.52", 0 },
		{ "10.0.0.220", 1 },
		{ "10.1.0.2", 0 },
		{ "10.1.0.6", 1 },
		{ "10.1.0.10", 4 },
		{ "1.1.1.1", 4 },
		{ "0.0.0.0", 4 },
		{ "255.255.255.255", 7 },
		{ "255.255.255.254", 4 },
		{ "2001:db8:ffff::", 0 },
		{ "2001:db8:1::8000:0:0:1", 1 },
		{ "2001:db8:1::1", 2 },
		{ "2001:db8:1::5", 3 },
		{ "2001:db8:1::4", 4 },
		{ "2001:db9::", 5 },
		{ "::", 5 },
		{ "::1", 5 },
		{ "ff02::1", 6 },
		/* The bits of an IPv4 prefix, but of the other family. */
		{ "c0a8:404::", 5 },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(prefixes); i++)
		insert(prefixes[i].prefix, prefixes[i].owner);
	for (i = 0; i < ARRAY_SIZE(lookups); i++) {
		test_case("%s", lookups[i].addr);
		CHECK_EQ(find_text(lookups[i].addr), lookups[i].owner);
	}
	CHECK_EQ(t.count, 19);
}
BOTH_WAYS(longest_prefix)

static void families_apart_steps(void)
{
	CHECK_EQ(find_text("0.0.0.0"), -1);
	CHECK_EQ(find_text("::"), -1);
	insert("0.0.0.0/32", 0);
	CHECK_EQ(find_text("0.0.0.0"), 0);
	CHECK_EQ(find_text("::"), -1);
	insert("::/128", 1);
	CHECK_EQ(find_text("0.0.0.0"), 0);
	CHECK_EQ(find_text("::"), 1);
	CHECK(drop("0.0.0.0/32", 0));
	CHECK_EQ(find_text("0.0.0.0"), -1);
	CHECK_EQ(find_text("::"), 1);
	insert("::/0", 2);
	CHECK_EQ(find_text("0.0.0.0"), -1);
	CHECK_EQ(find_text("::"), 1);
	CHECK_EQ(find_text("1::"), 2);
}
BOTH_WAYS(families_apart)

/* A prefix has one owner, and changes hands without a gap. */
static void moving_steps(void)
{
	insert("10.0.0.1/32", 0);
	insert("10.0.0.0/24", 0);
	CHECK_EQ(owner[0].count, 2);
	insert("10.0.0.1/32", 1);
	CHECK_EQ(owner[0].count, 1);
	CHECK_EQ(owner[1].count, 1);
	CHECK_EQ(find_text("10.0.0.1"), 1);
	insert("10.0.0.77/24", 1);
	CHECK_EQ(owner[0].count, 0);
	CHECK_EQ(find_text("10.0.0.2"), 1);
	insert("10.0.0.1/32", 1);
	CHECK_EQ(owner[1].count, 2);
	CHECK_EQ(t.count, 2);
}
BOTH_WAYS(moving)

/* What a parked owner has is passed over, and is its own all the same. */
static void parked_steps(void)
{
	insert("10.0.0.1/32", 0);
	insert("10.0.0.0/24", 0);
	insert("10.0.0.0/16", 1);
	insert("0.0.0.0/0", 2);
	insert("fd00::1/128", 0);
	owner[0].parked = true;
	CHECK_EQ(find_text("10.0.0.1"), 1);
	CHECK_EQ(find_text("10.0.0.2"), 1);
	CHECK_EQ(find_text("fd00::1"), -1);
	owner[1].parked = true;
	CHECK_EQ(find_text("10.0.0.1"), 2);
	CHECK_EQ(owner[0].count, 3);
	insert("10.0.0.2/32", 0);
	CHECK_EQ(find_text("10.0.0.2"), 2);
	CHECK(drop("10.0.0.0/24", 0));
	owner[0].parked = false;
	CHECK_EQ(find_text("10.0.0.1"), 0);
	CHECK_EQ(find_text("10.0.0.2"), 0);
	CHECK_EQ(find_text("10.0.0.3"), 2);
	CHECK_EQ(find_text("fd00::1"), 0);
	owner[1].parked = false;
	CHECK_EQ(find_text("10.0.0.3"), 1);
}
BOTH_WAYS(parked)

static void removal_steps(void)
{
	insert("10.0.0.0/8", 0);
	insert("10.1.0.0/16", 1);
	insert("10.1.1.1/32", 2);

	test_case("not there, or not theirs");
	CHECK(!drop("10.1.0.0/17", 1));
	CHECK(!drop("10.1.0.0/15", 1));
	CHECK(!drop("10.2.0.0/16", 1));
	CHECK(!drop("10.1.0.0/16", 0));
	CHECK(!drop("10.1.1.1/32", 1));
	CHECK(!drop("10.1.1.2/32", 2));
	CHECK(!drop("::/0", 0));
	CHECK_EQ(t.count, 3);

	test_case("longest first");
	CHECK_EQ(find_text("10.1.1.1"), 2);
	CHECK(drop("10.1.1.1/32", 2));
	CHECK(!drop("10.1.1.1/32", 2));
	CHECK_EQ(find_text("10.1.1.1"), 1);
	CHECK(drop("10.1.99.0/16", 1));
	CHECK_EQ(find_text("10.1.1.1"), 0);
	CHECK(drop("10.0.0.0/8", 0));
	CHECK_EQ(find_text("10.1.1.1"), -1);
	CHECK_EQ(t.count, 0);

	test_case("all of one owner");
	insert("0.0.0.0/0", 3);
	insert("10.0.0.1", 3);
	insert("10.0.0.2", 4);
	insert("2001:db8::/48", 3);
	insert("2001:db8::1", 3);
	tn_allowedips_remove_owner(&t, &owner[3]);
	CHECK_EQ(owner[3].count, 0);
	CHECK_EQ(find_text("10.0.0.1"), -1);
	CHECK_EQ(find_text("10.0.0.2"), 4);
	CHECK_EQ(find_text("2001:db8::1"), -1);
	tn_allowedips_remove_owner(&t, &owner[3]);
	CHECK_EQ(t.count, 1);
}
BOTH_WAYS(removal)

/* An owner's only prefix, as a dump shows it. */
static void check_dump(int who, const char *text)
{
	struct tn_aip_node *node;
	u8 addr[16], got[16], cidr, got_cidr;
	u16 family = parse(text, addr, &cidr);
	int n = 0;

	tn_allowedips_for_each(node, &owner[who]) {
		CHECK_EQ(tn_aip_node_read(node, got, &got_cidr), family);
		CHECK_MEM(got, addr, family == AF_INET ? 4 : 16);
		CHECK_EQ(got_cidr, cidr);
		n++;
	}
	CHECK_EQ(n, 1);
}

/* A fork stays while two hang from it, gets an owner, loses it, and goes. */
static void forks_steps(void)
{
	insert("10.0.0.0/25", 0);
	insert("10.0.0.128/25", 1);
	insert("10.0.0.0/24", 2);
	CHECK_IN(check_dump(2, "10.0.0.0/24"));
	CHECK_EQ(find_text("10.0.0.1"), 0);
	CHECK(drop("10.0.0.0/25", 0));
	CHECK_EQ(find_text("10.0.0.1"), 2);
	CHECK(drop("10.0.0.0/24", 2));
	CHECK_EQ(find_text("10.0.0.1"), -1);
	CHECK_EQ(find_text("10.0.0.129"), 1);
	insert("10.0.0.0/25", 0);
	insert("10.0.0.0/24", 3);
	CHECK_IN(check_dump(3, "10.0.0.0/24"));
	CHECK(drop("10.0.0.0/24", 3));
	CHECK_EQ(find_text("10.0.0.1"), 0);
	CHECK_EQ(find_text("10.0.0.129"), 1);
	CHECK(drop("10.0.0.0/25", 0));
	CHECK(drop("10.0.0.128/25", 1));
	CHECK(!rcu_access_pointer(t.root[0]));
}
BOTH_WAYS(forks)

/* What a trie holds in nodes is at most twice what it holds in prefixes. */
static void every_length(void)
{
	char text[64];
	int i;

	begin();
	for (i = 0; i <= 128; i++) {
		snprintf(text, sizeof(text),
			 "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff/%d", i);
		insert(text, i % OWNERS);
		if (i <= 32) {
			snprintf(text, sizeof(text), "255.255.255.255/%d", i);
			insert(text, i % OWNERS);
		}
	}
	CHECK_EQ(t.count, 129 + 33);
	CHECK_EQ(host_live, t.count);
	for (i = 128; i >= 0; i--) {
		test_case("/%d", i);
		CHECK_EQ(find_text("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
			 i % OWNERS);
		CHECK_EQ(find_text("::"), 0);
		snprintf(text, sizeof(text),
			 "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff/%d", i);
		CHECK(drop(text, i % OWNERS));
		if (i <= 32) {
			CHECK_EQ(find_text("255.255.255.255"), i % OWNERS);
			snprintf(text, sizeof(text), "255.255.255.255/%d", i);
			CHECK(drop(text, i % OWNERS));
		}
	}
	CHECK_EQ(find_text("::"), -1);
	CHECK_IN(end());
}

static void bad_arguments(void)
{
	static const struct {
		const char *name;
		u16 family;
		u8 cidr;
		long error;
	} cases[] = {
		{ "IPv4 /33", AF_INET, 33, -EINVAL },
		{ "IPv4 /128", AF_INET, 128, -EINVAL },
		{ "IPv6 /129", AF_INET6, 129, -EINVAL },
		{ "IPv6 /255", AF_INET6, 255, -EINVAL },
		{ "no family", 0, 0, -EAFNOSUPPORT },
		{ "unix", AF_UNIX, 8, -EAFNOSUPPORT },
	};
	struct tn_aip_node *node;
	u8 addr[16] = {};
	size_t i;

	begin();
	insert("0.0.0.0/0", 0);
	insert("::/0", 0);
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		test_case("%s", cases[i].name);
		node = tn_allowedips_reserve(cases[i].family, addr,
					     cases[i].cidr, GFP_KERNEL);
		CHECK(IS_ERR(node));
		CHECK_EQ(PTR_ERR(node), cases[i].error);
		CHECK(!tn_allowedips_remove(&t, cases[i].family, addr,
					    cases[i].cidr, &owner[0]));
	}
	tn_allowedips_unreserve(NULL);
	CHECK_IN(end());
}

/* Oldest first, masked, with the family: what a dump shows. */
static void dump(void)
{
	static const char *const prefixes[] = {
		"10.1.2.3/32", "10.0.0.0/9", "2001:db8::1/128", "fd00::/7",
		"0.0.0.0/0",
	};
	struct tn_aip_node *node;
	u8 addr[16], got[16], cidr, got_cidr;
	size_t i = 0;

	begin();
	CHECK_EQ(tn_allowedips_prepare(&t, 10, GFP_KERNEL), 0);
	for (i = 0; i < ARRAY_SIZE(prefixes); i++)
		insert(prefixes[i], 1);
	insert("10.77.0.0/9", 1);
	i = 0;
	tn_allowedips_for_each(node, &owner[1]) {
		test_case("%s", prefixes[i]);
		CHECK_EQ(tn_aip_node_read(node, got, &got_cidr),
			 parse(prefixes[i], addr, &cidr));
		model_mask(addr, cidr);
		CHECK_EQ(got_cidr, cidr);
		CHECK_MEM(got, addr, strchr(prefixes[i], ':') ? 16 : 4);
		i++;
	}
	CHECK_EQ(i, ARRAY_SIZE(prefixes));
	CHECK_IN(end());
}

/* A reader that has begun keeps what it holds until the grace period ends. */
static void readers_keep_what_they_hold(void)
{
	const struct tn_aip_node *node;

	begin();
	CHECK_EQ(tn_allowedips_prepare(&t, 1, GFP_KERNEL), 0);
	insert("10.0.0.0/25", 0);
	insert("10.0.0.128/25", 1);
	rcu_read_lock();
	node = rcu_dereference(t.root[0]);
	CHECK(drop("10.0.0.0/25", 0));
	/* The fork has left the trie; its children still hang from it. */
	CHECK_EQ(node->cidr, 24);
	CHECK_EQ(owner_index(rcu_dereference(
			 rcu_dereference(node->child[1])->owner)), 1);
	rcu_read_unlock();
	CHECK_EQ(find_text("10.0.0.129"), 1);
	CHECK_IN(end());
}

/* Every allocation fails once: nothing leaks, nothing is half done. */
static void no_memory(void)
{
	struct tn_aip_node *node;
	u8 addr[16] = { 10 };
	unsigned long n;
	long live;

	begin();
	insert("10.0.0.0/8", 0);
	for (n = 1; n <= 3; n++) {
		test_case("reservation, allocation %lu", n);
		live = host_live;
		host_fail_alloc = n;
		node = tn_allowedips_reserve(AF_INET, addr, 32, GFP_KERNEL);
		if (n == 3) {
			CHECK(!IS_ERR(node));
			tn_allowedips_unreserve(node);
		} else {
			CHECK_EQ(PTR_ERR(node), -ENOMEM);
		}
		host_fail_alloc = 0;
		CHECK_EQ(host_live, live);
		CHECK_EQ(t.count, 1);
	}

	test_case("table");
	host_fail_alloc = 1;
	CHECK_EQ(tn_allowedips_prepare(&t, 5, GFP_KERNEL), -ENOMEM);
	CHECK(!t.exact);
	insert("10.0.0.1", 1);
	CHECK_EQ(find_text("10.0.0.1"), 1);
	CHECK_EQ(tn_allowedips_prepare(&t, 5, GFP_KERNEL), 0);
	insert("10.0.0.1", 2);
	CHECK_EQ(find_text("10.0.0.1"), 2);
	CHECK_EQ(t.count, 2);

	test_case("bigger table");
	host_fail_alloc = 1;
	CHECK_EQ(tn_allowedips_prepare(&t, 5000, GFP_KERNEL), -ENOMEM);
	CHECK_EQ(find_text("10.0.0.1"), 2);

	test_case("insertion and removal allocate nothing");
	node = tn_allowedips_reserve(AF_INET, addr, 9, GFP_KERNEL);
	n = host_allocs;
	tn_allowedips_insert(&t, node, &owner[3]);
	CHECK(drop("10.0.0.0/9", 3));
	CHECK_EQ(host_allocs, n);
	CHECK_IN(end());
}

static u32 slots(void)
{
	u32 n;

	/* The mask of the table, which is private: behind its rcu_head. */
	memcpy(&n, (u8 *)t.exact + sizeof(struct rcu_head), sizeof(n));
	return n + 1;
}

static void insert_number(u32 n, int who)
{
	struct tn_aip_node *node;
	u8 addr[4];

	put_unaligned_be32(n, addr);
	node = tn_allowedips_reserve(AF_INET, addr, 32, GFP_KERNEL);
	HOST_BUG_ON(IS_ERR(node));
	tn_allowedips_insert(&t, node, &owner[who]);
}

static int find_number(u32 n)
{
	u8 addr[4];

	put_unaligned_be32(n, addr);
	return find(addr, false);
}

static bool drop_number(u32 n, int who)
{
	u8 addr[4];

	put_unaligned_be32(n, addr);
	return tn_allowedips_remove(&t, AF_INET, addr, 32, &owner[who]);
}

/* More addresses than room was made for: the trie takes the rest. */
static void overflow(void)
{
	u32 n;

	begin();
	CHECK_EQ(tn_allowedips_prepare(&t, 8, GFP_KERNEL), 0);
	CHECK_EQ(slots(), 16);
	for (n = 0; n < 1000; n++)
		insert_number(n * 7919, n % OWNERS);
	CHECK(rcu_access_pointer(t.root[0]));
	for (n = 0; n < 1000; n++)
		CHECK_EQ(find_number(n * 7919), n % OWNERS);

	test_case("moved while some are in the trie");
	CHECK_EQ(tn_allowedips_prepare(&t, 2000, GFP_KERNEL), 0);
	for (n = 0; n < 1000; n++)
		insert_number(n * 7919, (n + 1) % OWNERS);
	CHECK_EQ(t.count, 1000);
	for (n = 0; n < 1000; n++)
		CHECK_EQ(find_number(n * 7919), (n + 1) % OWNERS);
	for (n = 0; n < 1000; n++)
		CHECK(drop_number(n * 7919, (n + 1) % OWNERS));
	CHECK_EQ(t.count, 0);
	CHECK_IN(end());
}

/* Grows by doubling, shrinks, and does not swell when entries come and go. */
static void table_size(void)
{
	struct tn_aip_table *before;
	int rebuilt = 0;
	u32 n;

	begin();
	for (n = 0; n < 20000; n++) {
		CHECK_EQ(tn_allowedips_prepare(&t, 1, GFP_KERNEL), 0);
		insert_number(n, 0);
	}
	CHECK(slots() >= 32768 && slots() <= 65536);
	CHECK(!rcu_access_pointer(t.root[0]));

	test_case("come and go");
	before = rcu_access_pointer(t.exact);
	for (n = 20000; n < 120000; n++) {
		CHECK_EQ(tn_allowedips_prepare(&t, 1, GFP_KERNEL), 0);
		insert_number(n, 0);
		CHECK(drop_number(n - 20000, 0));
		rebuilt += rcu_access_pointer(t.exact) != before;
		before = rcu_access_pointer(t.exact);
	}
	CHECK(slots() <= 65536);
	CHECK(rebuilt >= 1 && rebuilt <= 30);
	CHECK(!rcu_access_pointer(t.root[0]));
	for (n = 100000; n < 120000; n++)
		CHECK_EQ(find_number(n), 0);
	CHECK_EQ(find_number(99999), -1);

	test_case("shrink");
	for (n = 100000; n < 119990; n++)
		CHECK(drop_number(n, 0));
	CHECK_EQ(tn_allowedips_prepare(&t, 1, GFP_KERNEL), 0);
	CHECK(slots() <= 256);
	CHECK_EQ(find_number(119995), 0);
	CHECK(!rcu_access_pointer(t.root[0]));
	CHECK_IN(end());
}

/* Differential: random prefixes, close together, against the model. */

static const struct test tests[] = {
	TEST(longest_prefix),
	TEST(families_apart),
	TEST(moving),
	TEST(parked),
	TEST(removal),
	TEST(forks),
	TEST(every_length),
	TEST(bad_arguments),
	TEST(dump),
	TEST(readers_keep_what_they_hold),
	TEST(no_memory),
	TEST(overflow),
	TEST(table_size),
};

TEST_MAIN(tests)
