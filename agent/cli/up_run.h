/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef CLI_UP_RUN_H
#define CLI_UP_RUN_H

#include "base/secret.h"
#include "cli/cli.h"
#include "cli/login_wait.h"

#include <stdbool.h>

/**
 * struct up_run - a start of the node
 * @prefs:	to begin with
 * @auth_key:	empty = none
 * @simple:	only switch on what is there
 * @force_reauth: log in even with a key
 * @status:	how things were before
 * @wait:	how to wait for the end
 */
struct up_run {
	const struct prefs *prefs;
	const struct secret_buf *auth_key;
	bool simple;
	bool force_reauth;
	const struct status *status;
	struct login_wait wait;
};

/**
 * up_run() - start the node and wait until it runs
 * @cli:	the run
 * @run:	what to do
 *
 * Return: exit code.
 */
int up_run(const struct cli *cli, struct up_run *run);

#endif /* CLI_UP_RUN_H */
