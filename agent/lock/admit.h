/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which peers the lock lets in, over all of them at once. This is for status:
 * the kernel gets the signatures of all peers and judges by its own keys.
 *
 * Source: tailscale ipn/ipnlocal/tailnet-lock.go, tkaFilterNetmapLocked.
 */
#ifndef LOCK_ADMIT_H
#define LOCK_ADMIT_H

#include "base/arena.h"
#include "model/aum.h"
#include "model/netmap.h"
#include "model/node_sig.h"
#include "model/peer_sig.h"

#include <stdbool.h>
#include <stddef.h>

/**
 * struct admit_peer - a peer, and what becomes of it
 * @key: its node key
 * @data: its signature as the server gave it; borrowed
 * @peerapi_only: it needs none, but may not send data
 * @sig: set by admit_peers(): the layers; none if it has no signature or one
 *	that cannot be read
 * @verdict: likewise: 0, TNE_LOCK_UNSIGNED, TNE_LOCK_PEER or TNE_LOCK_ROTATED
 */
struct admit_peer {
	struct node_public key;
	struct bytes data;
	bool peerapi_only;
	struct node_sig sig;
	int verdict;
};

/**
 * admit_read_sig() - the layers that the kernel is given
 * @data:	signature as the server gave it
 * @ret:	the layers, a reference of the caller's; NULL if it is none, or has
 *		parts of lengths that no honest signer makes
 *
 * Return: 0 or -ENOMEM.
 */
int admit_read_sig(struct bytes data, struct peer_sig **ret);

/**
 * admit_peers() - judge all peers
 * @state:	trusted keys; NULL = the lock is on, but they are not known
 * @peer:	judged; in any order
 * @n:		how many
 *
 * Return: 0 or -ENOMEM; then no verdict counts.
 */
int admit_peers(const struct lock_state *state, struct admit_peer *peer,
		size_t n);

/**
 * admit_netmap() - judge the peers of a map
 * @state:	as above
 * @netmap:	the map
 * @mem:	owns @ret
 * @ret:	a peer each, in the order of the map
 * @ret_n:	how many
 *
 * To be done anew after every change of the map or of the authority: a key that
 * one peer has given up may be that of another.
 *
 * Return: 0 or -ENOMEM.
 */
int admit_netmap(const struct lock_state *state, const struct netmap *netmap,
		 struct arena *mem, struct admit_peer **ret, size_t *ret_n);

/**
 * admit_self() - would others let us in?
 * @state:	trusted keys
 * @key:	our node key
 * @data:	our signature
 *
 * Return: 0, TNE_LOCK_UNSIGNED, TNE_LOCK_PEER or -ENOMEM.
 */
int admit_self(const struct lock_state *state, const struct node_public *key,
	       struct bytes data);

#endif /* LOCK_ADMIT_H */
