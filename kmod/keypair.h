/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TN_KEYPAIR_H
#define TN_KEYPAIR_H

#include <linux/kref.h>
#include <linux/rcupdate.h>
#include <linux/spinlock.h>
#include <linux/types.h>

#include "messages.h"
#include "peertable.h"
#include "replay.h"

struct tn_peer;
struct tn_session_keys;

/**
 * struct tn_keypair - the two keys of one session
 * @index:		entry in the index table; its number is what the far
 *			side puts into its packets
 * @ref:		references; the slots hold one
 * @rcu:		for freeing
 * @send_key:		32 bytes, constant
 * @recv_key:		32 bytes, constant
 * @send_counter:	next counter to use
 * @send_ok:		cleared when this session must not send any more
 * @recv_ok:		cleared when it must not receive any more
 * @recv_lock:	protects @replay
 * @replay:		which counters were received
 * @birth_ns:		when the session was made, boot-time clock, nanoseconds
 * @remote_index:	number that goes into our packets
 * @initiator:		we made the first move
 */
struct tn_keypair {
	struct tn_index index;
	struct kref ref;
	struct rcu_head rcu;
	u8 send_key[TN_KEY_LEN];
	u8 recv_key[TN_KEY_LEN];
	atomic64_t send_counter;
	bool send_ok;
	bool recv_ok;
	spinlock_t recv_lock;	/* protects @replay */
	struct tn_replay replay;
	u64 birth_ns;
	u32 remote_index;
	bool initiator;
};

/**
 * struct tn_keypairs - the three slots of a peer
 * @lock:	protects changes of the slots
 * @current_kp:	the only one that sends
 * @previous:	still receives
 * @next:	made as responder, waits for the first packet
 */
struct tn_keypairs {
	spinlock_t lock;	/* protects changes of the slots */
	struct tn_keypair __rcu *current_kp;
	struct tn_keypair __rcu *previous;
	struct tn_keypair __rcu *next;
};

void tn_keypairs_init(struct tn_keypairs *kps);
struct tn_keypair *tn_keypair_new(struct tn_peer *peer);
struct tn_keypair *tn_keypair_get(struct tn_keypair *kp);
void tn_keypair_put(struct tn_keypair *kp);
bool tn_keypair_can_send(const struct tn_keypair *kp, u64 now_ns);
bool tn_keypair_can_receive(const struct tn_keypair *kp, u64 now_ns);
void tn_keypairs_install(struct tn_peer *peer, struct tn_keypair *kp);
bool tn_keypairs_confirm(struct tn_peer *peer, struct tn_keypair *kp);
void tn_keypairs_clear(struct tn_peer *peer);
void tn_keypairs_stop_sending(struct tn_peer *peer);

#endif
