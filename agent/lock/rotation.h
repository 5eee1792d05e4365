/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which node keys are obsolete: given up by rotations, seen over all peers at
 * once.
 *
 * Source: tailscale ipn/ipnlocal/tailnet-lock.go, rotationTracker.
 */
#ifndef LOCK_ROTATION_H
#define LOCK_ROTATION_H

#include "lock/sig.h"

#include <stdbool.h>
#include <stddef.h>

/* A node that has rotated; all in rotation.c. */
struct rotation_member;

/**
 * struct rotations - all rotations that are valid; all zero at first
 * @member: who has rotated, and began with a direct signature
 * @n_members: how many
 * @cap_members: allocated
 * @prev: keys that somebody has given up; sorted by rotations_finish()
 * @n_prev: how many
 * @cap_prev: allocated
 */
struct rotations {
	struct rotation_member *member;
	size_t n_members;
	size_t cap_members;
	struct node_public *prev;
	size_t n_prev;
	size_t cap_prev;
};

/**
 * rotations_add() - one more
 * @rotations:	added to
 * @node:	whose it is
 * @rotation:	what is behind it; what it borrows must last
 *
 * Return: 0 or -ENOMEM; then @rotations is only good for rotations_done().
 */
int rotations_add(struct rotations *rotations, const struct node_public *node,
		  const struct sig_rotation *rotation);

/**
 * rotations_finish() - find out who is obsolete
 * @rotations: all are in it
 *
 * Of those who share a key for rotation the one with the longest history is the
 * newest; if there are two of them, one node was copied, and none counts.
 */
void rotations_finish(struct rotations *rotations);

/**
 * rotations_obsolete() - is a key obsolete?
 * @rotations:	finished
 * @node:	the key
 *
 * Return: true if so.
 */
bool rotations_obsolete(const struct rotations *rotations,
			const struct node_public *node);

/**
 * rotations_done() - free the contents
 * @rotations: all zero afterwards
 */
void rotations_done(struct rotations *rotations);

#endif /* LOCK_ROTATION_H */
