/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Ring of elements that bear their links themselves: nothing is allocated, and
 * an element can be taken out without knowing its list.
 */
#ifndef BASE_LIST_H
#define BASE_LIST_H

#include <stdbool.h>
#include <stddef.h>

/**
 * struct list - a list, or the link inside of an element
 * @next: the element itself if it is in no list
 * @prev: likewise
 */
struct list {
	struct list *next;
	struct list *prev;
};

/* The element that @link of it lies in. */
#define list_entry(link, type, member) \
	((type *)((char *)(link) - offsetof(type, member)))

static inline void list_init(struct list *list)
{
	list->next = list;
	list->prev = list;
}

static inline bool list_empty(const struct list *list)
{
	return list->next == list;
}

/* At the end; @link must be in no list. */
static inline void list_add(struct list *list, struct list *link)
{
	link->prev = list->prev;
	link->next = list;
	list->prev->next = link;
	list->prev = link;
}

/* Does nothing to one that is in no list. */
static inline void list_del(struct list *link)
{
	link->prev->next = link->next;
	link->next->prev = link->prev;
	list_init(link);
}

/* All elements of @from change over; @to is empty before. */
static inline void list_move_all(struct list *from, struct list *to)
{
	list_init(to);
	if (list_empty(from))
		return;
	*to = *from;
	to->next->prev = to;
	to->prev->next = to;
	list_init(from);
}

#endif /* BASE_LIST_H */
