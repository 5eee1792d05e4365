// SPDX-License-Identifier: GPL-2.0-only
#include "module.h"

#include "base/array.h"
#include "uapi/tailnet.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <netlink/attr.h>
#include <netlink/genl/genl.h>
#include <netlink/msg.h>

/* Prefixes in one message of a dump; the rest continues the peer. */
#define DUMP_PREFIXES 3

struct module module;

void module_reset(void)
{
	table_done(&module.table);
	table_done(&module.open);
	memset(&module, 0, sizeof(module));
	module.generation = 7;
}

void module_clear_log(void)
{
	memset(module.log, 0, sizeof(module.log));
	module.n = 0;
	module.bytes = 0;
}

int genl_conn_family(const struct genl_conn *conn)
{
	(void)conn;
	return 0x1d;
}

static struct nlattr *in(struct nlattr *nest, int type)
{
	return nest ? nla_find(nla_data(nest), nla_len(nest), type) : NULL;
}

static struct nlattr *top(struct nl_msg *msg, int type)
{
	return nlmsg_find_attr(nlmsg_hdr(msg), GENL_HDRLEN, type);
}

static struct nl_msg *answer(void)
{
	struct nl_msg *msg = nlmsg_alloc_size(4096);
	struct nlattr *nest;

	genlmsg_put(msg, 1, 1, 0x1d, 0, 0, 1, 1);
	nla_put_u64(msg, TAILNET_A_GENERATION, module.generation);
	nest = nla_nest_start(msg, TAILNET_A_DEV);
	nla_put_u32(msg, TAILNET_A_DEV_IFINDEX, 3);
	nla_put_string(msg, TAILNET_A_DEV_IFNAME, "tailnet0");
	nla_nest_end(msg, nest);
	return msg;
}

static int give(struct nl_msg *msg, nl_answer_fn fn, void *ctx)
{
	int r = fn ? fn(ctx, nlmsg_hdr(msg)) : 0;

	nlmsg_free(msg);
	return r;
}

static int give_device(nl_answer_fn fn, void *ctx)
{
	const struct wanted_dev *dev = &module.table.dev;
	struct nla_bitfield32 flags = { .selector = 31 };
	struct nl_msg *msg = nlmsg_alloc_size(4096);
	struct nlattr *nest;

	flags.value |= dev->managed ? TAILNET_DEV_F_MANAGED : 0;
	flags.value |= dev->on[WG_SWITCH_GSO] ? TAILNET_DEV_F_GSO : 0;
	flags.value |= dev->on[WG_SWITCH_GRO] ? TAILNET_DEV_F_GRO : 0;
	flags.value |= dev->on[WG_SWITCH_INLINE] ? TAILNET_DEV_F_INLINE : 0;
	genlmsg_put(msg, 1, 1, 0x1d, 0, 0, 1, 1);
	nla_put_u64(msg, TAILNET_A_GENERATION, module.generation);
	nest = nla_nest_start(msg, TAILNET_A_DEV);
	nla_put_u32(msg, TAILNET_A_DEV_IFINDEX, 3);
	nla_put_string(msg, TAILNET_A_DEV_IFNAME, "tailnet0");
	if (dev->has_key)
		nla_put(msg, TAILNET_A_DEV_PUBLIC_KEY, KEY_LEN, dev->key.byte);
	nla_put_u32(msg, TAILNET_A_DEV_FWMARK, dev->fwmark);
	nla_put_u16(msg, TAILNET_A_DEV_LISTEN_PORT, module.port);
	nla_put_u32(msg, TAILNET_A_DEV_SOCKETS, module.sockets);
	nla_put(msg, TAILNET_A_DEV_FLAGS, sizeof(flags), &flags);
	nla_nest_end(msg, nest);
	return give(msg, fn, ctx);
}

static void put_endpoint(struct nl_msg *msg, const struct wg_endpoint *e)
{
	struct nlattr *nest;

	if (!e->addr_len)
		return;
	nest = nla_nest_start(msg, TAILNET_A_PEER_ENDPOINT);
	nla_put(msg, TAILNET_A_ENDPOINT_ADDR, e->addr_len, e->addr);
	nla_put_u16(msg, TAILNET_A_ENDPOINT_PORT, htons(e->port));
	if (e->scope)
		nla_put_u32(msg, TAILNET_A_ENDPOINT_SCOPE, e->scope);
	nla_nest_end(msg, nest);
}

