/* SPDX-License-Identifier: GPL-2.0-only */
/* What is wrong with the node, in words. */
#ifndef NODE_HEALTH_H
#define NODE_HEALTH_H

#include <stdbool.h>

struct node;
struct node_own;

/**
 * health_leaves_out() - is a peer one of those that a warning counts?
 * @peer: the peer or NULL
 *
 * Return: whether it is left out for what this version does not have.
 */
bool health_leaves_out(const struct node *peer);

/**
 * health_collect() - gather what is wrong
 * @node: its @warnings are set
 */
void health_collect(struct node_own *node);

/**
 * health_tell() - tell watchers what is wrong, if it has changed
 * @node: the node
 */
void health_tell(struct node_own *node);

#endif /* NODE_HEALTH_H */
