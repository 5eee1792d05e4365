// SPDX-License-Identifier: GPL-2.0-only
/*
 * Readers against a writer, under the thread sanitizer. What is freed late is
 * here freed at the end, so this is about what readers see: an address that has
 * an owner all the time is never missed and never another's, whatever happens
 * around it in table and trie, and whichever of two owners it is handed between.
 */
#include "allowedips.h"

#include <pthread.h>

#include "host.h"
#include "test.h"

#define READERS		3
#define ROUNDS		20000
#define STABLE		64

static struct mutex lock;
static struct tn_allowedips t;
static struct tn_aip_owner owner[4];
static bool stop;
static unsigned long lookups[READERS];
static const char *wrong[READERS];

/* Even numbers stay with owner 0; one goes back and forth between 1 and 2. */
#define NUMBER(i)	(0x0a000000U + 2 * (i))
#define TRAVELLER	0x0b000001U

static struct tn_aip_owner *find(u32 number)
{
	return tn_allowedips_lookup_v4(&t, cpu_to_be32(number));
}

static void insert(u32 number, u8 cidr, struct tn_aip_owner *who)
{
	struct tn_aip_node *node;
	__be32 addr = cpu_to_be32(number);

	node = tn_allowedips_reserve(AF_INET, &addr, cidr, GFP_KERNEL);
	HOST_BUG_ON(IS_ERR(node));
	tn_allowedips_insert(&t, node, who);
}

static void drop(u32 number, u8 cidr, struct tn_aip_owner *who)
{
	__be32 addr = cpu_to_be32(number);

	HOST_BUG_ON(!tn_allowedips_remove(&t, AF_INET, &addr, cidr, who));
}

static void *read_all(void *arg)
{
	long me = (long)arg;
	struct tn_aip_owner *o;
	u32 i;

	while (!__atomic_load_n(&stop, __ATOMIC_RELAXED)) {
		rcu_read_lock();
		for (i = 0; i < STABLE; i++) {
			if (find(NUMBER(i)) != &owner[0])
				wrong[me] = "a constant address was missed";
			lookups[me]++;
		}
		o = find(TRAVELLER);
		if (o != &owner[1] && o != &owner[2])
			wrong[me] = "a travelling address was missed";
		/* Only ever under 10.0.0.0/8, of owner 0, or its own. */
		o = find(NUMBER(7) + 1);
		if (o != &owner[0] && o != &owner[3])
			wrong[me] = "a coming and going address was wrong";
		rcu_read_unlock();
	}
	return NULL;
}

static void write_all(void)
{
	u32 n, k;

	for (n = 0; n < ROUNDS; n++) {
		/* Neighbours of the constant ones, whole and shorter. */
		insert(NUMBER(n % STABLE) + 1, 32, &owner[3]);
		insert(NUMBER(n % STABLE), 31 - n % 8, &owner[0]);
		insert(TRAVELLER, 32, &owner[1 + n % 2]);
		if (n % 512 == 0) {
			for (k = 0; k < 300; k++)
				insert(0x0c000000U + k, 32, &owner[3]);
			tn_allowedips_prepare(&t, n % 1024 ? 2000 : 0,
					      GFP_KERNEL);
			for (k = 0; k < 300; k++)
				drop(0x0c000000U + k, 32, &owner[3]);
			tn_allowedips_prepare(&t, 0, GFP_KERNEL);
		}
		drop(NUMBER(n % STABLE) + 1, 32, &owner[3]);
		drop(NUMBER(n % STABLE), 31 - n % 8, &owner[0]);
	}
}

static void run(bool with_table)
{
	pthread_t threads[READERS];
	unsigned long total = 0;
	long i;

	mutex_init(&lock);
	mutex_lock(&lock);
	tn_allowedips_init(&t, &lock);
	for (i = 0; i < 4; i++)
		tn_aip_owner_init(&owner[i]);
	if (with_table)
		CHECK_EQ(tn_allowedips_prepare(&t, 100, GFP_KERNEL), 0);
	insert(0x0a000000, 8, &owner[0]);
	for (i = 0; i < STABLE; i++)
		insert(NUMBER(i), 32, &owner[0]);
	insert(TRAVELLER, 32, &owner[1]);

	stop = false;
	for (i = 0; i < READERS; i++) {
		lookups[i] = 0;
		wrong[i] = NULL;
		CHECK(!pthread_create(&threads[i], NULL, read_all, (void *)i));
	}
	write_all();
	__atomic_store_n(&stop, true, __ATOMIC_RELAXED);
	for (i = 0; i < READERS; i++) {
		pthread_join(threads[i], NULL);
		total += lookups[i];
	}
	for (i = 0; i < READERS; i++) {
		test_case("%s", wrong[i] ?: "");
		CHECK(!wrong[i]);
	}
	CHECK(total > 1000);
	tn_allowedips_free(&t);
	mutex_unlock(&lock);
	host_rcu_barrier();
	CHECK_EQ(host_live, 0);
}

static void with_trie_only(void)
{
	run(false);
}

static void with_table(void)
{
	run(true);
}

static const struct test tests[] = {
	TEST(with_trie_only),
	TEST(with_table),
};

TEST_MAIN(tests)
