// SPDX-License-Identifier: GPL-2.0-only
#include "model/host_config.h"

#include "base/array.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Source: tailscale wgengine/router/osrouter/router_linux.go, ipRules. */
static const struct host_rule rules[] = {
	{ .priority = 5210, .mark = HOST_MARK_BYPASS, .mask = HOST_MARK_MASK,
	  .table = HOST_TABLE_MAIN },
	{ .priority = 5230, .mark = HOST_MARK_BYPASS, .mask = HOST_MARK_MASK,
	  .table = HOST_TABLE_DEFAULT },
	{ .priority = 5250, .mark = HOST_MARK_BYPASS, .mask = HOST_MARK_MASK },
	{ .priority = 5270, .table = HOST_TABLE },
};

int host_config_add_addr(struct host_config *config,
			 const struct ip_prefix *addr)
{
	struct ip_prefix *item;

	if (config->n_addrs == HOST_ADDRS_MAX)
		return TNE_TOO_LONG;
	item = array_grow(config->addrs, config->n_addrs, &config->cap_addrs,
			  sizeof(*item));
	if (!item)
		return -ENOMEM;
	config->addrs = item;
	item[config->n_addrs++] = *addr;
	return 0;
}

int host_config_add_route(struct host_config *config,
			  const struct host_route *route)
{
	struct host_route *item;

	if (config->n_routes == HOST_ROUTES_MAX)
		return TNE_TOO_LONG;
	item = array_grow(config->routes, config->n_routes,
			  &config->cap_routes, sizeof(*item));
	if (!item)
		return -ENOMEM;
	config->routes = item;
	item[config->n_routes++] = *route;
	return 0;
}

int host_config_add_rule(struct host_config *config,
			 const struct host_rule *rule)
{
	struct host_rule *item = array_grow(config->rules, config->n_rules,
					    &config->cap_rules, sizeof(*item));

	if (!item)
		return -ENOMEM;
	config->rules = item;
	item[config->n_rules++] = *rule;
	return 0;
}

int host_others_add(struct host_others *list, const struct host_other *other)
{
	struct host_other *item = array_grow(list->item, list->n, &list->cap,
					     sizeof(*item));

	if (!item)
		return -ENOMEM;
	list->item = item;
	item[list->n++] = *other;
	return 0;
}

static int add_rules_of(struct host_config *config, uint8_t addr_len)
{
	size_t i;
	int r = 0;

	for (i = 0; i < ARRAY_SIZE(rules) && r == 0; i++) {
		struct host_rule rule = rules[i];

		rule.addr_len = addr_len;
		r = host_config_add_rule(config, &rule);
	}
	return r;
}

int host_config_add_rules(struct host_config *config, bool ipv6)
{
	int r = add_rules_of(config, 4);

	if (r == 0 && ipv6)
		r = add_rules_of(config, 16);
	return r;
}

static int cmp_addr(const void *a, const void *b)
{
	return ip_prefix_cmp(a, b);
}

static int cmp_u32(uint32_t a, uint32_t b)
{
	return a < b ? -1 : a > b;
}

int host_route_cmp(const struct host_route *a, const struct host_route *b)
{
	int r = ip_prefix_cmp(&a->dst, &b->dst);

	if (r == 0)
		r = (int)a->kind - (int)b->kind;
	return r ? r : cmp_u32(a->tag, b->tag);
}

static int cmp_route(const void *a, const void *b)
{
	return host_route_cmp(a, b);
}

int host_rule_cmp(const struct host_rule *a, const struct host_rule *b)
{
	int r = (int)a->addr_len - (int)b->addr_len;

	if (r == 0)
		r = cmp_u32(a->priority, b->priority);
	if (r == 0)
		r = cmp_u32(a->mark, b->mark);
	if (r == 0)
		r = cmp_u32(a->mask, b->mask);
	if (r == 0)
		r = cmp_u32(a->table, b->table);
	return r;
}

static int cmp_rule(const void *a, const void *b)
{
	return host_rule_cmp(a, b);
}

static void sort(void *item, size_t n, size_t size,
		 int (*cmp)(const void *, const void *))
{
	if (n > 1)
		qsort(item, n, size, cmp);
}

void host_config_sort(struct host_config *config)
{
	sort(config->addrs, config->n_addrs, sizeof(*config->addrs), cmp_addr);
	sort(config->routes, config->n_routes, sizeof(*config->routes),
	     cmp_route);
	sort(config->rules, config->n_rules, sizeof(*config->rules), cmp_rule);
}

