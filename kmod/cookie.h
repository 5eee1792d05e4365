/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TN_COOKIE_H
#define TN_COOKIE_H

#include <linux/rwsem.h>
#include <linux/types.h>

#include "messages.h"

/**
 * struct tn_source - who sent a handshake message, as a value
 * @addr:	first 4 bytes (IPv4) or all 16 (IPv6), network order
 * @port:	UDP source port, network order
 * @is_v6:	which of the two @addr holds
 */
struct tn_source {
	u8 addr[16];
	__be16 port;
	bool is_v6;
};

/**
 * enum tn_mac_state - what the two MACs of a message prove
 * @TN_MAC_INVALID:	mac1 is wrong: the sender does not know who we are
 * @TN_MAC_VALID:	mac1 is right: the sender knows our public key
 * @TN_MAC_VALID_COOKIE:	and mac2 is: it receives at its source address
 * @TN_MAC_VALID_COOKIE_RATELIMITED:	and has sent too many of late; never
 *	returned by tn_cookie_check(), for callers that ask the rate limiter
 */
enum tn_mac_state {
	TN_MAC_INVALID,
	TN_MAC_VALID,
	TN_MAC_VALID_COOKIE,
	TN_MAC_VALID_COOKIE_RATELIMITED,
};

/**
 * struct tn_cookie_checker - a device's side: gives out cookies, checks MACs
 * @lock:		protects all of it; innermost of the handshake locks
 * @secret_born_ns:	boot-time clock; the secret is void without @has_secret
 * @has_secret:		a secret was drawn
 * @has_keys:		the two keys below are set
 * @secret:		cookies are a MAC of the source under it
 * @mac1_key:		from our public key
 * @cookie_key:		from our public key
 */
struct tn_cookie_checker {
	/* Writers: key change and secret rotation. */
	struct rw_semaphore lock;
	u64 secret_born_ns;
	bool has_secret;
	bool has_keys;
	u8 secret[TN_HASH_LEN];
	u8 mac1_key[TN_KEY_LEN];
	u8 cookie_key[TN_KEY_LEN];
};

/**
 * struct tn_cookie - a peer's side: the cookie it gave us
 * @lock:		protects all but the two keys, which never change
 * @born_ns:		boot-time clock, when the cookie arrived
 * @is_valid:		a cookie is held (it may be too old to use)
 * @have_sent_mac1:	a message went out since the last cookie came in
 * @cookie:		the key of our mac2
 * @last_mac1:		of the message that a cookie reply must be bound to
 * @mac1_key:		from the peer's public key
 * @cookie_key:		from the peer's public key
 */
struct tn_cookie {
	/* Writers: cookie received, message sent. */
	struct rw_semaphore lock;
	u64 born_ns;
	bool is_valid;
	bool have_sent_mac1;
	u8 cookie[TN_MAC_LEN];
	u8 last_mac1[TN_MAC_LEN];
	u8 mac1_key[TN_KEY_LEN];
	u8 cookie_key[TN_KEY_LEN];
};

void tn_cookie_checker_init(struct tn_cookie_checker *checker);
void tn_cookie_checker_done(struct tn_cookie_checker *checker);
void tn_cookie_checker_update_keys(struct tn_cookie_checker *checker,
				   const u8 public[TN_KEY_LEN]);
enum tn_mac_state tn_cookie_check(struct tn_cookie_checker *checker,
				  const void *msg, size_t len,
				  const struct tn_source *source,
				  bool check_mac2, u64 now_ns);
bool tn_cookie_reply_create(struct tn_cookie_checker *checker, const void *msg,
			    size_t len, __le32 sender_index,
			    const struct tn_source *source, u64 now_ns,
			    struct tn_msg_cookie *ret);

void tn_cookie_init(struct tn_cookie *cookie, const u8 public[TN_KEY_LEN]);
void tn_cookie_done(struct tn_cookie *cookie);
void tn_cookie_add_macs(struct tn_cookie *cookie, void *msg, size_t len,
			u64 now_ns);
bool tn_cookie_reply_consume(struct tn_cookie *cookie,
			     const struct tn_msg_cookie *msg, u64 now_ns);

#endif /* TN_COOKIE_H */
