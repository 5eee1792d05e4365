/* SPDX-License-Identifier: GPL-2.0-only */
/* What is wrong with the node, in words. */
#ifndef NODE_HEALTH_H
#define NODE_HEALTH_H

struct node_own;

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
