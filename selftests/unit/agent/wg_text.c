// SPDX-License-Identifier: GPL-2.0-only
/*
 * The parsers and printers of "tailnet wg" without a module behind them, for
 * side_by_side.py:
 *
 *	wg_text show FIELD NOW NAME=FILE...	print devices read from files;
 *						FIELD: -, -color, dump, ...
 *	wg_text args ARG...			what "wg set" would send
 *	wg_text setconf|addconf FILE		what those would send
 */
#include "cli/wg_load.h"
#include "cli/wg_print.h"
#include "uapi_text.h"
#include "wire/wg_conf.h"

#include <stdlib.h>
#include <string.h>

static int show(int argc, char **argv)
{
	const char *field = argv[0];
	struct wg_style style = {
		.color = strcmp(field, "-color") == 0,
		.now_s = atoll(argv[1]),
	};
	struct wg_device dev;
	char *file;
	int i;

	for (i = 2; i < argc; i++) {
		file = strchr(argv[i], '=');
		*file++ = 0;
		uapi_text_read(file, argv[i], &dev);
		if (*field == '-') {
			if (wg_device_sort_recent(&dev) < 0)
				return 2;
			wg_print_device(stdout, &dev, &style);
			if (i + 1 < argc)
				putchar('\n');
		} else if (strcmp(field, "dump") == 0) {
			wg_print_dump(stdout, &dev, argc > 3);
		} else if (strcmp(field, "conf") == 0) {
			wg_print_conf(stdout, &dev);
		} else {
			wg_print_field(stdout, &dev, field, argc > 3);
		}
		wg_device_done(&dev);
	}
	return 0;
}

static int finish(int r, struct wg_config *config, struct err_detail *detail)
{
	if (r == 0)
		wg_load_warn(config, stderr);
	if (r == 0)
		r = wg_load_keys(config, detail);
	if (r < 0) {
		fprintf(stderr, "%s\n",
			detail->text[0] ? detail->text : err_text(r));
		wg_config_done(config);
		return 1;
	}
	uapi_text_write(stdout, config);
	wg_config_done(config);
	return 0;
}

static int conf(const char *path, bool replace)
{
	struct secret_buf text auto_clean(secret_buf) = { 0 };
	struct wg_config config = { 0 };
	struct err_detail detail;
	int r = wg_load_file(path, &detail, &text);

	if (r == 0)
		r = wg_conf_parse(&text, replace, &detail, &config);
	return finish(r, &config, &detail);
}

int main(int argc, char **argv)
{
	struct wg_config config = { 0 };
	struct err_detail detail;

	if (secret_init() < 0 || argc < 2)
		return 2;
	if (strcmp(argv[1], "show") == 0 && argc > 3)
		return show(argc - 2, argv + 2);
	if (strcmp(argv[1], "args") == 0)
		return finish(wg_conf_parse_args(argv + 2, argc - 2, &detail,
						 &config), &config, &detail);
	if (argc == 3)
		return conf(argv[2], strcmp(argv[1], "setconf") == 0);
	return 2;
}
