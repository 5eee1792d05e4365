/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The host's side of a node: addresses, routes and rules, and what of the host
 * others have to know.
 */
#ifndef NODE_HOST_SIDE_H
#define NODE_HOST_SIDE_H

#include "base/err.h"
#include "loop/loop.h"
#include "model/host_config.h"
#include "model/reach.h"
#include "system/netmon.h"
#include "wire/map_request_json.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rtnl;

#define HOST_SIDE_ENDPOINTS 32	/* own ones that are told; ours */

/**
 * struct host_side_calls - what the host tells
 * @changed: bits of CHANGE_*; what is known of the host has been read anew
 * @ctx: for it
 */
struct host_side_calls {
	void (*changed)(void *ctx, unsigned int bits);
	void *ctx;
};

/**
 * struct host_side - inside of the node; private
 * @loop: watches
 * @calls: of the owner
 * @link: name of our link
 * @rtnl: changes the host
 * @mon: watches the host
 * @io: for @mon
 * @due: when @mon has something to tell
 * @state: the host as last read
 * @attached: networks it is connected to
 * @n_attached: how many
 * @own: its addresses
 * @n_own: how many
 * @probe: sockets that find out about routes, IPv4 and IPv6; -1 = none
 */
struct host_side {
	struct loop *loop;
	struct host_side_calls calls;
	const char *link;
	struct rtnl *rtnl;
	struct netmon *mon;
	struct loop_io io;
	struct loop_timer due;
	struct host_state state;
	struct ip_prefix *attached;
	size_t n_attached;
	struct ip_prefix *own;
	size_t n_own;
	int probe[2];
};

/**
 * host_side_open() - read the host, and watch it
 * @side:	filled
 * @loop:	borrowed until host_side_close()
 * @link:	name of our link, which need not exist; borrowed likewise
 * @calls:	copied
 * @detail:	filled on error
 *
 * Return: 0 or an error; host_side_close() is to be called either way.
 */
int host_side_open(struct host_side *side, struct loop *loop, const char *link,
		   const struct host_side_calls *calls,
		   struct err_detail *detail);

/**
 * host_side_close() - stop watching; the host stays as it is
 * @side: opened, or all zero
 */
void host_side_close(struct host_side *side);

/**
 * host_side_read() - read the host anew
 * @side:	open
 * @detail:	filled on error
 *
 * Return: 0 or an error, what was known stays.
 */
int host_side_read(struct host_side *side, struct err_detail *detail);

/**
 * host_side_set() - have the host as it is wanted
 * @side:	open
 * @want:	how; NULL = nothing of ours on it, the link down
 * @detail:	filled on error
 *
 * Return: 0 or more, or an error.
 */
int host_side_set(struct host_side *side, const struct host_config *want,
		  struct err_detail *detail);

/**
 * host_side_endpoints() - UDP addresses that others may find us at
 * @side:	open
 * @port:	our port
 * @ret:	addresses of the host, in order
 *
 * Return: how many.
 */
size_t host_side_endpoints(const struct host_side *side, uint16_t port,
			   struct own_endpoint ret[HOST_SIDE_ENDPOINTS]);

/**
 * host_side_reach() - what reach_choose() has to know
 * @side:	open; borrowed by the result
 * @ret:	filled
 */
void host_side_reach(struct host_side *side, struct reach_host *ret);

#endif /* NODE_HOST_SIDE_H */
