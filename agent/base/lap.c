// SPDX-License-Identifier: GPL-2.0-only
#include "base/lap.h"

#include <time.h>

uint64_t lap_take(struct lap *lap)
{
	struct timespec now;
	uint64_t was = lap->at_us;

	clock_gettime(CLOCK_MONOTONIC, &now);
	lap->at_us = (uint64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
	return lap->at_us - was;
}
