// SPDX-License-Identifier: GPL-2.0-only
#include "test.h"

#include "base/err.h"
#include "dataplane/answer.h"
#include "fail_alloc.h"
#include "uapi/tailnet.h"

#include <arpa/inet.h>

#include <linux/netlink.h>
#include <netlink/attr.h>
#include <netlink/genl/genl.h>
#include <netlink/msg.h>

static struct nl_msg *begin(int cmd)
{
	struct nl_msg *msg = nlmsg_alloc_size(8192);

	genlmsg_put(msg, 1, 1, 0x1d, 0, 0, cmd, 1);
	nla_put_u64(msg, TAILNET_A_GENERATION, 77);
	return msg;
}

static void put_dev(struct nl_msg *msg, bool full)
{
	struct nla_bitfield32 flags = {
		.value = TAILNET_DEV_F_GRO | TAILNET_DEV_F_MANAGED,
		.selector = 0x1f,
	};
	struct nlattr *nest = nla_nest_start(msg, TAILNET_A_DEV);
	uint8_t key[KEY_LEN] = { 9 };

	nla_put_u32(msg, TAILNET_A_DEV_IFINDEX, 5);
	nla_put_string(msg, TAILNET_A_DEV_IFNAME, "tailnet0");
	if (full) {
		nla_put(msg, TAILNET_A_DEV_PUBLIC_KEY, KEY_LEN, key);
		nla_put_u16(msg, TAILNET_A_DEV_LISTEN_PORT, 51820);
		nla_put_u32(msg, TAILNET_A_DEV_FWMARK, 0x80000);
		nla_put(msg, TAILNET_A_DEV_FLAGS, sizeof(flags), &flags);
		nla_put_u32(msg, TAILNET_A_DEV_SOCKETS,
			    TAILNET_SOCKETS_ADOPTED);
		nla_put_flag(msg, TAILNET_A_DEV_ORPHANED);
		nla_put_u32(msg, TAILNET_A_DEV_PEERS, 3);
	}
	nla_nest_end(msg, nest);
}

static void reads_device(void)
{
	struct nl_msg *msg = begin(TAILNET_CMD_DEV_GET);
	struct wg_device dev = { 0 };

	put_dev(msg, true);
	CHECK_EQ(answer_device(nlmsg_hdr(msg), &dev), 0);
	CHECK(strcmp(dev.name, "tailnet0") == 0);
	CHECK_EQ(dev.ifindex, 5);
	CHECK(dev.has_key && dev.key.byte[0] == 9);
	CHECK_EQ(dev.listen_port, 51820);
	CHECK_EQ(dev.fwmark, 0x80000);
	CHECK_EQ(dev.generation, 77);
	CHECK(dev.managed && dev.orphaned);
	CHECK(dev.on[WG_SWITCH_GRO]);
	CHECK(!dev.on[WG_SWITCH_GSO] && !dev.on[WG_SWITCH_INLINE]);
	CHECK_EQ(dev.sockets, WG_SOCKETS_ADOPTED);
	nlmsg_free(msg);

	msg = begin(TAILNET_CMD_DEV_GET);
	put_dev(msg, false);
	memset(&dev, 0, sizeof(dev));
	CHECK_EQ(answer_device(nlmsg_hdr(msg), &dev), 0);
	CHECK(!dev.has_key && !dev.orphaned);
	nlmsg_free(msg);
}

static void put_ip(struct nl_msg *msg, uint8_t len, uint8_t n)
{
	struct nlattr *nest = nla_nest_start(msg, TAILNET_A_PEER_ALLOWEDIP);
	uint8_t addr[16] = { n };

	nla_put(msg, TAILNET_A_ALLOWEDIP_ADDR, len, addr);
	nla_put_u8(msg, TAILNET_A_ALLOWEDIP_PREFIX_LEN, n);
	nla_nest_end(msg, nest);
}

static struct nlattr *begin_peer(struct nl_msg *msg, uint8_t n)
{
	struct nlattr *nest = nla_nest_start(msg, TAILNET_A_PEER);
	uint8_t key[KEY_LEN] = { n };

	nla_put(msg, TAILNET_A_PEER_PUBLIC_KEY, KEY_LEN, key);
	return nest;
}

