// SPDX-License-Identifier: GPL-2.0-only
#include "wire/map_part_json.h"

#include "wire/node_json.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* All ours. */
#define TEXT_MAX 2048
#define LONG_TEXT_MAX 16384
#define NAME_MAX 255
#define ROUTES_MAX 65536
#define NAMES_MAX 65536
#define REGIONS_MAX 4096
#define DERP_NODES_MAX 256
#define GROUPS_MAX 65536
#define LINES_MAX 256
#define DELAY_MAX_MS 60000
#define REGION_MAX ((1LL << 53) - 1)

/* A copy of a text, empty if there is none that is right. */
static int copy(const json_t *object, const char *name, size_t max,
		struct arena *mem, const char **ret)
{
	int r;

	*ret = "";
	r = json_copy_text(object, name, max, mem, ret);
	return r == -ENOMEM ? r : 0;
}

static int copy_list(const json_t *object, const char *name, struct arena *mem,
		     struct text_list *ret)
{
	int r = json_copy_texts(object, name, NAMES_MAX, NAME_MAX, mem, ret);

	return r == -ENOMEM ? r : 0;
}

/* A value that lives in an arena of its own. */
static void *value_new(struct arena **ret, size_t size)
{
	*ret = arena_new();
	return *ret ? arena_alloc(*ret, size) : NULL;
}

/* --- DNS --- */

static int get_resolvers(const json_t *object, const char *name,
			 struct arena *mem, struct resolvers *ret)
{
	json_t *array;

	if (json_get_array(object, name, SIZE_MAX, &array) <= 0)
		return 0;
	return node_json_parse_resolvers(array, mem, ret);
}

static int cmp_routes(const void *a, const void *b)
{
	const struct dns_route *x = a, *y = b;

	return strcmp(x->suffix, y->suffix);
}

static int parse_routes(const json_t *object, struct arena *mem,
			struct dns_config *dns)
{
	struct dns_route *item;
	const char *suffix;
	json_t *routes, *list;
	size_t n = 0;

	if (json_get_object(object, "Routes", &routes) <= 0 ||
	    json_object_size(routes) > ROUTES_MAX)
		return 0;
	item = arena_array(mem, json_object_size(routes), sizeof(*item));
	if (!item)
		return -ENOMEM;
	json_object_foreach(routes, suffix, list) {
		/* null and [] both mean our own records. */
		if (strlen(suffix) > NAME_MAX ||
		    (!json_is_array(list) && !json_is_null(list)))
			continue;
		item[n].suffix = arena_text(mem, suffix, strlen(suffix));
		if (!item[n].suffix)
			return -ENOMEM;
		if (node_json_parse_resolvers(list, mem,
					      &item[n++].resolvers) < 0)
			return -ENOMEM;
	}
	qsort(item, n, sizeof(*item), cmp_routes);
	dns->routes = item;
	dns->n_routes = n;
	return 0;
}

static int parse_records(const json_t *object, struct arena *mem,
			 struct dns_config *dns)
{
	struct dns_record *item;
	json_t *array, *entry;
	size_t i, n = 0;

	if (json_get_array(object, "ExtraRecords", NAMES_MAX, &array) <= 0)
		return 0;
	item = arena_array(mem, json_array_size(array), sizeof(*item));
	if (!item)
		return -ENOMEM;
	json_array_foreach(array, i, entry) {
		if (copy(entry, "Name", NAME_MAX, mem, &item[n].name) < 0 ||
		    copy(entry, "Type", NAME_MAX, mem, &item[n].type) < 0 ||
		    copy(entry, "Value", TEXT_MAX, mem, &item[n].value) < 0)
			return -ENOMEM;
		if (*item[n].name && *item[n].value)
			n++;
	}
	dns->extra_records = item;
	dns->n_extra_records = n;
	return 0;
}

static int parse_dns(const json_t *object, struct arena *mem,
		     struct dns_config *dns)
{
	int r = get_resolvers(object, "Resolvers", mem, &dns->resolvers);

	if (r == 0)
		r = get_resolvers(object, "FallbackResolvers", mem,
				  &dns->fallback_resolvers);
	if (r == 0)
		r = parse_routes(object, mem, dns);
	if (r == 0)
		r = copy_list(object, "Domains", mem, &dns->domains);
	if (r == 0)
		r = copy_list(object, "CertDomains", mem, &dns->cert_domains);
	if (r == 0)
		r = copy_list(object, "ExitNodeFilteredSet", mem,
			      &dns->exit_node_filtered_set);
	if (r == 0)
		r = parse_records(object, mem, dns);
	json_get_bool(object, "Proxied", &dns->proxied);
	return r;
}

