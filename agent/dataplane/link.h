/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef DATAPLANE_LINK_H
#define DATAPLANE_LINK_H

#include "base/err.h"

#include <stdbool.h>
#include <stdint.h>

struct genl_conn;

/*
 * The link itself and the sockets that carry it. Addresses, routes and going up
 * are not the business of this file. All functions with a detail fill it on
 * error.
 */

/* Mark of our own datagrams, by which routing rules tell them. */
#define LINK_FWMARK 0x80000

/**
 * struct link_state - what the system says about a link
 * @ifindex: its number
 * @up: it was set up
 * @mtu: bytes
 */
struct link_state {
	uint32_t ifindex;
	bool up;
	uint32_t mtu;
};

/**
 * link_create() - make a link of our kind
 * @route:	from genl_conn_open_route()
 * @ifname:	its name
 * @detail:	filled on error
 *
 * Return: 0, -EEXIST, -EOPNOTSUPP without the module, or another -errno.
 */
int link_create(struct genl_conn *route, const char *ifname,
		struct err_detail *detail);

/**
 * link_find() - look for a link of our kind
 * @route:	from genl_conn_open_route()
 * @ifname:	its name
 * @detail:	filled on error
 * @ret:	the link
 *
 * Return: 0, -ENODEV, -EEXIST if the name is that of another kind of link, or
 * another -errno.
 */
int link_find(struct genl_conn *route, const char *ifname,
	      struct err_detail *detail, struct link_state *ret);

/**
 * link_delete() - remove a link, if it is of our kind
 * @route:	from genl_conn_open_route()
 * @ifname:	its name
 * @detail:	filled on error
 *
 * Return: as link_find().
 */
int link_delete(struct genl_conn *route, const char *ifname,
		struct err_detail *detail);

/**
 * struct link_sockets - one UDP socket for each family, on one port
 * @fd4: owned; -1 = none
 * @fd6: owned; -1 = none, where there is no IPv6
 * @port: host order, 0 = not bound yet
 *
 * Close-on-exec, not blocking. They give merged datagrams with a UDP_GRO control
 * message: the reader cuts by it.
 */
struct link_sockets {
	int fd4;
	int fd6;
	uint16_t port;
};

/**
 * link_sockets_open() - make sockets that are not bound yet
 * @fwmark:	mark of what they send, 0 = none
 * @share:	the port is to be taken over from sockets that are on it
 * @detail:	filled on error
 * @ret:	owned by the caller
 *
 * Return: 0 or -errno.
 */
int link_sockets_open(uint32_t fwmark, bool share, struct err_detail *detail,
		      struct link_sockets *ret);

/**
 * link_sockets_bind() - bind sockets to a port, both to the same
 * @sockets:	from link_sockets_open()
 * @port:	host order, 0 = any
 * @detail:	filled on error
 *
 * A successor may take the port over afterwards, in the same user's name.
 *
 * Return: 0, or -errno: they are then to be closed.
 */
int link_sockets_bind(struct link_sockets *sockets, uint16_t port,
		      struct err_detail *detail);

/**
 * link_sockets_done() - close sockets
 * @sockets: from link_sockets_open(); a device that adopted them keeps them
 */
void link_sockets_done(struct link_sockets *sockets);

/**
 * struct link_wish - how a device is to be taken over
 * @port: host order, 0 = any
 * @fwmark: mark of all datagrams
 * @manage: say that an agent configures it; it must not have peers, unless
 *	that has been said already
 */
struct link_wish {
	uint16_t port;
	uint32_t fwmark;
	bool manage;
};

/**
 * link_take() - give a device sockets of ours
 * @conn:	connection to the module; the sockets are taken for orphans when
 *		it closes
 * @ifname:	the device
 * @wish:	how
 * @detail:	filled on error
 * @ret:	bound; owned by the caller
 *
 * If the device has sockets that an agent before us handed over, their port is
 * taken over without a gap: the new ones are handed over before they are bound.
 * Otherwise nobody else may be on the port.
 *
 * Return: 0; -EADDRINUSE; -EBUSY if there are peers in the way of the managed
 * flag; or another -errno. A port that was in force stays so on error.
 */
int link_take(struct genl_conn *conn, const char *ifname,
	      const struct link_wish *wish, struct err_detail *detail,
	      struct link_sockets *ret);

#endif /* DATAPLANE_LINK_H */
