// SPDX-License-Identifier: GPL-2.0-only
#include "wire/filter_json.h"

#include "wire/node_json.h"

#include <errno.h>
#include <string.h>

#define NET_TEXT_MAX 100	/* bytes: a range of two IPv6 addresses */
#define CAP_NAME_MAX 4096

static const uint8_t default_protos[] = { 6, 17, 1, 58 };
static const char cap_prefix[] = "cap:";

/* What the functions below share. */
struct parser {
	struct arena *mem;
	size_t *room;
	size_t skipped;
};

/* A growing list in an arena: what it outgrows stays there until the end. */
struct net_list {
	struct ip_prefix *item;
	size_t n;
	size_t cap;
};

static int add_net(struct parser *p, struct net_list *list,
		   const struct ip_prefix *net)
{
	struct ip_prefix *grown;
	size_t cap = list->cap ? 2 * list->cap : 4;

	if (*p->room == 0)
		return TNE_TOO_LONG;
	if (list->n == list->cap) {
		grown = arena_array(p->mem, cap, sizeof(*grown));
		if (!grown)
			return -ENOMEM;
		if (list->n)
			memcpy(grown, list->item, list->n * sizeof(*grown));
		list->item = grown;
		list->cap = cap;
	}
	list->item[list->n++] = *net;
	--*p->room;
	return 0;
}

static int add_range(struct parser *p, struct net_list *list,
		     const struct json_text *text, const char *dash)
{
	struct ip_prefix nets[IP_RANGE_PREFIXES_MAX];
	struct ip_addr from, to;
	int i, n, r = 0;

	if (ip_parse(text->s, dash - text->s, &from) < 0 ||
	    ip_parse(dash + 1, text->s + text->len - dash - 1, &to) < 0)
		return TNE_IP_FORMAT;
	n = ip_range_prefixes(&from, &to, nets);
	if (n < 0)
		return n;
	for (i = 0; i < n && r == 0; i++)
		r = add_net(p, list, &nets[i]);
	return r;
}

static int add_everything(struct parser *p, struct net_list *list)
{
	static const struct ip_prefix v4 = { .addr.len = 4 };
	static const struct ip_prefix v6 = { .addr.len = 16 };
	int r = add_net(p, list, &v4);

	return r < 0 ? r : add_net(p, list, &v6);
}

/* "*", a network without host bits, a range, or one address. */
static int add_nets(struct parser *p, struct net_list *list,
		    const struct json_text *text)
{
	const char *dash = memchr(text->s, '-', text->len);
	struct ip_prefix net;
	struct ip_addr ip;

	if (strcmp(text->s, "*") == 0)
		return add_everything(p, list);
	if (dash)
		return add_range(p, list, text, dash);
	if (ip_parse(text->s, text->len, &ip) == 0) {
		net = ip_prefix_of(&ip);
		return add_net(p, list, &net);
	}
	if (ip_prefix_parse(text->s, text->len, &net) < 0 ||
	    ip_prefix_mask(&net))
		return TNE_IP_FORMAT;
	return add_net(p, list, &net);
}

/* Return: 1 = added, 0 = left out, TNE_TOO_LONG, -ENOMEM. */
static int take_nets(struct parser *p, struct net_list *list,
		     const json_t *value)
{
	struct json_text text;
	int r = json_take_text(value, NET_TEXT_MAX, &text);

	if (r > 0)
		r = add_nets(p, list, &text);
	else
		r = TNE_IP_FORMAT;
	if (r != TNE_IP_FORMAT)
		return r < 0 ? r : 1;
	p->skipped++;
	return 0;
}

/* An array of anything; absent and wrong alike give none. */
static size_t array_of(struct parser *p, const json_t *object, const char *name,
		       json_t **ret)
{
	int r = json_get_array(object, name, SIZE_MAX, ret);

	if (r < 0)
		p->skipped++;
	return r > 0 ? json_array_size(*ret) : 0;
}

static int parse_srcs(struct parser *p, const json_t *object,
		      struct filter_rule *rule)
{
	size_t skip = sizeof(cap_prefix) - 1, i, n;
	struct net_list nets = { 0 };
	struct json_text text;
	const char **caps;
	json_t *array;
	int r;

	n = array_of(p, object, "SrcIPs", &array);
	caps = arena_array(p->mem, n, sizeof(*caps));
	if (!caps)
		return -ENOMEM;
	rule->src_caps.item = caps;
	for (i = 0; i < n; i++) {
		const json_t *value = json_array_get(array, i);

		if (json_take_text(value, CAP_NAME_MAX, &text) > 0 &&
		    strncmp(text.s, cap_prefix, skip) == 0) {
			const char *cap = arena_text(p->mem, text.s + skip,
						     text.len - skip);

			if (!cap)
				return -ENOMEM;
			caps[rule->src_caps.n++] = cap;
			continue;
		}
		r = take_nets(p, &nets, value);
		if (r < 0)
			return r;
	}
	rule->srcs = (struct ip_prefixes){ .item = nets.item, .n = nets.n };
	return 0;
}

/* Missing numbers are 0, and so is a missing object. */
static bool parse_ports(const json_t *dst, int64_t *first, int64_t *last)
{
	json_t *ports = NULL;

	*first = 0;
	*last = 0;
	return json_get_object(dst, "Ports", &ports) >= 0 &&
	       json_get_int(ports, "First", 0, UINT16_MAX, first) >= 0 &&
	       json_get_int(ports, "Last", 0, UINT16_MAX, last) >= 0 &&
	       *first <= *last;
}

static bool is_there(const json_t *object, const char *name)
{
	const json_t *value = json_object_get(object, name);

	return value && !json_is_null(value);
}

