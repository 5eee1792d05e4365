// SPDX-License-Identifier: GPL-2.0-only
#include "wire/node_json.h"

#include "wire/hostinfo_json.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Ours. */
#define KEY_TEXT_MAX 128
#define STABLE_ID_MAX 255
#define TAGS_MAX 1024
#define TAG_MAX 255
#define RESOLVERS_MAX 256
#define RESOLVER_ADDR_MAX 2048
#define BOOTSTRAP_MAX 16
#define CAP_NAME_MAX 4096
#define CAP_VALUES_MAX 65536

/* A region is a number that a float can hold as well. */
#define REGION_MAX ((1LL << 53) - 1)

/* The way a region was written of old: the port of this address. */
static const char derp_magic[] = "127.3.3.40:";

/* What only describes: wrong counts as missing, memory stays an error. */
static int lenient(int r)
{
	return r == -ENOMEM ? r : 0;
}

/* Keys: absent leaves @ret as it is. */
static int get_node_key(const json_t *object, const char *name,
			struct node_public *ret)
{
	struct json_text text;
	int r = json_get_text(object, name, KEY_TEXT_MAX, &text);

	if (r <= 0)
		return r;
	return key_text_parse_node(text.s, text.len, ret) < 0 ?
	       TNE_JSON_VALUE : 1;
}

static int get_disco_key(const json_t *object, const char *name,
			 struct disco_public *ret)
{
	struct json_text text;
	int r = json_get_text(object, name, KEY_TEXT_MAX, &text);

	if (r <= 0)
		return r;
	return key_text_parse_disco(text.s, text.len, ret) < 0 ?
	       TNE_JSON_VALUE : 1;
}

static void get_machine_key(const json_t *object, const char *name,
			    struct machine_public *ret)
{
	struct json_text text;

	if (json_get_text(object, name, KEY_TEXT_MAX, &text) > 0)
		key_text_parse_machine(text.s, text.len, ret);
}

static int get_prefixes(const json_t *object, const char *name, size_t max,
			struct arena *mem, struct ip_prefixes *ret)
{
	struct ip_prefix *item;
	struct json_text text;
	json_t *array, *entry;
	size_t i, n = 0;
	int r = json_get_array(object, name, max, &array);

	if (r <= 0)
		return r;
	item = arena_array(mem, json_array_size(array), sizeof(*item));
	if (!item)
		return -ENOMEM;
	json_array_foreach(array, i, entry) {
		if (json_take_text(entry, IP_PREFIX_TEXT_MAX, &text) <= 0 ||
		    ip_prefix_parse(text.s, text.len, &item[n]) < 0)
			continue;
		ip_prefix_mask(&item[n++]);
	}
	*ret = (struct ip_prefixes){ .item = item, .n = n };
	return 1;
}

static int get_endpoints(const json_t *object, struct arena *mem,
			 struct ip_ports *ret)
{
	struct json_text text;
	struct ip_port *item;
	json_t *array;
	size_t i, n = 0;
	int r = json_get_array(object, "Endpoints", NODE_ENDPOINTS_MAX, &array);

	if (r <= 0)
		return r;
	item = arena_array(mem, json_array_size(array), sizeof(*item));
	if (!item)
		return -ENOMEM;
	for (i = 0; i < json_array_size(array) && n < NODE_ENDPOINTS_USED;
	     i++) {
		if (json_take_text(json_array_get(array, i), IP_PORT_TEXT_MAX,
				   &text) > 0 &&
		    ip_port_parse(text.s, text.len, &item[n]) == 0 &&
		    item[n].port != 0)
			n++;
	}
	*ret = (struct ip_ports){ .item = item, .n = n };
	return 1;
}

static int cmp_caps(const void *a, const void *b)
{
	const struct cap *x = a, *y = b;

	return strcmp(x->name, y->name);
}

static int parse_cap(const char *name, json_t *values, struct arena *mem,
		     struct cap *ret)
{
	size_t n = json_array_size(values), i;
	const char **item = arena_array(mem, n, sizeof(*item));

	ret->name = arena_text(mem, name, strlen(name));
	if (!ret->name || !item)
		return -ENOMEM;
	for (i = 0; i < n; i++) {
		if (json_copy_raw(json_array_get(values, i), mem,
				  &item[i]) < 0)
			return -ENOMEM;
	}
	ret->values = (struct text_list){ .item = item, .n = n };
	return 0;
}

static bool is_cap(const char *name, const json_t *values)
{
	if (strlen(name) > CAP_NAME_MAX)
		return false;
	return json_is_null(values) ||
	       (json_is_array(values) &&
		json_array_size(values) <= CAP_VALUES_MAX);
}

