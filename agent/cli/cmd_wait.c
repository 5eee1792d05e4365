// SPDX-License-Identifier: GPL-2.0-only
#include "cli/cmd_wait.h"

#include "base/array.h"
#include "cli/cli.h"
#include "cli/login_wait.h"
#include "model/notify.h"

int cmd_wait(const struct cli *cli, int argc, char **argv)
{
	struct login_wait how = { .quiet = true };
	struct err_detail detail = { "" };
	struct flag flags[] = {
		FLAG("timeout", FLAG_DURATION, &how.timeout_ms,
		     "longest wait, such as 30s (default: for ever)"),
	};
	struct client_watch *watch;
	int next, code, r;

	code = cli_flags(cli, "wait [--timeout=<duration>]", flags,
			 ARRAY_SIZE(flags), argc, argv, &next);
	if (code < 0)
		code = cli_no_args(cli, argc, argv, next);
	if (code >= 0)
		return code;
	r = client_watch_open(&cli->client, NOTIFY_INITIAL_STATE, &detail,
			      &watch);
	if (r < 0)
		return cli_fail(cli, r, &detail);
	code = login_wait(cli, watch, &how);
	client_watch_close(watch);
	return code;
}
