// SPDX-License-Identifier: GPL-2.0-only
/*
 * Plans, taken step by step on a host that is nothing but lists: it must end as
 * wanted, whatever is not ours must stay, and it must do so too after a crash
 * between any two steps.
 */
#include "model/host_plan.h"

#include "fail_alloc.h"
#include "test.h"

#include <errno.h>

#define OWN_LINK 7
#define ADDRS 4		/* different ones */
#define ROUTES 12
#define ROUNDS 3000

static uint32_t seed;

static uint32_t rnd(uint32_t n)
{
	seed = seed * 1664525 + 1013904223;
	return (seed >> 8) % n;
}

static struct ip_prefix prefix(const char *s)
{
	struct ip_prefix p = { 0 };

	if (ip_prefix_parse(s, strlen(s), &p) < 0)
		abort();
	return p;
}

static struct ip_prefix addr_nr(unsigned int i)
{
	static const char *const text[ADDRS] = {
		"100.64.0.1/32", "fd7a:115c:a1e0::1/128", "100.64.0.9/32",
		"fd7a:115c:a1e0::9/128",
	};

	return prefix(text[i]);
}

static struct host_route route_nr(unsigned int i)
{
	static const char *const text[ROUTES] = {
		"0.0.0.0/0", "::/0", "10.0.0.0/8", "10.1.0.0/16", "10.1.2.0/24",
		"100.64.0.2/32", "100.64.0.3/32", "192.168.0.0/16",
		"192.168.1.0/24", "2001:db8::/32", "2001:db8:1::/48",
		"fd7a:115c:a1e0::2/128",
	};

	return (struct host_route){ .dst = prefix(text[i]) };
}

/* Some of everything. */
static void make_random(struct host_config *c, bool twins)
{
	static const uint32_t mtus[] = { 1280, 1400, 0 };
	unsigned int i;

	c->up = rnd(2);
	c->mtu = mtus[rnd(twins ? 2 : 3)];
	for (i = 0; i < ADDRS; i++) {
		struct ip_prefix a = addr_nr(i);

		if (rnd(2))
			host_config_add_addr(c, &a);
	}
	for (i = 0; i < ROUTES; i++) {
		struct host_route r = route_nr(i);

		r.kind = rnd(3);
		if (rnd(2))
			host_config_add_route(c, &r);
		/* Left by an instance that is gone. */
		if (twins && r.kind != HOST_ROUTE_LINK && rnd(4) == 0) {
			r.tag = 1 + rnd(3);
			host_config_add_route(c, &r);
		}
	}
	if (rnd(4))
		host_config_add_rules(c, rnd(2));
	/* What two instances at once can come to. */
	if (twins && rnd(4) == 0)
		host_config_add_rules(c, rnd(2));
	/* Sometimes one of them is missing. */
	if (c->n_rules && rnd(3) == 0) {
		i = rnd(c->n_rules);
		c->rules[i] = c->rules[--c->n_rules];
	}
	if (!twins)
		host_config_sort(c);
}

static void add_others(struct host_state *s)
{
	unsigned int i;

	for (i = 0; i < ROUTES; i++) {
		struct host_other o = {
			.prefix = route_nr(i).dst, .ifindex = 3,
			.owner = HOST_OWNER_FOREIGN,
		};

		if (rnd(6) == 0)
			host_others_add(&s->routes, &o);
	}
	for (i = 0; i < ADDRS; i++) {
		struct host_other o = {
			.prefix = addr_nr(i), .ifindex = s->ifindex,
			.owner = HOST_OWNER_FOREIGN,
		};
		size_t j;

		for (j = 0; j < s->own.n_addrs; j++) {
			if (ip_cmp(&s->own.addrs[j].addr, &o.prefix.addr) == 0)
				break;
		}
		if (j == s->own.n_addrs && rnd(6) == 0)
			host_others_add(&s->addrs, &o);
	}
}

static bool is_taken(const struct host_state *s, const struct ip_prefix *dst)
{
	size_t i;

	for (i = 0; i < s->routes.n; i++) {
		if (s->routes.item[i].owner == HOST_OWNER_FOREIGN &&
		    ip_prefix_cmp(&s->routes.item[i].prefix, dst) == 0)
			return true;
	}
	return false;
}

