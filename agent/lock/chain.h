/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * All updates that are held, those of lost forks too: a tree, in memory.
 */
#ifndef LOCK_CHAIN_H
#define LOCK_CHAIN_H

#include "base/arena.h"
#include "base/cleanup.h"
#include "model/aum.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Most updates held; ours. Work per opening grows with heads times length. */
#define CHAIN_MAX 20000
/* And bytes of them; ours. Honest ones have some 300 each, checkpoints more. */
#define CHAIN_BYTES_MAX (64U << 20)

/**
 * struct chain_item - an update that is held
 * @mem: owns the item
 * @hash: names it
 * @sig_hash: what is signed; the same if only the signatures differ
 * @has_prev: it is not the first of all
 * @prev: what it follows, whether held or not
 * @parent: what it follows, if held
 * @child: the last of those held that follow it
 * @sibling: another one that follows what it follows
 * @data: its bytes
 * @aum: what they say
 * @created_s: when it came, seconds since the epoch
 * @mark: for whoever walks the tree
 */
struct chain_item {
	struct arena *mem;
	struct aum_hash hash;
	struct aum_hash sig_hash;
	bool has_prev;
	struct aum_hash prev;
	struct chain_item *parent;
	struct chain_item *child;
	struct chain_item *sibling;
	struct bytes data;
	struct aum aum;
	int64_t created_s;
	unsigned int mark;
};

/**
 * chain_item_new() - an update that is not held yet
 * @data:	its bytes, copied
 * @created_s:	when it came
 * @ret:	owned by the caller
 *
 * Return: 0, TNE_CBOR, TNE_TOO_LONG or -ENOMEM.
 */
int chain_item_new(struct bytes data, int64_t created_s,
		   struct chain_item **ret);

/**
 * chain_item_free() - free
 * @item: in no chain; or NULL
 */
void chain_item_free(struct chain_item *item);

DEFINE_CLEANUP(chain_item, struct chain_item *, chain_item_free)

/**
 * struct chain - the tree; all zero at first
 * @item: sorted by hash
 * @n: how many
 * @cap: allocated
 * @bytes: of all of them
 */
struct chain {
	struct chain_item **item;
	size_t n;
	size_t cap;
	size_t bytes;
};

/**
 * chain_done() - free the contents
 * @chain: the tree
 */
void chain_done(struct chain *chain);

/**
 * chain_reserve() - make room
 * @chain:	the tree
 * @room:	for how many more
 * @bytes:	that they have
 *
 * Return: 0, TNE_LOCK_LIMIT above CHAIN_MAX or CHAIN_BYTES_MAX, or -ENOMEM.
 */
int chain_reserve(struct chain *chain, size_t room, size_t bytes);

/**
 * chain_add() - hold an update
 * @chain:	the tree, with room
 * @item:	moved; not held yet
 */
void chain_add(struct chain *chain, struct chain_item *item);

/**
 * chain_take() - hold an update no longer
 * @chain:	the tree
 * @item:	of it; the caller's afterwards
 */
void chain_take(struct chain *chain, struct chain_item *item);

/**
 * chain_find() - an update by its hash
 * @chain:	the tree
 * @hash:	of the update
 *
 * Return: borrowed until it is taken out, or NULL.
 */
struct chain_item *chain_find(const struct chain *chain,
			      const struct aum_hash *hash);

#endif /* LOCK_CHAIN_H */
