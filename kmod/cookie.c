// SPDX-License-Identifier: GPL-2.0-only
/*
 * mac1, mac2 and the cookie: how a responder makes senders prove, before any
 * expensive step, that they know it and that they receive where they send from.
 *
 * Source: the WireGuard paper, sections 5.3 and 5.4.7.
 */
#include "cookie.h"

#include <linux/random.h>
#include <linux/string.h>
#include <linux/time64.h>

#include "crypto.h"

#define TN_COOKIE_SECRET_AGE_NS	(TN_COOKIE_SECRET_MAX_AGE_S * NSEC_PER_SEC)
/* A cookie ages from when we get it, its secret from before that. */
#define TN_COOKIE_AGE_NS	((TN_COOKIE_SECRET_MAX_AGE_S - \
				  TN_COOKIE_SECRET_LATENCY_S) * NSEC_PER_SEC)

/* Both ends derive their keys from the responder's public key. */
static void label_key(u8 key[TN_KEY_LEN], const char *label,
		      const u8 public[TN_KEY_LEN])
{
	struct tn_blake2s_ctx ctx;

	tn_blake2s_init(&ctx, TN_KEY_LEN, NULL, 0);
	tn_blake2s_update(&ctx, label, TN_NOISE_LABEL_LEN);
	tn_blake2s_update(&ctx, public, TN_KEY_LEN);
	tn_blake2s_final(&ctx, key);
}

/* @len counts the whole message, of which the MACs are the end. */
static void make_mac1(u8 mac1[TN_MAC_LEN], const void *msg, size_t len,
		      const u8 key[TN_KEY_LEN])
{
	tn_blake2s(mac1, TN_MAC_LEN, msg, len - sizeof(struct tn_msg_macs), key,
		   TN_KEY_LEN);
}

static void make_mac2(u8 mac2[TN_MAC_LEN], const void *msg, size_t len,
		      const u8 cookie[TN_MAC_LEN])
{
	tn_blake2s(mac2, TN_MAC_LEN, msg, len - TN_MAC_LEN, cookie, TN_MAC_LEN);
}

static void make_cookie(u8 cookie[TN_MAC_LEN], const struct tn_source *source,
			const u8 secret[TN_HASH_LEN])
{
	struct tn_blake2s_ctx ctx;

	tn_blake2s_init(&ctx, TN_MAC_LEN, secret, TN_HASH_LEN);
	tn_blake2s_update(&ctx, source->addr, source->is_v6 ? 16 : 4);
	tn_blake2s_update(&ctx, &source->port, sizeof(source->port));
	tn_blake2s_final(&ctx, cookie);
}

static struct tn_msg_macs *macs_of(void *msg, size_t len)
{
	return msg + len - sizeof(struct tn_msg_macs);
}

static const struct tn_msg_macs *const_macs_of(const void *msg, size_t len)
{
	return msg + len - sizeof(struct tn_msg_macs);
}

/**
 * tn_cookie_checker_init() - begin without keys: every message is refused
 * @checker:	of a device
 */
void tn_cookie_checker_init(struct tn_cookie_checker *checker)
{
	memset(checker, 0, sizeof(*checker));
	init_rwsem(&checker->lock);
}

/**
 * tn_cookie_checker_done() - wipe
 * @checker:	no longer in use
 */
void tn_cookie_checker_done(struct tn_cookie_checker *checker)
{
	memzero_explicit(checker, sizeof(*checker));
}

/**
 * tn_cookie_checker_update_keys() - our identity has changed
 * @checker:	of the device
 * @public:	our public key, or NULL if we have none now
 *
 * Context: Process. Takes @checker's lock.
 */
