// SPDX-License-Identifier: GPL-2.0-only
/*
 * What time does to a session. Five timers per peer and the functions that say
 * what has happened; nobody else arms or cancels them.
 *
 * Source: the WireGuard paper, section 6, and for what it leaves open the
 * behaviour of drivers/net/wireguard.
 */
#include "timers.h"

#include <linux/random.h>
#include <linux/timer.h>

#include "compat.h"
#include "device.h"
#include "events.h"
#include "handshake_io.h"
#include "peer.h"
#include "tx.h"

/* Jitter keeps two ends from retrying in step. */
static unsigned long tn_jitter(void)
{
	return get_random_u32_below(msecs_to_jiffies(TN_REKEY_JITTER_MAX_MS));
}

/*
 * Arm a timer of a living peer, not cut off, of a running device. The check and
 * the arming are one RCU section: teardown sets the bit, waits a grace period
 * and only then deletes the timers, so no timer is armed behind its back.
 */
static void tn_timer_arm(struct tn_peer *peer, struct timer_list *timer,
			 unsigned long delay)
{
	rcu_read_lock_bh();
	if (likely(READ_ONCE(peer->tn->up) && !tn_peer_is_cut(peer)))
		mod_timer(timer, jiffies + delay);
	rcu_read_unlock_bh();
}

static void tn_timer_cancel(struct timer_list *timer)
{
	if (timer_pending(timer))
		timer_delete(timer);
}

static void tn_timer_retransmit(struct timer_list *t)
{
	struct tn_peer *peer = tn_timer_container(peer, t, timer_retransmit);

	if (READ_ONCE(peer->handshake_attempts) > TN_MAX_TIMER_HANDSHAKES) {
		netdev_dbg(peer->tn->dev,
			   "peer %u: no answer, giving up\n", peer->serial);
		tn_timer_cancel(&peer->timer_keepalive);
		/* They waited longer than anything that sent them. */
		tn_tx_purge(peer, TN_DROP_TX_GIVEUP);
		/* A handshake that leads nowhere leaves secrets as well. */
		if (!timer_pending(&peer->timer_zero_keys))
			tn_timer_arm(peer, &peer->timer_zero_keys,
				     TN_ZERO_KEYS_S * HZ);
		tn_event_path(peer, TAILNET_EVENT_UNREACHABLE);
		return;
	}
	WRITE_ONCE(peer->handshake_attempts, peer->handshake_attempts + 1);
	/* Perhaps it is our own address that is wrong. */
	tn_path_clear_src(&peer->path);
	tn_handshake_initiate(peer, true);
}

static void tn_timer_keepalive(struct timer_list *t)
{
	struct tn_peer *peer = tn_timer_container(peer, t, timer_keepalive);

	tn_tx_keepalive(peer);
	if (test_and_clear_bit(TN_PEER_NEED_KEEPALIVE, &peer->state))
		tn_timer_arm(peer, &peer->timer_keepalive,
			     TN_KEEPALIVE_TIMEOUT_S * HZ);
}

static void tn_timer_new_handshake(struct timer_list *t)
{
	struct tn_peer *peer =
		tn_timer_container(peer, t, timer_new_handshake);

	tn_path_clear_src(&peer->path);
	tn_handshake_initiate(peer, false);
}

static void tn_timer_zero_keys(struct timer_list *t)
{
	struct tn_peer *peer = tn_timer_container(peer, t, timer_zero_keys);

	/* A timer cannot take the handshake's lock. */
	rcu_read_lock_bh();
	if (!tn_peer_is_dead(peer)) {
		tn_peer_get(peer);	/* released in tn_peer_wipe_work() */
		if (!queue_work(peer->tn->handshake_wq, &peer->wipe_work))
			tn_peer_put(peer);
	}
	rcu_read_unlock_bh();
}

static void tn_timer_persistent(struct timer_list *t)
{
	struct tn_peer *peer = tn_timer_container(peer, t, timer_persistent);

	if (READ_ONCE(peer->keepalive_s))
		tn_tx_keepalive(peer);
}

/* Wipe what the last sessions left. */
static void tn_peer_wipe_work(struct work_struct *work)
{
	struct tn_peer *peer = container_of(work, struct tn_peer, wipe_work);

	tn_handshake_clear(&peer->hs);
	tn_indices_del(&peer->tn->indices, &peer->hs_index);
	tn_keypairs_clear(peer);
	tn_event_peer(peer, TAILNET_EVENT_SESSION_DOWN);
	tn_peer_put(peer);
}

