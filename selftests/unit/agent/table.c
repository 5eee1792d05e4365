// SPDX-License-Identifier: GPL-2.0-only
#include "table.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool same_prefix(const struct wg_prefix *a, const struct wg_prefix *b)
{
	return a->addr_len == b->addr_len && a->bits == b->bits &&
	       memcmp(a->addr, b->addr, a->addr_len) == 0;
}

static bool has_prefix(const struct wanted_peer *peer,
		       const struct wg_prefix *prefix)
{
	size_t i;

	for (i = 0; i < peer->prefixes.n; i++) {
		if (same_prefix(&peer->prefixes.item[i], prefix))
			return true;
	}
	return false;
}

struct wanted_peer *table_find(struct table *t, const struct node_public *key)
{
	size_t i;

	for (i = 0; i < t->n; i++) {
		if (memcmp(t->peers[i].key.byte, key->byte, KEY_LEN) == 0)
			return &t->peers[i];
	}
	return NULL;
}

static void add(struct table *t, const struct node_public *key)
{
	if (t->n == t->cap) {
		t->cap = t->cap ? 2 * t->cap : 16;
		t->peers = realloc(t->peers, t->cap * sizeof(t->peers[0]));
	}
	memset(&t->peers[t->n], 0, sizeof(t->peers[0]));
	t->peers[t->n++].key = *key;
}

int table_op(struct table *t, enum tailnet_peer_op op,
	     const struct node_public *key)
{
	struct wanted_peer *peer = table_find(t, key);

	if (op == TAILNET_PEER_OP_NEW && peer)
		return -EEXIST;
	if ((op == TAILNET_PEER_OP_UPDATE || op == TAILNET_PEER_OP_DEL) &&
	    !peer)
		return -ENOENT;
	if (op == TAILNET_PEER_OP_DEL) {
		wg_prefixes_done(&peer->prefixes);
		peer_sig_put(peer->sig);
		t->n--;
		memmove(peer, peer + 1,
			(char *)&t->peers[t->n] - (char *)peer);
	} else if (!peer) {
		add(t, key);
	}
	return 0;
}

static void take(struct wanted_peer *peer, const struct wg_prefix *prefix)
{
	struct wg_prefixes *list = &peer->prefixes;
	size_t i, n = 0;

	for (i = 0; i < list->n; i++) {
		if (!same_prefix(&list->item[i], prefix))
			list->item[n++] = list->item[i];
	}
	list->n = n;
}

void table_prefix(struct table *t, struct wanted_peer *peer,
		  const struct wg_prefix *prefix)
{
	size_t i;

	for (i = 0; i < t->n; i++) {
		if (!prefix->remove || &t->peers[i] == peer)
			take(&t->peers[i], prefix);
	}
	if (!prefix->remove)
		wg_prefixes_add(&peer->prefixes, prefix);
}

static void set(struct wanted_peer *peer, const struct plan_peer *item)
{
	if (item->set & PLAN_PEER_NODE_ID)
		peer->node_id = item->want->node_id;
	if (item->set & PLAN_PEER_ROAM)
		peer->roam = item->want->roam;
	if (item->set & PLAN_PEER_KEEPALIVE)
		peer->keepalive_s = item->want->keepalive_s;
	if (item->set & PLAN_PEER_EXPIRES)
		peer->expires_s = item->want->expires_s;
	if (item->set & PLAN_PEER_ENDPOINT)
		peer->endpoint = item->want->endpoint;
	if (item->set & PLAN_PEER_UNSIGNED)
		peer->unsigned_ok = item->want->unsigned_ok;
	if (item->set & PLAN_PEER_ROTATED)
		peer->rotated = item->want->rotated;
	if (item->set & PLAN_PEER_SIG) {
		peer_sig_put(peer->sig);
		peer->sig = peer_sig_get(item->want->sig);
	}
}

static bool names(const struct plan *plan, const struct node_public *key)
{
	size_t i;

	for (i = 0; i < plan->n_peers; i++) {
		if (memcmp(plan->peers[i].key.byte, key->byte, KEY_LEN) == 0)
			return true;
	}
	return false;
}

/* Those not named go, those named lose the prefixes that they had. */
static void begin_replacement(struct table *t, const struct plan *plan)
{
	size_t i;

	for (i = t->n; i-- > 0;) {
		struct node_public key = t->peers[i].key;

		if (names(plan, &key))
			t->peers[i].prefixes.n = 0;
		else
			table_op(t, TAILNET_PEER_OP_DEL, &key);
	}
}

