/* SPDX-License-Identifier: GPL-2.0-only */
/* Those who are told of changes. */
#ifndef NODE_WATCHERS_H
#define NODE_WATCHERS_H

#include "base/list.h"
#include "node.h"

#include <stdbool.h>
#include <stdint.h>

/**
 * struct watchers - inside of the node
 * @list: of them
 * @last_id: of the newest
 */
struct watchers {
	struct list list;
	uint64_t last_id;
};

/**
 * watchers_init() - nobody watches
 * @watchers: initialised
 */
void watchers_init(struct watchers *watchers);

/**
 * watchers_done() - forget all; they are told nothing
 * @watchers: initialised
 */
void watchers_done(struct watchers *watchers);

/**
 * watchers_add() - one more
 * @watchers:	the others
 * @w:		copied
 * @ret_id:	names it
 *
 * Return: 0 or -ENOMEM.
 */
int watchers_add(struct watchers *watchers, const struct node_watcher *w,
		 uint64_t *ret_id);

/**
 * watchers_remove() - one less
 * @watchers:	the others
 * @id:		names it
 */
void watchers_remove(struct watchers *watchers, uint64_t id);

/**
 * watchers_tell() - tell all of them
 * @watchers:	may go, and come, meanwhile; who comes is not told
 * @msg:	borrowed for the call
 */
void watchers_tell(struct watchers *watchers, const struct notify *msg);

/**
 * watchers_want() - does anybody want this?
 * @watchers:	asked
 * @mask:	NOTIFY_*
 *
 * Return: true if so.
 */
bool watchers_want(const struct watchers *watchers, uint64_t mask);

#endif /* NODE_WATCHERS_H */
