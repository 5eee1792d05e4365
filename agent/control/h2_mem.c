// SPDX-License-Identifier: GPL-2.0-only
#include "control/h2_mem.h"

#include "base/secret.h"

#include <malloc.h>
#include <stdlib.h>
#include <string.h>

static void *lib_malloc(size_t size, void *ctx)
{
	(void)ctx;
	return malloc(size);
}

static void *lib_calloc(size_t n, size_t size, void *ctx)
{
	(void)ctx;
	return calloc(n, size);
}

static void lib_free(void *p, void *ctx)
{
	(void)ctx;
	if (p)
		secret_wipe(p, malloc_usable_size(p));
	free(p);
}

static void *lib_realloc(void *p, size_t size, void *ctx)
{
	size_t old = p ? malloc_usable_size(p) : 0;
	void *other = malloc(size);

	if (!other)
		return NULL;
	if (p)
		memcpy(other, p, old < size ? old : size);
	lib_free(p, ctx);
	return other;
}

nghttp2_mem h2_mem(void)
{
	return (nghttp2_mem){
		.malloc = lib_malloc, .free = lib_free,
		.calloc = lib_calloc, .realloc = lib_realloc,
	};
}
