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

#define LOCK_KEY_SIG_LEN 64	/* bytes */

/**
 * lock_key_sign() - sign with a tailnet-lock key
 * @seed:	private
 * @public:	the public key that belongs to it
 * @msg:	signed
 * @len:	bytes
 * @ret:	the signature
 *
 * Source: RFC 8032, section 5.1.6.
 *
 * Return: 0 or -ENOMEM.
 */
int lock_key_sign(struct secret32 *seed, const struct lock_public *public,
		  const void *msg, size_t len, uint8_t ret[LOCK_KEY_SIG_LEN]);

#endif /* CRYPTO_LOCK_KEY_H */
