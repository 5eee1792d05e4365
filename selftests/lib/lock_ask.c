// SPDX-License-Identifier: GPL-2.0-only
#include "lock_ask.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "tnl.h"

void lock_put_keys(struct nl_msg *msg, uint64_t generation,
		     uint8_t (*keys)[32], size_t num)
{
	struct nlattr *nest = nla_nest_start(msg, TAILNET_A_LOCK);
	size_t i;

	nla_put_u64(msg, TAILNET_A_LOCK_GENERATION, generation);
	for (i = 0; i < num; i++)
		nla_put(msg, TAILNET_A_LOCK_KEY, 32, keys[i]);
	nla_nest_end(msg, nest);
}

int lock_set(uint64_t generation, uint8_t (*keys)[32], size_t num)
{
	struct nl_msg *msg = tnl_msg(TAILNET_CMD_LOCK_SET);

	lock_put_keys(msg, generation, keys, num);
	return tnl_talk(msg, NULL, NULL);
}

int lock_off(uint64_t generation, uint32_t reason)
{
	struct nl_msg *msg = tnl_msg(TAILNET_CMD_LOCK_OFF);
	struct nlattr *nest = nla_nest_start(msg, TAILNET_A_LOCK);

	nla_put_u64(msg, TAILNET_A_LOCK_GENERATION, generation);
	nla_put_u32(msg, TAILNET_A_LOCK_OFF_REASON, reason);
	nla_nest_end(msg, nest);
	return tnl_talk(msg, NULL, NULL);
}

static void put_layer(struct nl_msg *msg, const struct tn_nodesig_layer *l)
{
	struct nlattr *nest = nla_nest_start(msg, TAILNET_A_PEER_LAYER);

	nla_put_u8(msg, TAILNET_A_LAYER_KIND, l->kind);
	if (l->pubkey_len)
		nla_put(msg, TAILNET_A_LAYER_PUBKEY, l->pubkey_len, l->pubkey);
	if (l->key_id_len)
		nla_put(msg, TAILNET_A_LAYER_KEY_ID, l->key_id_len, l->key_id);
	if (l->has_sig)
		nla_put(msg, TAILNET_A_LAYER_SIGNATURE, 64, l->sig);
	if (l->has_wrapping)
		nla_put(msg, TAILNET_A_LAYER_WRAPPING, 32, l->wrapping);
	nla_nest_end(msg, nest);
}

void lock_put_peer(struct nl_msg *msg, const uint8_t *key,
		     const struct tn_nodesig_layer *layers, unsigned int num,
		     enum lock_flag flag)
{
	struct nlattr *nest = nla_nest_start(msg, TAILNET_A_PEER);
	struct nla_bitfield32 bits = {
		.value = flag == LOCK_FLAG_ON ? TAILNET_PEER_F_UNSIGNED : 0,
		.selector = TAILNET_PEER_F_UNSIGNED,
	};
	unsigned int i;

	nla_put(msg, TAILNET_A_PEER_PUBLIC_KEY, 32, key);
	for (i = 0; i < num; i++)
		put_layer(msg, &layers[i]);
	if (flag != LOCK_FLAG_AS_IS)
		nla_put(msg, TAILNET_A_PEER_FLAGS, sizeof(bits), &bits);
	nla_nest_end(msg, nest);
}

int lock_peer(uint8_t cmd, const uint8_t *key,
		    const struct tn_nodesig_layer *layers, unsigned int num)
{
	struct nl_msg *msg = tnl_msg(cmd);

	lock_put_peer(msg, key, layers, num, LOCK_FLAG_AS_IS);
	return tnl_talk(msg, NULL, NULL);
}

int lock_peer_forget(const uint8_t *key)
{
	struct nl_msg *msg = tnl_msg(TAILNET_CMD_PEER_SET);
	struct nlattr *nest = nla_nest_start(msg, TAILNET_A_PEER);

	nla_put(msg, TAILNET_A_PEER_PUBLIC_KEY, 32, key);
	nla_put_flag(msg, TAILNET_A_PEER_NO_SIGNATURE);
	nla_nest_end(msg, nest);
	return tnl_talk(msg, NULL, NULL);
}

