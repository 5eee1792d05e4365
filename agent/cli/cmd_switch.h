/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef CLI_CMD_SWITCH_H
#define CLI_CMD_SWITCH_H

struct cli;

/**
 * cmd_switch() - list profiles, or use another one
 * @cli:	the run
 * @argc:	arguments with the verb
 * @argv:	likewise
 *
 * Return: exit code.
 */
int cmd_switch(const struct cli *cli, int argc, char **argv);

#endif /* CLI_CMD_SWITCH_H */
