/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef MODEL_DERP_MAP_H
#define MODEL_DERP_MAP_H

#include "base/arena.h"
#include "model/ip.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DERP_PORT 443		/* where a node gives none */
#define DERP_STUN_PORT 3478	/* where a node gives none */

/**
 * struct derp_node - a relay
 * @name: its name
 * @region_id: its region
 * @host_name: for TLS and DNS
 * @cert_name: "" = @host_name; "sha256-raw:HEX" pins a certificate
 * @ipv4: none = look the name up
 * @ipv6: likewise
 * @no_ipv4: do not use IPv4
 * @no_ipv6: do not use IPv6
 * @stun_port: 0 = no STUN; the default is filled in
 * @stun_only: it relays nothing
 * @derp_port: the default is filled in
 * @insecure_for_tests: as received; to be ignored outside of tests
 * @stun_test_ip: for tests
 * @can_port_80: HTTP on port 80 works
 */
struct derp_node {
	const char *name;
	int64_t region_id;
	const char *host_name;
	const char *cert_name;
	struct ip_addr ipv4;
	struct ip_addr ipv6;
	bool no_ipv4;
	bool no_ipv6;
	uint16_t stun_port;
	bool stun_only;
	uint16_t derp_port;
	bool insecure_for_tests;
	struct ip_addr stun_test_ip;
	bool can_port_80;
};

/**
 * struct derp_region - relays in one place
 * @id: above 0
 * @code: short name
 * @name: long name
 * @latitude: degrees
 * @longitude: degrees
 * @avoid: not as a home
 * @no_measure_no_home: neither measured nor a home
 * @nodes: in order of preference
 * @n_nodes: how many
 */
struct derp_region {
	int64_t id;
	const char *code;
	const char *name;
	double latitude;
	double longitude;
	bool avoid;
	bool no_measure_no_home;
	const struct derp_node *nodes;
	size_t n_nodes;
};

/**
 * struct derp_regions - all relays
 * @mem: owns it
 * @item: sorted by id
 * @n: how many
 * @omit_default: these are all; no other regions are to be added
 *
 * Source: tailcfg/derpmap.go.
 */
struct derp_regions {
	struct arena *mem;
	const struct derp_region *item;
	size_t n;
	bool omit_default;
};

/**
 * struct derp_score - how a region's latency is scaled in the choice of a home
 * @region_id: the region
 * @factor: above 0
 */
struct derp_score {
	int64_t region_id;
	double factor;
};

/**
 * struct derp_home - what guides the choice of a home region
 * @mem: owns it
 * @scores: sorted by region
 * @n_scores: how many
 */
struct derp_home {
	struct arena *mem;
	const struct derp_score *scores;
	size_t n_scores;
};

/* References, NULL being none. */
const struct derp_regions *derp_regions_get(const struct derp_regions *regions);
void derp_regions_put(const struct derp_regions *regions);
const struct derp_home *derp_home_get(const struct derp_home *home);
void derp_home_put(const struct derp_home *home);

/**
 * derp_regions_find() - look a region up
 * @regions:	all of them, or NULL
 * @id:		its id
 *
 * Return: borrowed from @regions; NULL = none.
 */
const struct derp_region *derp_regions_find(const struct derp_regions *regions,
					    int64_t id);

/**
 * derp_home_factor() - how to scale the latency of a region
 * @home:	scores or NULL
 * @region_id:	the region
 *
 * Return: above 0; 1 for a region without a score.
 */
double derp_home_factor(const struct derp_home *home, int64_t region_id);

#endif /* MODEL_DERP_MAP_H */
