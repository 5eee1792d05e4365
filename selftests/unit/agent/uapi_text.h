/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The text protocol that wg(8) speaks with implementations in user space: with
 * it the real wg can be fed and read.
 * Source: https://www.wireguard.com/xplatform/
 */
#ifndef UAPI_TEXT_H
#define UAPI_TEXT_H

#include "model/wg_config.h"
#include "model/wg_device.h"

#include <stdio.h>

/* Read the answer to "get=1"; ends the program if it is malformed. */
void uapi_text_read(const char *path, const char *ifname,
		    struct wg_device *dev);

/* Write what a client would send behind "set=1". */
void uapi_text_write(FILE *out, const struct wg_config *config);

#endif /* UAPI_TEXT_H */
