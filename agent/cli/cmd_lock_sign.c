// SPDX-License-Identifier: GPL-2.0-only
/* "tailnet lock sign" and "tailnet lock revoke-keys". */
#include "cli/cmd_lock.h"

#include "base/array.h"
#include "cli/cli.h"
#include "cli/lock_print.h"
#include "crypto/lock_key.h"
#include "wire/aum.h"
#include "wire/lock_ask.h"
#include "wire/lock_text.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define FILE_MARK "file:"
#define FILE_MAX 16384		/* bytes; ours */
#define BLOB_MAX (1U << 20)	/* bytes of an update; the reference's */

static int fail(const struct cli *cli, int err, const char *text)
{
	struct err_detail detail = { "" };

	err_explain(&detail, err, "%s", text);
	return cli_fail(cli, err, &detail);
}

/* An argument, or, as "file:PATH", what is in a file. Return: below 0 = go on. */
static int get_argument(const struct cli *cli, const char *argument,
			struct secret_buf *ret)
{
	const struct err_detail detail = { "" };
	size_t len = strlen(argument);
	int fd, r;

	if (strncmp(argument, FILE_MARK, strlen(FILE_MARK)) != 0) {
		r = secret_buf_reserve(ret, len + 1);
		if (r < 0)
			return cli_fail(cli, r, &detail);
		memcpy(ret->data, argument, len + 1);
		ret->len = len;
		return -1;
	}
	fd = open(argument + strlen(FILE_MARK), O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return fail(cli, -EIO, "the file cannot be opened");
	r = secret_buf_read(ret, fd, FILE_MAX);
	close(fd);
	if (r == 0)
		r = secret_buf_reserve(ret, 1);
	if (r < 0)
		return cli_fail(cli, r, &detail);
	while (ret->len && strchr(" \t\r\n", ret->data[ret->len - 1]))
		ret->len--;
	ret->data[ret->len] = 0;
	return -1;
}

/* Auth keys */

/**
 * struct note - a pair beside a key
 */
struct note {
	const char *name;
	const char *value;
};

static struct bytes text_bytes(const char *text)
{
	return (struct bytes){ (const uint8_t *)text, strlen(text) };
}

/* What stands between "...key-auth-" and the next hyphen. */
static void key_name(const char *auth_key, char ret[64])
{
	const char *at = strstr(auth_key, "-auth-");
	size_t len;

	*ret = 0;
	if (!at)
		return;
	at += strlen("-auth-");
	len = strcspn(at, "-");
	if (at[len] == '-' && len < 64)
		snprintf(ret, 64, "%.*s", (int)len, at);
}

/* Each wrapped auth key has a trusted key of its own, and goes with it. */
static int trust(const struct cli *cli, const char *auth_key,
		 const struct lock_public *public, const char *stable_id)
{
	char id[64], when[32];
	struct lock_meta_pair pairs[4];
	const struct note notes[] = {
		{ "purpose", "pre-auth key" },
		{ "wrapper_stableid", stable_id },
		{ "wrapper_createtime", when },
		{ "authkey_stableid", id },
	};
	struct lock_key key = {
		.kind = LOCK_KEY_25519, .votes = 1,
		.id = { .set = true, .b = { public->byte, KEY_LEN } },
		.meta = { .item = pairs },
	};
	const struct lock_local_modify modify = { .add = &key, .n_add = 1 };
	struct secret_buf body = { 0 };
	size_t i;
	int r;

	key_name(auth_key, id);
	snprintf(when, sizeof(when), "%lld", (long long)time(NULL));
	for (i = 0; i < ARRAY_SIZE(notes); i++) {
		if (*notes[i].value)
			pairs[key.meta.n++] = (struct lock_meta_pair){
				text_bytes(notes[i].name),
				text_bytes(notes[i].value),
			};
	}
	r = lock_ask_modify_build(&modify, &body);
	return lock_post(cli, "modify", r, &body, NULL);
}

static int wrap(const struct cli *cli, const char *auth_key)
{
	struct client_answer answer
		__attribute__((cleanup(client_answer_cleanup))) = { 0 };
	struct status status __attribute__((cleanup(status_cleanup))) = { 0 };
	struct secret32 *seed auto_clean(secret32) = secret32_new();
	struct lock_local_wrap ask = { .auth_key = auth_key, .seed = seed };
	struct secret_buf body = { 0 };
	int code, r;

	if (!seed)
		return fail(cli, -ENOMEM, err_text(-ENOMEM));
	secret_random(seed);
	r = lock_key_derive(seed, &ask.public);
	if (r == 0)
		r = lock_ask_wrap_build(&ask, &body);
	code = lock_post(cli, "wrap-preauth-key", r, &body, &answer);
	if (code < 0)
		code = cli_status(cli, false, &status);
	if (code < 0)
		code = trust(cli, auth_key, &ask.public,
			     status_text(status.self.id));
	if (code >= 0)
		return code;
	printf("%s\n", answer.body);
	return CLI_OK;
}

/* Nodes */

static int sign_node_key(const struct cli *cli, const char *node,
			 const char *rotation)
{
	struct lock_local_sign sign = { 0 };
	struct secret_buf body = { 0 };
	int code;

	if (key_text_parse_node(node, strlen(node), &sign.node) < 0)
		return fail(cli, TNE_KEY_FORMAT,
			    "the first argument is neither an auth key nor a node key such as nodekey:..., which that node shows by: tailnet lock status");
	if (rotation && key_text_parse_lock(rotation, strlen(rotation),
					    &sign.rotation) < 0)
		return fail(cli, TNE_KEY_FORMAT,
			    "the second argument is not a lock key such as tlpub:..., which that node shows by: tailnet lock status");
	sign.has_rotation = rotation;
	code = lock_post(cli, "sign", lock_ask_sign_build(&sign, &body), &body,
			 NULL);
	return code < 0 ? CLI_OK : code;
}

static bool is_auth_key(const char *text)
{
	return strstr(text, "key-auth-");
}

int cmd_lock_sign(const struct cli *cli, int argc, char **argv)
{
	static const char usage[] =
		"lock sign <node key> [<lock key of the node>] | <auth key>";
	struct secret_buf first auto_clean(secret_buf) = { 0 };
	struct secret_buf second auto_clean(secret_buf) = { 0 };
	struct arena *mem auto_clean(arena) = arena_new();
	struct lock_status status;
	int next, code;

	code = cli_flags(cli, usage, NULL, 0, argc, argv, &next);
	if (code >= 0)
		return code;
	if (argc - next < 1 || argc - next > 2) {
		fprintf(stderr, "Usage: %s %s\n", cli->name, usage);
		return CLI_FAILED;
	}
	code = get_argument(cli, argv[next], &first);
	if (code < 0 && argc - next > 1)
		code = get_argument(cli, argv[next + 1], &second);
	if (code < 0)
		code = lock_get_status(cli, true, mem, &status);
	if (code >= 0)
		return code;
	if (argc - next == 1 && is_auth_key(first.data))
		return wrap(cli, first.data);
	return sign_node_key(cli, first.data, second.data);
}

/* Stolen keys */

static int print_next(const struct cli *cli, const struct client_answer *answer)
{
	const struct bytes blob = { (const uint8_t *)answer->body,
				    answer->len };
	struct arena *mem auto_clean(arena) = arena_new();
	struct lock_update update = { .raw = blob };
	const struct err_detail detail = { "" };
	const char *hex = NULL;
	int r = mem ? aum_parse(blob, mem, &update.aum) : -ENOMEM;

	/* Nobody should pass on what he has not seen. */
	if (r == 0)
		r = aum_hash(blob, &update.hash);
	if (r == 0)
		r = lock_print_log(&update, 1, isatty(STDOUT_FILENO), stdout);
	if (r < 0)
		return cli_fail(cli, r, &detail);
	if (lock_text_put_hex(blob, true, mem, &hex) < 0)
		return fail(cli, -ENOMEM, err_text(-ENOMEM));
	printf("On another node whose key is trusted and not stolen, run:\n\n"
	       "\t%s lock revoke-keys --cosign %s\n\n"
	       "When more such nodes have signed than keys were stolen, run:\n\n"
	       "\t%s lock revoke-keys --finish %s\n",
	       cli->name, hex, cli->name, hex);
	return CLI_OK;
}

/* @hash: 52 characters of base32, or 64 hexadecimal digits */
static int parse_fork(const char *hash, struct arena *mem,
		      struct lock_local_recovery *ret)
{
	struct bytes bytes;
	int r = aum_hash_parse(hash, strlen(hash), &ret->fork_from);

