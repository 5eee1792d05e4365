/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a node puts on its host: addresses, routes, rules; and the way from one
 * such configuration to another. Values only, see system/rtnl.h for the doing.
 */
#ifndef MODEL_HOST_CONFIG_H
#define MODEL_HOST_CONFIG_H

#include "base/err.h"
#include "model/ip.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Table, marks and preferences are what other programs know a tailnet node by.
 * Source: tailscale wgengine/router/osrouter/router_linux.go, tsconst/linuxfw.go.
 */
#define HOST_TABLE		52
#define HOST_TABLE_MAIN		254
#define HOST_TABLE_DEFAULT	253
#define HOST_MARK_BYPASS	0x80000
#define HOST_MARK_MASK		0xff0000
#define HOST_MTU		1280	/* bytes */

/*
 * Origin of everything that we add, as in rtm_protocol; whatever carries another
 * is never changed. Ours: not in use by iproute2's lists or known daemons.
 */
#define HOST_PROTOCOL		84

#define HOST_ADDRS_MAX		64	/* on our link */
#define HOST_ROUTES_MAX		(1 << 18)

enum host_route_kind {
	HOST_ROUTE_LINK,	/* into the tailnet */
	HOST_ROUTE_THROW,	/* go on with the next rule */
	HOST_ROUTE_UNREACHABLE,	/* nowhere, and the sender is told */
};

/**
 * struct host_route - an entry of HOST_TABLE
 * @dst: masked
 * @kind: where it leads
 */
struct host_route {
	struct ip_prefix dst;
	enum host_route_kind kind;
};

/**
 * struct host_rule - a routing rule
 * @addr_len: 4 or 16: the family
 * @priority: lower ones come first
 * @mark: packets that it is for; with @mask 0: all
 * @mask: bits of the mark that count
 * @table: where to look; 0 = unreachable
 */
struct host_rule {
	uint8_t addr_len;
	uint32_t priority;
	uint32_t mark;
	uint32_t mask;
	uint32_t table;
};

/**
 * struct host_config - what one instance has, or wants to have, on the host
 *
 * All zero is nothing at all. The lists are owned.
 *
 * @up: the link is up
 * @mtu: of the link, bytes; 0 = whatever it is
 * @addrs: on the link, /32 or /128
 * @n_addrs: how many
 * @cap_addrs: allocated
 * @routes: in HOST_TABLE
 * @n_routes: how many
 * @cap_routes: allocated
 * @rules: shared by all instances
 * @n_rules: how many
 * @cap_rules: allocated
 */
struct host_config {
	bool up;
	uint32_t mtu;
	struct ip_prefix *addrs;
	size_t n_addrs;
	size_t cap_addrs;
	struct host_route *routes;
	size_t n_routes;
	size_t cap_routes;
	struct host_rule *rules;
	size_t n_rules;
	size_t cap_rules;
};

/* Whose something is that we find on the host. */
enum host_owner {
	HOST_OWNER_INSTANCE,	/* another instance of ours */
	HOST_OWNER_FOREIGN,	/* somebody else */
};

/**
 * struct host_other - an address or a route that is not this instance's
 * @prefix: address with the length of its network, or the destination
 * @ifindex: of the link; 0 = none
 * @owner: whose
 */
struct host_other {
	struct ip_prefix prefix;
	uint32_t ifindex;
	enum host_owner owner;
};

/**
 * struct host_others - several of them
 * @item: owned
 * @n: in use
 * @cap: allocated
 */
struct host_others {
	struct host_other *item;
	size_t n;
	size_t cap;
};

/**
 * struct host_state - what there is on the host
 * @ifindex: of our link; 0 = there is none
 * @has_ipv6: the host, and our link if there is one, speak IPv6
 * @own: what is there of this instance. Rules are those of any instance
 * @addrs: addresses that are not ours, our link's included
 * @routes: entries of HOST_TABLE that are not ours
 * @n_instances: other links of our kind that have routes in HOST_TABLE
 */
struct host_state {
	uint32_t ifindex;
	bool has_ipv6;
	struct host_config own;
	struct host_others addrs;
	struct host_others routes;
	size_t n_instances;
};

enum host_op_kind {
	HOST_OP_MTU,
	HOST_OP_ADD_ADDR,
	HOST_OP_UP,
	HOST_OP_ADD_ROUTE,
	HOST_OP_ADD_RULE,
	HOST_OP_DEL_RULE,
	HOST_OP_DEL_ROUTE,
	HOST_OP_DEL_ADDR,
	HOST_OP_DOWN,
};

