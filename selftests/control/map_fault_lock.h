/* SPDX-License-Identifier: GPL-2.0-only */
/* Faults in what a map message says about the tailnet lock. */
#ifndef CONTROL_MAP_FAULT_LOCK_H
#define CONTROL_MAP_FAULT_LOCK_H

#include <jansson.h>
#include <stdbool.h>

#include "fault.h"
#include "nodes.h"

/* Change TKAInfo or signatures of @root, or add peers to it.
 * Return: true if @id was one of these.
 */
bool map_fault_edit_lock(json_t *root, const struct node *n, enum fault_id id,
			 const char *arg);

#endif /* CONTROL_MAP_FAULT_LOCK_H */
