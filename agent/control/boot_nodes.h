/* SPDX-License-Identifier: GPL-2.0-only */
/* Relays that may know the address of the control server. */
#ifndef CONTROL_BOOT_NODES_H
#define CONTROL_BOOT_NODES_H

#include "loop/resolve.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct derp_regions;

#define BOOT_NODES_MAX 6	/* source: net/dnsfallback/dnsfallback.go */
#define BOOT_HOST_MAX 254	/* bytes, with the end */

/**
 * struct boot_node - a relay that may be asked
 * @host: its name, for TLS
 * @addr: where it is
 * @port: that it relays on
 */
struct boot_node {
	char host[BOOT_HOST_MAX];
	struct resolve_addr addr;
	uint16_t port;
};

/**
 * boot_nodes_choose() - which relays to ask
 * @regions:	all there are, or NULL
 * @random:	any 32 bits
 * @ctx:	for @random
 * @ret:	room for BOOT_NODES_MAX
 *
 * By lot, IPv4 and IPv6 in turns as far as there are both. Certificates that
 * are not checked the usual way rule a relay out.
 *
 * Return: how many.
 */
size_t boot_nodes_choose(const struct derp_regions *regions,
			uint32_t (*random)(void *ctx), void *ctx,
			struct boot_node *ret);

/**
 * boot_is_host() - is this the name of a host, and nothing else?
 * @name: goes into a URL
 *
 * Return: true if so.
 */
bool boot_is_host(const char *name);

#endif /* CONTROL_BOOT_NODES_H */
