/* SPDX-License-Identifier: GPL-2.0-only */
/* A table of allowed addresses and its owners. For one test program each. */
#ifndef AIP_RIG_H
#define AIP_RIG_H

#include "allowedips.h"

#include <arpa/inet.h>

#include "host.h"
#include "test.h"

#define OWNERS	8

static struct mutex lock;
static struct tn_allowedips t;
static struct tn_aip_owner owner[OWNERS];

static inline void begin(void)
{
	int i;

	mutex_init(&lock);
	tn_allowedips_init(&t, &lock);
	for (i = 0; i < OWNERS; i++)
		tn_aip_owner_init(&owner[i]);
	mutex_lock(&lock);
}

/* All memory must come back, and every owner must have lost all. */
static inline void end(void)
{
	int i;

	tn_allowedips_free(&t);
	mutex_unlock(&lock);
	for (i = 0; i < OWNERS; i++) {
		CHECK(list_empty(&owner[i].entries));
		CHECK_EQ(owner[i].count, 0);
	}
	CHECK_EQ(t.count, 0);
	host_rcu_barrier();
	CHECK_EQ(host_live, 0);
}

static inline int owner_index(const struct tn_aip_owner *o)
{
	return o ? o - owner : -1;
}

static inline int find(const u8 *addr, bool is_v6)
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
	return owner_index(o);
}

static inline u16 parse(const char *text, u8 addr[16], u8 *ret_cidr)
{
	char buf[64];
	char *slash;
	u16 family;

	snprintf(buf, sizeof(buf), "%s", text);
	slash = strchr(buf, '/');
	if (slash)
		*slash++ = '\0';
	family = strchr(buf, ':') ? AF_INET6 : AF_INET;
	memset(addr, 0, 16);
	HOST_BUG_ON(inet_pton(family, buf, addr) != 1);
	*ret_cidr = slash ? atoi(slash) : family == AF_INET ? 32 : 128;
	return family;
}

static inline int find_text(const char *text)
{
	u8 addr[16], cidr;
	u16 family = parse(text, addr, &cidr);

	return find(addr, family == AF_INET6);
}

static inline void insert(const char *text, int who)
{
	u8 addr[16], cidr;
	u16 family = parse(text, addr, &cidr);
	struct tn_aip_node *node;

	node = tn_allowedips_reserve(family, addr, cidr, GFP_KERNEL);
	HOST_BUG_ON(IS_ERR(node));
	tn_allowedips_insert(&t, node, &owner[who]);
}

static inline bool drop(const char *text, int who)
{
	u8 addr[16], cidr;
	u16 family = parse(text, addr, &cidr);

	return tn_allowedips_remove(&t, family, addr, cidr, &owner[who]);
}

#endif /* AIP_RIG_H */
