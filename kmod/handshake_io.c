// SPDX-License-Identifier: GPL-2.0-only
/*
 * Handshake messages in and out: the queue, the judgement under load, the
 * answers. What the messages mean is the business of handshake.c.
 */
#include "handshake_io.h"

#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/random.h>
#include <linux/slab.h>
#include <linux/ktime.h>
#include <linux/udp.h>

#include "compat.h"
#include "device.h"
#include "expiry.h"
#include "keypair.h"
#include "messages.h"
#include "path.h"
#include "peer.h"
#include "ratelimit.h"
#include "socket.h"
#include "timers.h"
#include "tx.h"

/* One worker; any of them takes from the queue. */
struct tn_handshake_worker {
	struct work_struct work;
	struct tn_device *tn;
};

/**
 * struct tn_handshake_queue - received handshake messages that wait
 * @wq:			runs the workers
 * @workers:		one for each CPU
 * @queue:		messages, from the message header on; its own lock
 * @last_cpu:		which worker was woken last; a hint, racy
 * @loaded_until_ns:	boot-time clock; under load until then
 * @closed:		takes nothing more
 */
struct tn_handshake_queue {
	struct workqueue_struct *wq;
	struct tn_handshake_worker __percpu *workers;
	struct sk_buff_head queue;
	int last_cpu;
	u64 loaded_until_ns;
	bool closed;
};

/* What every step of one message needs, and why its sender is refused. */
struct tn_hs_in {
	struct tn_device *tn;
	struct sk_buff *skb;
	struct tn_endpoint ep;
	struct tn_source source;
	u64 now_ns;
	enum tn_drop refused;
};

static bool tn_initiation_due(const struct tn_peer *peer, u64 now_ns)
{
	u64 last = atomic64_read(&peer->last_sent_handshake_ns);

	return now_ns - last >= (u64)TN_REKEY_TIMEOUT_S * NSEC_PER_SEC;
}

/**
 * tn_handshake_initiate() - ask a peer for a new session, unless just done
 * @peer:	the peer
 * @retry:	the one before had no answer; else the count of attempts begins
 *		anew
 *
 * Context: Any but hard interrupt.
 */
void tn_handshake_initiate(struct tn_peer *peer, bool retry)
{
	if (!retry)
		WRITE_ONCE(peer->handshake_attempts, 0);
	rcu_read_lock_bh();
	/* The cheap half of the test in tn_initiation_send(). */
	if (READ_ONCE(peer->tn->up) && !tn_peer_is_cut(peer) &&
	    tn_initiation_due(peer, ktime_get_coarse_boottime_ns())) {
		tn_peer_get(peer);	/* put in tn_handshake_initiate_work() */
		if (!queue_work(peer->tn->handshake_wq, &peer->initiate_work))
			tn_peer_put(peer);
	}
	rcu_read_unlock_bh();
}

static void tn_initiation_send(struct tn_peer *peer)
{
	struct tn_device *tn = peer->tn;
	struct tn_msg_initiation msg;
	struct timespec64 now;
	enum tn_hs_result res;
	u32 index;

	if (tn_peer_is_suspended(peer) || tn_expiry_is_over(peer) ||
	    !tn_initiation_due(peer, ktime_get_coarse_boottime_ns()))
		return;
	/* Before the work, so that no second one begins; and after it again. */
	atomic64_set(&peer->last_sent_handshake_ns,
		     ktime_get_coarse_boottime_ns());
	ktime_get_real_ts64(&now);

	mutex_lock(&peer->hs_steps);
	index = tn_indices_add(&tn->indices, &peer->hs_index);
	res = tn_handshake_create_initiation(&tn->identity, &peer->hs, &now,
					     index, &msg);
	if (res != TN_HS_OK)
		tn_indices_del(&tn->indices, &peer->hs_index);
	mutex_unlock(&peer->hs_steps);
	if (res != TN_HS_OK)
		return;

	tn_cookie_add_macs(&peer->cookie, &msg, sizeof(msg),
			   ktime_get_coarse_boottime_ns());
	tn_timers_any_passed(peer);
	tn_timers_any_sent(peer);
	atomic64_set(&peer->last_sent_handshake_ns,
		     ktime_get_coarse_boottime_ns());
	tn_socket_send_buffer(peer, &msg, sizeof(msg), TN_HANDSHAKE_DSCP);
	tn_timers_initiated(peer);
}

