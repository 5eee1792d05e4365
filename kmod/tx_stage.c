// SPDX-License-Identifier: GPL-2.0-only
/*
 * Out, 1 of 3: a packet of the host finds its peer and waits for a session.
 * In: an skb from the stack. Out: batches with nonces, in the peer's order.
 * Next: tx_crypt.c.
 */
#include <linux/icmp.h>
#include <linux/icmpv6.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/ktime.h>
#include <net/dst_metadata.h>
#include <net/icmp.h>
#include <net/inet_ecn.h>
#include <net/ip_tunnels.h>
#include <net/ipv6.h>

#include "compat.h"
#include "device.h"
#include "events.h"
#include "expiry.h"
#include "handshake_io.h"
#include "peer.h"
#include "tx.h"
#ifdef TN_HAVE_NET_GSO_H
#include <net/gso.h>
#endif

/*
 * How deep in tunnels of ours this CPU is. The stack would not bear many
 * levels, and a routing loop has no end of them.
 */
DEFINE_PER_CPU(u8, tn_tx_depth);

/* The peer that has the destination, borrowed; or NULL. */
static struct tn_peer *tn_tx_peer(struct tn_device *tn,
				  const struct sk_buff *skb)
	__must_hold(RCU)
{
	struct tn_aip_owner *owner;

	if (skb->protocol == htons(ETH_P_IP))
		owner = tn_allowedips_lookup_v4(&tn->allowedips,
						ip_hdr(skb)->daddr);
	else
		owner = tn_allowedips_lookup_v6(&tn->allowedips,
						&ipv6_hdr(skb)->daddr);
	return owner ? container_of(owner, struct tn_peer, aips) : NULL;
}

static void tn_tx_unreachable(struct sk_buff *skb)
{
	if (skb->protocol == htons(ETH_P_IP))
		icmp_ndo_send(skb, ICMP_DEST_UNREACH, ICMP_HOST_UNREACH, 0);
	else if (skb->protocol == htons(ETH_P_IPV6))
		icmpv6_ndo_send(skb, ICMPV6_DEST_UNREACH, ICMPV6_ADDR_UNREACH,
				0);
}

static void tn_tx_fill_cb(struct tn_device *tn, struct sk_buff *skb, u32 mtu,
			  unsigned int segs)
{
	struct tn_tx_cb *cb = tn_tx_cb(skb);

	cb->mtu = mtu;
	cb->segs = segs;
	cb->depth = this_cpu_read(tn_tx_depth);
	/* The congestion bits go on the outer header, the class does not. */
	cb->ds = ip_tunnel_ecn_encap(0, ip_hdr(skb), skb);
}

/*
 * Make a queue of what one call of the stack brought: a super-packet that the
 * crypt stage can cut itself stays whole, any other is cut here.
 */
static int tn_tx_collect(struct tn_device *tn, struct sk_buff *skb, u32 mtu,
			 struct sk_buff_head *ret, unsigned int *ret_segs)
{
	struct sk_buff *segs, *next;
	unsigned int n;

	if (!skb_is_gso(skb) || tn_tx_super_ok(tn, skb)) {
		n = skb_is_gso(skb) ? tn_tx_super_segs(tn, skb) : 1;
		skb_dst_drop(skb);
		tn_tx_fill_cb(tn, skb, mtu, n);
		__skb_queue_tail(ret, skb);
		*ret_segs = n;
		return 0;
	}
	segs = skb_gso_segment(skb, 0);
	if (IS_ERR(segs))
		return PTR_ERR(segs);
	if (!segs)
		return -EINVAL;
	dev_kfree_skb(skb);
	n = 0;
	skb_list_walk_safe(segs, skb, next) {
		skb_mark_not_on_list(skb);
		skb_dst_drop(skb);
		tn_tx_fill_cb(tn, skb, mtu, 1);
		__skb_queue_tail(ret, skb);
		n++;
	}
	*ret_segs = n;
	return 0;
}

static void tn_tx_stage(struct tn_peer *peer, struct sk_buff_head *packets,
			unsigned int segs)
{
	struct sk_buff *skb;

	spin_lock_bh(&peer->tx_lock);
	/* The old ones go first, and never part of the new burst. */
	while (peer->staged_segs >= TN_MAX_STAGED_PACKETS) {
		skb = __skb_dequeue(&peer->staged);
		peer->staged_segs -= tn_tx_cb(skb)->segs;
		tn_drop_count(peer->tn, TN_DROP_TX_STAGED,
			      tn_tx_cb(skb)->segs);
		dev_kfree_skb(skb);
	}
	skb_queue_splice_tail(packets, &peer->staged);
	peer->staged_segs += segs;
	spin_unlock_bh(&peer->tx_lock);
}

