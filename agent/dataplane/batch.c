// SPDX-License-Identifier: GPL-2.0-only
#include "dataplane/batch.h"

#include "base/array.h"
#include "uapi/tailnet.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <linux/netlink.h>
#include <netlink/attr.h>
#include <netlink/genl/genl.h>
#include <netlink/msg.h>

/*
 * Upper bounds of what one nest takes, each attribute with its header: an
 * allowed IP, a peer without allowed IPs and signature, a layer of that. More
 * than they need.
 */
#define ALLOWEDIP_MAX 48	/* bytes */
#define PEER_HEAD_MAX 256	/* bytes */
#define LAYER_MAX 208		/* bytes, of a signature */

void batch_msg_free(struct nl_msg *msg)
{
	if (!msg)
		return;
	secret_wipe(nlmsg_hdr(msg), nlmsg_get_max_size(msg));
	nlmsg_free(msg);
}

void batch_done(struct batch *batch)
{
	size_t i;

	for (i = 0; i < batch->n; i++)
		batch_msg_free(batch->msg[i]);
	free(batch->msg);
	memset(batch, 0, sizeof(*batch));
}

static struct nl_msg *begin(int family, uint8_t cmd)
{
	struct nl_msg *msg = nlmsg_alloc_size(BATCH_MSG_MAX);

	if (!msg)
		return NULL;
	if (!genlmsg_put(msg, NL_AUTO_PORT, NL_AUTO_SEQ, family, 0, 0, cmd,
			 TAILNET_GENL_VERSION)) {
		batch_msg_free(msg);
		return NULL;
	}
	return msg;
}

/* The nest that names the device is left open for settings. */
static struct nlattr *begin_device(struct nl_msg *msg, const char *ifname)
{
	struct nlattr *nest = nla_nest_start(msg, TAILNET_A_DEV);

	if (!nest || nla_put_string(msg, TAILNET_A_DEV_IFNAME, ifname) < 0)
		return NULL;
	return nest;
}

static struct nl_msg *begin_for(int family, uint8_t cmd, const char *ifname)
{
	struct nl_msg *msg auto_clean(batch_msg) = begin(family, cmd);
	struct nlattr *nest;

	if (!msg || !ifname)
		return steal(msg);
	nest = begin_device(msg, ifname);
	if (!nest || nla_nest_end(msg, nest) < 0)
		return NULL;
	return steal(msg);
}

struct nl_msg *batch_dev_get(int family, const char *ifname)
{
	return begin_for(family, TAILNET_CMD_DEV_GET, ifname);
}

struct nl_msg *batch_stats_get(int family, const char *ifname)
{
	return begin_for(family, TAILNET_CMD_STATS_GET, ifname);
}

struct nl_msg *batch_lock_get(int family, const char *ifname)
{
	return begin_for(family, TAILNET_CMD_LOCK_GET, ifname);
}

struct nl_msg *batch_lock_off(int family, const char *ifname,
			      const struct wanted_lock *lock)
{
	static const uint32_t reasons[] = {
		[WANTED_LOCK_OFF_OTHER] = TAILNET_LOCK_OFF_OTHER,
		[WANTED_LOCK_OFF_DISABLED] = TAILNET_LOCK_OFF_DISABLED,
		[WANTED_LOCK_OFF_LOCAL] = TAILNET_LOCK_OFF_LOCAL,
	};
	struct nl_msg *msg auto_clean(batch_msg) =
		begin_for(family, TAILNET_CMD_LOCK_OFF, ifname);
	struct nlattr *nest;

	if (!msg)
		return NULL;
	nest = nla_nest_start(msg, TAILNET_A_LOCK);
	if (!nest ||
	    nla_put_u64(msg, TAILNET_A_LOCK_GENERATION,
			lock->generation) < 0 ||
	    nla_put_u32(msg, TAILNET_A_LOCK_OFF_REASON,
			reasons[lock->off]) < 0 ||
	    nla_nest_end(msg, nest) < 0)
		return NULL;
	return steal(msg);
}