static void put_settings(struct nl_msg *msg, const struct wanted_peer *peer)
{
	struct nla_bitfield32 flags = {
		.value = peer->roam, .selector = 7,
	};
	uint32_t verdict = TAILNET_VERDICT_OFF;

	if (peer->unsigned_ok)
		flags.value |= TAILNET_PEER_F_UNSIGNED;
	if (peer->rotated)
		flags.value |= TAILNET_PEER_F_OBSOLETE;
	if (module.table.lock.on)
		verdict = peer->sig ? TAILNET_VERDICT_ADMITTED :
			  peer->unsigned_ok ? TAILNET_VERDICT_PEER_API :
			  TAILNET_VERDICT_UNSIGNED;
	nla_put_u32(msg, TAILNET_A_PEER_VERDICT, verdict);

	nla_put_u64(msg, TAILNET_A_PEER_NODE_ID, peer->node_id);
	nla_put(msg, TAILNET_A_PEER_FLAGS, sizeof(flags), &flags);
	put_endpoint(msg, &peer->endpoint);
	nla_put_u16(msg, TAILNET_A_PEER_KEEPALIVE, peer->keepalive_s);
	nla_put_s64(msg, TAILNET_A_PEER_EXPIRES, peer->expires_s);
}

static int give_lock(nl_answer_fn fn, void *ctx)
{
	const struct wanted_lock *lock = &module.table.lock;
	struct nl_msg *msg = nlmsg_alloc_size(32768);
	struct nlattr *nest;
	size_t i;

	genlmsg_put(msg, 1, 1, 0x1d, 0, 0, 1, 1);
	nla_put_u64(msg, TAILNET_A_GENERATION, module.generation);
	nest = nla_nest_start(msg, TAILNET_A_LOCK);
	nla_put_u64(msg, TAILNET_A_LOCK_GENERATION, lock->generation);
	if (lock->on) {
		nla_put_flag(msg, TAILNET_A_LOCK_ON);
		nla_put(msg, TAILNET_A_LOCK_HEAD, AUM_HASH_LEN,
			lock->head.byte);
	}
	for (i = 0; lock->on && i < lock->n_keys; i++)
		nla_put(msg, TAILNET_A_LOCK_KEY, KEY_LEN, lock->keys[i].byte);
	nla_nest_end(msg, nest);
	return give(msg, fn, ctx);
}

static int give_peer(const struct wanted_peer *peer, nl_answer_fn fn,
		     void *ctx)
{
	struct nlattr *nest, *aip;
	struct nl_msg *msg;
	size_t i = 0;
	int r;

	do {
		msg = answer();
		nest = nla_nest_start(msg, TAILNET_A_PEER);
		nla_put(msg, TAILNET_A_PEER_PUBLIC_KEY, KEY_LEN,
			peer->key.byte);
		if (i)
			nla_put_flag(msg, TAILNET_A_PEER_CONTINUED);
		else
			put_settings(msg, peer);
		do {
			const struct wg_prefix *p = &peer->prefixes.item[i];

			if (i == peer->prefixes.n)
				break;
			aip = nla_nest_start(msg, TAILNET_A_PEER_ALLOWEDIP);
			nla_put(msg, TAILNET_A_ALLOWEDIP_ADDR, p->addr_len,
				p->addr);
			nla_put_u8(msg, TAILNET_A_ALLOWEDIP_PREFIX_LEN,
				   p->bits);
			nla_nest_end(msg, aip);
		} while (++i % DUMP_PREFIXES);
		nla_nest_end(msg, nest);
		r = give(msg, fn, ctx);
	} while (r == 0 && i < peer->prefixes.n);
	return r;
}

static void read_flags(struct nlattr *attr, struct wanted_dev *dev)
{
	struct nla_bitfield32 f;

	memcpy(&f, nla_data(attr), sizeof(f));
	if (f.selector & TAILNET_DEV_F_MANAGED)
		dev->managed = f.value & TAILNET_DEV_F_MANAGED;
	if (f.selector & TAILNET_DEV_F_GSO)
		dev->on[WG_SWITCH_GSO] = f.value & TAILNET_DEV_F_GSO;
	if (f.selector & TAILNET_DEV_F_GRO)
		dev->on[WG_SWITCH_GRO] = f.value & TAILNET_DEV_F_GRO;
	if (f.selector & TAILNET_DEV_F_INLINE)
		dev->on[WG_SWITCH_INLINE] = f.value & TAILNET_DEV_F_INLINE;
}

