// SPDX-License-Identifier: GPL-2.0-only
#include "model/host_plan.h"

#include "base/array.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int add_op(struct host_plan *plan, const struct host_op *op)
{
	struct host_op *item = array_grow(plan->op, plan->n, &plan->cap,
					  sizeof(*item));

	if (!item)
		return -ENOMEM;
	plan->op = item;
	item[plan->n++] = *op;
	return 0;
}

/* Is it on our link, whoever put it there? */
static bool has_addr(const struct host_state *have,
		     const struct ip_prefix *addr)
{
	size_t i;

	for (i = 0; i < have->addrs.n; i++) {
		if (have->addrs.item[i].ifindex == have->ifindex &&
		    ip_cmp(&have->addrs.item[i].prefix.addr, &addr->addr) == 0)
			return true;
	}
	return false;
}

static int cmp_other(const void *a, const void *b)
{
	const struct host_other *x = a, *y = b;

	return ip_prefix_cmp(&x->prefix, &y->prefix);
}

/**
 * struct diff - the making of a plan
 * @have: what there is of ours, sorted
 * @want: what is wanted, sorted
 * @state: what else there is
 * @foreign: entries of others in our table, sorted; owned
 * @n_foreign: how many
 * @plan: the steps
 */
struct diff {
	struct host_config have;
	const struct host_config *want;
	const struct host_state *state;
	struct host_other *foreign;
	size_t n_foreign;
	struct host_plan plan;
};

static void diff_cleanup(struct diff *d)
{
	host_config_done(&d->have);
	free(d->foreign);
	host_plan_done(&d->plan);
}

/* An array of no elements may be NULL. */
static void *copy_of(const void *item, size_t n, size_t size)
{
	void *copy = calloc(n + 1, size);

	if (copy && n)
		memcpy(copy, item, n * size);
	return copy;
}

static int diff_init(struct diff *d, const struct host_state *state,
		     const struct host_config *want)
{
	const struct host_config *own = &state->own;
	size_t i;

	*d = (struct diff){ .want = want, .state = state, .have = *own };
	d->have.addrs = copy_of(own->addrs, own->n_addrs, sizeof(*own->addrs));
	d->have.routes = copy_of(own->routes, own->n_routes,
				 sizeof(*own->routes));
	d->have.rules = copy_of(own->rules, own->n_rules, sizeof(*own->rules));
	d->foreign = calloc(state->routes.n + 1, sizeof(*d->foreign));
	if (!d->have.addrs || !d->have.routes || !d->have.rules ||
	    !d->foreign)
		return -ENOMEM;
	host_config_sort(&d->have);
	for (i = 0; i < state->routes.n; i++) {
		if (state->routes.item[i].owner == HOST_OWNER_FOREIGN)
			d->foreign[d->n_foreign++] = state->routes.item[i];
	}
	if (d->n_foreign > 1)
		qsort(d->foreign, d->n_foreign, sizeof(*d->foreign), cmp_other);
	return 0;
}

/* Does somebody else want packets to this prefix go elsewhere? */
static bool is_taken(const struct diff *d, const struct host_route *route)
{
	struct host_other key = { .prefix = route->dst };

	return bsearch(&key, d->foreign, d->n_foreign, sizeof(key), cmp_other);
}

static int add_route(struct diff *d, const struct host_route *route)
{
	struct host_op op = { .kind = HOST_OP_ADD_ROUTE, .route = *route };

	return is_taken(d, route) ? 0 : add_op(&d->plan, &op);
}

static int del_route(struct diff *d, const struct host_route *route)
{
	struct host_op op = { .kind = HOST_OP_DEL_ROUTE, .route = *route };

	return add_op(&d->plan, &op);
}

static int add_rule(struct diff *d, const struct host_rule *rule)
{
	struct host_op op = { .kind = HOST_OP_ADD_RULE, .rule = *rule };

	return add_op(&d->plan, &op);
}

static int del_rule(struct diff *d, const struct host_rule *rule)
{
	struct host_op op = { .kind = HOST_OP_DEL_RULE, .rule = *rule };

	return add_op(&d->plan, &op);
}

static int add_addr(struct diff *d, const struct ip_prefix *addr)
{
	struct host_op op = { .kind = HOST_OP_ADD_ADDR, .addr = *addr };

	return has_addr(d->state, addr) ? 0 : add_op(&d->plan, &op);
}

static int del_addr(struct diff *d, const struct ip_prefix *addr)
{
	struct host_op op = { .kind = HOST_OP_DEL_ADDR, .addr = *addr };

	return add_op(&d->plan, &op);
}