/**
 * struct host_op - one step
 * @kind: what to do, and which of the others counts
 * @mtu: bytes
 * @old_mtu: to go back to, bytes
 * @addr: address
 * @route: route
 * @rule: rule
 */
struct host_op {
	enum host_op_kind kind;
	union {
		struct {
			uint32_t mtu;
			uint32_t old_mtu;
		};
		struct ip_prefix addr;
		struct host_route route;
		struct host_rule rule;
	};
};

/**
 * struct host_plan - steps in the order in which they are to be taken
 * @op: owned
 * @n: in use
 * @cap: allocated
 */
struct host_plan {
	struct host_op *op;
	size_t n;
	size_t cap;
};

/* These append a copy. Return: 0, -ENOMEM, or TNE_TOO_LONG above a limit. */
int host_config_add_addr(struct host_config *config,
			 const struct ip_prefix *addr);
int host_config_add_route(struct host_config *config,
			  const struct host_route *route);
int host_config_add_rule(struct host_config *config,
			 const struct host_rule *rule);
int host_others_add(struct host_others *list, const struct host_other *other);

/**
 * host_config_add_rules() - the rules of a node
 * @config:	appended to
 * @ipv6:	for IPv6 too
 *
 * Our own, marked packets go by the host's tables and never into the tailnet;
 * all others ask HOST_TABLE before the host's.
 *
 * Return: 0 or -ENOMEM.
 */
int host_config_add_rules(struct host_config *config, bool ipv6);

/**
 * host_config_sort() - bring the lists into order
 * @config: the configuration
 */
void host_config_sort(struct host_config *config);

/**
 * host_config_done() - free the contents
 * @config: all zero afterwards
 */
void host_config_done(struct host_config *config);

/**
 * host_state_done() - free the contents
 * @state: all zero afterwards
 */
void host_state_done(struct host_state *state);

/**
 * host_config_check() - would a configuration take from others what is theirs?
 * @want:	the configuration
 * @have:	what there is
 * @detail:	set on refusal: one line naming what clashes
 *
 * Refused are an address that another link has, and an address or route that
 * overlaps what another instance routes. A default route is left out of that:
 * it takes what no other route wants.
 *
 * Return: 0, -EADDRINUSE or -ENOMEM.
 */
int host_config_check(const struct host_config *want,
		      const struct host_state *have, struct err_detail *detail);

/**
 * host_plan_make() - the way from what there is to what is wanted
 * @have:	what there is
 * @want:	what is wanted, sorted; borrowed for the call
 * @ret:	the steps; owned by the caller
 *
 * What is wanted and there already, whoever put it there, is not added; what is
 * not ours is not removed. A route to a prefix to which somebody else has
 * made an entry is left out: the administrator's choice stands.
 *
 * New things come before old ones go, so that packets find a way all along; the
 * rule that leads into the tailnet comes after those that keep our own packets
 * out of it.
 *
 * Return: 0 or -ENOMEM.
 */
int host_plan_make(const struct host_state *have,
		   const struct host_config *want, struct host_plan *ret);

/**
 * host_plan_undo() - what removes an instance
 * @have:	what there is
 * @ret:	the steps; owned by the caller
 *
 * The rules stay while another instance needs them.
 *
 * Return: 0 or -ENOMEM.
 */
int host_plan_undo(const struct host_state *have, struct host_plan *ret);

/**
 * host_op_invert() - the step back
 * @op: a step
 *
 * Return: what takes it back.
 */
struct host_op host_op_invert(const struct host_op *op);

#define HOST_OP_TEXT_MAX 160	/* bytes, with the end */

/**
 * host_op_format() - a step in words
 * @op:		the step
 * @ret:	"add route 10.0.0.0/8 to table 52"
 *
 * Return: @ret.
 */
const char *host_op_format(const struct host_op *op,
			   char ret[HOST_OP_TEXT_MAX]);

/**
 * host_plan_done() - free the contents
 * @plan: all zero afterwards
 */
void host_plan_done(struct host_plan *plan);

static inline void host_config_cleanup(struct host_config *config)
{
	host_config_done(config);
}

static inline void host_state_cleanup(struct host_state *state)
{
	host_state_done(state);
}

static inline void host_plan_cleanup(struct host_plan *plan)
{
	host_plan_done(plan);
}

#endif /* MODEL_HOST_CONFIG_H */
