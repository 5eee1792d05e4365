// SPDX-License-Identifier: GPL-2.0-only
#include "base/secret.h"

#include "base/err.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <sodium.h>

struct secret32 {
	uint8_t byte[SECRET_LEN];
};

/* As many as fit a page with the header; the number is ours. */
#define ARENA_SECRETS 120

struct secret_arena {
	struct secret_arena *next;
	size_t used;
	struct secret32 secret[ARENA_SECRETS];
};

#define BUF_FIRST 4096	/* bytes */

int secret_init(void)
{
	return sodium_init() < 0 ? -ENOTSUP : 0;
}

struct secret32 *secret32_new(void)
{
	struct secret32 *s = sodium_malloc(sizeof(*s));

	if (s)
		sodium_memzero(s, sizeof(*s));
	return s;
}

void secret32_free(struct secret32 *s)
{
	sodium_free(s);
}

uint8_t *secret32_expose(struct secret32 *s)
{
	return s->byte;
}

struct secret32 *secret_arena_add(struct secret_arena **arena)
{
	struct secret_arena *a = *arena;

	if (!a || a->used == ARENA_SECRETS) {
		a = sodium_malloc(sizeof(*a));
		if (!a)
			return NULL;
		sodium_memzero(a, sizeof(*a));
		a->next = *arena;
		*arena = a;
	}
	return &a->secret[a->used++];
}

void secret_arena_free(struct secret_arena *arena)
{
	struct secret_arena *next;

	for (; arena; arena = next) {
		next = arena->next;
		sodium_free(arena);
	}
}

int secret_buf_reserve(struct secret_buf *buf, size_t room)
{
	size_t cap = buf->cap ? buf->cap : BUF_FIRST;
	char *data;

	if (buf->data && buf->cap - buf->len >= room)
		return 0;
	if (room > SIZE_MAX / 4 - buf->len)
		return -ENOMEM;
	while (cap - buf->len < room)
		cap *= 2;
	data = sodium_malloc(cap);
	if (!data)
		return -ENOMEM;
	if (buf->len)
		memcpy(data, buf->data, buf->len);
	sodium_free(buf->data);
	buf->data = data;
	buf->cap = cap;
	return 0;
}

int secret_buf_read(struct secret_buf *buf, int fd, size_t max)
{
	ssize_t n;
	int r;

	for (;;) {
		r = secret_buf_reserve(buf, BUF_FIRST);
		if (r < 0)
			return r;
		n = read(fd, buf->data + buf->len, buf->cap - buf->len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			return 0;
		buf->len += n;
		if (buf->len > max)
			return TNE_TOO_LONG;
	}
}

void secret_buf_done(struct secret_buf *buf)
{
	sodium_free(buf->data);
	memset(buf, 0, sizeof(*buf));
}

void secret_wipe(void *p, size_t len)
{
	sodium_memzero(p, len);
}

void secret_random(struct secret32 *s)
{
	randombytes_buf(s->byte, sizeof(s->byte));
}
