// SPDX-License-Identifier: GPL-2.0-only
#include "control/spare.h"

#include "base/cleanup.h"
#include "base/log.h"
#include "loop/loop.h"
#include "loop/transfers.h"
#include "model/netmap.h"

static void on_end(void *ctx, const struct resolve_addr *addr, size_t n)
{
	struct spare *spare = ctx;
	size_t i;

	spare->search = NULL;
	log_info("control: relays know %zu addresses of the server", n);
	/* What was known before is better than nothing. */
	if (!n)
		return;
	for (i = 0; i < n; i++)
		spare->candidate[i] = (struct race_candidate){
			.addr = addr[i], .after_ms = i * RACE_SPARE_STEP_MS,
		};
	spare->n = n;
	/* Of those before, or of the name without success. */
	spare->turn = 1;
	spare->found(spare->ctx);
}

void spare_search(struct spare *spare, const struct netmap *netmap)
{
	uint64_t now_ms = loop_now_ms(transfers_loop(spare->transfers));
	struct boot_node nodes[BOOT_NODES_MAX];
	struct bootstrap_config config = {
		.transfers = spare->transfers, .host = spare->host,
		.nodes = nodes, .random = spare->random, .ctx = spare->ctx,
	};

	if (spare->search ||
	    (spare->asked && now_ms - spare->asked_ms < SPARE_SELDOM_MS))
		return;
	config.n_nodes = boot_nodes_choose(netmap && netmap->derp_regions ?
					   netmap->derp_regions : spare->relays,
					   spare->random, spare->ctx, nodes);
	if (bootstrap_start(&config, on_end, spare, &spare->search) < 0)
		return;
	spare->asked = true;
	spare->asked_ms = now_ms;
}

const struct resolve_addr *spare_addr(const struct spare *spare)
{
	return spare->turn ? &spare->candidate[spare->turn - 1].addr : NULL;
}

void spare_next(struct spare *spare, int err)
{
	if (spare->turn || err == TNE_NAME_LOOKUP)
		spare->turn++;
	/* After the last of them it is tried by name once more. */
	if (spare->turn > spare->n)
		spare->turn = 0;
}

void spare_cancel(struct spare *spare)
{
	bootstrap_cancel(steal(spare->search));
}
