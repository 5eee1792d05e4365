// SPDX-License-Identifier: GPL-2.0-only
#include "base/clock.h"

static uint64_t system_boot_ms(const struct clock *clock)
{
	struct timespec now;

	(void)clock;
	clock_gettime(CLOCK_BOOTTIME, &now);
	return (uint64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static struct timespec system_wall(const struct clock *clock)
{
	struct timespec now;

	(void)clock;
	clock_gettime(CLOCK_REALTIME, &now);
	return now;
}

const struct clock *clock_system(void)
{
	static const struct clock clock = {
		.boot_ms = system_boot_ms,
		.wall = system_wall,
	};

	return &clock;
}

/* @clock is the first member of struct clock_sim. */
static uint64_t sim_boot_ms(const struct clock *clock)
{
	return ((const struct clock_sim *)clock)->now_ms;
}

static struct timespec sim_wall(const struct clock *clock)
{
	const struct clock_sim *sim = (const struct clock_sim *)clock;

	return (struct timespec){ .tv_sec = sim->wall_s };
}

void clock_sim_init(struct clock_sim *sim, int64_t wall_s)
{
	*sim = (struct clock_sim){
		.clock = { .boot_ms = sim_boot_ms, .wall = sim_wall },
		.now_ms = 3600000,
		.wall_s = wall_s,
	};
}

uint64_t clock_boot_ms(const struct clock *clock)
{
	return clock->boot_ms(clock);
}

struct timespec clock_wall(const struct clock *clock)
{
	return clock->wall(clock);
}
