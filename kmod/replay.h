/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TN_REPLAY_H
#define TN_REPLAY_H

#include <linux/bits.h>
#include <linux/types.h>

#include "messages.h"

/**
 * struct tn_replay - which packet counters a receiving key has seen
 * @next:	greatest counter seen plus one; 0 = none yet
 * @ring:	one bit per counter, indexed modulo TN_REPLAY_BITS
 *
 * Zeroed memory is an empty window. The keypair's receive lock covers it.
 */
struct tn_replay {
	u64 next;
	unsigned long ring[TN_REPLAY_BITS / BITS_PER_LONG];
};

void tn_replay_init(struct tn_replay *replay);
bool tn_replay_precheck(const struct tn_replay *replay, u64 counter);
bool tn_replay_accept(struct tn_replay *replay, u64 counter);

#endif /* TN_REPLAY_H */