int node_json_parse_caps(json_t *object, struct arena *mem, struct cap_map *ret)
{
	size_t size = json_object_size(object), n = 0;
	const char *name;
	struct cap *item;
	json_t *values;

	if (size > NODE_CAPS_MAX)
		size = NODE_CAPS_MAX;
	item = arena_array(mem, size, sizeof(*item));
	if (!item)
		return -ENOMEM;
	json_object_foreach(object, name, values) {
		if (n == size || !is_cap(name, values))
			continue;
		if (parse_cap(name, values, mem, &item[n++]) < 0)
			return -ENOMEM;
	}
	qsort(item, n, sizeof(*item), cmp_caps);
	*ret = (struct cap_map){ .item = item, .n = n };
	return 0;
}

/* Capabilities of old, without values; to be joined to those with. */
static int add_old_caps(const json_t *object, struct arena *mem,
			struct cap_map *map)
{
	struct text_list names = { 0 };
	size_t i, n = map->n;
	struct cap *item;
	int r;

	r = json_copy_texts(object, "Capabilities", NODE_CAPS_MAX, CAP_NAME_MAX,
			    mem, &names);
	if (r <= 0 || names.n == 0)
		return lenient(r);
	item = arena_array(mem, n + names.n, sizeof(*item));
	if (!item)
		return -ENOMEM;
	if (n)
		memcpy(item, map->item, n * sizeof(*item));
	for (i = 0; i < names.n; i++) {
		if (!cap_map_find(map, names.item[i]))
			item[n++].name = names.item[i];
	}
	qsort(item, n, sizeof(*item), cmp_caps);
	*map = (struct cap_map){ .item = item, .n = n };
	return 0;
}

static int get_caps(const json_t *object, struct arena *mem,
		    struct cap_map *ret)
{
	json_t *value;
	int r = json_get_object(object, "CapMap", &value);

	if (r <= 0)
		return r;
	r = node_json_parse_caps(value, mem, ret);
	return r < 0 ? r : 1;
}

static int parse_resolver(const json_t *object, struct arena *mem,
			  struct resolver *ret)
{
	struct ip_addr *ips;
	json_t *array, *entry;
	struct json_text text;
	size_t i;
	int r;

	r = json_copy_text(object, "Addr", RESOLVER_ADDR_MAX, mem, &ret->addr);
	if (r <= 0)
		return r;
	json_get_bool(object, "UseWithExitNode", &ret->use_with_exit_node);
	if (json_get_array(object, "BootstrapResolution", BOOTSTRAP_MAX,
			   &array) <= 0)
		return 1;
	ips = arena_array(mem, json_array_size(array), sizeof(*ips));
	if (!ips)
		return -ENOMEM;
	ret->bootstrap = ips;
	json_array_foreach(array, i, entry) {
		if (json_take_text(entry, IP_TEXT_MAX, &text) > 0 &&
		    ip_parse(text.s, text.len, &ips[ret->n_bootstrap]) == 0)
			ret->n_bootstrap++;
	}
	return 1;
}

int node_json_parse_resolvers(const json_t *array, struct arena *mem,
			      struct resolvers *ret)
{
	size_t i, size = json_array_size(array), n = 0;
	struct resolver *item;
	int r;

	if (size > RESOLVERS_MAX)
		size = RESOLVERS_MAX;
	item = arena_array(mem, size, sizeof(*item));
	if (!item)
		return -ENOMEM;
	for (i = 0; i < size; i++) {
		r = parse_resolver(json_array_get(array, i), mem, &item[n]);
		if (r == -ENOMEM)
			return r;
		if (r > 0)
			n++;
	}
	*ret = (struct resolvers){ .item = item, .n = n };
	return 0;
}

static int bad(struct err_detail *detail, const struct node *node,
	       const char *what)
{
	return err_explain(detail, TNE_JSON_VALUE, "node %lld: bad %s",
			   (long long)node->id, what);
}

/* Who it is. */
static int parse_identity(const json_t *object, struct node *node,
			  struct err_detail *detail)
{
	int r;

	if (json_get_int(object, "ID", 1, INT64_MAX, &node->id) <= 0)
		return bad(detail, node, "ID");
	if (get_node_key(object, "Key", &node->key) <= 0 ||
	    node_public_is_zero(&node->key))
		return bad(detail, node, "Key");
	if (json_get_time(object, "KeyExpiry", &node->key_expiry) < 0)
		return bad(detail, node, "KeyExpiry");
	if (get_disco_key(object, "DiscoKey", &node->disco) < 0)
		return bad(detail, node, "DiscoKey");
	r = json_copy_bytes(object, "KeySignature", NODE_SIGNATURE_MAX,
			    node->mem, &node->key_signature);
	if (r == TNE_JSON_VALUE)
		return bad(detail, node, "KeySignature");
	get_machine_key(object, "Machine", &node->machine);
	return lenient(r);
}

