// SPDX-License-Identifier: GPL-2.0-only
/* The messages are taken apart with libnl alone, attribute by attribute. */
#include "test.h"

#include "base/array.h"
#include "dataplane/batch.h"
#include "dataplane/genl_conn.h"
#include "fail_alloc.h"
#include "uapi/tailnet.h"
#include "wire/wg_conf.h"

#include <arpa/inet.h>

#include <linux/netlink.h>
#include <netlink/attr.h>
#include <netlink/genl/genl.h>
#include <netlink/msg.h>

#define FAMILY 0x1d
#define TOKEN 0xdecade
#define PUB1 "hSDwCYkwp1R0i33ctD73Wg2/Og0mOBr066SpjqqbTmo="
#define PUB2 "3p7bfXt9wbTTW2HC7OQ1Nz+DQ8hbeGdNrfx+FG+IK08="

/* The n-th attribute of a type, its nest flag being right; NULL = none. */
static struct nlattr *find(struct nlattr *attr, int left, int type, bool nest,
			   int n)
{
	for (; nla_ok(attr, left); attr = nla_next(attr, &left)) {
		if (nla_type(attr) != type || n-- > 0)
			continue;
		return !!(attr->nla_type & NLA_F_NESTED) == nest ? attr : NULL;
	}
	return NULL;
}

static struct nlattr *top(struct nl_msg *msg, int type, bool nest, int n)
{
	struct genlmsghdr *genl = nlmsg_data(nlmsg_hdr(msg));

	return find(genlmsg_attrdata(genl, 0), genlmsg_attrlen(genl, 0), type,
		    nest, n);
}

static struct nlattr *in(struct nlattr *nest, int type, bool is_nest, int n)
{
	return nest ? find(nla_data(nest), nla_len(nest), type, is_nest, n) :
		      NULL;
}

static int count(struct nlattr *nest)
{
	struct nlattr *attr;
	int left, n = 0;

	nla_for_each_nested(attr, nest, left)
		n++;
	return n;
}

static int command(struct nl_msg *msg)
{
	const struct genlmsghdr *genl = nlmsg_data(nlmsg_hdr(msg));

	if (nlmsg_hdr(msg)->nlmsg_type != FAMILY || genl->version != 1)
		return -1;
	return genl->cmd;
}

static bool names_device(struct nl_msg *msg, const char *name)
{
	struct nlattr *attr = in(top(msg, TAILNET_A_DEV, true, 0),
				 TAILNET_A_DEV_IFNAME, false, 0);

	return attr && nla_len(attr) == (int)strlen(name) + 1 &&
	       strcmp(nla_get_string(attr), name) == 0;
}

static bool has_token(struct nl_msg *msg)
{
	struct nlattr *attr = in(top(msg, TAILNET_A_TXN, true, 0),
				 TAILNET_A_TXN_TOKEN, false, 0);

	return attr && nla_get_u32(attr) == TOKEN;
}

