/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Every difference between the kernels that the module builds for. What a tree
 * has is found out by compiling probes (scripts/probe-kernel.sh), because
 * distributions carry half of any later release back; versions are not asked.
 *
 * Wrappers around networking calls are macros, so that the files which compile
 * on the host as well do not drag those headers in.
 */
#ifndef TN_COMPAT_H
#define TN_COMPAT_H

#include "tailnet_config.h"

#ifdef TN_HAVE_LINUX_UNALIGNED_H
#include <linux/unaligned.h>
#else
#include <asm/unaligned.h>
#endif

#ifdef TN_HAVE_CRYPTO_UTILS_H
#include <crypto/utils.h>
#else
#include <crypto/algapi.h>	/* crypto_memneq() */
#endif

#include <crypto/blake2s.h>

#ifdef TN_HAVE_BLAKE2S_CTX
#define tn_blake2s_lib			struct blake2s_ctx
#else
#define tn_blake2s_lib			struct blake2s_state
#endif

/* Timers. */

#ifdef TN_HAVE_TIMER_CONTAINER_OF
#define tn_timer_container(var, timer, field) \
	timer_container_of(var, timer, field)
#else
#define tn_timer_container(var, timer, field) from_timer(var, timer, field)
#endif

/*
 * hrtimer: the callback is an argument of the set-up call in newer trees.
 * The user includes <linux/hrtimer.h>.
 */
#ifdef TN_HAVE_HRTIMER_SETUP
#define tn_hrtimer_setup(timer, fn, clock, mode) \
	hrtimer_setup(timer, fn, clock, mode)
#else
#define tn_hrtimer_setup(timer, fn, clock, mode) do {	\
	hrtimer_init(timer, clock, mode);		\
	(timer)->function = (fn);			\
} while (0)
#endif

/* Workqueues: before this flag, per-CPU was what a queue is when not unbound. */

#ifdef TN_HAVE_WQ_PERCPU
#define TN_WQ_PERCPU			WQ_PERCPU
#else
#define TN_WQ_PERCPU			0
#endif

/* Network devices. */

#ifdef TN_HAVE_DEV_LLTX
#define tn_dev_set_lltx(dev)		((dev)->lltx = true)
#else
#define tn_dev_set_lltx(dev)		((dev)->features |= NETIF_F_LLTX)
#endif

/*
 * TN_DEFINE_NEWLINK() - the newlink callback of our link kind
 * @name:	of the callback
 * @impl:	int impl(struct net *link_net, struct net_device *dev,
 *		struct nlattr *tb[], struct nlattr *data[], struct
 *		netlink_ext_ack *extack)
 */
#ifdef TN_HAVE_NEWLINK_PARAMS
#define TN_DEFINE_NEWLINK(name, impl)					\
static int name(struct net_device *dev,					\
		struct rtnl_newlink_params *params,			\
		struct netlink_ext_ack *extack)				\
{									\
	return impl(rtnl_newlink_link_net(params), dev, params->tb,	\
		    params->data, extack);				\
}
#else
#define TN_DEFINE_NEWLINK(name, impl)					\
static int name(struct net *src_net, struct net_device *dev,		\
		struct nlattr *tb[], struct nlattr *data[],		\
		struct netlink_ext_ack *extack)				\
{									\
	return impl(src_net, dev, tb, data, extack);			\
}
#endif

/* skb: which clock the time stamp is of. */

#ifdef TN_HAVE_SKB_TSTAMP_TYPE
#define tn_skb_tstamp_type(skb)		((skb)->tstamp_type)
#define tn_skb_set_tstamp_type(skb, t)	((skb)->tstamp_type = (t))
#else
#define tn_skb_tstamp_type(skb)		((skb)->mono_delivery_time)
#define tn_skb_set_tstamp_type(skb, t)	((skb)->mono_delivery_time = (t))
#endif

/* Generic netlink: attributes of the request that began a dump. */

