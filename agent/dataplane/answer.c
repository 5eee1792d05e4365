// SPDX-License-Identifier: GPL-2.0-only
#include "dataplane/answer.h"

#include "base/array.h"
#include "base/err.h"
#include "uapi/tailnet.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

#include <linux/netlink.h>
#include <netlink/attr.h>
#include <netlink/genl/genl.h>
#include <netlink/msg.h>

#define EXACT(len) { .minlen = (len), .maxlen = (len) }

static struct nla_policy top_policy[TAILNET_A_MAX + 1] = {
	[TAILNET_A_DEV] = { .type = NLA_NESTED },
	[TAILNET_A_PEER] = { .type = NLA_NESTED },
	[TAILNET_A_TXN] = { .type = NLA_NESTED },
	[TAILNET_A_STATS] = { .type = NLA_NESTED },
	[TAILNET_A_GENERATION] = { .type = NLA_U64 },
	[TAILNET_A_EVENT] = { .type = NLA_U32 },
	[TAILNET_A_LOCK] = { .type = NLA_NESTED },
};

static struct nla_policy dev_policy[TAILNET_A_DEV_MAX + 1] = {
	[TAILNET_A_DEV_IFINDEX] = { .type = NLA_U32 },
	[TAILNET_A_DEV_IFNAME] = { .type = NLA_NUL_STRING,
				   .maxlen = WG_NAME_MAX + 1 },
	[TAILNET_A_DEV_PUBLIC_KEY] = EXACT(KEY_LEN),
	[TAILNET_A_DEV_LISTEN_PORT] = { .type = NLA_U16 },
	[TAILNET_A_DEV_FWMARK] = { .type = NLA_U32 },
	[TAILNET_A_DEV_FLAGS] = EXACT(sizeof(struct nla_bitfield32)),
	[TAILNET_A_DEV_ORPHANED] = { .type = NLA_FLAG },
	[TAILNET_A_DEV_SOCKETS] = { .type = NLA_U32 },
};

static struct nla_policy peer_policy[TAILNET_A_PEER_MAX + 1] = {
	[TAILNET_A_PEER_PUBLIC_KEY] = EXACT(KEY_LEN),
	[TAILNET_A_PEER_HAS_PSK] = { .type = NLA_FLAG },
	[TAILNET_A_PEER_NODE_ID] = { .type = NLA_U64 },
	[TAILNET_A_PEER_FLAGS] = EXACT(sizeof(struct nla_bitfield32)),
	[TAILNET_A_PEER_ENDPOINT] = { .type = NLA_NESTED },
	[TAILNET_A_PEER_KEEPALIVE] = { .type = NLA_U16 },
	[TAILNET_A_PEER_ALLOWEDIP] = { .type = NLA_NESTED },
	[TAILNET_A_PEER_CONTINUED] = { .type = NLA_FLAG },
	[TAILNET_A_PEER_LAST_HANDSHAKE_SEC] = { .type = NLA_S64 },
	[TAILNET_A_PEER_LAST_HANDSHAKE_NSEC] = { .type = NLA_U32 },
	[TAILNET_A_PEER_RX_BYTES] = { .type = NLA_U64 },
	[TAILNET_A_PEER_TX_BYTES] = { .type = NLA_U64 },
	[TAILNET_A_PEER_EXPIRES] = { .type = NLA_S64 },
	[TAILNET_A_PEER_VERDICT] = { .type = NLA_U32 },
};

static struct nla_policy endpoint_policy[TAILNET_A_ENDPOINT_MAX + 1] = {
	[TAILNET_A_ENDPOINT_ADDR] = { .minlen = 4, .maxlen = 16 },
	[TAILNET_A_ENDPOINT_PORT] = { .type = NLA_U16 },
	[TAILNET_A_ENDPOINT_SCOPE] = { .type = NLA_U32 },
};

static struct nla_policy allowedip_policy[TAILNET_A_ALLOWEDIP_MAX + 1] = {
	[TAILNET_A_ALLOWEDIP_ADDR] = { .minlen = 4, .maxlen = 16 },
	[TAILNET_A_ALLOWEDIP_PREFIX_LEN] = { .type = NLA_U8 },
};

static struct nla_policy txn_policy[TAILNET_A_TXN_MAX + 1] = {
	[TAILNET_A_TXN_TOKEN] = { .type = NLA_U32 },
};

