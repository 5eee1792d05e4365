// SPDX-License-Identifier: GPL-2.0-only
#include "model/wg_config.h"

#include "base/array.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct wg_peer_config *wg_config_add_peer(struct wg_config *config)
{
	struct wg_peer_config *peers = array_grow(config->peers,
						  config->n_peers,
						  &config->cap_peers,
						  sizeof(*peers));

	if (!peers)
		return NULL;
	config->peers = peers;
	memset(&peers[config->n_peers], 0, sizeof(*peers));
	return &peers[config->n_peers++];
}

static void peer_done(struct wg_peer_config *peer)
{
	free(peer->host);
	wg_prefixes_done(&peer->prefixes);
}

/* Order by key, then by place: an address is a place in the array. */
static int cmp_place(const void *a, const void *b)
{
	const struct wg_peer_config *x = *(struct wg_peer_config *const *)a;
	const struct wg_peer_config *y = *(struct wg_peer_config *const *)b;
	int r = key_cmp_public(&x->key, &y->key);

	return r ? r : x < y ? -1 : x > y;
}

static void fold_into(struct wg_peer_config *peer, struct wg_peer_config *later)
{
	if (later->set & WG_PEER_PSK)
		peer->psk = later->psk;
	if (later->set & WG_PEER_KEEPALIVE)
		peer->keepalive_s = later->keepalive_s;
	if (later->set & WG_PEER_ROAM)
		peer->roam = later->roam;
	if (later->set & WG_PEER_ENDPOINT) {
		free(peer->host);
		peer->host = steal(later->host);
		peer->endpoint = later->endpoint;
	}
	if (later->set & WG_PEER_REPLACE_IPS) {
		wg_prefixes_done(&peer->prefixes);
		peer->prefixes = later->prefixes;
		memset(&later->prefixes, 0, sizeof(later->prefixes));
	}
	peer->set |= later->set;
	later->folded = true;
}

int wg_config_fold(struct wg_config *config)
{
	struct wg_peer_config **order;
	struct wg_peer_config *first = NULL;
	size_t i, n = 0;

	config->unique = true;
	if (config->n_peers < 2)
		return 0;
	order = calloc(config->n_peers, sizeof(struct wg_peer_config *));
	if (!order)
		return -ENOMEM;
	for (i = 0; i < config->n_peers; i++)
		order[i] = &config->peers[i];
	qsort(order, config->n_peers, sizeof(*order), cmp_place);
	for (i = 0; i < config->n_peers; i++) {
		if (first && key_cmp_public(&first->key, &order[i]->key) == 0)
			fold_into(first, order[i]);
		else
			first = order[i];
	}
	free(order);

	for (i = 0; i < config->n_peers; i++) {
		if (config->peers[i].folded)
			peer_done(&config->peers[i]);
		else
			config->peers[n++] = config->peers[i];
	}
	config->n_peers = n;
	return 0;
}

void wg_config_done(struct wg_config *config)
{
	size_t i;

	for (i = 0; i < config->n_peers; i++)
		peer_done(&config->peers[i]);
	free(config->peers);
	secret_arena_free(config->arena);
	memset(config, 0, sizeof(*config));
}
