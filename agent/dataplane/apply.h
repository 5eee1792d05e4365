/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef DATAPLANE_APPLY_H
#define DATAPLANE_APPLY_H

#include "base/err.h"
#include "model/wg_config.h"

struct genl_conn;

/**
 * apply_config() - change a device, wholly or not at all
 * @conn:	the connection
 * @ifname:	the device
 * @config:	endpoints looked up and key files read; the presence of its peers
 *		is filled in
 * @detail:	filled on error
 *
 * One transaction. To remove a peer that is not there is no error.
 *
 * Return: 0 or -errno.
 */
int apply_config(struct genl_conn *conn, const char *ifname,
		 struct wg_config *config, struct err_detail *detail);

#endif /* DATAPLANE_APPLY_H */
