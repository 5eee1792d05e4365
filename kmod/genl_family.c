// SPDX-License-Identifier: GPL-2.0-only
/*
 * The generic netlink family: commands, who may use them, and what all of them
 * share. The genl_*.c files turn attributes into structs and back; they change
 * nothing.
 */
#include "genl.h"

#include <linux/module.h>
#include <linux/netlink.h>
#include <linux/notifier.h>

#include "device.h"
#include "txn.h"
#include "txn_open.h"
#include "update.h"

/*
 * One policy per kind of request, so that an attribute which means nothing to
 * it is refused. What is not named in a policy is refused as unsupported.
 */
static const struct nla_policy tn_genl_dev_policy[TAILNET_A_MAX + 1] = {
	[TAILNET_A_DEV] = NLA_POLICY_NESTED(tn_genl_dev_ref_policy),
	[TAILNET_A_STATS] = TN_NLA_OUT,
	[TAILNET_A_EVENT] = TN_NLA_OUT,
};

static const struct nla_policy tn_genl_dev_change_policy[TAILNET_A_MAX + 1] = {
	[TAILNET_A_DEV] = NLA_POLICY_NESTED(tn_genl_dev_set_policy),
	[TAILNET_A_STATS] = TN_NLA_OUT,
	[TAILNET_A_GENERATION] = { .type = NLA_U64 },
	[TAILNET_A_EVENT] = TN_NLA_OUT,
};

static const struct nla_policy tn_genl_peer_policy[TAILNET_A_MAX + 1] = {
	[TAILNET_A_DEV] = NLA_POLICY_NESTED(tn_genl_dev_ref_policy),
	[TAILNET_A_PEER] = NLA_POLICY_NESTED(tn_genl_peer_ref_policy),
	[TAILNET_A_STATS] = TN_NLA_OUT,
	[TAILNET_A_GENERATION] = { .type = NLA_U64 },
	[TAILNET_A_EVENT] = TN_NLA_OUT,
};

static const struct nla_policy tn_genl_peer_add_policy[TAILNET_A_MAX + 1] = {
	[TAILNET_A_DEV] = NLA_POLICY_NESTED(tn_genl_dev_ref_policy),
	[TAILNET_A_PEER] = NLA_POLICY_NESTED(tn_genl_peer_new_policy),
	[TAILNET_A_STATS] = TN_NLA_OUT,
	[TAILNET_A_GENERATION] = { .type = NLA_U64 },
	[TAILNET_A_EVENT] = TN_NLA_OUT,
};

static const struct nla_policy tn_genl_peer_change_policy[TAILNET_A_MAX + 1] = {
	[TAILNET_A_DEV] = NLA_POLICY_NESTED(tn_genl_dev_ref_policy),
	[TAILNET_A_PEER] = NLA_POLICY_NESTED(tn_genl_peer_set_policy),
	[TAILNET_A_STATS] = TN_NLA_OUT,
	[TAILNET_A_GENERATION] = { .type = NLA_U64 },
	[TAILNET_A_EVENT] = TN_NLA_OUT,
};

static const struct nla_policy tn_genl_begin_policy[TAILNET_A_MAX + 1] = {
	[TAILNET_A_DEV] = NLA_POLICY_NESTED(tn_genl_dev_ref_policy),
	[TAILNET_A_TXN] = NLA_POLICY_NESTED(tn_genl_txn_begin_policy),
	[TAILNET_A_STATS] = TN_NLA_OUT,
	[TAILNET_A_GENERATION] = { .type = NLA_U64 },
	[TAILNET_A_EVENT] = TN_NLA_OUT,
};

static const struct nla_policy tn_genl_add_policy[TAILNET_A_MAX + 1] = {
	[TAILNET_A_DEV] = NLA_POLICY_NESTED(tn_genl_dev_set_policy),
	[TAILNET_A_PEER] = NLA_POLICY_NESTED(tn_genl_peer_txn_policy),
	[TAILNET_A_TXN] = NLA_POLICY_NESTED(tn_genl_txn_policy),
	[TAILNET_A_STATS] = TN_NLA_OUT,
	[TAILNET_A_EVENT] = TN_NLA_OUT,
	[TAILNET_A_LOCK] = NLA_POLICY_NESTED(tn_genl_lock_set_policy),
};