/* What it may and may not do. */
static int parse_limits(const json_t *object, struct node *node,
			struct err_detail *detail)
{
	if (json_get_bool(object, "MachineAuthorized",
			  &node->machine_authorized) < 0)
		return bad(detail, node, "MachineAuthorized");
	if (json_get_bool(object, "UnsignedPeerAPIOnly",
			  &node->unsigned_peerapi_only) < 0)
		return bad(detail, node, "UnsignedPeerAPIOnly");
	if (json_get_bool(object, "IsWireGuardOnly", &node->wireguard_only) < 0)
		return bad(detail, node, "IsWireGuardOnly");
	if (json_get_bool(object, "IsJailed", &node->jailed) < 0)
		return bad(detail, node, "IsJailed");
	if (json_get_bool(object, "Expired", &node->expired) < 0)
		return bad(detail, node, "Expired");
	return 0;
}

static int parse_masquerade(const json_t *object, struct node *node,
			    struct err_detail *detail)
{
	if (json_get_ip(object, "SelfNodeV4MasqAddrForThisPeer",
			&node->masq_v4) < 0 || node->masq_v4.len == 16)
		return bad(detail, node, "SelfNodeV4MasqAddrForThisPeer");
	if (json_get_ip(object, "SelfNodeV6MasqAddrForThisPeer",
			&node->masq_v6) < 0 || node->masq_v6.len == 4)
		return bad(detail, node, "SelfNodeV6MasqAddrForThisPeer");
	return 0;
}

/* Where its packets come from and go to. */
static int parse_addresses(const json_t *object, struct node *node,
			   struct err_detail *detail)
{
	int r = get_prefixes(object, "Addresses", NODE_ADDRESSES_MAX, node->mem,
			     &node->addresses);

	if (r == TNE_JSON_VALUE)
		return bad(detail, node, "Addresses");
	if (r < 0)
		return r;
	r = get_prefixes(object, "AllowedIPs", NODE_PREFIXES_MAX, node->mem,
			 &node->allowed_ips);
	if (r == TNE_JSON_VALUE)
		return bad(detail, node, "AllowedIPs");
	if (r < 0)
		return r;
	/* Absent is not the same as empty. */
	if (r == 0 || node->unsigned_peerapi_only)
		node->allowed_ips = node->addresses;
	r = get_prefixes(object, "PrimaryRoutes", NODE_PREFIXES_MAX, node->mem,
			 &node->primary_routes);
	return lenient(r);
}

static void parse_home(const json_t *object, struct node *node)
{
	size_t n = sizeof(derp_magic) - 1;
	struct json_text text;
	struct ip_port port;

	if (json_get_int(object, "HomeDERP", 1, REGION_MAX,
			 &node->home_derp) > 0)
		return;
	if (json_get_text(object, "DERP", IP_PORT_TEXT_MAX, &text) > 0 &&
	    strncmp(text.s, derp_magic, n) == 0 &&
	    ip_port_parse(text.s, text.len, &port) == 0)
		node->home_derp = port.port;
}

static int parse_paths(const json_t *object, struct node *node,
		       struct err_detail *detail)
{
	int r = get_endpoints(object, node->mem, &node->endpoints);

	if (r == TNE_JSON_VALUE)
		return bad(detail, node, "Endpoints");
	parse_home(object, node);
	json_get_int(object, "Cap", 0, INT32_MAX, &node->cap);
	json_get_opt_bool(object, "Online", &node->online);
	json_get_time(object, "LastSeen", &node->last_seen);
	return lenient(r);
}

static int parse_capabilities(const json_t *object, struct node *node)
{
	int r = get_caps(object, node->mem, &node->cap_map);

	if (r == -ENOMEM)
		return r;
	return add_old_caps(object, node->mem, &node->cap_map);
}

