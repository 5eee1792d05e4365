// SPDX-License-Identifier: GPL-2.0-only
/* Times: what is taken means the same after it was written. */
#include "fuzz_wg_conf.h"

#include "base/rfc3339.h"

#include <assert.h>
#include <string.h>

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	char text[RFC3339_TEXT_MAX];
	struct timestamp time, back;

	if (rfc3339_parse((const char *)data, len, &time) < 0)
		return 0;
	assert(time.ns < 1000000000);
	rfc3339_format(&time, text);
	assert(rfc3339_parse(text, strlen(text), &back) == 0);
	assert(timestamp_cmp(&time, &back) == 0);
	return 0;
}
