/* SPDX-License-Identifier: GPL-2.0-only */
/* One process at a time has a state directory. */
#ifndef STORE_STATE_LOCK_H
#define STORE_STATE_LOCK_H

#include "base/err.h"

#include <stdbool.h>

/**
 * struct state_lock - a state directory that others are kept from
 * @dir:	descriptor of it; -1 = none
 * @fd:		of "<file>.lock" in it, held until it is closed; -1 = none
 * @is_new:	there was no such file before
 */
struct state_lock {
	int dir;
	int fd;
	bool is_new;
};

/**
 * state_lock_init() - nothing is held
 * @lock: filled
 */
void state_lock_init(struct state_lock *lock);

/**
 * state_lock_take() - open the directory, and keep others away
 * @path:	the directory, created if its parent is there
 * @detail:	filled on error
 * @ret:	for state_lock_release(); nothing is held on error
 *
 * A lock whose file was removed keeps nobody away, and is not taken for one.
 *
 * Return: 0, -errno, -EBUSY if another process has it; TNE_STATE_FILE if others may
 * write to it.
 */
int state_lock_take(const char *path, struct err_detail *detail,
		    struct state_lock *ret);

/**
 * state_lock_remove() - remove the file; the lock is to be released next
 * @lock: held, or nothing happens
 */
void state_lock_remove(struct state_lock *lock);

/**
 * state_lock_release() - let others in
 * @lock: held or not; nothing is held afterwards
 */
void state_lock_release(struct state_lock *lock);

#endif /* STORE_STATE_LOCK_H */
