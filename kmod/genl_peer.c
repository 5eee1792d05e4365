// SPDX-License-Identifier: GPL-2.0-only
/* Netlink: peers, their endpoints and allowed IPs. */
#include "genl.h"

#include <linux/in.h>
#include <linux/in6.h>
#include <linux/netlink.h>
#include <linux/timekeeping.h>
#include <linux/xarray.h>
#include <net/sock.h>

#include "allowedips.h"
#include "compat.h"
#include "device.h"
#include "keypair.h"
#include "path.h"
#include "peer.h"
#include "update.h"

/* All peer flags that there are. */
#define TN_PEER_FLAGS (TAILNET_PEER_F_ROAM | TAILNET_PEER_F_UNSIGNED | \
		       TAILNET_PEER_F_OBSOLETE)

static const struct nla_policy
tn_genl_endpoint_policy[TAILNET_A_ENDPOINT_MAX + 1] = {
	[TAILNET_A_ENDPOINT_ADDR] = NLA_POLICY_RANGE(NLA_BINARY, 4, 16),
	/* Not zero: the same in either byte order. */
	[TAILNET_A_ENDPOINT_PORT] = NLA_POLICY_MIN(NLA_U16, 1),
	[TAILNET_A_ENDPOINT_SCOPE] = { .type = NLA_U32 },
};

static const struct nla_policy
tn_genl_allowedip_policy[TAILNET_A_ALLOWEDIP_MAX + 1] = {
	[TAILNET_A_ALLOWEDIP_ADDR] = NLA_POLICY_RANGE(NLA_BINARY, 4, 16),
	[TAILNET_A_ALLOWEDIP_PREFIX_LEN] = NLA_POLICY_MAX(NLA_U8, 128),
	[TAILNET_A_ALLOWEDIP_FLAGS] =
		NLA_POLICY_MASK(NLA_U32, TAILNET_ALLOWEDIP_F_REMOVE),
};

/* What peers report and nobody sets. */
#define TN_PEER_OUT_POLICIES						\
	[TAILNET_A_PEER_HAS_PSK] = TN_NLA_OUT,				\
	[TAILNET_A_PEER_CONTINUED] = TN_NLA_OUT,			\
	[TAILNET_A_PEER_LAST_HANDSHAKE_SEC] = TN_NLA_OUT,		\
	[TAILNET_A_PEER_LAST_HANDSHAKE_NSEC] = TN_NLA_OUT,		\
	[TAILNET_A_PEER_RX_BYTES] = TN_NLA_OUT,				\
	[TAILNET_A_PEER_TX_BYTES] = TN_NLA_OUT,				\
	[TAILNET_A_PEER_RX_PACKETS] = TN_NLA_OUT,			\
	[TAILNET_A_PEER_TX_PACKETS] = TN_NLA_OUT,			\
	[TAILNET_A_PEER_STATE] = TN_NLA_OUT,				\
	[TAILNET_A_PEER_HANDSHAKE_ATTEMPTS] = TN_NLA_OUT,		\
	[TAILNET_A_PEER_VERDICT] = TN_NLA_OUT,				\
	[TAILNET_A_PEER_VERDICT_NAME] = TN_NLA_OUT,			\
	[TAILNET_A_PEER_TRUSTED_KEY] = TN_NLA_OUT

/* What a peer can be set to. */
#define TN_PEER_IN_POLICIES						\
	[TAILNET_A_PEER_PUBLIC_KEY] =					\
		NLA_POLICY_EXACT_LEN(TAILNET_KEY_LEN),			\
	[TAILNET_A_PEER_PRESHARED_KEY] =				\
		NLA_POLICY_EXACT_LEN(TAILNET_KEY_LEN),			\
	[TAILNET_A_PEER_NODE_ID] = { .type = NLA_U64 },			\
	[TAILNET_A_PEER_FLAGS] = NLA_POLICY_BITFIELD32(TN_PEER_FLAGS),	\
	[TAILNET_A_PEER_ENDPOINT] =					\
		NLA_POLICY_NESTED(tn_genl_endpoint_policy),		\
	[TAILNET_A_PEER_KEEPALIVE] = { .type = NLA_U16 },		\
	[TAILNET_A_PEER_EXPIRES] = NLA_POLICY_MIN(NLA_S64, 0),		\
	[TAILNET_A_PEER_REPLACE_ALLOWEDIPS] = { .type = NLA_FLAG },	\
	[TAILNET_A_PEER_ALLOWEDIP] =					\
		NLA_POLICY_NESTED(tn_genl_allowedip_policy),		\
	[TAILNET_A_PEER_LAYER] =					\
		NLA_POLICY_NESTED(tn_genl_layer_policy),		\
	[TAILNET_A_PEER_NO_SIGNATURE] = { .type = NLA_FLAG }

