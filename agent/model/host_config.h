/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a node puts on its host: addresses, routes, rules.
 * Values only; host_plan.h has the way from one to another, system/rtnl.h the
 * doing.
 */
#ifndef MODEL_HOST_CONFIG_H
#define MODEL_HOST_CONFIG_H

#include "base/cleanup.h"
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
 * @tag: index of the link of an instance that is gone, which has left the entry
 *	behind; 0 = it is this instance's
 */
struct host_route {
	struct ip_prefix dst;
	enum host_route_kind kind;
	uint32_t tag;
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
 * @attached: an address whose network is reached over its link right now
 */
struct host_other {
	struct ip_prefix prefix;
	uint32_t ifindex;
	enum host_owner owner;
	bool attached;
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

/* Orders, as memcmp(). */
int host_route_cmp(const struct host_route *a, const struct host_route *b);
int host_rule_cmp(const struct host_rule *a, const struct host_rule *b);

/**
 * host_config_sort() - bring the lists into order
 * @config: the configuration
 */
void host_config_sort(struct host_config *config);

/**
 * host_config_find_route() - is there such a route?
 * @config:	the configuration
 * @n:		look at so many of its routes, which are sorted
 * @route:	what to look for
 *
 * Return: borrowed until the configuration changes; NULL = no.
 */
const struct host_route *
host_config_find_route(const struct host_config *config, size_t n,
		       const struct host_route *route);

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

static inline void host_config_cleanup(struct host_config *config)
{
	host_config_done(config);
}

static inline void host_state_cleanup(struct host_state *state)
{
	host_state_done(state);
}

#endif /* MODEL_HOST_CONFIG_H */
