// SPDX-License-Identifier: GPL-2.0-only
#include "dataplane/plan.h"

#include "base/array.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static void plan_peer_done(struct plan_peer *item)
{
	wg_prefixes_done(&item->prefixes);
}

void plan_done(struct plan *plan)
{
	size_t i;

	for (i = 0; i < plan->n_peers; i++)
		plan_peer_done(&plan->peers[i]);
	free(plan->peers);
	free(plan->conflicts);
	memset(plan, 0, sizeof(*plan));
}

bool plan_is_empty(const struct plan *plan)
{
	return !plan->replace && !plan->dev_set && !plan->lock_set &&
	       plan->n_peers == 0;
}

static unsigned int compare_devices(const struct wanted *have,
				    const struct wanted_dev *want)
{
	unsigned int set = 0;

	if (!have || have->dev.has_key != want->has_key ||
	    (want->has_key && key_cmp_public(&have->dev.key, &want->key) != 0))
		set |= PLAN_DEV_KEY;
	if (!have || have->dev.fwmark != want->fwmark)
		set |= PLAN_DEV_FWMARK;
	if (!have || have->dev.managed != want->managed)
		set |= PLAN_DEV_MANAGED;
	if (!have || memcmp(have->dev.on, want->on, sizeof(want->on)) != 0)
		set |= PLAN_DEV_SWITCHES;
	return set;
}

/*
 * An endpoint that follows packets is the kernel's affair: it is told where to
 * begin, and again only if that changes. One that has stopped to follow may be
 * anywhere.
 */
static bool endpoint_changes(const struct wanted_peer *have,
			     const struct wanted_peer *want)
{
	if (want->roam && !want->endpoint.addr_len)
		return false;
	if (have->roam && !want->roam)
		return true;
	return !wanted_endpoint_eq(&have->endpoint, &want->endpoint);
}

static void compare_locks(const struct wanted *have,
			  const struct wanted *want, struct plan *plan)
{
	plan->lock = &want->lock;
	plan->lock_set = want->lock.on &&
			 (!have || !wanted_lock_eq(&have->lock, &want->lock));
	plan->lock_off = !want->lock.on && have && have->lock.on;
	plan->lock_generation = have ? have->lock.generation + 1 : 1;
}

/* While there is no lock, a signature too many does no harm. */
static bool sig_changes(const struct wanted_peer *have,
			const struct wanted_peer *want, bool locked)
{
	if (have->sig_unknown)
		return want->sig || locked;
	return !peer_sig_eq(have->sig, want->sig);
}

static unsigned int compare_peers(const struct wanted_peer *have,
				  const struct wanted_peer *want, bool locked)
{
	unsigned int set = 0;

	if (have->node_id != want->node_id)
		set |= PLAN_PEER_NODE_ID;
	if (have->roam != want->roam)
		set |= PLAN_PEER_ROAM;
	if (have->keepalive_s != want->keepalive_s)
		set |= PLAN_PEER_KEEPALIVE;
	if (have->expires_s != want->expires_s)
		set |= PLAN_PEER_EXPIRES;
	if (endpoint_changes(have, want))
		set |= PLAN_PEER_ENDPOINT;
	if (have->unsigned_ok != want->unsigned_ok)
		set |= PLAN_PEER_UNSIGNED;
	if (have->rotated != want->rotated)
		set |= PLAN_PEER_ROTATED;
	if (sig_changes(have, want, locked))
		set |= PLAN_PEER_SIG;
	return set;
}

static int add_conflict(struct plan *plan, const struct wg_prefix *prefix,
			const struct wanted_peer *keeper,
			const struct wanted_peer *loser)
{
	struct plan_conflict *item = array_grow(plan->conflicts,
						plan->n_conflicts,
						&plan->cap_conflicts,
						sizeof(*item));

	if (!item)
		return -ENOMEM;
	plan->conflicts = item;
	item[plan->n_conflicts++] = (struct plan_conflict){
		.prefix = *prefix, .keeper = keeper, .loser = loser,
	};
	return 0;
}

static int add_prefix(struct wg_prefixes *list, const struct wg_prefix *prefix,
		      bool remove)
{
	struct wg_prefix item = *prefix;

	item.primary = false;
	item.remove = remove;
	return wg_prefixes_add(list, &item);
}

/* A prefix that @peer has: is it to be taken away by name? */
static int lose_prefix(const struct wanted *want, const struct wg_prefix *prefix,
		       struct wg_prefixes *ret)
{
	/* Its new owner gets it in the same plan. */
	if (wanted_owner(want, prefix))
		return 0;
	return add_prefix(ret, prefix, true);
}

