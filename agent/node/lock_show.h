/* SPDX-License-Identifier: GPL-2.0-only */
/* What people are shown of the tailnet lock. */
#ifndef NODE_LOCK_SHOW_H
#define NODE_LOCK_SHOW_H

#include "base/arena.h"
#include "model/lock_status.h"
#include "model/netmap.h"
#include "model/profile.h"
#include "model/wg_device.h"
#include "node/lock_side.h"

#include <stddef.h>

/**
 * struct lock_show_input - what is known; all borrowed
 * @lock: the lock
 * @netmap: the map, or NULL
 * @persist: our keys
 * @device: the kernel's peers, sorted by key; may be empty
 */
struct lock_show_input {
	const struct lock_side *lock;
	const struct netmap *netmap;
	const struct persist *persist;
	const struct wg_device *device;
};

/**
 * lock_show_status() - state of the lock
 * @in:		what is known
 * @mem:	owns what is new in @ret
 * @ret:	borrows from @in, too
 *
 * Who is let in is the kernel's verdict; ours is for peers that it does not
 * have.
 *
 * Return: 0 or -ENOMEM.
 */
int lock_show_status(const struct lock_show_input *in, struct arena *mem,
		     struct lock_status *ret);

/**
 * lock_show_log() - updates of the active chain, newest first
 * @authority:	of the lock
 * @limit:	how many at most; fewer of very long ones
 * @mem:	owns the list, which borrows from @authority
 * @ret:	the updates
 * @ret_n:	how many
 *
 * Return: 0 or -ENOMEM.
 */
int lock_show_log(const struct authority *authority, size_t limit,
		  struct arena *mem, struct lock_update **ret, size_t *ret_n);

#endif /* NODE_LOCK_SHOW_H */
