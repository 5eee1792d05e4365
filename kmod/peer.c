// SPDX-License-Identifier: GPL-2.0-only
/* One peer: how it comes, how it is counted, how it goes. */
#include "peer.h"

#include <linux/slab.h>

#include "device.h"
#include "events.h"
#include "handshake_io.h"
#include "rx.h"
#include "timers.h"
#include "tx.h"

static struct tn_peer *tn_peer_alloc(struct tn_device *tn, const u8 *pub)
{
	struct tn_peer *peer = kzalloc(sizeof(*peer), GFP_KERNEL_ACCOUNT);

	if (!peer)
		return NULL;
	peer->tn = tn;
	kref_init(&peer->ref);
	INIT_HLIST_NODE(&peer->pubkey_node);
	INIT_HLIST_NODE(&peer->hs_index.node);
	peer->hs_index.kind = TN_INDEX_HANDSHAKE;
	peer->hs_index.peer = peer;
	mutex_init(&peer->hs_steps);
	tn_aip_owner_init(&peer->aips);
	INIT_LIST_HEAD(&peer->gone);
	tn_admission_init(&peer->adm);
	tn_handshake_init(&peer->hs, pub);
	tn_cookie_init(&peer->cookie, pub);
	tn_keypairs_init(&peer->keypairs);
	spin_lock_init(&peer->tx_lock);
	__skb_queue_head_init(&peer->staged);
	tn_order_init(&peer->tx_order);
	tn_order_init(&peer->rx_order);
	INIT_WORK(&peer->initiate_work, tn_handshake_initiate_work);
	INIT_WORK(&peer->send_work, tn_tx_send_work);
	tn_timers_init(peer);
	/* Long enough ago for the first initiation to go out at once. */
	atomic64_set(&peer->last_sent_handshake_ns,
		     ktime_get_coarse_boottime_ns() -
		     (u64)(TN_REKEY_TIMEOUT_S + 1) * NSEC_PER_SEC);
	return peer;
}

/**
 * tn_peer_new() - make a peer that nobody sees yet
 * @tn:		its device
 * @pub:	its public key, TN_KEY_LEN bytes
 *
 * Reserves the peer's place in tn_device.peers, so that publishing it cannot
 * fail.
 *
 * Context: Process; @tn's cfg_lock held.
 * Return: the peer, or an error pointer.
 */
struct tn_peer *tn_peer_new(struct tn_device *tn, const u8 *pub)
{
	struct tn_peer *peer;
	int ret;

	lockdep_assert_held(&tn->cfg_lock);
	peer = tn_peer_alloc(tn, pub);
	if (!peer)
		return ERR_PTR(-ENOMEM);
	ret = tn_path_init(&peer->path, GFP_KERNEL_ACCOUNT);
	if (ret)
		goto err_free;
	peer->serial = tn->next_serial;
	ret = xa_reserve(&tn->peers, peer->serial, GFP_KERNEL_ACCOUNT);
	if (ret)
		goto err_path;
	tn->next_serial++;
	peer->napi = &tn->napis[peer->serial % tn->num_napis];
	return peer;

err_path:
	tn_path_done(&peer->path);
err_free:
	tn_handshake_done(&peer->hs);
	tn_cookie_done(&peer->cookie);
	kfree_sensitive(peer);
	return ERR_PTR(ret);
}

static void tn_peer_free(struct tn_peer *peer)
{
	tn_admission_done(&peer->adm);
	tn_path_done(&peer->path);
	tn_handshake_done(&peer->hs);
	tn_cookie_done(&peer->cookie);
	kfree_sensitive(peer);
}

/**
 * tn_peer_discard() - free a peer that was not published
 * @peer:	the peer
 *
 * Context: Process; the device's cfg_lock held.
 */
void tn_peer_discard(struct tn_peer *peer)
{
	xa_release(&peer->tn->peers, peer->serial);
	tn_peer_free(peer);
}

/**
 * tn_peer_publish() - put a new peer on the tables
 * @peer:	the peer; the tables own its first reference from here on
 *
 * Context: Process; the device's cfg_lock held.
 */
void tn_peer_publish(struct tn_peer *peer)
{
	struct tn_device *tn = peer->tn;

	lockdep_assert_held(&tn->cfg_lock);
	/* Reserved by tn_peer_new(): needs no memory. */
	xa_store(&tn->peers, peer->serial, peer, GFP_KERNEL);
	tn_pubkeys_add(&tn->pubkeys, peer);
	WRITE_ONCE(tn->num_peers, tn->num_peers + 1);
}

/**
 * tn_peers_remove() - take peers off all tables and end all they do
 * @tn:		their device
 * @gone:	the peers, linked through tn_peer.gone; empty afterwards
 *
 * The users of a peer go in this order, all peers together, so that there is
 * one grace period and not one for each:
 *
 * 1. Lookups: nobody finds it by key, address or number any more.
 * 2. Whoever found it before: a grace period. From then on nobody starts a
 *    timer or a work of it, since all look at its dead bit under RCU.
 * 3. Sessions: nobody finds it by index, and the crypt stages refuse.
 * 4. Timers and works.
 * 5. Packets that wait for a session.
 *
 * Batches under way hold references; they are dropped when they come to their
 * end, and the last one frees the peer.
 *
 * Context: Process; the device's cfg_lock held.
 */
