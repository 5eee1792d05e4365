/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What tailnet lock is about, as values: sets of trusted keys, and signatures
 * with what is known of them. Shared by count, since arithmetic goes on beside
 * changes of configuration.
 */
#ifndef TN_LOCK_SIG_H
#define TN_LOCK_SIG_H

#include <linux/kref.h>
#include <linux/types.h>

#include "nodesig.h"
#include "rotation.h"

struct workqueue_struct;

/**
 * struct tn_lock_keys - a set of trusted keys; constant once in use
 * @ref:	references
 * @generation:	of the set, not 0
 * @head:	of the authority, for people
 * @num:	entries of @key
 * @key:	ordered by their bytes; one that is no point stays and verifies
 *		nothing
 */
struct tn_lock_keys {
	struct kref ref;
	u64 generation;
	u8 head[TN_NODESIG_HASH_LEN];
	u32 num;
	struct tn_ed25519_key key[];
};

/**
 * struct tn_lock_sig - a signature that a peer comes with
 * @ref:	references: of a peer, of updates, of whoever checks it
 * @form:	what tn_nodesig_check_form() says
 * @checked:	what tn_nodesig_verify() says, or TN_LOCK_UNCHECKED. Written by
 *		whoever checked it, always the same
 * @rotation:	what it says about older keys, while a peer of the table has it
 *		and it is valid; under cfg_lock
 * @num:	entries of @layer
 * @layer:	outermost first
 */
struct tn_lock_sig {
	struct kref ref;
	enum tn_nodesig_result form;
	int checked;
	struct tn_rotation rotation;
	unsigned int num;
	struct tn_nodesig_layer layer[];
};

#define TN_LOCK_UNCHECKED (-1)

struct tn_lock_keys *tn_lock_keys_new(u64 generation, u32 num);
void tn_lock_keys_ready(struct tn_lock_keys *keys);
struct tn_lock_keys *tn_lock_keys_get(struct tn_lock_keys *keys);
void tn_lock_keys_put(struct tn_lock_keys *keys);

struct tn_lock_sig *tn_lock_sig_new(const u8 *node_key,
				    const struct tn_nodesig_layer *layers,
				    unsigned int num);
struct tn_lock_sig *tn_lock_sig_get(struct tn_lock_sig *sig);
void tn_lock_sig_put(struct tn_lock_sig *sig);
size_t tn_lock_sig_bytes(const struct tn_lock_sig *sig);
bool tn_lock_sig_equal(const struct tn_lock_sig *a,
		       const struct tn_lock_sig *b);
const struct tn_ed25519_key *
tn_lock_sig_key(const struct tn_lock_sig *sig, const struct tn_lock_keys *keys);
bool tn_lock_sig_needs_check(const struct tn_lock_sig *sig,
			     const struct tn_lock_keys *keys);
int tn_lock_sigs_check(struct tn_lock_sig *const *sigs, size_t num,
		       const struct tn_lock_keys *keys,
		       struct workqueue_struct *wq, atomic64_t *checked);

#endif /* TN_LOCK_SIG_H */
