/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef CLI_CMD_VERSION_H
#define CLI_CMD_VERSION_H

struct cli;

/**
 * cmd_version() - "tailnet version": versions
 * @cli:	the run
 * @argc:	number of arguments, the verb itself included
 * @argv:	arguments, the verb itself first
 *
 * Return: exit status.
 */
int cmd_version(const struct cli *cli, int argc, char **argv);

#endif /* CLI_CMD_VERSION_H */
