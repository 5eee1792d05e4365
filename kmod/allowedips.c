// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which peer an inner address belongs to, by longest prefix.
 *
 * Two structures under one roof. Whole addresses, nearly all that a tailnet has,
 * sit in a hash table and are found in about two cache misses however many there
 * are. Everything shorter sits in a path-compressed binary trie per family. A
 * whole address is longer than any prefix, so the table is asked first; and it
 * is only a shortcut: when it lacks room, the address goes into the trie.
 *
 * The table is open-addressed and holds pointers alone, so that growing it is
 * filling a new array; readers of the old one go on undisturbed. A removed entry
 * leaves a mark that keeps longer probe runs together.
 *
 * Writers first reserve and prepare, which may fail and shows nothing, then
 * insert and remove, which cannot fail.
 */
#include "allowedips.h"

#include <linux/bitops.h>
#include <linux/err.h>
#include <linux/in6.h>
#include <linux/lockdep.h>
#include <linux/log2.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/overflow.h>
#include <linux/random.h>
#include <linux/rculist.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/socket.h>
#include <linux/string.h>

#include "compat.h"

#define TN_AIP_MIN_SLOTS	16U
#define TN_AIP_MAX_SLOTS	(1U << 28)

/* A lookup touches few nodes, and each should cost one cache line. */
static_assert(sizeof(struct tn_aip_node) <= 64 || !IS_ENABLED(CONFIG_64BIT));

/**
 * struct tn_aip_table - one generation of the table of whole addresses
 * @rcu:	once replaced
 * @mask:	number of slots, a power of two, less one
 * @used:	slots that are not NULL: entries and marks
 * @live:	entries
 * @slot:	NULL ends a probe run, &tn_aip_gone does not
 */
struct tn_aip_table {
	struct rcu_head rcu;
	u32 mask;
	u32 used;
	u32 live;
	struct tn_aip_node __rcu *slot[];
};

/* Stands where an entry was. */
static struct tn_aip_node tn_aip_gone;

static u8 family_bits(bool is_v6)
{
	return is_v6 ? 128 : 32;
}

/* How many leading bits two addresses share, 0 to 128. */
static unsigned int common_bits(const struct tn_aip_key *a,
				const struct tn_aip_key *b)
{
	if (a->hi != b->hi)
		return 64 - fls64(a->hi ^ b->hi);

	return 128 - fls64(a->lo ^ b->lo);
}

static bool key_equal(const struct tn_aip_key *a, const struct tn_aip_key *b)
{
	return a->hi == b->hi && a->lo == b->lo;
}

/* The bit that follows @n leading ones; @n is below 128. */
static unsigned int key_bit(const struct tn_aip_key *key, unsigned int n)
{
	if (n < 64)
		return (key->hi >> (63 - n)) & 1;

	return (key->lo >> (127 - n)) & 1;
}

static void key_mask(struct tn_aip_key *key, unsigned int cidr)
{
	if (cidr < 64) {
		key->hi &= cidr ? U64_MAX << (64 - cidr) : 0;
		key->lo = 0;
	} else if (cidr < 128) {
		key->lo &= cidr > 64 ? U64_MAX << (128 - cidr) : 0;
	}
}

static struct tn_aip_key key_v4(__be32 addr)
{
	return (struct tn_aip_key){ .hi = (u64)be32_to_cpu(addr) << 32 };
}

static struct tn_aip_key key_read(const void *addr, bool is_v6)
{
	if (!is_v6)
		return key_v4(get_unaligned((const __be32 *)addr));

	return (struct tn_aip_key){
		.hi = get_unaligned_be64(addr),
		.lo = get_unaligned_be64(addr + 8),
	};
}

/* 0 and a masked key, or why there is no such prefix. */
static int prefix_parse(u16 family, const void *addr, u8 cidr,
			struct tn_aip_key *ret_key, bool *ret_is_v6)
{
	bool is_v6 = family == AF_INET6;

	if (!is_v6 && family != AF_INET)
		return -EAFNOSUPPORT;
	if (cidr > family_bits(is_v6))
		return -EINVAL;

