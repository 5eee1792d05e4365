/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TN_RX_H
#define TN_RX_H

#include <linux/llist.h>
#include <linux/netdevice.h>
#include <linux/skbuff.h>

#include "path.h"
#include "queue.h"

struct sock;
struct tn_device;
struct tn_keypair;
struct tn_peer;

/**
 * struct tn_rx_seg - one datagram of a batch
 * @skb:	the inner packet, once decrypted; NULL = dropped and counted
 * @counter:	from its header
 * @offset:	of the message in tn_rx_batch.src
 * @len:	of the message, bytes
 */
struct tn_rx_seg {
	struct sk_buff *skb;
	u64 counter;
	u32 offset;
	u32 len;
};

/**
 * struct tn_rx_batch - datagrams of one session on their way in
 * @b:		the part that queues know
 * @poll_link:	in the list of a poll function, under its lock
 * @peer:	counted
 * @keypair:	counted
 * @src:	what the socket received, shared with other batches of the same
 *		buffer and only read; NULL when @in_place
 * @ep:		where it came from
 * @ds:		traffic class of the outer header, all datagrams alike
 * @in_place:	one datagram, in @seg[0].skb and nobody else's, decrypted where
 *		it lies
 * @seg:	the datagrams
 */
struct tn_rx_batch {
	struct tn_batch b;
	struct list_head poll_link;
	struct tn_peer *peer;
	struct tn_keypair *keypair;
	struct sk_buff *src;
	struct tn_endpoint ep;
	u8 ds;
	bool in_place;
	struct tn_rx_seg seg[];
};

/**
 * struct tn_napi - delivers packets of the peers that are bound to it
 * @napi:	the poll function's handle
 * @tn:		the device
 * @ready:	peers whose order queue has something done at its head
 * @resume:	those of them that the poll function has taken
 * @crypt_lock:	protects @crypt
 * @crypt:	batches to be decrypted in the poll function
 * @crypt_segs:	segments in @crypt
 */
struct tn_napi {
	struct napi_struct napi;
	struct tn_device *tn;
	struct llist_head ready;
	struct llist_node *resume;
	spinlock_t crypt_lock;	/* protects @crypt */
	struct list_head crypt;
	unsigned int crypt_segs;
};

/* rx_demux.c */
int tn_rx_encap(struct sock *sk, struct sk_buff *skb);

/* rx_crypt.c */
struct tn_rx_batch *tn_rx_batch_new(struct tn_peer *peer,
				    struct tn_keypair *keypair,
				    unsigned int nsegs);
void tn_rx_crypt(struct tn_rx_batch *rb);
bool tn_rx_crypt_poll(struct tn_napi *n);

/* rx_deliver.c */
int tn_rx_init(struct tn_device *tn);
void tn_rx_stop(struct tn_device *tn);
void tn_rx_done(struct tn_device *tn);
void tn_rx_ready(struct tn_peer *peer);

#endif
