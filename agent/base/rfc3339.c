// SPDX-License-Identifier: GPL-2.0-only
#include "base/rfc3339.h"

#include "base/clock.h"
#include "base/err.h"

#include <stdio.h>

#define DAY_S 86400
#define NS_PER_S 1000000000
#define NS_PER_MS 1000000

struct fields {
	int year;
	int month;
	int day;
	int hour;
	int minute;
	int second;
	uint32_t ns;
	int offset_s;	/* east of UTC */
};

/* The unread rest of the text. */
struct rest {
	const char *s;
	size_t len;
};

struct timestamp timestamp_now(const struct clock *clock)
{
	struct timespec t = clock_wall(clock);

	return (struct timestamp){
		.set = true, .s = t.tv_sec, .ns = t.tv_nsec,
	};
}

static bool take_char(struct rest *in, char c)
{
	if (in->len == 0 || *in->s != c)
		return false;
	in->s++;
	in->len--;
	return true;
}

static bool take_digits(struct rest *in, int n, int min, int max, int *ret)
{
	int i, value = 0;

	if (in->len < (size_t)n)
		return false;
	for (i = 0; i < n; i++) {
		if (in->s[i] < '0' || in->s[i] > '9')
			return false;
		value = value * 10 + (in->s[i] - '0');
	}
	if (value < min || value > max)
		return false;
	in->s += n;
	in->len -= n;
	*ret = value;
	return true;
}

/* Go reads a comma as well, but writes none. */
static bool take_fraction(struct rest *in, uint32_t *ret)
{
	uint32_t scale = NS_PER_S / 10, ns = 0;
	int digit;

	if (!take_char(in, '.')) {
		*ret = 0;
		return true;
	}
	if (!take_digits(in, 1, 0, 9, &digit))
		return false;
	do {
		/* The tenth digit. */
		if (scale == 0)
			return false;
		ns += digit * scale;
		scale /= 10;
	} while (take_digits(in, 1, 0, 9, &digit));
	*ret = ns;
	return true;
}

static bool take_zone(struct rest *in, int *ret)
{
	int sign = 1, hour, minute;

	if (take_char(in, 'Z')) {
		*ret = 0;
		return true;
	}
	if (take_char(in, '-'))
		sign = -1;
	else if (!take_char(in, '+'))
		return false;
	if (!take_digits(in, 2, 0, 23, &hour) || !take_char(in, ':') ||
	    !take_digits(in, 2, 0, 59, &minute))
		return false;
	*ret = sign * (hour * 3600 + minute * 60);
	return true;
}

