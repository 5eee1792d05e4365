/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Updates of the tailnet-lock authority as bytes.
 *
 * Source: tailscale tka/aum.go, tka/key.go, tka/state.go.
 */
#ifndef WIRE_AUM_H
#define WIRE_AUM_H

#include "base/arena.h"
#include "base/cursor.h"
#include "model/aum.h"

#include <stddef.h>

/* Largest encoding; ours: the largest legal one is smaller. */
#define AUM_MAX (1U << 20)	/* bytes */

/**
 * aum_parse() - read an update
 * @data:	its bytes and nothing else; the value borrows from them
 * @mem:	owns the lists of the value
 * @ret:	the update
 *
 * Only the canonical form is taken, so the hash of @data is that of the update.
 * Nothing is said about its sense; see aum_check().
 *
 * Return: 0, TNE_CBOR, TNE_TOO_LONG above AUM_MAX, or -ENOMEM.
 */
int aum_parse(struct bytes data, struct arena *mem, struct aum *ret);

/**
 * aum_take() - read an update that something follows
 * @in:		unread bytes; advanced on success only
 * @mem:	as above
 * @ret:	the update
 *
 * Return: 0, TNE_CBOR or -ENOMEM.
 */
int aum_take(struct cursor *in, struct arena *mem, struct aum *ret);

/**
 * aum_build() - write an update
 * @aum:	the update; of each byte string that has to have a fixed length it
 *		is the caller who knows it
 * @mem:	owns the bytes
 * @ret:	the bytes
 *
 * Return: 0 or -ENOMEM.
 */
int aum_build(const struct aum *aum, struct arena *mem, struct bytes *ret);

/**
 * aum_build_unsigned() - what the signatures of an update sign the hash of
 * @aum:	the update; its signatures are left out
 * @mem:	owns the bytes
 * @ret:	the bytes
 *
 * Return: 0 or -ENOMEM.
 */
int aum_build_unsigned(const struct aum *aum, struct arena *mem,
		       struct bytes *ret);

/**
 * aum_hash() - the hash that names an update
 * @data:	its bytes, canonical
 * @ret:	the hash
 *
 * Return: 0 or -ENOMEM.
 */
int aum_hash(struct bytes data, struct aum_hash *ret);

/**
 * aum_sig_hash() - the hash that its signatures sign
 * @aum:	the update
 * @ret:	the hash
 *
 * Return: 0 or -ENOMEM.
 */
int aum_sig_hash(const struct aum *aum, struct aum_hash *ret);

#endif /* WIRE_AUM_H */
