// SPDX-License-Identifier: GPL-2.0-only
#include "base/array.h"
#include "base/secret.h"
#include "cli/cmd_wg.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *help;
} verbs[] = {
	{ "wg", cmd_wg, "shows and sets devices by hand, as wg(8) does" },
};

static void print_help(FILE *out)
{
	size_t i;

	fputs("Usage: tailnet <verb> [<args>]\n\nVerbs:\n", out);
	for (i = 0; i < ARRAY_SIZE(verbs); i++)
		fprintf(out, "  %s: %s\n", verbs[i].name, verbs[i].help);
}

/* Output that was lost, on a full disk for example, is a failure too. */
static int finish(int status)
{
	if (fflush(stdout) != 0 || ferror(stdout)) {
		perror("tailnet: standard output");
		return EXIT_FAILURE;
	}
	return status;
}

int main(int argc, char **argv)
{
	size_t i;

	if (secret_init() < 0) {
		fputs("tailnet: libsodium cannot be used\n", stderr);
		return EXIT_FAILURE;
	}
	if (argc < 2) {
		print_help(stderr);
		return EXIT_FAILURE;
	}
	if (strcmp(argv[1], "help") == 0 || strcmp(argv[1], "--help") == 0 ||
	    strcmp(argv[1], "-h") == 0) {
		print_help(stdout);
		return finish(EXIT_SUCCESS);
	}
	for (i = 0; i < ARRAY_SIZE(verbs); i++) {
		if (strcmp(argv[1], verbs[i].name) == 0)
			return finish(verbs[i].run(argc - 1, argv + 1));
	}
	fprintf(stderr, "tailnet: no such verb: %s\n", argv[1]);
	print_help(stderr);
	return EXIT_FAILURE;
}
