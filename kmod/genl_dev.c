// SPDX-License-Identifier: GPL-2.0-only
/* Netlink: device settings. */
#include "genl.h"

#include <linux/capability.h>
#include <linux/file.h>
#include <linux/netdevice.h>
#include <linux/netlink.h>
#include <net/sock.h>

#include "compat.h"
#include "device.h"
#include "socket.h"
#include "update.h"

/* All device flags that there are. */
#define TN_DEV_FLAGS							\
	(TAILNET_DEV_F_MANAGED | TAILNET_DEV_F_GSO | TAILNET_DEV_F_GRO | \
	 TAILNET_DEV_F_INLINE | TAILNET_DEV_F_EQUAL_TAIL)

/* Eleven days, and in jiffies it fits a 32-bit number. Ours. */
static struct netlink_range_validation tn_genl_orphan_range = {
	.max = 1000000,
};

/* A device that is only named. */
const struct nla_policy tn_genl_dev_ref_policy[TAILNET_A_DEV_MAX + 1] = {
	[TAILNET_A_DEV_IFINDEX] = NLA_POLICY_MIN(NLA_U32, 1),
	[TAILNET_A_DEV_IFNAME] = { .type = NLA_NUL_STRING,
				   .len = IFNAMSIZ - 1 },
	[TAILNET_A_DEV_PUBLIC_KEY] = TN_NLA_OUT,
	[TAILNET_A_DEV_ORPHANED] = TN_NLA_OUT,
	[TAILNET_A_DEV_SOCKETS] = TN_NLA_OUT,
	[TAILNET_A_DEV_PEERS] = TN_NLA_OUT,
};

/* A device with settings to be changed. */
const struct nla_policy tn_genl_dev_set_policy[TAILNET_A_DEV_MAX + 1] = {
	[TAILNET_A_DEV_IFINDEX] = NLA_POLICY_MIN(NLA_U32, 1),
	[TAILNET_A_DEV_IFNAME] = { .type = NLA_NUL_STRING,
				   .len = IFNAMSIZ - 1 },
	[TAILNET_A_DEV_PRIVATE_KEY] = NLA_POLICY_EXACT_LEN(TAILNET_KEY_LEN),
	[TAILNET_A_DEV_PUBLIC_KEY] = TN_NLA_OUT,
	[TAILNET_A_DEV_LISTEN_PORT] = { .type = NLA_U16 },
	[TAILNET_A_DEV_SOCK4] = NLA_POLICY_MIN(NLA_S32, -1),
	[TAILNET_A_DEV_SOCK6] = NLA_POLICY_MIN(NLA_S32, -1),
	[TAILNET_A_DEV_FWMARK] = { .type = NLA_U32 },
	[TAILNET_A_DEV_FLAGS] = NLA_POLICY_BITFIELD32(TN_DEV_FLAGS),
	[TAILNET_A_DEV_ORPHAN_TIMEOUT] =
		NLA_POLICY_FULL_RANGE(NLA_U32, &tn_genl_orphan_range),
	[TAILNET_A_DEV_ORPHANED] = TN_NLA_OUT,
	[TAILNET_A_DEV_SOCKETS] = TN_NLA_OUT,
	[TAILNET_A_DEV_PEERS] = TN_NLA_OUT,
};

/*
 * The sockets live in the namespace where the device was made. Who may
 * configure a device that was moved may not for that reason act there.
 */
static int tn_genl_check_creator(struct sk_buff *skb, struct tn_device *tn,
				 const struct nlattr *attr,
				 struct netlink_ext_ack *extack)
{
	const struct net *net;
	int ret = 0;

	rcu_read_lock();
	net = rcu_dereference(tn->creating_net);
	if (!net) {
		NL_SET_ERR_MSG_ATTR(extack, attr,
				    "the namespace of the device's sockets is gone");
		ret = -EXDEV;
	} else if (!netlink_ns_capable(skb, net->user_ns, CAP_NET_ADMIN)) {
		NL_SET_ERR_MSG_ATTR(extack, attr,
				    "needs CAP_NET_ADMIN where the device was made");
		ret = -EPERM;
	}
	rcu_read_unlock();
	return ret;
}