/* A peer that is only named. */
const struct nla_policy tn_genl_peer_ref_policy[TAILNET_A_PEER_MAX + 1] = {
	[TAILNET_A_PEER_PUBLIC_KEY] = NLA_POLICY_EXACT_LEN(TAILNET_KEY_LEN),
	TN_PEER_OUT_POLICIES,
};

/* A peer to be added. */
const struct nla_policy tn_genl_peer_new_policy[TAILNET_A_PEER_MAX + 1] = {
	TN_PEER_IN_POLICIES,
	[TAILNET_A_PEER_OP] = {
		.type = NLA_REJECT,
		.reject_message = "the command says what the peer is for",
	},
	TN_PEER_OUT_POLICIES,
};

/*
 * A peer to be changed, or to be added as well if it says so. NLM_F_CREATE
 * cannot say it: generic netlink refuses flags that it does not use itself.
 */
const struct nla_policy tn_genl_peer_set_policy[TAILNET_A_PEER_MAX + 1] = {
	TN_PEER_IN_POLICIES,
	[TAILNET_A_PEER_OP] = NLA_POLICY_MAX(NLA_U8, TAILNET_PEER_OP_SET),
	TN_PEER_OUT_POLICIES,
};

/* A peer in a transaction. */
const struct nla_policy tn_genl_peer_txn_policy[TAILNET_A_PEER_MAX + 1] = {
	TN_PEER_IN_POLICIES,
	[TAILNET_A_PEER_OP] = NLA_POLICY_MAX(NLA_U8, TAILNET_PEER_OP_DEL),
	TN_PEER_OUT_POLICIES,
};

/* Return: AF_INET or AF_INET6, or AF_UNSPEC for a length that is neither. */
static u8 tn_genl_family_of(const struct nlattr *addr)
{
	switch (nla_len(addr)) {
	case sizeof(struct in_addr):
		return AF_INET;
	case sizeof(struct in6_addr):
		return AF_INET6;
	default:
		return AF_UNSPEC;
	}
}

static int tn_genl_parse_endpoint(const struct nlattr *nest,
				  struct tn_endpoint *ret,
				  struct netlink_ext_ack *extack)
{
	struct nlattr *tb[TAILNET_A_ENDPOINT_MAX + 1];
	const struct nlattr *addr, *scope;
	__be16 port;
	int err;

	err = nla_parse_nested(tb, TAILNET_A_ENDPOINT_MAX, nest, NULL, extack);
	if (err)
		return err;
	memset(ret, 0, sizeof(*ret));
	/* Empty: there is to be none. */
	if (!nla_len(nest))
		return 0;
	if (NL_REQ_ATTR_CHECK(extack, nest, tb, TAILNET_A_ENDPOINT_ADDR) ||
	    NL_REQ_ATTR_CHECK(extack, nest, tb, TAILNET_A_ENDPOINT_PORT)) {
		NL_SET_ERR_MSG_ATTR(extack, nest,
				    "an endpoint has an address and a port");
		return -EINVAL;
	}
	addr = tb[TAILNET_A_ENDPOINT_ADDR];
	scope = tb[TAILNET_A_ENDPOINT_SCOPE];
	port = nla_get_be16(tb[TAILNET_A_ENDPOINT_PORT]);
	switch (tn_genl_family_of(addr)) {
	case AF_INET:
		if (scope) {
			NL_SET_ERR_MSG_ATTR(extack, scope,
					    "an IPv4 endpoint has no scope");
			return -EINVAL;
		}
		ret->addr4.sin_family = AF_INET;
		ret->addr4.sin_port = port;
		ret->addr4.sin_addr.s_addr = nla_get_in_addr(addr);
		return 0;
	case AF_INET6:
		ret->addr6.sin6_family = AF_INET6;
		ret->addr6.sin6_port = port;
		ret->addr6.sin6_addr = nla_get_in6_addr(addr);
		ret->addr6.sin6_scope_id = scope ? nla_get_u32(scope) : 0;
		return 0;
	}
	NL_SET_ERR_MSG_ATTR(extack, addr, "an address has 4 or 16 bytes");
	return -EINVAL;
}

