/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef MODEL_WANTED_H
#define MODEL_WANTED_H

#include "model/wg_device.h"

#include "base/cleanup.h"
#include "base/secret.h"
#include "crypto/key.h"
#include "crypto/key_text.h"
#include "model/aum.h"
#include "model/peer_sig.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * How a device is wanted: what the agent has computed from everything it knows,
 * and nothing about how to get there. The same type describes what the kernel
 * was last told, or says that it has, so that the two can be compared.
 *
 * Several peers may ask for one prefix; only one of them can have it. A view
 * holds what each asks for and knows who gets it.
 */

/**
 * struct wanted_peer - a peer
 * @key: names it
 * @node_id: the number that control gave it
 * @roam: the endpoint follows authenticated packets
 * @keepalive_s: seconds, 0 = off
 * @expires_s: cut off from then on, wall clock, seconds since the epoch;
 *	0 = never
 * @endpoint: where it is reached, if it has one
 * @unsigned_ok: the tailnet lock does not ask it for a signature, and lets it
 *	come as far as the peer API
 * @rotated: the node has given this key up, as this agent remembers
 * @sig_unknown: it may have a signature; only in a view of what the kernel has,
 *	which never tells
 * @sig: its node-key signature, a reference of its own; NULL = none
 * @prefixes: allowed IPs that it asks for. Inside of a view: host bits clear,
 *	sorted by wanted_prefix_cmp(), each once
 */
struct wanted_peer {
	struct node_public key;
	uint64_t node_id;
	bool roam;
	uint16_t keepalive_s;
	int64_t expires_s;
	struct wg_endpoint endpoint;
	bool unsigned_ok;
	bool rotated;
	bool sig_unknown;
	struct peer_sig *sig;
	struct wg_prefixes prefixes;
};

/* Why a lock is turned off, for the kernel's record. */
enum wanted_lock_off {
	WANTED_LOCK_OFF_OTHER,		/* it was another profile's */
	WANTED_LOCK_OFF_DISABLED,	/* somebody has shown a secret */
	WANTED_LOCK_OFF_LOCAL,		/* the owner of this machine */
};

/**
 * struct wanted_lock - the tailnet lock of a device
 * @on: peers need a signature
 * @off: why it is off
 * @generation: highest that the kernel had; only in a view of what it has
 * @head: newest update of the authority, for people; zeros = none
 * @keys: trusted, sorted, each once; owned. None of them: nobody is let in
 * @n_keys: how many
 */
struct wanted_lock {
	bool on;
	enum wanted_lock_off off;
	uint64_t generation;
	struct aum_hash head;
	struct lock_public *keys;
	size_t n_keys;
};

/**
 * struct wanted_dev - settings of the device itself
 * @has_key: there is a private key, and so @key
 * @key: its public key; what two views are compared by
 * @private_key: borrowed by whoever sets it, for as long as the view lives;
 *	NULL in a view of what the kernel has, which never tells
 * @fwmark: mark of outgoing datagrams, 0 = none
 * @managed: an agent configures it
 * @on: state of each switch
 */
struct wanted_dev {
	bool has_key;
	struct node_public key;
	struct secret32 *private_key;
	uint32_t fwmark;
	bool managed;
	bool on[WG_SWITCHES];
};

/**
 * struct wanted - a device with its peers
 * @dev: settings
 * @lock: of the tailnet; owned
 * @peers: owned, sorted by key, each key once. To be changed only by the
 *	functions below
 * @n_peers: in use
 * @cap_peers: allocated
 * @claims: who asks for which prefix; private
 */
struct wanted {
	struct wanted_dev dev;
	struct wanted_lock lock;
	struct wanted_peer **peers;
	size_t n_peers;
	size_t cap_peers;
	void *claims;
};

/**
 * wanted_set_private_key() - say who the device is
 * @dev: the settings
 * @key: borrowed while @dev is used; NULL = nobody
 */
void wanted_set_private_key(struct wanted_dev *dev, struct secret32 *key);

/**
 * wanted_dev_eq() - the same settings?
 * @a: one
 * @b: the other
 *
 * Return: true if so.
 */
bool wanted_dev_eq(const struct wanted_dev *a, const struct wanted_dev *b);

/**
 * wanted_lock_set_keys() - say who is trusted
 * @lock:	its keys of before are freed
 * @keys:	copied; in any order
 * @n:		how many
 *
 * Return: 0 or -ENOMEM, unchanged.
 */
