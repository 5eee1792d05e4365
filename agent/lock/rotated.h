/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Node keys that were rotated away, remembered for as long as the authority
 * lives. That a key is obsolete is said by the rotation to a newer one alone; a
 * server that hides the newer one and shows the old signature, which is as valid
 * as ever, would bring the old key back, and with it whoever stole it.
 *
 * An entry is a node key, the key for rotation of its node, and the first layer
 * of the signature that led to it. Any valid rotation can name any key as one it
 * leaves behind: the key for rotation, which only that node has, keeps others
 * from making a key obsolete for good. The layer tells a replay from a signature
 * that was made anew.
 *
 * The rule is ours; the reference forgets with the map.
 */
#ifndef LOCK_ROTATED_H
#define LOCK_ROTATED_H

#include "base/cleanup.h"
#include "model/node_sig.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ROTATED_MAX		4096	/* entries; ours */
#define ROTATED_NODE_MAX	32	/* of them with one key for rotation; ours */
#define ROTATED_ENTRY_LEN	96	/* bytes of an entry as it is stored */

/**
 * struct rotated_entry - a key that was given up
 * @node: the key
 * @wrapping: key for rotation of its node
 * @first: what was signed by the first layer of the rotation that left it behind
 */
struct rotated_entry {
	struct node_public node;
	uint8_t wrapping[KEY_LEN];
	uint8_t first[KEY_LEN];
};

/**
 * struct rotated - all that are remembered; all zero at first
 * @item: oldest first; what is stored are its bytes
 * @n: how many
 * @cap: allocated
 * @full: there were more than ROTATED_MAX
 */
struct rotated {
	struct rotated_entry *item;
	size_t n;
	size_t cap;
	bool full;
};

/**
 * rotated_has_news() - does a signature name keys that are not remembered?
 * @rotated:	what is remembered
 * @sig:	of a peer, not checked yet: that costs more than this question
 *
 * Return: 1 or 0; -ENOMEM.
 */
int rotated_has_news(const struct rotated *rotated, const struct node_sig *sig);

/**
 * rotated_note() - remember the keys that a signature leaves behind
 * @rotated:	added to; of one node the oldest goes when there are too many
 * @sig:	valid, by sig_check()
 *
 * Return: how many were new; -ENOMEM.
 */
int rotated_note(struct rotated *rotated, const struct node_sig *sig);

/**
 * rotated_find() - was the key of a peer rotated away?
 * @rotated:	what is remembered
 * @node:	the key
 * @sig:	its signature; NULL = it needs none
 *
 * Not if the peer has a direct signature other than the one that the rotation
 * began with: somebody has let it in anew. By the same signer, for the same key,
 * that would be the same signature, which nobody can tell from a replay.
 *
 * Return: 1 or 0; -ENOMEM.
 */
int rotated_find(const struct rotated *rotated, const struct node_public *node,
		 const struct node_sig *sig);

/**
 * rotated_parse() - take back what was stored
 * @data:	the bytes of @item, as they were
 * @len:	how many
 * @ret:	all zero; owned by the caller
 *
 * Return: 0, -ENOMEM; TNE_LOCK_DAMAGED if it is not that.
 */
int rotated_parse(const void *data, size_t len, struct rotated *ret);

/**
 * rotated_done() - free the contents
 * @rotated: all zero afterwards
 */
void rotated_done(struct rotated *rotated);

#endif /* LOCK_ROTATED_H */
