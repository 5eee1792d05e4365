// SPDX-License-Identifier: GPL-2.0-only
/*
 * The UDP sockets: made here for manual use, or handed in by an agent that
 * shares the port with its own protocols. And the way out through them.
 */
#include "socket.h"

#include <linux/file.h>
#include <linux/inetdevice.h>
#include <linux/net.h>
#include <linux/netdevice.h>
#include <linux/slab.h>
#include <net/dst_cache.h>
#include <net/ip.h>
#include <net/ipv6.h>
#include <net/route.h>
#include <net/udp.h>
#include <net/udp_tunnel.h>
#if IS_MODULE(CONFIG_IPV6)
#include <net/ipv6_stubs.h>
#endif

#include "compat.h"
#include "device.h"
#include "events.h"
#include "merge.h"
#include "path.h"
#include "peer.h"
#include "rx.h"
#include "tx.h"

/* A pair of own sockets with a port of the kernel's choice: tries at most. */
#define TN_PORT_TRIES 100

/* How often we look whether an adopted socket is bound by now. */
#define TN_BOUND_POLL_MS 20

static void tn_socket_set_gro(struct sock *sk, bool on)
{
	if (on) {
		udp_set_bit(GRO_ENABLED, sk);
		udp_set_bit(ACCEPT_L4, sk);
	} else {
		udp_clear_bit(GRO_ENABLED, sk);
		udp_clear_bit(ACCEPT_L4, sk);
	}
}

static void tn_socket_hook(struct tn_device *tn, struct sock *sk)
{
	struct udp_tunnel_sock_cfg cfg = {
		.sk_user_data = tn,
		.encap_type = 1,
		.encap_rcv = tn_rx_encap,
	};

	tn_setup_udp_tunnel_sock(sock_net(sk), sk, &cfg);
	/*
	 * The set-up asks for every checksum to be worked out before we see a
	 * packet. UDP has verified it by then; when a merged packet is taken
	 * apart again it would cost a pass over all bytes.
	 */
	inet_dec_convert_csum(sk);
}

/* Own sockets. */

static int tn_socket_make_one(struct tn_device *tn, struct net *net,
			      struct udp_port_cfg *cfg, struct sock **ret)
{
	struct socket *sock;
	int err;

	err = udp_sock_create(net, cfg, &sock);
	if (err < 0)
		return err;
	/*
	 * Sending must not depend on memory that only sending would free, as
	 * when swap is reached through the tunnel.
	 */
	sock->sk->sk_allocation = GFP_ATOMIC;
	sock->sk->sk_sndbuf = INT_MAX;
	sk_set_memalloc(sock->sk);
	tn_socket_hook(tn, sock->sk);
	tn_socket_set_gro(sock->sk, READ_ONCE(tn->flags) & TAILNET_DEV_F_GRO);
	*ret = sock->sk;
	return 0;
}

static void tn_socket_release_own(struct sock *sk)
{
	if (!sk)
		return;
	sk_clear_memalloc(sk);
	tn_udp_tunnel_sock_release(sk);
}

static int tn_sockets_make_pair(struct tn_device *tn, struct net *net, u16 port,
				struct tn_sockets *s)
{
	struct udp_port_cfg cfg4 = {
		.family = AF_INET,
		.local_ip.s_addr = htonl(INADDR_ANY),
		.local_udp_port = htons(port),
		.use_udp_checksums = true,
	};
	int err;

	err = tn_socket_make_one(tn, net, &cfg4, &s->sk4);
	if (err)
		return err;
#if IS_ENABLED(CONFIG_IPV6)
	if (ipv6_mod_enabled()) {
		struct udp_port_cfg cfg6 = {
			.family = AF_INET6,
			.local_ip6 = IN6ADDR_ANY_INIT,
			.local_udp_port = inet_sk(s->sk4)->inet_sport,
			.use_udp6_tx_checksums = true,
			.use_udp6_rx_checksums = true,
			.ipv6_v6only = true,
		};

		err = tn_socket_make_one(tn, net, &cfg6, &s->sk6);
		if (err) {
			tn_socket_release_own(s->sk4);
			s->sk4 = NULL;
		}
	}
#endif
	return err;
}

