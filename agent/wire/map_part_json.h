/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef WIRE_MAP_PART_JSON_H
#define WIRE_MAP_PART_JSON_H

#include "model/netmap_delta.h"
#include "wire/json.h"

/*
 * The parts of a map message that are values of their own. Each is the
 * caller's, in an arena of its own. What is wrong in one of them is left out,
 * since all of it is information or preference; so these return 0 or -ENOMEM.
 *
 * Source: tailcfg/tailcfg.go, tailcfg/derpmap.go.
 */

/* "DNSConfig" */
int map_part_json_dns(const json_t *object, const struct dns_config **ret);

/* "Regions" of "DERPMap"; a region that is null is none. */
int map_part_json_regions(json_t *regions, bool omit_default,
			  const struct derp_regions **ret);

/* "RegionScore" of "HomeParams" of "DERPMap" */
int map_part_json_home(json_t *scores, const struct derp_home **ret);

/* One of "UserProfiles"; NULL if it has no id. */
int map_part_json_user(const json_t *object, const struct user_profile **ret);

/* "DisplayMessages" */
int map_part_json_messages(json_t *object, const struct health_messages **ret);

/* "Health" */
int map_part_json_health(const json_t *parent, const char *name,
			 const struct health_lines **ret);

/* "ControlDialPlan"; numbers out of range are brought into it. */
int map_part_json_dial_plan(const json_t *object, const struct dial_plan **ret);

/* "ClientVersion" */
int map_part_json_version(const json_t *object,
			  const struct client_version **ret);

/* Anything, unread. */
int map_part_json_raw(const json_t *value, const struct raw_json **ret);

#endif /* WIRE_MAP_PART_JSON_H */