static int tn_tx_packet(struct tn_device *tn, struct sk_buff *skb)
	__must_hold(RCU)
{
	const struct net_device *dev = tn->dev;
	enum tn_drop reason = TN_DROP_TX_PROTO;
	struct sk_buff_head packets;
	struct tn_peer *peer;
	unsigned int segs;
	int ret;
	u32 mtu;

	ret = -EPROTONOSUPPORT;
	if (unlikely(skb->protocol != ip_tunnel_parse_protocol(skb) ||
		     !skb->protocol))
		goto drop;
	ret = -ELOOP;
	reason = TN_DROP_TX_LOOP;
	if (unlikely(this_cpu_read(tn_tx_depth) >= TN_TX_DEPTH_MAX))
		goto drop;
	ret = -ENOKEY;
	reason = TN_DROP_TX_PEER;
	peer = tn_tx_peer(tn, skb);
	if (unlikely(!peer))
		goto unreachable;
	reason = TN_DROP_TX_NOT_ADMITTED;
	if (unlikely(tn_peer_is_suspended(peer)))
		goto unreachable;
	ret = -EKEYEXPIRED;
	reason = TN_DROP_TX_KEY_EXPIRED;
	if (tn_expiry_cuts(peer))
		goto unreachable;
	if (unlikely(!tn_path_usable(&peer->path))) {
		tn_event_path(peer, TAILNET_EVENT_WANT_PATH);
		/* An agent that was just told may find one. */
		ret = -EDESTADDRREQ;
		reason = TN_DROP_TX_PATH;
		if (!(READ_ONCE(tn->flags) & TAILNET_DEV_F_MANAGED))
			goto unreachable;
	}

	mtu = skb_valid_dst(skb) ? dst_mtu(skb_dst(skb)) : dev->mtu;
	/* While there is an inner L4 header to be seen: the outer flow's hash. */
	skb_get_hash(skb);
	__skb_queue_head_init(&packets);
	reason = TN_DROP_TX_SEGMENT;
	ret = tn_tx_collect(tn, skb, mtu, &packets, &segs);
	if (unlikely(ret))
		goto drop;
	tn_tx_stage(peer, &packets, segs);
	tn_tx_flush(peer);
	return 0;

unreachable:
	tn_tx_unreachable(skb);
drop:
	tn_drop_skb(tn, skb, reason);
	return ret;
}

/**
 * tn_tx_xmit() - the device's ndo_start_xmit
 * @skb:	from the stack; consumed
 * @dev:	a tailnet device
 *
 * Context: Softirqs off. The stack's own read section is not of the kind that
 *	    protects the tables.
 * Return: NETDEV_TX_OK; or a negative error, so that a sender learns at once
 *	   that nobody is there.
 */
netdev_tx_t tn_tx_xmit(struct sk_buff *skb, struct net_device *dev)
{
	int ret;

	rcu_read_lock();
	ret = tn_tx_packet(netdev_priv(dev), skb);
	rcu_read_unlock();
	return ret;
}

/* Batches of one staged super-packet, more than one if it is very long. */
static bool tn_tx_batch_super(struct tn_peer *peer, struct tn_keypair *kp,
			      struct sk_buff *skb, u64 *nonce,
			      struct list_head *ret)
{
	unsigned int segs = tn_tx_cb(skb)->segs;
	unsigned int first = 0;

	while (first < segs) {
		struct tn_tx_batch *tb;

		tb = tn_tx_batch_new(peer, kp, skb_get(skb), segs - first);
		if (!tb)
			break;
		if (!tn_tx_super_prepare(tb, first)) {
			tn_batch_put(&tb->b);
			break;
		}
		tb->nonce = *nonce;
		*nonce += tb->b.nsegs;
		first += tb->b.nsegs;
		list_add_tail(&tb->b.link, ret);
	}
	consume_skb(skb);
	if (unlikely(first < segs))
		tn_drop_count(peer->tn, TN_DROP_TX_NOMEM, segs - first);
	return true;
}

/* One batch of plain packets from the head of @packets. */
static void tn_tx_batch_plain(struct tn_peer *peer, struct tn_keypair *kp,
			      struct sk_buff_head *packets, u64 *nonce,
			      struct list_head *ret)
{
	struct sk_buff *skb, *first = NULL, **tail = &first;
	struct tn_tx_batch *tb;
	unsigned int n = 0;
	u8 depth = 0, ds = 0;

	while (n < TN_BATCH_SEGS_MAX && (skb = skb_peek(packets)) &&
	       !skb_is_gso(skb)) {
		/* One batch, one traffic class. */
		if (n && tn_tx_cb(skb)->ds != ds)
			break;
		__skb_unlink(skb, packets);
		ds = tn_tx_cb(skb)->ds;
		depth = max(depth, tn_tx_cb(skb)->depth);
		*tail = skb;
		tail = &skb->next;
		n++;
	}
	tb = tn_tx_batch_new(peer, kp, first, n);
	if (!tb) {
		tn_drop_count(peer->tn, TN_DROP_TX_NOMEM, n);
		return;
	}
	tb->depth = depth;
	tb->ds = ds;
	tb->nonce = *nonce;
	*nonce += n;
	list_add_tail(&tb->b.link, ret);
}

/*
 * Give the staged packets nonces and a place in the peer's order, both under
 * one lock, so that counters go up in the order of sending.
 */