static int tn_genl_parse_allowedip(const struct nlattr *nest,
				   struct tn_update *upd,
				   struct tn_peer_update *peer,
				   struct netlink_ext_ack *extack)
{
	struct nlattr *tb[TAILNET_A_ALLOWEDIP_MAX + 1];
	const struct nlattr *addr, *flags;
	struct tn_aip_update *aip;
	u8 family, cidr;
	int err;

	err = nla_parse_nested(tb, TAILNET_A_ALLOWEDIP_MAX, nest, NULL, extack);
	if (err)
		return err;
	if (NL_REQ_ATTR_CHECK(extack, nest, tb, TAILNET_A_ALLOWEDIP_ADDR) ||
	    NL_REQ_ATTR_CHECK(extack, nest, tb,
			      TAILNET_A_ALLOWEDIP_PREFIX_LEN)) {
		NL_SET_ERR_MSG_ATTR(extack, nest,
				    "an allowed IP has an address and a length");
		return -EINVAL;
	}
	addr = tb[TAILNET_A_ALLOWEDIP_ADDR];
	flags = tb[TAILNET_A_ALLOWEDIP_FLAGS];
	cidr = nla_get_u8(tb[TAILNET_A_ALLOWEDIP_PREFIX_LEN]);
	family = tn_genl_family_of(addr);
	if (family == AF_UNSPEC) {
		NL_SET_ERR_MSG_ATTR(extack, addr,
				    "an address has 4 or 16 bytes");
		return -EINVAL;
	}
	if (cidr > nla_len(addr) * 8) {
		NL_SET_ERR_MSG_ATTR(extack, tb[TAILNET_A_ALLOWEDIP_PREFIX_LEN],
				    "prefix longer than the address");
		return -EINVAL;
	}
	aip = tn_update_add_aip(upd, peer, family, nla_data(addr), cidr);
	if (!aip)
		return -ENOMEM;
	aip->remove = flags && (nla_get_u32(flags) &
				TAILNET_ALLOWEDIP_F_REMOVE);
	return 0;
}

/* The settings that a nest may have once. */
static int tn_genl_parse_peer_settings(struct nlattr *const *tb,
				       struct tn_peer_update *peer,
				       struct netlink_ext_ack *extack)
{
	struct nla_bitfield32 flags;
	int ret;

	if (tb[TAILNET_A_PEER_PRESHARED_KEY]) {
		memcpy(peer->psk, nla_data(tb[TAILNET_A_PEER_PRESHARED_KEY]),
		       TN_KEY_LEN);
		peer->has |= TN_PEER_HAS_PSK;
	}
	if (tb[TAILNET_A_PEER_NODE_ID]) {
		peer->node_id = nla_get_u64(tb[TAILNET_A_PEER_NODE_ID]);
		peer->has |= TN_PEER_HAS_NODE_ID;
	}
	if (tb[TAILNET_A_PEER_FLAGS]) {
		flags = nla_get_bitfield32(tb[TAILNET_A_PEER_FLAGS]);
		peer->flags_value = flags.value;
		peer->flags_mask = flags.selector;
	}
	if (tb[TAILNET_A_PEER_ENDPOINT]) {
		ret = tn_genl_parse_endpoint(tb[TAILNET_A_PEER_ENDPOINT],
					     &peer->ep, extack);
		if (ret)
			return ret;
		peer->has |= TN_PEER_HAS_ENDPOINT;
	}
	if (tb[TAILNET_A_PEER_KEEPALIVE]) {
		peer->keepalive_s = nla_get_u16(tb[TAILNET_A_PEER_KEEPALIVE]);
		peer->has |= TN_PEER_HAS_KEEPALIVE;
	}
	if (tb[TAILNET_A_PEER_EXPIRES]) {
		peer->expires_s = nla_get_s64(tb[TAILNET_A_PEER_EXPIRES]);
		peer->has |= TN_PEER_HAS_EXPIRES;
	}
	if (tb[TAILNET_A_PEER_REPLACE_ALLOWEDIPS])
		peer->has |= TN_PEER_HAS_REPLACE;
	return 0;
}

