/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef BASE_PTREE_H
#define BASE_PTREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * A sorted map whose versions share what they have in common.
 *
 * Keys are byte strings of one length, compared as such: a binary trie that
 * leaves out the bits in which all keys below agree. Its shape depends on the
 * keys alone, so two versions are compared by walking down only where they
 * differ; and no choice of keys makes it deeper than a key has bits.
 *
 * A version is a root pointer. ptree_copy() makes a second version in no time;
 * after that, a change of one copies only the path to the change.
 */
struct ptree_node;

#define PTREE_KEY_MAX 40	/* bytes */

/**
 * struct ptree_type - what a map holds
 * @key_len: bytes of each key, at most PTREE_KEY_MAX
 * @get: takes a reference to a value; NULL: values are not counted
 * @put: gives it back; NULL with @get
 */
struct ptree_type {
	size_t key_len;
	void (*get)(void *value);
	void (*put)(void *value);
};

/**
 * struct ptree - one version of a map
 * @type: what it holds; static
 * @root: NULL if empty
 * @n: values in it
 */
struct ptree {
	const struct ptree_type *type;
	struct ptree_node *root;
	size_t n;
};

/**
 * ptree_copy() - a second version, equal to the first
 * @src: the first
 *
 * Return: to be freed by ptree_done(), as the first.
 */
struct ptree ptree_copy(const struct ptree *src);

/**
 * ptree_done() - let go of a version
 * @tree: empty afterwards
 */
void ptree_done(struct ptree *tree);

/**
 * ptree_set() - put a value in, in place of the one with the same key
 * @tree:	the version; others are not touched
 * @key:	copied
 * @value:	gets a reference
 *
 * Return: 0 or -ENOMEM, the version as before.
 */
int ptree_set(struct ptree *tree, const uint8_t *key, void *value);

/**
 * ptree_remove() - take a value out
 * @tree:	the version; others are not touched
 * @key:	its key
 *
 * Return: 1, 0 if there was none, or -ENOMEM, the version as before.
 */
int ptree_remove(struct ptree *tree, const uint8_t *key);

/**
 * ptree_find() - look a value up
 * @tree:	the version
 * @key:	its key
 *
 * Return: borrowed until the version changes; NULL = none.
 */
void *ptree_find(const struct ptree *tree, const uint8_t *key);

/**
 * ptree_find_prefix() - the first value whose key begins with some bytes
 * @tree:	the version
 * @prefix:	the bytes
 * @len:	how many, at most the length of a key
 *
 * Return: borrowed until the version changes; NULL = none.
 */
void *ptree_find_prefix(const struct ptree *tree, const uint8_t *prefix,
			size_t len);

/**
 * ptree_next() - step through the values in the order of their keys
 * @tree:	the version
 * @key:	of the last one, or NULL to begin; changed to the key of the next
 * @begin:	true: the first value, whatever @key says
 *
 * Return: the next value, borrowed until the version changes; NULL = no more.
 */
void *ptree_next(const struct ptree *tree, uint8_t *key, bool begin);

/**
 * ptree_walk() - call a function for each value, in the order of the keys
 * @tree:	the version; must not change meanwhile
 * @fn:		returns below 0 to stop
 * @ctx:	for @fn
 *
 * Return: 0, or what @fn returned.
 */
int ptree_walk(const struct ptree *tree, int (*fn)(void *ctx, void *value),
	       void *ctx);

/**
 * ptree_diff() - call a function for each difference of two versions
 * @a:		one; must not change meanwhile
 * @b:		the other, of the same type
 * @fn:		gets both values of one key, NULL for the one that is missing;
 *		never the same twice; returns below 0 to stop
 * @ctx:	for @fn
 *
 * In the order of the keys. Takes time for the parts that are not shared only.
 *
 * Return: 0, or what @fn returned.
 */
int ptree_diff(const struct ptree *a, const struct ptree *b,
	       int (*fn)(void *ctx, void *a, void *b), void *ctx);

#endif /* BASE_PTREE_H */
