// SPDX-License-Identifier: GPL-2.0-only
#include "cli/cmd_login.h"

#include "cli/cli.h"
#include "cli/up_flags.h"
#include "cli/up_run.h"

#include <unistd.h>

static int log_in(const struct cli *cli, struct up_options *options,
		  const struct prefs *prefs, const struct secret_buf *auth_key)
{
	struct status status __attribute__((cleanup(status_cleanup))) = { 0 };
	struct up_run run = {
		.prefs = prefs,
		.auth_key = auth_key,
		.status = &status,
		.wait = {
			.timeout_ms = options->timeout_ms,
			.qr = up_options_qr_given(options) ? options->qr :
				isatty(STDERR_FILENO),
			.server = prefs_text(prefs->control_url),
		},
	};
	int code = cli_status_open(cli, &status);

	if (code >= 0)
		return code;
	/* Who is logged in stays so, in a profile that can be switched to. */
	if (status.have_node_key && status.backend != BACKEND_NEEDS_LOGIN) {
		code = cli_ask(cli, "PUT", "profiles/", NULL, NULL);
		if (code >= 0)
			return code;
		status.have_node_key = false;
	}
	return up_run(cli, &run);
}

int cmd_login(const struct cli *cli, int argc, char **argv)
{
	struct secret_buf __attribute__((cleanup(secret_buf_cleanup)))
		auth_key = { 0 };
	struct err_detail detail = { "" };
	struct up_options options;
	struct prefs prefs;
	int next, code, r;

	up_options_init(&options, UP_VERB_LOGIN);
	code = cli_flags(cli, "login [flags]", options.flag, options.n, argc,
			 argv, &next);
	if (code < 0)
		code = cli_no_args(cli, argc, argv, next);
	if (code >= 0)
		return code;
	r = up_options_prefs(&options, &detail, &prefs);
	if (r < 0)
		return cli_fail(cli, r, &detail);
	r = up_options_auth_key(&options, &detail, &auth_key);
	code = r < 0 ? cli_fail(cli, r, &detail) :
		log_in(cli, &options, &prefs, &auth_key);
	prefs_done(&prefs);
	return code;
}
