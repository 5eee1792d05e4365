// SPDX-License-Identifier: GPL-2.0-only
#include "map_update.h"

#include <stdlib.h>
#include <string.h>

#include "map.h"
#include "node_json.h"
#include "server.h"

#define ENDPOINTS_MAX	100	/* ours: more are cut */

/* The endpoints that are ones, a new array. */
static json_t *clean_endpoints(const json_t *array)
{
	json_t *ret = json_array(), *v;
	size_t i;

	json_array_foreach(array, i, v) {
		if (json_array_size(ret) == ENDPOINTS_MAX)
			break;
		if (json_is_string(v) && endpoint_ok(json_string_value(v)))
			json_array_append(ret, v);
	}
	return ret;
}

static bool update_endpoints(struct node *n, const json_t *req)
{
	json_t *clean = clean_endpoints(json_object_get(req, "Endpoints"));
	bool changed = !json_equal(clean, n->endpoints);

	json_decref(n->endpoints);
	n->endpoints = clean;
	return changed;
}

static bool update_disco(struct node *n, const json_t *req)
{
	uint8_t key[KEY_LEN];

	if (!key_parse(json_string_value(json_object_get(req, "DiscoKey")),
		       "discokey", key) ||
	    !memcmp(key, n->disco, KEY_LEN))
		return false;
	memcpy(n->disco, key, KEY_LEN);
	return true;
}

static bool update_derp(struct node *n, const json_t *info)
{
	const json_t *net = json_object_get(info, "NetInfo");
	const json_t *v = json_object_get(net, "PreferredDERP");
	int home;

	/* A request without NetInfo says nothing about it. */
	if (!json_is_integer(v))
		return false;
	home = json_integer_value(v);
	if (home == n->home_derp)
		return false;
	n->home_derp = home;
	return true;
}

/* json_equal() takes two absent ones for different. */
static bool same_field(const json_t *a, const json_t *b, const char *field)
{
	json_t *x = json_object_get(a, field), *y = json_object_get(b, field);

	return x == y || json_equal(x, y);
}

/* Return: did anything change that others see? */
static bool update_hostinfo(struct server *srv, struct node *n, json_t *info)
{
	json_t *before, *after;
	const char *old_name, *name;
	bool changed;

	if (!json_is_object(info))
		return false;
	before = hostinfo_for_peers(n->hostinfo);
	after = hostinfo_for_peers(info);
	changed = !json_equal(before, after) ||
		  !same_field(n->hostinfo, info, "RoutableIPs");
	json_decref(before);
	json_decref(after);
	old_name = json_string_value(json_object_get(n->hostinfo, "Hostname"));
	name = json_string_value(json_object_get(info, "Hostname"));
	if (name && *name && (!old_name || strcmp(name, old_name)))
		node_rename(&srv->nodes, n, name);
	json_incref(info);
	json_decref(n->hostinfo);
	n->hostinfo = info;
	return changed;
}

/* Left out means that it has no authority. */
void map_update_lock_head(struct node *n, const json_t *req)
{
	const char *s = json_string_value(json_object_get(req, "TKAHead"));

	text_safe(s ? s : "", n->lock_head, sizeof(n->lock_head));
}

void map_update(struct server *srv, struct node *n, const json_t *req)
{
	json_t *info = json_object_get(req, "Hostinfo");
	unsigned int patch = 0;
	bool whole;

	whole = update_hostinfo(srv, n, info);
	if (update_derp(n, info))
		patch |= PATCH_DERP;
	if (update_endpoints(n, req))
		patch |= PATCH_ENDPOINTS;
	if (update_disco(n, req)) {
		patch |= PATCH_DISCO;
		whole |= srv->cfg.mode == SERVER_HEADSCALE;
	}
	n->seen_ms = clock_wall_ms();
	if (whole || patch)
		srv->state_dirty = true;
	if (whole)
		map_changed(srv, n);
	else if (patch)
		map_patched(srv, n, patch);
}
