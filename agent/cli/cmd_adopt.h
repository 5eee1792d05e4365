/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef CLI_CMD_ADOPT_H
#define CLI_CMD_ADOPT_H

struct cli;

/**
 * cmd_adopt() - "tailnet adopt" and "tailnet release": a node changes hands
 * @cli:	the run
 * @argc:	number of arguments, the verb itself included
 * @argv:	arguments, the verb itself first
 *
 * The daemon does it, run once with --adopt or --release; no agent is asked.
 *
 * Return: exit status.
 */
int cmd_adopt(const struct cli *cli, int argc, char **argv);

#endif /* CLI_CMD_ADOPT_H */
