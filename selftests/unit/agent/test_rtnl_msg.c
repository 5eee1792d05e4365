// SPDX-License-Identifier: GPL-2.0-only
#include "system/rtnl_msg.h"

#include "base/cleanup.h"
#include "test.h"

#include <errno.h>
#include <sys/socket.h>

#include <linux/fib_rules.h>
#include <linux/if.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <netlink/msg.h>

#define IFINDEX 7

static struct ip_prefix prefix(const char *s)
{
	struct ip_prefix p = { 0 };

	if (ip_prefix_parse(s, strlen(s), &p) < 0)
		abort();
	return p;
}

/* What we ask for reads back as what we meant. */
static void routes(void)
{
	static const struct {
		const char *dst;
		enum host_route_kind kind;
		uint32_t tag;
		uint8_t type;
		uint32_t oif, metric;
	} cases[] = {
		{ "10.0.0.0/8", HOST_ROUTE_LINK, 0, RTN_UNICAST, IFINDEX, 0 },
		{ "0.0.0.0/0", HOST_ROUTE_LINK, 0, RTN_UNICAST, IFINDEX, 0 },
		{ "::/0", HOST_ROUTE_LINK, 0, RTN_UNICAST, IFINDEX, 1 },
		{ "::/0", HOST_ROUTE_UNREACHABLE, 0, RTN_UNREACHABLE, 0,
		  IFINDEX },
		{ "2001:db8::/32", HOST_ROUTE_THROW, 0, RTN_THROW, 0,
		  IFINDEX },
		{ "192.168.7.0/24", HOST_ROUTE_THROW, 0, RTN_THROW, 0,
		  IFINDEX },
		{ "192.168.7.0/24", HOST_ROUTE_THROW, 5, RTN_THROW, 0, 5 },
	};
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct host_op op = {
			.kind = i % 2 ? HOST_OP_DEL_ROUTE : HOST_OP_ADD_ROUTE,
			.route = { prefix(cases[i].dst), cases[i].kind,
				   cases[i].tag },
		};
		struct rtnl_route_info info;
		struct nl_msg *msg;

		test_case("%s", cases[i].dst);
		CHECK_EQ(rtnl_msg_build_op(&op, IFINDEX, &msg), 0);
		CHECK_EQ(nlmsg_hdr(msg)->nlmsg_type,
			 i % 2 ? RTM_DELROUTE : RTM_NEWROUTE);
		CHECK(i % 2 || nlmsg_hdr(msg)->nlmsg_flags & NLM_F_EXCL);
		CHECK_EQ(rtnl_msg_parse_route(nlmsg_hdr(msg), &info), 0);
		nlmsg_free(msg);
		CHECK_EQ(ip_prefix_cmp(&info.dst, &op.route.dst), 0);
		CHECK_EQ(info.table, 52);
		CHECK_EQ(info.protocol, HOST_PROTOCOL);
		CHECK_EQ(info.type, cases[i].type);
		CHECK_EQ(info.oif, cases[i].oif);
		CHECK_EQ(info.metric, cases[i].metric);
	}
}

static void rules(void)
{
	struct host_config c auto_clean(host_config) = { 0 };
	size_t i;

	CHECK_EQ(host_config_add_rules(&c, true), 0);
	for (i = 0; i < c.n_rules; i++) {
		struct host_op op = {
			.kind = HOST_OP_ADD_RULE, .rule = c.rules[i],
		};
		struct rtnl_rule_info info;
		struct nl_msg *msg;

		test_case("rule %zu", i);
		CHECK_EQ(rtnl_msg_build_op(&op, IFINDEX, &msg), 0);
		CHECK_EQ(rtnl_msg_parse_rule(nlmsg_hdr(msg), &info), 0);
		nlmsg_free(msg);
		CHECK_EQ(host_rule_cmp(&info.rule, &c.rules[i]), 0);
		CHECK_EQ(info.protocol, HOST_PROTOCOL);
		CHECK(!info.extra);
	}
}

/* A rule with a condition that we do not know of is not one of ours. */
static void rules_with_more(void)
{
	struct fib_rule_hdr head = {
		.family = AF_INET, .action = FR_ACT_TO_TBL, .table = 52,
	};
	struct rtnl_rule_info info;
	struct nl_msg *msg;
	int i;

	for (i = 0; i < 5; i++) {
		struct fib_rule_hdr h = head;

		test_case("case %d", i);
		h.tos = i == 1 ? 4 : 0;
		h.flags = i == 2 ? FIB_RULE_INVERT : 0;
		h.action = i == 3 ? FR_ACT_PROHIBIT : FR_ACT_TO_TBL;
		msg = nlmsg_alloc_simple(RTM_NEWRULE, 0);
		nlmsg_append(msg, &h, sizeof(h), NLMSG_ALIGNTO);
		if (i == 4)
			nla_put_string(msg, FRA_IIFNAME, "eth0");
		CHECK_EQ(rtnl_msg_parse_rule(nlmsg_hdr(msg), &info), 0);
		nlmsg_free(msg);
		CHECK_EQ(info.extra, i != 0);
	}
}

