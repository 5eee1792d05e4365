// SPDX-License-Identifier: GPL-2.0-only
#include "system/change.h"

#include "model/host_config.h"
#include "test.h"

#include <sys/socket.h>

#include <linux/fib_rules.h>
#include <linux/if.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <netlink/msg.h>

#define OWN 7
#define PORT 4711

static struct nl_msg *link_msg(uint16_t type, int ifindex, unsigned int flags,
			       uint32_t mtu)
{
	struct ifinfomsg head = { .ifi_index = ifindex, .ifi_flags = flags };
	struct nl_msg *msg = nlmsg_alloc_simple(type, 0);

	nlmsg_append(msg, &head, sizeof(head), NLMSG_ALIGNTO);
	nla_put_u32(msg, IFLA_MTU, mtu);
	return msg;
}

static struct nl_msg *addr_msg(uint16_t type, int ifindex, uint8_t last,
			       uint8_t protocol)
{
	struct ifaddrmsg head = {
		.ifa_family = AF_INET, .ifa_prefixlen = 24,
		.ifa_index = ifindex,
	};
	struct nl_msg *msg = nlmsg_alloc_simple(type, 0);

	nlmsg_append(msg, &head, sizeof(head), NLMSG_ALIGNTO);
	nla_put(msg, IFA_LOCAL, 4, (uint8_t[]){ 192, 168, 7, last });
	nla_put_u8(msg, IFA_PROTO, protocol);
	return msg;
}

static struct nl_msg *route_msg(uint16_t type, uint8_t bits, uint8_t table,
				uint8_t protocol, uint32_t oif, uint32_t metric)
{
	struct rtmsg head = {
		.rtm_family = AF_INET, .rtm_dst_len = bits, .rtm_table = table,
		.rtm_protocol = protocol,
	};
	struct nl_msg *msg = nlmsg_alloc_simple(type, 0);

	nlmsg_append(msg, &head, sizeof(head), NLMSG_ALIGNTO);
	nla_put(msg, RTA_DST, 4, (uint8_t[]){ 10, 0, 0, 0 });
	if (oif)
		nla_put_u32(msg, RTA_OIF, oif);
	nla_put_u32(msg, RTA_PRIORITY, metric);
	return msg;
}

static struct nl_msg *rule_msg(uint16_t type, uint8_t protocol)
{
	struct fib_rule_hdr head = {
		.family = AF_INET, .action = FR_ACT_TO_TBL, .table = 52,
	};
	struct nl_msg *msg = nlmsg_alloc_simple(type, 0);

	nlmsg_append(msg, &head, sizeof(head), NLMSG_ALIGNTO);
	nla_put_u8(msg, FRA_PROTOCOL, protocol);
	return msg;
}

/* Frees the message. */
static unsigned int meaning(struct change *c, struct nl_msg *msg, uint32_t port)
{
	unsigned int bits;

	nlmsg_hdr(msg)->nlmsg_pid = port;
	bits = change_parse(c, nlmsg_hdr(msg));
	nlmsg_free(msg);
	return bits;
}

static struct change *change_new(void)
{
	struct change *c = malloc(sizeof(*c));

	change_init(c, 0);
	c->ifindex = OWN;
	c->mtu = 1280;
	c->port = PORT;
	return c;
}

#define UP (IFF_UP | IFF_RUNNING)

