// SPDX-License-Identifier: GPL-2.0-only
#include "lock/disable.h"

#include "base/err.h"

#include <sodium.h>

int disable_match(const struct lock_state *state,
		  const uint8_t value[DISABLE_VALUE_LEN])
{
	int match = 0;
	size_t i;

	/* All of them, so that the time tells nothing. */
	for (i = 0; i < state->n_values; i++) {
		if (state->values[i].b.len == DISABLE_VALUE_LEN)
			match |= sodium_memcmp(value, state->values[i].b.data,
					       DISABLE_VALUE_LEN) == 0;
	}
	return match ? 0 : TNE_LOCK_SECRET;
}
