/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef CLI_CMD_DOWN_H
#define CLI_CMD_DOWN_H

struct cli;

/**
 * cmd_down() - "tailnet down": disconnect, stay logged in
 * @cli:	the run
 * @argc:	number of arguments, the verb itself included
 * @argv:	arguments, the verb itself first
 *
 * Return: exit status.
 */
int cmd_down(const struct cli *cli, int argc, char **argv);

#endif /* CLI_CMD_DOWN_H */
