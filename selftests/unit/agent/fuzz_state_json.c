// SPDX-License-Identifier: GPL-2.0-only
/* State files: what is taken is written in one form, and read back the same. */
#include "fuzz_state_json.h"

#include "wire/state_json.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	return secret_init();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct secret_buf one = { 0 }, two = { 0 };
	struct state_map map, again;
	struct err_detail detail;
	char *s = malloc(len ? len : 1);

	if (!s)
		return 0;
	memcpy(s, data, len);
	if (state_json_parse(s, len, &detail, &map) == 0) {
		assert(state_json_build(&map, &one) == 0);
		assert(state_json_parse(one.data, one.len, &detail,
					&again) == 0);
		assert(again.n == map.n);
		assert(state_json_build(&again, &two) == 0);
		assert(one.len == two.len &&
		       memcmp(one.data, two.data, one.len) == 0);
		state_map_done(&again);
		state_map_done(&map);
	}
	secret_buf_done(&one);
	secret_buf_done(&two);
	free(s);
	return 0;
}
