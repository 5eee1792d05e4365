// SPDX-License-Identifier: GPL-2.0-only
#include "model/wanted.h"

#include "base/array.h"

#include <errno.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>

/**
 * struct claim - a peer asks for a prefix
 * @peer: who asks
 * @primary: before others
 */
struct claim {
	const struct wanted_peer *peer;
	bool primary;
};

/**
 * struct claims - all who ask for one prefix; a node of wanted.claims
 * @prefix: what they ask for; first, for comparing
 * @by: owned; whoever gets it first
 * @n: in use, not 0
 * @cap: allocated
 *
 * The tree is a balanced one, so that whoever chooses the prefixes cannot make
 * searching slow, as with a hash.
 */
struct claims {
	struct wg_prefix prefix;
	struct claim *by;
	size_t n;
	size_t cap;
};

void wanted_set_private_key(struct wanted_dev *dev, struct secret32 *key)
{
	dev->private_key = key;
	dev->has_key = key;
	memset(&dev->key, 0, sizeof(dev->key));
	if (key)
		key_derive_public(key, &dev->key);
}

bool wanted_dev_eq(const struct wanted_dev *a, const struct wanted_dev *b)
{
	return a->has_key == b->has_key &&
	       (!a->has_key || key_cmp_public(&a->key, &b->key) == 0) &&
	       a->fwmark == b->fwmark && a->managed == b->managed &&
	       memcmp(a->on, b->on, sizeof(a->on)) == 0;
}

static int cmp_lock_key(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct lock_public));
}

int wanted_lock_set_keys(struct wanted_lock *lock,
			 const struct lock_public *keys, size_t n)
{
	struct lock_public *copy = NULL;
	size_t i, kept = 0;

	if (n) {
		copy = calloc(n, sizeof(*copy));
		if (!copy)
			return -ENOMEM;
		memcpy(copy, keys, n * sizeof(*copy));
		qsort(copy, n, sizeof(*copy), cmp_lock_key);
	}
	for (i = 0; i < n; i++) {
		if (!kept || cmp_lock_key(&copy[kept - 1], &copy[i]) != 0)
			copy[kept++] = copy[i];
	}
	free(lock->keys);
	lock->keys = copy;
	lock->n_keys = kept;
	return 0;
}

int wanted_lock_copy(const struct wanted_lock *lock, struct wanted_lock *ret)
{
	struct wanted_lock copy = *lock;

	copy.keys = NULL;
	copy.n_keys = 0;
	if (wanted_lock_set_keys(&copy, lock->keys, lock->n_keys) < 0)
		return -ENOMEM;
	wanted_lock_done(ret);
	*ret = copy;
	return 0;
}

bool wanted_lock_eq(const struct wanted_lock *a, const struct wanted_lock *b)
{
	if (a->on != b->on)
		return false;
	if (!a->on)
		return true;
	return aum_hash_eq(&a->head, &b->head) && a->n_keys == b->n_keys &&
	       (a->n_keys == 0 ||
		memcmp(a->keys, b->keys, a->n_keys * sizeof(*a->keys)) == 0);
}

void wanted_lock_done(struct wanted_lock *lock)
{
	free(lock->keys);
	memset(lock, 0, sizeof(*lock));
}

struct wanted_peer *wanted_peer_new(const struct node_public *key)
{
	struct wanted_peer *peer = calloc(1, sizeof(*peer));

	if (peer)
		peer->key = *key;
	return peer;
}

void wanted_peer_free(struct wanted_peer *peer)
{
	if (!peer)
		return;
	wg_prefixes_done(&peer->prefixes);
	peer_sig_put(peer->sig);
	free(peer);
}

struct wanted_peer *wanted_peer_copy(const struct wanted_peer *peer)
{
	struct wanted_peer *copy auto_clean(wanted_peer) =
		wanted_peer_new(&peer->key);
	size_t i;

	if (!copy)
		return NULL;
	*copy = *peer;
	peer_sig_get(copy->sig);
	memset(&copy->prefixes, 0, sizeof(copy->prefixes));
	for (i = 0; i < peer->prefixes.n; i++) {
		if (wg_prefixes_add(&copy->prefixes,
				    &peer->prefixes.item[i]) < 0)
			return NULL;
	}
	return steal(copy);
}

int wanted_prefix_cmp(const struct wg_prefix *a, const struct wg_prefix *b)
{
	int r;

	if (a->addr_len != b->addr_len)
		return a->addr_len < b->addr_len ? -1 : 1;
	r = memcmp(a->addr, b->addr, a->addr_len);
	if (r)
		return r;
	return a->bits < b->bits ? -1 : a->bits > b->bits;
}

bool wanted_endpoint_eq(const struct wg_endpoint *a,
			const struct wg_endpoint *b)
{
	if (a->addr_len != b->addr_len)
		return false;
	return a->addr_len == 0 ||
	       (memcmp(a->addr, b->addr, a->addr_len) == 0 &&
		a->port == b->port && a->scope == b->scope);
}

