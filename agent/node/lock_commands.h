/* SPDX-License-Identifier: GPL-2.0-only */
/* What users want done about the tailnet lock. */
#ifndef NODE_LOCK_COMMANDS_H
#define NODE_LOCK_COMMANDS_H

struct node_lock_api;
struct node_own;

/* For the local API; their first argument is the node. */
extern const struct node_lock_api lock_commands;

/**
 * lock_commands_end() - nobody will answer any more
 * @node: its commands under way end with -ECANCELED
 */
void lock_commands_end(struct node_own *node);

#endif /* NODE_LOCK_COMMANDS_H */
