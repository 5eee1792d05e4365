// SPDX-License-Identifier: GPL-2.0-only
#include "wire/map_json.h"

#include "base/array.h"
#include "wire/filter_json.h"
#include "wire/json.h"
#include "wire/map_part_json.h"
#include "wire/node_json.h"
#include "wire/ping_json.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* All ours. */
#define PEERS_MAX (1U << 20)
#define HANDLE_MAX 256
#define URL_MAX 2048
#define DOMAIN_MAX 1024
#define FILTER_NAME_MAX 1024

/* Source: control/controlclient/map.go, the longest sleep. */
#define SLEEP_MAX_MS 300000

/* What the functions below share. */
struct parser {
	struct netmap_delta *delta;
	struct arena *mem;
	struct err_detail *detail;
};

static void drop(struct parser *p, const char *why)
{
	struct netmap_delta *delta = p->delta;

	if (delta->dropped++ == 0)
		snprintf(delta->drop_reason, sizeof(delta->drop_reason), "%.119s",
			 why);
}

static int malformed(struct parser *p, const char *name)
{
	return err_explain(p->detail, TNE_JSON_VALUE,
			   "map message: wrong value of %s", name);
}

/* A text that the rest does not depend on: one that is wrong is left out. */
static int copy_or_drop(struct parser *p, const json_t *object,
			const char *name, size_t max, const char **ret)
{
	int r = json_copy_text(object, name, max, p->mem, ret);

	if (r == TNE_JSON_VALUE) {
		drop(p, name);
		return 0;
	}
	return r;
}

/* Hand a part's only reference over to the message. */
static int adopt(struct parser *p, struct arena *part)
{
	int r = arena_hold(p->mem, part);

	arena_put(part);
	return r;
}

static int get_array(struct parser *p, const json_t *object, const char *name,
		     json_t **ret)
{
	int r = json_get_array(object, name, PEERS_MAX, ret);

	return r < 0 ? malformed(p, name) : r;
}

static int get_object(struct parser *p, const json_t *object, const char *name,
		      json_t **ret)
{
	int r = json_get_object(object, name, ret);

	return r < 0 ? malformed(p, name) : r;
}

/* --- what a keep-alive may have, too --- */

static int parse_ping(struct parser *p, const json_t *object)
{
	json_t *value;
	int r = get_object(p, object, "PingRequest", &value);

	if (r <= 0)
		return r;
	r = ping_json_parse(value, p->mem, &p->delta->ping);
	if (r == TNE_JSON_VALUE) {
		drop(p, "PingRequest");
		return 0;
	}
	if (r == 0 && p->delta->ping)
		p->delta->set |= DELTA_PING;
	return r;
}

static int parse_dial_plan(struct parser *p, const json_t *object)
{
	json_t *value;
	int r = get_object(p, object, "ControlDialPlan", &value);

	if (r <= 0)
		return r;
	r = map_part_json_dial_plan(value, &p->delta->dial_plan);
	return r < 0 ? r : adopt(p, p->delta->dial_plan->mem);
}

static int parse_version(struct parser *p, const json_t *object)
{
	json_t *value;
	int r = get_object(p, object, "ClientVersion", &value);

	if (r <= 0)
		return r;
	r = map_part_json_version(value, &p->delta->client_version);
	return r < 0 ? r : adopt(p, p->delta->client_version->mem);
}

static int parse_clock(struct parser *p, const json_t *object)
{
	struct netmap_delta *delta = p->delta;
	int r = json_get_time(object, "ControlTime", &delta->control_time);

	if (r < 0)
		drop(p, "ControlTime");
	else if (r > 0 && delta->control_time.set)
		delta->set |= DELTA_CONTROL_TIME;
	return 0;
}

static int parse_common(struct parser *p, const json_t *object)
{
	int r;

	if (json_get_bool(object, "KeepAlive", &p->delta->keep_alive) < 0)
		return malformed(p, "KeepAlive");
	r = parse_ping(p, object);
	if (r >= 0)
		r = copy_or_drop(p, object, "PopBrowserURL", URL_MAX,
				 &p->delta->pop_browser_url);
	if (r >= 0)
		r = parse_version(p, object);
	if (r >= 0)
		r = parse_clock(p, object);
	if (r >= 0)
		r = parse_dial_plan(p, object);
	return r;
}

/* --- nodes --- */

