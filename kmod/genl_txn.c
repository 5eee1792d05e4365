// SPDX-License-Identifier: GPL-2.0-only
/* Netlink: transactions. */
#include "genl.h"

#include <linux/netlink.h>

#include "device.h"
#include "txn_open.h"
#include "update.h"

/* The beginning: a mode, and no token yet. */
const struct nla_policy tn_genl_txn_begin_policy[TAILNET_A_TXN_MAX + 1] = {
	[TAILNET_A_TXN_TOKEN] = {
		.type = NLA_REJECT,
		.reject_message = "the token is the answer of the beginning",
	},
	[TAILNET_A_TXN_MODE] = NLA_POLICY_MAX(NLA_U32, TAILNET_TXN_REPLACE),
};

/* Items and the end: a token. */
const struct nla_policy tn_genl_txn_policy[TAILNET_A_TXN_MAX + 1] = {
	[TAILNET_A_TXN_TOKEN] = NLA_POLICY_MIN(NLA_U32, 1),
	[TAILNET_A_TXN_MODE] = {
		.type = NLA_REJECT,
		.reject_message = "the mode is said when a transaction begins",
	},
};

static struct tn_txn_owner tn_genl_owner(struct genl_info *info)
{
	return (struct tn_txn_owner){ .portid = info->snd_portid,
				      .net = genl_info_net(info) };
}

static int tn_genl_parse_begin(struct genl_info *info, struct tn_update *upd)
{
	const struct nlattr *generation = info->attrs[TAILNET_A_GENERATION];
	const struct nlattr *nest = info->attrs[TAILNET_A_TXN];
	struct nlattr *tb[TAILNET_A_TXN_MAX + 1] = { };
	int ret;

	if (nest) {
		ret = nla_parse_nested(tb, TAILNET_A_TXN_MAX, nest, NULL,
				       info->extack);
		if (ret)
			return ret;
	}
	upd->replace = tb[TAILNET_A_TXN_MODE] &&
		       nla_get_u32(tb[TAILNET_A_TXN_MODE]) ==
		       TAILNET_TXN_REPLACE;
	if (generation) {
		upd->has_generation = true;
		upd->generation = nla_get_u64(generation);
	}
	return 0;
}

static int tn_genl_parse_token(struct genl_info *info, u32 *ret_token)
{
	const struct nlattr *nest = info->attrs[TAILNET_A_TXN];
	struct nlattr *tb[TAILNET_A_TXN_MAX + 1];
	int ret;

	if (!nest) {
		GENL_SET_ERR_MSG(info, "no transaction named");
		NL_SET_ERR_ATTR_MISS(info->extack, NULL, TAILNET_A_TXN);
		return -EINVAL;
	}
	ret = nla_parse_nested(tb, TAILNET_A_TXN_MAX, nest, NULL,
			       info->extack);
	if (ret)
		return ret;
	if (NL_REQ_ATTR_CHECK(info->extack, nest, tb, TAILNET_A_TXN_TOKEN)) {
		NL_SET_ERR_MSG_ATTR(info->extack, nest, "no token");
		return -EINVAL;
	}
	*ret_token = nla_get_u32(tb[TAILNET_A_TXN_TOKEN]);
	return 0;
}

/* Room for it was made: cannot fail for want of room. */
static int tn_genl_fill_begin(struct sk_buff *msg, struct genl_info *info,
			      struct tn_device *tn, u32 token, u64 generation)
{
	struct nlattr *nest;
	void *hdr;

	hdr = genlmsg_put_reply(msg, info, &tn_genl_family, 0,
				TAILNET_CMD_TXN_BEGIN);
	if (!hdr || tn_genl_put_ref(msg, tn, generation))
		return -EMSGSIZE;
	nest = nla_nest_start(msg, TAILNET_A_TXN);
	if (!nest || nla_put_u32(msg, TAILNET_A_TXN_TOKEN, token))
		return -EMSGSIZE;
	nla_nest_end(msg, nest);
	genlmsg_end(msg, hdr);
	return 0;
}

