/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef CLI_WG_PRINT_H
#define CLI_WG_PRINT_H

#include "model/wg_device.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/**
 * struct wg_style - how to print for people
 * @color: with colours
 * @now_s: wall clock, seconds
 */
struct wg_style {
	bool color;
	int64_t now_s;
};

/**
 * wg_print_device() - a device and its peers, for people
 * @out:	where to
 * @dev:	the device
 * @style:	how
 */
void wg_print_device(FILE *out, const struct wg_device *dev,
		     const struct wg_style *style);

/**
 * wg_print_dump() - a device and its peers, for programs
 * @out:	where to
 * @dev:	the device
 * @with_name:	begin each line with the name of the device
 */
void wg_print_dump(FILE *out, const struct wg_device *dev, bool with_name);

/**
 * wg_print_is_field() - is there such a field?
 * @field: its name, "listen-port" for example
 *
 * Return: true if so.
 */
bool wg_print_is_field(const char *field);

/**
 * wg_print_field() - one field of a device or of its peers, for programs
 * @out:	where to
 * @dev:	the device
 * @field:	its name
 * @with_name:	begin each line with the name of the device
 */
void wg_print_field(FILE *out, const struct wg_device *dev, const char *field,
		    bool with_name);

/**
 * wg_print_conf() - a device as a configuration file
 * @out:	where to
 * @dev:	the device
 *
 * Secrets are replaced by a word that is no key, so that the file is refused
 * until they are filled in: without them it would take the keys away.
 */
void wg_print_conf(FILE *out, const struct wg_device *dev);

/**
 * wg_print_drops() - drop counters, for programs
 * @out:	where to
 * @drops:	the counters
 * @with_name:	begin each line with the name of the device
 */
void wg_print_drops(FILE *out, const struct wg_drops *drops, bool with_name);

#endif /* CLI_WG_PRINT_H */
