// SPDX-License-Identifier: GPL-2.0-only
/*
 * Out, 2 of 3: packets become messages.
 * In: a batch with nonces. Out: the same batch, done, in the peer's order.
 * Next: tx_send.c.
 *
 * A super-packet of the host is not cut into skbs. Its segments are written,
 * with headers and checksums of their own, straight to where their messages
 * lie: one behind the other in large page fragments of one outgoing skb.
 */
#include <linux/gfp.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/slab.h>
#include <linux/tcp.h>
#include <linux/udp.h>
#include <net/checksum.h>
#include <net/dst_metadata.h>
#include <net/ip.h>
#include <net/ip6_checksum.h>

#include "compat.h"
#include "crypto.h"
#include "device.h"
#include "keypair.h"
#include "peer.h"
#include "skb.h"
#include "tx.h"

/* Batches from here on are worth waking another CPU for. */
#define TN_SHARE_SEGS (2 * TN_CHUNK_SEGS)

/* Largest page fragment: 32 KiB, which the allocator keeps per-CPU lists of. */
#define TN_FRAG_ORDER_MAX 3

static struct kmem_cache *tn_tx_batch_cache;

static void tn_tx_batch_free(struct tn_batch *b)
{
	struct tn_tx_batch *tb = container_of(b, struct tn_tx_batch, b);

	kfree_skb_list(tb->in);
	kfree_skb(tb->out);
	tn_keypair_put(tb->keypair);
	tn_peer_put(tb->peer);
	kmem_cache_free(tn_tx_batch_cache, tb);
}

/*
 * Plaintext length on the wire: a multiple of 16, but not beyond the route's
 * MTU, since padding must not be what makes a packet too large.
 */
static unsigned int tn_padded(unsigned int len, unsigned int mtu)
{
	unsigned int last = len;

	if (unlikely(!mtu))
		return ALIGN(len, TN_PADDING_MULTIPLE);
	if (unlikely(last > mtu))
		last %= mtu;
	return len - last +
	       min_t(unsigned int, mtu, ALIGN(last, TN_PADDING_MULTIPLE));
}

static unsigned int tn_gso_hdr_len(const struct sk_buff *skb)
{
	if (skb_shinfo(skb)->gso_type & SKB_GSO_UDP_L4)
		return skb_transport_offset(skb) + sizeof(struct udphdr);
	return skb_transport_offset(skb) + tcp_hdrlen(skb);
}

/* The IP header in front of a super-packet: plain, no options in between. */
static bool tn_super_ip_ok(const struct sk_buff *skb, u8 proto, bool v6)
{
	if (skb_network_offset(skb) ||
	    skb_transport_offset(skb) < sizeof(struct iphdr))
		return false;
	if (v6)
		return skb->protocol == htons(ETH_P_IPV6) &&
		       ipv6_hdr(skb)->nexthdr == proto &&
		       skb_transport_offset(skb) == sizeof(struct ipv6hdr);
	return skb->protocol == htons(ETH_P_IP) &&
	       ip_hdr(skb)->protocol == proto &&
	       skb_transport_offset(skb) == ip_hdrlen(skb) &&
	       !ip_is_fragment(ip_hdr(skb));
}

/**
 * tn_tx_super_ok() - can this super-packet be cut by tn_super_build()?
 * @tn:		the device
 * @skb:	a GSO packet from the stack; its headers may be pulled
 *
 * Only segmentation types that are known here to the last bit; a new one may
 * want other header fields changed from segment to segment.
 */
