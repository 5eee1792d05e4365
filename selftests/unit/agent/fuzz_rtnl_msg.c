// SPDX-License-Identifier: GPL-2.0-only
/*
 * Notifications of rtnetlink, one behind another. The kernel is trusted, but
 * its messages come from more versions of it than we know.
 */
#include "fuzz_wg_conf.h"

#include "system/change.h"
#include "system/rtnl_msg.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include <netlink/msg.h>

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	return 0;
}

static void check_prefix(const struct ip_prefix *p)
{
	struct ip_prefix masked = *p;

	assert(p->addr.len == 4 || p->addr.len == 16);
	assert(p->bits <= p->addr.len * 8);
	assert(!ip_prefix_mask(&masked));
}

static void one(struct change *c, const struct nlmsghdr *msg)
{
	struct rtnl_route_info route;
	struct rtnl_addr_info addr;
	struct rtnl_link_info link;
	struct rtnl_rule_info rule;

	if (rtnl_msg_parse_route(msg, &route) == 0)
		check_prefix(&route.dst);
	if (rtnl_msg_parse_addr(msg, &addr) == 0)
		check_prefix(&addr.net);
	if (rtnl_msg_parse_link(msg, &link) == 0)
		assert(strlen(link.name) < sizeof(link.name) &&
		       strlen(link.kind) < sizeof(link.kind));
	rtnl_msg_parse_rule(msg, &rule);
	change_note(c, change_parse(c, msg), 1000);
	assert(c->n_known <= CHANGE_KNOWN_MAX);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static struct change c;
	const struct nlmsghdr *msg;
	uint8_t *copy = malloc(len ? len : 1);
	int left;

	if (len)
		memcpy(copy, data, len);
	change_init(&c, 0);
	c.ifindex = 7;
	msg = (const struct nlmsghdr *)copy;
	for (left = len; nlmsg_ok(msg, left);
	     msg = nlmsg_next((struct nlmsghdr *)(uintptr_t)msg, &left))
		one(&c, msg);
	change_take(&c, 5000);
	free(copy);
	return 0;
}
