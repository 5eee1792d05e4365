/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef MODEL_NETMAP_H
#define MODEL_NETMAP_H

#include "base/cleanup.h"
#include "base/ptree.h"
#include "model/netmap_delta.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/**
 * struct netmap - the network as the server last described it
 *
 * Never changed once built: netmap_merge() of model/netmap_merge.h makes a new
 * one, and the two share all that the message did not touch.
 *
 * @refs: references
 * @self: ourselves; NULL only in an empty netmap
 * @peers_by_id: struct node; use netmap_find_peer()
 * @peers_by_key: the same by key and id; use netmap_find_key()
 * @users: struct user_profile; use netmap_find_user()
 * @derp_regions: relays, NULL = none
 * @derp_home: how to choose one, NULL = nothing special
 * @filter: packet filter, NULL = none: nothing is let in
 * @dns: settings, NULL = none
 * @domain: name of the network, for people
 * @domain_mem: owns @domain
 * @collect_services: may services be reported?
 * @health: problems as lines, NULL = none
 * @messages: problems as messages, NULL = none; if any they hide @health
 * @ssh_policy: unread, NULL = none
 * @tka_info: the tailnet lock
 * @disable_log_tail: no log upload
 * @dial_plan: how to dial the server, NULL = nothing special
 * @client_version: what the server says of our version, NULL = nothing
 * @clock_offset_ms: what to add to the local clock to get that of the server
 * @next_expiry: no key of a node expires before; none = no key does
 * @seq: number of the last message
 */
struct netmap {
	size_t refs;
	const struct node *self;
	struct ptree peers_by_id;
	struct ptree peers_by_key;
	struct ptree users;
	const struct derp_regions *derp_regions;
	const struct derp_home *derp_home;
	const struct filter_rules *filter;
	const struct dns_config *dns;
	const char *domain;
	struct arena *domain_mem;
	enum opt_bool collect_services;
	const struct health_lines *health;
	const struct health_messages *messages;
	const struct raw_json *ssh_policy;
	struct tka_info tka_info;
	bool disable_log_tail;
	const struct dial_plan *dial_plan;
	const struct client_version *client_version;
	int64_t clock_offset_ms;
	struct timestamp next_expiry;
	int64_t seq;
};

/* What keeps a peer out of the data plane. */
enum peer_fault {
	PEER_OK,
	PEER_OWN_KEY,		/* our own key or id */
	PEER_SHARED_KEY,	/* the key of a peer with a lower id */
	PEER_EXPIRED,		/* its key has expired */
	PEER_UNREACHABLE,	/* no disco, no relay, no plain WireGuard */
};

/**
 * netmap_new() - a network of nobody
 *
 * Return: with one reference, the caller's; NULL without memory.
 */
struct netmap *netmap_new(void);

/**
 * netmap_get() - take a reference
 * @netmap: the netmap or NULL
 *
 * Return: @netmap.
 */
struct netmap *netmap_get(const struct netmap *netmap);

/**
 * netmap_put() - give a reference back
 * @netmap: the netmap or NULL
 */
void netmap_put(const struct netmap *netmap);

DEFINE_CLEANUP(netmap, struct netmap *, netmap_put)

/**
 * netmap_apply_clock() - the part of a message that a keep-alive may have, too
 * @netmap:	changed; not shared yet
 * @delta:	its dial plan, client version and clock are taken
 * @now:	the local clock, set
 */
void netmap_apply_clock(struct netmap *netmap, const struct netmap_delta *delta,
			const struct timestamp *now);

/**
 * netmap_derive() - a copy to be changed, which shares everything
 * @netmap: not changed
 *
 * Return: the copy, the caller's; NULL without memory.
 */
struct netmap *netmap_derive(const struct netmap *netmap);

/**
 * netmap_server_time() - what the server's clock shows
 * @netmap:	knows the offset
 * @now:	the local clock, set
 *
 * Return: the time.
 */
struct timestamp netmap_server_time(const struct netmap *netmap,
				    const struct timestamp *now);

/**
 * netmap_clock_is_sane() - may anything expire by this time?
 * @server_now: time of the server
 *
 * Return: false before 2023-01-10, when no server's clock is right.
 */
bool netmap_clock_is_sane(const struct timestamp *server_now);

/**
 * netmap_put_peer() - put a peer in, in place of the one with its id
 * @netmap:	changed; not shared yet; to be thrown away after an error
 * @peer:	gets a reference
 *
 * Return: 0 or -ENOMEM.
 */
int netmap_put_peer(struct netmap *netmap, const struct node *peer);

/**
 * netmap_take_peer() - take a peer out, if it is in
 * @netmap:	changed; not shared yet; to be thrown away after an error
 * @id:		the peer
 *
 * Return: 0 or -ENOMEM.
 */
int netmap_take_peer(struct netmap *netmap, int64_t id);

/**
 * netmap_put_user() - put a user in, in place of the one with its id
 * @netmap:	changed; not shared yet; to be thrown away after an error
 * @user:	gets a reference
 *
 * Return: 0 or -ENOMEM.
 */
