/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef CLI_CMD_LOGOUT_H
#define CLI_CMD_LOGOUT_H

struct cli;

/**
 * cmd_logout() - "tailnet logout": disconnect and forget the login
 * @cli:	the run
 * @argc:	number of arguments, the verb itself included
 * @argv:	arguments, the verb itself first
 *
 * Return: exit status.
 */
int cmd_logout(const struct cli *cli, int argc, char **argv);

#endif /* CLI_CMD_LOGOUT_H */
