/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the process is allowed to do, and giving up the rest.
 */
#ifndef SYSTEM_PRIVS_H
#define SYSTEM_PRIVS_H

#include "base/err.h"

#include <stdint.h>

/* Sets of capabilities; bit numbers as in linux/capability.h. */
#define PRIVS_NET_BIND_SERVICE	(UINT64_C(1) << 10)
#define PRIVS_NET_ADMIN		(UINT64_C(1) << 12)
#define PRIVS_NET_RAW		(UINT64_C(1) << 13)

/* Most rights that one line each is written about. */
#define PRIVS_LINES_MAX 3

/**
 * privs_read() - which capabilities are in effect
 * @ret: a set
 *
 * Return: 0 or -errno.
 */
int privs_read(uint64_t *ret);

/**
 * privs_explain() - one line for each right that is missing
 * @have:	from privs_read()
 * @want:	of PRIVS_*
 * @ret:	the lines
 *
 * Return: how many.
 */
unsigned int privs_explain(uint64_t have, uint64_t want,
			   struct err_detail ret[PRIVS_LINES_MAX]);

/**
 * privs_harden() - no core dumps, no tracing by others, no new privileges
 * @detail: set on error
 *
 * Keys are in memory, and a core file would bring them onto a disk. Comes after
 * privs_drop(), as a change of the user may allow core dumps again.
 *
 * Return: 0 or -errno.
 */
int privs_harden(struct err_detail *detail);

/**
 * privs_drop() - become another user and keep some capabilities
 * @user:	its name; NULL = stay who we are
 * @keep:	set that stays, for programs that we start as well; what we do
 *		not have is left out
 * @detail:	set on error
 *
 * For a start as root: the user's groups are taken on, every other capability
 * goes, out of the bounding set too. May ask name services, so call it before
 * the loop runs. After an error the process must end: it may be half way.
 *
 * Return: 0, -ENOENT for an unknown user, or -errno.
 */
int privs_drop(const char *user, uint64_t keep, struct err_detail *detail);

#endif /* SYSTEM_PRIVS_H */
