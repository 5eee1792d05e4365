// SPDX-License-Identifier: GPL-2.0-only
/*
 * The three session slots of a peer. All of them decrypt, only the current one
 * encrypts.
 */
#include "keypair.h"

#include <linux/ktime.h>
#include <linux/slab.h>

#include "device.h"
#include "peer.h"

/**
 * tn_keypairs_init() - make three empty slots
 * @kps:	the slots
 */
void tn_keypairs_init(struct tn_keypairs *kps)
{
	spin_lock_init(&kps->lock);
	RCU_INIT_POINTER(kps->current_kp, NULL);
	RCU_INIT_POINTER(kps->previous, NULL);
	RCU_INIT_POINTER(kps->next, NULL);
}

/**
 * tn_keypair_new() - allocate a keypair, without keys and without an index
 * @peer:	whose session it is
 *
 * Context: Process.
 * Return: the keypair, held once; or NULL.
 */
struct tn_keypair *tn_keypair_new(struct tn_peer *peer)
{
	struct tn_keypair *kp = kzalloc(sizeof(*kp), GFP_KERNEL);

	if (!kp)
		return NULL;
	INIT_HLIST_NODE(&kp->index.node);
	kp->index.kind = TN_INDEX_KEYPAIR;
	kp->index.peer = peer;
	kref_init(&kp->ref);
	spin_lock_init(&kp->recv_lock);
	tn_replay_init(&kp->replay);
	kp->birth_ns = ktime_get_coarse_boottime_ns();
	kp->send_ok = true;
	kp->recv_ok = true;
	return kp;
}

/**
 * tn_keypair_get() - take a reference if there still is one
 * @kp:	the keypair, or NULL; found under RCU
 *
 * Return: @kp or NULL.
 */
struct tn_keypair *tn_keypair_get(struct tn_keypair *kp)
{
	if (!kp || !kref_get_unless_zero(&kp->ref))
		return NULL;
	return kp;
}

static void tn_keypair_free_rcu(struct rcu_head *rcu)
{
	kfree_sensitive(container_of(rcu, struct tn_keypair, rcu));
}

static void tn_keypair_release(struct kref *ref)
{
	struct tn_keypair *kp = container_of(ref, struct tn_keypair, ref);

	call_rcu(&kp->rcu, tn_keypair_free_rcu);
}

/**
 * tn_keypair_put() - give a reference back
 * @kp:	the keypair, or NULL
 */
void tn_keypair_put(struct tn_keypair *kp)
{
	if (kp)
		kref_put(&kp->ref, tn_keypair_release);
}

/* A slot lets go of its keypair: nobody finds it by its index any more. */
static void tn_keypair_drop(struct tn_keypair *kp)
{
	if (!kp)
		return;
	tn_indices_del(&kp->index.peer->tn->indices, &kp->index);
	tn_keypair_put(kp);
}

static bool tn_keypair_young(const struct tn_keypair *kp, u64 now_ns)
{
	return now_ns - kp->birth_ns <
	       (u64)TN_REJECT_AFTER_TIME_S * NSEC_PER_SEC;
}

/**
 * tn_keypair_can_send() - may another packet be sent in this session?
 * @kp:		the keypair, or NULL
 * @now_ns:	boot-time clock
 */
bool tn_keypair_can_send(const struct tn_keypair *kp, u64 now_ns)
{
	return kp && READ_ONCE(kp->send_ok) && tn_keypair_young(kp, now_ns);
}

/**
 * tn_keypair_can_receive() - may another packet be taken in this session?
 * @kp:		the keypair
 * @now_ns:	boot-time clock
 */
bool tn_keypair_can_receive(const struct tn_keypair *kp, u64 now_ns)
{
	return READ_ONCE(kp->recv_ok) && tn_keypair_young(kp, now_ns);
}

static struct tn_keypair *tn_slot(struct tn_keypairs *kps,
				  struct tn_keypair __rcu *slot)
	__must_hold(&kps->lock)
{
	return rcu_dereference_protected(slot, lockdep_is_held(&kps->lock));
}

