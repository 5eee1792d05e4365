// SPDX-License-Identifier: GPL-2.0-only
/* Allowed addresses beside a model of them, by changes at random. */
#include "aip_model.h"
#include "aip_rig.h"

static void random_prefix(u8 addr[16], u8 *ret_cidr, bool *ret_is_v6)
{
	u64 r = host_random_u64();
	bool is_v6 = r & 1;
	int bits = is_v6 ? 128 : 32;
	int i;

	memset(addr, 0, 16);
	/* Few different bytes, so that prefixes meet. */
	for (i = 0; i < bits / 8; i++)
		addr[i] = host_random_u64() % 4 ? 0 : host_random_u64() & 0x81;
	*ret_is_v6 = is_v6;
	*ret_cidr = r & 6 ? host_random_u64() % (bits + 1) : bits;
}

static struct model model;

static void compare_counts(void)
{
	int i;

	for (i = 0; i < OWNERS; i++)
		CHECK_EQ(owner[i].count, model_count(&model, i));
	CHECK_EQ(t.count, model.n);
}

static void differential(void)
{
	struct tn_aip_node *node;
	u8 addr[16], cidr;
	bool is_v6;
	int step, who;

	host_random_seed(4632);
	memset(&model, 0, sizeof(model));
	begin();
	for (step = 0; step < 100000; step++) {
		test_case("step %d", step);
		random_prefix(addr, &cidr, &is_v6);
		who = host_random_u64() % OWNERS;
		switch (host_random_u64() % 16) {
		case 0 ... 5:
			if (model.n > 700)
				break;
			node = tn_allowedips_reserve(is_v6 ? AF_INET6 : AF_INET,
						     addr, cidr, GFP_KERNEL);
			tn_allowedips_insert(&t, node, &owner[who]);
			model_insert(&model, addr, cidr, is_v6, who);
			break;
		case 6 ... 7:
			CHECK_EQ(tn_allowedips_remove(&t, is_v6 ? AF_INET6 :
						      AF_INET, addr, cidr,
						      &owner[who]),
				 model_remove(&model, addr, cidr, is_v6, who));
			break;
		case 8:
			if (step % 64)
				break;
			tn_allowedips_remove_owner(&t, &owner[who]);
			model_remove_owner(&model, who);
			break;
		case 9:
			CHECK_EQ(tn_allowedips_prepare(&t, step % 50,
						       GFP_KERNEL), 0);
			break;
		default:
			CHECK_EQ(find(addr, is_v6),
				 model_lookup(&model, addr, is_v6));
		}
		if (step % 1000 == 0) {
			CHECK_IN(compare_counts());
			host_rcu_barrier();
		}
	}
	CHECK(model.n > 100);
	CHECK_IN(compare_counts());
	CHECK_IN(end());
}

/*
 * What a reader finds at any moment of a change is what it would find before or
 * after it: asked at every store of a pointer that readers follow.
 */

#define PROBES	60

static struct {
	u8 addr[16];
	bool is_v6;
	int before, after;
} probe[PROBES];
static unsigned long moments;

static void at_every_moment(void)
{
	int i, got;

	moments++;
	for (i = 0; i < PROBES; i++) {
		got = find(probe[i].addr, probe[i].is_v6);
		if (got != probe[i].before && got != probe[i].after)
			test_fail(__FILE__, __LINE__,
				  "probe %d finds %d, neither %d nor %d", i,
				  got, probe[i].before, probe[i].after);
	}
}

static void change_at_random(bool for_real)
{
	struct tn_aip_node *node = NULL;
	u8 addr[16], cidr;
	bool is_v6;
	u16 family;
	int who, op;

	random_prefix(addr, &cidr, &is_v6);
	family = is_v6 ? AF_INET6 : AF_INET;
	who = host_random_u64() % OWNERS;
	op = host_random_u64() % 32;
	if (op < 20) {
		if (!for_real) {
			model_insert(&model, addr, cidr, is_v6, who);
			return;
		}
		node = tn_allowedips_reserve(family, addr, cidr, GFP_KERNEL);
		tn_allowedips_insert(&t, node, &owner[who]);
	} else if (op < 30) {
		if (for_real)
			tn_allowedips_remove(&t, family, addr, cidr,
					     &owner[who]);
		else
			model_remove(&model, addr, cidr, is_v6, who);
	} else if (op == 30) {
		if (for_real)
			tn_allowedips_remove_owner(&t, &owner[who]);
		else
			model_remove_owner(&model, who);
	} else if (for_real) {
		tn_allowedips_prepare(&t, who * 20, GFP_KERNEL);
	}
}

static void every_moment(void)
{
	u64 seed = 5;
	u8 cidr;
	int step, i;

	memset(&model, 0, sizeof(model));
	moments = 0;
	begin();
	for (step = 0; step < 3000; step++) {
		test_case("step %d", step);
		host_random_seed(seed);
		for (i = 0; i < PROBES; i++) {
			random_prefix(probe[i].addr, &cidr, &probe[i].is_v6);
			probe[i].before = model_lookup(&model, probe[i].addr,
						       probe[i].is_v6);
		}
		/* The same change twice: to the model, then under watch. */
		seed = host_random_u64();
		host_random_seed(seed);
		change_at_random(false);
		for (i = 0; i < PROBES; i++)
			probe[i].after = model_lookup(&model, probe[i].addr,
						      probe[i].is_v6);
		host_random_seed(seed);
		host_after_publish = at_every_moment;
		change_at_random(true);
		host_after_publish = NULL;
		seed = host_random_u64();
		if (test_failed)
			break;
	}
	test_case("in all");
	CHECK(!test_failed);
	CHECK(moments > 5000);
	CHECK_IN(end());
}

/* No more nodes than prefixes and forks between them, at any time. */
static void no_dead_forks(void)
{
	u8 addr[16], cidr;
	struct tn_aip_node *node;
	bool is_v6;
	int step;

	host_random_seed(1);
	begin();
	for (step = 0; step < 20000; step++) {
		random_prefix(addr, &cidr, &is_v6);
		if (host_random_u64() % 2) {
			node = tn_allowedips_reserve(is_v6 ? AF_INET6 : AF_INET,
						     addr, cidr, GFP_KERNEL);
			tn_allowedips_insert(&t, node, &owner[0]);
		} else {
			tn_allowedips_remove(&t, is_v6 ? AF_INET6 : AF_INET,
					     addr, cidr, &owner[0]);
		}
		host_rcu_barrier();
		CHECK(host_live <= 2 * (long)t.count);
	}
	tn_allowedips_remove_owner(&t, &owner[0]);
	CHECK(!t.root[0] && !t.root[1]);
	CHECK_IN(end());
}

static const struct test tests[] = {
	TEST(differential),
	TEST(every_moment),
	TEST(no_dead_forks),
};

TEST_MAIN(tests)
