// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tailnet lock: who is admitted.
 *
 * A verdict has two parts. What a peer's own signature is worth under the keys
 * of the device is its base; to that comes whether the node has rotated to
 * another key, which any peer of the table may say. Every change of the table
 * goes through here: bases of the peers that it concerns, then the rotations,
 * then the verdicts of all peers that either may have changed.
 */
#include "lock.h"

#include <linux/lockdep.h>
#include <linux/mm.h>
#include <linux/netdevice.h>
#include <linux/netlink.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/workqueue.h>
#include <linux/xarray.h>

#include "device.h"
#include "events.h"
#include "peer.h"
#include "txn_plan.h"
#include "update.h"

static const char *const tn_lock_names[] = {
	[TAILNET_VERDICT_OFF] = "off",
	[TAILNET_VERDICT_ADMITTED] = "admitted",
	[TAILNET_VERDICT_PEER_API] = "peer-api",
	[TAILNET_VERDICT_UNSIGNED] = "unsigned",
	[TAILNET_VERDICT_KIND] = "kind",
	[TAILNET_VERDICT_NODE_KEY] = "node-key",
	[TAILNET_VERDICT_PUBKEY] = "pubkey",
	[TAILNET_VERDICT_NO_KEY_ID] = "no-key-id",
	[TAILNET_VERDICT_UNTRUSTED] = "untrusted",
	[TAILNET_VERDICT_SIGNATURE] = "signature",
	[TAILNET_VERDICT_NO_WRAPPING] = "no-wrapping",
	[TAILNET_VERDICT_WRAPPING] = "wrapping",
	[TAILNET_VERDICT_ROTATION] = "rotation",
	[TAILNET_VERDICT_OBSOLETE] = "obsolete",
};

static_assert(ARRAY_SIZE(tn_lock_names) == TN_LOCK_VERDICTS);
static_assert(TAILNET_LOCK_MAX_LAYERS == TN_NODESIG_LAYERS);

/**
 * tn_lock_verdict_name() - stable name of a verdict, for the netlink interface
 * @verdict:	the verdict
 *
 * Return: the name.
 */
const char *tn_lock_verdict_name(enum tailnet_verdict verdict)
{
	return tn_lock_names[verdict];
}

/**
 * tn_admission_init() - begin with a peer that has no signature
 * @adm:	of a peer
 */
void tn_admission_init(struct tn_admission *adm)
{
	INIT_LIST_HEAD(&adm->todo);
	INIT_LIST_HEAD(&adm->turned);
}

/**
 * tn_admission_done() - free what the lock keeps with a peer
 * @adm:	of a peer that is in no table
 *
 * Context: Any.
 */
void tn_admission_done(struct tn_admission *adm)
{
	tn_lock_sig_put(adm->sig);
	adm->sig = NULL;
}

static void tn_lock_todo(struct tn_peer *peer)
{
	if (peer->adm.listed && list_empty(&peer->adm.todo))
		list_add_tail(&peer->adm.todo, &peer->tn->lock.todo);
}

/* For tn_rotations: the peer of this key, if there is one, is to be judged. */
static void tn_lock_key_turned(void *ctx, const u8 *node_key)
{
	struct tn_device *tn = ctx;
	struct tn_peer *peer = tn_pubkeys_find(&tn->pubkeys, node_key);

	if (!peer)
		return;
	/* Its being obsolete or not decides who else of its node is. */
	if (peer->adm.listed && peer->adm.sig)
		tn_rotations_touch(&tn->lock.rotations,
				   &peer->adm.sig->rotation);
	tn_lock_todo(peer);
	/* cfg_lock keeps it in the table. */
	tn_peer_put(peer);
}

/**
 * tn_lock_init() - begin with the lock off
 * @tn:	the device
 *
 * Context: Process; sleeps.
 * Return: 0 or -ENOMEM.
 */
int tn_lock_init(struct tn_device *tn)
{
	INIT_LIST_HEAD(&tn->lock.todo);
	INIT_LIST_HEAD(&tn->lock.turned);
	tn->lock.wq = alloc_workqueue("tn-lock-%s", WQ_UNBOUND, 0,
				      tn->dev->name);
	return tn->lock.wq ? 0 : -ENOMEM;
}

