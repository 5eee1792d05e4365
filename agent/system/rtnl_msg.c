// SPDX-License-Identifier: GPL-2.0-only
#include "system/rtnl_msg.h"

#include "base/array.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include <linux/fib_rules.h>
#include <linux/if.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/ipv6.h>
#include <linux/rtnetlink.h>
#include <netlink/addr.h>
#include <netlink/msg.h>
#include <netlink/route/addr.h>
#include <netlink/route/link.h>
#include <netlink/route/route.h>
#include <netlink/route/rule.h>

/*
 * Metric of our IPv6 routes over a link; 0 would become 1024, which may be the
 * index of a link and so the metric of an entry without one.
 */
#define METRIC_IPV6 1

static int family_of(uint8_t addr_len)
{
	return addr_len == 4 ? AF_INET : AF_INET6;
}

/* Bytes of an address of @family; 0 = not IP. */
static uint8_t len_of(int family)
{
	return family == AF_INET ? 4 : family == AF_INET6 ? 16 : 0;
}

static int parse(const struct nlmsghdr *msg, size_t header, struct nlattr **tb,
		 int max)
{
	/* libnl does not change the message, but does not say so. */
	struct nlmsghdr *m = (struct nlmsghdr *)(uintptr_t)msg;

	/* The attributes are checked one by one where they are used. */
	return nlmsg_parse(m, header, tb, max, NULL) < 0 ? -EBADMSG : 0;
}

static bool get_u32(const struct nlattr *attr, uint32_t *ret)
{
	if (!attr)
		return true;
	if (nla_len(attr) != (int)sizeof(*ret))
		return false;
	*ret = nla_get_u32(attr);
	return true;
}

static bool get_u8(const struct nlattr *attr, uint8_t *ret)
{
	if (!attr)
		return true;
	if (nla_len(attr) != (int)sizeof(*ret))
		return false;
	*ret = nla_get_u8(attr);
	return true;
}

static bool get_text(const struct nlattr *attr, char ret[RTNL_NAME_MAX])
{
	if (!attr)
		return true;
	if (nla_len(attr) < 1 || nla_len(attr) > RTNL_NAME_MAX)
		return false;
	memcpy(ret, nla_data(attr), nla_len(attr));
	ret[nla_len(attr) - 1] = 0;
	return true;
}

static bool get_addr(const struct nlattr *attr, uint8_t len,
		     struct ip_addr *ret)
{
	if (nla_len(attr) != len)
		return false;
	memset(ret, 0, sizeof(*ret));
	memcpy(ret->byte, nla_data(attr), len);
	ret->len = len;
	return true;
}

/* Kinds longer than a name are none of ours. */
static void get_kind(struct nlattr *linkinfo, struct rtnl_link_info *ret)
{
	const struct nlattr *kind;

	if (!linkinfo)
		return;
	kind = nla_find(nla_data(linkinfo), nla_len(linkinfo), IFLA_INFO_KIND);
	get_text(kind, ret->kind);
}

static void get_inet6(struct nlattr *af_spec, struct rtnl_link_info *ret)
{
	const struct nlattr *inet6, *conf;
	int32_t value;

	if (!af_spec)
		return;
	inet6 = nla_find(nla_data(af_spec), nla_len(af_spec), AF_INET6);
	/* Without this part the link has no IPv6 at all. */
	ret->no_ipv6 = !inet6;
	if (!inet6)
		return;
	conf = nla_find(nla_data(inet6), nla_len(inet6), IFLA_INET6_CONF);
	if (!conf ||
	    nla_len(conf) < (int)sizeof(value) * (DEVCONF_DISABLE_IPV6 + 1))
		return;
	memcpy(&value, (const char *)nla_data(conf) +
	       sizeof(value) * DEVCONF_DISABLE_IPV6, sizeof(value));
	ret->no_ipv6 = value != 0;
}