/**
 * tn_sockets_make() - make our own sockets in the creating namespace
 * @tn:		the device
 * @port:	host order, the same for both families; 0 = any free
 * @ret:	the pair
 *
 * Context: Process; cfg_lock held.
 * Return: 0, -EADDRINUSE, -ENONET without the namespace, -ENOMEM.
 */
int tn_sockets_make(struct tn_device *tn, u16 port, struct tn_sockets **ret)
{
	unsigned int tries = port ? 1 : TN_PORT_TRIES;
	struct tn_sockets *s;
	struct net *net;
	int err;

	lockdep_assert_held(&tn->cfg_lock);
	rcu_read_lock();
	net = rcu_dereference(tn->creating_net);
	net = net ? maybe_get_net(net) : NULL;
	rcu_read_unlock();
	if (!net)
		return -ENONET;
	err = -ENOMEM;
	s = kzalloc(sizeof(*s), GFP_KERNEL);
	if (!s)
		goto out_net;
	/* Another socket may have the port that IPv4 was given, for IPv6. */
	do {
		err = tn_sockets_make_pair(tn, net, port, s);
	} while (err == -EADDRINUSE && --tries);
	if (err)
		goto err_free;
	err = tn_merge_add(net, s);
	if (err)
		goto err_release;
	s->net = net;
	s->port = ntohs(inet_sk(s->sk4)->inet_sport);
	*ret = s;
	put_net(net);
	return 0;

err_release:
	tn_socket_release_own(s->sk4);
	tn_socket_release_own(s->sk6);
err_free:
	kfree(s);
out_net:
	put_net(net);
	return err;
}

/* Adopted sockets. */

static int tn_socket_check(struct tn_device *tn, struct sock *sk, int family,
			   struct netlink_ext_ack *extack)
{
	if (sk->sk_type != SOCK_DGRAM || sk->sk_protocol != IPPROTO_UDP) {
		NL_SET_ERR_MSG(extack, "descriptor is not a UDP socket");
		return -EPROTOTYPE;
	}
	if (sk->sk_family != family) {
		NL_SET_ERR_MSG(extack, "socket is of the other address family");
		return -EAFNOSUPPORT;
	}
	if (sock_net(sk) != rcu_access_pointer(tn->creating_net)) {
		NL_SET_ERR_MSG(extack,
			       "socket is not in the namespace that created the device");
		return -EXDEV;
	}
	if (sk->sk_state == TCP_ESTABLISHED) {
		NL_SET_ERR_MSG(extack, "socket is connected");
		return -EISCONN;
	}
	if (family == AF_INET6 && !ipv6_only_sock(sk)) {
		NL_SET_ERR_MSG(extack, "IPv6 socket is not IPV6_V6ONLY");
		return -EINVAL;
	}
	if (READ_ONCE(sk->sk_user_data)) {
		NL_SET_ERR_MSG(extack, "socket is in use by a tunnel already");
		return -EBUSY;
	}
	return 0;
}

static int tn_socket_adopt_one(struct tn_device *tn, struct file *file,
			       int family, struct netlink_ext_ack *extack,
			       struct sock **ret)
{
	struct socket *sock;
	struct sock *sk;
	int err;

	if (!file)
		return 0;
	sock = sock_from_file(file);
	if (!sock) {
		NL_SET_ERR_MSG(extack, "descriptor is not a socket");
		return -ENOTSOCK;
	}
	sk = sock->sk;
	lock_sock(sk);
	err = tn_socket_check(tn, sk, family, extack);
	if (!err)
		tn_socket_hook(tn, sk);
	release_sock(sk);
	if (!err)
		*ret = sk;
	return err;
}

/*
 * Take our functions out of a socket that lives on. Only what is ours: its
 * owner may have set other ones meanwhile.
 */
static void tn_socket_unhook(struct sock *sk)
{
	struct udp_sock *up;

	if (!sk)
		return;
	up = udp_sk(sk);
	lock_sock(sk);
	if (up->encap_rcv == tn_rx_encap) {
		WRITE_ONCE(up->encap_type, 0);
		WRITE_ONCE(up->encap_rcv, NULL);
		rcu_assign_sk_user_data(sk, NULL);
	}
	release_sock(sk);
}

