/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef WIRE_FILTER_JSON_H
#define WIRE_FILTER_JSON_H

#include "model/filter_rules.h"
#include "wire/json.h"

#include <stddef.h>

/* Most networks in all rules of one message; ours. A short range may come to
 * hundreds of them.
 */
#define FILTER_NETS_MAX (1U << 20)

/**
 * filter_json_parse() - read the rules under one name
 * @array:	of rules
 * @room:	networks that the message may still have; lowered
 * @ret:	the rules, the caller's
 *
 * What cannot be read is left out and counted: rules only ever allow.
 *
 * Source: tailcfg/tailcfg.go, FilterRule; wgengine/filter/tailcfg.go.
 * Return: 0, TNE_TOO_LONG if @room does not suffice, or -ENOMEM.
 */
int filter_json_parse(const json_t *array, size_t *room,
		      const struct filter_set **ret);

#endif /* WIRE_FILTER_JSON_H */