static const struct nla_policy tn_genl_lock_policy[TAILNET_A_MAX + 1] = {
	[TAILNET_A_DEV] = NLA_POLICY_NESTED(tn_genl_dev_ref_policy),
	[TAILNET_A_STATS] = TN_NLA_OUT,
	[TAILNET_A_GENERATION] = { .type = NLA_U64 },
	[TAILNET_A_EVENT] = TN_NLA_OUT,
	[TAILNET_A_LOCK] = NLA_POLICY_NESTED(tn_genl_lock_set_policy),
};

static const struct nla_policy tn_genl_unlock_policy[TAILNET_A_MAX + 1] = {
	[TAILNET_A_DEV] = NLA_POLICY_NESTED(tn_genl_dev_ref_policy),
	[TAILNET_A_STATS] = TN_NLA_OUT,
	[TAILNET_A_GENERATION] = { .type = NLA_U64 },
	[TAILNET_A_EVENT] = TN_NLA_OUT,
	[TAILNET_A_LOCK] = NLA_POLICY_NESTED(tn_genl_lock_off_policy),
};

static const struct nla_policy tn_genl_end_policy[TAILNET_A_MAX + 1] = {
	[TAILNET_A_DEV] = NLA_POLICY_NESTED(tn_genl_dev_ref_policy),
	[TAILNET_A_TXN] = NLA_POLICY_NESTED(tn_genl_txn_policy),
	[TAILNET_A_STATS] = TN_NLA_OUT,
	[TAILNET_A_EVENT] = TN_NLA_OUT,
};

/* CAP_NET_ADMIN over the namespace is asked of everybody, readers too. */
static const struct genl_ops tn_genl_ops[] = {
	{
		.cmd = TAILNET_CMD_DEV_GET,
		.flags = GENL_UNS_ADMIN_PERM,
		.policy = tn_genl_dev_policy,
		.maxattr = TAILNET_A_MAX,
		.doit = tn_genl_dev_get,
		.dumpit = tn_genl_dev_dump,
	}, {
		.cmd = TAILNET_CMD_DEV_SET,
		.flags = GENL_UNS_ADMIN_PERM,
		.policy = tn_genl_dev_change_policy,
		.maxattr = TAILNET_A_MAX,
		.doit = tn_genl_dev_set,
	}, {
		.cmd = TAILNET_CMD_PEER_GET,
		.flags = GENL_UNS_ADMIN_PERM,
		.policy = tn_genl_peer_policy,
		.maxattr = TAILNET_A_MAX,
		.doit = tn_genl_peer_get,
		.dumpit = tn_genl_peer_dump,
	}, {
		.cmd = TAILNET_CMD_PEER_NEW,
		.flags = GENL_UNS_ADMIN_PERM,
		.policy = tn_genl_peer_add_policy,
		.maxattr = TAILNET_A_MAX,
		.doit = tn_genl_peer_new,
	}, {
		.cmd = TAILNET_CMD_PEER_SET,
		.flags = GENL_UNS_ADMIN_PERM,
		.policy = tn_genl_peer_change_policy,
		.maxattr = TAILNET_A_MAX,
		.doit = tn_genl_peer_set,
	}, {
		.cmd = TAILNET_CMD_PEER_DEL,
		.flags = GENL_UNS_ADMIN_PERM,
		.policy = tn_genl_peer_policy,
		.maxattr = TAILNET_A_MAX,
		.doit = tn_genl_peer_del,
	}, {
		.cmd = TAILNET_CMD_TXN_BEGIN,
		.flags = GENL_UNS_ADMIN_PERM,
		.policy = tn_genl_begin_policy,
		.maxattr = TAILNET_A_MAX,
		.doit = tn_genl_txn_begin,
	}, {
		.cmd = TAILNET_CMD_TXN_ADD,
		.flags = GENL_UNS_ADMIN_PERM,
		.policy = tn_genl_add_policy,
		.maxattr = TAILNET_A_MAX,
		.doit = tn_genl_txn_add,
	}, {
		.cmd = TAILNET_CMD_TXN_COMMIT,
		.flags = GENL_UNS_ADMIN_PERM,
		.policy = tn_genl_end_policy,
		.maxattr = TAILNET_A_MAX,
		.doit = tn_genl_txn_commit,
	}, {
		.cmd = TAILNET_CMD_TXN_ABORT,
		.flags = GENL_UNS_ADMIN_PERM,
		.policy = tn_genl_end_policy,
		.maxattr = TAILNET_A_MAX,
		.doit = tn_genl_txn_abort,
	}, {
		.cmd = TAILNET_CMD_STATS_GET,
		.flags = GENL_UNS_ADMIN_PERM,
		.policy = tn_genl_dev_policy,
		.maxattr = TAILNET_A_MAX,
		.doit = tn_genl_stats_get,
		.dumpit = tn_genl_stats_dump,
	}, {
		.cmd = TAILNET_CMD_LOCK_GET,
		.flags = GENL_UNS_ADMIN_PERM,
		.policy = tn_genl_dev_policy,
		.maxattr = TAILNET_A_MAX,
		.doit = tn_genl_lock_get,
		.dumpit = tn_genl_lock_dump,
	}, {
		.cmd = TAILNET_CMD_LOCK_SET,
		.flags = GENL_UNS_ADMIN_PERM,
		.policy = tn_genl_lock_policy,
		.maxattr = TAILNET_A_MAX,
		.doit = tn_genl_lock_set,
	}, {
		.cmd = TAILNET_CMD_LOCK_OFF,
		.flags = GENL_UNS_ADMIN_PERM,
		.policy = tn_genl_unlock_policy,
		.maxattr = TAILNET_A_MAX,
		.doit = tn_genl_lock_off,
	},
};