struct nl_msg *batch_peer_get(int family, const char *ifname,
			      const struct node_public *key)
{
	struct nl_msg *msg auto_clean(batch_msg) =
		begin_for(family, TAILNET_CMD_PEER_GET, ifname);
	struct nlattr *nest;

	if (!msg || !key)
		return steal(msg);
	nest = nla_nest_start(msg, TAILNET_A_PEER);
	if (!nest ||
	    nla_put(msg, TAILNET_A_PEER_PUBLIC_KEY, KEY_LEN, key->byte) < 0 ||
	    nla_nest_end(msg, nest) < 0)
		return NULL;
	return steal(msg);
}

struct nl_msg *batch_txn_begin(int family, const char *ifname, bool replace,
			       const uint64_t *generation)
{
	struct nl_msg *msg auto_clean(batch_msg) =
		begin_for(family, TAILNET_CMD_TXN_BEGIN, ifname);
	uint32_t mode = replace ? TAILNET_TXN_REPLACE : TAILNET_TXN_MERGE;
	struct nlattr *nest;

	if (!msg)
		return NULL;
	nest = nla_nest_start(msg, TAILNET_A_TXN);
	if (!nest || nla_put_u32(msg, TAILNET_A_TXN_MODE, mode) < 0 ||
	    nla_nest_end(msg, nest) < 0)
		return NULL;
	if (generation &&
	    nla_put_u64(msg, TAILNET_A_GENERATION, *generation) < 0)
		return NULL;
	return steal(msg);
}

static int put_token(struct nl_msg *msg, uint32_t token)
{
	struct nlattr *nest = nla_nest_start(msg, TAILNET_A_TXN);

	if (!nest || nla_put_u32(msg, TAILNET_A_TXN_TOKEN, token) < 0)
		return -ENOMEM;
	return nla_nest_end(msg, nest) < 0 ? -ENOMEM : 0;
}

static struct nl_msg *end_txn(int family, uint8_t cmd, const char *ifname,
			      uint32_t token)
{
	struct nl_msg *msg auto_clean(batch_msg) =
		begin_for(family, cmd, ifname);

	if (!msg || put_token(msg, token) < 0)
		return NULL;
	return steal(msg);
}

struct nl_msg *batch_txn_commit(int family, const char *ifname,
				uint32_t token)
{
	return end_txn(family, TAILNET_CMD_TXN_COMMIT, ifname, token);
}

struct nl_msg *batch_txn_abort(int family, const char *ifname, uint32_t token)
{
	return end_txn(family, TAILNET_CMD_TXN_ABORT, ifname, token);
}

/* @key may be NULL: a zero key takes the present one away. */
static int put_secret(struct nl_msg *msg, int type, struct secret32 *key)
{
	static const uint8_t zero[SECRET_LEN];

	return nla_put(msg, type, SECRET_LEN,
		       key ? secret32_expose(key) : zero);
}

static int put_bits(struct nl_msg *msg, int type, uint32_t value, uint32_t mask)
{
	struct nla_bitfield32 bits = { .value = value, .selector = mask };

	return nla_put(msg, type, sizeof(bits), &bits);
}

static bool changes_device(const struct wg_config *config)
{
	size_t i;

	for (i = 0; i < WG_SWITCHES; i++) {
		if (config->switch_set[i])
			return true;
	}
	return config->set != 0;
}

static const uint32_t switch_flag[WG_SWITCHES] = {
	[WG_SWITCH_GSO] = TAILNET_DEV_F_GSO,
	[WG_SWITCH_GRO] = TAILNET_DEV_F_GRO,
	[WG_SWITCH_INLINE] = TAILNET_DEV_F_INLINE,
};