/**
 * tn_lock_done() - free the lock of a device
 * @tn:	the device; all its peers have gone
 *
 * Context: Process; sleeps.
 */
void tn_lock_done(struct tn_device *tn)
{
	destroy_workqueue(tn->lock.wq);
	tn_rotations_done(&tn->lock.rotations);
	tn_lock_keys_put(tn->lock.keys);
}

/* The keys that will be trusted after an update, or NULL. */
static struct tn_lock_keys *tn_lock_keys_after(const struct tn_device *tn,
					       const struct tn_update *upd)
{
	if (upd->lock.off)
		return NULL;
	return upd->lock.keys ?: tn->lock.keys;
}

static bool tn_lock_has_sigs(const struct tn_update *upd)
{
	const struct tn_peer_update *item;

	list_for_each_entry(item, &upd->peers, list)
		if (item->sig)
			return true;
	return false;
}

/*
 * A peer that comes with the signature that it has: what is known of that need
 * not be found out again.
 */
static void tn_lock_share(struct tn_device *tn, struct tn_peer_update *item)
{
	struct tn_peer *peer = tn_pubkeys_find(&tn->pubkeys, item->pub);

	if (peer && peer->adm.sig && peer->adm.sig != item->sig &&
	    tn_lock_sig_equal(peer->adm.sig, item->sig)) {
		tn_lock_sig_put(item->sig);
		item->sig = tn_lock_sig_get(peer->adm.sig);
	}
	tn_peer_put(peer);
}

/**
 * struct tn_lock_batch - signatures to be checked
 * @sigs:	references, @num of them
 * @num:	entries in use
 */
struct tn_lock_batch {
	struct tn_lock_sig **sigs;
	size_t num;
};

static void tn_lock_batch_add(struct tn_lock_batch *b, struct tn_lock_sig *sig,
			      const struct tn_lock_keys *keys)
{
	if (sig && tn_lock_sig_needs_check(sig, keys))
		b->sigs[b->num++] = tn_lock_sig_get(sig);
}

/* Of the update's items, and of the whole table if it has new keys. */
static int tn_lock_collect(struct tn_device *tn, struct tn_update *upd,
			   const struct tn_lock_keys *keys,
			   struct tn_lock_batch *ret)
{
	struct tn_peer_update *item;
	struct tn_peer *peer;
	unsigned long i;
	size_t max;

	lockdep_assert_held(&tn->cfg_lock);
	max = upd->num_peers + (upd->lock.keys ? tn->num_peers : 0);
	ret->num = 0;
	ret->sigs = kvmalloc_array(max, sizeof(*ret->sigs), GFP_KERNEL);
	if (max && !ret->sigs)
		return -ENOMEM;
	list_for_each_entry(item, &upd->peers, list) {
		if (item->sig)
			tn_lock_share(tn, item);
		tn_lock_batch_add(ret, item->sig, keys);
		cond_resched();
	}
	if (!upd->lock.keys)
		return 0;
	xa_for_each(&tn->peers, i, peer) {
		tn_lock_batch_add(ret, peer->adm.sig, keys);
		cond_resched();
	}
	return 0;
}

static int tn_lock_batch_check(struct tn_device *tn, struct tn_lock_batch *b,
			       const struct tn_lock_keys *keys)
{
	int ret;

	ret = tn_lock_sigs_check(b->sigs, b->num, keys, tn->lock.wq,
				 &tn->lock.checked);
	while (b->num)
		tn_lock_sig_put(b->sigs[--b->num]);
	kvfree(b->sigs);
	return ret;
}

/**
 * tn_lock_prepare() - do the arithmetic of an update beforehand
 * @tn:		the device, held
 * @upd:	the update
 * @keys:	by which it will be judged; NULL = its own, or else the device's
 * @extack:	told what is wrong, or NULL
 *
 * What is checked here need not be checked while changes of configuration wait.
 *
 * Context: Process; takes cfg_lock; sleeps, up to 100 us for each layer of each
 *	    signature, divided by the number of CPUs.
 * Return: 0 or -ENOMEM.
 */
