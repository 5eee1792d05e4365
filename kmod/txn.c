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
#include <linux/random.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/workqueue.h>
#include <linux/xarray.h>
#include <net/net_namespace.h>

#include "allowedips.h"
#include "device.h"
#include "events.h"
#include "expiry.h"
#include "path.h"
#include "peer.h"
#include "socket.h"
#include "txn_plan.h"

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
	       !upd->replace;
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
	return tn_txn_check_dev(tn, upd, extack);
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
	list_for_each_entry(target, &plan->list, list)
		if (target->fresh)
			tn_peer_publish(target->fresh);
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

/* Nothing left to fail. */
static void tn_txn_commit(struct tn_device *tn, const struct tn_update *upd,
			  struct tn_plan *plan, const struct tn_reserve *res)
{
	tn_txn_commit_peers(upd, plan);
	tn_txn_commit_aips(tn, upd, plan);
	tn_peers_remove(tn, &plan->gone);
	tn_txn_commit_dev(tn, upd, plan, res);
	tn_txn_commit_expiry(tn, upd);
	tn_txn_commit_start(tn, upd);
	WRITE_ONCE(tn->generation, tn->generation + 1);
	tn_event_device(tn, TAILNET_EVENT_CONFIG);
}

static int tn_txn_check_generation(const struct tn_device *tn,
				   const struct tn_update *upd,
				   struct netlink_ext_ack *extack)
{
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

static int tn_txn_apply_locked(struct tn_device *tn, struct tn_update *upd,
			       struct netlink_ext_ack *extack)
	__must_hold(&tn->cfg_lock)
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

	mutex_lock(&tn->cfg_lock);
	ret = tn_txn_apply_locked(tn, upd, extack);
	mutex_unlock(&tn->cfg_lock);
	return ret;
}

/*
 * Open transactions. One per device; it collects items in an update of its own
 * and shows nothing before its end.
 */

/* Idle seconds of a transaction; the timer wheel adds up to an eighth. Ours. */
#define TN_TXN_IDLE_S 60

/* Memory of one transaction, bytes. Ours: 2^20 peers with two prefixes. */
#define TN_TXN_BYTES_MAX (512ul << 20)

/**
 * struct tn_txn - an open transaction
 * @tn:		its device; tn_txn_drop() comes before that goes
 * @list:	in tn_txns, under tn_txns_lock
 * @owner:	who may add to it and end it
 * @token:	its name, not 0
 * @generation:	of the table at its beginning
 * @upd:	what was collected; under cfg_lock
 * @idle_since:	jiffies; under cfg_lock
 * @expire:	looks whether it has been idle for too long
 */
struct tn_txn {
	struct tn_device *tn;
	struct list_head list;
	struct tn_txn_owner owner;
	u32 token;
	u64 generation;
	struct tn_update upd;
	unsigned long idle_since;
	struct delayed_work expire;
};

/*
 * Protects tn_txns, the open transactions of all devices, for finding those of
 * a socket that closed. Taken inside of cfg_lock.
 */
static DEFINE_MUTEX(tn_txns_lock);
static LIST_HEAD(tn_txns);

/* From here on nobody finds it; its work may still be about to look. */
static struct tn_txn *tn_txn_detach(struct tn_device *tn)
	__must_hold(&tn->cfg_lock)
{
	struct tn_txn *txn = tn->txn;

	if (!txn)
		return NULL;
	tn->txn = NULL;
	mutex_lock(&tn_txns_lock);
	list_del(&txn->list);
	mutex_unlock(&tn_txns_lock);
	return txn;
}

/* A detached one. Not under cfg_lock, which its work takes. */
static void tn_txn_free(struct tn_txn *txn)
{
	if (!txn)
		return;
	cancel_delayed_work_sync(&txn->expire);
	tn_update_done(&txn->upd);
	kfree(txn);
}