/**
 * tn_sockets_adopt() - take over sockets of an agent
 * @tn:		the device
 * @file4:	an IPv4 UDP socket, or NULL
 * @file6:	an IPv6 UDP socket, or NULL
 * @extack:	told what is wrong
 * @ret:	the pair; holds the files from then on
 *
 * Context: Process; cfg_lock held.
 * Return: 0 or a negative error; the sockets are then as they were.
 */
int tn_sockets_adopt(struct tn_device *tn, struct file *file4,
		     struct file *file6, struct netlink_ext_ack *extack,
		     struct tn_sockets **ret)
{
	struct net *net = rcu_access_pointer(tn->creating_net);
	struct tn_sockets *s;
	int err;

	lockdep_assert_held(&tn->cfg_lock);
	if (!net) {
		NL_SET_ERR_MSG(extack,
			       "the namespace that created the device is gone");
		return -ENONET;
	}
	s = kzalloc(sizeof(*s), GFP_KERNEL);
	if (!s)
		return -ENOMEM;
	err = tn_socket_adopt_one(tn, file4, AF_INET, extack, &s->sk4);
	if (err)
		goto err_free;
	err = tn_socket_adopt_one(tn, file6, AF_INET6, extack, &s->sk6);
	if (err)
		goto err_unhook;
	/* The sockets were just seen to be in it, so it is alive. */
	err = tn_merge_add(net, s);
	if (err)
		goto err_unhook;
	s->net = net;
	s->adopted = true;
	s->file4 = file4;
	s->file6 = file6;
	*ret = s;
	return 0;

err_unhook:
	tn_socket_unhook(s->sk4);
	tn_socket_unhook(s->sk6);
	/* The packet path may have seen us through them. */
	synchronize_net();
err_free:
	kfree(s);
	return err;
}

static bool tn_socket_bound(const struct sock *sk)
{
	return !sk || READ_ONCE(inet_sk(sk)->inet_sport);
}

static bool tn_sockets_bound(const struct tn_sockets *s)
{
	return tn_socket_bound(s->sk4) && tn_socket_bound(s->sk6);
}

static void tn_socket_leave_port(struct sock *old, const struct sock *successor)
{
	if (!old || !successor || inet_sk(old)->inet_sport !=
				  READ_ONCE(inet_sk(successor)->inet_sport))
		return;
	lock_sock(old);
	old->sk_prot->unhash(old);
	release_sock(old);
}

/*
 * Where two sockets share a port the kernel spreads datagrams over both. Before
 * the old one becomes a plain socket again, in whose queue a message of ours
 * would be lost, no datagram must find it. What is on its way to it still
 * reaches us: the caller waits a grace period before it unhooks.
 */
static void tn_sockets_leave_port(struct tn_sockets *old,
				  const struct tn_sockets *successor)
{
	if (!old || !old->adopted || !successor)
		return;
	tn_socket_leave_port(old->sk4, successor->sk4);
	tn_socket_leave_port(old->sk6, successor->sk6);
}

/**
 * tn_sockets_free() - give a pair up that nobody sends through any more
 * @socks:	the pair, or NULL; its predecessor goes too
 *
 * Context: Process; sleeps.
 */
void tn_sockets_free(struct tn_sockets *socks)
{
	if (!socks)
		return;
	tn_sockets_free(socks->prev);
	if (socks->adopted) {
		tn_socket_unhook(socks->sk4);
		tn_socket_unhook(socks->sk6);
		/* Receivers may still run in our functions. */
		synchronize_net();
		tn_merge_del(socks->net, socks);
		if (socks->file4)
			fput(socks->file4);
		if (socks->file6)
			fput(socks->file6);
	} else {
		tn_merge_del(socks->net, socks);
		tn_socket_release_own(socks->sk4);
		tn_socket_release_own(socks->sk6);
	}
	/* The merge hook may still have it in hand. */
	kfree_rcu(socks, rcu);
}

static struct tn_sockets *tn_sockets_locked(struct tn_device *tn)
	__must_hold(&tn->cfg_lock)
{
	return rcu_dereference_protected(tn->socks,
					 lockdep_is_held(&tn->cfg_lock));
}

