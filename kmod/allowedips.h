/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TN_ALLOWEDIPS_H
#define TN_ALLOWEDIPS_H

#include <linux/compiler.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/siphash.h>
#include <linux/types.h>

struct in6_addr;
struct tn_aip_table;

/**
 * struct tn_aip_owner - one party that prefixes point to; a member of its peer
 * @entries:	&struct tn_aip_node.by_owner, oldest first
 * @count:	length of @entries
 * @parked:	lookups pass over its prefixes, which stay its own
 *
 * Lookups give a pointer to this member; container_of() gives the peer.
 */
struct tn_aip_owner {
	struct list_head entries;
	u32 count;
	bool parked;
};

/**
 * struct tn_aip_key - an address, most significant bit first
 * @hi:	bits 0 to 63; an IPv4 address is bits 0 to 31
 * @lo:	bits 64 to 127; zero for IPv4
 */
struct tn_aip_key {
	u64 hi;
	u64 lo;
};

/**
 * struct tn_aip_node - a prefix, or a fork of the trie that has no owner
 * @child:	longer prefixes, by the bit after this one; trie only
 * @spare:	of a reservation: memory for a fork. Shares @child's place
 * @owner:	who has the prefix; NULL for a fork
 * @by_owner:	in &struct tn_aip_owner.entries, while there is an owner
 * @rcu:	once removed
 * @key:	bits from @cidr on are zero
 * @cidr:	prefix length in bits
 * @is_v6:	which family
 *
 * 64 bytes, of which a hundred thousand peers need two each.
 */
struct tn_aip_node {
	union {
		struct tn_aip_node __rcu *child[2];
		struct tn_aip_node *spare;
	};
	struct tn_aip_owner __rcu *owner;
	union {
		struct list_head by_owner;
		struct rcu_head rcu;
	};
	struct tn_aip_key key;
	u8 cidr;
	bool is_v6;
};

/**
 * struct tn_allowedips - who may use which inner address
 * @root:	tries of IPv4 and of IPv6 prefixes
 * @exact:	full-length prefixes, nearly all there are; may be NULL
 * @seed:	secret of the hash
 * @lock:	the writers', for lockdep
 * @count:	prefixes in all
 *
 * Readers are under rcu_read_lock(), writers under @lock. A full-length prefix
 * is in @exact or, when that had no room, in a trie; never in both.
 */
struct tn_allowedips {
	struct tn_aip_node __rcu *root[2];
	struct tn_aip_table __rcu *exact;
	siphash_key_t seed;
	/* Not ours: the one that the caller holds to change the table. */
	struct mutex *lock;
	u32 count;
};

void tn_aip_owner_init(struct tn_aip_owner *owner);

void tn_allowedips_init(struct tn_allowedips *t, struct mutex *lock);
void tn_allowedips_free(struct tn_allowedips *t) __must_hold(t->lock);

struct tn_aip_owner *tn_allowedips_lookup_v4(const struct tn_allowedips *t,
					     __be32 addr) __must_hold(RCU);
struct tn_aip_owner *tn_allowedips_lookup_v6(const struct tn_allowedips *t,
					     const struct in6_addr *addr)
	__must_hold(RCU);

struct tn_aip_node *tn_allowedips_reserve(u16 family, const void *addr, u8 cidr,
					  gfp_t gfp);
void tn_allowedips_unreserve(struct tn_aip_node *node);
int tn_allowedips_prepare(struct tn_allowedips *t, u32 n_new, gfp_t gfp)
	__must_hold(t->lock);
void tn_allowedips_insert(struct tn_allowedips *t, struct tn_aip_node *node,
			  struct tn_aip_owner *owner) __must_hold(t->lock);
bool tn_allowedips_remove(struct tn_allowedips *t, u16 family, const void *addr,
			  u8 cidr, struct tn_aip_owner *owner)
	__must_hold(t->lock);
void tn_allowedips_remove_owner(struct tn_allowedips *t,
				struct tn_aip_owner *owner)
	__must_hold(t->lock);

u16 tn_aip_node_read(const struct tn_aip_node *node, u8 addr[16], u8 *ret_cidr);

/**
 * tn_allowedips_for_each() - walk one owner's prefixes, oldest first
 * @node:	struct tn_aip_node *, the cursor
 * @owner:	whose; the table's lock must be held
 */
#define tn_allowedips_for_each(node, owner) \
	list_for_each_entry(node, &(owner)->entries, by_owner)

#endif /* TN_ALLOWEDIPS_H */
