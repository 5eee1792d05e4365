/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdint.h>
#include <time.h>

/**
 * struct clock - where time comes from; tests bring their own
 * @boot_ms: time since some fixed point, in ms; goes on while the machine sleeps
 * @wall: time of day
 */
struct clock {
	uint64_t (*boot_ms)(const struct clock *clock);
	struct timespec (*wall)(const struct clock *clock);
};

/**
 * struct clock_sim - a clock that stands still until it is told otherwise
 * @clock: what is handed to the code under test
 * @now_ms: answer of clock_boot_ms()
 * @wall_s: answer of clock_wall(), seconds since 1970
 */
struct clock_sim {
	struct clock clock;
	uint64_t now_ms;
	int64_t wall_s;
};

/**
 * clock_system() - the machine's own clock
 *
 * Return: a static object; @boot_ms is CLOCK_BOOTTIME.
 */
const struct clock *clock_system(void);

/**
 * clock_sim_init() - set up a clock of a test
 * @sim:	the clock
 * @wall_s:	its time of day, seconds since 1970
 *
 * Its boot time starts at an hour, so that "never" (0) lies in the past.
 */
void clock_sim_init(struct clock_sim *sim, int64_t wall_s);

/**
 * clock_boot_ms() - for measuring and for deadlines
 * @clock: the clock
 *
 * Return: ms; never less than before.
 */
uint64_t clock_boot_ms(const struct clock *clock);

/**
 * clock_wall() - time of day
 * @clock: the clock
 *
 * Return: since 1970, UTC.
 */
struct timespec clock_wall(const struct clock *clock);

#endif /* BASE_CLOCK_H */
