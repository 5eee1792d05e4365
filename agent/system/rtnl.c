// SPDX-License-Identifier: GPL-2.0-only
#include "system/rtnl.h"

#include "base/array.h"
#include "base/nl_conn.h"
#include "system/rtnl_msg.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <linux/rtnetlink.h>
#include <netlink/msg.h>

/* A host that changes all the time cannot be read; then later. */
#define READ_TRIES 8

struct rtnl {
	struct nl_conn *conn;
	char kind[RTNL_NAME_MAX];
};

DEFINE_CLEANUP(nl_msg, struct nl_msg *, nlmsg_free)

int rtnl_open(const char *kind, struct rtnl **ret)
{
	struct rtnl *rtnl auto_clean(rtnl) = calloc(1, sizeof(*rtnl));
	int r;

	if (!rtnl)
		return -ENOMEM;
	if (strlen(kind) >= sizeof(rtnl->kind))
		return -EINVAL;
	strcpy(rtnl->kind, kind);
	r = nl_conn_open(NETLINK_ROUTE, true, &rtnl->conn);
	if (r < 0)
		return r;
	*ret = steal(rtnl);
	return 0;
}

void rtnl_free(struct rtnl *rtnl)
{
	if (!rtnl)
		return;
	nl_conn_free(rtnl->conn);
	free(rtnl);
}

uint32_t rtnl_port(const struct rtnl *rtnl)
{
	return nl_conn_port(rtnl->conn);
}

/**
 * struct reading - the making of a state
 * @rtnl: the connection
 * @link: name of our link
 * @links: all links; owned
 * @n_links: in use
 * @cap_links: allocated
 * @busy: for each link: has it routes in HOST_TABLE? owned
 * @state: what comes out
 */
struct reading {
	const struct rtnl *rtnl;
	const char *link;
	struct rtnl_link_info *links;
	size_t n_links;
	size_t cap_links;
	bool *busy;
	struct host_state state;
};

static void reading_cleanup(struct reading *rd)
{
	free(rd->links);
	free(rd->busy);
	host_state_done(&rd->state);
}

static int take_link(void *ctx, const struct nlmsghdr *msg)
{
	struct rtnl_link_info *item, info;
	struct reading *rd = ctx;

	if (msg->nlmsg_type != RTM_NEWLINK ||
	    rtnl_msg_parse_link(msg, &info) < 0)
		return 0;
	item = array_grow(rd->links, rd->n_links, &rd->cap_links,
			  sizeof(*item));
	if (!item)
		return -ENOMEM;
	rd->links = item;
	item[rd->n_links++] = info;
	if (strcmp(info.name, rd->link) != 0)
		return 0;
	rd->state.ifindex = info.ifindex;
	rd->state.own.up = info.up;
	rd->state.own.mtu = info.mtu;
	rd->state.has_ipv6 = !info.no_ipv6;
	return 0;
}

static const struct rtnl_link_info *find_link(const struct reading *rd,
					      uint32_t ifindex)
{
	size_t i;

	for (i = 0; i < rd->n_links; i++) {
		if (rd->links[i].ifindex == ifindex)
			return &rd->links[i];
	}
	return NULL;
}

/* A link of another instance, or NULL. */
static const struct rtnl_link_info *find_instance(const struct reading *rd,
						  uint32_t ifindex)
{
	const struct rtnl_link_info *link = find_link(rd, ifindex);

	if (!link || ifindex == rd->state.ifindex ||
	    strcmp(link->kind, rd->rtnl->kind) != 0)
		return NULL;
	return link;
}

static int take_addr(void *ctx, const struct nlmsghdr *msg)
{
	const struct rtnl_link_info *link;
	struct host_other other = { 0 };
	struct reading *rd = ctx;
	struct rtnl_addr_info info;

	if (msg->nlmsg_type != RTM_NEWADDR ||
	    rtnl_msg_parse_addr(msg, &info) < 0)
		return 0;
	other.prefix.addr = info.addr;
	other.prefix.bits = info.net.bits;
	if (info.ifindex == rd->state.ifindex &&
	    info.protocol == HOST_PROTOCOL)
		return host_config_add_addr(&rd->state.own, &other.prefix);
	other.ifindex = info.ifindex;
	other.owner = find_instance(rd, info.ifindex) ? HOST_OWNER_INSTANCE :
							HOST_OWNER_FOREIGN;
	link = find_link(rd, info.ifindex);
	other.attached = link && link->running && !link->loopback &&
			 info.ifindex != rd->state.ifindex &&
			 other.owner == HOST_OWNER_FOREIGN;
	return host_others_add(&rd->state.addrs, &other);
}

