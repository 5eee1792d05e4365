// SPDX-License-Identifier: GPL-2.0-only
/*
 * One update of the configuration: check, reserve, commit. The table of peers
 * changes here and nowhere else.
 *
 * Whatever can fail comes before the commit and shows to nobody; the commit is
 * assignments, and ends with one grace period for all peers that go.
 */
#include "txn.h"

#include <linux/jiffies.h>
#include <linux/netlink.h>
#include <linux/sched.h>
#include <linux/workqueue.h>
#include <linux/xarray.h>

#include "allowedips.h"
#include "device.h"
#include "events.h"
#include "expiry.h"
#include "lock.h"
#include "path.h"
#include "peer.h"
#include "socket.h"
#include "txn_plan.h"
#include "update.h"

/**
 * struct tn_reserve - what an update needs besides its plan
 * @socks:	sockets to be installed
 * @install:	install @socks, even if NULL: then there will be none
 */
struct tn_reserve {
	struct tn_sockets *socks;
	bool install;
};

static struct tn_sockets *tn_txn_sockets(struct tn_device *tn)
{
	return rcu_dereference_protected(tn->socks,
					 lockdep_is_held(&tn->cfg_lock));
}

static bool tn_txn_adopts(const struct tn_dev_update *dev)
{
	return (dev->has & TN_DEV_HAS_SOCKETS) && (dev->file4 || dev->file6);
}

/* Is there anything in it at all? */
static bool tn_txn_empty(const struct tn_update *upd)
{
	return !upd->dev.has && !upd->dev.flags_mask && !upd->num_peers &&
	       !upd->replace && !upd->lock.keys && !upd->lock.off;
}

static int tn_txn_check_dev(struct tn_device *tn, const struct tn_update *upd,
			    struct netlink_ext_ack *extack)
{
	const struct tn_dev_update *dev = &upd->dev;
	u32 changed = (tn->flags ^ dev->flags_value) & dev->flags_mask;

	if ((changed & TAILNET_DEV_F_MANAGED) && tn->num_peers) {
		NL_SET_ERR_MSG_ATTR(extack, dev->attr_flags,
				    "managed can be changed only while there are no peers");
		return -EBUSY;
	}
	if (((dev->has & TN_DEV_HAS_PORT) || tn_txn_adopts(dev)) &&
	    !rcu_access_pointer(tn->creating_net)) {
		NL_SET_ERR_MSG_ATTR(extack, dev->attr_port ?: dev->attr_socks,
				    "the namespace of the device's sockets is gone");
		return -EXDEV;
	}
	return 0;
}

/* Reads only. The plan is to be freed even after an error. */
static int tn_txn_check(struct tn_device *tn, struct tn_update *upd,
			struct tn_plan *plan, struct netlink_ext_ack *extack)
{
	int ret;

	ret = tn_plan_make(plan, tn, upd, extack);
	if (ret)
		return ret;
	ret = tn_txn_check_dev(tn, upd, extack);
	return ret ?: tn_lock_check(tn, upd, extack);
}

static int tn_txn_reserve_peers(struct tn_device *tn, struct tn_plan *plan)
{
	struct tn_target *target;
	struct tn_peer *peer;

	list_for_each_entry(target, &plan->list, list) {
		if (!target->exists || (target->old && !target->drop_old))
			continue;
		peer = tn_peer_new(tn, target->pub);
		if (IS_ERR(peer))
			return PTR_ERR(peer);
		target->fresh = peer;
		cond_resched();
	}
	return 0;
}

static int tn_txn_reserve_aips(struct tn_device *tn, struct tn_plan *plan)
{
	const struct tn_target *target;
	struct tn_aip_update *aip;
	struct tn_aip_node *node;

	list_for_each_entry(target, &plan->list, list) {
		list_for_each_entry(aip, &target->aips, of_target) {
			if (aip->held)
				continue;
			node = tn_allowedips_reserve(aip->family, aip->addr,
						     aip->cidr,
						     GFP_KERNEL_ACCOUNT);
			if (IS_ERR(node))
				return PTR_ERR(node);
			aip->node = node;
		}
		cond_resched();
	}
	return tn_allowedips_prepare(&tn->allowedips, plan->num_aips,
				     GFP_KERNEL_ACCOUNT);
}

