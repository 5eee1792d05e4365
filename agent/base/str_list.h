/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef BASE_STR_LIST_H
#define BASE_STR_LIST_H

#include <stdbool.h>
#include <stddef.h>

/**
 * struct str_list - an ordered list of strings
 * @item:	owned, as each of the strings in it
 * @n:		in use
 * @cap:	allocated
 */
struct str_list {
	char **item;
	size_t n;
	size_t cap;
};

/**
 * str_list_add() - append a copy
 * @list:	appended to
 * @s:		text, not terminated
 * @len:	its length
 *
 * Return: 0 or -ENOMEM, the list unchanged.
 */
int str_list_add(struct str_list *list, const char *s, size_t len);

/**
 * str_list_split() - append the pieces of a separated text
 * @list:	appended to
 * @s:		text, terminated; the empty one has no pieces
 * @sep:	what separates them
 *
 * Empty pieces are appended as they are.
 *
 * Return: 0 or -ENOMEM, some of the pieces appended.
 */
int str_list_split(struct str_list *list, const char *s, char sep);

/**
 * str_list_copy() - a list with the same strings
 * @from:	copied
 * @ret:	the copy, owned by the caller
 *
 * Return: 0 or -ENOMEM.
 */
int str_list_copy(const struct str_list *from, struct str_list *ret);

/**
 * str_list_equal() - same strings in the same order?
 * @a: one
 * @b: the other
 *
 * Return: true if so.
 */
bool str_list_equal(const struct str_list *a, const struct str_list *b);

/**
 * str_list_find() - where a string is
 * @list:	searched
 * @s:		wanted
 *
 * Return: its index, or @list->n.
 */
size_t str_list_find(const struct str_list *list, const char *s);

/**
 * str_list_join() - all strings in one
 * @list:	joined
 * @sep:	between each two
 *
 * Return: the text, owned by the caller, or NULL without memory.
 */
char *str_list_join(const struct str_list *list, const char *sep);

/**
 * str_list_sort() - bring into the order of their bytes, equal ones once
 * @list: sorted
 */
void str_list_sort(struct str_list *list);

/**
 * str_list_done() - free the contents
 * @list: empty afterwards
 */
void str_list_done(struct str_list *list);

#endif /* BASE_STR_LIST_H */