static bool tn_tx_take(struct tn_peer *peer, struct tn_keypair *kp,
		       struct list_head *ret)
	__must_hold(&peer->tx_lock)
{
	struct tn_device *tn = peer->tn;
	struct sk_buff_head packets;
	struct tn_batch *b;
	struct sk_buff *skb;
	u64 nonce;

	nonce = atomic64_read(&kp->send_counter);
	if (nonce >= TN_REJECT_AFTER_MESSAGES - peer->staged_segs) {
		WRITE_ONCE(kp->send_ok, false);
		return false;
	}
	__skb_queue_head_init(&packets);
	skb_queue_splice_init(&peer->staged, &packets);
	peer->staged_segs = 0;
	if (unlikely(READ_ONCE(peer->tx_order.len) > TN_PEER_SEGS_QUEUED_MAX ||
		     atomic_read(&tn->segs_queued) > TN_SEGS_QUEUED_MAX)) {
		while ((skb = __skb_dequeue(&packets))) {
			tn_drop_count(tn, TN_DROP_TX_QUEUE,
				      tn_tx_cb(skb)->segs);
			dev_kfree_skb(skb);
		}
		return true;
	}
	while ((skb = skb_peek(&packets))) {
		if (skb_is_gso(skb)) {
			__skb_unlink(skb, &packets);
			tn_tx_batch_super(peer, kp, skb, &nonce, ret);
		} else {
			tn_tx_batch_plain(peer, kp, &packets, &nonce, ret);
		}
	}
	atomic64_set(&kp->send_counter, nonce);
	list_for_each_entry(b, ret, link) {
		atomic_add(b->nsegs, &tn->segs_queued);
		tn_order_push(&peer->tx_order, b);
	}
	return true;
}

/**
 * tn_tx_flush() - send what is staged, or see to it that a session is made
 * @peer:	the peer
 *
 * Context: Process or softirq.
 */
void tn_tx_flush(struct tn_peer *peer)
{
	struct tn_batch *b, *tmp;
	struct tn_keypair *kp;
	struct sk_buff *skb;
	LIST_HEAD(batches);
	bool ok = false;

	rcu_read_lock_bh();
	spin_lock_bh(&peer->tx_lock);
	if (skb_queue_empty(&peer->staged)) {
		spin_unlock_bh(&peer->tx_lock);
		goto out;
	}
	kp = rcu_dereference_bh(peer->keypairs.current_kp);
	if (likely(tn_keypair_can_send(kp, ktime_get_coarse_boottime_ns())))
		ok = tn_tx_take(peer, kp, &batches);
	else if (kp)
		WRITE_ONCE(kp->send_ok, false);
	if (unlikely(!ok)) {
		/*
		 * They may wait for long: their sockets must not be charged
		 * for it, or a sender with a small buffer would hang.
		 */
		skb_queue_walk(&peer->staged, skb)
			skb_orphan(skb);
	}
	spin_unlock_bh(&peer->tx_lock);
	if (unlikely(!ok))
		tn_handshake_initiate(peer, false);
	list_for_each_entry_safe(b, tmp, &batches, link) {
		list_del_init(&b->link);
		tn_tx_crypt(container_of(b, struct tn_tx_batch, b));
	}
out:
	rcu_read_unlock_bh();
}

/**
 * tn_tx_keepalive() - send what is staged, or else an empty packet
 * @peer:	the peer
 *
 * Context: Process or softirq.
 */
void tn_tx_keepalive(struct tn_peer *peer)
{
	struct sk_buff_head packets;
	struct sk_buff *skb;

	if (unlikely(tn_peer_is_cut(peer)))
		return;
	if (skb_queue_empty_lockless(&peer->staged)) {
		skb = alloc_skb(TN_TX_HEADROOM + TN_TAG_LEN, GFP_ATOMIC);
		if (unlikely(!skb))
			return;
		skb_reserve(skb, TN_TX_HEADROOM);
		skb->dev = peer->tn->dev;
		*tn_tx_cb(skb) = (struct tn_tx_cb){ .segs = 1 };
		__skb_queue_head_init(&packets);
		__skb_queue_tail(&packets, skb);
		tn_tx_stage(peer, &packets, 1);
	}
	tn_tx_flush(peer);
}

/**
 * tn_tx_purge() - drop what is staged
 * @peer:	the peer
 * @reason:	why
 *
 * Context: Process or softirq.
 */
void tn_tx_purge(struct tn_peer *peer, enum tn_drop reason)
{
	struct sk_buff_head packets;
	struct sk_buff *skb;

	__skb_queue_head_init(&packets);
	spin_lock_bh(&peer->tx_lock);
	skb_queue_splice_init(&peer->staged, &packets);
	peer->staged_segs = 0;
	spin_unlock_bh(&peer->tx_lock);
	while ((skb = __skb_dequeue(&packets))) {
		tn_drop_count(peer->tn, reason, tn_tx_cb(skb)->segs);
		dev_kfree_skb(skb);
	}
}