static int read_device(struct nlattr *nest, struct table *t)
{
	static const uint8_t zero[KEY_LEN];
	struct nlattr *attr = in(nest, TAILNET_A_DEV_PRIVATE_KEY);
	struct wanted_dev *dev = &t->dev;

	if (attr) {
		struct secret32 *key = secret32_new();

		memcpy(secret32_expose(key), nla_data(attr), KEY_LEN);
		wanted_set_private_key(dev, memcmp(nla_data(attr), zero,
						   KEY_LEN) ? key : NULL);
		dev->private_key = NULL;
		secret32_free(key);
	}
	attr = in(nest, TAILNET_A_DEV_FWMARK);
	if (attr)
		dev->fwmark = nla_get_u32(attr);
	attr = in(nest, TAILNET_A_DEV_FLAGS);
	if (attr) {
		bool before = dev->managed;

		read_flags(attr, dev);
		if (before != dev->managed && module.table.n)
			return -EBUSY;
	}
	attr = in(nest, TAILNET_A_DEV_SOCK4);
	if (attr) {
		module.fds[0] = nla_get_s32(attr);
		module.fds[1] = nla_get_s32(in(nest, TAILNET_A_DEV_SOCK6));
		module.sockets = TAILNET_SOCKETS_ADOPTED;
	}
	return 0;
}

static void read_endpoint(struct nlattr *nest, struct wg_endpoint *e)
{
	struct nlattr *attr = in(nest, TAILNET_A_ENDPOINT_ADDR);

	memset(e, 0, sizeof(*e));
	if (!attr)
		return;
	e->addr_len = nla_len(attr);
	memcpy(e->addr, nla_data(attr), e->addr_len);
	e->port = ntohs(nla_get_u16(in(nest, TAILNET_A_ENDPOINT_PORT)));
	attr = in(nest, TAILNET_A_ENDPOINT_SCOPE);
	if (attr)
		e->scope = nla_get_u32(attr);
}

static void read_prefix(struct nlattr *nest, struct wanted_peer *peer)
{
	struct nlattr *attr = in(nest, TAILNET_A_ALLOWEDIP_ADDR);
	struct wg_prefix p = { .addr_len = nla_len(attr) };

	memcpy(p.addr, nla_data(attr), p.addr_len);
	p.bits = nla_get_u8(in(nest, TAILNET_A_ALLOWEDIP_PREFIX_LEN));
	attr = in(nest, TAILNET_A_ALLOWEDIP_FLAGS);
	p.remove = attr && nla_get_u32(attr) & TAILNET_ALLOWEDIP_F_REMOVE;
	table_prefix(&module.open, peer, &p);
}

static void read_settings(struct nlattr *nest, struct wanted_peer *peer)
{
	struct nla_bitfield32 flags;
	struct nlattr *attr;

	attr = in(nest, TAILNET_A_PEER_NODE_ID);
	if (attr)
		peer->node_id = nla_get_u64(attr);
	attr = in(nest, TAILNET_A_PEER_KEEPALIVE);
	if (attr)
		peer->keepalive_s = nla_get_u16(attr);
	attr = in(nest, TAILNET_A_PEER_EXPIRES);
	if (attr)
		peer->expires_s = nla_get_s64(attr);
	attr = in(nest, TAILNET_A_PEER_ENDPOINT);
	if (attr)
		read_endpoint(attr, &peer->endpoint);
	attr = in(nest, TAILNET_A_PEER_FLAGS);
	if (attr) {
		memcpy(&flags, nla_data(attr), sizeof(flags));
		if (flags.selector & TAILNET_PEER_F_ROAM)
			peer->roam = flags.value & TAILNET_PEER_F_ROAM;
		if (flags.selector & TAILNET_PEER_F_UNSIGNED)
			peer->unsigned_ok = flags.value &
					    TAILNET_PEER_F_UNSIGNED;
		if (flags.selector & TAILNET_PEER_F_OBSOLETE)
			peer->rotated = flags.value &
					TAILNET_PEER_F_OBSOLETE;
	}
}

static struct bytes part(struct nlattr *layer, int type)
{
	struct nlattr *attr = in(layer, type);

	return attr ? (struct bytes){ nla_data(attr), nla_len(attr) } :
	       (struct bytes){ 0 };
}