static int parse_description(const json_t *object, struct node *node)
{
	json_t *value;
	int r;

	r = json_copy_text(object, "StableID", STABLE_ID_MAX, node->mem,
			   &node->stable_id);
	if (lenient(r) == 0)
		r = json_copy_text(object, "Name", NODE_NAME_MAX, node->mem,
				   &node->name);
	if (lenient(r) == 0)
		r = json_copy_texts(object, "Tags", TAGS_MAX, TAG_MAX,
				    node->mem, &node->tags);
	if (lenient(r) == 0 &&
	    json_get_object(object, "Hostinfo", &value) > 0)
		r = hostinfo_json_parse(value, node->mem, &node->hostinfo);
	if (lenient(r) == 0 &&
	    json_get_array(object, "ExitNodeDNSResolvers", RESOLVERS_MAX,
			   &value) > 0)
		r = node_json_parse_resolvers(value, node->mem,
					      &node->exit_node_resolvers);
	json_get_int(object, "User", INT64_MIN, INT64_MAX, &node->user);
	json_get_int(object, "Sharer", INT64_MIN, INT64_MAX, &node->sharer);
	json_get_time(object, "Created", &node->created);
	return lenient(r);
}

int node_json_parse(const json_t *object, struct err_detail *detail,
		    const struct node **ret)
{
	struct node *node auto_clean(node) = NULL;
	int r;

	if (!json_is_object(object))
		return err_explain(detail, TNE_JSON_VALUE, "node is no object");
	node = node_new();
	if (!node)
		return -ENOMEM;
	r = parse_identity(object, node, detail);
	if (r == 0)
		r = parse_limits(object, node, detail);
	if (r == 0)
		r = parse_masquerade(object, node, detail);
	if (r == 0)
		r = parse_addresses(object, node, detail);
	if (r == 0)
		r = parse_paths(object, node, detail);
	if (r == 0)
		r = parse_capabilities(object, node);
	if (r == 0)
		r = parse_description(object, node);
	if (r == 0)
		*ret = steal(node);
	return r;
}


/* Numbers of a patch count if they are not 0. */
static int patch_numbers(const json_t *object, struct node_patch *patch)
{
	int r;

	r = json_get_int(object, "DERPRegion", 0, REGION_MAX,
			 &patch->home_derp);
	if (r >= 0)
		r = json_get_int(object, "Cap", 0, INT32_MAX, &patch->cap);
	if (r < 0)
		return r;
	if (patch->home_derp)
		patch->set |= NODE_PATCH_HOME_DERP;
	if (patch->cap)
		patch->set |= NODE_PATCH_CAP;
	return 0;
}

static int patch_keys(const json_t *object, struct arena *mem,
		      struct node_patch *patch)
{
	int r = get_node_key(object, "Key", &patch->key);

	if (r > 0 && node_public_is_zero(&patch->key))
		return TNE_JSON_VALUE;
	if (r > 0)
		patch->set |= NODE_PATCH_KEY;
	if (r >= 0)
		r = get_disco_key(object, "DiscoKey", &patch->disco);
	if (r > 0)
		patch->set |= NODE_PATCH_DISCO;
	if (r >= 0)
		r = json_copy_bytes(object, "KeySignature", NODE_SIGNATURE_MAX,
				    mem, &patch->key_signature);
	if (r > 0)
		patch->set |= NODE_PATCH_SIGNATURE;
	return r;
}

static int patch_lists(const json_t *object, struct arena *mem,
		       struct node_patch *patch)
{
	int r = get_caps(object, mem, &patch->cap_map);

	if (r > 0)
		patch->set |= NODE_PATCH_CAP_MAP;
	if (r >= 0)
		r = get_endpoints(object, mem, &patch->endpoints);
	if (r > 0)
		patch->set |= NODE_PATCH_ENDPOINTS;
	return r;
}

static int patch_times(const json_t *object, struct node_patch *patch)
{
	int r = json_get_bool(object, "Online", &patch->online);

	if (r > 0)
		patch->set |= NODE_PATCH_ONLINE;
	if (r >= 0)
		r = json_get_time(object, "LastSeen", &patch->last_seen);
	if (r > 0)
		patch->set |= NODE_PATCH_LAST_SEEN;
	if (r >= 0)
		r = json_get_time(object, "KeyExpiry", &patch->key_expiry);
	if (r > 0)
		patch->set |= NODE_PATCH_KEY_EXPIRY;
	return r;
}

int node_json_parse_patch(const json_t *object, struct arena *mem,
			  struct err_detail *detail, struct node_patch *ret)
{
	struct node_patch patch = { 0 };
	int r = TNE_JSON_VALUE;

	if (json_get_int(object, "NodeID", 1, INT64_MAX, &patch.id) > 0)
		r = patch_numbers(object, &patch);
	if (r >= 0)
		r = patch_keys(object, mem, &patch);
	if (r >= 0)
		r = patch_lists(object, mem, &patch);
	if (r >= 0)
		r = patch_times(object, &patch);
	if (r == TNE_JSON_VALUE)
		return err_explain(detail, r, "change of peer %lld: bad value",
				   (long long)patch.id);
	if (r < 0)
		return r;
	*ret = patch;
	return 0;
}
