// SPDX-License-Identifier: GPL-2.0-only
/*
 * The handshake: Noise_IKpsk2, one round trip, then two session keys.
 *
 * Source: the WireGuard paper, section 5.4; the Noise Protocol Framework,
 * revision 34. The four steps below are named as a pair of ends takes them:
 * create initiation, consume it, create response, consume it. Each works on a
 * copy (struct noise) and writes the handshake last, so that a message that
 * turns out to be bad has changed nothing.
 */
#include "handshake.h"

#include <linux/align.h>
#include <linux/string.h>

#include "crypto.h"

/*
 * The time in an initiation is coarse, so that it does not tell how our clock
 * drifts, but still grows as often as a peer is allowed to call: the greatest
 * power of two below a second divided by TN_INITIATIONS_PER_SECOND.
 */
#define TN_TAI64N_GRAIN_NS	(1U << 24)
#define TN_INITIATION_GAP_NS	(NSEC_PER_SEC / TN_INITIATIONS_PER_SECOND)

static_assert(TN_TAI64N_GRAIN_NS <= TN_INITIATION_GAP_NS);
static_assert(2 * TN_TAI64N_GRAIN_NS > TN_INITIATION_GAP_NS);

/* TAI at the Unix epoch: 2^62 and the ten leap seconds before 1972. */
#define TN_TAI64_EPOCH		0x400000000000000aULL

/**
 * struct noise - symmetric state on its way through one step
 * @hash:	of all that both ends have seen
 * @chaining_key:	of all secrets mixed so far
 * @key:	of the next sealed field
 */
struct noise {
	u8 hash[TN_HASH_LEN];
	u8 chaining_key[TN_HASH_LEN];
	u8 key[TN_KEY_LEN];
};

/*
 * Where both ends begin: BLAKE2s of the protocol's name,
 * "Noise_IKpsk2_25519_ChaChaPoly_BLAKE2s"; and of that followed by the
 * identifier "WireGuard v1 zx2c4 Jason@zx2c4.com".
 */
static const u8 start_chaining_key[TN_HASH_LEN] = {
	0x60, 0xe2, 0x6d, 0xae, 0xf3, 0x27, 0xef, 0xc0,
	0x2e, 0xc3, 0x35, 0xe2, 0xa0, 0x25, 0xd2, 0xd0,
	0x16, 0xeb, 0x42, 0x06, 0xf8, 0x72, 0x77, 0xf5,
	0x2d, 0x38, 0xd1, 0x98, 0x8b, 0x78, 0xcd, 0x36,
};

static const u8 start_hash[TN_HASH_LEN] = {
	0x22, 0x11, 0xb3, 0x61, 0x08, 0x1a, 0xc5, 0x66,
	0x69, 0x12, 0x43, 0xdb, 0x45, 0x8a, 0xd5, 0x32,
	0x2d, 0x9c, 0x6c, 0x66, 0x22, 0x93, 0xe8, 0xb7,
	0x0e, 0xe1, 0x9c, 0x65, 0xba, 0x07, 0x9e, 0xf3,
};

static void mix_hash(struct noise *n, const void *in, size_t len)
{
	struct tn_blake2s_ctx ctx;

	tn_blake2s_init(&ctx, TN_HASH_LEN, NULL, 0);
	tn_blake2s_update(&ctx, n->hash, TN_HASH_LEN);
	tn_blake2s_update(&ctx, in, len);
	tn_blake2s_final(&ctx, n->hash);
}

static void mix_ephemeral(struct noise *n, const u8 public[TN_KEY_LEN])
{
	mix_hash(n, public, TN_KEY_LEN);
	tn_kdf1(n->chaining_key, public, TN_KEY_LEN);
}

/*
 * @key gets the key of the next sealed field; NULL if another one replaces it
 * before anything is sealed. A zero result would let the peer choose our keys:
 * the step must end.
 */
static bool __must_check mix_dh(struct noise *n, u8 *key,
				const u8 private[TN_KEY_LEN],
				const u8 public[TN_KEY_LEN])
{
	u8 shared[TN_KEY_LEN];
	bool ok;

	ok = tn_dh(shared, private, public);
	if (ok && key)
		tn_kdf2(n->chaining_key, key, shared, TN_KEY_LEN);
	else if (ok)
		tn_kdf1(n->chaining_key, shared, TN_KEY_LEN);
	memzero_explicit(shared, sizeof(shared));
	return ok;
}

