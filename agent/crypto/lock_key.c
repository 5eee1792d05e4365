// SPDX-License-Identifier: GPL-2.0-only
#include "crypto/lock_key.h"

#include <errno.h>
#include <string.h>

#include <sodium.h>

int lock_key_derive(struct secret32 *seed, struct lock_public *ret)
{
	unsigned char *whole = sodium_malloc(crypto_sign_SECRETKEYBYTES);

	if (!whole)
		return -ENOMEM;
	crypto_sign_seed_keypair(ret->byte, whole, secret32_expose(seed));
	sodium_free(whole);
	return 0;
}

int lock_key_sign(struct secret32 *seed, const struct lock_public *public,
		  const void *msg, size_t len, uint8_t ret[LOCK_KEY_SIG_LEN])
{
	/* The library wants both halves in a row. */
	unsigned char *whole = sodium_malloc(crypto_sign_SECRETKEYBYTES);

	if (!whole)
		return -ENOMEM;
	memcpy(whole, secret32_expose(seed), SECRET_LEN);
	memcpy(whole + SECRET_LEN, public->byte, KEY_LEN);
	crypto_sign_detached(ret, NULL, msg, len, whole);
	sodium_free(whole);
	return 0;
}
