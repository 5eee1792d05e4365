/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The primitives of the protocol under one argument order: output, input, the
 * rest, key last. The kernel's library changed its BLAKE2s order in 6.19, and a
 * call in the wrong order compiles; so nothing else calls the library.
 */
#ifndef TN_CRYPTO_H
#define TN_CRYPTO_H

#include <crypto/chacha20poly1305.h>
#include <linux/types.h>

#include "compat.h"
#include "messages.h"

/**
 * struct tn_blake2s_ctx - a hash under way
 * @lib:	the library's state
 *
 * Holds what was hashed: wiped by tn_blake2s_final().
 */
struct tn_blake2s_ctx {
	tn_blake2s_lib lib;
};

void tn_blake2s_init(struct tn_blake2s_ctx *ctx, size_t outlen,
		     const void *key, size_t keylen);
void tn_blake2s_update(struct tn_blake2s_ctx *ctx, const void *in,
		       size_t inlen);
void tn_blake2s_final(struct tn_blake2s_ctx *ctx, u8 *out);
void tn_blake2s(u8 *out, size_t outlen, const void *in, size_t inlen,
		const void *key, size_t keylen);

void tn_hmac(u8 out[TN_HASH_LEN], const void *in, size_t inlen,
	     const void *key, size_t keylen);
void tn_kdf1(u8 ck[TN_HASH_LEN], const void *in, size_t inlen);
void tn_kdf2(u8 ck[TN_HASH_LEN], u8 out2[TN_HASH_LEN], const void *in,
	     size_t inlen);
void tn_kdf3(u8 ck[TN_HASH_LEN], u8 out2[TN_HASH_LEN], u8 out3[TN_HASH_LEN],
	     const void *in, size_t inlen);

bool __must_check tn_dh(u8 out[TN_KEY_LEN], const u8 private[TN_KEY_LEN],
			const u8 public[TN_KEY_LEN]);
bool __must_check tn_dh_public(u8 public[TN_KEY_LEN],
			       const u8 private[TN_KEY_LEN]);
void tn_dh_keygen(u8 private[TN_KEY_LEN]);

/**
 * tn_clamp() - make 32 random bytes a Curve25519 private key
 * @private:	changed in place, RFC 7748 section 5
 */
static inline void tn_clamp(u8 private[TN_KEY_LEN])
{
	private[0] &= 248;
	private[31] = (private[31] & 127) | 64;
}

/**
 * tn_memeq() - are two secrets equal?
 * @a:		first
 * @b:		second
 * @len:	bytes of both
 *
 * Return: true if equal; takes the same time either way.
 */
static inline bool tn_memeq(const void *a, const void *b, size_t len)
{
	return !crypto_memneq(a, b, len);
}

/**
 * tn_aead_seal() - ChaCha20-Poly1305 with a 64-bit counter as nonce
 * @dst:	@len + TN_TAG_LEN bytes; may be @src
 * @src:	plaintext
 * @len:	bytes of plaintext
 * @ad:		associated data, or NULL
 * @adlen:	bytes of @ad
 * @nonce:	never twice under one @key
 * @key:	TN_KEY_LEN bytes
 *
 * Context: Any but hard interrupt.
 */
static inline void tn_aead_seal(u8 *dst, const u8 *src, size_t len,
				const u8 *ad, size_t adlen, u64 nonce,
				const u8 key[TN_KEY_LEN])
{
	chacha20poly1305_encrypt(dst, src, len, ad, adlen, nonce, key);
}

/**
 * tn_aead_open() - reverse of tn_aead_seal()
 * @dst:	@len - TN_TAG_LEN bytes; may be @src
 * @src:	ciphertext and tag
 * @len:	bytes of @src, tag included
 * @ad:		associated data, or NULL
 * @adlen:	bytes of @ad
 * @nonce:	as sealed
 * @key:	TN_KEY_LEN bytes
 *
 * Context: Any but hard interrupt.
 * Return: false if the tag is wrong or @src shorter than one.
 */
static inline bool __must_check tn_aead_open(u8 *dst, const u8 *src, size_t len,
					     const u8 *ad, size_t adlen,
					     u64 nonce,
					     const u8 key[TN_KEY_LEN])
{
	return chacha20poly1305_decrypt(dst, src, len, ad, adlen, nonce, key);
}

/**
 * tn_xaead_seal() - XChaCha20-Poly1305, for nonces that are drawn at random
 * @dst:	@len + TN_TAG_LEN bytes
 * @src:	plaintext
 * @len:	bytes of plaintext
 * @ad:		associated data
 * @adlen:	bytes of @ad
 * @nonce:	TN_XNONCE_LEN bytes
 * @key:	TN_KEY_LEN bytes
 */
static inline void tn_xaead_seal(u8 *dst, const u8 *src, size_t len,
				 const u8 *ad, size_t adlen,
				 const u8 nonce[TN_XNONCE_LEN],
				 const u8 key[TN_KEY_LEN])
{
	xchacha20poly1305_encrypt(dst, src, len, ad, adlen, nonce, key);
}

/**
 * tn_xaead_open() - reverse of tn_xaead_seal()
 * @dst:	@len - TN_TAG_LEN bytes
 * @src:	ciphertext and tag
 * @len:	bytes of @src, tag included
 * @ad:		associated data
 * @adlen:	bytes of @ad
 * @nonce:	TN_XNONCE_LEN bytes
 * @key:	TN_KEY_LEN bytes
 *
 * Return: false if the tag is wrong or @src shorter than one.
 */
static inline bool __must_check tn_xaead_open(u8 *dst, const u8 *src,
					      size_t len, const u8 *ad,
					      size_t adlen,
					      const u8 nonce[TN_XNONCE_LEN],
					      const u8 key[TN_KEY_LEN])
{
	return xchacha20poly1305_decrypt(dst, src, len, ad, adlen, nonce, key);
}

#endif /* TN_CRYPTO_H */
