// SPDX-License-Identifier: GPL-2.0-only
#include "model/view.h"

#include <errno.h>
#include <string.h>

enum view_closed view_check(const struct netmap *netmap,
			    const struct timestamp *now)
{
	if (!netmap || !netmap->self)
		return VIEW_NO_MAP;
	if (netmap->self->expired || netmap_self_expired(netmap, now))
		return VIEW_SELF_EXPIRED;
	if (!netmap->self->machine_authorized)
		return VIEW_UNAPPROVED;
	return VIEW_OPEN;
}

bool view_wants(const struct netmap *netmap, const struct node *peer)
{
	return netmap_peer_fault(netmap, peer) == PEER_OK && !peer->jailed &&
	       !peer->masq_v4.len && !peer->masq_v6.len;
}

static bool is_listed(const struct ip_prefixes *list,
		      const struct ip_prefix *prefix)
{
	size_t i;

	for (i = 0; i < list->n; i++) {
		if (ip_prefix_cmp(&list->item[i], prefix) == 0)
			return true;
	}
	return false;
}

/* One of the tailnet's own addresses, not of a network behind a node. */
static bool is_tailnet_ip(const struct ip_addr *ip)
{
	static const struct ip_prefix nets[] = {
		{ { { 100, 64 }, 4 }, 10 },
		{ { { 0xfd, 0x7a, 0x11, 0x5c, 0xa1, 0xe0 }, 16 }, 48 },
	};

	return ip_prefix_contains(&nets[0], ip) ||
	       ip_prefix_contains(&nets[1], ip);
}

/*
 * May the peer have this prefix?
 * Source: ipn/ipnlocal/local.go and wgengine/wgcfg/nmcfg, cidrIsSubnet.
 */
static bool is_allowed(const struct netmap *netmap, const struct node *peer,
		       const struct ip_prefix *prefix,
		       const struct view_options *options)
{
	if (is_listed(&netmap->self->addresses, prefix))
		return false;
	if (prefix->bits == 0)
		return *options->exit_node &&
		       !strcmp(options->exit_node, peer->stable_id);
	if (ip_prefix_is_single(prefix) &&
	    (is_tailnet_ip(&prefix->addr) ||
	     is_listed(&peer->addresses, prefix)))
		return true;
	return options->accept_routes;
}

static int add_prefix(struct wg_prefixes *list, const struct ip_prefix *prefix,
		      bool primary)
{
	struct wg_prefix item = {
		.addr_len = prefix->addr.len, .bits = prefix->bits,
		.primary = primary,
	};

	memcpy(item.addr, prefix->addr.byte, prefix->addr.len);
	return wg_prefixes_add(list, &item);
}

static int add_prefixes(const struct netmap *netmap, const struct node *peer,
			const struct view_options *options,
			struct wg_prefixes *ret)
{
	const struct ip_prefixes *list = &peer->allowed_ips;
	size_t i;
	int r = 0;

	if (peer->unsigned_peerapi_only)
		list = &peer->addresses;
	for (i = 0; i < list->n && r == 0; i++) {
		const struct ip_prefix *prefix = &list->item[i];

		if (is_allowed(netmap, peer, prefix, options))
			r = add_prefix(ret, prefix,
				       is_listed(&peer->primary_routes,
						 prefix));
	}
	return r;
}

/* The kernel goes by the local clock, keys expire by the server's. */
static int64_t local_expiry(const struct netmap *netmap,
			    const struct node *peer)
{
	struct timestamp t;

	if (!peer->key_expiry.set)
		return 0;
	t = timestamp_add_ms(peer->key_expiry, -netmap->clock_offset_ms);
	/* No clock, no expiry: see netmap_clock_is_sane(). */
	return t.s > 0 ? t.s : 0;
}

/* Who needs no signature is not asked what others would make of his. */
static int add_sig(const struct node *peer, const struct view_options *options,
		   struct wanted_peer *ret)
{
	ret->unsigned_ok = peer->unsigned_peerapi_only;
	if (ret->unsigned_ok || !peer->key_signature.len || !options->read_sig)
		return 0;
	return options->read_sig(peer->key_signature, &ret->sig);
}

static int build_peer(const struct netmap *netmap, const struct node *peer,
		      const struct view_options *options,
		      struct wanted_peer *ret)
{
	struct ip_port ep;
	int r = add_sig(peer, options, ret);

	if (r == 0 && options->rotated)
		r = options->rotated(options->ctx, peer);
	if (r < 0)
		return r;
	ret->rotated = r > 0;
	ret->node_id = peer->id;
	/*
	 * Until paths are looked for, a peer that was heard from elsewhere is
	 * best answered there; what proves it is its key.
	 */
	ret->roam = true;
	ret->expires_s = local_expiry(netmap, peer);
	if (reach_choose(&peer->endpoints, &options->host, &ep)) {
		memcpy(ret->endpoint.addr, ep.addr.byte, ep.addr.len);
		ret->endpoint.addr_len = ep.addr.len;
		ret->endpoint.port = ep.port;
	}
	return add_prefixes(netmap, peer, options, &ret->prefixes);
}

int view_put_peer(struct wanted *view, const struct netmap *netmap,
		  const struct node_public *key,
		  const struct view_options *options)
{
	struct wanted_peer *peer auto_clean(wanted_peer) = NULL;
	const struct node *node = netmap_find_key(netmap, key);
	int r;

	if (!node || !view_wants(netmap, node)) {
		wanted_remove(view, key);
		return 0;
	}
	peer = wanted_peer_new(key);
	if (!peer)
		return -ENOMEM;
	r = build_peer(netmap, node, options, peer);
	if (r == 0)
		r = wanted_put(view, peer);
	if (r == 0)
		peer = NULL;
	return r;
}

int view_build(const struct netmap *netmap, const struct view_options *options,
	       struct wanted *ret)
{
	const struct node *peer = NULL;
	int r = 0;

	while (r == 0 && (peer = netmap_next_peer(netmap, peer)))
		r = view_put_peer(ret, netmap, &peer->key, options);
	return r;
}
