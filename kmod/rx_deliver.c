// SPDX-License-Identifier: GPL-2.0-only
/*
 * In, 3 of 3: opened packets, in order, reach the host.
 * In: done batches of a peer. Out: packets to the stack.
 *
 * The order of the steps is a security property, and none may move up:
 *
 * 1. it was authenticated (rx_crypt.c);
 * 2. its counter was not seen before;
 * 3. only then may it influence the path and the session;
 * 4. its inner source belongs to the sender;
 * 5. only then does anything that trusts addresses look at it.
 */
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/slab.h>
#include <linux/ktime.h>
#include <net/inet_ecn.h>
#include <net/ip_tunnels.h>

#include "device.h"
#include "handshake_io.h"
#include "keypair.h"
#include "peer.h"
#include "rx.h"
#include "skb.h"
#include "timers.h"
#include "tx.h"

/* Poll functions of one device at most, whatever the number of CPUs. */
#define TN_NAPIS_MAX 16u

/*
 * Late enough in the life of a session that the far side will soon stop taking
 * it, and we have only received: ask for a new one, once.
 */
static void tn_rx_rekey(struct tn_peer *peer, const struct tn_keypair *kp,
			u64 now_ns)
{
	if (likely(!kp->initiator ||
		   now_ns - kp->birth_ns <
		   (u64)TN_REKEY_ON_RECV_S * NSEC_PER_SEC))
		return;
	if (kp != rcu_access_pointer(peer->keypairs.current_kp))
		return;
	if (!test_and_set_bit(TN_PEER_LAST_MINUTE, &peer->state))
		tn_handshake_initiate(peer, false);
}

/* Step 2: drop what was seen before, and what the session is too old for. */
static unsigned int tn_rx_replay(struct tn_rx_batch *rb, u64 now_ns)
{
	const bool young = tn_keypair_can_receive(rb->keypair, now_ns);
	struct tn_device *tn = rb->peer->tn;
	unsigned int i, n = 0;

	spin_lock_bh(&rb->keypair->recv_lock);
	for (i = 0; i < rb->b.nsegs; i++) {
		struct tn_rx_seg *seg = &rb->seg[i];
		enum tn_drop reason = TN_DROP_RX_EXPIRED;

		if (!seg->skb)
			continue;
		if (likely(young)) {
			reason = TN_DROP_RX_REPLAY;
			if (likely(tn_replay_accept(&rb->keypair->replay,
						    seg->counter))) {
				n++;
				continue;
			}
			if (seg->counter >= TN_REJECT_AFTER_MESSAGES)
				WRITE_ONCE(rb->keypair->recv_ok, false);
		}
		tn_drop_skb(tn, seg->skb, reason);
		seg->skb = NULL;
	}
	spin_unlock_bh(&rb->keypair->recv_lock);
	return n;
}

/* Step 3: what an authentic, new packet says about path and session. */
static void tn_rx_session_seen(struct tn_rx_batch *rb, u64 now_ns)
{
	struct tn_peer *peer = rb->peer;

	tn_path_learn(peer, &rb->ep);
	if (unlikely(tn_keypairs_confirm(peer, rb->keypair))) {
		tn_timers_handshake_complete(peer);
		tn_tx_flush(peer);
	}
	tn_rx_rekey(peer, rb->keypair, now_ns);
	tn_timers_any_received(peer);
	tn_timers_any_passed(peer);
}

/* The inner packet: version, length; trims the padding. */
static enum tn_drop tn_rx_inner(struct sk_buff *skb)
{
	unsigned int len;

	if (unlikely(skb->len < sizeof(struct iphdr)))
		return TN_DROP_RX_INNER;
	skb_reset_network_header(skb);
	if (ip_hdr(skb)->version == 4) {
		len = ntohs(ip_hdr(skb)->tot_len);
		if (unlikely(len < sizeof(struct iphdr)))
			return TN_DROP_RX_INNER;
		skb->protocol = htons(ETH_P_IP);
	} else if (ip_hdr(skb)->version == 6) {
		if (unlikely(skb->len < sizeof(struct ipv6hdr)))
			return TN_DROP_RX_INNER;
		len = ntohs(ipv6_hdr(skb)->payload_len) +
		      sizeof(struct ipv6hdr);
		skb->protocol = htons(ETH_P_IPV6);
	} else {
		return TN_DROP_RX_INNER;
	}
	if (unlikely(len > skb->len))
		return TN_DROP_RX_INNER;
	__skb_trim(skb, len);
	return TN_DROP_NONE;
}

/* Congestion marks of the outer header go inside; true if that cannot be. */
static bool tn_rx_ecn(struct sk_buff *skb, u8 ds)
{
	if (skb->protocol == htons(ETH_P_IP))
		return INET_ECN_decapsulate(skb, ds, ip_hdr(skb)->tos) > 1;
	return INET_ECN_decapsulate(skb, ds,
				    ipv6_get_dsfield(ipv6_hdr(skb))) > 1;
}

