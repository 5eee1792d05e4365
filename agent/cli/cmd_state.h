/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef CLI_CMD_STATE_H
#define CLI_CMD_STATE_H

struct cli;

/**
 * cmd_state() - "tailnet debug state": how the state is kept, and its keys
 * @cli:	the run
 * @argc:	number of arguments, "state" included
 * @argv:	arguments, "state" first
 *
 * Return: exit status.
 */
int cmd_state(const struct cli *cli, int argc, char **argv);

/**
 * cmd_state_hint() - one line if there should be a recovery key and is none
 * @cli:	the run
 *
 * To be called after the node has come up. Failures are not told.
 */
void cmd_state_hint(const struct cli *cli);

#endif /* CLI_CMD_STATE_H */
