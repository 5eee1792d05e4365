/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef BASE_LAP_H
#define BASE_LAP_H

#include <stdint.h>

/**
 * struct lap - a stopwatch, for lines of the log that say how long things took
 * @at_us: start of the lap, microseconds of CLOCK_MONOTONIC
 */
struct lap {
	uint64_t at_us;
};

/**
 * lap_take() - end a lap and begin the next
 * @lap: the stopwatch, all zero before the first lap
 *
 * Return: how long the lap was, microseconds; of no use for the first one.
 */
uint64_t lap_take(struct lap *lap);

#endif /* BASE_LAP_H */