static void tn_txn_expire(struct work_struct *work)
{
	struct tn_txn *txn = container_of(to_delayed_work(work), struct tn_txn,
					  expire);
	struct tn_device *tn = txn->tn;
	long left;

	mutex_lock(&tn->cfg_lock);
	left = txn->idle_since + TN_TXN_IDLE_S * HZ - jiffies;
	/* If it is detached, whoever did that waits for us and frees it. */
	if (tn->txn != txn || left > 0) {
		if (tn->txn == txn)
			schedule_delayed_work(&txn->expire, left);
		mutex_unlock(&tn->cfg_lock);
		return;
	}
	tn_txn_detach(tn);
	mutex_unlock(&tn->cfg_lock);
	tn_update_done(&txn->upd);
	kfree(txn);
}

static struct tn_txn *tn_txn_new(struct tn_device *tn,
				 const struct tn_txn_owner *owner, bool replace)
{
	struct tn_txn *txn = kzalloc(sizeof(*txn), GFP_KERNEL_ACCOUNT);

	if (!txn)
		return NULL;
	txn->tn = tn;
	txn->owner = *owner;
	txn->generation = tn->generation;
	tn_update_init(&txn->upd);
	txn->upd.replace = replace;
	INIT_DELAYED_WORK(&txn->expire, tn_txn_expire);
	do {
		txn->token = get_random_u32();
	} while (!txn->token);
	return txn;
}

static int tn_txn_begin_locked(struct tn_device *tn,
			       const struct tn_txn_owner *owner,
			       const struct tn_update *upd,
			       struct netlink_ext_ack *extack, u32 *ret_token,
			       u64 *ret_generation)
	__must_hold(&tn->cfg_lock)
{
	struct tn_txn *txn;
	int ret;

	ret = tn_txn_check_generation(tn, upd, extack);
	if (ret)
		return ret;
	if (tn->txn) {
		NL_SET_ERR_MSG(extack, "the device has an open transaction");
		return -EBUSY;
	}
	txn = tn_txn_new(tn, owner, upd->replace);
	if (!txn)
		return -ENOMEM;
	*ret_token = txn->token;
	*ret_generation = txn->generation;
	tn->txn = txn;
	mutex_lock(&tn_txns_lock);
	list_add_tail(&txn->list, &tn_txns);
	mutex_unlock(&tn_txns_lock);
	txn->idle_since = jiffies;
	schedule_delayed_work(&txn->expire, TN_TXN_IDLE_S * HZ);
	return 0;
}

/**
 * tn_txn_begin() - open a transaction
 * @tn:		the device, held
 * @owner:	who will own it
 * @upd:	gives the mode, and the generation that the table must be at
 * @extack:	told what is wrong
 * @ret_token:	its name
 * @ret_generation: that of the table
 *
 * Context: Process; takes cfg_lock.
 * Return: 0, -ENODEV, -ESTALE, -EBUSY if one is open, -ENOMEM.
 */
int tn_txn_begin(struct tn_device *tn, const struct tn_txn_owner *owner,
		 const struct tn_update *upd, struct netlink_ext_ack *extack,
		 u32 *ret_token, u64 *ret_generation)
{
	int ret;

	mutex_lock(&tn->cfg_lock);
	ret = tn_txn_begin_locked(tn, owner, upd, extack, ret_token,
				  ret_generation);
	mutex_unlock(&tn->cfg_lock);
	return ret;
}

static bool tn_txn_owned(const struct tn_txn *txn,
			 const struct tn_txn_owner *owner)
{
	return txn->owner.portid == owner->portid &&
	       txn->owner.net == owner->net;
}

static struct tn_txn *tn_txn_find(struct tn_device *tn,
				  const struct tn_txn_owner *owner, u32 token,
				  struct netlink_ext_ack *extack)
	__must_hold(&tn->cfg_lock)
{
	if (!tn->txn || tn->txn->token != token) {
		NL_SET_ERR_MSG(extack, "no open transaction of this token");
		return ERR_PTR(-ENOENT);
	}
	if (!tn_txn_owned(tn->txn, owner)) {
		NL_SET_ERR_MSG(extack, "transaction of another socket");
		return ERR_PTR(-EPERM);
	}
	return tn->txn;
}

/**
 * tn_txn_add() - hand items to a transaction
 * @tn:		the device, held
 * @owner:	who asks
 * @token:	names the transaction
 * @upd:	the items; moved on success
 * @extack:	told what is wrong
 *
 * Context: Process; takes cfg_lock.
 * Return: 0, -ENOENT, -EPERM, -E2BIG. The transaction stays open.
 */
