// SPDX-License-Identifier: GPL-2.0-only
#include "control/backoff.h"

uint64_t backoff_ms(unsigned int n, uint32_t random)
{
	uint64_t ms = (uint64_t)n * n * BACKOFF_STEP_MS;

	/* From here on n * n only grows, and some day it would wrap. */
	if (n > BACKOFF_MAX_MS || ms > BACKOFF_MAX_MS)
		ms = BACKOFF_MAX_MS;
	return ms / 2 + (ms * random >> 32);
}

uint64_t backoff_fail(struct backoff *backoff, uint64_t now_ms, bool connected,
		      uint32_t random)
{
	uint64_t oldest = backoff->at_ms[backoff->at];
	uint64_t wait_ms;

	if (backoff->n < BACKOFF_MAX_MS)
		backoff->n++;
	wait_ms = backoff_ms(backoff->n, random);
	if (!connected)
		return wait_ms;

	/* With this one there are BACKOFF_STORM_N behind the oldest. */
	backoff->at_ms[backoff->at] = now_ms;
	backoff->at = (backoff->at + 1) % BACKOFF_STORM_N;
	if (oldest && now_ms - oldest <= BACKOFF_STORM_MS &&
	    wait_ms < BACKOFF_STORM_WAIT_MS)
		wait_ms = BACKOFF_STORM_WAIT_MS;
	return wait_ms;
}

void backoff_reset(struct backoff *backoff)
{
	backoff->n = 0;
}
