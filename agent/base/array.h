/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef BASE_ARRAY_H
#define BASE_ARRAY_H

#include <stddef.h>

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

/**
 * array_grow() - make room for one more element
 * @item:	the array, allocated or NULL
 * @n:		elements in use
 * @cap:	elements allocated; changed with the array
 * @size:	bytes of one element
 *
 * Return: the array, perhaps moved, its new part zero; NULL without memory,
 * the old one untouched.
 */
void *array_grow(void *item, size_t n, size_t *cap, size_t size);

#endif /* BASE_ARRAY_H */
