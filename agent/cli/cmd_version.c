// SPDX-License-Identifier: GPL-2.0-only
#include "cli/cmd_version.h"

#include "base/array.h"
#include "base/version.h"
#include "cli/cli.h"
#include "wire/json_put.h"

static int print_json(const struct status *status)
{
	json_t *object = json_object();
	int r = json_put_text(object, "majorMinorPatch", VERSION_SHORT);

	if (r == 0)
		r = json_put_text(object, "short", VERSION_SHORT);
	if (r == 0)
		r = json_put_text(object, "long", VERSION_LONG);
	if (r == 0)
		r = json_put_some_text(object, "daemonLong", status->version);
	if (r == 0)
		r = json_put(object, "cap", json_integer(VERSION_CAP));
	if (r < 0) {
		json_decref(object);
		object = NULL;
	}
	return cli_print_json(object, true);
}

int cmd_version(const struct cli *cli, int argc, char **argv)
{
	struct status status __attribute__((cleanup(status_cleanup))) = { 0 };
	bool daemon = false, json = false;
	struct flag flags[] = {
		FLAG("daemon", FLAG_BOOL, &daemon, "the agent's as well"),
		FLAG("json", FLAG_BOOL, &json, "as JSON"),
		FLAG("upstream", FLAG_REFUSED, NULL,
		  "new versions come with the package manager"),
		FLAG("track", FLAG_REFUSED, NULL,
		  "new versions come with the package manager"),
	};
	int next, code;

	code = cli_flags(cli, "version [--daemon] [--json]", flags,
			 ARRAY_SIZE(flags), argc, argv, &next);
	if (code < 0)
		code = cli_no_args(cli, argc, argv, next);
	if (code < 0 && daemon)
		code = cli_status(cli, false, &status);
	if (code >= 0)
		return code;
	if (json)
		return print_json(&status);
	if (daemon)
		printf("Client: %s\nDaemon: %s\n", VERSION_LONG,
		       status_text(status.version));
	else
		printf("%s\n", VERSION_SHORT);
	return CLI_OK;
}
