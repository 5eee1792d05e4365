// SPDX-License-Identifier: GPL-2.0-only
#include "cli/cmd_up.h"

#include "cli/cli.h"
#include "cli/cmd_state.h"
#include "cli/up_flags.h"
#include "cli/up_run.h"
#include "model/up_rules.h"

#include <pwd.h>
#include <stdlib.h>
#include <unistd.h>

/**
 * struct up - one run of the verb
 * @cli: the run of the program
 * @options: what was typed
 * @status: of the agent
 * @old: stored preferences
 * @new: wanted ones
 * @login: who is logged in
 * @auth_key: or empty
 */
struct up {
	const struct cli *cli;
	struct up_options options;
	struct status status;
	struct prefs old;
	struct prefs new;
	char *login;
	struct secret_buf auth_key;
};

/* Who has become root by sudo is still the same person. */
static const char *user_name(void)
{
	const char *sudo = getenv("SUDO_USER");
	struct passwd *pw;

	if (sudo && *sudo && geteuid() == 0)
		return sudo;
	pw = getpwuid(geteuid());
	return pw ? pw->pw_name : NULL;
}

static int say_missing(const struct up *up, unsigned int given,
		       const struct up_answer *answer)
{
	size_t i;
	char *arg;

	fprintf(stderr,
		"Error: changing settings via '%s up' requires mentioning all\n"
		"non-default flags. To proceed, either re-run your command with --reset or\n"
		"use the command below to explicitly mention the current value of\n"
		"all non-default settings:\n\n\t%s up", up->cli->name,
		up->cli->name);
	for (i = 0; i < UP_FLAGS; i++) {
		if (!(given & UP_BIT(i)))
			continue;
		arg = up_flag_arg(i, &up->new);
		if (arg)
			fprintf(stderr, " %s", arg);
		free(arg);
	}
	for (i = 0; i < answer->missing.n; i++)
		fprintf(stderr, " %s", answer->missing.item[i]);
	fputs("\n\n", stderr);
	return CLI_FAILED;
}

/* What was not mentioned stays as it is stored. */
static int keep_stored(struct up *up, unsigned int given,
		       const struct up_answer *answer)
{
	int r = 0;

	if (!(given & UP_BIT(UP_LOGIN_SERVER)) && !up->options.reset)
		r = prefs_set_text(&up->new.control_url, up->old.control_url);
	if (r == 0 && answer->keep_operator)
		r = prefs_set_text(&up->new.operator_user,
				   up->old.operator_user);
	if (r == 0 && !up->options.reset)
		r = prefs_set_text(&up->new.profile_name,
				   up->old.profile_name);
	return r;
}

static int edit(struct up *up, uint64_t set)
{
	struct prefs_edit edit = { .set = set, .prefs = up->new };
	int code = cli_edit(up->cli, &edit);

	return code < 0 ? CLI_OK : code;
}

static int start(struct up *up, bool simple)
{
	struct up_run run = {
		.prefs = &up->new,
		.auth_key = &up->auth_key,
		.simple = simple,
		.force_reauth = up->options.force_reauth,
		.status = &up->status,
		.wait = {
			.timeout_ms = up->options.timeout_ms,
			.json = up->options.json,
			.qr = up_options_qr_given(&up->options) ?
				up->options.qr : isatty(STDERR_FILENO),
			.server = prefs_text(up->new.control_url),
		},
	};

	return up_run(up->cli, &run);
}

static int act(struct up *up, unsigned int given,
	       const struct up_answer *answer)
{
	switch (answer->action) {
	case UP_SIMPLE:
		return start(up, true);
	case UP_EDIT:
		return edit(up, answer->edit_set);
	case UP_START:
		return start(up, false);
	case UP_MISSING:
		return say_missing(up, given, answer);
	case UP_NEEDS_REAUTH:
		break;
	}
	fprintf(stderr,
		"%s: can't change --login-server without --force-reauth\n",
		up->cli->name);
	return CLI_FAILED;
}

static int decide(struct up *up)
{
	struct err_detail detail = { "" };
	struct up_answer answer;
	struct up_question q = {
		.old = &up->old,
		.new = &up->new,
		.reset = up->options.reset,
		.force_reauth = up->options.force_reauth,
		.has_auth_key = up->auth_key.len > 0,
		.backend = up->status.backend,
		.login = up->login,
		.user = user_name(),
	};
	int r, code;

	q.given = up_options_given(&up->options, &q.any_flag);
	r = up_decide(&q, &answer);
	if (r < 0)
		return cli_fail(up->cli, r, &detail);
	r = keep_stored(up, q.given, &answer);
	code = r < 0 ? cli_fail(up->cli, r, &detail) :
		act(up, q.given, &answer);
	str_list_done(&answer.missing);
	return code;
}

static int prepare(struct up *up)
{
	struct err_detail detail = { "" };
	int code, r;

	r = up_options_prefs(&up->options, &detail, &up->new);
	if (r == 0)
		r = up_options_auth_key(&up->options, &detail, &up->auth_key);
	if (r < 0)
		return cli_fail(up->cli, r, &detail);
	code = cli_status_open(up->cli, &up->status);
	return code < 0 ? cli_prefs(up->cli, &up->old, &up->login) : code;
}

int cmd_up(const struct cli *cli, int argc, char **argv)
{
	struct up up = { .cli = cli };
	int next, code;

	prefs_init(&up.old);
	prefs_init(&up.new);
	up_options_init(&up.options, UP_VERB_UP);
	code = cli_flags(cli, "up [flags]", up.options.flag, up.options.n,
			 argc, argv, &next);
	if (code < 0)
		code = cli_no_args(cli, argc, argv, next);
	if (code < 0)
		code = prepare(&up);
	if (code < 0)
		code = decide(&up);
	if (code == CLI_OK && !cli->compat)
		cmd_state_hint(cli);
	status_done(&up.status);
	prefs_done(&up.old);
	prefs_done(&up.new);
	free(up.login);
	secret_buf_done(&up.auth_key);
	return code;
}
