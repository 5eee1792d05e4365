// SPDX-License-Identifier: GPL-2.0-only
/* Words of "tailnet lock" that change who is trusted. */
#include "cli/cmd_lock.h"

#include "base/array.h"
#include "cli/cli.h"
#include "crypto/disable_kdf.h"
#include "wire/lock_ask.h"
#include "wire/lock_text.h"
#include "wire/nks.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <sodium.h>

#define SECRET_BYTES 32		/* of a secret that is made; the reference's */
#define VALUES_MAX 32		/* what an authority may have */

/**
 * struct init_run - "lock init"
 * @cli: the run
 * @mem: owns all of it
 * @status: before
 * @init: to be asked for
 * @keys: of @init
 * @values: of @init
 * @made: secrets to be made
 * @support: one for the makers of the server, too
 * @argc: arguments that are no options
 * @argv: likewise
 */
struct init_run {
	const struct cli *cli;
	struct arena *mem;
	struct lock_status status;
	struct lock_local_init init;
	struct lock_key *keys;
	struct bytes *values;
	uint32_t made;
	bool support;
	int argc;
	char **argv;
};

static int no_memory(const struct cli *cli)
{
	const struct err_detail detail = { "" };

	return cli_fail(cli, -ENOMEM, &detail);
}

/* Keys, and disablement values that somebody keeps the secrets of. */
static int take_arguments(struct init_run *run)
{
	struct lock_local_init *init = &run->init;
	const struct err_detail none = { "" };
	struct lock_text text;
	int i, r, code;

	run->keys = arena_array(run->mem, run->argc, sizeof(*run->keys));
	run->values = arena_array(run->mem, run->argc + VALUES_MAX + 1,
				  sizeof(*run->values));
	if (!run->keys || !run->values)
		return no_memory(run->cli);
	for (i = 0; i < run->argc; i++) {
		r = lock_text_parse(run->argv[i], run->mem, &text);
		if (r == 0 && text.kind == LOCK_TEXT_BYTES) {
			run->values[init->n_values++] = text.bytes;
			continue;
		}
		if (r == -ENOMEM)
			return cli_fail(run->cli, r, &none);
		code = lock_parse_keys(run->cli, &run->argv[i], 1, run->mem,
				       &run->keys[init->n_keys++]);
		if (code >= 0)
			return code;
	}
	init->keys = run->keys;
	init->values = run->values;
	return -1;
}

static bool has_key(const struct lock_key *keys, size_t n, struct bytes id)
{
	size_t i;

	for (i = 0; i < n; i++) {
		if (bytes_eq(keys[i].id.b, id))
			return true;
	}
	return false;
}

static int check_arguments(const struct init_run *run)
{
	const struct bytes own = { run->status.public.byte, KEY_LEN };
	size_t n_values = run->init.n_values + run->made + run->support;
	struct key_hex hex;

	if (!has_key(run->keys, run->init.n_keys, own)) {
		fprintf(stderr,
			"%s: the lock key of this node has to be among the keys; run: %s lock init %s ...\n",
			run->cli->name, run->cli->name,
			key_text_format_lock_cli(&run->status.public, &hex));
		return CLI_FAILED;
	}
	if (n_values == 0 || n_values > VALUES_MAX) {
		fprintf(stderr,
			"%s: there have to be 1 to %d disablement secrets; see: %s lock init --help\n",
			run->cli->name, VALUES_MAX, run->cli->name);
		return CLI_FAILED;
	}
	return -1;
}

static void print_keys(const struct init_run *run)
{
	struct lock_public public;
	struct key_hex hex;
	size_t i;

	puts("These keys will be trusted; each of them can let nodes in:");
	for (i = 0; i < run->init.n_keys; i++) {
		memcpy(public.byte, run->keys[i].id.b.data, KEY_LEN);
		printf("\t%s (%llu %s)\n",
		       key_text_format_lock_cli(&public, &hex),
		       (unsigned long long)run->keys[i].votes,
		       run->keys[i].votes == 1 ? "vote" : "votes");
	}
	putchar('\n');
}

static void print_repeat(const struct init_run *run)
{
	int i;

	printf("From then on no node is let in that none of them has signed; the nodes that\n"
	       "there are now get signed. To turn the lock off again for everyone, a disablement\n"
	       "secret is needed: %u will be made, and shown once.\n\n"
	       "To go on, run:\n\n\t%s lock init --confirm --gen-disablements %u",
	       run->made, run->cli->name, run->made);
	if (run->support)
		fputs(" --gen-disablement-for-support", stdout);
	for (i = 0; i < run->argc; i++)
		printf(" %s", run->argv[i]);
	putchar('\n');
}