/* All of them reveal who talks to whom. */
static const struct genl_multicast_group tn_genl_groups[] = {
	[TN_GENL_GROUP_PEER] = {
		.name = TAILNET_MCGRP_PEER,
		.flags = GENL_MCAST_CAP_NET_ADMIN,
	},
	[TN_GENL_GROUP_PATH] = {
		.name = TAILNET_MCGRP_PATH,
		.flags = GENL_MCAST_CAP_NET_ADMIN,
	},
	[TN_GENL_GROUP_DEVICE] = {
		.name = TAILNET_MCGRP_DEVICE,
		.flags = GENL_MCAST_CAP_NET_ADMIN,
	},
	[TN_GENL_GROUP_ADMISSION] = {
		.name = TAILNET_MCGRP_ADMISSION,
		.flags = GENL_MCAST_CAP_NET_ADMIN,
	},
};

struct genl_family tn_genl_family __ro_after_init = {
	.name = TAILNET_GENL_NAME,
	.version = TAILNET_GENL_VERSION,
	.module = THIS_MODULE,
	.netnsok = true,
	.parallel_ops = true,
	.resv_start_op = TAILNET_CMD_UNSPEC + 1,
	.ops = tn_genl_ops,
	.n_ops = ARRAY_SIZE(tn_genl_ops),
	.mcgrps = tn_genl_groups,
	.n_mcgrps = ARRAY_SIZE(tn_genl_groups),
};

/**
 * tn_genl_device() - find the device that a request is about
 * @net:	namespace of the requesting socket
 * @attrs:	top level attributes
 * @extack:	told what is wrong
 *
 * Context: Process.
 * Return: the device, to be given back by tn_device_put(); or an error pointer.
 */
struct tn_device *tn_genl_device(struct net *net, struct nlattr *const *attrs,
				 struct netlink_ext_ack *extack)
{
	struct nlattr *tb[TAILNET_A_DEV_MAX + 1];
	const struct nlattr *nest = attrs[TAILNET_A_DEV];
	char name[IFNAMSIZ] = "";
	struct tn_device *tn;
	int ifindex = 0;
	int ret;

