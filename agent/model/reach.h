/* SPDX-License-Identifier: GPL-2.0-only */
/* Where to send to a peer, as long as nobody looks for better paths. */
#ifndef MODEL_REACH_H
#define MODEL_REACH_H

#include "model/ip.h"

#include <stdbool.h>

/**
 * struct reach_host - what counts of the host
 * @attached: networks that it is directly connected to
 * @own: its own addresses: other hosts have the same ones on their bridges
 * @routed: is there a way to @ip, past the tailnet?
 * @ctx: for @routed
 */
struct reach_host {
	struct ip_prefixes attached;
	struct ip_prefixes own;
	bool (*routed)(void *ctx, const struct ip_addr *ip);
	void *ctx;
};

/**
 * reach_choose() - choose one of a peer's addresses
 * @endpoints:	all of them
 * @host:	the host
 * @ret:	the choice
 *
 * One in an attached network comes first, then one of the internet, then any
 * other that there is a route to; among equals the first in the order of
 * ip_port_cmp(), so that the same map gives the same choice at each start.
 *
 * Return: true, or false if none is of use.
 */
bool reach_choose(const struct ip_ports *endpoints,
		  const struct reach_host *host, struct ip_port *ret);

/**
 * reach_is_usable() - can packets be sent to or from there at all?
 * @ip: the address
 *
 * Return: false for addresses of one host or one link, of groups, of nobody,
 * and for those that tailnets use themselves.
 */
bool reach_is_usable(const struct ip_addr *ip);

#endif /* MODEL_REACH_H */