static void simple_requests(void)
{
	struct node_public key = { .byte = { 1, 2, 3 } };
	uint64_t generation = 0x1122334455667788;
	struct nl_msg *msg;
	struct nlattr *attr;

	msg = batch_dev_get(FAMILY, NULL);
	CHECK_EQ(command(msg), TAILNET_CMD_DEV_GET);
	CHECK(!top(msg, TAILNET_A_DEV, true, 0));
	batch_msg_free(msg);

	msg = batch_dev_get(FAMILY, "wg0");
	CHECK(names_device(msg, "wg0"));
	batch_msg_free(msg);

	msg = batch_stats_get(FAMILY, "wg0");
	CHECK_EQ(command(msg), TAILNET_CMD_STATS_GET);
	CHECK(names_device(msg, "wg0"));
	batch_msg_free(msg);

	msg = batch_peer_get(FAMILY, "wg0", NULL);
	CHECK_EQ(command(msg), TAILNET_CMD_PEER_GET);
	CHECK(names_device(msg, "wg0"));
	CHECK(!top(msg, TAILNET_A_PEER, true, 0));
	batch_msg_free(msg);

	msg = batch_peer_get(FAMILY, "wg0", &key);
	attr = in(top(msg, TAILNET_A_PEER, true, 0),
		  TAILNET_A_PEER_PUBLIC_KEY, false, 0);
	CHECK(attr && nla_len(attr) == KEY_LEN);
	CHECK_MEM(nla_data(attr), key.byte, KEY_LEN);
	batch_msg_free(msg);

	msg = batch_txn_begin(FAMILY, "wg0", true, &generation);
	CHECK_EQ(command(msg), TAILNET_CMD_TXN_BEGIN);
	CHECK(names_device(msg, "wg0"));
	attr = in(top(msg, TAILNET_A_TXN, true, 0), TAILNET_A_TXN_MODE, false,
		  0);
	CHECK(attr && nla_get_u32(attr) == TAILNET_TXN_REPLACE);
	attr = top(msg, TAILNET_A_GENERATION, false, 0);
	CHECK(attr && nla_get_u64(attr) == generation);
	batch_msg_free(msg);

	msg = batch_txn_begin(FAMILY, "wg0", false, NULL);
	attr = in(top(msg, TAILNET_A_TXN, true, 0), TAILNET_A_TXN_MODE, false,
		  0);
	CHECK(attr && nla_get_u32(attr) == TAILNET_TXN_MERGE);
	CHECK(!top(msg, TAILNET_A_GENERATION, false, 0));
	batch_msg_free(msg);

	msg = batch_txn_commit(FAMILY, "wg0", TOKEN);
	CHECK_EQ(command(msg), TAILNET_CMD_TXN_COMMIT);
	CHECK(names_device(msg, "wg0") && has_token(msg));
	batch_msg_free(msg);

	msg = batch_txn_abort(FAMILY, "wg0", TOKEN);
	CHECK_EQ(command(msg), TAILNET_CMD_TXN_ABORT);
	CHECK(names_device(msg, "wg0") && has_token(msg));
	batch_msg_free(msg);
}

static int parse(const char *text, bool replace, struct wg_config *config)
{
	struct secret_buf buf = {
		.data = (char *)text, .len = strlen(text), .cap = strlen(text),
	};
	struct err_detail detail;

	return wg_conf_parse(&buf, replace, &detail, config);
}

static bool is_bits(struct nlattr *attr, uint32_t value, uint32_t selector)
{
	struct nla_bitfield32 bits;

	if (!attr || nla_len(attr) != sizeof(bits))
		return false;
	memcpy(&bits, nla_data(attr), sizeof(bits));
	return bits.value == value && bits.selector == selector;
}

static void device_settings(void)
{
	static const char text[] =
		"[Interface]\nPrivateKey=" PUB1 "\nListenPort=51820\n"
		"FwMark=0x80000\nGSO=off\nGRO=on\n";
	struct batch batch = { 0 };
	struct wg_config c;
	struct nlattr *dev, *attr;

	CHECK_EQ(parse(text, false, &c), 0);
	CHECK_EQ(batch_txn_items(FAMILY, "wg0", TOKEN, &c, &batch), 0);
	CHECK_EQ(batch.n, 1);
	CHECK_EQ(command(batch.msg[0]), TAILNET_CMD_TXN_ADD);
	CHECK(names_device(batch.msg[0], "wg0") && has_token(batch.msg[0]));
	dev = top(batch.msg[0], TAILNET_A_DEV, true, 0);
	CHECK_EQ(count(dev), 5);
	attr = in(dev, TAILNET_A_DEV_PRIVATE_KEY, false, 0);
	CHECK(attr && nla_len(attr) == KEY_LEN);
	CHECK_MEM(nla_data(attr), secret32_expose(c.private_key), KEY_LEN);
	attr = in(dev, TAILNET_A_DEV_LISTEN_PORT, false, 0);
	CHECK(attr && nla_len(attr) == 2 && nla_get_u16(attr) == 51820);
	attr = in(dev, TAILNET_A_DEV_FWMARK, false, 0);
	CHECK(attr && nla_get_u32(attr) == 0x80000);
	CHECK(is_bits(in(dev, TAILNET_A_DEV_FLAGS, false, 0),
		      TAILNET_DEV_F_GRO,
		      TAILNET_DEV_F_GSO | TAILNET_DEV_F_GRO));
	batch_done(&batch);
	wg_config_done(&c);
}

