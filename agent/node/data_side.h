/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kernel's side of a node: its device, the sockets that carry it, its table
 * of peers. All of it outlives the agent.
 */
#ifndef NODE_DATA_SIDE_H
#define NODE_DATA_SIDE_H

#include "base/err.h"
#include "base/log.h"
#include "dataplane/apply.h"
#include "dataplane/link.h"
#include "loop/loop.h"
#include "model/wg_device.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct event;
struct events;
struct genl_conn;

/**
 * struct data_side_calls - what the kernel tells
 * @event: something happened to a peer or the device
 * @surprised: the table has to be compared
 * @ctx: for both
 */
struct data_side_calls {
	void (*event)(void *ctx, const struct event *event);
	void (*surprised)(void *ctx);
	void *ctx;
};

/**
 * struct data_side - inside of the node; private but for @ifindex and
 *	@sockets.port
 * @loop: watches for events
 * @calls: of the owner
 * @ifname: the device
 * @port: wanted, 0 = any
 * @ifindex: number of the device that is ours; 0 = not open
 * @conn: to the module; NULL = not open
 * @sockets: ours
 * @apply: what the table has
 * @events: what the module tells
 * @io: their watch
 * @refusals: how often peers that the kernel refuses are logged
 */
struct data_side {
	struct loop *loop;
	struct data_side_calls calls;
	const char *ifname;
	uint16_t port;
	uint32_t ifindex;
	struct genl_conn *conn;
	struct link_sockets sockets;
	struct apply_state apply;
	struct events *events;
	struct loop_io io;
	struct log_limit refusals;
};

/**
 * data_side_init() - not open
 * @side:	initialised
 * @loop:	borrowed until data_side_done()
 * @ifname:	borrowed likewise
 * @port:	UDP port, 0 = any
 * @calls:	copied
 */
void data_side_init(struct data_side *side, struct loop *loop,
		    const char *ifname, uint16_t port,
		    const struct data_side_calls *calls);

/**
 * data_side_open() - take the device over, or make one
 * @side:	not open; open on success
 * @detail:	filled on error
 *
 * Peers and sessions of a device that is there stay as they are.
 *
 * Return: 0, TNE_NO_MODULE or -errno.
 */
int data_side_open(struct data_side *side, struct err_detail *detail);

/**
 * data_side_is_open() - is the device ours?
 * @side: the side
 *
 * Return: true if so.
 */
static inline bool data_side_is_open(const struct data_side *side)
{
	return side->conn;
}

/**
 * data_side_set() - have the peers as they are wanted
 * @side:	open
 * @want:	how
 * @keys:	of those that may have changed; NULL = any
 * @n_keys:	how many
 * @detail:	filled on error
 *
 * Return: 1 if something was changed, 0 if not; an error of apply_wanted().
 */
int data_side_set(struct data_side *side, const struct wanted *want,
		  const struct node_public *keys, size_t n_keys,
		  struct err_detail *detail);

/**
 * data_side_read() - device and peers with their counters
 * @side:	the side
 * @peers:	with peers?
 * @ret:	all zero; owned by the caller, on error too
 *
 * Return: 0, -ENOTCONN if it is not open, or an error of fetch_device().
 */
int data_side_read(struct data_side *side, bool peers, struct wg_device *ret);

/**
 * data_side_close() - let go of the device, which stays
 * @side: open or not
 */
void data_side_close(struct data_side *side);

/**
 * data_side_delete() - remove a device
 * @ifname:	its name
 * @detail:	filled on error
 *
 * Return: 0, also if there is none; or -errno.
 */
int data_side_delete(const char *ifname, struct err_detail *detail);

#endif /* NODE_DATA_SIDE_H */