/**
 * tn_genl_parse_peer() - read one peer nest of a request
 * @attr:	the nest, valid by the policy of the request
 * @op:		what it means unless it says so itself
 * @upd:	gets an item
 * @extack:	told what is wrong
 *
 * Context: Process; sleeps.
 * Return: 0 or a negative error.
 */
int tn_genl_parse_peer(const struct nlattr *attr, enum tailnet_peer_op op,
		       struct tn_update *upd, struct netlink_ext_ack *extack)
{
	struct nlattr *tb[TAILNET_A_PEER_MAX + 1];
	struct tn_peer_update *peer;
	const struct nlattr *aip;
	int ret, rem;

	ret = nla_parse_nested(tb, TAILNET_A_PEER_MAX, attr, NULL, extack);
	if (ret)
		return ret;
	if (NL_REQ_ATTR_CHECK(extack, attr, tb, TAILNET_A_PEER_PUBLIC_KEY)) {
		NL_SET_ERR_MSG_ATTR(extack, attr, "no public key");
		return -EINVAL;
	}
	peer = tn_update_add_peer(upd, nla_data(tb[TAILNET_A_PEER_PUBLIC_KEY]));
	if (!peer)
		goto err_nomem;
	peer->attr = attr;
	peer->op = tb[TAILNET_A_PEER_OP] ? nla_get_u8(tb[TAILNET_A_PEER_OP]) :
					   op;
	ret = tn_genl_parse_peer_settings(tb, peer, extack);
	if (ret)
		return ret;
	ret = tn_genl_parse_signature(attr, tb, upd, peer, extack);
	if (ret == -ENOMEM)
		goto err_nomem;
	if (ret)
		return ret;
	nla_for_each_nested(aip, attr, rem) {
		if (nla_type(aip) != TAILNET_A_PEER_ALLOWEDIP)
			continue;
		ret = tn_genl_parse_allowedip(aip, upd, peer, extack);
		if (ret == -ENOMEM)
			goto err_nomem;
		if (ret)
			return ret;
	}
	if (peer->op == TAILNET_PEER_OP_DEL &&
	    (peer->has || peer->flags_mask || !list_empty(&peer->aips))) {
		NL_SET_ERR_MSG_ATTR(extack, attr,
				    "a peer to be removed has no settings");
		return -EINVAL;
	}
	return 0;

err_nomem:
	NL_SET_ERR_MSG_ATTR(extack, attr, "out of memory");
	return -ENOMEM;
}

/**
 * tn_genl_put_endpoint() - append an endpoint, if there is one
 * @skb:	message being built, inside of a peer nest
 * @ep:		the endpoint
 *
 * Context: Any.
 * Return: 0 or -EMSGSIZE.
 */