static int tn_txn_reserve_own(struct tn_device *tn,
			      const struct tn_dev_update *dev,
			      struct tn_reserve *res,
			      struct netlink_ext_ack *extack)
{
	const struct tn_sockets *now = tn_txn_sockets(tn);
	int ret;

	/* Sockets of our own are there while the device is up. */
	if (!tn->up) {
		res->install = now && now->adopted;
		return 0;
	}
	if (now && !now->adopted && dev->listen_port &&
	    tn_sockets_port(now) == dev->listen_port)
		return 0;
	ret = tn_sockets_make(tn, dev->listen_port, &res->socks);
	if (ret == -EADDRINUSE)
		NL_SET_ERR_MSG_ATTR(extack, dev->attr_port,
				    "the UDP port is in use");
	else if (ret)
		NL_SET_ERR_MSG_ATTR(extack, dev->attr_port,
				    "UDP sockets cannot be made");
	res->install = !ret;
	return ret;
}

static int tn_txn_reserve_sockets(struct tn_device *tn,
				  struct tn_dev_update *dev,
				  struct tn_reserve *res,
				  struct netlink_ext_ack *extack)
{
	int ret;

	if (dev->has & TN_DEV_HAS_PORT)
		return tn_txn_reserve_own(tn, dev, res, extack);
	if (!(dev->has & TN_DEV_HAS_SOCKETS))
		return 0;
	if (!tn_txn_adopts(dev)) {
		res->install = true;
		return 0;
	}
	ret = tn_sockets_adopt(tn, dev->file4, dev->file6, extack, &res->socks);
	if (ret) {
		NL_SET_BAD_ATTR(extack, dev->attr_socks);
		return ret;
	}
	/* The references are the pair's now. */
	dev->file4 = NULL;
	dev->file6 = NULL;
	res->install = true;
	return 0;
}

static void tn_txn_unreserve(struct tn_plan *plan)
{
	struct tn_target *target;
	struct tn_aip_update *aip;

	list_for_each_entry(target, &plan->list, list) {
		list_for_each_entry(aip, &target->aips, of_target)
			tn_allowedips_unreserve(aip->node);
		if (target->fresh)
			tn_peer_discard(target->fresh);
	}
}

/* Allocates; nothing of it is visible yet. */
static int tn_txn_reserve(struct tn_device *tn, struct tn_update *upd,
			  struct tn_plan *plan, struct tn_reserve *res,
			  struct netlink_ext_ack *extack)
{
	int ret;

	ret = tn_txn_reserve_peers(tn, plan);
	if (ret)
		goto err_unreserve;
	ret = tn_txn_reserve_aips(tn, plan);
	if (ret)
		goto err_unreserve;
	ret = tn_lock_reserve(tn, upd);
	if (ret)
		goto err_unreserve;
	/* Last, for it takes sockets from their owners or binds a port. */
	ret = tn_txn_reserve_sockets(tn, &upd->dev, res, extack);
	if (ret)
		goto err_unreserve;
	return 0;

err_unreserve:
	tn_txn_unreserve(plan);
	return ret;
}

/*
 * An endpoint that stays keeps its route and local address. The item says
 * afterwards whether it changed.
 */
static void tn_txn_commit_endpoint(struct tn_peer *peer,
				   struct tn_peer_update *item)
{
	struct tn_endpoint now;

	tn_path_get(&peer->path, &now);
	memset(&now.src6, 0, sizeof(now.src6));
	if (tn_endpoint_eq(&now, &item->ep))
		item->has &= ~TN_PEER_HAS_ENDPOINT;
	else
		tn_peer_set_endpoint(peer, &item->ep);
}

