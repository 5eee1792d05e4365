// SPDX-License-Identifier: GPL-2.0-only
#include "base/utf8.h"

#include <stdint.h>

size_t utf8_len(const unsigned char *s, size_t len)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t i, n = *s < 0x80 ? 1 : *s >= 0xf0 ? 4 : *s >= 0xe0 ? 3 :
		      *s >= 0xc0 ? 2 : 0;
	uint32_t c;

	if (n <= 1 || n > len || *s >= 0xf8)
		return n == 1;
	c = *s & (0xff >> (n + 1));
	for (i = 1; i < n; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (s[i] & 0x3f);
	}
	if (c < least[n] || c > 0x10ffff || (c >= 0xd800 && c < 0xe000))
		return 0;
	return n;
}

bool utf8_check(const unsigned char *s, size_t len)
{
	size_t n;

	for (; len; s += n, len -= n) {
		n = utf8_len(s, len);
		if (n == 0)
			return false;
	}
	return true;
}
