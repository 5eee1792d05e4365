/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef MODEL_DNS_CONFIG_H
#define MODEL_DNS_CONFIG_H

#include "base/arena.h"
#include "model/ip.h"

#include <stdbool.h>
#include <stddef.h>

/**
 * struct resolver - a DNS server
 * @addr: "ADDRESS", "ADDRESS:PORT" or a URL
 * @bootstrap: addresses of the host in the URL
 * @n_bootstrap: how many
 * @use_with_exit_node: ask it while an exit node is in use, too
 */
struct resolver {
	const char *addr;
	const struct ip_addr *bootstrap;
	size_t n_bootstrap;
	bool use_with_exit_node;
};

/**
 * struct resolvers - several DNS servers
 * @item: in order of preference; borrowed from the value it belongs to
 * @n: how many
 */
struct resolvers {
	const struct resolver *item;
	size_t n;
};

/**
 * struct dns_route - who answers for names below a suffix
 * @suffix: without a dot at either end
 * @resolvers: none = our own records
 */
struct dns_route {
	const char *suffix;
	struct resolvers resolvers;
};

/**
 * struct dns_record - a record of our own
 * @name: with all labels
 * @type: "" = A or AAAA, as @value says
 * @value: text
 */
struct dns_record {
	const char *name;
	const char *type;
	const char *value;
};

/**
 * struct dns_config - DNS settings from the server, complete
 * @mem: owns it
 * @resolvers: for everything else
 * @routes: sorted by suffix
 * @n_routes: how many
 * @fallback_resolvers: where there would be no other
 * @domains: search list
 * @proxied: MagicDNS is on
 * @cert_domains: names that we may get certificates for
 * @extra_records: beside those of the nodes
 * @n_extra_records: how many
 * @exit_node_filtered_set: suffixes that an exit node does not answer
 *
 * Source: tailcfg/tailcfg.go, DNSConfig.
 */
struct dns_config {
	struct arena *mem;
	struct resolvers resolvers;
	const struct dns_route *routes;
	size_t n_routes;
	struct resolvers fallback_resolvers;
	struct text_list domains;
	bool proxied;
	struct text_list cert_domains;
	const struct dns_record *extra_records;
	size_t n_extra_records;
	struct text_list exit_node_filtered_set;
};

/**
 * dns_config_get() - take a reference
 * @dns: the settings or NULL
 *
 * Return: @dns.
 */
const struct dns_config *dns_config_get(const struct dns_config *dns);

/**
 * dns_config_put() - give a reference back
 * @dns: the settings or NULL
 */
void dns_config_put(const struct dns_config *dns);

/**
 * resolvers_equal() - are two lists the same?
 * @a: one
 * @b: the other
 *
 * Return: true if so.
 */
bool resolvers_equal(const struct resolvers *a, const struct resolvers *b);

#endif /* MODEL_DNS_CONFIG_H */
