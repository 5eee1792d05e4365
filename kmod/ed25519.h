/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Verification of Ed25519 signatures under the two rules that tailnet lock
 * uses. They differ only for keys and signatures that somebody made with the
 * difference in mind, and there each decides who may take part: a caller must
 * say which one it means.
 *
 * Everything here is about public data and takes a time that depends on it.
 * Nothing of it may be used with a secret.
 */
#ifndef TN_ED25519_H
#define TN_ED25519_H

#include "pure.h"
#include "sha512.h"

#define TN_ED25519_KEY_LEN 32	/* bytes of a public key */
#define TN_ED25519_SIG_LEN 64	/* bytes: R, then S in little endian */

/**
 * struct tn_fe - a number mod 2^255 - 19
 * @v:	limbs of 51 bits, lowest first; they may be up to 3 bits longer
 */
struct tn_fe {
	u64 v[5];
};

/**
 * struct tn_ge - a point of the curve
 * @x:	x = @x / @z
 * @y:	y = @y / @z
 * @z:	not zero
 * @t:	x y = @t / @z
 */
struct tn_ge {
	struct tn_fe x, y, z, t;
};

/**
 * struct tn_ge_cached - a point to be added
 * @sum:	y + x
 * @diff:	y - x
 * @z2:		2 z
 * @t2d:	2 d t
 */
struct tn_ge_cached {
	struct tn_fe sum, diff, z2, t2d;
};

/**
 * struct tn_ed25519_key - a public key, decoded
 * @bytes:	as it was received, which is what is hashed
 * @on_curve:	it stands for a point; otherwise it verifies nothing
 * @neg:	that point's negative
 */
struct tn_ed25519_key {
	u8 bytes[TN_ED25519_KEY_LEN];
	bool on_curve;
	struct tn_ge neg;
};

/**
 * struct tn_ed25519_work - memory of one verification; 2 KB that a kernel stack
 *	should not carry
 * @hash:	of R, key and message
 * @s:		digits of S
 * @k:		digits of that hash
 * @table:	odd multiples of the key's negative
 */
struct tn_ed25519_work {
	struct tn_sha512 hash;
	s8 s[256];
	s8 k[256];
	struct tn_ge_cached table[8];
};

/*
 * tn_ed25519_key_init() reads a key as both rules do: y is taken mod p, and a
 * sign that x = 0 cannot have is passed over. It returns @on_curve.
 */
bool tn_ed25519_key_init(struct tn_ed25519_key *key,
			 const u8 bytes[TN_ED25519_KEY_LEN]);
bool tn_ed25519_key_small_order(const struct tn_ed25519_key *key);

bool tn_ed25519_verify_zip215(const struct tn_ed25519_key *key,
			      const void *msg, size_t len,
			      const u8 sig[TN_ED25519_SIG_LEN],
			      struct tn_ed25519_work *work);
bool tn_ed25519_verify_cofactorless(const struct tn_ed25519_key *key,
				    const void *msg, size_t len,
				    const u8 sig[TN_ED25519_SIG_LEN],
				    struct tn_ed25519_work *work);

#endif /* TN_ED25519_H */
