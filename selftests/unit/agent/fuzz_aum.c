// SPDX-License-Identifier: GPL-2.0-only
/* Updates of the tailnet lock: what is taken is written as it was read. */
#include "wire/aum.h"

#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct arena *mem auto_clean(arena) = arena_new();
	struct aum_hash hash, again;
	struct aum_hash_text text;
	struct bytes back;
	struct aum aum;

	if (aum_parse((struct bytes){ data, len }, mem, &aum) < 0)
		return 0;
	assert(aum_build(&aum, mem, &back) == 0);
	assert(back.len == len && memcmp(back.data, data, len) == 0);
	assert(aum_sig_hash(&aum, &hash) == 0);
	aum_hash_format(&hash, &text);
	assert(aum_hash_parse(text.c, AUM_HASH_TEXT_LEN, &again) == 0);
	assert(aum_hash_eq(&hash, &again));
	return 0;
}
