// SPDX-License-Identifier: GPL-2.0-only
#include "crypto/lock_key.h"

#include <errno.h>

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
