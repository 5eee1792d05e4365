// SPDX-License-Identifier: GPL-2.0-only
#include "model/filter_rules.h"

#include "base/err.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct filter_set *filter_set_get(const struct filter_set *set)
{
	if (set)
		arena_get(set->mem);
	return set;
}

void filter_set_put(const struct filter_set *set)
{
	if (set)
		arena_put(set->mem);
}

const struct filter_rules *filter_rules_get(const struct filter_rules *rules)
{
	if (rules)
		arena_get(rules->mem);
	return rules;
}

void filter_rules_put(const struct filter_rules *rules)
{
	if (rules)
		arena_put(rules->mem);
}

/* Where a name is, or would be. */
static size_t place_of(const struct filter_named *item, size_t n,
		       const char *name)
{
	size_t low = 0, high = n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (strcmp(item[mid].name, name) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

/* @item has room for one more. */
static size_t change_one(struct filter_named *item, size_t n,
			 const struct filter_named *change)
{
	size_t i = place_of(item, n, change->name);
	bool there = i < n && strcmp(item[i].name, change->name) == 0;

	if (there && change->set) {
		item[i] = *change;
		return n;
	}
	if (there) {
		n--;
		memmove(&item[i], &item[i + 1], (n - i) * sizeof(*item));
		return n;
	}
	if (!change->set)
		return n;
	memmove(&item[i + 1], &item[i], (n - i) * sizeof(*item));
	item[i] = *change;
	return n + 1;
}

/* Names are copied and sets held: nothing else of the sources stays. */
static int take_over(struct arena *mem, struct filter_named *item, size_t n)
{
	size_t i;
	int r;

	for (i = 0; i < n; i++) {
		item[i].name = arena_text(mem, item[i].name,
					  strlen(item[i].name));
		if (!item[i].name)
			return -ENOMEM;
		r = arena_hold(mem, item[i].set->mem);
		if (r < 0)
			return r;
	}
	return 0;
}

int filter_rules_change(const struct filter_rules *old,
			const struct filter_change *change,
			const struct filter_rules **ret)
{
	size_t i, n = old && !change->clear ? old->n : 0;
	struct arena *mem auto_clean(arena) = NULL;
	struct filter_named *item;
	struct filter_rules *new;
	int r;

	if (change->n > FILTER_SETS_MAX)
		return TNE_TOO_LONG;
	mem = arena_new();
	new = mem ? arena_alloc(mem, sizeof(*new)) : NULL;
	item = new ? arena_array(mem, n + change->n, sizeof(*item)) : NULL;
	if (!item)
		return -ENOMEM;
	if (n)
		memcpy(item, old->item, n * sizeof(*item));
	for (i = 0; i < change->n; i++)
		n = change_one(item, n, &change->item[i]);
	if (n > FILTER_SETS_MAX)
		return TNE_TOO_LONG;
	r = take_over(mem, item, n);
	if (r < 0)
		return r;
	new->mem = steal(mem);
	new->item = item;
	new->n = n;
	*ret = new;
	return 0;
}

bool filter_rules_is_obsolete(const struct filter_rules *rules)
{
	size_t i;

	for (i = 0; rules && i < rules->n; i++) {
		if (rules->item[i].set->obsolete)
			return true;
	}
	return false;
}

static bool rule_lets_in(const struct filter_rule *rule,
			 const struct ip_prefix *net)
{
	size_t i;

	if (rule->n_dsts == 0)
		return false;
	for (i = 0; i < rule->srcs.n; i++) {
		if (ip_prefix_overlaps(&rule->srcs.item[i], net))
			return true;
	}
	return false;
}

bool filter_rules_let_in(const struct filter_rules *rules,
			 const struct ip_prefix *net)
{
	size_t i, j;

	for (i = 0; rules && i < rules->n; i++) {
		const struct filter_set *set = rules->item[i].set;

		for (j = 0; j < set->n; j++) {
			if (rule_lets_in(&set->rules[j], net))
				return true;
		}
	}
	return false;
}

/* Names come from outside; what a terminal might act on is written as \xHH. */
static void print_name(FILE *out, const char *name)
{
	const unsigned char *c;

	for (c = (const unsigned char *)name; *c; c++) {
		if (*c < 0x20 || *c >= 0x7f || *c == '\\')
			fprintf(out, "\\x%02x", *c);
		else
			fputc(*c, out);
	}
}

static void print_proto(FILE *out, uint8_t proto)
{
	switch (proto) {
	case 1:
		fprintf(out, " icmp");
		break;
	case 6:
		fprintf(out, " tcp");
		break;
	case 17:
		fprintf(out, " udp");
		break;
	case 58:
		fprintf(out, " icmpv6");
		break;
	case 132:
		fprintf(out, " sctp");
		break;
	default:
		fprintf(out, " %u", proto);
	}
}

static void print_grant(FILE *out, const struct filter_grant *grant)
{
	char text[IP_PREFIX_TEXT_MAX];
	size_t i;

	fprintf(out, "    grant");
	for (i = 0; i < grant->caps.n; i++) {
		fputc(' ', out);
		print_name(out, grant->caps.item[i]);
	}
	for (i = 0; i < grant->cap_map.n; i++) {
		fputc(' ', out);
		print_name(out, grant->cap_map.item[i].name);
		fprintf(out, "(%zu)", grant->cap_map.item[i].values.n);
	}
	fprintf(out, " on");
	for (i = 0; i < grant->dsts.n; i++)
		fprintf(out, " %s", ip_prefix_format(&grant->dsts.item[i],
						     text));
	fputc('\n', out);
}

static void print_dst(FILE *out, const struct filter_dst *dst)
{
	char text[IP_PREFIX_TEXT_MAX];

	fprintf(out, " %s", ip_prefix_format(&dst->net, text));
	if (dst->first == 0 && dst->last == UINT16_MAX)
		return;
	fprintf(out, " port %u", dst->first);
	if (dst->first != dst->last)
		fprintf(out, "-%u", dst->last);
}

static void print_rule(FILE *out, const struct filter_rule *rule)
{
	char text[IP_PREFIX_TEXT_MAX];
	size_t i;

	fprintf(out, "  proto");
	for (i = 0; i < rule->n_protos; i++)
		print_proto(out, rule->protos[i]);
	fprintf(out, rule->n_protos ? " from" : " none from");
	for (i = 0; i < rule->srcs.n; i++)
		fprintf(out, " %s", ip_prefix_format(&rule->srcs.item[i],
						     text));
	for (i = 0; i < rule->src_caps.n; i++) {
		fprintf(out, " cap:");
		print_name(out, rule->src_caps.item[i]);
	}
	if (rule->srcs.n + rule->src_caps.n == 0)
		fprintf(out, " nobody");
	fprintf(out, " to");
	for (i = 0; i < rule->n_dsts; i++)
		print_dst(out, &rule->dsts[i]);
	fprintf(out, rule->n_dsts ? "\n" : " nothing\n");
	for (i = 0; i < rule->n_grants; i++)
		print_grant(out, &rule->grants[i]);
}

static void print_all(FILE *out, const struct filter_rules *rules)
{
	size_t i, j;

	if (!rules || rules->n == 0)
		fprintf(out, "no rules: nothing is let in\n");
	else if (filter_rules_is_obsolete(rules))
		fprintf(out, "obsolete rules: nothing is let in\n");
	for (i = 0; rules && i < rules->n; i++) {
		const struct filter_set *set = rules->item[i].set;

		print_name(out, rules->item[i].name);
		fprintf(out, ": %zu rule%s", set->n, set->n == 1 ? "" : "s");
		if (set->skipped)
			fprintf(out, ", %zu entries left out", set->skipped);
		fputc('\n', out);
		for (j = 0; j < set->n; j++)
			print_rule(out, &set->rules[j]);
	}
}

int filter_rules_text(const struct filter_rules *rules, char **ret)
{
	size_t len;
	char *text = NULL;
	FILE *out = open_memstream(&text, &len);
	bool failed;

	if (!out)
		return -ENOMEM;
	print_all(out, rules);
	failed = ferror(out);
	if (fclose(out) != 0 || failed) {
		free(text);
		return -ENOMEM;
	}
	*ret = text;
	return 0;
}