/**
 * tn_rx_source() - is the inner source address one of the sender's?
 * @peer:	the peer whose key opened the packet
 * @skb:	inner IP packet, network header set
 *
 * The key has proved who sent the packet; this proves that the sender may speak
 * for the address. The longest prefix of all peers decides, not of this one.
 *
 * Context: Under RCU.
 * Return: TN_DROP_NONE or TN_DROP_RX_SOURCE.
 */
static enum tn_drop tn_rx_source(struct tn_peer *peer, struct sk_buff *skb)
	__must_hold(RCU)
{
	struct tn_allowedips *aips = &peer->tn->allowedips;
	struct tn_aip_owner *owner;

	if (skb->protocol == htons(ETH_P_IP))
		owner = tn_allowedips_lookup_v4(aips, ip_hdr(skb)->saddr);
	else
		owner = tn_allowedips_lookup_v6(aips, &ipv6_hdr(skb)->saddr);
	return owner == &peer->aips ? TN_DROP_NONE : TN_DROP_RX_SOURCE;
}

/* Steps 4 and 5 for one packet. */
static void tn_rx_packet(struct tn_napi *n, struct tn_rx_batch *rb,
			 struct sk_buff *skb)
{
	struct tn_device *tn = n->tn;
	enum tn_drop reason;

	if (rb->in_place)
		tn_skb_forget(skb, false);
	skb->dev = tn->dev;
	reason = tn_rx_inner(skb);
	if (unlikely(reason))
		goto drop;
	reason = TN_DROP_RX_ECN;
	if (unlikely(tn_rx_ecn(skb, rb->ds)))
		goto drop;
	reason = tn_rx_source(rb->peer, skb);
	if (unlikely(reason))
		goto drop;
	skb_reset_mac_header(skb);
	/*
	 * The tag has proved every byte, so a checksum can only be wrong if the
	 * sender made it so.
	 */
	skb->ip_summed = CHECKSUM_UNNECESSARY;
	skb->csum_level = ~0;
	napi_gro_receive(&n->napi, skb);
	return;
drop:
	tn_drop_skb(tn, skb, reason);
}

static enum tn_drop tn_rx_cut_reason(const struct tn_peer *peer)
{
	if (tn_peer_is_dead(peer) || !READ_ONCE(peer->tn->up))
		return TN_DROP_RX_DOWN;
	return tn_peer_is_suspended(peer) ? TN_DROP_RX_NOT_ADMITTED :
					    TN_DROP_RX_KEY_EXPIRED;
}

/* Drop a batch of a peer that may receive nothing now. */
static void tn_rx_cut(struct tn_device *tn, struct tn_rx_batch *rb)
{
	enum tn_drop reason = tn_rx_cut_reason(rb->peer);
	unsigned int i;

	for (i = 0; i < rb->b.nsegs; i++) {
		/* What did not open has been counted. */
		if (!rb->seg[i].skb)
			continue;
		tn_drop_skb(tn, rb->seg[i].skb, reason);
		rb->seg[i].skb = NULL;
	}
}

/* All steps for one batch; gives the number of packets in it. */
static unsigned int tn_rx_deliver(struct tn_napi *n, struct tn_batch *b)
{
	struct tn_rx_batch *rb = container_of(b, struct tn_rx_batch, b);
	u64 now_ns = ktime_get_coarse_boottime_ns();
	unsigned int i, packets, bytes = 0;
	struct tn_peer *peer = rb->peer;
	bool data = false;

	atomic_sub(b->nsegs, &n->tn->segs_queued);
	if (unlikely(tn_peer_is_cut(peer) || !READ_ONCE(n->tn->up))) {
		tn_rx_cut(n->tn, rb);
		return b->nsegs;
	}
	packets = tn_rx_replay(rb, now_ns);
	if (unlikely(!packets))
		return b->nsegs;
	tn_rx_session_seen(rb, now_ns);
	for (i = 0; i < b->nsegs; i++) {
		struct sk_buff *skb = rb->seg[i].skb;

		if (!skb)
			continue;
		rb->seg[i].skb = NULL;
		bytes += rb->seg[i].len;
		/* A keepalive is the empty packet and no other. */
		if (unlikely(!skb->len)) {
			consume_skb(skb);
			continue;
		}
		data = true;
		tn_rx_packet(n, rb, skb);
	}
	if (data)
		tn_timers_data_received(peer);
	atomic64_add(bytes, &peer->rx_bytes);
	atomic64_add(packets, &peer->rx_packets);
	u64_stats_update_begin(&this_cpu_ptr(n->tn->dev->tstats)->syncp);
	u64_stats_add(&this_cpu_ptr(n->tn->dev->tstats)->rx_bytes, bytes);
	u64_stats_add(&this_cpu_ptr(n->tn->dev->tstats)->rx_packets, packets);
	u64_stats_update_end(&this_cpu_ptr(n->tn->dev->tstats)->syncp);
	return b->nsegs;
}

