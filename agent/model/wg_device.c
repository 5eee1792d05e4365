// SPDX-License-Identifier: GPL-2.0-only
#include "model/wg_device.h"

#include "base/array.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int wg_prefixes_add(struct wg_prefixes *list, const struct wg_prefix *prefix)
{
	struct wg_prefix *item = array_grow(list->item, list->n, &list->cap,
					    sizeof(*item));

	if (!item)
		return -ENOMEM;
	list->item = item;
	list->item[list->n++] = *prefix;
	return 0;
}

void wg_prefixes_done(struct wg_prefixes *list)
{
	free(list->item);
	memset(list, 0, sizeof(*list));
}

bool wg_prefix_has_host_bits(const struct wg_prefix *prefix)
{
	unsigned int byte = prefix->bits / 8;

	if (byte >= prefix->addr_len)
		return false;
	if (prefix->addr[byte] & (0xff >> prefix->bits % 8))
		return true;
	while (++byte < prefix->addr_len) {
		if (prefix->addr[byte])
			return true;
	}
	return false;
}

struct wg_peer *wg_device_add_peer(struct wg_device *dev)
{
	struct wg_peer *peers = array_grow(dev->peers, dev->n_peers,
					   &dev->cap_peers, sizeof(*peers));

	if (!peers)
		return NULL;
	dev->peers = peers;
	memset(&peers[dev->n_peers], 0, sizeof(*peers));
	return &peers[dev->n_peers++];
}

void wg_device_drop_peers(struct wg_device *dev)
{
	size_t i;

	for (i = 0; i < dev->n_peers; i++)
		wg_prefixes_done(&dev->peers[i].prefixes);
	dev->n_peers = 0;
}

void wg_device_done(struct wg_device *dev)
{
	wg_device_drop_peers(dev);
	free(dev->peers);
	memset(dev, 0, sizeof(*dev));
}

/* Sorting pointers keeps the order of equals: their address is the order. */
static int cmp_recent(const void *a, const void *b)
{
	const struct wg_peer *x = *(const struct wg_peer *const *)a;
	const struct wg_peer *y = *(const struct wg_peer *const *)b;

	if (x->handshake_s != y->handshake_s)
		return x->handshake_s > y->handshake_s ? -1 : 1;
	if (x->handshake_ns != y->handshake_ns)
		return x->handshake_ns > y->handshake_ns ? -1 : 1;
	return x < y ? -1 : x > y;
}

int wg_device_sort_recent(struct wg_device *dev)
{
	const struct wg_peer **order;
	struct wg_peer *sorted;
	size_t i;

	if (dev->n_peers < 2)
		return 0;
	order = calloc(dev->n_peers, sizeof(*order));
	sorted = calloc(dev->n_peers, sizeof(*sorted));
	if (!order || !sorted) {
		free(order);
		free(sorted);
		return -ENOMEM;
	}
	for (i = 0; i < dev->n_peers; i++)
		order[i] = &dev->peers[i];
	qsort(order, dev->n_peers, sizeof(*order), cmp_recent);
	for (i = 0; i < dev->n_peers; i++)
		sorted[i] = *order[i];
	free(order);
	free(dev->peers);
	dev->peers = sorted;
	dev->cap_peers = dev->n_peers;
	return 0;
}

struct wg_device *wg_devices_add(struct wg_devices *list)
{
	struct wg_device *item = array_grow(list->item, list->n, &list->cap,
					    sizeof(*item));

	if (!item)
		return NULL;
	list->item = item;
	memset(&item[list->n], 0, sizeof(*item));
	return &item[list->n++];
}

void wg_devices_done(struct wg_devices *list)
{
	size_t i;

	for (i = 0; i < list->n; i++)
		wg_device_done(&list->item[i]);
	free(list->item);
	memset(list, 0, sizeof(*list));
}

void wg_drops_done(struct wg_drops *drops)
{
	free(drops->item);
	memset(drops, 0, sizeof(*drops));
}
