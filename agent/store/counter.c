// SPDX-License-Identifier: GPL-2.0-only
#include "store/counter.h"

#include "wire/json.h"

#include <inttypes.h>
#include <stdio.h>

enum counter_verdict counter_check(uint64_t generation, uint64_t counter)
{
	if (generation == counter)
		return COUNTER_SAME;
	if (generation < counter)
		return COUNTER_OLD;
	return generation - counter == 1 ? COUNTER_BEHIND : COUNTER_LOST;
}

int counter_parse(struct state_bytes text, uint64_t *ret_generation,
		  uint32_t *ret_index)
{
	json_t *object auto_clean(json) = NULL;
	struct err_detail detail;
	int64_t generation, index;

	if (json_read(text.data, text.len, &detail, &object) < 0 ||
	    json_get_int(object, "Generation", 1, INT64_MAX,
			 &generation) <= 0 ||
	    json_get_int(object, "CounterIndex", 1, UINT32_MAX, &index) <= 0)
		return TNE_STATE_FORMAT;
	*ret_generation = generation;
	*ret_index = index;
	return 0;
}

void counter_format(uint64_t generation, uint32_t index,
		    char ret[COUNTER_TEXT_MAX])
{
	snprintf(ret, COUNTER_TEXT_MAX,
		 "{\"Generation\":%" PRIu64 ",\"CounterIndex\":%" PRIu32 "}",
		 generation, index);
}
