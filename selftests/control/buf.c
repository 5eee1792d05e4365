// SPDX-License-Identifier: GPL-2.0-only
#include "buf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Move what is left to the front when most of the room there is used up. */
static void compact(struct buf *b)
{
	size_t n = buf_len(b);

	if (!b->start)
		return;
	if (n)
		memmove(b->mem, b->mem + b->start, n);
	b->start = 0;
	b->end = n;
}

uint8_t *buf_grow(struct buf *b, size_t n)
{
	uint8_t *p;

	if (b->cap - b->end < n && b->start >= b->cap / 2)
		compact(b);
	if (b->cap - b->end < n) {
		size_t cap = b->cap ? b->cap : 256;

		while (cap - b->end < n)
			cap *= 2;
		b->mem = realloc(b->mem, cap);
		if (!b->mem) {
			fprintf(stderr, "tn-control: no memory for %zu bytes\n",
				cap);
			abort();
		}
		b->cap = cap;
	}
	p = b->mem + b->end;
	b->end += n;
	return p;
}

void buf_add(struct buf *b, const void *data, size_t n)
{
	if (n)
		memcpy(buf_grow(b, n), data, n);
}

void buf_text(struct buf *b, const char *s)
{
	buf_add(b, s, strlen(s));
}

void buf_printf(struct buf *b, const char *format, ...)
{
	va_list ap, again;
	uint8_t *p;
	int n;

	va_start(ap, format);
	va_copy(again, ap);
	n = vsnprintf(NULL, 0, format, ap);
	va_end(ap);
	if (n > 0) {
		/* The zero at the end is written, then given back. */
		p = buf_grow(b, n + 1);
		vsnprintf((char *)p, n + 1, format, again);
		b->end--;
	}
	va_end(again);
}

void buf_take(struct buf *b, size_t n)
{
	b->start += n;
	if (b->start == b->end)
		b->start = b->end = 0;
}

void buf_chop(struct buf *b, size_t n)
{
	b->end -= n;
}

void buf_done(struct buf *b)
{
	free(b->mem);
	memset(b, 0, sizeof(*b));
}

char *buf_str(struct buf *b)
{
	*buf_grow(b, 1) = '\0';
	b->end--;
	return (char *)buf_data(b);
}