int map_part_json_dns(const json_t *object, const struct dns_config **ret)
{
	struct arena *mem auto_clean(arena) = NULL;
	struct dns_config *dns = value_new(&mem, sizeof(*dns));

	if (!dns || parse_dns(object, mem, dns) < 0)
		return -ENOMEM;
	dns->mem = steal(mem);
	*ret = dns;
	return 0;
}

/* --- relays --- */

/* Return: false if it is none of "", "none" and an address of that family. */
static bool parse_relay_ip(const json_t *object, const char *name, uint8_t len,
			   struct ip_addr *ret, bool *ret_none)
{
	struct json_text text = { .s = "" };

	if (json_get_text(object, name, IP_TEXT_MAX, &text) < 0)
		return false;
	*ret_none = strcmp(text.s, "none") == 0;
	if (*ret_none || text.len == 0)
		return true;
	return ip_parse(text.s, text.len, ret) == 0 && ret->len == len;
}

static bool parse_relay_ports(const json_t *object, struct derp_node *ret)
{
	int64_t stun = 0, derp = 0;

	if (json_get_int(object, "STUNPort", -1, UINT16_MAX, &stun) < 0 ||
	    json_get_int(object, "DERPPort", 0, UINT16_MAX, &derp) < 0)
		return false;
	ret->stun_port = stun == 0 ? DERP_STUN_PORT : stun < 0 ? 0 : stun;
	ret->derp_port = derp == 0 ? DERP_PORT : derp;
	return true;
}

/* Return: 1, 0 if it cannot be used, or -ENOMEM. */
static int parse_relay(const json_t *object, int64_t region, struct arena *mem,
		       struct derp_node *ret)
{
	struct json_text cert;
	bool ok = json_is_object(object);

	*ret = (struct derp_node){ .region_id = region };
	ok = ok && parse_relay_ip(object, "IPv4", 4, &ret->ipv4, &ret->no_ipv4);
	ok = ok && parse_relay_ip(object, "IPv6", 16, &ret->ipv6,
				  &ret->no_ipv6);
	/* A certificate name that cannot be read must not become "any". */
	if (!ok || !parse_relay_ports(object, ret) ||
	    json_get_text(object, "CertName", NAME_MAX, &cert) < 0)
		return 0;
	if (copy(object, "Name", NAME_MAX, mem, &ret->name) < 0 ||
	    copy(object, "HostName", NAME_MAX, mem, &ret->host_name) < 0 ||
	    copy(object, "CertName", NAME_MAX, mem, &ret->cert_name) < 0)
		return -ENOMEM;
	json_get_bool(object, "STUNOnly", &ret->stun_only);
	json_get_bool(object, "InsecureForTests", &ret->insecure_for_tests);
	json_get_bool(object, "CanPort80", &ret->can_port_80);
	json_get_ip(object, "STUNTestIP", &ret->stun_test_ip);
	return 1;
}

static int parse_region(const json_t *object, int64_t id, struct arena *mem,
			struct derp_region *ret)
{
	struct derp_node *nodes;
	json_t *array = NULL;
	size_t i;
	int r;

	ret->id = id;
	if (copy(object, "RegionCode", NAME_MAX, mem, &ret->code) < 0 ||
	    copy(object, "RegionName", NAME_MAX, mem, &ret->name) < 0)
		return -ENOMEM;
	json_get_number(object, "Latitude", &ret->latitude);
	json_get_number(object, "Longitude", &ret->longitude);
	json_get_bool(object, "Avoid", &ret->avoid);
	json_get_bool(object, "NoMeasureNoHome", &ret->no_measure_no_home);
	json_get_array(object, "Nodes", DERP_NODES_MAX, &array);
	nodes = arena_array(mem, json_array_size(array), sizeof(*nodes));
	if (!nodes)
		return -ENOMEM;
	for (i = 0; i < json_array_size(array); i++) {
		r = parse_relay(json_array_get(array, i), id, mem,
				&nodes[ret->n_nodes]);
		if (r < 0)
			return r;
		ret->n_nodes += r;
	}
	ret->nodes = nodes;
	return 0;
}

static int cmp_regions(const void *a, const void *b)
{
	const struct derp_region *x = a, *y = b;

	return x->id < y->id ? -1 : x->id > y->id;
}

static int parse_regions(json_t *object, struct arena *mem,
			 struct derp_regions *ret)
{
	size_t size = json_object_size(object), n = 0;
	struct derp_region *item;
	const char *name;
	json_t *value;
	int64_t id;

	if (size > REGIONS_MAX)
		size = REGIONS_MAX;
	item = arena_array(mem, size, sizeof(*item));
	if (!item)
		return -ENOMEM;
	json_object_foreach(object, name, value) {
		if (n == size || !json_is_object(value) ||
		    json_key_int(name, &id) < 0 || id < 1 || id > REGION_MAX)
			continue;
		if (parse_region(value, id, mem, &item[n++]) < 0)
			return -ENOMEM;
	}
	qsort(item, n, sizeof(*item), cmp_regions);
	ret->item = item;
	ret->n = n;
	return 0;
}