/* A number in the sender's task, so it is looked up here and nowhere later. */
static int tn_genl_get_file(const struct nlattr *attr, struct file **ret,
			    struct netlink_ext_ack *extack)
{
	int fd = attr ? nla_get_s32(attr) : -1;
	struct file *file;

	if (fd < 0)
		return 0;
	file = fget(fd);
	if (!file) {
		NL_SET_ERR_MSG_ATTR(extack, attr, "no such file descriptor");
		return -EBADF;
	}
	*ret = file;
	return 0;
}

/*
 * Handing one family over and not naming the other leaves the device without
 * the other: a pair is used as a whole.
 */
static int tn_genl_parse_sockets(struct sk_buff *skb, struct genl_info *info,
				 struct tn_device *tn,
				 struct nlattr *const *tb,
				 struct tn_dev_update *dev)
{
	const struct nlattr *sock4 = tb[TAILNET_A_DEV_SOCK4];
	const struct nlattr *sock6 = tb[TAILNET_A_DEV_SOCK6];
	const struct nlattr *port = tb[TAILNET_A_DEV_LISTEN_PORT];
	const struct nlattr *any = sock4 ?: sock6;
	int ret;

	if (!any && !port)
		return 0;
	ret = tn_genl_check_creator(skb, tn, any ?: port, info->extack);
	if (ret)
		return ret;
	ret = tn_genl_get_file(sock4, &dev->file4, info->extack);
	if (ret)
		return ret;
	ret = tn_genl_get_file(sock6, &dev->file6, info->extack);
	if (ret)
		return ret;
	if (port && (dev->file4 || dev->file6)) {
		NL_SET_ERR_MSG_ATTR(info->extack, port,
				    "port of own sockets and sockets handed over exclude each other");
		return -EINVAL;
	}
	dev->attr_port = port;
	dev->attr_socks = any;
	dev->owner_portid = info->snd_portid;
	dev->owner_net = genl_info_net(info);
	if (port) {
		dev->listen_port = nla_get_u16(port);
		dev->has |= TN_DEV_HAS_PORT;
	} else {
		dev->has |= TN_DEV_HAS_SOCKETS;
	}
	return 0;
}

/**
 * tn_genl_parse_dev() - read device settings of a request
 * @skb:	the request
 * @info:	the same, parsed at the top level; names the device
 * @tn:		that device
 * @upd:	gets the settings
 *
 * Context: Process, the task that sent the request.
 * Return: 0 or a negative error, told in @info->extack.
 */
int tn_genl_parse_dev(struct sk_buff *skb, struct genl_info *info,
		      struct tn_device *tn, struct tn_update *upd)
{
	struct nlattr *tb[TAILNET_A_DEV_MAX + 1];
	struct tn_dev_update *dev = &upd->dev;
	struct nla_bitfield32 flags;
	int ret;

	ret = nla_parse_nested(tb, TAILNET_A_DEV_MAX,
			       info->attrs[TAILNET_A_DEV], NULL, info->extack);
	if (ret)
		return ret;
	if (tb[TAILNET_A_DEV_PRIVATE_KEY]) {
		memcpy(dev->private_key,
		       nla_data(tb[TAILNET_A_DEV_PRIVATE_KEY]), TN_KEY_LEN);
		dev->has |= TN_DEV_HAS_KEY;
	}
	if (tb[TAILNET_A_DEV_FWMARK]) {
		ret = tn_genl_check_creator(skb, tn, tb[TAILNET_A_DEV_FWMARK],
					    info->extack);
		if (ret)
			return ret;
		dev->fwmark = nla_get_u32(tb[TAILNET_A_DEV_FWMARK]);
		dev->has |= TN_DEV_HAS_FWMARK;
	}
	if (tb[TAILNET_A_DEV_FLAGS]) {
		flags = nla_get_bitfield32(tb[TAILNET_A_DEV_FLAGS]);
		dev->flags_value = flags.value;
		dev->flags_mask = flags.selector;
		dev->attr_flags = tb[TAILNET_A_DEV_FLAGS];
	}
	if (tb[TAILNET_A_DEV_ORPHAN_TIMEOUT]) {
		dev->orphan_timeout_s =
			nla_get_u32(tb[TAILNET_A_DEV_ORPHAN_TIMEOUT]);
		dev->has |= TN_DEV_HAS_ORPHAN;
	}
	return tn_genl_parse_sockets(skb, info, tn, tb, dev);
}