	*ret_key = key_read(addr, is_v6);
	key_mask(ret_key, cidr);
	*ret_is_v6 = is_v6;
	return 0;
}

static bool is_exact(const struct tn_aip_node *node)
{
	return node->cidr == family_bits(node->is_v6);
}

/* The writers' way to follow a pointer. */
#define deref(t, p)	rcu_dereference_protected(p, lockdep_is_held((t)->lock))

/* Table of whole addresses. */

static u32 table_hash(const struct tn_allowedips *t,
		      const struct tn_aip_key *key, bool is_v6)
{
	if (!is_v6)
		return siphash_1u64(key->hi, &t->seed);

	return siphash_2u64(key->hi, key->lo, &t->seed);
}

/*
 * For readers and writers. A slot is NULL in the end: insertion sees to it that
 * a quarter of them is.
 */
static struct tn_aip_node *table_find(const struct tn_allowedips *t,
				      const struct tn_aip_table *table,
				      const struct tn_aip_key *key, bool is_v6,
				      u32 *ret_slot)
{
	u32 i = table_hash(t, key, is_v6) & table->mask;
	struct tn_aip_node *node;

	for (;; i = (i + 1) & table->mask) {
		node = rcu_dereference_check(table->slot[i],
					     lockdep_is_held(t->lock));
		if (!node)
			return NULL;
		if (node != &tn_aip_gone && key_equal(&node->key, key) &&
		    node->is_v6 == is_v6)
			break;
	}
	if (ret_slot)
		*ret_slot = i;
	return node;
}

/* @node is not in @table. Return: false if that is too full. */
static bool table_add(const struct tn_allowedips *t, struct tn_aip_table *table,
		      struct tn_aip_node *node)
{
	u32 i = table_hash(t, &node->key, node->is_v6) & table->mask;
	struct tn_aip_node *old;

	for (;; i = (i + 1) & table->mask) {
		old = deref(t, table->slot[i]);
		if (!old || old == &tn_aip_gone)
			break;
	}
	if (!old) {
		if (table->used >= (table->mask + 1) / 4 * 3)
			return false;
		table->used++;
	}
	table->live++;
	rcu_assign_pointer(table->slot[i], node);
	return true;
}

static void table_del(const struct tn_allowedips *t, struct tn_aip_table *table,
		      const struct tn_aip_node *node)
{
	u32 i;

	table_find(t, table, &node->key, node->is_v6, &i);
	rcu_assign_pointer(table->slot[i], &tn_aip_gone);
	table->live--;
}

/*
 * Slots for @n entries: half of them stay empty. Growth sets in when five
 * eighths are in use, so that the next one is an eighth of the table away at
 * least, even if entries come and go and only leave marks.
 */
static bool table_suits(const struct tn_aip_table *table, u64 n_new, u64 want)
{
	u64 slots;

	if (!table)
		return false;

	slots = (u64)table->mask + 1;
	return table->used + n_new <= slots / 8 * 5 && slots <= want * 8;
}

static struct tn_aip_table *table_new(u32 slots, gfp_t gfp)
{
	struct tn_aip_table *table;

	table = kvzalloc(struct_size(table, slot, slots), gfp);
	if (table)
		table->mask = slots - 1;
	return table;
}

/**
 * tn_allowedips_prepare() - make room for whole addresses to come
 * @t:		table
 * @n_new:	how many; too few or too many only costs speed or memory
 * @gfp:	how to allocate
 *
 * Context: Process. The caller holds @t's lock. With a @gfp that allows it,
 * sleeps; a table of a million entries takes milliseconds to move.
 * Return: 0 or -ENOMEM, after which insertion works as well, but more slowly.
 */
