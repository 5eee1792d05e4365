/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include "base/cleanup.h"

#include <stddef.h>
#include <stdint.h>

/**
 * struct buf - bytes filled at the end and taken from the front
 * @mem: allocated
 * @cap: bytes allocated
 * @start: of the bytes in use
 * @end: of the bytes in use
 * @max: never hold more than this, bytes
 */
struct buf {
	uint8_t *mem;
	size_t cap;
	size_t start;
	size_t end;
	size_t max;
};

/**
 * buf_init() - an empty buffer
 * @buf:	the buffer
 * @max:	most bytes it may ever hold
 *
 * Nothing is allocated before the first byte.
 */
void buf_init(struct buf *buf, size_t max);

/**
 * buf_done() - wipe and free the contents
 * @buf: the buffer; empty afterwards, its limit stays
 */
void buf_done(struct buf *buf);

static inline void buf_cleanup(struct buf *buf)
{
	buf_done(buf);
}

static inline size_t buf_len(const struct buf *buf)
{
	return buf->end - buf->start;
}

/* The bytes in use; valid until the buffer is changed. */
static inline const uint8_t *buf_data(const struct buf *buf)
{
	return buf->mem ? buf->mem + buf->start : NULL;
}

/**
 * buf_reserve() - make room at the end
 * @buf:	the buffer
 * @room:	bytes wanted
 * @ret:	start of the room; what is filled in is added by buf_commit()
 *
 * Return: 0, TNE_TOO_LONG above the limit, or -ENOMEM; the contents stay.
 */
int buf_reserve(struct buf *buf, size_t room, uint8_t **ret);

/**
 * buf_commit() - count bytes in that were written into reserved room
 * @buf:	the buffer
 * @len:	bytes, not more than were reserved
 */
void buf_commit(struct buf *buf, size_t len);

/**
 * buf_add() - append bytes
 * @buf:	the buffer
 * @data:	copied
 * @len:	bytes
 *
 * Return: as buf_reserve().
 */
int buf_add(struct buf *buf, const void *data, size_t len);

/**
 * buf_take() - drop bytes from the front
 * @buf:	the buffer
 * @len:	bytes, not more than there are
 */
void buf_take(struct buf *buf, size_t len);

#endif /* BASE_BUF_H */
