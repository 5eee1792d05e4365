// SPDX-License-Identifier: GPL-2.0-only
/* set, setconf, addconf, syncconf */
#include "cli/cmd_wg.h"

#include "base/err.h"
#include "base/secret.h"
#include "cli/wg_load.h"
#include "dataplane/apply.h"
#include "dataplane/genl_conn.h"
#include "wire/wg_conf.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* @source: what the message is about: a file name, or NULL for arguments */
static int fail(int err, const struct err_detail *detail, const char *source)
{
	fprintf(stderr, "tailnet: %s%s%s\n", source ? source : "",
		source ? ": " : "",
		detail->text[0] ? detail->text : err_text(err));
	return EXIT_FAILURE;
}

static int apply(const char *ifname, struct wg_config *config)
{
	struct genl_conn *conn auto_clean(genl_conn) = NULL;
	struct err_detail detail = { "" };
	int r;

	wg_load_warn(config, stderr);
	/* Lookups may take long; nothing is begun before they are done. */
	r = wg_load_keys(config, &detail);
	if (r == 0)
		r = wg_load_endpoints(config, &detail);
	if (r < 0)
		return fail(r, &detail, NULL);
	if (cmd_wg_connect(&conn) < 0)
		return EXIT_FAILURE;
	r = apply_config(conn, ifname, config, &detail);
	if (r < 0)
		return cmd_wg_fail(r, &detail, "modify", ifname);
	return EXIT_SUCCESS;
}

int cmd_wg_set(int argc, char **argv)
{
	struct wg_config config auto_clean(wg_config) = { 0 };
	struct err_detail detail = { "" };
	int r;

	if (argc < 3)
		return cmd_wg_usage(argv[0]);
	r = wg_conf_parse_args(argv + 2, argc - 2, &detail, &config);
	if (r < 0)
		return fail(r, &detail, NULL);
	return apply(argv[1], &config);
}

/*
 * setconf and syncconf are one: the module keeps the sessions, counters and
 * endpoints of peers that stay, so there is nothing to be gentle about.
 */
int cmd_wg_setconf(int argc, char **argv)
{
	struct wg_config config auto_clean(wg_config) = { 0 };
	struct secret_buf text auto_clean(secret_buf) = { 0 };
	struct err_detail detail = { "" };
	bool replace;
	int r;

	if (argc != 3)
		return cmd_wg_usage(argv[0]);
	replace = strcmp(argv[0], "addconf") != 0;
	r = wg_load_file(argv[2], &detail, &text);
	if (r < 0)
		return fail(r, &detail, NULL);
	r = wg_conf_parse(&text, replace, &detail, &config);
	if (r < 0)
		return fail(r, &detail, argv[2]);
	secret_buf_done(&text);
	return apply(argv[1], &config);
}
