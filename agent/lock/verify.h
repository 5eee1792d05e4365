/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The two ways in which the tailnet lock verifies Ed25519, each by name. They
 * differ for keys and signatures that no honest signer makes, and all nodes
 * have to agree on those, so no other rule will do; libsodium has neither.
 *
 * Source: tailscale tka/verify.go, tka/sig.go.
 */
#ifndef LOCK_VERIFY_H
#define LOCK_VERIFY_H

#include "base/arena.h"
#include "model/aum.h"

#include <stdbool.h>
#include <stdint.h>

/**
 * verify_trusted() - a signature by a trusted key
 * @key:	its id; a length other than LOCK_KEY_ID_LEN verifies nothing
 * @hash:	what is signed
 * @sig:	the signature; a length other than LOCK_SIG_LEN is none
 *
 * For updates and for direct and credential layers: ZIP-215.
 *
 * Return: true if it is good.
 */
bool verify_trusted(struct bytes key, const uint8_t hash[AUM_HASH_LEN],
		    struct bytes sig);

/**
 * verify_rotation() - a signature by a wrapping key
 * @key:	the key, as above
 * @hash:	what is signed
 * @sig:	the signature, as above
 *
 * The rule of RFC 8032 without the cofactor; besides, keys of small order are
 * refused, for which everyone can sign.
 *
 * Return: true if it is good.
 */
bool verify_rotation(struct bytes key, const uint8_t hash[AUM_HASH_LEN],
		     struct bytes sig);

#endif /* LOCK_VERIFY_H */