static int tn_genl_put_key(struct sk_buff *skb, struct tn_device *tn)
{
	struct tn_identity *id = &tn->identity;

	/* Only configuration changes it, and we hold its lock. */
	if (!id->has_key)
		return 0;
	return nla_put(skb, TAILNET_A_DEV_PUBLIC_KEY, TN_KEY_LEN, id->public);
}

static int tn_genl_put_sockets(struct sk_buff *skb, struct tn_device *tn)
	__must_hold(&tn->cfg_lock)
{
	const struct tn_sockets *socks;
	u32 whose = TAILNET_SOCKETS_NONE;
	u16 port = tn->listen_port;

	socks = rcu_dereference_protected(tn->socks,
					  lockdep_is_held(&tn->cfg_lock));
	if (socks) {
		whose = socks->adopted ? TAILNET_SOCKETS_ADOPTED :
					 TAILNET_SOCKETS_OWN;
		port = tn_sockets_port(socks);
	}
	if (nla_put_u16(skb, TAILNET_A_DEV_LISTEN_PORT, port) ||
	    nla_put_u32(skb, TAILNET_A_DEV_SOCKETS, whose) ||
	    nla_put_u32(skb, TAILNET_A_DEV_ORPHAN_TIMEOUT,
			tn->orphan_timeout_s))
		return -EMSGSIZE;
	return tn->orphaned ? nla_put_flag(skb, TAILNET_A_DEV_ORPHANED) : 0;
}

/* The message of one device, but for its header. */
static int tn_genl_put_dev(struct sk_buff *skb, struct tn_device *tn)
	__must_hold(&tn->cfg_lock)
{
	char name[IFNAMSIZ];
	struct nlattr *nest;

	if (nla_put_u64_64bit(skb, TAILNET_A_GENERATION, tn->generation,
			      TAILNET_A_PAD))
		return -EMSGSIZE;
	nest = nla_nest_start(skb, TAILNET_A_DEV);
	if (!nest)
		return -EMSGSIZE;
	strscpy(name, tn->dev->name, sizeof(name));
	if (nla_put_u32(skb, TAILNET_A_DEV_IFINDEX, tn->dev->ifindex) ||
	    nla_put_string(skb, TAILNET_A_DEV_IFNAME, name) ||
	    tn_genl_put_key(skb, tn) ||
	    tn_genl_put_sockets(skb, tn) ||
	    nla_put_u32(skb, TAILNET_A_DEV_FWMARK, tn->fwmark) ||
	    nla_put_bitfield32(skb, TAILNET_A_DEV_FLAGS, tn->flags,
			       TN_DEV_FLAGS) ||
	    nla_put_u32(skb, TAILNET_A_DEV_PEERS, tn->num_peers))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

static int tn_genl_fill_dev(struct sk_buff *skb, struct tn_device *tn,
			    u32 portid, u32 seq, int flags)
{
	void *hdr;
	int ret;

	hdr = genlmsg_put(skb, portid, seq, &tn_genl_family, flags,
			  TAILNET_CMD_DEV_GET);
	if (!hdr)
		return -EMSGSIZE;
	mutex_lock(&tn->cfg_lock);
	ret = tn->dying ? -ENODEV : tn_genl_put_dev(skb, tn);
	mutex_unlock(&tn->cfg_lock);
	if (ret)
		genlmsg_cancel(skb, hdr);
	else
		genlmsg_end(skb, hdr);
	return ret;
}

/**
 * tn_genl_dev_get() - DEV_GET of one device
 * @skb:	the request
 * @info:	the same, parsed
 *
 * Context: Process; takes cfg_lock.
 * Return: 0 or a negative error, told in @info->extack.
 */
int tn_genl_dev_get(struct sk_buff *skb, struct genl_info *info)
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
	ret = tn_genl_fill_dev(msg, tn, info->snd_portid, info->snd_seq, 0);
	if (ret) {
		GENL_SET_ERR_MSG(info, "the device is being removed");
		nlmsg_free(msg);
		goto out_put;
	}
	ret = genlmsg_reply(msg, info);
out_put:
	tn_device_put(tn);
	return ret;
}

