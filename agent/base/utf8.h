/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>

/**
 * utf8_len() - bytes of the character in front
 * @s:		text
 * @len:	bytes, not 0
 *
 * Source: RFC 3629; no surrogates, no detours.
 *
 * Return: 1 to 4, or 0 if it is no UTF-8.
 */
size_t utf8_len(const unsigned char *s, size_t len);

/**
 * utf8_check() - is all of a text UTF-8?
 * @s:		text, NUL is a character like others
 * @len:	bytes
 *
 * Return: true if so.
 */
bool utf8_check(const unsigned char *s, size_t len);

#endif /* BASE_UTF8_H */
