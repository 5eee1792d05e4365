/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef CLI_CMD_IP_H
#define CLI_CMD_IP_H

struct cli;

/**
 * cmd_ip() - "tailnet ip": addresses
 * @cli:	the run
 * @argc:	number of arguments, the verb itself included
 * @argv:	arguments, the verb itself first
 *
 * Return: exit status.
 */
int cmd_ip(const struct cli *cli, int argc, char **argv);

#endif /* CLI_CMD_IP_H */
