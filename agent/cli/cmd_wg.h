/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef CLI_CMD_WG_H
#define CLI_CMD_WG_H

struct err_detail;
struct genl_conn;

/**
 * cmd_wg() - the verb "wg"
 * @argc:	number of arguments
 * @argv:	arguments, from the verb on, NULL behind the last
 *
 * Return: exit status of the program.
 */
int cmd_wg(int argc, char **argv);

/* Shared by the files cmd_wg_*.c, each of which has some of the subcommands. */
int cmd_wg_show(int argc, char **argv);
int cmd_wg_showconf(int argc, char **argv);
int cmd_wg_stats(int argc, char **argv);
int cmd_wg_set(int argc, char **argv);
int cmd_wg_setconf(int argc, char **argv);
int cmd_wg_genkey(int argc, char **argv);
int cmd_wg_pubkey(int argc, char **argv);

/**
 * cmd_wg_usage() - say how a subcommand is used, on the standard error output
 * @name: the subcommand
 *
 * Return: the exit status for wrong usage.
 */
int cmd_wg_usage(const char *name);

/**
 * cmd_wg_connect() - connect to the module, or say why not
 * @ret: the connection, owned by the caller
 *
 * Return: 0 or an error.
 */
int cmd_wg_connect(struct genl_conn **ret);

/**
 * cmd_wg_fail() - say what went wrong
 * @err:	the error
 * @detail:	text for people
 * @what:	what was tried, "access" or "modify"
 * @ifname:	the device, or NULL
 *
 * Return: the exit status.
 */
int cmd_wg_fail(int err, const struct err_detail *detail, const char *what,
		const char *ifname);

#endif /* CLI_CMD_WG_H */
