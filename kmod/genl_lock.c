// SPDX-License-Identifier: GPL-2.0-only
/* Netlink: tailnet lock; trusted keys, signatures, verdicts. */
#include "genl.h"

#include <linux/netlink.h>
#include <net/sock.h>

#include "device.h"
#include "lock.h"
#include "peer.h"
#include "txn.h"
#include "update.h"

const struct nla_policy tn_genl_layer_policy[TAILNET_A_LAYER_MAX + 1] = {
	[TAILNET_A_LAYER_KIND] = NLA_POLICY_RANGE(NLA_U8, 1, 3),
	[TAILNET_A_LAYER_PUBKEY] = NLA_POLICY_RANGE(NLA_BINARY, 1, 34),
	[TAILNET_A_LAYER_KEY_ID] = NLA_POLICY_RANGE(NLA_BINARY, 1, 32),
	[TAILNET_A_LAYER_SIGNATURE] = NLA_POLICY_EXACT_LEN(64),
	[TAILNET_A_LAYER_WRAPPING] = NLA_POLICY_EXACT_LEN(TAILNET_KEY_LEN),
};

/* What a lock reports and nobody sets. */
#define TN_LOCK_OUT_POLICIES						\
	[TAILNET_A_LOCK_ON] = TN_NLA_OUT,				\
	[TAILNET_A_LOCK_NUM_KEYS] = TN_NLA_OUT,				\
	[TAILNET_A_LOCK_COUNT] = TN_NLA_OUT,				\
	[TAILNET_A_LOCK_CHECKED] = TN_NLA_OUT

/* Keys to be trusted. */
const struct nla_policy tn_genl_lock_set_policy[TAILNET_A_LOCK_MAX + 1] = {
	[TAILNET_A_LOCK_GENERATION] = NLA_POLICY_MIN(NLA_U64, 1),
	[TAILNET_A_LOCK_HEAD] = NLA_POLICY_EXACT_LEN(TAILNET_KEY_LEN),
	[TAILNET_A_LOCK_KEY] = NLA_POLICY_EXACT_LEN(TAILNET_KEY_LEN),
	[TAILNET_A_LOCK_OFF_REASON] = {
		.type = NLA_REJECT,
		.reject_message = "no keys turn the lock off",
	},
	TN_LOCK_OUT_POLICIES,
};

/* A lock to be turned off. */
const struct nla_policy tn_genl_lock_off_policy[TAILNET_A_LOCK_MAX + 1] = {
	[TAILNET_A_LOCK_GENERATION] = NLA_POLICY_MIN(NLA_U64, 1),
	[TAILNET_A_LOCK_OFF_REASON] =
		NLA_POLICY_MAX(NLA_U32, TAILNET_LOCK_OFF_OTHER),
	TN_LOCK_OUT_POLICIES,
};

static u8 tn_genl_copy(u8 *to, const struct nlattr *attr)
{
	if (!attr)
		return 0;
	memcpy(to, nla_data(attr), nla_len(attr));
	return nla_len(attr);
}

/* Lengths are within bounds, by the policy. */
static int tn_genl_parse_layer(const struct nlattr *nest,
			       struct tn_nodesig_layer *ret,
			       struct netlink_ext_ack *extack)
{
	struct nlattr *tb[TAILNET_A_LAYER_MAX + 1];
	int err;

	err = nla_parse_nested(tb, TAILNET_A_LAYER_MAX, nest, NULL, extack);
	if (err)
		return err;
	if (NL_REQ_ATTR_CHECK(extack, nest, tb, TAILNET_A_LAYER_KIND)) {
		NL_SET_ERR_MSG_ATTR(extack, nest, "a layer has a kind");
		return -EINVAL;
	}
	memset(ret, 0, sizeof(*ret));
	ret->kind = nla_get_u8(tb[TAILNET_A_LAYER_KIND]);
	ret->pubkey_len = tn_genl_copy(ret->pubkey, tb[TAILNET_A_LAYER_PUBKEY]);
	ret->key_id_len = tn_genl_copy(ret->key_id, tb[TAILNET_A_LAYER_KEY_ID]);
	ret->has_sig = tn_genl_copy(ret->sig, tb[TAILNET_A_LAYER_SIGNATURE]);
	ret->has_wrapping = tn_genl_copy(ret->wrapping,
					 tb[TAILNET_A_LAYER_WRAPPING]);
	return 0;
}

