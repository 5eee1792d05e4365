// SPDX-License-Identifier: GPL-2.0-only
#include "lock/rotation.h"

#include "base/array.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/**
 * struct rotation_member - a node that has rotated
 * @node: its key
 * @wrapping: who might rotate the first of its keys; groups the members
 * @n_prev: how many keys it has given up
 * @obsolete: another one of the group is newer
 */
struct rotation_member {
	struct node_public node;
	struct bytes wrapping;
	size_t n_prev;
	bool obsolete;
};

/* Room in the list of keys for one more, and for each of the members. */
static int reserve_prev(struct rotations *rotations)
{
	struct node_public *prev;

	prev = array_grow(rotations->prev,
			  rotations->n_prev + rotations->n_members,
			  &rotations->cap_prev, sizeof(*prev));
	if (!prev)
		return -ENOMEM;
	rotations->prev = prev;
	return 0;
}

int rotations_add(struct rotations *rotations, const struct node_public *node,
		  const struct sig_rotation *rotation)
{
	struct rotation_member *member;
	size_t i;

	for (i = 0; i < rotation->n_prev; i++) {
		if (reserve_prev(rotations) < 0)
			return -ENOMEM;
		rotations->prev[rotations->n_prev++] = rotation->prev[i];
	}
	if (rotation->initial->kind != NODE_SIG_DIRECT)
		return 0;
	member = array_grow(rotations->member, rotations->n_members,
			    &rotations->cap_members, sizeof(*member));
	if (!member)
		return -ENOMEM;
	rotations->member = member;
	if (reserve_prev(rotations) < 0)
		return -ENOMEM;
	member[rotations->n_members++] = (struct rotation_member){
		.node = *node,
		.wrapping = rotation->initial->wrapping,
		.n_prev = rotation->n_prev,
	};
	return 0;
}

static int cmp_key(const void *a, const void *b)
{
	return key_cmp_public(a, b);
}

static int cmp_bytes(struct bytes a, struct bytes b)
{
	if (a.len != b.len)
		return a.len < b.len ? -1 : 1;
	return a.len ? memcmp(a.data, b.data, a.len) : 0;
}

/* By group, then the longest history first. */
static int cmp_member(const void *a, const void *b)
{
	const struct rotation_member *x = a, *y = b;
	int r = cmp_bytes(x->wrapping, y->wrapping);

	if (r)
		return r;
	if (x->n_prev != y->n_prev)
		return x->n_prev > y->n_prev ? -1 : 1;
	return key_cmp_public(&x->node, &y->node);
}

bool rotations_obsolete(const struct rotations *rotations,
			const struct node_public *node)
{
	return rotations->n_prev &&
	       bsearch(node, rotations->prev, rotations->n_prev,
		       sizeof(*node), cmp_key);
}

/*
 * Members @first up to @end: at most one stays. So one round is enough, even
 * for a key that is in several groups: no group has two left to choose from.
 */
static void judge_group(struct rotations *rotations, size_t first, size_t end)
{
	struct rotation_member *best = NULL, *member;
	bool any = false;
	size_t i;

	for (i = first; i < end; i++) {
		member = &rotations->member[i];
		if (member->obsolete)
			continue;
		if (!best) {
			best = member;
			continue;
		}
		/* The second one, which tells whether there is a first. */
		if (!any && member->n_prev == best->n_prev)
			best->obsolete = true;
		any = true;
		member->obsolete = true;
	}
}

static void judge_groups(struct rotations *rotations)
{
	size_t first, end;

	for (first = 0; first < rotations->n_members; first = end) {
		for (end = first + 1; end < rotations->n_members; end++) {
			if (cmp_bytes(rotations->member[first].wrapping,
				      rotations->member[end].wrapping))
				break;
		}
		judge_group(rotations, first, end);
	}
}

static void sort_prev(struct rotations *rotations)
{
	if (rotations->n_prev)
		qsort(rotations->prev, rotations->n_prev,
		      sizeof(*rotations->prev), cmp_key);
}

void rotations_finish(struct rotations *rotations)
{
	struct rotation_member *member = rotations->member;
	size_t i;

	sort_prev(rotations);
	if (rotations->n_members)
		qsort(member, rotations->n_members, sizeof(*member),
		      cmp_member);
	for (i = 0; i < rotations->n_members; i++)
		member[i].obsolete = rotations_obsolete(rotations,
							&member[i].node);
	judge_groups(rotations);
	/* There is room for all of them. */
	for (i = 0; i < rotations->n_members; i++) {
		if (member[i].obsolete)
			rotations->prev[rotations->n_prev++] = member[i].node;
	}
	sort_prev(rotations);
}

void rotations_done(struct rotations *rotations)
{
	free(rotations->member);
	free(rotations->prev);
	memset(rotations, 0, sizeof(*rotations));
}
