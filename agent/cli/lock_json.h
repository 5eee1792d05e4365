/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * "tailnet lock status" and "tailnet lock log" for programs: schema 1.
 *
 * Source: tailscale cmd/tailscale/cli/tslockjsonv1.
 */
#ifndef CLI_LOCK_JSON_H
#define CLI_LOCK_JSON_H

#include "base/secret.h"
#include "model/lock_status.h"

#include <stddef.h>

/**
 * lock_json_status() - state of the lock
 * @status:	shown
 * @ret:	a document with a line break at its end, for secret_buf_done()
 *
 * Return: 0 or -ENOMEM.
 */
int lock_json_status(const struct lock_status *status, struct secret_buf *ret);

/**
 * lock_json_log() - some updates
 * @update:	newest first
 * @n:		how many
 * @ret:	as above
 *
 * Return: 0 or -ENOMEM.
 */
int lock_json_log(const struct lock_update *update, size_t n,
		  struct secret_buf *ret);

/**
 * lock_json_aum() - all of an update, as the reference's log has kinds that it
 *	does not know
 * @aum:	shown
 * @ret:	a document without a line break at its end
 *
 * Return: 0 or -ENOMEM.
 */
int lock_json_aum(const struct aum *aum, struct secret_buf *ret);

#endif /* CLI_LOCK_JSON_H */
