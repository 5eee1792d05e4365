/* SPDX-License-Identifier: GPL-2.0-only */
/* Between the node and its tailnet lock. */
#ifndef NODE_LOCK_GLUE_H
#define NODE_LOCK_GLUE_H

#include <stdbool.h>

struct node;
struct node_own;

/**
 * lock_glue_init() - nothing is known
 * @node: with its settings
 */
void lock_glue_init(struct node_own *node);

/**
 * lock_glue_open() - have the lock of the current profile
 * @node:	the node
 * @again:	even if it is the profile that was open
 *
 * Return: 0 or -ENOMEM.
 */
int lock_glue_open(struct node_own *node, bool again);

/**
 * lock_glue_note() - remember who has given up keys, before peers are let in
 * @node:	with a map; if there is news, all of its peers are to be set anew
 *
 * Return: 0 or -ENOMEM.
 */
int lock_glue_note(struct node_own *node);

/**
 * lock_glue_rotated() - rotated of struct view_options
 * @ctx:	the node
 * @peer:	of the map
 *
 * Return: 1, 0 or -ENOMEM.
 */
int lock_glue_rotated(void *ctx, const struct node *peer);

#endif /* NODE_LOCK_GLUE_H */