	if (!nest) {
		NL_SET_ERR_MSG(extack, "no device named");
		NL_SET_ERR_ATTR_MISS(extack, NULL, TAILNET_A_DEV);
		return ERR_PTR(-EINVAL);
	}
	/* Validated already, by the policy of the request. */
	ret = nla_parse_nested(tb, TAILNET_A_DEV_MAX, nest, NULL, extack);
	if (ret)
		return ERR_PTR(ret);
	if (!tb[TAILNET_A_DEV_IFINDEX] == !tb[TAILNET_A_DEV_IFNAME]) {
		NL_SET_ERR_MSG_ATTR(extack, nest,
				    "exactly one of index and name names a device");
		return ERR_PTR(-EINVAL);
	}
	if (tb[TAILNET_A_DEV_IFINDEX])
		ifindex = nla_get_u32(tb[TAILNET_A_DEV_IFINDEX]);
	else
		nla_strscpy(name, tb[TAILNET_A_DEV_IFNAME], sizeof(name));
	tn = tn_device_get(net, ifindex, ifindex ? NULL : name);
	if (IS_ERR_OR_NULL(tn)) {
		NL_SET_ERR_MSG_ATTR(extack, nest,
				    "no such tailnet device in this namespace");
		return ERR_PTR(tn ? PTR_ERR(tn) : -ENODEV);
	}
	return tn;
}

/**
 * tn_genl_parse_update() - read what a request wants changed
 * @skb:	the request
 * @info:	the same, parsed at the top level
 * @tn:		the device that it names
 * @op:		what a peer nest means unless it says so itself
 * @upd:	the update, initialised; to be freed even after an error
 *
 * Context: Process, the task that sent the request: file descriptors are its.
 * Return: 0 or a negative error, told in @info->extack.
 */
int tn_genl_parse_update(struct sk_buff *skb, struct genl_info *info,
			 struct tn_device *tn, enum tailnet_peer_op op,
			 struct tn_update *upd)
{
	const struct nlattr *attr = info->attrs[TAILNET_A_GENERATION];
	int ret, rem;

	if (attr) {
		upd->has_generation = true;
		upd->generation = nla_get_u64(attr);
	}
	ret = tn_genl_parse_dev(skb, info, tn, upd);
	if (ret)
		return ret;
	if (info->attrs[TAILNET_A_LOCK]) {
		ret = tn_genl_parse_lock(info->attrs[TAILNET_A_LOCK], upd,
					 info->extack);
		if (ret)
			return ret;
	}
	nlmsg_for_each_attr(attr, info->nlhdr, GENL_HDRLEN, rem) {
		if (nla_type(attr) != TAILNET_A_PEER)
			continue;
		ret = tn_genl_parse_peer(attr, op, upd, info->extack);
		if (ret)
			return ret;
	}
	return 0;
}

/**
 * tn_genl_apply() - do what a request wants changed
 * @skb:	the request
 * @info:	the same, parsed at the top level
 * @op:		what its peer nests mean
 *
 * Context: Process, the task that sent the request; sleeps.
 * Return: 0 or a negative error, told in @info->extack.
 */
int tn_genl_apply(struct sk_buff *skb, struct genl_info *info,
		  enum tailnet_peer_op op)
{
	struct tn_update upd;
	struct tn_device *tn;
	int ret;

	tn_update_init(&upd);
	tn = tn_genl_device(genl_info_net(info), info->attrs, info->extack);
	if (IS_ERR(tn)) {
		ret = PTR_ERR(tn);
		goto out_wipe;
	}
	ret = tn_genl_parse_update(skb, info, tn, op, &upd);
	if (!ret)
		ret = tn_txn_apply(tn, &upd, info->extack);
	tn_device_put(tn);
out_wipe:
	tn_update_done(&upd);
	tn_genl_wipe(info);
	return ret;
}

