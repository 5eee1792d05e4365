// SPDX-License-Identifier: GPL-2.0-only
#include "base/tame.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes of the character at @c, with its number; 0 = it is none. */
static size_t decode(const unsigned char *c, uint32_t *ret)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	uint32_t code;
	size_t len, i;

	if (c[0] < 0x80) {
		*ret = c[0];
		return 1;
	}
	len = (c[0] & 0xe0) == 0xc0 ? 2 : (c[0] & 0xf0) == 0xe0 ? 3 :
	      (c[0] & 0xf8) == 0xf0 ? 4 : 0;
	if (!len)
		return 0;
	code = c[0] & (0x7f >> len);
	/* The end of the text is no byte that goes on. */
	for (i = 1; i < len; i++) {
		if ((c[i] & 0xc0) != 0x80)
			return 0;
		code = code << 6 | (c[i] & 0x3f);
	}
	if (code < least[len] || code > 0x10ffff ||
	    (code >= 0xd800 && code <= 0xdfff))
		return 0;
	*ret = code;
	return len;
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
	uint32_t code;
	size_t len;

	while (*c) {
		len = decode(c, &code);
		if (len && !is_harmful(code)) {
			c += len;
			continue;
		}
		for (len = len ? len : 1; len; len--)
			*c++ = '?';
	}
}