/* An entry without a link; its metric says whose it is. */
static int take_linkless(struct reading *rd, const struct rtnl_route_info *info)
{
	struct host_other other = {
		.prefix = info->dst, .owner = HOST_OWNER_INSTANCE,
	};
	struct host_route route = {
		.dst = info->dst,
		.kind = info->type == RTN_THROW ? HOST_ROUTE_THROW :
						  HOST_ROUTE_UNREACHABLE,
	};

	if (find_instance(rd, info->metric))
		return host_others_add(&rd->state.routes, &other);
	if (info->metric != rd->state.ifindex)
		route.tag = info->metric;
	return host_config_add_route(&rd->state.own, &route);
}

static int take_route(void *ctx, const struct nlmsghdr *msg)
{
	struct host_other other = { .owner = HOST_OWNER_FOREIGN };
	const struct rtnl_link_info *link;
	struct rtnl_route_info info;
	struct reading *rd = ctx;

	/* Old kernels, asked for an empty table, may give others. */
	if (msg->nlmsg_type != RTM_NEWROUTE ||
	    rtnl_msg_parse_route(msg, &info) < 0 || info.table != HOST_TABLE)
		return 0;
	other.prefix = info.dst;
	other.ifindex = info.oif;
	if (info.protocol != HOST_PROTOCOL)
		return host_others_add(&rd->state.routes, &other);
	if (info.type == RTN_THROW || info.type == RTN_UNREACHABLE)
		return take_linkless(rd, &info);
	if (info.type == RTN_UNICAST && info.oif == rd->state.ifindex) {
		struct host_route route = { .dst = info.dst };

		return host_config_add_route(&rd->state.own, &route);
	}
	link = find_instance(rd, info.oif);
	if (link) {
		other.owner = HOST_OWNER_INSTANCE;
		rd->busy[link - rd->links] = true;
	}
	return host_others_add(&rd->state.routes, &other);
}

static int take_rule(void *ctx, const struct nlmsghdr *msg)
{
	struct rtnl_rule_info info;
	struct reading *rd = ctx;

	if (msg->nlmsg_type != RTM_NEWRULE ||
	    rtnl_msg_parse_rule(msg, &info) < 0)
		return 0;
	if (info.protocol != HOST_PROTOCOL || info.extra)
		return 0;
	return host_config_add_rule(&rd->state.own, &info.rule);
}

static int dump(struct reading *rd, uint16_t type, uint8_t addr_len,
		uint32_t table, nl_answer_fn fn)
{
	struct nl_msg *msg auto_clean(nl_msg) = NULL;
	struct nl_refusal refusal;
	int r = rtnl_msg_build_dump(type, addr_len, table, &msg);

	if (r < 0)
		return r;
	r = nl_conn_dump(rd->rtnl->conn, msg, fn, rd, &refusal);
	/* A table that was never used does not exist. */
	return r == -ENOENT && table ? 0 : r;
}

static int read_family(struct reading *rd, uint8_t addr_len)
{
	int r = dump(rd, RTM_GETRULE, addr_len, 0, take_rule);

	if (r == 0)
		r = dump(rd, RTM_GETADDR, addr_len, 0, take_addr);
	if (r == 0)
		r = dump(rd, RTM_GETROUTE, addr_len, HOST_TABLE, take_route);
	return r;
}

static int read_once(struct reading *rd)
{
	size_t i;
	int r;

	/* Without a link of ours: as the host is. */
	rd->state.has_ipv6 = true;
	r = dump(rd, RTM_GETLINK, 0, 0, take_link);
	if (r < 0)
		return r;
	rd->busy = calloc(rd->n_links + 1, sizeof(*rd->busy));
	if (!rd->busy)
		return -ENOMEM;
	r = read_family(rd, 4);
	if (r < 0)
		return r;
	r = read_family(rd, 16);
	if (r == -EAFNOSUPPORT || r == -EOPNOTSUPP) {
		rd->state.has_ipv6 = false;
		r = 0;
	}
	for (i = 0; i < rd->n_links; i++)
		rd->state.n_instances += rd->busy[i];
	return r;
}

int rtnl_read(struct rtnl *rtnl, const char *link, struct host_state *ret,
	      struct err_detail *detail)
{
	int r = -EINTR, tries;

	for (tries = 0; r == -EINTR && tries < READ_TRIES; tries++) {
		struct reading rd auto_clean(reading) = {
			.rtnl = rtnl, .link = link,
		};

		r = read_once(&rd);
		if (r < 0)
			continue;
		*ret = rd.state;
		memset(&rd.state, 0, sizeof(rd.state));
	}
	if (r < 0)
		return err_explain(detail, r,
				   "cannot read addresses and routes: %s",
				   err_text(r));
	return r;
}