int tn_genl_put_endpoint(struct sk_buff *skb, const struct tn_endpoint *ep)
{
	const struct sockaddr_in6 *in6 = &ep->addr6;
	const struct sockaddr_in *in4 = &ep->addr4;
	struct nlattr *nest;

	if (ep->addr.sa_family != AF_INET && ep->addr.sa_family != AF_INET6)
		return 0;
	nest = nla_nest_start(skb, TAILNET_A_PEER_ENDPOINT);
	if (!nest)
		return -EMSGSIZE;
	if (ep->addr.sa_family == AF_INET) {
		if (nla_put_in_addr(skb, TAILNET_A_ENDPOINT_ADDR,
				    in4->sin_addr.s_addr) ||
		    nla_put_be16(skb, TAILNET_A_ENDPOINT_PORT, in4->sin_port))
			return -EMSGSIZE;
	} else {
		if (nla_put_in6_addr(skb, TAILNET_A_ENDPOINT_ADDR,
				     &in6->sin6_addr) ||
		    nla_put_be16(skb, TAILNET_A_ENDPOINT_PORT,
				 in6->sin6_port) ||
		    (in6->sin6_scope_id &&
		     nla_put_u32(skb, TAILNET_A_ENDPOINT_SCOPE,
				 in6->sin6_scope_id)))
			return -EMSGSIZE;
	}
	nla_nest_end(skb, nest);
	return 0;
}

static int tn_genl_put_allowedip(struct sk_buff *skb,
				 const struct tn_aip_node *node)
{
	struct nlattr *nest;
	u8 addr[16], cidr;
	u16 family;

	family = tn_aip_node_read(node, addr, &cidr);
	nest = nla_nest_start(skb, TAILNET_A_PEER_ALLOWEDIP);
	if (!nest)
		return -EMSGSIZE;
	if (nla_put(skb, TAILNET_A_ALLOWEDIP_ADDR, family == AF_INET ? 4 : 16,
		    addr) ||
	    nla_put_u8(skb, TAILNET_A_ALLOWEDIP_PREFIX_LEN, cidr)) {
		nla_nest_cancel(skb, nest);
		return -EMSGSIZE;
	}
	nla_nest_end(skb, nest);
	return 0;
}

static enum tailnet_session tn_genl_session(struct tn_peer *peer)
{
	enum tailnet_session ret = TAILNET_SESSION_NONE;
	const struct tn_keypair *kp;

	rcu_read_lock();
	kp = rcu_dereference(peer->keypairs.current_kp);
	if (kp && tn_keypair_can_send(kp, ktime_get_coarse_boottime_ns()))
		ret = TAILNET_SESSION_UP;
	else if (timer_pending(&peer->timer_retransmit) ||
		 rcu_access_pointer(peer->keypairs.next))
		ret = TAILNET_SESSION_HANDSHAKE;
	rcu_read_unlock();
	return ret;
}

static int tn_genl_put_settings(struct sk_buff *skb, struct tn_peer *peer)
{
	struct tn_endpoint ep;
	u32 flags = 0;
	bool has_psk;

	if (test_bit(TN_PEER_ROAM, &peer->state))
		flags |= TAILNET_PEER_F_ROAM;
	if (peer->adm.unsigned_ok)
		flags |= TAILNET_PEER_F_UNSIGNED;
	if (peer->adm.remembered)
		flags |= TAILNET_PEER_F_OBSOLETE;
	down_read(&peer->hs.lock);
	has_psk = memchr_inv(peer->hs.preshared_key, 0, TN_KEY_LEN);
	up_read(&peer->hs.lock);
	tn_path_get(&peer->path, &ep);
	if ((has_psk && nla_put_flag(skb, TAILNET_A_PEER_HAS_PSK)) ||
	    nla_put_u64_64bit(skb, TAILNET_A_PEER_NODE_ID, peer->node_id,
			      TAILNET_A_PEER_PAD) ||
	    nla_put_bitfield32(skb, TAILNET_A_PEER_FLAGS, flags,
			       TN_PEER_FLAGS) ||
	    tn_genl_put_endpoint(skb, &ep) ||
	    nla_put_u16(skb, TAILNET_A_PEER_KEEPALIVE, peer->keepalive_s) ||
	    nla_put_s64(skb, TAILNET_A_PEER_EXPIRES, peer->expires_s,
			TAILNET_A_PEER_PAD))
		return -EMSGSIZE;
	return 0;
}