int tn_lock_prepare(struct tn_device *tn, struct tn_update *upd,
		    struct tn_lock_keys *keys,
		    struct netlink_ext_ack *extack)
{
	struct tn_lock_batch batch;
	int ret;

	if (!upd->lock.keys && !tn_lock_has_sigs(upd))
		return 0;
	mutex_lock(&tn->cfg_lock);
	keys = tn_lock_keys_get(keys ?: tn_lock_keys_after(tn, upd));
	ret = keys ? tn_lock_collect(tn, upd, keys, &batch) : 0;
	mutex_unlock(&tn->cfg_lock);
	if (!ret && keys)
		ret = tn_lock_batch_check(tn, &batch, keys);
	tn_lock_keys_put(keys);
	if (ret)
		NL_SET_ERR_MSG(extack, "out of memory");
	return ret;
}

/**
 * tn_lock_check() - is what an update asks of the lock in order?
 * @tn:		the device
 * @upd:	the update
 * @extack:	told what is wrong
 *
 * Context: Process; @tn's cfg_lock held.
 * Return: 0, -ESTALE, -ENOENT.
 */
int tn_lock_check(const struct tn_device *tn, const struct tn_update *upd,
		  struct netlink_ext_ack *extack)
{
	lockdep_assert_held(&tn->cfg_lock);
	if (upd->lock.keys && upd->lock.keys->generation <=
			      tn->lock.generation) {
		NL_SET_ERR_MSG_ATTR(extack, upd->lock.attr,
				    "the device had keys of this generation or a later one");
		return -ESTALE;
	}
	if (!upd->lock.off)
		return 0;
	if (!tn->lock.keys) {
		NL_SET_ERR_MSG_ATTR(extack, upd->lock.attr,
				    "the lock is off");
		return -ENOENT;
	}
	if (upd->lock.generation != tn->lock.keys->generation) {
		NL_SET_ERR_MSG_ATTR(extack, upd->lock.attr,
				    "the keys are of another generation");
		return -ESTALE;
	}
	return 0;
}

/**
 * tn_lock_reserve() - get all that the verdicts of an update need
 * @tn:		the device
 * @upd:	the update
 *
 * Signatures that tn_lock_prepare() did not check, because the keys changed
 * since, are checked here.
 *
 * Context: Process; @tn's cfg_lock held; sleeps.
 * Return: 0 or -ENOMEM.
 */
int tn_lock_reserve(struct tn_device *tn, struct tn_update *upd)
{
	struct tn_lock_keys *keys = tn_lock_keys_after(tn, upd);
	struct tn_lock_batch batch;
	int ret;

	lockdep_assert_held(&tn->cfg_lock);
	if (!keys)
		return 0;
	if (!tn->lock.rotations.prev) {
		ret = tn_rotations_init(&tn->lock.rotations,
					tn_lock_key_turned, tn);
		if (ret)
			return ret;
	}
	if (!upd->lock.keys && !tn_lock_has_sigs(upd))
		return 0;
	ret = tn_lock_collect(tn, upd, keys, &batch);
	return ret ?: tn_lock_batch_check(tn, &batch, keys);
}

/**
 * tn_lock_forget() - a peer goes from the table
 * @peer:	the peer; nothing if it was forgotten before
 *
 * Others may be judged anew because of it: they are at the next
 * tn_lock_commit_verdicts(), which comes before the lock of the configuration
 * is given up, unless the device goes as well.
 *
 * Context: Process; the device's cfg_lock held.
 */
void tn_lock_forget(struct tn_peer *peer)
{
	struct tn_admission *adm = &peer->adm;
	struct tn_device *tn = peer->tn;

	lockdep_assert_held(&tn->cfg_lock);
	if (!adm->listed)
		return;
	adm->listed = false;
	list_del_init(&adm->todo);
	list_del_init(&adm->turned);
	tn->lock.count[adm->verdict]--;
	if (adm->sig)
		tn_rotations_leave(&tn->lock.rotations, &adm->sig->rotation);
}

