/* SPDX-License-Identifier: GPL-2.0-only */
/* Generations of the state against a counter that only goes up. */
#ifndef STORE_COUNTER_H
#define STORE_COUNTER_H

#include "base/err.h"
#include "wire/state_json.h"

#include <stdint.h>

#define COUNTER_TEXT_MAX 80	/* bytes */

/**
 * enum counter_verdict - what generation and counter say together
 * @COUNTER_SAME: as left
 * @COUNTER_BEHIND: written, but not counted any more before a crash
 * @COUNTER_OLD: this state was followed by others
 * @COUNTER_LOST: the counter is not the one of before
 */
enum counter_verdict {
	COUNTER_SAME,
	COUNTER_BEHIND,
	COUNTER_OLD,
	COUNTER_LOST,
};

/**
 * counter_check() - is this the newest state?
 * @generation:	of the state
 * @counter:	of the TPM
 *
 * A state is written with the next generation, and counted when it is on disk.
 *
 * Return: the verdict.
 */
enum counter_verdict counter_check(uint64_t generation, uint64_t counter);

/**
 * counter_parse() - read the entry of the state
 * @text:		its bytes
 * @ret_generation:	1 or more
 * @ret_index:		NV index of the counter
 *
 * Return: 0 or TNE_STATE_FORMAT.
 */
int counter_parse(struct state_bytes text, uint64_t *ret_generation,
		  uint32_t *ret_index);

/**
 * counter_format() - write the entry
 * @generation:	1 or more
 * @index:	NV index of the counter
 * @ret:	terminated
 */
void counter_format(uint64_t generation, uint32_t index,
		    char ret[COUNTER_TEXT_MAX]);

#endif /* STORE_COUNTER_H */
