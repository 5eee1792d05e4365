/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * In place of the node while the state cannot be opened: it says what is wrong,
 * takes a recovery key, and does nothing else. There is no new identity over a
 * state that cannot be read.
 */
#ifndef NODE_WAITING_H
#define NODE_WAITING_H

#include "base/cleanup.h"
#include "node.h"

struct keeper;
struct waiting;

/**
 * waiting_new() - begin to wait
 * @keeper:	asked what is wrong; borrowed until waiting_free()
 * @ret:	owned by the caller
 *
 * Return: 0 or -ENOMEM.
 */
int waiting_new(struct keeper *keeper, struct waiting **ret);

/**
 * waiting_free() - the wait is over
 * @waiting: or NULL; its watchers are forgotten
 */
void waiting_free(struct waiting *waiting);

DEFINE_CLEANUP(waiting, struct waiting *, waiting_free)

/**
 * waiting_tell() - tell watchers what is wrong now
 * @waiting: the one that waits
 */
void waiting_tell(struct waiting *waiting);

/**
 * waiting_api() - the functions for the local API
 *
 * Return: static data; their first argument is a struct waiting.
 */
const struct node_api *waiting_api(void);

#endif /* NODE_WAITING_H */