int rtnl_msg_parse_link(const struct nlmsghdr *msg, struct rtnl_link_info *ret)
{
	struct rtnl_link_info info = { 0 };
	struct nlattr *tb[IFLA_MAX + 1];
	const struct ifinfomsg *head;

	if (parse(msg, sizeof(*head), tb, IFLA_MAX) < 0)
		return -EBADMSG;
	head = nlmsg_data(msg);
	if (head->ifi_index <= 0 || !get_text(tb[IFLA_IFNAME], info.name) ||
	    !get_u32(tb[IFLA_MTU], &info.mtu))
		return -EBADMSG;
	info.ifindex = head->ifi_index;
	info.up = head->ifi_flags & IFF_UP;
	info.running = info.up && head->ifi_flags & IFF_RUNNING;
	info.loopback = head->ifi_flags & IFF_LOOPBACK;
	get_kind(tb[IFLA_LINKINFO], &info);
	get_inet6(tb[IFLA_AF_SPEC], &info);
	*ret = info;
	return 0;
}

int rtnl_msg_parse_addr(const struct nlmsghdr *msg, struct rtnl_addr_info *ret)
{
	struct rtnl_addr_info info = { 0 };
	struct nlattr *tb[IFA_MAX + 1], *local;
	const struct ifaddrmsg *head;
	uint8_t len;

	if (parse(msg, sizeof(*head), tb, IFA_MAX) < 0)
		return -EBADMSG;
	head = nlmsg_data(msg);
	len = len_of(head->ifa_family);
	local = tb[IFA_LOCAL] ? tb[IFA_LOCAL] : tb[IFA_ADDRESS];
	if (!len || !local || head->ifa_prefixlen > len * 8 ||
	    !get_addr(local, len, &info.addr) ||
	    !get_addr(tb[IFA_ADDRESS] ? tb[IFA_ADDRESS] : local, len,
		      &info.net.addr) ||
	    !get_u8(tb[IFA_PROTO], &info.protocol))
		return -EBADMSG;
	info.ifindex = head->ifa_index;
	info.net.bits = head->ifa_prefixlen;
	ip_prefix_mask(&info.net);
	*ret = info;
	return 0;
}

int rtnl_msg_parse_route(const struct nlmsghdr *msg,
			 struct rtnl_route_info *ret)
{
	struct rtnl_route_info info = { 0 };
	struct nlattr *tb[RTA_MAX + 1];
	const struct rtmsg *head;
	uint8_t len;

	if (parse(msg, sizeof(*head), tb, RTA_MAX) < 0)
		return -EBADMSG;
	head = nlmsg_data(msg);
	len = len_of(head->rtm_family);
	if (!len || head->rtm_dst_len > len * 8)
		return -EBADMSG;
	info.dst.addr.len = len;
	info.dst.bits = head->rtm_dst_len;
	info.table = head->rtm_table;
	info.protocol = head->rtm_protocol;
	info.type = head->rtm_type;
	if ((tb[RTA_DST] && !get_addr(tb[RTA_DST], len, &info.dst.addr)) ||
	    !get_u32(tb[RTA_TABLE], &info.table) ||
	    !get_u32(tb[RTA_OIF], &info.oif) ||
	    !get_u32(tb[RTA_PRIORITY], &info.metric))
		return -EBADMSG;
	ip_prefix_mask(&info.dst);
	*ret = info;
	return 0;
}

/* Conditions and settings that a rule of ours never has. */
static bool rule_has_extra(struct nlattr *const *tb)
{
	static const uint16_t attrs[] = {
		FRA_DST, FRA_SRC, FRA_IIFNAME, FRA_OIFNAME, FRA_GOTO, FRA_FLOW,
		FRA_UID_RANGE, FRA_IP_PROTO, FRA_SPORT_RANGE, FRA_DPORT_RANGE,
		FRA_L3MDEV,
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(attrs); i++) {
		if (tb[attrs[i]])
			return true;
	}
	return false;
}

int rtnl_msg_parse_rule(const struct nlmsghdr *msg, struct rtnl_rule_info *ret)
{
	struct rtnl_rule_info info = { 0 };
	const struct fib_rule_hdr *head;
	struct nlattr *tb[FRA_MAX + 1];

	if (parse(msg, sizeof(*head), tb, FRA_MAX) < 0)
		return -EBADMSG;
	head = nlmsg_data(msg);
	info.rule.addr_len = len_of(head->family);
	info.rule.table = head->table;
	if (!info.rule.addr_len ||
	    !get_u32(tb[FRA_PRIORITY], &info.rule.priority) ||
	    !get_u32(tb[FRA_FWMARK], &info.rule.mark) ||
	    !get_u32(tb[FRA_FWMASK], &info.rule.mask) ||
	    !get_u32(tb[FRA_TABLE], &info.rule.table) ||
	    !get_u8(tb[FRA_PROTOCOL], &info.protocol))
		return -EBADMSG;
	if (head->action == FR_ACT_UNREACHABLE)
		info.rule.table = 0;
	info.extra = rule_has_extra(tb) || head->tos ||
		     head->flags & FIB_RULE_INVERT ||
		     (head->action != FR_ACT_TO_TBL &&
		      head->action != FR_ACT_UNREACHABLE);
	*ret = info;
	return 0;
}

