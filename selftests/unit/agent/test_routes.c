// SPDX-License-Identifier: GPL-2.0-only
#include "model/routes.h"

#include "fail_alloc.h"
#include "test.h"

#include <errno.h>

#define MAX 12

struct peer_case {
	const char *allowed[6];
	const char *addrs[3];
};

/* Routes are written "10.0.0.0/8", "throw ..." or "unreachable ...". */
static const struct routes_case {
	const char *name;
	const char *self[3];
	struct peer_case peers[3];
	const char *attached[4];
	bool accept_routes, lan_access, exit_node, no_ipv6;
	const char *routes[MAX];
} cases[] = {
	{ "alone", { "100.64.0.1/32" }, .routes = { NULL } },
	{ "a peer of both families",
	  { "100.64.0.1/32", "fd7a:115c:a1e0::1/128" },
	  { { { "100.64.0.2/32", "fd7a:115c:a1e0::2/128" } } },
	  .routes = { "100.64.0.2/32", "fd7a:115c:a1e0::2/128" } },
	{ "no own IPv6 address", { "100.64.0.1/32" },
	  { { { "100.64.0.2/32", "fd7a:115c:a1e0::2/128" } } },
	  .routes = { "100.64.0.2/32" } },
	{ "IPv6 is off", { "100.64.0.1/32", "fd7a:115c:a1e0::1/128" },
	  { { { "100.64.0.2/32", "fd7a:115c:a1e0::2/128" } } },
	  .no_ipv6 = true, .routes = { "100.64.0.2/32" } },
	{ "subnet route not wanted", { "100.64.0.1/32" },
	  { { { "100.64.0.2/32", "10.0.0.0/8" } } },
	  .routes = { "100.64.0.2/32" } },
	{ "subnet route wanted", { "100.64.0.1/32" },
	  { { { "100.64.0.2/32", "10.0.0.0/8" } } }, .accept_routes = true,
	  .routes = { "10.0.0.0/8", "100.64.0.2/32" } },
	{ "host bits", { "100.64.0.1/32" }, { { { "10.9.8.7/8" } } },
	  .accept_routes = true, .routes = { "10.0.0.0/8" } },
	{ "two peers, one route", { "100.64.0.1/32" },
	  { { { "10.0.0.0/8" } }, { { "10.0.0.0/8" } } },
	  .accept_routes = true, .routes = { "10.0.0.0/8" } },
	{ "single address that is listed as own", { "100.64.0.1/32" },
	  { { { "192.0.2.7/32" }, { "192.0.2.7/32" } } },
	  .routes = { "192.0.2.7/32" } },
	{ "single address that is not", { "100.64.0.1/32" },
	  { { { "192.0.2.7/32" }, { "100.64.0.2/32" } } },
	  .routes = { NULL } },
	{ "only in Addresses is no route", { "100.64.0.1/32" },
	  { { { NULL }, { "100.64.0.2/32" } } }, .routes = { NULL } },
	{ "a peer claims our address", { "100.64.0.1/32" },
	  { { { "100.64.0.1/32", "100.64.0.2/32" } } },
	  .routes = { "100.64.0.2/32" } },
	{ "a peer claims everything", { "100.64.0.1/32" },
	  { { { "0.0.0.0/0", "::/0" } } }, .accept_routes = true,
	  .routes = { NULL } },
	{ "attached network is not taken", { "100.64.0.1/32" },
	  { { { "192.168.7.0/24" } } }, { "192.168.7.0/24" },
	  .accept_routes = true, .routes = { NULL } },
	{ "nor a part of it", { "100.64.0.1/32" },
	  { { { "192.168.7.128/25" } } }, { "192.168.7.0/24" },
	  .accept_routes = true, .routes = { NULL } },
	{ "nor by something larger", { "100.64.0.1/32" },
	  { { { "192.168.0.0/16" } } }, { "192.168.7.0/24" },
	  .accept_routes = true,
	  .routes = { "192.168.0.0/16", "throw 192.168.7.0/24" } },
	{ "attached beside a route", { "100.64.0.1/32" },
	  { { { "10.0.0.0/8" } } }, { "192.168.7.0/24" },
	  .accept_routes = true, .routes = { "10.0.0.0/8" } },
	{ "attached twice", { "100.64.0.1/32" },
	  { { { "192.168.0.0/16" } } },
	  { "192.168.7.0/24", "192.168.7.0/24" }, .accept_routes = true,
	  .routes = { "192.168.0.0/16", "throw 192.168.7.0/24" } },
	{ "attached with host bits", { "100.64.0.1/32" },
	  { { { "192.168.0.0/16" } } }, { "192.168.7.9/24" },
	  .accept_routes = true,
	  .routes = { "192.168.0.0/16", "throw 192.168.7.0/24" } },
	{ "peers win over attached networks", { "100.64.0.1/32" },
	  { { { "100.64.0.2/32" } } }, { "100.64.0.0/24" },
	  .routes = { "100.64.0.2/32" } },
	{ "too large to be believed", { "100.64.0.1/32" },
	  { { { "10.0.0.0/8", "64.0.0.0/4" } } }, { "0.0.0.0/1" },
	  .accept_routes = true, .routes = { "10.0.0.0/8", "64.0.0.0/4" } },
	{ "just believed", { "100.64.0.1/32" },
	  { { { "10.1.0.0/16" } } }, { "10.0.0.0/8" },
	  .accept_routes = true, .routes = { NULL } },
	{ "exit node", { "100.64.0.1/32", "fd7a:115c:a1e0::1/128" },
	  { { { "100.64.0.2/32", "0.0.0.0/0", "::/0" } } },
	  { "192.168.7.0/24" }, .exit_node = true,
	  .routes = { "0.0.0.0/0", "100.64.0.2/32", "::/0" } },
	{ "exit node with the LAN",
	  { "100.64.0.1/32", "fd7a:115c:a1e0::1/128" },
	  { { { "100.64.0.2/32" } } },
	  { "192.168.7.0/24", "2001:db8::/64", "0.0.0.0/1" },
	  .exit_node = true, .lan_access = true,
	  .routes = { "0.0.0.0/0", "100.64.0.2/32", "throw 192.168.7.0/24",
		      "::/0", "throw 2001:db8::/64" } },
	{ "exit node, no own IPv6 address", { "100.64.0.1/32" },
	  .exit_node = true, .routes = { "0.0.0.0/0", "unreachable ::/0" } },
	{ "exit node, IPv6 is off", { "100.64.0.1/32" },
	  .exit_node = true, .no_ipv6 = true, .routes = { "0.0.0.0/0" } },
	{ "exit node, LAN route accepted", { "100.64.0.1/32" },
	  { { { "192.168.7.0/24" } } }, { "192.168.7.0/24" },
	  .accept_routes = true, .exit_node = true, .no_ipv6 = true,
	  .routes = { "0.0.0.0/0", "192.168.7.0/24" } },
};

