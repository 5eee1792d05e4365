// SPDX-License-Identifier: GPL-2.0-only
#include "node/lock_rotated.h"

#include "lock/sig.h"
#include "wire/nks.h"

#include <errno.h>

static int note_peer(struct lock_side *side, const struct node *peer)
{
	struct node_sig sig;
	int r;

	/* What it may have beside does not count for others, either. */
	if (peer->unsigned_peerapi_only || !peer->key_signature.len ||
	    nks_parse(peer->key_signature, &sig) < 0)
		return 0;
	r = rotated_has_news(&side->rotated, &sig);
	if (r <= 0)
		return r;
	r = sig_check(authority_state(side->sync.authority), &peer->key, &sig);
	if (r < 0)
		return r == -ENOMEM ? r : 0;
	return rotated_note(&side->rotated, &sig);
}

static int note_peers(struct lock_side *side, const struct netmap *netmap,
		      const struct node_public *keys, size_t n)
{
	const struct node *peer = NULL;
	int r, n_new = 0;
	size_t i;

	if (!keys) {
		while ((peer = netmap_next_peer(netmap, peer))) {
			r = note_peer(side, peer);
			if (r < 0)
				return r;
			n_new += r;
		}
		return n_new;
	}
	for (i = 0; i < n; i++) {
		peer = netmap_find_key(netmap, &keys[i]);
		r = peer ? note_peer(side, peer) : 0;
		if (r < 0)
			return r;
		n_new += r;
	}
	return n_new;
}

int lock_side_note(struct lock_side *side, const struct netmap *netmap,
		   const struct node_public *keys, size_t n)
{
	bool was_full = side->rotated.full;
	int r;

	if (!lock_side_authority(side))
		return 0;
	r = note_peers(side, netmap, keys, n);
	if (side->rotated.full && !was_full)
		log_warning("lock: more node keys were rotated away than can be remembered");
	side->rotated_unsaved |= r != 0;
	if (side->rotated_unsaved && side->rotated.n) {
		if (lock_pin_write_rotated(side->state, side->profile,
					   &side->rotated) == 0)
			side->rotated_unsaved = false;
		else
			log_limited(&side->warnings, loop_now_ms(side->loop),
				    LOG_LEVEL_WARNING,
				    "lock: which node keys were rotated away is not noted in the state file");
	}
	return r;
}

int lock_side_rotated(const struct lock_side *side, const struct node *peer)
{
	struct node_sig sig;

	if (!lock_side_authority(side) || !side->rotated.n)
		return 0;
	if (peer->unsigned_peerapi_only)
		return rotated_find(&side->rotated, &peer->key, NULL);
	/* Whom the kernel does not let in anyway, it has a better reason for. */
	if (!peer->key_signature.len ||
	    nks_parse(peer->key_signature, &sig) < 0)
		return 0;
	return rotated_find(&side->rotated, &peer->key, &sig);
}