int map_part_json_regions(json_t *regions, bool omit_default,
			  const struct derp_regions **ret)
{
	struct arena *mem auto_clean(arena) = NULL;
	struct derp_regions *value = value_new(&mem, sizeof(*value));

	if (!value || parse_regions(regions, mem, value) < 0)
		return -ENOMEM;
	value->omit_default = omit_default;
	value->mem = steal(mem);
	*ret = value;
	return 0;
}

static int cmp_scores(const void *a, const void *b)
{
	const struct derp_score *x = a, *y = b;

	return x->region_id < y->region_id ? -1 : x->region_id > y->region_id;
}

int map_part_json_home(json_t *scores, const struct derp_home **ret)
{
	struct arena *mem auto_clean(arena) = NULL;
	struct derp_home *home = value_new(&mem, sizeof(*home));
	size_t size = json_object_size(scores), n = 0;
	struct derp_score *item;
	const char *name;
	json_t *value;

	if (size > REGIONS_MAX)
		size = REGIONS_MAX;
	item = home ? arena_array(mem, size, sizeof(*item)) : NULL;
	if (!item)
		return -ENOMEM;
	json_object_foreach(scores, name, value) {
		if (n == size || !json_is_number(value) ||
		    json_key_int(name, &item[n].region_id) < 0)
			continue;
		item[n].factor = json_number_value(value);
		/* Zero or less would make it the nearest of all. */
		if (item[n].factor > 0 && isfinite(item[n].factor))
			n++;
	}
	qsort(item, n, sizeof(*item), cmp_scores);
	home->scores = item;
	home->n_scores = n;
	home->mem = steal(mem);
	*ret = home;
	return 0;
}

/* --- people --- */

int map_part_json_user(const json_t *object, const struct user_profile **ret)
{
	struct arena *mem auto_clean(arena) = NULL;
	struct user_profile *user = value_new(&mem, sizeof(*user));

	if (!user)
		return -ENOMEM;
	if (json_get_int(object, "ID", INT64_MIN, INT64_MAX, &user->id) <= 0) {
		*ret = NULL;
		return 0;
	}
	if (copy(object, "LoginName", TEXT_MAX, mem, &user->login_name) < 0 ||
	    copy(object, "DisplayName", TEXT_MAX, mem,
		 &user->display_name) < 0 ||
	    copy(object, "ProfilePicURL", TEXT_MAX, mem,
		 &user->profile_pic_url) < 0)
		return -ENOMEM;
	if (json_copy_texts(object, "Groups", GROUPS_MAX, NAME_MAX, mem,
			    &user->groups) == -ENOMEM)
		return -ENOMEM;
	user->mem = steal(mem);
	*ret = user;
	return 0;
}

/* --- health --- */

/* One that we do not know is shown, but not as an alarm. */
static enum health_severity severity_of(const json_t *object)
{
	struct json_text text;

	if (json_get_text(object, "Severity", NAME_MAX, &text) <= 0)
		return HEALTH_MEDIUM;
	if (strcmp(text.s, "high") == 0)
		return HEALTH_HIGH;
	return strcmp(text.s, "low") == 0 ? HEALTH_LOW : HEALTH_MEDIUM;
}

static int parse_message(const char *id, const json_t *object,
			 struct arena *mem, struct health_message *ret)
{
	json_t *action = NULL;

	json_get_object(object, "PrimaryAction", &action);
	ret->gone = json_is_null(object);
	ret->severity = severity_of(object);
	json_get_bool(object, "ImpactsConnectivity",
		      &ret->impacts_connectivity);
	ret->id = arena_text(mem, id, strlen(id));
	if (!ret->id ||
	    copy(object, "Title", TEXT_MAX, mem, &ret->title) < 0 ||
	    copy(object, "Text", LONG_TEXT_MAX, mem, &ret->text) < 0 ||
	    copy(action, "URL", TEXT_MAX, mem, &ret->action_url) < 0 ||
	    copy(action, "Label", TEXT_MAX, mem, &ret->action_label) < 0)
		return -ENOMEM;
	return 0;
}

static int parse_messages(json_t *object, struct arena *mem,
			  struct health_messages *ret)
{
	size_t size = json_object_size(object), n = 0;
	struct health_message *item;
	const char *id;
	json_t *value;