/*
 * For each element of the sorted list @a that @b, sorted too, has not got:
 * call @fn. Backwards, so that longer prefixes come before shorter ones, and
 * the default route, which is the first, comes last.
 */
#define MISSING(d, a, n_a, b, n_b, cmp, fn)				\
	({								\
		size_t i_ = (n_a), j_ = (n_b);				\
		int r_ = 0;						\
									\
		while (i_ > 0 && r_ == 0) {				\
			int c_ = j_ == 0 ? 1 :				\
				 cmp(&(a)[i_ - 1], &(b)[j_ - 1]);	\
									\
			if (c_ > 0)					\
				r_ = fn(d, &(a)[--i_]);			\
			else if (c_ == 0)				\
				i_--, j_--;				\
			else						\
				j_--;					\
		}							\
		r_;							\
	})

static int diff_link_up(struct diff *d)
{
	const struct host_config *have = &d->have, *want = d->want;
	struct host_op mtu = {
		.kind = HOST_OP_MTU, .mtu = want->mtu, .old_mtu = have->mtu,
	};
	struct host_op up = { .kind = HOST_OP_UP };
	int r = 0;

	if (want->mtu && want->mtu != have->mtu)
		r = add_op(&d->plan, &mtu);
	if (r == 0)
		r = MISSING(d, want->addrs, want->n_addrs, have->addrs,
			    have->n_addrs, ip_prefix_cmp, add_addr);
	if (r == 0 && want->up && !have->up)
		r = add_op(&d->plan, &up);
	return r;
}

/*
 * Entries that keep packets out of the tailnet come before those that lead them
 * into it: no packet takes a way that neither the old nor the new state has.
 */
static int diff_add_routes(struct diff *d)
{
	const struct host_config *have = &d->have, *want = d->want;
	struct host_plan *plan = &d->plan;
	size_t i, from = plan->n, n = 0;
	struct host_op *sorted;
	int r = MISSING(d, want->routes, want->n_routes, have->routes,
			have->n_routes, host_route_cmp, add_route);

	if (r < 0 || plan->n == from)
		return r;
	sorted = calloc(plan->n - from, sizeof(*sorted));
	if (!sorted)
		return -ENOMEM;
	for (i = from; i < plan->n; i++) {
		if (plan->op[i].route.kind != HOST_ROUTE_LINK)
			sorted[n++] = plan->op[i];
	}
	for (i = from; i < plan->n; i++) {
		if (plan->op[i].route.kind == HOST_ROUTE_LINK)
			sorted[n++] = plan->op[i];
	}
	memcpy(&plan->op[from], sorted, n * sizeof(*sorted));
	free(sorted);
	return 0;
}

/* Steps in reverse; they were made with the longest and the last rule first. */
static void reverse(struct host_plan *plan, size_t from)
{
	size_t i, n = plan->n - from;

	for (i = 0; i < n / 2; i++) {
		struct host_op *a = &plan->op[from + i];
		struct host_op *b = &plan->op[plan->n - 1 - i];
		struct host_op c = *a;

		*a = *b;
		*b = c;
	}
}

static int diff_rules(struct diff *d)
{
	const struct host_config *have = &d->have, *want = d->want;
	size_t from = d->plan.n;
	int r = MISSING(d, want->rules, want->n_rules, have->rules,
			have->n_rules, host_rule_cmp, add_rule);

	reverse(&d->plan, from);
	/* Another instance may need rules that we have no use for. */
	if (r == 0 && d->state->n_instances == 0)
		r = MISSING(d, have->rules, have->n_rules, want->rules,
			    want->n_rules, host_rule_cmp, del_rule);
	return r;
}

/* The default route first: it covers what the others still lead elsewhere. */
static int diff_del_routes(struct diff *d)
{
	const struct host_config *have = &d->have, *want = d->want;
	size_t from = d->plan.n;
	int r = MISSING(d, have->routes, have->n_routes, want->routes,
			want->n_routes, host_route_cmp, del_route);

	reverse(&d->plan, from);
	return r;
}

static int diff_link_down(struct diff *d)
{
	const struct host_config *have = &d->have, *want = d->want;
	struct host_op down = { .kind = HOST_OP_DOWN };
	int r = MISSING(d, have->addrs, have->n_addrs, want->addrs,
			want->n_addrs, ip_prefix_cmp, del_addr);

	if (r == 0 && have->up && !want->up)
		r = add_op(&d->plan, &down);
	return r;
}