int wanted_lock_set_keys(struct wanted_lock *lock,
			 const struct lock_public *keys, size_t n);

/**
 * wanted_lock_copy() - make another one like it
 * @lock:	copied
 * @ret:	its contents of before are freed, on success only
 *
 * Return: 0 or -ENOMEM.
 */
int wanted_lock_copy(const struct wanted_lock *lock, struct wanted_lock *ret);

/**
 * wanted_lock_eq() - the same lock, whatever the generation?
 * @a: one
 * @b: the other
 *
 * Return: true if so.
 */
bool wanted_lock_eq(const struct wanted_lock *a, const struct wanted_lock *b);

/**
 * wanted_lock_done() - free the contents
 * @lock: all zero afterwards
 */
void wanted_lock_done(struct wanted_lock *lock);

static inline void wanted_lock_cleanup(struct wanted_lock *lock)
{
	wanted_lock_done(lock);
}

/**
 * wanted_peer_new() - make a peer
 * @key: its key
 *
 * Return: the peer, owned by the caller, no settings yet; NULL without memory.
 */
struct wanted_peer *wanted_peer_new(const struct node_public *key);

/**
 * wanted_peer_copy() - make another peer like it
 * @peer: the peer
 *
 * Return: the copy, owned by the caller; NULL without memory.
 */
struct wanted_peer *wanted_peer_copy(const struct wanted_peer *peer);

/**
 * wanted_peer_free() - free a peer that no view owns
 * @peer: the peer or NULL
 */
void wanted_peer_free(struct wanted_peer *peer);

DEFINE_CLEANUP(wanted_peer, struct wanted_peer *, wanted_peer_free)

/**
 * wanted_prefix_cmp() - order of prefixes
 * @a: one
 * @b: the other
 *
 * By family, address and length; nothing else of a prefix counts.
 *
 * Return: as memcmp().
 */
int wanted_prefix_cmp(const struct wg_prefix *a, const struct wg_prefix *b);

/**
 * wanted_endpoint_eq() - the same endpoint, or none both times?
 * @a: one
 * @b: the other
 *
 * Return: true if so.
 */
bool wanted_endpoint_eq(const struct wg_endpoint *a,
			const struct wg_endpoint *b);

/**
 * wanted_put() - add a peer, or replace the one of the same key
 * @w:		the view, all zero at first
 * @peer:	moved on success; its prefixes are brought into order either way
 *
 * Takes time by the logarithm of the number of peers, but for moving pointers
 * when a peer is new.
 *
 * Return: 0, or -ENOMEM with @w as it was.
 */
int wanted_put(struct wanted *w, struct wanted_peer *peer);

/**
 * wanted_remove() - forget a peer
 * @w:		the view
 * @key:	names the peer
 *
 * Return: true if there was one.
 */
bool wanted_remove(struct wanted *w, const struct node_public *key);

/**
 * wanted_find() - a peer by its key
 * @w:		the view
 * @key:	names the peer
 *
 * Return: borrowed until the peer is replaced or removed, or NULL.
 */
const struct wanted_peer *wanted_find(const struct wanted *w,
				      const struct node_public *key);

/**
 * wanted_owner() - who gets a prefix?
 * @w:		the view
 * @prefix:	host bits clear
 *
 * Of those who ask for it: one for whom it is primary before others, then the
 * one with the lowest node id, then the lowest key.
 * The order is ours: any will do that every run comes to again. Source of
 * primary: tailscale tailcfg/tailcfg.go, Node.PrimaryRoutes.
 *
 * Return: borrowed as by wanted_find(); NULL if nobody asks for it.
 */
const struct wanted_peer *wanted_owner(const struct wanted *w,
				       const struct wg_prefix *prefix);

/**
 * wanted_from_device() - a view of what the kernel has
 * @dev:	as fetched, with its peers
 * @ret:	all zero; owned by the caller, on error too
 *
 * Return: 0 or -ENOMEM.
 */
int wanted_from_device(const struct wg_device *dev, struct wanted *ret);

/**
 * wanted_done() - free the contents
 * @w: the view
 */
void wanted_done(struct wanted *w);

static inline void wanted_cleanup(struct wanted *w)
{
	wanted_done(w);
}

#endif /* MODEL_WANTED_H */