static void peer_settings(void)
{
	static const char text[] =
		"[Peer]\nPublicKey=" PUB1 "\nPresharedKey=" PUB2 "\n"
		"Endpoint=192.0.2.1:258\nAllowedIPs=10.0.0.1/24,fd00::1\n"
		"PersistentKeepalive=25\n";
	static const uint8_t addr[] = { 192, 0, 2, 1 };
	struct batch batch = { 0 };
	struct nlattr *peer, *nest, *attr;
	struct wg_config c;

	CHECK_EQ(parse(text, false, &c), 0);
	c.peers[0].endpoint.scope = 3;
	CHECK_EQ(batch_txn_items(FAMILY, "wg0", TOKEN, &c, &batch), 0);
	CHECK_EQ(batch.n, 1);
	CHECK_EQ(count(top(batch.msg[0], TAILNET_A_DEV, true, 0)), 1);
	peer = top(batch.msg[0], TAILNET_A_PEER, true, 0);
	CHECK(peer && !top(batch.msg[0], TAILNET_A_PEER, true, 1));
	CHECK_EQ(count(peer), 7);
	attr = in(peer, TAILNET_A_PEER_PUBLIC_KEY, false, 0);
	CHECK_MEM(nla_data(attr), c.peers[0].key.byte, KEY_LEN);
	attr = in(peer, TAILNET_A_PEER_PRESHARED_KEY, false, 0);
	CHECK_MEM(nla_data(attr), secret32_expose(c.peers[0].psk), KEY_LEN);
	attr = in(peer, TAILNET_A_PEER_KEEPALIVE, false, 0);
	CHECK_EQ(nla_get_u16(attr), 25);
	attr = in(peer, TAILNET_A_PEER_REPLACE_ALLOWEDIPS, false, 0);
	CHECK(attr && nla_len(attr) == 0);

	nest = in(peer, TAILNET_A_PEER_ENDPOINT, true, 0);
	CHECK_EQ(count(nest), 3);
	attr = in(nest, TAILNET_A_ENDPOINT_ADDR, false, 0);
	CHECK_EQ(nla_len(attr), 4);
	CHECK_MEM(nla_data(attr), addr, 4);
	attr = in(nest, TAILNET_A_ENDPOINT_PORT, false, 0);
	CHECK_EQ(nla_len(attr), 2);
	CHECK_MEM(nla_data(attr), "\1\2", 2);
	attr = in(nest, TAILNET_A_ENDPOINT_SCOPE, false, 0);
	CHECK_EQ(nla_get_u32(attr), 3);

	nest = in(peer, TAILNET_A_PEER_ALLOWEDIP, true, 0);
	CHECK_EQ(count(nest), 2);
	attr = in(nest, TAILNET_A_ALLOWEDIP_ADDR, false, 0);
	CHECK_EQ(nla_len(attr), 4);
	attr = in(nest, TAILNET_A_ALLOWEDIP_PREFIX_LEN, false, 0);
	CHECK_EQ(nla_get_u8(attr), 24);
	nest = in(peer, TAILNET_A_PEER_ALLOWEDIP, true, 1);
	attr = in(nest, TAILNET_A_ALLOWEDIP_ADDR, false, 0);
	CHECK_EQ(nla_len(attr), 16);
	batch_done(&batch);
	wg_config_done(&c);
}

static void defaults_of_a_replacement(void)
{
	static const uint8_t zero[KEY_LEN];
	struct batch batch = { 0 };
	struct nlattr *dev, *peer, *attr;
	struct wg_config c;

	CHECK_EQ(parse("[Peer]\nPublicKey=" PUB1, true, &c), 0);
	CHECK_EQ(batch_txn_items(FAMILY, "wg0", TOKEN, &c, &batch), 0);
	dev = top(batch.msg[0], TAILNET_A_DEV, true, 0);
	attr = in(dev, TAILNET_A_DEV_PRIVATE_KEY, false, 0);
	CHECK_MEM(nla_data(attr), zero, KEY_LEN);
	CHECK(in(dev, TAILNET_A_DEV_LISTEN_PORT, false, 0));
	CHECK(in(dev, TAILNET_A_DEV_FWMARK, false, 0));
	CHECK(!in(dev, TAILNET_A_DEV_FLAGS, false, 0));
	peer = top(batch.msg[0], TAILNET_A_PEER, true, 0);
	attr = in(peer, TAILNET_A_PEER_PRESHARED_KEY, false, 0);
	CHECK_MEM(nla_data(attr), zero, KEY_LEN);
	CHECK(is_bits(in(peer, TAILNET_A_PEER_FLAGS, false, 0),
		      TAILNET_PEER_F_ROAM, TAILNET_PEER_F_ROAM));
	batch_done(&batch);
	wg_config_done(&c);
}