/* The settings of a configuration, inside of the nest of the device. */
static int put_config(struct nl_msg *msg, const void *item)
{
	const struct wg_config *config = item;
	uint32_t value = 0, mask = 0;
	size_t i;
	int r = 0;

	if (config->set & WG_DEV_KEY)
		r |= put_secret(msg, TAILNET_A_DEV_PRIVATE_KEY,
				config->private_key);
	if (config->set & WG_DEV_PORT)
		r |= nla_put_u16(msg, TAILNET_A_DEV_LISTEN_PORT,
				 config->listen_port);
	if (config->set & WG_DEV_FWMARK)
		r |= nla_put_u32(msg, TAILNET_A_DEV_FWMARK, config->fwmark);
	for (i = 0; i < WG_SWITCHES; i++) {
		if (!config->switch_set[i])
			continue;
		mask |= switch_flag[i];
		if (config->switch_on[i])
			value |= switch_flag[i];
	}
	if (mask)
		r |= put_bits(msg, TAILNET_A_DEV_FLAGS, value, mask);
	return r;
}

/* The settings that a plan changes, in the same place. */
static int put_plan_device(struct nl_msg *msg, const void *item)
{
	const struct plan *plan = item;
	const struct wanted_dev *dev = plan->dev;
	uint32_t value = 0, mask = 0;
	size_t i;
	int r = 0;

	if (plan->dev_set & PLAN_DEV_KEY)
		r |= put_secret(msg, TAILNET_A_DEV_PRIVATE_KEY,
				dev->private_key);
	if (plan->dev_set & PLAN_DEV_FWMARK)
		r |= nla_put_u32(msg, TAILNET_A_DEV_FWMARK, dev->fwmark);
	if (plan->dev_set & PLAN_DEV_MANAGED) {
		mask |= TAILNET_DEV_F_MANAGED;
		value |= dev->managed ? TAILNET_DEV_F_MANAGED : 0;
	}
	for (i = 0; i < WG_SWITCHES && plan->dev_set & PLAN_DEV_SWITCHES; i++) {
		mask |= switch_flag[i];
		value |= dev->on[i] ? switch_flag[i] : 0;
	}
	if (mask)
		r |= put_bits(msg, TAILNET_A_DEV_FLAGS, value, mask);
	return r;
}

static int put_endpoint(struct nl_msg *msg, const struct wg_endpoint *e)
{
	struct nlattr *nest;
	int r;

	/* None: an empty nest, which libnl's own functions do not leave. */
	if (!e->addr_len)
		return nla_put(msg, TAILNET_A_PEER_ENDPOINT | NLA_F_NESTED, 0,
			       NULL);
	nest = nla_nest_start(msg, TAILNET_A_PEER_ENDPOINT);
	if (!nest)
		return -ENOMEM;
	r = nla_put(msg, TAILNET_A_ENDPOINT_ADDR, e->addr_len, e->addr);
	r |= nla_put_u16(msg, TAILNET_A_ENDPOINT_PORT, htons(e->port));
	if (e->scope)
		r |= nla_put_u32(msg, TAILNET_A_ENDPOINT_SCOPE, e->scope);
	if (r < 0 || nla_nest_end(msg, nest) < 0)
		return -ENOMEM;
	return 0;
}

static int put_prefix(struct nl_msg *msg, const struct wg_prefix *p)
{
	struct nlattr *nest = nla_nest_start(msg, TAILNET_A_PEER_ALLOWEDIP);
	int r;

	if (!nest)
		return -ENOMEM;
	r = nla_put(msg, TAILNET_A_ALLOWEDIP_ADDR, p->addr_len, p->addr);
	r |= nla_put_u8(msg, TAILNET_A_ALLOWEDIP_PREFIX_LEN, p->bits);
	if (p->remove)
		r |= nla_put_u32(msg, TAILNET_A_ALLOWEDIP_FLAGS,
				 TAILNET_ALLOWEDIP_F_REMOVE);
	if (r < 0 || nla_nest_end(msg, nest) < 0)
		return -ENOMEM;
	return 0;
}

