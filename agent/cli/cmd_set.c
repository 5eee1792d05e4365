// SPDX-License-Identifier: GPL-2.0-only
#include "cli/cmd_set.h"

#include "cli/cli.h"
#include "cli/up_flags.h"
#include "model/up_rules.h"

#include <stdlib.h>

/* The preferences that the options mention. */
static uint64_t mentioned(struct up_options *options)
{
	unsigned int given;
	uint64_t set = 0;
	size_t i;
	bool any;

	given = up_options_given(options, &any);
	for (i = 0; i < UP_FLAGS; i++) {
		if (given & UP_BIT(i))
			set |= up_flag_prefs(i);
	}
	if (flags_find(options->flag, options->n, "nickname")->given)
		set |= PREFS_BIT(PREFS_PROFILE_NAME);
	return set;
}

/*
 * Two options make one preference: what is not mentioned of it has to be known
 * to stay as it is. Return: below 0 to go on, else the exit code.
 */
static int keep_routes(const struct cli *cli, struct up_options *options,
		       struct prefs *prefs)
{
	const unsigned int both = UP_BIT(UP_ADVERTISE_ROUTES) |
				  UP_BIT(UP_ADVERTISE_EXIT_NODE);
	struct err_detail detail = { "" };
	unsigned int given;
	struct prefs old;
	char *login;
	bool any;
	int code, r;

	given = up_options_given(options, &any) & both;
	if (!given || given == both)
		return -1;
	code = cli_prefs(cli, &old, &login);
	if (code >= 0)
		return code;
	r = up_keep_routes(&old.advertise_routes,
			   given == UP_BIT(UP_ADVERTISE_ROUTES),
			   &prefs->advertise_routes);
	prefs_done(&old);
	free(login);
	return r < 0 ? cli_fail(cli, r, &detail) : -1;
}

int cmd_set(const struct cli *cli, int argc, char **argv)
{
	static const char usage[] = "set [flags]";
	struct err_detail detail = { "" };
	struct up_options options;
	struct prefs_edit edit = { 0 };
	int next, code, r;

	up_options_init(&options, UP_VERB_SET);
	code = cli_flags(cli, usage, options.flag, options.n, argc, argv,
			 &next);
	if (code < 0)
		code = cli_no_args(cli, argc, argv, next);
	if (code >= 0)
		return code;
	edit.set = mentioned(&options);
	if (!edit.set) {
		fprintf(stderr, "Usage: %s %s\n\nFlags:\n", cli->name, usage);
		flags_print(options.flag, options.n, stderr);
		return CLI_OK;
	}
	r = up_options_prefs(&options, &detail, &edit.prefs);
	if (r < 0)
		return cli_fail(cli, r, &detail);
	code = keep_routes(cli, &options, &edit.prefs);
	if (code < 0)
		code = cli_edit(cli, &edit);
	prefs_done(&edit.prefs);
	return code < 0 ? CLI_OK : code;
}