static void read_sig(struct nlattr *nest, struct wanted_peer *peer)
{
	struct node_sig sig = { .n = 0 };
	struct nlattr *attr;
	int left;

	nla_for_each_nested(attr, nest, left) {
		if (nla_type(attr) != TAILNET_A_PEER_LAYER)
			continue;
		module.n_layers++;
		sig.layer[sig.n++] = (struct node_sig_layer){
			.kind = nla_get_u8(in(attr, TAILNET_A_LAYER_KIND)),
			.pubkey = part(attr, TAILNET_A_LAYER_PUBKEY),
			.key_id = part(attr, TAILNET_A_LAYER_KEY_ID),
			.sig = part(attr, TAILNET_A_LAYER_SIGNATURE),
			.wrapping = part(attr, TAILNET_A_LAYER_WRAPPING),
		};
	}
	if (!sig.n && !in(nest, TAILNET_A_PEER_NO_SIGNATURE))
		return;
	peer_sig_put(peer->sig);
	peer->sig = sig.n ? peer_sig_new(&sig) : NULL;
}

static int read_lock(struct nlattr *nest)
{
	struct wanted_lock *lock = &module.open.lock;
	uint64_t generation = nla_get_u64(in(nest, TAILNET_A_LOCK_GENERATION));
	struct lock_public keys[TAILNET_LOCK_MAX_KEYS];
	struct nlattr *attr;
	size_t n = 0;
	int left;

	if (generation <= lock->generation)
		return -ESTALE;
	nla_for_each_nested(attr, nest, left)
		if (nla_type(attr) == TAILNET_A_LOCK_KEY)
			memcpy(keys[n++].byte, nla_data(attr), KEY_LEN);
	lock->on = true;
	lock->generation = generation;
	memcpy(lock->head.byte, nla_data(in(nest, TAILNET_A_LOCK_HEAD)),
	       AUM_HASH_LEN);
	return wanted_lock_set_keys(lock, keys, n);
}

static int lock_off(struct nlattr *nest)
{
	struct wanted_lock *lock = &module.table.lock;

	if (!lock->on)
		return -ENOENT;
	if (nla_get_u64(in(nest, TAILNET_A_LOCK_GENERATION)) !=
	    lock->generation)
		return -ESTALE;
	module.off_reason = nla_get_u32(in(nest, TAILNET_A_LOCK_OFF_REASON));
	if (!module.off_reason)
		return -EINVAL;
	lock->on = false;
	module.generation++;
	return 0;
}

static int read_peer(struct nlattr *nest)
{
	struct nlattr *attr = in(nest, TAILNET_A_PEER_OP);
	uint8_t op = attr ? nla_get_u8(attr) : TAILNET_PEER_OP_SET;
	struct node_public key;
	struct wanted_peer *peer;
	int left, r;

	memcpy(key.byte, nla_data(in(nest, TAILNET_A_PEER_PUBLIC_KEY)),
	       KEY_LEN);
	r = table_op(&module.open, op, &key);
	if (r < 0 || op == TAILNET_PEER_OP_DEL)
		return r;
	peer = table_find(&module.open, &key);
	if (module.replace && peer->prefixes.cap == SIZE_MAX) {
		/* Named for the first time: it stays, its prefixes do not. */
		peer->prefixes.cap = peer->prefixes.n;
		peer->prefixes.n = 0;
	}
	read_settings(nest, peer);
	read_sig(nest, peer);
	nla_for_each_nested(attr, nest, left)
		if (nla_type(attr) == TAILNET_A_PEER_ALLOWEDIP)
			read_prefix(attr, peer);
	return 0;
}

/* A nest that is bad in itself is refused when it is handed over. */
static int judge(struct nl_msg *msg, struct nl_refusal *refusal)
{
	const struct genlmsghdr *genl = nlmsg_data(nlmsg_hdr(msg));
	struct nlattr *attr, *id;
	int left;

	nla_for_each_attr(attr, genlmsg_attrdata(genl, 0),
			  genlmsg_attrlen(genl, 0), left) {
		if (nla_type(attr) != TAILNET_A_PEER)
			continue;
		id = in(attr, TAILNET_A_PEER_NODE_ID);
		if (!id || !module.refuse ||
		    nla_get_u64(id) % module.refuse)
			continue;
		strcpy(refusal->text, "not this one");
		refusal->has_attr = true;
		refusal->attr_offset = (char *)id - (char *)nlmsg_hdr(msg);
		return -EINVAL;
	}
	return 0;
}

static int pending;	/* what the items have come to */
static int items;	/* peers so far */

