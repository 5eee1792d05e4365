/* SPDX-License-Identifier: GPL-2.0-only */
/* How long a data key has been in use, kept in the state that it opens. */
#ifndef STORE_KEY_AGE_H
#define STORE_KEY_AGE_H

#include "base/err.h"
#include "wire/state_json.h"

#include <stdbool.h>
#include <stdint.h>

#define KEY_AGE_TEXT_MAX 80	/* bytes */

/**
 * key_age_parse() - read the entry of the state
 * @text:	its bytes
 * @ret_since_s: when the key was made, seconds since 1970
 * @ret_writes:	how often the state was written with it
 *
 * Return: 0 or TNE_STATE_FORMAT.
 */
int key_age_parse(struct state_bytes text, int64_t *ret_since_s,
		  uint64_t *ret_writes);

/**
 * key_age_format() - write the entry
 * @since_s:	as above
 * @writes:	as above
 * @ret:	terminated
 */
void key_age_format(int64_t since_s, uint64_t writes,
		    char ret[KEY_AGE_TEXT_MAX]);

/**
 * key_age_is_over() - is it time for another one?
 * @since_s:	0 = not known, so yes
 * @writes:	as above
 * @now_s:	wall clock; one that goes wrong is no reason
 *
 * Return: true if so.
 */
bool key_age_is_over(int64_t since_s, uint64_t writes, int64_t now_s);

#endif /* STORE_KEY_AGE_H */
