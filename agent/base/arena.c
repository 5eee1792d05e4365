// SPDX-License-Identifier: GPL-2.0-only
#include "base/arena.h"

#include <errno.h>
#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

#define CHUNK_FIRST 512		/* bytes, with the header */
#define CHUNK_MAX 65536
#define ALIGN alignof(max_align_t)

struct chunk {
	struct chunk *next;
	size_t size;	/* bytes behind the header */
	size_t used;

	alignas(max_align_t) char data[];
};

struct held {
	struct held *next;
	struct arena *arena;
};

struct arena {
	size_t refs;
	struct chunk *chunks;	/* the first one is filled */
	struct held *held;
};

static struct chunk *chunk_new(size_t size)
{
	struct chunk *chunk = malloc(sizeof(*chunk) + size);

	if (!chunk)
		return NULL;
	chunk->next = NULL;
	chunk->size = size;
	chunk->used = 0;
	return chunk;
}

/* The arena itself is the first thing in its first chunk. */
struct arena *arena_new(void)
{
	struct chunk *chunk = chunk_new(CHUNK_FIRST - sizeof(*chunk));
	struct arena *arena;

	if (!chunk)
		return NULL;
	arena = memset(chunk->data, 0, sizeof(*arena));
	chunk->used = (sizeof(*arena) + ALIGN - 1) / ALIGN * ALIGN;
	arena->refs = 1;
	arena->chunks = chunk;
	return arena;
}

struct arena *arena_get(struct arena *arena)
{
	if (arena)
		arena->refs++;
	return arena;
}

void arena_put(struct arena *arena)
{
	struct chunk *chunk, *next;
	struct held *held;

	if (!arena || --arena->refs > 0)
		return;
	for (held = arena->held; held; held = held->next)
		arena_put(held->arena);
	for (chunk = arena->chunks; chunk; chunk = next) {
		next = chunk->next;
		free(chunk);
	}
}

int arena_hold(struct arena *arena, struct arena *held)
{
	struct held *entry = arena_alloc(arena, sizeof(*entry));

	if (!entry)
		return -ENOMEM;
	entry->arena = arena_get(held);
	entry->next = arena->held;
	arena->held = entry;
	return 0;
}

/*
 * Chunks grow with the arena, so that a small value costs little and a big one
 * few calls. What is bigger than a chunk gets one of its own, behind the one
 * that is being filled.
 */
static void *add_chunk(struct arena *arena, size_t size)
{
	size_t want = arena->chunks->size * 2;
	struct chunk *chunk;

	if (want > CHUNK_MAX)
		want = CHUNK_MAX;
	chunk = chunk_new(size > want / 2 ? size : want);
	if (!chunk)
		return NULL;
	chunk->used = size;
	if (size > want / 2) {
		chunk->next = arena->chunks->next;
		arena->chunks->next = chunk;
	} else {
		chunk->next = arena->chunks;
		arena->chunks = chunk;
	}
	return chunk->data;
}

void *arena_alloc(struct arena *arena, size_t size)
{
	struct chunk *chunk = arena->chunks;
	void *p;

	if (size > SIZE_MAX / 2)
		return NULL;
	size = (size + ALIGN - 1) / ALIGN * ALIGN;
	if (chunk->size - chunk->used >= size) {
		p = chunk->data + chunk->used;
		chunk->used += size;
	} else {
		p = add_chunk(arena, size);
	}
	return p ? memset(p, 0, size) : NULL;
}

void *arena_array(struct arena *arena, size_t n, size_t size)
{
	if (size && n > SIZE_MAX / 2 / size)
		return NULL;
	return arena_alloc(arena, n * size);
}

const char *arena_text(struct arena *arena, const char *s, size_t len)
{
	char *copy;

	if (len == 0)
		return "";
	copy = arena_alloc(arena, len + 1);
	return copy ? memcpy(copy, s, len) : NULL;
}

int arena_bytes(struct arena *arena, struct bytes src, struct bytes *ret)
{
	uint8_t *copy = NULL;

	if (src.len) {
		copy = arena_alloc(arena, src.len);
		if (!copy)
			return -ENOMEM;
		memcpy(copy, src.data, src.len);
	}
	*ret = (struct bytes){ .data = copy, .len = src.len };
	return 0;
}

int arena_text_list(struct arena *arena, const struct text_list *src,
		    struct text_list *ret)
{
	const char **item = arena_array(arena, src->n, sizeof(*item));
	size_t i;

	if (!item)
		return -ENOMEM;
	for (i = 0; i < src->n; i++) {
		item[i] = arena_text(arena, src->item[i], strlen(src->item[i]));
		if (!item[i])
			return -ENOMEM;
	}
	*ret = (struct text_list){ .item = item, .n = src->n };
	return 0;
}
