// SPDX-License-Identifier: GPL-2.0-only
/*
 * Configuration files, and with their lines as arguments "wg set"; what is
 * taken is built into messages as well.
 */
#include "fuzz_wg_conf.h"

#include "dataplane/batch.h"
#include "wire/wg_conf.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define ARGS_MAX 64

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	return secret_init();
}

static void use(int r, struct wg_config *config, struct err_detail *detail)
{
	struct batch batch = { 0 };
	size_t i;

	if (r < 0) {
		for (i = 0; detail->text[i]; i++)
			assert((unsigned char)detail->text[i] >= 0x20);
		return;
	}
	assert(batch_txn_items(1, "wg0", 1, config, &batch) == 0);
	batch_done(&batch);
	wg_config_done(config);
}

static void fuzz_args(char *s, size_t len)
{
	struct err_detail detail;
	struct wg_config config;
	char *argv[ARGS_MAX], *end = s + len, *eol;
	int argc = 0;

	for (; s < end && argc < ARGS_MAX; s = eol + 1) {
		eol = memchr(s, '\n', end - s);
		if (!eol)
			break;
		*eol = 0;
		argv[argc++] = s;
	}
	use(wg_conf_parse_args(argv, argc, &detail, &config), &config,
	    &detail);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct err_detail detail;
	struct wg_config config;
	char *copy = malloc(len + 1);
	struct secret_buf text = { .data = copy, .len = len, .cap = len };

	if (!copy)
		return 0;
	if (len)
		memcpy(copy, data, len);
	use(wg_conf_parse(&text, len & 1, &detail, &config), &config, &detail);
	fuzz_args(copy, len);
	free(copy);
	return 0;
}