/* @show: print it. Return: 0 or below. */
static int make_secret(struct init_run *run, bool show, struct bytes *ret)
{
	uint8_t *secret = arena_alloc(run->mem, SECRET_BYTES);
	uint8_t *value = arena_alloc(run->mem, DISABLE_VALUE_LEN);
	const char *text;
	int r;

	if (!secret || !value)
		return -ENOMEM;
	randombytes_buf(secret, SECRET_BYTES);
	*ret = (struct bytes){ secret, SECRET_BYTES };
	r = disable_derive(*ret, value);
	if (r == 0 && show)
		r = lock_text_put_hex(*ret, true, run->mem, &text);
	if (r < 0)
		return r;
	if (show)
		printf("\t" LOCK_TEXT_SECRET "%s\n", text);
	run->values[run->init.n_values++] =
		(struct bytes){ value, DISABLE_VALUE_LEN };
	return 0;
}

static int make_secrets(struct init_run *run)
{
	const struct err_detail detail = { "" };
	struct bytes secret;
	uint32_t i;
	int r = 0;

	if (run->made)
		printf("Disablement %s. Whoever has one can turn the lock off for everyone; without\n"
		       "one nobody can. Keep it in a safe place: it is not shown again.\n\n",
		       run->made == 1 ? "secret" : "secrets");
	for (i = 0; i < run->made && r == 0; i++)
		r = make_secret(run, true, &secret);
	if (r == 0 && run->support)
		r = make_secret(run, false, &run->init.support);
	/* Who does not get to see them must not lock himself in. */
	if (r == 0 && (fflush(stdout) != 0 || ferror(stdout)))
		r = -EIO;
	return r < 0 ? cli_fail(run->cli, r, &detail) : -1;
}

static int start_lock(struct init_run *run)
{
	struct secret_buf body = { 0 };
	int code = make_secrets(run), r;

	if (code >= 0)
		return code;
	r = lock_ask_init_build(&run->init, &body);
	code = lock_post(run->cli, "init", r, &body, NULL);
	if (code >= 0)
		return code;
	puts("\nThe tailnet lock is on.");
	return CLI_OK;
}

int cmd_lock_init(const struct cli *cli, int argc, char **argv)
{
	struct arena *mem auto_clean(arena) = arena_new();
	struct init_run run = { .cli = cli, .mem = mem, .made = 1 };
	bool confirm = false;
	struct flag flags[] = {
		FLAG("gen-disablements", FLAG_NUMBER, &run.made,
		     "so many disablement secrets are made (default 1)"),
		FLAG("gen-disablement-for-support", FLAG_BOOL, &run.support,
		     "one more, which the makers of the control server get"),
		FLAG("confirm", FLAG_BOOL, &confirm, "do it"),
	};
	int next, code;

	if (!mem)
		return no_memory(cli);
	code = cli_flags(cli, "lock init [--gen-disablements=N] [--confirm] <key>...",
			 flags, ARRAY_SIZE(flags), argc, argv, &next);
	if (code < 0)
		code = lock_get_status(cli, false, mem, &run.status);
	if (code >= 0)
		return code;
	if (run.status.enabled) {
		fprintf(stderr,
			"%s: the tailnet lock is enabled already; see: %s lock status\n",
			cli->name, cli->name);
		return CLI_FAILED;
	}
	run.argc = argc - next;
	run.argv = argv + next;
	code = run.made <= VALUES_MAX ? take_arguments(&run) : -1;
	if (code < 0)
		code = check_arguments(&run);
	if (code >= 0)
		return code;
	print_keys(&run);
	if (confirm)
		return start_lock(&run);
	print_repeat(&run);
	return CLI_OK;
}

/* Keys among the arguments. Return: below 0 to go on. */
static int get_keys(const struct cli *cli, const char *usage, int argc,
		    char **argv, struct arena *mem, struct lock_key **ret)
{
	if (argc < 1) {
		fprintf(stderr, "Usage: %s %s\n", cli->name, usage);
		return CLI_FAILED;
	}
	*ret = arena_array(mem, argc, sizeof(**ret));
	return *ret ? lock_parse_keys(cli, argv, argc, mem, *ret) :
		      no_memory(cli);
}

int cmd_lock_add(const struct cli *cli, int argc, char **argv)
{
	static const char usage[] = "lock add <key>...";
	struct arena *mem auto_clean(arena) = arena_new();
	struct lock_local_modify modify = { 0 };
	struct secret_buf body = { 0 };
	struct lock_status status;
	struct lock_key *keys;
	int next, code, r;

	if (!mem)
		return no_memory(cli);
	code = cli_flags(cli, usage, NULL, 0, argc, argv, &next);
	if (code < 0)
		code = get_keys(cli, usage, argc - next, argv + next, mem,
				&keys);
	if (code < 0)
		code = lock_get_status(cli, true, mem, &status);
	if (code >= 0)
		return code;
	modify.add = keys;
	modify.n_add = argc - next;
	r = lock_ask_modify_build(&modify, &body);
	code = lock_post(cli, "modify", r, &body, NULL);
	return code < 0 ? CLI_OK : code;
}