int netmap_put_user(struct netmap *netmap, const struct user_profile *user);

/**
 * netmap_note_expiry() - lower the time of the next expiry
 * @netmap:	changed; not shared yet
 * @node:	a node in it
 *
 * A bound from below: it need not rise when the node it came from goes.
 */
void netmap_note_expiry(struct netmap *netmap, const struct node *node);

/**
 * netmap_expire_due() - mark the peers whose keys have expired
 * @netmap:	changed; not shared yet; to be thrown away after an error
 * @server_now:	time of the server
 *
 * Return: 0 or -ENOMEM.
 */
int netmap_expire_due(struct netmap *netmap,
		      const struct timestamp *server_now);

/**
 * netmap_expire() - mark the nodes whose keys have expired
 * @old:	not changed
 * @now:	the local clock, set
 * @ret:	a new netmap, the caller's; may be @old with one reference more
 *
 * Looks at all peers if it is time for one of them.
 *
 * Return: 0 or -ENOMEM.
 */
int netmap_expire(const struct netmap *old, const struct timestamp *now,
		  struct netmap **ret);

/**
 * netmap_expiry_timer() - when to call netmap_expire() again
 * @netmap:	the netmap
 * @now:	the local clock, set
 * @ret_ms:	milliseconds from now
 *
 * Return: true, or false if no key will expire.
 */
bool netmap_expiry_timer(const struct netmap *netmap,
			 const struct timestamp *now, int64_t *ret_ms);

/**
 * netmap_self_expired() - has our own key expired?
 * @netmap:	the netmap
 * @now:	the local clock, set
 *
 * Return: true if so, by the clock of the server.
 */
bool netmap_self_expired(const struct netmap *netmap,
			 const struct timestamp *now);

/**
 * netmap_learn_disco() - take the disco key that a peer told us itself
 * @old:	not changed
 * @id:		the peer
 * @disco:	its key
 * @now:	the local clock, set
 * @ret:	a new netmap, the caller's
 *
 * Return: 0, -ENOENT without such a peer, or -ENOMEM.
 */
int netmap_learn_disco(const struct netmap *old, int64_t id,
		       const struct disco_public *disco,
		       const struct timestamp *now, struct netmap **ret);

/**
 * netmap_find_peer() - look a peer up by its id
 * @netmap:	the netmap
 * @id:		its id
 *
 * Return: borrowed from @netmap; NULL = none.
 */
const struct node *netmap_find_peer(const struct netmap *netmap, int64_t id);

/**
 * netmap_find_key() - look a peer up by its key
 * @netmap:	the netmap
 * @key:	its key
 *
 * Return: the one with the lowest id that has it, borrowed from @netmap; NULL =
 * none.
 */
const struct node *netmap_find_key(const struct netmap *netmap,
				   const struct node_public *key);

/**
 * netmap_find_user() - look a user up
 * @netmap:	the netmap
 * @id:		its id
 *
 * Return: borrowed from @netmap; NULL = none.
 */
const struct user_profile *netmap_find_user(const struct netmap *netmap,
					    int64_t id);

/**
 * netmap_n_peers() - how many peers there are
 * @netmap: the netmap
 *
 * Return: the number, faulty ones included.
 */
size_t netmap_n_peers(const struct netmap *netmap);

/**
 * netmap_next_peer() - step through the peers in the order of their ids
 * @netmap:	the netmap
 * @prev:	the last one, or NULL to begin
 *
 * Return: the next one, borrowed from @netmap; NULL = no more.
 */
const struct node *netmap_next_peer(const struct netmap *netmap,
				    const struct node *prev);

/**
 * netmap_peer_fault() - may a peer be given to the data plane?
 * @netmap:	the netmap
 * @peer:	one of its peers
 *
 * Return: PEER_OK or what is wrong with it.
 */
enum peer_fault netmap_peer_fault(const struct netmap *netmap,
				  const struct node *peer);

/**
 * netmap_filter_is_void() - do peers outside of the lock void the filter?
 * @netmap: the netmap
 *
 * Looks at all peers. Also true for a filter of an obsolete server.
 * Source: ipn/ipnlocal/local.go, packetFilterPermitsUnlockedNodes.
 *
 * Return: true: everything inbound has to be blocked.
 */
bool netmap_filter_is_void(const struct netmap *netmap);

/**
 * netmap_diff_peers() - what happened to the peers between two netmaps
 * @old:	NULL = empty
 * @new:	the later one
 * @fn:		gets the peer before and after, NULL where there is none; the
 *		same one twice if only its fault may have changed because another
 *		one has its key, and then perhaps more than once. Returns below 0
 *		to stop
 * @ctx:	for @fn
 *
 * In the order of the ids, those of the last kind at the end. Takes time for what changed,
 * not for the number of peers. A change of our own key is not seen here.
 *
 * Return: 0, or what @fn returned.
 */
int netmap_diff_peers(const struct netmap *old, const struct netmap *new,
		      int (*fn)(void *ctx, const struct node *old,
				const struct node *new),
		      void *ctx);

#endif /* MODEL_NETMAP_H */
