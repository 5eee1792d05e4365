/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TN_SKB_H
#define TN_SKB_H

#include <linux/skbuff.h>
#include <net/dst.h>
#include <net/sock.h>

/**
 * tn_skb_forget() - make an skb that changes sides a fresh one
 * @skb:	the skb; data and length stay
 * @keep_hash:	the flow hash stays, so that the outer flow is spread like the
 *		inner one
 *
 * What the stack noted about the packet on one side of the tunnel (route,
 * connection, mark, security, offload state, header offsets) means nothing on
 * the other, and must not be seen there.
 *
 * Context: Any.
 */
static inline void tn_skb_forget(struct sk_buff *skb, bool keep_hash)
{
	const u32 hash = skb->hash;
	const bool l4 = skb->l4_hash, sw = skb->sw_hash;

	skb_scrub_packet(skb, true);
	memset(&skb->headers, 0, sizeof(skb->headers));
	if (keep_hash)
		__skb_set_hash(skb, hash, sw, l4);
	skb->dev = NULL;
	skb->queue_mapping = 0;
	skb->nohdr = 0;
	skb->peeked = 0;
	skb->mac_len = 0;
	skb->hdr_len = 0;
#ifdef CONFIG_NET_SCHED
	skb->tc_index = 0;
#endif
	skb_reset_redirect(skb);
	skb_reset_mac_header(skb);
	skb_reset_network_header(skb);
	skb_reset_transport_header(skb);
	skb_reset_inner_headers(skb);
}

/**
 * tn_skb_take_owner() - charge the packet that goes on to the same socket
 * @to:		goes on; nobody owns it
 * @from:	will be freed; nobody owns it afterwards
 *
 * A socket that is paid back when we free its packet, and not when the network
 * card does, sends without end into a queue that does not move.
 */
static inline void tn_skb_take_owner(struct sk_buff *to, struct sk_buff *from)
{
	int delta = to->truesize - from->truesize;
	struct sock *sk = from->sk;

	/* Destructors of received packets give back something else. */
	if (!sk || !from->destructor || !sk_fullsock(sk) ||
	    (from->destructor != sock_wfree &&
	     (!sk_is_tcp(sk) || from->destructor == sock_edemux ||
	      from->destructor == sock_efree ||
	      from->destructor == sock_rfree)))
		return;
	to->sk = sk;
	to->destructor = from->destructor;
	from->sk = NULL;
	from->destructor = NULL;
	if (delta > 0)
		refcount_add(delta, &sk->sk_wmem_alloc);
	else if (delta < 0)
		WARN_ON_ONCE(refcount_sub_and_test(-delta, &sk->sk_wmem_alloc));
}

#endif