static void tn_txn_commit_item(struct tn_peer *peer,
			       struct tn_peer_update *item)
{
	if (item->has & TN_PEER_HAS_PSK)
		tn_peer_set_psk(peer, item->psk);
	if (item->has & TN_PEER_HAS_NODE_ID)
		WRITE_ONCE(peer->node_id, item->node_id);
	if (item->flags_mask & TAILNET_PEER_F_ROAM)
		tn_peer_set_roam(peer, item->flags_value & TAILNET_PEER_F_ROAM);
	if (item->has & TN_PEER_HAS_EXPIRES)
		WRITE_ONCE(peer->expires_s, item->expires_s);
	if (item->has & TN_PEER_HAS_ENDPOINT)
		tn_txn_commit_endpoint(peer, item);
	tn_lock_commit_item(peer, item);
}

/* Settings of peers that are new first: nobody sees them half set. */
static void tn_txn_commit_peers(const struct tn_update *upd,
				const struct tn_plan *plan)
{
	struct tn_peer_update *item;
	const struct tn_target *target;

	list_for_each_entry(item, &upd->peers, list) {
		if (tn_plan_counts(item) && tn_target_peer(item->target))
			tn_txn_commit_item(tn_target_peer(item->target), item);
		cond_resched();
	}
	list_for_each_entry(target, &plan->list, list) {
		if (!target->fresh)
			continue;
		tn_lock_commit_new(target->fresh);
		tn_peer_publish(target->fresh);
	}
}

/* Prefixes taken from a peer by name, and not given again later. */
static void tn_txn_commit_taken(struct tn_device *tn,
				const struct tn_plan *plan,
				const struct tn_peer_update *item)
{
	struct tn_peer *peer = item->target->old;
	const struct tn_aip_update *aip;

	list_for_each_entry(aip, &item->aips, list)
		if (aip->remove && peer &&
		    !tn_plan_gives(plan, item->target, aip->family, aip->addr,
				   aip->cidr))
			tn_allowedips_remove(&tn->allowedips, aip->family,
					     aip->addr, aip->cidr, &peer->aips);
}

/* Prefixes that a peer had and is not to keep. */
static void tn_txn_commit_stale(struct tn_device *tn,
				const struct tn_plan *plan,
				const struct tn_target *target)
{
	struct tn_peer *peer = target->old;
	struct tn_aip_node *node, *next;
	u8 addr[16], cidr;
	u16 family;

	list_for_each_entry_safe(node, next, &peer->aips.entries, by_owner) {
		family = tn_aip_node_read(node, addr, &cidr);
		if (!tn_plan_gives(plan, target, family, addr, cidr))
			tn_allowedips_remove(&tn->allowedips, family, addr,
					     cidr, &peer->aips);
	}
}

/*
 * Given before taken: a prefix that moves has an owner all the time. The order
 * of insertion is the order of the request, which is that of a dump.
 */
static void tn_txn_commit_aips(struct tn_device *tn,
			       const struct tn_update *upd,
			       const struct tn_plan *plan)
{
	const struct tn_peer_update *item;
	const struct tn_target *target;
	struct tn_aip_update *aip;
	struct tn_peer *peer;

	list_for_each_entry(item, &upd->peers, list)
		if (tn_plan_counts(item))
			tn_txn_commit_taken(tn, plan, item);
	list_for_each_entry(target, &plan->list, list) {
		peer = tn_target_peer(target);
		list_for_each_entry(aip, &target->aips, of_target)
			if (!aip->held)
				tn_allowedips_insert(&tn->allowedips, aip->node,
						     &peer->aips);
		cond_resched();
	}
	list_for_each_entry(target, &plan->list, list) {
		if (target->replace && target->old && !target->drop_old &&
		    !target->self)
			tn_txn_commit_stale(tn, plan, target);
		cond_resched();
	}
}

