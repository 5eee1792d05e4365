/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * WireGuard on the wire, and the limits that both ends must agree on.
 *
 * Source: the WireGuard paper (Donenfeld, NDSS 2017), sections 5.4 and 6; the
 * numbers that the paper leaves open are those of drivers/net/wireguard.
 * All integers are little-endian, all structs packed and free of padding.
 */
#ifndef TN_MESSAGES_H
#define TN_MESSAGES_H

#include <linux/build_bug.h>
#include <linux/limits.h>
#include <linux/stddef.h>
#include <linux/types.h>

/* Sizes of the primitives, bytes. */
#define TN_KEY_LEN		32
#define TN_HASH_LEN		32
#define TN_TAG_LEN		16
#define TN_MAC_LEN		16	/* mac1, mac2 and the cookie itself */
#define TN_XNONCE_LEN		24
#define TN_TAI64N_LEN		12	/* 8 seconds, 4 nanoseconds */

/* Hashed without a final NUL, in front of a public key. */
#define TN_NOISE_LABEL_MAC1	"mac1----"
#define TN_NOISE_LABEL_COOKIE	"cookie--"
#define TN_NOISE_LABEL_LEN	8

/* Length of @n bytes once sealed. */
#define TN_SEALED_LEN(n)	((n) + TN_TAG_LEN)

/* Session life, in seconds unless the name says otherwise. */
#define TN_REKEY_AFTER_TIME_S		120	/* initiator, on send */
#define TN_REJECT_AFTER_TIME_S		180	/* either way, hard stop */
#define TN_REKEY_TIMEOUT_S		5	/* gap between initiations */
#define TN_REKEY_JITTER_MAX_MS		334	/* exclusive; paper: 1/3 s */
#define TN_KEEPALIVE_TIMEOUT_S		10
#define TN_NEW_HANDSHAKE_S		(TN_KEEPALIVE_TIMEOUT_S + TN_REKEY_TIMEOUT_S)
#define TN_REKEY_ON_RECV_S		(TN_REJECT_AFTER_TIME_S - \
					 TN_KEEPALIVE_TIMEOUT_S - \
					 TN_REKEY_TIMEOUT_S)
#define TN_ZERO_KEYS_S			(3 * TN_REJECT_AFTER_TIME_S)
#define TN_MAX_TIMER_HANDSHAKES		(90 / TN_REKEY_TIMEOUT_S) /* attempts */

/* Cookies, seconds. The sender allows for the reply's time on the way. */
#define TN_COOKIE_SECRET_MAX_AGE_S	120
#define TN_COOKIE_SECRET_LATENCY_S	5

/* Initiations accepted per peer and second, whoever forwards them. */
#define TN_INITIATIONS_PER_SECOND	50

/* Handshake messages per second and source, and how many at once. */
#define TN_RATELIMIT_PER_SECOND		20
#define TN_RATELIMIT_BURST		5

/*
 * Replay window. One machine word of the ring is always the one being cleared,
 * so the window that can be relied on is a word shorter than the ring; the
 * rejection limit keeps the counter-plus-one that the ring stores from wrapping.
 * It is the 64-bit number on every machine, so that all nodes agree.
 */
#define TN_REPLAY_BITS			8192
#define TN_REPLAY_WINDOW		(TN_REPLAY_BITS - 64)

/* Packets under one key. */
#define TN_REKEY_AFTER_MESSAGES		(1ULL << 60)
#define TN_REJECT_AFTER_MESSAGES	(U64_MAX - TN_REPLAY_WINDOW - 1)

/* Queues, in packets, and tables. */
#define TN_MAX_STAGED_PACKETS		128
#define TN_MAX_QUEUED_HANDSHAKES	4096
#define TN_UNDER_LOAD_HANDSHAKES	(TN_MAX_QUEUED_HANDSHAKES / 8)
#define TN_UNDER_LOAD_STICKY_MS		1000
#define TN_MAX_PEERS			(1U << 20)	/* per device */

#define TN_PADDING_MULTIPLE		16	/* bytes of plaintext */
#define TN_HANDSHAKE_DSCP		0x88	/* AF41, ECN 00: the TOS byte */

/**
 * enum tn_msg_type - first 32-bit word of every message
 * @TN_MSG_INITIATION:	handshake, first message
 * @TN_MSG_RESPONSE:	handshake, second message
 * @TN_MSG_COOKIE:	answer of a responder under load
 * @TN_MSG_DATA:	sealed packet or keepalive
 *
 * The word is compared whole, so the three reserved bytes are zero.
 */
