// SPDX-License-Identifier: GPL-2.0-only
/*
 * In, 1 of 3: a datagram, or a merged run of them, is told apart.
 * In: an skb from UDP. Out: handshake messages to handshake_io.c, batches of
 * data messages to rx_crypt.c, disco and STUN to whoever owns the socket.
 *
 * Nothing here is authentic. The first bytes decide, in this order:
 *
 *	01|02|03 00 00 00, exact length		handshake
 *	04 00 00 00, at least 32 bytes		data
 *	54 53 f0 9f 92 ac, at least 80 bytes	disco: pass up
 *	00 01 or 01 01, 2112a442 at 4		STUN: pass up
 *	07, that one byte			tail of a batch: drop
 *	anything else				junk: drop
 */
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/ktime.h>
#include <linux/udp.h>
#include <net/inet_ecn.h>
#include <net/sock.h>
#include <net/udp.h>

#include "compat.h"
#include "device.h"
#include "handshake_io.h"
#include "keypair.h"
#include "messages.h"
#include "peer.h"
#include "rx.h"

/* Source: tailscale disco/disco.go, Magic; envelope and header, ours at least. */
static const u8 tn_disco_magic[] = { 0x54, 0x53, 0xf0, 0x9f, 0x92, 0xac };
#define TN_DISCO_LEN_MIN 80

/* Source: RFC 8489 section 5, the magic cookie; RFC 8489 section 18.2. */
static const u8 tn_stun_cookie[] = { 0x21, 0x12, 0xa4, 0x42 };
#define TN_STUN_LEN_MIN 20

/* As much of a datagram as decides what it is. */
#define TN_PEEK_LEN 16

/* What passes up per second at most; STUN apart, or disco would starve it. */
#define TN_PASS_PER_SECOND 10000

enum tn_class {
	TN_CLASS_JUNK,
	TN_CLASS_TAIL,
	TN_CLASS_HANDSHAKE,
	TN_CLASS_DATA,
	TN_CLASS_DISCO,
	TN_CLASS_STUN,
};

/* One received skb on its way through this file. */
struct tn_rx_in {
	struct tn_device *tn;
	struct sk_buff *skb;
	struct tn_endpoint ep;
	u8 ds;
};

static enum tn_class tn_classify(const u8 *p, unsigned int len)
{
	u32 word;

	if (len == 1 && p[0] == 0x07)
		return TN_CLASS_TAIL;
	if (len < TN_STUN_LEN_MIN)
		return TN_CLASS_JUNK;
	word = get_unaligned_le32(p);
	switch (word) {
	case TN_MSG_DATA:
		return len >= TN_DATA_OVERHEAD ? TN_CLASS_DATA : TN_CLASS_JUNK;
	case TN_MSG_INITIATION:
		return len == sizeof(struct tn_msg_initiation) ?
		       TN_CLASS_HANDSHAKE : TN_CLASS_JUNK;
	case TN_MSG_RESPONSE:
		return len == sizeof(struct tn_msg_response) ?
		       TN_CLASS_HANDSHAKE : TN_CLASS_JUNK;
	case TN_MSG_COOKIE:
		return len == sizeof(struct tn_msg_cookie) ?
		       TN_CLASS_HANDSHAKE : TN_CLASS_JUNK;
	}
	if (len >= TN_DISCO_LEN_MIN &&
	    !memcmp(p, tn_disco_magic, sizeof(tn_disco_magic)))
		return TN_CLASS_DISCO;
	if (p[0] <= 1 && p[1] == 1 &&
	    !memcmp(p + 4, tn_stun_cookie, sizeof(tn_stun_cookie)))
		return TN_CLASS_STUN;
	return TN_CLASS_JUNK;
}

/* The first bytes of a datagram, wherever they lie. */
static const u8 *tn_peek(const struct sk_buff *skb, unsigned int offset,
			 unsigned int len, u8 buf[TN_PEEK_LEN])
{
	return skb_header_pointer(skb, offset,
				  min_t(unsigned int, len, TN_PEEK_LEN), buf);
}

/* May another one go up to the owner of the socket? */
static bool tn_pass_ok(struct tn_device *tn, struct sock *sk,
		       enum tn_class class)
{
	struct tn_pass_bucket *bucket = &tn->pass[class == TN_CLASS_STUN];
	bool ok = false;

