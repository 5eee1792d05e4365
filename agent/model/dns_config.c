// SPDX-License-Identifier: GPL-2.0-only
#include "model/dns_config.h"

#include <string.h>

const struct dns_config *dns_config_get(const struct dns_config *dns)
{
	if (dns)
		arena_get(dns->mem);
	return dns;
}

void dns_config_put(const struct dns_config *dns)
{
	if (dns)
		arena_put(dns->mem);
}

static bool equal(const struct resolver *a, const struct resolver *b)
{
	size_t i;

	if (strcmp(a->addr, b->addr) != 0 ||
	    a->use_with_exit_node != b->use_with_exit_node ||
	    a->n_bootstrap != b->n_bootstrap)
		return false;
	for (i = 0; i < a->n_bootstrap; i++) {
		if (ip_cmp(&a->bootstrap[i], &b->bootstrap[i]) != 0)
			return false;
	}
	return true;
}

bool resolvers_equal(const struct resolvers *a, const struct resolvers *b)
{
	size_t i;

	if (a->n != b->n)
		return false;
	for (i = 0; i < a->n; i++) {
		if (!equal(&a->item[i], &b->item[i]))
			return false;
	}
	return true;
}
