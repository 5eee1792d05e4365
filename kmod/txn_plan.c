// SPDX-License-Identifier: GPL-2.0-only
/*
 * What an update comes to. Its items are walked in their order, in thought
 * only: later ones override earlier ones, the last peer that is given a prefix
 * has it. What is left is the difference to the table, so that a peer or a
 * prefix which stays is not touched and no packet sees a moment without it.
 *
 * Changes nothing but the update's own fields for it.
 */
#include "txn_plan.h"

#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/netlink.h>
#include <linux/random.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/xarray.h>

#include "allowedips.h"
#include "crypto.h"
#include "device.h"
#include "peer.h"
#include "update.h"

/* Bounds on the buckets of a plan's tables, log2: 8 bytes to 8 MiB each. */
#define TN_PLAN_BITS_MAX 20

/* Prefixes of a peer that are looked through for a few more. Ours. */
#define TN_PLAN_HOLD_MAX 64

static int tn_plan_init(struct tn_plan *plan, const struct tn_update *upd)
{
	u32 n = max3(upd->num_peers, upd->num_aips, 1u);

	memset(plan, 0, sizeof(*plan));
	INIT_LIST_HEAD(&plan->list);
	INIT_LIST_HEAD(&plan->gone);
	get_random_bytes(&plan->key, sizeof(plan->key));
	plan->bits = min_t(unsigned int, ilog2(n), TN_PLAN_BITS_MAX);
	plan->targets = kvcalloc(1u << plan->bits, sizeof(*plan->targets),
				 GFP_KERNEL_ACCOUNT);
	plan->aips = kvcalloc(1u << plan->bits, sizeof(*plan->aips),
			      GFP_KERNEL_ACCOUNT);
	return plan->targets && plan->aips ? 0 : -ENOMEM;
}

/**
 * tn_plan_free() - forget a plan
 * @plan:	the plan; peers that it made or names are not its own
 *
 * Context: Process.
 */
void tn_plan_free(struct tn_plan *plan)
{
	struct tn_target *target, *next_target;
	struct tn_peer *peer, *next_peer;

	/* Not carried out: they stay. */
	list_for_each_entry_safe(peer, next_peer, &plan->gone, gone)
		list_del_init(&peer->gone);
	list_for_each_entry_safe(target, next_target, &plan->list, list)
		kfree(target);
	kvfree(plan->targets);
	kvfree(plan->aips);
}

static struct hlist_head *tn_plan_bucket(const struct tn_plan *plan,
					 const u8 *pub)
{
	u64 hash = siphash(pub, TN_KEY_LEN, &plan->key);

	return &plan->targets[hash & ((1u << plan->bits) - 1)];
}

static struct tn_target *tn_plan_find(const struct tn_plan *plan,
				      const u8 *pub)
{
	struct tn_target *target;

	hlist_for_each_entry(target, tn_plan_bucket(plan, pub), hash)
		if (!memcmp(target->pub, pub, TN_KEY_LEN))
			return target;
	return NULL;
}

/* Borrowed: cfg_lock, which the caller holds, keeps it in the table. */
static struct tn_peer *tn_plan_lookup(struct tn_device *tn, const u8 *pub)
{
	struct tn_peer *peer = tn_pubkeys_find(&tn->pubkeys, pub);

	tn_peer_put(peer);
	return peer;
}

static struct tn_target *tn_plan_target(struct tn_plan *plan,
					struct tn_device *tn,
					const struct tn_update *upd,
					const u8 *pub)
{
	struct tn_target *target = tn_plan_find(plan, pub);

	if (target)
		return target;
	target = kzalloc(sizeof(*target), GFP_KERNEL_ACCOUNT);
	if (!target)
		return NULL;
	target->pub = pub;
	target->old = tn_plan_lookup(tn, pub);
	target->exists = target->old;
	target->replace = upd->replace;
	target->self = plan->has_own &&
		       !memcmp(pub, plan->own_public, TN_KEY_LEN);
	INIT_LIST_HEAD(&target->aips);
	hlist_add_head(&target->hash, tn_plan_bucket(plan, pub));
	list_add_tail(&target->list, &plan->list);
	return target;
}

static struct hlist_head *tn_plan_aip_bucket(const struct tn_plan *plan,
					     u8 family, const u8 *addr, u8 cidr)
{
	u64 hash = siphash(addr, family == AF_INET ? 4 : 16, &plan->key);

	return &plan->aips[(hash ^ cidr) & ((1u << plan->bits) - 1)];
}

