// SPDX-License-Identifier: GPL-2.0-only
/* What the module tells, as typed values; whole, cut off and damaged. */
#include "test.h"

#include "views.h"

#include "base/array.h"
#include "base/err.h"
#include "dataplane/events.h"
#include "uapi/tailnet.h"

#include <arpa/inet.h>

#include <netlink/attr.h>
#include <netlink/genl/genl.h>
#include <netlink/msg.h>

/* What a notification is made of, to be left out one by one. */
#define WITH_EVENT	(1U << 0)
#define WITH_DEV	(1U << 1)
#define WITH_INDEX	(1U << 2)
#define WITH_GENERATION	(1U << 3)
#define WITH_PEER	(1U << 4)
#define WITH_KEY	(1U << 5)
#define WITH_ENDPOINT	(1U << 6)
#define WITH_ALL	(WITH_ENDPOINT * 2 - 1)

static struct nl_msg *notification(uint32_t event, unsigned int with)
{
	struct nl_msg *msg = nlmsg_alloc_size(4096);
	struct node_public key = view_key(5);
	struct nlattr *nest, *inner;

	genlmsg_put(msg, 0, 0, 0x1d, 0, 0, TAILNET_CMD_PEER_NTF, 1);
	if (with & WITH_EVENT)
		nla_put_u32(msg, TAILNET_A_EVENT, event);
	if (with & WITH_GENERATION)
		nla_put_u64(msg, TAILNET_A_GENERATION, 1234567890123);
	if (with & WITH_DEV) {
		nest = nla_nest_start(msg, TAILNET_A_DEV);
		if (with & WITH_INDEX)
			nla_put_u32(msg, TAILNET_A_DEV_IFINDEX, 8);
		nla_put_string(msg, TAILNET_A_DEV_IFNAME, "tailnet0");
		nla_nest_end(msg, nest);
	}
	if (!(with & WITH_PEER))
		return msg;
	nest = nla_nest_start(msg, TAILNET_A_PEER);
	if (with & WITH_KEY)
		nla_put(msg, TAILNET_A_PEER_PUBLIC_KEY, KEY_LEN, key.byte);
	nla_put_u64(msg, TAILNET_A_PEER_NODE_ID, 77);
	if (with & WITH_ENDPOINT) {
		inner = nla_nest_start(msg, TAILNET_A_PEER_ENDPOINT);
		nla_put(msg, TAILNET_A_ENDPOINT_ADDR, 4, "\xc0\0\2\1");
		nla_put_u16(msg, TAILNET_A_ENDPOINT_PORT, htons(41641));
		nla_nest_end(msg, inner);
	}
	nla_nest_end(msg, nest);
	return msg;
}

static void each_kind(void)
{
	static const struct {
		uint32_t number;
		enum event_kind kind;
		bool of_peer;
	} kinds[] = {
		{ TAILNET_EVENT_SESSION_UP, EVENT_SESSION_UP, true },
		{ TAILNET_EVENT_SESSION_DOWN, EVENT_SESSION_DOWN, true },
		{ TAILNET_EVENT_ENDPOINT, EVENT_ENDPOINT, true },
		{ TAILNET_EVENT_EXPIRED, EVENT_EXPIRED, true },
		{ TAILNET_EVENT_WANT_PATH, EVENT_WANT_PATH, true },
		{ TAILNET_EVENT_UNREACHABLE, EVENT_UNREACHABLE, true },
		{ TAILNET_EVENT_CONFIG, EVENT_CONFIG, false },
		{ TAILNET_EVENT_SOCKET_GONE, EVENT_SOCKET_GONE, false },
		{ TAILNET_EVENT_ORPHANED, EVENT_ORPHANED, false },
		{ TAILNET_EVENT_VMFORK, EVENT_VMFORK, false },
	};
	struct node_public key = view_key(5);
	size_t i;

	for (i = 0; i < ARRAY_SIZE(kinds); i++) {
		unsigned int with = WITH_ALL;
		struct event event;
		struct nl_msg *msg;

		test_case("event %u", kinds[i].number);
		if (!kinds[i].of_peer)
			with &= ~WITH_PEER;
		msg = notification(kinds[i].number, with);
		CHECK_EQ(event_parse(nlmsg_hdr(msg), &event), 1);
		nlmsg_free(msg);
		CHECK_EQ(event.kind, kinds[i].kind);
		CHECK(event.ifindex == 8 &&
		      strcmp(event.ifname, "tailnet0") == 0 &&
		      event.generation == 1234567890123);
		if (!kinds[i].of_peer)
			continue;
		CHECK_EQ(key_cmp_public(&event.key, &key), 0);
		CHECK(event.node_id == 77 && event.endpoint.port == 41641 &&
		      event.endpoint.addr_len == 4);
	}
}

