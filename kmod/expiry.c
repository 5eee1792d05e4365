// SPDX-License-Identifier: GPL-2.0-only
/*
 * Keys that expire: a peer past its time is cut off by our own clock, whether
 * or not an agent is there to do it.
 *
 * Expiry is a matter of the wall clock, which people and time servers step. One
 * timer per device runs by that clock, for the peer whose time comes first: a
 * step forward makes it fire. Nothing tells of a step back. But whoever is
 * about to refuse a peer because of its bit looks at the clock first, and a
 * peer whose time lies ahead again is let in and judged anew; for peers that
 * only we talk to, by keepalives, there is a look at the clock now and then.
 */
#include "expiry.h"

#include <linux/hrtimer.h>
#include <linux/ktime.h>
#include <linux/sched.h>
#include <linux/timekeeping.h>
#include <linux/workqueue.h>
#include <linux/xarray.h>

#include "compat.h"
#include "device.h"
#include "events.h"

/* Between looks at the clock while any peer is cut off, seconds. Ours. */
#define TN_EXPIRY_LOOK_S 60

static bool tn_expiry_passed(const struct tn_peer *peer)
{
	s64 at = READ_ONCE(peer->expires_s);

	return at && ktime_get_real_seconds() >= at;
}

/**
 * tn_expiry_is_over() - is a peer to be refused, now?
 * @peer:	the peer
 *
 * By the clock and not by the bit, so that it is right even before the timer
 * has run, or after the clock was put back. In the latter case the bit goes at
 * once; that the timer will be armed again is left to the work, which runs
 * after this, whatever it has been doing meanwhile.
 *
 * Context: Any but hard interrupt.
 * Return: true if so.
 */
bool tn_expiry_is_over(struct tn_peer *peer)
{
	if (tn_expiry_passed(peer))
		return true;
	if (unlikely(test_and_clear_bit(TN_PEER_EXPIRED, &peer->state))) {
		/* Against the end of the device: see tn_peers_remove(). */
		rcu_read_lock_bh();
		if (!tn_peer_is_dead(peer))
			mod_delayed_work(system_wq, &peer->tn->expiry_work, 0);
		rcu_read_unlock_bh();
	}
	return false;
}

/**
 * tn_expiry_judge() - find out whether a peer's time has come
 * @peer:	a peer in the table
 * @over:	gets the peer, linked through tn_peer.gone, if it is to be cut off
 *		and is not yet
 *
 * One whose time was extended goes on. The time of one that has any counts for
 * tn_expiry_arm().
 *
 * Context: Process; the device's cfg_lock held.
 */
void tn_expiry_judge(struct tn_peer *peer, struct list_head *over)
{
	struct tn_device *tn = peer->tn;

	lockdep_assert_held(&tn->cfg_lock);
	if (tn_expiry_passed(peer)) {
		if (!test_bit(TN_PEER_EXPIRED, &peer->state) &&
		    list_empty(&peer->gone))
			list_add_tail(&peer->gone, over);
		return;
	}
	if (peer->expires_s && peer->expires_s < tn->expiry_next_s)
		tn->expiry_next_s = peer->expires_s;
	if (test_and_clear_bit(TN_PEER_EXPIRED, &peer->state) && tn->up)
		tn_peer_start(peer);
}

/* Unless a look is due sooner. A dying device has no peers to look at. */
static void tn_expiry_look(struct tn_device *tn)
{
	schedule_delayed_work(&tn->expiry_work, TN_EXPIRY_LOOK_S * HZ);
}

/**
 * tn_expiry_cut() - end all that peers do
 * @tn:		their device
 * @over:	the peers, linked through tn_peer.gone; empty afterwards
 *
 * As in tn_peers_remove(), but that the peers stay on the tables: first the
 * bit, then a grace period for those who did not see it, then what they made.
 *
 * Context: Process; the device's cfg_lock held; sleeps.
 */
void tn_expiry_cut(struct tn_device *tn, struct list_head *over)
{
	struct tn_peer *peer, *tmp;

	lockdep_assert_held(&tn->cfg_lock);
	if (list_empty(over))
		return;
	list_for_each_entry(peer, over, gone)
		set_bit(TN_PEER_EXPIRED, &peer->state);
	tn_expiry_look(tn);
	synchronize_net();
	list_for_each_entry_safe(peer, tmp, over, gone) {
		list_del_init(&peer->gone);
		tn_peer_stop(peer, TN_DROP_TX_KEY_EXPIRED);
		tn_event_peer(peer, TAILNET_EVENT_EXPIRED);
		cond_resched();
	}
}

/**
 * tn_expiry_arm() - have the clock call when the next peer's time comes
 * @tn:	the device, tn_device.expiry_next_s set
 *
 * Context: Process; cfg_lock held.
 */
void tn_expiry_arm(struct tn_device *tn)
{
	lockdep_assert_held(&tn->cfg_lock);
	if (tn->dying || tn->expiry_next_s >= KTIME_SEC_MAX)
		return;
	hrtimer_start(&tn->expiry_timer, ktime_set(tn->expiry_next_s, 0),
		      HRTIMER_MODE_ABS_SOFT);
}

static enum hrtimer_restart tn_expiry_timer(struct hrtimer *timer)
{
	struct tn_device *tn = container_of(timer, struct tn_device,
					    expiry_timer);

	mod_delayed_work(system_wq, &tn->expiry_work, 0);
	return HRTIMER_NORESTART;
}

/* Judge all peers: some time has come, or the clock was put back. */
static void tn_expiry_work(struct work_struct *work)
{
	struct tn_device *tn = container_of(to_delayed_work(work),
					    struct tn_device, expiry_work);
	struct tn_peer *peer;
	unsigned long i;
	bool any = false;
	LIST_HEAD(over);

	mutex_lock(&tn->cfg_lock);
	tn->expiry_next_s = S64_MAX;
	xa_for_each(&tn->peers, i, peer) {
		tn_expiry_judge(peer, &over);
		any |= test_bit(TN_PEER_EXPIRED, &peer->state);
		cond_resched();
	}
	if (any)
		tn_expiry_look(tn);
	tn_expiry_cut(tn, &over);
	tn_expiry_arm(tn);
	mutex_unlock(&tn->cfg_lock);
}

/**
 * tn_expiry_init() - set the timer of a new device up, not armed
 * @tn:	the device
 */
void tn_expiry_init(struct tn_device *tn)
{
	tn->expiry_next_s = S64_MAX;
	INIT_DELAYED_WORK(&tn->expiry_work, tn_expiry_work);
	tn_hrtimer_setup(&tn->expiry_timer, tn_expiry_timer, CLOCK_REALTIME,
			 HRTIMER_MODE_ABS_SOFT);
}

/**
 * tn_expiry_done() - end the timer and its work
 * @tn:	the device, dying and without peers: nobody arms the one or schedules
 *	the other any more, but each other
 *
 * Context: Process; sleeps.
 */
void tn_expiry_done(struct tn_device *tn)
{
	/* A dying device is not armed again, not by the work either. */
	hrtimer_cancel(&tn->expiry_timer);
	cancel_delayed_work_sync(&tn->expiry_work);
}
