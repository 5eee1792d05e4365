/* SPDX-License-Identifier: GPL-2.0-only */
/* The state at rest, as users see it and act on it. */
#ifndef NODE_STATE_SIDE_H
#define NODE_STATE_SIDE_H

#include "model/status.h"
#include "node.h"
#include "node/self_info.h"
#include "store/keeper.h"

/**
 * state_side_describe() - say of ourselves how the state is kept
 * @keeper:	open
 * @self:	told
 */
void state_side_describe(const struct keeper *keeper, struct self_info *self);

/**
 * state_side_status() - the same for the status
 * @keeper:	in any phase
 * @ret:	filled, in part as well
 *
 * Return: 0 or -ENOMEM.
 */
int state_side_status(const struct keeper *keeper, struct status_rest *ret);

/**
 * state_side_dump() - everything about it
 * @keeper:	in any phase
 * @ret:	JSON text, owned by the caller
 *
 * Return: 0 or -ENOMEM.
 */
int state_side_dump(const struct keeper *keeper, char **ret);

/**
 * state_side_command() - do something about it
 * @keeper:	does it
 * @command:	what
 * @arg:	of it, borrowed for the call
 * @len:	of @arg
 * @detail:	filled on error
 * @done:	called once, later, if this returns 0
 * @ctx:	for @done
 *
 * Return: 0, or what the keeper's function returns.
 */
int state_side_command(struct keeper *keeper, enum node_state_command command,
		       const char *arg, size_t len, struct err_detail *detail,
		       node_done_fn done, void *ctx);

#endif /* NODE_STATE_SIDE_H */