static bool is_leap(int year)
{
	return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static int days_in_month(int year, int month)
{
	static const int days[] = {
		31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31,
	};

	return month == 2 && is_leap(year) ? 29 : days[month - 1];
}

static bool take_all(struct rest *in, struct fields *f)
{
	return take_digits(in, 4, 1, 9999, &f->year) && take_char(in, '-') &&
	       take_digits(in, 2, 1, 12, &f->month) && take_char(in, '-') &&
	       take_digits(in, 2, 1, days_in_month(f->year, f->month),
			   &f->day) &&
	       take_char(in, 'T') && take_digits(in, 2, 0, 23, &f->hour) &&
	       take_char(in, ':') && take_digits(in, 2, 0, 59, &f->minute) &&
	       take_char(in, ':') && take_digits(in, 2, 0, 59, &f->second) &&
	       take_fraction(in, &f->ns) && take_zone(in, &f->offset_s) &&
	       in->len == 0;
}

/* Leap days before a year of the calendar that begins with the year 1. */
static int64_t leap_days_before(int64_t year)
{
	return (year - 1) / 4 - (year - 1) / 100 + (year - 1) / 400;
}

/* Days from the first day of the year 1. */
static int64_t day_number(int year, int month, int day)
{
	int64_t days = (int64_t)(year - 1) * 365 + leap_days_before(year);
	int i;

	for (i = 1; i < month; i++)
		days += days_in_month(year, i);
	return days + day - 1;
}

#define DAY_1970 719162		/* day_number(1970, 1, 1) */
#define YEAR_S 31536000		/* of 365 days: the year 1 is one */
#define FIRST_S (-(int64_t)DAY_1970 * DAY_S)
#define LAST_S 253402300799	/* 9999-12-31T23:59:59Z */

int rfc3339_parse(const char *text, size_t len, struct timestamp *ret)
{
	struct rest in = { text, len };
	struct timestamp t = { 0 };
	struct fields f;

	if (!take_all(&in, &f))
		return TNE_TIME_FORMAT;
	t.s = (day_number(f.year, f.month, f.day) - DAY_1970) * DAY_S +
	      f.hour * 3600 + f.minute * 60 + f.second - f.offset_s;
	t.ns = f.ns;
	t.set = t.s >= FIRST_S + YEAR_S;
	if (t.s > LAST_S)
		return TNE_TIME_FORMAT;
	*ret = t.set ? t : (struct timestamp){ 0 };
	return 0;
}

static void split(int64_t s, struct fields *f)
{
	int64_t days = s / DAY_S, left = s % DAY_S;

	if (left < 0) {
		left += DAY_S;
		days--;
	}
	f->hour = left / 3600;
	f->minute = left / 60 % 60;
	f->second = left % 60;

	days += DAY_1970;
	/* A year too late at most, since years have 365 days or more. */
	f->year = days / 365 + 1;
	while (day_number(f->year, 1, 1) > days)
		f->year--;
	days -= day_number(f->year, 1, 1);
	for (f->month = 1; days >= days_in_month(f->year, f->month); f->month++)
		days -= days_in_month(f->year, f->month);
	f->day = days + 1;
}

const char *rfc3339_format(const struct timestamp *time,
			   char ret[RFC3339_TEXT_MAX])
{
	int64_t s = time->set ? time->s : FIRST_S;
	uint32_t ns = time->set ? time->ns : 0;
	struct fields f = { 0 };
	int n, digits = 9;

	if (s < FIRST_S)
		s = FIRST_S;
	if (s > LAST_S)
		s = LAST_S;
	split(s, &f);
	n = snprintf(ret, RFC3339_TEXT_MAX, "%04d-%02d-%02dT%02d:%02d:%02d",
		     f.year, f.month, f.day, f.hour, f.minute, f.second);
	if (ns) {
		for (; ns % 10 == 0; ns /= 10)
			digits--;
		n += snprintf(ret + n, RFC3339_TEXT_MAX - n, ".%0*u", digits,
			      ns);
	}
	snprintf(ret + n, RFC3339_TEXT_MAX - n, "Z");
	return ret;
}

int timestamp_cmp(const struct timestamp *a, const struct timestamp *b)
{
	if (a->set != b->set)
		return a->set ? 1 : -1;
	if (a->s != b->s)
		return a->s < b->s ? -1 : 1;
	return a->ns < b->ns ? -1 : a->ns > b->ns;
}

struct timestamp timestamp_add_ms(struct timestamp time, int64_t ms)
{
	int64_t s = ms / 1000, ns = time.ns + ms % 1000 * NS_PER_MS;

	if (ns < 0) {
		ns += NS_PER_S;
		s--;
	} else if (ns >= NS_PER_S) {
		ns -= NS_PER_S;
		s++;
	}
	if (__builtin_add_overflow(time.s, s, &time.s))
		time.s = s < 0 ? INT64_MIN : INT64_MAX;
	time.ns = ns;
	return time;
}

int64_t timestamp_diff_ms(const struct timestamp *a, const struct timestamp *b)
{
	__int128 ns = ((__int128)a->s - b->s) * NS_PER_S + a->ns -
		      (__int128)b->ns;
	__int128 ms = ns / NS_PER_MS;

	if (ns % NS_PER_MS < 0)
		ms--;
	if (ms < INT64_MIN)
		return INT64_MIN;
	return ms > INT64_MAX ? INT64_MAX : (int64_t)ms;
}
