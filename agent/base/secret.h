/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef BASE_SECRET_H
#define BASE_SECRET_H

#include "base/cleanup.h"

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define SECRET_LEN 32	/* bytes */

/*
 * Key material in locked, guarded memory that is wiped when freed. Nothing
 * prints, copies or compares one; secret32_expose() is the only way to the
 * bytes, so a search for it lists every use.
 */
struct secret32;
struct secret_arena;

/**
 * struct secret_buf - text that may hold keys, in the same kind of memory
 * @data: @cap bytes; not terminated
 * @len: bytes in use
 * @cap: bytes there are
 */
struct secret_buf {
	char *data;
	size_t len;
	size_t cap;
};

/**
 * secret_init() - prepare the library; before anything else in here
 *
 * Return: 0 or -ENOTSUP.
 */
int secret_init(void);

/**
 * secret32_new() - one secret, zero
 *
 * Return: the secret, owned by the caller, or NULL without memory.
 */
struct secret32 *secret32_new(void);

/**
 * secret32_free() - wipe and free
 * @s: from secret32_new(), or NULL
 */
void secret32_free(struct secret32 *s);

DEFINE_CLEANUP(secret32, struct secret32 *, secret32_free)

/**
 * secret32_expose() - the bytes
 * @s: the secret
 *
 * Return: SECRET_LEN bytes, borrowed from @s, to be read or filled in.
 */
uint8_t *secret32_expose(struct secret32 *s);

/**
 * secret_arena_add() - a secret that lives as long as its arena
 * @arena: the arena; points to NULL before the first secret
 *
 * Guarded memory costs several pages for each allocation, too much for the
 * preshared keys of thousands of peers: here many share the pages.
 *
 * Return: a zero secret, borrowed from the arena, or NULL without memory.
 */
struct secret32 *secret_arena_add(struct secret_arena **arena);

/**
 * secret_arena_free() - wipe and free all secrets of an arena
 * @arena: the arena or NULL
 */
void secret_arena_free(struct secret_arena *arena);

/**
 * secret_buf_reserve() - make room behind the bytes in use
 * @buf:	the buffer, all zero at first
 * @room:	wanted, bytes
 *
 * Return: 0 or -ENOMEM; the contents stay.
 */
int secret_buf_reserve(struct secret_buf *buf, size_t room);

/**
 * secret_buf_read() - append all that a descriptor gives
 * @buf:	appended to
 * @fd:		read until its end
 * @max:	refuse more bytes than this
 *
 * Return: 0, -errno or TNE_TOO_LONG.
 */
int secret_buf_read(struct secret_buf *buf, int fd, size_t max);

/**
 * secret_buf_done() - wipe and free the contents
 * @buf: the buffer
 */
void secret_buf_done(struct secret_buf *buf);

static inline void secret_buf_cleanup(struct secret_buf *buf)
{
	secret_buf_done(buf);
}

/**
 * secret_wipe() - clear memory in a way that is not optimised away
 * @p:		memory
 * @len:	bytes
 */
void secret_wipe(void *p, size_t len);

/**
 * secret_random() - fill a secret from the system's random source
 * @s: filled
 */
void secret_random(struct secret32 *s);

#endif /* BASE_SECRET_H */
