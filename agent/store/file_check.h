/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Whose file is it, and who else can write to it? The same answer for all that
 * lies in the state directory.
 */
#ifndef STORE_FILE_CHECK_H
#define STORE_FILE_CHECK_H

#include "base/err.h"

#include <stddef.h>
#include <sys/types.h>

struct stat;

/* What is worth a word, and no reason to do without the file. */
#define FILE_CHECK_READABLE	1	/* others may read it */
#define FILE_CHECK_FOREIGN	2	/* it is another user's */

/**
 * file_check() - may a file be used?
 * @st:		of the open file
 * @name:	for the text
 * @max:	longest, in bytes
 * @own:	whose it should be
 * @detail:	filled on error
 *
 * A file that is no regular one, or that others may write to, may not.
 *
 * Return: 0, FILE_CHECK_*, or both of them; TNE_STATE_FILE or TNE_TOO_LONG.
 */
int file_check(const struct stat *st, const char *name, size_t max, uid_t own,
	       struct err_detail *detail);

/**
 * file_check_open() - open a file of the state directory to read it
 * @dir:	the directory
 * @name:	of the file in it; a link is not followed, a pipe does not hold
 *		anybody up
 * @max:	longest, in bytes
 * @detail:	filled on error
 *
 * Return: a descriptor, owned by the caller; -ENOENT, -errno, TNE_STATE_FILE or
 * TNE_TOO_LONG.
 */
int file_check_open(int dir, const char *name, size_t max,
		    struct err_detail *detail);

#endif /* STORE_FILE_CHECK_H */