static void presence_decides(void)
{
	static const struct {
		const char *name;
		enum wg_presence presence;
		bool remove;
		unsigned int set;
		int messages;
		int op;			/* -1 = none given */
		int roam;		/* -1 = none given */
	} cases[] = {
		{ "change", WG_PRESENT, false, 0, 1, -1, -1 },
		{ "unknown", WG_PRESENCE_UNKNOWN, false, 0, 1, -1, -1 },
		{ "new", WG_ABSENT, false, 0, 1, -1, 1 },
		{ "new, roam off", WG_ABSENT, false, WG_PEER_ROAM, 1, -1, 0 },
		{ "remove", WG_PRESENT, true, 0, 1, TAILNET_PEER_OP_DEL, -1 },
		{ "remove, absent", WG_ABSENT, true, 0, 0, -1, -1 },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		struct wg_peer_config peer = {
			.presence = cases[i].presence,
			.remove = cases[i].remove,
			.set = cases[i].set,
		};
		struct wg_config c = { .peers = &peer, .n_peers = 1 };
		struct batch batch = { 0 };
		struct nlattr *nest, *attr;

		test_case("%s", cases[i].name);
		CHECK_EQ(batch_txn_items(FAMILY, "wg0", TOKEN, &c, &batch), 0);
		CHECK_EQ(batch.n, cases[i].messages);
		if (batch.n) {
			nest = top(batch.msg[0], TAILNET_A_PEER, true, 0);
			attr = in(nest, TAILNET_A_PEER_OP, false, 0);
			CHECK_EQ(attr ? nla_get_u8(attr) : -1, cases[i].op);
			attr = in(nest, TAILNET_A_PEER_FLAGS, false, 0);
			CHECK_EQ(!!attr, cases[i].roam >= 0);
			if (attr)
				CHECK(is_bits(attr, cases[i].roam,
					      TAILNET_PEER_F_ROAM));
		}
		batch_done(&batch);
	}
}

/**
 * struct seen - what came out of messages that were split
 * @peers: nests with REPLACE_ALLOWEDIPS: beginnings of peers
 * @nests: all nests
 * @ips: allowed IPs; the address of the n-th is n
 */
struct seen {
	uint32_t peers;
	uint32_t nests;
	uint32_t ips;
};

static void take_peer(struct nlattr *nest, struct seen *seen)
{
	struct nlattr *attr = in(nest, TAILNET_A_PEER_PUBLIC_KEY, false, 0);
	uint32_t key, addr;
	bool first = in(nest, TAILNET_A_PEER_REPLACE_ALLOWEDIPS, false, 0);
	int left;

	CHECK(attr);
	seen->nests++;
	seen->peers += first;
	memcpy(&key, nla_data(attr), sizeof(key));
	CHECK_EQ(key, seen->peers);
	/* A nest that goes on has nothing but the key and allowed IPs. */
	CHECK_EQ(!!in(nest, TAILNET_A_PEER_ENDPOINT, true, 0), first);
	CHECK_EQ(!!in(nest, TAILNET_A_PEER_PRESHARED_KEY, false, 0), first);
	CHECK(nla_len(nest) < 65535 - 4);
	nla_for_each_nested(attr, nest, left) {
		if (nla_type(attr) != TAILNET_A_PEER_ALLOWEDIP)
			continue;
		memcpy(&addr, nla_data(in(attr, TAILNET_A_ALLOWEDIP_ADDR,
					  false, 0)), sizeof(addr));
		CHECK_EQ(ntohl(addr), seen->ips);
		seen->ips++;
	}
}

