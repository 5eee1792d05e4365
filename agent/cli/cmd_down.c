// SPDX-License-Identifier: GPL-2.0-only
#include "cli/cmd_down.h"

#include "base/array.h"
#include "cli/cli.h"

int cmd_down(const struct cli *cli, int argc, char **argv)
{
	struct status status __attribute__((cleanup(status_cleanup))) = { 0 };
	struct prefs_edit edit = { .set = PREFS_BIT(PREFS_WANT_RUNNING) };
	const char *risk = NULL;
	struct flag flags[] = {
		FLAG("accept-risk", FLAG_TEXT, &risk,
		  "do not ask before this risk; taken for compatibility"),
		FLAG("reason", FLAG_REFUSED, NULL,
		  "there is no policy here that asks for reasons"),
	};
	int next, code;

	code = cli_flags(cli, "down", flags, ARRAY_SIZE(flags), argc, argv,
			 &next);
	if (code < 0)
		code = cli_no_args(cli, argc, argv, next);
	if (code < 0)
		code = cli_status_open(cli, &status);
	if (code >= 0)
		return code;
	if (status.backend == BACKEND_STOPPED) {
		fprintf(stderr, "%s was already stopped.\n", cli->title);
		return CLI_OK;
	}
	code = cli_edit(cli, &edit);
	return code < 0 ? CLI_OK : code;
}
