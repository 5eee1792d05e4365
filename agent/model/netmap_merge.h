/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef MODEL_NETMAP_MERGE_H
#define MODEL_NETMAP_MERGE_H

#include "model/netmap.h"

/**
 * netmap_merge() - apply a message
 * @old:	not changed
 * @prior:	the netmap in use while a new session is being built, or NULL: a
 *		node that says the same as one in there is taken from there, so
 *		that netmap_diff() does not show it, and what we know better than
 *		the server is kept
 * @delta:	the message; not a keep-alive
 * @now:	the local clock, set
 * @ret:	a new netmap, the caller's
 *
 * Nothing of @delta is needed afterwards. Time and memory go with the size of
 * the message, not with the number of peers; only when it is time for a key to
 * expire, all peers are looked at.
 *
 * Return: 0, -ENOMEM, or TNE_TOO_LONG.
 */
int netmap_merge(const struct netmap *old, const struct netmap *prior,
		 const struct netmap_delta *delta, const struct timestamp *now,
		 struct netmap **ret);

#endif /* MODEL_NETMAP_MERGE_H */
