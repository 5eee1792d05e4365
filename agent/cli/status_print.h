/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The table of "tailnet status".
 *
 * Source: tailscale cmd/tailscale/cli/status.go.
 */
#ifndef CLI_STATUS_PRINT_H
#define CLI_STATUS_PRINT_H

#include "model/status.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/**
 * struct status_print - what is shown
 * @self: this node
 * @peers: the others
 * @active: of them, only those with which packets are exchanged
 * @header: a line with headings
 * @now_s: time of day, seconds since 1970
 */
struct status_print {
	bool self;
	bool peers;
	bool active;
	bool header;
	int64_t now_s;
};

/**
 * status_print_table() - print one line for each node
 * @status:	shown
 * @how:	which lines
 * @out:	where to
 *
 * Control characters of others never reach the terminal.
 *
 * Return: 0 or -ENOMEM.
 */
int status_print_table(const struct status *status,
		       const struct status_print *how, FILE *out);

/**
 * status_print_health() - print what is wrong
 * @status:	shown; nothing is printed without any
 * @out:	where to
 */
void status_print_health(const struct status *status, FILE *out);

/**
 * status_print_rest() - a line about the state at rest
 * @rest:	may be not known; then there is no line
 * @out:	where to
 */
void status_print_rest(const struct status_rest *rest, FILE *out);

#endif /* CLI_STATUS_PRINT_H */