int tn_allowedips_prepare(struct tn_allowedips *t, u32 n_new, gfp_t gfp)
{
	struct tn_aip_table *old, *new;
	struct tn_aip_node *node;
	u64 want;
	u32 i;

	lockdep_assert_held(t->lock);

	old = deref(t, t->exact);
	want = 2ULL * ((old ? old->live : 0) + (u64)n_new);
	want = clamp_t(u64, want, TN_AIP_MIN_SLOTS, TN_AIP_MAX_SLOTS);
	want = roundup_pow_of_two(want);
	if (table_suits(old, n_new, want))
		return 0;

	new = table_new(want, gfp);
	if (!new)
		return -ENOMEM;
	for (i = 0; old && i <= old->mask; i++) {
		node = deref(t, old->slot[i]);
		if (node && node != &tn_aip_gone)
			table_add(t, new, node);
	}
	rcu_assign_pointer(t->exact, new);
	/* Readers that began on the old array finish on it. */
	if (old)
		kvfree_rcu(old, rcu);
	return 0;
}

/* Trie. */

/* Is @key inside the prefix of @node? */
static bool trie_covers(const struct tn_aip_node *node,
			const struct tn_aip_key *key)
{
	return common_bits(&node->key, key) >= node->cidr;
}

/*
 * Where the prefix is, or where it would be hung in.
 * Return: the node if its prefix is in the trie, be it as a mere fork.
 */
static struct tn_aip_node *trie_seek(struct tn_allowedips *t,
				     const struct tn_aip_key *key, u8 cidr,
				     bool is_v6,
				     struct tn_aip_node __rcu ***ret_link)
{
	struct tn_aip_node __rcu **link = &t->root[is_v6];
	struct tn_aip_node *node;

	while ((node = deref(t, *link))) {
		if (node->cidr > cidr || !trie_covers(node, key)) {
			node = NULL;
			break;
		}
		if (node->cidr == cidr)
			break;
		link = &node->child[key_bit(key, node->cidr)];
	}
	*ret_link = link;
	return node;
}

/* @link is where trie_seek() ended without finding @node's prefix. */
static void trie_add(struct tn_allowedips *t, struct tn_aip_node *node,
		     struct tn_aip_node __rcu **link, struct tn_aip_node *fork)
{
	struct tn_aip_node *below = deref(t, *link);
	unsigned int common, side;

	RCU_INIT_POINTER(node->child[0], NULL);
	RCU_INIT_POINTER(node->child[1], NULL);
	if (!below) {
		rcu_assign_pointer(*link, node);
		kfree(fork);
		return;
	}

	common = min_t(unsigned int, common_bits(&node->key, &below->key),
		       node->cidr);
	if (common == node->cidr) {
		side = key_bit(&below->key, common);
		RCU_INIT_POINTER(node->child[side], below);
		rcu_assign_pointer(*link, node);
		kfree(fork);
		return;
	}

	fork->key = node->key;
	key_mask(&fork->key, common);
	fork->cidr = common;
	fork->is_v6 = node->is_v6;
	side = key_bit(&node->key, common);
	RCU_INIT_POINTER(fork->child[side], node);
	RCU_INIT_POINTER(fork->child[!side], below);
	rcu_assign_pointer(*link, fork);
}

/*
 * Take a node that has lost its owner out. What has two children stays as a
 * fork; a fork that is left with one goes as well. Readers inside a node that
 * goes still find its children, which is why those pointers stay.
 */
static void trie_del(struct tn_allowedips *t, struct tn_aip_node *target)
{
	struct tn_aip_node __rcu **link = &t->root[target->is_v6];
	struct tn_aip_node __rcu **parent_link = NULL;
	struct tn_aip_node *parent = NULL, *node, *child, *sibling;

	while ((node = deref(t, *link)) != target) {
		parent_link = link;
		parent = node;
		link = &node->child[key_bit(&target->key, node->cidr)];
	}

	child = deref(t, target->child[0]);
	sibling = deref(t, target->child[1]);
	if (child && sibling)
		return;
	if (!child)
		child = sibling;
	rcu_assign_pointer(*link, child);
	kfree_rcu(target, rcu);

	if (child || !parent || rcu_access_pointer(parent->owner))
		return;
	sibling = deref(t, parent->child[link == &parent->child[0]]);
	rcu_assign_pointer(*parent_link, sibling);
	kfree_rcu(parent, rcu);
}