/**
 * tn_handshake_initiate_work() - body of tn_peer.initiate_work
 * @work:	of the peer, which it holds
 */
void tn_handshake_initiate_work(struct work_struct *work)
{
	struct tn_peer *peer = container_of(work, struct tn_peer,
					    initiate_work);

	tn_initiation_send(peer);
	tn_peer_put(peer);
}

/*
 * Turn a finished handshake into a keypair. The number that stood for the
 * handshake stands for the keypair from then on; if it is not there any more
 * the peer was removed or another handshake took its place, and a session that
 * nobody can address must not begin.
 */
static bool tn_session_begin(struct tn_peer *peer)
	__must_hold(&peer->hs_steps)
{
	struct tn_session_keys keys;
	struct tn_keypair *kp;
	bool ret = false;

	lockdep_assert_held(&peer->hs_steps);
	kp = tn_keypair_new(peer);
	if (!kp)
		return false;
	if (!tn_handshake_begin_session(&peer->hs, &keys))
		goto out_put;
	memcpy(kp->send_key, keys.send, TN_KEY_LEN);
	memcpy(kp->recv_key, keys.receive, TN_KEY_LEN);
	kp->remote_index = keys.remote_index;
	kp->initiator = keys.i_am_initiator;

	/* Against removal, which clears the slots a grace period after. */
	rcu_read_lock_bh();
	if (!tn_peer_is_cut(peer) &&
	    tn_indices_hand_over(&peer->tn->indices, &peer->hs_index,
				 &kp->index, keys.local_index)) {
		tn_keypairs_install(peer, kp);
		ret = true;
	}
	rcu_read_unlock_bh();
	memzero_explicit(&keys, sizeof(keys));
out_put:
	if (!ret)
		tn_keypair_put(kp);
	return ret;
}

static void tn_response_send(struct tn_peer *peer)
{
	struct tn_device *tn = peer->tn;
	struct tn_msg_response msg;
	bool ok = false;
	u32 index;

	atomic64_set(&peer->last_sent_handshake_ns,
		     ktime_get_coarse_boottime_ns());
	mutex_lock(&peer->hs_steps);
	index = tn_indices_add(&tn->indices, &peer->hs_index);
	if (tn_handshake_create_response(&peer->hs, index, &msg) == TN_HS_OK) {
		tn_cookie_add_macs(&peer->cookie, &msg, sizeof(msg),
				   ktime_get_coarse_boottime_ns());
		ok = tn_session_begin(peer);
	}
	mutex_unlock(&peer->hs_steps);
	if (!ok)
		return;
	tn_timers_session_derived(peer);
	tn_timers_any_passed(peer);
	tn_timers_any_sent(peer);
	atomic64_set(&peer->last_sent_handshake_ns,
		     ktime_get_coarse_boottime_ns());
	tn_socket_send_buffer(peer, &msg, sizeof(msg), TN_HANDSHAKE_DSCP);
}

/* The answer to whoever must first prove that it receives at its address. */
static void tn_cookie_send(struct tn_hs_in *in, __le32 sender_index)
{
	struct tn_msg_cookie msg;

	if (tn_cookie_reply_create(&in->tn->cookies, in->skb->data,
				   in->skb->len, sender_index, &in->source,
				   in->now_ns, &msg))
		tn_socket_reply(in->tn, in->skb, &msg, sizeof(msg));
}

/*
 * Under load from the moment that an eighth of the queue is full until a second
 * after the last time that it was.
 */
static bool tn_under_load(struct tn_device *tn, u64 now_ns)
{
	struct tn_handshake_queue *q = tn->handshakes;

	if (skb_queue_len_lockless(&q->queue) >= TN_UNDER_LOAD_HANDSHAKES) {
		WRITE_ONCE(q->loaded_until_ns, now_ns +
			   TN_UNDER_LOAD_STICKY_MS * NSEC_PER_MSEC);
		return true;
	}
	return now_ns < READ_ONCE(q->loaded_until_ns);
}

