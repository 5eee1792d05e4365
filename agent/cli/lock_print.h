/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * "tailnet lock status" and "tailnet lock log" for people. Control characters
 * of others never reach the terminal.
 *
 * Source: tailscale cmd/tailscale/cli/tailnet-lock.go.
 */
#ifndef CLI_LOCK_PRINT_H
#define CLI_LOCK_PRINT_H

#include "model/lock_status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/**
 * lock_print_status() - print the state of the lock
 * @status:	shown
 * @out:	where to
 */
void lock_print_status(const struct lock_status *status, FILE *out);

/**
 * lock_print_log() - print some updates
 * @update:	newest first
 * @n:		how many
 * @color:	the terminal has colours
 * @out:	where to
 *
 * Return: 0 or -ENOMEM.
 */
int lock_print_log(const struct lock_update *update, size_t n, bool color,
		   FILE *out);

#endif /* CLI_LOCK_PRINT_H */
