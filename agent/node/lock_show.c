// SPDX-License-Identifier: GPL-2.0-only
#include "node/lock_show.h"

#include "lock/admit.h"
#include "node/lock_rotated.h"
#include "wire/nks.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Of updates that are shown at once; ours. Any local user may ask. */
#define LOG_BYTES_MAX (4U << 20)

static int cmp_peer(const void *key, const void *peer)
{
	return key_cmp_public(key, &((const struct wg_peer *)peer)->key);
}

static const struct wg_peer *find_peer(const struct wg_device *dev,
				       const struct node_public *key)
{
	return dev->n_peers ? bsearch(key, dev->peers, dev->n_peers,
				      sizeof(*dev->peers), cmp_peer) : NULL;
}

static bool is_judged(const struct wg_peer *peer)
{
	return peer && peer->verdict != LOCK_VERDICT_OFF;
}

static const char keys_unknown[] = "which keys it trusts is not known yet";

/* Why it is not let in; NULL if it is. @known: the keys that are trusted are */
static const char *refusal(const struct admit_peer *judged,
			   const struct wg_peer *peer, bool known)
{
	bool unread = judged->data.len && !judged->sig.n;

	if (is_judged(peer)) {
		if (!lock_verdict_refused(peer->verdict))
			return NULL;
		if (!known && judged->sig.n)
			return keys_unknown;
		if (peer->verdict == LOCK_VERDICT_UNSIGNED && unread)
			return "its signature cannot be read";
		return lock_verdict_text(peer->verdict);
	}
	if (judged->verdict == 0)
		return NULL;
	if (!known && judged->sig.n)
		return keys_unknown;
	switch (judged->verdict) {
	case TNE_LOCK_UNSIGNED:
		return lock_verdict_text(LOCK_VERDICT_UNSIGNED);
	case TNE_LOCK_ROTATED:
		return lock_verdict_text(LOCK_VERDICT_OBSOLETE);
	}
	return unread ? "its signature cannot be read" :
	       "its signature is not valid, or by a key that is not trusted";
}

static int fill_ips(const struct node *node, struct arena *mem,
		    struct lock_peer *ret)
{
	struct ip_addr *ip = arena_array(mem, node->addresses.n, sizeof(*ip));
	size_t i;

	if (!ip)
		return -ENOMEM;
	for (i = 0; i < node->addresses.n; i++)
		ip[i] = node->addresses.item[i].addr;
	ret->ip = ip;
	ret->n_ip = i;
	return 0;
}

/* What is remembered beside of what the map shows. */
static int recall(const struct lock_show_input *in, struct admit_peer *peer,
		  size_t n)
{
	size_t i;
	int r;

	for (i = 0; i < n; i++) {
		if (peer[i].verdict < 0)
			continue;
		r = lock_side_rotated(in->lock, netmap_find_key(in->netmap,
								&peer[i].key));
		if (r < 0)
			return r;
		if (r > 0)
			peer[i].verdict = TNE_LOCK_ROTATED;
	}
	return 0;
}

/*
 * What each peer comes with, and our own verdict on those that the kernel has
 * none on: only they cost arithmetic, and the loop has other things to do.
 */
static int judge_rest(const struct lock_show_input *in,
		      const struct lock_state *state, struct arena *mem,
		      struct admit_peer **ret)
{
	size_t n = netmap_n_peers(in->netmap), n_rest = 0, i = 0;
	struct admit_peer *all = arena_array(mem, n, sizeof(*all));
	struct admit_peer *rest = arena_array(mem, n, sizeof(*rest));
	const struct node *node = NULL;
	int r;

	if (!all || !rest)
		return -ENOMEM;
	for (; (node = netmap_next_peer(in->netmap, node)); i++) {
		all[i] = (struct admit_peer){
			.key = node->key, .data = node->key_signature,
			.peerapi_only = node->unsigned_peerapi_only,
		};
		if (!is_judged(find_peer(in->device, &node->key)))
			rest[n_rest++] = all[i];
		else if (nks_parse(all[i].data, &all[i].sig) < 0)
			memset(&all[i].sig, 0, sizeof(all[i].sig));
	}
	r = admit_peers(state, rest, n_rest);
	if (r == 0)
		r = recall(in, rest, n_rest);
	for (n_rest = 0, n = i, i = 0; r == 0 && i < n; i++) {
		if (!is_judged(find_peer(in->device, &all[i].key)))
			all[i] = rest[n_rest++];
	}
	*ret = all;
	return r;
}

