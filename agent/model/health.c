// SPDX-License-Identifier: GPL-2.0-only
#include "model/health.h"

#include <errno.h>
#include <string.h>

const struct health_messages *
health_messages_get(const struct health_messages *messages)
{
	if (messages)
		arena_get(messages->mem);
	return messages;
}

void health_messages_put(const struct health_messages *messages)
{
	if (messages)
		arena_put(messages->mem);
}

const struct health_lines *health_lines_get(const struct health_lines *lines)
{
	if (lines)
		arena_get(lines->mem);
	return lines;
}

void health_lines_put(const struct health_lines *lines)
{
	if (lines)
		arena_put(lines->mem);
}

static const char *copy(struct arena *mem, const char *s)
{
	return arena_text(mem, s, strlen(s));
}

static int copy_message(struct arena *mem, const struct health_message *src,
			struct health_message *ret)
{
	*ret = *src;
	ret->id = copy(mem, src->id);
	ret->title = copy(mem, src->title);
	ret->text = copy(mem, src->text);
	ret->action_url = copy(mem, src->action_url);
	ret->action_label = copy(mem, src->action_label);
	if (!ret->id || !ret->title || !ret->text || !ret->action_url ||
	    !ret->action_label)
		return -ENOMEM;
	return 0;
}

/* Messages in place of which the copies are made: sorted, borrowed. */
struct wanted {
	const struct health_message *item[HEALTH_MESSAGES_MAX];
	size_t n;
};

static void put_in(struct wanted *wanted, const struct health_message *message)
{
	const struct health_message **item = wanted->item;
	size_t i;

	for (i = 0; i < wanted->n && strcmp(item[i]->id, message->id) < 0; i++)
		;
	if (i < wanted->n && strcmp(item[i]->id, message->id) == 0) {
		if (!message->gone) {
			item[i] = message;
			return;
		}
		wanted->n--;
		memmove(&item[i], &item[i + 1],
			(wanted->n - i) * sizeof(*item));
		return;
	}
	if (message->gone || wanted->n == HEALTH_MESSAGES_MAX)
		return;
	memmove(&item[i + 1], &item[i], (wanted->n - i) * sizeof(*item));
	item[i] = message;
	wanted->n++;
}

/*
 * Everything is copied, so that what has been replaced for months is not held
 * on to for the sake of one message that stays.
 */
int health_messages_change(const struct health_messages *old,
			   const struct health_messages *change,
			   const struct health_messages **ret)
{
	struct arena *mem auto_clean(arena) = arena_new();
	struct wanted wanted = { .n = 0 };
	struct health_messages *new;
	struct health_message *item;
	size_t i;

	for (i = 0; old && !change->clear && i < old->n; i++)
		put_in(&wanted, &old->item[i]);
	for (i = 0; i < change->n; i++)
		put_in(&wanted, &change->item[i]);

	new = mem ? arena_alloc(mem, sizeof(*new)) : NULL;
	item = new ? arena_array(mem, wanted.n, sizeof(*item)) : NULL;
	if (!item)
		return -ENOMEM;
	for (i = 0; i < wanted.n; i++) {
		if (copy_message(mem, wanted.item[i], &item[i]) < 0)
			return -ENOMEM;
	}
	new->mem = steal(mem);
	new->item = item;
	new->n = wanted.n;
	*ret = new;
	return 0;
}

const char *health_severity_text(enum health_severity severity)
{
	switch (severity) {
	case HEALTH_LOW:
		return "low";
	case HEALTH_MEDIUM:
		return "medium";
	case HEALTH_HIGH:
		return "high";
	}
	return "";
}
