/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef MODEL_NODE_H
#define MODEL_NODE_H

#include "base/arena.h"
#include "base/opt_bool.h"
#include "base/rfc3339.h"
#include "crypto/key_text.h"
#include "model/dns_config.h"
#include "model/ip.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct hostinfo;

/**
 * struct cap - a capability with its values
 * @name: its name
 * @values: each the text of a JSON value; may be empty
 */
struct cap {
	const char *name;
	struct text_list values;
};

/**
 * struct cap_map - capabilities; having one at all is what counts
 * @item: sorted by name; borrowed from the value it belongs to
 * @n: how many
 */
struct cap_map {
	const struct cap *item;
	size_t n;
};

/**
 * struct node - a node of the network: ourselves or a peer
 *
 * Never changed once built: a change makes a new one. Texts are never NULL.
 *
 * @mem: owns the node
 * @body: owns what no patch can change; @mem itself, or held by it
 * @id: above 0; names it in changes
 * @stable_id: the name of it that lasts
 * @name: with all labels and a dot at the end; may be empty
 * @user: who owns it
 * @sharer: who shared it from another network, 0 = nobody
 * @key: WireGuard key; not zero for a peer
 * @key_expiry: none = never
 * @key_signature: of the tailnet lock, undecoded
 * @machine: zero if not told
 * @disco: zero: it does not speak disco
 * @disco_learned: @disco came from the peer itself, not from the server
 * @addresses: its own addresses, masked
 * @allowed_ips: where packets may come from and go to, masked
 * @primary_routes: subnets that it is first in line for, masked
 * @endpoints: UDP addresses to try
 * @home_derp: its relay region, 0 = unknown
 * @hostinfo: NULL = not told
 * @created: when it joined
 * @last_seen: none = unknown
 * @cap: its version of the protocol, 0 = unknown
 * @tags: if any, it belongs to no user
 * @online: a hint
 * @machine_authorized: an admin has let it in
 * @cap_map: capabilities
 * @unsigned_peerapi_only: not under the lock: only its peerapi may be used
 * @wireguard_only: a plain WireGuard peer, without disco and relay
 * @jailed: it may not open connections to us
 * @expired: its key has expired: no session, no routes
 * @expired_here: the server did not say so, we found out by the clock
 * @masq_v4: our address in its eyes; none = the true one
 * @masq_v6: the same for IPv6
 * @exit_node_resolvers: DNS while it is our exit node
 * @held_endpoints: @endpoints from before @expired_here, cleared there
 * @held_home_derp: @home_derp likewise
 *
 * Source: tailcfg/tailcfg.go, Node.
 */
struct node {
	struct arena *mem;
	struct arena *body;
	int64_t id;
	const char *stable_id;
	const char *name;
	int64_t user;
	int64_t sharer;
	struct node_public key;
	struct timestamp key_expiry;
	struct bytes key_signature;
	struct machine_public machine;
	struct disco_public disco;
	bool disco_learned;
	struct ip_prefixes addresses;
	struct ip_prefixes allowed_ips;
	struct ip_prefixes primary_routes;
	struct ip_ports endpoints;
	int64_t home_derp;
	const struct hostinfo *hostinfo;
	struct timestamp created;
	struct timestamp last_seen;
	int64_t cap;
	struct text_list tags;
	enum opt_bool online;
	bool machine_authorized;
	struct cap_map cap_map;
	bool unsigned_peerapi_only;
	bool wireguard_only;
	bool jailed;
	bool expired;
	bool expired_here;
	struct ip_addr masq_v4;
	struct ip_addr masq_v6;
	struct resolvers exit_node_resolvers;
	struct ip_ports held_endpoints;
	int64_t held_home_derp;
};

/* Which fields of a struct node_patch count. */
#define NODE_PATCH_HOME_DERP	(1U << 0)
#define NODE_PATCH_CAP		(1U << 1)
#define NODE_PATCH_CAP_MAP	(1U << 2)
#define NODE_PATCH_ENDPOINTS	(1U << 3)
#define NODE_PATCH_KEY		(1U << 4)
#define NODE_PATCH_SIGNATURE	(1U << 5)
#define NODE_PATCH_DISCO	(1U << 6)
#define NODE_PATCH_ONLINE	(1U << 7)
#define NODE_PATCH_LAST_SEEN	(1U << 8)
#define NODE_PATCH_KEY_EXPIRY	(1U << 9)

