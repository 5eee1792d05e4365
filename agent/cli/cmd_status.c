// SPDX-License-Identifier: GPL-2.0-only
#include "cli/cmd_status.h"

#include "base/array.h"
#include "cli/cli.h"
#include "cli/status_print.h"
#include "wire/json_put.h"

#include <time.h>

static int print_json(const struct cli *cli, bool peers)
{
	struct client_answer answer __attribute__((cleanup(client_answer_cleanup))) = { 0 };
	struct err_detail detail = { "" };
	json_t *object;
	int code = cli_ask(cli, "GET", peers ? "status" : "status?peers=false",
			   NULL, &answer), r;

	if (code >= 0)
		return code;
	r = json_read_object(answer.body, answer.len, "the answer", &detail,
			     &object);
	return r < 0 ? cli_fail(cli, r, &detail) :
		cli_print_json(object, false);
}

static int print_state(const struct cli *cli, const struct status *status)
{
	switch (status->backend) {
	case BACKEND_RUNNING:
	case BACKEND_STARTING:
		return CLI_OK;
	case BACKEND_STOPPED:
		printf("%s is stopped.\n", cli->title);
		return CLI_FAILED;
	case BACKEND_NEEDS_LOGIN:
		puts("Logged out.");
		if (*status_text(status->auth_url))
			printf("Log in at: %s\n", status->auth_url);
		return CLI_FAILED;
	case BACKEND_NEEDS_MACHINE_AUTH:
		puts("Machine is not yet approved by tailnet admin.");
		return CLI_FAILED;
	case BACKEND_NO_STATE:
	case BACKEND_IN_USE_OTHER_USER:
	case BACKEND_STATES:
		break;
	}
	status_print_health(status, stdout);
	status_print_rest(&status->rest, stdout);
	printf("unexpected state: %s\n", backend_state_name(status->backend));
	return CLI_FAILED;
}

int cmd_status(const struct cli *cli, int argc, char **argv)
{
	struct status status __attribute__((cleanup(status_cleanup))) = { 0 };
	struct status_print how = { .self = true, .peers = true };
	bool json = false;
	struct flag flags[] = {
		FLAG("json", FLAG_BOOL, &json, "as JSON"),
		FLAG("active", FLAG_BOOL, &how.active,
		  "only peers with which packets are exchanged"),
		FLAG("self", FLAG_BOOL, &how.self, "this node, too (default true)"),
		FLAG("peers", FLAG_BOOL, &how.peers, "the peers (default true)"),
		FLAG("header", FLAG_BOOL, &how.header, "a line with headings"),
		FLAG("web", FLAG_REFUSED, NULL, "there is no web page here"),
		FLAG("listen", FLAG_REFUSED, NULL, "there is no web page here"),
		FLAG("browser", FLAG_REFUSED, NULL, "there is no web page here"),
	};
	int next, code;

	code = cli_flags(cli, "status [--json] [--active] [--peers=false]",
			 flags, ARRAY_SIZE(flags), argc, argv, &next);
	if (code < 0)
		code = cli_no_args(cli, argc, argv, next);
	if (code >= 0)
		return code;
	if (json)
		return print_json(cli, how.peers);
	code = cli_status(cli, how.peers, &status);
	if (code >= 0)
		return code;
	code = print_state(cli, &status);
	if (code != CLI_OK)
		return code;
	how.now_s = time(NULL);
	if (status_print_table(&status, &how, stdout) < 0) {
		fputs("out of memory\n", stderr);
		return CLI_FAILED;
	}
	if (status.health.n || status.rest.known)
		putchar('\n');
	status_print_rest(&status.rest, stdout);
	status_print_health(&status, stdout);
	return CLI_OK;
}
