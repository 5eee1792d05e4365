// SPDX-License-Identifier: GPL-2.0-only
/*
 * BLAKE2s, HMAC and HKDF over it, and Curve25519, over the kernel's library.
 */
#include "crypto.h"

#include <crypto/curve25519.h>
#include <linux/random.h>
#include <linux/string.h>

/**
 * tn_blake2s_init() - begin a hash
 * @ctx:	state
 * @outlen:	bytes of output, 1 to 32
 * @key:	NULL, or the key of a keyed hash
 * @keylen:	bytes of @key, at most 32
 */
void tn_blake2s_init(struct tn_blake2s_ctx *ctx, size_t outlen,
		     const void *key, size_t keylen)
{
	if (keylen)
		blake2s_init_key(&ctx->lib, outlen, key, keylen);
	else
		blake2s_init(&ctx->lib, outlen);
}

/**
 * tn_blake2s_update() - hash more input
 * @ctx:	state
 * @in:		input
 * @inlen:	bytes of @in
 */
void tn_blake2s_update(struct tn_blake2s_ctx *ctx, const void *in, size_t inlen)
{
	blake2s_update(&ctx->lib, in, inlen);
}

/**
 * tn_blake2s_final() - end a hash and wipe its state
 * @ctx:	state
 * @out:	as many bytes as tn_blake2s_init() was told
 */
void tn_blake2s_final(struct tn_blake2s_ctx *ctx, u8 *out)
{
	blake2s_final(&ctx->lib, out);
	memzero_explicit(ctx, sizeof(*ctx));
}

/**
 * tn_blake2s() - hash in one go
 * @out:	result; may overlap @in
 * @outlen:	bytes of @out, 1 to 32
 * @in:		input
 * @inlen:	bytes of @in
 * @key:	NULL, or the key of a keyed hash
 * @keylen:	bytes of @key, at most 32
 */
void tn_blake2s(u8 *out, size_t outlen, const void *in, size_t inlen,
		const void *key, size_t keylen)
{
	struct tn_blake2s_ctx ctx;

	tn_blake2s_init(&ctx, outlen, key, keylen);
	tn_blake2s_update(&ctx, in, inlen);
	tn_blake2s_final(&ctx, out);
}

/**
 * tn_hmac() - HMAC-BLAKE2s, RFC 2104
 * @out:	result; may overlap @in or @key
 * @in:		message
 * @inlen:	bytes of @in
 * @key:	key
 * @keylen:	bytes of @key
 *
 * Noise wants the true HMAC for its key derivation, not the keyed hash.
 */
void tn_hmac(u8 out[TN_HASH_LEN], const void *in, size_t inlen,
	     const void *key, size_t keylen)
{
	u8 pad[BLAKE2S_BLOCK_SIZE] = {};
	struct tn_blake2s_ctx ctx;
	u8 inner[TN_HASH_LEN];
	size_t i;

	if (keylen > sizeof(pad))
		tn_blake2s(pad, TN_HASH_LEN, key, keylen, NULL, 0);
	else
		memcpy(pad, key, keylen);

	for (i = 0; i < sizeof(pad); i++)
		pad[i] ^= 0x36;
	tn_blake2s_init(&ctx, TN_HASH_LEN, NULL, 0);
	tn_blake2s_update(&ctx, pad, sizeof(pad));
	tn_blake2s_update(&ctx, in, inlen);
	tn_blake2s_final(&ctx, inner);

	for (i = 0; i < sizeof(pad); i++)
		pad[i] ^= 0x36 ^ 0x5c;
	tn_blake2s_init(&ctx, TN_HASH_LEN, NULL, 0);
	tn_blake2s_update(&ctx, pad, sizeof(pad));
	tn_blake2s_update(&ctx, inner, sizeof(inner));
	tn_blake2s_final(&ctx, out);

	memzero_explicit(pad, sizeof(pad));
	memzero_explicit(inner, sizeof(inner));
}

/*
 * HKDF, RFC 5869, with the chaining key as salt and no info: each output is
 * the HMAC of the one before and a number. Only as many as asked for are made.
 */
static void kdf(u8 *out1, u8 *out2, u8 *out3, const u8 ck[TN_HASH_LEN],
		const void *in, size_t inlen)
{
	u8 secret[TN_HASH_LEN], block[TN_HASH_LEN + 1];

	tn_hmac(secret, in, inlen, ck, TN_HASH_LEN);

	block[0] = 1;
	tn_hmac(block, block, 1, secret, sizeof(secret));
	memcpy(out1, block, TN_HASH_LEN);
	if (!out2)
		goto out;

	block[TN_HASH_LEN] = 2;
	tn_hmac(block, block, sizeof(block), secret, sizeof(secret));
	memcpy(out2, block, TN_HASH_LEN);
	if (!out3)
		goto out;

	block[TN_HASH_LEN] = 3;
	tn_hmac(block, block, sizeof(block), secret, sizeof(secret));
	memcpy(out3, block, TN_HASH_LEN);
out:
	memzero_explicit(secret, sizeof(secret));
	memzero_explicit(block, sizeof(block));
}

/**
 * tn_kdf1() - mix input into the chaining key
 * @ck:		chaining key, replaced
 * @in:		input
 * @inlen:	bytes of @in
 */
void tn_kdf1(u8 ck[TN_HASH_LEN], const void *in, size_t inlen)
{
	kdf(ck, NULL, NULL, ck, in, inlen);
}

/**
 * tn_kdf2() - mix input into the chaining key and derive one key
 * @ck:		chaining key, replaced
 * @out2:	derived key
 * @in:		input
 * @inlen:	bytes of @in
 */
void tn_kdf2(u8 ck[TN_HASH_LEN], u8 out2[TN_HASH_LEN], const void *in,
	     size_t inlen)
{
	kdf(ck, out2, NULL, ck, in, inlen);
}

/**
 * tn_kdf3() - mix input into the chaining key and derive two keys
 * @ck:		chaining key, replaced
 * @out2:	first derived key
 * @out3:	second derived key
 * @in:		input
 * @inlen:	bytes of @in
 */
void tn_kdf3(u8 ck[TN_HASH_LEN], u8 out2[TN_HASH_LEN], u8 out3[TN_HASH_LEN],
	     const void *in, size_t inlen)
{
	kdf(ck, out2, out3, ck, in, inlen);
}

/**
 * tn_dh() - Curve25519
 * @out:	shared secret
 * @private:	ours
 * @public:	theirs
 *
 * Context: Any but hard interrupt; takes tens of microseconds.
 * Return: false if the result is zero, as with points of low order: abort.
 */
bool tn_dh(u8 out[TN_KEY_LEN], const u8 private[TN_KEY_LEN],
	   const u8 public[TN_KEY_LEN])
{
	return curve25519(out, private, public);
}

/**
 * tn_dh_public() - public key of a private one
 * @public:	result
 * @private:	clamped
 *
 * Return: false if @private is not a key.
 */
bool tn_dh_public(u8 public[TN_KEY_LEN], const u8 private[TN_KEY_LEN])
{
	return curve25519_generate_public(public, private);
}

/**
 * tn_dh_keygen() - draw a private key
 * @private:	result, clamped
 *
 * Context: Process. Sleeps until the random pool is ready, early after boot,
 * so no lock may be held that a shutdown would want.
 */
void tn_dh_keygen(u8 private[TN_KEY_LEN])
{
	get_random_bytes_wait(private, TN_KEY_LEN);
	tn_clamp(private);
}
