/* SPDX-License-Identifier: GPL-2.0-only */
/* The status document of the node, from what it knows. */
#ifndef NODE_NODE_STATUS_H
#define NODE_NODE_STATUS_H

#include "model/netmap.h"
#include "model/status.h"
#include "model/wg_device.h"
#include "wire/map_request_json.h"

#include <stdbool.h>
#include <stddef.h>

struct node_whois;

/**
 * struct node_status_input - what is known; all borrowed
 * @netmap: the map, or NULL
 * @device: the kernel's peers with their counters, sorted by key; may be empty
 * @key: own node key, zero = none
 * @hostname: own
 * @endpoints: own
 * @n_endpoints: how many
 * @connected: to the control server
 * @exit_node: stable id of the chosen one, or ""
 * @now: wall clock
 */
struct node_status_input {
	const struct netmap *netmap;
	const struct wg_device *device;
	struct node_public key;
	const char *hostname;
	const struct own_endpoint *endpoints;
	size_t n_endpoints;
	bool connected;
	const char *exit_node;
	struct timestamp now;
};

/**
 * node_status_self() - fill in this node
 * @in:		what is known
 * @ret:	all zero; owned by the caller, on error too
 *
 * Return: 0 or -ENOMEM.
 */
int node_status_self(const struct node_status_input *in,
		     struct status_peer *ret);

#define STATUS_NAME_MAX 256	/* bytes of a suffix, with the end */

/**
 * node_status_suffix() - what the names of a tailnet end with
 * @name:	of a node
 * @ret:	everything behind the first label, or the one label that there
 *		is; without dots at its ends
 */
void node_status_suffix(const char *name, char ret[STATUS_NAME_MAX]);

/**
 * node_status_map() - fill in what comes from the map
 * @in:		what is known
 * @peers:	with peers; the own user is there in any case
 * @ret:	self, peers, users, names; owned by the caller, on error too
 *
 * Return: 0 or -ENOMEM.
 */
int node_status_map(const struct node_status_input *in, bool peers,
		    struct status *ret);

/**
 * node_status_whois() - who has an address
 * @status:	with peers
 * @addr:	"IP", "IP:PORT" or a node key
 * @ret:	borrows from @status
 *
 * Return: 0 or -ENOENT.
 */
int node_status_whois(const struct status *status, const char *addr,
		      struct node_whois *ret);

#endif /* NODE_NODE_STATUS_H */