static int take_items(struct nl_msg *msg, struct nl_refusal *refusal)
{
	const struct genlmsghdr *genl = nlmsg_data(nlmsg_hdr(msg));
	struct nlattr *attr;
	int left, r = judge(msg, refusal);

	if (r < 0)
		return r;
	if (!module.token ||
	    nla_get_u32(in(top(msg, TAILNET_A_TXN), TAILNET_A_TXN_TOKEN)) !=
	    module.token)
		return -ENOENT;
	r = read_device(top(msg, TAILNET_A_DEV), &module.open);
	if (r == 0 && top(msg, TAILNET_A_LOCK)) {
		module.lock_first = !items;
		r = read_lock(top(msg, TAILNET_A_LOCK));
	}
	nla_for_each_attr(attr, genlmsg_attrdata(genl, 0),
			  genlmsg_attrlen(genl, 0), left)
		if (r == 0 && nla_type(attr) == TAILNET_A_PEER) {
			items++;
			r = read_peer(attr);
		}
	/* Told at the commit, as the module does. */
	if (!pending)
		pending = r;
	return 0;
}

static int begin(struct nl_msg *msg, nl_answer_fn fn, void *ctx)
{
	struct nlattr *attr = top(msg, TAILNET_A_GENERATION);
	struct nlattr *nest = top(msg, TAILNET_A_TXN);
	struct nl_msg *reply;
	size_t i;

	if (attr && nla_get_u64(attr) != module.generation)
		return -ESTALE;
	if (module.token)
		return -EBUSY;
	module.token = 42;
	module.base = module.generation;
	module.replace = nla_get_u32(in(nest, TAILNET_A_TXN_MODE)) ==
			 TAILNET_TXN_REPLACE;
	pending = 0;
	items = 0;
	table_copy(&module.open, &module.table);
	for (i = 0; module.replace && i < module.open.n; i++)
		module.open.peers[i].prefixes.cap = SIZE_MAX;
	reply = answer();
	nest = nla_nest_start(reply, TAILNET_A_TXN);
	nla_put_u32(reply, TAILNET_A_TXN_TOKEN, module.token);
	nla_nest_end(reply, nest);
	return give(reply, fn, ctx);
}

static int commit(void)
{
	size_t i;

	if (module.meddle) {
		module.meddle--;
		module.generation++;
		return -EAGAIN;
	}
	if (!module.token)
		return -ENOENT;
	if (pending)
		return pending;
	module.token = 0;
	for (i = module.open.n; module.replace && i-- > 0;) {
		struct node_public key = module.open.peers[i].key;

		if (module.open.peers[i].prefixes.cap == SIZE_MAX)
			table_op(&module.open, TAILNET_PEER_OP_DEL, &key);
	}
	table_done(&module.table);
	module.table = module.open;
	memset(&module.open, 0, sizeof(module.open));
	module.generation++;
	return 0;
}

/* Return: the letter of the request, which is logged. */
static char take(struct nl_msg *msg, bool dump)
{
	static const char letters[] = " dsp...bacx....l.o";
	const struct genlmsghdr *genl = nlmsg_data(nlmsg_hdr(msg));
	char c = genl->cmd < sizeof(letters) ? letters[genl->cmd] : '?';

	if (dump)
		c -= 'a' - 'A';
	if (module.n < sizeof(module.log) - 1)
		module.log[module.n++] = c;
	if (nlmsg_hdr(msg)->nlmsg_len > module.bytes)
		module.bytes = nlmsg_hdr(msg)->nlmsg_len;
	return c;
}

static bool fails(char c, struct nl_refusal *refusal)
{
	memset(refusal, 0, sizeof(*refusal));
	if (c != module.fail || module.times == 0)
		return false;
	module.times--;
	strcpy(refusal->text, "played");
	return true;
}

int genl_conn_do(struct genl_conn *conn, struct nl_msg *msg, nl_answer_fn fn,
		 void *ctx, struct nl_refusal *refusal)
{
	char c = take(msg, false);

	(void)conn;
	if (fails(c, refusal))
		return module.err;
	switch (c) {
	case 'd':
		return give_device(fn, ctx);
	case 's':
		module.generation++;
		return read_device(top(msg, TAILNET_A_DEV), &module.table);
	case 'b':
		return begin(msg, fn, ctx);
	case 'a':
		return take_items(msg, refusal);
	case 'c':
		return commit();
	case 'x':
		module.token = 0;
		return 0;
	case 'l':
		return give_lock(fn, ctx);
	case 'o':
		return lock_off(top(msg, TAILNET_A_LOCK));
	}
	return -EOPNOTSUPP;
}

int genl_conn_dump(struct genl_conn *conn, struct nl_msg *msg,
		   nl_answer_fn fn, void *ctx, struct nl_refusal *refusal)
{
	char c = take(msg, true);
	size_t i;
	int r = 0;

	(void)conn;
	if (fails(c, refusal))
		return module.err;
	for (i = 0; i < module.table.n && r == 0; i++)
		r = give_peer(&module.table.peers[i], fn, ctx);
	return r;
}
