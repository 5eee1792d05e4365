// SPDX-License-Identifier: GPL-2.0-only
#include "base/tame.h"

#include "base/utf8.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Its number; @c is @len bytes of valid UTF-8. */
static uint32_t number_of(const unsigned char *c, size_t len)
{
	uint32_t code = len == 1 ? c[0] : c[0] & (0xff >> (len + 1));
	size_t i;

	for (i = 1; i < len; i++)
		code = code << 6 | (c[i] & 0x3f);
	return code;
}

static bool is_harmful(uint32_t code)
{
	return code < 0x20 || (code >= 0x7f && code <= 0x9f) ||
	       (code >= 0x202a && code <= 0x202e) ||
	       (code >= 0x2066 && code <= 0x2069);
}

void tame_text(char *text)
{
	unsigned char *c = (unsigned char *)text;
	const unsigned char *end = c + strlen(text);
	size_t len;

	while (c < end) {
		len = utf8_len(c, end - c);
		if (len && !is_harmful(number_of(c, len))) {
			c += len;
			continue;
		}
		for (len = len ? len : 1; len; len--)
			*c++ = '?';
	}
}
