/* SPDX-License-Identifier: GPL-2.0-only */
/* Keys, times, addresses and strings in the form they have on the wire. */
#ifndef CONTROL_TEXT_H
#define CONTROL_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buf.h"

#define KEY_LEN		32
#define KEY_TEXT_MAX	80	/* prefix, colon, 64 digits, zero */
#define TIME_TEXT_MAX	48

/* @out gets 2 * @n digits and a zero. */
void hex_text(const void *data, size_t n, char *out);
/* Exactly @n bytes from 2 * @n digits of either case. */
bool hex_parse(const char *s, size_t n, uint8_t *ret);

/* "PREFIX:" and 64 digits; the prefix without the colon. */
const char *key_text(const char *prefix, const uint8_t key[KEY_LEN],
		     char out[KEY_TEXT_MAX]);
bool key_parse(const char *s, const char *prefix, uint8_t ret[KEY_LEN]);
bool key_is_zero(const uint8_t key[KEY_LEN]);

/* RFC 3339 in UTC with three digits of fraction; @ms since 1970. */
const char *time_text(int64_t ms, char out[TIME_TEXT_MAX]);
/* Also offsets and up to nine digits; the year 1 gives a negative number. */
bool time_parse(const char *s, int64_t *ret_ms);

/* A JSON string with its quotes; bytes that are no UTF-8 become '?'. */
void json_quote(struct buf *b, const char *s, size_t n);

/* Standard base64 with padding. */
void base64_add(struct buf *b, const void *data, size_t n);
/* Return: number of bytes, -1 if malformed or more than @max. */
long base64_parse(const char *s, size_t n, uint8_t *ret, size_t max);

/* "addr:port" or "[addr]:port" without a zone. */
bool endpoint_ok(const char *s);
/* "addr/bits", numeric. */
bool prefix_ok(const char *s);

/* Copy for a log: at most @size - 1 bytes, '?' for what cannot be shown. */
const char *text_safe(const char *s, char *out, size_t size);

/* Cryptographically random text of @n hex digits and a zero. */
void random_hex(char *out, size_t n);

#endif /* CONTROL_TEXT_H */