static bool has_foreign_addr(const struct host_state *s,
			     const struct ip_prefix *a)
{
	size_t i;

	for (i = 0; i < s->addrs.n; i++) {
		if (ip_cmp(&s->addrs.item[i].prefix.addr, &a->addr) == 0)
			return true;
	}
	return false;
}

#define FIND(array, n, value, cmp)					\
	({								\
		size_t i_;						\
									\
		for (i_ = 0; i_ < (n); i_++)				\
			if (cmp(&(array)[i_], value) == 0)		\
				break;					\
		i_;							\
	})

/* As the kernel does it: what is there cannot be added, nor the rest removed. */
static bool take(struct host_state *s, const struct host_op *op)
{
	struct host_config *c = &s->own;
	size_t a = FIND(c->addrs, c->n_addrs, &op->addr, ip_prefix_cmp);
	size_t r = FIND(c->routes, c->n_routes, &op->route, host_route_cmp);
	size_t u = FIND(c->rules, c->n_rules, &op->rule, host_rule_cmp);

	switch (op->kind) {
	case HOST_OP_MTU:
		if (op->old_mtu != c->mtu || op->mtu == c->mtu)
			return false;
		c->mtu = op->mtu;
		return true;
	case HOST_OP_UP:
	case HOST_OP_DOWN:
		if (c->up == (op->kind == HOST_OP_UP))
			return false;
		c->up = !c->up;
		return true;
	case HOST_OP_ADD_ADDR:
		return a == c->n_addrs && !has_foreign_addr(s, &op->addr) &&
		       host_config_add_addr(c, &op->addr) == 0;
	case HOST_OP_ADD_ROUTE:
		return r == c->n_routes && !is_taken(s, &op->route.dst) &&
		       host_config_add_route(c, &op->route) == 0;
	case HOST_OP_ADD_RULE:
		return host_config_add_rule(c, &op->rule) == 0;
	case HOST_OP_DEL_ADDR:
		if (a == c->n_addrs)
			return false;
		c->addrs[a] = c->addrs[--c->n_addrs];
		return true;
	case HOST_OP_DEL_ROUTE:
		if (r == c->n_routes)
			return false;
		c->routes[r] = c->routes[--c->n_routes];
		return true;
	case HOST_OP_DEL_RULE:
		if (u == c->n_rules)
			return false;
		c->rules[u] = c->rules[--c->n_rules];
		return true;
	}
	return false;
}

/* Is the host as wanted, as far as that can be? */
static void check_is(const struct host_state *s, const struct host_config *want)
{
	const struct host_config *c = &s->own;
	size_t i, n = 0;

	CHECK_EQ(c->up, want->up);
	CHECK(!want->mtu || c->mtu == want->mtu);
	for (i = 0; i < want->n_addrs; i++) {
		bool own = FIND(c->addrs, c->n_addrs, &want->addrs[i],
				ip_prefix_cmp) < c->n_addrs;

		n += own;
		CHECK(own != has_foreign_addr(s, &want->addrs[i]));
	}
	CHECK_EQ(n, c->n_addrs);
	for (i = 0, n = 0; i < want->n_routes; i++) {
		bool own = FIND(c->routes, c->n_routes, &want->routes[i],
				host_route_cmp) < c->n_routes;

		n += own;
		CHECK(own || is_taken(s, &want->routes[i].dst));
	}
	CHECK_EQ(n, c->n_routes);
	for (i = 0; i < want->n_rules; i++)
		CHECK(FIND(c->rules, c->n_rules, &want->rules[i],
			   host_rule_cmp) < c->n_rules);
	CHECK(s->n_instances || c->n_rules == want->n_rules);
}