static int tn_genl_put_counter(struct sk_buff *skb, int type,
			       const atomic64_t *counter)
{
	return nla_put_u64_64bit(skb, type, atomic64_read(counter),
				 TAILNET_A_PEER_PAD);
}

static int tn_genl_put_state(struct sk_buff *skb, struct tn_peer *peer)
{
	/* For people: half of an older value does no harm. */
	struct timespec64 last = peer->last_handshake;

	if (nla_put_s64(skb, TAILNET_A_PEER_LAST_HANDSHAKE_SEC, last.tv_sec,
			TAILNET_A_PEER_PAD) ||
	    nla_put_u32(skb, TAILNET_A_PEER_LAST_HANDSHAKE_NSEC,
			last.tv_nsec) ||
	    tn_genl_put_counter(skb, TAILNET_A_PEER_RX_BYTES,
				&peer->rx_bytes) ||
	    tn_genl_put_counter(skb, TAILNET_A_PEER_TX_BYTES,
				&peer->tx_bytes) ||
	    tn_genl_put_counter(skb, TAILNET_A_PEER_RX_PACKETS,
				&peer->rx_packets) ||
	    tn_genl_put_counter(skb, TAILNET_A_PEER_TX_PACKETS,
				&peer->tx_packets) ||
	    nla_put_u32(skb, TAILNET_A_PEER_STATE, tn_genl_session(peer)) ||
	    nla_put_u32(skb, TAILNET_A_PEER_HANDSHAKE_ATTEMPTS,
			READ_ONCE(peer->handshake_attempts)))
		return -EMSGSIZE;
	return 0;
}

/*
 * As many allowed IPs as there is room for, from number @skip on.
 * Return: how many are done with then.
 */
static u32 tn_genl_put_allowedips(struct sk_buff *skb, struct tn_peer *peer,
				  u32 skip)
{
	const struct tn_aip_node *node;
	u32 done = 0;

	tn_allowedips_for_each(node, &peer->aips) {
		if (done >= skip && tn_genl_put_allowedip(skb, node))
			break;
		done++;
	}
	return done;
}

/**
 * struct tn_genl_peer_cursor - where a walk over peers is
 * @ifindex:	the device
 * @done:	allowed IPs of @serial that were told
 * @serial:	peer to go on with; one more than any peer's at the end
 */
struct tn_genl_peer_cursor {
	int ifindex;
	u32 done;
	u64 serial;
};

static_assert(sizeof(struct tn_genl_peer_cursor) <=
	      sizeof_field(struct netlink_callback, ctx));

/*
 * One message about a peer.
 * Return: 0 if that was all, 1 if more allowed IPs follow, or -EMSGSIZE.
 */
static int tn_genl_fill_peer(struct sk_buff *skb, struct tn_device *tn,
			     struct tn_peer *peer, u32 portid, u32 seq,
			     struct netlink_callback *cb, u32 *done)
	__must_hold(&tn->cfg_lock)
{
	struct nlattr *nest;
	u32 before = *done;
	void *hdr;

	hdr = genlmsg_put(skb, portid, seq, &tn_genl_family,
			  cb ? NLM_F_MULTI : 0, TAILNET_CMD_PEER_GET);
	if (!hdr)
		return -EMSGSIZE;
	if (cb)
		genl_dump_check_consistent(cb, hdr);
	if (tn_genl_put_ref(skb, tn, tn->generation))
		goto err_cancel;
	nest = nla_nest_start(skb, TAILNET_A_PEER);
	if (!nest ||
	    nla_put(skb, TAILNET_A_PEER_PUBLIC_KEY, TN_KEY_LEN,
		    peer->hs.remote_static))
		goto err_cancel;
	if (before && nla_put_flag(skb, TAILNET_A_PEER_CONTINUED))
		goto err_cancel;
	if (!before && (tn_genl_put_settings(skb, peer) ||
			tn_genl_put_state(skb, peer) ||
			tn_genl_put_verdict(skb, peer)))
		goto err_cancel;
	*done = tn_genl_put_allowedips(skb, peer, before);
	/* A first message without any would not be seen to be continued. */
	if (*done == before && *done < peer->aips.count)
		goto err_cancel;
	nla_nest_end(skb, nest);
	genlmsg_end(skb, hdr);
	return *done < peer->aips.count;

err_cancel:
	genlmsg_cancel(skb, hdr);
	*done = before;
	return -EMSGSIZE;
}