/* @layers: TN_NODESIG_LAYERS of them. Return: how many, or a negative error. */
static int tn_genl_parse_layers(const struct nlattr *peer_nest,
				struct tn_nodesig_layer *layers,
				struct netlink_ext_ack *extack)
{
	const struct nlattr *attr;
	unsigned int num = 0;
	int ret, rem;

	nla_for_each_nested(attr, peer_nest, rem) {
		if (nla_type(attr) != TAILNET_A_PEER_LAYER)
			continue;
		if (num == TN_NODESIG_LAYERS) {
			NL_SET_ERR_MSG_ATTR(extack, attr,
					    "a signature has at most 16 layers");
			return -E2BIG;
		}
		ret = tn_genl_parse_layer(attr, &layers[num++], extack);
		if (ret)
			return ret;
	}
	return num;
}

/**
 * tn_genl_parse_signature() - read the signature of a peer nest
 * @peer_nest:	the nest, valid by the policy of the request
 * @tb:		the same, parsed
 * @upd:	the update
 * @peer:	its item about the peer
 * @extack:	told what is wrong
 *
 * Context: Process; sleeps.
 * Return: 0 or a negative error.
 */
int tn_genl_parse_signature(const struct nlattr *peer_nest,
			    struct nlattr *const *tb, struct tn_update *upd,
			    struct tn_peer_update *peer,
			    struct netlink_ext_ack *extack)
{
	struct tn_nodesig_layer *layers;
	int num;

	if (tb[TAILNET_A_PEER_NO_SIGNATURE]) {
		peer->has |= TN_PEER_HAS_SIGNATURE;
		if (!tb[TAILNET_A_PEER_LAYER])
			return 0;
		NL_SET_ERR_MSG_ATTR(extack, peer_nest,
				    "a peer has a signature or has none");
		return -EINVAL;
	}
	if (!tb[TAILNET_A_PEER_LAYER])
		return 0;
	layers = kmalloc_array(TN_NODESIG_LAYERS, sizeof(*layers), GFP_KERNEL);
	if (!layers)
		return -ENOMEM;
	num = tn_genl_parse_layers(peer_nest, layers, extack);
	if (num > 0) {
		peer->sig = tn_lock_sig_new(peer->pub, layers, num);
		if (peer->sig)
			upd->bytes += tn_lock_sig_bytes(peer->sig);
		else
			num = -ENOMEM;
		peer->has |= TN_PEER_HAS_SIGNATURE;
	}
	kfree(layers);
	return num < 0 ? num : 0;
}

static u32 tn_genl_count_keys(const struct nlattr *nest)
{
	const struct nlattr *attr;
	u32 num = 0;
	int rem;

	nla_for_each_nested(attr, nest, rem)
		if (nla_type(attr) == TAILNET_A_LOCK_KEY)
			num++;
	return num;
}

static struct tn_lock_keys *tn_genl_make_keys(const struct nlattr *nest,
					      u64 generation,
					      const struct nlattr *head,
					      u32 num)
{
	struct tn_lock_keys *keys = tn_lock_keys_new(generation, num);
	const struct nlattr *attr;
	u32 i = 0;
	int rem;

	if (!keys)
		return NULL;
	tn_genl_copy(keys->head, head);
	nla_for_each_nested(attr, nest, rem) {
		if (nla_type(attr) != TAILNET_A_LOCK_KEY)
			continue;
		tn_ed25519_key_init(&keys->key[i++], nla_data(attr));
		cond_resched();
	}
	tn_lock_keys_ready(keys);
	return keys;
}