static int cmp_claims(const void *a, const void *b)
{
	return wanted_prefix_cmp(&((const struct claims *)a)->prefix,
				 &((const struct claims *)b)->prefix);
}

static struct claims *find_claims(const struct wanted *w,
				  const struct wg_prefix *prefix)
{
	struct claims key = { .prefix = *prefix };
	struct claims **node = tfind(&key, &w->claims, cmp_claims);

	return node ? *node : NULL;
}

static void free_claims(void *item)
{
	struct claims *claims = item;

	free(claims->by);
	free(claims);
}

/* Those of this prefix, which may be none yet. */
static struct claims *make_claims(struct wanted *w,
				  const struct wg_prefix *prefix)
{
	struct claims *claims = find_claims(w, prefix);

	if (claims)
		return claims;
	claims = calloc(1, sizeof(*claims));
	if (!claims)
		return NULL;
	claims->prefix = *prefix;
	if (!tsearch(claims, &w->claims, cmp_claims)) {
		free_claims(claims);
		return NULL;
	}
	return claims;
}

static void drop_if_empty(struct wanted *w, struct claims *claims)
{
	if (claims->n)
		return;
	tdelete(claims, &w->claims, cmp_claims);
	free_claims(claims);
}

static bool comes_before(const struct claim *a, const struct claim *b)
{
	if (a->primary != b->primary)
		return a->primary;
	if (a->peer->node_id != b->peer->node_id)
		return a->peer->node_id < b->peer->node_id;
	return key_cmp_public(&a->peer->key, &b->peer->key) < 0;
}

static int add_claim(struct wanted *w, const struct wg_prefix *prefix,
		     const struct wanted_peer *peer)
{
	struct claim claim = { .peer = peer, .primary = prefix->primary };
	struct claims *claims = make_claims(w, prefix);
	size_t first = 0, end;
	struct claim *by;

	if (!claims)
		return -ENOMEM;
	by = array_grow(claims->by, claims->n, &claims->cap, sizeof(*by));
	if (!by) {
		drop_if_empty(w, claims);
		return -ENOMEM;
	}
	claims->by = by;
	for (end = claims->n; first < end;) {
		size_t mid = first + (end - first) / 2;

		if (comes_before(&by[mid], &claim))
			first = mid + 1;
		else
			end = mid;
	}
	memmove(&by[first + 1], &by[first],
		(claims->n - first) * sizeof(*by));
	by[first] = claim;
	claims->n++;
	return 0;
}

static void drop_claim(struct wanted *w, const struct wg_prefix *prefix,
		       const struct wanted_peer *peer)
{
	struct claims *claims = find_claims(w, prefix);
	size_t i;

	for (i = 0; claims && i < claims->n; i++) {
		if (claims->by[i].peer != peer)
			continue;
		claims->n--;
		memmove(&claims->by[i], &claims->by[i + 1],
			(claims->n - i) * sizeof(claims->by[0]));
		drop_if_empty(w, claims);
		return;
	}
}

/* The first @n of the prefixes of @peer. */
static void drop_claims(struct wanted *w, const struct wanted_peer *peer,
			size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		drop_claim(w, &peer->prefixes.item[i], peer);
}

static int add_claims(struct wanted *w, const struct wanted_peer *peer)
{
	size_t i;

	for (i = 0; i < peer->prefixes.n; i++) {
		if (add_claim(w, &peer->prefixes.item[i], peer) < 0) {
			drop_claims(w, peer, i);
			return -ENOMEM;
		}
	}
	return 0;
}

static void clear_host_bits(struct wg_prefix *prefix)
{
	unsigned int byte = prefix->bits / 8;

	if (byte >= prefix->addr_len)
		return;
	prefix->addr[byte] &= 0xff00 >> prefix->bits % 8;
	memset(prefix->addr + byte + 1, 0, prefix->addr_len - byte - 1);
}

static int cmp_prefix(const void *a, const void *b)
{
	return wanted_prefix_cmp(a, b);
}

static void put_in_order(struct wg_prefixes *list)
{
	size_t i, n = 0;

	for (i = 0; i < list->n; i++)
		clear_host_bits(&list->item[i]);
	if (list->n)
		qsort(list->item, list->n, sizeof(list->item[0]), cmp_prefix);
	for (i = 0; i < list->n; i++) {
		struct wg_prefix *item = &list->item[i];

		if (n && wanted_prefix_cmp(&list->item[n - 1], item) == 0)
			list->item[n - 1].primary |= item->primary;
		else
			list->item[n++] = *item;
	}
	list->n = n;
}

