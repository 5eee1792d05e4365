// SPDX-License-Identifier: GPL-2.0-only
#include "model/netmap.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/*
 * An offset up to this is what a clock of ours and one of theirs may differ
 * by; and before this time (2023-01-10T17:51:06Z) no server's clock is right,
 * so that nothing may expire by it. Source: control/controlclient/map.go and
 * ipn/ipnlocal/expiry.go.
 */
#define OFFSET_IGNORED_MS 60000
#define CLOCK_SANE_S 1673373066

/* A timer that is late finds a key expired, one that is early does not. */
#define EXPIRY_SLACK_MS 10000
#define EXPIRY_RETRY_MS 30000

#define ID_LEN 8
#define KEY_AND_ID_LEN (KEY_LEN + ID_LEN)

static void peer_get(void *value)
{
	node_get(value);
}

static void peer_put(void *value)
{
	node_put(value);
}

static void user_get(void *value)
{
	user_profile_get(value);
}

static void user_put(void *value)
{
	user_profile_put(value);
}

static const struct ptree_type by_id_type = { ID_LEN, peer_get, peer_put };
static const struct ptree_type by_key_type = {
	KEY_AND_ID_LEN, peer_get, peer_put,
};
static const struct ptree_type users_type = { ID_LEN, user_get, user_put };

/* Big-endian, the sign turned round: the order of bytes is that of numbers. */
static void write_id(int64_t id, uint8_t ret[ID_LEN])
{
	uint64_t n = (uint64_t)id ^ 1ULL << 63;
	int i;

	for (i = ID_LEN - 1; i >= 0; i--, n >>= 8)
		ret[i] = n & 0xff;
}

static void write_key_and_id(const struct node *peer,
			     uint8_t ret[KEY_AND_ID_LEN])
{
	memcpy(ret, peer->key.byte, KEY_LEN);
	write_id(peer->id, ret + KEY_LEN);
}

struct netmap *netmap_new(void)
{
	struct netmap *netmap = calloc(1, sizeof(*netmap));

	if (!netmap)
		return NULL;
	netmap->refs = 1;
	netmap->domain = "";
	netmap->peers_by_id.type = &by_id_type;
	netmap->peers_by_key.type = &by_key_type;
	netmap->users.type = &users_type;
	return netmap;
}

struct netmap *netmap_get(const struct netmap *netmap)
{
	struct netmap *own = (struct netmap *)netmap;

	if (own)
		own->refs++;
	return own;
}

void netmap_put(const struct netmap *netmap)
{
	struct netmap *own = (struct netmap *)netmap;

	if (!own || --own->refs > 0)
		return;
	node_put(own->self);
	ptree_done(&own->peers_by_id);
	ptree_done(&own->peers_by_key);
	ptree_done(&own->users);
	derp_regions_put(own->derp_regions);
	derp_home_put(own->derp_home);
	filter_rules_put(own->filter);
	dns_config_put(own->dns);
	arena_put(own->domain_mem);
	health_lines_put(own->health);
	health_messages_put(own->messages);
	raw_json_put(own->ssh_policy);
	dial_plan_put(own->dial_plan);
	client_version_put(own->client_version);
	free(own);
}

struct netmap *netmap_derive(const struct netmap *netmap)
{
	struct netmap *copy = malloc(sizeof(*copy));

	if (!copy)
		return NULL;
	*copy = *netmap;
	copy->refs = 1;
	node_get(copy->self);
	copy->peers_by_id = ptree_copy(&netmap->peers_by_id);
	copy->peers_by_key = ptree_copy(&netmap->peers_by_key);
	copy->users = ptree_copy(&netmap->users);
	derp_regions_get(copy->derp_regions);
	derp_home_get(copy->derp_home);
	filter_rules_get(copy->filter);
	dns_config_get(copy->dns);
	arena_get(copy->domain_mem);
	health_lines_get(copy->health);
	health_messages_get(copy->messages);
	raw_json_get(copy->ssh_policy);
	dial_plan_get(copy->dial_plan);
	client_version_get(copy->client_version);
	return copy;
}

const struct node *netmap_find_peer(const struct netmap *netmap, int64_t id)
{
	uint8_t key[ID_LEN];

	write_id(id, key);
	return ptree_find(&netmap->peers_by_id, key);
}

const struct node *netmap_find_key(const struct netmap *netmap,
				   const struct node_public *key)
{
	return ptree_find_prefix(&netmap->peers_by_key, key->byte, KEY_LEN);
}

const struct user_profile *netmap_find_user(const struct netmap *netmap,
					    int64_t id)
{
	uint8_t key[ID_LEN];

	write_id(id, key);
	return ptree_find(&netmap->users, key);
}

int netmap_put_user(struct netmap *netmap, const struct user_profile *user)
{
	uint8_t key[ID_LEN];

	write_id(user->id, key);
	return ptree_set(&netmap->users, key, (void *)user);
}

size_t netmap_n_peers(const struct netmap *netmap)
{
	return netmap->peers_by_id.n;
}

