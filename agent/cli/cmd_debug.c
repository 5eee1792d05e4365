// SPDX-License-Identifier: GPL-2.0-only
#include "cli/cmd_debug.h"

#include "base/array.h"
#include "cli/cli.h"
#include "cli/cmd_state.h"
#include "wire/json_put.h"

#include <string.h>

static const struct {
	const char *name;
	const char *path;
	const char *help;
} topics[] = {
	{ "netmap", "netmap", "the network map as the agent holds it, as JSON" },
	{ "filter", "filter", "the access rules, and whether they are enforced" },
	{ "prefs", "prefs", "the preferences, as JSON" },
	{ "state", "state", "how the state is kept, as JSON; and more, see --help" },
};

static void print_topics(const struct cli *cli, FILE *out)
{
	size_t i;

	fprintf(out, "Usage: %s debug <topic>\n\nTopics:\n", cli->name);
	for (i = 0; i < ARRAY_SIZE(topics); i++)
		fprintf(out, "  %s: %s\n", topics[i].name, topics[i].help);
}

static int print_answer(const struct cli *cli, const char *path)
{
	struct client_answer answer __attribute__((cleanup(client_answer_cleanup))) = { 0 };
	int code = cli_ask(cli, "GET", path, NULL, &answer);

	if (code >= 0)
		return code;
	fwrite(answer.body, 1, answer.len, stdout);
	if (answer.len && answer.body[answer.len - 1] != '\n')
		putchar('\n');
	return CLI_OK;
}

int cmd_debug(const struct cli *cli, int argc, char **argv)
{
	size_t i;
	int next, code;

	if (argc < 2 || strcmp(argv[1], "--help") == 0 ||
	    strcmp(argv[1], "-h") == 0) {
		print_topics(cli, argc < 2 ? stderr : stdout);
		return argc < 2 ? CLI_FAILED : CLI_OK;
	}
	if (strcmp(argv[1], "state") == 0)
		return cmd_state(cli, argc - 1, argv + 1);
	for (i = 0; i < ARRAY_SIZE(topics); i++) {
		if (strcmp(argv[1], topics[i].name) != 0)
			continue;
		code = cli_flags(cli, "debug <topic>", NULL, 0, argc - 1,
				 argv + 1, &next);
		if (code < 0)
			code = cli_no_args(cli, argc - 1, argv + 1, next);
		return code < 0 ? print_answer(cli, topics[i].path) : code;
	}
	fprintf(stderr, "%s: no such topic: %s\n", cli->name, argv[1]);
	print_topics(cli, stderr);
	return CLI_UNSUPPORTED;
}