static void mix_psk(struct noise *n, const u8 psk[TN_KEY_LEN])
{
	u8 tau[TN_HASH_LEN];

	tn_kdf3(n->chaining_key, tau, n->key, psk, TN_KEY_LEN);
	mix_hash(n, tau, sizeof(tau));
	memzero_explicit(tau, sizeof(tau));
}

static void seal(struct noise *n, u8 *dst, const void *src, size_t len)
{
	tn_aead_seal(dst, src, len, n->hash, TN_HASH_LEN, 0, n->key);
	mix_hash(n, dst, TN_SEALED_LEN(len));
}

/* @len counts the tag. */
static bool __must_check unseal(struct noise *n, void *dst, const u8 *src,
				size_t len)
{
	if (!tn_aead_open(dst, src, len, n->hash, TN_HASH_LEN, 0, n->key))
		return false;
	mix_hash(n, src, len);
	return true;
}

static void noise_begin(struct noise *n, const u8 responder[TN_KEY_LEN])
{
	memcpy(n->chaining_key, start_chaining_key, TN_HASH_LEN);
	memcpy(n->hash, start_hash, TN_HASH_LEN);
	mix_hash(n, responder, TN_KEY_LEN);
}

static void noise_load(struct noise *n, const struct tn_handshake *hs)
{
	memcpy(n->hash, hs->hash, TN_HASH_LEN);
	memcpy(n->chaining_key, hs->chaining_key, TN_HASH_LEN);
}

static void noise_store(const struct noise *n, struct tn_handshake *hs)
{
	memcpy(hs->hash, n->hash, TN_HASH_LEN);
	memcpy(hs->chaining_key, n->chaining_key, TN_HASH_LEN);
}

static void tai64n(u8 out[TN_TAI64N_LEN], const struct timespec64 *now)
{
	__be64 seconds = cpu_to_be64(TN_TAI64_EPOCH + now->tv_sec);
	__be32 nanoseconds = cpu_to_be32(ALIGN_DOWN((u32)now->tv_nsec,
						    TN_TAI64N_GRAIN_NS));

	memcpy(out, &seconds, sizeof(seconds));
	memcpy(out + sizeof(seconds), &nanoseconds, sizeof(nanoseconds));
}

/**
 * tn_identity_init() - begin without a key
 * @id:	of a device
 */
void tn_identity_init(struct tn_identity *id)
{
	memset(id, 0, sizeof(*id));
	init_rwsem(&id->lock);
	/* So that no handshake's zero is taken for it. */
	id->generation = 1;
}

/**
 * tn_identity_done() - wipe
 * @id:	no longer in use
 */
void tn_identity_done(struct tn_identity *id)
{
	memzero_explicit(id, sizeof(*id));
}

/**
 * tn_identity_set() - change a device's key
 * @id:		of the device
 * @private:	new key, clamped here; NULL or zeros for none
 *
 * Derived secrets notice by @id's generation. Handshakes under way do not: the
 * caller clears them, invalidates sending keys and renews the cookie keys.
 *
 * Context: Process. The caller holds @id's lock for writing.
 * Return: true if the device has a key now.
 */
bool tn_identity_set(struct tn_identity *id, const u8 private[TN_KEY_LEN])
{
	lockdep_assert_held_write(&id->lock);

	id->generation++;
	id->has_key = false;
	if (private && memchr_inv(private, 0, TN_KEY_LEN)) {
		memcpy(id->private, private, TN_KEY_LEN);
		tn_clamp(id->private);
		id->has_key = tn_dh_public(id->public, id->private);
	}
	if (!id->has_key) {
		memzero_explicit(id->private, TN_KEY_LEN);
		memzero_explicit(id->public, TN_KEY_LEN);
	}
	return id->has_key;
}

/**
 * tn_handshake_init() - begin with none under way
 * @hs:			of a peer
 * @remote_static:	the peer's public key
 *
 * Costs no DH: the shared secret of the two identities is computed when a
 * handshake first needs it.
 */
void tn_handshake_init(struct tn_handshake *hs,
		       const u8 remote_static[TN_KEY_LEN])
{
	memset(hs, 0, sizeof(*hs));
	init_rwsem(&hs->lock);
	memcpy(hs->remote_static, remote_static, TN_KEY_LEN);
}

