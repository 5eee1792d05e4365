/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which node keys have been rotated away, by the valid signatures of all peers
 * of a device. Kept up with every change: the cost of one is by its own size and
 * by that of the groups it touches.
 */
#ifndef TN_ROTATION_H
#define TN_ROTATION_H

#include <linux/list.h>
#include <linux/siphash.h>
#include <linux/types.h>

/**
 * struct tn_rotation_prev - a node key that a rotation leaves behind
 * @hash:	in tn_rotations.prev
 * @key:	the key, borrowed from the signature
 */
struct tn_rotation_prev {
	struct hlist_node hash;
	const u8 *key;
};

/**
 * struct tn_rotation - what one signature says about older node keys
 * @node_key:	the key that it is for, borrowed from the signature
 * @wrapping:	wrapping key of its first layer, borrowed; NULL if that layer is
 *		a credential. Rotations with the same one are of the same node
 * @num_prev:	entries of @prev
 * @in:		it counts
 * @lost:	another one of the same node wins, or none does
 * @hash:	in tn_rotations.groups, if it counts and has @wrapping
 * @dirty:	in tn_rotations.dirty, if its group is to be decided anew
 * @prev:	the keys left behind, newest first
 */
struct tn_rotation {
	const u8 *node_key;
	const u8 *wrapping;
	u32 num_prev;
	bool in;
	bool lost;
	struct hlist_node hash;
	struct list_head dirty;
	struct tn_rotation_prev *prev;
};

/**
 * struct tn_rotations - all that count
 * @prev:	buckets of struct tn_rotation_prev, by key
 * @groups:	buckets of struct tn_rotation, by wrapping key
 * @key:	of the hash of both
 * @dirty:	groups to be decided anew, by a member each or by several
 * @turned:	told a node key for which tn_rotations_obsolete() or the @lost of
 *		its rotation may say something else than before
 * @ctx:	for @turned
 */
struct tn_rotations {
	struct hlist_head *prev;
	struct hlist_head *groups;
	siphash_key_t key;
	struct list_head dirty;
	void (*turned)(void *ctx, const u8 *node_key);
	void *ctx;
};

int tn_rotations_init(struct tn_rotations *r,
		      void (*turned)(void *ctx, const u8 *node_key), void *ctx);
void tn_rotations_done(struct tn_rotations *r);

/*
 * @turned may call tn_rotations_touch() for the rotation of that key, and must,
 * if there is one. After any number of changes, tn_rotations_settle().
 */
void tn_rotations_enter(struct tn_rotations *r, struct tn_rotation *rot);
void tn_rotations_leave(struct tn_rotations *r, struct tn_rotation *rot);
void tn_rotations_touch(struct tn_rotations *r, struct tn_rotation *rot);
void tn_rotations_settle(struct tn_rotations *r);

bool tn_rotations_obsolete(const struct tn_rotations *r, const u8 *node_key);

#endif
