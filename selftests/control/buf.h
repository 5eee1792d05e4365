/* SPDX-License-Identifier: GPL-2.0-only */
/* A growing run of bytes that is filled at its end and emptied at its front. */
#ifndef CONTROL_BUF_H
#define CONTROL_BUF_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

/**
 * struct buf - bytes; all zero is an empty one
 * @mem:	owned
 * @cap:	size of @mem
 * @start:	index of the first byte not yet taken
 * @end:	index behind the last byte
 */
struct buf {
	uint8_t *mem;
	size_t cap;
	size_t start;
	size_t end;
};

static inline uint8_t *buf_data(const struct buf *b)
{
	return b->mem + b->start;
}

static inline size_t buf_len(const struct buf *b)
{
	return b->end - b->start;
}

/* Room for @n bytes at the end, counted in at once; ends the program if there
 * is no memory, as all functions here do.
 */
uint8_t *buf_grow(struct buf *b, size_t n);
void buf_add(struct buf *b, const void *data, size_t n);
void buf_text(struct buf *b, const char *s);
void buf_printf(struct buf *b, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Forget @n bytes at the front, or at the end. */
void buf_take(struct buf *b, size_t n);
void buf_chop(struct buf *b, size_t n);
void buf_done(struct buf *b);

/* The bytes with a zero behind them that does not count. */
char *buf_str(struct buf *b);

#endif /* CONTROL_BUF_H */
