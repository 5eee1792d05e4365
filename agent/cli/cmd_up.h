/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef CLI_CMD_UP_H
#define CLI_CMD_UP_H

struct cli;

/**
 * cmd_up() - "tailnet up": connect, logging in if needed
 * @cli:	the run
 * @argc:	number of arguments, the verb itself included
 * @argv:	arguments, the verb itself first
 *
 * Return: exit status.
 */
int cmd_up(const struct cli *cli, int argc, char **argv);

#endif /* CLI_CMD_UP_H */
