/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TN_HANDSHAKE_H
#define TN_HANDSHAKE_H

#include <linux/rwsem.h>
#include <linux/time64.h>
#include <linux/types.h>

#include "messages.h"

/**
 * enum tn_hs_state - how far a handshake is
 * @TN_HS_ZEROED:		none under way
 * @TN_HS_CREATED_INITIATION:	we asked
 * @TN_HS_CONSUMED_INITIATION:	the peer asked
 * @TN_HS_CREATED_RESPONSE:	we answered: a session can begin
 * @TN_HS_CONSUMED_RESPONSE:	the peer answered: a session can begin
 */
enum tn_hs_state {
	TN_HS_ZEROED,
	TN_HS_CREATED_INITIATION,
	TN_HS_CONSUMED_INITIATION,
	TN_HS_CREATED_RESPONSE,
	TN_HS_CONSUMED_RESPONSE,
};

/**
 * enum tn_hs_result - outcome of one step
 * @TN_HS_OK:		done
 * @TN_HS_NO_IDENTITY:	we have no private key
 * @TN_HS_LOW_ORDER:	a shared secret came out as zero: hostile or broken key
 * @TN_HS_BAD:		not authentic
 * @TN_HS_UNKNOWN_PEER:	authentic so far, but nobody we know
 * @TN_HS_REPLAY:	timestamp not greater than the greatest seen
 * @TN_HS_FLOOD:	too soon after the peer's last initiation
 * @TN_HS_WRONG_STATE:	no handshake that this message could continue
 *
 * Everything but TN_HS_OK has left the handshake as it was.
 */
enum tn_hs_result {
	TN_HS_OK,
	TN_HS_NO_IDENTITY,
	TN_HS_LOW_ORDER,
	TN_HS_BAD,
	TN_HS_UNKNOWN_PEER,
	TN_HS_REPLAY,
	TN_HS_FLOOD,
	TN_HS_WRONG_STATE,
};

/**
 * struct tn_identity - a device's static key
 * @lock:	protects all of it; taken before any handshake's lock
 * @generation:	changes with the key, so that derived values know their age
 * @has_key:	the two keys are set
 * @private:	clamped
 * @public:	of @private
 */
struct tn_identity {
	/* Writers: key change. Readers: every handshake step. */
	struct rw_semaphore lock;
	u64 generation;
	bool has_key;
	u8 private[TN_KEY_LEN];
	u8 public[TN_KEY_LEN];
};

/**
 * struct tn_handshake - the Noise state shared with one peer
 * @lock:		protects all of it but @remote_static, which is constant
 * @state:		see &enum tn_hs_state
 * @local_index:	ours, as in the last message that we created
 * @remote_index:	the peer's, from the last message that we consumed
 * @ephemeral_private:	ours
 * @remote_ephemeral:	the peer's
 * @hash:		running hash of the transcript
 * @chaining_key:	running key
 * @remote_static:	who the peer is
 * @preshared_key:	zeros if there is none
 * @static_static:	DH of the two identities, as of @static_generation
 * @static_generation:	identity generation of @static_static; 0 = not computed
 * @latest_timestamp:	greatest in any initiation from the peer; outlives
 *			handshakes and sessions
 * @last_initiation_ns:	boot-time clock, last initiation consumed; 0 = none
 */
struct tn_handshake {
	/* Writers: every step. Never held while a sleeping lock is taken. */
	struct rw_semaphore lock;
	enum tn_hs_state state;
	u32 local_index;
	u32 remote_index;
	u8 ephemeral_private[TN_KEY_LEN];
	u8 remote_ephemeral[TN_KEY_LEN];
	u8 hash[TN_HASH_LEN];
	u8 chaining_key[TN_HASH_LEN];
	u8 remote_static[TN_KEY_LEN];
	u8 preshared_key[TN_KEY_LEN];
	u8 static_static[TN_KEY_LEN];
	u64 static_generation;
	u8 latest_timestamp[TN_TAI64N_LEN];
	u64 last_initiation_ns;
};

/**
 * struct tn_session_keys - what a finished handshake leaves
 * @send:		key of packets that we send
 * @receive:		key of packets that we receive
 * @local_index:	index in packets that we receive
 * @remote_index:	index in packets that we send
 * @i_am_initiator:	we began; decides who rekeys by age
 *
 * Secret: the caller wipes it.
 */
struct tn_session_keys {
	u8 send[TN_KEY_LEN];
	u8 receive[TN_KEY_LEN];
	u32 local_index;
	u32 remote_index;
	bool i_am_initiator;
};

/**
 * struct tn_hs_directory - how to find the peer that an initiation names
 * @get:	its handshake with a reference, or NULL: unknown or not admitted
 * @put:	give the reference back
 * @ctx:	for both
 *
 * Both are called with the identity's lock held for reading. An initiation is
 * not yet authentic at @get: whoever knows two public keys can cause the call.
 */
struct tn_hs_directory {
	struct tn_handshake *(*get)(void *ctx, const u8 public[TN_KEY_LEN]);
	void (*put)(void *ctx, struct tn_handshake *hs);
	void *ctx;
};

void tn_identity_init(struct tn_identity *id);
void tn_identity_done(struct tn_identity *id);
bool tn_identity_set(struct tn_identity *id, const u8 private[TN_KEY_LEN])
	__must_hold(&id->lock);

void tn_handshake_init(struct tn_handshake *hs,
		       const u8 remote_static[TN_KEY_LEN]);
void tn_handshake_done(struct tn_handshake *hs);
void tn_handshake_set_psk(struct tn_handshake *hs,
			  const u8 preshared_key[TN_KEY_LEN]);
void tn_handshake_clear(struct tn_handshake *hs);

enum tn_hs_result
tn_handshake_create_initiation(struct tn_identity *id, struct tn_handshake *hs,
			       const struct timespec64 *now, u32 local_index,
			       struct tn_msg_initiation *ret);
enum tn_hs_result
tn_handshake_consume_initiation(struct tn_identity *id,
				const struct tn_msg_initiation *msg,
				const struct tn_hs_directory *peers,
				u64 now_ns, struct tn_handshake **ret);
enum tn_hs_result
tn_handshake_create_response(struct tn_handshake *hs, u32 local_index,
			     struct tn_msg_response *ret);
enum tn_hs_result
tn_handshake_consume_response(struct tn_identity *id, struct tn_handshake *hs,
			      const struct tn_msg_response *msg);
bool tn_handshake_begin_session(struct tn_handshake *hs,
				struct tn_session_keys *ret);

#endif /* TN_HANDSHAKE_H */
