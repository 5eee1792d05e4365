// SPDX-License-Identifier: GPL-2.0-only
#include "lock/check.h"

#include "base/err.h"
#include "lock/state.h"
#include "lock/verify.h"
#include "wire/aum.h"

#include <stddef.h>

/* Different signatures of one update that are told apart; ours. */
#define SEEN_MAX 16

int lock_key_check(const struct lock_key *key)
{
	size_t i, len = 0;

	if (key->kind != LOCK_KEY_25519 || key->votes == 0 ||
	    key->votes > LOCK_VOTES_MAX)
		return TNE_LOCK_AUM;
	for (i = 0; i < key->meta.n; i++)
		len += key->meta.item[i].name.len + key->meta.item[i].value.len;
	return len > LOCK_META_MAX ? TNE_LOCK_AUM : 0;
}

static int check_values(const struct lock_state *state)
{
	size_t i, j;

	if (state->n_values == 0 || state->n_values > LOCK_VALUES_MAX)
		return TNE_LOCK_AUM;
	for (i = 0; i < state->n_values; i++) {
		if (state->values[i].b.len != LOCK_VALUE_LEN)
			return TNE_LOCK_AUM;
		for (j = 0; j < i; j++) {
			if (bytes_eq(state->values[i].b, state->values[j].b))
				return TNE_LOCK_AUM;
		}
	}
	return 0;
}

int lock_state_check(const struct lock_state *state)
{
	size_t i, j;

	if (state->has_last || check_values(state) < 0 ||
	    state->n_keys == 0 || state->n_keys > LOCK_KEYS_MAX)
		return TNE_LOCK_AUM;
	for (i = 0; i < state->n_keys; i++) {
		if (lock_key_check(&state->keys[i]) < 0)
			return TNE_LOCK_AUM;
		for (j = 0; j < i; j++) {
			if (bytes_eq(state->keys[i].id.b, state->keys[j].id.b))
				return TNE_LOCK_AUM;
		}
	}
	return 0;
}

static int check_sigs(const struct aum *aum)
{
	size_t i;

	for (i = 0; i < aum->n_sigs; i++) {
		if (aum->sigs[i].key_id.b.len != LOCK_KEY_ID_LEN ||
		    aum->sigs[i].sig.b.len != LOCK_SIG_LEN)
			return TNE_LOCK_AUM;
	}
	return 0;
}

/* What each kind needs, and what it must not have. */
static bool has_its_fields(const struct aum *aum)
{
	bool key = aum->key, id = aum->key_id.len, state = aum->state;
	bool votes = aum->has_votes, meta = aum->meta.n;

	switch (aum->kind) {
	case AUM_ADD_KEY:
		return key && !id && !state && !votes && !meta;
	case AUM_REMOVE_KEY:
		return id && !key && !state && !votes && !meta;
	case AUM_UPDATE_KEY:
		return id && (votes || meta) && !key && !state;
	case AUM_CHECKPOINT:
		return state && !id && !key && !votes && !meta;
	}
	/* Others, which newer nodes may understand, are free. */
	return true;
}

int aum_check(const struct aum *aum)
{
	if (aum->key && lock_key_check(aum->key) < 0)
		return TNE_LOCK_AUM;
	if (aum->prev.set && aum->prev.b.len == 0)
		return TNE_LOCK_AUM;
	if (check_sigs(aum) < 0)
		return TNE_LOCK_AUM;
	if (aum->state && lock_state_check(aum->state) < 0)
		return TNE_LOCK_AUM;
	return has_its_fields(aum) ? 0 : TNE_LOCK_AUM;
}

static bool follows(const struct aum *aum, const struct lock_state *state)
{
	struct aum_hash prev;

	return aum_prev(aum, &prev) && state->has_last &&
	       aum_hash_eq(&prev, &state->last);
}

/* The same key and signature once more cost nothing. */
static bool is_repeated(const struct aum *aum, size_t at, const size_t *seen,
			size_t n_seen)
{
	const struct aum_sig *sig = &aum->sigs[at], *old;
	size_t i;

	for (i = 0; i < n_seen; i++) {
		old = &aum->sigs[seen[i]];
		if (bytes_eq(sig->key_id.b, old->key_id.b) &&
		    bytes_eq(sig->sig.b, old->sig.b))
			return true;
	}
	return false;
}

static int verify_sigs(const struct aum *aum, const struct lock_state *state)
{
	size_t seen[SEEN_MAX], n_seen = 0, i;
	const struct lock_key *key;
	struct aum_hash hash;
	int r;

	if (aum->n_sigs == 0)
		return TNE_LOCK_SIGNATURE;
	r = aum_sig_hash(aum, &hash);
	if (r < 0)
		return r;
	for (i = 0; i < aum->n_sigs; i++) {
		if (is_repeated(aum, i, seen, n_seen))
			continue;
		key = lock_state_find_key(state, aum->sigs[i].key_id.b);
		if (!key || !verify_trusted(key->id.b, hash.byte,
					    aum->sigs[i].sig.b))
			return TNE_LOCK_SIGNATURE;
		if (n_seen < SEEN_MAX)
			seen[n_seen++] = i;
	}
	return 0;
}

int aum_verify(const struct aum *aum, const struct lock_state *state,
	       bool first)
{
	int r = aum_check(aum);

	if (r < 0)
		return r;
	if (!first && !follows(aum, state))
		return TNE_LOCK_PARENT;
	r = verify_sigs(aum, state);
	if (r < 0)
		return r;
	/* Nobody could ever sign anything again. */
	if (aum->kind == AUM_REMOVE_KEY && state->n_keys == 1 &&
	    bytes_eq(state->keys[0].id.b, aum->key_id))
		return TNE_LOCK_APPLY;
	return 0;
}
