// SPDX-License-Identifier: GPL-2.0-only
/* Lists of profiles, and what relays say of the control server's address. */
#include "base/err.h"
#include "wire/bootstrap_json.h"
#include "wire/profile_json.h"

#include <stdlib.h>

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	return secret_init();
}

static void list(struct state_bytes text)
{
	struct profile_list list = { 0 };
	struct secret_buf out = { 0 };
	struct err_detail detail;
	json_t *object;

	if (profile_list_parse(text, &detail, &list) < 0)
		return;
	if (list.n && profile_list_remove(text, list.item[0].id, &detail,
					  &out) < 0)
		abort();
	if (list.n && profile_json_build(&list.item[0], &object) == 0)
		json_decref(object);
	secret_buf_done(&out);
	profile_list_done(&list);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ip_addr addr[BOOTSTRAP_ADDRS_MAX];
	int n = bootstrap_json_parse(data, size, "c.example", addr);

	if (n == 0 || n > BOOTSTRAP_ADDRS_MAX)
		abort();
	list((struct state_bytes){ (const char *)data, size });
	return 0;
}
