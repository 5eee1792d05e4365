/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TN_TXN_PLAN_H
#define TN_TXN_PLAN_H

#include <linux/list.h>
#include <linux/siphash.h>
#include <linux/types.h>

#include "messages.h"

struct netlink_ext_ack;
struct tn_device;
struct tn_peer;
struct tn_peer_update;
struct tn_update;

/**
 * struct tn_target - what an update comes to for one peer
 * @hash:	in tn_plan.targets
 * @list:	in tn_plan.list
 * @pub:	its key, in the first item about it
 * @old:	the peer as it is in the table, or NULL; borrowed under cfg_lock
 * @fresh:	the peer to be published, or NULL
 * @aips:	of struct tn_aip_update.of_target: prefixes it is given
 * @from:	position of the first item that counts; those before it are
 *		about a peer that a later one removes
 * @exists:	there is such a peer, as of the items seen so far
 * @drop_old:	@old goes
 * @replace:	@old keeps only the prefixes in @aips
 * @self:	its key is the device's own: never a peer
 */
struct tn_target {
	struct hlist_node hash;
	struct list_head list;
	const u8 *pub;
	struct tn_peer *old;
	struct tn_peer *fresh;
	struct list_head aips;
	u32 from;
	bool exists;
	bool drop_old;
	bool replace;
	bool self;
};

/**
 * struct tn_plan - what an update comes to
 * @list:	of struct tn_target, in the order of first naming
 * @gone:	of struct tn_peer.gone: peers to be removed
 * @num_new:	peers to be made
 * @num_gone:	entries of @gone
 * @num_aips:	prefixes to be inserted
 * @own_public:	the device's public key after the update
 * @has_own:	there is one
 * @new_key:	the private key changes
 * @key:	of the hash of both tables
 * @bits:	log2 of the number of buckets of either table
 * @targets:	targets by public key
 * @aips:	struct tn_aip_update.hash: who is given this prefix
 */
struct tn_plan {
	struct list_head list;
	struct list_head gone;
	u32 num_new;
	u32 num_gone;
	u32 num_aips;
	u8 own_public[TN_KEY_LEN];
	bool has_own;
	bool new_key;
	siphash_key_t key;
	unsigned int bits;
	struct hlist_head *targets;
	struct hlist_head *aips;
};

static inline struct tn_peer *tn_target_peer(const struct tn_target *target)
{
	return target->fresh ?: target->drop_old ? NULL : target->old;
}

bool tn_plan_counts(const struct tn_peer_update *item);
int tn_plan_make(struct tn_plan *plan, struct tn_device *tn,
		 struct tn_update *upd, struct netlink_ext_ack *extack);
void tn_plan_free(struct tn_plan *plan);
bool tn_plan_gives(const struct tn_plan *plan, const struct tn_target *target,
		   u8 family, const u8 *addr, u8 cidr);

#endif