	if (r == TNE_KEY_FORMAT) {
		r = lock_text_hex(hash, AUM_HASH_LEN, mem, &bytes);
		if (r == 0 && bytes.len != AUM_HASH_LEN)
			r = TNE_KEY_FORMAT;
		if (r == 0)
			memcpy(ret->fork_from.byte, bytes.data, bytes.len);
	}
	ret->has_fork = true;
	return r;
}

static int begin_revocation(const struct cli *cli, int argc, char **argv,
		  const char *fork)
{
	struct client_answer answer
		__attribute__((cleanup(client_answer_cleanup))) = { 0 };
	struct arena *mem auto_clean(arena) = arena_new();
	struct lock_local_recovery recovery = { 0 };
	struct secret_buf body = { 0 };
	struct lock_key *keys = NULL;
	struct bytes *ids = NULL;
	int code, i, r;

	if (mem) {
		keys = arena_array(mem, argc, sizeof(*keys));
		ids = arena_array(mem, argc, sizeof(*ids));
	}
	if (!keys || !ids)
		return fail(cli, -ENOMEM, err_text(-ENOMEM));
	code = lock_parse_keys(cli, argv, argc, mem, keys);
	if (code >= 0)
		return code;
	for (i = 0; i < argc; i++)
		ids[i] = keys[i].id.b;
	recovery.ids = ids;
	recovery.n = argc;
	if (fork && parse_fork(fork, mem, &recovery) < 0)
		return fail(cli, TNE_KEY_FORMAT,
			    "--fork-from is not the hash of an update; they are shown by: tailnet lock log");
	r = lock_ask_recovery_build(&recovery, &body);
	code = lock_post(cli, "generate-recovery-aum", r, &body, &answer);
	return code < 0 ? print_next(cli, &answer) : code;
}

static int pass_blob(const struct cli *cli, const char *hex, bool finish)
{
	struct client_answer answer
		__attribute__((cleanup(client_answer_cleanup))) = { 0 };
	struct arena *mem auto_clean(arena) = arena_new();
	struct bytes blob;
	int code;

	if (!mem || lock_text_hex(hex, BLOB_MAX, mem, &blob) < 0)
		return fail(cli, TNE_KEY_FORMAT,
			    "the argument is not what was printed by: tailnet lock revoke-keys");
	code = cli_ask_bytes(cli, "POST", finish ? "tka/submit-recovery-aum" :
			     "tka/cosign-recovery-aum", blob.data, blob.len,
			     &answer);
	if (code >= 0)
		return code;
	return finish ? CLI_OK : print_next(cli, &answer);
}

int cmd_lock_revoke(const struct cli *cli, int argc, char **argv)
{
	static const char usage[] =
		"lock revoke-keys [--fork-from=HASH] <key>... | --cosign <blob> | --finish <blob>";
	bool cosign = false, finish = false;
	const char *fork = NULL;
	struct flag flags[] = {
		FLAG("fork-from", FLAG_TEXT, &fork,
		     "the last update that counts (default: found out)"),
		FLAG("cosign", FLAG_BOOL, &cosign, "sign what another node has begun"),
		FLAG("finish", FLAG_BOOL, &finish, "put it into force"),
	};
	int next, code;

	code = cli_flags(cli, usage, flags, ARRAY_SIZE(flags), argc, argv,
			 &next);
	if (code >= 0)
		return code;
	argc -= next;
	argv += next;
	if (argc < 1 || (cosign && finish) ||
	    ((cosign || finish) && (argc != 1 || fork))) {
		fprintf(stderr, "Usage: %s %s\n", cli->name, usage);
		return CLI_FAILED;
	}
	return cosign || finish ? pass_blob(cli, argv[0], finish) :
				  begin_revocation(cli, argc, argv, fork);
}
