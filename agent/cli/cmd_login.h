/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef CLI_CMD_LOGIN_H
#define CLI_CMD_LOGIN_H

struct cli;

/**
 * cmd_login() - "tailnet login": log in
 * @cli:	the run
 * @argc:	number of arguments, the verb itself included
 * @argv:	arguments, the verb itself first
 *
 * Return: exit status.
 */
int cmd_login(const struct cli *cli, int argc, char **argv);

#endif /* CLI_CMD_LOGIN_H */