static struct nl_addr *nl_addr_of(const struct ip_prefix *p)
{
	struct nl_addr *addr = nl_addr_build(family_of(p->addr.len),
					     p->addr.byte, p->addr.len);

	if (addr)
		nl_addr_set_prefixlen(addr, p->bits);
	return addr;
}

static int build_link(const struct host_op *op, uint32_t ifindex,
		      struct nl_msg **ret)
{
	struct rtnl_link *orig = rtnl_link_alloc();
	struct rtnl_link *change = rtnl_link_alloc();
	int r = -ENOMEM;

	if (orig && change) {
		rtnl_link_set_ifindex(orig, ifindex);
		if (op->kind == HOST_OP_MTU)
			rtnl_link_set_mtu(change, op->mtu);
		else if (op->kind == HOST_OP_UP)
			rtnl_link_set_flags(change, IFF_UP);
		else
			rtnl_link_unset_flags(change, IFF_UP);
		r = rtnl_link_build_change_request(orig, change, 0, ret);
	}
	rtnl_link_put(orig);
	rtnl_link_put(change);
	return r < 0 ? -ENOMEM : 0;
}

static int build_addr(const struct host_op *op, uint32_t ifindex,
		      struct nl_msg **ret)
{
	struct rtnl_addr *addr = rtnl_addr_alloc();
	struct nl_addr *local = nl_addr_of(&op->addr);
	struct nl_msg *msg;
	int r = -1;

	if (addr && local && rtnl_addr_set_local(addr, local) >= 0) {
		rtnl_addr_set_ifindex(addr, ifindex);
		/* Nobody else on the link could have it. */
		if (op->addr.addr.len == 16)
			rtnl_addr_set_flags(addr, IFA_F_NODAD);
		r = op->kind == HOST_OP_ADD_ADDR ?
			rtnl_addr_build_add_request(addr, NLM_F_EXCL, &msg) :
			rtnl_addr_build_delete_request(addr, 0, &msg);
	}
	rtnl_addr_put(addr);
	nl_addr_put(local);
	if (r < 0)
		return -ENOMEM;
	/* libnl does not know this one. */
	if (op->kind == HOST_OP_ADD_ADDR &&
	    nla_put_u8(msg, IFA_PROTO, HOST_PROTOCOL) < 0) {
		nlmsg_free(msg);
		return -ENOMEM;
	}
	*ret = msg;
	return 0;
}

static int fill_route(struct rtnl_route *route, const struct host_route *from,
		      uint32_t ifindex)
{
	static const uint8_t type[] = {
		[HOST_ROUTE_LINK] = RTN_UNICAST,
		[HOST_ROUTE_THROW] = RTN_THROW,
		[HOST_ROUTE_UNREACHABLE] = RTN_UNREACHABLE,
	};
	struct rtnl_nexthop *hop;

	rtnl_route_set_table(route, HOST_TABLE);
	rtnl_route_set_protocol(route, HOST_PROTOCOL);
	rtnl_route_set_type(route, type[from->kind]);
	if (from->kind != HOST_ROUTE_LINK) {
		rtnl_route_set_scope(route, RT_SCOPE_UNIVERSE);
		rtnl_route_set_priority(route, from->tag ? from->tag : ifindex);
		return 0;
	}
	rtnl_route_set_scope(route, from->dst.addr.len == 4 ?
			     RT_SCOPE_LINK : RT_SCOPE_UNIVERSE);
	if (from->dst.addr.len == 16)
		rtnl_route_set_priority(route, METRIC_IPV6);
	hop = rtnl_route_nh_alloc();
	if (!hop)
		return -ENOMEM;
	rtnl_route_nh_set_ifindex(hop, ifindex);
	rtnl_route_add_nexthop(route, hop);
	return 0;
}

