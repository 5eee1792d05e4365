// SPDX-License-Identifier: GPL-2.0-only
#include "cli/cmd_lock.h"

#include "base/array.h"
#include "cli/cli.h"
#include "cli/lock_json.h"
#include "cli/lock_print.h"
#include "crypto/disable_kdf.h"
#include "wire/lock_ask.h"
#include "wire/lock_text.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define LOG_DEFAULT 50	/* updates; the reference's */

int lock_get_status(const struct cli *cli, bool enabled, struct arena *mem,
		    struct lock_status *ret)
{
	struct client_answer answer
		__attribute__((cleanup(client_answer_cleanup))) = { 0 };
	struct err_detail detail = { "" };
	int code = cli_ask(cli, "GET", "tka/status", NULL, &answer), r;

	if (code >= 0)
		return code;
	r = mem ? lock_ask_status_parse(answer.body, answer.len, mem, &detail,
					ret) : -ENOMEM;
	if (r < 0)
		return cli_fail(cli, r, &detail);
	if (enabled && !ret->enabled) {
		fprintf(stderr,
			"%s: the tailnet lock is not enabled; to turn it on, run: %s lock init\n",
			cli->name, cli->name);
		return CLI_FAILED;
	}
	return -1;
}

int lock_post(const struct cli *cli, const char *path, int r,
	      struct secret_buf *body, struct client_answer *ret)
{
	const struct err_detail detail = { "" };
	char full[64];
	int code;

	if (r < 0)
		return cli_fail(cli, r, &detail);
	snprintf(full, sizeof(full), "tka/%s", path);
	code = cli_ask_bytes(cli, "POST", full, body->data, body->len, ret);
	secret_buf_done(body);
	return code;
}

int lock_parse_keys(const struct cli *cli, char **argv, size_t n,
		    struct arena *mem, struct lock_key *ret)
{
	struct err_detail detail = { "" };
	struct lock_text text;
	size_t i;
	int r;

	for (i = 0; i < n; i++) {
		r = lock_text_parse(argv[i], mem, &text);
		if (r == 0 && text.kind != LOCK_TEXT_KEY)
			r = TNE_KEY_FORMAT;
		if (r < 0) {
			err_explain(&detail, r,
				    "argument %zu is not a key such as tlpub:..., or tlpub:...?VOTES; each node shows its own by: %s lock status",
				    i + 1, cli->name);
			return cli_fail(cli, r, &detail);
		}
		ret[i] = (struct lock_key){
			.kind = LOCK_KEY_25519, .votes = text.votes,
			.id = { .set = true },
		};
		r = arena_bytes(mem, (struct bytes){ text.key.byte, KEY_LEN },
				&ret[i].id.b);
		if (r < 0)
			return cli_fail(cli, r, &detail);
	}
	return -1;
}

static int print_built(const struct cli *cli, int r, struct secret_buf *text)
{
	const struct err_detail detail = { "" };

	if (r < 0)
		return cli_fail(cli, r, &detail);
	fwrite(text->data, 1, text->len, stdout);
	secret_buf_done(text);
	return CLI_OK;
}

static int cmd_lock_status(const struct cli *cli, int argc, char **argv)
{
	struct arena *mem auto_clean(arena) = arena_new();
	struct lock_status status = { 0 };
	struct secret_buf text = { 0 };
	bool json = false;
	struct flag flags[] = {
		FLAG("json", FLAG_BOOL, &json, "as JSON, form 1"),
	};
	int next, code;

	code = cli_flags(cli, "lock status [--json]", flags, ARRAY_SIZE(flags),
			 argc, argv, &next);
	if (code < 0)
		code = cli_no_args(cli, argc, argv, next);
	if (code < 0)
		code = lock_get_status(cli, false, mem, &status);
	if (code >= 0)
		return code;
	if (json)
		return print_built(cli, lock_json_status(&status, &text),
				   &text);
	lock_print_status(&status, stdout);
	return CLI_OK;
}

static int show_log(const struct cli *cli, struct client_answer *answer,
		    bool json)
{
	struct arena *mem auto_clean(arena) = arena_new();
	struct err_detail detail = { "" };
	struct lock_update *list = NULL;
	struct secret_buf text = { 0 };
	size_t n = 0;
	int r;

	r = mem ? lock_ask_log_parse(answer->body, answer->len, mem, &detail,
				     &list, &n) : -ENOMEM;
	if (r == 0 && json)
		return print_built(cli, lock_json_log(list, n, &text), &text);
	if (r == 0)
		r = lock_print_log(list, n, isatty(STDOUT_FILENO), stdout);
	return r < 0 ? cli_fail(cli, r, &detail) : CLI_OK;
}

static int cmd_lock_log(const struct cli *cli, int argc, char **argv)
{
	struct client_answer answer
		__attribute__((cleanup(client_answer_cleanup))) = { 0 };
	uint32_t limit = LOG_DEFAULT;
	bool json = false;
	struct flag flags[] = {
		FLAG("json", FLAG_BOOL, &json, "as JSON, form 1"),
		FLAG("limit", FLAG_NUMBER, &limit,
		     "so many updates, the newest (default 50)"),
	};
	char path[32];
	int next, code;

	code = cli_flags(cli, "lock log [--json] [--limit=N]", flags,
			 ARRAY_SIZE(flags), argc, argv, &next);
	if (code < 0)
		code = cli_no_args(cli, argc, argv, next);
	if (code >= 0)
		return code;
	if (limit > 1000)
		limit = 1000;
	snprintf(path, sizeof(path), "tka/log?limit=%u", limit);
	code = cli_ask(cli, "GET", path, NULL, &answer);
	return code < 0 ? show_log(cli, &answer, json) : code;
}

