// SPDX-License-Identifier: GPL-2.0-only
#include "base/array.h"

#include <stdlib.h>
#include <string.h>

void *array_grow(void *item, size_t n, size_t *cap, size_t size)
{
	size_t want = *cap ? *cap * 2 : 4;
	char *grown;

	if (n < *cap)
		return item;
	grown = reallocarray(item, want, size);
	if (!grown)
		return NULL;
	memset(grown + *cap * size, 0, (want - *cap) * size);
	*cap = want;
	return grown;
}
