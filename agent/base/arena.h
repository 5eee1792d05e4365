/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include "base/cleanup.h"

#include <stddef.h>
#include <stdint.h>

/*
 * Memory of one value with all its parts, freed at once.
 *
 * A value that is shared lives in an arena of its own and is counted by it:
 * after it was built nobody writes to it. One thread; the count is no atomic.
 */
struct arena;

/**
 * struct bytes - a piece of binary data
 * @data: borrowed from the arena of the value it belongs to; NULL if empty
 * @len: bytes
 */
struct bytes {
	const uint8_t *data;
	size_t len;
};

/**
 * struct text_list - several texts
 * @item: each terminated; borrowed from the arena of the value it belongs to
 * @n: how many
 */
struct text_list {
	const char **item;
	size_t n;
};

/**
 * arena_new() - an empty arena
 *
 * Return: the arena with one reference, the caller's; NULL without memory.
 */
struct arena *arena_new(void);

/**
 * arena_get() - take a reference
 * @arena: the arena or NULL
 *
 * Return: @arena.
 */
struct arena *arena_get(struct arena *arena);

/**
 * arena_put() - give a reference back; the last one frees everything
 * @arena: the arena or NULL
 */
void arena_put(struct arena *arena);

DEFINE_CLEANUP(arena, struct arena *, arena_put)

/**
 * arena_hold() - keep another arena for as long as this one
 * @arena:	the arena
 * @held:	gets a reference; must not hold @arena, however indirectly
 *
 * Return: 0 or -ENOMEM.
 */
int arena_hold(struct arena *arena, struct arena *held);

/**
 * arena_alloc() - zeroed memory
 * @arena:	the arena
 * @size:	bytes
 *
 * Return: aligned for any type, borrowed from @arena; NULL without memory.
 */
void *arena_alloc(struct arena *arena, size_t size);

/**
 * arena_array() - zeroed memory for several elements
 * @arena:	the arena
 * @n:		how many; 0 gives a pointer, too
 * @size:	bytes of one
 *
 * Return: as arena_alloc().
 */
void *arena_array(struct arena *arena, size_t n, size_t size);

/**
 * arena_text() - a copy of a text, terminated
 * @arena:	the arena
 * @s:		need not be terminated
 * @len:	bytes
 *
 * Return: borrowed from @arena; NULL without memory.
 */
const char *arena_text(struct arena *arena, const char *s, size_t len);

/**
 * arena_bytes() - a copy of binary data
 * @arena:	the arena
 * @src:	copied
 * @ret:	the copy, borrowed from @arena
 *
 * Return: 0 or -ENOMEM.
 */
int arena_bytes(struct arena *arena, struct bytes src, struct bytes *ret);

/**
 * arena_text_list() - a copy of several texts
 * @arena:	the arena
 * @src:	copied
 * @ret:	the copy, borrowed from @arena
 *
 * Return: 0 or -ENOMEM.
 */
int arena_text_list(struct arena *arena, const struct text_list *src,
		    struct text_list *ret);

#endif /* BASE_ARENA_H */