static int parse_self(struct parser *p, const json_t *object)
{
	json_t *value;
	int r = get_object(p, object, "Node", &value);

	if (r <= 0)
		return r;
	r = node_json_parse(value, p->detail, &p->delta->self);
	return r < 0 ? r : adopt(p, p->delta->self->mem);
}

static int parse_nodes(struct parser *p, const json_t *array,
		       const struct node ***ret, size_t *ret_n)
{
	size_t i, n = json_array_size(array);
	struct err_detail why;
	const struct node **item = arena_array(p->mem, n, sizeof(*item));
	int r;

	if (!item)
		return -ENOMEM;
	*ret = item;
	for (i = 0; i < n; i++) {
		r = node_json_parse(json_array_get(array, i), &why,
				    &item[*ret_n]);
		if (r == TNE_JSON_VALUE) {
			drop(p, why.text);
			continue;
		}
		if (r == 0)
			r = adopt(p, item[*ret_n]->mem);
		if (r < 0)
			return r;
		++*ret_n;
	}
	return 0;
}

static int parse_removed(struct parser *p, const json_t *object)
{
	json_t *array;
	int64_t *ids;
	size_t i;
	int r = get_array(p, object, "PeersRemoved", &array);

	if (r <= 0)
		return r;
	ids = arena_array(p->mem, json_array_size(array), sizeof(*ids));
	if (!ids)
		return -ENOMEM;
	p->delta->peers_removed = ids;
	for (i = 0; i < json_array_size(array); i++) {
		if (json_take_int(json_array_get(array, i), INT64_MIN,
				  INT64_MAX,
				  &ids[p->delta->n_peers_removed]) > 0)
			p->delta->n_peers_removed++;
		else
			drop(p, "PeersRemoved");
	}
	return 0;
}

/* An object of switches by id. */
static int parse_flags(struct parser *p, const json_t *object,
		       const char *name, const struct id_flag **ret,
		       size_t *ret_n)
{
	struct id_flag *item;
	json_t *flags, *value;
	const char *id;
	size_t n = 0;
	int r = get_object(p, object, name, &flags);

	if (r <= 0)
		return r;
	item = arena_array(p->mem, json_object_size(flags), sizeof(*item));
	if (!item)
		return -ENOMEM;
	json_object_foreach(flags, id, value) {
		if (!json_is_boolean(value) ||
		    json_key_int(id, &item[n].id) < 0) {
			drop(p, name);
			continue;
		}
		item[n++].on = json_is_true(value);
	}
	*ret = item;
	*ret_n = n;
	return 0;
}

static int parse_patches(struct parser *p, const json_t *object)
{
	struct netmap_delta *delta = p->delta;
	struct node_patch *item;
	struct err_detail why;
	json_t *array, *entry;
	size_t i;
	int r = get_array(p, object, "PeersChangedPatch", &array);

	if (r <= 0)
		return r;
	item = arena_array(p->mem, json_array_size(array), sizeof(*item));
	if (!item)
		return -ENOMEM;
	delta->patches = item;
	json_array_foreach(array, i, entry) {
		r = node_json_parse_patch(entry, p->mem, &why,
					  &item[delta->n_patches]);
		if (r == TNE_JSON_VALUE) {
			drop(p, why.text);
			continue;
		}
		if (r < 0)
			return r;
		delta->n_patches++;
	}
	return 0;
}

static int parse_peers(struct parser *p, const json_t *object)
{
	struct netmap_delta *delta = p->delta;
	json_t *array;
	int r = get_array(p, object, "Peers", &array);

	/* A list of none is no list; one of some replaces all else. */
	if (r > 0 && json_array_size(array)) {
		delta->set |= DELTA_PEERS;
		return parse_nodes(p, array, &delta->peers, &delta->n_peers);
	}
	if (r >= 0)
		r = parse_removed(p, object);
	if (r >= 0)
		r = get_array(p, object, "PeersChanged", &array);
	if (r > 0)
		r = parse_nodes(p, array, &delta->peers_changed,
				&delta->n_peers_changed);
	if (r >= 0)
		r = parse_flags(p, object, "PeerSeenChange", &delta->seen,
				&delta->n_seen);
	if (r >= 0)
		r = parse_flags(p, object, "OnlineChange", &delta->online,
				&delta->n_online);
	if (r >= 0)
		r = parse_patches(p, object);
	return r;
}

