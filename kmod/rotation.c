// SPDX-License-Identifier: GPL-2.0-only
/*
 * Keys that were rotated away.
 *
 * Two rules. A key that any counting rotation leaves behind is obsolete. And of
 * the rotations of one node, known by the wrapping key of their first layer,
 * those whose key is not obsolete already compete: the one with the most keys
 * behind it wins, the others lose; if two have most, all lose, since the node
 * was copied. Source: tailscale ipn/ipnlocal/tailnet-lock.go,
 * rotationTracker.
 *
 * The first rule makes keys obsolete whatever the second says of their
 * rotation, and what the second says is about members of the group alone: so
 * one pass over the groups that changed settles everything.
 */
#include "rotation.h"

#include <linux/errno.h>
#include <linux/mm.h>
#include <linux/random.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "messages.h"

/* Buckets of each table, log2: 512 KiB. Ours: 100,000 peers, short chains. */
#define TN_ROTATIONS_BITS 16

static struct hlist_head *tn_rotations_bucket(const struct tn_rotations *r,
					      struct hlist_head *table,
					      const u8 *key)
{
	u64 hash = siphash(key, TN_KEY_LEN, &r->key);

	return &table[hash & ((1u << TN_ROTATIONS_BITS) - 1)];
}

/**
 * tn_rotations_init() - begin with none
 * @r:		the rotations
 * @turned:	see struct tn_rotations
 * @ctx:	for it
 *
 * Context: Process; sleeps.
 * Return: 0 or -ENOMEM.
 */
int tn_rotations_init(struct tn_rotations *r,
		      void (*turned)(void *ctx, const u8 *node_key), void *ctx)
{
	r->prev = kvcalloc(1u << TN_ROTATIONS_BITS, sizeof(*r->prev),
			   GFP_KERNEL);
	r->groups = kvcalloc(1u << TN_ROTATIONS_BITS, sizeof(*r->groups),
			     GFP_KERNEL);
	if (!r->prev || !r->groups) {
		tn_rotations_done(r);
		return -ENOMEM;
	}
	get_random_bytes(&r->key, sizeof(r->key));
	INIT_LIST_HEAD(&r->dirty);
	r->turned = turned;
	r->ctx = ctx;
	return 0;
}

/**
 * tn_rotations_done() - free the tables
 * @r:	the rotations, none of which counts any more
 */
void tn_rotations_done(struct tn_rotations *r)
{
	kvfree(r->prev);
	kvfree(r->groups);
	r->prev = NULL;
	r->groups = NULL;
}

/**
 * tn_rotations_obsolete() - does a counting rotation leave this key behind?
 * @r:		the rotations
 * @node_key:	TN_KEY_LEN bytes
 *
 * Return: true if so.
 */
bool tn_rotations_obsolete(const struct tn_rotations *r, const u8 *node_key)
{
	const struct tn_rotation_prev *prev;

	hlist_for_each_entry(prev, tn_rotations_bucket(r, r->prev, node_key),
			     hash)
		if (!memcmp(prev->key, node_key, TN_KEY_LEN))
			return true;
	return false;
}

/**
 * tn_rotations_touch() - have the group of a rotation decided anew
 * @r:		the rotations
 * @rot:	one of its members, or one that does not count
 */
void tn_rotations_touch(struct tn_rotations *r, struct tn_rotation *rot)
{
	if (rot->in && rot->wrapping && list_empty(&rot->dirty))
		list_add_tail(&rot->dirty, &r->dirty);
}

/**
 * tn_rotations_enter() - let a rotation count
 * @r:		the rotations
 * @rot:	the rotation, of a valid signature
 */