/* Return: 1 if @peer gets the prefix, 0 if another one does, or -ENOMEM. */
static int settle_prefix(struct plan *plan, const struct wanted *want,
			 const struct wanted_peer *peer,
			 const struct wg_prefix *prefix)
{
	const struct wanted_peer *owner = wanted_owner(want, prefix);

	if (owner == peer)
		return 1;
	return add_conflict(plan, prefix, owner, peer);
}

/* Walk what @have has and what @peer asks for, both sorted, side by side. */
static int compare_prefixes(struct plan *plan, const struct wanted *want,
			    const struct wg_prefixes *have,
			    const struct wanted_peer *peer,
			    struct wg_prefixes *ret)
{
	const struct wg_prefixes *asked = &peer->prefixes;
	size_t h = 0, a = 0;
	int r = 0, order;

	while (r >= 0 && (h < have->n || a < asked->n)) {
		if (h == have->n)
			order = 1;
		else if (a == asked->n)
			order = -1;
		else
			order = wanted_prefix_cmp(&have->item[h],
						  &asked->item[a]);
		if (order < 0) {
			r = lose_prefix(want, &have->item[h++], ret);
			continue;
		}
		r = settle_prefix(plan, want, peer, &asked->item[a]);
		if (r == 1 && order > 0)
			r = add_prefix(ret, &asked->item[a], false);
		a++;
		h += order == 0;
	}
	return r < 0 ? r : 0;
}

static int add_item(struct plan *plan, struct plan_peer *item)
{
	struct plan_peer *peers = array_grow(plan->peers, plan->n_peers,
					     &plan->cap_peers, sizeof(*peers));

	if (!peers)
		return -ENOMEM;
	plan->peers = peers;
	peers[plan->n_peers++] = *item;
	memset(item, 0, sizeof(*item));
	return 0;
}

static int add_removal(struct plan *plan, const struct wanted_peer *have)
{
	struct plan_peer item = { .op = PLAN_REMOVE, .key = have->key };

	return add_item(plan, &item);
}

/* What the kernel does not know must be said even where it is the default. */
static unsigned int everything(const struct wanted_peer *want)
{
	unsigned int set = PLAN_PEER_NODE_ID | PLAN_PEER_ROAM |
			   PLAN_PEER_KEEPALIVE | PLAN_PEER_EXPIRES |
			   PLAN_PEER_UNSIGNED | PLAN_PEER_SIG |
			   PLAN_PEER_ROTATED;

	if (!want->roam || want->endpoint.addr_len)
		set |= PLAN_PEER_ENDPOINT;
	return set;
}

/* Either of @have and @peer may be NULL, but not both. */
static int add_difference(struct plan *plan, const struct wanted *want,
			  const struct wanted_peer *have,
			  const struct wanted_peer *peer)
{
	static const struct wanted_peer nothing;
	struct plan_peer item = { .op = have ? PLAN_CHANGE : PLAN_ADD };
	int r;

	if (!peer)
		return add_removal(plan, have);
	item.key = peer->key;
	item.want = peer;
	item.set = compare_peers(have ? have : &nothing, peer,
				 want->lock.on);
	if (plan->replace) {
		item.op = PLAN_SET;
		item.set = everything(peer);
	}
	r = compare_prefixes(plan, want,
			     have ? &have->prefixes : &nothing.prefixes, peer,
			     &item.prefixes);
	if (r == 0 && (!have || item.set || item.prefixes.n))
		r = add_item(plan, &item);
	plan_peer_done(&item);
	return r;
}

static int cmp_items(const void *a, const void *b)
{
	const struct plan_peer *x = a, *y = b;

	if (x->op != y->op)
		return x->op < y->op ? -1 : 1;
	return key_cmp_public(&x->key, &y->key);
}

static void put_in_order(struct plan *plan)
{
	if (plan->n_peers)
		qsort(plan->peers, plan->n_peers, sizeof(plan->peers[0]),
		      cmp_items);
}

int plan_full(const struct wanted *have, const struct wanted *want,
	      struct plan *ret)
{
	struct plan plan auto_clean(plan) = {
		.replace = !have,
		.dev = &want->dev,
		.dev_set = compare_devices(have, &want->dev),
	};
	size_t h = 0, w = 0, n_have = have ? have->n_peers : 0;
	int r, order;