/**
 * tn_sockets_install() - send and receive through this pair from now on
 * @tn:		the device
 * @socks:	the pair, or NULL for none
 *
 * Packets that are being sent go out through the old pair. An adopted pair
 * that is not bound yet receives nothing and would send from port 0: the old
 * pair stays beside it until it is.
 *
 * Context: Process; cfg_lock held; sleeps.
 */
void tn_sockets_install(struct tn_device *tn, struct tn_sockets *socks)
{
	struct tn_sockets *old;

	lockdep_assert_held(&tn->cfg_lock);
	old = tn_sockets_locked(tn);
	if (socks && old && !tn_sockets_bound(socks)) {
		/* Not a chain: what the old one replaced has had its time. */
		struct tn_sockets *older = old->prev;

		old->prev = NULL;
		socks->prev = old;
		rcu_assign_pointer(tn->socks, socks);
		synchronize_net();
		tn_sockets_free(older);
		queue_delayed_work(system_wq, &tn->bound_work,
				   msecs_to_jiffies(TN_BOUND_POLL_MS));
		return;
	}
	rcu_assign_pointer(tn->socks, socks);
	if (!old)
		return;
	tn_sockets_leave_port(old, socks);
	synchronize_net();
	tn_sockets_free(old);
}

/**
 * tn_sockets_bound_work() - body of tn_device.bound_work
 * @work:	of the device
 *
 * No callback tells that a socket was bound, so somebody has to look.
 */
void tn_sockets_bound_work(struct work_struct *work)
{
	struct tn_device *tn = container_of(to_delayed_work(work),
					    struct tn_device, bound_work);
	struct tn_sockets *s, *prev = NULL;

	mutex_lock(&tn->cfg_lock);
	s = tn_sockets_locked(tn);
	if (s && s->prev) {
		if (tn_sockets_bound(s)) {
			prev = s->prev;
			tn_sockets_leave_port(prev, s);
			WRITE_ONCE(s->prev, NULL);
			synchronize_net();
		} else {
			queue_delayed_work(system_wq, &tn->bound_work,
					   msecs_to_jiffies(TN_BOUND_POLL_MS));
		}
	}
	tn_sockets_free(prev);
	mutex_unlock(&tn->cfg_lock);
}

/**
 * tn_sockets_port() - on which port does this pair receive?
 * @socks:	the pair, or NULL
 *
 * Return: the port, host order; 0 = none yet.
 */
u16 tn_sockets_port(const struct tn_sockets *socks)
{
	const struct sock *sk;

	if (!socks)
		return 0;
	sk = socks->sk4 ?: socks->sk6;
	return sk ? ntohs(READ_ONCE(inet_sk(sk)->inet_sport)) : 0;
}

/**
 * tn_sockets_set_gro() - switch merged receive of our own sockets
 * @tn:	the device
 * @on:	wanted
 *
 * Adopted sockets are left alone: their owner reads from them and must know
 * what it gets.
 *
 * Context: Process; cfg_lock held.
 */
void tn_sockets_set_gro(struct tn_device *tn, bool on)
{
	struct tn_sockets *s = tn_sockets_locked(tn);

	if (!s || s->adopted)
		return;
	if (s->sk4)
		tn_socket_set_gro(s->sk4, on);
	if (s->sk6)
		tn_socket_set_gro(s->sk6, on);
}

/* The socket to send through; NULL if none of the family can. */
static struct sock *tn_socket_pick(struct tn_device *tn, int family)
{
	struct tn_sockets *s = rcu_dereference_bh(tn->socks);

	for (; s; s = READ_ONCE(s->prev)) {
		struct sock *sk = family == AF_INET ? s->sk4 : s->sk6;

		if (sk && READ_ONCE(inet_sk(sk)->inet_sport))
			return sk;
	}
	return NULL;
}

static struct rtable *tn_route4(struct sock *sk, struct tn_endpoint *ep,
				struct flowi4 *fl, bool *forgot_src)
{
	struct net *net = sock_net(sk);
	struct rtable *rt;

