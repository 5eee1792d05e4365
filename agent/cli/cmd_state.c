// SPDX-License-Identifier: GPL-2.0-only
#include "cli/cmd_state.h"

#include "base/secret.h"
#include "cli/cli.h"
#include "wire/json_put.h"

#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#define KEY_TEXT_MAX 200	/* bytes of a line; ours */

static int print_usage(const struct cli *cli, FILE *out)
{
	fprintf(out,
		"Usage: %s debug state [recovery-key | recover | reseal | accept-rollback]\n"
		"\n"
		"  (nothing)        how the state is kept, and what the TPM says, as JSON\n"
		"  recovery-key     make a key that opens the state without the TPM\n"
		"  recover          open the state with that key, read from standard input\n"
		"  reseal           seal the state with a new data key\n"
		"  accept-rollback  go on with a state that is older, after a new login\n",
		cli->name);
	return out == stderr ? CLI_FAILED : CLI_OK;
}

static int show(const struct cli *cli)
{
	struct client_answer answer __attribute__((cleanup(client_answer_cleanup))) = { 0 };
	int code = cli_ask(cli, "GET", "state", NULL, &answer);

	if (code < 0)
		printf("%s\n", answer.body);
	return code < 0 ? CLI_OK : code;
}

static int make_key(const struct cli *cli)
{
	struct client_answer answer __attribute__((cleanup(client_answer_cleanup))) = { 0 };
	int code = cli_ask(cli, "POST", "state/recovery-key", NULL, &answer);

	if (code >= 0)
		return code;
	printf("%s", answer.body);
	fflush(stdout);
	fprintf(stderr,
		"This key is shown once and kept nowhere. Together with the state files it is\n"
		"this node: keep it on paper. \"%s debug state recover\" takes it when the TPM\n"
		"was reset or is another one. A key made before opens nothing any more.\n",
		cli->name);
	return CLI_OK;
}

/* A line, without showing it on a terminal. Return: its length, 0 = none. */
static size_t read_key(char *line, size_t size)
{
	struct termios old, quiet;
	bool tty = tcgetattr(STDIN_FILENO, &old) == 0;
	size_t len;

	if (tty) {
		fprintf(stderr, "Recovery key: ");
		quiet = old;
		quiet.c_lflag &= ~ECHO;
		tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet);
	}
	if (!fgets(line, size, stdin))
		line[0] = 0;
	if (tty) {
		tcsetattr(STDIN_FILENO, TCSAFLUSH, &old);
		fprintf(stderr, "\n");
	}
	len = strcspn(line, "\r\n");
	line[len] = 0;
	return len;
}

static int recover(const struct cli *cli)
{
	char line[KEY_TEXT_MAX], buffer[KEY_TEXT_MAX];
	json_t *body = NULL;
	int code = CLI_FAILED;

	/* The library's own buffer would keep it. */
	setvbuf(stdin, buffer, _IOFBF, sizeof(buffer));
	if (read_key(line, sizeof(line)) == 0)
		fprintf(stderr, "%s: there is no key\n", cli->name);
	else
		body = json_pack("{s:s}", "Key", line);
	secret_wipe(line, sizeof(line));
	secret_wipe(buffer, sizeof(buffer));
	if (body)
		code = cli_ask(cli, "POST", "state/recover", body, NULL);
	return code < 0 ? CLI_OK : code;
}

int cmd_state(const struct cli *cli, int argc, char **argv)
{
	int code;

	if (argc == 1)
		return show(cli);
	if (argc == 2 && strcmp(argv[1], "recovery-key") == 0)
		return make_key(cli);
	if (argc == 2 && strcmp(argv[1], "recover") == 0)
		return recover(cli);
	if (argc == 2 && (strcmp(argv[1], "reseal") == 0 ||
			  strcmp(argv[1], "accept-rollback") == 0)) {
		code = cli_ask(cli, "POST", *argv[1] == 'r' ? "state/reseal" :
			       "state/accept-rollback", NULL, NULL);
		return code < 0 ? CLI_OK : code;
	}
	if (argc == 2 && (strcmp(argv[1], "--help") == 0 ||
			  strcmp(argv[1], "-h") == 0))
		return print_usage(cli, stdout);
	return print_usage(cli, stderr);
}

void cmd_state_hint(const struct cli *cli)
{
	struct client_answer answer __attribute__((cleanup(client_answer_cleanup))) = { 0 };
	struct err_detail detail;
	json_t *object = NULL;

	if (client_ask(&cli->client, "GET", "state", NULL, 0, &detail,
		       &answer) < 0 || answer.status != 200 ||
	    json_read_object(answer.body, answer.len, "the answer", &detail,
			     &object) < 0)
		return;
	if (json_is_true(json_object_get(object, "Sealed")) &&
	    json_is_false(json_object_get(object, "RecoveryKey")))
		fprintf(stderr,
			"The state of this node is sealed by the TPM of this machine.\n"
			"\"%s debug state recovery-key\" shows a key that opens it should that fail.\n",
			cli->name);
	json_decref(object);
}