enum tn_msg_type {
	TN_MSG_INITIATION = 1,
	TN_MSG_RESPONSE = 2,
	TN_MSG_COOKIE = 3,
	TN_MSG_DATA = 4,
};

/**
 * struct tn_msg_header - what all messages begin with
 * @type:	&enum tn_msg_type
 */
struct tn_msg_header {
	__le32 type;
} __packed;

/**
 * struct tn_msg_macs - tail of initiation and response
 * @mac1:	over everything before it, keyed by the receiver's identity
 * @mac2:	over everything before it, keyed by a cookie; zeros without one
 */
struct tn_msg_macs {
	u8 mac1[TN_MAC_LEN];
	u8 mac2[TN_MAC_LEN];
} __packed;

/**
 * struct tn_msg_initiation - type 1
 * @header:		TN_MSG_INITIATION
 * @sender_index:	chosen by the sender, named by all answers
 * @ephemeral:		public key of this handshake
 * @sealed_static:	the sender's identity
 * @sealed_timestamp:	TAI64N, greater than in any initiation before
 * @macs:		mac1 and mac2
 */
struct tn_msg_initiation {
	struct tn_msg_header header;
	__le32 sender_index;
	u8 ephemeral[TN_KEY_LEN];
	u8 sealed_static[TN_SEALED_LEN(TN_KEY_LEN)];
	u8 sealed_timestamp[TN_SEALED_LEN(TN_TAI64N_LEN)];
	struct tn_msg_macs macs;
} __packed;

/**
 * struct tn_msg_response - type 2
 * @header:		TN_MSG_RESPONSE
 * @sender_index:	chosen by the sender, named by all later packets to it
 * @receiver_index:	sender index of the initiation
 * @ephemeral:		public key of this handshake
 * @sealed_nothing:	tag over an empty message
 * @macs:		mac1 and mac2
 */
struct tn_msg_response {
	struct tn_msg_header header;
	__le32 sender_index;
	__le32 receiver_index;
	u8 ephemeral[TN_KEY_LEN];
	u8 sealed_nothing[TN_SEALED_LEN(0)];
	struct tn_msg_macs macs;
} __packed;

/**
 * struct tn_msg_cookie - type 3
 * @header:		TN_MSG_COOKIE
 * @receiver_index:	sender index of the message that is not answered
 * @nonce:		random
 * @sealed_cookie:	XChaCha20-Poly1305, bound to that message's mac1
 */
struct tn_msg_cookie {
	struct tn_msg_header header;
	__le32 receiver_index;
	u8 nonce[TN_XNONCE_LEN];
	u8 sealed_cookie[TN_SEALED_LEN(TN_MAC_LEN)];
} __packed;

/**
 * struct tn_msg_data - type 4
 * @header:		TN_MSG_DATA
 * @receiver_index:	index that the receiver chose in the handshake
 * @counter:		nonce, also the replay protection
 * @sealed:		padded packet and tag
 */
struct tn_msg_data {
	struct tn_msg_header header;
	__le32 receiver_index;
	__le64 counter;
	u8 sealed[];
} __packed;

#define TN_DATA_OVERHEAD	(sizeof(struct tn_msg_data) + TN_TAG_LEN)
#define TN_KEEPALIVE_LEN	TN_DATA_OVERHEAD

static_assert(sizeof(struct tn_msg_initiation) == 148);
static_assert(offsetof(struct tn_msg_initiation, sealed_static) == 40);
static_assert(offsetof(struct tn_msg_initiation, sealed_timestamp) == 88);
static_assert(offsetof(struct tn_msg_initiation, macs.mac1) == 116);
static_assert(offsetof(struct tn_msg_initiation, macs.mac2) == 132);
static_assert(sizeof(struct tn_msg_response) == 92);
static_assert(offsetof(struct tn_msg_response, ephemeral) == 12);
static_assert(offsetof(struct tn_msg_response, sealed_nothing) == 44);
static_assert(offsetof(struct tn_msg_response, macs.mac1) == 60);
static_assert(offsetof(struct tn_msg_response, macs.mac2) == 76);
static_assert(sizeof(struct tn_msg_cookie) == 64);
static_assert(offsetof(struct tn_msg_cookie, sealed_cookie) == 32);
static_assert(sizeof(struct tn_msg_data) == 16);
static_assert(TN_DATA_OVERHEAD == 32);
static_assert(TN_MAX_TIMER_HANDSHAKES == 18);

#endif /* TN_MESSAGES_H */