int lock_peer_flag(const uint8_t *key, enum lock_flag flag)
{
	struct nl_msg *msg = tnl_msg(TAILNET_CMD_PEER_SET);

	lock_put_peer(msg, key, NULL, 0, flag);
	return tnl_talk(msg, NULL, NULL);
}

int lock_peer_obsolete(const uint8_t *key, enum lock_flag flag)
{
	struct nl_msg *msg = tnl_msg(TAILNET_CMD_PEER_SET);
	struct nlattr *nest = nla_nest_start(msg, TAILNET_A_PEER);
	struct nla_bitfield32 bits = {
		.value = flag == LOCK_FLAG_ON ? TAILNET_PEER_F_OBSOLETE : 0,
		.selector = TAILNET_PEER_F_OBSOLETE,
	};

	nla_put(msg, TAILNET_A_PEER_PUBLIC_KEY, 32, key);
	nla_put(msg, TAILNET_A_PEER_FLAGS, sizeof(bits), &bits);
	nla_nest_end(msg, nest);
	return tnl_talk(msg, NULL, NULL);
}

static int on_peer(struct nl_msg *msg, void *arg)
{
	struct nlattr *top = nlmsg_find_attr(nlmsg_hdr(msg), GENL_HDRLEN,
					     TAILNET_A_PEER);
	struct nlattr *tb[TAILNET_A_PEER_MAX + 1];

	if (top && !nla_parse_nested(tb, TAILNET_A_PEER_MAX, top, NULL) &&
	    tb[TAILNET_A_PEER_VERDICT_NAME])
		snprintf(arg, 32, "%s",
			 nla_get_string(tb[TAILNET_A_PEER_VERDICT_NAME]));
	return NL_OK;
}

const char *lock_verdict(const uint8_t *key)
{
	struct nl_msg *msg = tnl_msg(TAILNET_CMD_PEER_GET);
	static char name[32];

	snprintf(name, sizeof(name), "gone");
	lock_put_peer(msg, key, NULL, 0, LOCK_FLAG_AS_IS);
	tnl_talk(msg, on_peer, name);
	return name;
}

static int on_lock(struct nl_msg *msg, void *arg)
{
	struct nlattr *top = nlmsg_find_attr(nlmsg_hdr(msg), GENL_HDRLEN,
					     TAILNET_A_LOCK);
	struct nlattr *tb[TAILNET_A_LOCK_MAX + 1];
	struct nlattr *v[TAILNET_A_VERDICT_MAX + 1], *attr;
	uint64_t *generation = arg;
	unsigned int keys = 0;
	int rem;

	if (!top || nla_parse_nested(tb, TAILNET_A_LOCK_MAX, top, NULL))
		return NL_OK;
	if (generation) {
		*generation = nla_get_u64(tb[TAILNET_A_LOCK_GENERATION]);
		return NL_OK;
	}
	nla_for_each_nested(attr, top, rem)
		keys += nla_type(attr) == TAILNET_A_LOCK_KEY;
	printf("on=%d generation=%" PRIu64 " keys=%u checked=%" PRIu64,
	       !!tb[TAILNET_A_LOCK_ON],
	       nla_get_u64(tb[TAILNET_A_LOCK_GENERATION]), keys,
	       nla_get_u64(tb[TAILNET_A_LOCK_CHECKED]));
	nla_for_each_nested(attr, top, rem) {
		if (nla_type(attr) != TAILNET_A_LOCK_COUNT ||
		    nla_parse_nested(v, TAILNET_A_VERDICT_MAX, attr, NULL))
			continue;
		printf(" %s=%u", nla_get_string(v[TAILNET_A_VERDICT_NAME]),
		       nla_get_u32(v[TAILNET_A_VERDICT_PEERS]));
	}
	printf("\n");
	return NL_OK;
}

uint64_t lock_next_generation(void)
{
	uint64_t generation = 0;

	if (tnl_talk(tnl_msg(TAILNET_CMD_LOCK_GET), on_lock, &generation))
		tnl_die("cannot read the lock");
	return generation + 1;
}

int lock_show(void)
{
	return tnl_talk(tnl_msg(TAILNET_CMD_LOCK_GET), on_lock, NULL);
}
