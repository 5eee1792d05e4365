/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TN_DEVICE_H
#define TN_DEVICE_H

#include <linux/hrtimer.h>
#include <linux/mutex.h>
#include <linux/netdevice.h>
#include <linux/skbuff.h>
#include <linux/types.h>
#include <linux/xarray.h>

#include "../uapi/tailnet.h"
#include "allowedips.h"
#include "cookie.h"
#include "handshake.h"
#include "lock.h"
#include "peertable.h"
#include "queue.h"
#include "stats.h"

struct tn_handshake_queue;
struct tn_napi;
struct tn_sockets;
struct tn_txn;

/**
 * struct tn_pass_bucket - bounds what passes up to the owner of a socket
 * @lock:	protects the rest
 * @refill:	jiffies of the next refill
 * @left:	datagrams until then
 */
struct tn_pass_bucket {
	spinlock_t lock;	/* protects the rest */
	unsigned long refill;
	unsigned int left;
};

/**
 * struct tn_device - one tailnet link
 * @dev:		the network device this is the private part of
 * @list:		in the module's list of devices, under its lock
 * @cfg_lock:		protects configuration: peers, settings, sockets
 * @identity:		our static key, with its own lock
 * @cookies:		judges mac1 and mac2 of what arrives
 * @peers:		by serial number, in the order of creation; changed under
 *			@cfg_lock
 * @next_serial:	of the next peer, under @cfg_lock
 * @num_peers:		entries of @peers; changed under @cfg_lock
 * @generation:		counts configuration changes; changed under @cfg_lock
 * @pubkeys:		peers by public key; changed under @cfg_lock
 * @indices:		handshakes and keypairs by index
 * @allowedips:		peers by inner address; changed under @cfg_lock
 * @lock:		tailnet lock: who is admitted; changed under @cfg_lock
 * @creating_net:	namespace of the sockets; NULL once that is gone. Not
 *			counted: an exit hook clears it
 * @socks:		the sockets; changed under @cfg_lock, read under RCU
 * @listen_port:	wanted port of our own sockets, host order, 0 = any;
 *			under @cfg_lock
 * @fwmark:		mark of outgoing datagrams; read anywhere
 * @flags:		TAILNET_DEV_F_*; written under @cfg_lock, read anywhere
 * @orphan_timeout_s:	0 = never; under @cfg_lock
 * @owner_portid:	netlink socket that handed @socks over, 0 = none; under
 *			@cfg_lock
 * @owner_net:		namespace of that netlink socket; compared, never used
 * @orphaned:		that socket closed; under @cfg_lock
 * @orphan_work:	gives the adopted sockets up
 * @bound_work:		looks whether newly adopted sockets are bound by now
 * @expiry_timer:	by the wall clock, fires at @expiry_next_s
 * @expiry_work:	cuts peers off whose time has come
 * @expiry_next_s:	when the next peer's time comes, or earlier, wall clock,
 *			seconds; S64_MAX = never; under @cfg_lock
 * @up:			the device is running; under @cfg_lock, read anywhere
 * @dying:		no change of configuration any more; under @cfg_lock
 * @txn:		the open transaction; under @cfg_lock
 * @crypt:		crypt workers
 * @napis:		@num_napis of them; each peer's deliveries go through one
 * @num_napis:		number of @napis
 * @handshakes:		queue of received handshake messages
 * @handshake_wq:	sends handshake messages and wipes old keys
 * @segs_queued:	segments in the order queues of all peers
 * @pass:		buckets of disco and of STUN
 * @drops:		drop counters
 *
 * Lock order: RTNL, @cfg_lock, tn_peer.hs_steps, tn_identity.lock, tn_handshake.lock, the locks
 * of cookies; then, none nested in another unless named: tn_peer.tx_lock >
 * tn_order.lock, tn_keypairs.lock, tn_indices.lock, tn_keypair.recv_lock,
 * tn_path.lock.
 */
struct tn_device {
	struct net_device *dev;
	struct list_head list;
	struct mutex cfg_lock;	/* protects configuration */

	struct tn_identity identity;
	struct tn_cookie_checker cookies;

	struct xarray peers;
	u32 next_serial;
	u32 num_peers;
	u64 generation;
	struct tn_pubkeys pubkeys;
	struct tn_indices indices;
	struct tn_allowedips allowedips;
	struct tn_lock lock;

	struct net __rcu *creating_net;
	struct tn_sockets __rcu *socks;
	u16 listen_port;
	u32 fwmark;
	u32 flags;
	u32 orphan_timeout_s;
	u32 owner_portid;
	const struct net *owner_net;
	bool orphaned;
	struct delayed_work orphan_work;
	struct delayed_work bound_work;
	struct hrtimer expiry_timer;
	struct delayed_work expiry_work;
	s64 expiry_next_s;
	bool up;
	bool dying;
	struct tn_txn *txn;

	struct tn_crypt crypt;
	struct tn_napi *napis;
	unsigned int num_napis;
	struct tn_handshake_queue *handshakes;
	struct workqueue_struct *handshake_wq;
	atomic_t segs_queued;
	struct tn_pass_bucket pass[2];
	struct tn_drop_stats __percpu *drops;
};

int tn_device_init(void);
void tn_device_done(void);

/* What configuration does to a running device; @cfg_lock held. */
void tn_device_set_private_key(struct tn_device *tn, const u8 *key);
void tn_device_owner_gone(const struct net *net, u32 portid);

/* For genl: find, and hold the net_device of, a device of ours. */
struct tn_device *tn_device_get(struct net *net, int ifindex,
				const char *name);
void tn_device_put(struct tn_device *tn);
bool tn_device_is_ours(const struct net_device *dev);

#endif
