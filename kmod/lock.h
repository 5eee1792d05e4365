/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Tailnet lock: which peers of a device may take part. The only yes or no.
 *
 * Off until somebody sets trusted keys: whether a tailnet needs a lock is
 * nothing that the module could know by itself, so an agent that does not know
 * it yet sets no keys at all, and then nobody is admitted. On, it stays on
 * whatever becomes of the agent, until the command to turn it off.
 *
 * A signature is checked once. Whether it is valid depends on nothing but
 * itself; whether the key that it names is trusted, on the set of keys; and
 * whether it was rotated away, on the whole table. So another set of keys costs
 * a search per peer, and arithmetic only for peers whose key was never trusted.
 */
#ifndef TN_LOCK_H
#define TN_LOCK_H

#include <linux/compiler.h>
#include <linux/list.h>
#include <linux/types.h>

#include "../uapi/tailnet.h"
#include "lock_sig.h"
#include "rotation.h"

struct netlink_ext_ack;
struct nlattr;
struct tn_device;
struct tn_peer;
struct tn_peer_update;
struct tn_plan;
struct tn_update;
struct workqueue_struct;

#define TN_LOCK_VERDICTS (TAILNET_VERDICT_OBSOLETE + 1)

/**
 * struct tn_lock_update - what an update asks of the lock
 * @keys:	to be trusted, or NULL
 * @off:	the lock is to be turned off
 * @off_reason:	why
 * @generation:	of the keys in force, to turn them off
 * @attr:	of the request, for extack; NULL in a transaction
 */
struct tn_lock_update {
	struct tn_lock_keys *keys;
	bool off;
	enum tailnet_lock_off off_reason;
	u64 generation;
	const struct nlattr *attr;
};

/**
 * struct tn_admission - what the lock knows of a peer; all under cfg_lock
 * @sig:	its signature, or NULL
 * @todo:	in tn_lock.todo, if the verdict may change
 * @turned:	in tn_lock.turned, if it did
 * @unsigned_ok: it needs no signature for the peer API
 * @remembered: the agent says that its key was rotated away
 * @listed:	it is in the table, and counted by its @verdict
 * @fresh:	it was not in the table before this change
 * @base:	verdict by its own signature alone
 * @verdict:	verdict
 */
struct tn_admission {
	struct tn_lock_sig *sig;
	struct list_head todo;
	struct list_head turned;
	bool unsigned_ok;
	bool remembered;
	bool listed;
	bool fresh;
	enum tailnet_verdict base;
	enum tailnet_verdict verdict;
};

/**
 * struct tn_lock - the lock of a device; all under cfg_lock but @checked
 * @keys:	trusted; NULL = the lock is off
 * @generation:	highest of any keys so far
 * @rotations:	of all peers with a valid signature; there since the first keys
 * @todo:	peers to be judged
 * @turned:	peers that were admitted and are suspended now, or the other way
 * @count:	peers by verdict
 * @checked:	signatures checked
 * @wq:		on which other CPUs help to check many
 */
struct tn_lock {
	struct tn_lock_keys *keys;
	u64 generation;
	struct tn_rotations rotations;
	struct list_head todo;
	struct list_head turned;
	u32 count[TN_LOCK_VERDICTS];
	atomic64_t checked;
	struct workqueue_struct *wq;
};

int tn_lock_init(struct tn_device *tn);
void tn_lock_done(struct tn_device *tn);

const char *tn_lock_verdict_name(enum tailnet_verdict verdict);

/*
 * An update, in this order. tn_lock_prepare() is for most of the arithmetic and
 * comes before the lock of the configuration; tn_lock_reserve() does what is
 * left of it. Then nothing can fail: the keys change, new peers begin as
 * suspended, each gets what its item gives it, all that it concerns are judged,
 * and those that turned stop or start.
 */
int tn_lock_prepare(struct tn_device *tn, struct tn_update *upd,
		    struct tn_lock_keys *keys,
		    struct netlink_ext_ack *extack);
int tn_lock_check(const struct tn_device *tn, const struct tn_update *upd,
		  struct netlink_ext_ack *extack);
int tn_lock_reserve(struct tn_device *tn, struct tn_update *upd);
void tn_lock_commit_keys(struct tn_device *tn, const struct tn_update *upd,
			 const struct tn_plan *plan);
void tn_lock_commit_new(struct tn_peer *peer);
void tn_lock_commit_item(struct tn_peer *peer, struct tn_peer_update *item);
void tn_lock_commit_verdicts(struct tn_device *tn, const struct tn_update *upd);
void tn_lock_commit_turned(struct tn_device *tn);
void tn_lock_commit_told(struct tn_device *tn, const struct tn_update *upd,
			 bool was_on);

void tn_admission_init(struct tn_admission *adm);
void tn_admission_done(struct tn_admission *adm);
void tn_lock_forget(struct tn_peer *peer);

#endif /* TN_LOCK_H */