static void tn_genl_wipe_nest(const struct nlattr *nest, int secret)
{
	struct nlattr *attr;
	int rem;

	nla_for_each_nested(attr, nest, rem)
		if (nla_type(attr) == secret)
			memzero_explicit(nla_data(attr), nla_len(attr));
}

/**
 * tn_genl_wipe() - wipe the secrets of a request that has been handled
 * @info:	the request
 *
 * An error is answered with a copy of the request, and its memory goes back
 * unwiped. A request that the policy refuses never comes here: the secret
 * attributes have no constraint there that a well-formed one could break.
 */
void tn_genl_wipe(struct genl_info *info)
{
	const struct nlattr *attr;
	int rem;

	nlmsg_for_each_attr(attr, info->nlhdr, GENL_HDRLEN, rem) {
		if (nla_type(attr) == TAILNET_A_DEV)
			tn_genl_wipe_nest(attr, TAILNET_A_DEV_PRIVATE_KEY);
		else if (nla_type(attr) == TAILNET_A_PEER)
			tn_genl_wipe_nest(attr, TAILNET_A_PEER_PRESHARED_KEY);
	}
}

/**
 * tn_genl_put_ref() - say which device, and at which generation
 * @skb:	message being built
 * @tn:		the device
 * @generation:	its generation
 *
 * Context: Any.
 * Return: 0 or -EMSGSIZE.
 */
int tn_genl_put_ref(struct sk_buff *skb, struct tn_device *tn, u64 generation)
{
	char name[IFNAMSIZ];
	struct nlattr *nest;

	if (nla_put_u64_64bit(skb, TAILNET_A_GENERATION, generation,
			      TAILNET_A_PAD))
		return -EMSGSIZE;
	nest = nla_nest_start(skb, TAILNET_A_DEV);
	if (!nest)
		return -EMSGSIZE;
	/* It may be renamed meanwhile; a copy at least has one length. */
	strscpy(name, tn->dev->name, sizeof(name));
	if (nla_put_u32(skb, TAILNET_A_DEV_IFINDEX, tn->dev->ifindex) ||
	    nla_put_string(skb, TAILNET_A_DEV_IFNAME, name))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

/**
 * tn_genl_dump_seq() - value of netlink_callback.seq for a generation
 * @generation:	of the table
 *
 * Return: never 0, which would switch the check for consistency off.
 */
unsigned int tn_genl_dump_seq(u64 generation)
{
	return (unsigned int)(generation << 1) | 1;
}

/* A netlink socket closed. It may have owned a transaction or sockets. */
static int tn_genl_notify(struct notifier_block *nb, unsigned long event,
			  void *data)
{
	const struct netlink_notify *n = data;
	const struct tn_txn_owner owner = { .portid = n->portid,
					    .net = n->net };

	if (event != NETLINK_URELEASE || n->protocol != NETLINK_GENERIC)
		return NOTIFY_DONE;
	tn_txn_owner_gone(&owner);
	tn_device_owner_gone(n->net, n->portid);
	return NOTIFY_DONE;
}

static struct notifier_block tn_genl_notifier = {
	.notifier_call = tn_genl_notify,
};

/**
 * tn_genl_init() - register the family
 *
 * Context: Process; devices can be served from here on.
 * Return: 0 or a negative error.
 */
int __init tn_genl_init(void)
{
	int ret;

	ret = netlink_register_notifier(&tn_genl_notifier);
	if (ret)
		return ret;
	ret = genl_register_family(&tn_genl_family);
	if (ret)
		netlink_unregister_notifier(&tn_genl_notifier);
	return ret;
}

/**
 * tn_genl_done() - unregister the family; no request is being served after it
 *
 * Context: Process; sleeps.
 */
void tn_genl_done(void)
{
	genl_unregister_family(&tn_genl_family);
	netlink_unregister_notifier(&tn_genl_notifier);
}

MODULE_ALIAS_GENL_FAMILY(TAILNET_GENL_NAME);