/**
 * tn_genl_parse_lock() - read trusted keys
 * @nest:	a lock nest, valid by the policy of the request
 * @upd:	gets the keys, in the place of any that it has
 * @extack:	told what is wrong
 *
 * Context: Process; sleeps.
 * Return: 0 or a negative error.
 */
int tn_genl_parse_lock(const struct nlattr *nest, struct tn_update *upd,
		       struct netlink_ext_ack *extack)
{
	struct nlattr *tb[TAILNET_A_LOCK_MAX + 1];
	struct tn_lock_keys *keys;
	u32 num;
	int ret;

	ret = nla_parse_nested(tb, TAILNET_A_LOCK_MAX, nest, NULL, extack);
	if (ret)
		return ret;
	if (NL_REQ_ATTR_CHECK(extack, nest, tb, TAILNET_A_LOCK_GENERATION)) {
		NL_SET_ERR_MSG_ATTR(extack, nest, "keys have a generation");
		return -EINVAL;
	}
	num = tn_genl_count_keys(nest);
	if (num > TAILNET_LOCK_MAX_KEYS) {
		NL_SET_ERR_MSG_ATTR(extack, nest, "at most 512 keys");
		return -E2BIG;
	}
	keys = tn_genl_make_keys(nest,
				 nla_get_u64(tb[TAILNET_A_LOCK_GENERATION]),
				 tb[TAILNET_A_LOCK_HEAD], num);
	if (!keys) {
		NL_SET_ERR_MSG_ATTR(extack, nest, "out of memory");
		return -ENOMEM;
	}
	tn_lock_keys_put(upd->lock.keys);
	upd->lock.keys = keys;
	upd->lock.attr = nest;
	return 0;
}

/**
 * tn_genl_put_verdict() - append what the lock says about a peer
 * @skb:	message being built, inside of a peer nest
 * @peer:	the peer
 *
 * Context: Process; the device's cfg_lock held.
 * Return: 0 or -EMSGSIZE.
 */
int tn_genl_put_verdict(struct sk_buff *skb, const struct tn_peer *peer)
{
	const struct tn_admission *adm = &peer->adm;
	const struct tn_lock_sig *sig = adm->sig;

	if (nla_put_u32(skb, TAILNET_A_PEER_VERDICT, adm->verdict) ||
	    nla_put_string(skb, TAILNET_A_PEER_VERDICT_NAME,
			   tn_lock_verdict_name(adm->verdict)))
		return -EMSGSIZE;
	if (adm->verdict != TAILNET_VERDICT_ADMITTED)
		return 0;
	return nla_put(skb, TAILNET_A_PEER_TRUSTED_KEY, TAILNET_KEY_LEN,
		       tn_nodesig_key_id(sig->layer, sig->num));
}

static int tn_genl_put_counts(struct sk_buff *skb, const struct tn_lock *lock)
{
	enum tailnet_verdict v;
	struct nlattr *nest;

	for (v = 0; v < TN_LOCK_VERDICTS; v++) {
		nest = nla_nest_start(skb, TAILNET_A_LOCK_COUNT);
		if (!nest ||
		    nla_put_u32(skb, TAILNET_A_VERDICT_VALUE, v) ||
		    nla_put_string(skb, TAILNET_A_VERDICT_NAME,
				   tn_lock_verdict_name(v)) ||
		    nla_put_u32(skb, TAILNET_A_VERDICT_PEERS, lock->count[v]))
			return -EMSGSIZE;
		nla_nest_end(skb, nest);
	}
	return nla_put_u64_64bit(skb, TAILNET_A_LOCK_CHECKED,
				 atomic64_read(&lock->checked),
				 TAILNET_A_LOCK_PAD);
}