struct dst_list {
	struct filter_dst *item;
	size_t n;
	size_t cap;
};

static int add_dsts(struct parser *p, struct dst_list *list,
		    const struct net_list *nets, uint16_t first, uint16_t last)
{
	size_t i, cap = list->cap;
	struct filter_dst *grown;

	if (list->n + nets->n > cap) {
		cap = 2 * (list->n + nets->n);
		grown = arena_array(p->mem, cap, sizeof(*grown));
		if (!grown)
			return -ENOMEM;
		if (list->n)
			memcpy(grown, list->item, list->n * sizeof(*grown));
		list->item = grown;
		list->cap = cap;
	}
	for (i = 0; i < nets->n; i++)
		list->item[list->n++] = (struct filter_dst){
			.net = nets->item[i], .first = first, .last = last,
		};
	return 0;
}

static int parse_dsts(struct parser *p, const json_t *object,
		      struct filter_rule *rule, bool *obsolete)
{
	struct dst_list list = { 0 };
	struct net_list nets = { 0 };
	int64_t first, last;
	json_t *array;
	size_t i, n;
	int r;

	n = array_of(p, object, "DstPorts", &array);
	for (i = 0; i < n; i++) {
		const json_t *dst = json_array_get(array, i);

		if (is_there(dst, "Bits"))
			*obsolete = true;
		if (!parse_ports(dst, &first, &last)) {
			p->skipped++;
			continue;
		}
		nets.n = 0;
		r = take_nets(p, &nets, json_object_get(dst, "IP"));
		if (r > 0)
			r = add_dsts(p, &list, &nets, first, last);
		if (r < 0)
			return r;
	}
	rule->dsts = list.item;
	rule->n_dsts = list.n;
	return 0;
}

/* None at all means the usual ones; none that is right means no packet. */
static int parse_protos(struct parser *p, const json_t *object,
			struct filter_rule *rule)
{
	uint8_t *protos;
	bool seen[256] = { false };
	int64_t proto;
	json_t *array;
	size_t i, n;

	n = array_of(p, object, "IPProto", &array);
	if (n == 0 && (!is_there(object, "IPProto") ||
		       json_is_array(json_object_get(object, "IPProto")))) {
		rule->protos = default_protos;
		rule->n_protos = sizeof(default_protos);
		return 0;
	}
	protos = arena_alloc(p->mem, sizeof(seen));
	if (!protos)
		return -ENOMEM;
	rule->protos = protos;
	for (i = 0; i < n; i++) {
		if (json_take_int(json_array_get(array, i), 0, 255,
				  &proto) <= 0) {
			p->skipped++;
			continue;
		}
		if (!seen[proto])
			protos[rule->n_protos++] = proto;
		seen[proto] = true;
	}
	return 0;
}

static int parse_grant(struct parser *p, const json_t *object,
		       struct filter_grant *ret)
{
	struct net_list nets = { 0 };
	json_t *value;
	size_t i, n;
	int r;

	n = array_of(p, object, "Dsts", &value);
	for (i = 0; i < n; i++) {
		r = take_nets(p, &nets, json_array_get(value, i));
		if (r < 0)
			return r;
	}
	ret->dsts = (struct ip_prefixes){ .item = nets.item, .n = nets.n };
	r = json_copy_texts(object, "Caps", NODE_CAPS_MAX, CAP_NAME_MAX, p->mem,
			    &ret->caps);
	if (r == -ENOMEM)
		return r;
	if (json_get_object(object, "CapMap", &value) > 0)
		return node_json_parse_caps(value, p->mem, &ret->cap_map);
	return 0;
}

static int parse_grants(struct parser *p, const json_t *object,
			struct filter_rule *rule)
{
	struct filter_grant *item;
	json_t *array;
	size_t i, n;
	int r = 0;

	n = array_of(p, object, "CapGrant", &array);
	item = arena_array(p->mem, n, sizeof(*item));
	if (!item)
		return -ENOMEM;
	for (i = 0; i < n && r == 0; i++)
		r = parse_grant(p, json_array_get(array, i), &item[i]);
	rule->grants = item;
	rule->n_grants = n;
	return r;
}

static int parse_rule(struct parser *p, const json_t *object,
		      struct filter_rule *rule, bool *obsolete)
{
	int r;

	if (is_there(object, "SrcBits"))
		*obsolete = true;
	r = parse_protos(p, object, rule);
	if (r == 0)
		r = parse_srcs(p, object, rule);
	if (r == 0)
		r = parse_dsts(p, object, rule, obsolete);
	if (r == 0)
		r = parse_grants(p, object, rule);
	return r;
}

int filter_json_parse(const json_t *array, size_t *room,
		      const struct filter_set **ret)
{
	struct arena *mem auto_clean(arena) = arena_new();
	struct parser p = { .mem = mem, .room = room };
	struct filter_set *set;
	struct filter_rule *rules;
	size_t i, n = json_array_size(array);
	int r;

	set = mem ? arena_alloc(mem, sizeof(*set)) : NULL;
	rules = set ? arena_array(mem, n, sizeof(*rules)) : NULL;
	if (!rules)
		return -ENOMEM;
	for (i = 0; i < n; i++) {
		const json_t *object = json_array_get(array, i);

		if (!json_is_object(object)) {
			p.skipped++;
			continue;
		}
		r = parse_rule(&p, object, &rules[set->n], &set->obsolete);
		if (r < 0)
			return r;
		set->n++;
	}
	set->rules = rules;
	set->skipped = p.skipped;
	set->mem = steal(mem);
	*ret = set;
	return 0;
}
