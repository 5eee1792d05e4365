// SPDX-License-Identifier: GPL-2.0-only
#include "lock/verify.h"

#include "kmod/ed25519.h"

static bool read_key(struct bytes key, struct bytes sig,
		     struct tn_ed25519_key *ret)
{
	return key.len == TN_ED25519_KEY_LEN &&
	       sig.len == TN_ED25519_SIG_LEN &&
	       tn_ed25519_key_init(ret, key.data);
}

bool verify_trusted(struct bytes key, const uint8_t hash[AUM_HASH_LEN],
		    struct bytes sig)
{
	struct tn_ed25519_work work;
	struct tn_ed25519_key k;

	return read_key(key, sig, &k) &&
	       tn_ed25519_verify_zip215(&k, hash, AUM_HASH_LEN, sig.data,
					&work);
}

bool verify_rotation(struct bytes key, const uint8_t hash[AUM_HASH_LEN],
		     struct bytes sig)
{
	struct tn_ed25519_work work;
	struct tn_ed25519_key k;

	return read_key(key, sig, &k) && !tn_ed25519_key_small_order(&k) &&
	       tn_ed25519_verify_cofactorless(&k, hash, AUM_HASH_LEN, sig.data,
					      &work);
}