/* Return: where the peer is, or would be. */
static size_t find_place(const struct wanted *w, const struct node_public *key,
			 bool *ret_found)
{
	size_t first = 0, end = w->n_peers;

	*ret_found = false;
	/* The usual case of who builds a view: in order. */
	if (end && key_cmp_public(&w->peers[end - 1]->key, key) < 0)
		return end;
	while (first < end) {
		size_t mid = first + (end - first) / 2;
		int r = key_cmp_public(&w->peers[mid]->key, key);

		if (r == 0) {
			*ret_found = true;
			return mid;
		}
		if (r < 0)
			first = mid + 1;
		else
			end = mid;
	}
	return first;
}

int wanted_put(struct wanted *w, struct wanted_peer *peer)
{
	struct wanted_peer **peers;
	size_t place;
	bool found;

	put_in_order(&peer->prefixes);
	place = find_place(w, &peer->key, &found);
	if (!found) {
		peers = array_grow(w->peers, w->n_peers, &w->cap_peers,
				   sizeof(struct wanted_peer *));
		if (!peers)
			return -ENOMEM;
		w->peers = peers;
	}
	if (add_claims(w, peer) < 0)
		return -ENOMEM;
	if (found) {
		drop_claims(w, w->peers[place], w->peers[place]->prefixes.n);
		wanted_peer_free(w->peers[place]);
	} else {
		memmove(&w->peers[place + 1], &w->peers[place],
			(w->n_peers - place) * sizeof(struct wanted_peer *));
		w->n_peers++;
	}
	w->peers[place] = peer;
	return 0;
}

bool wanted_remove(struct wanted *w, const struct node_public *key)
{
	bool found;
	size_t place = find_place(w, key, &found);

	if (!found)
		return false;
	drop_claims(w, w->peers[place], w->peers[place]->prefixes.n);
	wanted_peer_free(w->peers[place]);
	w->n_peers--;
	memmove(&w->peers[place], &w->peers[place + 1],
		(w->n_peers - place) * sizeof(struct wanted_peer *));
	return true;
}

const struct wanted_peer *wanted_find(const struct wanted *w,
				      const struct node_public *key)
{
	bool found;
	size_t place = find_place(w, key, &found);

	return found ? w->peers[place] : NULL;
}

const struct wanted_peer *wanted_owner(const struct wanted *w,
				       const struct wg_prefix *prefix)
{
	const struct claims *claims = find_claims(w, prefix);

	return claims ? claims->by[0].peer : NULL;
}

static struct wanted_peer *from_peer(const struct wg_peer *peer)
{
	struct wanted_peer copy = {
		.key = peer->key,
		.node_id = peer->node_id,
		.roam = peer->roam,
		.keepalive_s = peer->keepalive_s,
		.expires_s = peer->expires_s,
		.endpoint = peer->endpoint,
		.unsigned_ok = peer->unsigned_ok,
		.rotated = peer->rotated,
		/* These two say that there is none. */
		.sig_unknown = peer->verdict != LOCK_VERDICT_UNSIGNED &&
			       peer->verdict != LOCK_VERDICT_PEER_API,
		.prefixes = peer->prefixes,
	};

	return wanted_peer_copy(&copy);
}

static int cmp_peer(const void *a, const void *b)
{
	return key_cmp_public(&(*(const struct wg_peer *const *)a)->key,
			      &(*(const struct wg_peer *const *)b)->key);
}

static int put_peers(const struct wg_device *dev, const struct wg_peer **order,
		     struct wanted *ret)
{
	size_t i;

	for (i = 0; i < dev->n_peers; i++)
		order[i] = &dev->peers[i];
	/* So that none has to be put between others. */
	qsort(order, dev->n_peers, sizeof(*order), cmp_peer);
	for (i = 0; i < dev->n_peers; i++) {
		struct wanted_peer *peer auto_clean(wanted_peer) =
			from_peer(order[i]);

		if (!peer || wanted_put(ret, peer) < 0)
			return -ENOMEM;
		steal(peer);
	}
	return 0;
}

int wanted_from_device(const struct wg_device *dev, struct wanted *ret)
{
	const struct wg_peer **order;
	int r;

	ret->dev.has_key = dev->has_key;
	ret->dev.key = dev->key;
	ret->dev.fwmark = dev->fwmark;
	ret->dev.managed = dev->managed;
	memcpy(ret->dev.on, dev->on, sizeof(ret->dev.on));
	if (!dev->n_peers)
		return 0;
	order = calloc(dev->n_peers, sizeof(*order));
	if (!order)
		return -ENOMEM;
	r = put_peers(dev, order, ret);
	free(order);
	return r;
}

void wanted_done(struct wanted *w)
{
	size_t i;

	tdestroy(w->claims, free_claims);
	for (i = 0; i < w->n_peers; i++)
		wanted_peer_free(w->peers[i]);
	free(w->peers);
	wanted_lock_done(&w->lock);
	memset(w, 0, sizeof(*w));
}
