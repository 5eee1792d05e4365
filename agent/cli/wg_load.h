/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef CLI_WG_LOAD_H
#define CLI_WG_LOAD_H

#include "base/err.h"
#include "base/secret.h"
#include "model/wg_config.h"

#include <stdio.h>

/*
 * What a configuration needs from outside: files and name lookups. All return 0
 * or an error with a detail.
 */

/**
 * wg_load_file() - read a configuration file
 * @path:	the file, a pipe for example
 * @detail:	filled on error
 * @buf:	appended to
 */
int wg_load_file(const char *path, struct err_detail *detail,
		 struct secret_buf *buf);

/**
 * wg_load_keys() - read the key files that a configuration names
 * @config:	its secrets are filled in; an empty file removes a key
 * @detail:	filled on error
 */
int wg_load_keys(struct wg_config *config, struct err_detail *detail);

/**
 * wg_load_endpoints() - look up the host names of a configuration
 * @config:	its endpoints are filled in
 * @detail:	filled on error
 *
 * A lookup that may succeed later is tried again, as often as the environment
 * variable WG_ENDPOINT_RESOLUTION_RETRIES says, with growing pauses.
 */
int wg_load_endpoints(struct wg_config *config, struct err_detail *detail);

/**
 * wg_load_warn() - warn of what was probably meant differently
 * @config:	the configuration
 * @out:	gets the warnings
 */
void wg_load_warn(const struct wg_config *config, FILE *out);

#endif /* CLI_WG_LOAD_H */
