// SPDX-License-Identifier: GPL-2.0-only
/*
 * The kernel's crypto library as the module sees it, over libsodium; BLAKE2s,
 * which libsodium has not, from RFC 7693.
 */
#include "crypto/blake2s.h"
#include "crypto/chacha20poly1305.h"
#include "crypto/curve25519.h"

#include <sodium.h>

static const u32 iv[8] = {
	0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
	0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
};

static const u8 sigma[10][16] = {
	{ 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15 },
	{ 14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3 },
	{ 11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4 },
	{ 7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8 },
	{ 9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13 },
	{ 2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9 },
	{ 12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11 },
	{ 13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10 },
	{ 6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5 },
	{ 10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0 },
};

static u32 rotr(u32 x, int n)
{
	return x >> n | x << (32 - n);
}

static void quarter(u32 *v, int a, int b, int c, int d, u32 x, u32 y)
{
	v[a] += v[b] + x;
	v[d] = rotr(v[d] ^ v[a], 16);
	v[c] += v[d];
	v[b] = rotr(v[b] ^ v[c], 12);
	v[a] += v[b] + y;
	v[d] = rotr(v[d] ^ v[a], 8);
	v[c] += v[d];
	v[b] = rotr(v[b] ^ v[c], 7);
}

static void compress(struct blake2s_ctx *ctx, bool last)
{
	const u8 *s;
	u32 v[16], m[16];
	int i, r;

	for (i = 0; i < 16; i++)
		m[i] = get_unaligned_le32(ctx->buf + 4 * i);
	for (i = 0; i < 8; i++) {
		v[i] = ctx->h[i];
		v[i + 8] = iv[i];
	}
	v[12] ^= (u32)ctx->t;
	v[13] ^= (u32)(ctx->t >> 32);
	if (last)
		v[14] = ~v[14];

	for (r = 0; r < 10; r++) {
		s = sigma[r];
		quarter(v, 0, 4, 8, 12, m[s[0]], m[s[1]]);
		quarter(v, 1, 5, 9, 13, m[s[2]], m[s[3]]);
		quarter(v, 2, 6, 10, 14, m[s[4]], m[s[5]]);
		quarter(v, 3, 7, 11, 15, m[s[6]], m[s[7]]);
		quarter(v, 0, 5, 10, 15, m[s[8]], m[s[9]]);
		quarter(v, 1, 6, 11, 12, m[s[10]], m[s[11]]);
		quarter(v, 2, 7, 8, 13, m[s[12]], m[s[13]]);
		quarter(v, 3, 4, 9, 14, m[s[14]], m[s[15]]);
	}
	for (i = 0; i < 8; i++)
		ctx->h[i] ^= v[i] ^ v[i + 8];
}

void blake2s_init_key(struct blake2s_ctx *ctx, size_t outlen, const void *key,
		      size_t keylen)
{
	HOST_BUG_ON(!outlen || outlen > 32 || keylen > 32);

	memset(ctx, 0, sizeof(*ctx));
	memcpy(ctx->h, iv, sizeof(iv));
	ctx->h[0] ^= 0x01010000 ^ (u32)keylen << 8 ^ (u32)outlen;
	ctx->outlen = outlen;
	if (keylen) {
		memcpy(ctx->buf, key, keylen);
		ctx->buflen = sizeof(ctx->buf);
	}
}

void blake2s_init(struct blake2s_ctx *ctx, size_t outlen)
{
	blake2s_init_key(ctx, outlen, NULL, 0);
}

void blake2s_update(struct blake2s_ctx *ctx, const u8 *in, size_t inlen)
{
	for (; inlen; in++, inlen--) {
		if (ctx->buflen == sizeof(ctx->buf)) {
			ctx->t += sizeof(ctx->buf);
			compress(ctx, false);
			ctx->buflen = 0;
		}
		ctx->buf[ctx->buflen++] = *in;
	}
}

void blake2s_final(struct blake2s_ctx *ctx, u8 *out)
{
	u8 full[32];
	int i;

	ctx->t += ctx->buflen;
	memset(ctx->buf + ctx->buflen, 0, sizeof(ctx->buf) - ctx->buflen);
	compress(ctx, true);
	for (i = 0; i < 8; i++)
		put_unaligned_le32(ctx->h[i], full + 4 * i);
	memcpy(out, full, ctx->outlen);
	memset(ctx, 0, sizeof(*ctx));
}

void chacha20poly1305_encrypt(u8 *dst, const u8 *src, size_t src_len,
			      const u8 *ad, size_t ad_len, u64 nonce,
			      const u8 key[32])
{
	u8 npub[12] = {};

	put_unaligned_le64(nonce, npub + 4);
	crypto_aead_chacha20poly1305_ietf_encrypt(dst, NULL, src, src_len, ad,
						  ad_len, NULL, npub, key);
}

bool chacha20poly1305_decrypt(u8 *dst, const u8 *src, size_t src_len,
			      const u8 *ad, size_t ad_len, u64 nonce,
			      const u8 key[32])
{
	u8 npub[12] = {};

	put_unaligned_le64(nonce, npub + 4);
	return !crypto_aead_chacha20poly1305_ietf_decrypt(dst, NULL, NULL, src,
							  src_len, ad, ad_len,
							  npub, key);
}

void xchacha20poly1305_encrypt(u8 *dst, const u8 *src, size_t src_len,
			       const u8 *ad, size_t ad_len, const u8 nonce[24],
			       const u8 key[32])
{
	crypto_aead_xchacha20poly1305_ietf_encrypt(dst, NULL, src, src_len, ad,
						   ad_len, NULL, nonce, key);
}

bool xchacha20poly1305_decrypt(u8 *dst, const u8 *src, size_t src_len,
			       const u8 *ad, size_t ad_len, const u8 nonce[24],
			       const u8 key[32])
{
	return !crypto_aead_xchacha20poly1305_ietf_decrypt(dst, NULL, NULL, src,
							   src_len, ad, ad_len,
							   nonce, key);
}

bool curve25519(u8 out[32], const u8 secret[32], const u8 point[32])
{
	if (!crypto_scalarmult(out, secret, point))
		return true;
	memset(out, 0, 32);
	return false;
}

bool curve25519_generate_public(u8 pub[32], const u8 secret[32])
{
	return !sodium_is_zero(secret, 32) &&
	       !crypto_scalarmult_base(pub, secret);
}