/**
 * tn_keypairs_install() - put a new session into its slot
 * @peer:	the peer
 * @kp:		the keypair, with its index; the reference goes to the slot
 *
 * As initiator we know that the responder has the session, so it sends at
 * once. As responder we do not know that of the initiator until a packet comes.
 *
 * A next that the responder still holds when the initiator's own session comes
 * is newer than current, and the far side may use it already: it moves to
 * previous and not out.
 */
void tn_keypairs_install(struct tn_peer *peer, struct tn_keypair *kp)
{
	struct tn_keypairs *kps = &peer->keypairs;
	struct tn_keypair *previous, *current_kp, *next;

	spin_lock_bh(&kps->lock);
	previous = tn_slot(kps, kps->previous);
	current_kp = tn_slot(kps, kps->current_kp);
	next = tn_slot(kps, kps->next);
	if (!kp->initiator) {
		rcu_assign_pointer(kps->next, kp);
		RCU_INIT_POINTER(kps->previous, NULL);
		current_kp = NULL;	/* stays */
	} else if (next) {
		rcu_assign_pointer(kps->previous, next);
		RCU_INIT_POINTER(kps->next, NULL);
		rcu_assign_pointer(kps->current_kp, kp);
		next = NULL;		/* moved */
	} else {
		rcu_assign_pointer(kps->previous, current_kp);
		rcu_assign_pointer(kps->current_kp, kp);
		current_kp = NULL;	/* moved */
	}
	tn_keypair_drop(previous);
	tn_keypair_drop(current_kp);
	tn_keypair_drop(next);
	spin_unlock_bh(&kps->lock);
}

/**
 * tn_keypairs_confirm() - a packet came in this session
 * @peer:	the peer
 * @kp:		the keypair that opened the packet
 *
 * Return: true if it was the first of a session made as responder, which now
 *	   is the current one.
 */
bool tn_keypairs_confirm(struct tn_peer *peer, struct tn_keypair *kp)
{
	struct tn_keypairs *kps = &peer->keypairs;
	struct tn_keypair *old;
	bool ret = false;

	if (likely(kp != rcu_access_pointer(kps->next)))
		return false;
	spin_lock_bh(&kps->lock);
	/* Another packet may have been first since we looked. */
	if (kp == tn_slot(kps, kps->next)) {
		old = tn_slot(kps, kps->previous);
		rcu_assign_pointer(kps->previous,
				   tn_slot(kps, kps->current_kp));
		rcu_assign_pointer(kps->current_kp, kp);
		RCU_INIT_POINTER(kps->next, NULL);
		tn_keypair_drop(old);
		ret = true;
	}
	spin_unlock_bh(&kps->lock);
	return ret;
}

/**
 * tn_keypairs_clear() - end all sessions
 * @peer:	the peer
 */
void tn_keypairs_clear(struct tn_peer *peer)
{
	struct tn_keypairs *kps = &peer->keypairs;
	struct tn_keypair *previous, *current_kp, *next;

	spin_lock_bh(&kps->lock);
	previous = tn_slot(kps, kps->previous);
	current_kp = tn_slot(kps, kps->current_kp);
	next = tn_slot(kps, kps->next);
	RCU_INIT_POINTER(kps->previous, NULL);
	RCU_INIT_POINTER(kps->current_kp, NULL);
	RCU_INIT_POINTER(kps->next, NULL);
	tn_keypair_drop(previous);
	tn_keypair_drop(current_kp);
	tn_keypair_drop(next);
	spin_unlock_bh(&kps->lock);
}

/**
 * tn_keypairs_stop_sending() - the next packet needs a new session
 * @peer:	the peer
 *
 * What the far side sends in the old ones is still received.
 */
void tn_keypairs_stop_sending(struct tn_peer *peer)
{
	struct tn_keypairs *kps = &peer->keypairs;
	struct tn_keypair *kp;

	spin_lock_bh(&kps->lock);
	kp = tn_slot(kps, kps->next);
	if (kp)
		WRITE_ONCE(kp->send_ok, false);
	kp = tn_slot(kps, kps->current_kp);
	if (kp)
		WRITE_ONCE(kp->send_ok, false);
	spin_unlock_bh(&kps->lock);
}
