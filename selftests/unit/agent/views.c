// SPDX-License-Identifier: GPL-2.0-only
#include "views.h"

#include <stdlib.h>
#include <string.h>

#include <arpa/inet.h>

struct node_public view_key(uint32_t n)
{
	struct node_public key = { { 0 } };

	/* Spread, so that the order of keys is not that of numbers. */
	key.byte[0] = n * 37;
	key.byte[1] = n * 101;
	key.byte[28] = n >> 24;
	key.byte[29] = n >> 16;
	key.byte[30] = n >> 8;
	key.byte[31] = n;
	return key;
}

struct wg_prefix view_prefix(uint32_t n, uint8_t bits)
{
	struct wg_prefix p = { .addr_len = 4, .bits = bits };

	if (n & VIEW_V6) {
		p.addr_len = 16;
		p.addr[0] = 0xfd;
		p.addr[15] = n;
	} else {
		p.addr[0] = 10;
		p.addr[1] = n >> 16;
		p.addr[2] = n >> 8;
		p.addr[3] = n;
	}
	return p;
}

static void add_prefix(struct wanted_peer *peer, uint32_t n, uint8_t bits,
		       bool primary)
{
	struct wg_prefix prefix = view_prefix(n, bits);

	prefix.primary = primary;
	if (wg_prefixes_add(&peer->prefixes, &prefix) < 0)
		abort();
}

struct wanted_peer *view_peer(uint32_t n)
{
	struct node_public key = view_key(n);
	struct wanted_peer *peer = wanted_peer_new(&key);

	if (!peer)
		abort();
	peer->node_id = n;
	peer->expires_s = 1000000 + n;
	peer->endpoint = (struct wg_endpoint){
		.addr = { 192, 0, 2, n }, .addr_len = 4, .port = 41641,
	};
	add_prefix(peer, n, 32, false);
	return peer;
}

void view_put(struct wanted *w, struct wanted_peer *peer)
{
	if (wanted_put(w, peer) < 0)
		abort();
}

void view_fill(struct wanted *w, uint32_t n)
{
	uint32_t i;

	for (i = 1; i <= n; i++) {
		struct wanted_peer *peer = view_peer(i);

		add_prefix(peer, VIEW_V6 | i, 128, false);
		memcpy(&peer->prefixes.item[1].addr[12],
		       &(uint32_t){ htonl(i) }, 4);
		view_put(w, peer);
	}
}

uint32_t view_random(uint32_t *seed, uint32_t below)
{
	*seed = *seed * 1664525 + 1013904223;
	return (*seed >> 8) % below;
}

struct wanted_peer *view_random_peer(uint32_t *seed)
{
	struct node_public key = view_key(view_random(seed, 12));
	struct wanted_peer *peer = wanted_peer_new(&key);
	uint32_t n;

	if (!peer)
		abort();
	peer->node_id = view_random(seed, 6);
	peer->roam = view_random(seed, 4) == 0;
	peer->keepalive_s = view_random(seed, 2) * 25;
	peer->expires_s = view_random(seed, 2) * 1000000;
	if (view_random(seed, 3)) {
		peer->endpoint.addr_len = view_random(seed, 2) ? 4 : 16;
		peer->endpoint.addr[0] = view_random(seed, 2);
		peer->endpoint.port = 1 + view_random(seed, 2);
	}
	for (n = view_random(seed, 6); n > 0; n--)
		add_prefix(peer, view_random(seed, 2) * VIEW_V6 |
				 view_random(seed, 6),
			   view_random(seed, 2) ? 32 : 24,
			   view_random(seed, 4) == 0);
	return peer;
}

void view_random_device(uint32_t *seed, struct wanted_dev *dev)
{
	dev->fwmark = view_random(seed, 2);
	dev->on[WG_SWITCH_GSO] = view_random(seed, 2);
	dev->has_key = false;
}

void view_random_fill(uint32_t *seed, struct wanted *w)
{
	uint32_t n;

	view_random_device(seed, &w->dev);
	for (n = view_random(seed, 14); n > 0; n--)
		view_put(w, view_random_peer(seed));
}

void view_copy(struct wanted *to, const struct wanted *from)
{
	size_t i;

	to->dev = from->dev;
	for (i = 0; i < from->n_peers; i++) {
		struct wanted_peer *peer = wanted_peer_copy(from->peers[i]);

		if (!peer)
			abort();
		view_put(to, peer);
	}
}
