/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef CLI_CMD_STATUS_H
#define CLI_CMD_STATUS_H

struct cli;

/**
 * cmd_status() - "tailnet status": the node and its peers
 * @cli:	the run
 * @argc:	number of arguments, the verb itself included
 * @argv:	arguments, the verb itself first
 *
 * Return: exit status.
 */
int cmd_status(const struct cli *cli, int argc, char **argv);

#endif /* CLI_CMD_STATUS_H */
