/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A table of peers as simple as can be, that does what the module's does: for
 * trying plans on, and to stand behind a played module.
 */
#ifndef TABLE_H
#define TABLE_H

#include "dataplane/plan.h"
#include "model/wanted.h"
#include "uapi/tailnet.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/**
 * struct table - peers, in the order of their creation
 * @dev: settings
 * @lock: of the tailnet; owned
 * @peers: owned, with their prefixes
 * @n: in use
 * @cap: allocated
 */
struct table {
	struct wanted_dev dev;
	struct wanted_lock lock;
	struct wanted_peer *peers;
	size_t n;
	size_t cap;
};

struct wanted_peer *table_find(struct table *t, const struct node_public *key);

/* What an item of a transaction does to the peer; -EEXIST or -ENOENT. */
int table_op(struct table *t, enum tailnet_peer_op op,
	     const struct node_public *key);

/* Give, from whoever has it, or take, if the peer has it. */
void table_prefix(struct table *t, struct wanted_peer *peer,
		  const struct wg_prefix *prefix);

/* Items are applied one by one; the result of the first that fails. */
int table_plan(struct table *t, const struct plan *plan);

/*
 * Is the table what the view wants, found out by comparing everything with
 * everything? Says what is not.
 */
bool table_is(struct table *t, const struct wanted *want, char *why,
	      size_t len);

void table_copy(struct table *to, const struct table *from);
void table_done(struct table *t);

#endif /* TABLE_H */
