// SPDX-License-Identifier: GPL-2.0-only
#include "loop/timer_heap.h"

#include <stddef.h>

/*
 * Source: Fredman, Sedgewick, Sleator, Tarjan: The pairing heap, 1986. Children
 * of a node hang side by side; taking the root out pairs them from the left,
 * then joins the pairs from the right.
 */

static bool before(const struct timer_node *a, const struct timer_node *b)
{
	if (a->at_ms != b->at_ms)
		return a->at_ms < b->at_ms;
	return a->seq < b->seq;
}

/* @a and @b are roots without siblings, or NULL. */
static struct timer_node *join(struct timer_node *a, struct timer_node *b)
{
	if (!a)
		return b;
	if (!b)
		return a;
	if (before(b, a)) {
		struct timer_node *c = a;

		a = b;
		b = c;
	}
	b->prev = a;
	b->next = a->child;
	if (a->child)
		a->child->prev = b;
	a->child = b;
	return a;
}

static struct timer_node *cut_first(struct timer_node **list)
{
	struct timer_node *node = *list;

	if (!node)
		return NULL;
	*list = node->next;
	node->next = NULL;
	node->prev = NULL;
	return node;
}

static struct timer_node *join_siblings(struct timer_node *list)
{
	struct timer_node *pairs = NULL, *root = NULL, *pair;

	while (list) {
		struct timer_node *a = cut_first(&list);

		pair = join(a, cut_first(&list));
		pair->next = pairs;
		pairs = pair;
	}
	while (pairs)
		root = join(root, cut_first(&pairs));
	return root;
}

void timer_heap_add(struct timer_heap *heap, struct timer_node *node)
{
	node->child = NULL;
	node->next = NULL;
	node->prev = NULL;
	heap->root = join(heap->root, node);
}

void timer_heap_del(struct timer_heap *heap, struct timer_node *node)
{
	struct timer_node *rest = join_siblings(node->child);

	node->child = NULL;
	if (node == heap->root) {
		heap->root = rest;
		return;
	}
	if (node->prev->child == node)
		node->prev->child = node->next;
	else
		node->prev->next = node->next;
	if (node->next)
		node->next->prev = node->prev;
	node->next = NULL;
	node->prev = NULL;
	heap->root = join(heap->root, rest);
}