static void take_batch(const struct batch *batch, struct seen *seen)
{
	struct nlattr *nest;
	size_t i;
	int n;

	for (i = 0; i < batch->n; i++) {
		CHECK(nlmsg_hdr(batch->msg[i])->nlmsg_len <= BATCH_MSG_MAX);
		CHECK(names_device(batch->msg[i], "wg0"));
		CHECK(has_token(batch->msg[i]));
		CHECK_EQ(count(top(batch->msg[i], TAILNET_A_DEV, true, 0)),
			 i ? 1 : 2);
		for (n = 0;; n++) {
			nest = top(batch->msg[i], TAILNET_A_PEER, true, n);
			if (!nest)
				break;
			CHECK_IN(take_peer(nest, seen));
		}
		CHECK(n > 0 || i == 0);
	}
}

/* Peers of @ips allowed IPs each, every key and address a running number. */
static int make_config(struct wg_config *c, uint32_t peers, uint32_t ips)
{
	uint32_t i, j, next = 0;

	memset(c, 0, sizeof(*c));
	c->set = WG_DEV_FWMARK;
	for (i = 1; i <= peers; i++) {
		struct wg_peer_config *peer = wg_config_add_peer(c);

		if (!peer)
			return -1;
		memcpy(peer->key.byte, &i, sizeof(i));
		peer->set = WG_PEER_PSK | WG_PEER_ENDPOINT | WG_PEER_ROAM |
			    WG_PEER_KEEPALIVE | WG_PEER_REPLACE_IPS;
		peer->endpoint.addr_len = 16;
		peer->endpoint.port = 1;
		peer->endpoint.scope = 1;
		for (j = 0; j < ips; j++) {
			struct wg_prefix prefix = {
				.addr_len = j % 2 ? 4 : 16, .bits = 32,
				.remove = j % 3 == 0,
			};
			uint32_t addr = htonl(next++);

			memcpy(prefix.addr, &addr, sizeof(addr));
			if (wg_prefixes_add(&peer->prefixes, &prefix) < 0)
				return -1;
		}
	}
	return 0;
}

static void splits_big_configurations(void)
{
	static const struct {
		uint32_t peers;
		uint32_t ips;
	} cases[] = {
		{ 1, 0 }, { 1, 600 }, { 1, 700 }, { 1, 800 }, { 1, 100000 },
		{ 3000, 0 }, { 3000, 1 }, { 300, 7 }, { 7, 3001 },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		struct batch batch = { 0 };
		struct seen seen = { 0 };
		struct wg_config c;

		test_case("%u peers of %u", cases[i].peers, cases[i].ips);
		CHECK_EQ(make_config(&c, cases[i].peers, cases[i].ips), 0);
		CHECK_EQ(batch_txn_items(FAMILY, "wg0", TOKEN, &c, &batch), 0);
		CHECK_IN(take_batch(&batch, &seen));
		CHECK_EQ(seen.peers, cases[i].peers);
		CHECK_EQ(seen.ips, cases[i].peers * cases[i].ips);
		CHECK(seen.nests <= seen.peers + batch.n);
		batch_done(&batch);
		wg_config_done(&c);
	}
}

/* At every fill of a message the next peer either fits or starts another. */
static void every_boundary(void)
{
	uint32_t ips;

	for (ips = 560; ips < 900; ips++) {
		struct batch batch = { 0 };
		struct seen seen = { 0 };
		struct wg_config c;

		test_case("%u", ips);
		CHECK_EQ(make_config(&c, 3, ips), 0);
		CHECK_EQ(batch_txn_items(FAMILY, "wg0", TOKEN, &c, &batch), 0);
		CHECK_IN(take_batch(&batch, &seen));
		CHECK_EQ(seen.ips, 3 * ips);
		batch_done(&batch);
		wg_config_done(&c);
	}
}

static int build(void *ctx)
{
	struct batch batch = { 0 };
	int r = batch_txn_items(FAMILY, "wg0", TOKEN, ctx, &batch);

	batch_done(&batch);
	return r;
}

static void every_allocation(void)
{
	struct wg_config c;

	CHECK_EQ(make_config(&c, 2, 3000), 0);
	CHECK(fail_alloc_each(build, &c) >= 8);
	wg_config_done(&c);
}

static int build_one(void *ctx)
{
	uint64_t generation = 1;
	struct nl_msg *msg = batch_txn_begin(FAMILY, "wg0", true, &generation);

	(void)ctx;
	batch_msg_free(msg);
	return msg ? 0 : -1;
}

