/* SPDX-License-Identifier: GPL-2.0-only */
/* Faults in the nodes that a map message has. */
#ifndef CONTROL_MAP_FAULT_PEER_H
#define CONTROL_MAP_FAULT_PEER_H

#include <jansson.h>
#include <stdbool.h>

#include "fault.h"
#include "nodes.h"

/* A peer with nothing wrong, number @i, added to the list. */
json_t *map_fault_add_peer(json_t *root, unsigned int i);

/* Change the self node of @root, or add peers to it.
 * Return: true if @id was one of these.
 */
bool map_fault_edit_nodes(json_t *root, const struct node *n, enum fault_id id,
			  const char *arg);

#endif /* CONTROL_MAP_FAULT_PEER_H */
