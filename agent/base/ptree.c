// SPDX-License-Identifier: GPL-2.0-only
#include "base/ptree.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define LEAF (-1)

/*
 * A leaf has a key and a value; a branch two children that differ first in
 * @bit, counted from the highest bit of the first byte. A node with more than
 * one reference belongs to several versions and is never written to.
 */
struct ptree_node {
	size_t refs;
	int bit;
	union {
		struct ptree_node *child[2];
		void *value;
	};
	uint8_t key[];
};

static int bit_at(const uint8_t *key, int bit)
{
	return key[bit / 8] >> (7 - bit % 8) & 1;
}

/* First bit in which keys differ; the number of bits if there is none. */
static int first_difference(const uint8_t *a, const uint8_t *b, size_t len)
{
	size_t i;

	for (i = 0; i < len && a[i] == b[i]; i++)
		;
	if (i == len)
		return len * 8;
	return i * 8 + __builtin_clz((unsigned int)(a[i] ^ b[i])) - 24;
}

static struct ptree_node *leaf_new(const struct ptree_type *type,
				   const uint8_t *key, void *value)
{
	struct ptree_node *node = malloc(sizeof(*node) + type->key_len);

	if (!node)
		return NULL;
	node->refs = 1;
	node->bit = LEAF;
	node->value = value;
	memcpy(node->key, key, type->key_len);
	if (type->get)
		type->get(value);
	return node;
}

static struct ptree_node *branch_new(int bit)
{
	struct ptree_node *node = malloc(sizeof(*node));

	if (!node)
		return NULL;
	node->refs = 1;
	node->bit = bit;
	return node;
}

/* Not deeper than a key has bits. */
static void node_put(const struct ptree_type *type, struct ptree_node *node)
{
	if (!node || --node->refs > 0)
		return;
	if (node->bit != LEAF) {
		node_put(type, node->child[0]);
		node_put(type, node->child[1]);
	} else if (type->put) {
		type->put(node->value);
	}
	free(node);
}

struct ptree ptree_copy(const struct ptree *src)
{
	if (src->root)
		src->root->refs++;
	return *src;
}

void ptree_done(struct ptree *tree)
{
	if (tree->root)
		node_put(tree->type, tree->root);
	tree->root = NULL;
	tree->n = 0;
}

/* The leaf that shares most with a key. */
static struct ptree_node *nearest(const struct ptree *tree, const uint8_t *key)
{
	struct ptree_node *node = tree->root;

	while (node && node->bit != LEAF)
		node = node->child[bit_at(key, node->bit)];
	return node;
}

/*
 * Make the branch in @slot our own, so that it can be written to: a copy if
 * other versions have it as well. That changes nothing anyone can see, so it
 * does not matter if a later step fails.
 */
static struct ptree_node *own(struct ptree_node **slot)
{
	struct ptree_node *node = *slot, *copy;

	if (node->refs == 1)
		return node;
	copy = branch_new(node->bit);
	if (!copy)
		return NULL;
	memcpy(copy->child, node->child, sizeof(copy->child));
	copy->child[0]->refs++;
	copy->child[1]->refs++;
	node->refs--;
	*slot = copy;
	return copy;
}

/* Walk to the place for a difference at @bit, owning all on the way. */
static struct ptree_node **descend(struct ptree *tree, const uint8_t *key,
				   int bit)
{
	struct ptree_node **slot = &tree->root, *node;

	while ((*slot)->bit != LEAF && (*slot)->bit < bit) {
		node = own(slot);
		if (!node)
			return NULL;
		slot = &node->child[bit_at(key, node->bit)];
	}
	return slot;
}

int ptree_set(struct ptree *tree, const uint8_t *key, void *value)
{
	const struct ptree_type *type = tree->type;
	struct ptree_node *leaf, *branch, **slot, *near = nearest(tree, key);
	int bit, bits = type->key_len * 8;

	leaf = leaf_new(type, key, value);
	if (!leaf)
		return -ENOMEM;
	if (!near) {
		tree->root = leaf;
		tree->n = 1;
		return 0;
	}
	bit = first_difference(near->key, key, type->key_len);
	slot = descend(tree, key, bit);
	if (!slot)
		goto err_put_leaf;
	if (bit == bits) {
		node_put(type, *slot);
		*slot = leaf;
		return 0;
	}
	branch = branch_new(bit);
	if (!branch)
		goto err_put_leaf;
	branch->child[bit_at(key, bit)] = leaf;
	branch->child[!bit_at(key, bit)] = *slot;
	*slot = branch;
	tree->n++;
	return 0;

err_put_leaf:
	node_put(type, leaf);
	return -ENOMEM;
}

int ptree_remove(struct ptree *tree, const uint8_t *key)
{
	struct ptree_node **slot = &tree->root, **up = NULL, *near, *branch;
	const struct ptree_type *type = tree->type;
	int side;

	near = nearest(tree, key);
	if (!near || memcmp(near->key, key, type->key_len) != 0)
		return 0;
	while ((*slot)->bit != LEAF) {
		branch = own(slot);
		if (!branch)
			return -ENOMEM;
		up = slot;
		slot = &branch->child[bit_at(key, branch->bit)];
	}
	if (up) {
		/* The other child takes the place of its parent. */
		branch = *up;
		side = bit_at(key, branch->bit);
		*up = branch->child[!side];
		node_put(type, branch->child[side]);
		free(branch);
	} else {
		node_put(type, *slot);
		tree->root = NULL;
	}
	tree->n--;
	return 1;
}

void *ptree_find(const struct ptree *tree, const uint8_t *key)
{
	struct ptree_node *leaf = nearest(tree, key);

	if (!leaf || memcmp(leaf->key, key, tree->type->key_len) != 0)
		return NULL;
	return leaf->value;
}

