// SPDX-License-Identifier: GPL-2.0-only
/* HTTP requests of the control server. */
#include "fuzz_wg_conf.h"

#include "wire/c2n_http.h"

#include <assert.h>

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct bytes in = { data, len };
	struct c2n_request r;

	if (c2n_request_parse(in, &r) < 0)
		return 0;
	assert(r.method_len > 0 && *r.path == '/');
	assert(r.path >= (const char *)data &&
	       r.query + r.query_len <= (const char *)data + len);
	assert(r.body.data + r.body.len == data + len);
	assert(r.timeout_ms > 0 && r.timeout_ms <= C2N_TIMEOUT_MAX_MS);
	return 0;
}
