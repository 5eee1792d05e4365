// SPDX-License-Identifier: GPL-2.0-only
#include "control/boot_nodes.h"

#include "model/derp_map.h"

#include <stdio.h>
#include <string.h>

#define HOST_CHARS \
	"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-."

/* It goes into a URL: nothing but what names are made of. */
bool boot_is_host(const char *name)
{
	size_t len = strlen(name);

	return len > 0 && len < BOOT_HOST_MAX &&
	       strspn(name, HOST_CHARS) == len;
}

static bool is_usable(const struct derp_node *node, bool six)
{
	/* Another name in the certificate, or one of another kind. */
	if (*node->cert_name || !boot_is_host(node->host_name))
		return false;
	if (six)
		return !node->no_ipv6 && node->ipv6.len == 16;
	return !node->no_ipv4 && node->ipv4.len == 4;
}

/*
 * One of all that are usable and not chosen yet, each as likely as the others.
 * Return: NULL if there is none.
 */
static const struct derp_node *draw_node(const struct derp_regions *regions,
					 bool six,
					 uint32_t (*random)(void *ctx),
					 void *ctx,
					 const struct boot_node *chosen,
					 size_t n_chosen)
{
	const struct derp_node *ret = NULL;
	size_t i, k, c, seen = 0;

	for (i = 0; i < regions->n; i++) {
		for (k = 0; k < regions->item[i].n_nodes; k++) {
			const struct derp_node *node =
				&regions->item[i].nodes[k];
			int family = six ? AF_INET6 : AF_INET;

			if (!is_usable(node, six))
				continue;
			for (c = 0; c < n_chosen; c++) {
				if (chosen[c].addr.family == family &&
				    !strcmp(chosen[c].host, node->host_name))
					break;
			}
			if (c == n_chosen && (uint64_t)random(ctx) * ++seen >> 32 == 0)
				ret = node;
		}
	}
	return ret;
}

static void set_node(const struct derp_node *node, bool six,
		     struct boot_node *ret)
{
	const struct ip_addr *ip = six ? &node->ipv6 : &node->ipv4;

	snprintf(ret->host, sizeof(ret->host), "%s", node->host_name);
	ret->port = node->derp_port;
	memset(&ret->addr, 0, sizeof(ret->addr));
	ret->addr.family = six ? AF_INET6 : AF_INET;
	memcpy(ret->addr.byte, ip->byte, ip->len);
}

size_t boot_nodes_choose(const struct derp_regions *regions,
			uint32_t (*random)(void *ctx), void *ctx,
			struct boot_node *ret)
{
	bool six = false;
	size_t n = 0;
	int missed = 0;

	while (regions && n < BOOT_NODES_MAX && missed < 2) {
		const struct derp_node *node = draw_node(regions, six, random,
							 ctx, ret, n);

		if (node) {
			set_node(node, six, &ret[n++]);
			missed = 0;
		} else {
			missed++;
		}
		six = !six;
	}
	return n;
}