int table_plan(struct table *t, const struct plan *plan)
{
	static const enum tailnet_peer_op ops[] = {
		[PLAN_ADD] = TAILNET_PEER_OP_NEW,
		[PLAN_CHANGE] = TAILNET_PEER_OP_UPDATE,
		[PLAN_REMOVE] = TAILNET_PEER_OP_DEL,
		[PLAN_SET] = TAILNET_PEER_OP_SET,
	};
	size_t i, j;
	int r;

	if (plan->replace)
		begin_replacement(t, plan);
	if (plan->lock_set && wanted_lock_copy(plan->lock, &t->lock) < 0)
		return -ENOMEM;
	if (plan->dev_set)
		t->dev = *plan->dev;
	for (i = 0; i < plan->n_peers; i++) {
		const struct plan_peer *item = &plan->peers[i];
		struct wanted_peer *peer;

		r = table_op(t, ops[item->op], &item->key);
		if (r < 0)
			return r;
		if (item->op == PLAN_REMOVE)
			continue;
		peer = table_find(t, &item->key);
		set(peer, item);
		for (j = 0; j < item->prefixes.n; j++)
			table_prefix(t, peer, &item->prefixes.item[j]);
	}
	return 0;
}

/* Does @a get the prefix before @b? Both ask for it. */
static bool beats(const struct wanted_peer *a, bool a_primary,
		  const struct wanted_peer *b, bool b_primary)
{
	if (a_primary != b_primary)
		return a_primary;
	if (a->node_id != b->node_id)
		return a->node_id < b->node_id;
	return memcmp(a->key.byte, b->key.byte, KEY_LEN) < 0;
}

static const struct wanted_peer *winner(const struct wanted *want,
					const struct wg_prefix *prefix)
{
	const struct wanted_peer *best = NULL;
	bool primary = false;
	size_t i, j;

	for (i = 0; i < want->n_peers; i++) {
		const struct wanted_peer *peer = want->peers[i];

		for (j = 0; j < peer->prefixes.n; j++) {
			const struct wg_prefix *p = &peer->prefixes.item[j];

			if (!same_prefix(p, prefix))
				continue;
			if (!best || beats(peer, p->primary, best, primary)) {
				best = peer;
				primary = p->primary;
			}
		}
	}
	return best;
}

static const char *differs(const struct wanted_peer *is,
			   const struct wanted *want,
			   const struct wanted_peer *peer)
{
	size_t i, n = 0;

	if (is->node_id != peer->node_id || is->roam != peer->roam ||
	    is->keepalive_s != peer->keepalive_s ||
	    is->expires_s != peer->expires_s ||
	    is->unsigned_ok != peer->unsigned_ok)
		return "a setting";
	if (want->lock.on && !peer_sig_eq(is->sig, peer->sig))
		return "the signature";
	/* Where a roaming peer is without being told is its own affair. */
	if (!(peer->roam && !peer->endpoint.addr_len) &&
	    !wanted_endpoint_eq(&is->endpoint, &peer->endpoint))
		return "the endpoint";
	for (i = 0; i < peer->prefixes.n; i++) {
		if (winner(want, &peer->prefixes.item[i]) != peer)
			continue;
		n++;
		if (!has_prefix(is, &peer->prefixes.item[i]))
			return "a prefix lacking";
	}
	return n == is->prefixes.n ? NULL : "a prefix too many";
}

bool table_is(struct table *t, const struct wanted *want, char *why, size_t len)
{
	size_t i;

	if (!wanted_dev_eq(&t->dev, &want->dev)) {
		snprintf(why, len, "the device");
		return false;
	}
	if (!wanted_lock_eq(&t->lock, &want->lock)) {
		snprintf(why, len, "the lock");
		return false;
	}
	for (i = 0; i < want->n_peers; i++) {
		struct wanted_peer *is = table_find(t, &want->peers[i]->key);
		const char *what = is ? differs(is, want, want->peers[i]) :
					"that it is not there";

		if (what) {
			snprintf(why, len, "peer %zu: %s", i, what);
			return false;
		}
	}
	snprintf(why, len, "%zu peers", t->n);
	return t->n == want->n_peers;
}

void table_copy(struct table *to, const struct table *from)
{
	size_t i, j;

	table_done(to);
	to->dev = from->dev;
	wanted_lock_copy(&from->lock, &to->lock);
	for (i = 0; i < from->n; i++) {
		add(to, &from->peers[i].key);
		to->peers[i] = from->peers[i];
		peer_sig_get(to->peers[i].sig);
		memset(&to->peers[i].prefixes, 0,
		       sizeof(to->peers[i].prefixes));
		for (j = 0; j < from->peers[i].prefixes.n; j++)
			wg_prefixes_add(&to->peers[i].prefixes,
					&from->peers[i].prefixes.item[j]);
	}
}

void table_done(struct table *t)
{
	size_t i;

	for (i = 0; i < t->n; i++) {
		wg_prefixes_done(&t->peers[i].prefixes);
		peer_sig_put(t->peers[i].sig);
	}
	wanted_lock_done(&t->lock);
	free(t->peers);
	memset(t, 0, sizeof(*t));
}