static void tn_txn_commit_fwmark(struct tn_device *tn, u32 fwmark)
{
	struct tn_peer *peer;
	unsigned long i;

	if (tn->fwmark == fwmark)
		return;
	WRITE_ONCE(tn->fwmark, fwmark);
	/* Routes and local addresses were chosen under the old mark. */
	xa_for_each(&tn->peers, i, peer)
		tn_path_clear_src(&peer->path);
}

static void tn_txn_commit_sockets(struct tn_device *tn,
				  const struct tn_dev_update *dev,
				  const struct tn_reserve *res)
{
	bool adopted = res->socks && res->socks->adopted;

	if (dev->has & TN_DEV_HAS_PORT)
		tn->listen_port = dev->listen_port;
	if (!res->install)
		return;
	tn_sockets_install(tn, res->socks);
	cancel_delayed_work(&tn->orphan_work);
	tn->owner_portid = adopted ? dev->owner_portid : 0;
	tn->owner_net = adopted ? dev->owner_net : NULL;
	tn->orphaned = false;
}

/* For an orphan the time begins anew. */
static void tn_txn_commit_orphan(struct tn_device *tn, u32 timeout_s)
{
	tn->orphan_timeout_s = timeout_s;
	cancel_delayed_work(&tn->orphan_work);
	if (tn->orphaned && timeout_s)
		schedule_delayed_work(&tn->orphan_work, timeout_s * HZ);
}

static void tn_txn_commit_dev(struct tn_device *tn, const struct tn_update *upd,
			      const struct tn_plan *plan,
			      const struct tn_reserve *res)
{
	const struct tn_dev_update *dev = &upd->dev;

	WRITE_ONCE(tn->flags, (tn->flags & ~dev->flags_mask) |
			      (dev->flags_value & dev->flags_mask));
	if (dev->has & TN_DEV_HAS_FWMARK)
		tn_txn_commit_fwmark(tn, dev->fwmark);
	tn_txn_commit_sockets(tn, dev, res);
	if (dev->has & TN_DEV_HAS_ORPHAN)
		tn_txn_commit_orphan(tn, dev->orphan_timeout_s);
	if (dev->flags_mask & TAILNET_DEV_F_GRO)
		tn_sockets_set_gro(tn, tn->flags & TAILNET_DEV_F_GRO);
	if (plan->new_key)
		tn_device_set_private_key(tn, dev->private_key);
}

/* Cut off whose time has passed, let in again whose time was extended. */
static void tn_txn_commit_expiry(struct tn_device *tn,
				 const struct tn_update *upd)
{
	const struct tn_peer_update *item;
	struct tn_peer *peer;
	LIST_HEAD(over);

	list_for_each_entry(item, &upd->peers, list) {
		peer = tn_target_peer(item->target);
		if (peer && tn_plan_counts(item) &&
		    (item->has & TN_PEER_HAS_EXPIRES))
			tn_expiry_judge(peer, &over);
	}
	tn_expiry_cut(tn, &over);
	tn_expiry_arm(tn);
}

/* Let peers send what they have and what their settings ask for. */
static void tn_txn_commit_start(struct tn_device *tn,
				const struct tn_update *upd)
{
	const struct tn_peer_update *item;
	struct tn_peer *peer;

	list_for_each_entry(item, &upd->peers, list) {
		peer = tn_target_peer(item->target);
		if (!peer || !tn_plan_counts(item))
			continue;
		if (item->has & TN_PEER_HAS_KEEPALIVE)
			tn_peer_set_keepalive(peer, item->keepalive_s);
		/* Packets may have waited; for a new peer none could. */
		if (tn->up && (item->has & TN_PEER_HAS_ENDPOINT) &&
		    tn_path_usable(&peer->path) && !item->target->fresh)
			tn_peer_start(peer);
		cond_resched();
	}
}

/*
 * Nothing left to fail. The keys of the lock first, and everybody judged by them
 * before any address changes hands: who is not to be admitted never has one, not
 * for a moment.
 */
