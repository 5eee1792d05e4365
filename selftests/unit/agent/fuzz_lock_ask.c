// SPDX-License-Identifier: GPL-2.0-only
/* Answers about the tailnet lock; the first byte says which. */
#include "wire/lock_ask.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct arena *mem auto_clean(arena) = arena_new();
	const char *text = (const char *)data + 1;
	struct lock_status status;
	struct lock_update *update;
	struct err_detail detail;
	const struct bytes *sigs;
	size_t n;

	if (!len)
		return 0;
	switch (data[0] % 3) {
	case 0:
		if (lock_ask_status_parse(text, len - 1, mem, &detail,
					  &status) == 0)
			assert(status.sig.n <= NODE_SIG_LAYERS_MAX);
		break;
	case 1:
		lock_ask_log_parse(text, len - 1, mem, &detail, &update, &n);
		break;
	case 2:
		lock_ask_sigs_parse(text, len - 1, mem, &detail, &sigs, &n);
	}
	return 0;
}
