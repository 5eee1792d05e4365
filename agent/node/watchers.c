// SPDX-License-Identifier: GPL-2.0-only
#include "node/watchers.h"

#include <errno.h>
#include <stdlib.h>

/**
 * struct watcher - one of them
 * @link: in the list
 * @id: names it
 * @w: as given
 */
struct watcher {
	struct list link;
	uint64_t id;
	struct node_watcher w;
};

static struct watcher *entry(struct list *link)
{
	return list_entry(link, struct watcher, link);
}

void watchers_init(struct watchers *watchers)
{
	list_init(&watchers->list);
	watchers->last_id = 0;
}

static void watcher_free(struct watcher *w)
{
	list_del(&w->link);
	free(w);
}

void watchers_done(struct watchers *watchers)
{
	while (!list_empty(&watchers->list))
		watcher_free(entry(watchers->list.next));
}

int watchers_add(struct watchers *watchers, const struct node_watcher *w,
		 uint64_t *ret_id)
{
	struct watcher *new = calloc(1, sizeof(*new));

	if (!new)
		return -ENOMEM;
	new->id = ++watchers->last_id;
	new->w = *w;
	list_init(&new->link);
	list_add(&watchers->list, &new->link);
	*ret_id = new->id;
	return 0;
}

static struct watcher *find(const struct watchers *watchers, uint64_t id)
{
	struct list *link;

	for (link = watchers->list.next; link != &watchers->list;
	     link = link->next) {
		if (entry(link)->id == id)
			return entry(link);
	}
	return NULL;
}

void watchers_remove(struct watchers *watchers, uint64_t id)
{
	struct watcher *w = find(watchers, id);

	if (w)
		watcher_free(w);
}

/* The one with the lowest id above @id, up to @last. */
static struct watcher *next(struct watchers *watchers, uint64_t id,
			    uint64_t last)
{
	struct list *link;

	/* They are in the order of their ids. */
	for (link = watchers->list.next; link != &watchers->list;
	     link = link->next) {
		if (entry(link)->id > last)
			break;
		if (entry(link)->id > id)
			return entry(link);
	}
	return NULL;
}

void watchers_tell(struct watchers *watchers, const struct notify *msg)
{
	uint64_t last = watchers->last_id, id = 0;
	struct watcher *w;

	while ((w = next(watchers, id, last))) {
		id = w->id;
		w->w.notify(w->w.ctx, msg);
	}
}

bool watchers_want(const struct watchers *watchers, uint64_t mask)
{
	struct list *link;

	for (link = watchers->list.next; link != &watchers->list;
	     link = link->next) {
		if (entry(link)->w.mask & mask)
			return true;
	}
	return false;
}
