// SPDX-License-Identifier: GPL-2.0-only
#include "nodesig_hash.h"

#include "../hostile/blake2s.h"

void tn_blake2s(u8 *out, size_t outlen, const void *in, size_t inlen,
		const void *key, size_t keylen)
{
	struct blake2s s;

	blake2s_init(&s, outlen, key, keylen);
	blake2s_update(&s, in, inlen);
	blake2s_final(&s, out);
}