	compare_locks(have, want, &plan);
	while (h < n_have || w < want->n_peers) {
		if (h == n_have)
			order = 1;
		else if (w == want->n_peers)
			order = -1;
		else
			order = key_cmp_public(&have->peers[h]->key,
					       &want->peers[w]->key);
		r = add_difference(&plan, want,
				   order <= 0 ? have->peers[h] : NULL,
				   order >= 0 ? want->peers[w] : NULL);
		if (r < 0)
			return r;
		h += order <= 0;
		w += order >= 0;
	}
	put_in_order(&plan);
	*ret = plan;
	memset(&plan, 0, sizeof(plan));
	return 0;
}

/**
 * struct keys - peers to be compared
 * @item: owned
 * @n: in use
 * @cap: allocated
 */
struct keys {
	struct node_public *item;
	size_t n;
	size_t cap;
};

static int add_key(struct keys *keys, const struct node_public *key)
{
	struct node_public *item = array_grow(keys->item, keys->n, &keys->cap,
					      sizeof(*item));

	if (!item)
		return -ENOMEM;
	keys->item = item;
	item[keys->n++] = *key;
	return 0;
}

/* Who has, and who gets, what @peer has or asks for? */
static int add_affected(struct keys *keys, const struct wanted *have,
			const struct wanted *want,
			const struct wanted_peer *peer)
{
	const struct wanted_peer *owner;
	size_t i;

	for (i = 0; peer && i < peer->prefixes.n; i++) {
		owner = wanted_owner(have, &peer->prefixes.item[i]);
		if (owner && owner != peer && add_key(keys, &owner->key) < 0)
			return -ENOMEM;
		owner = wanted_owner(want, &peer->prefixes.item[i]);
		if (owner && owner != peer && add_key(keys, &owner->key) < 0)
			return -ENOMEM;
	}
	return 0;
}

static int cmp_key(const void *a, const void *b)
{
	return key_cmp_public(a, b);
}

static void sort_keys(struct keys *keys)
{
	size_t i, n = 0;

	if (keys->n)
		qsort(keys->item, keys->n, sizeof(keys->item[0]), cmp_key);
	for (i = 0; i < keys->n; i++) {
		if (!n || cmp_key(&keys->item[n - 1], &keys->item[i]) != 0)
			keys->item[n++] = keys->item[i];
	}
	keys->n = n;
}

/* The named peers, and those who share a prefix with one of them. */
static int collect_keys(struct keys *keys, const struct wanted *have,
			const struct wanted *want,
			const struct node_public *named, size_t n_named)
{
	size_t i;
	int r = 0;

	for (i = 0; i < n_named && r == 0; i++)
		r = add_key(keys, &named[i]);
	for (i = 0; i < n_named && r == 0; i++) {
		r = add_affected(keys, have, want,
				 wanted_find(have, &named[i]));
		if (r == 0)
			r = add_affected(keys, have, want,
					 wanted_find(want, &named[i]));
	}
	sort_keys(keys);
	return r;
}

int plan_delta(const struct wanted *have, const struct wanted *want,
	       const struct node_public *keys, size_t n_keys, struct plan *ret)
{
	struct plan plan auto_clean(plan) = {
		.dev = &want->dev,
		.dev_set = compare_devices(have, &want->dev),
	};
	struct keys all = { 0 };
	size_t i;
	int r;

	compare_locks(have, want, &plan);
	r = collect_keys(&all, have, want, keys, n_keys);
	for (i = 0; i < all.n && r == 0; i++) {
		const struct wanted_peer *h = wanted_find(have, &all.item[i]);
		const struct wanted_peer *w = wanted_find(want, &all.item[i]);

		if (h || w)
			r = add_difference(&plan, want, h, w);
	}
	free(all.item);
	if (r < 0)
		return r;
	put_in_order(&plan);
	*ret = plan;
	memset(&plan, 0, sizeof(plan));
	return 0;
}

bool plan_drop_peer(struct plan *plan, const struct node_public *key)
{
	size_t i;

	for (i = 0; i < plan->n_peers; i++) {
		if (key_cmp_public(&plan->peers[i].key, key) != 0)
			continue;
		plan_peer_done(&plan->peers[i]);
		plan->n_peers--;
		memmove(&plan->peers[i], &plan->peers[i + 1],
			(plan->n_peers - i) * sizeof(plan->peers[0]));
		return true;
	}
	return false;
}