static struct ptree_node *leftmost(struct ptree_node *node)
{
	while (node && node->bit != LEAF)
		node = node->child[0];
	return node;
}

void *ptree_find_prefix(const struct ptree *tree, const uint8_t *prefix,
			size_t len)
{
	struct ptree_node *node = tree->root;

	assert(len <= tree->type->key_len);
	while (node && node->bit != LEAF && node->bit < (int)len * 8)
		node = node->child[bit_at(prefix, node->bit)];
	node = leftmost(node);
	if (!node || memcmp(node->key, prefix, len) != 0)
		return NULL;
	return node->value;
}

/*
 * The first leaf behind @key, which need not be in the tree: where the two
 * part, either all below is behind the key, or all behind it is the other side
 * of the last branch at which the key went to the first child.
 */
static struct ptree_node *behind(const struct ptree *tree, const uint8_t *key)
{
	struct ptree_node *node = tree->root, *last = NULL;
	struct ptree_node *near = nearest(tree, key);
	int bit;

	if (!near)
		return NULL;
	bit = first_difference(near->key, key, tree->type->key_len);
	while (node->bit != LEAF && node->bit < bit) {
		if (bit_at(key, node->bit) == 0)
			last = node->child[1];
		node = node->child[bit_at(key, node->bit)];
	}
	if (bit < (int)tree->type->key_len * 8 && bit_at(key, bit) == 0)
		return leftmost(node);
	return leftmost(last);
}

void *ptree_next(const struct ptree *tree, uint8_t *key, bool begin)
{
	struct ptree_node *leaf = begin ? leftmost(tree->root) :
				  behind(tree, key);

	if (!leaf)
		return NULL;
	memcpy(key, leaf->key, tree->type->key_len);
	return leaf->value;
}

static int walk(const struct ptree_node *node,
		int (*fn)(void *ctx, void *value), void *ctx)
{
	int r;

	if (!node)
		return 0;
	if (node->bit == LEAF)
		return fn(ctx, node->value);
	r = walk(node->child[0], fn, ctx);
	return r < 0 ? r : walk(node->child[1], fn, ctx);
}

int ptree_walk(const struct ptree *tree, int (*fn)(void *ctx, void *value),
	       void *ctx)
{
	int r = walk(tree->root, fn, ctx);

	return r < 0 ? r : 0;
}

struct diff {
	size_t key_len;
	int (*fn)(void *ctx, void *a, void *b);
	void *ctx;
};

/* Everything below @node is on one side only. */
static int one_sided(const struct diff *diff, const struct ptree_node *node,
		     bool in_a)
{
	int r;

	if (!node)
		return 0;
	if (node->bit == LEAF)
		return in_a ? diff->fn(diff->ctx, node->value, NULL) :
			      diff->fn(diff->ctx, NULL, node->value);
	r = one_sided(diff, node->child[0], in_a);
	return r < 0 ? r : one_sided(diff, node->child[1], in_a);
}

static int compare(const struct diff *diff, const struct ptree_node *a,
		   const struct ptree_node *b);

/* @wide branches above where @narrow lies: one of its children meets it. */
static int descend_into(const struct diff *diff, const struct ptree_node *wide,
			const struct ptree_node *narrow, bool wide_is_a)
{
	const struct ptree_node *leaf =
		leftmost((struct ptree_node *)narrow);
	int side = bit_at(leaf->key, wide->bit), i, r = 0;

	for (i = 0; i < 2 && r >= 0; i++) {
		if (i != side)
			r = one_sided(diff, wide->child[i], wide_is_a);
		else if (wide_is_a)
			r = compare(diff, wide->child[i], narrow);
		else
			r = compare(diff, narrow, wide->child[i]);
	}
	return r;
}

/* Two parts without a key in common, in order. */
static int apart(const struct diff *diff, const struct ptree_node *a,
		 const struct ptree_node *b, bool a_first)
{
	int r = one_sided(diff, a_first ? a : b, a_first);

	return r < 0 ? r : one_sided(diff, a_first ? b : a, !a_first);
}

static int compare(const struct diff *diff, const struct ptree_node *a,
		   const struct ptree_node *b)
{
	int abit, bbit, bit, r, bits = diff->key_len * 8;
	const uint8_t *akey, *bkey;

	if (a == b)
		return 0;
	if (!a || !b)
		return one_sided(diff, a ? a : b, a);
	akey = leftmost((struct ptree_node *)a)->key;
	bkey = leftmost((struct ptree_node *)b)->key;
	abit = a->bit == LEAF ? bits : a->bit;
	bbit = b->bit == LEAF ? bits : b->bit;
	bit = first_difference(akey, bkey, diff->key_len);
	if (bit < abit && bit < bbit)
		return apart(diff, a, b, bit_at(akey, bit) == 0);
	if (abit == bits && bbit == bits) {
		if (a->value == b->value)
			return 0;
		return diff->fn(diff->ctx, a->value, b->value);
	}
	if (abit < bbit)
		return descend_into(diff, a, b, true);
	if (bbit < abit)
		return descend_into(diff, b, a, false);
	r = compare(diff, a->child[0], b->child[0]);
	return r < 0 ? r : compare(diff, a->child[1], b->child[1]);
}

int ptree_diff(const struct ptree *a, const struct ptree *b,
	       int (*fn)(void *ctx, void *a, void *b), void *ctx)
{
	const struct diff diff = { b->type->key_len, fn, ctx };
	int r = compare(&diff, a->root, b->root);

	return r < 0 ? r : 0;
}
