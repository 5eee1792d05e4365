// SPDX-License-Identifier: GPL-2.0-only
#include "cli/cmd_logout.h"

#include "base/array.h"
#include "cli/cli.h"

int cmd_logout(const struct cli *cli, int argc, char **argv)
{
	struct flag flags[] = {
		FLAG("reason", FLAG_REFUSED, NULL,
		  "there is no policy here that asks for reasons"),
	};
	int next, code;

	code = cli_flags(cli, "logout", flags, ARRAY_SIZE(flags), argc, argv,
			 &next);
	if (code < 0)
		code = cli_no_args(cli, argc, argv, next);
	if (code < 0)
		code = cli_ask(cli, "POST", "logout", NULL, NULL);
	return code < 0 ? CLI_OK : code;
}
