// SPDX-License-Identifier: GPL-2.0-only
#include "text.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <jansson.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

void hex_text(const void *data, size_t n, char *out)
{
	sodium_bin2hex(out, 2 * n + 1, data, n);
}

bool hex_parse(const char *s, size_t n, uint8_t *ret)
{
	size_t got;

	if (strspn(s, "0123456789abcdefABCDEF") != 2 * n || s[2 * n])
		return false;
	return !sodium_hex2bin(ret, n, s, 2 * n, NULL, &got, NULL) && got == n;
}

const char *key_text(const char *prefix, const uint8_t key[KEY_LEN],
		     char out[KEY_TEXT_MAX])
{
	int n = snprintf(out, KEY_TEXT_MAX - 2 * KEY_LEN, "%s:", prefix);

	hex_text(key, KEY_LEN, out + n);
	return out;
}

bool key_parse(const char *s, const char *prefix, uint8_t ret[KEY_LEN])
{
	size_t n = strlen(prefix);

	return s && !strncmp(s, prefix, n) && s[n] == ':' &&
	       hex_parse(s + n + 1, KEY_LEN, ret);
}

bool key_is_zero(const uint8_t key[KEY_LEN])
{
	return sodium_is_zero(key, KEY_LEN);
}

const char *time_text(int64_t ms, char out[TIME_TEXT_MAX])
{
	int64_t s = ms / 1000, rest = ms % 1000;
	struct tm tm;
	time_t t;

	if (rest < 0) {
		rest += 1000;
		s--;
	}
	t = s;
	gmtime_r(&t, &tm);
	snprintf(out, TIME_TEXT_MAX, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ",
		 tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour,
		 tm.tm_min, tm.tm_sec, (int)rest);
	return out;
}

static bool digits(const char **s, int n, int *ret)
{
	int v = 0;

	while (n--) {
		if (!isdigit((unsigned char)**s))
			return false;
		v = 10 * v + *(*s)++ - '0';
	}
	*ret = v;
	return true;
}

static bool literal(const char **s, char c)
{
	if (**s != c)
		return false;
	++*s;
	return true;
}

/* Up to nine digits behind the point; thousandths are kept. */
static bool fraction(const char **s, int *ret_ms)
{
	int n, ms = 0;

	for (n = 0; isdigit((unsigned char)**s) && n < 9; n++) {
		if (n < 3)
			ms = 10 * ms + **s - '0';
		++*s;
	}
	if (!n || isdigit((unsigned char)**s))
		return false;
	for (; n < 3; n++)
		ms *= 10;
	*ret_ms = ms;
	return true;
}

bool time_parse(const char *s, int64_t *ret_ms)
{
	int y, mon, d, h, min, sec, ms = 0, oh = 0, om = 0, sign = 1;
	struct tm tm = {};

	if (!s || !digits(&s, 4, &y) || !literal(&s, '-') ||
	    !digits(&s, 2, &mon) || !literal(&s, '-') || !digits(&s, 2, &d) ||
	    !literal(&s, 'T') || !digits(&s, 2, &h) || !literal(&s, ':') ||
	    !digits(&s, 2, &min) || !literal(&s, ':') || !digits(&s, 2, &sec))
		return false;
	if (mon < 1 || mon > 12 || d < 1 || d > 31 || h > 23 || min > 59 ||
	    sec > 60)
		return false;
	if (literal(&s, '.') && !fraction(&s, &ms))
		return false;
	if (!literal(&s, 'Z')) {
		if (*s != '+' && *s != '-')
			return false;
		sign = *s++ == '+' ? 1 : -1;
		if (!digits(&s, 2, &oh) || !literal(&s, ':') ||
		    !digits(&s, 2, &om))
			return false;
	}
	if (*s)
		return false;
	tm.tm_year = y - 1900;
	tm.tm_mon = mon - 1;
	tm.tm_mday = d;
	tm.tm_hour = h;
	tm.tm_min = min;
	tm.tm_sec = sec;
	*ret_ms = ((int64_t)timegm(&tm) - sign * (oh * 3600 + om * 60)) * 1000 +
		  ms;
	return true;
}

void json_quote(struct buf *b, const char *s, size_t n)
{
	json_t *v = json_stringn(s, n);
	char *clean, *out;
	size_t i;

	if (!v) {
		clean = malloc(n + 1);
		if (!clean)
			abort();
		for (i = 0; i < n; i++)
			clean[i] = (signed char)s[i] < 0 ? '?' : s[i];
		v = json_stringn_nocheck(clean, n);
		free(clean);
	}
	out = json_dumps(v, JSON_ENCODE_ANY);
	if (!out)
		abort();
	buf_text(b, out);
	free(out);
	json_decref(v);
}

void base64_add(struct buf *b, const void *data, size_t n)
{
	size_t len = sodium_base64_ENCODED_LEN(n,
					       sodium_base64_VARIANT_ORIGINAL);

	sodium_bin2base64((char *)buf_grow(b, len), len, data, n,
			  sodium_base64_VARIANT_ORIGINAL);
	buf_chop(b, 1);
}

long base64_parse(const char *s, size_t n, uint8_t *ret, size_t max)
{
	const char *end;
	size_t got;

	if (sodium_base642bin(ret, max, s, n, NULL, &got, &end,
			      sodium_base64_VARIANT_ORIGINAL) ||
	    end != s + n)
		return -1;
	return got;
}

static bool port_ok(const char *s)
{
	size_t n = strspn(s, "0123456789");

	return n && n <= 5 && !s[n] && atol(s) > 0 && atol(s) < 65536;
}

bool endpoint_ok(const char *s)
{
	char addr[64];
	uint8_t raw[16];
	const char *end;
	bool six = *s == '[';

	end = six ? strchr(s, ']') : strchr(s, ':');
	if (!end || end - s >= (long)sizeof(addr))
		return false;
	s += six;
	memcpy(addr, s, end - s);
	addr[end - s] = '\0';
	if (inet_pton(six ? AF_INET6 : AF_INET, addr, raw) != 1)
		return false;
	return end[six] == ':' && port_ok(end + six + 1);
}

bool prefix_ok(const char *s)
{
	const char *slash = strchr(s, '/');
	uint8_t raw[16];
	char addr[64];
	size_t n;
	bool six;

	if (!slash || slash - s >= (long)sizeof(addr))
		return false;
	memcpy(addr, s, slash - s);
	addr[slash - s] = '\0';
	six = strchr(addr, ':');
	n = strspn(slash + 1, "0123456789");
	return n && n <= 3 && !slash[1 + n] &&
	       atoi(slash + 1) <= (six ? 128 : 32) &&
	       inet_pton(six ? AF_INET6 : AF_INET, addr, raw) == 1;
}

const char *text_safe(const char *s, char *out, size_t size)
{
	size_t i;

	for (i = 0; s[i] && i + 1 < size; i++)
		out[i] = s[i] >= ' ' && s[i] < 0x7f ? s[i] : '?';
	out[i] = '\0';
	return out;
}

void random_hex(char *out, size_t n)
{
	static const char digit[] = "0123456789abcdef";
	size_t i;

	for (i = 0; i < n; i++)
		out[i] = digit[randombytes_uniform(16)];
	out[n] = '\0';
}