#ifdef TN_HAVE_GENL_DUMP_INFO
#define tn_genl_dump_attrs(cb)		(genl_info_dump(cb)->attrs)
#else
#define tn_genl_dump_attrs(cb)		(genl_dumpit_info(cb)->attrs)
#endif

/* Tunnel sockets: callers always name the struct sock. */

#ifdef TN_HAVE_UDP_TUNNEL_TAKES_SK
#define tn_setup_udp_tunnel_sock(net, sk, cfg) \
	setup_udp_tunnel_sock(net, sk, cfg)
#else
#define tn_setup_udp_tunnel_sock(net, sk, cfg) \
	setup_udp_tunnel_sock(net, (sk)->sk_socket, cfg)
#endif

#ifdef TN_HAVE_UDP_TUNNEL_RELEASE_TAKES_SK
#define tn_udp_tunnel_sock_release(sk)	udp_tunnel_sock_release(sk)
#else
#define tn_udp_tunnel_sock_release(sk)	udp_tunnel_sock_release((sk)->sk_socket)
#endif

#ifdef TN_HAVE_UDP_XMIT_IPCB_FLAGS
#define tn_udp_tunnel_xmit_skb(rt, sk, skb, src, dst, tos, ttl, df,	\
			       sport, dport, xnet, nocheck)		\
	udp_tunnel_xmit_skb(rt, sk, skb, src, dst, tos, ttl, df,	\
			    sport, dport, xnet, nocheck, 0)
#else
#define tn_udp_tunnel_xmit_skb(rt, sk, skb, src, dst, tos, ttl, df,	\
			       sport, dport, xnet, nocheck)		\
	udp_tunnel_xmit_skb(rt, sk, skb, src, dst, tos, ttl, df,	\
			    sport, dport, xnet, nocheck)
#endif

/* Older trees do not promise to leave the two addresses alone, but do. */
#ifdef TN_HAVE_UDP6_XMIT_IPCB_FLAGS
#define tn_udp_tunnel6_xmit_skb(dst, sk, skb, dev, saddr, daddr, prio,	\
				ttl, label, sport, dport, nocheck)	\
	((void)udp_tunnel6_xmit_skb(dst, sk, skb, dev,			\
				    (struct in6_addr *)(saddr),		\
				    (struct in6_addr *)(daddr), prio,	\
				    ttl, label, sport, dport, nocheck, 0))
#else
#define tn_udp_tunnel6_xmit_skb(dst, sk, skb, dev, saddr, daddr, prio,	\
				ttl, label, sport, dport, nocheck)	\
	((void)udp_tunnel6_xmit_skb(dst, sk, skb, dev,			\
				    (struct in6_addr *)(saddr),		\
				    (struct in6_addr *)(daddr), prio,	\
				    ttl, label, sport, dport, nocheck))
#endif

/*
 * IPv6 route look-up. The stub exists only where IPv6 can be a module.
 * The user includes <net/ipv6.h> and, for the stub, <net/ipv6_stubs.h>.
 */
#if IS_BUILTIN(CONFIG_IPV6) || !defined(TN_HAVE_IPV6_STUB)
#define TN_IPV6_DIRECT
#define tn_ip6_dst_lookup(net, sk, fl6) \
	ip6_dst_lookup_flow(net, sk, fl6, NULL)
#else
#define tn_ip6_dst_lookup(net, sk, fl6) \
	ipv6_stub->ipv6_dst_lookup_flow(net, sk, fl6, NULL)
#endif

/* Addresses handed to kernel_bind(), kernel_connect() and the proto ops. */

#ifdef TN_HAVE_SOCKADDR_UNSIZED
#define tn_sockaddr(addr)		((struct sockaddr_unsized *)(addr))
#else
#define tn_sockaddr(addr)		((struct sockaddr *)(addr))
#endif

#endif /* TN_COMPAT_H */