const struct host_route *
host_config_find_route(const struct host_config *config, size_t n,
		       const struct host_route *route)
{
	if (n == 0)
		return NULL;
	return bsearch(route, config->routes, n, sizeof(*route), cmp_route);
}

void host_config_done(struct host_config *config)
{
	free(config->addrs);
	free(config->routes);
	free(config->rules);
	memset(config, 0, sizeof(*config));
}

void host_state_done(struct host_state *state)
{
	host_config_done(&state->own);
	free(state->addrs.item);
	free(state->routes.item);
	memset(state, 0, sizeof(*state));
}

static int check_addrs(const struct host_config *want,
		       const struct host_state *have, struct err_detail *detail)
{
	char text[IP_TEXT_MAX];
	size_t i, j;

	for (i = 0; i < want->n_addrs; i++) {
		for (j = 0; j < have->addrs.n; j++) {
			const struct host_other *o = &have->addrs.item[j];

			if (o->ifindex == have->ifindex ||
			    ip_cmp(&o->prefix.addr, &want->addrs[i].addr) != 0)
				continue;
			return err_explain(detail, -EADDRINUSE,
					   "address %s is already on another link (index %u)",
					   ip_format(&o->prefix.addr, text),
					   o->ifindex);
		}
	}
	return 0;
}

/* Which of @sorted has an address in common with @p? Default routes aside. */
static bool find_overlap(const struct ip_prefix *sorted, size_t n,
			 const struct ip_prefix *p, size_t *ret)
{
	const struct ip_prefix *at;
	size_t lo = 0, hi = n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (ip_prefix_cmp(&sorted[mid], p) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	/* What lies inside of @p comes right behind it. */
	if (lo < n && ip_prefix_overlaps(&sorted[lo], p)) {
		*ret = lo;
		return true;
	}
	/* What contains @p: its supernets, one lookup for each length. */
	for (hi = p->bits; hi-- > 1;) {
		struct ip_prefix up = *p;

		up.bits = hi;
		ip_prefix_mask(&up);
		at = bsearch(&up, sorted, n, sizeof(up), cmp_addr);
		if (at) {
			*ret = at - sorted;
			return true;
		}
	}
	return false;
}

static int refuse_overlap(const struct ip_prefix *ours,
			  const struct ip_prefix *theirs, uint32_t ifindex,
			  struct err_detail *detail)
{
	char a[IP_PREFIX_TEXT_MAX], b[IP_PREFIX_TEXT_MAX];

	return err_explain(detail, -EADDRINUSE,
			   "%s overlaps %s, which another tailnet on this host routes (link index %u)",
			   ip_prefix_format(ours, a),
			   ip_prefix_format(theirs, b), ifindex);
}

/* All that we want to have for ourselves, sorted. NULL without memory. */
static struct ip_prefix *claims_of(const struct host_config *want, size_t *ret)
{
	struct ip_prefix *claims = calloc(want->n_addrs + want->n_routes + 1,
					  sizeof(*claims));
	size_t i, n = 0;

	if (!claims)
		return NULL;
	for (i = 0; i < want->n_addrs; i++)
		claims[n++] = want->addrs[i];
	for (i = 0; i < want->n_routes; i++) {
		if (want->routes[i].kind == HOST_ROUTE_LINK)
			claims[n++] = want->routes[i].dst;
	}
	sort(claims, n, sizeof(*claims), cmp_addr);
	*ret = n;
	return claims;
}

static int check_routes(const struct host_config *want,
			const struct host_state *have,
			struct err_detail *detail)
{
	struct ip_prefix *claims;
	size_t i, at, n;
	int r = 0;

	if (have->n_instances == 0)
		return 0;
	claims = claims_of(want, &n);
	if (!claims)
		return -ENOMEM;
	for (i = 0; i < have->routes.n && r == 0; i++) {
		const struct host_other *o = &have->routes.item[i];

		if (o->owner != HOST_OWNER_INSTANCE || o->ifindex == 0)
			continue;
		if (o->prefix.bits == 0) {
			/* Two default routes are one too many all the same. */
			if (bsearch(&o->prefix, claims, n, sizeof(*claims),
				    cmp_addr))
				r = refuse_overlap(&o->prefix, &o->prefix,
						   o->ifindex, detail);
			continue;
		}
		if (find_overlap(claims, n, &o->prefix, &at))
			r = refuse_overlap(&claims[at], &o->prefix,
					   o->ifindex, detail);
	}
	free(claims);
	return r;
}

int host_config_check(const struct host_config *want,
		      const struct host_state *have, struct err_detail *detail)
{
	int r = check_addrs(want, have, detail);

	return r < 0 ? r : check_routes(want, have, detail);
}
