// SPDX-License-Identifier: GPL-2.0-only
/*
 * In, 2 of 3: messages are opened.
 * In: a batch of one session. Out: the same batch, done, in the peer's order;
 * what did not open is gone and counted. Next: rx_deliver.c.
 */
#include <linux/slab.h>
#include <linux/ktime.h>

#include "crypto.h"
#include "device.h"
#include "keypair.h"
#include "peer.h"
#include "rx.h"

/* Batches from here on are worth waking another CPU for. */
#define TN_SHARE_SEGS (2 * TN_CHUNK_SEGS)

/* So much waiting for one poll function is more than one CPU should have. */
#define TN_NAPI_SEGS_MAX 64

static void tn_rx_batch_free(struct tn_batch *b)
{
	struct tn_rx_batch *rb = container_of(b, struct tn_rx_batch, b);
	unsigned int i;

	for (i = 0; i < b->nsegs; i++)
		kfree_skb(rb->seg[i].skb);
	consume_skb(rb->src);
	tn_keypair_put(rb->keypair);
	tn_peer_put(rb->peer);
	kfree(rb);
}

/*
 * A piece of an skb as one run of memory, or NULL if it is in several. A merged
 * skb has its datagrams in page fragments and in further skbs chained to it.
 */
static const u8 *tn_rx_flat(const struct sk_buff *skb, unsigned int offset,
			    unsigned int len)
{
	const struct skb_shared_info *sh = skb_shinfo(skb);
	unsigned int start = skb_headlen(skb), i;
	const struct sk_buff *frag_iter;

	if (offset + len <= start)
		return skb->data + offset;
	if (offset < start)
		return NULL;
	for (i = 0; i < sh->nr_frags; i++) {
		const skb_frag_t *frag = &sh->frags[i];
		unsigned int size = skb_frag_size(frag);

		if (offset < start + size) {
			if (offset + len > start + size ||
			    PageHighMem(skb_frag_page(frag)))
				return NULL;
			return (u8 *)skb_frag_address(frag) + offset - start;
		}
		start += size;
	}
	skb_walk_frags(skb, frag_iter) {
		if (offset < start + frag_iter->len) {
			if (skb_has_frag_list(frag_iter) ||
			    offset + len > start + frag_iter->len)
				return NULL;
			return tn_rx_flat(frag_iter, offset - start, len);
		}
		start += frag_iter->len;
	}
	return NULL;
}

/*
 * Open one message of a shared buffer into an skb of its own. What others may
 * read, a packet tap or the sender on this same host, is never written to.
 */
static struct sk_buff *tn_rx_open_copy(const struct tn_rx_batch *rb,
				       const struct tn_rx_seg *seg,
				       enum tn_drop *ret_reason)
{
	const unsigned int sealed = seg->len - sizeof(struct tn_msg_data);
	const unsigned int at = seg->offset + sizeof(struct tn_msg_data);
	struct sk_buff *skb;
	const u8 *src;

	*ret_reason = TN_DROP_RX_NOMEM;
	skb = __netdev_alloc_skb(rb->peer->tn->dev, sealed,
				 GFP_ATOMIC | __GFP_NOWARN);
	if (unlikely(!skb))
		return NULL;
	src = tn_rx_flat(rb->src, at, sealed);
	if (!src) {
		skb_copy_bits(rb->src, at, skb->data, sealed);
		src = skb->data;
	}
	*ret_reason = TN_DROP_RX_AUTH;
	if (unlikely(!tn_aead_open(skb->data, src, sealed, NULL, 0,
				   seg->counter, rb->keypair->recv_key))) {
		kfree_skb(skb);
		return NULL;
	}
	skb_put(skb, sealed - TN_TAG_LEN);
	return skb;
}

static bool tn_rx_open_in_place(const struct tn_rx_batch *rb,
				const struct tn_rx_seg *seg)
{
	struct sk_buff *skb = seg->skb;

	__skb_pull(skb, sizeof(struct tn_msg_data));
	if (!tn_aead_open(skb->data, skb->data, skb->len, NULL, 0,
			  seg->counter, rb->keypair->recv_key))
		return false;
	__skb_trim(skb, skb->len - TN_TAG_LEN);
	return true;
}

