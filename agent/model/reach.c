// SPDX-License-Identifier: GPL-2.0-only
#include "model/reach.h"

#include "base/array.h"

enum rank {
	RANK_ATTACHED,
	RANK_INTERNET,
	RANK_PRIVATE,
	RANK_NONE,
};

#define V4(a, b, n) { { { a, b }, 4 }, n }

static const struct ip_prefix private_nets[] = {
	V4(10, 0, 8), V4(172, 16, 12), V4(192, 168, 16),
	{ { { 0xfc }, 16 }, 7 },
};

/* Source of the tailnet ranges: tailscale net/tsaddr/tsaddr.go. */
static const struct ip_prefix useless_nets[] = {
	V4(0, 0, 8), V4(127, 0, 8), V4(169, 254, 16), V4(224, 0, 3),
	V4(100, 64, 10),
	{ { { 0 }, 16 }, 96 },			/* ::, ::1, old forms of IPv4 */
	{ { { [10] = 0xff, 0xff }, 16 }, 96 },	/* IPv4 in the form of IPv6 */
	{ { { 0xfe, 0x80 }, 16 }, 10 },
	{ { { 0xff }, 16 }, 8 },
	{ { { 0xfd, 0x7a, 0x11, 0x5c, 0xa1, 0xe0 }, 16 }, 48 },
};

static bool is_in(const struct ip_prefix *nets, size_t n,
		  const struct ip_addr *ip)
{
	size_t i;

	for (i = 0; i < n; i++) {
		if (ip_prefix_contains(&nets[i], ip))
			return true;
	}
	return false;
}

bool reach_is_usable(const struct ip_addr *ip)
{
	return ip->len &&
	       !is_in(useless_nets, ARRAY_SIZE(useless_nets), ip);
}

static enum rank rank_of(const struct ip_port *ep,
			 const struct reach_host *host)
{
	const struct ip_addr *ip = &ep->addr;

	if (!ep->port || !reach_is_usable(ip) ||
	    is_in(host->own.item, host->own.n, ip))
		return RANK_NONE;
	if (is_in(host->attached.item, host->attached.n, ip))
		return RANK_ATTACHED;
	if (!host->routed(host->ctx, ip))
		return RANK_NONE;
	return is_in(private_nets, ARRAY_SIZE(private_nets), ip) ?
	       RANK_PRIVATE : RANK_INTERNET;
}

bool reach_choose(const struct ip_ports *endpoints,
		  const struct reach_host *host, struct ip_port *ret)
{
	const struct ip_port *best = NULL;
	enum rank best_rank = RANK_NONE;
	size_t i;

	for (i = 0; i < endpoints->n; i++) {
		const struct ip_port *ep = &endpoints->item[i];
		enum rank rank = rank_of(ep, host);

		if (rank > best_rank || rank == RANK_NONE ||
		    (rank == best_rank && ip_port_cmp(ep, best) >= 0))
			continue;
		best = ep;
		best_rank = rank;
	}
	if (best)
		*ret = *best;
	return best;
}
