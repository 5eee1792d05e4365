// SPDX-License-Identifier: GPL-2.0-only
/* Updates of the tailnet lock: what is taken is written as it was read. */
#include "wire/aum.h"
#include "wire/aum_record.h"

#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* The same as it lies on disk. */
static void try_record(struct bytes data, struct arena *mem)
{
	struct aum_record record, again;
	struct bytes back;

	if (aum_record_parse(data, mem, &record) < 0)
		return;
	assert(aum_record_build(&record, mem, &back) == 0);
	assert(aum_record_parse(back, mem, &again) == 0);
	assert(again.created_s == record.created_s);
	assert(again.purged_s == record.purged_s);
	assert(bytes_eq(again.update, record.update));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct arena *mem auto_clean(arena) = arena_new();
	struct aum_hash hash, again;
	struct aum_hash_text text;
	struct bytes back;
	struct aum aum;

	try_record((struct bytes){ data, len }, mem);
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