static struct nla_policy lock_policy[TAILNET_A_LOCK_MAX + 1] = {
	[TAILNET_A_LOCK_ON] = { .type = NLA_FLAG },
	[TAILNET_A_LOCK_GENERATION] = { .type = NLA_U64 },
	[TAILNET_A_LOCK_HEAD] = EXACT(AUM_HASH_LEN),
	[TAILNET_A_LOCK_KEY] = EXACT(KEY_LEN),
};

static struct nla_policy drop_policy[TAILNET_A_DROP_MAX + 1] = {
	[TAILNET_A_DROP_REASON] = { .type = NLA_NUL_STRING },
	[TAILNET_A_DROP_COUNT] = { .type = NLA_U64 },
};

static int parse_top(const struct nlmsghdr *msg, struct nlattr **tb)
{
	if (genlmsg_parse((struct nlmsghdr *)msg, 0, tb, TAILNET_A_MAX,
			  top_policy) < 0)
		return TNE_NO_FAMILY_ANSWER;
	return 0;
}

static int parse_nest(struct nlattr *nest, struct nlattr **tb, int max,
		      struct nla_policy *policy)
{
	if (!nest || nla_parse_nested(tb, max, nest, policy) < 0)
		return TNE_NO_FAMILY_ANSWER;
	return 0;
}

static uint32_t get_bits(const struct nlattr *attr)
{
	struct nla_bitfield32 bits;

	if (!attr)
		return 0;
	memcpy(&bits, nla_data(attr), sizeof(bits));
	return bits.value;
}

/* Return: 4, 16, or 0 for a length that no address has. */
static uint8_t get_addr(const struct nlattr *attr, uint8_t *addr)
{
	int len = attr ? nla_len(attr) : 0;

	if (len != 4 && len != 16)
		return 0;
	memcpy(addr, nla_data(attr), len);
	return len;
}

static void get_device_flags(uint32_t flags, struct wg_device *dev)
{
	dev->managed = flags & TAILNET_DEV_F_MANAGED;
	dev->on[WG_SWITCH_GSO] = flags & TAILNET_DEV_F_GSO;
	dev->on[WG_SWITCH_GRO] = flags & TAILNET_DEV_F_GRO;
	dev->on[WG_SWITCH_INLINE] = flags & TAILNET_DEV_F_INLINE;
}

static enum wg_sockets get_sockets(const struct nlattr *attr)
{
	switch (attr ? nla_get_u32(attr) : TAILNET_SOCKETS_NONE) {
	case TAILNET_SOCKETS_OWN:
		return WG_SOCKETS_OWN;
	case TAILNET_SOCKETS_ADOPTED:
		return WG_SOCKETS_ADOPTED;
	}
	return WG_SOCKETS_NONE;
}

int answer_device(const struct nlmsghdr *msg, struct wg_device *dev)
{
	struct nlattr *top[TAILNET_A_MAX + 1];
	struct nlattr *tb[TAILNET_A_DEV_MAX + 1];
	int r = parse_top(msg, top);

	if (r == 0)
		r = parse_nest(top[TAILNET_A_DEV], tb, TAILNET_A_DEV_MAX,
			       dev_policy);
	if (r < 0)
		return r;
	if (!tb[TAILNET_A_DEV_IFINDEX] || !tb[TAILNET_A_DEV_IFNAME])
		return TNE_NO_FAMILY_ANSWER;
	dev->ifindex = nla_get_u32(tb[TAILNET_A_DEV_IFINDEX]);
	nla_strlcpy(dev->name, tb[TAILNET_A_DEV_IFNAME], sizeof(dev->name));
	if (top[TAILNET_A_GENERATION])
		dev->generation = nla_get_u64(top[TAILNET_A_GENERATION]);
	dev->has_key = tb[TAILNET_A_DEV_PUBLIC_KEY];
	if (dev->has_key)
		memcpy(dev->key.byte, nla_data(tb[TAILNET_A_DEV_PUBLIC_KEY]),
		       KEY_LEN);
	if (tb[TAILNET_A_DEV_LISTEN_PORT])
		dev->listen_port = nla_get_u16(tb[TAILNET_A_DEV_LISTEN_PORT]);
	if (tb[TAILNET_A_DEV_FWMARK])
		dev->fwmark = nla_get_u32(tb[TAILNET_A_DEV_FWMARK]);
	get_device_flags(get_bits(tb[TAILNET_A_DEV_FLAGS]), dev);
	dev->orphaned = tb[TAILNET_A_DEV_ORPHANED];
	dev->sockets = get_sockets(tb[TAILNET_A_DEV_SOCKETS]);
	return 0;
}

