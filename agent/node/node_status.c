// SPDX-License-Identifier: GPL-2.0-only
#include "node/node_status.h"

#include "crypto/key_text.h"
#include "model/dns_config.h"
#include "model/hostinfo.h"
#include "node.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A peer counts as active so long after it was heard. */
#define ACTIVE_S 120

static int add_text(struct str_list *list, const char *text)
{
	return str_list_add(list, text, strlen(text));
}

static int add_prefixes(const struct ip_prefixes *from, struct str_list *ret)
{
	char text[IP_PREFIX_TEXT_MAX];
	size_t i;
	int r = 0;

	for (i = 0; i < from->n && r == 0; i++)
		r = add_text(ret, ip_prefix_format(&from->item[i], text));
	return r;
}

/* IPv4 first. */
static int add_addresses(const struct ip_prefixes *from, struct str_list *ret)
{
	char text[IP_TEXT_MAX];
	uint8_t len;
	size_t i;
	int r = 0;

	for (len = 4; len <= 16; len += 12) {
		for (i = 0; i < from->n && r == 0; i++) {
			if (from->item[i].addr.len == len)
				r = add_text(ret, ip_format(&from->item[i].addr,
							    text));
		}
	}
	return r;
}

static bool is_exit_option(const struct node *node)
{
	size_t i;

	for (i = 0; i < node->allowed_ips.n; i++) {
		if (node->allowed_ips.item[i].bits == 0)
			return true;
	}
	return false;
}

/* What a node says itself, and what the server says of it. */
static int fill_node(const struct node *node, struct status_peer *ret)
{
	const struct hostinfo *info = node->hostinfo;
	size_t i;
	int r;

	ret->node_id = node->id;
	ret->key = node->key;
	ret->user_id = node->user;
	ret->sharer_id = node->sharer;
	ret->created = node->created;
	ret->key_expiry = node->key_expiry;
	ret->expired = node->expired;
	ret->exit_node_option = is_exit_option(node);
	ret->in_map = true;
	r = status_set_text(&ret->id, node->stable_id);
	if (r == 0)
		r = status_set_text(&ret->dns_name, node->name);
	if (r == 0 && info)
		r = status_set_text(&ret->host_name, info->hostname);
	if (r == 0 && info)
		r = status_set_text(&ret->os, info->os);
	if (r == 0)
		r = add_addresses(&node->addresses, &ret->addresses);
	if (r == 0)
		r = add_prefixes(&node->allowed_ips, &ret->allowed_ips);
	if (r == 0)
		r = add_prefixes(&node->primary_routes, &ret->routes);
	for (i = 0; i < node->tags.n && r == 0; i++)
		r = add_text(&ret->tags, node->tags.item[i]);
	return r;
}

int node_status_self(const struct node_status_input *in,
		     struct status_peer *ret)
{
	char text[IP_PORT_TEXT_MAX];
	size_t i;
	int r = 0;

	if (in->netmap && in->netmap->self)
		r = fill_node(in->netmap->self, ret);
	ret->key = in->key;
	ret->online = in->connected;
	if (r == 0)
		r = status_set_text(&ret->host_name, in->hostname);
	if (r == 0)
		r = status_set_text(&ret->os, "linux");
	for (i = 0; i < in->n_endpoints && r == 0; i++)
		r = add_text(&ret->endpoints,
			     ip_port_format(&in->endpoints[i].addr, text));
	return r;
}

static int cmp_peer(const void *key, const void *peer)
{
	return key_cmp_public(key, &((const struct wg_peer *)peer)->key);
}

/* What the kernel knows of it. */
static int fill_counters(const struct wg_peer *peer, int64_t now_s,
			 struct status_peer *ret)
{
	struct ip_port ep = { .port = peer->endpoint.port };
	char text[IP_PORT_TEXT_MAX];

	int r = 0;

	ret->in_engine = true;
	if (lock_verdict_refused(peer->verdict))
		r = status_set_text(&ret->refused,
				    lock_verdict_text(peer->verdict));
	if (r < 0)
		return r;
	ret->rx_bytes = peer->rx_bytes;
	ret->tx_bytes = peer->tx_bytes;
	if (peer->handshake_s)
		ret->last_handshake = (struct timestamp){
			.set = true, .s = peer->handshake_s,
			.ns = peer->handshake_ns,
		};
	/* The module does not say when it last sent; a session is close. */
	ret->active = peer->handshake_s &&
		      now_s - peer->handshake_s < ACTIVE_S;
	if (!peer->endpoint.addr_len || !peer->handshake_s)
		return 0;
	ep.addr.len = peer->endpoint.addr_len;
	memcpy(ep.addr.byte, peer->endpoint.addr, ep.addr.len);
	return status_set_text(&ret->cur_addr, ip_port_format(&ep, text));
}