/* Is the message worth a Diffie-Hellman? Answers, counts and says no if not. */
static bool tn_handshake_admit(struct tn_hs_in *in, __le32 sender_index)
{
	bool loaded = tn_under_load(in->tn, in->now_ns);
	u64 ns = (unsigned long)rcu_access_pointer(in->tn->creating_net);

	switch (tn_cookie_check(&in->tn->cookies, in->skb->data, in->skb->len,
				&in->source, loaded, in->now_ns)) {
	case TN_MAC_INVALID:
		tn_drop_count(in->tn, TN_DROP_HS_MAC1, 1);
		return false;
	case TN_MAC_VALID:
		if (!loaded)
			return true;
		tn_cookie_send(in, sender_index);
		tn_drop_count(in->tn, TN_DROP_HS_COOKIE, 1);
		return false;
	case TN_MAC_VALID_COOKIE:
		if (!loaded ||
		    tn_ratelimit_allow(&in->source, ns, in->now_ns))
			return true;
		fallthrough;
	case TN_MAC_VALID_COOKIE_RATELIMITED:
		break;
	}
	tn_drop_count(in->tn, TN_DROP_HS_RATE, 1);
	return false;
}

static void tn_handshake_count_bad(struct tn_device *tn, enum tn_hs_result res)
{
	enum tn_drop reason = TN_DROP_HS_INVALID;

	switch (res) {
	case TN_HS_OK:
		return;
	case TN_HS_UNKNOWN_PEER:
		reason = TN_DROP_HS_PEER;
		break;
	case TN_HS_REPLAY:
		reason = TN_DROP_HS_REPLAY;
		break;
	case TN_HS_FLOOD:
		reason = TN_DROP_HS_FLOOD;
		break;
	case TN_HS_NO_IDENTITY:
	case TN_HS_LOW_ORDER:
	case TN_HS_BAD:
	case TN_HS_WRONG_STATE:
		break;
	}
	tn_drop_count(tn, reason, 1);
}

static void tn_handshake_count_good(struct tn_hs_in *in, struct tn_peer *peer)
{
	atomic64_add(in->skb->len, &peer->rx_bytes);
	atomic64_inc(&peer->rx_packets);
	local_bh_disable();
	dev_sw_netstats_rx_add(in->tn->dev, in->skb->len);
	local_bh_enable();
	tn_timers_any_received(peer);
	tn_timers_any_passed(peer);
}

/*
 * May a peer have a session? Asked of each handshake message, before any answer
 * and before the message can change anything; and again when the keypair is made,
 * see tn_session_begin().
 */
static enum tn_drop tn_peer_refused(struct tn_peer *peer)
{
	if (tn_peer_is_suspended(peer))
		return TN_DROP_HS_NOT_ADMITTED;
	if (tn_expiry_is_over(peer))
		return TN_DROP_HS_KEY_EXPIRED;
	return TN_DROP_NONE;
}

/* One that may not is to the handshake the same as one that does not exist. */
static struct tn_handshake *tn_directory_get(void *ctx, const u8 *pub)
{
	struct tn_hs_in *in = ctx;
	struct tn_peer *peer = tn_pubkeys_find(&in->tn->pubkeys, pub);

	if (!peer)
		return NULL;
	in->refused = tn_peer_refused(peer);
	if (in->refused != TN_DROP_NONE) {
		tn_peer_put(peer);
		return NULL;
	}
	return &peer->hs;
}

static void tn_directory_put(void *ctx, struct tn_handshake *hs)
{
	tn_peer_put(container_of(hs, struct tn_peer, hs));
}

static void tn_initiation_receive(struct tn_hs_in *in)
{
	const struct tn_msg_initiation *msg = (void *)in->skb->data;
	const struct tn_hs_directory peers = {
		.get = tn_directory_get,
		.put = tn_directory_put,
		.ctx = in,
	};
	struct tn_handshake *hs;
	enum tn_hs_result res;
	struct tn_peer *peer;

	if (!tn_handshake_admit(in, msg->sender_index))
		return;
	res = tn_handshake_consume_initiation(&in->tn->identity, msg, &peers,
					      in->now_ns, &hs);
	if (in->refused != TN_DROP_NONE) {
		tn_drop_count(in->tn, in->refused, 1);
		return;
	}
	if (res != TN_HS_OK) {
		tn_handshake_count_bad(in->tn, res);
		return;
	}
	peer = container_of(hs, struct tn_peer, hs);
	tn_path_learn(peer, &in->ep);
	tn_response_send(peer);
	tn_handshake_count_good(in, peer);
	tn_peer_put(peer);
}