int host_plan_make(const struct host_state *have,
		   const struct host_config *want, struct host_plan *ret)
{
	struct diff d auto_clean(diff) = { 0 };
	int r = diff_init(&d, have, want);

	if (r == 0)
		r = diff_link_up(&d);
	if (r == 0)
		r = diff_add_routes(&d);
	if (r == 0)
		r = diff_rules(&d);
	if (r == 0)
		r = diff_del_routes(&d);
	if (r == 0)
		r = diff_link_down(&d);
	if (r < 0)
		return r;
	*ret = d.plan;
	memset(&d.plan, 0, sizeof(d.plan));
	return 0;
}

/* Taking the link down would take with it what others have put on it. */
static bool is_used_by_others(const struct host_state *have)
{
	size_t i;

	for (i = 0; i < have->addrs.n; i++) {
		const struct host_other *o = &have->addrs.item[i];

		if (o->ifindex == have->ifindex &&
		    !ip_is_link_local(&o->prefix.addr))
			return true;
	}
	return false;
}

int host_plan_undo(const struct host_state *have, struct host_plan *ret)
{
	struct host_config nothing = {
		.up = have->own.up && is_used_by_others(have),
	};

	return host_plan_make(have, &nothing, ret);
}

struct host_op host_op_invert(const struct host_op *op)
{
	static const enum host_op_kind back[] = {
		[HOST_OP_MTU] = HOST_OP_MTU,
		[HOST_OP_ADD_ADDR] = HOST_OP_DEL_ADDR,
		[HOST_OP_UP] = HOST_OP_DOWN,
		[HOST_OP_ADD_ROUTE] = HOST_OP_DEL_ROUTE,
		[HOST_OP_ADD_RULE] = HOST_OP_DEL_RULE,
		[HOST_OP_DEL_RULE] = HOST_OP_ADD_RULE,
		[HOST_OP_DEL_ROUTE] = HOST_OP_ADD_ROUTE,
		[HOST_OP_DEL_ADDR] = HOST_OP_ADD_ADDR,
		[HOST_OP_DOWN] = HOST_OP_UP,
	};
	struct host_op inverse = *op;

	inverse.kind = back[op->kind];
	if (op->kind == HOST_OP_MTU) {
		inverse.mtu = op->old_mtu;
		inverse.old_mtu = op->mtu;
	}
	return inverse;
}

static void format_route(const char *verb, const struct host_route *route,
			 char ret[HOST_OP_TEXT_MAX])
{
	static const char *const kind[] = {
		[HOST_ROUTE_LINK] = "",
		[HOST_ROUTE_THROW] = "throw ",
		[HOST_ROUTE_UNREACHABLE] = "unreachable ",
	};
	char dst[IP_PREFIX_TEXT_MAX];

	snprintf(ret, HOST_OP_TEXT_MAX, "%s %sroute %s in table %d", verb,
		 kind[route->kind], ip_prefix_format(&route->dst, dst),
		 HOST_TABLE);
}

static void format_rule(const char *verb, const struct host_rule *rule,
			char ret[HOST_OP_TEXT_MAX])
{
	snprintf(ret, HOST_OP_TEXT_MAX, "%s IPv%d rule %u", verb,
		 rule->addr_len == 4 ? 4 : 6, rule->priority);
}

static void format_addr(const char *verb, const struct ip_prefix *addr,
			char ret[HOST_OP_TEXT_MAX])
{
	char text[IP_PREFIX_TEXT_MAX];

	snprintf(ret, HOST_OP_TEXT_MAX, "%s address %s", verb,
		 ip_prefix_format(addr, text));
}

const char *host_op_format(const struct host_op *op, char ret[HOST_OP_TEXT_MAX])
{
	switch (op->kind) {
	case HOST_OP_MTU:
		snprintf(ret, HOST_OP_TEXT_MAX, "set MTU %u", op->mtu);
		break;
	case HOST_OP_ADD_ADDR:
		format_addr("add", &op->addr, ret);
		break;
	case HOST_OP_UP:
		snprintf(ret, HOST_OP_TEXT_MAX, "bring the link up");
		break;
	case HOST_OP_ADD_ROUTE:
		format_route("add", &op->route, ret);
		break;
	case HOST_OP_ADD_RULE:
		format_rule("add", &op->rule, ret);
		break;
	case HOST_OP_DEL_RULE:
		format_rule("remove", &op->rule, ret);
		break;
	case HOST_OP_DEL_ROUTE:
		format_route("remove", &op->route, ret);
		break;
	case HOST_OP_DEL_ADDR:
		format_addr("remove", &op->addr, ret);
		break;
	case HOST_OP_DOWN:
		snprintf(ret, HOST_OP_TEXT_MAX, "take the link down");
		break;
	}
	return ret;
}

void host_plan_done(struct host_plan *plan)
{
	free(plan->op);
	memset(plan, 0, sizeof(*plan));
}
