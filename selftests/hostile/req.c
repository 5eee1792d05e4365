// SPDX-License-Identifier: GPL-2.0-only
/*
 * Valid requests of every kind, from which the invalid ones are made, a
 * reference configuration to go back to, and a picture of a device's state.
 */
#include "req.h"

#include "../../uapi/tailnet.h"
#include "net.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

const char *req_dev = "tnx";
uint32_t req_token;

/**
 * req_key() - the public key of a peer
 * @n:		which
 * @key:	32 bytes; no point on the curve is needed here
 */
void req_key(unsigned int n, uint8_t key[32])
{
	memset(key, 0x42, 32);
	key[0] = (uint8_t)n;
	key[1] = (uint8_t)(n >> 8);
	key[2] = (uint8_t)(n >> 16);
}

/**
 * req_put_dev() - name the device
 * @b:		message
 */
void req_put_dev(struct nlbuf *b)
{
	size_t nest = nl_nest(b, TAILNET_A_DEV);

	nl_put(b, TAILNET_A_DEV_IFNAME, req_dev, strlen(req_dev) + 1);
	nl_end(b, nest);
}

/**
 * req_peer() - begin a peer nest
 * @b:		message
 * @n:		which peer
 *
 * Return: for nl_end().
 */
size_t req_peer(struct nlbuf *b, unsigned int n)
{
	size_t nest = nl_nest(b, TAILNET_A_PEER);
	uint8_t key[32];

	req_key(n, key);
	nl_put(b, TAILNET_A_PEER_PUBLIC_KEY, key, sizeof(key));
	return nest;
}

/**
 * req_endpoint() - append an endpoint to a peer nest
 * @b:		message
 * @n:		makes it different from others; odd ones are IPv6
 */
void req_endpoint(struct nlbuf *b, unsigned int n)
{
	uint8_t a4[4] = { 10, 55, 1, (uint8_t)n };
	uint8_t a6[16] = { 0xfe, 0x80, [15] = (uint8_t)n };
	size_t nest = nl_nest(b, TAILNET_A_PEER_ENDPOINT);

	if (n % 2) {
		nl_put(b, TAILNET_A_ENDPOINT_ADDR, a6, sizeof(a6));
		nl_put_u32(b, TAILNET_A_ENDPOINT_SCOPE, 1);
	} else {
		nl_put(b, TAILNET_A_ENDPOINT_ADDR, a4, sizeof(a4));
	}
	nl_put_u16(b, TAILNET_A_ENDPOINT_PORT, htons((uint16_t)(1000 + n)));
	nl_end(b, nest);
}

/**
 * req_allowedip() - append an allowed IP to a peer nest
 * @b:		message
 * @family:	4 or 6
 * @n:		makes it different from others
 * @len:	prefix length
 */
void req_allowedip(struct nlbuf *b, int family, unsigned int n, uint8_t len)
{
	uint8_t a4[4] = { 10, (uint8_t)(n >> 16), (uint8_t)(n >> 8),
			  (uint8_t)n };
	uint8_t a6[16] = { 0xfd, 0x99, [13] = (uint8_t)(n >> 16),
			   (uint8_t)(n >> 8), (uint8_t)n };
	size_t nest = nl_nest(b, TAILNET_A_PEER_ALLOWEDIP);

	if (family == 4)
		nl_put(b, TAILNET_A_ALLOWEDIP_ADDR, a4, sizeof(a4));
	else
		nl_put(b, TAILNET_A_ALLOWEDIP_ADDR, a6, sizeof(a6));
	nl_put_u8(b, TAILNET_A_ALLOWEDIP_PREFIX_LEN, len);
	nl_end(b, nest);
}

/**
 * req_full_peer() - a peer nest with every setting
 * @b:		message
 * @n:		which peer
 */
void req_full_peer(struct nlbuf *b, unsigned int n)
{
	struct nla_bitfield32 roam = { TAILNET_PEER_F_ROAM,
				       TAILNET_PEER_F_ROAM };
	size_t nest = req_peer(b, n);
	uint8_t psk[32];

	memset(psk, (int)(n | 1), sizeof(psk));
	nl_put(b, TAILNET_A_PEER_PRESHARED_KEY, psk, sizeof(psk));
	nl_put_u64(b, TAILNET_A_PEER_NODE_ID, 1000000 + n);
	nl_put(b, TAILNET_A_PEER_FLAGS, &roam, sizeof(roam));
	req_endpoint(b, n);
	/* No persistent keepalive: these peers shall send nothing. */
	nl_put_u16(b, TAILNET_A_PEER_KEEPALIVE, 0);
	nl_put(b, TAILNET_A_PEER_REPLACE_ALLOWEDIPS, NULL, 0);
	req_allowedip(b, 4, n, 32);
	req_allowedip(b, 6, n, 128);
	req_allowedip(b, 4, n << 8, 24);
	nl_end(b, nest);
}