static struct tn_aip_owner *trie_lookup(const struct tn_aip_node *node,
					const struct tn_aip_key *key, u8 bits)
{
	struct tn_aip_owner *best = NULL, *owner;

	while (node && trie_covers(node, key)) {
		owner = rcu_dereference(node->owner);
		if (owner && likely(!READ_ONCE(owner->parked)))
			best = owner;
		if (node->cidr >= bits)
			break;
		node = rcu_dereference(node->child[key_bit(key, node->cidr)]);
	}
	return best;
}

static struct tn_aip_owner *lookup(const struct tn_allowedips *t,
				   const struct tn_aip_node *root,
				   const struct tn_aip_key *key, bool is_v6)
{
	const struct tn_aip_table *table = rcu_dereference(t->exact);
	struct tn_aip_owner *owner = NULL;
	const struct tn_aip_node *node;

	node = table ? table_find(t, table, key, is_v6, NULL) : NULL;
	if (node)
		owner = rcu_dereference(node->owner);
	/* An entry that is just being removed has none: then the next best. */
	if (owner && likely(!READ_ONCE(owner->parked)))
		return owner;

	return trie_lookup(root, key, family_bits(is_v6));
}

/**
 * tn_allowedips_lookup_v4() - whose is this IPv4 address?
 * @t:		table
 * @addr:	address
 *
 * Context: Any, under rcu_read_lock().
 * Return: who has the longest prefix, borrowed until rcu_read_unlock(); or NULL.
 */
struct tn_aip_owner *tn_allowedips_lookup_v4(const struct tn_allowedips *t,
					     __be32 addr)
{
	struct tn_aip_key key = key_v4(addr);

	return lookup(t, rcu_dereference(t->root[0]), &key, false);
}

/**
 * tn_allowedips_lookup_v6() - whose is this IPv6 address?
 * @t:		table
 * @addr:	address, of any alignment
 *
 * Context: Any, under rcu_read_lock().
 * Return: who has the longest prefix, borrowed until rcu_read_unlock(); or NULL.
 */
struct tn_aip_owner *tn_allowedips_lookup_v6(const struct tn_allowedips *t,
					     const struct in6_addr *addr)
{
	struct tn_aip_key key = key_read(addr, true);

	return lookup(t, rcu_dereference(t->root[1]), &key, true);
}

/**
 * tn_aip_owner_init() - begin without prefixes
 * @owner:	of a peer
 */
void tn_aip_owner_init(struct tn_aip_owner *owner)
{
	INIT_LIST_HEAD(&owner->entries);
	owner->count = 0;
	owner->parked = false;
}

/**
 * tn_allowedips_init() - begin empty
 * @t:		table
 * @lock:	that writers will hold
 */
void tn_allowedips_init(struct tn_allowedips *t, struct mutex *lock)
{
	memset(t, 0, sizeof(*t));
	t->lock = lock;
	get_random_bytes(&t->seed, sizeof(t->seed));
}

/* Give a node to an owner, from none or from another. */
static void set_owner(struct tn_allowedips *t, struct tn_aip_node *node,
		      struct tn_aip_owner *owner)
{
	struct tn_aip_owner *old = deref(t, node->owner);

	if (old == owner)
		return;
	if (old) {
		list_del(&node->by_owner);
		old->count--;
	} else {
		t->count++;
	}
	list_add_tail(&node->by_owner, &owner->entries);
	owner->count++;
	rcu_assign_pointer(node->owner, owner);
}

static void clear_owner(struct tn_allowedips *t, struct tn_aip_node *node)
{
	list_del(&node->by_owner);
	deref(t, node->owner)->count--;
	t->count--;
	RCU_INIT_POINTER(node->owner, NULL);
}

