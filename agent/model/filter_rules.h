/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef MODEL_FILTER_RULES_H
#define MODEL_FILTER_RULES_H

#include "base/arena.h"
#include "model/ip.h"
#include "model/node.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/**
 * struct filter_dst - where a rule lets packets go
 * @net: the addresses, masked
 * @first: first port
 * @last: last port, not before @first
 */
struct filter_dst {
	struct ip_prefix net;
	uint16_t first;
	uint16_t last;
};

/**
 * struct filter_grant - capabilities that a rule gives; lets no packet through
 * @dsts: towards these addresses of ours, masked
 * @caps: without values
 * @cap_map: with values
 */
struct filter_grant {
	struct ip_prefixes dsts;
	struct text_list caps;
	struct cap_map cap_map;
};

/**
 * struct filter_rule - packets that are let in
 * @protos: IP protocols, no repetition; none = the rule matches nothing
 * @n_protos: how many
 * @srcs: where they come from, masked
 * @src_caps: or from a peer's own address that has one of these capabilities
 * @dsts: where they go
 * @n_dsts: how many
 * @grants: capabilities that come with it
 * @n_grants: how many
 *
 * A rule without sources or without destinations matches nothing. What could
 * not be read was left out: rules only ever allow.
 *
 * Source: tailcfg/tailcfg.go, FilterRule; wgengine/filter/tailcfg.go.
 */
struct filter_rule {
	const uint8_t *protos;
	size_t n_protos;
	struct ip_prefixes srcs;
	struct text_list src_caps;
	const struct filter_dst *dsts;
	size_t n_dsts;
	const struct filter_grant *grants;
	size_t n_grants;
};

/**
 * struct filter_set - the rules under one name
 * @mem: owns it
 * @rules: in order
 * @n: how many
 * @obsolete: it has fields of servers before CIDR; voids the whole filter
 * @skipped: entries that could not be read
 */
struct filter_set {
	struct arena *mem;
	const struct filter_rule *rules;
	size_t n;
	bool obsolete;
	size_t skipped;
};

/**
 * struct filter_named - a set with its name
 * @name: its name; "base" for the one of old
 * @set: never NULL in a filter; in a change NULL deletes the name
 */
struct filter_named {
	const char *name;
	const struct filter_set *set;
};

/**
 * struct filter_rules - the packet filter
 * @mem: owns it, and a reference to each set
 * @item: sorted by name; all rules of all sets count, in this order
 * @n: how many
 */
struct filter_rules {
	struct arena *mem;
	const struct filter_named *item;
	size_t n;
};

/**
 * struct filter_change - a change of the packet filter
 * @clear: begin with no set at all
 * @item: then set or delete these; a later one wins
 * @n: how many
 */
struct filter_change {
	bool clear;
	const struct filter_named *item;
	size_t n;
};

/* Most names a filter may have; ours. */
#define FILTER_SETS_MAX 4096

/* References, NULL being none. */
const struct filter_set *filter_set_get(const struct filter_set *set);
void filter_set_put(const struct filter_set *set);
const struct filter_rules *filter_rules_get(const struct filter_rules *rules);
void filter_rules_put(const struct filter_rules *rules);

/**
 * filter_rules_change() - a filter with a change applied
 * @old:	not changed; NULL = empty
 * @change:	the change; its sets get a reference each
 * @ret:	a new filter, the caller's
 *
 * Return: 0, TNE_TOO_LONG for more than FILTER_SETS_MAX names, or -ENOMEM.
 */
int filter_rules_change(const struct filter_rules *old,
			const struct filter_change *change,
			const struct filter_rules **ret);

/**
 * filter_rules_is_obsolete() - does a set void the whole filter?
 * @rules: the filter or NULL
 *
 * Return: true: all inbound is blocked, and people should be told.
 */
bool filter_rules_is_obsolete(const struct filter_rules *rules);

/**
 * filter_rules_let_in() - could a rule with destinations match packets of a net?
 * @rules:	the filter or NULL
 * @net:	where they come from
 *
 * For peers that are not under the tailnet lock: one that gets past the filter
 * voids it. Capabilities as sources do not count, such a peer has none.
 *
 * Return: true if so.
 */
bool filter_rules_let_in(const struct filter_rules *rules,
			 const struct ip_prefix *net);

/**
 * filter_rules_text() - the filter for people
 * @rules:	the filter or NULL
 * @ret:	lines, terminated; the caller's, for free()
 *
 * Names are escaped.
 *
 * Return: 0 or -ENOMEM.
 */
int filter_rules_text(const struct filter_rules *rules, char **ret);

#endif /* MODEL_FILTER_RULES_H */
