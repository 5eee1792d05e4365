// SPDX-License-Identifier: GPL-2.0-only
/* Links that ask to sign a node. */
#include "wire/lock_link.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	return secret_init();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct arena *mem auto_clean(arena) = arena_new();
	struct err_detail detail = { "" };
	struct secret_buf text = { 0 };
	struct lock_link link = { 0 };
	char *url = strndup((const char *)data, len);

	if (url && lock_link_parse(url, mem, &detail, &link) == 0) {
		assert(*link.node_key && *link.device);
		lock_link_check(&link, len);
	}
	assert(lock_link_build(&link, detail.text, &text) == 0);
	secret_buf_done(&text);
	free(url);
	return 0;
}
