/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The layers of a node-key signature as a value that is shared: views of many
 * peers hold the same one. Never changed once made.
 */
#ifndef MODEL_PEER_SIG_H
#define MODEL_PEER_SIG_H

#include "model/node_sig.h"

#include <stdbool.h>
#include <stddef.h>

/**
 * struct peer_sig - the layers
 * @refs: references
 * @n: how many
 * @layer: outermost first; their bytes lie behind them
 */
struct peer_sig {
	size_t refs;
	size_t n;
	struct node_sig_layer layer[];
};

/**
 * peer_sig_new() - copy the layers of a signature
 * @sig:	with 1 layer at least
 *
 * Return: with one reference, the caller's; NULL without memory.
 */
struct peer_sig *peer_sig_new(const struct node_sig *sig);

/**
 * peer_sig_get() - take a reference
 * @sig: or NULL
 *
 * Return: @sig.
 */
struct peer_sig *peer_sig_get(struct peer_sig *sig);

/**
 * peer_sig_put() - give a reference back
 * @sig: or NULL
 */
void peer_sig_put(struct peer_sig *sig);

/**
 * peer_sig_eq() - the same layers, or none both times?
 * @a: or NULL
 * @b: or NULL
 *
 * Return: true if so.
 */
bool peer_sig_eq(const struct peer_sig *a, const struct peer_sig *b);

#endif /* MODEL_PEER_SIG_H */
