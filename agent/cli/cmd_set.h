/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef CLI_CMD_SET_H
#define CLI_CMD_SET_H

struct cli;

/**
 * cmd_set() - change the settings that are mentioned, and no others
 * @cli:	the run
 * @argc:	arguments with the verb
 * @argv:	likewise
 *
 * Return: exit code.
 */
int cmd_set(const struct cli *cli, int argc, char **argv);

#endif /* CLI_CMD_SET_H */
