// SPDX-License-Identifier: GPL-2.0-only
#include "cli/up_run.h"

#include "wire/json_put.h"
#include "wire/local_json.h"
#include "wire/prefs_json.h"

#include <errno.h>
#include <string.h>

static int switch_on(const struct cli *cli)
{
	struct prefs_edit edit = { .set = PREFS_BIT(PREFS_WANT_RUNNING),
				   .prefs = { .want_running = true } };

	return cli_edit(cli, &edit);
}

static int check_prefs(const struct cli *cli, const struct prefs *prefs)
{
	struct client_answer answer __attribute__((cleanup(client_answer_cleanup))) = { 0 };
	struct err_detail detail = { "" };
	json_t *object;
	int r = prefs_json_build(prefs, &object), code;

	if (r < 0)
		return cli_fail(cli, r, &detail);
	code = cli_ask(cli, "POST", "check-prefs", object, &answer);
	/* Preferences that cannot be set are told by a text in the answer. */
	if (code < 0 && strcmp(answer.body, "{}") != 0) {
		local_error_parse(answer.body, answer.len, &detail);
		return cli_fail(cli, TNE_PREFS, &detail);
	}
	return code;
}

static int ask_with_key(const struct cli *cli, const char *path,
			const struct secret_buf *auth_key,
			const struct prefs *prefs)
{
	struct err_detail detail = { "" };
	json_t *object;
	int r = local_start_build(auth_key, prefs, &object);

	return r < 0 ? cli_fail(cli, r, &detail) :
		       cli_ask(cli, "POST", path, object, NULL);
}

static int start(const struct cli *cli, const struct up_run *run)
{
	bool renew = run->force_reauth && run->status->have_node_key;
	int code = check_prefs(cli, run->prefs);

	/* A key used for the node as it is would not serve for a new one. */
	if (code < 0)
		code = ask_with_key(cli, "start", renew ? NULL : run->auth_key,
				    run->prefs);
	/* The key is the login, unless a new node key is wanted. */
	if (code < 0 && (renew || (!run->status->have_node_key &&
				   !run->auth_key->len)))
		code = ask_with_key(cli, "login-interactive",
				    renew ? run->auth_key : NULL, NULL);
	return code;
}

int up_run(const struct cli *cli, struct up_run *run)
{
	struct err_detail detail = { "" };
	struct client_watch *watch;
	int code, r;

	run->wait.new_key = run->force_reauth && run->status->have_node_key;
	run->wait.old_key = run->status->self.key;
	/* Before anything happens, so that nothing is missed. */
	r = client_watch_open(&cli->client, 0, &detail, &watch);
	if (r < 0)
		return cli_fail(cli, r, &detail);
	code = run->simple ? switch_on(cli) : start(cli, run);
	if (code < 0)
		code = login_wait(cli, watch, &run->wait);
	client_watch_close(watch);
	return code;
}
