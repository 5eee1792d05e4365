/* SPDX-License-Identifier: GPL-2.0-only */
/* What the service is told of a node that was taken over. */
#ifndef STORE_ADOPT_SETTINGS_H
#define STORE_ADOPT_SETTINGS_H

#include "store/adopt.h"

#include <stddef.h>

/**
 * adopt_write_text() - replace a file that everybody may read
 * @path:	absolute; its folder is there
 * @text:	nothing secret
 * @len:	of @text
 * @detail:	filled on error
 *
 * Return: 0 or -errno.
 */
int adopt_write_text(const char *path, const char *text, size_t len,
		     struct err_detail *detail);

/**
 * adopt_settings_add() - have the service use a folder
 * @config:	where its files are
 * @dir:	the folder; see adopt_check_path()
 * @detail:	filled on error
 *
 * Return: 0 or -errno.
 */
int adopt_settings_add(const struct adopt_config *config, const char *dir,
		       struct err_detail *detail);

/**
 * adopt_settings_remove() - as it was before
 * @config:	where its files are
 * @detail:	filled on error
 *
 * What adopt_settings_add() did not write stays.
 *
 * Return: 0 or -errno.
 */
int adopt_settings_remove(const struct adopt_config *config,
			  struct err_detail *detail);

#endif /* STORE_ADOPT_SETTINGS_H */
