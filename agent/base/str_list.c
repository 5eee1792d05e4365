// SPDX-License-Identifier: GPL-2.0-only
#include "base/str_list.h"

#include "base/array.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int str_list_add(struct str_list *list, const char *s, size_t len)
{
	char **item = array_grow(list->item, list->n, &list->cap,
				 sizeof(*item));
	char *copy;

	if (!item)
		return -ENOMEM;
	list->item = item;
	copy = strndup(s, len);
	if (!copy)
		return -ENOMEM;
	item[list->n++] = copy;
	return 0;
}

int str_list_split(struct str_list *list, const char *s, char sep)
{
	const char *end;
	int r;

	if (!*s)
		return 0;
	for (;; s = end + 1) {
		end = strchrnul(s, sep);
		r = str_list_add(list, s, end - s);
		if (r < 0 || !*end)
			return r;
	}
}

int str_list_copy(const struct str_list *from, struct str_list *ret)
{
	struct str_list copy = { 0 };
	size_t i;
	int r;

	for (i = 0; i < from->n; i++) {
		r = str_list_add(&copy, from->item[i], strlen(from->item[i]));
		if (r < 0) {
			str_list_done(&copy);
			return r;
		}
	}
	*ret = copy;
	return 0;
}

bool str_list_equal(const struct str_list *a, const struct str_list *b)
{
	size_t i;

	if (a->n != b->n)
		return false;
	for (i = 0; i < a->n; i++) {
		if (strcmp(a->item[i], b->item[i]) != 0)
			return false;
	}
	return true;
}

size_t str_list_find(const struct str_list *list, const char *s)
{
	size_t i;

	for (i = 0; i < list->n; i++) {
		if (strcmp(list->item[i], s) == 0)
			break;
	}
	return i;
}

char *str_list_join(const struct str_list *list, const char *sep)
{
	size_t len = 1, i;
	char *text, *end;

	for (i = 0; i < list->n; i++)
		len += strlen(list->item[i]) + strlen(sep);
	text = malloc(len);
	if (!text)
		return NULL;
	end = text;
	*end = 0;
	for (i = 0; i < list->n; i++) {
		if (i > 0)
			end = stpcpy(end, sep);
		end = stpcpy(end, list->item[i]);
	}
	return text;
}

static int compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

void str_list_sort(struct str_list *list)
{
	size_t i, n = 0;

	if (list->n == 0)
		return;
	qsort(list->item, list->n, sizeof(*list->item), compare);
	for (i = 1; i < list->n; i++) {
		if (strcmp(list->item[n], list->item[i]) == 0)
			free(list->item[i]);
		else
			list->item[++n] = list->item[i];
	}
	list->n = n + 1;
}

void str_list_done(struct str_list *list)
{
	size_t i;

	for (i = 0; i < list->n; i++)
		free(list->item[i]);
	free(list->item);
	memset(list, 0, sizeof(*list));
}