void tn_cookie_checker_update_keys(struct tn_cookie_checker *checker,
				   const u8 public[TN_KEY_LEN])
{
	down_write(&checker->lock);
	checker->has_keys = public;
	if (public) {
		label_key(checker->mac1_key, TN_NOISE_LABEL_MAC1, public);
		label_key(checker->cookie_key, TN_NOISE_LABEL_COOKIE, public);
	} else {
		memzero_explicit(checker->mac1_key, TN_KEY_LEN);
		memzero_explicit(checker->cookie_key, TN_KEY_LEN);
	}
	up_write(&checker->lock);
}

static bool secret_is_fresh(const struct tn_cookie_checker *checker, u64 now_ns)
{
	return checker->has_secret &&
	       now_ns - checker->secret_born_ns < TN_COOKIE_SECRET_AGE_NS;
}

/* An outdated secret is not renewed here: it has simply given no cookie. */
static bool mac2_is_valid(const struct tn_cookie_checker *checker,
			  const void *msg, size_t len,
			  const struct tn_source *source, u64 now_ns)
	__must_hold(&checker->lock)
{
	u8 cookie[TN_MAC_LEN], mac2[TN_MAC_LEN];
	bool valid;

	if (!secret_is_fresh(checker, now_ns))
		return false;

	make_cookie(cookie, source, checker->secret);
	make_mac2(mac2, msg, len, cookie);
	valid = tn_memeq(mac2, const_macs_of(msg, len)->mac2, TN_MAC_LEN);
	memzero_explicit(cookie, sizeof(cookie));
	memzero_explicit(mac2, sizeof(mac2));
	return valid;
}

/**
 * tn_cookie_check() - judge the MACs of a handshake message
 * @checker:	of the device that got it
 * @msg:	initiation or response, whole
 * @len:	bytes of @msg
 * @source:	where it says it comes from
 * @check_mac2:	false when not under load: mac2 is then not even computed
 * @now_ns:	boot-time clock
 *
 * Context: Process. Takes @checker's lock for reading.
 * Return: what is proved.
 */
enum tn_mac_state tn_cookie_check(struct tn_cookie_checker *checker,
				  const void *msg, size_t len,
				  const struct tn_source *source,
				  bool check_mac2, u64 now_ns)
{
	enum tn_mac_state state = TN_MAC_INVALID;
	u8 mac1[TN_MAC_LEN];

	if (len < sizeof(struct tn_msg_macs))
		return TN_MAC_INVALID;

	down_read(&checker->lock);
	if (!checker->has_keys)
		goto out;
	make_mac1(mac1, msg, len, checker->mac1_key);
	if (!tn_memeq(mac1, const_macs_of(msg, len)->mac1, TN_MAC_LEN))
		goto out;
	state = TN_MAC_VALID;

	if (check_mac2 && mac2_is_valid(checker, msg, len, source, now_ns))
		state = TN_MAC_VALID_COOKIE;
out:
	up_read(&checker->lock);
	memzero_explicit(mac1, sizeof(mac1));
	return state;
}

/**
 * tn_cookie_reply_create() - tell a sender its cookie instead of an answer
 * @checker:	of the device
 * @msg:	message that is not answered; its mac1 was valid
 * @len:	bytes of @msg
 * @sender_index:	sender index of @msg
 * @source:	where @msg came from: the cookie is good from there only
 * @now_ns:	boot-time clock
 * @ret:	reply
 *
 * Context: Process. Takes @checker's lock; renews the secret if it is old.
 * Return: false if we have no keys.
 */
bool tn_cookie_reply_create(struct tn_cookie_checker *checker, const void *msg,
			    size_t len, __le32 sender_index,
			    const struct tn_source *source, u64 now_ns,
			    struct tn_msg_cookie *ret)
{
	u8 nonce[TN_XNONCE_LEN], cookie[TN_MAC_LEN];
	bool ok = false;

	if (len < sizeof(struct tn_msg_macs))
		return false;
	get_random_bytes_wait(nonce, sizeof(nonce));

	down_write(&checker->lock);
	if (!checker->has_keys)
		goto out;
	if (!secret_is_fresh(checker, now_ns)) {
		get_random_bytes(checker->secret, sizeof(checker->secret));
		checker->secret_born_ns = now_ns;
		checker->has_secret = true;
	}

