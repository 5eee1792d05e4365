// SPDX-License-Identifier: GPL-2.0-only
/*
 * Lets merged datagrams reach our sockets in one piece.
 *
 * UDP takes a merged packet apart in front of a tunnel socket unless it is
 * marked as one that a tunnel's own GRO made. There is no way to ask for the
 * mark from the socket alone, so a hook in front of local delivery sets it, for
 * packets to our sockets and no others: set on anything else it would follow
 * the packet to a network card that then looks for inner headers.
 */
#include "merge.h"

#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/mutex.h>
#include <linux/rculist.h>
#include <linux/netfilter.h>
#include <linux/netfilter_ipv4.h>
#include <linux/netfilter_ipv6.h>
#include <linux/skbuff.h>
#include <linux/udp.h>
#include <net/inet_sock.h>
#include <net/net_namespace.h>
#include <net/netns/generic.h>

#include "socket.h"

/**
 * struct tn_merge_net - one namespace
 * @pairs:	our socket pairs in it, by tn_sockets.merge_node; changed under
 *		tn_merge_lock, read under RCU
 */
struct tn_merge_net {
	struct list_head pairs;
};

static unsigned int tn_merge_net_id __read_mostly;
static DEFINE_MUTEX(tn_merge_lock);	/* protects all lists of pairs */

static bool tn_merge_candidate(const struct sk_buff *skb)
{
	return skb_is_gso(skb) &&
	       (skb_shinfo(skb)->gso_type & SKB_GSO_UDP_L4) &&
	       !(skb_shinfo(skb)->gso_type & SKB_GSO_FRAGLIST);
}

/*
 * Goes by the port alone: the look-up that UDP is about to make is not open to
 * modules in every configuration. Should the packet be for somebody else's
 * socket on the same port and a more special address, that one gets it in
 * single datagrams, mark or no mark, as it would have.
 */
static bool tn_merge_ours(struct net *net, __be16 port, bool v6)
{
	struct tn_merge_net *m = net_generic(net, tn_merge_net_id);
	const struct tn_sockets *s;

	list_for_each_entry_rcu(s, &m->pairs, merge_node) {
		const struct sock *sk = v6 ? s->sk6 : s->sk4;

		if (sk && READ_ONCE(inet_sk(sk)->inet_sport) == port)
			return true;
	}
	return false;
}

static void tn_merge_mark(struct sk_buff *skb)
{
	/* The mark lies in memory that clones share. */
	if (!skb_unclone(skb, GFP_ATOMIC))
		skb_shinfo(skb)->gso_type |= SKB_GSO_UDP_TUNNEL_CSUM;
}

static unsigned int tn_merge_in4(void *priv, struct sk_buff *skb,
				 const struct nf_hook_state *state)
{
	struct udphdr _uh, *uh;

	if (likely(!tn_merge_candidate(skb)) ||
	    ip_hdr(skb)->protocol != IPPROTO_UDP)
		return NF_ACCEPT;
	uh = skb_header_pointer(skb, ip_hdrlen(skb), sizeof(_uh), &_uh);
	if (uh && tn_merge_ours(state->net, uh->dest, false))
		tn_merge_mark(skb);
	return NF_ACCEPT;
}

#if IS_ENABLED(CONFIG_IPV6)
static unsigned int tn_merge_in6(void *priv, struct sk_buff *skb,
				 const struct nf_hook_state *state)
{
	struct udphdr _uh, *uh;

	/* Merging does not look past extension headers either. */
	if (likely(!tn_merge_candidate(skb)) ||
	    ipv6_hdr(skb)->nexthdr != IPPROTO_UDP)
		return NF_ACCEPT;
	uh = skb_header_pointer(skb, sizeof(struct ipv6hdr), sizeof(_uh), &_uh);
	if (uh && tn_merge_ours(state->net, uh->dest, true))
		tn_merge_mark(skb);
	return NF_ACCEPT;
}
#endif

static const struct nf_hook_ops tn_merge_ops[] = {
	{
		.hook = tn_merge_in4,
		.pf = NFPROTO_IPV4,
		.hooknum = NF_INET_LOCAL_IN,
		.priority = NF_IP_PRI_LAST,
	},
#if IS_ENABLED(CONFIG_IPV6)
	{
		.hook = tn_merge_in6,
		.pf = NFPROTO_IPV6,
		.hooknum = NF_INET_LOCAL_IN,
		.priority = NF_IP6_PRI_LAST,
	},
#endif
};

/**
 * tn_merge_add() - sockets of ours begin to live in a namespace
 * @net:	the namespace
 * @socks:	the sockets
 *
 * Context: Process; sleeps.
 * Return: 0 or a negative error.
 */
int tn_merge_add(struct net *net, struct tn_sockets *socks)
{
	struct tn_merge_net *m = net_generic(net, tn_merge_net_id);
	int ret = 0;

	mutex_lock(&tn_merge_lock);
	if (list_empty(&m->pairs))
		ret = nf_register_net_hooks(net, tn_merge_ops,
					    ARRAY_SIZE(tn_merge_ops));
	if (!ret)
		list_add_tail_rcu(&socks->merge_node, &m->pairs);
	mutex_unlock(&tn_merge_lock);
	return ret;
}

/**
 * tn_merge_del() - sockets of ours go from a namespace
 * @net:	the namespace
 * @socks:	the sockets; readers may see them for a grace period
 *
 * Context: Process; sleeps.
 */
void tn_merge_del(struct net *net, struct tn_sockets *socks)
{
	struct tn_merge_net *m = net_generic(net, tn_merge_net_id);

	mutex_lock(&tn_merge_lock);
	list_del_rcu(&socks->merge_node);
	if (list_empty(&m->pairs))
		nf_unregister_net_hooks(net, tn_merge_ops,
					ARRAY_SIZE(tn_merge_ops));
	mutex_unlock(&tn_merge_lock);
}

static int __net_init tn_merge_net_init(struct net *net)
{
	struct tn_merge_net *m = net_generic(net, tn_merge_net_id);

	INIT_LIST_HEAD(&m->pairs);
	return 0;
}

static struct pernet_operations tn_merge_net_ops = {
	.init = tn_merge_net_init,
	.id = &tn_merge_net_id,
	.size = sizeof(struct tn_merge_net),
};

/**
 * tn_merge_init() - make room in every namespace
 *
 * Return: 0 or a negative error.
 */
int tn_merge_init(void)
{
	return register_pernet_subsys(&tn_merge_net_ops);
}

/** tn_merge_done() - reverse of tn_merge_init() */
void tn_merge_done(void)
{
	unregister_pernet_subsys(&tn_merge_net_ops);
}
