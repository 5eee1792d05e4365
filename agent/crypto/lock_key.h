/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef CRYPTO_LOCK_KEY_H
#define CRYPTO_LOCK_KEY_H

#include "base/secret.h"
#include "crypto/key_text.h"

/**
 * lock_key_derive() - the public key of a tailnet-lock key
 * @seed:	private, the 32 bytes of RFC 8032, section 5.1.5
 * @ret:	public
 *
 * Return: 0 or -ENOMEM.
 */
int lock_key_derive(struct secret32 *seed, struct lock_public *ret);

#endif /* CRYPTO_LOCK_KEY_H */