/* A transaction whose owner does not learn its token must not stay open. */
static int tn_genl_begin(struct genl_info *info, struct tn_device *tn,
			 const struct tn_update *upd)
{
	const struct tn_txn_owner owner = tn_genl_owner(info);
	struct sk_buff *msg;
	u64 generation;
	u32 token;
	int ret;

	msg = genlmsg_new(GENLMSG_DEFAULT_SIZE, GFP_KERNEL);
	if (!msg)
		return -ENOMEM;
	ret = tn_txn_begin(tn, &owner, upd, info->extack, &token, &generation);
	if (ret)
		goto err_free;
	ret = tn_genl_fill_begin(msg, info, tn, token, generation);
	if (ret)
		goto err_end;
	ret = genlmsg_reply(msg, info);
	if (ret) {
		tn_txn_end(tn, &owner, token, false, NULL);
		GENL_SET_ERR_MSG(info,
				 "the answer does not fit the socket's buffer");
	}
	return ret;

err_end:
	tn_txn_end(tn, &owner, token, false, NULL);
err_free:
	nlmsg_free(msg);
	return ret;
}

/**
 * tn_genl_txn_begin() - TXN_BEGIN, answered with the token and the generation
 * @skb:	the request
 * @info:	the same, parsed
 *
 * Context: Process; takes cfg_lock.
 * Return: 0 or a negative error, told in @info->extack.
 */
int tn_genl_txn_begin(struct sk_buff *skb, struct genl_info *info)
{
	struct tn_update upd;
	struct tn_device *tn;
	int ret;

	tn_update_init(&upd);
	ret = tn_genl_parse_begin(info, &upd);
	if (ret)
		return ret;
	tn = tn_genl_device(genl_info_net(info), info->attrs, info->extack);
	if (IS_ERR(tn))
		return PTR_ERR(tn);
	ret = tn_genl_begin(info, tn, &upd);
	tn_device_put(tn);
	return ret;
}

static int tn_genl_add(struct sk_buff *skb, struct genl_info *info,
		       struct tn_device *tn)
{
	const struct tn_txn_owner owner = tn_genl_owner(info);
	struct tn_update upd;
	u32 token;
	int ret;

	ret = tn_genl_parse_token(info, &token);
	if (ret)
		return ret;
	tn_update_init(&upd);
	ret = tn_genl_parse_update(skb, info, tn, TAILNET_PEER_OP_SET, &upd);
	if (!ret)
		ret = tn_txn_add(tn, &owner, token, &upd, info->extack);
	tn_update_done(&upd);
	return ret;
}

/**
 * tn_genl_txn_add() - TXN_ADD
 * @skb:	the request
 * @info:	the same, parsed
 *
 * Context: Process, the task that sent the request; takes cfg_lock.
 * Return: 0 or a negative error, told in @info->extack.
 */
int tn_genl_txn_add(struct sk_buff *skb, struct genl_info *info)
{
	struct tn_device *tn;
	int ret;

	tn = tn_genl_device(genl_info_net(info), info->attrs, info->extack);
	if (IS_ERR(tn)) {
		ret = PTR_ERR(tn);
	} else {
		ret = tn_genl_add(skb, info, tn);
		tn_device_put(tn);
	}
	tn_genl_wipe(info);
	return ret;
}

static int tn_genl_end(struct genl_info *info, bool commit)
{
	const struct tn_txn_owner owner = tn_genl_owner(info);
	struct tn_device *tn;
	u32 token;
	int ret;

	ret = tn_genl_parse_token(info, &token);
	if (ret)
		return ret;
	tn = tn_genl_device(genl_info_net(info), info->attrs, info->extack);
	if (IS_ERR(tn))
		return PTR_ERR(tn);
	ret = tn_txn_end(tn, &owner, token, commit, info->extack);
	tn_device_put(tn);
	return ret;
}

/**
 * tn_genl_txn_commit() - TXN_COMMIT
 * @skb:	the request
 * @info:	the same, parsed
 *
 * Context: Process; takes cfg_lock; sleeps.
 * Return: 0 or a negative error, told in @info->extack.
 */
int tn_genl_txn_commit(struct sk_buff *skb, struct genl_info *info)
{
	return tn_genl_end(info, true);
}

/**
 * tn_genl_txn_abort() - TXN_ABORT
 * @skb:	the request
 * @info:	the same, parsed
 *
 * Context: Process; takes cfg_lock.
 * Return: 0 or a negative error, told in @info->extack.
 */
int tn_genl_txn_abort(struct sk_buff *skb, struct genl_info *info)
{
	return tn_genl_end(info, false);
}
