/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TN_PEERTABLE_H
#define TN_PEERTABLE_H

#include <linux/list.h>
#include <linux/siphash.h>
#include <linux/spinlock.h>
#include <linux/types.h>

struct tn_keypair;
struct tn_peer;

/**
 * struct tn_pubkeys - finds a peer by its public key
 * @key:	hash key, random
 * @bits:	log2 of the number of @buckets
 * @buckets:	RCU readers; the caller's mutex for writers
 */
struct tn_pubkeys {
	siphash_key_t key;
	unsigned int bits;
	struct hlist_head *buckets;
};

/* What an index stands for. */
enum tn_index_kind {
	TN_INDEX_HANDSHAKE,
	TN_INDEX_KEYPAIR,
};

/**
 * struct tn_index - one entry of the index table
 * @node:	in its bucket
 * @peer:	owner; the entry does not hold a reference
 * @number:	the random number, unique in the device
 * @kind:	what it is embedded in
 */
struct tn_index {
	struct hlist_node node;
	struct tn_peer *peer;
	u32 number;
	enum tn_index_kind kind;
};

/**
 * struct tn_indices - finds a handshake or keypair by its index
 * @lock:	protects changes
 * @bits:	log2 of the number of @buckets
 * @buckets:	RCU readers
 */
struct tn_indices {
	spinlock_t lock;	/* protects changes */
	unsigned int bits;
	struct hlist_head *buckets;
};

int tn_pubkeys_init(struct tn_pubkeys *t);
void tn_pubkeys_done(struct tn_pubkeys *t);
void tn_pubkeys_add(struct tn_pubkeys *t, struct tn_peer *peer);
void tn_pubkeys_del(struct tn_pubkeys *t, struct tn_peer *peer);
struct tn_peer *tn_pubkeys_find(struct tn_pubkeys *t, const u8 *pub);

int tn_indices_init(struct tn_indices *t);
void tn_indices_done(struct tn_indices *t);
u32 tn_indices_add(struct tn_indices *t, struct tn_index *e);
bool tn_indices_hand_over(struct tn_indices *t, struct tn_index *from,
			  struct tn_index *to, u32 number);
void tn_indices_del(struct tn_indices *t, struct tn_index *e);
struct tn_index *tn_indices_find(struct tn_indices *t, u32 number);

#endif
