/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Files and folders of a node that changes hands: whose they are, copies of
 * them, and the settings that name their place. No link is ever followed.
 */
#ifndef STORE_ADOPT_FILES_H
#define STORE_ADOPT_FILES_H

#include "base/err.h"
#include "base/secret.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/**
 * adopt_give() - make a folder and all in it somebody's
 * @dir:	the folder, open
 * @uid:	new owner
 * @gid:	new group
 * @detail:	filled on error
 *
 * Return: 0, -errno, or TNE_TOO_LONG if it is too deep.
 */
int adopt_give(int dir, uid_t uid, gid_t gid, struct err_detail *detail);

/**
 * adopt_check_copy() - would a copy be whole?
 * @from:	folder that it is in
 * @name:	of a file or folder; it need not be there
 * @detail:	filled on error
 *
 * Return: 0; TNE_ADOPT if there is a link in it, or anything else that is neither a
 * file nor a folder; -errno; TNE_TOO_LONG if it is too deep.
 */
int adopt_check_copy(int from, const char *name, struct err_detail *detail);

/**
 * adopt_copy() - copy a file, or a folder and all in it
 * @from:	folder that it is in
 * @to:		folder that it goes to, where there is nothing of that name
 * @name:	of it; it need not be there
 * @detail:	filled on error
 *
 * Everything becomes the caller's own, with mode 0600 or 0700.
 *
 * Return: 0, -errno, or TNE_TOO_LONG if it is too deep.
 */
int adopt_copy(int from, int to, const char *name, struct err_detail *detail);

/**
 * adopt_remove() - remove a file, or a folder and all in it
 * @dir:	folder that it is in
 * @name:	of it; it need not be there
 * @detail:	filled on error
 *
 * Return: 0, -errno, or TNE_TOO_LONG if it is too deep.
 */
int adopt_remove(int dir, const char *name, struct err_detail *detail);

/**
 * adopt_check_path() - can a folder stand in the settings of a service?
 * @dir:	absolute path
 *
 * Return: true if it has no character that means something there.
 */
bool adopt_check_path(const char *dir);

/**
 * adopt_set_flags() - set or take away --statedir in a file of settings
 * @old:	the file, NULL = there is none
 * @len:	of @old
 * @dir:	the folder; NULL takes the option away
 * @ret:	the new file
 *
 * Only the last line beginning with FLAGS= changes, or is added.
 *
 * Return: 0 or -ENOMEM.
 */
int adopt_set_flags(const char *old, size_t len, const char *dir,
		    struct secret_buf *ret);

#endif /* STORE_ADOPT_FILES_H */