const struct node *netmap_next_peer(const struct netmap *netmap,
				    const struct node *prev)
{
	uint8_t key[ID_LEN];

	if (prev)
		write_id(prev->id, key);
	return ptree_next(&netmap->peers_by_id, key, !prev);
}

enum peer_fault netmap_peer_fault(const struct netmap *netmap,
				  const struct node *peer)
{
	const struct node *self = netmap->self;

	if (self && (self->id == peer->id ||
		     key_cmp_public(&self->key, &peer->key) == 0))
		return PEER_OWN_KEY;
	if (netmap_find_key(netmap, &peer->key) != peer)
		return PEER_SHARED_KEY;
	if (peer->expired)
		return PEER_EXPIRED;
	return node_is_reachable(peer) ? PEER_OK : PEER_UNREACHABLE;
}

static int check_unsigned(void *ctx, void *value)
{
	const struct netmap *netmap = ctx;
	const struct node *peer = value;
	size_t i;

	for (i = 0; peer->unsigned_peerapi_only && i < peer->allowed_ips.n;
	     i++) {
		if (filter_rules_let_in(netmap->filter,
					&peer->allowed_ips.item[i]))
			return -EPERM;
	}
	return 0;
}

bool netmap_filter_is_void(const struct netmap *netmap)
{
	return filter_rules_is_obsolete(netmap->filter) ||
	       ptree_walk(&netmap->peers_by_id, check_unsigned,
			  (void *)netmap) < 0;
}

struct timestamp netmap_server_time(const struct netmap *netmap,
				    const struct timestamp *now)
{
	return timestamp_add_ms(*now, netmap->clock_offset_ms);
}

bool netmap_clock_is_sane(const struct timestamp *time)
{
	return time->s >= CLOCK_SANE_S;
}

void netmap_apply_clock(struct netmap *netmap, const struct netmap_delta *delta,
			const struct timestamp *now)
{
	int64_t offset;

	if (delta->dial_plan) {
		dial_plan_put(netmap->dial_plan);
		netmap->dial_plan = dial_plan_get(delta->dial_plan);
	}
	if (delta->client_version) {
		client_version_put(netmap->client_version);
		netmap->client_version =
			client_version_get(delta->client_version);
	}
	if (delta->set & DELTA_CONTROL_TIME && delta->control_time.set) {
		offset = timestamp_diff_ms(&delta->control_time, now);
		if (offset >= -OFFSET_IGNORED_MS && offset <= OFFSET_IGNORED_MS)
			offset = 0;
		netmap->clock_offset_ms = offset;
	}
}

void netmap_note_expiry(struct netmap *netmap, const struct node *node)
{
	if (node->expired || !node->key_expiry.set)
		return;
	if (!netmap->next_expiry.set ||
	    timestamp_cmp(&node->key_expiry, &netmap->next_expiry) < 0)
		netmap->next_expiry = node->key_expiry;
}

int netmap_put_peer(struct netmap *netmap, const struct node *peer)
{
	const struct node *old = netmap_find_peer(netmap, peer->id);
	uint8_t id[ID_LEN], key[KEY_AND_ID_LEN];
	int r;

	if (old && key_cmp_public(&old->key, &peer->key) != 0) {
		write_key_and_id(old, key);
		r = ptree_remove(&netmap->peers_by_key, key);
		if (r < 0)
			return r;
	}
	write_key_and_id(peer, key);
	r = ptree_set(&netmap->peers_by_key, key, (void *)peer);
	if (r < 0)
		return r;
	write_id(peer->id, id);
	r = ptree_set(&netmap->peers_by_id, id, (void *)peer);
	if (r < 0)
		return r;
	netmap_note_expiry(netmap, peer);
	return 0;
}

int netmap_take_peer(struct netmap *netmap, int64_t id)
{
	const struct node *old = netmap_find_peer(netmap, id);
	uint8_t key[KEY_AND_ID_LEN];
	int r;

	if (!old)
		return 0;
	write_key_and_id(old, key);
	r = ptree_remove(&netmap->peers_by_key, key);
	if (r < 0)
		return r;
	write_id(id, key);
	r = ptree_remove(&netmap->peers_by_id, key);
	return r < 0 ? r : 0;
}

/* Is it time to look? */
static bool is_due(const struct netmap *netmap,
		   const struct timestamp *server_now)
{
	return netmap_clock_is_sane(server_now) && netmap->next_expiry.set &&
	       timestamp_cmp(&netmap->next_expiry, server_now) <= 0;
}

/* Our own node is not marked: services ask netmap_self_expired(). */
int netmap_expire_due(struct netmap *netmap, const struct timestamp *server_now)
{
	struct ptree before;
	const struct node *peer;
	uint8_t key[ID_LEN];
	int r = 0;

	if (!is_due(netmap, server_now))
		return 0;
	before = ptree_copy(&netmap->peers_by_id);
	netmap->next_expiry = (struct timestamp){ 0 };
	if (netmap->self && !node_expires(netmap->self, server_now))
		netmap_note_expiry(netmap, netmap->self);
	for (peer = ptree_next(&before, key, true); peer && r == 0;
	     peer = ptree_next(&before, key, false)) {
		struct node *copy auto_clean(node) = NULL;

		if (!node_expires(peer, server_now)) {
			netmap_note_expiry(netmap, peer);
			continue;
		}
		copy = node_derive(peer);
		if (copy)
			node_set_expired(copy);
		r = copy ? netmap_put_peer(netmap, copy) : -ENOMEM;
	}
	ptree_done(&before);
	return r;
}

