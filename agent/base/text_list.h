/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef BASE_TEXT_LIST_H
#define BASE_TEXT_LIST_H

#include <stdbool.h>
#include <stddef.h>

/**
 * struct text_list - an ordered list of strings
 * @item:	owned, as each of the strings in it
 * @n:		in use
 * @cap:	allocated
 */
struct text_list {
	char **item;
	size_t n;
	size_t cap;
};

/**
 * text_list_add() - append a copy
 * @list:	appended to
 * @s:		text, not terminated
 * @len:	its length
 *
 * Return: 0 or -ENOMEM, the list unchanged.
 */
int text_list_add(struct text_list *list, const char *s, size_t len);

/**
 * text_list_split() - append the pieces of a separated text
 * @list:	appended to
 * @s:		text, terminated; the empty one has no pieces
 * @sep:	what separates them
 *
 * Empty pieces are appended as they are.
 *
 * Return: 0 or -ENOMEM, some of the pieces appended.
 */
int text_list_split(struct text_list *list, const char *s, char sep);

/**
 * text_list_copy() - a list with the same strings
 * @from:	copied
 * @ret:	the copy, owned by the caller
 *
 * Return: 0 or -ENOMEM.
 */
int text_list_copy(const struct text_list *from, struct text_list *ret);

/**
 * text_list_equal() - same strings in the same order?
 * @a: one
 * @b: the other
 *
 * Return: true if so.
 */
bool text_list_equal(const struct text_list *a, const struct text_list *b);

/**
 * text_list_find() - where a string is
 * @list:	searched
 * @s:		wanted
 *
 * Return: its index, or @list->n.
 */
size_t text_list_find(const struct text_list *list, const char *s);

/**
 * text_list_join() - all strings in one
 * @list:	joined
 * @sep:	between each two
 *
 * Return: the text, owned by the caller, or NULL without memory.
 */
char *text_list_join(const struct text_list *list, const char *sep);

/**
 * text_list_sort() - bring into the order of their bytes, equal ones once
 * @list: sorted
 */
void text_list_sort(struct text_list *list);

/**
 * text_list_done() - free the contents
 * @list: empty afterwards
 */
void text_list_done(struct text_list *list);

#endif /* BASE_TEXT_LIST_H */
