/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TN_STATS_H
#define TN_STATS_H

#include <linux/percpu.h>
#include <linux/types.h>

struct sk_buff;
struct tn_device;

/*
 * Why a packet was not delivered.
 *
 * One reason per packet. Grows at its end only: the names in tn_drop_name()
 * are part of the netlink interface.
 */
enum tn_drop {
	TN_DROP_NONE,
	/* from the network, before authentication */
	TN_DROP_RX_JUNK,		/* no message of ours */
	TN_DROP_RX_TAIL,		/* one-byte datagram behind a batch */
	TN_DROP_RX_NOMEM,
	TN_DROP_RX_INDEX,		/* no such session */
	TN_DROP_RX_EXPIRED,		/* session too old or counter at its end */
	TN_DROP_RX_STALE,		/* counter seen or behind the window */
	TN_DROP_RX_QUEUE,		/* too much waits for decryption */
	TN_DROP_RX_PASSED,		/* bucket of disco or STUN was empty */
	TN_DROP_RX_DOWN,		/* device down, peer removed */
	/* from the network, handshake messages */
	TN_DROP_HS_QUEUE,
	TN_DROP_HS_MAC1,
	TN_DROP_HS_COOKIE,		/* under load, a cookie was demanded */
	TN_DROP_HS_RATE,		/* under load, source sends too often */
	TN_DROP_HS_INVALID,		/* did not decrypt, or no state for it */
	TN_DROP_HS_PEER,		/* static key of no admitted peer */
	TN_DROP_HS_REPLAY,		/* timestamp not greater than the last */
	TN_DROP_HS_FLOOD,		/* peer initiates too often */
	/* from the network, after or at authentication */
	TN_DROP_RX_AUTH,		/* tag does not fit */
	TN_DROP_RX_REPLAY,		/* authentic, but counter seen before */
	TN_DROP_RX_INNER,		/* inner packet malformed */
	TN_DROP_RX_ECN,			/* congestion mark on a packet without ECT */
	TN_DROP_RX_SOURCE,		/* inner source is not the sender's */
	TN_DROP_RX_STACK,		/* refused by the host's stack */
	/* from the host */
	TN_DROP_TX_PROTO,		/* not IP */
	TN_DROP_TX_PEER,		/* no peer has the destination */
	TN_DROP_TX_PATH,		/* peer has no endpoint */
	TN_DROP_TX_STAGED,		/* oldest of too many waiting */
	TN_DROP_TX_GIVEUP,		/* handshake failed for too long */
	TN_DROP_TX_QUEUE,		/* too much waits for encryption */
	TN_DROP_TX_NOMEM,
	TN_DROP_TX_SEGMENT,		/* super-packet cannot be segmented */
	TN_DROP_TX_LOOP,		/* tunnel nested too deeply */
	TN_DROP_TX_ROUTE,		/* no route to the endpoint */
	TN_DROP_TX_SOCKET,		/* no socket of that family */
	TN_DROP_TX_DOWN,		/* device down, peer removed */
	/* the peer's time has come, see expiry.c */
	TN_DROP_HS_KEY_EXPIRED,		/* its handshake message */
	TN_DROP_RX_KEY_EXPIRED,		/* under way when it came */
	TN_DROP_TX_KEY_EXPIRED,
	/* the peer is suspended, see lock.c */
	TN_DROP_HS_NOT_ADMITTED,	/* its handshake message */
	TN_DROP_RX_NOT_ADMITTED,	/* under way when it was */
	TN_DROP_TX_NOT_ADMITTED,

	TN_DROP_REASONS
};

/**
 * struct tn_drop_stats - what one CPU counts for a device
 * @count:	packets, by reason
 * @event_second: second in which @events were sent, monotonic clock
 * @events:	notifications that packets caused in that second
 *
 * Written by the CPU itself. A reader adds up all of them and may, on a 32-bit
 * machine, see half of a carry once in 2^32 packets.
 */
struct tn_drop_stats {
	u64 count[TN_DROP_REASONS];
	u32 event_second;
	u32 events;
};

int tn_stats_init(struct tn_device *tn);
void tn_stats_done(struct tn_device *tn);
const char *tn_drop_name(enum tn_drop reason);
u64 tn_stats_drops(const struct tn_device *tn, enum tn_drop reason);

void tn_drop_count(struct tn_device *tn, enum tn_drop reason, unsigned int n);
void tn_drop_skb(struct tn_device *tn, struct sk_buff *skb,
		 enum tn_drop reason);

#endif