static void addrs(void)
{
	static const char *const text[] = {
		"100.64.0.1/32", "fd7a:115c:a1e0::1/128",
	};
	size_t i;

	for (i = 0; i < 2; i++) {
		struct host_op op = {
			.kind = HOST_OP_ADD_ADDR, .addr = prefix(text[i]),
		};
		struct rtnl_addr_info info;
		struct nl_msg *msg;

		test_case("%s", text[i]);
		CHECK_EQ(rtnl_msg_build_op(&op, IFINDEX, &msg), 0);
		CHECK_EQ(rtnl_msg_parse_addr(nlmsg_hdr(msg), &info), 0);
		nlmsg_free(msg);
		CHECK_EQ(info.ifindex, IFINDEX);
		CHECK_EQ(ip_cmp(&info.addr, &op.addr.addr), 0);
		CHECK_EQ(info.net.bits, op.addr.bits);
		CHECK_EQ(info.protocol, HOST_PROTOCOL);
	}
}

/* The other end's network is the one that comes with the address. */
static void point_to_point(void)
{
	struct ifaddrmsg head = {
		.ifa_family = AF_INET, .ifa_prefixlen = 24, .ifa_index = 3,
	};
	struct nl_msg *msg = nlmsg_alloc_simple(RTM_NEWADDR, 0);
	struct rtnl_addr_info info;
	struct ip_prefix net = prefix("192.168.9.0/24");
	struct ip_prefix local = prefix("10.0.0.1/32");

	nlmsg_append(msg, &head, sizeof(head), NLMSG_ALIGNTO);
	nla_put(msg, IFA_ADDRESS, 4, (uint8_t[]){ 192, 168, 9, 4 });
	nla_put(msg, IFA_LOCAL, 4, (uint8_t[]){ 10, 0, 0, 1 });
	CHECK_EQ(rtnl_msg_parse_addr(nlmsg_hdr(msg), &info), 0);
	nlmsg_free(msg);
	CHECK_EQ(ip_prefix_cmp(&info.net, &net), 0);
	CHECK_EQ(ip_cmp(&info.addr, &local.addr), 0);
}

static void links(void)
{
	static const struct {
		struct host_op op;
		unsigned int flags, change, mtu;
	} cases[] = {
		{ { HOST_OP_MTU, .mtu = 1280 }, 0, 0, 1280 },
		{ { HOST_OP_UP }, IFF_UP, IFF_UP, 0 },
		{ { HOST_OP_DOWN }, 0, IFF_UP, 0 },
	};
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct rtnl_link_info info;
		struct ifinfomsg *head;
		struct nl_msg *msg;

		test_case("case %zu", i);
		CHECK_EQ(rtnl_msg_build_op(&cases[i].op, IFINDEX, &msg), 0);
		head = nlmsg_data(nlmsg_hdr(msg));
		CHECK_EQ(head->ifi_index, IFINDEX);
		CHECK_EQ(head->ifi_change, cases[i].change);
		CHECK_EQ(head->ifi_flags & IFF_UP, cases[i].flags);
		CHECK_EQ(rtnl_msg_parse_link(nlmsg_hdr(msg), &info), 0);
		nlmsg_free(msg);
		CHECK_EQ(info.mtu, cases[i].mtu);
	}
}

static struct nl_msg *build_link(const char *name, const char *kind,
				 int disable_ipv6)
{
	struct ifinfomsg head = { .ifi_index = 4, .ifi_flags = IFF_UP };
	struct nl_msg *msg = nlmsg_alloc_simple(RTM_NEWLINK, 0);
	int32_t conf[64] = { 0 };
	struct nlattr *a, *b;

	conf[26] = disable_ipv6;	/* DEVCONF_DISABLE_IPV6 */
	nlmsg_append(msg, &head, sizeof(head), NLMSG_ALIGNTO);
	nla_put_string(msg, IFLA_IFNAME, name);
	a = nla_nest_start(msg, IFLA_LINKINFO);
	nla_put_string(msg, IFLA_INFO_KIND, kind);
	nla_nest_end(msg, a);
	if (disable_ipv6 < 0)
		return msg;
	a = nla_nest_start(msg, IFLA_AF_SPEC);
	b = nla_nest_start(msg, AF_INET6);
	nla_put(msg, IFLA_INET6_CONF, sizeof(conf), conf);
	nla_nest_end(msg, b);
	nla_nest_end(msg, a);
	return msg;
}