static int fill_peer(const struct node *node, const struct admit_peer *judged,
		     const char *reason, struct arena *mem,
		     struct lock_peer *ret)
{
	*ret = (struct lock_peer){
		.name = node->name, .id = node->id,
		.stable_id = node->stable_id, .key = node->key,
		.sig = judged->sig, .reason = reason,
	};
	return fill_ips(node, mem, ret);
}

static int fill_peers(const struct lock_show_input *in,
		      const struct lock_state *state, struct arena *mem,
		      struct lock_status *ret)
{
	size_t n = netmap_n_peers(in->netmap), i = 0;
	struct lock_peer *visible, *filtered;
	const struct node *node = NULL;
	struct admit_peer *judged;
	int r;

	r = judge_rest(in, state, mem, &judged);
	if (r < 0)
		return r;
	visible = arena_array(mem, n, sizeof(*visible));
	filtered = arena_array(mem, n, sizeof(*filtered));
	if (!visible || !filtered)
		return -ENOMEM;
	while (r == 0 && (node = netmap_next_peer(in->netmap, node))) {
		const char *why = refusal(&judged[i],
					  find_peer(in->device, &node->key),
					  state);

		r = fill_peer(node, &judged[i++], why, mem,
			      why ? &filtered[ret->n_filtered++] :
				    &visible[ret->n_visible++]);
	}
	ret->visible = visible;
	ret->filtered = filtered;
	return r;
}

static void fill_self(const struct lock_show_input *in,
		      const struct lock_state *state, struct lock_status *ret)
{
	const struct node *self = in->netmap ? in->netmap->self : NULL;

	ret->has_public = true;
	ret->public = in->persist->lock;
	if (in->persist->node) {
		ret->has_node_key = true;
		key_derive_public(in->persist->node, &ret->node_key);
	}
	if (!self || !ret->has_node_key)
		return;
	ret->signed_ = state && admit_self(state, &ret->node_key,
					   self->key_signature) == 0;
	ret->has_sig = self->key_signature.len;
	if (nks_parse(self->key_signature, &ret->sig) < 0)
		memset(&ret->sig, 0, sizeof(ret->sig));
}

int lock_show_status(const struct lock_show_input *in, struct arena *mem,
		     struct lock_status *ret)
{
	struct authority *authority = lock_side_authority(in->lock);
	const struct lock_state *state = authority ?
					 authority_state(authority) : NULL;
	struct lock_status status = { 0 };
	int r = 0;

	status.enabled = lock_side_mode(in->lock) != LOCK_MODE_OFF;
	status.trouble = in->lock->trouble;
	if (status.enabled && !state && !*status.trouble)
		status.trouble = keys_unknown;
	if (state) {
		status.has_head = true;
		status.head = authority_head(authority)->hash;
		status.head_s = authority_head(authority)->created_s;
		status.keys = state->keys;
		status.n_keys = state->n_keys;
		status.state_id = state->id1;
	}
	fill_self(in, state, &status);
	if (status.enabled && in->netmap)
		r = fill_peers(in, state, mem, &status);
	if (r == 0)
		*ret = status;
	return r;
}

int lock_show_log(const struct authority *authority, size_t limit,
		  struct arena *mem, struct lock_update **ret, size_t *ret_n)
{
	const struct chain_item *item = authority_head(authority);
	const struct chain_item *oldest = authority_oldest(authority);
	struct lock_update *list;
	size_t n = 0, bytes = 0;

	list = arena_array(mem, limit, sizeof(*list));
	if (!list)
		return -ENOMEM;
	while (item && n < limit && bytes < LOG_BYTES_MAX) {
		bytes += item->data.len;
		list[n++] = (struct lock_update){
			.hash = item->hash, .raw = item->data,
			.aum = item->aum,
		};
		item = item == oldest ? NULL : item->parent;
	}
	*ret = list;
	*ret_n = n;
	return 0;
}
