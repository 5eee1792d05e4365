// SPDX-License-Identifier: GPL-2.0-only
/* Netlink: why packets were dropped. */
#include "genl.h"

#include <linux/netlink.h>
#include <net/sock.h>

#include "device.h"
#include "stats.h"

/* Message of one device: about 40 bytes for each reason. Return: 0, -EMSGSIZE. */
static int tn_genl_fill_stats(struct sk_buff *skb, struct tn_device *tn,
			      u32 portid, u32 seq, int flags)
{
	struct nlattr *nest, *drop;
	enum tn_drop reason;
	void *hdr;

	hdr = genlmsg_put(skb, portid, seq, &tn_genl_family, flags,
			  TAILNET_CMD_STATS_GET);
	if (!hdr)
		return -EMSGSIZE;
	if (tn_genl_put_ref(skb, tn, READ_ONCE(tn->generation)))
		goto err_cancel;
	nest = nla_nest_start(skb, TAILNET_A_STATS);
	if (!nest)
		goto err_cancel;
	for (reason = TN_DROP_NONE + 1; reason < TN_DROP_REASONS; reason++) {
		drop = nla_nest_start(skb, TAILNET_A_STATS_DROP);
		if (!drop ||
		    nla_put_string(skb, TAILNET_A_DROP_REASON,
				   tn_drop_name(reason)) ||
		    nla_put_u64_64bit(skb, TAILNET_A_DROP_COUNT,
				      tn_stats_drops(tn, reason),
				      TAILNET_A_DROP_PAD))
			goto err_cancel;
		nla_nest_end(skb, drop);
	}
	nla_nest_end(skb, nest);
	genlmsg_end(skb, hdr);
	return 0;

err_cancel:
	genlmsg_cancel(skb, hdr);
	return -EMSGSIZE;
}

/**
 * tn_genl_stats_get() - STATS_GET of one device
 * @skb:	the request
 * @info:	the same, parsed
 *
 * Context: Process.
 * Return: 0 or a negative error, told in @info->extack.
 */
int tn_genl_stats_get(struct sk_buff *skb, struct genl_info *info)
{
	struct tn_device *tn;
	struct sk_buff *msg;
	int ret;

	tn = tn_genl_device(genl_info_net(info), info->attrs, info->extack);
	if (IS_ERR(tn))
		return PTR_ERR(tn);
	ret = -ENOMEM;
	msg = genlmsg_new(GENLMSG_DEFAULT_SIZE, GFP_KERNEL);
	if (!msg)
		goto out_put;
	ret = tn_genl_fill_stats(msg, tn, info->snd_portid, info->snd_seq, 0);
	if (ret) {
		nlmsg_free(msg);
		goto out_put;
	}
	ret = genlmsg_reply(msg, info);
out_put:
	tn_device_put(tn);
	return ret;
}

/**
 * tn_genl_stats_dump() - STATS_GET of all devices of a namespace
 * @skb:	answer
 * @cb:		the dump
 *
 * Context: Process.
 * Return: bytes in @skb, 0 at the end, or a negative error.
 */
int tn_genl_stats_dump(struct sk_buff *skb, struct netlink_callback *cb)
{
	int *last = (int *)cb->ctx;
	struct tn_device *tn;
	int ifindex = *last;
	int ret;

	ret = tn_genl_dump_check(cb);
	if (ret)
		return ret;
	while ((tn = tn_genl_next_device(sock_net(cb->skb->sk), &ifindex))) {
		ret = tn_genl_fill_stats(skb, tn, NETLINK_CB(cb->skb).portid,
					 cb->nlh->nlmsg_seq, NLM_F_MULTI);
		tn_device_put(tn);
		if (ret)
			break;
		*last = ifindex;
	}
	return skb->len;
}