static void incomplete(void)
{
	static const struct {
		const char *name;
		uint32_t number;
		unsigned int without;
		int r;
	} cases[] = {
		{ "no number", TAILNET_EVENT_CONFIG, WITH_EVENT,
		  TNE_NO_FAMILY_ANSWER },
		{ "number 0", 0, 0, 0 },
		{ "a newer one", TAILNET_EVENT_EXPIRED + 1, 0, 0 },
		{ "a far newer one", UINT32_MAX, 0, 0 },
		{ "no device", TAILNET_EVENT_CONFIG, WITH_DEV,
		  TNE_NO_FAMILY_ANSWER },
		{ "no index", TAILNET_EVENT_CONFIG, WITH_INDEX,
		  TNE_NO_FAMILY_ANSWER },
		{ "no generation", TAILNET_EVENT_CONFIG, WITH_GENERATION,
		  TNE_NO_FAMILY_ANSWER },
		{ "no peer", TAILNET_EVENT_EXPIRED, WITH_PEER,
		  TNE_NO_FAMILY_ANSWER },
		{ "no key", TAILNET_EVENT_EXPIRED, WITH_KEY,
		  TNE_NO_FAMILY_ANSWER },
		{ "no endpoint", TAILNET_EVENT_ENDPOINT, WITH_ENDPOINT, 1 },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		struct nl_msg *msg = notification(
			cases[i].number, WITH_ALL & ~cases[i].without);
		struct event event;

		test_case("%s", cases[i].name);
		CHECK_EQ(event_parse(nlmsg_hdr(msg), &event), cases[i].r);
		nlmsg_free(msg);
	}
}

/* In memory of just that length, so that the sanitizer sees who goes beyond. */
static void cut_off(void)
{
	struct nl_msg *msg = notification(TAILNET_EVENT_ENDPOINT, WITH_ALL);
	size_t whole = nlmsg_hdr(msg)->nlmsg_len, len;

	for (len = NLMSG_HDRLEN; len < whole; len++) {
		struct nlmsghdr *copy = malloc(len);
		struct event event;

		test_case("%zu of %zu bytes", len, whole);
		memcpy(copy, nlmsg_hdr(msg), len);
		copy->nlmsg_len = len;
		CHECK(event_parse(copy, &event) < 0);
		free(copy);
	}
	nlmsg_free(msg);
}

static void damaged(void)
{
	struct nl_msg *msg = notification(TAILNET_EVENT_ENDPOINT, WITH_ALL);
	size_t len = nlmsg_hdr(msg)->nlmsg_len;
	struct nlmsghdr *copy = malloc(len);
	uint32_t seed = 9, i;

	for (i = 0; i < 20000; i++) {
		struct event event;

		memcpy(copy, nlmsg_hdr(msg), len);
		((unsigned char *)copy)[NLMSG_HDRLEN +
			view_random(&seed, len - NLMSG_HDRLEN)] =
			view_random(&seed, 256);
		CHECK(event_parse(copy, &event) <= 1);
	}
	free(copy);
	nlmsg_free(msg);
}

static const struct test tests[] = {
	TEST(each_kind),
	TEST(incomplete),
	TEST(cut_off),
	TEST(damaged),
};

TEST_MAIN(tests)
