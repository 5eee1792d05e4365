/* SPDX-License-Identifier: GPL-2.0-only */
/* What the verbs that ask the agent have in common. */
#ifndef CLI_CLI_H
#define CLI_CLI_H

#include "base/err.h"
#include "base/flags.h"
#include "cli/client.h"
#include "model/prefs.h"
#include "model/status.h"

#include <jansson.h>
#include <stdbool.h>

/* Exit codes; 69 and 64 are those of sysexits.h. */
#define CLI_OK		0
#define CLI_FAILED	1
#define CLI_BAD_FLAG	2
#define CLI_UNSUPPORTED	64
#define CLI_NO_AGENT	69

#define CLI_SOCKET	"/run/tailnet/tailnetd.sock"

/**
 * struct cli - one run of the program
 * @client: the agent
 * @compat: called by the stock program's name: its texts and exit codes
 * @name: what the program calls itself
 * @title: what texts call the product
 */
struct cli {
	struct client client;
	bool compat;
	const char *name;
	const char *title;
};

/**
 * cli_flags() - read the options of a verb
 * @cli:	the run
 * @usage:	"status [--json]", shown with the help
 * @flag:	options
 * @n:		how many
 * @argc:	arguments with the verb
 * @argv:	likewise
 * @ret_next:	index in @argv of the first that is no option
 *
 * Return: below 0 to go on, else the exit code: the rest has been printed.
 */
int cli_flags(const struct cli *cli, const char *usage, struct flag *flag,
	      size_t n, int argc, char **argv, int *ret_next);

/**
 * cli_no_args() - refuse arguments that a verb does not have
 * @cli:	the run
 * @argc:	number of arguments with the verb
 * @argv:	arguments
 * @next:	index of the first that is no option
 *
 * Return: as cli_flags().
 */
int cli_no_args(const struct cli *cli, int argc, char **argv, int next);

/**
 * cli_fail() - print one line about a failure
 * @cli:	the run
 * @err:	result below 0
 * @detail:	with or without a text
 *
 * Return: exit code.
 */
int cli_fail(const struct cli *cli, int err, const struct err_detail *detail);

/**
 * cli_ask() - a request that is to be answered with success
 * @cli:	the run
 * @method:	of HTTP
 * @path:	behind the API's prefix
 * @body:	moved; NULL = none
 * @ret:	the answer, owned by the caller; NULL if it does not matter
 *
 * Return: below 0 to go on, else the exit code: the failure has been printed.
 */
int cli_ask(const struct cli *cli, const char *method, const char *path,
	    json_t *body, struct client_answer *ret);

/**
 * cli_ask_bytes() - the same, with a body that is no JSON, or written already
 * @cli:	the run
 * @method:	of HTTP
 * @path:	behind the API's prefix
 * @body:	bytes
 * @len:	how many
 * @ret:	as above
 *
 * Return: as cli_ask().
 */
int cli_ask_bytes(const struct cli *cli, const char *method, const char *path,
		  const void *body, size_t len, struct client_answer *ret);

/**
 * cli_status() - ask for the status
 * @cli:	the run
 * @peers:	with the peers
 * @ret:	owned by the caller
 *
 * Return: as cli_ask().
 */
int cli_status(const struct cli *cli, bool peers, struct status *ret);

/**
 * cli_status_open() - ask for the status, of a node whose state is open
 * @cli:	the run
 * @ret:	owned by the caller; without the peers
 *
 * While the state is being opened it says so and waits, as long as the agent
 * lets it. A state that cannot be opened is not an error in here.
 *
 * Return: as cli_ask().
 */
int cli_status_open(const struct cli *cli, struct status *ret);

/**
 * cli_prefs() - ask for the preferences
 * @cli:	the run
 * @ret:	owned by the caller
 * @ret_login:	who is logged in, "" = nobody; owned by the caller
 *
 * Return: as cli_ask().
 */
int cli_prefs(const struct cli *cli, struct prefs *ret, char **ret_login);

/**
 * cli_edit() - change preferences
 * @cli:	the run
 * @edit:	which and to what
 *
 * Return: as cli_ask().
 */
int cli_edit(const struct cli *cli, const struct prefs_edit *edit);

/**
 * cli_print_json() - print a document
 * @object:	moved; NULL = no memory
 * @tabs:	indent with tabs instead of two spaces
 *
 * Return: exit code.
 */
int cli_print_json(json_t *object, bool tabs);

#endif /* CLI_CLI_H */
