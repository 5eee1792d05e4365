// SPDX-License-Identifier: GPL-2.0-only
#include "model/node.h"

#include "model/hostinfo.h"

#include <errno.h>
#include <string.h>

struct node *node_new(void)
{
	struct arena *mem = arena_new();
	struct node *node = mem ? arena_alloc(mem, sizeof(*node)) : NULL;

	if (!node) {
		arena_put(mem);
		return NULL;
	}
	node->mem = mem;
	node->body = mem;
	node->stable_id = "";
	node->name = "";
	return node;
}

const struct node *node_get(const struct node *node)
{
	if (node)
		arena_get(node->mem);
	return node;
}

void node_put(const struct node *node)
{
	if (node)
		arena_put(node->mem);
}

static int copy_ports(struct arena *mem, const struct ip_ports *src,
		      struct ip_ports *ret)
{
	struct ip_port *item = arena_array(mem, src->n, sizeof(*item));

	if (!item)
		return -ENOMEM;
	if (src->n)
		memcpy(item, src->item, src->n * sizeof(*item));
	*ret = (struct ip_ports){ .item = item, .n = src->n };
	return 0;
}

int cap_map_copy(struct arena *mem, const struct cap_map *src,
		 struct cap_map *ret)
{
	struct cap *item = arena_array(mem, src->n, sizeof(*item));
	size_t i;

	if (!item)
		return -ENOMEM;
	for (i = 0; i < src->n; i++) {
		const struct cap *from = &src->item[i];

		item[i].name = arena_text(mem, from->name, strlen(from->name));
		if (!item[i].name ||
		    arena_text_list(mem, &from->values, &item[i].values) < 0)
			return -ENOMEM;
	}
	*ret = (struct cap_map){ .item = item, .n = src->n };
	return 0;
}

struct node *node_derive(const struct node *node)
{
	struct arena *mem auto_clean(arena) = arena_new();
	struct node *copy = mem ? arena_alloc(mem, sizeof(*copy)) : NULL;

	if (!copy)
		return NULL;
	*copy = *node;
	copy->mem = mem;
	if (arena_hold(mem, node->body) < 0 ||
	    cap_map_copy(mem, &node->cap_map, &copy->cap_map) < 0 ||
	    copy_ports(mem, &node->endpoints, &copy->endpoints) < 0 ||
	    copy_ports(mem, &node->held_endpoints, &copy->held_endpoints) < 0 ||
	    arena_bytes(mem, node->key_signature, &copy->key_signature) < 0)
		return NULL;
	mem = NULL;
	return copy;
}

bool node_patch_is_stale(const struct node *node,
			 const struct node_patch *patch)
{
	const unsigned int all = NODE_PATCH_DISCO | NODE_PATCH_ONLINE |
				 NODE_PATCH_LAST_SEEN;

	return (patch->set & all) == all && !patch->online &&
	       timestamp_cmp(&patch->last_seen, &node->last_seen) <= 0;
}

/* A later expiry is the one thing that brings back a peer we gave up. */
static void patch_expiry(struct node *node, const struct timestamp *expiry)
{
	bool later = !expiry->set ||
		     timestamp_cmp(expiry, &node->key_expiry) > 0;

	node->key_expiry = *expiry;
	if (!node->expired_here || !later)
		return;
	node->expired = false;
	node->expired_here = false;
	node->endpoints = node->held_endpoints;
	node->home_derp = node->held_home_derp;
	node->held_endpoints = (struct ip_ports){ 0 };
	node->held_home_derp = 0;
}

/* The parts that need memory of the node. */
static int patch_parts(struct node *node, const struct node_patch *patch)
{
	struct ip_ports *endpoints = node->expired_here ?
				     &node->held_endpoints : &node->endpoints;
	int r = 0;

	if (patch->set & NODE_PATCH_CAP_MAP)
		r = cap_map_copy(node->mem, &patch->cap_map, &node->cap_map);
	if (r == 0 && patch->set & NODE_PATCH_ENDPOINTS)
		r = copy_ports(node->mem, &patch->endpoints, endpoints);
	if (r == 0 && patch->set & NODE_PATCH_SIGNATURE)
		r = arena_bytes(node->mem, patch->key_signature,
				&node->key_signature);
	return r;
}

int node_apply_patch(const struct node *node, const struct node_patch *patch,
		     const struct node **ret)
{
	struct node *copy auto_clean(node) = node_derive(node);
	int r;

	if (!copy)
		return -ENOMEM;
	if (patch->set & NODE_PATCH_KEY_EXPIRY)
		patch_expiry(copy, &patch->key_expiry);
	r = patch_parts(copy, patch);
	if (r < 0)
		return r;
	if (patch->set & NODE_PATCH_HOME_DERP) {
		if (copy->expired_here)
			copy->held_home_derp = patch->home_derp;
		else
			copy->home_derp = patch->home_derp;
	}
	if (patch->set & NODE_PATCH_CAP)
		copy->cap = patch->cap;
	if (patch->set & NODE_PATCH_KEY)
		copy->key = patch->key;
	if (patch->set & NODE_PATCH_DISCO) {
		copy->disco = patch->disco;
		copy->disco_learned = false;
	}
	if (patch->set & NODE_PATCH_ONLINE)
		copy->online = patch->online ? OPT_TRUE : OPT_FALSE;
	if (patch->set & NODE_PATCH_LAST_SEEN)
		copy->last_seen = patch->last_seen;
	*ret = steal(copy);
	return 0;
}