static void fill_dev(struct nlbuf *b)
{
	req_put_dev(b);
}

static void fill_nothing(struct nlbuf *b)
{
	(void)b;
}

static void fill_dev_set(struct nlbuf *b)
{
	struct nla_bitfield32 flags = { TAILNET_DEV_F_GSO, TAILNET_DEV_F_GSO };
	size_t nest = nl_nest(b, TAILNET_A_DEV);
	uint8_t key[32];

	memset(key, 0x17, sizeof(key));
	nl_put(b, TAILNET_A_DEV_IFNAME, req_dev, strlen(req_dev) + 1);
	nl_put(b, TAILNET_A_DEV_PRIVATE_KEY, key, sizeof(key));
	nl_put_u16(b, TAILNET_A_DEV_LISTEN_PORT, 51820);
	nl_put_u32(b, TAILNET_A_DEV_FWMARK, 0);
	nl_put(b, TAILNET_A_DEV_FLAGS, &flags, sizeof(flags));
	nl_put_u32(b, TAILNET_A_DEV_ORPHAN_TIMEOUT, 60);
	nl_end(b, nest);
}

static void fill_peer_ref(struct nlbuf *b)
{
	req_put_dev(b);
	nl_end(b, req_peer(b, 1));
}

static void fill_peer_new(struct nlbuf *b)
{
	req_put_dev(b);
	req_full_peer(b, REQ_ABSENT);
	req_full_peer(b, REQ_ABSENT + 1);
}

/* One layer of a signature; nobody has signed it. */
static void put_layer(struct nlbuf *b, uint8_t kind, unsigned int n)
{
	size_t nest = nl_nest(b, TAILNET_A_PEER_LAYER);
	uint8_t key[34] = "np", sig[64];

	req_key(n, key + 2);
	memset(sig, (int)n, sizeof(sig));
	nl_put_u8(b, TAILNET_A_LAYER_KIND, kind);
	nl_put(b, TAILNET_A_LAYER_PUBKEY, key, sizeof(key));
	nl_put(b, TAILNET_A_LAYER_KEY_ID, key + 2, 32);
	nl_put(b, TAILNET_A_LAYER_SIGNATURE, sig, sizeof(sig));
	nl_put(b, TAILNET_A_LAYER_WRAPPING, key + 2, 32);
	nl_end(b, nest);
}

static void fill_peer_set(struct nlbuf *b)
{
	size_t nest;

	req_put_dev(b);
	req_full_peer(b, 1);
	req_full_peer(b, 2);
	nest = req_peer(b, 3);
	put_layer(b, 2, 3);
	put_layer(b, 1, 4);
	nl_end(b, nest);
}

static void fill_begin(struct nlbuf *b)
{
	size_t nest;

	req_put_dev(b);
	nest = nl_nest(b, TAILNET_A_TXN);
	nl_put_u32(b, TAILNET_A_TXN_MODE, TAILNET_TXN_MERGE);
	nl_end(b, nest);
}

static void put_token(struct nlbuf *b)
{
	size_t nest = nl_nest(b, TAILNET_A_TXN);

	nl_put_u32(b, TAILNET_A_TXN_TOKEN, req_token);
	nl_end(b, nest);
}

static void fill_add(struct nlbuf *b)
{
	size_t nest;

	req_put_dev(b);
	put_token(b);
	req_full_peer(b, 1);
	nest = req_peer(b, 2);
	nl_put_u8(b, TAILNET_A_PEER_OP, TAILNET_PEER_OP_UPDATE);
	nl_put_u16(b, TAILNET_A_PEER_KEEPALIVE, 0);
	nl_end(b, nest);
}

static void fill_end(struct nlbuf *b)
{
	req_put_dev(b);
	put_token(b);
}

