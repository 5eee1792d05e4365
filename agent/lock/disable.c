// SPDX-License-Identifier: GPL-2.0-only
#include "lock/disable.h"

#include "base/err.h"
#include "base/secret.h"

#include <errno.h>
#include <sodium.h>

int disable_check(const struct lock_state *state, struct bytes secret)
{
	uint8_t value[LOCK_VALUE_LEN];
	int match = 0, r;
	size_t i;

	r = disable_derive(secret, value);
	if (r < 0)
		return r;
	/* All of them, so that the time tells nothing. */
	for (i = 0; i < state->n_values; i++) {
		if (state->values[i].b.len == sizeof(value))
			match |= sodium_memcmp(value, state->values[i].b.data,
					       sizeof(value)) == 0;
	}
	return match ? 0 : TNE_LOCK_SECRET;
}
