/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Does memory that is given back still hold a secret? Asked at each free() of the
 * whole process, libraries included, by the hook that AddressSanitizer has.
 */
#ifndef FREED_H
#define FREED_H

#include <stddef.h>
#include <string.h>

/* GCC brings the functions, but no header for them. */
int __sanitizer_install_malloc_and_free_hooks(
	void (*malloc_hook)(const volatile void *p, size_t len),
	void (*free_hook)(const volatile void *p));
size_t __sanitizer_get_allocated_size(const volatile void *p);

static struct {
	const char *text;	/* NULL = nobody asks */
	size_t with_it;		/* pieces of memory */
} freed;

static void freed_nothing(const volatile void *p, size_t len)
{
	(void)p;
	(void)len;
}

static void freed_look(const volatile void *p)
{
	void *mem = (void *)p;

	if (freed.text && mem &&
	    memmem(mem, __sanitizer_get_allocated_size(mem), freed.text,
		   strlen(freed.text)))
		freed.with_it++;
}

/* From now on; NULL ends it. */
static inline void freed_watch(const char *text)
{
	static int installed;

	if (!installed)
		installed = __sanitizer_install_malloc_and_free_hooks(
			freed_nothing, freed_look);
	freed.text = installed ? text : NULL;
	freed.with_it = installed ? 0 : 1;
}

#endif /* FREED_H */