void tn_rotations_enter(struct tn_rotations *r, struct tn_rotation *rot)
{
	struct tn_rotation_prev *prev;
	bool known;
	u32 i;

	if (rot->in)
		return;
	rot->in = true;
	rot->lost = false;
	for (i = 0; i < rot->num_prev; i++) {
		prev = &rot->prev[i];
		known = tn_rotations_obsolete(r, prev->key);
		hlist_add_head(&prev->hash,
			       tn_rotations_bucket(r, r->prev, prev->key));
		if (!known)
			r->turned(r->ctx, prev->key);
	}
	if (rot->wrapping)
		hlist_add_head(&rot->hash,
			       tn_rotations_bucket(r, r->groups,
						   rot->wrapping));
	tn_rotations_touch(r, rot);
}

static bool tn_rotations_same_node(const struct tn_rotation *a,
				   const struct tn_rotation *b)
{
	return !memcmp(a->wrapping, b->wrapping, TN_KEY_LEN);
}

/* Of those that stay in the group, any one stands for it. */
static void tn_rotations_leave_group(struct tn_rotations *r,
				     struct tn_rotation *rot)
{
	struct tn_rotation *other;

	hlist_del_init(&rot->hash);
	list_del_init(&rot->dirty);
	hlist_for_each_entry(other,
			     tn_rotations_bucket(r, r->groups, rot->wrapping),
			     hash) {
		if (!tn_rotations_same_node(other, rot))
			continue;
		tn_rotations_touch(r, other);
		return;
	}
}

/**
 * tn_rotations_leave() - let a rotation not count any more
 * @r:		the rotations
 * @rot:	the rotation; nothing if it does not count
 */
void tn_rotations_leave(struct tn_rotations *r, struct tn_rotation *rot)
{
	u32 i;

	if (!rot->in)
		return;
	if (rot->wrapping)
		tn_rotations_leave_group(r, rot);
	rot->in = false;
	rot->lost = false;
	for (i = 0; i < rot->num_prev; i++)
		hlist_del_init(&rot->prev[i].hash);
	for (i = 0; i < rot->num_prev; i++)
		if (!tn_rotations_obsolete(r, rot->prev[i].key))
			r->turned(r->ctx, rot->prev[i].key);
}

/* The most keys behind any that competes; 0 if none or more than one has most. */
static u32 tn_rotations_winner(struct tn_rotations *r,
			       const struct tn_rotation *of)
{
	struct tn_rotation *rot;
	bool tied = false;
	u32 most = 0;

	hlist_for_each_entry(rot,
			     tn_rotations_bucket(r, r->groups, of->wrapping),
			     hash) {
		if (!tn_rotations_same_node(rot, of) ||
		    tn_rotations_obsolete(r, rot->node_key))
			continue;
		if (rot->num_prev > most) {
			most = rot->num_prev;
			tied = false;
		} else if (rot->num_prev == most) {
			tied = true;
		}
	}
	return tied ? 0 : most;
}

static void tn_rotations_decide(struct tn_rotations *r, struct tn_rotation *of)
{
	u32 most = tn_rotations_winner(r, of);
	struct tn_rotation *rot;
	bool lost;

	hlist_for_each_entry(rot,
			     tn_rotations_bucket(r, r->groups, of->wrapping),
			     hash) {
		if (!tn_rotations_same_node(rot, of))
			continue;
		list_del_init(&rot->dirty);
		lost = rot->num_prev != most;
		if (lost == rot->lost)
			continue;
		rot->lost = lost;
		r->turned(r->ctx, rot->node_key);
	}
	/* Whoever was told has touched it again, for nothing. */
	hlist_for_each_entry(rot,
			     tn_rotations_bucket(r, r->groups, of->wrapping),
			     hash)
		if (tn_rotations_same_node(rot, of))
			list_del_init(&rot->dirty);
}

/**
 * tn_rotations_settle() - decide the groups that changed
 * @r:	the rotations
 *
 * A rotation whose key is obsolete may be said to have lost or not: it does not
 * matter.
 */
void tn_rotations_settle(struct tn_rotations *r)
{
	while (!list_empty(&r->dirty))
		tn_rotations_decide(r, list_first_entry(&r->dirty,
							struct tn_rotation,
							dirty));
}
