// SPDX-License-Identifier: GPL-2.0-only
#include "system/change.h"

#include "model/host_config.h"
#include "system/rtnl_msg.h"

#include <string.h>

#include <linux/rtnetlink.h>
#include <netlink/msg.h>

void change_init(struct change *c, uint64_t now_ms)
{
	memset(c, 0, sizeof(*c));
	c->tokens = CHANGE_REPAIR_BURST;
	c->token_ms = now_ms;
}

static struct change_known *find_known(struct change *c, uint32_t ifindex,
				       const struct ip_addr *addr)
{
	size_t i;

	for (i = 0; i < c->n_known; i++) {
		if (c->known[i].ifindex == ifindex &&
		    ip_cmp(&c->known[i].addr, addr) == 0)
			return &c->known[i];
	}
	return NULL;
}

static void forget(struct change *c, struct change_known *known)
{
	*known = c->known[--c->n_known];
}

/* Return: true if it is news. */
static bool learn(struct change *c, uint32_t ifindex,
		  const struct ip_addr *addr, bool up)
{
	struct change_known *known = find_known(c, ifindex, addr);
	bool news = !known || known->up != up;

	if (!known && c->n_known < CHANGE_KNOWN_MAX) {
		known = &c->known[c->n_known++];
		known->ifindex = ifindex;
		known->addr = *addr;
	}
	if (known)
		known->up = up;
	return news;
}

/* A link is gone, and all of its addresses with it. */
static void forget_link(struct change *c, uint32_t ifindex)
{
	size_t i;

	for (i = c->n_known; i-- > 0;) {
		if (c->known[i].ifindex == ifindex)
			forget(c, &c->known[i]);
	}
}

static unsigned int parse_own_link(const struct change *c, bool gone,
				   const struct rtnl_link_info *info)
{
	if (gone)
		return CHANGE_LINK;
	/* Going down takes routes away without another word. */
	if (!info->up || (c->mtu && info->mtu != c->mtu))
		return CHANGE_REPAIR;
	return 0;
}

static unsigned int parse_link(struct change *c, const struct nlmsghdr *msg)
{
	static const struct ip_addr none = { .len = 0 };
	bool gone = msg->nlmsg_type == RTM_DELLINK;
	struct rtnl_link_info info;

	/* A bridge port that leaves its bridge is no link that is gone. */
	if (rtnl_msg_parse_link(msg, &info) < 0 ||
	    ((const struct ifinfomsg *)nlmsg_data(msg))->ifi_family !=
	    AF_UNSPEC)
		return 0;
	if (info.ifindex == c->ifindex)
		return parse_own_link(c, gone, &info);
	if (gone) {
		forget_link(c, info.ifindex);
		return CHANGE_HOST;
	}
	return learn(c, info.ifindex, &none, info.running) ? CHANGE_HOST : 0;
}

static unsigned int parse_addr(struct change *c, const struct nlmsghdr *msg)
{
	bool gone = msg->nlmsg_type == RTM_DELADDR;
	struct change_known *known;
	struct rtnl_addr_info info;

	if (rtnl_msg_parse_addr(msg, &info) < 0)
		return 0;
	if (info.ifindex == c->ifindex)
		return gone && info.protocol == HOST_PROTOCOL ? CHANGE_REPAIR :
								0;
	/* Comes and goes with its link, which is reported by itself. */
	if (ip_is_link_local(&info.addr))
		return 0;
	if (!gone)
		return learn(c, info.ifindex, &info.addr, true) ? CHANGE_HOST :
								  0;
	known = find_known(c, info.ifindex, &info.addr);
	if (known)
		forget(c, known);
	return CHANGE_HOST;
}

static unsigned int parse_route(const struct change *c,
				const struct nlmsghdr *msg)
{
	struct rtnl_route_info info;

	if (rtnl_msg_parse_route(msg, &info) < 0)
		return 0;
	if (info.table == HOST_TABLE) {
		bool ours = info.protocol == HOST_PROTOCOL &&
			    (info.oif == c->ifindex ||
			     info.metric == c->ifindex);

		return ours && msg->nlmsg_type == RTM_DELROUTE ?
			CHANGE_REPAIR : 0;
	}
	/* Thousands of others may come and go on a router. */
	if (info.table != HOST_TABLE_MAIN || info.dst.bits != 0 ||
	    info.oif == c->ifindex)
		return 0;
	return CHANGE_HOST;
}

static unsigned int parse_rule(const struct nlmsghdr *msg)
{
	struct rtnl_rule_info info;

	if (msg->nlmsg_type != RTM_DELRULE ||
	    rtnl_msg_parse_rule(msg, &info) < 0)
		return 0;
	return info.protocol == HOST_PROTOCOL ? CHANGE_REPAIR : 0;
}

unsigned int change_parse(struct change *c, const struct nlmsghdr *msg)
{
	/* Our own doing is no news. */
	if (c->port && msg->nlmsg_pid == c->port)
		return 0;
	switch (msg->nlmsg_type) {
	case RTM_NEWLINK:
	case RTM_DELLINK:
		return parse_link(c, msg);
	case RTM_NEWADDR:
	case RTM_DELADDR:
		return parse_addr(c, msg);
	case RTM_NEWROUTE:
	case RTM_DELROUTE:
		return parse_route(c, msg);
	case RTM_NEWRULE:
	case RTM_DELRULE:
		return parse_rule(msg);
	}
	return 0;
}

void change_note(struct change *c, unsigned int bits, uint64_t now_ms)
{
	const unsigned int settle = CHANGE_HOST | CHANGE_LINK;

	/* From the first one on: a host that never rests is heard all the same. */
	if (bits & settle && !(c->pending & settle))
		c->host_due_ms = now_ms + CHANGE_SETTLE_MS;
	c->pending |= bits;
}

static void refill(struct change *c, uint64_t now_ms)
{
	uint64_t n = (now_ms - c->token_ms) / CHANGE_REPAIR_MS;

	if (now_ms < c->token_ms)
		return;
	if (n >= CHANGE_REPAIR_BURST - c->tokens) {
		c->tokens = CHANGE_REPAIR_BURST;
		c->token_ms = now_ms;
	} else {
		c->tokens += n;
		c->token_ms += n * CHANGE_REPAIR_MS;
	}
}

uint64_t change_due(const struct change *c)
{
	uint64_t due = CHANGE_NEVER, repair;

	if (c->pending & (CHANGE_HOST | CHANGE_LINK))
		due = c->host_due_ms;
	if (c->pending & CHANGE_REPAIR) {
		repair = c->tokens ? c->token_ms :
				     c->token_ms + CHANGE_REPAIR_MS;
		if (repair < due)
			due = repair;
	}
	return due;
}

unsigned int change_take(struct change *c, uint64_t now_ms)
{
	unsigned int bits = 0;

	refill(c, now_ms);
	if (now_ms >= c->host_due_ms)
		bits |= c->pending & (CHANGE_HOST | CHANGE_LINK);
	if (c->pending & CHANGE_REPAIR && c->tokens) {
		/* The time until the next token begins with the first taken. */
		if (c->tokens-- == CHANGE_REPAIR_BURST)
			c->token_ms = now_ms;
		bits |= CHANGE_REPAIR;
	}
	c->pending &= ~bits;
	return bits;
}