static void meanings(void)
{
	struct change *c = change_new();
	const struct {
		const char *name;
		struct nl_msg *msg;
		uint32_t port;
		unsigned int bits;
	} cases[] = {
		/* One after another: what was seen before is no news. */
		{ "new link", link_msg(RTM_NEWLINK, 3, UP, 1500), 0,
		  CHANGE_HOST },
		{ "same link again", link_msg(RTM_NEWLINK, 3, UP, 1500), 0, 0 },
		{ "other MTU", link_msg(RTM_NEWLINK, 3, UP, 1400), 0, 0 },
		{ "no carrier", link_msg(RTM_NEWLINK, 3, IFF_UP, 1400), 0,
		  CHANGE_HOST },
		{ "new address", addr_msg(RTM_NEWADDR, 3, 1, 0), 0,
		  CHANGE_HOST },
		{ "renewed", addr_msg(RTM_NEWADDR, 3, 1, 0), 0, 0 },
		{ "another address", addr_msg(RTM_NEWADDR, 3, 2, 0), 0,
		  CHANGE_HOST },
		{ "address gone", addr_msg(RTM_DELADDR, 3, 1, 0), 0,
		  CHANGE_HOST },
		{ "address back", addr_msg(RTM_NEWADDR, 3, 1, 0), 0,
		  CHANGE_HOST },
		{ "link gone", link_msg(RTM_DELLINK, 3, 0, 1400), 0,
		  CHANGE_HOST },
		{ "and its addresses forgotten",
		  addr_msg(RTM_NEWADDR, 3, 2, 0), 0, CHANGE_HOST },
		{ "our link up", link_msg(RTM_NEWLINK, OWN, UP, 1280), 0, 0 },
		{ "our link down", link_msg(RTM_NEWLINK, OWN, 0, 1280), 0,
		  CHANGE_REPAIR },
		{ "MTU of our link", link_msg(RTM_NEWLINK, OWN, UP, 1500), 0,
		  CHANGE_REPAIR },
		{ "our link gone", link_msg(RTM_DELLINK, OWN, 0, 0), 0,
		  CHANGE_LINK },
		{ "our address", addr_msg(RTM_NEWADDR, OWN, 1, 84), 0, 0 },
		{ "our address gone", addr_msg(RTM_DELADDR, OWN, 1, 84), 0,
		  CHANGE_REPAIR },
		{ "removed by us", addr_msg(RTM_DELADDR, OWN, 1, 84), PORT, 0 },
		{ "user's address on our link",
		  addr_msg(RTM_DELADDR, OWN, 1, 0), 0, 0 },
		{ "route added", route_msg(RTM_NEWROUTE, 8, 52, 84, OWN, 0), 0,
		  0 },
		{ "route gone", route_msg(RTM_DELROUTE, 8, 52, 84, OWN, 0), 0,
		  CHANGE_REPAIR },
		{ "route gone by us",
		  route_msg(RTM_DELROUTE, 8, 52, 84, OWN, 0), PORT, 0 },
		{ "throw gone", route_msg(RTM_DELROUTE, 8, 52, 84, 0, OWN), 0,
		  CHANGE_REPAIR },
		{ "other instance's", route_msg(RTM_DELROUTE, 8, 52, 84, 9, 0),
		  0, 0 },
		{ "other instance's throw",
		  route_msg(RTM_DELROUTE, 8, 52, 84, 0, 9), 0, 0 },
		{ "stranger's route", route_msg(RTM_DELROUTE, 8, 52, 4, OWN, 0),
		  0, 0 },
		{ "route of the host", route_msg(RTM_NEWROUTE, 8, 254, 4, 3, 0),
		  0, 0 },
		{ "default route", route_msg(RTM_NEWROUTE, 0, 254, 4, 3, 0), 0,
		  CHANGE_HOST },
		{ "default route gone",
		  route_msg(RTM_DELROUTE, 0, 254, 4, 3, 0), 0, CHANGE_HOST },
		{ "default elsewhere", route_msg(RTM_NEWROUTE, 0, 99, 4, 3, 0),
		  0, 0 },
		{ "rule", rule_msg(RTM_NEWRULE, 84), 0, 0 },
		{ "rule gone", rule_msg(RTM_DELRULE, 84), 0, CHANGE_REPAIR },
		{ "rule gone by us", rule_msg(RTM_DELRULE, 84), PORT, 0 },
		{ "stranger's rule gone", rule_msg(RTM_DELRULE, 4), 0, 0 },
		{ "something else", nlmsg_alloc_simple(RTM_NEWNEIGH, 0), 0, 0 },
		{ "empty", nlmsg_alloc_simple(RTM_DELRULE, 0), 0, 0 },
	};
	unsigned int got[sizeof(cases) / sizeof(cases[0])];
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		got[i] = meaning(c, cases[i].msg, cases[i].port);
	free(c);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		test_case("%s", cases[i].name);
		CHECK_EQ(got[i], cases[i].bits);
	}
}