int tn_txn_add(struct tn_device *tn, const struct tn_txn_owner *owner,
	       u32 token, struct tn_update *upd,
	       struct netlink_ext_ack *extack)
{
	struct tn_txn *txn;
	int ret = 0;

	mutex_lock(&tn->cfg_lock);
	txn = tn_txn_find(tn, owner, token, extack);
	if (IS_ERR(txn)) {
		ret = PTR_ERR(txn);
	} else if (upd->bytes > TN_TXN_BYTES_MAX - txn->upd.bytes) {
		NL_SET_ERR_MSG(extack, "the transaction is too big");
		ret = -E2BIG;
	} else {
		tn_update_append(&txn->upd, upd);
		txn->idle_since = jiffies;
	}
	mutex_unlock(&tn->cfg_lock);
	return ret;
}

/**
 * tn_txn_end() - end a transaction
 * @tn:		the device, held
 * @owner:	who asks
 * @token:	names the transaction
 * @commit:	apply it; else forget it
 * @extack:	told what is wrong
 *
 * Context: Process; takes cfg_lock; sleeps.
 * Return: 0; -ENOENT or -EPERM, and nothing has happened; -EAGAIN if the
 *	   configuration has changed since the beginning; the errors of
 *	   tn_txn_apply(). But for the first two the transaction is gone.
 */
int tn_txn_end(struct tn_device *tn, const struct tn_txn_owner *owner,
	       u32 token, bool commit, struct netlink_ext_ack *extack)
{
	struct tn_txn *txn;
	int ret = 0;

	mutex_lock(&tn->cfg_lock);
	txn = tn_txn_find(tn, owner, token, extack);
	if (IS_ERR(txn)) {
		mutex_unlock(&tn->cfg_lock);
		return PTR_ERR(txn);
	}
	tn_txn_detach(tn);
	if (commit && txn->generation != tn->generation) {
		NL_SET_ERR_MSG(extack,
			       "the configuration changed during the transaction");
		ret = -EAGAIN;
	} else if (commit) {
		ret = tn_txn_apply_locked(tn, &txn->upd, extack);
	}
	mutex_unlock(&tn->cfg_lock);
	tn_txn_free(txn);
	return ret;
}

/**
 * tn_txn_drop() - forget the open transaction of a device that goes
 * @tn:	the device; dying, so that no other is opened
 *
 * Context: Process; takes cfg_lock; sleeps.
 */
void tn_txn_drop(struct tn_device *tn)
{
	struct tn_txn *txn;

	mutex_lock(&tn->cfg_lock);
	txn = tn_txn_detach(tn);
	mutex_unlock(&tn->cfg_lock);
	tn_txn_free(txn);
}

/* A device with a transaction of this owner, held; or NULL. */
static struct tn_device *tn_txn_device_of(const struct tn_txn_owner *owner)
{
	struct tn_device *ret = NULL;
	const struct tn_txn *txn;

	mutex_lock(&tn_txns_lock);
	list_for_each_entry(txn, &tn_txns, list) {
		if (!tn_txn_owned(txn, owner))
			continue;
		ret = txn->tn;
		dev_hold(ret->dev);	/* by tn_device_put() */
		break;
	}
	mutex_unlock(&tn_txns_lock);
	return ret;
}

/**
 * tn_txn_owner_gone() - forget the transactions of a socket that closed
 * @owner:	the socket
 *
 * Context: Process; takes cfg_lock; sleeps.
 */
void tn_txn_owner_gone(const struct tn_txn_owner *owner)
{
	struct tn_device *tn;
	struct tn_txn *txn;

	while ((tn = tn_txn_device_of(owner))) {
		txn = NULL;
		mutex_lock(&tn->cfg_lock);
		if (tn->txn && tn_txn_owned(tn->txn, owner))
			txn = tn_txn_detach(tn);
		mutex_unlock(&tn->cfg_lock);
		tn_txn_free(txn);
		tn_device_put(tn);
	}
}