static void tn_rx_open(struct tn_rx_batch *rb, struct tn_rx_seg *seg)
{
	struct tn_device *tn = rb->peer->tn;
	struct sk_buff *skb = seg->skb;
	enum tn_drop reason;

	/*
	 * A look before the work, racy and only to make floods of old packets
	 * cheap: what counts is the test after authentication.
	 */
	reason = TN_DROP_RX_STALE;
	if (unlikely(!tn_replay_precheck(&rb->keypair->replay, seg->counter)))
		goto drop;
	reason = TN_DROP_RX_EXPIRED;
	if (unlikely(!READ_ONCE(rb->keypair->recv_ok)))
		goto drop;
	if (rb->in_place) {
		reason = TN_DROP_RX_AUTH;
		if (likely(tn_rx_open_in_place(rb, seg)))
			return;
	} else {
		seg->skb = tn_rx_open_copy(rb, seg, &reason);
		if (likely(seg->skb))
			return;
	}
drop:
	tn_drop_count(tn, reason, 1);
	if (rb->in_place)
		kfree_skb(skb);
	seg->skb = NULL;
}

static void tn_rx_batch_crypt(struct tn_batch *b, unsigned int first,
			      unsigned int count)
{
	struct tn_rx_batch *rb = container_of(b, struct tn_rx_batch, b);
	unsigned int i;

	for (i = first; i < first + count; i++)
		tn_rx_open(rb, &rb->seg[i]);
}

static void tn_rx_batch_finish(struct tn_batch *b)
{
	tn_rx_ready(container_of(b, struct tn_rx_batch, b)->peer);
}

static const struct tn_batch_ops tn_rx_batch_ops = {
	.crypt = tn_rx_batch_crypt,
	.finish = tn_rx_batch_finish,
	.free = tn_rx_batch_free,
};

/**
 * tn_rx_batch_new() - make a batch of messages of one session
 * @peer:	the peer; its reference goes to the batch, on success
 * @keypair:	the session; its reference too
 * @nsegs:	how many at most
 *
 * Context: Softirq.
 * Return: the batch, held once; or NULL.
 */
struct tn_rx_batch *tn_rx_batch_new(struct tn_peer *peer,
				    struct tn_keypair *keypair,
				    unsigned int nsegs)
{
	struct tn_rx_batch *rb;

	rb = kzalloc(struct_size(rb, seg, nsegs), GFP_ATOMIC | __GFP_NOWARN);
	if (unlikely(!rb))
		return NULL;
	tn_batch_init(&rb->b, &tn_rx_batch_ops, nsegs);
	rb->peer = peer;
	rb->keypair = keypair;
	return rb;
}

/**
 * tn_rx_crypt() - have a batch opened, by the poll function or by a worker
 * @rb:		the batch; the caller's reference is used up
 *
 * It gets its place in the peer's order here, which is that of arrival.
 *
 * Context: Softirq.
 */
void tn_rx_crypt(struct tn_rx_batch *rb)
{
	struct tn_device *tn = rb->peer->tn;
	struct tn_napi *n = rb->peer->napi;
	bool full;

	atomic_add(rb->b.nsegs, &tn->segs_queued);
	tn_order_push(&rb->peer->rx_order, &rb->b);

	if (!(READ_ONCE(tn->flags) & TAILNET_DEV_F_INLINE)) {
		tn_crypt_defer(&tn->crypt, &rb->b);
		return;
	}
	full = READ_ONCE(n->crypt_segs) > TN_NAPI_SEGS_MAX;
	if (full && num_online_cpus() > 1) {
		tn_crypt_defer(&tn->crypt, &rb->b);
		return;
	}
	/* One list for both uses of the link: share before queueing. */
	if (rb->b.nsegs >= TN_SHARE_SEGS)
		tn_crypt_share(&tn->crypt, &rb->b);
	else if (tn_crypt_help(&tn->crypt, &rb->b))
		return;
	spin_lock(&n->crypt_lock);
	list_add_tail(&rb->poll_link, &n->crypt);
	WRITE_ONCE(n->crypt_segs, n->crypt_segs + rb->b.nsegs);
	spin_unlock(&n->crypt_lock);
	napi_schedule(&n->napi);
}

/**
 * tn_rx_crypt_poll() - open one batch of those that wait for a poll function
 * @n:	whose
 *
 * Context: Softirq.
 * Return: false if none waits.
 */
bool tn_rx_crypt_poll(struct tn_napi *n)
{
	struct tn_rx_batch *rb;

	spin_lock(&n->crypt_lock);
	rb = list_first_entry_or_null(&n->crypt, struct tn_rx_batch, poll_link);
	if (rb) {
		list_del_init(&rb->poll_link);
		WRITE_ONCE(n->crypt_segs, n->crypt_segs - rb->b.nsegs);
	}
	spin_unlock(&n->crypt_lock);
	if (!rb)
		return false;
	tn_batch_run(&rb->b);
	tn_batch_put(&rb->b);
	return true;
}