bool tn_tx_super_ok(struct tn_device *tn, struct sk_buff *skb)
{
	unsigned int type = skb_shinfo(skb)->gso_type & ~SKB_GSO_TCP_ECN;
	unsigned int mss = skb_shinfo(skb)->gso_size;
	unsigned int mtu = skb_valid_dst(skb) ? dst_mtu(skb_dst(skb)) :
						tn->dev->mtu;
	unsigned int hdr_len;
	bool v6;

	if (!(READ_ONCE(tn->flags) & TAILNET_DEV_F_GSO) || !mss ||
	    skb->encapsulation || skb->ip_summed != CHECKSUM_PARTIAL ||
	    !skb_transport_header_was_set(skb))
		return false;
	switch (type) {
	case SKB_GSO_TCPV4:
	case SKB_GSO_TCPV6:
		v6 = type == SKB_GSO_TCPV6;
		if (!tn_super_ip_ok(skb, IPPROTO_TCP, v6) ||
		    !pskb_may_pull(skb, skb_transport_offset(skb) +
					sizeof(struct tcphdr)) ||
		    tcp_hdrlen(skb) < sizeof(struct tcphdr))
			return false;
		break;
	case SKB_GSO_UDP_L4:
		v6 = skb->protocol == htons(ETH_P_IPV6);
		if (!tn_super_ip_ok(skb, IPPROTO_UDP, v6))
			return false;
		break;
	default:
		return false;
	}
	hdr_len = tn_gso_hdr_len(skb);
	return pskb_may_pull(skb, hdr_len) && skb->len > hdr_len + mss &&
	       hdr_len + mss <= mtu && hdr_len + mss <= PAGE_SIZE * 2;
}

/**
 * tn_tx_super_segs() - how many datagrams does a super-packet become?
 * @tn:		the device
 * @skb:	one that tn_tx_super_ok() has accepted
 */
unsigned int tn_tx_super_segs(const struct tn_device *tn,
			      const struct sk_buff *skb)
{
	return DIV_ROUND_UP(skb->len - tn_gso_hdr_len(skb),
			    skb_shinfo(skb)->gso_size);
}

static bool tn_super_alloc_frags(struct tn_tx_batch *tb, unsigned int order)
{
	unsigned int n = tb->b.nsegs, done = 0, i;

	tb->frag_len = PAGE_SIZE << order;
	tb->frag_segs = tb->frag_len / tb->seg_len;
	if (!tb->frag_segs || DIV_ROUND_UP(n, tb->frag_segs) > MAX_SKB_FRAGS)
		return false;
	for (i = 0; done < n; i++) {
		unsigned int segs = min_t(unsigned int, n - done,
					  tb->frag_segs);
		unsigned int len = segs * tb->seg_len;
		struct page *page;

		page = alloc_pages(GFP_ATOMIC | __GFP_NOWARN | __GFP_NORETRY |
				   (order ? __GFP_COMP : 0), order);
		if (!page)
			return false;
		done += segs;
		if (done == n)
			len += tb->last_len - tb->seg_len;
		skb_add_rx_frag(tb->out, i, page, 0, len, tb->frag_len);
	}
	return true;
}

/**
 * tn_tx_super_prepare() - make room for the datagrams of a super-packet
 * @tb:		the batch; its @in is the super-packet, with tn_tx_cb() filled
 * @first_seg:	which segment it begins with; it takes as many of those that
 *		follow as one outgoing super-packet can hold
 *
 * Return: false if there is no memory.
 */