/**
 * tn_handshake_done() - wipe
 * @hs:	no longer in use
 */
void tn_handshake_done(struct tn_handshake *hs)
{
	memzero_explicit(hs, sizeof(*hs));
}

/**
 * tn_handshake_set_psk() - set the symmetric key that both ends add
 * @hs:			of the peer
 * @preshared_key:	key; zeros mean none
 *
 * Context: Process. Takes @hs's lock. A handshake under way fails if the other
 * end has changed over at another time; the next one works.
 */
void tn_handshake_set_psk(struct tn_handshake *hs,
			  const u8 preshared_key[TN_KEY_LEN])
{
	down_write(&hs->lock);
	memcpy(hs->preshared_key, preshared_key, TN_KEY_LEN);
	up_write(&hs->lock);
}

static void clear_locked(struct tn_handshake *hs)
	__must_hold(&hs->lock)
{
	hs->state = TN_HS_ZEROED;
	hs->local_index = 0;
	hs->remote_index = 0;
	memzero_explicit(hs->ephemeral_private, TN_KEY_LEN);
	memzero_explicit(hs->remote_ephemeral, TN_KEY_LEN);
	memzero_explicit(hs->hash, TN_HASH_LEN);
	memzero_explicit(hs->chaining_key, TN_HASH_LEN);
}

/**
 * tn_handshake_clear() - forget what is under way
 * @hs:	of the peer
 *
 * What protects against replays stays: the greatest timestamp seen.
 *
 * Context: Process. Takes @hs's lock.
 */
void tn_handshake_clear(struct tn_handshake *hs)
{
	down_write(&hs->lock);
	clear_locked(hs);
	up_write(&hs->lock);
}

/*
 * Mix the secret of the two identities, computing it if our key has changed
 * since. It stays zero, and every handshake fails, if the peer's key is a point
 * of low order.
 */
static bool __must_check mix_static_static(struct noise *n,
					   const struct tn_identity *id,
					   struct tn_handshake *hs)
	__must_hold(&id->lock) __must_hold(&hs->lock)
{
	if (hs->static_generation != id->generation) {
		if (!tn_dh(hs->static_static, id->private, hs->remote_static))
			memzero_explicit(hs->static_static, TN_KEY_LEN);
		hs->static_generation = id->generation;
	}
	if (!memchr_inv(hs->static_static, 0, TN_KEY_LEN))
		return false;

	tn_kdf2(n->chaining_key, n->key, hs->static_static, TN_KEY_LEN);
	return true;
}

static enum tn_hs_result
create_initiation(const struct tn_identity *id, struct tn_handshake *hs,
		  const struct timespec64 *now,
		  const u8 ephemeral[TN_KEY_LEN], struct noise *n,
		  struct tn_msg_initiation *msg)
	__must_hold(&id->lock) __must_hold(&hs->lock)
{
	u8 timestamp[TN_TAI64N_LEN];

	if (!id->has_key)
		return TN_HS_NO_IDENTITY;

	noise_begin(n, hs->remote_static);

	if (!tn_dh_public(msg->ephemeral, ephemeral))
		return TN_HS_LOW_ORDER;
	mix_ephemeral(n, msg->ephemeral);
	if (!mix_dh(n, n->key, ephemeral, hs->remote_static))
		return TN_HS_LOW_ORDER;
	seal(n, msg->sealed_static, id->public, TN_KEY_LEN);
	if (!mix_static_static(n, id, hs))
		return TN_HS_LOW_ORDER;
	tai64n(timestamp, now);
	seal(n, msg->sealed_timestamp, timestamp, sizeof(timestamp));
	return TN_HS_OK;
}

/**
 * tn_handshake_create_initiation() - ask a peer for a session
 * @id:		who we are
 * @hs:		of the peer; a handshake under way is replaced
 * @now:	wall clock
 * @local_index:	by which the answer will find us
 * @ret:	message, without its MACs
 *
 * Context: Process. Takes the locks of @id and @hs.
 * Return: TN_HS_OK, TN_HS_NO_IDENTITY or TN_HS_LOW_ORDER.
 */
