// SPDX-License-Identifier: GPL-2.0-only
#include "fail_alloc.h"

#include <errno.h>
#include <malloc.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <netlink/msg.h>
#include <sodium.h>

unsigned int fail_alloc_dirty_msgs;

static size_t left = SIZE_MAX;
static bool happened;

void fail_alloc_at(size_t n)
{
	left = n;
	happened = false;
}

bool fail_alloc_happened(void)
{
	return happened;
}

static bool refuse(void)
{
	if (left == SIZE_MAX)
		return false;
	if (left-- > 0)
		return false;
	left = SIZE_MAX;
	happened = true;
	errno = ENOMEM;
	return true;
}

void *__wrap_malloc(size_t size)
{
	return refuse() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t n, size_t size)
{
	return refuse() ? NULL : __real_calloc(n, size);
}

void *__wrap_reallocarray(void *p, size_t n, size_t size)
{
	return refuse() ? NULL : __real_reallocarray(p, n, size);
}

char *__wrap_strndup(const char *s, size_t n)
{
	return refuse() ? NULL : __real_strndup(s, n);
}

void *__wrap_sodium_malloc(size_t size)
{
	return refuse() ? NULL : __real_malloc(size);
}

/* Wiped, as by the real one. */
void __wrap_sodium_free(void *p)
{
	if (p)
		sodium_memzero(p, malloc_usable_size(p));
	free(p);
}

struct nl_msg *__wrap_nlmsg_alloc_size(size_t size)
{
	return refuse() ? NULL : __real_nlmsg_alloc_size(size);
}

void __wrap_nlmsg_free(struct nl_msg *msg)
{
	const unsigned char *byte = (const unsigned char *)nlmsg_hdr(msg);
	size_t i, n = nlmsg_get_max_size(msg);

	for (i = 0; i < n && byte[i] == 0; i++)
		;
	if (i < n)
		fail_alloc_dirty_msgs++;
	__real_nlmsg_free(msg);
}

size_t fail_alloc_each(int (*run)(void *ctx), void *ctx)
{
	size_t n;
	int r;

	for (n = 0;; n++) {
		fail_alloc_at(n);
		r = run(ctx);
		if (!happened) {
			left = SIZE_MAX;
			return r < 0 ? 0 : n;
		}
		if (r >= 0)
			return 0;
	}
}
