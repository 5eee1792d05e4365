/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef BASE_CURSOR_H
#define BASE_CURSOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/**
 * struct cursor - bytes not yet read
 * @p: the next one; borrowed
 * @len: how many
 *
 * Readers advance it on success only.
 */
struct cursor {
	const uint8_t *p;
	size_t len;
};

static inline bool cursor_take(struct cursor *c, size_t len,
			       const uint8_t **ret)
{
	if (c->len < len)
		return false;
	*ret = c->p;
	c->p += len;
	c->len -= len;
	return true;
}

static inline bool cursor_u8(struct cursor *c, uint8_t *ret)
{
	const uint8_t *p;

	if (!cursor_take(c, 1, &p))
		return false;
	*ret = p[0];
	return true;
}

static inline bool cursor_be16(struct cursor *c, uint16_t *ret)
{
	const uint8_t *p;

	if (!cursor_take(c, 2, &p))
		return false;
	*ret = p[0] << 8 | p[1];
	return true;
}

static inline bool cursor_be32(struct cursor *c, uint32_t *ret)
{
	const uint8_t *p;

	if (!cursor_take(c, 4, &p))
		return false;
	*ret = (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | p[2] << 8 | p[3];
	return true;
}

static inline bool cursor_le32(struct cursor *c, uint32_t *ret)
{
	const uint8_t *p;

	if (!cursor_take(c, 4, &p))
		return false;
	*ret = (uint32_t)p[3] << 24 | (uint32_t)p[2] << 16 | p[1] << 8 | p[0];
	return true;
}

#endif /* BASE_CURSOR_H */
