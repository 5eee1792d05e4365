// SPDX-License-Identifier: GPL-2.0-only
/*
 * Out, 3 of 3: messages leave in the order of their counters.
 * In: a batch of messages that is done. Out: datagrams, by socket.c.
 */
#include <linux/ktime.h>
#include <linux/udp.h>

#include "device.h"
#include "handshake_io.h"
#include "keypair.h"
#include "peer.h"
#include "skb.h"
#include "socket.h"
#include "timers.h"
#include "tx.h"

/*
 * Ask for a new session in good time. By age only as initiator: if both ends
 * did, each would end what the other had just begun.
 */
static void tn_tx_rekey(struct tn_peer *peer, const struct tn_keypair *kp)
{
	u64 now_ns = ktime_get_coarse_boottime_ns();
	u64 age_ns = now_ns - kp->birth_ns;

	if (unlikely((atomic64_read(&kp->send_counter) >
		      TN_REKEY_AFTER_MESSAGES) ||
		     (kp->initiator &&
		      age_ns >= (u64)TN_REKEY_AFTER_TIME_S * NSEC_PER_SEC)))
		tn_handshake_initiate(peer, false);
}

/* The network stack's view of a run of datagrams in one skb. */
static void tn_tx_super_finish(struct tn_tx_batch *tb)
{
	struct sk_buff *out = tb->out;

	if (!tb->first_seg)
		tn_skb_take_owner(out, tb->in);
	skb_copy_hash(out, tb->in);
	out->priority = tb->in->priority;
	skb_reset_inner_headers(out);
	if (tb->b.nsegs < 2)
		return;
	skb_shinfo(out)->gso_type = SKB_GSO_UDP_L4;
	skb_shinfo(out)->gso_size = tb->seg_len;
	skb_shinfo(out)->gso_segs = tb->b.nsegs;
	/* Of the UDP header, which will be pushed in front of the messages. */
	out->ip_summed = CHECKSUM_PARTIAL;
	out->csum_start = skb_headroom(out) - sizeof(struct udphdr);
	out->csum_offset = offsetof(struct udphdr, check);
}

/* Send what the batch has; true if something other than keepalives went out. */
static bool tn_tx_send_skbs(struct tn_tx_batch *tb)
{
	struct tn_peer *peer = tb->peer;
	struct sk_buff *skb, *next;
	bool data = false;

	if (tb->out) {
		tn_tx_super_finish(tb);
		consume_skb(tb->in);
		tb->in = NULL;
		skb = tb->out;
		tb->out = NULL;
		return !tn_socket_send(peer, skb, tb->ds);
	}
	skb = tb->in;
	tb->in = NULL;
	for (; skb; skb = next) {
		bool keepalive = skb->len == TN_KEEPALIVE_LEN;

		next = skb->next;
		skb_mark_not_on_list(skb);
		if (!tn_socket_send(peer, skb, tb->ds) && !keepalive)
			data = true;
	}
	return data;
}

static enum tn_drop tn_tx_cut_reason(const struct tn_peer *peer)
{
	if (tn_peer_is_dead(peer) || !READ_ONCE(peer->tn->up))
		return TN_DROP_TX_DOWN;
	return tn_peer_is_suspended(peer) ? TN_DROP_TX_NOT_ADMITTED :
					    TN_DROP_TX_KEY_EXPIRED;
}

/**
 * tn_tx_send() - send a batch
 * @b:	done, first in its peer's order; the reference is used up
 *
 * Context: Softirqs off. Packets may come back into tn_tx_xmit() from here
 *	    when the way to the peer leads through another tunnel of ours.
 */
void tn_tx_send(struct tn_batch *b)
{
	struct tn_tx_batch *tb = container_of(b, struct tn_tx_batch, b);
	struct tn_peer *peer = tb->peer;
	struct tn_device *tn = peer->tn;
	u8 depth = this_cpu_read(tn_tx_depth);

	atomic_sub(b->nsegs, &tn->segs_queued);
	if (unlikely(tn_peer_is_cut(peer) || !READ_ONCE(tn->up))) {
		tn_drop_count(tn, tn_tx_cut_reason(peer), b->nsegs);
		tn_batch_put(b);
		return;
	}
	tn_timers_any_passed(peer);
	tn_timers_any_sent(peer);
	this_cpu_write(tn_tx_depth, tb->depth + 1);
	if (tn_tx_send_skbs(tb))
		tn_timers_data_sent(peer);
	this_cpu_write(tn_tx_depth, depth);
	tn_tx_rekey(peer, tb->keypair);
	tn_batch_put(b);
}

/**
 * tn_tx_send_work() - body of tn_peer.send_work
 * @work:	of the peer, which it holds
 */
void tn_tx_send_work(struct work_struct *work)
{
	struct tn_peer *peer = container_of(work, struct tn_peer, send_work);

	local_bh_disable();
	tn_order_drain(&peer->tx_order, tn_tx_send);
	local_bh_enable();
	tn_peer_put(peer);
}
