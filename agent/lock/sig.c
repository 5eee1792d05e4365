// SPDX-License-Identifier: GPL-2.0-only
#include "lock/sig.h"

#include "base/err.h"
#include "lock/state.h"
#include "lock/verify.h"
#include "wire/nks.h"

static int check_rotation(const struct node_sig *sig, size_t at,
			  const uint8_t hash[BLAKE2S_LEN])
{
	struct node_public node;

	if (at + 1 == sig->n)
		return TNE_LOCK_PEER;
	if (!verify_rotation(node_sig_wrapping(sig, at + 1), hash,
			     sig->layer[at].sig))
		return TNE_LOCK_PEER;
	if (sig->layer[at + 1].kind != NODE_SIG_CREDENTIAL &&
	    !node_sig_node(&sig->layer[at + 1], &node))
		return TNE_LOCK_PEER;
	return 0;
}

static int check_layer(const struct node_sig *sig, size_t at,
		       const struct lock_key *trusted)
{
	uint8_t hash[BLAKE2S_LEN];
	int r = nks_sig_hash(sig, at, hash);

	if (r < 0)
		return r;
	switch (sig->layer[at].kind) {
	case NODE_SIG_ROTATION:
		return check_rotation(sig, at, hash);
	case NODE_SIG_DIRECT:
	case NODE_SIG_CREDENTIAL:
		/* Nothing inside of these would be looked at. */
		if (at + 1 == sig->n &&
		    verify_trusted(trusted->id.b, hash, sig->layer[at].sig))
			return 0;
	}
	return TNE_LOCK_PEER;
}

int sig_check(const struct lock_state *state, const struct node_public *node,
	      const struct node_sig *sig)
{
	struct bytes id = node_sig_authorizing(sig);
	const struct lock_key *trusted;
	struct sig_rotation rotation;
	struct node_public signed_node;
	size_t i;
	int r;

	/* The node that a credential stands for could be any. */
	if (sig->layer[0].kind == NODE_SIG_CREDENTIAL)
		return TNE_LOCK_PEER;
	if (!node_sig_node(&sig->layer[0], &signed_node) ||
	    key_cmp_public(&signed_node, node) != 0)
		return TNE_LOCK_PEER;
	trusted = id.len ? lock_state_find_key(state, id) : NULL;
	if (!trusted)
		return TNE_LOCK_PEER;
	for (i = 0; i < sig->n; i++) {
		r = check_layer(sig, i, trusted);
		if (r < 0)
			return r;
	}
	r = sig_find_rotation(sig, &rotation);
	return r < 0 ? r : 0;
}

int sig_find_rotation(const struct node_sig *sig, struct sig_rotation *ret)
{
	struct sig_rotation rotation = { 0 };
	size_t i;

	if (sig->layer[0].kind != NODE_SIG_ROTATION)
		return 0;
	for (i = 1; i < sig->n; i++) {
		const struct node_sig_layer *layer = &sig->layer[i];

		if (layer->pubkey.len &&
		    !node_sig_node(layer, &rotation.prev[rotation.n_prev++]))
			return TNE_LOCK_PEER;
		if (layer->kind == NODE_SIG_ROTATION)
			continue;
		rotation.initial = layer;
		*ret = rotation;
		return 1;
	}
	return TNE_LOCK_PEER;
}

int sig_check_affected(const struct lock_state *state, struct bytes key_id,
		       struct bytes data, struct node_public *ret)
{
	struct node_public node;
	struct node_sig sig;
	int r = nks_parse(data, &sig);

	if (r < 0)
		return r;
	if (!bytes_eq(node_sig_authorizing(&sig), key_id) ||
	    !node_sig_node(&sig.layer[0], &node))
		return TNE_LOCK_PEER;
	r = sig_check(state, &node, &sig);
	if (r == 0)
		*ret = node;
	return r;
}