/**
 * tn_lock_commit_keys() - change the trusted keys, and forget peers that go
 * @tn:		the device
 * @upd:	the update
 * @plan:	what it comes to
 *
 * Context: Process; @tn's cfg_lock held.
 */
void tn_lock_commit_keys(struct tn_device *tn, const struct tn_update *upd,
			 const struct tn_plan *plan)
{
	struct tn_lock_keys *old = tn->lock.keys;
	struct tn_peer *peer;

	lockdep_assert_held(&tn->cfg_lock);
	list_for_each_entry(peer, &plan->gone, gone)
		tn_lock_forget(peer);
	if (!upd->lock.keys && !upd->lock.off)
		return;
	tn->lock.keys = tn_lock_keys_get(tn_lock_keys_after(tn, upd));
	if (tn->lock.keys)
		tn->lock.generation = tn->lock.keys->generation;
	tn_lock_keys_put(old);
}

/**
 * tn_lock_commit_new() - a new peer is about to be put on the tables
 * @peer:	the peer, seen by nobody yet
 *
 * While the lock is on it begins as suspended, until it is judged.
 *
 * Context: Process; the device's cfg_lock held.
 */
void tn_lock_commit_new(struct tn_peer *peer)
{
	struct tn_admission *adm = &peer->adm;
	struct tn_device *tn = peer->tn;

	lockdep_assert_held(&tn->cfg_lock);
	adm->listed = true;
	adm->fresh = tn->lock.keys;
	adm->verdict = tn->lock.keys ? TAILNET_VERDICT_UNSIGNED :
				       TAILNET_VERDICT_OFF;
	tn->lock.count[adm->verdict]++;
	if (!tn->lock.keys)
		return;
	set_bit(TN_PEER_SUSPENDED, &peer->state);
	peer->aips.parked = true;
}

/**
 * tn_lock_commit_item() - give a peer the signature that an item brings
 * @peer:	the peer
 * @item:	the item; has the one before instead, afterwards
 *
 * Context: Process; the device's cfg_lock held.
 */
void tn_lock_commit_item(struct tn_peer *peer, struct tn_peer_update *item)
{
	struct tn_admission *adm = &peer->adm;

	if (item->flags_mask & TAILNET_PEER_F_UNSIGNED)
		adm->unsigned_ok = item->flags_value & TAILNET_PEER_F_UNSIGNED;
	if (item->flags_mask & TAILNET_PEER_F_OBSOLETE)
		adm->remembered = item->flags_value & TAILNET_PEER_F_OBSOLETE;
	if (!(item->has & TN_PEER_HAS_SIGNATURE) || adm->sig == item->sig)
		return;
	if (adm->sig)
		tn_rotations_leave(&peer->tn->lock.rotations,
				   &adm->sig->rotation);
	swap(adm->sig, item->sig);
}

static enum tailnet_verdict tn_lock_of_result(enum tn_nodesig_result res)
{
	switch (res) {
	case TN_NODESIG_OK:
		return TAILNET_VERDICT_ADMITTED;
	case TN_NODESIG_DEPTH:
	case TN_NODESIG_KIND:
		return TAILNET_VERDICT_KIND;
	case TN_NODESIG_NODE_KEY:
		return TAILNET_VERDICT_NODE_KEY;
	case TN_NODESIG_PUBKEY:
		return TAILNET_VERDICT_PUBKEY;
	case TN_NODESIG_NO_KEY_ID:
		return TAILNET_VERDICT_NO_KEY_ID;
	case TN_NODESIG_SIGNATURE:
		return TAILNET_VERDICT_SIGNATURE;
	case TN_NODESIG_NO_WRAPPING:
		return TAILNET_VERDICT_NO_WRAPPING;
	case TN_NODESIG_WRAPPING:
		return TAILNET_VERDICT_WRAPPING;
	case TN_NODESIG_ROTATION_SIGNATURE:
		return TAILNET_VERDICT_ROTATION;
	}
	return TAILNET_VERDICT_SIGNATURE;
}