static bool is_loopback(const struct ip_addr *ip)
{
	static const struct ip_addr one = { .byte = { [15] = 1 }, .len = 16 };

	return (ip->len == 4 && ip->byte[0] == 127) || ip_cmp(ip, &one) == 0;
}

size_t rtnl_attached(const struct host_state *state, struct ip_prefix *ret)
{
	size_t i, n = 0;

	for (i = 0; i < state->addrs.n; i++) {
		const struct host_other *o = &state->addrs.item[i];

		if (!o->attached || ip_prefix_is_single(&o->prefix) ||
		    is_loopback(&o->prefix.addr) ||
		    ip_is_link_local(&o->prefix.addr))
			continue;
		ret[n] = o->prefix;
		ip_prefix_mask(&ret[n++]);
	}
	return n;
}

/* Somebody was quicker: what was to go has gone. */
static bool is_gone(const struct host_op *op, int r)
{
	switch (op->kind) {
	case HOST_OP_DEL_ADDR:
	case HOST_OP_DEL_ROUTE:
	case HOST_OP_DEL_RULE:
		return r == -ESRCH || r == -ENOENT || r == -EADDRNOTAVAIL ||
		       r == -ENODEV;
	case HOST_OP_DOWN:
		return r == -ENODEV;
	case HOST_OP_MTU:
	case HOST_OP_UP:
	case HOST_OP_ADD_ADDR:
	case HOST_OP_ADD_ROUTE:
	case HOST_OP_ADD_RULE:
		return false;
	}
	return false;
}

/* Return: 1 = taken, 0 = there was nothing to do, -errno. */
static int do_op(struct rtnl *rtnl, uint32_t ifindex, const struct host_op *op,
		 struct err_detail *detail)
{
	struct nl_msg *msg auto_clean(nl_msg) = NULL;
	struct nl_refusal refusal = { 0 };
	char what[HOST_OP_TEXT_MAX];
	int r = rtnl_msg_build_op(op, ifindex, &msg);

	if (r == 0)
		r = nl_conn_do(rtnl->conn, msg, NULL, NULL, &refusal);
	if (r == 0)
		return 1;
	if (is_gone(op, r))
		return 0;
	host_op_format(op, what);
	/* The kernel's own words first, where it has some. */
	if (refusal.text[0])
		return err_explain(detail, r, "cannot %s: %s (%s)", what,
				   refusal.text, err_text(r));
	return err_explain(detail, r, "cannot %s: %s", what, err_text(r));
}

int rtnl_apply(struct rtnl *rtnl, uint32_t ifindex,
	       const struct host_plan *plan, struct err_detail *detail)
{
	bool *taken = calloc(plan->n + 1, sizeof(*taken));
	size_t i;
	int r = 0;

	if (!taken)
		return -ENOMEM;
	for (i = 0; i < plan->n && r >= 0; i++) {
		r = do_op(rtnl, ifindex, &plan->op[i], detail);
		taken[i] = r > 0;
	}
	while (r < 0 && i-- > 0) {
		struct host_op back = host_op_invert(&plan->op[i]);

		/* As far as it goes: the first error is the one to tell. */
		if (taken[i])
			do_op(rtnl, ifindex, &back, NULL);
	}
	free(taken);
	return r < 0 ? r : 0;
}

int rtnl_set(struct rtnl *rtnl, const char *link,
	     const struct host_config *want, struct err_detail *detail)
{
	struct host_state have auto_clean(host_state) = { 0 };
	struct host_plan plan auto_clean(host_plan) = { 0 };
	int r = rtnl_read(rtnl, link, &have, detail);

	if (r < 0)
		return r;
	if (!have.ifindex)
		return err_explain(detail, -ENODEV, "there is no link %s",
				   link);
	r = host_config_check(want, &have, detail);
	if (r == 0)
		r = host_plan_make(&have, want, &plan);
	if (r == 0)
		r = rtnl_apply(rtnl, have.ifindex, &plan, detail);
	return r < 0 ? r : (int)plan.n;
}

int rtnl_undo(struct rtnl *rtnl, const char *link, struct err_detail *detail)
{
	struct host_state have auto_clean(host_state) = { 0 };
	struct host_plan plan auto_clean(host_plan) = { 0 };
	int r = rtnl_read(rtnl, link, &have, detail), first = 0;
	size_t i;

	if (r == 0)
		r = host_plan_undo(&have, &plan);
	if (r < 0)
		return r;
	for (i = 0; i < plan.n; i++) {
		r = do_op(rtnl, have.ifindex, &plan.op[i],
			  first < 0 ? NULL : detail);
		if (r < 0 && first == 0)
			first = r;
	}
	return first;
}