static void copy_own(const struct host_state *from, struct host_state *to)
{
	size_t i;

	to->own.up = from->own.up;
	to->own.mtu = from->own.mtu;
	for (i = 0; i < from->own.n_addrs; i++)
		host_config_add_addr(&to->own, &from->own.addrs[i]);
	for (i = 0; i < from->own.n_routes; i++)
		host_config_add_route(&to->own, &from->own.routes[i]);
	for (i = 0; i < from->own.n_rules; i++)
		host_config_add_rule(&to->own, &from->own.rules[i]);
}

static void run(struct host_state *s, const struct host_config *want,
		size_t steps)
{
	struct host_plan plan auto_clean(host_plan) = { 0 };
	size_t i;

	CHECK_EQ(host_plan_make(s, want, &plan), 0);
	for (i = 0; i < plan.n && i < steps; i++)
		CHECK(take(s, &plan.op[i]));
}

static void check_order(const struct host_plan *plan)
{
	bool removing = false, open = false;
	uint32_t last = 0;
	size_t i;

	for (i = 0; i < plan->n; i++) {
		const struct host_op *op = &plan->op[i];
		bool del = op->kind >= HOST_OP_DEL_RULE;

		CHECK(del || !removing);
		removing |= del;
		if (op->kind == HOST_OP_ADD_ROUTE) {
			bool leads = op->route.kind == HOST_ROUTE_LINK;

			/* What keeps packets out is there first. */
			CHECK(leads || !open);
			open |= leads;
		}
		if (op->kind == HOST_OP_ADD_RULE) {
			/* The rule that leads into the tailnet is last. */
			CHECK(op->rule.priority >= last ||
			      op->rule.addr_len == 16);
			last = op->rule.priority;
		}
	}
}

static void one_round(unsigned int round)
{
	struct host_config want auto_clean(host_config) = { 0 };
	struct host_state base auto_clean(host_state) = { .ifindex = OWN_LINK };
	struct host_plan plan auto_clean(host_plan) = { 0 };
	size_t i, k;

	seed = round * 7919 + 1;
	test_case("round %u", round);
	make_random(&base.own, true);
	make_random(&want, false);
	base.n_instances = rnd(3) == 0;
	add_others(&base);
	CHECK_EQ(host_plan_make(&base, &want, &plan), 0);
	CHECK_IN(check_order(&plan));
	for (k = 0; k <= plan.n; k++) {
		struct host_state s auto_clean(host_state) = base;

		/* Borrowed lists for the others, a copy of what changes. */
		memset(&s.own, 0, sizeof(s.own));
		s.addrs.item = NULL;
		s.routes.item = NULL;
		s.addrs.n = s.addrs.cap = s.routes.n = s.routes.cap = 0;
		for (i = 0; i < base.addrs.n; i++)
			host_others_add(&s.addrs, &base.addrs.item[i]);
		for (i = 0; i < base.routes.n; i++)
			host_others_add(&s.routes, &base.routes.item[i]);
		copy_own(&base, &s);
		CHECK_IN(run(&s, &want, k));
		CHECK_IN(run(&s, &want, SIZE_MAX));
		CHECK_IN(check_is(&s, &want));
	}
	/* There and back again. */
	for (i = 0; i < plan.n; i++)
		CHECK(take(&base, &plan.op[i]));
	CHECK_IN(check_is(&base, &want));
	while (i-- > 0) {
		struct host_op back = host_op_invert(&plan.op[i]);

		/* A route that gave way to another's is not put back. */
		if (back.kind == HOST_OP_ADD_ROUTE &&
		    is_taken(&base, &back.route.dst))
			continue;
		CHECK(take(&base, &back));
	}
}

static void random_hosts(void)
{
	unsigned int i;

	for (i = 0; i < ROUNDS; i++)
		CHECK_IN(one_round(i));
}

static void undo_leaves_nothing(void)
{
	unsigned int i;

	for (i = 0; i < 200; i++) {
		struct host_state s auto_clean(host_state) = {
			.ifindex = OWN_LINK,
		};
		struct host_plan plan auto_clean(host_plan) = { 0 };
		size_t k, rules;

		seed = i;
		test_case("round %u", i);
		make_random(&s.own, true);
		s.n_instances = i % 2;
		rules = s.own.n_rules;
		CHECK_EQ(host_plan_undo(&s, &plan), 0);
		for (k = 0; k < plan.n; k++)
			CHECK(take(&s, &plan.op[k]));
		CHECK_EQ(s.own.n_addrs + s.own.n_routes + s.own.up, 0);
		CHECK_EQ(s.own.n_rules, i % 2 ? rules : 0);
	}
}