bool node_expires(const struct node *node, const struct timestamp *now)
{
	return !node->expired && node->key_expiry.set &&
	       timestamp_cmp(&node->key_expiry, now) <= 0;
}

void node_set_expired(struct node *node)
{
	if (node->expired)
		return;
	node->expired = true;
	node->expired_here = true;
	node->held_endpoints = node->endpoints;
	node->held_home_derp = node->home_derp;
	node->endpoints = (struct ip_ports){ 0 };
	node->home_derp = 0;
}

static bool text_lists_equal(const struct text_list *a,
			     const struct text_list *b)
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

static bool cap_maps_equal(const struct cap_map *a, const struct cap_map *b)
{
	size_t i;

	if (a->n != b->n)
		return false;
	for (i = 0; i < a->n; i++) {
		if (strcmp(a->item[i].name, b->item[i].name) != 0 ||
		    !text_lists_equal(&a->item[i].values, &b->item[i].values))
			return false;
	}
	return true;
}

static bool times_equal(const struct timestamp *a, const struct timestamp *b)
{
	return timestamp_cmp(a, b) == 0;
}

static bool bytes_equal(struct bytes a, struct bytes b)
{
	return a.len == b.len && (!a.len || !memcmp(a.data, b.data, a.len));
}

/* What a WireGuard peer is made of. */
static bool same_peer(const struct node *a, const struct node *b)
{
	return key_cmp_public(&a->key, &b->key) == 0 &&
	       times_equal(&a->key_expiry, &b->key_expiry) &&
	       bytes_equal(a->key_signature, b->key_signature) &&
	       ip_prefixes_equal(&a->addresses, &b->addresses) &&
	       ip_prefixes_equal(&a->allowed_ips, &b->allowed_ips) &&
	       ip_prefixes_equal(&a->primary_routes, &b->primary_routes) &&
	       a->unsigned_peerapi_only == b->unsigned_peerapi_only &&
	       a->wireguard_only == b->wireguard_only &&
	       a->jailed == b->jailed && a->expired == b->expired &&
	       a->expired_here == b->expired_here &&
	       ip_cmp(&a->masq_v4, &b->masq_v4) == 0 &&
	       ip_cmp(&a->masq_v6, &b->masq_v6) == 0;
}

/* How it is reached. */
static bool same_paths(const struct node *a, const struct node *b)
{
	return memcmp(&a->disco, &b->disco, sizeof(a->disco)) == 0 &&
	       ip_ports_equal(&a->endpoints, &b->endpoints) &&
	       ip_ports_equal(&a->held_endpoints, &b->held_endpoints) &&
	       a->home_derp == b->home_derp &&
	       a->held_home_derp == b->held_home_derp && a->cap == b->cap &&
	       a->online == b->online &&
	       times_equal(&a->last_seen, &b->last_seen);
}

static bool same_description(const struct node *a, const struct node *b)
{
	return strcmp(a->stable_id, b->stable_id) == 0 &&
	       strcmp(a->name, b->name) == 0 && a->user == b->user &&
	       a->sharer == b->sharer &&
	       memcmp(&a->machine, &b->machine, sizeof(a->machine)) == 0 &&
	       hostinfo_equal(a->hostinfo, b->hostinfo) &&
	       times_equal(&a->created, &b->created) &&
	       text_lists_equal(&a->tags, &b->tags) &&
	       a->machine_authorized == b->machine_authorized &&
	       cap_maps_equal(&a->cap_map, &b->cap_map) &&
	       resolvers_equal(&a->exit_node_resolvers,
			       &b->exit_node_resolvers);
}

bool node_equal(const struct node *a, const struct node *b)
{
	return a->id == b->id && same_peer(a, b) && same_paths(a, b) &&
	       same_description(a, b);
}

const struct cap *cap_map_find(const struct cap_map *map, const char *name)
{
	size_t low = 0, high = map->n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		int r = strcmp(name, map->item[mid].name);

		if (r == 0)
			return &map->item[mid];
		if (r < 0)
			high = mid;
		else
			low = mid + 1;
	}
	return NULL;
}

const struct cap *node_find_cap(const struct node *node, const char *name)
{
	return cap_map_find(&node->cap_map, name);
}

bool node_has_address(const struct node *node, const struct ip_addr *ip)
{
	size_t i;

	for (i = 0; i < node->addresses.n; i++) {
		const struct ip_prefix *own = &node->addresses.item[i];

		if (ip_prefix_is_single(own) && ip_cmp(&own->addr, ip) == 0)
			return true;
	}
	return false;
}

bool node_is_reachable(const struct node *node)
{
	return node->wireguard_only || node->home_derp != 0 ||
	       !disco_public_is_zero(&node->disco);
}