/* By what the peer itself has, and the keys. */
static enum tailnet_verdict tn_lock_base(const struct tn_device *tn,
					 const struct tn_admission *adm)
{
	const struct tn_lock_sig *sig = adm->sig;
	int checked;

	if (!tn->lock.keys)
		return TAILNET_VERDICT_OFF;
	if (adm->unsigned_ok)
		return TAILNET_VERDICT_PEER_API;
	if (!sig)
		return TAILNET_VERDICT_UNSIGNED;
	if (sig->form != TN_NODESIG_OK)
		return tn_lock_of_result(sig->form);
	if (!tn_lock_sig_key(sig, tn->lock.keys))
		return TAILNET_VERDICT_UNTRUSTED;
	checked = READ_ONCE(sig->checked);
	/* tn_lock_reserve() has seen to it. */
	if (WARN_ON_ONCE(checked == TN_LOCK_UNCHECKED))
		return TAILNET_VERDICT_SIGNATURE;
	return tn_lock_of_result(checked);
}

/* First half: the base, and what a valid signature says of other keys. */
static void tn_lock_judge_base(struct tn_peer *peer)
{
	struct tn_admission *adm = &peer->adm;
	struct tn_lock *lock = &peer->tn->lock;

	adm->base = tn_lock_base(peer->tn, adm);
	if (adm->base == TAILNET_VERDICT_ADMITTED)
		tn_rotations_enter(&lock->rotations, &adm->sig->rotation);
	else if (adm->sig)
		tn_rotations_leave(&lock->rotations, &adm->sig->rotation);
	tn_lock_todo(peer);
}

static enum tailnet_verdict tn_lock_final(const struct tn_peer *peer)
{
	const struct tn_admission *adm = &peer->adm;

	if (adm->base != TAILNET_VERDICT_ADMITTED &&
	    adm->base != TAILNET_VERDICT_PEER_API)
		return adm->base;
	/* The table forgets who has left it; the agent does not. */
	if (adm->remembered ||
	    tn_rotations_obsolete(&peer->tn->lock.rotations,
				  peer->hs.remote_static) ||
	    (adm->sig && adm->sig->rotation.lost))
		return TAILNET_VERDICT_OBSOLETE;
	return adm->base;
}

/* Second half. The packet path asks for the bit and for @parked only. */
static void tn_lock_judge_final(struct tn_peer *peer)
{
	enum tailnet_verdict verdict = tn_lock_final(peer);
	struct tn_admission *adm = &peer->adm;
	struct tn_lock *lock = &peer->tn->lock;
	bool whole, admitted, was;

	lock->count[adm->verdict]--;
	lock->count[verdict]++;
	WRITE_ONCE(adm->verdict, verdict);
	whole = verdict == TAILNET_VERDICT_OFF ||
		verdict == TAILNET_VERDICT_ADMITTED;
	admitted = whole || verdict == TAILNET_VERDICT_PEER_API;
	WRITE_ONCE(peer->aips.parked, !whole);
	was = !test_bit(TN_PEER_SUSPENDED, &peer->state);
	if (admitted != was)
		assign_bit(TN_PEER_SUSPENDED, &peer->state, !admitted);
	/* That a new peer is refused is told as well. */
	if (admitted != was ? !admitted || !adm->fresh : adm->fresh)
		list_add_tail(&adm->turned, &lock->turned);
	if (admitted)
		adm->fresh = false;
}

/**
 * tn_lock_commit_verdicts() - judge all peers that an update concerns
 * @tn:		the device; tn_lock_commit_keys() came before, and the update's
 *		items and new peers
 * @upd:	the update
 *
 * From here on, no packet goes through a peer that is not admitted but those
 * that have passed the question already; they are seen off by
 * tn_lock_commit_turned().
 *
 * Context: Process; @tn's cfg_lock held.
 */