static int add_peer(const struct node_status_input *in, const struct node *node,
		    struct status *ret)
{
	struct status_peer *peer = status_add_peer(ret);
	const struct wg_peer *wg = NULL;
	int r;

	if (!peer)
		return -ENOMEM;
	r = fill_node(node, peer);
	if (r < 0)
		return r;
	peer->online = node->online == OPT_TRUE;
	if (!peer->online)
		peer->last_seen = node->last_seen;
	peer->exit_node = *in->exit_node &&
			  !strcmp(in->exit_node, node->stable_id);
	if (in->device->n_peers)
		wg = bsearch(&node->key, in->device->peers,
			     in->device->n_peers, sizeof(*wg), cmp_peer);
	return wg ? fill_counters(wg, in->now.s, peer) : 0;
}

static int cmp_status_peer(const void *a, const void *b)
{
	return key_cmp_public(&((const struct status_peer *)a)->key,
			      &((const struct status_peer *)b)->key);
}

static int add_user(const struct netmap *netmap, int64_t id, struct status *ret)
{
	const struct user_profile *from = netmap_find_user(netmap, id);
	struct status_user *user;
	int r;

	if (!from || status_find_user(ret, id))
		return 0;
	user = status_add_user(ret);
	if (!user)
		return -ENOMEM;
	user->id = id;
	r = status_set_text(&user->login, from->login_name);
	if (r == 0)
		r = status_set_text(&user->display, from->display_name);
	if (r == 0)
		r = status_set_text(&user->picture_url, from->profile_pic_url);
	return r;
}

void node_status_suffix(const char *name, char ret[STATUS_NAME_MAX])
{
	const char *dot = strchr(name, '.');
	size_t len;

	if (dot && dot[1])
		name = dot + 1;
	len = strlen(name);
	while (len && name[len - 1] == '.')
		len--;
	snprintf(ret, STATUS_NAME_MAX, "%.*s", (int)len, name);
}

static int set_names(const struct netmap *netmap, struct status *ret)
{
	const struct dns_config *dns = netmap->dns;
	char suffix[STATUS_NAME_MAX];
	size_t i;
	int r;

	node_status_suffix(netmap->self->name, suffix);
	r = status_set_text(&ret->magic_dns_suffix, suffix);
	if (r == 0)
		r = status_set_text(&ret->tailnet_name, netmap->domain);
	ret->has_tailnet = true;
	ret->magic_dns = dns && dns->proxied;
	for (i = 0; dns && i < dns->cert_domains.n && r == 0; i++)
		r = add_text(&ret->cert_domains, dns->cert_domains.item[i]);
	return r;
}

int node_status_map(const struct node_status_input *in, bool peers,
		    struct status *ret)
{
	const struct netmap *netmap = in->netmap;
	const struct node *node = NULL;
	int r;

	r = node_status_self(in, &ret->self);
	if (r < 0 || !netmap || !netmap->self)
		return r;
	r = set_names(netmap, ret);
	if (r == 0)
		r = add_user(netmap, netmap->self->user, ret);
	while (peers && r == 0 && (node = netmap_next_peer(netmap, node))) {
		r = add_peer(in, node, ret);
		if (r == 0)
			r = add_user(netmap, node->user, ret);
	}
	if (r == 0 && ret->n_peers)
		qsort(ret->peers, ret->n_peers, sizeof(*ret->peers),
		      cmp_status_peer);
	return r;
}

static bool has_address(const struct status_peer *peer, const char *ip)
{
	return str_list_find(&peer->addresses, ip) < peer->addresses.n;
}

static bool is_peer(const struct status_peer *peer, const char *ip,
		    const struct node_public *key)
{
	if (key)
		return key_cmp_public(&peer->key, key) == 0;
	return has_address(peer, ip);
}

int node_status_whois(const struct status *status, const char *addr,
		      struct node_whois *ret)
{
	const struct node_public *by_key = NULL;
	const struct status_peer *found = NULL;
	struct node_public key;
	char ip[IP_TEXT_MAX] = "";
	struct ip_port port;
	size_t i, len = strlen(addr);

	if (key_text_parse_node(addr, len, &key) == 0)
		by_key = &key;
	else if (ip_parse(addr, len, &port.addr) == 0 ||
		 ip_port_parse(addr, len, &port) == 0)
		ip_format(&port.addr, ip);
	else
		return -ENOENT;

	if (is_peer(&status->self, ip, by_key))
		found = &status->self;
	for (i = 0; i < status->n_peers && !found; i++) {
		if (is_peer(&status->peers[i], ip, by_key))
			found = &status->peers[i];
	}
	if (!found)
		return -ENOENT;
	ret->peer = found;
	ret->user = status_find_user(status, found->user_id);
	return 0;
}
