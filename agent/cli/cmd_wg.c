// SPDX-License-Identifier: GPL-2.0-only
#include "cli/cmd_wg.h"

#include "base/array.h"
#include "base/err.h"
#include "dataplane/genl_conn.h"
#include "uapi/tailnet.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *args;
	const char *help;
} commands[] = {
	{ "show", cmd_wg_show,
	  " { <interface> | all | interfaces } [public-key | private-key | listen-port | fwmark | peers | preshared-keys | endpoints | allowed-ips | latest-handshakes | transfer | persistent-keepalive | dump]",
	  "Shows the current configuration and device information" },
	{ "showconf", cmd_wg_showconf, " <interface>",
	  "Shows the current configuration of a given interface, for use with `setconf' once its secrets are filled in" },
	{ "set", cmd_wg_set,
	  " <interface> [listen-port <port>] [fwmark <mark>] [private-key <file path>] [gso on|off] [gro on|off] [inline on|off] [peer <base64 public key> [remove] [preshared-key <file path>] [endpoint <ip>:<port>] [persistent-keepalive <interval seconds>] [allowed-ips [+|-]<ip1>/<cidr1>[,[+|-]<ip2>/<cidr2>]...] [roam on|off] ]...",
	  "Change the current configuration, add peers, remove peers, or change peers" },
	{ "setconf", cmd_wg_setconf, " <interface> <configuration filename>",
	  "Applies a configuration file to an interface" },
	{ "addconf", cmd_wg_setconf, " <interface> <configuration filename>",
	  "Appends a configuration file to an interface" },
	{ "syncconf", cmd_wg_setconf, " <interface> <configuration filename>",
	  "Synchronizes a configuration file to an interface" },
	{ "genkey", cmd_wg_genkey, "",
	  "Generates a new private key and writes it to stdout" },
	{ "genpsk", cmd_wg_genkey, "",
	  "Generates a new preshared key and writes it to stdout" },
	{ "pubkey", cmd_wg_pubkey, "",
	  "Reads a private key from stdin and writes a public key to stdout" },
	{ "stats", cmd_wg_stats, " [<interface>]",
	  "Shows how many packets were dropped, by reason" },
};

static void print_help(FILE *out)
{
	size_t i;

	fputs("Usage: tailnet wg <cmd> [<args>]\n\nAvailable subcommands:\n",
	      out);
	for (i = 0; i < ARRAY_SIZE(commands); i++)
		fprintf(out, "  %s: %s\n", commands[i].name, commands[i].help);
	fputs("You may pass `--help' to any of these subcommands to view usage.\n",
	      out);
}

static void print_usage(FILE *out, const char *name)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(commands); i++) {
		if (strcmp(commands[i].name, name) == 0)
			fprintf(out, "Usage: tailnet wg %s%s\n", name,
				commands[i].args);
	}
}

int cmd_wg_usage(const char *name)
{
	print_usage(stderr, name);
	return EXIT_FAILURE;
}

int cmd_wg_connect(struct genl_conn **ret)
{
	int r = genl_conn_open(TAILNET_GENL_NAME, ret);

	if (r < 0)
		fprintf(stderr, "tailnet: %s\n", err_text(r));
	return r;
}

int cmd_wg_fail(int err, const struct err_detail *detail, const char *what,
		const char *ifname)
{
	const char *text = detail->text[0] ? detail->text : err_text(err);

	fprintf(stderr, "tailnet: Unable to %s interface%s%s: %s%s\n", what,
		ifname ? " " : "", ifname ? ifname : "", text,
		err == -EPERM ? "; this needs CAP_NET_ADMIN" : "");
	return EXIT_FAILURE;
}

static bool wants_help(const char *arg)
{
	return strcmp(arg, "help") == 0 || strcmp(arg, "--help") == 0 ||
	       strcmp(arg, "-h") == 0;
}

int cmd_wg(int argc, char **argv)
{
	size_t i;

	if (argc == 1)
		return cmd_wg_show(argc, argv);
	if (wants_help(argv[1])) {
		print_help(stdout);
		return EXIT_SUCCESS;
	}
	for (i = 0; i < ARRAY_SIZE(commands); i++) {
		if (strcmp(argv[1], commands[i].name) != 0)
			continue;
		if (argc == 3 && wants_help(argv[2])) {
			print_usage(stdout, argv[1]);
			return EXIT_SUCCESS;
		}
		return commands[i].run(argc - 1, argv + 1);
	}
	fprintf(stderr, "Invalid subcommand: `%s'\n", argv[1]);
	print_help(stderr);
	return EXIT_FAILURE;
}