enum tn_hs_result
tn_handshake_create_initiation(struct tn_identity *id, struct tn_handshake *hs,
			       const struct timespec64 *now, u32 local_index,
			       struct tn_msg_initiation *ret)
{
	struct tn_msg_initiation msg = {
		.header.type = cpu_to_le32(TN_MSG_INITIATION),
		.sender_index = cpu_to_le32(local_index),
	};
	u8 ephemeral[TN_KEY_LEN];
	enum tn_hs_result result;
	struct noise n;

	/* May wait for the random pool, hence before the locks. */
	tn_dh_keygen(ephemeral);

	down_read(&id->lock);
	down_write(&hs->lock);
	result = create_initiation(id, hs, now, ephemeral, &n, &msg);
	if (result == TN_HS_OK) {
		noise_store(&n, hs);
		memcpy(hs->ephemeral_private, ephemeral, TN_KEY_LEN);
		hs->local_index = local_index;
		hs->state = TN_HS_CREATED_INITIATION;
		*ret = msg;
	}
	up_write(&hs->lock);
	up_read(&id->lock);

	memzero_explicit(ephemeral, sizeof(ephemeral));
	memzero_explicit(&n, sizeof(n));
	return result;
}

/* The second half, with the peer known: @n has the identity mixed in. */
static enum tn_hs_result
consume_timestamp(const struct tn_identity *id, struct tn_handshake *hs,
		  const struct tn_msg_initiation *msg, u64 now_ns,
		  struct noise *n)
	__must_hold(&id->lock) __must_hold(&hs->lock)
{
	u8 timestamp[TN_TAI64N_LEN];

	if (!mix_static_static(n, id, hs))
		return TN_HS_LOW_ORDER;
	if (!unseal(n, timestamp, msg->sealed_timestamp,
		    sizeof(msg->sealed_timestamp)))
		return TN_HS_BAD;

	/* From here on the peer itself, at some time, has sent this. */
	if (memcmp(timestamp, hs->latest_timestamp, TN_TAI64N_LEN) <= 0)
		return TN_HS_REPLAY;
	if (hs->last_initiation_ns &&
	    now_ns < hs->last_initiation_ns + TN_INITIATION_GAP_NS)
		return TN_HS_FLOOD;

	noise_store(n, hs);
	memcpy(hs->remote_ephemeral, msg->ephemeral, TN_KEY_LEN);
	memcpy(hs->latest_timestamp, timestamp, TN_TAI64N_LEN);
	memzero_explicit(hs->ephemeral_private, TN_KEY_LEN);
	hs->remote_index = le32_to_cpu(msg->sender_index);
	hs->last_initiation_ns = now_ns;
	hs->state = TN_HS_CONSUMED_INITIATION;
	return TN_HS_OK;
}

static enum tn_hs_result
consume_initiation(const struct tn_identity *id,
		   const struct tn_msg_initiation *msg,
		   const struct tn_hs_directory *peers, u64 now_ns,
		   struct noise *n, struct tn_handshake **ret)
	__must_hold(&id->lock)
{
	u8 remote_static[TN_KEY_LEN];
	enum tn_hs_result result;
	struct tn_handshake *hs;

	if (!id->has_key)
		return TN_HS_NO_IDENTITY;
	if (msg->header.type != cpu_to_le32(TN_MSG_INITIATION))
		return TN_HS_BAD;

	noise_begin(n, id->public);
	mix_ephemeral(n, msg->ephemeral);
	if (!mix_dh(n, n->key, id->private, msg->ephemeral))
		return TN_HS_LOW_ORDER;
	if (!unseal(n, remote_static, msg->sealed_static,
		    sizeof(msg->sealed_static)))
		return TN_HS_BAD;

	hs = peers->get(peers->ctx, remote_static);
	if (!hs)
		return TN_HS_UNKNOWN_PEER;

	down_write(&hs->lock);
	result = consume_timestamp(id, hs, msg, now_ns, n);
	up_write(&hs->lock);

	if (result == TN_HS_OK)
		*ret = hs;
	else
		peers->put(peers->ctx, hs);
	return result;
}