static struct tn_aip_update *tn_plan_find_aip(const struct tn_plan *plan,
					      u8 family, const u8 *addr,
					      u8 cidr)
{
	size_t len = family == AF_INET ? 4 : 16;
	struct tn_aip_update *aip;

	hlist_for_each_entry(aip, tn_plan_aip_bucket(plan, family, addr, cidr),
			     hash)
		if (aip->family == family && aip->cidr == cidr &&
		    !memcmp(aip->addr, addr, len))
			return aip;
	return NULL;
}

static void tn_plan_kill_aip(struct tn_plan *plan, struct tn_aip_update *aip)
{
	hlist_del_init(&aip->hash);
	list_del_init(&aip->of_target);
	aip->dead = true;
	plan->num_aips--;
}

static void tn_plan_kill_aips(struct tn_plan *plan, struct tn_target *target)
{
	struct tn_aip_update *aip, *tmp;

	list_for_each_entry_safe(aip, tmp, &target->aips, of_target)
		tn_plan_kill_aip(plan, aip);
}

static void tn_plan_aip(struct tn_plan *plan, struct tn_target *target,
			struct tn_aip_update *aip)
{
	struct tn_aip_update *same = tn_plan_find_aip(plan, aip->family,
						      aip->addr, aip->cidr);

	aip->dead = false;
	aip->held = false;
	aip->target = target;
	if (aip->remove) {
		if (same && same->target == target)
			tn_plan_kill_aip(plan, same);
		return;
	}
	if (same)
		tn_plan_kill_aip(plan, same);
	hlist_add_head(&aip->hash,
		       tn_plan_aip_bucket(plan, aip->family, aip->addr,
					  aip->cidr));
	list_add_tail(&aip->of_target, &target->aips);
	plan->num_aips++;
}

static int tn_plan_check_op(const struct tn_target *target,
			    const struct tn_peer_update *item,
			    struct netlink_ext_ack *extack)
{
	switch (item->op) {
	case TAILNET_PEER_OP_SET:
		return 0;
	case TAILNET_PEER_OP_NEW:
		if (!target->exists)
			return 0;
		NL_SET_ERR_MSG_ATTR(extack, item->attr,
				    "peer with this public key exists already");
		return -EEXIST;
	case TAILNET_PEER_OP_UPDATE:
	case TAILNET_PEER_OP_DEL:
		if (target->exists)
			return 0;
		NL_SET_ERR_MSG_ATTR(extack, item->attr,
				    "no peer with this public key");
		return -ENOENT;
	}
	return -EINVAL;
}

/* Everything the update has asked of the peer so far is void. */
static void tn_plan_remove(struct tn_plan *plan, struct tn_target *target,
			   const struct tn_peer_update *item)
{
	tn_plan_kill_aips(plan, target);
	target->from = item->pos + 1;
	target->exists = false;
	target->drop_old = target->old;
	target->replace = false;
}

static int tn_plan_item(struct tn_plan *plan, struct tn_device *tn,
			struct tn_update *upd, struct tn_peer_update *item,
			struct netlink_ext_ack *extack)
{
	struct tn_target *target = tn_plan_target(plan, tn, upd, item->pub);
	struct tn_aip_update *aip;
	int ret;

	if (!target)
		return -ENOMEM;
	item->target = target;
	if (target->self)
		return 0;
	ret = tn_plan_check_op(target, item, extack);
	if (ret)
		return ret;
	if (item->op == TAILNET_PEER_OP_DEL) {
		tn_plan_remove(plan, target, item);
		return 0;
	}
	target->exists = true;
	if (item->has & TN_PEER_HAS_REPLACE) {
		tn_plan_kill_aips(plan, target);
		target->replace = true;
	}
	list_for_each_entry(aip, &item->aips, list)
		tn_plan_aip(plan, target, aip);
	return 0;
}

/*
 * The public key that the device will have. Reading the identity needs no lock
 * of its own: only configuration changes it.
 */
static int tn_plan_identity(struct tn_plan *plan, const struct tn_device *tn,
			    const struct tn_update *upd)
{
	const struct tn_identity *id = &tn->identity;
	u8 private[TN_KEY_LEN];
	bool none;

	if (!(upd->dev.has & TN_DEV_HAS_KEY)) {
		plan->has_own = id->has_key;
		memcpy(plan->own_public, id->public, TN_KEY_LEN);
		return 0;
	}
	memcpy(private, upd->dev.private_key, TN_KEY_LEN);
	none = !memchr_inv(private, 0, TN_KEY_LEN);
	tn_clamp(private);
	/* The same key again must not end the sessions. */
	plan->new_key = none ? id->has_key :
			!id->has_key ||
			!tn_memeq(private, id->private, TN_KEY_LEN);
	plan->has_own = !none && tn_dh_public(plan->own_public, private);
	memzero_explicit(private, sizeof(private));
	return none || plan->has_own ? 0 : -EINVAL;
}

