/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef DATAPLANE_FETCH_H
#define DATAPLANE_FETCH_H

#include "base/err.h"
#include "model/wanted.h"
#include "model/wg_device.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct genl_conn;

/*
 * Reading from the module. All return 0, -errno or TNE_NO_FAMILY_ANSWER with a
 * detail; a picture that changed while it was taken is taken again, -EAGAIN if
 * it never holds still.
 */

/**
 * fetch_devices() - all devices of the namespace
 * @conn:	the connection
 * @peers:	with their peers?
 * @detail:	filled on error
 * @ret:	all zero; owned by the caller, on error too
 */
int fetch_devices(struct genl_conn *conn, bool peers,
		  struct err_detail *detail, struct wg_devices *ret);

/**
 * fetch_device() - one device
 * @conn:	the connection
 * @ifname:	its name
 * @peers:	with its peers?
 * @detail:	filled on error
 * @ret:	all zero; its contents are owned by the caller, on error too
 */
int fetch_device(struct genl_conn *conn, const char *ifname, bool peers,
		 struct err_detail *detail, struct wg_device *ret);

/**
 * fetch_has_peer() - is there a peer of that key?
 * @conn:	the connection
 * @ifname:	the device
 * @key:	names the peer
 * @detail:	filled on error
 *
 * Return: 1 if so, 0 if not, or an error.
 */
int fetch_has_peer(struct genl_conn *conn, const char *ifname,
		   const struct node_public *key, struct err_detail *detail);

/**
 * fetch_lock() - the tailnet lock of a device
 * @conn:	the connection
 * @ifname:	the device
 * @generation:	of the table that it has to belong to, or -EINTR
 * @detail:	filled on error
 * @ret:	all zero; its contents are owned by the caller, on error too. Off
 *		if the module is one from before the lock
 */
int fetch_lock(struct genl_conn *conn, const char *ifname, uint64_t generation,
	       struct err_detail *detail, struct wanted_lock *ret);

/**
 * typedef fetch_drops_fn - takes the drop counters of one device
 * @ctx:	of the request
 * @drops:	borrowed during the call
 */
typedef void (*fetch_drops_fn)(void *ctx, const struct wg_drops *drops);

/**
 * fetch_drops() - drop counters
 * @conn:	the connection
 * @ifname:	one device; NULL = all of the namespace
 * @fn:		gets those of each device
 * @ctx:	for @fn
 * @detail:	filled on error
 */
int fetch_drops(struct genl_conn *conn, const char *ifname, fetch_drops_fn fn,
		void *ctx, struct err_detail *detail);

#endif /* DATAPLANE_FETCH_H */
