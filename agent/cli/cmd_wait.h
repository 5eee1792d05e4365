/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef CLI_CMD_WAIT_H
#define CLI_CMD_WAIT_H

struct cli;

/**
 * cmd_wait() - wait until the node runs
 * @cli:	the run
 * @argc:	arguments with the verb
 * @argv:	likewise
 *
 * Return: exit code.
 */
int cmd_wait(const struct cli *cli, int argc, char **argv);

#endif /* CLI_CMD_WAIT_H */
