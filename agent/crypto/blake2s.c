// SPDX-License-Identifier: GPL-2.0-only
#include "crypto/blake2s.h"

#include "base/secret.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include <openssl/evp.h>

#define HMAC_PARTS_MAX 3

int blake2s_hash(const struct blake2s_part *part, size_t n,
		 uint8_t ret[BLAKE2S_LEN])
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	int ok = ctx && EVP_DigestInit_ex(ctx, EVP_blake2s256(), NULL);
	size_t i;

	for (i = 0; ok && i < n; i++)
		ok = EVP_DigestUpdate(ctx, part[i].data, part[i].len);
	ok = ok && EVP_DigestFinal_ex(ctx, ret, NULL);
	EVP_MD_CTX_free(ctx);
	return ok ? 0 : -ENOMEM;
}

int blake2s_hmac(const uint8_t key[BLAKE2S_LEN],
		 const struct blake2s_part *part, size_t n,
		 uint8_t ret[BLAKE2S_LEN])
{
	uint8_t inner[BLAKE2S_BLOCK_LEN], outer[BLAKE2S_BLOCK_LEN];
	uint8_t hash[BLAKE2S_LEN];
	struct blake2s_part parts[1 + HMAC_PARTS_MAX];
	size_t i;
	int r;

	assert(n <= HMAC_PARTS_MAX);
	for (i = 0; i < BLAKE2S_BLOCK_LEN; i++) {
		uint8_t byte = i < BLAKE2S_LEN ? key[i] : 0;

		inner[i] = byte ^ 0x36;
		outer[i] = byte ^ 0x5c;
	}
	parts[0] = (struct blake2s_part){ inner, sizeof(inner) };
	for (i = 0; i < n; i++)
		parts[1 + i] = part[i];
	r = blake2s_hash(parts, 1 + n, hash);
	if (r == 0) {
		parts[0] = (struct blake2s_part){ outer, sizeof(outer) };
		parts[1] = (struct blake2s_part){ hash, sizeof(hash) };
		r = blake2s_hash(parts, 2, ret);
	}
	secret_wipe(inner, sizeof(inner));
	secret_wipe(outer, sizeof(outer));
	secret_wipe(hash, sizeof(hash));
	return r;
}

int blake2s_hkdf(const uint8_t salt[BLAKE2S_LEN], const void *secret,
		 size_t len, uint8_t ret_a[BLAKE2S_LEN],
		 uint8_t ret_b[BLAKE2S_LEN])
{
	static const uint8_t one = 1, two = 2;
	uint8_t prk[BLAKE2S_LEN], a[BLAKE2S_LEN];
	struct blake2s_part part[2] = { { secret, len } };
	int r;

	r = blake2s_hmac(salt, part, 1, prk);
	if (r < 0)
		return r;
	part[0] = (struct blake2s_part){ &one, 1 };
	r = blake2s_hmac(prk, part, 1, a);
	if (r == 0) {
		part[0] = (struct blake2s_part){ a, sizeof(a) };
		part[1] = (struct blake2s_part){ &two, 1 };
		r = blake2s_hmac(prk, part, 2, ret_b);
	}
	if (r == 0)
		memcpy(ret_a, a, sizeof(a));
	secret_wipe(prk, sizeof(prk));
	secret_wipe(a, sizeof(a));
	return r;
}