	/* Every message may be replaced, after every one was deleted. */
	if (size > 2 * HEALTH_MESSAGES_MAX)
		size = 2 * HEALTH_MESSAGES_MAX;
	item = arena_array(mem, size, sizeof(*item));
	if (!item)
		return -ENOMEM;
	json_object_foreach(object, id, value) {
		if (strcmp(id, "*") == 0) {
			ret->clear = json_is_null(value);
			continue;
		}
		if (n == size || strlen(id) > NAME_MAX ||
		    (!json_is_null(value) && !json_is_object(value)))
			continue;
		if (parse_message(id, value, mem, &item[n++]) < 0)
			return -ENOMEM;
	}
	ret->item = item;
	ret->n = n;
	return 0;
}

int map_part_json_messages(json_t *object, const struct health_messages **ret)
{
	struct arena *mem auto_clean(arena) = NULL;
	struct health_messages *value = value_new(&mem, sizeof(*value));

	if (!value || parse_messages(object, mem, value) < 0)
		return -ENOMEM;
	value->mem = steal(mem);
	*ret = value;
	return 0;
}

int map_part_json_health(const json_t *parent, const char *name,
			 const struct health_lines **ret)
{
	struct arena *mem auto_clean(arena) = NULL;
	struct health_lines *value = value_new(&mem, sizeof(*value));

	if (!value || json_copy_texts(parent, name, LINES_MAX, TEXT_MAX, mem,
				      &value->lines) == -ENOMEM)
		return -ENOMEM;
	value->mem = steal(mem);
	*ret = value;
	return 0;
}

/* --- the server itself --- */

static uint32_t clamp_ms(const json_t *object, const char *name)
{
	double seconds = 0;

	json_get_number(object, name, &seconds);
	if (!(seconds > 0))
		return 0;
	return seconds * 1000 > DELAY_MAX_MS ? DELAY_MAX_MS :
	       (uint32_t)(seconds * 1000);
}

static int parse_candidates(const json_t *object, struct arena *mem,
			    struct dial_plan *plan)
{
	struct dial_candidate *item;
	json_t *array = NULL;
	size_t i;

	item = arena_array(mem, DIAL_CANDIDATES_MAX, sizeof(*item));
	if (!item)
		return -ENOMEM;
	plan->item = item;
	json_get_array(object, "Candidates", SIZE_MAX, &array);
	for (i = 0; i < json_array_size(array) &&
		    plan->n < DIAL_CANDIDATES_MAX; i++) {
		const json_t *entry = json_array_get(array, i);
		struct dial_candidate *candidate = &item[plan->n];

		if (json_get_ip(entry, "IP", &candidate->ip) < 0)
			continue;
		if (copy(entry, "ACEHost", NAME_MAX, mem,
			 &candidate->ace_host) < 0)
			return -ENOMEM;
		candidate->start_delay_ms = clamp_ms(entry,
						     "DialStartDelaySec");
		candidate->timeout_ms = clamp_ms(entry, "DialTimeoutSec");
		candidate->priority = 0;
		json_get_int(entry, "Priority", INT32_MIN, INT32_MAX,
			     &candidate->priority);
		if (candidate->ip.len || *candidate->ace_host)
			plan->n++;
	}
	return 0;
}

int map_part_json_dial_plan(const json_t *object, const struct dial_plan **ret)
{
	struct arena *mem auto_clean(arena) = NULL;
	struct dial_plan *plan = value_new(&mem, sizeof(*plan));

	if (!plan || parse_candidates(object, mem, plan) < 0)
		return -ENOMEM;
	plan->mem = steal(mem);
	*ret = plan;
	return 0;
}

int map_part_json_version(const json_t *object,
			  const struct client_version **ret)
{
	struct arena *mem auto_clean(arena) = NULL;
	struct client_version *version = value_new(&mem, sizeof(*version));

	if (!version ||
	    copy(object, "LatestVersion", NAME_MAX, mem,
		 &version->latest_version) < 0 ||
	    copy(object, "NotifyURL", TEXT_MAX, mem,
		 &version->notify_url) < 0 ||
	    copy(object, "NotifyText", TEXT_MAX, mem,
		 &version->notify_text) < 0)
		return -ENOMEM;
	json_get_bool(object, "RunningLatest", &version->running_latest);
	json_get_bool(object, "UrgentSecurityUpdate",
		      &version->urgent_security_update);
	json_get_bool(object, "Notify", &version->notify);
	version->mem = steal(mem);
	*ret = version;
	return 0;
}

int map_part_json_raw(const json_t *value, const struct raw_json **ret)
{
	struct arena *mem auto_clean(arena) = NULL;
	struct raw_json *raw = value_new(&mem, sizeof(*raw));

	if (!raw || json_copy_raw(value, mem, &raw->text) < 0)
		return -ENOMEM;
	raw->mem = steal(mem);
	*ret = raw;
	return 0;
}