void plan_trust_learned(struct wanted *have, const struct wanted *want)
{
	size_t i;

	for (i = 0; i < have->n_peers; i++) {
		const struct wanted_peer *peer =
			wanted_find(want, &have->peers[i]->key);

		if (peer && peer->roam && have->peers[i]->roam &&
		    have->peers[i]->endpoint.addr_len)
			have->peers[i]->endpoint = peer->endpoint;
	}
}

static void take_prefix(struct wg_prefixes *list, const struct wg_prefix *prefix)
{
	size_t i;

	for (i = 0; i < list->n; i++) {
		if (wanted_prefix_cmp(&list->item[i], prefix) != 0)
			continue;
		list->n--;
		memmove(&list->item[i], &list->item[i + 1],
			(list->n - i) * sizeof(list->item[0]));
		return;
	}
}

static void record_settings(const struct plan_peer *item,
			    struct wanted_peer *peer)
{
	const struct wanted_peer *want = item->want;

	if (item->set & PLAN_PEER_NODE_ID)
		peer->node_id = want->node_id;
	if (item->set & PLAN_PEER_ROAM)
		peer->roam = want->roam;
	if (item->set & PLAN_PEER_KEEPALIVE)
		peer->keepalive_s = want->keepalive_s;
	if (item->set & PLAN_PEER_EXPIRES)
		peer->expires_s = want->expires_s;
	if (item->set & PLAN_PEER_ENDPOINT)
		peer->endpoint = want->endpoint;
	if (item->set & PLAN_PEER_UNSIGNED)
		peer->unsigned_ok = want->unsigned_ok;
	if (item->set & PLAN_PEER_ROTATED)
		peer->rotated = want->rotated;
	if (item->set & PLAN_PEER_SIG) {
		peer_sig_put(peer->sig);
		peer->sig = peer_sig_get(want->sig);
		peer->sig_unknown = false;
	}
}

/* What is given to one is taken from another, as the kernel does. */
static int record_loss(struct wanted *have, const struct wg_prefix *prefix,
		       const struct node_public *key)
{
	const struct wanted_peer *owner = wanted_owner(have, prefix);
	struct wanted_peer *peer auto_clean(wanted_peer) = NULL;

	if (!owner || key_cmp_public(&owner->key, key) == 0)
		return 0;
	peer = wanted_peer_copy(owner);
	if (!peer)
		return -ENOMEM;
	take_prefix(&peer->prefixes, prefix);
	if (wanted_put(have, peer) < 0)
		return -ENOMEM;
	steal(peer);
	return 0;
}

static int record_prefixes(const struct plan_peer *item, struct wanted *have,
			   struct wanted_peer *peer)
{
	size_t i;
	int r = 0;

	for (i = 0; i < item->prefixes.n && r == 0; i++) {
		const struct wg_prefix *prefix = &item->prefixes.item[i];

		if (prefix->remove) {
			take_prefix(&peer->prefixes, prefix);
			continue;
		}
		r = record_loss(have, prefix, &peer->key);
		if (r == 0)
			r = wg_prefixes_add(&peer->prefixes, prefix);
	}
	return r;
}

static int record_peer(const struct plan_peer *item, struct wanted *have)
{
	const struct wanted_peer *old = wanted_find(have, &item->key);
	struct wanted_peer *peer auto_clean(wanted_peer) = NULL;

	if (item->op == PLAN_REMOVE) {
		wanted_remove(have, &item->key);
		return 0;
	}
	peer = old ? wanted_peer_copy(old) : wanted_peer_new(&item->key);
	if (!peer)
		return -ENOMEM;
	record_settings(item, peer);
	if (record_prefixes(item, have, peer) < 0 || wanted_put(have, peer) < 0)
		return -ENOMEM;
	steal(peer);
	return 0;
}

static int record_lock(const struct plan *plan, struct wanted_lock *have)
{
	if (wanted_lock_copy(plan->lock, have) < 0)
		return -ENOMEM;
	have->generation = plan->lock_generation;
	return 0;
}

int plan_record(const struct plan *plan, struct wanted *have)
{
	struct wanted_lock lock = have->lock;
	size_t i;
	int r = 0;

	if (plan->replace) {
		/* A lock is nothing that peers take along. */
		have->lock = (struct wanted_lock){ 0 };
		wanted_done(have);
		have->lock = lock;
	}
	if (plan->lock_set)
		r = record_lock(plan, &have->lock);
	if (plan->dev_set) {
		have->dev = *plan->dev;
		/* Compared by the public key; the secret may go any time. */
		have->dev.private_key = NULL;
	}
	for (i = 0; i < plan->n_peers && r == 0; i++)
		r = record_peer(&plan->peers[i], have);
	return r;
}