/* The whole answer about one peer: as many messages as it takes. */
static int tn_genl_reply_peer(struct genl_info *info, struct tn_device *tn,
			      struct tn_peer *peer)
	__must_hold(&tn->cfg_lock)
{
	struct sk_buff *msg;
	u32 done = 0;
	int more, ret;

	do {
		msg = genlmsg_new(GENLMSG_DEFAULT_SIZE, GFP_KERNEL);
		if (!msg)
			return -ENOMEM;
		more = tn_genl_fill_peer(msg, tn, peer, info->snd_portid,
					 info->snd_seq, NULL, &done);
		if (more < 0) {
			nlmsg_free(msg);
			return more;
		}
		ret = genlmsg_reply(msg, info);
		if (ret) {
			GENL_SET_ERR_MSG(info,
					 "the answer does not fit the socket's buffer");
			return ret;
		}
	} while (more);
	return 0;
}

static int tn_genl_peer_get_locked(struct genl_info *info, struct tn_device *tn)
	__must_hold(&tn->cfg_lock)
{
	const struct nlattr *nest = info->attrs[TAILNET_A_PEER];
	struct nlattr *tb[TAILNET_A_PEER_MAX + 1];
	struct tn_peer *peer;
	int ret;

	if (!nest) {
		GENL_SET_ERR_MSG(info, "no peer named");
		NL_SET_ERR_ATTR_MISS(info->extack, NULL, TAILNET_A_PEER);
		return -EINVAL;
	}
	ret = nla_parse_nested(tb, TAILNET_A_PEER_MAX, nest, NULL,
			       info->extack);
	if (ret)
		return ret;
	if (NL_REQ_ATTR_CHECK(info->extack, nest, tb,
			      TAILNET_A_PEER_PUBLIC_KEY)) {
		NL_SET_ERR_MSG_ATTR(info->extack, nest, "no public key");
		return -EINVAL;
	}
	peer = tn_pubkeys_find(&tn->pubkeys,
			       nla_data(tb[TAILNET_A_PEER_PUBLIC_KEY]));
	if (!peer) {
		NL_SET_ERR_MSG_ATTR(info->extack, nest,
				    "no peer with this public key");
		return -ENOENT;
	}
	ret = tn_genl_reply_peer(info, tn, peer);
	tn_peer_put(peer);
	return ret;
}

/**
 * tn_genl_peer_get() - PEER_GET of one peer
 * @skb:	the request
 * @info:	the same, parsed
 *
 * Context: Process; takes cfg_lock.
 * Return: 0 or a negative error, told in @info->extack.
 */
int tn_genl_peer_get(struct sk_buff *skb, struct genl_info *info)
{
	struct tn_device *tn;
	int ret;

	tn = tn_genl_device(genl_info_net(info), info->attrs, info->extack);
	if (IS_ERR(tn))
		return PTR_ERR(tn);
	mutex_lock(&tn->cfg_lock);
	ret = tn_genl_peer_get_locked(info, tn);
	mutex_unlock(&tn->cfg_lock);
	tn_device_put(tn);
	return ret;
}

/**
 * tn_genl_peer_new() - PEER_NEW
 * @skb:	the request
 * @info:	the same, parsed
 *
 * Context: Process; takes cfg_lock.
 * Return: 0 or a negative error, told in @info->extack.
 */
int tn_genl_peer_new(struct sk_buff *skb, struct genl_info *info)
{
	return tn_genl_apply(skb, info, TAILNET_PEER_OP_NEW);
}

/**
 * tn_genl_peer_set() - PEER_SET
 * @skb:	the request
 * @info:	the same, parsed
 *
 * Context: Process; takes cfg_lock.
 * Return: 0 or a negative error, told in @info->extack.
 */
