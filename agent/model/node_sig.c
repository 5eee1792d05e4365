// SPDX-License-Identifier: GPL-2.0-only
#include "model/node_sig.h"

#include <string.h>

static const uint8_t prefix[] = { 'n', 'p' };

bool node_sig_node(const struct node_sig_layer *layer, struct node_public *ret)
{
	if (layer->pubkey.len != NODE_SIG_PUBKEY_LEN ||
	    memcmp(layer->pubkey.data, prefix, sizeof(prefix)) != 0)
		return false;
	memcpy(ret->byte, layer->pubkey.data + sizeof(prefix), KEY_LEN);
	return true;
}

void node_sig_put_node(const struct node_public *key,
		       uint8_t ret[NODE_SIG_PUBKEY_LEN])
{
	memcpy(ret, prefix, sizeof(prefix));
	memcpy(ret + sizeof(prefix), key->byte, KEY_LEN);
}

/* Layers inside of one that is no rotation do not count. */
struct bytes node_sig_wrapping(const struct node_sig *sig, size_t from)
{
	size_t i;

	for (i = from; i < sig->n; i++) {
		if (sig->layer[i].wrapping.len)
			return sig->layer[i].wrapping;
		if (sig->layer[i].kind != NODE_SIG_ROTATION)
			break;
	}
	return (struct bytes){ 0 };
}

struct bytes node_sig_authorizing(const struct node_sig *sig)
{
	size_t i;

	for (i = 0; i < sig->n; i++) {
		switch (sig->layer[i].kind) {
		case NODE_SIG_ROTATION:
			continue;
		case NODE_SIG_DIRECT:
		case NODE_SIG_CREDENTIAL:
			return sig->layer[i].key_id;
		}
		break;
	}
	return (struct bytes){ 0 };
}
