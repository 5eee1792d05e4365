/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TN_UPDATE_H
#define TN_UPDATE_H

#include <linux/bits.h>
#include <linux/list.h>
#include <linux/types.h>

#include "../uapi/tailnet.h"
#include "lock.h"
#include "messages.h"
#include "path.h"

struct file;
struct net;
struct netlink_ext_ack;
struct nlattr;
struct tn_aip_node;
struct tn_lock_sig;
struct tn_target;

/**
 * struct tn_dev_update - wanted device settings
 * @has:		which of the members are wanted
 * @private_key:	not yet clamped; zeros = none
 * @listen_port:	of our own sockets, host order, 0 = any
 * @fwmark:		mark of outgoing datagrams
 * @flags_value:	TAILNET_DEV_F_*, where @flags_mask has a bit
 * @flags_mask:		flags to change
 * @orphan_timeout_s:	0 = never
 * @file4:		IPv4 socket to adopt, counted; NULL = none of that family
 * @file6:		IPv6 socket
 * @owner_portid:	netlink socket that hands them over
 * @owner_net:		its namespace; compared, never used
 * @attr_port:		of the request, for extack; NULL in a transaction
 * @attr_flags:		the same
 * @attr_socks:		the same
 *
 * Port and sockets exclude each other: both say whose sockets are used.
 */
struct tn_dev_update {
	u32 has;
#define TN_DEV_HAS_KEY		BIT(0)
#define TN_DEV_HAS_PORT		BIT(1)
#define TN_DEV_HAS_FWMARK	BIT(2)
#define TN_DEV_HAS_SOCKETS	BIT(3)
#define TN_DEV_HAS_ORPHAN	BIT(4)
	u8 private_key[TN_KEY_LEN];
	u16 listen_port;
	u32 fwmark;
	u32 flags_value;
	u32 flags_mask;
	u32 orphan_timeout_s;
	struct file *file4;
	struct file *file6;
	u32 owner_portid;
	const struct net *owner_net;
	const struct nlattr *attr_port;
	const struct nlattr *attr_flags;
	const struct nlattr *attr_socks;
};

/**
 * struct tn_aip_update - a prefix to be given to a peer or taken from it
 * @list:	in tn_peer_update.aips, in the order given
 * @addr:	network order, host bits cleared; IPv4 in the first four bytes
 * @family:	AF_INET or AF_INET6
 * @cidr:	prefix length, bits
 * @remove:	take it from the peer, if the peer has it
 * @dead:	something later in the update overrides it; set by the plan
 * @held:	the peer has it already; set by the plan
 * @hash:	in tn_plan.aips, unless @remove or @dead
 * @of_target:	in tn_target.aips, the same
 * @target:	whose it will be
 * @node:	reserved for it, unless @held
 */
struct tn_aip_update {
	struct list_head list;
	u8 addr[16];
	u8 family;
	u8 cidr;
	bool remove;
	bool dead;
	bool held;
	struct hlist_node hash;
	struct list_head of_target;
	struct tn_target *target;
	struct tn_aip_node *node;
};

/**
 * struct tn_peer_update - what is wanted of one peer
 * @list:	in tn_update.peers, in the order given
 * @attr:	of the request, for extack; NULL in a transaction
 * @op:		enum tailnet_peer_op
 * @pos:	position in the update; set by the plan
 * @has:	which of the members from @psk on are wanted
 * @pub:	public key, names the peer
 * @psk:	preshared key, zeros = none
 * @node_id:	the agent's number for the peer
 * @flags_value: TAILNET_PEER_F_*, where @flags_mask has a bit
 * @flags_mask:	flags to change
 * @ep:		endpoint; AF_UNSPEC = none
 * @keepalive_s: interval of persistent keepalives, 0 = off
 * @expires_s:	cut off from then on, wall clock, seconds; 0 = never
 * @sig:	node-key signature, NULL = none; counted
 * @aips:	of struct tn_aip_update, in the order given
 * @target:	the peer it is about; set by the plan
 */
struct tn_peer_update {
	struct list_head list;
	const struct nlattr *attr;
	enum tailnet_peer_op op;
	u32 pos;
	u32 has;
#define TN_PEER_HAS_PSK		BIT(0)
#define TN_PEER_HAS_NODE_ID	BIT(1)
#define TN_PEER_HAS_ENDPOINT	BIT(2)
#define TN_PEER_HAS_KEEPALIVE	BIT(3)
#define TN_PEER_HAS_REPLACE	BIT(4)	/* forget the allowed IPs */
#define TN_PEER_HAS_EXPIRES	BIT(5)
#define TN_PEER_HAS_SIGNATURE	BIT(6)
	u8 pub[TN_KEY_LEN];
	u8 psk[TN_KEY_LEN];
	u64 node_id;
	u32 flags_value;
	u32 flags_mask;
	struct tn_endpoint ep;
	u16 keepalive_s;
	s64 expires_s;
	struct tn_lock_sig *sig;
	struct list_head aips;
	struct tn_target *target;
};

/**
 * struct tn_update - one change of configuration: all of it, or nothing
 * @dev:	device settings
 * @lock:	what is asked of the tailnet lock
 * @peers:	of struct tn_peer_update
 * @num_peers:	entries of @peers
 * @num_aips:	prefixes in all of them
 * @bytes:	memory of @peers
 * @replace:	peers not named go
 * @has_generation: refuse with ESTALE unless the table is at @generation
 * @generation:	see @has_generation
 */
struct tn_update {
	struct tn_dev_update dev;
	struct tn_lock_update lock;
	struct list_head peers;
	u32 num_peers;
	u32 num_aips;
	size_t bytes;
	bool replace;
	bool has_generation;
	u64 generation;
};

void tn_update_init(struct tn_update *upd);
void tn_update_done(struct tn_update *upd);
struct tn_peer_update *tn_update_add_peer(struct tn_update *upd,
					  const u8 *pub);
struct tn_aip_update *tn_update_add_aip(struct tn_update *upd,
					struct tn_peer_update *peer,
					u8 family, const void *addr, u8 cidr);
void tn_update_append(struct tn_update *upd, struct tn_update *more);

#endif