	security_sk_classify_flow(sk, flowi4_to_flowi_common(fl));
	if (ep->src4.s_addr &&
	    !inet_confirm_addr(net, NULL, 0, ep->src4.s_addr, RT_SCOPE_HOST)) {
		fl->saddr = 0;
		ep->src_if4 = 0;
		*forgot_src = true;
	}
	rt = ip_route_output_flow(net, fl, sk);
	/* The way to the peer has moved to another interface: so do we. */
	if (ep->src_if4 &&
	    (PTR_ERR_OR_ZERO(rt) == -EINVAL ||
	     (!IS_ERR(rt) && rt->dst.dev->ifindex != ep->src_if4))) {
		if (!IS_ERR(rt))
			ip_rt_put(rt);
		fl->saddr = 0;
		*forgot_src = true;
		rt = ip_route_output_flow(net, fl, sk);
	}
	return rt;
}

static int tn_send4(struct tn_device *tn, struct tn_path *path,
		    struct tn_endpoint *ep, struct sk_buff *skb, u8 ds)
{
	bool forgot_src = false;
	struct rtable *rt = NULL;
	struct flowi4 fl;
	struct sock *sk;

	sk = tn_socket_pick(tn, AF_INET);
	if (!sk)
		return -ENONET;
	fl = (struct flowi4){
		.saddr = ep->src4.s_addr,
		.daddr = ep->addr4.sin_addr.s_addr,
		.fl4_sport = inet_sk(sk)->inet_sport,
		.fl4_dport = ep->addr4.sin_port,
		.flowi4_mark = skb->mark,
		.flowi4_proto = IPPROTO_UDP,
	};
	if (path)
		rt = dst_cache_get_ip4(&path->cache, &fl.saddr);
	if (!rt) {
		rt = tn_route4(sk, ep, &fl, &forgot_src);
		if (forgot_src && path)
			tn_path_clear_src(path);
		if (IS_ERR(rt))
			return PTR_ERR(rt);
		if (path)
			dst_cache_set_ip4(&path->cache, &rt->dst, fl.saddr);
	}
	skb->ignore_df = 1;
	tn_udp_tunnel_xmit_skb(rt, sk, skb, fl.saddr, fl.daddr, ds,
			       ip4_dst_hoplimit(&rt->dst), 0, fl.fl4_sport,
			       fl.fl4_dport, false, false);
	return 0;
}

static int tn_send6(struct tn_device *tn, struct tn_path *path,
		    struct tn_endpoint *ep, struct sk_buff *skb, u8 ds)
{
#if IS_ENABLED(CONFIG_IPV6)
	struct dst_entry *dst = NULL;
	struct flowi6 fl;
	struct sock *sk;

	sk = tn_socket_pick(tn, AF_INET6);
	if (!sk)
		return -ENONET;
	fl = (struct flowi6){
		.saddr = ep->src6,
		.daddr = ep->addr6.sin6_addr,
		.fl6_sport = inet_sk(sk)->inet_sport,
		.fl6_dport = ep->addr6.sin6_port,
		.flowi6_mark = skb->mark,
		.flowi6_oif = ep->addr6.sin6_scope_id,
		.flowi6_proto = IPPROTO_UDP,
	};
	if (path)
		dst = dst_cache_get_ip6(&path->cache, &fl.saddr);
	if (!dst) {
		security_sk_classify_flow(sk, flowi6_to_flowi_common(&fl));
		if (!ipv6_addr_any(&fl.saddr) &&
		    !ipv6_chk_addr(sock_net(sk), &fl.saddr, NULL, 0)) {
			fl.saddr = in6addr_any;
			if (path)
				tn_path_clear_src(path);
		}
		dst = tn_ip6_dst_lookup(sock_net(sk), sk, &fl);
		if (IS_ERR(dst))
			return PTR_ERR(dst);
		if (path)
			dst_cache_set_ip6(&path->cache, dst, &fl.saddr);
	}
	skb->ignore_df = 1;
	tn_udp_tunnel6_xmit_skb(dst, sk, skb, NULL, &fl.saddr, &fl.daddr, ds,
				ip6_dst_hoplimit(dst), 0, fl.fl6_sport,
				fl.fl6_dport, false);
	return 0;
#else
	return -EAFNOSUPPORT;
#endif
}

