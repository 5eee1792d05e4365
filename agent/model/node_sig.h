/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A node-key signature (NKS) of the tailnet lock as a value: layers around each
 * other, each signing all that is inside of it.
 *
 * Source: tailscale tka/sig.go.
 */
#ifndef MODEL_NODE_SIG_H
#define MODEL_NODE_SIG_H

#include "base/arena.h"
#include "crypto/key.h"
#include "model/aum.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NODE_SIG_LAYERS_MAX 16

/* "np" and the key. Source: tailscale types/key/node.go, MarshalBinary. */
#define NODE_SIG_PUBKEY_LEN 34

enum node_sig_kind {
	NODE_SIG_DIRECT = 1,		/* a trusted key signs a node key */
	NODE_SIG_ROTATION = 2,		/* the one inside, for a new node key */
	NODE_SIG_CREDENTIAL = 3,	/* a trusted key lets another one sign */
};

/**
 * struct node_sig_layer - one signature
 * @kind: see enum node_sig_kind; others do not verify
 * @pubkey: NODE_SIG_PUBKEY_LEN bytes; may be empty
 * @key_id: who has signed; may be empty
 * @sig: the signature, LOCK_SIG_LEN bytes
 * @wrapping: who may sign the layer around this one; may be empty
 *
 * All as received: nothing but the kind has been looked at.
 */
struct node_sig_layer {
	uint8_t kind;
	struct bytes pubkey;
	struct bytes key_id;
	struct bytes sig;
	struct bytes wrapping;
};

/**
 * struct node_sig - a signature with all that is inside
 * @layer: outermost first; the bytes are borrowed from what it was read from
 * @n: how many, 1..NODE_SIG_LAYERS_MAX
 */
struct node_sig {
	struct node_sig_layer layer[NODE_SIG_LAYERS_MAX];
	size_t n;
};

/**
 * node_sig_node() - the node key in a layer
 * @layer:	the layer
 * @ret:	the key
 *
 * Return: true if there is one in the right form.
 */
bool node_sig_node(const struct node_sig_layer *layer,
		   struct node_public *ret);

/**
 * node_sig_put_node() - write a node key in the form of a layer
 * @key:	the key
 * @ret:	the form
 */
void node_sig_put_node(const struct node_public *key,
		       uint8_t ret[NODE_SIG_PUBKEY_LEN]);

/**
 * node_sig_wrapping() - who may sign a layer around this one
 * @sig:	a signature
 * @from:	number of the layer that would be inside
 *
 * Return: the first key from that layer inwards; empty if there is none.
 */
struct bytes node_sig_wrapping(const struct node_sig *sig, size_t from);

/**
 * node_sig_authorizing() - the trusted key that a signature rests on
 * @sig:	a signature
 *
 * Return: its id, not yet checked; empty if there is none.
 */
struct bytes node_sig_authorizing(const struct node_sig *sig);

#endif /* MODEL_NODE_SIG_H */