bool tn_tx_super_prepare(struct tn_tx_batch *tb, unsigned int first_seg)
{
	struct sk_buff *in = tb->in;
	const struct tn_tx_cb *cb = tn_tx_cb(in);
	unsigned int plain, last_plain, n;
	int order;

	tb->mtu = cb->mtu;
	tb->depth = cb->depth;
	tb->ds = cb->ds;
	tb->first_seg = first_seg;
	tb->hdr_len = tn_gso_hdr_len(in);
	tb->mss = skb_shinfo(in)->gso_size;
	plain = tb->hdr_len + tb->mss;
	tb->seg_len = tn_padded(plain, tb->mtu) + TN_DATA_OVERHEAD;

	/* The length fields of the outer IP and UDP headers have 16 bits. */
	n = min_t(unsigned int, cb->segs - first_seg, TN_BATCH_SEGS_MAX);
	n = min_t(unsigned int, n,
		  (U16_MAX - sizeof(struct iphdr) - sizeof(struct udphdr)) /
		  tb->seg_len);
	last_plain = plain;
	if (first_seg + n == cb->segs)
		last_plain = in->len - (cb->segs - 1) * tb->mss;
	tb->last_len = tn_padded(last_plain, tb->mtu) + TN_DATA_OVERHEAD;
	tb->b.nsegs = n;
	atomic_set(&tb->b.left, n);
	tb->b.chunk = TN_CHUNK_SEGS;

	order = min(get_order(n * tb->seg_len), TN_FRAG_ORDER_MAX);
	for (; order >= 0; order--) {
		tb->out = alloc_skb(TN_TX_HEADROOM, GFP_ATOMIC);
		if (!tb->out)
			return false;
		skb_reserve(tb->out, TN_TX_HEADROOM);
		if (tn_super_alloc_frags(tb, order))
			return true;
		kfree_skb(tb->out);
		tb->out = NULL;
	}
	return false;
}

static void tn_seal(const struct tn_tx_batch *tb, unsigned int i, u8 *at,
		    unsigned int padded)
{
	struct tn_msg_data *msg = (struct tn_msg_data *)at;
	const u64 counter = tb->nonce + i;

	msg->header.type = cpu_to_le32(TN_MSG_DATA);
	msg->receiver_index = cpu_to_le32(tb->keypair->remote_index);
	msg->counter = cpu_to_le64(counter);
	tn_aead_seal(msg->sealed, msg->sealed, padded, NULL, 0, counter,
		     tb->keypair->send_key);
}

/* Headers of segment @seg of the super-packet, then its checksum. */
static void tn_super_headers(const struct tn_tx_batch *tb, unsigned int seg,
			     u8 *at, unsigned int len, __wsum csum)
{
	const unsigned int l4 = skb_transport_offset(tb->in);
	const unsigned int l4_len = len - l4;
	struct ipv6hdr *ip6 = (struct ipv6hdr *)at;
	struct iphdr *ip4 = (struct iphdr *)at;
	struct tcphdr *th = (struct tcphdr *)(at + l4);
	struct udphdr *uh = (struct udphdr *)(at + l4);
	__sum16 *check;
	u8 proto;

	if (skb_shinfo(tb->in)->gso_type & SKB_GSO_UDP_L4) {
		proto = IPPROTO_UDP;
		uh->len = htons(l4_len);
		check = &uh->check;
	} else {
		proto = IPPROTO_TCP;
		th->seq = htonl(ntohl(th->seq) + seg * tb->mss);
		/* Said once, with the last byte; and with the first. */
		if (seg != tn_tx_cb(tb->in)->segs - 1) {
			th->fin = 0;
			th->psh = 0;
		}
		if (seg)
			th->cwr = 0;
		check = &th->check;
	}
	*check = 0;
	csum = csum_partial(at + l4, tb->hdr_len - l4, csum);
	if (ip4->version == 4) {
		ip4->tot_len = htons(len);
		ip4->id = htons(ntohs(ip4->id) + seg);
		ip_send_check(ip4);
		*check = csum_tcpudp_magic(ip4->saddr, ip4->daddr, l4_len,
					   proto, csum);
	} else {
		ip6->payload_len = htons(len - sizeof(*ip6));
		*check = csum_ipv6_magic(&ip6->saddr, &ip6->daddr, l4_len,
					 proto, csum);
	}
	/* In UDP a sum of zero says that there is none. */
	if (proto == IPPROTO_UDP && !*check)
		*check = CSUM_MANGLED_0;
}

