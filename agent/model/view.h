/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From the network map to how the device is wanted. What the node cannot do
 * right yet it does not do at all.
 */
#ifndef MODEL_VIEW_H
#define MODEL_VIEW_H

#include "model/netmap.h"
#include "model/reach.h"
#include "model/wanted.h"

#include <stdbool.h>

/**
 * struct view_options - what counts beside the map
 * @accept_routes: take the subnets behind peers
 * @exit_node: stable id of the peer that gets everything else; "" = none
 * @host: for the choice of endpoints
 * @read_sig: the layers of a node-key signature, NULL in @ret for one that
 *	cannot be read; 0 or -ENOMEM. NULL = signatures do not matter
 * @rotated: has the node given this key up, as far as is remembered? 1, 0 or
 *	-ENOMEM. NULL = nothing is
 * @ctx: for @rotated
 */
struct view_options {
	bool accept_routes;
	const char *exit_node;
	struct reach_host host;
	int (*read_sig)(struct bytes data, struct peer_sig **ret);
	int (*rotated)(void *ctx, const struct node *peer);
	void *ctx;
};

/* Why there are no peers at all. */
enum view_closed {
	VIEW_OPEN,
	VIEW_NO_MAP,
	VIEW_SELF_EXPIRED,
	VIEW_UNAPPROVED,	/* an admin has to let us in */
};

/**
 * view_check() - may there be peers?
 * @netmap:	the map or NULL
 * @now:	the local clock, set
 *
 * An expired node is not approved either, and would wait for it in vain: so
 * expiry is asked for first.
 *
 * Return: VIEW_OPEN, or why not.
 */
enum view_closed view_check(const struct netmap *netmap,
			    const struct timestamp *now);

/**
 * view_wants() - is a peer one that is configured?
 * @netmap:	the map
 * @peer:	of it
 *
 * Left out besides faulty ones: peers that may not open connections to us, and
 * those for which addresses would have to be rewritten; neither can be done
 * yet.
 *
 * Return: true if so.
 */
bool view_wants(const struct netmap *netmap, const struct node *peer);

/**
 * view_put_peer() - bring one peer of a view up to date
 * @view:	changed
 * @netmap:	the map
 * @key:	names the peer; removed if the map has none for it
 * @options:	what else counts
 *
 * Return: 0 or -ENOMEM.
 */
int view_put_peer(struct wanted *view, const struct netmap *netmap,
		  const struct node_public *key,
		  const struct view_options *options);

/**
 * view_build() - a view of all peers
 * @netmap:	the map
 * @options:	what else counts
 * @ret:	its peers; settings of the device are the caller's business. All
 *		zero before; owned by the caller, on error too
 *
 * Return: 0 or -ENOMEM.
 */
int view_build(const struct netmap *netmap, const struct view_options *options,
	       struct wanted *ret);

#endif /* MODEL_VIEW_H */