static void tn_txn_commit(struct tn_device *tn, const struct tn_update *upd,
			  struct tn_plan *plan, const struct tn_reserve *res)
{
	bool was_locked = tn->lock.keys;

	tn_lock_commit_keys(tn, upd, plan);
	tn_txn_commit_peers(upd, plan);
	tn_lock_commit_verdicts(tn, upd);
	tn_txn_commit_aips(tn, upd, plan);
	tn_peers_remove(tn, &plan->gone);
	tn_txn_commit_dev(tn, upd, plan, res);
	tn_lock_commit_turned(tn);
	tn_txn_commit_expiry(tn, upd);
	tn_txn_commit_start(tn, upd);
	WRITE_ONCE(tn->generation, tn->generation + 1);
	tn_event_device(tn, TAILNET_EVENT_CONFIG);
	tn_lock_commit_told(tn, upd, was_locked);
}

/**
 * tn_txn_check_generation() - may this device be changed, and as it is now?
 * @tn:		the device
 * @upd:	may name the generation that the table must be at
 * @extack:	told what is wrong
 *
 * Context: Process; @tn's cfg_lock held.
 * Return: 0, -ENODEV or -ESTALE.
 */
int tn_txn_check_generation(const struct tn_device *tn,
			    const struct tn_update *upd,
			    struct netlink_ext_ack *extack)
{
	lockdep_assert_held(&tn->cfg_lock);
	if (tn->dying) {
		NL_SET_ERR_MSG(extack, "the device is being removed");
		return -ENODEV;
	}
	if (upd->has_generation && upd->generation != tn->generation) {
		NL_SET_ERR_MSG(extack,
			       "the configuration is at another generation");
		return -ESTALE;
	}
	return 0;
}

/**
 * tn_txn_apply_locked() - apply an update under the lock of the configuration
 * @tn:		the device, held
 * @upd:	the update; used up, to be freed by the caller
 * @extack:	told what is wrong, or NULL
 *
 * Context: Process; @tn's cfg_lock held; sleeps.
 * Return: as tn_txn_apply().
 */
int tn_txn_apply_locked(struct tn_device *tn, struct tn_update *upd,
			struct netlink_ext_ack *extack)
{
	struct tn_reserve res = { };
	struct tn_plan plan;
	int ret;

	lockdep_assert_held(&tn->cfg_lock);
	ret = tn_txn_check_generation(tn, upd, extack);
	if (ret || tn_txn_empty(upd))
		return ret;
	ret = tn_txn_check(tn, upd, &plan, extack);
	if (ret)
		goto out_free_plan;
	ret = tn_txn_reserve(tn, upd, &plan, &res, extack);
	if (ret)
		goto out_free_plan;
	tn_txn_commit(tn, upd, &plan, &res);
out_free_plan:
	tn_plan_free(&plan);
	if (ret == -ENOMEM)
		NL_SET_ERR_MSG(extack, "out of memory");
	return ret;
}

/**
 * tn_txn_apply() - apply an update: all of it, or nothing
 * @tn:		the device, held
 * @upd:	the update; used up, to be freed by the caller
 * @extack:	told what is wrong, or NULL
 *
 * Context: Process; takes cfg_lock; sleeps, when peers go for a grace period.
 * Return: 0; -ENODEV; -ESTALE; -EEXIST or -ENOENT about a peer; -EBUSY;
 *	   -EADDRINUSE or another error about sockets; -E2BIG; -ENOMEM.
 */
int tn_txn_apply(struct tn_device *tn, struct tn_update *upd,
		 struct netlink_ext_ack *extack)
{
	int ret;

	ret = tn_lock_prepare(tn, upd, NULL, extack);
	if (ret)
		return ret;
	mutex_lock(&tn->cfg_lock);
	ret = tn_txn_apply_locked(tn, upd, extack);
	mutex_unlock(&tn->cfg_lock);
	return ret;
}