/* All of a peer but its key and its allowed IPs. */
static int put_peer_config(struct nl_msg *msg, const void *item)
{
	const struct wg_peer_config *peer = item;
	bool new = peer->presence == WG_ABSENT && !(peer->set & WG_PEER_ROAM);
	int r = 0;

	if (peer->remove)
		return nla_put_u8(msg, TAILNET_A_PEER_OP, TAILNET_PEER_OP_DEL);
	if (peer->set & WG_PEER_PSK)
		r |= put_secret(msg, TAILNET_A_PEER_PRESHARED_KEY, peer->psk);
	if (new || peer->set & WG_PEER_ROAM)
		r |= put_bits(msg, TAILNET_A_PEER_FLAGS,
			      new || peer->roam ? TAILNET_PEER_F_ROAM : 0,
			      TAILNET_PEER_F_ROAM);
	if (peer->set & WG_PEER_ENDPOINT)
		r |= put_endpoint(msg, &peer->endpoint);
	if (peer->set & WG_PEER_KEEPALIVE)
		r |= nla_put_u16(msg, TAILNET_A_PEER_KEEPALIVE,
				 peer->keepalive_s);
	if (peer->set & WG_PEER_REPLACE_IPS)
		r |= nla_put_flag(msg, TAILNET_A_PEER_REPLACE_ALLOWEDIPS);
	return r;
}

/* Not even empty: absent is the only form of what a layer does not have. */
static int put_part(struct nl_msg *msg, int type, struct bytes part)
{
	return part.len ? nla_put(msg, type, part.len, part.data) : 0;
}

static int put_layer(struct nl_msg *msg, const struct node_sig_layer *layer)
{
	struct nlattr *nest = nla_nest_start(msg, TAILNET_A_PEER_LAYER);
	int r;

	if (!nest)
		return -ENOMEM;
	r = nla_put_u8(msg, TAILNET_A_LAYER_KIND, layer->kind);
	r |= put_part(msg, TAILNET_A_LAYER_PUBKEY, layer->pubkey);
	r |= put_part(msg, TAILNET_A_LAYER_KEY_ID, layer->key_id);
	r |= put_part(msg, TAILNET_A_LAYER_SIGNATURE, layer->sig);
	r |= put_part(msg, TAILNET_A_LAYER_WRAPPING, layer->wrapping);
	return r < 0 || nla_nest_end(msg, nest) < 0 ? -ENOMEM : 0;
}

static int put_sig(struct nl_msg *msg, const struct peer_sig *sig)
{
	size_t i;
	int r = 0;

	if (!sig)
		return nla_put_flag(msg, TAILNET_A_PEER_NO_SIGNATURE);
	for (i = 0; i < sig->n && r == 0; i++)
		r = put_layer(msg, &sig->layer[i]);
	return r;
}

static int put_peer_flags(struct nl_msg *msg, unsigned int set,
			  const struct wanted_peer *want)
{
	uint32_t value = 0, mask = 0;

	if (set & PLAN_PEER_ROAM) {
		mask |= TAILNET_PEER_F_ROAM;
		value |= want->roam ? TAILNET_PEER_F_ROAM : 0;
	}
	if (set & PLAN_PEER_UNSIGNED) {
		mask |= TAILNET_PEER_F_UNSIGNED;
		value |= want->unsigned_ok ? TAILNET_PEER_F_UNSIGNED : 0;
	}
	if (set & PLAN_PEER_ROTATED) {
		mask |= TAILNET_PEER_F_OBSOLETE;
		value |= want->rotated ? TAILNET_PEER_F_OBSOLETE : 0;
	}
	return mask ? put_bits(msg, TAILNET_A_PEER_FLAGS, value, mask) : 0;
}

/* The same, as a plan has it. */
static int put_plan_peer(struct nl_msg *msg, const void *item)
{
	static const uint8_t ops[] = {
		[PLAN_ADD] = TAILNET_PEER_OP_NEW,
		[PLAN_CHANGE] = TAILNET_PEER_OP_UPDATE,
		[PLAN_REMOVE] = TAILNET_PEER_OP_DEL,
		[PLAN_SET] = TAILNET_PEER_OP_SET,
	};
	const struct plan_peer *peer = item;
	const struct wanted_peer *want = peer->want;
	int r = nla_put_u8(msg, TAILNET_A_PEER_OP, ops[peer->op]);

	if (peer->op == PLAN_REMOVE)
		return r;
	if (peer->set & PLAN_PEER_NODE_ID)
		r |= nla_put_u64(msg, TAILNET_A_PEER_NODE_ID, want->node_id);
	r |= put_peer_flags(msg, peer->set, want);
	if (peer->set & PLAN_PEER_KEEPALIVE)
		r |= nla_put_u16(msg, TAILNET_A_PEER_KEEPALIVE,
				 want->keepalive_s);
	if (peer->set & PLAN_PEER_EXPIRES)
		r |= nla_put_s64(msg, TAILNET_A_PEER_EXPIRES, want->expires_s);
	if (peer->set & PLAN_PEER_ENDPOINT)
		r |= put_endpoint(msg, &want->endpoint);
	if (peer->set & PLAN_PEER_SIG)
		r |= put_sig(msg, want->sig);
	return r;
}

