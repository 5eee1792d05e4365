/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TN_EXPIRY_H
#define TN_EXPIRY_H

#include <linux/list.h>
#include <linux/types.h>

#include "peer.h"

struct tn_device;

void tn_expiry_init(struct tn_device *tn);
void tn_expiry_done(struct tn_device *tn);

/* Configuration; @cfg_lock held. */
void tn_expiry_judge(struct tn_peer *peer, struct list_head *over);
void tn_expiry_cut(struct tn_device *tn, struct list_head *over);
void tn_expiry_arm(struct tn_device *tn);

bool tn_expiry_is_over(struct tn_peer *peer);

/*
 * The question of the packet path: one bit, and only if it is set a look at the
 * clock.
 */
static inline bool tn_expiry_cuts(struct tn_peer *peer)
{
	return unlikely(test_bit(TN_PEER_EXPIRED, &peer->state)) &&
	       tn_expiry_is_over(peer);
}

#endif
