// SPDX-License-Identifier: GPL-2.0-only
#include "cli/cmd_adopt.h"

#include "base/array.h"
#include "cli/cli.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define DAEMON "tailnetd"
/* Where there is a systemd; source: sd_booted(3). */
#define SYSTEMD "/run/systemd/system"
#define ARGS_MAX 6

/* Run a program to its end. Return: its exit status, or CLI_FAILED. */
static int run_program(const struct cli *cli, const char *const *argv)
{
	int status = 0;
	pid_t pid;

	fflush(NULL);
	pid = fork();
	if (pid == 0) {
		execvp(argv[0], (char *const *)argv);
		fprintf(stderr, "%s: cannot run %s: %s\n", cli->name, argv[0],
			strerror(errno));
		_exit(CLI_FAILED);
	}
	while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return pid > 0 && WIFEXITED(status) ? WEXITSTATUS(status) : CLI_FAILED;
}

static int systemctl(const struct cli *cli, const char *verb, const char *unit)
{
	const char *const argv[] = { "systemctl", verb, unit, NULL };

	return access(SYSTEMD, F_OK) < 0 ? CLI_OK : run_program(cli, argv);
}

static int run_daemon(const struct cli *cli, const char *option, bool copy,
		      const char *dir)
{
	const char *argv[ARGS_MAX] = { DAEMON, option };
	int n = 2;

	if (copy)
		argv[n++] = "--copy";
	if (dir)
		argv[n++] = dir;
	return run_program(cli, argv);
}

static int take_node(const struct cli *cli, bool copy, const char *dir)
{
	int code = run_daemon(cli, "--adopt", copy, dir);

	return code == CLI_OK ? systemctl(cli, "daemon-reload", NULL) : code;
}

/* One service stops, the file changes hands, the other one starts. */
static int give_node(const struct cli *cli, const char *dir)
{
	int code = systemctl(cli, "stop", "tailnetd.service");

	if (code == CLI_OK)
		code = run_daemon(cli, "--release", false, dir);
	if (code == CLI_OK)
		code = systemctl(cli, "daemon-reload", NULL);
	return code == CLI_OK ? systemctl(cli, "start", "tailscaled.service") :
		code;
}

int cmd_adopt(const struct cli *cli, int argc, char **argv)
{
	bool copy = false, is_adopt = strcmp(argv[0], "adopt") == 0;
	struct flag flags[] = {
		FLAG("copy", FLAG_BOOL, &copy,
		     "take a copy, leave the stock daemon's folder as it is"),
	};
	const char *usage = is_adopt ? "adopt [--copy] [DIR]" : "release [DIR]";
	size_t n = is_adopt ? ARRAY_SIZE(flags) : 0;
	const char *dir = NULL;
	int next, code;

	code = cli_flags(cli, usage, flags, n, argc, argv, &next);
	/* Options may stand behind it, as tailnetd has them. */
	if (code < 0 && next < argc) {
		dir = argv[next];
		argc -= next;
		argv += next;
		code = cli_flags(cli, usage, flags, n, argc, argv, &next);
	}
	if (code < 0)
		code = cli_no_args(cli, argc, argv, next);
	if (code >= 0)
		return code;
	return is_adopt ? take_node(cli, copy, dir) : give_node(cli, dir);
}
