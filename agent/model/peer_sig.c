// SPDX-License-Identifier: GPL-2.0-only
#include "model/peer_sig.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static size_t layer_bytes(const struct node_sig_layer *layer)
{
	return layer->pubkey.len + layer->key_id.len + layer->sig.len +
	       layer->wrapping.len;
}

static struct bytes put(struct bytes from, uint8_t **at)
{
	struct bytes copy = { 0 };

	if (!from.len)
		return copy;
	copy = (struct bytes){ .data = *at, .len = from.len };
	memcpy(*at, from.data, from.len);
	*at += from.len;
	return copy;
}

struct peer_sig *peer_sig_new(const struct node_sig *sig)
{
	size_t head = sizeof(struct peer_sig) +
		      sig->n * sizeof(struct node_sig_layer);
	size_t size = head, i;
	struct peer_sig *copy;
	uint8_t *at;

	for (i = 0; i < sig->n; i++)
		size += layer_bytes(&sig->layer[i]);
	copy = calloc(1, size);
	if (!copy)
		return NULL;
	copy->refs = 1;
	copy->n = sig->n;
	at = (uint8_t *)copy + head;
	for (i = 0; i < sig->n; i++) {
		const struct node_sig_layer *from = &sig->layer[i];

		copy->layer[i] = (struct node_sig_layer){
			.kind = from->kind,
			.pubkey = put(from->pubkey, &at),
			.key_id = put(from->key_id, &at),
			.sig = put(from->sig, &at),
			.wrapping = put(from->wrapping, &at),
		};
	}
	return copy;
}

struct peer_sig *peer_sig_get(struct peer_sig *sig)
{
	if (sig)
		sig->refs++;
	return sig;
}

void peer_sig_put(struct peer_sig *sig)
{
	if (sig && --sig->refs == 0)
		free(sig);
}

static bool same_layer(const struct node_sig_layer *a,
		       const struct node_sig_layer *b)
{
	return a->kind == b->kind && bytes_eq(a->pubkey, b->pubkey) &&
	       bytes_eq(a->key_id, b->key_id) && bytes_eq(a->sig, b->sig) &&
	       bytes_eq(a->wrapping, b->wrapping);
}

bool peer_sig_eq(const struct peer_sig *a, const struct peer_sig *b)
{
	size_t i;

	if (a == b)
		return true;
	if (!a || !b || a->n != b->n)
		return false;
	for (i = 0; i < a->n; i++) {
		if (!same_layer(&a->layer[i], &b->layer[i]))
			return false;
	}
	return true;
}
