/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef CONTROL_BACKOFF_H
#define CONTROL_BACKOFF_H

#include <stdbool.h>
#include <stdint.h>

/* Source: util/backoff of tailscale, as control/controlclient uses it. */
#define BACKOFF_STEP_MS 10
#define BACKOFF_MAX_MS 30000

/*
 * A server that accepts and then fails would be asked every few milliseconds:
 * after so many failures within so long, the wait is at least this. Ours.
 */
#define BACKOFF_STORM_N 5
#define BACKOFF_STORM_MS 10000
#define BACKOFF_STORM_WAIT_MS 1000

/**
 * struct backoff - how often something has failed; all zero at first
 * @n: failures in a row
 * @at_ms: boot times of the last ones, a ring
 * @at: next place in it
 */
struct backoff {
	unsigned int n;
	uint64_t at_ms[BACKOFF_STORM_N];
	unsigned int at;
};

/**
 * backoff_ms() - wait after the n-th failure in a row
 * @n:		1 or more
 * @random:	any 32 bits
 *
 * Return: min(n^2 * 10 ms, 30 s), times something from 0.5 to 1.5.
 */
uint64_t backoff_ms(unsigned int n, uint32_t random);

/**
 * backoff_fail() - count a failure
 * @backoff:	counted in
 * @now_ms:	boot time
 * @connected:	the server had been reached and proved
 * @random:	any 32 bits
 *
 * Return: ms to wait.
 */
uint64_t backoff_fail(struct backoff *backoff, uint64_t now_ms, bool connected,
		      uint32_t random);

/**
 * backoff_reset() - it has succeeded
 * @backoff: begins anew; failures within BACKOFF_STORM_MS still count as such
 */
void backoff_reset(struct backoff *backoff);

#endif /* CONTROL_BACKOFF_H */