/**
 * struct node_patch - new values of some fields of a peer
 * @id: which peer
 * @set: NODE_PATCH_*
 * @home_derp: not 0
 * @cap: not 0
 * @cap_map: the whole of it
 * @endpoints: all of them
 * @key: not zero
 * @key_signature: undecoded
 * @disco: may be zero
 * @online: true or false
 * @last_seen: none = unknown
 * @key_expiry: none = never
 *
 * Source: tailcfg/tailcfg.go, PeerChange.
 */
struct node_patch {
	int64_t id;
	unsigned int set;
	int64_t home_derp;
	int64_t cap;
	struct cap_map cap_map;
	struct ip_ports endpoints;
	struct node_public key;
	struct bytes key_signature;
	struct disco_public disco;
	bool online;
	struct timestamp last_seen;
	struct timestamp key_expiry;
};

/**
 * node_new() - a node to be filled in
 *
 * Return: all zero but for empty texts, with one reference, the caller's; parts
 * go into its arena. NULL without memory.
 */
struct node *node_new(void);

/**
 * node_get() - take a reference
 * @node: the node or NULL
 *
 * Return: @node.
 */
const struct node *node_get(const struct node *node);

/**
 * node_put() - give a reference back
 * @node: the node or NULL
 */
void node_put(const struct node *node);

DEFINE_CLEANUP(node, struct node *, node_put)
DEFINE_CLEANUP(const_node, const struct node *, node_put)

/**
 * node_derive() - a copy to be changed, which shares the parts of the first
 * @node: not changed
 *
 * What a patch can change is copied, the rest kept by reference, so that a node
 * patched a thousand times holds on to two arenas at most.
 *
 * Return: the copy, the caller's; NULL without memory.
 */
struct node *node_derive(const struct node *node);

/**
 * node_patch_is_stale() - does a patch know less than we do?
 * @node:	the peer
 * @patch:	the patch
 *
 * A disco key that a peer told us itself is newer than one that the server
 * remembers of a peer it has not seen since.
 * Source: control/controlclient/map.go.
 *
 * Return: true if the patch is to be dropped.
 */
bool node_patch_is_stale(const struct node *node,
			 const struct node_patch *patch);

/**
 * node_apply_patch() - the node with a patch applied
 * @node:	not changed
 * @patch:	not stale
 * @ret:	a new node, the caller's
 *
 * Return: 0 or -ENOMEM.
 */
int node_apply_patch(const struct node *node, const struct node_patch *patch,
		     const struct node **ret);

/**
 * node_expires() - is a node's key past its time, and not yet marked so?
 * @node:	the node
 * @now:	by the clock of the server
 *
 * Return: true if so.
 */
bool node_expires(const struct node *node, const struct timestamp *now);

/**
 * node_set_expired() - mark a node that we know to be expired
 * @node: changed; not shared yet
 */
void node_set_expired(struct node *node);

/**
 * node_equal() - do two nodes say the same?
 * @a: one
 * @b: the other
 *
 * Return: true if nobody needs to be told of the difference.
 */
bool node_equal(const struct node *a, const struct node *b);

/**
 * node_find_cap() - look a capability up
 * @node:	the node
 * @name:	its name
 *
 * Return: borrowed from @node; NULL = it does not have it.
 */
const struct cap *node_find_cap(const struct node *node, const char *name);

/**
 * cap_map_copy() - a copy of capabilities
 * @mem:	owns the copy
 * @src:	copied
 * @ret:	the copy
 *
 * Return: 0 or -ENOMEM.
 */
int cap_map_copy(struct arena *mem, const struct cap_map *src,
		 struct cap_map *ret);

/**
 * cap_map_find() - look a capability up
 * @map:	where
 * @name:	its name
 *
 * Return: borrowed from @map; NULL = it is not there.
 */
const struct cap *cap_map_find(const struct cap_map *map, const char *name);

/**
 * node_has_address() - is an address one of its own?
 * @node:	the node
 * @ip:		the address
 *
 * Return: true if @ip is in its addresses; routes do not count.
 */
bool node_has_address(const struct node *node, const struct ip_addr *ip);

/**
 * node_is_reachable() - is there a way to it at all?
 * @node: a peer
 *
 * Return: false if it has neither disco nor a relay and is no plain WireGuard
 * peer; then it gets no routes.
 */
bool node_is_reachable(const struct node *node);

#endif /* MODEL_NODE_H */
