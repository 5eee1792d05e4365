// SPDX-License-Identifier: GPL-2.0-only
/* genkey, genpsk, pubkey */
#include "cli/cmd_wg.h"

#include "base/err.h"
#include "base/secret.h"
#include "crypto/key.h"
#include "wire/wg_value.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define KEY_INPUT_MAX 4096	/* bytes, white space behind the key included */

static int fail(int err)
{
	fprintf(stderr, "tailnet: %s\n", err_text(err));
	return EXIT_FAILURE;
}

static void warn_if_public(int fd)
{
	struct stat st;

	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
	    (st.st_mode & 0007))
		fputs("Warning: writing to world accessible file.\n"
		      "Consider setting the umask to 077 and trying again.\n",
		      stderr);
}

/* Past stdio, whose buffer would keep a copy of the key. */
static int write_secret(struct secret32 *key)
{
	struct key_text text;
	char line[sizeof(text.c)];
	size_t done = 0;
	ssize_t n = 0;

	key_format_secret(key, &text);
	memcpy(line, text.c, KEY_TEXT_LEN);
	line[KEY_TEXT_LEN] = '\n';
	while (done < sizeof(line)) {
		n = write(STDOUT_FILENO, line + done, sizeof(line) - done);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			break;
		done += n;
	}
	if (n < 0)
		perror("tailnet: standard output");
	secret_wipe(&text, sizeof(text));
	secret_wipe(line, sizeof(line));
	return n < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}

int cmd_wg_genkey(int argc, char **argv)
{
	struct secret32 *key auto_clean(secret32) = NULL;

	if (argc != 1)
		return cmd_wg_usage(argv[0]);
	key = secret32_new();
	if (!key)
		return fail(-ENOMEM);
	warn_if_public(STDOUT_FILENO);
	if (strcmp(argv[0], "genkey") == 0)
		key_make_private(key);
	else
		secret_random(key);
	return write_secret(key);
}

int cmd_wg_pubkey(int argc, char **argv)
{
	struct secret32 *key auto_clean(secret32) = NULL;
	struct secret_buf buf auto_clean(secret_buf) = { 0 };
	struct node_public public;
	struct key_text text;
	bool empty;
	int r;

	if (argc != 1)
		return cmd_wg_usage(argv[0]);
	key = secret32_new();
	if (!key)
		return fail(-ENOMEM);
	r = secret_buf_read(&buf, STDIN_FILENO, KEY_INPUT_MAX);
	if (r == 0)
		r = wg_parse_key_file((struct wg_text){ buf.data, buf.len },
				      NULL, key, &empty);
	if (r == 0 && empty)
		r = TNE_KEY_FORMAT;
	if (r < 0)
		return fail(r);
	key_derive_public(key, &public);
	puts(key_format_public(&public, &text));
	return EXIT_SUCCESS;
}