/* The one argument of a word without options. */
static int one_argument(const struct cli *cli, const char *usage, int argc,
			char **argv, const char **ret)
{
	int next, code = cli_flags(cli, usage, NULL, 0, argc, argv, &next);

	if (code >= 0)
		return code;
	if (argc - next != 1) {
		fprintf(stderr, "Usage: %s %s\n", cli->name, usage);
		return CLI_FAILED;
	}
	*ret = argv[next];
	return -1;
}

static int cmd_lock_disable(const struct cli *cli, int argc, char **argv)
{
	struct arena *mem auto_clean(arena) = arena_new();
	struct err_detail detail = { "" };
	struct lock_text text = { 0 };
	const char *secret;
	int code, r;

	code = one_argument(cli, "lock disable <disablement-secret>", argc,
			    argv, &secret);
	if (code >= 0)
		return code;
	r = mem ? lock_text_parse(secret, mem, &text) : -ENOMEM;
	if (r == 0 && text.kind != LOCK_TEXT_BYTES)
		r = TNE_KEY_FORMAT;
	if (r < 0) {
		err_explain(&detail, r, "the argument is not a secret such as "
			    LOCK_TEXT_SECRET "..., as it was shown by: %s lock init",
			    cli->name);
		return cli_fail(cli, r, &detail);
	}
	code = cli_ask_bytes(cli, "POST", "tka/disable", text.bytes.data,
			     text.bytes.len, NULL);
	if (code >= 0)
		return code;
	puts("The secret is right; the tailnet lock is being turned off for everyone.");
	return CLI_OK;
}

static int cmd_lock_kdf(const struct cli *cli, int argc, char **argv)
{
	struct arena *mem auto_clean(arena) = arena_new();
	uint8_t value[DISABLE_VALUE_LEN];
	struct err_detail detail = { "" };
	struct bytes secret = { 0 };
	const char *hex, *text = NULL;
	int code, r;

	code = one_argument(cli, "lock disablement-kdf <hex of a secret>",
			    argc, argv, &hex);
	if (code >= 0)
		return code;
	r = mem ? lock_text_hex(hex, LOCK_TEXT_BYTES_MAX, mem, &secret) :
		  -ENOMEM;
	if (r == 0)
		r = disable_derive(secret, value);
	if (r == 0)
		r = lock_text_put_hex((struct bytes){ value, sizeof(value) },
				      false, mem, &text);
	if (r < 0)
		return cli_fail(cli, r, &detail);
	printf(LOCK_TEXT_VALUE "%s\n", text);
	return CLI_OK;
}

static int cmd_lock_local_disable(const struct cli *cli, int argc, char **argv)
{
	int next, code = cli_flags(cli, "lock local-disable", NULL, 0, argc,
				   argv, &next);

	if (code < 0)
		code = cli_no_args(cli, argc, argv, next);
	if (code < 0)
		code = cli_ask_bytes(cli, "POST", "tka/force-local-disable",
				     "{}", 2, NULL);
	if (code >= 0)
		return code;
	puts("This node takes no notice of the tailnet lock any more: it lets in whom the\n"
	     "control server names. Others still go by it.");
	return CLI_OK;
}

static const struct {
	const char *name;
	int (*run)(const struct cli *cli, int argc, char **argv);
	const char *help;
} words[] = {
	{ "status", cmd_lock_status, "shows the lock, and who is not let in" },
	{ "init", cmd_lock_init, "turns it on" },
	{ "add", cmd_lock_add, "trusts keys" },
	{ "remove", cmd_lock_remove, "trusts keys no longer" },
	{ "sign", cmd_lock_sign, "lets a node in, or makes an auth key that does" },
	{ "tskey-wrap", cmd_lock_sign, "an old name of sign, for auth keys" },
	{ "disable", cmd_lock_disable, "turns it off for everyone, by a secret" },
	{ "disablement-kdf", cmd_lock_kdf, "the value that goes with a secret" },
	{ "log", cmd_lock_log, "shows the changes of trusted keys" },
	{ "local-disable", cmd_lock_local_disable, "turns it off on this node alone" },
	{ "revoke-keys", cmd_lock_revoke, "undoes what stolen keys have done" },
};

static void print_words(const struct cli *cli, FILE *out)
{
	size_t i;

	fprintf(out, "Usage: %s lock [<word> [<args>]]\n\nWords:\n", cli->name);
	for (i = 0; i < ARRAY_SIZE(words); i++)
		fprintf(out, "  %s: %s\n", words[i].name, words[i].help);
}

int cmd_lock(const struct cli *cli, int argc, char **argv)
{
	size_t i;

	if (argc < 2 || strncmp(argv[1], "--json", 6) == 0)
		return cmd_lock_status(cli, argc, argv);
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h")) {
		print_words(cli, stdout);
		return CLI_OK;
	}
	for (i = 0; i < ARRAY_SIZE(words); i++) {
		if (!strcmp(argv[1], words[i].name))
			return words[i].run(cli, argc - 1, argv + 1);
	}
	fprintf(stderr, "%s: lock: no such word: %s\n", cli->name, argv[1]);
	print_words(cli, stderr);
	return CLI_FAILED;
}