static int get_endpoint(struct nlattr *nest, struct wg_endpoint *ret)
{
	struct nlattr *tb[TAILNET_A_ENDPOINT_MAX + 1];
	int r = parse_nest(nest, tb, TAILNET_A_ENDPOINT_MAX, endpoint_policy);

	if (r < 0)
		return r;
	ret->addr_len = get_addr(tb[TAILNET_A_ENDPOINT_ADDR], ret->addr);
	if (!ret->addr_len || !tb[TAILNET_A_ENDPOINT_PORT])
		return TNE_NO_FAMILY_ANSWER;
	ret->port = ntohs(nla_get_u16(tb[TAILNET_A_ENDPOINT_PORT]));
	if (tb[TAILNET_A_ENDPOINT_SCOPE])
		ret->scope = nla_get_u32(tb[TAILNET_A_ENDPOINT_SCOPE]);
	return 0;
}

static int get_prefix(struct nlattr *nest, struct wg_prefixes *list)
{
	struct nlattr *tb[TAILNET_A_ALLOWEDIP_MAX + 1];
	struct wg_prefix prefix = { 0 };
	int r = parse_nest(nest, tb, TAILNET_A_ALLOWEDIP_MAX,
			   allowedip_policy);

	if (r < 0)
		return r;
	prefix.addr_len = get_addr(tb[TAILNET_A_ALLOWEDIP_ADDR], prefix.addr);
	if (!prefix.addr_len || !tb[TAILNET_A_ALLOWEDIP_PREFIX_LEN])
		return TNE_NO_FAMILY_ANSWER;
	prefix.bits = nla_get_u8(tb[TAILNET_A_ALLOWEDIP_PREFIX_LEN]);
	return wg_prefixes_add(list, &prefix);
}

static enum lock_verdict get_verdict(const struct nlattr *attr)
{
	/* A module from before the lock. */
	if (!attr)
		return LOCK_VERDICT_OFF;
	switch (nla_get_u32(attr)) {
	case TAILNET_VERDICT_OFF:
		return LOCK_VERDICT_OFF;
	case TAILNET_VERDICT_ADMITTED:
		return LOCK_VERDICT_ADMITTED;
	case TAILNET_VERDICT_PEER_API:
		return LOCK_VERDICT_PEER_API;
	case TAILNET_VERDICT_UNSIGNED:
		return LOCK_VERDICT_UNSIGNED;
	case TAILNET_VERDICT_KIND:
		return LOCK_VERDICT_KIND;
	case TAILNET_VERDICT_NODE_KEY:
		return LOCK_VERDICT_NODE_KEY;
	case TAILNET_VERDICT_PUBKEY:
		return LOCK_VERDICT_PUBKEY;
	case TAILNET_VERDICT_NO_KEY_ID:
		return LOCK_VERDICT_NO_KEY_ID;
	case TAILNET_VERDICT_UNTRUSTED:
		return LOCK_VERDICT_UNTRUSTED;
	case TAILNET_VERDICT_SIGNATURE:
		return LOCK_VERDICT_SIGNATURE;
	case TAILNET_VERDICT_NO_WRAPPING:
		return LOCK_VERDICT_NO_WRAPPING;
	case TAILNET_VERDICT_WRAPPING:
		return LOCK_VERDICT_WRAPPING;
	case TAILNET_VERDICT_ROTATION:
		return LOCK_VERDICT_ROTATION;
	case TAILNET_VERDICT_OBSOLETE:
		return LOCK_VERDICT_OBSOLETE;
	}
	return LOCK_VERDICT_OTHER;
}

