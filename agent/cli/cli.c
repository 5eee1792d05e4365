// SPDX-License-Identifier: GPL-2.0-only
#include "cli/cli.h"

#include "wire/json_put.h"
#include "wire/local_json.h"
#include "wire/prefs_json.h"
#include "wire/status_json.h"

#include <errno.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define GO_ON (-1)

int cli_flags(const struct cli *cli, const char *usage, struct flag *flag,
	      size_t n, int argc, char **argv, int *ret_next)
{
	struct err_detail detail = { "" };
	int r = flags_parse(flag, n, argc - 1, argv + 1, &detail, ret_next);
	FILE *out = r < 0 ? stderr : stdout;

	if (r == 0) {
		*ret_next += 1;
		return GO_ON;
	}
	if (r < 0)
		fprintf(stderr, "%s: %s\n", cli->name, detail.text);
	if (r == TNE_UNSUPPORTED)
		return CLI_UNSUPPORTED;
	fprintf(out, "Usage: %s %s\n", cli->name, usage);
	if (n)
		fputs("\nFlags:\n", out);
	flags_print(flag, n, out);
	return r < 0 ? CLI_BAD_FLAG : CLI_OK;
}

int cli_no_args(const struct cli *cli, int argc, char **argv, int next)
{
	if (next >= argc)
		return GO_ON;
	fprintf(stderr, "%s: unexpected argument \"%s\"\n", cli->name,
		argv[next]);
	return CLI_FAILED;
}

static bool is_unreachable(int err)
{
	return err == -ENOENT || err == -ECONNREFUSED;
}

int cli_fail(const struct cli *cli, int err, const struct err_detail *detail)
{
	if (is_unreachable(err)) {
		fprintf(stderr,
			"%s: the agent is not running (%s); start it with: systemctl start tailnetd\n",
			cli->name, detail->text);
		return cli->compat ? CLI_FAILED : CLI_NO_AGENT;
	}
	if (err == -EACCES || err == -EPERM) {
		fprintf(stderr,
			"%s: no permission to reach the agent (%s); try again with sudo\n",
			cli->name, detail->text);
		return CLI_FAILED;
	}
	fprintf(stderr, "%s: %s\n", cli->name,
		detail->text[0] ? detail->text : err_text(err));
	return CLI_FAILED;
}

/* Which right is missing, and how to get it. */
static int access_denied(const struct cli *cli, const struct err_detail *why)
{
	struct passwd *pw;

	fprintf(stderr, "Access denied: %s\n", why->text);
	if (geteuid() == 0)
		return CLI_FAILED;
	pw = getpwuid(geteuid());
	fprintf(stderr, "\nUse 'sudo %s ...'.\n", cli->name);
	fprintf(stderr,
		"To not need root, run once: 'sudo %s up --operator=%s' with the other flags you use.\n",
		cli->name, pw ? pw->pw_name : "$USER");
	return CLI_FAILED;
}

static char *body_text(json_t *body)
{
	char *text = json_text(body, JSON_COMPACT);

	json_decref(body);
	return text;
}

static int check_answer(const struct cli *cli,
			const struct client_answer *answer)
{
	struct err_detail detail;

	if (answer->status >= 200 && answer->status < 300)
		return GO_ON;
	local_error_parse(answer->body, answer->len, &detail);
	if (answer->status == 403)
		return access_denied(cli, &detail);
	fprintf(stderr, "%s: %s\n", cli->name, detail.text[0] ? detail.text :
		"the agent refuses without a reason");
	return CLI_FAILED;
}

int cli_ask_bytes(const struct cli *cli, const char *method, const char *path,
		  const void *body, size_t len, struct client_answer *ret)
{
	struct client_answer answer;
	struct err_detail detail = { "" };
	int r, code;

	r = client_ask(&cli->client, method, path, body, len, &detail,
		       &answer);
	if (r < 0)
		return cli_fail(cli, r, &detail);
	code = check_answer(cli, &answer);
	if (code < 0 && ret)
		*ret = answer;
	else
		client_answer_done(&answer);
	return code;
}

int cli_ask(const struct cli *cli, const char *method, const char *path,
	    json_t *body, struct client_answer *ret)
{
	const struct err_detail detail = { "" };
	char *text = body ? body_text(body) : NULL;
	size_t len;
	int code;

	if (body && !text)
		return cli_fail(cli, -ENOMEM, &detail);
	len = text ? strlen(text) : 0;
	code = cli_ask_bytes(cli, method, path, text, len, ret);
	if (text)
		explicit_bzero(text, len);
	free(text);
	return code;
}

/* Ask for an object. */
static int ask_object(const struct cli *cli, const char *path, json_t **ret)
{
	struct client_answer answer __attribute__((cleanup(client_answer_cleanup))) = { 0 };
	struct err_detail detail = { "" };
	int code = cli_ask(cli, "GET", path, NULL, &answer), r;

	if (code >= 0)
		return code;
	r = json_read_object(answer.body, answer.len, "the answer", &detail,
			     ret);
	return r < 0 ? cli_fail(cli, r, &detail) : GO_ON;
}

int cli_status(const struct cli *cli, bool peers, struct status *ret)
{
	struct err_detail detail = { "" };
	json_t *object;
	int code = ask_object(cli, peers ? "status" : "status?peers=false",
			      &object), r;

	if (code >= 0)
		return code;
	r = status_json_parse(object, &detail, ret);
	json_decref(object);
	return r < 0 ? cli_fail(cli, r, &detail) : GO_ON;
}

/* The agent answers it when the state is open, or will not be soon. */
static int wait_open(const struct cli *cli, const struct status *status)
{
	json_t *object;
	int code;

	fprintf(stderr, "The state is not open: %s\n", status->health.item[0]);
	code = ask_object(cli, "prefs", &object);
	if (code < 0)
		json_decref(object);
	return code;
}

int cli_status_open(const struct cli *cli, struct status *ret)
{
	struct status status = { 0 };
	int code = cli_status(cli, false, &status);

	if (code < 0 && status.backend == BACKEND_NO_STATE &&
	    status.health.n) {
		code = wait_open(cli, &status);
		status_done(&status);
		if (code < 0)
			code = cli_status(cli, false, &status);
	}
	if (code < 0)
		*ret = status;
	return code;
}

int cli_prefs(const struct cli *cli, struct prefs *ret, char **ret_login)
{
	struct err_detail detail = { "" };
	json_t *object;
	int code = ask_object(cli, "prefs", &object), r;

	if (code >= 0)
		return code;
	r = local_prefs_parse(object, &detail, ret, ret_login);
	json_decref(object);
	return r < 0 ? cli_fail(cli, r, &detail) : GO_ON;
}

int cli_edit(const struct cli *cli, const struct prefs_edit *edit)
{
	struct err_detail detail = { "" };
	json_t *object;
	int r = prefs_edit_build(edit, &object);

	if (r < 0)
		return cli_fail(cli, r, &detail);
	return cli_ask(cli, "PATCH", "prefs", object, NULL);
}

int cli_print_json(json_t *object, bool tabs)
{
	char *text = object ? json_text(object, JSON_INDENT(tabs ? 1 : 2)) :
		NULL;

	json_decref(object);
	if (!text) {
		fputs("out of memory\n", stderr);
		return CLI_FAILED;
	}
	if (tabs)
		json_indent_tabs(text, strlen(text));
	puts(text);
	free(text);
	return CLI_OK;
}
