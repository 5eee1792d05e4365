// SPDX-License-Identifier: GPL-2.0-only
/* The choices of the tests: repeatable, and no good for keys. */
#include "rnd.h"

static uint64_t rnd_state;

/**
 * rnd_seed() - start the generator of the tests' choices
 * @seed:	equal seeds make equal runs
 */
void rnd_seed(uint64_t seed)
{
	rnd_state = seed;
}

/**
 * rnd() - next choice
 *
 * SplitMix64: not for keys.
 *
 * Return: 64 bits.
 */
uint64_t rnd(void)
{
	uint64_t z = rnd_state += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}
