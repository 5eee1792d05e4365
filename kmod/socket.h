/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TN_SOCKET_H
#define TN_SOCKET_H

#include <linux/rcupdate.h>
#include <linux/types.h>
#include <linux/workqueue.h>

struct file;
struct netlink_ext_ack;
struct net;
struct sk_buff;
struct sock;
struct tn_device;
struct tn_endpoint;
struct tn_peer;

/**
 * struct tn_sockets - the UDP sockets of a device
 * @sk4:	IPv4, or NULL
 * @sk6:	IPv6, or NULL
 * @file4:	of an adopted @sk4, keeps it alive
 * @file6:	of an adopted @sk6
 * @port:	of own sockets, host order
 * @adopted:	handed over by an agent; else made here
 * @net:	their namespace, for its merge hook; alive as long as they are
 * @merge_node:	in the list of that hook
 * @rcu:	for freeing
 * @prev:	the pair before, while this one is not bound; read under RCU
 */
struct tn_sockets {
	struct sock *sk4;
	struct sock *sk6;
	struct file *file4;
	struct file *file6;
	u16 port;
	bool adopted;
	struct net *net;
	struct list_head merge_node;
	struct rcu_head rcu;
	struct tn_sockets *prev;
};

/*
 * Configuration, cfg_lock held. make and adopt give a pair that receives but
 * is not used for sending; install puts it in the place of the old one and
 * gives that up; free gives up a pair that was not installed. adopt takes over
 * the references to the files on success only; a NULL file keeps the socket of
 * that family out of the pair. install takes NULL for "no sockets".
 */
int tn_sockets_make(struct tn_device *tn, u16 port, struct tn_sockets **ret);
int tn_sockets_adopt(struct tn_device *tn, struct file *file4,
		     struct file *file6, struct netlink_ext_ack *extack,
		     struct tn_sockets **ret);
void tn_sockets_install(struct tn_device *tn, struct tn_sockets *socks);
void tn_sockets_free(struct tn_sockets *socks);
u16 tn_sockets_port(const struct tn_sockets *socks);
void tn_sockets_set_gro(struct tn_device *tn, bool on);
void tn_sockets_bound_work(struct work_struct *work);

/* Sending; any context with softirqs off or process context. */
int tn_socket_send(struct tn_peer *peer, struct sk_buff *skb, u8 ds);
int tn_socket_send_buffer(struct tn_peer *peer, const void *buf, size_t len,
			  u8 ds);
int tn_socket_reply(struct tn_device *tn, const struct sk_buff *to,
		    const void *buf, size_t len);

#endif
