/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory that runs out. The linker hands the allocations of the code under test
 * to fail_alloc.c, which refuses the n-th one; those inside libraries go on as
 * ever. sodium_malloc() becomes plain memory, so that the sanitizers see it.
 */
#ifndef FAIL_ALLOC_H
#define FAIL_ALLOC_H

#include <stdbool.h>
#include <stddef.h>

struct nl_msg;

/* Refuse the allocation after @n good ones; SIZE_MAX = none. */
void fail_alloc_at(size_t n);

/* Was one refused since fail_alloc_at()? */
bool fail_alloc_happened(void);

/* Netlink messages freed that still held anything but zeros. */
extern unsigned int fail_alloc_dirty_msgs;

/*
 * Run @run with every allocation failing in turn, until it no longer reaches
 * the one that would. @run returns a result below 0 on failure.
 *
 * Return: how many failures there were; 0 if one of them was taken for success.
 */
size_t fail_alloc_each(int (*run)(void *ctx), void *ctx);

/* The linker calls __wrap_x() for x(), and x() is __real_x(). */
void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__real_reallocarray(void *p, size_t n, size_t size);
char *__real_strndup(const char *s, size_t n);
struct nl_msg *__real_nlmsg_alloc_size(size_t size);
void __real_nlmsg_free(struct nl_msg *msg);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_reallocarray(void *p, size_t n, size_t size);
char *__wrap_strndup(const char *s, size_t n);
void *__wrap_sodium_malloc(size_t size);
void __wrap_sodium_free(void *p);
struct nl_msg *__wrap_nlmsg_alloc_size(size_t size);
void __wrap_nlmsg_free(struct nl_msg *msg);

#endif /* FAIL_ALLOC_H */