int tn_genl_peer_set(struct sk_buff *skb, struct genl_info *info)
{
	return tn_genl_apply(skb, info, TAILNET_PEER_OP_UPDATE);
}

/**
 * tn_genl_peer_del() - PEER_DEL
 * @skb:	the request
 * @info:	the same, parsed
 *
 * Context: Process; takes cfg_lock; sleeps for a grace period.
 * Return: 0 or a negative error, told in @info->extack.
 */
int tn_genl_peer_del(struct sk_buff *skb, struct genl_info *info)
{
	return tn_genl_apply(skb, info, TAILNET_PEER_OP_DEL);
}

/*
 * The device of a dump, held. It is not held between the parts: whoever stops
 * reading must not be able to keep the device from going. That is no work for
 * a start function, see tn_genl_dump_check().
 */
static struct tn_device *tn_genl_dump_device(struct netlink_callback *cb)
{
	struct tn_genl_peer_cursor *cursor = (void *)cb->ctx;
	struct nlattr *const *attrs = tn_genl_dump_attrs(cb);
	struct net *net = sock_net(cb->skb->sk);
	struct tn_device *tn;

	if (cursor->ifindex) {
		tn = tn_device_get(net, cursor->ifindex, NULL);
		if (!IS_ERR_OR_NULL(tn))
			return tn;
		NL_SET_ERR_MSG(cb->extack, "the device has gone");
		return tn ?: ERR_PTR(-ENODEV);
	}
	if (attrs[TAILNET_A_PEER] || attrs[TAILNET_A_GENERATION]) {
		NL_SET_ERR_MSG(cb->extack,
			       "a dump is of all peers of a device");
		return ERR_PTR(-EINVAL);
	}
	tn = tn_genl_device(net, attrs, cb->extack);
	if (!IS_ERR(tn))
		cursor->ifindex = tn->dev->ifindex;
	return tn;
}

static void tn_genl_dump_peers(struct sk_buff *skb, struct netlink_callback *cb,
			       struct tn_device *tn)
	__must_hold(&tn->cfg_lock)
{
	struct tn_genl_peer_cursor *cursor = (void *)cb->ctx;
	unsigned long i = cursor->serial;
	struct tn_peer *peer;
	int ret;

	if (cursor->serial > U32_MAX)
		return;
	for (peer = xa_find(&tn->peers, &i, U32_MAX, XA_PRESENT); peer;
	     peer = xa_find_after(&tn->peers, &i, U32_MAX, XA_PRESENT)) {
		/* The one we were at has gone: its number was never given on. */
		if (i != cursor->serial)
			cursor->done = 0;
		cursor->serial = i;
		do {
			ret = tn_genl_fill_peer(skb, tn, peer,
						NETLINK_CB(cb->skb).portid,
						cb->nlh->nlmsg_seq, cb,
						&cursor->done);
		} while (ret > 0);
		if (ret)
			return;
		cursor->done = 0;
		cursor->serial = (u64)i + 1;
	}
}

/**
 * tn_genl_peer_dump() - PEER_GET of all peers of a device
 * @skb:	answer
 * @cb:		the dump
 *
 * Goes on by serial number, whatever came or went since; the reader learns of
 * a change by NLM_F_DUMP_INTR and by the generation in each message.
 *
 * Context: Process; takes cfg_lock.
 * Return: bytes in @skb, 0 at the end, or a negative error.
 */
int tn_genl_peer_dump(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct tn_device *tn;
	int ret = 0;

	tn = tn_genl_dump_device(cb);
	if (IS_ERR(tn))
		return PTR_ERR(tn);
	mutex_lock(&tn->cfg_lock);
	if (tn->dying) {
		NL_SET_ERR_MSG(cb->extack, "the device is being removed");
		ret = -ENODEV;
	} else {
		cb->seq = tn_genl_dump_seq(tn->generation);
		tn_genl_dump_peers(skb, cb, tn);
	}
	mutex_unlock(&tn->cfg_lock);
	tn_device_put(tn);
	return ret ?: skb->len;
}