/**
 * tn_handshake_consume_initiation() - a peer asks for a session
 * @id:		who we are
 * @msg:	message; its MACs were checked
 * @peers:	whom we answer: nobody else's message gets further
 * @now_ns:	boot-time clock
 * @ret:	handshake of the peer, with the reference that @peers gave
 *
 * The newest wins: a handshake under way, also one of our own, is replaced.
 *
 * Context: Process. Takes the locks of @id and of the handshake.
 * Return: TN_HS_OK, or the reason why the message is to be dropped.
 */
enum tn_hs_result
tn_handshake_consume_initiation(struct tn_identity *id,
				const struct tn_msg_initiation *msg,
				const struct tn_hs_directory *peers,
				u64 now_ns, struct tn_handshake **ret)
{
	enum tn_hs_result result;
	struct noise n;

	down_read(&id->lock);
	result = consume_initiation(id, msg, peers, now_ns, &n, ret);
	up_read(&id->lock);

	memzero_explicit(&n, sizeof(n));
	return result;
}

static enum tn_hs_result
create_response(struct tn_handshake *hs, const u8 ephemeral[TN_KEY_LEN],
		struct noise *n, struct tn_msg_response *msg)
	__must_hold(&hs->lock)
{
	if (hs->state != TN_HS_CONSUMED_INITIATION)
		return TN_HS_WRONG_STATE;

	noise_load(n, hs);

	if (!tn_dh_public(msg->ephemeral, ephemeral))
		return TN_HS_LOW_ORDER;
	mix_ephemeral(n, msg->ephemeral);
	if (!mix_dh(n, NULL, ephemeral, hs->remote_ephemeral) ||
	    !mix_dh(n, NULL, ephemeral, hs->remote_static))
		return TN_HS_LOW_ORDER;
	mix_psk(n, hs->preshared_key);
	seal(n, msg->sealed_nothing, NULL, 0);

	msg->receiver_index = cpu_to_le32(hs->remote_index);
	return TN_HS_OK;
}

/**
 * tn_handshake_create_response() - answer a peer
 * @hs:			of the peer, its initiation just consumed
 * @local_index:	by which the peer's packets will find us
 * @ret:		message, without its MACs
 *
 * Our identity is not needed any more, and cannot have changed either: a change
 * clears the handshake.
 *
 * Context: Process. Takes @hs's lock.
 * Return: TN_HS_OK, TN_HS_WRONG_STATE or TN_HS_LOW_ORDER.
 */
enum tn_hs_result
tn_handshake_create_response(struct tn_handshake *hs, u32 local_index,
			     struct tn_msg_response *ret)
{
	struct tn_msg_response msg = {
		.header.type = cpu_to_le32(TN_MSG_RESPONSE),
		.sender_index = cpu_to_le32(local_index),
	};
	u8 ephemeral[TN_KEY_LEN];
	enum tn_hs_result result;
	struct noise n;

	tn_dh_keygen(ephemeral);

	down_write(&hs->lock);
	result = create_response(hs, ephemeral, &n, &msg);
	if (result == TN_HS_OK) {
		noise_store(&n, hs);
		hs->local_index = local_index;
		hs->state = TN_HS_CREATED_RESPONSE;
		*ret = msg;
	}
	up_write(&hs->lock);

	memzero_explicit(ephemeral, sizeof(ephemeral));
	memzero_explicit(&n, sizeof(n));
	return result;
}

/**
 * struct response_view - what consuming a response needs of the handshake
 * @ephemeral_private:	ours; also tells one initiation from the next
 * @preshared_key:	of the peer
 */
struct response_view {
	u8 ephemeral_private[TN_KEY_LEN];
	u8 preshared_key[TN_KEY_LEN];
};

static bool view_take(struct tn_handshake *hs, const struct tn_msg_response *msg,
		      struct response_view *view, struct noise *n)
{
	bool ok;

	down_read(&hs->lock);
	ok = hs->state == TN_HS_CREATED_INITIATION &&
	     hs->local_index == le32_to_cpu(msg->receiver_index);
	noise_load(n, hs);
	memcpy(view->ephemeral_private, hs->ephemeral_private, TN_KEY_LEN);
	memcpy(view->preshared_key, hs->preshared_key, TN_KEY_LEN);
	up_read(&hs->lock);
	return ok;
}

