/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef LOOP_TIMER_HEAP_H
#define LOOP_TIMER_HEAP_H

#include <stdbool.h>
#include <stdint.h>

/**
 * struct timer_node - place of a timer in the heap, inside of the timer
 * @at_ms: when it is due, boot time
 * @seq: tells timers apart that are due together: first set, first run
 * @child: the first of those that are due later
 * @next: sibling to the right
 * @prev: sibling to the left, or the parent of the first; NULL = not in a heap
 *	or its root
 */
struct timer_node {
	uint64_t at_ms;
	uint64_t seq;
	struct timer_node *child;
	struct timer_node *next;
	struct timer_node *prev;
};

/**
 * struct timer_heap - timers by time; all zero is an empty one
 * @root: the first that is due
 *
 * A pairing heap: it lives inside of its elements, so that setting a timer
 * cannot fail.
 */
struct timer_heap {
	struct timer_node *root;
};

/**
 * timer_heap_add() - put in
 * @heap:	the heap
 * @node:	in no heap; @at_ms and @seq set
 */
void timer_heap_add(struct timer_heap *heap, struct timer_node *node);

/**
 * timer_heap_del() - take out
 * @heap:	the heap
 * @node:	in this heap
 */
void timer_heap_del(struct timer_heap *heap, struct timer_node *node);

#endif /* LOOP_TIMER_HEAP_H */
