/* SPDX-License-Identifier: GPL-2.0-only */
/* Parts of the network map as JSON, to be looked at. */
#ifndef NODE_DUMP_H
#define NODE_DUMP_H

#include "model/netmap.h"

/**
 * dump_netmap() - the map for people
 * @netmap:	the map, not empty
 * @ret:	text, terminated; the caller's, for free()
 *
 * Public parts only; the names are those of the protocol.
 *
 * Return: 0 or -ENOMEM.
 */
int dump_netmap(const struct netmap *netmap, char **ret);

/**
 * dump_derp_map() - the relays, in the form in which they came
 * @netmap:	the map
 * @ret:	text, terminated; the caller's, for free()
 *
 * Source: tailcfg/derpmap.go.
 *
 * Return: 0 or -ENOMEM.
 */
int dump_derp_map(const struct netmap *netmap, char **ret);

#endif /* NODE_DUMP_H */