void tn_lock_commit_verdicts(struct tn_device *tn, const struct tn_update *upd)
{
	const struct tn_peer_update *item;
	struct tn_peer *peer;
	unsigned long i;

	lockdep_assert_held(&tn->cfg_lock);
	if (upd->lock.keys || upd->lock.off) {
		xa_for_each(&tn->peers, i, peer) {
			if (peer->adm.listed)
				tn_lock_judge_base(peer);
			cond_resched();
		}
	} else if (tn->lock.keys) {
		list_for_each_entry(item, &upd->peers, list) {
			peer = tn_target_peer(item->target);
			if (peer && tn_plan_counts(item) && peer->adm.listed)
				tn_lock_judge_base(peer);
			cond_resched();
		}
	}
	if (tn->lock.rotations.prev)
		tn_rotations_settle(&tn->lock.rotations);
	while ((peer = list_first_entry_or_null(&tn->lock.todo, struct tn_peer,
						adm.todo))) {
		list_del_init(&peer->adm.todo);
		tn_lock_judge_final(peer);
		cond_resched();
	}
}

static bool tn_lock_any_stops(const struct tn_device *tn)
{
	const struct tn_peer *peer;

	list_for_each_entry(peer, &tn->lock.turned, adm.turned)
		if (test_bit(TN_PEER_SUSPENDED, &peer->state) &&
		    !peer->adm.fresh)
			return true;
	return false;
}

/**
 * tn_lock_commit_turned() - stop peers that were suspended, start the others
 * @tn:	the device; tn_lock_commit_verdicts() came before
 *
 * As tn_peers_remove() does it: the bit, a grace period for those who did not
 * see it, then what they made.
 *
 * Context: Process; @tn's cfg_lock held; sleeps.
 */
void tn_lock_commit_turned(struct tn_device *tn)
{
	struct tn_peer *peer;

	lockdep_assert_held(&tn->cfg_lock);
	if (tn_lock_any_stops(tn))
		synchronize_net();
	while ((peer = list_first_entry_or_null(&tn->lock.turned,
						struct tn_peer, adm.turned))) {
		list_del_init(&peer->adm.turned);
		if (!test_bit(TN_PEER_SUSPENDED, &peer->state)) {
			if (tn->up)
				tn_peer_start(peer);
			tn_event_admission(peer, TAILNET_EVENT_ADMITTED);
		} else {
			if (!peer->adm.fresh)
				tn_peer_stop(peer, TN_DROP_TX_NOT_ADMITTED);
			tn_event_admission(peer, TAILNET_EVENT_REFUSED);
		}
		peer->adm.fresh = false;
		cond_resched();
	}
}

static const char *tn_lock_off_text(enum tailnet_lock_off reason)
{
	switch (reason) {
	case TAILNET_LOCK_OFF_DISABLED:
		return "by a disablement secret";
	case TAILNET_LOCK_OFF_LOCAL:
		return "by this machine";
	case TAILNET_LOCK_OFF_OTHER:
		return "for another tailnet";
	case TAILNET_LOCK_OFF_UNSPEC:
		break;
	}
	return "without a reason";
}

/**
 * tn_lock_commit_told() - say that the lock changed
 * @tn:		the device, at its new generation
 * @upd:	the update
 * @was_on:	the lock was on before it
 *
 * Context: Process; @tn's cfg_lock held.
 */
void tn_lock_commit_told(struct tn_device *tn, const struct tn_update *upd,
			 bool was_on)
{
	const struct tn_lock_keys *keys = upd->lock.keys;

	if (keys) {
		netdev_info(tn->dev,
			    "tailnet lock: %u trusted keys, generation %llu\n",
			    keys->num, keys->generation);
		tn_event_lock(tn, was_on ? TAILNET_EVENT_LOCK_CHANGED :
					   TAILNET_EVENT_LOCK_ON, 0);
	} else if (upd->lock.off) {
		netdev_info(tn->dev, "tailnet lock: turned off, %s\n",
			    tn_lock_off_text(upd->lock.off_reason));
		tn_event_lock(tn, TAILNET_EVENT_LOCK_OFF,
			      upd->lock.off_reason);
	}
}