int netmap_expire(const struct netmap *old, const struct timestamp *now,
		  struct netmap **ret)
{
	struct timestamp server_now = netmap_server_time(old, now);
	struct netmap *netmap auto_clean(netmap) = NULL;
	int r;

	if (!is_due(old, &server_now)) {
		*ret = netmap_get(old);
		return 0;
	}
	netmap = netmap_derive(old);
	if (!netmap)
		return -ENOMEM;
	r = netmap_expire_due(netmap, &server_now);
	if (r == 0)
		*ret = steal(netmap);
	return r;
}

/*
 * The time is the server's, the timer ours: the offset lies between. A time
 * that has gone already means that the clocks disagree about it.
 */
bool netmap_expiry_timer(const struct netmap *netmap,
			 const struct timestamp *now, int64_t *ret_ms)
{
	struct timestamp server_now = netmap_server_time(netmap, now);
	int64_t ms;

	if (!netmap->next_expiry.set)
		return false;
	ms = timestamp_diff_ms(&netmap->next_expiry, &server_now);
	if (ms < 0)
		ms = EXPIRY_RETRY_MS;
	if (__builtin_add_overflow(ms, EXPIRY_SLACK_MS, &ms))
		ms = INT64_MAX;
	*ret_ms = ms;
	return true;
}

bool netmap_self_expired(const struct netmap *netmap,
			 const struct timestamp *now)
{
	struct timestamp server_now = netmap_server_time(netmap, now);

	if (!netmap->self)
		return false;
	return netmap->self->expired ||
	       (netmap_clock_is_sane(&server_now) && node_expires(netmap->self, &server_now));
}

int netmap_learn_disco(const struct netmap *old, int64_t id,
		       const struct disco_public *disco,
		       const struct timestamp *now, struct netmap **ret)
{
	const struct node *peer = netmap_find_peer(old, id);
	struct node *copy auto_clean(node) = NULL;
	struct netmap *netmap auto_clean(netmap) = NULL;
	int r;

	if (!peer)
		return -ENOENT;
	copy = node_derive(peer);
	netmap = netmap_derive(old);
	if (!copy || !netmap)
		return -ENOMEM;
	copy->disco = *disco;
	copy->disco_learned = true;
	copy->last_seen = netmap_server_time(old, now);
	r = netmap_put_peer(netmap, copy);
	if (r == 0)
		*ret = steal(netmap);
	return r;
}

struct peer_diff {
	const struct netmap *old;
	const struct netmap *new;
	int (*fn)(void *ctx, const struct node *old, const struct node *new);
	void *ctx;
};

static int tell_change(void *ctx, void *old, void *new)
{
	const struct peer_diff *diff = ctx;

	return diff->fn(diff->ctx, old, new);
}

/* The peer whose key counts, if it was there before, and nobody touched it. */
static int tell_bystander(const struct peer_diff *diff,
			  const struct node *holder,
			  const struct node *before, const struct node *after)
{
	if (!holder || holder == before || holder == after ||
	    netmap_find_peer(diff->old, holder->id) != holder ||
	    netmap_find_peer(diff->new, holder->id) != holder)
		return 0;
	return diff->fn(diff->ctx, holder, holder);
}

/*
 * A peer that came or went may have cast a shadow on another with its key: who
 * holds it now, and who held it before?
 */
static int tell_shadow(void *ctx, void *before, void *after)
{
	const struct peer_diff *diff = ctx;
	const struct node *now, *then, *side[2] = { before, after };
	int i, r = 0;

	for (i = 0; i < 2 && r >= 0; i++) {
		if (!side[i])
			continue;
		now = netmap_find_key(diff->new, &side[i]->key);
		then = netmap_find_key(diff->old, &side[i]->key);
		if (now == then)
			continue;
		r = tell_bystander(diff, now, before, after);
		if (r >= 0)
			r = tell_bystander(diff, then, before, after);
	}
	return r;
}

int netmap_diff_peers(const struct netmap *old, const struct netmap *new,
		      int (*fn)(void *ctx, const struct node *old,
				const struct node *new),
		      void *ctx)
{
	static const struct netmap empty = {
		.peers_by_id.type = &by_id_type,
		.peers_by_key.type = &by_key_type,
	};
	struct peer_diff diff = {
		.old = old ? old : &empty, .new = new, .fn = fn, .ctx = ctx,
	};
	int r;

	r = ptree_diff(&diff.old->peers_by_id, &new->peers_by_id, tell_change,
		       &diff);
	if (r < 0)
		return r;
	return ptree_diff(&diff.old->peers_by_id, &new->peers_by_id,
			  tell_shadow, &diff);
}
