/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef BASE_RFC3339_H
#define BASE_RFC3339_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RFC3339_TEXT_MAX 36	/* bytes, with the end */

/**
 * struct timestamp - a point in time, or none
 * @set: false: there is none, the rest is 0
 * @s: seconds since 1970-01-01T00:00:00Z, leap seconds not counted
 * @ns: nanoseconds beside them, 0..999999999
 */
struct timestamp {
	bool set;
	int64_t s;
	uint32_t ns;
};

struct clock;

/**
 * timestamp_now() - the time of day
 * @clock: the clock
 */
struct timestamp timestamp_now(const struct clock *clock);

/**
 * rfc3339_parse() - read a point in time
 * @text:	need not be terminated
 * @len:	bytes
 * @ret:	the time; not set for any time in the year 1, which is how the
 *		protocol writes "none"
 *
 * A second of 60 is refused, as time.Parse of Go does.
 *
 * Source: RFC 3339, section 5.6; Go encoding/json, time.Time. "T" and "Z" must
 * be upper case, the fraction has up to 9 digits, years go from 1 to 9999.
 * Return: 0 or TNE_TIME_FORMAT.
 */
int rfc3339_parse(const char *text, size_t len, struct timestamp *ret);

/**
 * rfc3339_format() - write a point in time
 * @time:	in the years 1 to 9999; none is written as the start of year 1
 * @ret:	the text in UTC, with only as many digits of the fraction as count
 *
 * Return: @ret.
 */
const char *rfc3339_format(const struct timestamp *time,
			   char ret[RFC3339_TEXT_MAX]);

/**
 * timestamp_cmp() - order of two points in time
 * @a: one; none comes before any other
 * @b: the other
 *
 * Return: below 0, 0 or above 0.
 */
int timestamp_cmp(const struct timestamp *a, const struct timestamp *b);

/**
 * timestamp_add_ms() - a point in time some while later or earlier
 * @time:	set
 * @ms:		milliseconds, may be negative
 *
 * Return: the sum; kept within the range of the type.
 */
struct timestamp timestamp_add_ms(struct timestamp time, int64_t ms);

/**
 * timestamp_diff_ms() - the span between two points in time
 * @a: set
 * @b: set
 *
 * Return: @a - @b in milliseconds, rounded down; INT64_MIN or INT64_MAX if it
 * is out of range.
 */
int64_t timestamp_diff_ms(const struct timestamp *a,
			  const struct timestamp *b);

#endif /* BASE_RFC3339_H */
