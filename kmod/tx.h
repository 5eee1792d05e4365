/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TN_TX_H
#define TN_TX_H

#include <linux/netdevice.h>
#include <linux/percpu.h>
#include <linux/skbuff.h>

#include "messages.h"
#include "queue.h"
#include "stats.h"

struct tn_device;
struct tn_keypair;
struct tn_peer;

/* In front of a message: link, IPv6 and UDP headers, a relay's 8 bytes. */
#define TN_TX_HEADROOM \
	ALIGN(LL_MAX_HEADER + 40 + 8 + 8 + sizeof(struct tn_msg_data), 16)

/* Tunnels of ours inside one another at most. */
#define TN_TX_DEPTH_MAX 4

/**
 * struct tn_tx_cb - what a plain packet carries while it is staged
 * @mtu:	of its route, bytes; 0 = unknown
 * @segs:	datagrams that it becomes
 * @depth:	tunnels of ours that it has passed
 * @ds:		traffic class of the outer header
 */
struct tn_tx_cb {
	u32 mtu;
	u16 segs;
	u8 depth;
	u8 ds;
};

static inline struct tn_tx_cb *tn_tx_cb(struct sk_buff *skb)
{
	BUILD_BUG_ON(sizeof(struct tn_tx_cb) > sizeof(skb->cb));
	return (struct tn_tx_cb *)skb->cb;
}

/**
 * struct tn_tx_batch - packets of one session on their way out
 * @b:		the part that queues know
 * @peer:	counted
 * @keypair:	counted
 * @nonce:	counter of the first segment; the others follow
 * @in:		what the host sent: a list of plain packets, or with @out one
 *		packet to be cut into segments
 * @out:	the datagrams, one behind the other in its page fragments; NULL:
 *		the packets of @in become the datagrams
 * @first_seg:	with @out, first segment of @in that belongs here
 * @hdr_len:	with @out, bytes of the headers that each segment repeats
 * @mss:	with @out, payload bytes of a segment but the last of @in
 * @seg_len:	with @out, bytes of a datagram but the last
 * @last_len:	with @out, bytes of the last
 * @frag_segs:	with @out, datagrams in a page fragment
 * @frag_len:	with @out, bytes allocated for each page fragment
 * @mtu:	with @out, of the route, for padding, bytes
 * @depth:	tunnels of ours that the packets have passed
 * @ds:		traffic class of the outer header
 * @keepalive:	nothing but keepalives
 */
struct tn_tx_batch {
	struct tn_batch b;
	struct tn_peer *peer;
	struct tn_keypair *keypair;
	u64 nonce;
	struct sk_buff *in;
	struct sk_buff *out;
	u32 first_seg;
	u16 hdr_len;
	u16 mss;
	u16 seg_len;
	u16 last_len;
	u16 frag_segs;
	u32 frag_len;
	u32 mtu;
	u8 depth;
	u8 ds;
	bool keepalive;
};

DECLARE_PER_CPU(u8, tn_tx_depth);

int tn_tx_init(void);
void tn_tx_done(void);

/* tx_stage.c */
netdev_tx_t tn_tx_xmit(struct sk_buff *skb, struct net_device *dev);
void tn_tx_flush(struct tn_peer *peer);
void tn_tx_keepalive(struct tn_peer *peer);
void tn_tx_purge(struct tn_peer *peer, enum tn_drop reason);

/* tx_crypt.c */
struct tn_tx_batch *tn_tx_batch_new(struct tn_peer *peer,
				    struct tn_keypair *keypair,
				    struct sk_buff *in, unsigned int nsegs);
bool tn_tx_super_ok(struct tn_device *tn, struct sk_buff *skb);
bool tn_tx_super_prepare(struct tn_tx_batch *tb, unsigned int first_seg);
unsigned int tn_tx_super_segs(const struct tn_device *tn,
			      const struct sk_buff *skb);
void tn_tx_crypt(struct tn_tx_batch *tb);

/* tx_send.c */
void tn_tx_send(struct tn_batch *b);
void tn_tx_send_work(struct work_struct *work);

#endif
