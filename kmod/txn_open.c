// SPDX-License-Identifier: GPL-2.0-only
/*
 * Open transactions. One per device; it collects items in an update of its own
 * and shows nothing before its end.
 */
#include "txn_open.h"

#include <linux/jiffies.h>
#include <linux/netlink.h>
#include <linux/random.h>
#include <linux/slab.h>
#include <linux/workqueue.h>
#include <net/net_namespace.h>

#include "device.h"
#include "lock.h"
#include "txn.h"
#include "update.h"

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

/*
 * Check the signatures as they come, by the keys that the transaction brings or
 * else the device's. What is not right by then is seen to at the end.
 */
static int tn_txn_prepare(struct tn_device *tn,
			  const struct tn_txn_owner *owner, u32 token,
			  struct tn_update *upd, struct netlink_ext_ack *extack)
{
	struct tn_lock_keys *keys = NULL;
	struct tn_txn *txn;
	int ret;

	mutex_lock(&tn->cfg_lock);
	txn = tn_txn_find(tn, owner, token, extack);
	if (!IS_ERR(txn) && !upd->lock.keys)
		keys = tn_lock_keys_get(txn->upd.lock.keys);
	mutex_unlock(&tn->cfg_lock);
	if (IS_ERR(txn))
		return PTR_ERR(txn);
	ret = tn_lock_prepare(tn, upd, keys, extack);
	tn_lock_keys_put(keys);
	return ret;
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
 * Return: 0, -ENOENT, -EPERM, -E2BIG, -ENOMEM. The transaction stays open.
 */
int tn_txn_add(struct tn_device *tn, const struct tn_txn_owner *owner,
	       u32 token, struct tn_update *upd,
	       struct netlink_ext_ack *extack)
{
	struct tn_txn *txn;
	int ret;

	ret = tn_txn_prepare(tn, owner, token, upd, extack);
	if (ret)
		return ret;
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

/* The transaction is nobody's but ours. */
static int tn_txn_commit(struct tn_device *tn, struct tn_txn *txn,
			 struct netlink_ext_ack *extack)
{
	int ret;

	ret = tn_lock_prepare(tn, &txn->upd, NULL, extack);
	if (ret)
		return ret;
	mutex_lock(&tn->cfg_lock);
	if (txn->generation != tn->generation) {
		NL_SET_ERR_MSG(extack,
			       "the configuration changed during the transaction");
		ret = -EAGAIN;
	} else {
		ret = tn_txn_apply_locked(tn, &txn->upd, extack);
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
	int ret;

	mutex_lock(&tn->cfg_lock);
	txn = tn_txn_find(tn, owner, token, extack);
	if (!IS_ERR(txn))
		tn_txn_detach(tn);
	mutex_unlock(&tn->cfg_lock);
	if (IS_ERR(txn))
		return PTR_ERR(txn);
	ret = commit ? tn_txn_commit(tn, txn, extack) : 0;
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