static void get_peer_values(struct nlattr **tb, struct wg_peer *peer)
{
	peer->has_psk = tb[TAILNET_A_PEER_HAS_PSK];
	peer->roam = get_bits(tb[TAILNET_A_PEER_FLAGS]) & TAILNET_PEER_F_ROAM;
	peer->unsigned_ok = get_bits(tb[TAILNET_A_PEER_FLAGS]) &
			    TAILNET_PEER_F_UNSIGNED;
	peer->rotated = get_bits(tb[TAILNET_A_PEER_FLAGS]) &
			TAILNET_PEER_F_OBSOLETE;
	peer->verdict = get_verdict(tb[TAILNET_A_PEER_VERDICT]);
	if (tb[TAILNET_A_PEER_KEEPALIVE])
		peer->keepalive_s = nla_get_u16(tb[TAILNET_A_PEER_KEEPALIVE]);
	if (tb[TAILNET_A_PEER_NODE_ID])
		peer->node_id = nla_get_u64(tb[TAILNET_A_PEER_NODE_ID]);
	if (tb[TAILNET_A_PEER_EXPIRES])
		peer->expires_s = nla_get_s64(tb[TAILNET_A_PEER_EXPIRES]);
	if (tb[TAILNET_A_PEER_LAST_HANDSHAKE_SEC])
		peer->handshake_s = (int64_t)nla_get_u64(
			tb[TAILNET_A_PEER_LAST_HANDSHAKE_SEC]);
	if (tb[TAILNET_A_PEER_LAST_HANDSHAKE_NSEC])
		peer->handshake_ns =
			nla_get_u32(tb[TAILNET_A_PEER_LAST_HANDSHAKE_NSEC]);
	if (tb[TAILNET_A_PEER_RX_BYTES])
		peer->rx_bytes = nla_get_u64(tb[TAILNET_A_PEER_RX_BYTES]);
	if (tb[TAILNET_A_PEER_TX_BYTES])
		peer->tx_bytes = nla_get_u64(tb[TAILNET_A_PEER_TX_BYTES]);
}

static int get_peer(struct nlattr *nest, struct wg_device *dev)
{
	struct nlattr *tb[TAILNET_A_PEER_MAX + 1];
	struct wg_peer *peer = NULL;
	struct node_public key;
	struct nlattr *attr;
	int left, r;

	r = parse_nest(nest, tb, TAILNET_A_PEER_MAX, peer_policy);
	if (r < 0)
		return r;
	if (!tb[TAILNET_A_PEER_PUBLIC_KEY])
		return TNE_NO_FAMILY_ANSWER;
	memcpy(key.byte, nla_data(tb[TAILNET_A_PEER_PUBLIC_KEY]), KEY_LEN);

	if (tb[TAILNET_A_PEER_CONTINUED]) {
		peer = dev->n_peers ? &dev->peers[dev->n_peers - 1] : NULL;
		if (!peer || key_cmp_public(&peer->key, &key) != 0)
			return TNE_NO_FAMILY_ANSWER;
	} else {
		peer = wg_device_add_peer(dev);
		if (!peer)
			return -ENOMEM;
		peer->key = key;
		get_peer_values(tb, peer);
		if (tb[TAILNET_A_PEER_ENDPOINT])
			r = get_endpoint(tb[TAILNET_A_PEER_ENDPOINT],
					 &peer->endpoint);
	}
	nla_for_each_nested(attr, nest, left) {
		if (r == 0 && nla_type(attr) == TAILNET_A_PEER_ALLOWEDIP)
			r = get_prefix(attr, &peer->prefixes);
	}
	return r;
}

int answer_peers(const struct nlmsghdr *msg, struct wg_device *dev)
{
	const struct genlmsghdr *genl = nlmsg_data(msg);
	struct nlattr *top[TAILNET_A_MAX + 1];
	struct nlattr *attr;
	int left, r = parse_top(msg, top);

	if (r < 0)
		return r;
	nla_for_each_attr(attr, genlmsg_attrdata(genl, 0),
			  genlmsg_attrlen(genl, 0), left) {
		if (r == 0 && nla_type(attr) == TAILNET_A_PEER)
			r = get_peer(attr, dev);
	}
	return r;
}

int answer_token(const struct nlmsghdr *msg, uint32_t *ret)
{
	struct nlattr *top[TAILNET_A_MAX + 1];
	struct nlattr *tb[TAILNET_A_TXN_MAX + 1];
	int r = parse_top(msg, top);

	if (r == 0)
		r = parse_nest(top[TAILNET_A_TXN], tb, TAILNET_A_TXN_MAX,
			       txn_policy);
	if (r < 0)
		return r;
	if (!tb[TAILNET_A_TXN_TOKEN])
		return TNE_NO_FAMILY_ANSWER;
	*ret = nla_get_u32(tb[TAILNET_A_TXN_TOKEN]);
	return 0;
}

