/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Does a node-key signature let a node in? For status and for what this node
 * signs itself: which peers get a tunnel is the kernel's to decide.
 *
 * Source: tailscale tka/sig.go, verifySignature; tka/tka.go,
 * NodeKeyAuthorizedWithDetails.
 */
#ifndef LOCK_SIG_H
#define LOCK_SIG_H

#include "model/node_sig.h"

#include <stddef.h>

/**
 * struct sig_rotation - what a rotation has behind it
 * @prev: node keys from before, newest first
 * @n_prev: how many
 * @initial: the signature that it began with; borrowed
 */
struct sig_rotation {
	struct node_public prev[NODE_SIG_LAYERS_MAX];
	size_t n_prev;
	const struct node_sig_layer *initial;
};

/**
 * sig_check() - does a signature stand for a node key?
 * @state:	keys that are trusted
 * @node:	the node key
 * @sig:	its signature
 *
 * Return: 0, TNE_LOCK_PEER or -ENOMEM.
 */
int sig_check(const struct lock_state *state, const struct node_public *node,
	      const struct node_sig *sig);

/**
 * sig_find_rotation() - what is behind a rotation
 * @sig:	a signature
 * @ret:	borrows from @sig
 *
 * Return: 1; 0 if it is no rotation; TNE_LOCK_PEER if a key in it is malformed
 * or if it never ends.
 */
int sig_find_rotation(const struct node_sig *sig, struct sig_rotation *ret);

/**
 * sig_check_affected() - is a signature one that a key stands behind?
 * @state:	keys that are trusted
 * @key_id:	the key
 * @data:	bytes of the signature, as the server gave it
 * @ret:	the node that it lets in
 *
 * For those that are to be made anew before the key is removed: the server must
 * not choose which nodes we sign.
 *
 * Return: 0, TNE_CBOR, TNE_TOO_LONG, TNE_LOCK_PEER or -ENOMEM.
 */
int sig_check_affected(const struct lock_state *state, struct bytes key_id,
		       struct bytes data, struct node_public *ret);

#endif /* LOCK_SIG_H */