static int parse_users(struct parser *p, const json_t *object)
{
	const struct user_profile **item;
	json_t *array;
	size_t i;
	int r = get_array(p, object, "UserProfiles", &array);

	if (r <= 0)
		return r;
	item = arena_array(p->mem, json_array_size(array), sizeof(*item));
	if (!item)
		return -ENOMEM;
	p->delta->users = item;
	for (i = 0; i < json_array_size(array); i++) {
		const struct user_profile **user = &item[p->delta->n_users];

		r = map_part_json_user(json_array_get(array, i), user);
		if (r == 0 && !*user) {
			drop(p, "UserProfiles");
			continue;
		}
		if (r == 0)
			r = adopt(p, (*user)->mem);
		if (r < 0)
			return r;
		p->delta->n_users++;
	}
	return 0;
}

/* --- the filter --- */

static int add_set(struct parser *p, struct filter_named *item, size_t *n,
		   const char *name, const json_t *rules, size_t *room)
{
	const struct filter_set *set = NULL;
	int r = 0;

	if (rules)
		r = filter_json_parse(rules, room, &set);
	if (set)
		r = adopt(p, set->mem);
	if (r < 0)
		return r == TNE_TOO_LONG ?
		       err_explain(p->detail, r, "packet filter is too big") :
		       r;
	item[*n].name = arena_text(p->mem, name, strlen(name));
	item[*n].set = set;
	if (!item[*n].name)
		return -ENOMEM;
	++*n;
	return 0;
}

static int add_named(struct parser *p, json_t *named, struct filter_named *item,
		     size_t *n, size_t *room)
{
	const char *name;
	json_t *rules;
	int r = 0;

	json_object_foreach(named, name, rules) {
		if (strcmp(name, "*") == 0)
			continue;
		if (strlen(name) > FILTER_NAME_MAX ||
		    (!json_is_array(rules) && !json_is_null(rules)))
			return malformed(p, "PacketFilters");
		r = add_set(p, item, n, name,
			    json_is_array(rules) ? rules : NULL, room);
		if (r < 0)
			break;
	}
	return r;
}

static int parse_filter(struct parser *p, const json_t *object)
{
	struct filter_change *change = &p->delta->filter;
	json_t *base = NULL, *named = NULL;
	size_t n = 0, room = FILTER_NETS_MAX;
	struct filter_named *item;
	int r = get_array(p, object, "PacketFilter", &base);

	if (r >= 0)
		r = get_object(p, object, "PacketFilters", &named);
	if (r < 0 || (!base && !named))
		return r;
	if (json_object_size(named) > FILTER_SETS_MAX)
		return malformed(p, "PacketFilters");
	item = arena_array(p->mem, json_object_size(named) + 1, sizeof(*item));
	if (!item)
		return -ENOMEM;
	/* The base is set first; so it does not survive a clearing. */
	change->clear = json_is_null(json_object_get(named, "*"));
	if (base && !change->clear)
		r = add_set(p, item, &n, "base", base, &room);
	if (r >= 0)
		r = add_named(p, named, item, &n, &room);
	change->item = item;
	change->n = n;
	p->delta->set |= DELTA_FILTER;
	return r;
}

/* --- the rest --- */

static int parse_derp(struct parser *p, const json_t *object)
{
	json_t *map, *regions, *home, *scores;
	bool omit_default = false;
	int r = get_object(p, object, "DERPMap", &map);

	if (r <= 0)
		return r;
	json_get_bool(map, "omitDefaultRegions", &omit_default);
	r = get_object(p, map, "Regions", &regions);
	if (r > 0) {
		r = map_part_json_regions(regions, omit_default,
					  &p->delta->derp_regions);
		if (r == 0)
			r = adopt(p, p->delta->derp_regions->mem);
	}
	if (r >= 0)
		r = get_object(p, map, "HomeParams", &home);
	if (r > 0)
		r = get_object(p, home, "RegionScore", &scores);
	if (r <= 0)
		return r;
	r = map_part_json_home(scores, &p->delta->derp_home);
	return r < 0 ? r : adopt(p, p->delta->derp_home->mem);
}

static int parse_dns(struct parser *p, const json_t *object)
{
	json_t *value;
	int r = get_object(p, object, "DNSConfig", &value);

	if (r <= 0)
		return r;
	r = map_part_json_dns(value, &p->delta->dns);
	return r < 0 ? r : adopt(p, p->delta->dns->mem);
}

