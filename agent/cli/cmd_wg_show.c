// SPDX-License-Identifier: GPL-2.0-only
/* show, showconf, stats */
#include "cli/cmd_wg.h"

#include "base/err.h"
#include "cli/wg_print.h"
#include "dataplane/fetch.h"
#include "dataplane/genl_conn.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* Source: wg(8), WG_COLOR_MODE. */
static struct wg_style get_style(void)
{
	const char *mode = getenv("WG_COLOR_MODE");
	struct wg_style style = {
		.color = isatty(STDOUT_FILENO),
		.now_s = time(NULL),
	};

	if (mode && strcmp(mode, "always") == 0)
		style.color = true;
	else if (mode && strcmp(mode, "never") == 0)
		style.color = false;
	return style;
}

static int show_interfaces(struct genl_conn *conn)
{
	struct wg_devices list auto_clean(wg_devices) = { 0 };
	struct err_detail detail = { "" };
	size_t i;
	int r;

	r = fetch_devices(conn, false, &detail, &list);
	if (r < 0)
		return cmd_wg_fail(r, &detail, "list", NULL);
	for (i = 0; i < list.n; i++)
		printf("%s%c", list.item[i].name,
		       i + 1 < list.n ? ' ' : '\n');
	return EXIT_SUCCESS;
}

/* What is asked for has been printed; say what cannot be. */
static int finish_private_key(const struct wg_devices *list)
{
	bool any = false;
	size_t i;

	for (i = 0; i < list->n; i++)
		any |= list->item[i].has_key;
	if (!any)
		return EXIT_SUCCESS;
	fputs("tailnet: the module never gives out private keys\n", stderr);
	return EXIT_FAILURE;
}

/* @field: NULL = everything for people, "dump" = everything for programs */
static int print_devices(struct wg_devices *list, const char *field,
			 bool with_name)
{
	struct wg_style style = get_style();
	size_t i;

	for (i = 0; i < list->n; i++) {
		struct wg_device *dev = &list->item[i];

		if (!field) {
			if (wg_device_sort_recent(dev) < 0) {
				fputs("tailnet: out of memory\n", stderr);
				return EXIT_FAILURE;
			}
			wg_print_device(stdout, dev, &style);
			if (i + 1 < list->n)
				putchar('\n');
		} else if (strcmp(field, "dump") == 0) {
			wg_print_dump(stdout, dev, with_name);
		} else {
			wg_print_field(stdout, dev, field, with_name);
		}
	}
	if (field && strcmp(field, "private-key") == 0)
		return finish_private_key(list);
	return EXIT_SUCCESS;
}

static int get_devices(struct genl_conn *conn, const char *ifname,
		       struct wg_devices *ret)
{
	struct err_detail detail = { "" };
	struct wg_device *dev;
	int r;

	if (!ifname) {
		r = fetch_devices(conn, true, &detail, ret);
	} else {
		dev = wg_devices_add(ret);
		r = dev ? fetch_device(conn, ifname, true, &detail, dev) :
			  -ENOMEM;
	}
	if (r < 0)
		cmd_wg_fail(r, &detail, "access", ifname);
	return r;
}

int cmd_wg_show(int argc, char **argv)
{
	struct genl_conn *conn auto_clean(genl_conn) = NULL;
	struct wg_devices list auto_clean(wg_devices) = { 0 };
	const char *ifname = argc > 1 ? argv[1] : "all";
	const char *field = argc > 2 ? argv[2] : NULL;
	bool all = strcmp(ifname, "all") == 0;
	bool interfaces = strcmp(ifname, "interfaces") == 0;

	if (argc > 3 || (interfaces && field) ||
	    (field && strcmp(field, "dump") != 0 && !wg_print_is_field(field)))
		return cmd_wg_usage("show");
	if (cmd_wg_connect(&conn) < 0)
		return EXIT_FAILURE;
	if (interfaces)
		return show_interfaces(conn);
	if (get_devices(conn, all ? NULL : ifname, &list) < 0)
		return EXIT_FAILURE;
	return print_devices(&list, field, all);
}

int cmd_wg_showconf(int argc, char **argv)
{
	struct genl_conn *conn auto_clean(genl_conn) = NULL;
	struct wg_devices list auto_clean(wg_devices) = { 0 };

	if (argc != 2)
		return cmd_wg_usage(argv[0]);
	if (cmd_wg_connect(&conn) < 0 ||
	    get_devices(conn, argv[1], &list) < 0)
		return EXIT_FAILURE;
	wg_print_conf(stdout, &list.item[0]);
	if (list.item[0].has_key)
		fputs("tailnet: the module never gives out secrets; fill in the keys before use\n",
		      stderr);
	return EXIT_SUCCESS;
}

static void print_drops_named(void *ctx, const struct wg_drops *drops)
{
	wg_print_drops(ctx, drops, true);
}

static void print_drops(void *ctx, const struct wg_drops *drops)
{
	wg_print_drops(ctx, drops, false);
}

int cmd_wg_stats(int argc, char **argv)
{
	struct genl_conn *conn auto_clean(genl_conn) = NULL;
	const char *ifname = argc > 1 ? argv[1] : NULL;
	struct err_detail detail = { "" };
	int r;

	if (argc > 2)
		return cmd_wg_usage(argv[0]);
	if (ifname && strcmp(ifname, "all") == 0)
		ifname = NULL;
	if (cmd_wg_connect(&conn) < 0)
		return EXIT_FAILURE;
	r = fetch_drops(conn, ifname, ifname ? print_drops : print_drops_named,
			stdout, &detail);
	if (r < 0)
		return cmd_wg_fail(r, &detail, "access", ifname);
	return EXIT_SUCCESS;
}