void tn_peers_remove(struct tn_device *tn, struct list_head *gone)
{
	struct tn_peer *peer, *tmp;

	lockdep_assert_held(&tn->cfg_lock);
	if (list_empty(gone))
		return;
	list_for_each_entry(peer, gone, gone) {
		tn_lock_forget(peer);
		tn_allowedips_remove_owner(&tn->allowedips, &peer->aips);
		tn_pubkeys_del(&tn->pubkeys, peer);
		xa_erase(&tn->peers, peer->serial);
		set_bit(TN_PEER_DEAD, &peer->state);
		WRITE_ONCE(tn->num_peers, tn->num_peers - 1);
	}
	synchronize_net();
	list_for_each_entry_safe(peer, tmp, gone, gone) {
		list_del_init(&peer->gone);
		tn_keypairs_clear(peer);
		tn_timers_stop(peer);
		if (cancel_work_sync(&peer->initiate_work))
			tn_peer_put(peer);
		tn_tx_purge(peer, TN_DROP_TX_DOWN);
		tn_peer_put(peer);
	}
}

static void tn_peer_free_rcu(struct rcu_head *rcu)
{
	tn_peer_free(container_of(rcu, struct tn_peer, rcu));
}

static void tn_peer_release(struct kref *ref)
{
	struct tn_peer *peer = container_of(ref, struct tn_peer, ref);

	tn_indices_del(&peer->tn->indices, &peer->hs_index);
	/* A session may have been begun while the peer was being removed. */
	tn_keypairs_clear(peer);
	tn_tx_purge(peer, TN_DROP_TX_DOWN);
	call_rcu(&peer->rcu, tn_peer_free_rcu);
}

/**
 * tn_peer_get() - take another reference
 * @peer:	the peer, which the caller holds or sees under RCU undead
 *
 * Return: @peer.
 */
struct tn_peer *tn_peer_get(struct tn_peer *peer)
{
	kref_get(&peer->ref);
	return peer;
}

/**
 * tn_peer_get_maybe_zero() - take a reference if there still is one
 * @peer:	the peer, found under RCU, or NULL
 *
 * Return: @peer or NULL.
 */
struct tn_peer *tn_peer_get_maybe_zero(struct tn_peer *peer)
{
	if (!peer || !kref_get_unless_zero(&peer->ref))
		return NULL;
	return peer;
}

/**
 * tn_peer_put() - give a reference back
 * @peer:	the peer, or NULL
 *
 * Context: Any but hard interrupt.
 */
void tn_peer_put(struct tn_peer *peer)
{
	if (peer)
		kref_put(&peer->ref, tn_peer_release);
}

/**
 * tn_peer_set_psk() - change the preshared key
 * @peer:	the peer
 * @psk:	TN_KEY_LEN bytes, zeros for none; counts from the next handshake
 *
 * Context: Process; the device's cfg_lock held.
 */
void tn_peer_set_psk(struct tn_peer *peer, const u8 *psk)
{
	tn_handshake_set_psk(&peer->hs, psk);
}

/**
 * tn_peer_set_endpoint() - say where the peer is reached
 * @peer:	the peer
 * @ep:		its endpoint, local address left to routing
 *
 * Context: Process; the device's cfg_lock held.
 */
void tn_peer_set_endpoint(struct tn_peer *peer, const struct tn_endpoint *ep)
{
	tn_path_set(&peer->path, ep);
	clear_bit(TN_PEER_WANT_PATH_SENT, &peer->state);
}

/**
 * tn_peer_set_keepalive() - change the interval of persistent keepalives
 * @peer:	the peer
 * @seconds:	0 = off
 *
 * Context: Process; the device's cfg_lock held.
 */
void tn_peer_set_keepalive(struct tn_peer *peer, u16 seconds)
{
	u16 old = peer->keepalive_s;

	WRITE_ONCE(peer->keepalive_s, seconds);
	/* Turned on, it begins now and not after the first interval. */
	if (!old && seconds && peer->tn->up)
		tn_tx_keepalive(peer);
}

/**
 * tn_peer_set_roam() - may the endpoint follow authenticated packets?
 * @peer:	the peer
 * @on:		it may
 */
void tn_peer_set_roam(struct tn_peer *peer, bool on)
{
	assign_bit(TN_PEER_ROAM, &peer->state, on);
}

/**
 * tn_peer_start() - the device is up: send what waits
 * @peer:	the peer
 *
 * Context: Process; the device's cfg_lock held.
 */
void tn_peer_start(struct tn_peer *peer)
{
	tn_tx_flush(peer);
	if (peer->keepalive_s)
		tn_tx_keepalive(peer);
}

/**
 * tn_peer_stop() - forget all sessions
 * @peer:	the peer; a grace period ago its device went down, or it was cut
 *		off or suspended
 * @reason:	why packets that wait are dropped
 *
 * Context: Process; the device's cfg_lock held.
 */
void tn_peer_stop(struct tn_peer *peer, enum tn_drop reason)
{
	tn_timers_stop(peer);
	if (cancel_work_sync(&peer->initiate_work))
		tn_peer_put(peer);
	tn_tx_purge(peer, reason);
	tn_handshake_clear(&peer->hs);
	tn_indices_del(&peer->tn->indices, &peer->hs_index);
	tn_keypairs_clear(peer);
	atomic64_set(&peer->last_sent_handshake_ns,
		     ktime_get_coarse_boottime_ns() -
		     (u64)(TN_REKEY_TIMEOUT_S + 1) * NSEC_PER_SEC);
}