	/* Nobody ever reads from a socket of our own. */
	if (!sk->sk_net_refcnt)
		return false;
	spin_lock(&bucket->lock);
	if (time_after_eq(jiffies, bucket->refill)) {
		bucket->refill = jiffies + HZ;
		bucket->left = TN_PASS_PER_SECOND;
	}
	if (bucket->left) {
		bucket->left--;
		ok = true;
	}
	spin_unlock(&bucket->lock);
	return ok;
}

/* The session that an index stands for, peer and keypair counted. */
static struct tn_keypair *tn_rx_session(struct tn_device *tn, u32 number,
					struct tn_peer **ret_peer)
{
	struct tn_keypair *kp;
	struct tn_index *e;

	e = tn_indices_find(&tn->indices, number);
	if (!e || e->kind != TN_INDEX_KEYPAIR)
		return NULL;
	kp = tn_keypair_get(container_of(e, struct tn_keypair, index));
	if (!kp)
		return NULL;
	*ret_peer = tn_peer_get_maybe_zero(e->peer);
	if (*ret_peer)
		return kp;
	tn_keypair_put(kp);
	return NULL;
}

/*
 * A batch for a run of datagrams with one index; NULL, with the reason, if
 * there is no such session or too much waits for it.
 */
static struct tn_rx_batch *tn_rx_batch_for(struct tn_rx_in *in, u32 number,
					   unsigned int nsegs,
					   enum tn_drop *ret_reason)
{
	struct tn_device *tn = in->tn;
	struct tn_rx_batch *rb = NULL;
	struct tn_keypair *kp;
	struct tn_peer *peer;

	*ret_reason = TN_DROP_RX_DOWN;
	if (unlikely(!READ_ONCE(tn->up)))
		return NULL;
	*ret_reason = TN_DROP_RX_INDEX;
	kp = tn_rx_session(tn, number, &peer);
	if (!kp)
		return NULL;
	*ret_reason = TN_DROP_RX_QUEUE;
	if (READ_ONCE(peer->rx_order.len) > TN_PEER_SEGS_QUEUED_MAX ||
	    atomic_read(&tn->segs_queued) > TN_SEGS_QUEUED_MAX)
		goto put;
	*ret_reason = TN_DROP_RX_NOMEM;
	rb = tn_rx_batch_new(peer, kp, nsegs);
	if (rb) {
		rb->ep = in->ep;
		rb->ds = in->ds;
		return rb;
	}
put:
	tn_keypair_put(kp);
	tn_peer_put(peer);
	return NULL;
}

/* One data message in an skb of its own; consumes it. */
static void tn_rx_data(struct tn_rx_in *in)
{
	const unsigned int off = sizeof(struct udphdr);
	struct sk_buff *skb = in->skb;
	struct tn_rx_batch *rb;
	enum tn_drop reason;
	u8 buf[TN_PEEK_LEN];
	const u8 *p;

	p = tn_peek(skb, off, TN_PEEK_LEN, buf);
	rb = tn_rx_batch_for(in, get_unaligned_le32(p + 4), 1, &reason);
	if (unlikely(!rb)) {
		tn_drop_skb(in->tn, skb, reason);
		return;
	}
	rb->seg[0].counter = get_unaligned_le64(p + 8);
	rb->seg[0].len = skb->len - off;
	if (!skb_is_nonlinear(skb) && !skb_cloned(skb) && !skb_shared(skb)) {
		rb->in_place = true;
		__skb_pull(skb, off);
		rb->seg[0].skb = skb;
	} else {
		rb->seg[0].offset = off;
		rb->src = skb;
	}
	tn_rx_crypt(rb);
}

/*
 * A handshake message out of a merged run, in an skb of its own, with the outer
 * headers that tell where it came from.
 */
static struct sk_buff *tn_rx_extract(const struct sk_buff *skb,
				     unsigned int offset, unsigned int len)
{
	unsigned int hdrs = skb_transport_offset(skb) -
			    skb_network_offset(skb) + sizeof(struct udphdr);
	struct sk_buff *ret;

	ret = alloc_skb(NET_SKB_PAD + hdrs + len, GFP_ATOMIC);
	if (!ret)
		return NULL;
	skb_reserve(ret, NET_SKB_PAD);
	skb_reset_network_header(ret);
	skb_put_data(ret, skb_network_header(skb), hdrs);
	skb_set_transport_header(ret, hdrs - sizeof(struct udphdr));
	__skb_pull(ret, hdrs);
	skb_copy_bits(skb, offset, skb_put(ret, len), len);
	ret->protocol = skb->protocol;
	ret->skb_iif = skb->skb_iif;
	return ret;
}

/*
 * Leave nothing in a merged skb but one datagram, so that UDP can pass it up.
 * Batches that read the rest have their own reference to a clone.
 */
