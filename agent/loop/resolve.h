/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef LOOP_RESOLVE_H
#define LOOP_RESOLVE_H

#include <stddef.h>
#include <stdint.h>

#include <netinet/in.h>

struct loop;
struct resolve;

/* Most addresses of a name that are used; ours. */
#define RESOLVE_MAX 16
/* Ours: two rounds of a resolver with its usual 5 s. */
#define RESOLVE_TIMEOUT_MS 10000

/**
 * struct resolve_addr - one address of a name
 * @family: AF_INET or AF_INET6
 * @byte: the address, network order; 4 or 16 bytes count
 */
struct resolve_addr {
	int family;
	uint8_t byte[16];
};

/**
 * struct resolve_answer - the addresses of a name
 * @addr: in the order in which to try them
 * @n: how many, at least one
 */
struct resolve_answer {
	struct resolve_addr addr[RESOLVE_MAX];
	size_t n;
};

/**
 * typedef resolve_fn - the end of a lookup
 * @ctx:	of the lookup
 * @err:	0, TNE_NAME_LOOKUP, -ETIMEDOUT or -errno
 * @answer:	borrowed during the call; NULL on error
 *
 * The lookup is over and must not be cancelled any more.
 */
typedef void (*resolve_fn)(void *ctx, int err,
			   const struct resolve_answer *answer);

/**
 * resolve_start() - look the addresses of a name up
 * @loop:	the loop
 * @host:	name, or address in text (then no lookup is made)
 * @fn:		called once, unless cancelled
 * @ctx:	for @fn
 * @ret:	the lookup, to be cancelled; gone once @fn was called
 *
 * getaddrinfo() blocks, so it runs in a process of its own which answers over a
 * pipe: this program, started anew as resolve_helper(). It has none of our
 * memory, descriptors, environment and rights, so that a mistake of the C
 * library in handling packets of strangers gives no keys away. What comes out of
 * the pipe is checked like anything from outside.
 *
 * Return: 0, TNE_NAME_LOOKUP if @host cannot be a name, or -errno.
 */
int resolve_start(struct loop *loop, const char *host, resolve_fn fn,
		  void *ctx, struct resolve **ret);

/**
 * resolve_cancel() - give a lookup up
 * @resolve: the lookup or NULL; its function is not called any more
 */
void resolve_cancel(struct resolve *resolve);

/**
 * resolve_helper() - be the process that looks up, if the arguments say so
 * @argc:	of main()
 * @argv:	of main()
 *
 * The first thing that main() does in any program that calls resolve_start():
 * returns in the program itself, and never in the helper.
 */
void resolve_helper(int argc, char **argv);

/**
 * resolve_parse_addr() - read an address in text
 * @host:	"192.0.2.1", "2001:db8::1", or that in brackets
 * @ret:	the address
 *
 * Return: 0 or TNE_NAME_LOOKUP.
 */
int resolve_parse_addr(const char *host, struct resolve_addr *ret);

#endif /* LOOP_RESOLVE_H */