/* What the key stands behind is signed by ours from now on. */
static int sign_again(const struct cli *cli, struct bytes old)
{
	const struct err_detail detail = { "" };
	struct lock_local_sign sign = { 0 };
	struct secret_buf body = { 0 };
	struct bytes rotation;
	struct node_sig sig;
	struct key_hex hex;
	int r = nks_parse(old, &sig);

	if (r == 0 && !node_sig_node(&sig.layer[0], &sign.node))
		r = TNE_LOCK_ANSWER;
	if (r < 0)
		return cli_fail(cli, r, &detail);
	rotation = node_sig_wrapping(&sig, 0);
	sign.has_rotation = rotation.len == KEY_LEN;
	if (sign.has_rotation)
		memcpy(sign.rotation.byte, rotation.data, KEY_LEN);
	printf("Signing %s\n", key_text_format_node(&sign.node, &hex));
	r = lock_ask_sign_build(&sign, &body);
	return lock_post(cli, "sign", r, &body, NULL);
}

static int sign_all_again(const struct cli *cli, const struct lock_key *key)
{
	struct client_answer answer
		__attribute__((cleanup(client_answer_cleanup))) = { 0 };
	struct arena *mem auto_clean(arena) = arena_new();
	struct err_detail detail = { "" };
	const struct bytes *sigs = NULL;
	size_t i, n = 0;
	int code, r;

	code = cli_ask_bytes(cli, "POST", "tka/affected-sigs",
			     key->id.b.data, key->id.b.len, &answer);
	if (code >= 0)
		return code;
	r = mem ? lock_ask_sigs_parse(answer.body, answer.len, mem, &detail,
				      &sigs, &n) : -ENOMEM;
	if (r < 0)
		return cli_fail(cli, r, &detail);
	for (i = 0; i < n && code < 0; i++)
		code = sign_again(cli, sigs[i]);
	return code;
}

/* Nodes that only these keys have signed are cut off. */
static int ask_person(void)
{
	char answer[8] = "";

	if (!isatty(STDIN_FILENO))
		return -1;
	fputs("Nodes that only these keys have signed will not be let in any more. Go on? [y/N] ",
	      stdout);
	fflush(stdout);
	if (!fgets(answer, sizeof(answer), stdin) ||
	    (answer[0] != 'y' && answer[0] != 'Y'))
		return CLI_FAILED;
	return -1;
}

static int check_removal(const struct cli *cli,
			 const struct lock_status *status,
			 const struct lock_key *keys, size_t n, bool re_sign)
{
	const struct bytes own = { status->public.byte, KEY_LEN };
	const char *why = NULL;

	if (status->n_keys <= 1)
		why = "the last trusted key cannot be removed; to turn the lock off there is: lock disable";
	else if (re_sign && has_key(keys, n, own))
		why = "the key of this node cannot be removed here, since it has to sign for the others; run this on another node, or with --re-sign=false";
	if (!why)
		return re_sign ? -1 : ask_person();
	fprintf(stderr, "%s: %s\n", cli->name, why);
	return CLI_FAILED;
}

int cmd_lock_remove(const struct cli *cli, int argc, char **argv)
{
	static const char usage[] = "lock remove [--re-sign=false] <key>...";
	struct arena *mem auto_clean(arena) = arena_new();
	struct lock_local_modify modify = { 0 };
	struct secret_buf body = { 0 };
	struct lock_status status;
	struct lock_key *keys = NULL;
	bool re_sign = true;
	struct flag flags[] = {
		FLAG("re-sign", FLAG_BOOL, &re_sign,
		     "sign anew what the keys have signed (default true)"),
	};
	int next, code, i, r;

	if (!mem)
		return no_memory(cli);
	code = cli_flags(cli, usage, flags, ARRAY_SIZE(flags), argc, argv,
			 &next);
	if (code < 0)
		code = get_keys(cli, usage, argc - next, argv + next, mem,
				&keys);
	if (code < 0)
		code = lock_get_status(cli, true, mem, &status);
	if (code < 0)
		code = check_removal(cli, &status, keys, argc - next, re_sign);
	for (i = 0; re_sign && i < argc - next && code < 0; i++)
		code = sign_all_again(cli, &keys[i]);
	if (code >= 0)
		return code;
	modify.remove = keys;
	modify.n_remove = argc - next;
	r = lock_ask_modify_build(&modify, &body);
	code = lock_post(cli, "modify", r, &body, NULL);
	return code < 0 ? CLI_OK : code;
}
