/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The addresses of the control server when its name cannot be looked up: relays
 * know them, and are reached by address themselves. Their word is a hint; that
 * it is the right server is proved by its key.
 *
 * Source: net/dnsfallback/dnsfallback.go.
 */
#ifndef CONTROL_BOOTSTRAP_H
#define CONTROL_BOOTSTRAP_H

#include "control/boot_nodes.h"
#include "wire/bootstrap_json.h"

#include <stddef.h>
#include <stdint.h>

struct bootstrap;
struct transfers;

#define BOOTSTRAP_NODE_MS 3000		/* for each */

/**
 * typedef bootstrap_fn - the end of it
 * @ctx:	of the search
 * @addr:	addresses in the order in which to try them; borrowed
 * @n:		how many; 0 = nobody knew
 *
 * The search is over and must not be cancelled any more.
 */
typedef void (*bootstrap_fn)(void *ctx, const struct resolve_addr *addr,
			     size_t n);

/**
 * struct bootstrap_config - what is searched for
 * @transfers: borrowed until the end
 * @host: the name; copied
 * @nodes: from boot_nodes_choose(); copied
 * @n_nodes: how many
 * @random: any 32 bits
 * @ctx: for @random
 */
struct bootstrap_config {
	struct transfers *transfers;
	const char *host;
	const struct boot_node *nodes;
	size_t n_nodes;
	uint32_t (*random)(void *ctx);
	void *ctx;
};

/**
 * bootstrap_start() - ask
 * @config:	copied
 * @fn:		called once, unless cancelled
 * @ctx:	for @fn
 * @ret:	the search, to be cancelled; gone once @fn was called
 *
 * Return: 0, TNE_NAME_LOOKUP if nobody can be asked, or -ENOMEM.
 */
int bootstrap_start(const struct bootstrap_config *config, bootstrap_fn fn,
		    void *ctx, struct bootstrap **ret);

/**
 * bootstrap_cancel() - give up
 * @bootstrap: the search or NULL
 */
void bootstrap_cancel(struct bootstrap *bootstrap);

#endif /* CONTROL_BOOTSTRAP_H */
