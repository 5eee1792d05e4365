/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Objects of rtnetlink as bytes, and back. Pure: no socket.
 */
#ifndef SYSTEM_RTNL_MSG_H
#define SYSTEM_RTNL_MSG_H

#include "model/host_config.h"
#include "model/host_plan.h"
#include "model/ip.h"

#include <stdbool.h>
#include <stdint.h>

struct nl_msg;
struct nlmsghdr;

#define RTNL_NAME_MAX 16	/* bytes, with the end */

/**
 * struct rtnl_link_info - a link
 * @ifindex: its index
 * @name: its name
 * @kind: of software links; else empty
 * @up: administratively
 * @running: and able to carry packets
 * @loopback: it is the loopback device
 * @mtu: bytes
 * @no_ipv6: IPv6 is switched off on it
 */
struct rtnl_link_info {
	uint32_t ifindex;
	char name[RTNL_NAME_MAX];
	char kind[RTNL_NAME_MAX];
	bool up;
	bool running;
	bool loopback;
	uint32_t mtu;
	bool no_ipv6;
};

/**
 * struct rtnl_addr_info - an address on a link
 * @ifindex: of the link
 * @addr: the address itself
 * @net: the network that comes with it, that of the other end on a
 *	point-to-point link; masked
 * @protocol: who put it there
 */
struct rtnl_addr_info {
	uint32_t ifindex;
	struct ip_addr addr;
	struct ip_prefix net;
	uint8_t protocol;
};

/**
 * struct rtnl_route_info - a route
 * @dst: its destination
 * @table: where it is
 * @protocol: who put it there
 * @type: RTN_*
 * @oif: index of its link; 0 = none, or several
 * @metric: its priority
 */
struct rtnl_route_info {
	struct ip_prefix dst;
	uint32_t table;
	uint8_t protocol;
	uint8_t type;
	uint32_t oif;
	uint32_t metric;
};

/**
 * struct rtnl_rule_info - a rule
 * @rule: as far as we use such rules
 * @protocol: who put it there
 * @extra: it has conditions that ours never have
 */
struct rtnl_rule_info {
	struct host_rule rule;
	uint8_t protocol;
	bool extra;
};

/*
 * The parsers take a whole message of the matching type, RTM_NEW... or
 * RTM_DEL..., and return 0 or -EBADMSG. Families other than IP are -EBADMSG
 * too, except for links.
 */
int rtnl_msg_parse_link(const struct nlmsghdr *msg, struct rtnl_link_info *ret);
int rtnl_msg_parse_addr(const struct nlmsghdr *msg, struct rtnl_addr_info *ret);
int rtnl_msg_parse_route(const struct nlmsghdr *msg,
			 struct rtnl_route_info *ret);
int rtnl_msg_parse_rule(const struct nlmsghdr *msg, struct rtnl_rule_info *ret);

/**
 * rtnl_msg_build_op() - the request for one step
 * @op:		the step
 * @ifindex:	of our link
 * @ret:	the request, owned by the caller: nlmsg_free()
 *
 * Return: 0 or -ENOMEM.
 */
int rtnl_msg_build_op(const struct host_op *op, uint32_t ifindex,
		      struct nl_msg **ret);

/**
 * rtnl_msg_build_dump() - the request for all objects of a kind
 * @type:	RTM_GETLINK, RTM_GETADDR, RTM_GETROUTE or RTM_GETRULE
 * @addr_len:	4 or 16: of one family; 0: of any
 * @table:	RTM_GETROUTE: of this table only; 0 = all
 * @ret:	the request, owned by the caller: nlmsg_free()
 *
 * Return: 0 or -ENOMEM.
 */
int rtnl_msg_build_dump(uint16_t type, uint8_t addr_len, uint32_t table,
			struct nl_msg **ret);

#endif /* SYSTEM_RTNL_MSG_H */