static int tn_genl_put_keys(struct sk_buff *skb,
			    const struct tn_lock_keys *keys, bool with_keys)
{
	u32 i;

	if (nla_put_flag(skb, TAILNET_A_LOCK_ON) ||
	    nla_put(skb, TAILNET_A_LOCK_HEAD, sizeof(keys->head), keys->head) ||
	    nla_put_u32(skb, TAILNET_A_LOCK_NUM_KEYS, keys->num))
		return -EMSGSIZE;
	for (i = 0; with_keys && i < keys->num; i++)
		if (nla_put(skb, TAILNET_A_LOCK_KEY, TAILNET_KEY_LEN,
			    keys->key[i].bytes))
			return -EMSGSIZE;
	return 0;
}

static int tn_genl_fill_lock(struct sk_buff *skb, struct tn_device *tn,
			     u32 portid, u32 seq, int flags, bool with_keys)
	__must_hold(&tn->cfg_lock)
{
	const struct tn_lock *lock = &tn->lock;
	struct nlattr *nest;
	void *hdr;

	hdr = genlmsg_put(skb, portid, seq, &tn_genl_family, flags,
			  TAILNET_CMD_LOCK_GET);
	if (!hdr)
		return -EMSGSIZE;
	if (tn_genl_put_ref(skb, tn, tn->generation))
		goto err_cancel;
	nest = nla_nest_start(skb, TAILNET_A_LOCK);
	if (!nest ||
	    nla_put_u64_64bit(skb, TAILNET_A_LOCK_GENERATION, lock->generation,
			      TAILNET_A_LOCK_PAD) ||
	    (lock->keys && tn_genl_put_keys(skb, lock->keys, with_keys)) ||
	    tn_genl_put_counts(skb, lock))
		goto err_cancel;
	nla_nest_end(skb, nest);
	genlmsg_end(skb, hdr);
	return 0;

err_cancel:
	genlmsg_cancel(skb, hdr);
	return -EMSGSIZE;
}

static int tn_genl_lock_reply(struct genl_info *info, struct tn_device *tn)
	__must_hold(&tn->cfg_lock)
{
	size_t keys = tn->lock.keys ? tn->lock.keys->num : 0;
	struct sk_buff *msg;
	int ret;

	msg = genlmsg_new(GENLMSG_DEFAULT_SIZE +
			  keys * nla_total_size(TAILNET_KEY_LEN), GFP_KERNEL);
	if (!msg)
		return -ENOMEM;
	ret = tn_genl_fill_lock(msg, tn, info->snd_portid, info->snd_seq, 0,
				true);
	if (!ret)
		return genlmsg_reply(msg, info);
	nlmsg_free(msg);
	return ret;
}

/**
 * tn_genl_lock_get() - LOCK_GET of one device
 * @skb:	the request
 * @info:	the same, parsed
 *
 * Context: Process; takes cfg_lock.
 * Return: 0 or a negative error, told in @info->extack.
 */
int tn_genl_lock_get(struct sk_buff *skb, struct genl_info *info)
{
	struct tn_device *tn;
	int ret;

	tn = tn_genl_device(genl_info_net(info), info->attrs, info->extack);
	if (IS_ERR(tn))
		return PTR_ERR(tn);
	mutex_lock(&tn->cfg_lock);
	ret = tn_genl_lock_reply(info, tn);
	mutex_unlock(&tn->cfg_lock);
	tn_device_put(tn);
	return ret;
}

/**
 * tn_genl_lock_dump() - LOCK_GET of all devices of a namespace, without keys
 * @skb:	answer
 * @cb:		the dump
 *
 * Context: Process; takes cfg_lock.
 * Return: bytes in @skb, 0 at the end, or a negative error.
 */
