/* SPDX-License-Identifier: GPL-2.0-only */
/* "tailnet lock": the tailnet lock. In cmd_lock.c and the files beside it. */
#ifndef CLI_CMD_LOCK_H
#define CLI_CMD_LOCK_H

#include "base/arena.h"
#include "model/lock_status.h"

#include <stddef.h>

struct cli;
struct client_answer;
struct secret_buf;

/**
 * cmd_lock() - the verb "lock"
 * @cli:	the run
 * @argc:	number of arguments with the verb
 * @argv:	arguments
 *
 * Return: exit code.
 */
int cmd_lock(const struct cli *cli, int argc, char **argv);

/* The same for the words behind it. */
int cmd_lock_init(const struct cli *cli, int argc, char **argv);
int cmd_lock_add(const struct cli *cli, int argc, char **argv);
int cmd_lock_remove(const struct cli *cli, int argc, char **argv);
int cmd_lock_sign(const struct cli *cli, int argc, char **argv);
int cmd_lock_revoke(const struct cli *cli, int argc, char **argv);

/* What they share; return below 0 to go on, else the exit code. */

/**
 * lock_get_status() - ask for the state of the lock
 * @cli:	the run
 * @enabled:	fail unless it is on
 * @mem:	owns @ret
 * @ret:	the state
 */
int lock_get_status(const struct cli *cli, bool enabled, struct arena *mem,
		    struct lock_status *ret);

/**
 * lock_post() - a request
 * @cli:	the run
 * @path:	behind "tka/"
 * @r:		what has built @body
 * @body:	moved
 * @ret:	the answer, or NULL
 */
int lock_post(const struct cli *cli, const char *path, int r,
	      struct secret_buf *body, struct client_answer *ret);

/**
 * lock_parse_keys() - arguments that are keys
 * @cli:	the run
 * @argv:	arguments
 * @n:		how many, not 0
 * @mem:	owns @ret
 * @ret:	@n keys
 */
int lock_parse_keys(const struct cli *cli, char **argv, size_t n,
		    struct arena *mem, struct lock_key *ret);

#endif /* CLI_CMD_LOCK_H */