const struct req reqs[] = {
	{ "dev-get", TAILNET_CMD_DEV_GET, 0, fill_dev, false },
	{ "dev-dump", TAILNET_CMD_DEV_GET, NLM_F_DUMP, fill_nothing, false },
	{ "dev-set", TAILNET_CMD_DEV_SET, 0, fill_dev_set, false },
	{ "peer-get", TAILNET_CMD_PEER_GET, 0, fill_peer_ref, false },
	{ "peer-dump", TAILNET_CMD_PEER_GET, NLM_F_DUMP, fill_dev, false },
	{ "peer-new", TAILNET_CMD_PEER_NEW, 0, fill_peer_new, false },
	{ "peer-set", TAILNET_CMD_PEER_SET, 0, fill_peer_set, false },
	{ "peer-del", TAILNET_CMD_PEER_DEL, 0, fill_peer_ref, false },
	{ "txn-begin", TAILNET_CMD_TXN_BEGIN, 0, fill_begin, false },
	{ "txn-add", TAILNET_CMD_TXN_ADD, 0, fill_add, true },
	{ "txn-commit", TAILNET_CMD_TXN_COMMIT, 0, fill_end, true },
	{ "txn-abort", TAILNET_CMD_TXN_ABORT, 0, fill_end, true },
	{ "stats-get", TAILNET_CMD_STATS_GET, 0, fill_dev, false },
	{ "lock-get", TAILNET_CMD_LOCK_GET, 0, fill_dev, false },
	{ "lock-dump", TAILNET_CMD_LOCK_GET, NLM_F_DUMP, fill_nothing, false },
	{ "stats-dump", TAILNET_CMD_STATS_GET, NLM_F_DUMP, fill_nothing, false },
};

const size_t n_reqs = sizeof(reqs) / sizeof(reqs[0]);

/**
 * req_find() - a request by name
 * @name:	name
 *
 * Return: request; dies when there is none.
 */
const struct req *req_find(const char *name)
{
	size_t i;

	for (i = 0; i < n_reqs; i++) {
		if (!strcmp(reqs[i].name, name))
			return &reqs[i];
	}
	die("no request %s", name);
}

/**
 * req_build() - make a valid request
 * @nl:		socket
 * @r:		which
 * @b:		message
 */
void req_build(struct nl *nl, const struct req *r, struct nlbuf *b)
{
	nl_begin(b, nl->family, r->flags, r->cmd);
	r->fill(b);
}

static const struct nlattr *find(const uint8_t *p, const uint8_t *end,
				 uint16_t type)
{
	while (end - p >= NLA_HDRLEN) {
		const struct nlattr *a = (const void *)p;

		if (a->nla_len < NLA_HDRLEN || a->nla_len > end - p)
			break;
		if ((a->nla_type & NLA_TYPE_MASK) == type)
			return a;
		p += NLA_ALIGN(a->nla_len);
	}
	return NULL;
}

static void read_token(const struct nlmsghdr *msg, void *ctx)
{
	const uint8_t *p = (const uint8_t *)msg + NLMSG_HDRLEN + GENL_HDRLEN;
	const uint8_t *end = (const uint8_t *)msg + msg->nlmsg_len;
	const struct nlattr *a = find(p, end, TAILNET_A_TXN);

	if (a)
		a = find((const uint8_t *)a + NLA_HDRLEN,
			 (const uint8_t *)a + a->nla_len, TAILNET_A_TXN_TOKEN);
	if (a)
		memcpy(ctx, (const uint8_t *)a + NLA_HDRLEN, 4);
}

/**
 * req_begin_txn() - open a transaction; its token goes to req_token
 * @nl:		socket
 * @mode:	enum tailnet_txn_mode
 * @ret:	how it ended
 */
void req_begin_txn(struct nl *nl, uint32_t mode, struct answer *ret)
{
	static struct nlbuf b;
	size_t nest;

	nl_begin(&b, nl->family, 0, TAILNET_CMD_TXN_BEGIN);
	req_put_dev(&b);
	nest = nl_nest(&b, TAILNET_A_TXN);
	nl_put_u32(&b, TAILNET_A_TXN_MODE, mode);
	nl_end(&b, nest);
	nl_call(nl, &b, read_token, &req_token, ret);
}

/**
 * req_txn_end() - end the open transaction
 * @nl:		socket
 * @cmd:	commit or abort
 * @ret:	how it ended
 */
void req_txn_end(struct nl *nl, uint8_t cmd, struct answer *ret)
{
	static struct nlbuf b;

	nl_begin(&b, nl->family, 0, cmd);
	fill_end(&b);
	nl_call(nl, &b, NULL, NULL, ret);
}

/**
 * req_restore() - put the reference configuration in force
 * @nl:		socket
 * @peers:	with this many peers
 *
 * One transaction that replaces everything, whatever was there.
 */
