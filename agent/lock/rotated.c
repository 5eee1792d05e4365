// SPDX-License-Identifier: GPL-2.0-only
#include "lock/rotated.h"

#include "base/array.h"
#include "base/err.h"
#include "wire/nks.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

_Static_assert(sizeof(struct rotated_entry) == ROTATED_ENTRY_LEN,
	       "an entry is stored as it is");
_Static_assert(BLAKE2S_LEN == KEY_LEN, "a hash is as long as a key");

/* What layers of a signature have in common; @ret->node is left to the caller. */
static int entry_of(const struct node_sig *sig, struct rotated_entry *ret)
{
	const struct node_sig_layer *first = &sig->layer[sig->n - 1];

	memset(ret, 0, sizeof(*ret));
	if (first->wrapping.len == KEY_LEN)
		memcpy(ret->wrapping, first->wrapping.data, KEY_LEN);
	/* Not the signature itself: that can be written in several ways. */
	return nks_sig_hash(sig, sig->n - 1, ret->first);
}

static bool same_wrapping(const struct rotated_entry *a,
			  const struct rotated_entry *b)
{
	return memcmp(a->wrapping, b->wrapping, KEY_LEN) == 0;
}

static bool is_known(const struct rotated *rotated,
		     const struct rotated_entry *entry)
{
	size_t i;

	for (i = 0; i < rotated->n; i++) {
		if (memcmp(&rotated->item[i], entry, sizeof(*entry)) == 0)
			return true;
	}
	return false;
}

static size_t count_node(const struct rotated *rotated,
			 const struct rotated_entry *entry, size_t *ret_oldest)
{
	size_t i, n = 0;

	for (i = 0; i < rotated->n; i++) {
		if (same_wrapping(&rotated->item[i], entry) && n++ == 0)
			*ret_oldest = i;
	}
	return n;
}

static void remove_at(struct rotated *rotated, size_t at)
{
	rotated->n--;
	memmove(&rotated->item[at], &rotated->item[at + 1],
		(rotated->n - at) * sizeof(*rotated->item));
}

/* Return: 1, 0 if there is no room, -ENOMEM. */
static int add(struct rotated *rotated, const struct rotated_entry *entry)
{
	struct rotated_entry *item;
	size_t oldest = 0;

	item = array_grow(rotated->item, rotated->n, &rotated->cap,
			  sizeof(*item));
	if (!item)
		return -ENOMEM;
	rotated->item = item;
	/* A node that rotates without end drives out its own keys alone. */
	if (count_node(rotated, entry, &oldest) >= ROTATED_NODE_MAX)
		remove_at(rotated, oldest);
	if (rotated->n >= ROTATED_MAX) {
		rotated->full = true;
		return 0;
	}
	item[rotated->n++] = *entry;
	return 1;
}

static bool has_room(const struct rotated *rotated,
		     const struct rotated_entry *entry)
{
	size_t oldest;

	return rotated->n < ROTATED_MAX ||
	       count_node(rotated, entry, &oldest) >= ROTATED_NODE_MAX;
}

int rotated_has_news(const struct rotated *rotated, const struct node_sig *sig)
{
	struct rotated_entry entry;
	size_t i;
	int r;

	if (sig->n < 2 || sig->layer[0].kind != NODE_SIG_ROTATION)
		return 0;
	r = entry_of(sig, &entry);
	if (r < 0)
		return r == -ENOMEM ? r : 0;
	for (i = 1; i < sig->n; i++) {
		if (node_sig_node(&sig->layer[i], &entry.node) &&
		    !is_known(rotated, &entry))
			return has_room(rotated, &entry);
	}
	return 0;
}

int rotated_note(struct rotated *rotated, const struct node_sig *sig)
{
	struct rotated_entry entry;
	int r, n_new = 0;
	size_t i;

	if (sig->n < 2 || sig->layer[0].kind != NODE_SIG_ROTATION)
		return 0;
	r = entry_of(sig, &entry);
	if (r < 0)
		return r;
	/* The oldest is the innermost. */
	for (i = sig->n - 1; i > 0; i--) {
		if (!node_sig_node(&sig->layer[i], &entry.node) ||
		    is_known(rotated, &entry))
			continue;
		r = add(rotated, &entry);
		if (r < 0)
			return r;
		n_new += r;
	}
	return n_new;
}

int rotated_find(const struct rotated *rotated, const struct node_public *node,
		 const struct node_sig *sig)
{
	const struct rotated_entry *item;
	struct rotated_entry entry;
	bool known = false;
	size_t i;
	int r;

	for (i = 0; i < rotated->n; i++) {
		item = &rotated->item[i];
		if (key_cmp_public(&item->node, node) != 0)
			continue;
		/* Without a signature nothing says whose the key may be. */
		if (!sig || !sig->n)
			return 1;
		r = known ? 0 : entry_of(sig, &entry);
		if (r < 0)
			return r == -ENOMEM ? r : 1;
		known = true;
		if (!same_wrapping(item, &entry))
			continue;
		if (sig->n > 1 ||
		    memcmp(item->first, entry.first, KEY_LEN) == 0)
			return 1;
	}
	return 0;
}

int rotated_parse(const void *data, size_t len, struct rotated *ret)
{
	size_t n = len / ROTATED_ENTRY_LEN;

	if (!len || len % ROTATED_ENTRY_LEN || n > ROTATED_MAX)
		return TNE_LOCK_DAMAGED;
	ret->item = calloc(n, sizeof(*ret->item));
	if (!ret->item)
		return -ENOMEM;
	memcpy(ret->item, data, len);
	ret->n = n;
	ret->cap = n;
	return 0;
}

void rotated_done(struct rotated *rotated)
{
	free(rotated->item);
	memset(rotated, 0, sizeof(*rotated));
}