/**
 * tn_genl_dev_set() - DEV_SET
 * @skb:	the request
 * @info:	the same, parsed
 *
 * Context: Process, the task that sent the request; takes cfg_lock.
 * Return: 0 or a negative error, told in @info->extack.
 */
int tn_genl_dev_set(struct sk_buff *skb, struct genl_info *info)
{
	return tn_genl_apply(skb, info, TAILNET_PEER_OP_SET);
}

/**
 * tn_genl_next_device() - walk the devices of a namespace
 * @net:	the namespace
 * @ifindex:	of the last device; changed to that of the one returned
 *
 * Ordered by index, so that a walk goes on behind the last one whatever came
 * or went since. RTNL is not needed.
 *
 * Context: Process.
 * Return: the next device of ours, to be given back by tn_device_put(), or
 *	   NULL at the end.
 */
struct tn_device *tn_genl_next_device(struct net *net, int *ifindex)
{
	struct net_device *dev, *next = NULL;

	rcu_read_lock();
	for_each_netdev_rcu(net, dev)
		if (dev->ifindex > *ifindex && tn_device_is_ours(dev) &&
		    (!next || dev->ifindex < next->ifindex))
			next = dev;
	if (next)
		dev_hold(next);
	rcu_read_unlock();
	if (!next)
		return NULL;
	*ifindex = next->ifindex;
	return netdev_priv(next);
}

/**
 * tn_genl_dump_check() - is a dump of all devices asked for as such?
 * @cb:	the dump
 *
 * Every part of a dump asks, and not a start function: that one's words do not
 * reach the caller in kernels that we support.
 *
 * Return: 0, or -EINVAL if the request names one device.
 */
int tn_genl_dump_check(struct netlink_callback *cb)
{
	if (!tn_genl_dump_attrs(cb)[TAILNET_A_DEV])
		return 0;
	NL_SET_ERR_MSG(cb->extack, "a dump is of all devices");
	return -EINVAL;
}

/* Where a dump of devices is. */
struct tn_genl_dev_cursor {
	int ifindex;
};

/**
 * tn_genl_dev_dump() - DEV_GET of all devices of a namespace
 * @skb:	answer
 * @cb:		the dump
 *
 * Context: Process; takes cfg_lock of one device at a time.
 * Return: bytes in @skb, 0 at the end, or a negative error.
 */
int tn_genl_dev_dump(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct tn_genl_dev_cursor *cursor = (void *)cb->ctx;
	int ifindex = cursor->ifindex;
	struct tn_device *tn;
	int ret;

	ret = tn_genl_dump_check(cb);
	if (ret)
		return ret;
	while ((tn = tn_genl_next_device(sock_net(cb->skb->sk), &ifindex))) {
		ret = tn_genl_fill_dev(skb, tn, NETLINK_CB(cb->skb).portid,
				       cb->nlh->nlmsg_seq, NLM_F_MULTI);
		tn_device_put(tn);
		if (ret == -EMSGSIZE)
			break;
		cursor->ifindex = ifindex;
	}
	return skb->len;
}