/**
 * tn_allowedips_reserve() - get all the memory that an insertion can need
 * @family:	AF_INET or AF_INET6
 * @addr:	4 or 16 bytes, network order, of any alignment
 * @cidr:	prefix length; bits of @addr behind it are ignored
 * @gfp:	how to allocate
 *
 * Context: As @gfp says. No lock.
 * Return: a node, for tn_allowedips_insert() or tn_allowedips_unreserve();
 * ERR_PTR of -EAFNOSUPPORT, -EINVAL or -ENOMEM.
 */
struct tn_aip_node *tn_allowedips_reserve(u16 family, const void *addr, u8 cidr,
					  gfp_t gfp)
{
	struct tn_aip_node *node;
	struct tn_aip_key key;
	bool is_v6;
	int ret;

	ret = prefix_parse(family, addr, cidr, &key, &is_v6);
	if (ret)
		return ERR_PTR(ret);

	node = kzalloc(sizeof(*node), gfp);
	if (!node)
		return ERR_PTR(-ENOMEM);
	node->spare = kzalloc(sizeof(*node->spare), gfp);
	if (!node->spare) {
		kfree(node);
		return ERR_PTR(-ENOMEM);
	}
	node->key = key;
	node->cidr = cidr;
	node->is_v6 = is_v6;
	return node;
}

/**
 * tn_allowedips_unreserve() - give a reservation back
 * @node:	from tn_allowedips_reserve(), not inserted; or NULL
 */
void tn_allowedips_unreserve(struct tn_aip_node *node)
{
	if (!node)
		return;
	kfree(node->spare);
	kfree(node);
}

/*
 * The node that has this prefix, with an owner or as a mere fork. @ret_link is
 * set if there is none.
 */
static struct tn_aip_node *find_prefix(struct tn_allowedips *t,
				       const struct tn_aip_key *key, u8 cidr,
				       bool is_v6,
				       struct tn_aip_node __rcu ***ret_link)
{
	struct tn_aip_table *table = deref(t, t->exact);
	struct tn_aip_node *node;

	if (table && cidr == family_bits(is_v6)) {
		node = table_find(t, table, key, is_v6, NULL);
		if (node)
			return node;
	}
	return trie_seek(t, key, cidr, is_v6, ret_link);
}

/**
 * tn_allowedips_insert() - give a prefix to an owner
 * @t:		table
 * @node:	reservation, moved: used or freed by this
 * @owner:	the new owner; a prefix has one, so another loses it
 *
 * Context: The caller holds @t's lock. Does not sleep, does not fail.
 */
void tn_allowedips_insert(struct tn_allowedips *t, struct tn_aip_node *node,
			  struct tn_aip_owner *owner)
{
	struct tn_aip_node *fork = node->spare, *old;
	struct tn_aip_node __rcu **link;
	struct tn_aip_table *table;

	lockdep_assert_held(t->lock);

	old = find_prefix(t, &node->key, node->cidr, node->is_v6, &link);
	if (old) {
		set_owner(t, old, owner);
		tn_allowedips_unreserve(node);
		return;
	}

	set_owner(t, node, owner);
	table = deref(t, t->exact);
	if (table && is_exact(node) && table_add(t, table, node))
		kfree(fork);
	else
		trie_add(t, node, link, fork);
}

/* @node has an owner and loses it. Readers may use it for a grace period. */
static void remove_node(struct tn_allowedips *t, struct tn_aip_node *node)
{
	struct tn_aip_table *table = deref(t, t->exact);

	clear_owner(t, node);
	if (is_exact(node) && table &&
	    table_find(t, table, &node->key, node->is_v6, NULL)) {
		table_del(t, table, node);
		kfree_rcu(node, rcu);
		return;
	}
	trie_del(t, node);
}

/**
 * tn_allowedips_remove() - take a prefix from its owner
 * @t:		table
 * @family:	AF_INET or AF_INET6
 * @addr:	4 or 16 bytes, network order
 * @cidr:	prefix length
 * @owner:	who must have it, or nothing happens
 *
 * Context: The caller holds @t's lock. Does not sleep. Readers may come back
 * with @owner until a grace period has passed.
 * Return: true if @owner had it.
 */
