/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is left when the state file is damaged: a copy of it for whoever wants
 * to look, and the newest older one.
 */
#ifndef STORE_FALLBACK_H
#define STORE_FALLBACK_H

#include "base/err.h"
#include "store/state.h"

#include <limits.h>

#define FALLBACK_CORRUPT STATE_FILE ".corrupt-"	/* and when it was written */
#define FALLBACK_COPIES_MAX 4			/* ours */

/**
 * fallback_copy_damaged() - copy the state file beside itself
 * @io:		calls
 * @dir:	directory of the state
 * @ret_name:	name of the copy
 *
 * The same file has the same name each time, so that there is one copy of it
 * however often the agent starts. There are FALLBACK_COPIES_MAX of them at most.
 *
 * Return: 0 if there is a copy, -EMFILE if there are too many, or -errno.
 */
int fallback_copy_damaged(const struct state_io *io, int dir,
		       char ret_name[NAME_MAX + 1]);

/**
 * fallback_restore() - put the newest good older file in the place of a damaged one
 * @path:	directory of the state, which nobody has open
 * @io:		calls
 * @detail:	filled on error
 * @ret_name:	name of the copy of the damaged one; "" = there were too many
 *
 * A temporary file that is whole was about to be the next state; after it comes
 * STATE_PREV_FILE. Good is what can be read; whether its box opens shows later.
 *
 * Return: 0, -ENOENT if there is none, or -errno; then nothing has changed.
 */
int fallback_restore(const char *path, const struct state_io *io,
		  struct err_detail *detail, char ret_name[NAME_MAX + 1]);

#endif /* STORE_FALLBACK_H */
