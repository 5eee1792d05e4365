// SPDX-License-Identifier: GPL-2.0-only
#include "model/netmap_merge.h"

#include <errno.h>
#include <string.h>

/* Do we know a newer disco key of a peer than a server that lost sight of it? */
static bool keeps_disco(const struct node *old, const struct node *new)
{
	return old->disco_learned && new->online == OPT_FALSE &&
	       new->last_seen.set &&
	       timestamp_cmp(&new->last_seen, &old->last_seen) <= 0 &&
	       memcmp(&old->disco, &new->disco, sizeof(old->disco)) != 0;
}

/* What we found expired stays so, unless it is given more time. */
static bool stays_expired(const struct node *old, const struct node *new)
{
	return old->expired_here && !new->expired && new->key_expiry.set &&
	       timestamp_cmp(&new->key_expiry, &old->key_expiry) <= 0;
}

/*
 * A node as it goes into the map: with what we know better than the server, and
 * the one we have already if it says the same. A patched node has passed the
 * question of the disco key as a patch.
 */
static int settle(const struct node *old, const struct node *incoming,
		  bool patched, const struct timestamp *server_now,
		  const struct node **ret)
{
	struct node *copy auto_clean(node) = NULL;
	bool disco = old && !patched && keeps_disco(old, incoming);
	bool expired = (netmap_clock_is_sane(server_now) &&
			node_expires(incoming, server_now)) ||
		       (old && stays_expired(old, incoming));
	const struct node *node = incoming;

	if (disco || expired) {
		copy = node_derive(incoming);
		if (!copy)
			return -ENOMEM;
		if (disco) {
			copy->disco = old->disco;
			copy->disco_learned = true;
		}
		if (expired)
			node_set_expired(copy);
		node = copy;
	}
	*ret = node_get(old && node_equal(old, node) ? old : node);
	return 0;
}

/* What the functions below share. */
struct merge {
	struct netmap *netmap;
	const struct netmap *prior;
	int64_t self_id;
	struct timestamp server_now;
};

static int merge_node(struct merge *merge, const struct node *incoming)
{
	const struct node *node auto_clean(const_node) = NULL;
	const struct node *old;
	int r;

	/* We are no peer of ours. */
	if (incoming->id == merge->self_id)
		return 0;
	old = netmap_find_peer(merge->netmap, incoming->id);
	if (!old && merge->prior)
		old = netmap_find_peer(merge->prior, incoming->id);
	r = settle(old, incoming, false, &merge->server_now, &node);
	if (r < 0 || node == netmap_find_peer(merge->netmap, incoming->id))
		return r;
	return netmap_put_peer(merge->netmap, node);
}

/*
 * The old list serves as the one from before, so that nodes that say the same
 * are kept.
 */
static int merge_all_peers(struct merge *merge,
			   const struct netmap_delta *delta,
			   const struct netmap *old)
{
	const struct netmap *prior = merge->prior;
	size_t i;
	int r = 0;

	ptree_done(&merge->netmap->peers_by_id);
	ptree_done(&merge->netmap->peers_by_key);
	merge->netmap->next_expiry = (struct timestamp){ 0 };
	if (old->self)
		netmap_note_expiry(merge->netmap, old->self);
	if (netmap_n_peers(old))
		merge->prior = old;
	for (i = 0; i < delta->n_peers && r == 0; i++)
		r = merge_node(merge, delta->peers[i]);
	merge->prior = prior;
	return r;
}

static int set_seen(struct merge *merge, const struct id_flag *flag)
{
	const struct node *old = netmap_find_peer(merge->netmap, flag->id);
	struct node *copy auto_clean(node) = NULL;

	if (!old || (!flag->on && !old->last_seen.set))
		return 0;
	copy = node_derive(old);
	if (!copy)
		return -ENOMEM;
	copy->last_seen = flag->on ? merge->server_now :
			  (struct timestamp){ 0 };
	return netmap_put_peer(merge->netmap, copy);
}

static int set_online(struct merge *merge, const struct id_flag *flag)
{
	const struct node *old = netmap_find_peer(merge->netmap, flag->id);
	enum opt_bool online = flag->on ? OPT_TRUE : OPT_FALSE;
	struct node *copy auto_clean(node) = NULL;

	if (!old || old->online == online)
		return 0;
	copy = node_derive(old);
	if (!copy)
		return -ENOMEM;
	copy->online = online;
	return netmap_put_peer(merge->netmap, copy);
}

static int patch_peer(struct merge *merge, const struct node_patch *patch)
{
	const struct node *old = netmap_find_peer(merge->netmap, patch->id);
	const struct node *patched auto_clean(const_node) = NULL;
	const struct node *node auto_clean(const_node) = NULL;
	int r;

	if (!old || node_patch_is_stale(old, patch))
		return 0;
	r = node_apply_patch(old, patch, &patched);
	if (r < 0)
		return r;
	r = settle(old, patched, true, &merge->server_now, &node);
	if (r < 0 || node == old)
		return r;
	return netmap_put_peer(merge->netmap, node);
}