/**
 * tn_timers_init() - set the timers of a new peer up, none armed
 * @peer:	the peer
 */
void tn_timers_init(struct tn_peer *peer)
{
	timer_setup(&peer->timer_retransmit, tn_timer_retransmit, 0);
	timer_setup(&peer->timer_keepalive, tn_timer_keepalive, 0);
	timer_setup(&peer->timer_new_handshake, tn_timer_new_handshake, 0);
	timer_setup(&peer->timer_zero_keys, tn_timer_zero_keys, 0);
	timer_setup(&peer->timer_persistent, tn_timer_persistent, 0);
	INIT_WORK(&peer->wipe_work, tn_peer_wipe_work);
}

/**
 * tn_timers_stop() - cancel all timers and wait for those that run
 * @peer:	the peer; dead or its device down, a grace period ago
 *
 * Context: Process; sleeps.
 */
void tn_timers_stop(struct tn_peer *peer)
{
	timer_delete_sync(&peer->timer_retransmit);
	/* It may have armed these two. */
	timer_delete_sync(&peer->timer_keepalive);
	timer_delete_sync(&peer->timer_zero_keys);
	timer_delete_sync(&peer->timer_new_handshake);
	timer_delete_sync(&peer->timer_persistent);
	if (cancel_work_sync(&peer->wipe_work))
		tn_peer_put(peer);
}

/**
 * tn_timers_data_sent() - a packet that is no keepalive went out
 * @peer:	the peer
 *
 * An answer of some kind is due: data, or the far side's passive keepalive.
 */
void tn_timers_data_sent(struct tn_peer *peer)
{
	if (!timer_pending(&peer->timer_new_handshake))
		tn_timer_arm(peer, &peer->timer_new_handshake,
			     TN_NEW_HANDSHAKE_S * HZ + tn_jitter());
}

/**
 * tn_timers_data_received() - an authentic packet that is no keepalive came
 * @peer:	the peer
 *
 * The far side wants to hear something from us within this time.
 */
void tn_timers_data_received(struct tn_peer *peer)
{
	if (!timer_pending(&peer->timer_keepalive))
		tn_timer_arm(peer, &peer->timer_keepalive,
			     TN_KEEPALIVE_TIMEOUT_S * HZ);
	else if (!test_bit(TN_PEER_NEED_KEEPALIVE, &peer->state))
		set_bit(TN_PEER_NEED_KEEPALIVE, &peer->state);
}

/**
 * tn_timers_any_sent() - an authenticated packet of any kind went out
 * @peer:	the peer
 */
void tn_timers_any_sent(struct tn_peer *peer)
{
	tn_timer_cancel(&peer->timer_keepalive);
}

/**
 * tn_timers_any_received() - an authentic packet of any kind came
 * @peer:	the peer
 */
void tn_timers_any_received(struct tn_peer *peer)
{
	tn_timer_cancel(&peer->timer_new_handshake);
}

/**
 * tn_timers_initiated() - an initiation went out
 * @peer:	the peer
 */
void tn_timers_initiated(struct tn_peer *peer)
{
	tn_timer_arm(peer, &peer->timer_retransmit,
		     TN_REKEY_TIMEOUT_S * HZ + tn_jitter());
}

/**
 * tn_timers_handshake_complete() - both ends have a session
 * @peer:	the peer
 */
void tn_timers_handshake_complete(struct tn_peer *peer)
{
	tn_timer_cancel(&peer->timer_retransmit);
	WRITE_ONCE(peer->handshake_attempts, 0);
	clear_bit(TN_PEER_LAST_MINUTE, &peer->state);
	ktime_get_real_ts64(&peer->last_handshake);
	tn_event_peer(peer, TAILNET_EVENT_SESSION_UP);
}

/**
 * tn_timers_session_derived() - a new keypair is in its slot
 * @peer:	the peer
 */
void tn_timers_session_derived(struct tn_peer *peer)
{
	tn_timer_arm(peer, &peer->timer_zero_keys, TN_ZERO_KEYS_S * HZ);
}

/**
 * tn_timers_any_passed() - an authenticated packet went out or came
 * @peer:	the peer
 */
void tn_timers_any_passed(struct tn_peer *peer)
{
	u16 seconds = READ_ONCE(peer->keepalive_s);

	if (unlikely(seconds))
		tn_timer_arm(peer, &peer->timer_persistent, seconds * HZ);
}