/**
 * tn_rx_ready() - a batch of this peer is done, perhaps the first in order
 * @peer:	the peer
 *
 * The bit says that the peer is on the list, or that the poll function has it
 * in hand and will look at its queue after it has cleared the bit.
 *
 * Context: Softirqs off.
 */
void tn_rx_ready(struct tn_peer *peer)
{
	struct tn_napi *n = peer->napi;

	/* Fully ordered, after the store that made the batch done. */
	if (!test_and_set_bit(TN_PEER_RX_READY, &peer->state)) {
		tn_peer_get(peer);	/* put in tn_rx_next_peer() 's caller */
		llist_add(&peer->rx_node, &n->ready);
	}
	napi_schedule(&n->napi);
}

/* The next peer with something at its head, counted; or NULL. */
static struct tn_peer *tn_rx_next_peer(struct tn_napi *n)
{
	struct tn_peer *peer;

	if (!n->resume)
		n->resume = llist_reverse_order(llist_del_all(&n->ready));
	if (!n->resume)
		return NULL;
	peer = llist_entry(n->resume, struct tn_peer, rx_node);
	n->resume = n->resume->next;
	clear_bit(TN_PEER_RX_READY, &peer->state);
	/* Clear before looking at the queue; see tn_rx_ready(). */
	smp_mb__after_atomic();
	return peer;
}

static int tn_rx_poll(struct napi_struct *napi, int budget)
{
	struct tn_napi *n = container_of(napi, struct tn_napi, napi);
	struct tn_peer *peer;
	struct tn_batch *b;
	bool more = true;
	int work = 0;

	rcu_read_lock();
	while (more && work < budget) {
		more = tn_rx_crypt_poll(n);
		while (work < budget && (peer = tn_rx_next_peer(n))) {
			more = true;
			while (work < budget &&
			       (b = tn_order_pop_done(&peer->rx_order))) {
				work += tn_rx_deliver(n, b);
				tn_batch_put(b);
			}
			if (work >= budget &&
			    tn_order_head_done(&peer->rx_order))
				tn_rx_ready(peer);
			tn_peer_put(peer);
		}
	}
	rcu_read_unlock();
	/* A batch is not cut in the middle for the budget's sake. */
	if (work >= budget)
		return budget;
	napi_complete_done(napi, work);
	return work;
}

/**
 * tn_rx_init() - make the poll functions of a device
 * @tn:	the device, its net_device allocated
 *
 * Context: Process.
 * Return: 0 or -ENOMEM.
 */
int tn_rx_init(struct tn_device *tn)
{
	unsigned int i;

	tn->num_napis = min(num_possible_cpus(), TN_NAPIS_MAX);
	tn->napis = kcalloc(tn->num_napis, sizeof(*tn->napis), GFP_KERNEL);
	if (!tn->napis)
		return -ENOMEM;
	for (i = 0; i < tn->num_napis; i++) {
		struct tn_napi *n = &tn->napis[i];

		n->tn = tn;
		init_llist_head(&n->ready);
		spin_lock_init(&n->crypt_lock);
		INIT_LIST_HEAD(&n->crypt);
		netif_napi_add(tn->dev, &n->napi, tn_rx_poll);
		napi_enable(&n->napi);
	}
	return 0;
}

/**
 * tn_rx_stop() - run the poll functions no more and drop what waits for them
 * @tn:	the device; nothing arrives and no worker runs any more
 *
 * Context: Process; sleeps.
 */
void tn_rx_stop(struct tn_device *tn)
{
	struct tn_peer *peer;
	struct tn_batch *b;
	unsigned int i;

	for (i = 0; i < tn->num_napis; i++) {
		struct tn_napi *n = &tn->napis[i];

		napi_disable(&n->napi);
		netif_napi_del(&n->napi);
		/* The device is down: opening and delivering only drop. */
		local_bh_disable();
		while (tn_rx_crypt_poll(n))
			;
		while ((peer = tn_rx_next_peer(n))) {
			while ((b = tn_order_pop_done(&peer->rx_order))) {
				tn_rx_deliver(n, b);
				tn_batch_put(b);
			}
			tn_peer_put(peer);
		}
		local_bh_enable();
	}
}

/**
 * tn_rx_done() - free the poll functions
 * @tn:	the device, after tn_rx_stop()
 */
void tn_rx_done(struct tn_device *tn)
{
	kfree(tn->napis);
}