int answer_generation(const struct nlmsghdr *msg, uint64_t *ret)
{
	struct nlattr *top[TAILNET_A_MAX + 1];
	int r = parse_top(msg, top);

	if (r < 0)
		return r;
	if (!top[TAILNET_A_GENERATION])
		return TNE_NO_FAMILY_ANSWER;
	*ret = nla_get_u64(top[TAILNET_A_GENERATION]);
	return 0;
}

int answer_event(const struct nlmsghdr *msg, uint32_t *ret)
{
	struct nlattr *top[TAILNET_A_MAX + 1];
	int r = parse_top(msg, top);

	if (r < 0)
		return r;
	if (!top[TAILNET_A_EVENT])
		return TNE_NO_FAMILY_ANSWER;
	*ret = nla_get_u32(top[TAILNET_A_EVENT]);
	return 0;
}

static int get_lock_keys(struct nlattr *nest, struct wanted_lock *ret)
{
	struct lock_public keys[TAILNET_LOCK_MAX_KEYS];
	struct nlattr *attr;
	size_t n = 0;
	int left;

	nla_for_each_nested(attr, nest, left) {
		if (nla_type(attr) != TAILNET_A_LOCK_KEY)
			continue;
		if (n == TAILNET_LOCK_MAX_KEYS || nla_len(attr) != KEY_LEN)
			return TNE_NO_FAMILY_ANSWER;
		memcpy(keys[n++].byte, nla_data(attr), KEY_LEN);
	}
	return wanted_lock_set_keys(ret, keys, n);
}

int answer_lock(const struct nlmsghdr *msg, struct wanted_lock *ret)
{
	struct nlattr *top[TAILNET_A_MAX + 1];
	struct nlattr *tb[TAILNET_A_LOCK_MAX + 1];
	int r = parse_top(msg, top);

	if (r == 0)
		r = parse_nest(top[TAILNET_A_LOCK], tb, TAILNET_A_LOCK_MAX,
			       lock_policy);
	if (r < 0)
		return r;
	if (!tb[TAILNET_A_LOCK_GENERATION])
		return TNE_NO_FAMILY_ANSWER;
	ret->generation = nla_get_u64(tb[TAILNET_A_LOCK_GENERATION]);
	ret->on = tb[TAILNET_A_LOCK_ON];
	if (tb[TAILNET_A_LOCK_HEAD])
		memcpy(ret->head.byte, nla_data(tb[TAILNET_A_LOCK_HEAD]),
		       AUM_HASH_LEN);
	return get_lock_keys(top[TAILNET_A_LOCK], ret);
}

static int get_drop(struct nlattr *nest, struct wg_drops *drops)
{
	struct nlattr *tb[TAILNET_A_DROP_MAX + 1];
	struct wg_drop *item;
	int r = parse_nest(nest, tb, TAILNET_A_DROP_MAX, drop_policy);

	if (r < 0)
		return r;
	if (!tb[TAILNET_A_DROP_REASON] || !tb[TAILNET_A_DROP_COUNT])
		return TNE_NO_FAMILY_ANSWER;
	item = array_grow(drops->item, drops->n, &drops->cap, sizeof(*item));
	if (!item)
		return -ENOMEM;
	drops->item = item;
	item += drops->n++;
	memset(item, 0, sizeof(*item));
	nla_strlcpy(item->reason, tb[TAILNET_A_DROP_REASON],
		    sizeof(item->reason));
	item->packets = nla_get_u64(tb[TAILNET_A_DROP_COUNT]);
	return 0;
}

int answer_drops(const struct nlmsghdr *msg, struct wg_drops *drops)
{
	struct wg_device dev = { 0 };
	struct nlattr *top[TAILNET_A_MAX + 1];
	struct nlattr *attr;
	int left, r;

	r = answer_device(msg, &dev);
	if (r == 0)
		r = parse_top(msg, top);
	if (r < 0)
		return r;
	if (!top[TAILNET_A_STATS])
		return TNE_NO_FAMILY_ANSWER;
	drops->ifindex = dev.ifindex;
	memcpy(drops->name, dev.name, sizeof(drops->name));
	nla_for_each_nested(attr, top[TAILNET_A_STATS], left) {
		if (r == 0 && nla_type(attr) == TAILNET_A_STATS_DROP)
			r = get_drop(attr, drops);
	}
	return r;
}
