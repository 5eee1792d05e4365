// SPDX-License-Identifier: GPL-2.0-only
#include "model/routes.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Ranges of tailnet addresses. Source: tailscale net/tsaddr/tsaddr.go. */
static const struct ip_prefix range_4 = {
	.addr = { .byte = { 100, 64 }, .len = 4 }, .bits = 10,
};
static const struct ip_prefix range_6 = {
	.addr = { .byte = { 0xfd, 0x7a, 0x11, 0x5c, 0xa1, 0xe0 }, .len = 16 },
	.bits = 48,
};

/**
 * struct build - the making of a configuration
 * @in: all that counts
 * @want: what comes out
 * @has: is there an own address of the family? By IPv6 or not
 * @n_single: routes to single addresses of peers, so far
 */
struct build {
	const struct routes_input *in;
	struct host_config want;
	bool has[2];
	size_t n_single;
};

static bool is_ipv6(const struct ip_prefix *p)
{
	return p->addr.len == 16;
}

static struct ip_prefix masked(const struct ip_prefix *p)
{
	struct ip_prefix m = *p;

	ip_prefix_mask(&m);
	return m;
}

static int add_route(struct build *b, const struct ip_prefix *dst,
		     enum host_route_kind kind)
{
	struct host_route route = { .dst = masked(dst), .kind = kind };

	return host_config_add_route(&b->want, &route);
}

static bool contains(const struct ip_prefix *outer,
		     const struct ip_prefix *inner)
{
	return inner->bits >= outer->bits &&
	       ip_prefix_contains(outer, &inner->addr);
}

/* Is a network attached, in a way that is believed and that counts now? */
static bool counts_attached(const struct build *b, const struct ip_prefix *p)
{
	unsigned int min = is_ipv6(p) ? ROUTES_ATTACHED_MIN_6 :
					ROUTES_ATTACHED_MIN_4;

	if (b->in->exit_node && !b->in->lan_access)
		return false;
	return p->bits >= min && !ip_prefix_is_single(p);
}

static bool is_attached(const struct build *b, const struct ip_prefix *dst)
{
	size_t i;

	for (i = 0; i < b->in->attached.n; i++) {
		const struct ip_prefix *p = &b->in->attached.item[i];

		if (counts_attached(b, p) && contains(p, dst))
			return true;
	}
	return false;
}

static bool is_self(const struct build *b, const struct ip_prefix *dst)
{
	size_t i;

	for (i = 0; i < b->in->self.n; i++) {
		if (ip_prefix_is_single(dst) &&
		    ip_cmp(&b->in->self.item[i].addr, &dst->addr) == 0)
			return true;
	}
	return false;
}

/*
 * A peer's own address: one of the tailnet's, or one that is listed as such.
 * Source: tailscale net/routemanager, the rule of what --accept-routes is for.
 */
static bool is_own_of(const struct routes_peer *peer,
		      const struct ip_prefix *dst)
{
	size_t i;

	if (!ip_prefix_is_single(dst))
		return false;
	if (ip_prefix_contains(is_ipv6(dst) ? &range_6 : &range_4, &dst->addr))
		return true;
	for (i = 0; i < peer->addrs.n; i++) {
		if (ip_prefix_is_single(&peer->addrs.item[i]) &&
		    ip_cmp(&peer->addrs.item[i].addr, &dst->addr) == 0)
			return true;
	}
	return false;
}

static int add_allowed(struct build *b, const struct routes_peer *peer,
		       const struct ip_prefix *dst)
{
	/* A default route is the choice of a person, see add_exit(). */
	if (dst->bits == 0 || !b->has[is_ipv6(dst)] || is_self(b, dst))
		return 0;
	if (is_own_of(peer, dst)) {
		b->n_single++;
		return add_route(b, dst, HOST_ROUTE_LINK);
	}
	if (!b->in->accept_routes || is_attached(b, dst))
		return 0;
	return add_route(b, dst, HOST_ROUTE_LINK);
}

static int add_peers(struct build *b)
{
	size_t i, j;
	int r = 0;

	for (i = 0; i < b->in->n_peers; i++) {
		const struct routes_peer *peer = &b->in->peers[i];

		for (j = 0; j < peer->allowed.n && r == 0; j++)
			r = add_allowed(b, peer, &peer->allowed.item[j]);
	}
	return r;
}

