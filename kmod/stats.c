// SPDX-License-Identifier: GPL-2.0-only
/* Why packets were dropped: one counter per reason, one place that frees. */
#include "stats.h"

#include <linux/bug.h>
#include <linux/netdevice.h>
#include <linux/skbuff.h>

#include "device.h"

/*
 * Which counter of the link a reason shows up in. What comes from the network
 * and is not authentic is no packet of this link: whoever sends it must not
 * be able to make the link look broken.
 */
enum tn_drop_kind {
	TN_DROP_KIND_NONE,
	TN_DROP_KIND_RX_DROPPED,
	TN_DROP_KIND_RX_LENGTH,
	TN_DROP_KIND_RX_FRAME,
	TN_DROP_KIND_TX_DROPPED,
	TN_DROP_KIND_TX_ERROR,
	TN_DROP_KIND_TX_CARRIER,
};

static const struct {
	const char *name;
	enum tn_drop_kind kind;
} tn_drop_reasons[] = {
	[TN_DROP_NONE] =	{ "none", TN_DROP_KIND_NONE },
	[TN_DROP_RX_JUNK] =	{ "rx-junk", TN_DROP_KIND_NONE },
	[TN_DROP_RX_TAIL] =	{ "rx-tail", TN_DROP_KIND_NONE },
	[TN_DROP_RX_NOMEM] =	{ "rx-nomem", TN_DROP_KIND_RX_DROPPED },
	[TN_DROP_RX_INDEX] =	{ "rx-index", TN_DROP_KIND_NONE },
	[TN_DROP_RX_EXPIRED] =	{ "rx-expired", TN_DROP_KIND_NONE },
	[TN_DROP_RX_STALE] =	{ "rx-stale", TN_DROP_KIND_NONE },
	[TN_DROP_RX_QUEUE] =	{ "rx-queue", TN_DROP_KIND_RX_DROPPED },
	[TN_DROP_RX_PASSED] =	{ "rx-passed", TN_DROP_KIND_NONE },
	[TN_DROP_RX_DOWN] =	{ "rx-down", TN_DROP_KIND_RX_DROPPED },
	[TN_DROP_HS_QUEUE] =	{ "hs-queue", TN_DROP_KIND_NONE },
	[TN_DROP_HS_MAC1] =	{ "hs-mac1", TN_DROP_KIND_NONE },
	[TN_DROP_HS_COOKIE] =	{ "hs-cookie", TN_DROP_KIND_NONE },
	[TN_DROP_HS_RATE] =	{ "hs-rate", TN_DROP_KIND_NONE },
	[TN_DROP_HS_INVALID] =	{ "hs-invalid", TN_DROP_KIND_NONE },
	[TN_DROP_HS_PEER] =	{ "hs-peer", TN_DROP_KIND_NONE },
	[TN_DROP_HS_REPLAY] =	{ "hs-replay", TN_DROP_KIND_NONE },
	[TN_DROP_HS_FLOOD] =	{ "hs-flood", TN_DROP_KIND_NONE },
	[TN_DROP_RX_AUTH] =	{ "rx-auth", TN_DROP_KIND_NONE },
	[TN_DROP_RX_REPLAY] =	{ "rx-replay", TN_DROP_KIND_NONE },
	[TN_DROP_RX_INNER] =	{ "rx-inner", TN_DROP_KIND_RX_LENGTH },
	[TN_DROP_RX_ECN] =	{ "rx-ecn", TN_DROP_KIND_RX_FRAME },
	[TN_DROP_RX_SOURCE] =	{ "rx-source", TN_DROP_KIND_RX_FRAME },
	[TN_DROP_RX_STACK] =	{ "rx-stack", TN_DROP_KIND_RX_DROPPED },
	[TN_DROP_TX_PROTO] =	{ "tx-proto", TN_DROP_KIND_TX_ERROR },
	[TN_DROP_TX_PEER] =	{ "tx-peer", TN_DROP_KIND_TX_ERROR },
	[TN_DROP_TX_PATH] =	{ "tx-path", TN_DROP_KIND_TX_ERROR },
	[TN_DROP_TX_STAGED] =	{ "tx-staged", TN_DROP_KIND_TX_DROPPED },
	[TN_DROP_TX_GIVEUP] =	{ "tx-giveup", TN_DROP_KIND_TX_DROPPED },
	[TN_DROP_TX_QUEUE] =	{ "tx-queue", TN_DROP_KIND_TX_DROPPED },
	[TN_DROP_TX_NOMEM] =	{ "tx-nomem", TN_DROP_KIND_TX_DROPPED },
	[TN_DROP_TX_SEGMENT] =	{ "tx-segment", TN_DROP_KIND_TX_ERROR },
	[TN_DROP_TX_LOOP] =	{ "tx-loop", TN_DROP_KIND_TX_ERROR },
	[TN_DROP_TX_ROUTE] =	{ "tx-route", TN_DROP_KIND_TX_CARRIER },
	[TN_DROP_TX_SOCKET] =	{ "tx-socket", TN_DROP_KIND_TX_CARRIER },
	[TN_DROP_TX_DOWN] =	{ "tx-down", TN_DROP_KIND_TX_DROPPED },
	[TN_DROP_HS_KEY_EXPIRED] = { "hs-key-expired", TN_DROP_KIND_NONE },
	[TN_DROP_RX_KEY_EXPIRED] = { "rx-key-expired",
				     TN_DROP_KIND_RX_DROPPED },
	[TN_DROP_TX_KEY_EXPIRED] = { "tx-key-expired", TN_DROP_KIND_TX_ERROR },
	[TN_DROP_HS_NOT_ADMITTED] = { "hs-not-admitted", TN_DROP_KIND_NONE },
	[TN_DROP_RX_NOT_ADMITTED] = { "rx-not-admitted",
				      TN_DROP_KIND_RX_DROPPED },
	[TN_DROP_TX_NOT_ADMITTED] = { "tx-not-admitted",
				      TN_DROP_KIND_TX_ERROR },
};

