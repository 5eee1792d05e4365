// SPDX-License-Identifier: GPL-2.0-only
#include "store/key_age.h"

#include "store/keeper.h"
#include "wire/json.h"

#include <inttypes.h>
#include <stdio.h>

#define DAY_S (24 * 3600)

int key_age_parse(struct state_bytes text, int64_t *ret_since_s,
		  uint64_t *ret_writes)
{
	json_t *object auto_clean(json) = NULL;
	struct err_detail detail;
	int64_t since, writes;

	if (json_read(text.data, text.len, &detail, &object) < 0 ||
	    json_get_int(object, "Since", 0, INT64_MAX, &since) <= 0 ||
	    json_get_int(object, "Writes", 0, INT64_MAX, &writes) <= 0)
		return TNE_STATE_FORMAT;
	*ret_since_s = since;
	*ret_writes = writes;
	return 0;
}

void key_age_format(int64_t since_s, uint64_t writes,
		    char ret[KEY_AGE_TEXT_MAX])
{
	snprintf(ret, KEY_AGE_TEXT_MAX,
		 "{\"Since\":%" PRId64 ",\"Writes\":%" PRIu64 "}", since_s,
		 writes);
}

bool key_age_is_over(int64_t since_s, uint64_t writes, int64_t now_s)
{
	return since_s == 0 || writes >= KEEPER_KEY_WRITES ||
		now_s - since_s >= (int64_t)KEEPER_KEY_DAYS * DAY_S;
}