/* The peer that an index of ours stands for, counted; or NULL. */
static struct tn_peer *tn_peer_by_index(struct tn_device *tn, u32 number,
					bool handshake_only)
{
	struct tn_peer *peer = NULL;
	struct tn_index *e;

	rcu_read_lock_bh();
	e = tn_indices_find(&tn->indices, number);
	if (e && (!handshake_only || e->kind == TN_INDEX_HANDSHAKE))
		peer = tn_peer_get_maybe_zero(e->peer);
	rcu_read_unlock_bh();
	return peer;
}

static void tn_response_receive(struct tn_hs_in *in)
{
	const struct tn_msg_response *msg = (void *)in->skb->data;
	enum tn_hs_result res;
	struct tn_peer *peer;
	bool ok;

	if (!tn_handshake_admit(in, msg->sender_index))
		return;
	peer = tn_peer_by_index(in->tn, le32_to_cpu(msg->receiver_index), true);
	if (!peer) {
		tn_drop_count(in->tn, TN_DROP_HS_INVALID, 1);
		return;
	}
	in->refused = tn_peer_refused(peer);
	if (in->refused != TN_DROP_NONE) {
		tn_drop_count(in->tn, in->refused, 1);
		goto out_put;
	}
	mutex_lock(&peer->hs_steps);
	res = tn_handshake_consume_response(&in->tn->identity, &peer->hs, msg);
	ok = res == TN_HS_OK && tn_session_begin(peer);
	mutex_unlock(&peer->hs_steps);
	if (res != TN_HS_OK) {
		tn_handshake_count_bad(in->tn, res);
		goto out_put;
	}
	tn_path_learn(peer, &in->ep);
	tn_handshake_count_good(in, peer);
	if (ok) {
		tn_timers_session_derived(peer);
		tn_timers_handshake_complete(peer);
		/* Staged packets or a keepalive: either confirms the session. */
		tn_tx_keepalive(peer);
	}
out_put:
	tn_peer_put(peer);
}

static void tn_cookie_receive(struct tn_hs_in *in)
{
	const struct tn_msg_cookie *msg = (void *)in->skb->data;
	struct tn_peer *peer;

	peer = tn_peer_by_index(in->tn, le32_to_cpu(msg->receiver_index),
				false);
	if (!peer || !tn_cookie_reply_consume(&peer->cookie, msg, in->now_ns))
		tn_drop_count(in->tn, TN_DROP_HS_INVALID, 1);
	tn_peer_put(peer);
}

static void tn_source_from_endpoint(struct tn_source *ret,
				    const struct tn_endpoint *ep)
{
	memset(ret, 0, sizeof(*ret));
	ret->is_v6 = ep->addr.sa_family == AF_INET6;
	if (ret->is_v6) {
		memcpy(ret->addr, &ep->addr6.sin6_addr, 16);
		ret->port = ep->addr6.sin6_port;
	} else {
		memcpy(ret->addr, &ep->addr4.sin_addr, 4);
		ret->port = ep->addr4.sin_port;
	}
}

static void tn_handshake_one(struct tn_device *tn, struct sk_buff *skb)
{
	const struct tn_msg_header *header = (void *)skb->data;
	struct tn_hs_in in = { .tn = tn, .skb = skb };

	if (tn_endpoint_from_skb(&in.ep, skb))
		return;
	tn_source_from_endpoint(&in.source, &in.ep);
	in.now_ns = ktime_get_coarse_boottime_ns();
	switch (le32_to_cpu(header->type)) {
	case TN_MSG_INITIATION:
		tn_initiation_receive(&in);
		break;
	case TN_MSG_RESPONSE:
		tn_response_receive(&in);
		break;
	case TN_MSG_COOKIE:
		tn_cookie_receive(&in);
		break;
	}
}