static void undo_spares_users_addresses(void)
{
	static const struct {
		const char *addr;
		uint32_t ifindex;
		size_t steps;
	} cases[] = {
		{ "172.20.0.1/32", OWN_LINK, 0 },
		{ "172.20.0.1/32", 3, 1 },
		{ "fe80::1/64", OWN_LINK, 1 },
	};
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct host_state s auto_clean(host_state) = {
			.ifindex = OWN_LINK, .own.up = true,
		};
		struct host_plan plan auto_clean(host_plan) = { 0 };
		struct host_other o = {
			.prefix = prefix(cases[i].addr),
			.ifindex = cases[i].ifindex,
			.owner = HOST_OWNER_FOREIGN,
		};

		test_case("%s on %u", cases[i].addr, cases[i].ifindex);
		host_others_add(&s.addrs, &o);
		CHECK_EQ(host_plan_undo(&s, &plan), 0);
		CHECK_EQ(plan.n, cases[i].steps);
	}
}

static void clashes(void)
{
	static const struct {
		const char *name, *addr, *route;
		enum host_route_kind kind;
		const char *others_addr, *others_route;
		enum host_owner owner;
		int result;
	} cases[] = {
		{ "nothing", "100.64.0.1/32", "10.0.0.0/8", 0, NULL, NULL, 0,
		  0 },
		{ "address on another link", "100.64.0.1/32", NULL, 0,
		  "100.64.0.1/24", NULL, HOST_OWNER_FOREIGN, -EADDRINUSE },
		{ "another address", "100.64.0.1/32", NULL, 0,
		  "100.64.0.2/24", NULL, HOST_OWNER_FOREIGN, 0 },
		{ "same route", NULL, "10.0.0.0/8", 0, NULL, "10.0.0.0/8",
		  HOST_OWNER_INSTANCE, -EADDRINUSE },
		{ "same route, of a stranger", NULL, "10.0.0.0/8", 0, NULL,
		  "10.0.0.0/8", HOST_OWNER_FOREIGN, 0 },
		{ "inside", NULL, "10.0.0.0/8", 0, NULL, "10.2.0.0/16",
		  HOST_OWNER_INSTANCE, -EADDRINUSE },
		{ "around", NULL, "10.2.0.0/16", 0, NULL, "10.0.0.0/8",
		  HOST_OWNER_INSTANCE, -EADDRINUSE },
		{ "first address of both", NULL, "10.0.0.0/16", 0, NULL,
		  "10.0.0.0/8", HOST_OWNER_INSTANCE, -EADDRINUSE },
		{ "beside", NULL, "10.2.0.0/16", 0, NULL, "10.3.0.0/16",
		  HOST_OWNER_INSTANCE, 0 },
		{ "other family", NULL, "::/1", 0, NULL, "0.0.0.0/1",
		  HOST_OWNER_INSTANCE, 0 },
		{ "own address in theirs", "100.64.0.1/32", NULL, 0, NULL,
		  "100.64.0.0/10", HOST_OWNER_INSTANCE, -EADDRINUSE },
		{ "their exit node", NULL, "10.0.0.0/8", 0, NULL, "0.0.0.0/0",
		  HOST_OWNER_INSTANCE, 0 },
		{ "our exit node", NULL, "0.0.0.0/0", 0, NULL, "10.0.0.0/8",
		  HOST_OWNER_INSTANCE, 0 },
		{ "two exit nodes", NULL, "0.0.0.0/0", 0, NULL, "0.0.0.0/0",
		  HOST_OWNER_INSTANCE, -EADDRINUSE },
		{ "throw", NULL, "10.0.0.0/8", HOST_ROUTE_THROW, NULL,
		  "10.0.0.0/8", HOST_OWNER_INSTANCE, 0 },
	};
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct host_config want auto_clean(host_config) = { 0 };
		struct host_state s auto_clean(host_state) = {
			.ifindex = OWN_LINK, .n_instances = 1,
		};
		struct host_other o = {
			.ifindex = 3, .owner = cases[i].owner,
		};
		struct err_detail detail = { 0 };

		test_case("%s", cases[i].name);
		if (cases[i].addr) {
			struct ip_prefix a = prefix(cases[i].addr);

			host_config_add_addr(&want, &a);
		}
		if (cases[i].route) {
			struct host_route r = {
				.dst = prefix(cases[i].route),
				.kind = cases[i].kind,
			};

			host_config_add_route(&want, &r);
		}
		if (cases[i].others_addr) {
			o.prefix = prefix(cases[i].others_addr);
			host_others_add(&s.addrs, &o);
		}
		if (cases[i].others_route) {
			o.prefix = prefix(cases[i].others_route);
			host_others_add(&s.routes, &o);
		}
		CHECK_EQ(host_config_check(&want, &s, &detail),
			 cases[i].result);
		CHECK(!*detail.text == !cases[i].result);
	}
}

