/* SPDX-License-Identifier: GPL-2.0-only */
/* Waiting until the node runs, and telling the user what to do meanwhile. */
#ifndef CLI_LOGIN_WAIT_H
#define CLI_LOGIN_WAIT_H

#include "cli/cli.h"
#include "crypto/key.h"

#include <stdbool.h>
#include <stdint.h>

/**
 * struct login_wait - how to wait
 * @timeout_ms: longest wait, 0 = for ever
 * @json: print JSON
 * @quiet: say nothing before the end, and let nothing but the time end it
 * @qr: draw addresses as QR codes
 * @new_key: done only when this node has another key than @old_key
 * @old_key: see @new_key
 * @server: control server, for the text about approval
 */
struct login_wait {
	uint64_t timeout_ms;
	bool json;
	bool quiet;
	bool qr;
	bool new_key;
	struct node_public old_key;
	const char *server;
};

/**
 * login_wait() - wait until the node runs
 * @cli:	the run
 * @watch:	opened before the login was begun
 * @how:	how to wait
 *
 * Return: exit code.
 */
int login_wait(const struct cli *cli, struct client_watch *watch,
	       const struct login_wait *how);

#endif /* CLI_LOGIN_WAIT_H */