int tn_genl_lock_dump(struct sk_buff *skb, struct netlink_callback *cb)
{
	int *last = (int *)cb->ctx;
	struct tn_device *tn;
	int ifindex = *last;
	int ret;

	ret = tn_genl_dump_check(cb);
	if (ret)
		return ret;
	while ((tn = tn_genl_next_device(sock_net(cb->skb->sk), &ifindex))) {
		mutex_lock(&tn->cfg_lock);
		ret = tn_genl_fill_lock(skb, tn, NETLINK_CB(cb->skb).portid,
					cb->nlh->nlmsg_seq, NLM_F_MULTI, false);
		mutex_unlock(&tn->cfg_lock);
		tn_device_put(tn);
		if (ret)
			break;
		*last = ifindex;
	}
	return skb->len;
}

static bool tn_genl_lock_missing(struct genl_info *info)
{
	if (info->attrs[TAILNET_A_LOCK])
		return false;
	GENL_SET_ERR_MSG(info, "no lock in the request");
	NL_SET_ERR_ATTR_MISS(info->extack, NULL, TAILNET_A_LOCK);
	return true;
}

/**
 * tn_genl_lock_set() - LOCK_SET
 * @skb:	the request
 * @info:	the same, parsed
 *
 * Context: Process; takes cfg_lock; sleeps until all peers have been judged.
 * Return: 0 or a negative error, told in @info->extack.
 */
int tn_genl_lock_set(struct sk_buff *skb, struct genl_info *info)
{
	if (tn_genl_lock_missing(info))
		return -EINVAL;
	return tn_genl_apply(skb, info, TAILNET_PEER_OP_UPDATE);
}

static int tn_genl_parse_off(struct genl_info *info, struct tn_update *upd)
{
	const struct nlattr *nest = info->attrs[TAILNET_A_LOCK];
	struct nlattr *tb[TAILNET_A_LOCK_MAX + 1];
	int ret;

	ret = nla_parse_nested(tb, TAILNET_A_LOCK_MAX, nest, NULL,
			       info->extack);
	if (ret)
		return ret;
	if (NL_REQ_ATTR_CHECK(info->extack, nest, tb,
			      TAILNET_A_LOCK_GENERATION) ||
	    NL_REQ_ATTR_CHECK(info->extack, nest, tb,
			      TAILNET_A_LOCK_OFF_REASON) ||
	    !nla_get_u32(tb[TAILNET_A_LOCK_OFF_REASON])) {
		NL_SET_ERR_MSG_ATTR(info->extack, nest,
				    "which keys no longer count, and why?");
		return -EINVAL;
	}
	upd->lock.off = true;
	upd->lock.generation = nla_get_u64(tb[TAILNET_A_LOCK_GENERATION]);
	upd->lock.off_reason = nla_get_u32(tb[TAILNET_A_LOCK_OFF_REASON]);
	upd->lock.attr = nest;
	if (info->attrs[TAILNET_A_GENERATION]) {
		upd->has_generation = true;
		upd->generation =
			nla_get_u64(info->attrs[TAILNET_A_GENERATION]);
	}
	return 0;
}

/**
 * tn_genl_lock_off() - LOCK_OFF
 * @skb:	the request
 * @info:	the same, parsed
 *
 * Context: Process; takes cfg_lock; sleeps.
 * Return: 0 or a negative error, told in @info->extack.
 */
int tn_genl_lock_off(struct sk_buff *skb, struct genl_info *info)
{
	struct tn_update upd;
	struct tn_device *tn;
	int ret;

	if (tn_genl_lock_missing(info))
		return -EINVAL;
	tn = tn_genl_device(genl_info_net(info), info->attrs, info->extack);
	if (IS_ERR(tn))
		return PTR_ERR(tn);
	tn_update_init(&upd);
	ret = tn_genl_parse_off(info, &upd);
	if (!ret)
		ret = tn_txn_apply(tn, &upd, info->extack);
	tn_update_done(&upd);
	tn_device_put(tn);
	return ret;
}