/*
 * The whole family goes to the exit node. If the exit node does not do it or we
 * have no address in it, it goes nowhere: never past the exit node.
 */
static int add_exit(struct build *b)
{
	static const struct ip_prefix all[] = {
		{ .addr = { .len = 4 } }, { .addr = { .len = 16 } },
	};
	int r = 0, v6;

	for (v6 = 0; v6 < 2 && b->in->exit_node && r == 0; v6++) {
		if (v6 && !b->in->ipv6)
			continue;
		r = add_route(b, &all[v6], b->has[v6] ?
			      HOST_ROUTE_LINK : HOST_ROUTE_UNREACHABLE);
	}
	return r;
}

static void drop_twins(struct host_config *want)
{
	size_t i, n = 0;

	host_config_sort(want);
	for (i = 0; i < want->n_routes; i++) {
		if (n > 0 && ip_prefix_cmp(&want->routes[i].dst,
					   &want->routes[n - 1].dst) == 0)
			continue;
		want->routes[n++] = want->routes[i];
	}
	want->n_routes = n;
}

/*
 * Too many single addresses: two ranges in their place. Those inside of an
 * attached network stay, or its throw entry would hide them.
 */
static int coalesce(struct build *b)
{
	struct host_config *want = &b->want;
	size_t i, n = 0;
	int r;

	if (b->n_single <= ROUTES_SINGLE_MAX)
		return 0;
	for (i = 0; i < want->n_routes; i++) {
		const struct ip_prefix *dst = &want->routes[i].dst;

		if (ip_prefix_is_single(dst) && !is_attached(b, dst) &&
		    ip_prefix_contains(is_ipv6(dst) ? &range_6 : &range_4,
				       &dst->addr))
			continue;
		want->routes[n++] = want->routes[i];
	}
	want->n_routes = n;
	r = b->has[0] ? add_route(b, &range_4, HOST_ROUTE_LINK) : 0;
	if (r == 0 && b->has[1])
		r = add_route(b, &range_6, HOST_ROUTE_LINK);
	return r;
}

/*
 * Does a route take packets to an attached network into the tailnet? Those that
 * lie inside of it were not accepted, so only its supernets matter.
 */
static bool is_covered(const struct host_config *want, size_t n,
		       const struct ip_prefix *net)
{
	unsigned int bits;

	for (bits = 0; bits <= net->bits; bits++) {
		struct host_route up = { .dst = *net };

		up.dst.bits = bits;
		ip_prefix_mask(&up.dst);
		for (up.kind = HOST_ROUTE_LINK;
		     up.kind <= HOST_ROUTE_UNREACHABLE; up.kind++) {
			if (host_config_find_route(want, n, &up))
				return true;
		}
	}
	return false;
}

static int add_throws(struct build *b)
{
	size_t i, n = b->want.n_routes;
	int r = 0;

	for (i = 0; i < b->in->attached.n && r == 0; i++) {
		struct ip_prefix net = masked(&b->in->attached.item[i]);

		if (counts_attached(b, &net) && is_covered(&b->want, n, &net))
			r = add_route(b, &net, HOST_ROUTE_THROW);
	}
	return r;
}

static int add_self(struct build *b)
{
	size_t i;
	int r = 0;

	for (i = 0; i < b->in->self.n && r == 0; i++) {
		struct ip_prefix addr = ip_prefix_of(&b->in->self.item[i].addr);

		if (is_ipv6(&addr) && !b->in->ipv6)
			continue;
		b->has[is_ipv6(&addr)] = true;
		r = host_config_add_addr(&b->want, &addr);
	}
	return r;
}

static int build(struct build *b)
{
	int r = add_self(b);

	b->want.up = true;
	b->want.mtu = b->in->mtu ? b->in->mtu : HOST_MTU;
	if (r == 0)
		r = add_peers(b);
	if (r == 0)
		r = add_exit(b);
	if (r == 0)
		r = coalesce(b);
	if (r < 0)
		return r;
	drop_twins(&b->want);
	r = add_throws(b);
	if (r == 0)
		r = host_config_add_rules(&b->want, b->in->ipv6);
	drop_twins(&b->want);
	return r;
}

int routes_build(const struct routes_input *in, struct host_config *ret)
{
	struct build b = { .in = in };
	int r = build(&b);

	if (r < 0) {
		host_config_done(&b.want);
		return r;
	}
	*ret = b.want;
	return 0;
}
