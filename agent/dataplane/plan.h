/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef DATAPLANE_PLAN_H
#define DATAPLANE_PLAN_H

#include "model/wanted.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a plan changes of a peer. */
#define PLAN_PEER_NODE_ID	(1U << 0)
#define PLAN_PEER_ROAM		(1U << 1)
#define PLAN_PEER_KEEPALIVE	(1U << 2)
#define PLAN_PEER_EXPIRES	(1U << 3)
#define PLAN_PEER_ENDPOINT	(1U << 4)
#define PLAN_PEER_UNSIGNED	(1U << 5)
#define PLAN_PEER_SIG		(1U << 6)
#define PLAN_PEER_ROTATED	(1U << 7)

/* What a plan changes of the device. */
#define PLAN_DEV_KEY		(1U << 0)
#define PLAN_DEV_FWMARK		(1U << 1)
#define PLAN_DEV_MANAGED	(1U << 2)
#define PLAN_DEV_SWITCHES	(1U << 3)

enum plan_op {
	PLAN_ADD,	/* there is none yet */
	PLAN_CHANGE,	/* there is one */
	PLAN_REMOVE,
	PLAN_SET,	/* whether or not there is one; in a replacement */
};

/**
 * struct plan_peer - what is to happen to one peer
 * @op: in short
 * @key: names the peer
 * @set: PLAN_PEER_*: which fields of @want to send
 * @want: how it is to be; borrowed from the wanted view. NULL = gone
 * @prefixes: allowed IPs to give to it or, by their mark, to take from it; a
 *	prefix that moves is given to the one and not taken from the other, so
 *	that it is never without an owner
 */
struct plan_peer {
	enum plan_op op;
	struct node_public key;
	unsigned int set;
	const struct wanted_peer *want;
	struct wg_prefixes prefixes;
};

/**
 * struct plan_conflict - a peer does not get a prefix that it asks for
 * @prefix: the prefix
 * @keeper: who gets it; borrowed from the wanted view
 * @loser: who does not; borrowed from the wanted view
 */
struct plan_conflict {
	struct wg_prefix prefix;
	const struct wanted_peer *keeper;
	const struct wanted_peer *loser;
};

/**
 * struct plan - the way from what there is to what is wanted
 * @replace: peers that are not named go, and those that are named have exactly
 *	the allowed IPs in here
 * @dev_set: PLAN_DEV_*
 * @dev: settings; borrowed from the wanted view
 * @lock_set: the lock is turned on, or trusts others: ahead of all peers
 * @lock_off: the lock is turned off, which no transaction does: after it
 * @lock: how; borrowed from the wanted view
 * @lock_generation: of the keys that are set
 * @peers: owned; additions, then changes, then removals, each by key
 * @n_peers: in use
 * @cap_peers: allocated
 * @conflicts: owned; among the peers that were compared
 * @n_conflicts: in use
 * @cap_conflicts: allocated
 */
struct plan {
	bool replace;
	unsigned int dev_set;
	const struct wanted_dev *dev;
	bool lock_set;
	bool lock_off;
	const struct wanted_lock *lock;
	uint64_t lock_generation;
	struct plan_peer *peers;
	size_t n_peers;
	size_t cap_peers;
	struct plan_conflict *conflicts;
	size_t n_conflicts;
	size_t cap_conflicts;
};

/**
 * plan_full() - compare everything
 * @have:	what there is, without conflicts; NULL = not known: the plan is a
 *		replacement that says everything
 * @want:	what is wanted; the plan borrows from it
 * @ret:	the plan, owned by the caller
 *
 * Return: 0 or -ENOMEM.
 */
int plan_full(const struct wanted *have, const struct wanted *want,
	      struct plan *ret);

/**
 * plan_delta() - compare the peers that may have changed
 * @have:	what there is, without conflicts
 * @want:	what is wanted; the plan borrows from it
 * @keys:	every peer that was put, replaced or removed since @have and
 *		@want agreed; in any order, also repeated
 * @n_keys:	how many
 * @ret:	the plan, owned by the caller
 *
 * The same as plan_full(), at a price of the named peers and those that have to
 * give prefixes up for them, or get some back. Not for a view whose lock differs:
 * what of the table then matters did not before.
 *
 * Return: 0 or -ENOMEM.
 */
int plan_delta(const struct wanted *have, const struct wanted *want,
	       const struct node_public *keys, size_t n_keys,
	       struct plan *ret);

/**
 * plan_is_empty() - is there nothing for a transaction?
 * @plan: the plan
 *
 * Return: true if so.
 */
bool plan_is_empty(const struct plan *plan);

/**
 * plan_drop_peer() - leave a peer as it is after all
 * @plan:	the plan
 * @key:	names the peer
 *
 * Return: true if the plan had anything about it.
 */
bool plan_drop_peer(struct plan *plan, const struct node_public *key);

/**
 * plan_trust_learned() - take endpoints that followed packets for good
 * @have:	what the kernel says; changed
 * @want:	what is wanted
 *
 * Where a roaming peer is now is no difference to where it was told to begin.
 * For a view read from the kernel, before plans are made from it.
 */
void plan_trust_learned(struct wanted *have, const struct wanted *want);

/**
 * plan_record() - bring what there is to where the plan has led
 * @plan:	carried out
 * @have:	what it was made from; changed
 *
 * Return: 0, or -ENOMEM: @have is then of no use any more.
 */
int plan_record(const struct plan *plan, struct wanted *have);

/**
 * plan_done() - free the contents
 * @plan: the plan
 */
void plan_done(struct plan *plan);

static inline void plan_cleanup(struct plan *plan)
{
	plan_done(plan);
}

#endif /* DATAPLANE_PLAN_H */