static int parse_health(struct parser *p, const json_t *object)
{
	json_t *value;
	int r = get_array(p, object, "Health", &value);

	if (r > 0) {
		r = map_part_json_health(object, "Health", &p->delta->health);
		if (r == 0)
			r = adopt(p, p->delta->health->mem);
	}
	if (r >= 0)
		r = get_object(p, object, "DisplayMessages", &value);
	if (r <= 0)
		return r;
	r = map_part_json_messages(value, &p->delta->messages);
	return r < 0 ? r : adopt(p, p->delta->messages->mem);
}

static int parse_ssh(struct parser *p, const json_t *object)
{
	json_t *value;
	int r = get_object(p, object, "SSHPolicy", &value);

	if (r <= 0)
		return r;
	r = map_part_json_raw(value, &p->delta->ssh_policy);
	return r < 0 ? r : adopt(p, p->delta->ssh_policy->mem);
}

/*
 * It says whether peers need signatures: what is wrong in it must not read as
 * "no lock". A head that is too long for one cannot be decoded either.
 */
static int parse_tka(struct parser *p, const json_t *object)
{
	struct tka_info *info = &p->delta->tka_info;
	struct json_text head = { .s = "" };
	json_t *value;
	int r = get_object(p, object, "TKAInfo", &value);

	if (r <= 0)
		return r;
	if (json_get_text(value, "Head", SIZE_MAX, &head) < 0 ||
	    json_get_bool(value, "Disabled", &info->disabled) < 0)
		return malformed(p, "TKAInfo");
	snprintf(info->head, sizeof(info->head), "%s", head.s);
	info->present = true;
	p->delta->set |= DELTA_TKA_INFO;
	return 0;
}

static int parse_debug(struct parser *p, const json_t *object)
{
	struct map_debug *debug = &p->delta->debug;
	double seconds = 0;
	int64_t code;
	json_t *value;
	int r = get_object(p, object, "Debug", &value);

	if (r <= 0)
		return r;
	json_get_number(value, "SleepSeconds", &seconds);
	if (seconds > 0)
		debug->sleep_ms = seconds * 1000 < SLEEP_MAX_MS ?
				  (uint32_t)(seconds * 1000) : SLEEP_MAX_MS;
	json_get_bool(value, "DisableLogTail", &debug->disable_log_tail);
	if (json_get_int(value, "Exit", INT32_MIN, INT32_MAX, &code) > 0) {
		debug->exit = true;
		debug->exit_code = code;
	}
	p->delta->set |= DELTA_DEBUG;
	return 0;
}

static int parse_session(struct parser *p, const json_t *object)
{
	struct netmap_delta *delta = p->delta;
	struct json_text domain;
	int r;

	r = copy_or_drop(p, object, "MapSessionHandle", HANDLE_MAX,
			 &delta->session_handle);
	if (r >= 0)
		r = copy_or_drop(p, object, "Domain", DOMAIN_MAX,
				 &delta->domain);
	/* An empty one is no change. */
	if (r > 0 && json_get_text(object, "Domain", DOMAIN_MAX, &domain) > 0 &&
	    domain.len)
		delta->set |= DELTA_DOMAIN;
	if (json_get_int(object, "Seq", INT64_MIN, INT64_MAX, &delta->seq) > 0)
		delta->set |= DELTA_SEQ;
	json_get_opt_bool(object, "CollectServices", &delta->collect_services);
	return r;
}

static int parse_rest(struct parser *p, const json_t *object)
{
	static int (*const parts[])(struct parser *p, const json_t *object) = {
		parse_session, parse_debug, parse_self, parse_peers,
		parse_users, parse_derp, parse_filter, parse_dns, parse_ssh,
		parse_health, parse_tka,
	};
	size_t i;
	int r = 0;

	for (i = 0; i < ARRAY_SIZE(parts) && r >= 0; i++)
		r = parts[i](p, object);
	return r;
}

int map_json_parse(const char *text, size_t len, struct err_detail *detail,
		   struct netmap_delta **ret)
{
	struct netmap_delta *delta auto_clean(netmap_delta) = NULL;
	json_t *object auto_clean(json) = NULL;
	struct parser p = { .detail = detail };
	int r = json_read(text, len, detail, &object);

	if (r < 0)
		return r;
	delta = netmap_delta_new();
	if (!delta)
		return -ENOMEM;
	p.delta = delta;
	p.mem = delta->mem;
	r = parse_common(&p, object);
	if (r >= 0 && !delta->keep_alive)
		r = parse_rest(&p, object);
	if (r < 0)
		return r;
	*ret = steal(delta);
	return 0;
}