/* The lock was not held meanwhile: a new initiation may have gone out. */
static bool view_commit(struct tn_handshake *hs,
			const struct tn_msg_response *msg,
			const struct response_view *view,
			const struct noise *n)
{
	bool ok;

	down_write(&hs->lock);
	ok = hs->state == TN_HS_CREATED_INITIATION &&
	     tn_memeq(hs->ephemeral_private, view->ephemeral_private,
		      TN_KEY_LEN);
	if (ok) {
		noise_store(n, hs);
		memcpy(hs->remote_ephemeral, msg->ephemeral, TN_KEY_LEN);
		hs->remote_index = le32_to_cpu(msg->sender_index);
		hs->state = TN_HS_CONSUMED_RESPONSE;
	}
	up_write(&hs->lock);
	return ok;
}

static enum tn_hs_result
consume_response(const struct tn_identity *id, struct tn_handshake *hs,
		 const struct tn_msg_response *msg, struct response_view *view,
		 struct noise *n)
	__must_hold(&id->lock)
{
	u8 nothing[1];

	if (!id->has_key)
		return TN_HS_NO_IDENTITY;
	if (msg->header.type != cpu_to_le32(TN_MSG_RESPONSE))
		return TN_HS_BAD;
	if (!view_take(hs, msg, view, n))
		return TN_HS_WRONG_STATE;

	mix_ephemeral(n, msg->ephemeral);
	if (!mix_dh(n, NULL, view->ephemeral_private, msg->ephemeral) ||
	    !mix_dh(n, NULL, id->private, msg->ephemeral))
		return TN_HS_LOW_ORDER;
	mix_psk(n, view->preshared_key);
	if (!unseal(n, nothing, msg->sealed_nothing, sizeof(msg->sealed_nothing)))
		return TN_HS_BAD;

	return view_commit(hs, msg, view, n) ? TN_HS_OK : TN_HS_WRONG_STATE;
}

/**
 * tn_handshake_consume_response() - the peer has answered
 * @id:		who we are
 * @hs:		to which the message's receiver index led
 * @msg:	message; its MACs were checked
 *
 * The two DHs are done without @hs's lock, so that a flood of false answers to
 * a true index does not keep the peer's own messages waiting.
 *
 * Context: Process. Takes the locks of @id and @hs.
 * Return: TN_HS_OK, or the reason why the message is to be dropped.
 */
enum tn_hs_result
tn_handshake_consume_response(struct tn_identity *id, struct tn_handshake *hs,
			      const struct tn_msg_response *msg)
{
	struct response_view view;
	enum tn_hs_result result;
	struct noise n;

	down_read(&id->lock);
	result = consume_response(id, hs, msg, &view, &n);
	up_read(&id->lock);

	memzero_explicit(&view, sizeof(view));
	memzero_explicit(&n, sizeof(n));
	return result;
}

/**
 * tn_handshake_begin_session() - take the keys that a handshake has led to
 * @hs:		response created or consumed; cleared by this
 * @ret:	keys and indices
 *
 * Clearing at once is what makes each handshake good for one session, and what
 * was said in it secret from whoever takes our memory later.
 *
 * Context: Process. Takes @hs's lock.
 * Return: false if there is no finished handshake.
 */
bool tn_handshake_begin_session(struct tn_handshake *hs,
				struct tn_session_keys *ret)
{
	u8 initiator_sends[TN_KEY_LEN], responder_sends[TN_HASH_LEN];
	bool ok;

	down_write(&hs->lock);
	ok = hs->state == TN_HS_CREATED_RESPONSE ||
	     hs->state == TN_HS_CONSUMED_RESPONSE;
	if (!ok)
		goto out;

	memcpy(initiator_sends, hs->chaining_key, TN_HASH_LEN);
	tn_kdf2(initiator_sends, responder_sends, NULL, 0);

	ret->i_am_initiator = hs->state == TN_HS_CONSUMED_RESPONSE;
	ret->local_index = hs->local_index;
	ret->remote_index = hs->remote_index;
	memcpy(ret->send, ret->i_am_initiator ? initiator_sends : responder_sends,
	       TN_KEY_LEN);
	memcpy(ret->receive,
	       ret->i_am_initiator ? responder_sends : initiator_sends,
	       TN_KEY_LEN);
	clear_locked(hs);
out:
	up_write(&hs->lock);
	memzero_explicit(initiator_sends, sizeof(initiator_sends));
	memzero_explicit(responder_sends, sizeof(responder_sends));
	return ok;
}
