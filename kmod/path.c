// SPDX-License-Identifier: GPL-2.0-only
/* Where a peer is reached. */
#include "path.h"

#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/udp.h>
#include <net/ipv6.h>

#include "device.h"
#include "events.h"
#include "peer.h"

/**
 * tn_path_init() - make a path that leads nowhere
 * @p:		the path
 * @gfp:	for its route cache
 *
 * Return: 0 or -ENOMEM.
 */
int tn_path_init(struct tn_path *p, gfp_t gfp)
{
	seqlock_init(&p->lock);
	memset(&p->ep, 0, sizeof(p->ep));
	return dst_cache_init(&p->cache, gfp);
}

/**
 * tn_path_done() - free the route cache
 * @p:	the path; nobody sends to it any more
 */
void tn_path_done(struct tn_path *p)
{
	dst_cache_destroy(&p->cache);
}

/**
 * tn_path_usable() - is there anywhere to send to?
 * @p:	the path
 */
bool tn_path_usable(const struct tn_path *p)
{
	sa_family_t family = READ_ONCE(p->ep.addr.sa_family);

	return family == AF_INET || family == AF_INET6;
}

/**
 * tn_path_get() - read the endpoint
 * @p:		the path
 * @ret:	the endpoint; AF_UNSPEC if there is none
 */
void tn_path_get(struct tn_path *p, struct tn_endpoint *ret)
{
	unsigned int seq;

	do {
		seq = read_seqbegin(&p->lock);
		*ret = p->ep;
	} while (read_seqretry(&p->lock, seq));
}

/**
 * tn_path_set() - change the endpoint
 * @p:		the path
 * @ep:		the new one
 */
void tn_path_set(struct tn_path *p, const struct tn_endpoint *ep)
{
	write_seqlock_bh(&p->lock);
	p->ep = *ep;
	dst_cache_reset(&p->cache);
	write_sequnlock_bh(&p->lock);
}

/**
 * tn_path_clear_src() - let routing choose the local address again
 * @p:	the path
 */
void tn_path_clear_src(struct tn_path *p)
{
	write_seqlock_bh(&p->lock);
	memset(&p->ep.src6, 0, sizeof(p->ep.src6));
	dst_cache_reset_now(&p->cache);
	write_sequnlock_bh(&p->lock);
}

/**
 * tn_endpoint_eq() - the same far end, reached from the same address?
 * @a:	first
 * @b:	second
 */
bool tn_endpoint_eq(const struct tn_endpoint *a, const struct tn_endpoint *b)
{
	if (a->addr.sa_family != b->addr.sa_family)
		return false;
	if (a->addr.sa_family == AF_INET)
		return a->addr4.sin_port == b->addr4.sin_port &&
		       a->addr4.sin_addr.s_addr == b->addr4.sin_addr.s_addr &&
		       a->src4.s_addr == b->src4.s_addr &&
		       a->src_if4 == b->src_if4;
	if (a->addr.sa_family == AF_INET6)
		return a->addr6.sin6_port == b->addr6.sin6_port &&
		       ipv6_addr_equal(&a->addr6.sin6_addr,
				       &b->addr6.sin6_addr) &&
		       a->addr6.sin6_scope_id == b->addr6.sin6_scope_id &&
		       ipv6_addr_equal(&a->src6, &b->src6);
	return true;
}

/* The far end alone, without the local address. */
static bool tn_endpoint_same_remote(const struct tn_endpoint *a,
				    const struct tn_endpoint *b)
{
	struct tn_endpoint x = *a, y = *b;

	memset(&x.src6, 0, sizeof(x.src6));
	memset(&y.src6, 0, sizeof(y.src6));
	return tn_endpoint_eq(&x, &y);
}

/**
 * tn_path_learn() - an authenticated packet of the peer came from here
 * @peer:	the peer
 * @ep:		where it came from
 *
 * Only what replay protection has let pass may come here: else an old packet,
 * sent again from elsewhere, would lead ours there.
 *
 * Context: Softirqs off or process context.
 */
void tn_path_learn(struct tn_peer *peer, const struct tn_endpoint *ep)
{
	struct tn_path *p = &peer->path;
	struct tn_endpoint cur;

	tn_path_get(p, &cur);
	if (likely(tn_endpoint_eq(&cur, ep)))
		return;
	if (test_bit(TN_PEER_ROAM, &peer->state)) {
		tn_path_set(p, ep);
		if (!tn_endpoint_same_remote(&cur, ep))
			tn_event_peer(peer, TAILNET_EVENT_ENDPOINT);
	}
}

/**
 * tn_endpoint_from_skb() - who sent this datagram, and to which address?
 * @ret:	the sender as an endpoint
 * @skb:	a UDP datagram, network and transport headers set
 *
 * Return: 0 or -EPROTONOSUPPORT.
 */
int tn_endpoint_from_skb(struct tn_endpoint *ret, const struct sk_buff *skb)
{
	memset(ret, 0, sizeof(*ret));
	if (skb->protocol == htons(ETH_P_IP)) {
		ret->addr4.sin_family = AF_INET;
		ret->addr4.sin_port = udp_hdr(skb)->source;
		ret->addr4.sin_addr.s_addr = ip_hdr(skb)->saddr;
		ret->src4.s_addr = ip_hdr(skb)->daddr;
		ret->src_if4 = skb->skb_iif;
	} else if (skb->protocol == htons(ETH_P_IPV6)) {
		ret->addr6.sin6_family = AF_INET6;
		ret->addr6.sin6_port = udp_hdr(skb)->source;
		ret->addr6.sin6_addr = ipv6_hdr(skb)->saddr;
		ret->addr6.sin6_scope_id =
			ipv6_iface_scope_id(&ipv6_hdr(skb)->saddr,
					    skb->skb_iif);
		ret->src6 = ipv6_hdr(skb)->daddr;
	} else {
		return -EPROTONOSUPPORT;
	}
	return 0;
}
