// SPDX-License-Identifier: GPL-2.0-only
/* Requests about the tailnet lock; the first byte says which. */
#include "wire/lock_local.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct arena *mem auto_clean(arena) = arena_new();
	const char *text = (const char *)data + 1;
	struct lock_local_recovery recovery;
	struct lock_local_modify modify;
	struct lock_local_init init;
	struct lock_local_sign sign;
	struct err_detail detail;

	if (!len)
		return 0;
	switch (data[0] % 4) {
	case 0:
		if (lock_local_init_parse(text, len - 1, mem, &detail,
					  &init) == 0)
			assert(init.n_keys <= LOCK_LOCAL_LIST_MAX);
		break;
	case 1:
		lock_local_sign_parse(text, len - 1, mem, &detail, &sign);
		break;
	case 2:
		lock_local_modify_parse(text, len - 1, mem, &detail, &modify);
		break;
	case 3:
		lock_local_recovery_parse(text, len - 1, mem, &detail,
					  &recovery);
	}
	return 0;
}
