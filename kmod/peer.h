/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TN_PEER_H
#define TN_PEER_H

#include <linux/bits.h>
#include <linux/kref.h>
#include <linux/llist.h>
#include <linux/mutex.h>
#include <linux/skbuff.h>
#include <linux/timer.h>
#include <linux/types.h>
#include <linux/workqueue.h>

#include "allowedips.h"
#include "cookie.h"
#include "handshake.h"
#include "keypair.h"
#include "lock.h"
#include "path.h"
#include "queue.h"
#include "stats.h"

struct tn_device;
struct tn_napi;

/* Bits of tn_peer.state. */
enum tn_peer_bits {
	TN_PEER_DEAD,		/* removed: start nothing new */
	TN_PEER_RX_READY,	/* on the list of its NAPI */
	TN_PEER_ROAM,		/* endpoint follows authenticated packets */
	TN_PEER_NEED_KEEPALIVE,	/* another keepalive after the pending one */
	TN_PEER_LAST_MINUTE,	/* rekey on receive was sent in this session */
	TN_PEER_WANT_PATH_SENT,	/* event latch, re-armed by a new path */
	TN_PEER_EXPIRED,	/* its time came: cut off; see expiry.c */
	TN_PEER_SUSPENDED,	/* not admitted: cut off; see lock.c */
};

/**
 * struct tn_peer - one peer
 * @tn:			its device
 * @serial:		key in tn_device.peers, never used twice
 * @node_id:		the agent's number for it
 * @ref:		references; the tables hold one together
 * @rcu:		for freeing
 * @state:		bits of enum tn_peer_bits
 * @pubkey_node:	in tn_device.pubkeys
 * @aips:		its allowed IPs, owned by allowedips.c
 * @gone:		in the list of peers being removed or cut off
 * @adm:		whether it is admitted, and why
 * @hs:			the handshake
 * @hs_index:		entry of the handshake in the index table
 * @hs_steps:		makes "draw an index, make a message, begin a session"
 *			one step
 * @cookie:		cookie received from it
 * @keypairs:		the sessions
 * @path:		where it is reached
 * @tx_lock:		protects @staged, and makes the order of nonces the order
 *			of @tx_order
 * @staged:		plain packets that wait for a session
 * @staged_segs:	segments in @staged
 * @tx_order:		batches being encrypted
 * @rx_order:		batches being decrypted
 * @napi:		delivers what it sends, constant
 * @rx_node:		in the list of @napi
 * @initiate_work:	sends an initiation
 * @send_work:		sends what a helping CPU has finished
 * @wipe_work:		wipes old keys
 * @timer_retransmit:	no answer to our initiation
 * @timer_keepalive:	data received, nothing sent since
 * @timer_new_handshake: data sent, nothing received since
 * @timer_zero_keys:	session too old
 * @timer_persistent:	keepalive of the configuration
 * @handshake_attempts:	retries of the handshake under way
 * @keepalive_s:	interval of @timer_persistent, 0 = off
 * @expires_s:		cut off from then on, wall clock, seconds; 0 = never.
 *			Written under cfg_lock, read anywhere: half of an older
 *			value on a 32-bit machine is put right by the work
 * @last_sent_handshake_ns: boot-time clock
 * @last_handshake:	wall clock, for people
 * @rx_bytes:		message bytes received and authenticated
 * @tx_bytes:		message bytes sent
 * @rx_packets:		the same in messages
 * @tx_packets:		the same in messages
 */
struct tn_peer {
	struct tn_device *tn;
	u32 serial;
	u64 node_id;
	struct kref ref;
	struct rcu_head rcu;
	unsigned long state;
	struct hlist_node pubkey_node;
	struct tn_aip_owner aips;
	struct list_head gone;
	struct tn_admission adm;

	struct tn_handshake hs;
	struct tn_index hs_index;
	struct mutex hs_steps;	/* one handshake step at a time */
	struct tn_cookie cookie;
	struct tn_keypairs keypairs;
	struct tn_path path;

	spinlock_t tx_lock;	/* protects @staged */
	struct sk_buff_head staged;
	unsigned int staged_segs;
	struct tn_order tx_order;
	struct tn_order rx_order;
	struct tn_napi *napi;
	struct llist_node rx_node;

	struct work_struct initiate_work;
	struct work_struct send_work;
	struct work_struct wipe_work;
	struct timer_list timer_retransmit;
	struct timer_list timer_keepalive;
	struct timer_list timer_new_handshake;
	struct timer_list timer_zero_keys;
	struct timer_list timer_persistent;
	unsigned int handshake_attempts;
	u16 keepalive_s;
	s64 expires_s;
	atomic64_t last_sent_handshake_ns;
	struct timespec64 last_handshake;

	atomic64_t rx_bytes;
	atomic64_t tx_bytes;
	atomic64_t rx_packets;
	atomic64_t tx_packets;
};

/*
 * Configuration. tn_peer_new() makes a peer that nobody sees and can fail;
 * tn_peer_publish() cannot. tn_peers_remove() takes a list linked through
 * @gone, off all tables, and waits one grace period for all of them.
 */
struct tn_peer *tn_peer_new(struct tn_device *tn, const u8 *pub);
void tn_peer_discard(struct tn_peer *peer);
void tn_peer_publish(struct tn_peer *peer);
void tn_peers_remove(struct tn_device *tn, struct list_head *gone);
void tn_peer_set_psk(struct tn_peer *peer, const u8 *psk);
void tn_peer_set_endpoint(struct tn_peer *peer, const struct tn_endpoint *ep);
void tn_peer_set_keepalive(struct tn_peer *peer, u16 seconds);
void tn_peer_set_roam(struct tn_peer *peer, bool on);
void tn_peer_start(struct tn_peer *peer);
void tn_peer_stop(struct tn_peer *peer, enum tn_drop reason);

struct tn_peer *tn_peer_get(struct tn_peer *peer);
struct tn_peer *tn_peer_get_maybe_zero(struct tn_peer *peer);
void tn_peer_put(struct tn_peer *peer);

static inline bool tn_peer_is_dead(const struct tn_peer *peer)
{
	return test_bit(TN_PEER_DEAD, &peer->state);
}

static inline bool tn_peer_is_suspended(const struct tn_peer *peer)
{
	return test_bit(TN_PEER_SUSPENDED, &peer->state);
}

/* Removed, or cut off: start nothing new, send and deliver nothing. */
static inline bool tn_peer_is_cut(const struct tn_peer *peer)
{
	return READ_ONCE(peer->state) &
	       (BIT(TN_PEER_DEAD) | BIT(TN_PEER_EXPIRED) |
		BIT(TN_PEER_SUSPENDED));
}

#endif
