/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef CLI_CMD_DEBUG_H
#define CLI_CMD_DEBUG_H

struct cli;

/**
 * cmd_debug() - "tailnet debug": what the agent holds
 * @cli:	the run
 * @argc:	number of arguments, the verb itself included
 * @argv:	arguments, the verb itself first
 *
 * Return: exit status.
 */
int cmd_debug(const struct cli *cli, int argc, char **argv);

#endif /* CLI_CMD_DEBUG_H */
