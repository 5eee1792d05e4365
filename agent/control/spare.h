/* SPDX-License-Identifier: GPL-2.0-only */
/* Addresses of the control server for the case that its name has none. */
#ifndef CONTROL_SPARE_H
#define CONTROL_SPARE_H

#include "control/bootstrap.h"
#include "control/race.h"

#include <stddef.h>
#include <stdint.h>

struct derp_regions;
struct netmap;

/* Relays are not asked again sooner. Source: net/dnsfallback, 30 s in total. */
#define SPARE_SELDOM_MS 30000

/**
 * struct spare - inside of the client
 * @transfers: where relays are asked
 * @host: the server's name
 * @relays: asked while no map has named others, or NULL
 * @random: any 32 bits
 * @found: there are addresses now
 * @ctx: for both
 * @search: under way, or NULL
 * @asked: one was made, at @asked_ms
 * @asked_ms: boot time
 * @candidate: what was found last; kept until something else is
 * @n: how many
 * @turn: which of them has its turn with who can ask but one, from 1 on;
 *	0 = the name has
 */
struct spare {
	struct transfers *transfers;
	const char *host;
	const struct derp_regions *relays;
	uint32_t (*random)(void *ctx);
	void (*found)(void *ctx);
	void *ctx;
	struct bootstrap *search;
	bool asked;
	uint64_t asked_ms;
	struct race_candidate candidate[BOOTSTRAP_ADDRS_MAX];
	size_t n;
	size_t turn;
};

/**
 * spare_search() - the name has no address: ask relays
 * @spare:	its first six members are set, the others zero at first
 * @netmap:	may name relays; or NULL
 *
 * Does nothing while it is asking, or has done so just now.
 */
void spare_search(struct spare *spare, const struct netmap *netmap);

/**
 * spare_addr() - whose turn is it?
 * @spare: the addresses
 *
 * Return: borrowed; NULL = that of the name.
 */
const struct resolve_addr *spare_addr(const struct spare *spare);

/**
 * spare_next() - it was of no use
 * @spare:	the addresses
 * @err:	why; the name loses its turn by TNE_NAME_LOOKUP alone
 */
void spare_next(struct spare *spare, int err);

/**
 * spare_cancel() - stop asking; what was found stays
 * @spare: the addresses
 */
void spare_cancel(struct spare *spare);

#endif /* CONTROL_SPARE_H */