/*
 * Prefixes that a peer is given and has: nothing to be done about those. Not
 * worth the walk if the peer has many and gets a few more.
 */
static void tn_plan_hold(struct tn_plan *plan, struct tn_target *target)
{
	const struct tn_aip_owner *owner;
	const struct tn_aip_node *node;
	struct tn_aip_update *aip;
	u8 addr[16], cidr;
	u16 family;

	if (!target->old || target->drop_old || list_empty(&target->aips))
		return;
	owner = &target->old->aips;
	if (!target->replace && owner->count > TN_PLAN_HOLD_MAX)
		return;
	tn_allowedips_for_each(node, owner) {
		family = tn_aip_node_read(node, addr, &cidr);
		aip = tn_plan_find_aip(plan, family, addr, cidr);
		if (!aip || aip->target != target)
			continue;
		aip->held = true;
		plan->num_aips--;
	}
}

/* Which peers go: removed, not named in a replacement, or ourselves. */
static void tn_plan_gone(struct tn_plan *plan, struct tn_device *tn,
			 const struct tn_update *upd)
{
	const struct tn_target *target;
	struct tn_peer *peer;
	unsigned long i;

	if (upd->replace) {
		xa_for_each(&tn->peers, i, peer) {
			target = tn_plan_find(plan, peer->hs.remote_static);
			if (target && !target->self && !target->drop_old)
				continue;
			list_add_tail(&peer->gone, &plan->gone);
			plan->num_gone++;
		}
		return;
	}
	list_for_each_entry(target, &plan->list, list) {
		if (target->self || !target->drop_old)
			continue;
		list_add_tail(&target->old->gone, &plan->gone);
		plan->num_gone++;
	}
	peer = plan->new_key && plan->has_own ?
	       tn_plan_lookup(tn, plan->own_public) : NULL;
	if (peer) {
		list_add_tail(&peer->gone, &plan->gone);
		plan->num_gone++;
	}
}

/**
 * tn_plan_make() - find out what an update comes to
 * @plan:	the plan; to be freed even after an error
 * @tn:		the device
 * @upd:	the update; its items are marked
 * @extack:	told which item is at fault
 *
 * Context: Process; @tn's cfg_lock held until the plan is carried out.
 * Return: 0; -EEXIST or -ENOENT about a peer; -E2BIG; -ENOMEM.
 */
int tn_plan_make(struct tn_plan *plan, struct tn_device *tn,
		 struct tn_update *upd, struct netlink_ext_ack *extack)
{
	struct tn_peer_update *item;
	struct tn_target *target;
	u32 pos = 0;
	int ret;

	lockdep_assert_held(&tn->cfg_lock);
	ret = tn_plan_init(plan, upd);
	if (ret)
		return ret;
	ret = tn_plan_identity(plan, tn, upd);
	if (ret) {
		NL_SET_ERR_MSG(extack, "private key is not usable");
		return ret;
	}
	list_for_each_entry(item, &upd->peers, list) {
		item->pos = pos++;
		ret = tn_plan_item(plan, tn, upd, item, extack);
		if (ret)
			return ret;
		cond_resched();
	}
	list_for_each_entry(target, &plan->list, list) {
		if (target->exists && (!target->old || target->drop_old))
			plan->num_new++;
		tn_plan_hold(plan, target);
		cond_resched();
	}
	tn_plan_gone(plan, tn, upd);
	if ((u64)tn->num_peers + plan->num_new - plan->num_gone >
	    TN_MAX_PEERS) {
		NL_SET_ERR_MSG(extack, "too many peers");
		return -E2BIG;
	}
	return 0;
}

/**
 * tn_plan_counts() - is an item to be carried out?
 * @item:	an item of an update that there is a plan for
 *
 * Return: false if a later item removes the peer, or it is no peer of ours.
 */
bool tn_plan_counts(const struct tn_peer_update *item)
{
	return !item->target->self && item->pos >= item->target->from;
}

/**
 * tn_plan_gives() - does the update give a peer this prefix in the end?
 * @plan:	the plan
 * @target:	the peer
 * @family:	AF_INET or AF_INET6
 * @addr:	network order, host bits clear
 * @cidr:	prefix length, bits
 *
 * Return: true if so.
 */
bool tn_plan_gives(const struct tn_plan *plan, const struct tn_target *target,
		   u8 family, const u8 *addr, u8 cidr)
{
	const struct tn_aip_update *aip;

	aip = tn_plan_find_aip(plan, family, addr, cidr);
	return aip && aip->target == target;
}
