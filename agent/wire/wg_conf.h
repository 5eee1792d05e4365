/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef WIRE_WG_CONF_H
#define WIRE_WG_CONF_H

#include "base/err.h"
#include "base/secret.h"
#include "model/wg_config.h"

#include <stdbool.h>
#include <stddef.h>

/* In place of a secret, which the module never gives out. Not a valid key. */
#define WG_CONF_HIDDEN "(hidden)"

/**
 * wg_conf_parse() - read a configuration file of wg(8)
 * @text:	the file
 * @replace:	the file is the whole configuration: what it does not set has
 *		its default; else it is added to what there is
 * @detail:	filled on error, with the number of the line
 * @ret:	the configuration, owned by the caller; nothing is left of it on
 *		error
 *
 * Source: wg(8), CONFIGURATION FILE FORMAT; the keys GSO, GRO, Inline and Roam
 * are ours.
 * Return: 0, TNE_CONF_SYNTAX, TNE_KEY_FORMAT or -ENOMEM.
 */
int wg_conf_parse(const struct secret_buf *text, bool replace,
		  struct err_detail *detail, struct wg_config *ret);

/**
 * wg_conf_parse_args() - read the settings of "wg set"
 * @argv:	the arguments behind the name of the device, borrowed by @ret
 * @argc:	how many
 * @detail:	filled on error, naming the bad argument
 * @ret:	the configuration, owned by the caller; keys are still files
 *
 * Source: wg(8), set; gso, gro, inline and roam are ours.
 * Return: as wg_conf_parse().
 */
int wg_conf_parse_args(char *const *argv, int argc, struct err_detail *detail,
		       struct wg_config *ret);

#endif /* WIRE_WG_CONF_H */