static bool tn_rx_shrink(struct sk_buff *skb, unsigned int offset,
			 unsigned int len)
{
	u8 *buf = kmalloc(len, GFP_ATOMIC);
	bool ok = false;

	if (!buf)
		return false;
	skb_copy_bits(skb, offset, buf, len);
	if (pskb_trim(skb, sizeof(struct udphdr)) ||
	    skb_cow(skb, skb_headroom(skb)))
		goto out;
	if (skb_tailroom(skb) < len &&
	    pskb_expand_head(skb, 0, len, GFP_ATOMIC))
		goto out;
	skb_put_data(skb, buf, len);
	udp_hdr(skb)->len = htons(skb->len);
	skb_shinfo(skb)->gso_size = 0;
	skb_shinfo(skb)->gso_segs = 0;
	skb_shinfo(skb)->gso_type = 0;
	skb->ip_summed = CHECKSUM_UNNECESSARY;
	ok = true;
out:
	kfree(buf);
	return ok;
}

/* A walk over the datagrams of a merged skb. */
struct tn_rx_walk {
	unsigned int offset;	/* of the datagram in the skb */
	unsigned int len;	/* of it */
	unsigned int left;	/* datagrams from this one on */
	enum tn_class class;
	u32 index;
	u64 counter;
};

static void tn_rx_walk_look(const struct sk_buff *skb, struct tn_rx_walk *w)
{
	u8 buf[TN_PEEK_LEN];
	const u8 *p;

	w->len = min_t(unsigned int, skb_shinfo(skb)->gso_size,
		       skb->len - w->offset);
	p = tn_peek(skb, w->offset, w->len, buf);
	w->class = p ? tn_classify(p, w->len) : TN_CLASS_JUNK;
	if (w->class == TN_CLASS_DATA) {
		w->index = get_unaligned_le32(p + 4);
		w->counter = get_unaligned_le64(p + 8);
	}
}

static void tn_rx_walk_next(const struct sk_buff *skb, struct tn_rx_walk *w)
{
	w->offset += w->len;
	if (--w->left)
		tn_rx_walk_look(skb, w);
}

/* Take the run of data messages with one index that begins here. */
static void tn_rx_data_run(struct tn_rx_in *in, struct sk_buff *src,
			   struct tn_rx_walk *w)
{
	unsigned int n = min_t(unsigned int, w->left, TN_BATCH_SEGS_MAX);
	const u32 index = w->index;
	struct tn_rx_batch *rb;
	enum tn_drop reason;
	unsigned int i = 0;

	rb = tn_rx_batch_for(in, index, n, &reason);
	while (w->left && i < n && w->class == TN_CLASS_DATA &&
	       w->index == index) {
		if (rb) {
			rb->seg[i].counter = w->counter;
			rb->seg[i].offset = w->offset;
			rb->seg[i].len = w->len;
		}
		i++;
		tn_rx_walk_next(src, w);
	}
	if (!rb) {
		tn_drop_count(in->tn, reason, i);
		return;
	}
	/* Room was made for all that might have been in the run. */
	rb->b.nsegs = i;
	atomic_set(&rb->b.left, i);
	rb->src = skb_get(src);
	tn_rx_crypt(rb);
}

/*
 * Go over a merged skb. Consumes everything but one datagram for the owner of
 * the socket, or, if that is all there is, nothing at all.
 *
 * Return: UDP's verdict: 0 = consumed, 1 = pass up.
 */
