// SPDX-License-Identifier: GPL-2.0-only
/* Answers to a registration. */
#include "fuzz_wg_conf.h"

#include "wire/register_json.h"

#include <assert.h>
#include <string.h>

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	return secret_init();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct register_response *response;
	struct err_detail detail = { "" };

	if (register_response_parse((const char *)data, len, &detail,
				    &response) < 0) {
		assert(*detail.text);
		return 0;
	}
	assert(response->auth_url && response->error &&
	       response->login.login_name && response->user.display_name);
	if (register_response_check(response, true) == REGISTER_DONE)
		assert(!*response->error && !*response->auth_url);
	register_response_free(response);
	return 0;
}
