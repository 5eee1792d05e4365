// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sequences of insertions, removals, growth, failing allocations and lookups,
 * against a list of prefixes.
 */
#include "allowedips.h"

#include "../unit/aip_model.h"
#include "fuzz.h"
#include "host.h"

#define OWNERS	4

static struct mutex lock;
static struct tn_allowedips t;
static struct tn_aip_owner owner[OWNERS];
static struct model model;

/* Addresses of few different bits, so that prefixes meet. */
static void take_addr(struct fuzz_input *in, u8 addr[16], bool is_v6)
{
	u8 where = fuzz_u8(in), what = fuzz_u8(in), whole = fuzz_u8(in);

	memset(addr, 0, 16);
	if (whole == 0xff)
		fuzz_bytes(in, addr, is_v6 ? 16 : 4);
	else if (whole & 1)
		memset(addr, 0xff, is_v6 ? 16 : 4);
	addr[where % (is_v6 ? 16 : 4)] ^= what;
}

static int find(const u8 *addr, bool is_v6)
{
	struct tn_aip_owner *o;
	struct in6_addr in6;
	__be32 in4;

	rcu_read_lock();
	if (is_v6) {
		memcpy(&in6, addr, 16);
		o = tn_allowedips_lookup_v6(&t, &in6);
	} else {
		memcpy(&in4, addr, 4);
		o = tn_allowedips_lookup_v4(&t, in4);
	}
	rcu_read_unlock();
	return o ? o - owner : -1;
}

static void insert(u16 family, const u8 *addr, u8 cidr, int who, u8 fail)
{
	struct tn_aip_node *node;

	host_fail_alloc = fail;
	node = tn_allowedips_reserve(family, addr, cidr, GFP_KERNEL);
	host_fail_alloc = 0;
	if (IS_ERR(node)) {
		HOST_BUG_ON(!fail);
		return;
	}
	if (fail == 4) {
		tn_allowedips_unreserve(node);
		return;
	}
	tn_allowedips_insert(&t, node, &owner[who]);
	model_insert(&model, addr, cidr, family == AF_INET6, who);
}

static void prepare(u8 n_new, u8 fail)
{
	host_fail_alloc = fail & 1;
	tn_allowedips_prepare(&t, n_new, GFP_KERNEL);
	host_fail_alloc = 0;
}

static void step(struct fuzz_input *in)
{
	u8 op = fuzz_u8(in), cidr = fuzz_u8(in), who = op >> 6, addr[16];
	bool is_v6 = op & 8;
	u16 family = is_v6 ? AF_INET6 : AF_INET;

	take_addr(in, addr, is_v6);
	cidr %= (is_v6 ? 128 : 32) + 1;
	switch (op & 7) {
	case 0 ... 2:
		if (model.n < 400)
			insert(family, addr, cidr, who, op >> 4 & 3 ? 0 :
			       fuzz_u8(in) % 5);
		break;
	case 3:
		HOST_BUG_ON(tn_allowedips_remove(&t, family, addr, cidr,
						 &owner[who]) !=
			    model_remove(&model, addr, cidr, is_v6, who));
		break;
	case 4:
		prepare(cidr, op >> 4);
		break;
	case 5:
		if (cidr)
			break;
		tn_allowedips_remove_owner(&t, &owner[who]);
		model_remove_owner(&model, who);
		break;
	default:
		HOST_BUG_ON(find(addr, is_v6) !=
			    model_lookup(&model, addr, is_v6));
	}
}

static void check_dump(void)
{
	struct tn_aip_node *node;
	struct model_entry *e;
	u8 addr[16] = {}, cidr;
	u16 family;
	u32 n;
	int i;

	for (i = 0; i < OWNERS; i++) {
		n = 0;
		tn_allowedips_for_each(node, &owner[i]) {
			memset(addr, 0, sizeof(addr));
			family = tn_aip_node_read(node, addr, &cidr);
			e = model_find(&model, addr, cidr, family == AF_INET6);
			HOST_BUG_ON(!e || e->owner != i);
			HOST_BUG_ON(memcmp(e->addr, addr, sizeof(addr)));
			n++;
		}
		HOST_BUG_ON(n != owner[i].count || n != model_count(&model, i));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input in = { data, size };
	int i;

	host_random_seed(1);
	model.n = 0;
	mutex_init(&lock);
	mutex_lock(&lock);
	tn_allowedips_init(&t, &lock);
	for (i = 0; i < OWNERS; i++)
		tn_aip_owner_init(&owner[i]);
	while (in.left)
		step(&in);
	check_dump();
	tn_allowedips_free(&t);
	mutex_unlock(&lock);
	host_rcu_barrier();
	HOST_BUG_ON(host_live);
	return 0;
}