bool tn_allowedips_remove(struct tn_allowedips *t, u16 family, const void *addr,
			  u8 cidr, struct tn_aip_owner *owner)
{
	struct tn_aip_node __rcu **link;
	struct tn_aip_node *node;
	struct tn_aip_key key;
	bool is_v6;

	lockdep_assert_held(t->lock);

	if (prefix_parse(family, addr, cidr, &key, &is_v6))
		return false;
	node = find_prefix(t, &key, cidr, is_v6, &link);
	if (!node || rcu_access_pointer(node->owner) != owner)
		return false;
	remove_node(t, node);
	return true;
}

/**
 * tn_allowedips_remove_owner() - take all prefixes from an owner
 * @t:		table
 * @owner:	whose
 *
 * Context: The caller holds @t's lock. Does not sleep. Time by the number of
 * @owner's prefixes. Readers may come back with @owner until a grace period has
 * passed; one is enough for any number of owners.
 */
void tn_allowedips_remove_owner(struct tn_allowedips *t,
				struct tn_aip_owner *owner)
{
	struct tn_aip_node *node, *next;

	lockdep_assert_held(t->lock);

	list_for_each_entry_safe(node, next, &owner->entries, by_owner)
		remove_node(t, node);
}

static void free_later(struct tn_allowedips *t, struct tn_aip_node *node,
		       struct list_head *queue)
{
	if (rcu_access_pointer(node->owner))
		clear_owner(t, node);
	list_add_tail(&node->by_owner, queue);
}

/*
 * Free a whole trie that readers may still be in: breadth first, with the nodes
 * to come queued by the list head that their owners do not need any more.
 */
static void free_trie(struct tn_allowedips *t, struct tn_aip_node __rcu **root)
{
	struct tn_aip_node *node = deref(t, *root);
	LIST_HEAD(queue);
	unsigned int i;

	RCU_INIT_POINTER(*root, NULL);
	if (node)
		free_later(t, node, &queue);
	while ((node = list_first_entry_or_null(&queue, struct tn_aip_node,
						by_owner))) {
		list_del(&node->by_owner);
		for (i = 0; i < 2; i++)
			if (rcu_access_pointer(node->child[i]))
				free_later(t, deref(t, node->child[i]), &queue);
		kfree_rcu(node, rcu);
	}
}

static void free_table(struct tn_allowedips *t)
{
	struct tn_aip_table *table = deref(t, t->exact);
	struct tn_aip_node *node;
	u32 i;

	if (!table)
		return;
	RCU_INIT_POINTER(t->exact, NULL);
	for (i = 0; i <= table->mask; i++) {
		node = deref(t, table->slot[i]);
		if (!node || node == &tn_aip_gone)
			continue;
		clear_owner(t, node);
		kfree_rcu(node, rcu);
	}
	kvfree_rcu(table, rcu);
}

/**
 * tn_allowedips_free() - take all prefixes from everybody
 * @t:	table; empty and usable afterwards
 *
 * Context: The caller holds @t's lock. Does not sleep. As after any removal,
 * readers may come back with an owner until a grace period has passed.
 */
void tn_allowedips_free(struct tn_allowedips *t)
{
	lockdep_assert_held(t->lock);

	free_trie(t, &t->root[0]);
	free_trie(t, &t->root[1]);
	free_table(t);
	WARN_ON_ONCE(t->count);
}

/**
 * tn_aip_node_read() - the prefix of an entry, for a dump
 * @node:	of tn_allowedips_for_each()
 * @addr:	result, 4 or 16 bytes, network order
 * @ret_cidr:	prefix length
 *
 * Return: AF_INET or AF_INET6.
 */
u16 tn_aip_node_read(const struct tn_aip_node *node, u8 addr[16], u8 *ret_cidr)
{
	*ret_cidr = node->cidr;
	if (!node->is_v6) {
		put_unaligned_be32(node->key.hi >> 32, addr);
		return AF_INET;
	}
	put_unaligned_be64(node->key.hi, addr);
	put_unaligned_be64(node->key.lo, addr + 8);
	return AF_INET6;
}