static struct ip_prefix prefix(const char *s)
{
	struct ip_prefix p = { 0 };

	if (ip_prefix_parse(s, strlen(s), &p) < 0)
		abort();
	return p;
}

static struct ip_prefixes prefixes(const char *const *text, size_t max,
				   struct ip_prefix *room)
{
	size_t n;

	for (n = 0; n < max && text[n]; n++)
		room[n] = prefix(text[n]);
	return (struct ip_prefixes){ room, n };
}

struct made {
	struct ip_prefix room[48];
	struct routes_peer peers[3];
	struct routes_input in;
};

static void make(const struct routes_case *c, struct made *m)
{
	size_t i;

	memset(m, 0, sizeof(*m));
	m->in.self = prefixes(c->self, 3, m->room);
	m->in.attached = prefixes(c->attached, 4, m->room + 3);
	for (i = 0; i < 3; i++) {
		m->peers[i].allowed = prefixes(c->peers[i].allowed, 6,
					       m->room + 7 + i * 9);
		m->peers[i].addrs = prefixes(c->peers[i].addrs, 3,
					     m->room + 13 + i * 9);
	}
	m->in.peers = m->peers;
	m->in.n_peers = 3;
	m->in.accept_routes = c->accept_routes;
	m->in.lan_access = c->lan_access;
	m->in.exit_node = c->exit_node;
	m->in.ipv6 = !c->no_ipv6;
}

static struct host_route route(const char *s)
{
	struct host_route r = { 0 };

