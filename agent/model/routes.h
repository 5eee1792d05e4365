/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which addresses and routes follow from the network map and the preferences.
 */
#ifndef MODEL_ROUTES_H
#define MODEL_ROUTES_H

#include "model/host_config.h"
#include "model/ip.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * With more single addresses than this, one route for each range of tailnet
 * addresses takes the place of one for each peer.
 * Source: tailscale ipn/ipnlocal/local.go, routerConfigLocked.
 */
#define ROUTES_SINGLE_MAX 10000

/*
 * An attached network shorter than this is not believed: whoever answers DHCP
 * could say that half of the internet is attached, and so take traffic out of
 * the tunnel. Ours; 10.0.0.0/8 is the largest anybody has.
 */
#define ROUTES_ATTACHED_MIN_4 8		/* bits */
#define ROUTES_ATTACHED_MIN_6 32	/* bits */

/**
 * struct routes_peer - a peer that may be reached
 * @addrs: its own addresses (Addresses)
 * @allowed: what it may send from (AllowedIPs)
 * @exit_node: the chosen exit node
 */
struct routes_peer {
	struct ip_prefixes addrs;
	struct ip_prefixes allowed;
	bool exit_node;
};

/**
 * struct routes_input - all that counts
 * @self: own addresses
 * @peers: peers that are not expired; borrowed
 * @n_peers: how many
 * @attached: networks that the host is directly connected to
 * @accept_routes: subnet routes of peers are wanted (RouteAll)
 * @lan_access: the attached networks stay reachable beside an exit node
 *	(ExitNodeAllowLANAccess)
 * @exit_node: an exit node is chosen, whether or not it is among the peers:
 *	without it nothing gets out, rather than past it
 * @ipv6: host and link speak IPv6
 * @mtu: of the link, bytes; 0 = HOST_MTU
 */
struct routes_input {
	struct ip_prefixes self;
	const struct routes_peer *peers;
	size_t n_peers;
	struct ip_prefixes attached;
	bool accept_routes;
	bool lan_access;
	bool exit_node;
	bool ipv6;
	uint32_t mtu;
};

/**
 * routes_build() - the host configuration
 * @in:		borrowed for the call
 * @ret:	sorted; owned by the caller
 *
 * A prefix has one entry, by this order: single addresses of peers go into the
 * tailnet; attached networks keep what lies in them (unless there is an exit
 * node without @lan_access); accepted subnet routes go into the tailnet; so
 * does the rest with an exit node. A peer never gets our own addresses. There
 * are no routes of a family in which we have no address, but that with an exit
 * node the whole family is unreachable, so that nothing goes past it.
 *
 * Source: tailscale ipn/ipnlocal/local.go, peerRoutes and routerConfigLocked.
 * Ours: attached networks win over subnet routes; IPv6 addresses of peers have
 * routes of their own, so that two tailnets can share a host.
 *
 * Return: 0, -ENOMEM or TNE_TOO_LONG.
 */
int routes_build(const struct routes_input *in, struct host_config *ret);

#endif /* MODEL_ROUTES_H */