/* Consumes @skb on success only. Context: softirqs off. */
static int tn_send(struct tn_device *tn, struct tn_path *path,
		   struct tn_endpoint *ep, struct sk_buff *skb, u8 ds)
{
	/* No device: the helper would count a super-packet as one. */
	skb->dev = NULL;
	skb->mark = READ_ONCE(tn->fwmark);
	switch (ep->addr.sa_family) {
	case AF_INET:
		return tn_send4(tn, path, ep, skb, ds);
	case AF_INET6:
		return tn_send6(tn, path, ep, skb, ds);
	}
	return -EDESTADDRREQ;
}

/**
 * tn_socket_send() - send a datagram, or a super-packet of them, to a peer
 * @peer:	the peer
 * @skb:	messages from the message header on; consumed, also on error
 * @ds:		traffic class of the outer header
 *
 * Context: Softirqs off.
 * Return: 0 or a negative error, the packet then counted as dropped.
 */
int tn_socket_send(struct tn_peer *peer, struct sk_buff *skb, u8 ds)
{
	unsigned int segs = skb_is_gso(skb) ? skb_shinfo(skb)->gso_segs : 1;
	enum tn_drop reason = TN_DROP_TX_ROUTE;
	struct tn_device *tn = peer->tn;
	unsigned int len = skb->len;
	struct tn_endpoint ep;
	int err;

	tn_path_get(&peer->path, &ep);
	err = tn_send(tn, &peer->path, &ep, skb, ds);
	if (likely(!err)) {
		atomic64_add(len, &peer->tx_bytes);
		atomic64_add(segs, &peer->tx_packets);
		dev_sw_netstats_tx_add(tn->dev, segs, len);
		return 0;
	}
	if (err == -EDESTADDRREQ)
		reason = TN_DROP_TX_PATH;
	else if (err == -ENONET || err == -EAFNOSUPPORT)
		reason = TN_DROP_TX_SOCKET;
	tn_drop_skb(tn, skb, reason);
	return err;
}

static struct sk_buff *tn_skb_from_buffer(const void *buf, size_t len)
{
	struct sk_buff *skb = alloc_skb(TN_TX_HEADROOM + len, GFP_ATOMIC);

	if (!skb)
		return NULL;
	skb_reserve(skb, TN_TX_HEADROOM);
	skb_set_inner_network_header(skb, 0);
	skb_put_data(skb, buf, len);
	return skb;
}

/**
 * tn_socket_send_buffer() - send one message to a peer
 * @peer:	the peer
 * @buf:	the message
 * @len:	bytes
 * @ds:		traffic class of the outer header
 *
 * Context: Process or softirq.
 * Return: 0 or a negative error.
 */
int tn_socket_send_buffer(struct tn_peer *peer, const void *buf, size_t len,
			  u8 ds)
{
	struct sk_buff *skb = tn_skb_from_buffer(buf, len);
	int ret;

	if (!skb)
		return -ENOMEM;
	rcu_read_lock_bh();
	ret = tn_socket_send(peer, skb, ds);
	rcu_read_unlock_bh();
	if (ret == -EDESTADDRREQ)
		tn_event_path(peer, TAILNET_EVENT_WANT_PATH);
	return ret;
}

/**
 * tn_socket_reply() - answer whoever sent this, peer or not
 * @tn:		the device
 * @to:		what it sent
 * @buf:	the message
 * @len:	bytes
 *
 * Return: 0 or a negative error.
 */
int tn_socket_reply(struct tn_device *tn, const struct sk_buff *to,
		    const void *buf, size_t len)
{
	struct tn_endpoint ep;
	struct sk_buff *skb;
	int ret;

	ret = tn_endpoint_from_skb(&ep, to);
	if (ret)
		return ret;
	skb = tn_skb_from_buffer(buf, len);
	if (!skb)
		return -ENOMEM;
	rcu_read_lock_bh();
	ret = tn_send(tn, NULL, &ep, skb, 0);
	rcu_read_unlock_bh();
	if (ret)
		tn_drop_skb(tn, skb, TN_DROP_TX_ROUTE);
	return ret;
}