static void link_info(void)
{
	static const struct {
		const char *name, *kind;
		int disable, result;
		bool no_ipv6;
		const char *got_kind;
	} cases[] = {
		{ "tailnet0", "tailnet", 0, 0, false, "tailnet" },
		{ "tailnet0", "tailnet", 1, 0, true, "tailnet" },
		{ "tailnet0", "tailnet", -1, 0, false, "tailnet" },
		{ "sixteen-bytes--", "tailnet", 0, 0, false, "tailnet" },
		{ "seventeen-bytes-", "tailnet", 0, -EBADMSG, false, "" },
		{ "x", "a-kind-that-is-too-long", 0, 0, false, "" },
	};
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct nl_msg *msg = build_link(cases[i].name, cases[i].kind,
						cases[i].disable);
		struct rtnl_link_info info = { 0 };
		int r = rtnl_msg_parse_link(nlmsg_hdr(msg), &info);

		nlmsg_free(msg);
		test_case("%s %s", cases[i].name, cases[i].kind);
		CHECK_EQ(r, cases[i].result);
		if (r < 0)
			continue;
		CHECK(!strcmp(info.name, cases[i].name));
		CHECK(!strcmp(info.kind, cases[i].got_kind));
		CHECK_EQ(info.no_ipv6, cases[i].no_ipv6);
	}
}

/* Cut anywhere, copied to where nothing lies behind: no byte too many is read. */
static void one_truncated(const struct nlmsghdr *whole)
{
	uint32_t len;

	for (len = 0; len < whole->nlmsg_len; len++) {
		struct nlmsghdr *cut = malloc(len > sizeof(*cut) ?
					      len : sizeof(*cut));
		struct rtnl_link_info link;
		struct rtnl_addr_info addr;
		struct rtnl_route_info route;
		struct rtnl_rule_info rule;

		memcpy(cut, whole, len > sizeof(*cut) ? len : sizeof(*cut));
		cut->nlmsg_len = len > sizeof(*cut) ? len : sizeof(*cut);
		rtnl_msg_parse_link(cut, &link);
		rtnl_msg_parse_addr(cut, &addr);
		rtnl_msg_parse_route(cut, &route);
		rtnl_msg_parse_rule(cut, &rule);
		free(cut);
		test_checks++;
	}
}

static void truncated(void)
{
	static const struct host_op ops[] = {
		{ HOST_OP_MTU, .mtu = 1280 },
		{ HOST_OP_ADD_ADDR, .addr = { { { 100, 64 }, 4 }, 32 } },
		{ HOST_OP_ADD_ROUTE, .route = { { { { 0xfd }, 16 }, 8 } } },
		{ HOST_OP_ADD_RULE, .rule = { 4, 5210, 1, 1, 254 } },
	};
	struct nl_msg *msg = build_link("tailnet0", "tailnet", 1);
	size_t i;

	one_truncated(nlmsg_hdr(msg));
	nlmsg_free(msg);
	for (i = 0; i < sizeof(ops) / sizeof(ops[0]); i++) {
		CHECK_EQ(rtnl_msg_build_op(&ops[i], IFINDEX, &msg), 0);
		one_truncated(nlmsg_hdr(msg));
		nlmsg_free(msg);
	}
}

static void malformed(void)
{
	static const struct {
		const char *name;
		struct rtmsg head;
		uint16_t attr, len;
	} cases[] = {
		{ "family", { .rtm_family = AF_UNIX }, 0, 0 },
		{ "length of prefix", { .rtm_family = AF_INET,
					.rtm_dst_len = 33 }, 0, 0 },
		{ "length of IPv6 prefix", { .rtm_family = AF_INET6,
					     .rtm_dst_len = 129 }, 0, 0 },
		{ "short address", { .rtm_family = AF_INET6,
				     .rtm_dst_len = 64 }, RTA_DST, 4 },
		{ "long address", { .rtm_family = AF_INET,
				    .rtm_dst_len = 8 }, RTA_DST, 16 },
		{ "short table", { .rtm_family = AF_INET }, RTA_TABLE, 2 },
		{ "long metric", { .rtm_family = AF_INET }, RTA_PRIORITY, 8 },
		{ "empty link", { .rtm_family = AF_INET }, RTA_OIF, 0 },
	};
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct nl_msg *msg = nlmsg_alloc_simple(RTM_NEWROUTE, 0);
		uint8_t zeros[16] = { 0 };
		struct rtnl_route_info info;
		struct rtmsg head;
		int r;

		test_case("%s", cases[i].name);
		head = cases[i].head;
		nlmsg_append(msg, &head, sizeof(head), NLMSG_ALIGNTO);
		if (cases[i].attr)
			nla_put(msg, cases[i].attr, cases[i].len, zeros);
		r = rtnl_msg_parse_route(nlmsg_hdr(msg), &info);
		nlmsg_free(msg);
		CHECK_EQ(r, -EBADMSG);
	}
}

static const struct test tests[] = {
	TEST(routes), TEST(rules), TEST(rules_with_more), TEST(addrs),
	TEST(point_to_point), TEST(links), TEST(link_info), TEST(truncated),
	TEST(malformed),
};

TEST_MAIN(tests)