/* The order is the protocol's: control/controlclient/map.go. */
static int merge_peer_changes(struct merge *merge,
			      const struct netmap_delta *delta)
{
	size_t i;
	int r = 0;

	for (i = 0; i < delta->n_peers_removed && r == 0; i++)
		r = netmap_take_peer(merge->netmap, delta->peers_removed[i]);
	for (i = 0; i < delta->n_peers_changed && r == 0; i++)
		r = merge_node(merge, delta->peers_changed[i]);
	for (i = 0; i < delta->n_seen && r == 0; i++)
		r = set_seen(merge, &delta->seen[i]);
	for (i = 0; i < delta->n_online && r == 0; i++)
		r = set_online(merge, &delta->online[i]);
	for (i = 0; i < delta->n_patches && r == 0; i++)
		r = patch_peer(merge, &delta->patches[i]);
	return r;
}

static int merge_self(struct merge *merge, const struct node *self)
{
	const struct node *old = merge->netmap->self;

	if (!self)
		return 0;
	if (!old && merge->prior)
		old = merge->prior->self;
	if (old && node_equal(old, self))
		self = old;
	node_get(self);
	node_put(merge->netmap->self);
	merge->netmap->self = self;
	netmap_note_expiry(merge->netmap, self);
	return netmap_take_peer(merge->netmap, self->id);
}

static int merge_users(struct netmap *netmap, const struct netmap_delta *delta)
{
	size_t i;
	int r = 0;

	for (i = 0; i < delta->n_users && r == 0; i++)
		r = netmap_put_user(netmap, delta->users[i]);
	return r;
}

static int merge_filter(struct netmap *netmap, const struct netmap_delta *delta)
{
	const struct filter_rules *new;
	int r;

	if (!(delta->set & DELTA_FILTER) ||
	    (!delta->filter.clear && delta->filter.n == 0))
		return 0;
	r = filter_rules_change(netmap->filter, &delta->filter, &new);
	if (r < 0)
		return r;
	filter_rules_put(netmap->filter);
	netmap->filter = new;
	return 0;
}

static int merge_messages(struct netmap *netmap,
			  const struct netmap_delta *delta)
{
	const struct health_messages *new;
	int r;

	if (delta->health) {
		health_lines_put(netmap->health);
		netmap->health = health_lines_get(delta->health);
	}
	if (!delta->messages)
		return 0;
	r = health_messages_change(netmap->messages, delta->messages, &new);
	if (r < 0)
		return r;
	health_messages_put(netmap->messages);
	netmap->messages = new;
	return 0;
}

static int merge_domain(struct netmap *netmap, const struct netmap_delta *delta)
{
	struct arena *mem;
	const char *domain;

	if (!(delta->set & DELTA_DOMAIN) ||
	    strcmp(netmap->domain, delta->domain) == 0)
		return 0;
	mem = arena_new();
	if (!mem)
		return -ENOMEM;
	domain = arena_text(mem, delta->domain, strlen(delta->domain));
	if (!domain) {
		arena_put(mem);
		return -ENOMEM;
	}
	arena_put(netmap->domain_mem);
	netmap->domain_mem = mem;
	netmap->domain = domain;
	return 0;
}

/* What is just replaced; cannot fail. */
static void merge_whole_parts(struct netmap *netmap,
			      const struct netmap_delta *delta)
{
	if (delta->derp_regions) {
		derp_regions_put(netmap->derp_regions);
		netmap->derp_regions = derp_regions_get(delta->derp_regions);
	}
	if (delta->derp_home) {
		derp_home_put(netmap->derp_home);
		netmap->derp_home = derp_home_get(delta->derp_home);
	}
	if (delta->dns) {
		dns_config_put(netmap->dns);
		netmap->dns = dns_config_get(delta->dns);
	}
	if (delta->ssh_policy) {
		raw_json_put(netmap->ssh_policy);
		netmap->ssh_policy = raw_json_get(delta->ssh_policy);
	}
	if (delta->collect_services != OPT_UNSET)
		netmap->collect_services = delta->collect_services;
	if (delta->set & DELTA_TKA_INFO)
		netmap->tka_info = delta->tka_info;
	if (delta->set & DELTA_DEBUG)
		netmap->disable_log_tail = delta->debug.disable_log_tail;
	if (delta->set & DELTA_SEQ)
		netmap->seq = delta->seq;
}

static int merge_rest(struct netmap *netmap, const struct netmap_delta *delta)
{
	int r = merge_users(netmap, delta);

	if (r == 0)
		r = merge_filter(netmap, delta);
	if (r == 0)
		r = merge_messages(netmap, delta);
	if (r == 0)
		r = merge_domain(netmap, delta);
	if (r == 0)
		merge_whole_parts(netmap, delta);
	return r;
}

int netmap_merge(const struct netmap *old, const struct netmap *prior,
		 const struct netmap_delta *delta, const struct timestamp *now,
		 struct netmap **ret)
{
	struct netmap *netmap auto_clean(netmap) = netmap_derive(old);
	const struct node *self = delta->self ? delta->self : old->self;
	struct merge merge = { .netmap = netmap, .prior = prior };
	int r;

	if (!netmap)
		return -ENOMEM;
	netmap_apply_clock(netmap, delta, now);
	merge.self_id = self ? self->id : 0;
	merge.server_now = netmap_server_time(netmap, now);

	if (delta->set & DELTA_PEERS)
		r = merge_all_peers(&merge, delta, old);
	else
		r = merge_peer_changes(&merge, delta);
	if (r == 0)
		r = merge_self(&merge, delta->self);
	if (r == 0)
		r = merge_rest(netmap, delta);
	if (r == 0)
		r = netmap_expire_due(netmap, &merge.server_now);
	if (r == 0)
		*ret = steal(netmap);
	return r;
}