/* Runs last: no message of this program was freed with contents. */
static void messages_are_wiped(void)
{
	CHECK_EQ(fail_alloc_each(build_one, NULL), 1);
	CHECK_EQ(fail_alloc_dirty_msgs, 0);
}

static uint32_t offset_of(struct nl_msg *msg, const struct nlattr *attr)
{
	return (const char *)attr - (const char *)nlmsg_hdr(msg);
}

static void explains_places(void)
{
	struct nl_refusal at = { .has_attr = true };
	struct err_detail detail;
	struct nl_msg *msg;
	struct nlattr *peer, *nest;
	struct batch batch = { 0 };
	struct wg_config c;

	CHECK_EQ(parse("[Interface]\nListenPort=5\n[Peer]\nPublicKey=" PUB1
		       "\n[Peer]\nPublicKey=" PUB2
		       "\nEndpoint=192.0.2.1:5\nAllowedIPs=10.0.0.1,10.0.0.2",
		       false, &c), 0);
	CHECK_EQ(batch_txn_items(FAMILY, "wg0", TOKEN, &c, &batch), 0);
	msg = batch.msg[0];
	peer = top(msg, TAILNET_A_PEER, true, 1);

	nest = in(peer, TAILNET_A_PEER_ENDPOINT, true, 0);
	at.attr_offset = offset_of(msg, in(nest, TAILNET_A_ENDPOINT_PORT,
					   false, 0));
	strcpy(at.text, "bad port");
	CHECK_EQ(batch_explain(msg, &at, -5, &detail), -5);
	CHECK(!strcmp(detail.text,
		      "bad port (peer " PUB2 " endpoint port)"));

	at.attr_offset = offset_of(msg, nest);
	at.text[0] = 0;
	batch_explain(msg, &at, -22, &detail);
	CHECK(!strcmp(detail.text, "Invalid argument (peer " PUB2
				   " endpoint)"));

	at.attr_offset = offset_of(msg, in(top(msg, TAILNET_A_DEV, true, 0),
					   TAILNET_A_DEV_LISTEN_PORT, false,
					   0));
	batch_explain(msg, &at, -98, &detail);
	CHECK(!strcmp(detail.text,
		      "Address already in use (dev listen-port)"));

	memset(&at, 0, sizeof(at));
	at.has_missing = true;
	at.missing_type = TAILNET_A_PEER_PUBLIC_KEY;
	at.missing_nest = offset_of(msg, peer);
	batch_explain(msg, &at, -22, &detail);
	CHECK(!strcmp(detail.text, "Invalid argument (missing peer " PUB2
				   " public-key)"));
	at.missing_nest = 0;
	at.missing_type = TAILNET_A_TXN;
	batch_explain(msg, &at, -22, &detail);
	CHECK(!strcmp(detail.text, "Invalid argument (missing txn)"));

	memset(&at, 0, sizeof(at));
	batch_explain(msg, &at, -1, &detail);
	CHECK(!strcmp(detail.text, "Operation not permitted"));
	batch_done(&batch);
	wg_config_done(&c);
}

/* Offsets come from the kernel, but a wrong one must do no harm. */
static void explains_any_offset(void)
{
	struct nl_refusal at = { .has_attr = true };
	struct err_detail detail;
	struct batch batch = { 0 };
	struct wg_config c;

	CHECK_EQ(make_config(&c, 2, 3), 0);
	CHECK_EQ(batch_txn_items(FAMILY, "wg0", TOKEN, &c, &batch), 0);
	for (at.attr_offset = 0; at.attr_offset < 2000; at.attr_offset++)
		CHECK_EQ(batch_explain(batch.msg[0], &at, -22, &detail), -22);
	at.attr_offset = UINT32_MAX;
	CHECK_EQ(batch_explain(batch.msg[0], &at, -22, &detail), -22);
	batch_done(&batch);
	wg_config_done(&c);
}

static const struct test tests[] = {
	TEST(simple_requests),
	TEST(device_settings),
	TEST(peer_settings),
	TEST(defaults_of_a_replacement),
	TEST(presence_decides),
	TEST(splits_big_configurations),
	TEST(every_boundary),
	TEST(every_allocation),
	TEST(explains_places),
	TEST(explains_any_offset),
	TEST(messages_are_wiped),
};

TEST_MAIN(tests)