/* Write segment @i of the batch into its place and seal it. */
static void tn_super_build(const struct tn_tx_batch *tb, unsigned int i)
{
	const skb_frag_t *frag =
		&skb_shinfo(tb->out)->frags[i / tb->frag_segs];
	const unsigned int seg = tb->first_seg + i;
	const unsigned int offset = tb->hdr_len + seg * tb->mss;
	const unsigned int len = min_t(unsigned int, tb->mss,
				       tb->in->len - offset);
	const unsigned int padded =
		(i == tb->b.nsegs - 1 ? tb->last_len : tb->seg_len) -
		TN_DATA_OVERHEAD;
	u8 *at = skb_frag_address(frag) + (i % tb->frag_segs) * tb->seg_len;
	u8 *plain = at + sizeof(struct tn_msg_data);
	__wsum csum;

	memcpy(plain, tb->in->data, tb->hdr_len);
	csum = skb_copy_and_csum_bits(tb->in, offset, plain + tb->hdr_len, len);
	tn_super_headers(tb, seg, plain, tb->hdr_len + len, csum);
	memset(plain + tb->hdr_len + len, 0, padded - tb->hdr_len - len);
	tn_seal(tb, i, at, padded);
}

/* A message of its own for a packet that must not be written to. */
static struct sk_buff *tn_plain_copy(struct sk_buff *skb, unsigned int padded)
{
	struct sk_buff *out;
	u8 *plain;

	out = alloc_skb(TN_TX_HEADROOM + padded + TN_TAG_LEN, GFP_ATOMIC);
	if (unlikely(!out))
		return NULL;
	skb_reserve(out, TN_TX_HEADROOM);
	plain = skb_put(out, skb->len);
	if (skb->ip_summed == CHECKSUM_PARTIAL)
		skb_copy_and_csum_dev(skb, plain);
	else
		skb_copy_bits(skb, 0, plain, skb->len);
	skb_copy_hash(out, skb);
	out->priority = skb->priority;
	tn_skb_take_owner(out, skb);
	consume_skb(skb);
	return out;
}

static bool tn_plain_in_place_ok(const struct sk_buff *skb, unsigned int padded)
{
	return !skb_is_nonlinear(skb) && !skb_cloned(skb) &&
	       !skb_shared(skb) && skb_headroom(skb) >= TN_TX_HEADROOM &&
	       skb_tailroom(skb) >= padded - skb->len + TN_TAG_LEN;
}

/* Turn a plain packet into its message; NULL, counted, if that fails. */
static struct sk_buff *tn_plain_build(const struct tn_tx_batch *tb,
				      unsigned int i, struct sk_buff *skb)
{
	unsigned int len = skb->len;
	unsigned int padded = tn_padded(len, tn_tx_cb(skb)->mtu);

	if (!tn_plain_in_place_ok(skb, padded)) {
		struct sk_buff *out = tn_plain_copy(skb, padded);

		if (unlikely(!out)) {
			tn_drop_skb(tb->peer->tn, skb, TN_DROP_TX_NOMEM);
			return NULL;
		}
		skb = out;
	} else {
		u32 priority = skb->priority;

		if (skb->ip_summed == CHECKSUM_PARTIAL &&
		    unlikely(skb_checksum_help(skb))) {
			tn_drop_skb(tb->peer->tn, skb, TN_DROP_TX_NOMEM);
			return NULL;
		}
		tn_skb_forget(skb, true);
		skb->priority = priority;
	}
	skb_put_zero(skb, padded - len + TN_TAG_LEN);
	skb_push(skb, sizeof(struct tn_msg_data));
	skb_reset_inner_headers(skb);
	tn_seal(tb, i, skb->data, padded);
	return skb;
}

static void tn_tx_crypt_plain(struct tn_tx_batch *tb)
{
	struct sk_buff *skb, *next, **tail;
	unsigned int i = 0;

	skb = tb->in;
	tb->in = NULL;
	tail = &tb->in;
	for (; skb; skb = next) {
		next = skb->next;
		skb_mark_not_on_list(skb);
		skb = tn_plain_build(tb, i++, skb);
		if (unlikely(!skb))
			continue;
		*tail = skb;
		tail = &skb->next;
	}
}