static int tn_rx_merged(struct tn_rx_in *in, struct sock *sk)
{
	const unsigned int gso_size = skb_shinfo(in->skb)->gso_size;
	const unsigned int total = in->skb->len - sizeof(struct udphdr);
	struct tn_rx_walk w = {
		.offset = sizeof(struct udphdr),
		.left = DIV_ROUND_UP(total, gso_size),
	};
	unsigned int pass_offset = 0, pass_len = 0, passed = 0, n = w.left;
	struct sk_buff *src = in->skb, *msg;

	tn_rx_walk_look(src, &w);
	while (w.left) {
		switch (w.class) {
		case TN_CLASS_DATA:
			/* What goes up is changed: the batches need their own. */
			if (src == in->skb && sk->sk_net_refcnt) {
				src = skb_clone(in->skb, GFP_ATOMIC);
				if (!src) {
					tn_drop_skb(in->tn, in->skb,
						    TN_DROP_RX_NOMEM);
					return 0;
				}
			}
			tn_rx_data_run(in, src, &w);
			continue;
		case TN_CLASS_HANDSHAKE:
			msg = tn_rx_extract(src, w.offset, w.len);
			if (msg && unlikely(!READ_ONCE(in->tn->up)))
				tn_drop_skb(in->tn, msg, TN_DROP_RX_DOWN);
			else if (msg)
				tn_handshake_receive(in->tn, msg);
			else
				tn_drop_count(in->tn, TN_DROP_RX_NOMEM, 1);
			break;
		case TN_CLASS_DISCO:
		case TN_CLASS_STUN:
			if (tn_pass_ok(in->tn, sk, w.class)) {
				pass_offset = w.offset;
				pass_len = w.len;
				passed++;
			} else {
				tn_drop_count(in->tn, TN_DROP_RX_PASSED, 1);
			}
			break;
		case TN_CLASS_TAIL:
			tn_drop_count(in->tn, TN_DROP_RX_TAIL, 1);
			break;
		case TN_CLASS_JUNK:
			tn_drop_count(in->tn, TN_DROP_RX_JUNK, 1);
			break;
		}
		tn_rx_walk_next(src, &w);
	}
	if (src != in->skb)
		consume_skb(src);
	if (passed == n)
		return 1;
	if (passed > 1)
		tn_drop_count(in->tn, TN_DROP_RX_PASSED, passed - 1);
	if (passed && tn_rx_shrink(in->skb, pass_offset, pass_len))
		return 1;
	if (passed)
		tn_drop_count(in->tn, TN_DROP_RX_NOMEM, 1);
	consume_skb(in->skb);
	return 0;
}

static int tn_rx_one(struct tn_rx_in *in, struct sock *sk)
{
	const unsigned int off = sizeof(struct udphdr);
	struct sk_buff *skb = in->skb;
	unsigned int len = skb->len - off;
	enum tn_class class;
	u8 buf[TN_PEEK_LEN];
	const u8 *p;

	p = len ? tn_peek(skb, off, len, buf) : NULL;
	class = p ? tn_classify(p, len) : TN_CLASS_JUNK;
	switch (class) {
	case TN_CLASS_DATA:
		tn_rx_data(in);
		return 0;
	case TN_CLASS_HANDSHAKE:
		if (unlikely(!READ_ONCE(in->tn->up))) {
			tn_drop_skb(in->tn, skb, TN_DROP_RX_DOWN);
			return 0;
		}
		if (skb_linearize(skb)) {
			tn_drop_skb(in->tn, skb, TN_DROP_RX_NOMEM);
			return 0;
		}
		__skb_pull(skb, off);
		skb_dst_drop(skb);
		tn_handshake_receive(in->tn, skb);
		return 0;
	case TN_CLASS_DISCO:
	case TN_CLASS_STUN:
		if (tn_pass_ok(in->tn, sk, class))
			return 1;
		tn_drop_skb(in->tn, skb, TN_DROP_RX_PASSED);
		return 0;
	case TN_CLASS_TAIL:
		tn_drop_skb(in->tn, skb, TN_DROP_RX_TAIL);
		return 0;
	case TN_CLASS_JUNK:
		break;
	}
	tn_drop_skb(in->tn, skb, TN_DROP_RX_JUNK);
	return 0;
}

/**
 * tn_rx_encap() - a tunnel socket's receive function
 * @sk:		the socket
 * @skb:	a UDP datagram, checksum verified, data at the UDP header; or a
 *		merged run of them
 *
 * Context: Softirq, under RCU; the socket is not locked.
 * Return: 0 = consumed, 1 = UDP shall put it into the socket's queue.
 */
int tn_rx_encap(struct sock *sk, struct sk_buff *skb)
{
	struct tn_device *tn = rcu_dereference_sk_user_data(sk);
	struct tn_rx_in in = { .tn = tn, .skb = skb };

	/* Just detached: an agent's socket works on as a plain one. */
	if (unlikely(!tn))
		return 1;
	if (unlikely(skb->len < sizeof(struct udphdr) ||
		     !pskb_may_pull(skb, sizeof(struct udphdr)) ||
		     tn_endpoint_from_skb(&in.ep, skb))) {
		tn_drop_skb(tn, skb, TN_DROP_RX_JUNK);
		return 0;
	}
	in.ds = in.ep.addr.sa_family == AF_INET ?
		ipv4_get_dsfield(ip_hdr(skb)) : ipv6_get_dsfield(ipv6_hdr(skb));
	if (skb_is_gso(skb))
		return tn_rx_merged(&in, sk);
	return tn_rx_one(&in, sk);
}
