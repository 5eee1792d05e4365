// SPDX-License-Identifier: GPL-2.0-only
#include "base/buf.h"

#include "base/err.h"
#include "base/secret.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define BUF_FIRST 1024	/* bytes */

void buf_init(struct buf *buf, size_t max)
{
	*buf = (struct buf){ .max = max };
}

/* What goes by may be an auth key or a recovery key. */
static void wipe_and_free(struct buf *buf)
{
	if (buf->mem)
		secret_wipe(buf->mem, buf->cap);
	free(buf->mem);
}

void buf_done(struct buf *buf)
{
	wipe_and_free(buf);
	buf_init(buf, buf->max);
}

static int grow(struct buf *buf, size_t want)
{
	size_t cap = buf->cap ? buf->cap : BUF_FIRST;
	uint8_t *mem;

	while (cap < want)
		cap *= 2;
	mem = malloc(cap);
	if (!mem)
		return -ENOMEM;
	if (buf_len(buf))
		memcpy(mem, buf_data(buf), buf_len(buf));
	wipe_and_free(buf);
	buf->mem = mem;
	buf->cap = cap;
	return 0;
}

int buf_reserve(struct buf *buf, size_t room, uint8_t **ret)
{
	size_t len = buf_len(buf);
	int r = 0;

	if (len > buf->max || room > buf->max - len || buf->max > SIZE_MAX / 4)
		return TNE_TOO_LONG;
	if (len + room > buf->cap)
		r = grow(buf, len + room);
	else if (room > buf->cap - buf->end)
		memmove(buf->mem, buf_data(buf), len);
	else
		goto out;
	if (r < 0)
		return r;
	buf->start = 0;
	buf->end = len;
out:
	*ret = buf->mem + buf->end;
	return 0;
}

void buf_commit(struct buf *buf, size_t len)
{
	buf->end += len;
}

int buf_add(struct buf *buf, const void *data, size_t len)
{
	uint8_t *room;
	int r;

	if (len == 0)
		return 0;
	r = buf_reserve(buf, len, &room);
	if (r < 0)
		return r;
	memcpy(room, data, len);
	buf_commit(buf, len);
	return 0;
}

void buf_take(struct buf *buf, size_t len)
{
	buf->start += len;
	if (buf->start == buf->end) {
		buf->start = 0;
		buf->end = 0;
	}
}