static int plan_without_memory(void *ctx)
{
	const struct host_state *s = ctx;
	struct host_plan plan auto_clean(host_plan) = { 0 };
	struct host_config want auto_clean(host_config) = { 0 };
	struct ip_prefix addr = addr_nr(0);
	struct host_route route = route_nr(2);
	int r = host_config_add_addr(&want, &addr);

	if (r == 0)
		r = host_config_add_route(&want, &route);
	if (r == 0)
		r = host_config_add_rules(&want, true);
	if (r == 0)
		r = host_config_check(&want, s, NULL);
	if (r == 0)
		r = host_plan_make(s, &want, &plan);
	if (r < 0 && plan.op)
		abort();
	return r;
}

static void no_memory(void)
{
	struct host_state s auto_clean(host_state) = {
		.ifindex = OWN_LINK, .n_instances = 1,
	};
	struct host_other o = {
		.prefix = prefix("172.16.0.0/12"), .ifindex = 3,
	};

	host_others_add(&s.routes, &o);
	CHECK(fail_alloc_each(plan_without_memory, &s) > 5);
}

static void texts(void)
{
	static const struct {
		struct host_op op;
		const char *text;
	} cases[] = {
		{ { HOST_OP_MTU, .mtu = 1280 }, "set MTU 1280" },
		{ { HOST_OP_UP }, "bring the link up" },
		{ { HOST_OP_DEL_RULE, .rule = { 16, 5270 } },
		  "remove IPv6 rule 5270" },
		{ { HOST_OP_ADD_ROUTE,
		    .route = { { { { 10 }, 4 }, 8 }, HOST_ROUTE_THROW } },
		  "add throw route 10.0.0.0/8 in table 52" },
		{ { HOST_OP_DEL_ADDR, .addr = { { { 100, 64 }, 4 }, 32 } },
		  "remove address 100.64.0.0/32" },
	};
	char text[HOST_OP_TEXT_MAX];
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		CHECK(!strcmp(host_op_format(&cases[i].op, text),
			      cases[i].text));
}

static void limits(void)
{
	struct host_config c auto_clean(host_config) = { 0 };
	struct host_route route = { 0 };
	struct ip_prefix addr = { 0 };
	size_t i;

	for (i = 0; i < HOST_ADDRS_MAX; i++)
		CHECK_EQ(host_config_add_addr(&c, &addr), 0);
	CHECK_EQ(host_config_add_addr(&c, &addr), TNE_TOO_LONG);
	for (i = 0; i < HOST_ROUTES_MAX; i++)
		CHECK_EQ(host_config_add_route(&c, &route), 0);
	CHECK_EQ(host_config_add_route(&c, &route), TNE_TOO_LONG);
}

static const struct test tests[] = {
	TEST(random_hosts), TEST(undo_leaves_nothing),
	TEST(undo_spares_users_addresses), TEST(clashes), TEST(no_memory),
	TEST(texts), TEST(limits),
};

TEST_MAIN(tests)