static void tn_tx_batch_crypt(struct tn_batch *b, unsigned int first,
			      unsigned int count)
{
	struct tn_tx_batch *tb = container_of(b, struct tn_tx_batch, b);
	unsigned int i;

	if (!tb->out) {
		tn_tx_crypt_plain(tb);
		return;
	}
	for (i = first; i < first + count; i++)
		tn_super_build(tb, i);
}

/*
 * Send where the batch is at home. Datagrams of one flow that leave through
 * different CPUs leave through different queues, and overtake each other.
 */
static void tn_tx_batch_finish(struct tn_batch *b)
{
	struct tn_tx_batch *tb = container_of(b, struct tn_tx_batch, b);
	struct tn_peer *peer = tb->peer;

	if (b->home == smp_processor_id()) {
		tn_order_drain(&peer->tx_order, tn_tx_send);
		return;
	}
	tn_peer_get(peer);	/* put in tn_tx_send_work() */
	if (!queue_work_on(b->home, peer->tn->crypt.wq, &peer->send_work))
		tn_peer_put(peer);
}

static const struct tn_batch_ops tn_tx_batch_ops = {
	.crypt = tn_tx_batch_crypt,
	.finish = tn_tx_batch_finish,
	.free = tn_tx_batch_free,
};

/**
 * tn_tx_batch_new() - make a batch of packets of one session
 * @peer:	the peer; the batch takes a reference
 * @keypair:	the session, seen under RCU; the batch takes a reference
 * @in:		the packets; moved to the batch, freed on failure
 * @nsegs:	how many
 *
 * Context: Softirqs off.
 * Return: the batch, held once; or NULL.
 */
struct tn_tx_batch *tn_tx_batch_new(struct tn_peer *peer,
				    struct tn_keypair *keypair,
				    struct sk_buff *in, unsigned int nsegs)
{
	struct tn_tx_batch *tb;

	tb = kmem_cache_zalloc(tn_tx_batch_cache, GFP_ATOMIC);
	if (unlikely(!tb))
		goto err;
	tb->keypair = tn_keypair_get(keypair);
	if (unlikely(!tb->keypair))
		goto err_free;
	tn_batch_init(&tb->b, &tn_tx_batch_ops, nsegs);
	/* A list of skbs is walked by one CPU. */
	tb->b.chunk = max(nsegs, 1u);
	tb->peer = tn_peer_get(peer);
	tb->in = in;
	return tb;

err_free:
	kmem_cache_free(tn_tx_batch_cache, tb);
err:
	kfree_skb_list(in);
	return NULL;
}

/**
 * tn_tx_crypt() - have a batch encrypted, here or by a worker
 * @tb:		the batch, in its peer's order queue; the caller's reference is
 *		used up
 *
 * Here, unless the switch is off or the packet comes out of another tunnel of
 * ours: then the stack has held one send path already.
 *
 * Context: Softirqs off.
 */
void tn_tx_crypt(struct tn_tx_batch *tb)
{
	struct tn_device *tn = tb->peer->tn;

	if (unlikely(tb->depth ||
		     !(READ_ONCE(tn->flags) & TAILNET_DEV_F_INLINE))) {
		tb->b.home = tn_crypt_cpu_of(tb->peer->serial);
		tn_crypt_defer(&tn->crypt, &tb->b);
		return;
	}
	tb->b.home = smp_processor_id();
	if (tb->out && tb->b.nsegs >= TN_SHARE_SEGS &&
	    tn_crypt_share_owned(&tn->crypt, &tb->b))
		tn_batch_run_shared(&tb->b);
	else
		tn_batch_run(&tb->b);
	tn_batch_put(&tb->b);
}

/**
 * tn_tx_init() - what all devices share on the way out
 *
 * Return: 0 or -ENOMEM.
 */
int tn_tx_init(void)
{
	tn_tx_batch_cache = KMEM_CACHE(tn_tx_batch, 0);
	return tn_tx_batch_cache ? 0 : -ENOMEM;
}

/** tn_tx_done() - reverse of tn_tx_init() */
void tn_tx_done(void)
{
	kmem_cache_destroy(tn_tx_batch_cache);
}