	ret->header.type = cpu_to_le32(TN_MSG_COOKIE);
	ret->receiver_index = sender_index;
	memcpy(ret->nonce, nonce, sizeof(nonce));
	make_cookie(cookie, source, checker->secret);
	tn_xaead_seal(ret->sealed_cookie, cookie, sizeof(cookie),
		      const_macs_of(msg, len)->mac1, TN_MAC_LEN, nonce,
		      checker->cookie_key);
	memzero_explicit(cookie, sizeof(cookie));
	ok = true;
out:
	up_write(&checker->lock);
	return ok;
}

/**
 * tn_cookie_init() - begin without a cookie
 * @cookie:	of a peer
 * @public:	the peer's public key
 */
void tn_cookie_init(struct tn_cookie *cookie, const u8 public[TN_KEY_LEN])
{
	memset(cookie, 0, sizeof(*cookie));
	init_rwsem(&cookie->lock);
	label_key(cookie->mac1_key, TN_NOISE_LABEL_MAC1, public);
	label_key(cookie->cookie_key, TN_NOISE_LABEL_COOKIE, public);
}

/**
 * tn_cookie_done() - wipe
 * @cookie:	no longer in use
 */
void tn_cookie_done(struct tn_cookie *cookie)
{
	memzero_explicit(cookie, sizeof(*cookie));
}

/**
 * tn_cookie_add_macs() - finish a handshake message
 * @cookie:	of the peer that it goes to
 * @msg:	initiation or response, complete but for the MACs
 * @len:	bytes of @msg, MACs included
 * @now_ns:	boot-time clock
 *
 * Context: Process. Takes @cookie's lock.
 */
void tn_cookie_add_macs(struct tn_cookie *cookie, void *msg, size_t len,
			u64 now_ns)
{
	struct tn_msg_macs *macs = macs_of(msg, len);

	down_write(&cookie->lock);
	make_mac1(macs->mac1, msg, len, cookie->mac1_key);
	memcpy(cookie->last_mac1, macs->mac1, TN_MAC_LEN);
	cookie->have_sent_mac1 = true;

	if (cookie->is_valid && now_ns - cookie->born_ns < TN_COOKIE_AGE_NS)
		make_mac2(macs->mac2, msg, len, cookie->cookie);
	else
		memset(macs->mac2, 0, TN_MAC_LEN);
	up_write(&cookie->lock);
}

/**
 * tn_cookie_reply_consume() - take a cookie that a peer gave us
 * @cookie:	of the peer that the reply's receiver index led to
 * @msg:	reply
 * @now_ns:	boot-time clock
 *
 * The reply is bound to our last mac1, and one is taken for each mac1: nobody
 * off the path can forge it, and nobody on it can replay it later.
 *
 * Context: Process. Takes @cookie's lock.
 * Return: false if it is not authentic or not wanted: nothing has changed.
 */
bool tn_cookie_reply_consume(struct tn_cookie *cookie,
			     const struct tn_msg_cookie *msg, u64 now_ns)
{
	u8 fresh[TN_MAC_LEN];
	bool ok = false;

	if (msg->header.type != cpu_to_le32(TN_MSG_COOKIE))
		return false;

	down_write(&cookie->lock);
	if (!cookie->have_sent_mac1)
		goto out;
	ok = tn_xaead_open(fresh, msg->sealed_cookie,
			   sizeof(msg->sealed_cookie), cookie->last_mac1,
			   TN_MAC_LEN, msg->nonce, cookie->cookie_key);
	if (!ok)
		goto out;
	memcpy(cookie->cookie, fresh, sizeof(fresh));
	cookie->born_ns = now_ns;
	cookie->is_valid = true;
	cookie->have_sent_mac1 = false;
out:
	up_write(&cookie->lock);
	memzero_explicit(fresh, sizeof(fresh));
	return ok;
}