static void tn_handshake_work(struct work_struct *work)
{
	struct tn_handshake_worker *w =
		container_of(work, struct tn_handshake_worker, work);
	struct sk_buff *skb;

	while ((skb = skb_dequeue(&w->tn->handshakes->queue))) {
		tn_handshake_one(w->tn, skb);
		dev_kfree_skb(skb);
		cond_resched();
	}
}

/**
 * tn_handshake_receive() - queue a handshake message
 * @tn:		the device
 * @skb:	linear, from the message header on, outer headers in front of
 *		it; type and length checked; consumed
 *
 * Context: Softirq.
 */
void tn_handshake_receive(struct tn_device *tn, struct sk_buff *skb)
{
	struct tn_handshake_queue *q = tn->handshakes;
	bool full;
	int cpu;

	/* Keys drawn now would be weak; the sender tries again. */
	if (unlikely(!rng_is_initialized()))
		goto drop;
	spin_lock(&q->queue.lock);
	full = q->closed ||
	       skb_queue_len(&q->queue) >= TN_MAX_QUEUED_HANDSHAKES;
	if (!full)
		__skb_queue_tail(&q->queue, skb);
	spin_unlock(&q->queue.lock);
	if (full)
		goto drop;

	cpu = cpumask_next(READ_ONCE(q->last_cpu), cpu_online_mask);
	if (cpu >= nr_cpu_ids)
		cpu = cpumask_first(cpu_online_mask);
	WRITE_ONCE(q->last_cpu, cpu);
	queue_work_on(cpu, q->wq, &per_cpu_ptr(q->workers, cpu)->work);
	return;

drop:
	tn_drop_skb(tn, skb, TN_DROP_HS_QUEUE);
}

/**
 * tn_handshake_io_init() - make the queue and its workers
 * @tn:	the device
 *
 * Return: 0 or -ENOMEM.
 */
int tn_handshake_io_init(struct tn_device *tn)
{
	struct tn_handshake_queue *q = kzalloc(sizeof(*q), GFP_KERNEL);
	int cpu;

	if (!q)
		return -ENOMEM;
	skb_queue_head_init(&q->queue);
	q->last_cpu = -1;
	q->workers = alloc_percpu(struct tn_handshake_worker);
	if (!q->workers)
		goto err_free;
	for_each_possible_cpu(cpu) {
		struct tn_handshake_worker *w = per_cpu_ptr(q->workers, cpu);

		INIT_WORK(&w->work, tn_handshake_work);
		w->tn = tn;
	}
	q->wq = alloc_workqueue("tn-hsrx-%s",
				WQ_CPU_INTENSIVE | WQ_FREEZABLE | TN_WQ_PERCPU,
				0, tn->dev->name);
	if (!q->wq)
		goto err_workers;
	tn->handshake_wq = alloc_workqueue("tn-hstx-%s",
					   WQ_UNBOUND | WQ_FREEZABLE, 0,
					   tn->dev->name);
	if (!tn->handshake_wq)
		goto err_wq;
	tn->handshakes = q;
	return 0;

err_wq:
	destroy_workqueue(q->wq);
err_workers:
	free_percpu(q->workers);
err_free:
	kfree(q);
	return -ENOMEM;
}

/**
 * tn_handshake_io_stop() - take no message more and finish those under way
 * @tn:	the device
 *
 * Context: Process; sleeps.
 */
void tn_handshake_io_stop(struct tn_device *tn)
{
	struct tn_handshake_queue *q = tn->handshakes;

	spin_lock_bh(&q->queue.lock);
	q->closed = true;
	spin_unlock_bh(&q->queue.lock);
	skb_queue_purge(&q->queue);
	flush_workqueue(q->wq);
}

/**
 * tn_handshake_io_done() - free the queue
 * @tn:	the device; tn_handshake_io_stop() came before, its peers are gone
 */
void tn_handshake_io_done(struct tn_device *tn)
{
	destroy_workqueue(tn->handshake_wq);
	destroy_workqueue(tn->handshakes->wq);
	free_percpu(tn->handshakes->workers);
	kfree(tn->handshakes);
}
