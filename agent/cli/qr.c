// SPDX-License-Identifier: GPL-2.0-only
#include "cli/qr.h"

#include <errno.h>
#include <stdbool.h>

#include <qrencode.h>

#define QUIET 2	/* modules around the code; the standard's 4 waste lines */

/* Light modules are drawn: most terminals are dark, and readers want contrast. */
static bool is_light(const QRcode *code, int x, int y)
{
	if (x < 0 || y < 0 || x >= code->width || y >= code->width)
		return true;
	return !(code->data[y * code->width + x] & 1);
}

static const char *half_block(bool upper, bool lower)
{
	if (upper)
		return lower ? "\u2588" : "\u2580";
	return lower ? "\u2584" : " ";
}

int qr_print(const char *text, FILE *out)
{
	QRcode *code = QRcode_encodeString(text, 0, QR_ECLEVEL_L, QR_MODE_8, 1);
	int x, y;

	if (!code)
		return -errno;
	for (y = -QUIET; y < code->width + QUIET; y += 2) {
		for (x = -QUIET; x < code->width + QUIET; x++)
			fputs(half_block(is_light(code, x, y),
					 is_light(code, x, y + 1)), out);
		fputc('\n', out);
	}
	QRcode_free(code);
	return 0;
}
