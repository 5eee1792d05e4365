/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Is an update good: by itself, and by the state that it follows?
 *
 * Source: tailscale tka/aum.go, tka/key.go, tka/state.go (staticValidate...),
 * tka/limits.go; tka/tka.go, aumVerify.
 */
#ifndef LOCK_CHECK_H
#define LOCK_CHECK_H

#include "crypto/disable_kdf.h"
#include "model/aum.h"

#include <stdbool.h>

#define LOCK_VOTES_MAX 4096
#define LOCK_META_MAX 512	/* bytes of all names and values of one key */
#define LOCK_KEYS_MAX 512	/* in a checkpoint */
#define LOCK_VALUES_MAX 32	/* disablement values */
#define LOCK_VALUE_LEN DISABLE_VALUE_LEN

/**
 * lock_key_check() - is a key one that may be trusted?
 * @key: the key
 *
 * Return: 0 or TNE_LOCK_AUM.
 */
int lock_key_check(const struct lock_key *key);

/**
 * lock_state_check() - is a state one that a checkpoint may have?
 * @state: the state
 *
 * Return: 0 or TNE_LOCK_AUM.
 */
int lock_state_check(const struct lock_state *state);

/**
 * aum_check() - does an update make sense by itself?
 * @aum: the update
 *
 * Return: 0 or TNE_LOCK_AUM.
 */
int aum_check(const struct aum *aum);

/**
 * aum_verify() - may an update follow a state?
 * @aum:	the update
 * @state:	the state; of a first update its own
 * @first:	it is the one to begin with, so the one before does not matter
 *
 * One trusted key is enough, with however few votes: those count in forks only.
 * But one bad or unknown signature beside good ones is too much.
 *
 * Return: 0, TNE_LOCK_AUM, TNE_LOCK_PARENT if it follows another state,
 * TNE_LOCK_SIGNATURE, TNE_LOCK_APPLY for removing the only key, or -ENOMEM.
 */
int aum_verify(const struct aum *aum, const struct lock_state *state,
	       bool first);

#endif /* LOCK_CHECK_H */
