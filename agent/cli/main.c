// SPDX-License-Identifier: GPL-2.0-only
#include "base/array.h"
#include "base/secret.h"
#include "base/version.h"
#include "cli/cli.h"
#include "cli/cmd_adopt.h"
#include "cli/cmd_debug.h"
#include "cli/cmd_down.h"
#include "cli/cmd_ip.h"
#include "cli/cmd_lock.h"
#include "cli/cmd_login.h"
#include "cli/cmd_logout.h"
#include "cli/cmd_set.h"
#include "cli/cmd_status.h"
#include "cli/cmd_switch.h"
#include "cli/cmd_up.h"
#include "cli/cmd_version.h"
#include "cli/cmd_wait.h"
#include "cli/cmd_wg.h"
#include "wire/json_wipe.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STOCK_NAME "tailscale"
#define STOCK_SOCKET "/var/run/tailscale/tailscaled.sock"

/* This one needs no agent. */
static int run_wg(const struct cli *cli, int argc, char **argv)
{
	(void)cli;
	return cmd_wg(argc, argv);
}

static const struct {
	const char *name;
	int (*run)(const struct cli *cli, int argc, char **argv);
	const char *help;
} verbs[] = {
	{ "up", cmd_up, "connects, and logs in if needed" },
	{ "down", cmd_down, "disconnects, stays logged in" },
	{ "set", cmd_set, "changes the settings that are mentioned" },
	{ "login", cmd_login, "logs in" },
	{ "logout", cmd_logout, "disconnects and forgets the login" },
	{ "status", cmd_status, "shows the node and its peers" },
	{ "ip", cmd_ip, "shows addresses" },
	{ "switch", cmd_switch, "shows profiles, and uses another one" },
	{ "lock", cmd_lock, "shows and changes the tailnet lock" },
	{ "wait", cmd_wait, "waits until the node runs" },
	{ "version", cmd_version, "shows versions" },
	{ "debug", cmd_debug, "shows what the agent holds" },
	{ "adopt", cmd_adopt, "takes over the node of the stock daemon" },
	{ "release", cmd_adopt, "gives it back" },
	{ "wg", run_wg, "shows and sets devices by hand, as wg(8) does" },
};

/* Words of the stock program that are known, and mean nothing here yet. */
static const char *const unsupported[] = {
	"get", "exit-node", "ping", "whois", "whoami", "ssh",
	"serve", "funnel", "cert", "file", "dns", "bugreport",
	"netcheck", "metrics", "nc", "syspolicy", "drive", "service",
	"appc-routes", "routecheck", "id-token", "web", "configure", "systray",
	"licenses", "configure-host",
};

static void print_help(const struct cli *cli, FILE *out)
{
	size_t i;

	fprintf(out,
		"Usage: %s [--socket <path>] <verb> [<args>]\n\nVerbs:\n",
		cli->name);
	for (i = 0; i < ARRAY_SIZE(verbs); i++)
		fprintf(out, "  %s: %s\n", verbs[i].name, verbs[i].help);
}

/* Output that was lost, on a full disk for example, is a failure too. */
static int finish(const struct cli *cli, int status)
{
	if (fflush(stdout) != 0 || ferror(stdout)) {
		fprintf(stderr, "%s: ", cli->name);
		perror("standard output");
		return EXIT_FAILURE;
	}
	return status;
}

/* The same program under the stock one's name says what that one says. */
static void init_cli(struct cli *cli, const char *program)
{
	const char *slash = strrchr(program, '/');

	memset(cli, 0, sizeof(*cli));
	cli->compat = strcmp(slash ? slash + 1 : program, STOCK_NAME) == 0;
	cli->name = cli->compat ? STOCK_NAME : "tailnet";
	cli->title = cli->compat ? "Tailscale" : "Tailnet";
	cli->client.socket = cli->compat ? STOCK_SOCKET : CLI_SOCKET;
}

static int run_verb(const struct cli *cli, int argc, char **argv)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(verbs); i++) {
		if (strcmp(argv[0], verbs[i].name) == 0)
			return verbs[i].run(cli, argc, argv);
	}
	if (strcmp(argv[0], "update") == 0) {
		fprintf(stderr,
			"%s: new versions come with the package manager: apt-get install --only-upgrade tailnet\n",
			cli->name);
		return CLI_FAILED;
	}
	for (i = 0; i < ARRAY_SIZE(unsupported); i++) {
		if (strcmp(argv[0], unsupported[i]) == 0) {
			fprintf(stderr, "%s: %s is not supported yet\n",
				cli->name, argv[0]);
			return CLI_UNSUPPORTED;
		}
	}
	fprintf(stderr, "%s: no such verb: %s\n", cli->name, argv[0]);
	print_help(cli, stderr);
	return CLI_FAILED;
}

static bool is_one_of(const char *word, const char *a, const char *b,
		      const char *c)
{
	return strcmp(word, a) == 0 || strcmp(word, b) == 0 ||
		strcmp(word, c) == 0;
}

/* Old names of flags. */
static void rename_flags(int argc, char **argv)
{
	static char auth[] = "--auth-key", posture[] = "--report-posture";
	static const struct {
		const char *old;
		char *new;
	} names[] = {
		{ "authkey", auth },
		{ "posture-checking", posture },
	};
	const char *name, *end;
	size_t n;
	char *arg;
	int i;

	for (i = 1; i < argc; i++) {
		name = argv[i] + strspn(argv[i], "-");
		if (name == argv[i] || name > argv[i] + 2)
			continue;
		end = strchrnul(name, '=');
		for (n = 0; n < ARRAY_SIZE(names); n++) {
			if (strlen(names[n].old) != (size_t)(end - name) ||
			    memcmp(name, names[n].old, end - name) != 0)
				continue;
			arg = malloc(strlen(names[n].new) + strlen(end) + 1);
			if (!arg)
				return;
			strcpy(stpcpy(arg, names[n].new), end);
			argv[i] = arg; /* for as long as the program runs */
		}
	}
}

static int run(struct cli *cli, int argc, char **argv)
{
	struct flag flags[] = {
		FLAG("socket", FLAG_TEXT, &cli->client.socket,
		     "path of the agent's socket"),
	};
	struct err_detail detail = { "" };
	int next, r;

	if (argc == 2 && is_one_of(argv[1], "-V", "--version", "-version")) {
		puts(VERSION_SHORT);
		return CLI_OK;
	}
	if (argc == 2 && strcmp(argv[1], "help") == 0) {
		print_help(cli, stdout);
		return CLI_OK;
	}
	r = flags_parse(flags, ARRAY_SIZE(flags), argc - 1, argv + 1, &detail,
			&next);
	if (r != 0) {
		if (r < 0)
			fprintf(stderr, "%s: %s\n", cli->name, detail.text);
		print_help(cli, r < 0 ? stderr : stdout);
		return r < 0 ? CLI_BAD_FLAG : CLI_OK;
	}
	if (next + 1 >= argc) {
		print_help(cli, stderr);
		return CLI_FAILED;
	}
	argc -= next + 1;
	argv += next + 1;
	if (strcmp(argv[0], "wg") != 0)
		rename_flags(argc, argv);
	return run_verb(cli, argc, argv);
}

int main(int argc, char **argv)
{
	struct cli cli;

	json_wipe_init();
	init_cli(&cli, argc ? argv[0] : "");
	if (secret_init() < 0) {
		fprintf(stderr, "%s: libsodium cannot be used\n", cli.name);
		return EXIT_FAILURE;
	}
	return finish(&cli, run(&cli, argc, argv));
}