/* More than can be remembered is told each time, and nothing breaks. */
static void many_links(void)
{
	struct change *c = change_new();
	unsigned int first = 0, again = 0, i;

	for (i = 0; i < CHANGE_KNOWN_MAX + 1; i++)
		first += meaning(c, link_msg(RTM_NEWLINK, 100 + i, UP, 1500),
				 0);
	for (i = 0; i < CHANGE_KNOWN_MAX + 1; i++)
		again += meaning(c, link_msg(RTM_NEWLINK, 100 + i, UP, 1500),
				 0);
	i = c->n_known;
	free(c);
	CHECK_EQ(first, CHANGE_KNOWN_MAX + 1);
	CHECK_EQ(again, 1);
	CHECK_EQ(i, CHANGE_KNOWN_MAX);
}

static struct change gate;

static void settles(void)
{
	change_init(&gate, 0);
	CHECK_EQ(change_due(&gate) == CHANGE_NEVER, true);
	CHECK_EQ(change_take(&gate, 5000), 0);
	change_note(&gate, CHANGE_HOST, 10000);
	CHECK_EQ(change_due(&gate), 11000);
	/* More of it does not put it off. */
	change_note(&gate, CHANGE_HOST, 10900);
	CHECK_EQ(change_due(&gate), 11000);
	CHECK_EQ(change_take(&gate, 10999), 0);
	CHECK_EQ(change_take(&gate, 11000), CHANGE_HOST);
	CHECK_EQ(change_take(&gate, 11000), 0);
	CHECK_EQ(change_due(&gate) == CHANGE_NEVER, true);
}

static void repairs_are_limited(void)
{
	uint64_t now = 20000;
	int i;

	change_init(&gate, 0);
	for (i = 0; i < CHANGE_REPAIR_BURST; i++) {
		change_note(&gate, CHANGE_REPAIR, now);
		CHECK(change_due(&gate) <= now);
		CHECK_EQ(change_take(&gate, now), CHANGE_REPAIR);
	}
	change_note(&gate, CHANGE_REPAIR, now);
	CHECK_EQ(change_take(&gate, now), 0);
	CHECK_EQ(change_due(&gate), now + 5000);
	CHECK_EQ(change_take(&gate, now + 4999), 0);
	CHECK_EQ(change_take(&gate, now + 5000), CHANGE_REPAIR);
	now += 5000;
	change_note(&gate, CHANGE_REPAIR, now + 1);
	CHECK_EQ(change_due(&gate), now + 5000);
	/* A long rest fills it up again, and not above. */
	now += 3600 * 1000;
	for (i = 0; i < CHANGE_REPAIR_BURST; i++) {
		change_note(&gate, CHANGE_REPAIR, now);
		CHECK_EQ(change_take(&gate, now), CHANGE_REPAIR);
	}
	change_note(&gate, CHANGE_REPAIR, now);
	CHECK_EQ(change_take(&gate, now), 0);
	/* News of the host is not held up by that. */
	change_note(&gate, CHANGE_HOST, now);
	CHECK_EQ(change_take(&gate, now + 1000), CHANGE_HOST);
	CHECK_EQ(change_take(&gate, now + 5000), CHANGE_REPAIR);
}

static const struct test tests[] = {
	TEST(meanings), TEST(many_links), TEST(settles),
	TEST(repairs_are_limited),
};

TEST_MAIN(tests)