/* Puts attributes of an item into the nest at hand; below 0 = no room. */
typedef int (*put_fn)(struct nl_msg *msg, const void *item);

/**
 * struct builder - items on their way into messages
 * @batch: gets them
 * @msg: the message being filled; the last one of @batch, or NULL
 * @family: number of the family
 * @ifname: the device
 * @token: of the transaction
 */
struct builder {
	struct batch *batch;
	struct nl_msg *msg;
	int family;
	const char *ifname;
	uint32_t token;
};

static size_t room(struct nl_msg *msg)
{
	return nlmsg_get_max_size(msg) - nlmsg_hdr(msg)->nlmsg_len;
}

/* @put: gives the settings that the message shall begin with, or NULL */
static int add_message(struct builder *b, put_fn put, const void *item)
{
	struct nl_msg **grown;
	struct nlattr *nest;

	grown = array_grow(b->batch->msg, b->batch->n, &b->batch->cap,
			   sizeof(struct nl_msg *));
	if (!grown)
		return -ENOMEM;
	b->batch->msg = grown;
	b->msg = begin(b->family, TAILNET_CMD_TXN_ADD);
	if (!b->msg)
		return -ENOMEM;
	b->batch->msg[b->batch->n++] = b->msg;
	nest = begin_device(b->msg, b->ifname);
	if (!nest || (put && put(b->msg, item) < 0) ||
	    nla_nest_end(b->msg, nest) < 0)
		return -ENOMEM;
	return put_token(b->msg, b->token);
}

/* Open a nest for @peer with room for its head, @more, and one allowed IP. */
static struct nlattr *begin_peer(struct builder *b,
				 const struct node_public *key, size_t more)
{
	struct nlattr *nest;

	if (!b->msg || room(b->msg) < PEER_HEAD_MAX + more + ALLOWEDIP_MAX) {
		if (add_message(b, NULL, NULL) < 0)
			return NULL;
	}
	nest = nla_nest_start(b->msg, TAILNET_A_PEER);
	if (!nest || nla_put(b->msg, TAILNET_A_PEER_PUBLIC_KEY, KEY_LEN,
			     key->byte) < 0)
		return NULL;
	return nest;
}

/*
 * @more: bytes that @put takes beside the head
 * @prefixes: of the peer; NULL if it is to be removed
 */
static int add_peer(struct builder *b, const struct node_public *key,
		    put_fn put, const void *item, size_t more,
		    const struct wg_prefixes *prefixes)
{
	struct nlattr *nest = begin_peer(b, key, more);
	size_t i;

	if (!nest || put(b->msg, item) < 0)
		return -ENOMEM;
	for (i = 0; prefixes && i < prefixes->n; i++) {
		if (room(b->msg) < ALLOWEDIP_MAX) {
			/*
			 * The rest goes into a nest that only names the peer:
			 * it adds to what the first one said.
			 */
			if (nla_nest_end(b->msg, nest) < 0)
				return -ENOMEM;
			nest = begin_peer(b, key, 0);
			if (!nest)
				return -ENOMEM;
		}
		if (put_prefix(b->msg, &prefixes->item[i]) < 0)
			return -ENOMEM;
	}
	return nla_nest_end(b->msg, nest) < 0 ? -ENOMEM : 0;
}