void req_restore(struct nl *nl, unsigned int peers)
{
	static struct nlbuf b;
	struct answer ans;
	unsigned int i;

	req_begin_txn(nl, TAILNET_TXN_REPLACE, &ans);
	if (ans.err)
		die("restore: begin: %s (%d)", ans.text, ans.err);
	for (i = 0; i < peers; i++) {
		if (i % 100 == 0) {
			nl_begin(&b, nl->family, 0, TAILNET_CMD_TXN_ADD);
			req_put_dev(&b);
			put_token(&b);
		}
		req_full_peer(&b, i);
		if (i % 100 != 99 && i != peers - 1)
			continue;
		nl_call(nl, &b, NULL, NULL, &ans);
		if (ans.err)
			die("restore: add: %s (%d)", ans.text, ans.err);
	}
	req_txn_end(nl, TAILNET_CMD_TXN_COMMIT, &ans);
	if (ans.err)
		die("restore: commit: %s (%d)", ans.text, ans.err);
	nl_begin(&b, nl->family, 0, TAILNET_CMD_DEV_SET);
	fill_dev_set(&b);
	nl_call(nl, &b, NULL, NULL, &ans);
	if (ans.err)
		die("restore: device: %s (%d)", ans.text, ans.err);
}

static void append(struct snap *s, const void *p, size_t len)
{
	if (s->len + len > sizeof(s->data))
		die("device state too long");
	memcpy(s->data + s->len, p, len);
	s->len += len;
}

/* Traffic goes on and moves these. */
static bool is_volatile(uint16_t type)
{
	switch (type) {
	case TAILNET_A_PEER_LAST_HANDSHAKE_SEC:
	case TAILNET_A_PEER_LAST_HANDSHAKE_NSEC:
	case TAILNET_A_PEER_RX_BYTES:
	case TAILNET_A_PEER_TX_BYTES:
	case TAILNET_A_PEER_RX_PACKETS:
	case TAILNET_A_PEER_TX_PACKETS:
	case TAILNET_A_PEER_STATE:
	case TAILNET_A_PEER_HANDSHAKE_ATTEMPTS:
	case TAILNET_A_PEER_PAD:
		return true;
	}
	return false;
}

static void add_peer(struct snap *s, const uint8_t *p, const uint8_t *end)
{
	while (end - p >= NLA_HDRLEN) {
		const struct nlattr *a = (const void *)p;

		if (!is_volatile(a->nla_type & NLA_TYPE_MASK))
			append(s, a, a->nla_len);
		p += NLA_ALIGN(a->nla_len);
	}
}

static void add_message(const struct nlmsghdr *msg, void *ctx)
{
	const uint8_t *p = (const uint8_t *)msg + NLMSG_HDRLEN + GENL_HDRLEN;
	const uint8_t *end = (const uint8_t *)msg + msg->nlmsg_len;
	struct snap *s = ctx;

	while (end - p >= NLA_HDRLEN) {
		const struct nlattr *a = (const void *)p;

		if (a->nla_len < NLA_HDRLEN || a->nla_len > end - p)
			die("dump with a broken attribute");
		if ((a->nla_type & NLA_TYPE_MASK) == TAILNET_A_PEER)
			add_peer(s, p + NLA_HDRLEN, p + a->nla_len);
		else if (!s->timeless ||
			 (a->nla_type & NLA_TYPE_MASK) != TAILNET_A_GENERATION)
			append(s, a, a->nla_len);
		p += NLA_ALIGN(a->nla_len);
	}
}

static void take(struct nl *nl, struct snap *ret)
{
	static struct nlbuf b;
	struct answer ans;

	ret->len = 0;
	req_build(nl, req_find("dev-get"), &b);
	nl_call(nl, &b, add_message, ret, &ans);
	ret->err = ans.err;
	if (ret->err)
		return;
	req_build(nl, req_find("peer-dump"), &b);
	nl_call(nl, &b, add_message, ret, &ans);
	ret->err = ans.err;
}

/**
 * snap_take() - picture the device: settings, peers, generation
 * @nl:		socket
 * @ret:	picture; its @err is set when there is no such device
 */
void snap_take(struct nl *nl, struct snap *ret)
{
	ret->timeless = false;
	take(nl, ret);
}

/**
 * snap_take_timeless() - picture the device, but for its generation
 * @nl:		socket
 * @ret:	picture
 */
void snap_take_timeless(struct nl *nl, struct snap *ret)
{
	ret->timeless = true;
	take(nl, ret);
}

/**
 * snap_equal() - are two pictures the same?
 * @a:		one
 * @b:		other
 *
 * Return: whether.
 */
bool snap_equal(const struct snap *a, const struct snap *b)
{
	return a->err == b->err && a->len == b->len &&
	       !memcmp(a->data, b->data, a->len);
}