	if (!strncmp(s, "throw ", 6)) {
		r.kind = HOST_ROUTE_THROW;
		s += 6;
	} else if (!strncmp(s, "unreachable ", 12)) {
		r.kind = HOST_ROUTE_UNREACHABLE;
		s += 12;
	}
	r.dst = prefix(s);
	return r;
}

static void one_case(const struct routes_case *c)
{
	struct host_config got auto_clean(host_config) = { 0 };
	struct made m;
	size_t i;

	test_case("%s", c->name);
	make(c, &m);
	CHECK_EQ(routes_build(&m.in, &got), 0);
	for (i = 0; i < MAX && c->routes[i]; i++) {
		struct host_route want = route(c->routes[i]);

		CHECK(i < got.n_routes);
		CHECK_EQ(host_route_cmp(&got.routes[i], &want), 0);
	}
	CHECK_EQ(got.n_routes, i);
	CHECK_EQ(got.n_rules, c->no_ipv6 ? 4 : 8);
	CHECK_EQ(got.n_addrs, c->self[1] && !c->no_ipv6 ? 2 : 1);
	CHECK_EQ(got.mtu, 1280);
	CHECK(got.up);
}

static void table(void)
{
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		CHECK_IN(one_case(&cases[i]));
}

/* Known by everybody: other programs recognise a tailnet node by them. */
static void rules(void)
{
	static const struct host_rule want[] = {
		{ 4, 5210, 0x80000, 0xff0000, 254 },
		{ 4, 5230, 0x80000, 0xff0000, 253 },
		{ 4, 5250, 0x80000, 0xff0000, 0 },
		{ 4, 5270, 0, 0, 52 },
	};
	struct host_config c auto_clean(host_config) = { 0 };
	size_t i;

	CHECK_EQ(host_config_add_rules(&c, true), 0);
	CHECK_EQ(c.n_rules, 8);
	for (i = 0; i < 8; i++) {
		struct host_rule rule = want[i % 4];

		rule.addr_len = i < 4 ? 4 : 16;
		CHECK_EQ(host_rule_cmp(&c.rules[i], &rule), 0);
	}
}

static void many(size_t n, bool lan, size_t want_routes)
{
	struct ip_prefix *item = calloc(n, sizeof(*item));
	struct ip_prefix self = prefix("100.127.255.1/32");
	struct ip_prefix attached = prefix("100.64.3.0/24");
	struct routes_peer peer = { .allowed = { item, n } };
	struct routes_input in = {
		.self = { &self, 1 }, .peers = &peer, .n_peers = 1,
		.attached = { &attached, lan },
	};
	struct host_config got auto_clean(host_config) = { 0 };
	size_t i;
	int r;

	for (i = 0; i < n; i++) {
		item[i] = prefix("100.64.0.0/32");
		item[i].addr.byte[1] += i >> 16;
		item[i].addr.byte[2] = i >> 8;
		item[i].addr.byte[3] = i;
	}
	r = routes_build(&in, &got);
	free(item);
	CHECK_EQ(r, 0);
	CHECK_EQ(got.n_routes, want_routes);
}

static void coalesced(void)
{
	test_case("at the bound");
	CHECK_IN(many(ROUTES_SINGLE_MAX, false, ROUTES_SINGLE_MAX));
	test_case("above");
	CHECK_IN(many(ROUTES_SINGLE_MAX + 1, false, 1));
	/* The 256 in the attached network, its throw entry, the range. */
	test_case("above, with an attached network inside");
	CHECK_IN(many(ROUTES_SINGLE_MAX + 1, true, 256 + 1 + 1));
}

static int build_case(void *ctx)
{
	struct host_config got auto_clean(host_config) = { 0 };
	struct made m;

	make(ctx, &m);
	return routes_build(&m.in, &got);
}

static void no_memory(void)
{
	struct routes_case c = {
		"", { "100.64.0.1/32" },
		{ { { "10.1.0.0/16", "10.2.0.0/16", "10.3.0.0/16",
		      "192.168.0.0/16", "10.4.0.0/16" } } },
		{ "192.168.7.0/24" }, .accept_routes = true,
	};

	CHECK(fail_alloc_each(build_case, &c) >= 5);
}

static const struct test tests[] = {
	TEST(table), TEST(rules), TEST(coalesced), TEST(no_memory),
};

TEST_MAIN(tests)