static void put_full_peer(struct nl_msg *msg, uint8_t n)
{
	struct nla_bitfield32 flags = { TAILNET_PEER_F_ROAM, 1 };
	struct nlattr *nest = begin_peer(msg, n), *inner;
	uint8_t addr[16] = { 0xfe, 0x80 };

	nla_put_flag(msg, TAILNET_A_PEER_HAS_PSK);
	nla_put(msg, TAILNET_A_PEER_FLAGS, sizeof(flags), &flags);
	inner = nla_nest_start(msg, TAILNET_A_PEER_ENDPOINT);
	nla_put(msg, TAILNET_A_ENDPOINT_ADDR, 16, addr);
	nla_put_u16(msg, TAILNET_A_ENDPOINT_PORT, htons(258));
	nla_put_u32(msg, TAILNET_A_ENDPOINT_SCOPE, 4);
	nla_nest_end(msg, inner);
	nla_put_u16(msg, TAILNET_A_PEER_KEEPALIVE, 25);
	nla_put_u64(msg, TAILNET_A_PEER_LAST_HANDSHAKE_SEC, 1700000000);
	nla_put_u32(msg, TAILNET_A_PEER_LAST_HANDSHAKE_NSEC, 5);
	nla_put_u64(msg, TAILNET_A_PEER_RX_BYTES, 1ULL << 40);
	nla_put_u64(msg, TAILNET_A_PEER_TX_BYTES, 7);
	nla_put_u64(msg, TAILNET_A_PEER_RX_PACKETS, 3);
	nla_put_u32(msg, TAILNET_A_PEER_STATE, TAILNET_SESSION_UP);
	put_ip(msg, 4, 1);
	put_ip(msg, 16, 2);
	nla_nest_end(msg, nest);
}

static void put_continued(struct nl_msg *msg, uint8_t n)
{
	struct nlattr *nest = begin_peer(msg, n);

	nla_put_flag(msg, TAILNET_A_PEER_CONTINUED);
	put_ip(msg, 4, 3);
	nla_nest_end(msg, nest);
}

static void reads_peers(void)
{
	struct nl_msg *msg = begin(TAILNET_CMD_PEER_GET);
	struct wg_device dev = { 0 };
	struct nlattr *nest;

	put_dev(msg, false);
	put_full_peer(msg, 1);
	put_full_peer(msg, 2);
	CHECK_EQ(answer_peers(nlmsg_hdr(msg), &dev), 0);
	nlmsg_free(msg);
	msg = begin(TAILNET_CMD_PEER_GET);
	put_continued(msg, 2);
	nest = begin_peer(msg, 3);
	nla_nest_end(msg, nest);
	CHECK_EQ(answer_peers(nlmsg_hdr(msg), &dev), 0);
	nlmsg_free(msg);

	CHECK_EQ(dev.n_peers, 3);
	CHECK(dev.peers[0].has_psk && dev.peers[0].roam);
	CHECK_EQ(dev.peers[0].endpoint.addr_len, 16);
	CHECK_EQ(dev.peers[0].endpoint.port, 258);
	CHECK_EQ(dev.peers[0].endpoint.scope, 4);
	CHECK_EQ(dev.peers[0].keepalive_s, 25);
	CHECK_EQ(dev.peers[0].handshake_s, 1700000000);
	CHECK_EQ(dev.peers[0].rx_bytes, 1LL << 40);
	CHECK_EQ(dev.peers[0].tx_bytes, 7);
	CHECK_EQ(dev.peers[0].prefixes.n, 2);
	CHECK_EQ(dev.peers[1].prefixes.n, 3);
	CHECK_EQ(dev.peers[1].prefixes.item[2].bits, 3);
	CHECK_EQ(dev.peers[2].prefixes.n, 0);
	CHECK_EQ(dev.peers[2].endpoint.addr_len, 0);
	CHECK(!dev.peers[2].has_psk && !dev.peers[2].roam);
	wg_device_done(&dev);
}

