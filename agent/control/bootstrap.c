// SPDX-License-Identifier: GPL-2.0-only
#include "control/bootstrap.h"

#include "base/err.h"
#include "loop/fetch.h"
#include "loop/loop.h"
#include "loop/transfers.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define URL_MAX 640	/* bytes: two names, and what is between them */

/**
 * struct bootstrap - a search
 * @config: as given; its texts are in the next ones
 * @host: the name
 * @nodes: to be asked
 * @at: which of them
 * @fetch: under way, or NULL
 * @later: asks the next one
 * @fn: told the end
 * @ctx: for @fn
 */
struct bootstrap {
	struct bootstrap_config config;
	char host[BOOT_HOST_MAX];
	struct boot_node nodes[BOOT_NODES_MAX];
	size_t at;
	struct fetch *fetch;
	struct loop_later later;
	bootstrap_fn fn;
	void *ctx;
};

/* Below @n, by lot. */
static size_t draw(uint32_t (*random)(void *ctx), void *ctx, size_t n)
{
	return (uint64_t)random(ctx) * n >> 32;
}

static void bootstrap_free(struct bootstrap *b)
{
	fetch_cancel(b->fetch);
	loop_later_cancel(&b->later);
	free(b);
}

static void finish(struct bootstrap *b, const struct resolve_addr *addr,
		   size_t n)
{
	bootstrap_fn fn = b->fn;
	void *ctx = b->ctx;

	bootstrap_free(b);
	fn(ctx, addr, n);
}

/* In an order that no relay decides on. */
static size_t shuffle(struct bootstrap *b, const struct ip_addr *from, size_t n,
		      struct resolve_addr *ret)
{
	size_t i, k;

	for (i = 0; i < n; i++) {
		k = draw(b->config.random, b->config.ctx, i + 1);
		ret[i] = ret[k];
		memset(&ret[k], 0, sizeof(ret[k]));
		ret[k].family = from[i].len == 4 ? AF_INET : AF_INET6;
		memcpy(ret[k].byte, from[i].byte, from[i].len);
	}
	return n;
}

static void on_fetched(void *ctx, int err, const struct err_detail *detail,
		       const struct fetch_response *response)
{
	struct resolve_addr addr[BOOTSTRAP_ADDRS_MAX] = { { 0 } };
	struct ip_addr ip[BOOTSTRAP_ADDRS_MAX];
	struct bootstrap *b = ctx;
	int n = TNE_NAME_LOOKUP;

	(void)detail;
	b->fetch = NULL;
	if (err == 0 && response->status == 200)
		n = bootstrap_json_parse(response->body, response->body_len,
					 b->host, ip);
	if (n > 0) {
		finish(b, addr, shuffle(b, ip, n, addr));
		return;
	}
	b->at++;
	loop_later_set(transfers_loop(b->config.transfers), &b->later);
}

static int ask(struct bootstrap *b, const struct boot_node *node)
{
	char url[URL_MAX];
	const struct fetch_request request = {
		.method = FETCH_GET, .url = url, .addr = &node->addr,
		.body_max = BOOTSTRAP_BODY_MAX,
		.timeout_ms = BOOTSTRAP_NODE_MS,
	};

	snprintf(url, sizeof(url), "https://%s:%u/bootstrap-dns?q=%s",
		 node->host, node->port, b->host);
	return fetch_start(b->config.transfers, &request, on_fetched, b,
			   &b->fetch);
}

static void on_later(void *ctx)
{
	struct bootstrap *b = ctx;

	for (; b->at < b->config.n_nodes; b->at++) {
		if (ask(b, &b->nodes[b->at]) == 0)
			return;
	}
	finish(b, NULL, 0);
}

int bootstrap_start(const struct bootstrap_config *config, bootstrap_fn fn,
		    void *ctx, struct bootstrap **ret)
{
	struct bootstrap *b;

	if (!config->n_nodes || !boot_is_host(config->host))
		return TNE_NAME_LOOKUP;
	b = calloc(1, sizeof(*b));
	if (!b)
		return -ENOMEM;
	b->config = *config;
	if (b->config.n_nodes > BOOT_NODES_MAX)
		b->config.n_nodes = BOOT_NODES_MAX;
	memcpy(b->nodes, config->nodes,
	       b->config.n_nodes * sizeof(b->nodes[0]));
	snprintf(b->host, sizeof(b->host), "%s", config->host);
	b->fn = fn;
	b->ctx = ctx;
	loop_later_init(&b->later, on_later, b);
	loop_later_set(transfers_loop(config->transfers), &b->later);
	*ret = b;
	return 0;
}

void bootstrap_cancel(struct bootstrap *bootstrap)
{
	if (bootstrap)
		bootstrap_free(bootstrap);
}