int batch_txn_items(int family, const char *ifname, uint32_t token,
		    const struct wg_config *config, struct batch *ret)
{
	struct batch batch auto_clean(batch) = { 0 };
	struct builder b = {
		.batch = &batch, .family = family, .ifname = ifname,
		.token = token,
	};
	size_t i;
	int r = 0;

	if (changes_device(config))
		r = add_message(&b, put_config, config);
	for (i = 0; i < config->n_peers && r == 0; i++) {
		const struct wg_peer_config *peer = &config->peers[i];

		if (!peer->remove || peer->presence != WG_ABSENT)
			r = add_peer(&b, &peer->key, put_peer_config, peer, 0,
				     peer->remove ? NULL : &peer->prefixes);
	}
	if (r < 0)
		return r;
	*ret = batch;
	memset(&batch, 0, sizeof(batch));
	return 0;
}

/* What is trusted, in a message of its own that comes first. */
static int add_lock(struct builder *b, const struct plan *plan)
{
	const struct wanted_lock *lock = plan->lock;
	struct nlattr *nest;
	size_t i;
	int r = add_message(b, NULL, NULL);

	if (r < 0)
		return r;
	nest = nla_nest_start(b->msg, TAILNET_A_LOCK);
	if (!nest)
		return -ENOMEM;
	r = nla_put_u64(b->msg, TAILNET_A_LOCK_GENERATION,
			plan->lock_generation);
	r |= nla_put(b->msg, TAILNET_A_LOCK_HEAD, AUM_HASH_LEN,
		     lock->head.byte);
	for (i = 0; i < lock->n_keys && r == 0; i++)
		r = nla_put(b->msg, TAILNET_A_LOCK_KEY, KEY_LEN,
			    lock->keys[i].byte);
	if (r < 0 || nla_nest_end(b->msg, nest) < 0)
		return -ENOMEM;
	b->msg = NULL;
	return 0;
}

static size_t sig_room(const struct plan_peer *peer)
{
	return peer->set & PLAN_PEER_SIG && peer->want && peer->want->sig ?
	       peer->want->sig->n * LAYER_MAX : 0;
}

int batch_plan_items(int family, const char *ifname, uint32_t token,
		     const struct plan *plan, struct batch *ret)
{
	struct batch batch auto_clean(batch) = { 0 };
	struct builder b = {
		.batch = &batch, .family = family, .ifname = ifname,
		.token = token,
	};
	size_t i;
	int r = 0;

	if (plan->lock_set)
		r = add_lock(&b, plan);
	if (r == 0 && plan->dev_set)
		r = add_message(&b, put_plan_device, plan);
	for (i = 0; i < plan->n_peers && r == 0; i++) {
		const struct plan_peer *peer = &plan->peers[i];

		r = add_peer(&b, &peer->key, put_plan_peer, peer,
			     sig_room(peer),
			     peer->want ? &peer->prefixes : NULL);
	}
	if (r < 0)
		return r;
	*ret = batch;
	memset(&batch, 0, sizeof(batch));
	return 0;
}

/* Return: 0, or -ENOMEM. */
static int put_adoption(struct nl_msg *msg, const struct batch_adoption *a)
{
	uint32_t managed = TAILNET_DEV_F_MANAGED;
	int r = nla_put_s32(msg, TAILNET_A_DEV_SOCK4, a->fd4);

	r |= nla_put_s32(msg, TAILNET_A_DEV_SOCK6, a->fd6);
	r |= nla_put_u32(msg, TAILNET_A_DEV_FWMARK, a->fwmark);
	if (a->manage)
		r |= put_bits(msg, TAILNET_A_DEV_FLAGS, managed, managed);
	return r;
}

struct nl_msg *batch_dev_adopt(int family, const char *ifname,
			       const struct batch_adoption *adoption)
{
	struct nl_msg *msg auto_clean(batch_msg) =
		begin(family, TAILNET_CMD_DEV_SET);
	struct nlattr *nest;

	if (!msg)
		return NULL;
	nest = begin_device(msg, ifname);
	if (!nest || put_adoption(msg, adoption) < 0 ||
	    nla_nest_end(msg, nest) < 0)
		return NULL;
	return steal(msg);
}