static int build_route(const struct host_op *op, uint32_t ifindex,
		       struct nl_msg **ret)
{
	struct rtnl_route *route = rtnl_route_alloc();
	struct nl_addr *dst = nl_addr_of(&op->route.dst);
	int r = -1;

	if (route && dst && rtnl_route_set_dst(route, dst) >= 0 &&
	    fill_route(route, &op->route, ifindex) == 0)
		r = op->kind == HOST_OP_ADD_ROUTE ?
			rtnl_route_build_add_request(route, NLM_F_EXCL, ret) :
			rtnl_route_build_del_request(route, 0, ret);
	rtnl_route_put(route);
	nl_addr_put(dst);
	return r < 0 ? -ENOMEM : 0;
}

static int build_rule(const struct host_op *op, struct nl_msg **ret)
{
	struct rtnl_rule *rule = rtnl_rule_alloc();
	int r;

	if (!rule)
		return -ENOMEM;
	rtnl_rule_set_family(rule, family_of(op->rule.addr_len));
	rtnl_rule_set_prio(rule, op->rule.priority);
	rtnl_rule_set_protocol(rule, HOST_PROTOCOL);
	if (op->rule.mask) {
		rtnl_rule_set_mark(rule, op->rule.mark);
		rtnl_rule_set_mask(rule, op->rule.mask);
	}
	if (op->rule.table) {
		rtnl_rule_set_action(rule, FR_ACT_TO_TBL);
		rtnl_rule_set_table(rule, op->rule.table);
	} else {
		rtnl_rule_set_action(rule, FR_ACT_UNREACHABLE);
	}
	/* Not exclusive: somebody else's rule of the same words is not ours. */
	r = op->kind == HOST_OP_ADD_RULE ?
		rtnl_rule_build_add_request(rule, NLM_F_CREATE, ret) :
		rtnl_rule_build_delete_request(rule, 0, ret);
	rtnl_rule_put(rule);
	return r < 0 ? -ENOMEM : 0;
}

int rtnl_msg_build_op(const struct host_op *op, uint32_t ifindex,
		      struct nl_msg **ret)
{
	switch (op->kind) {
	case HOST_OP_MTU:
	case HOST_OP_UP:
	case HOST_OP_DOWN:
		return build_link(op, ifindex, ret);
	case HOST_OP_ADD_ADDR:
	case HOST_OP_DEL_ADDR:
		return build_addr(op, ifindex, ret);
	case HOST_OP_ADD_ROUTE:
	case HOST_OP_DEL_ROUTE:
		return build_route(op, ifindex, ret);
	case HOST_OP_ADD_RULE:
	case HOST_OP_DEL_RULE:
		return build_rule(op, ret);
	}
	return -EINVAL;
}

int rtnl_msg_build_dump(uint16_t type, uint8_t addr_len, uint32_t table,
			struct nl_msg **ret)
{
	uint8_t family = addr_len ? family_of(addr_len) : AF_UNSPEC;
	union {
		struct ifinfomsg link;
		struct ifaddrmsg addr;
		struct rtmsg route;
		struct fib_rule_hdr rule;
	} head = { 0 };
	size_t len = sizeof(head.rule);
	struct nl_msg *msg;

	/* Strictly checked by the kernel: only what counts may be set. */
	switch (type) {
	case RTM_GETLINK:
		head.link.ifi_family = family;
		len = sizeof(head.link);
		break;
	case RTM_GETADDR:
		head.addr.ifa_family = family;
		len = sizeof(head.addr);
		break;
	case RTM_GETROUTE:
		head.route.rtm_family = family;
		len = sizeof(head.route);
		break;
	default:
		head.rule.family = family;
	}
	msg = nlmsg_alloc_simple(type, 0);
	if (!msg)
		return -ENOMEM;
	if (nlmsg_append(msg, &head, len, NLMSG_ALIGNTO) < 0 ||
	    (table && nla_put_u32(msg, RTA_TABLE, table) < 0)) {
		nlmsg_free(msg);
		return -ENOMEM;
	}
	*ret = msg;
	return 0;
}
