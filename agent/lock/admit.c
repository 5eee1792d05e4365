// SPDX-License-Identifier: GPL-2.0-only
#include "lock/admit.h"

#include "base/err.h"
#include "lock/rotation.h"
#include "lock/sig.h"
#include "wire/nks.h"

#include <errno.h>
#include <string.h>

static bool has_len(struct bytes part, size_t len)
{
	return part.len == 0 || part.len == len;
}

/* What the kernel would not take, and with it all that comes along. */
static bool is_told(const struct node_sig_layer *layer)
{
	return (layer->kind == NODE_SIG_DIRECT ||
		layer->kind == NODE_SIG_ROTATION ||
		layer->kind == NODE_SIG_CREDENTIAL) &&
	       layer->pubkey.len <= NODE_SIG_PUBKEY_LEN &&
	       layer->key_id.len <= LOCK_KEY_ID_LEN &&
	       has_len(layer->sig, LOCK_SIG_LEN) &&
	       has_len(layer->wrapping, KEY_LEN);
}

int admit_read_sig(struct bytes data, struct peer_sig **ret)
{
	struct node_sig sig;
	size_t i;

	*ret = NULL;
	if (nks_parse(data, &sig) < 0)
		return 0;
	for (i = 0; i < sig.n; i++) {
		if (!is_told(&sig.layer[i]))
			return 0;
	}
	*ret = peer_sig_new(&sig);
	return *ret ? 0 : -ENOMEM;
}

/* A signature by itself. Return: 0, TNE_LOCK_... or -ENOMEM. */
static int check_alone(const struct lock_state *state,
		       const struct node_public *key, struct bytes data,
		       struct node_sig *ret)
{
	if (data.len == 0)
		return TNE_LOCK_UNSIGNED;
	if (nks_parse(data, ret) < 0) {
		memset(ret, 0, sizeof(*ret));
		return TNE_LOCK_PEER;
	}
	return state ? sig_check(state, key, ret) : TNE_LOCK_PEER;
}

static int note_rotation(const struct admit_peer *peer,
			 struct rotations *rotations)
{
	struct sig_rotation rotation;

	if (sig_find_rotation(&peer->sig, &rotation) <= 0)
		return 0;
	return rotations_add(rotations, &peer->key, &rotation);
}

static int judge_each(const struct lock_state *state, struct admit_peer *peer,
		      size_t n, struct rotations *rotations)
{
	size_t i;
	int r;

	for (i = 0; i < n; i++) {
		memset(&peer[i].sig, 0, sizeof(peer[i].sig));
		r = check_alone(state, &peer[i].key, peer[i].data,
				&peer[i].sig);
		if (r == -ENOMEM)
			return r;
		/* What it may have beside does not count for others, either. */
		peer[i].verdict = peer[i].peerapi_only ? 0 : r;
		if (r == 0 && !peer[i].peerapi_only)
			r = note_rotation(&peer[i], rotations);
		if (r == -ENOMEM)
			return r;
	}
	return 0;
}

int admit_peers(const struct lock_state *state, struct admit_peer *peer,
		size_t n)
{
	struct rotations rotations = { 0 };
	size_t i;
	int r;

	r = judge_each(state, peer, n, &rotations);
	if (r == 0) {
		rotations_finish(&rotations);
		for (i = 0; i < n; i++) {
			if (peer[i].verdict == 0 &&
			    rotations_obsolete(&rotations, &peer[i].key))
				peer[i].verdict = TNE_LOCK_ROTATED;
		}
	}
	rotations_done(&rotations);
	return r;
}

int admit_netmap(const struct lock_state *state, const struct netmap *netmap,
		 struct arena *mem, struct admit_peer **ret, size_t *ret_n)
{
	size_t n = netmap_n_peers(netmap), i = 0;
	const struct node *node = NULL;
	struct admit_peer *peer;
	int r;

	peer = arena_array(mem, n, sizeof(*peer));
	if (!peer)
		return -ENOMEM;
	while ((node = netmap_next_peer(netmap, node))) {
		peer[i].key = node->key;
		peer[i].data = node->key_signature;
		peer[i++].peerapi_only = node->unsigned_peerapi_only;
	}
	r = admit_peers(state, peer, i);
	if (r < 0)
		return r;
	*ret = peer;
	*ret_n = i;
	return 0;
}

int admit_self(const struct lock_state *state, const struct node_public *key,
	       struct bytes data)
{
	struct node_sig sig;

	return check_alone(state, key, data, &sig);
}