static_assert(ARRAY_SIZE(tn_drop_reasons) == TN_DROP_REASONS);

/**
 * tn_drop_name() - stable name of a drop reason, for the netlink interface
 * @reason:	the reason
 *
 * Return: the name, or NULL for a number that is no reason.
 */
const char *tn_drop_name(enum tn_drop reason)
{
	return reason < TN_DROP_REASONS ? tn_drop_reasons[reason].name : NULL;
}

/**
 * tn_stats_init() - make the counters of a device, all zero
 * @tn:	the device
 *
 * Context: Process; sleeps.
 * Return: 0 or -ENOMEM.
 */
int tn_stats_init(struct tn_device *tn)
{
	tn->drops = alloc_percpu(struct tn_drop_stats);
	return tn->drops ? 0 : -ENOMEM;
}

/**
 * tn_stats_done() - free the counters of a device
 * @tn:	the device; nothing counts any more
 */
void tn_stats_done(struct tn_device *tn)
{
	free_percpu(tn->drops);
	tn->drops = NULL;
}

/**
 * tn_stats_drops() - packets dropped for one reason since the device was made
 * @tn:		the device
 * @reason:	the reason
 *
 * Context: Any.
 * Return: the number, of all CPUs.
 */
u64 tn_stats_drops(const struct tn_device *tn, enum tn_drop reason)
{
	u64 sum = 0;
	int cpu;

	for_each_possible_cpu(cpu)
		sum += READ_ONCE(per_cpu_ptr(tn->drops, cpu)->count[reason]);
	return sum;
}

static void tn_drop_count_link(struct net_device *dev, enum tn_drop_kind kind,
			       unsigned int n)
{
	switch (kind) {
	case TN_DROP_KIND_NONE:
		break;
	case TN_DROP_KIND_RX_DROPPED:
		DEV_STATS_ADD(dev, rx_dropped, n);
		break;
	case TN_DROP_KIND_RX_LENGTH:
		DEV_STATS_ADD(dev, rx_errors, n);
		DEV_STATS_ADD(dev, rx_length_errors, n);
		break;
	case TN_DROP_KIND_RX_FRAME:
		DEV_STATS_ADD(dev, rx_errors, n);
		DEV_STATS_ADD(dev, rx_frame_errors, n);
		break;
	case TN_DROP_KIND_TX_DROPPED:
		DEV_STATS_ADD(dev, tx_dropped, n);
		break;
	case TN_DROP_KIND_TX_ERROR:
		DEV_STATS_ADD(dev, tx_errors, n);
		break;
	case TN_DROP_KIND_TX_CARRIER:
		DEV_STATS_ADD(dev, tx_errors, n);
		DEV_STATS_ADD(dev, tx_carrier_errors, n);
		break;
	}
}

/**
 * tn_drop_count() - count packets that somebody else frees
 * @tn:		the device
 * @reason:	why they are dropped; not TN_DROP_NONE
 * @n:		how many
 *
 * Context: Any.
 */
void tn_drop_count(struct tn_device *tn, enum tn_drop reason, unsigned int n)
{
	if (WARN_ON_ONCE(reason == TN_DROP_NONE || reason >= TN_DROP_REASONS))
		return;
	this_cpu_add(tn->drops->count[reason], n);
	tn_drop_count_link(tn->dev, tn_drop_reasons[reason].kind, n);
}

/**
 * tn_drop_skb() - count and free one packet
 * @tn:		the device
 * @skb:	the packet; consumed
 * @reason:	why; not TN_DROP_NONE
 *
 * Context: Any.
 */
void tn_drop_skb(struct tn_device *tn, struct sk_buff *skb,
		 enum tn_drop reason)
{
	tn_drop_count(tn, reason, 1);
	dev_kfree_skb_any(skb);
}