/* Messages that lack what they must hold, or hold it in another size. */
static void refuses(void)
{
	struct wg_device dev = { 0 };
	struct wg_drops drops = { 0 };
	struct nlattr *nest, *inner;
	struct nl_msg *msg;
	uint64_t generation;
	uint32_t token;
	uint8_t addr[16] = { 0 };

	test_case("no device");
	msg = begin(TAILNET_CMD_DEV_GET);
	CHECK_EQ(answer_device(nlmsg_hdr(msg), &dev), TNE_NO_FAMILY_ANSWER);
	CHECK_EQ(answer_token(nlmsg_hdr(msg), &token), TNE_NO_FAMILY_ANSWER);
	CHECK_EQ(answer_drops(nlmsg_hdr(msg), &drops), TNE_NO_FAMILY_ANSWER);
	CHECK_EQ(answer_generation(nlmsg_hdr(msg), &generation), 0);
	nlmsg_free(msg);

	test_case("continued peer without a beginning");
	msg = begin(TAILNET_CMD_PEER_GET);
	put_continued(msg, 1);
	CHECK_EQ(answer_peers(nlmsg_hdr(msg), &dev), TNE_NO_FAMILY_ANSWER);
	nlmsg_free(msg);

	test_case("continued peer behind another one");
	msg = begin(TAILNET_CMD_PEER_GET);
	put_full_peer(msg, 1);
	put_continued(msg, 2);
	CHECK_EQ(answer_peers(nlmsg_hdr(msg), &dev), TNE_NO_FAMILY_ANSWER);
	nlmsg_free(msg);
	wg_device_done(&dev);

	test_case("peer without key");
	msg = begin(TAILNET_CMD_PEER_GET);
	nest = nla_nest_start(msg, TAILNET_A_PEER);
	nla_put_u16(msg, TAILNET_A_PEER_KEEPALIVE, 1);
	nla_nest_end(msg, nest);
	CHECK_EQ(answer_peers(nlmsg_hdr(msg), &dev), TNE_NO_FAMILY_ANSWER);
	nlmsg_free(msg);

	test_case("address of 5 bytes");
	msg = begin(TAILNET_CMD_PEER_GET);
	nest = begin_peer(msg, 1);
	put_ip(msg, 5, 1);
	nla_nest_end(msg, nest);
	CHECK_EQ(answer_peers(nlmsg_hdr(msg), &dev), TNE_NO_FAMILY_ANSWER);
	nlmsg_free(msg);
	wg_device_done(&dev);

	test_case("endpoint without port");
	msg = begin(TAILNET_CMD_PEER_GET);
	nest = begin_peer(msg, 1);
	inner = nla_nest_start(msg, TAILNET_A_PEER_ENDPOINT);
	nla_put(msg, TAILNET_A_ENDPOINT_ADDR, 4, addr);
	nla_nest_end(msg, inner);
	nla_nest_end(msg, nest);
	CHECK_EQ(answer_peers(nlmsg_hdr(msg), &dev), TNE_NO_FAMILY_ANSWER);
	nlmsg_free(msg);
	wg_device_done(&dev);
}

static void reads_token_and_drops(void)
{
	struct wg_drops drops = { 0 };
	struct nlattr *nest, *inner;
	struct nl_msg *msg;
	uint32_t token;
	int i;

	msg = begin(TAILNET_CMD_TXN_BEGIN);
	nest = nla_nest_start(msg, TAILNET_A_TXN);
	nla_put_u32(msg, TAILNET_A_TXN_TOKEN, 12);
	nla_nest_end(msg, nest);
	CHECK_EQ(answer_token(nlmsg_hdr(msg), &token), 0);
	CHECK_EQ(token, 12);
	nlmsg_free(msg);

	msg = begin(TAILNET_CMD_STATS_GET);
	put_dev(msg, false);
	nest = nla_nest_start(msg, TAILNET_A_STATS);
	for (i = 0; i < 9; i++) {
		inner = nla_nest_start(msg, TAILNET_A_STATS_DROP);
		nla_put_string(msg, TAILNET_A_DROP_REASON, "replay");
		nla_put_u64(msg, TAILNET_A_DROP_COUNT, i);
		nla_nest_end(msg, inner);
	}
	nla_nest_end(msg, nest);
	CHECK_EQ(answer_drops(nlmsg_hdr(msg), &drops), 0);
	CHECK_EQ(drops.n, 9);
	CHECK(strcmp(drops.item[8].reason, "replay") == 0);
	CHECK_EQ(drops.item[8].packets, 8);
	wg_drops_done(&drops);
	nlmsg_free(msg);
}

static void every_truncation(void)
{
	struct nl_msg *msg = begin(TAILNET_CMD_PEER_GET);
	uint32_t whole, len;

	put_dev(msg, true);
	put_full_peer(msg, 1);
	put_continued(msg, 1);
	whole = nlmsg_hdr(msg)->nlmsg_len;
	for (len = NLMSG_HDRLEN + GENL_HDRLEN; len <= whole; len += 4) {
		struct wg_device dev = { 0 };
		struct nlmsghdr *copy = malloc(len);

		test_case("%u", len);
		CHECK(copy);
		memcpy(copy, nlmsg_hdr(msg), len);
		copy->nlmsg_len = len;
		answer_device(copy, &dev);
		answer_peers(copy, &dev);
		CHECK(dev.n_peers <= 1);
		wg_device_done(&dev);
		free(copy);
	}
	nlmsg_free(msg);
}

static int read_all(void *ctx)
{
	struct wg_device dev = { 0 };
	int r = answer_peers(ctx, &dev);

	wg_device_done(&dev);
	return r;
}

static void every_allocation(void)
{
	struct nl_msg *msg = begin(TAILNET_CMD_PEER_GET);
	int i;

	for (i = 0; i < 5; i++)
		put_full_peer(msg, i);
	CHECK_EQ(fail_alloc_each(read_all, nlmsg_hdr(msg)), 7);
	nlmsg_free(msg);
}

static const struct test tests[] = {
	TEST(reads_device),
	TEST(reads_peers),
	TEST(refuses),
	TEST(reads_token_and_drops),
	TEST(every_truncation),
	TEST(every_allocation),
};

TEST_MAIN(tests)
