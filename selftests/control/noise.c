// SPDX-License-Identifier: GPL-2.0-only
#include "noise.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char protocol[] = "Noise_IK_25519_ChaChaPoly_BLAKE2s";

static void hash2(const void *a, size_t a_len, const void *b, size_t b_len,
		  uint8_t out[32])
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();

	if (!ctx || !EVP_DigestInit_ex(ctx, EVP_blake2s256(), NULL) ||
	    !EVP_DigestUpdate(ctx, a, a_len) ||
	    !EVP_DigestUpdate(ctx, b, b_len) ||
	    !EVP_DigestFinal_ex(ctx, out, NULL))
		abort();
	EVP_MD_CTX_free(ctx);
}

static void hmac(const uint8_t key[32], const void *data, size_t n,
		 uint8_t out[32])
{
	unsigned int len = 32;

	if (!HMAC(EVP_blake2s256(), key, 32, data, n, out, &len))
		abort();
}

static void mix(struct noise_state *st, const void *data, size_t n)
{
	uint8_t h[32];

	hash2(st->h, 32, data, n, h);
	memcpy(st->h, h, 32);
}

/* HKDF, RFC 5869, with two outputs and no info. */
static void hkdf(const uint8_t ck[32], const void *ikm, size_t n,
		 uint8_t out1[32], uint8_t out2[32])
{
	uint8_t prk[32], block[33];

	hmac(ck, ikm, n, prk);
	block[0] = 1;
	hmac(prk, block, 1, out1);
	memcpy(block, out1, 32);
	block[32] = 2;
	hmac(prk, block, 33, out2);
	sodium_memzero(prk, sizeof(prk));
	sodium_memzero(block, sizeof(block));
}

static bool mix_dh(struct noise_state *st, const uint8_t priv[32],
		   const uint8_t pub[32])
{
	uint8_t dh[32], ck[32];

	if (crypto_scalarmult_curve25519(dh, priv, pub))
		return false;
	hkdf(st->ck, dh, 32, ck, st->k);
	memcpy(st->ck, ck, 32);
	sodium_memzero(dh, sizeof(dh));
	return true;
}

static const uint8_t nonce_zero[12];

/* Seal a field of the handshake and mix it in. */
static void field_seal(struct noise_state *st, const void *data, size_t n,
		       uint8_t *out)
{
	crypto_aead_chacha20poly1305_ietf_encrypt(out, NULL, data, n, st->h,
						  32, NULL, nonce_zero, st->k);
	mix(st, out, n + NOISE_TAG_LEN);
}

static bool field_open(struct noise_state *st, const uint8_t *data, size_t n,
		       uint8_t *out)
{
	if (crypto_aead_chacha20poly1305_ietf_decrypt(out, NULL, NULL, data, n,
						      st->h, 32, nonce_zero,
						      st->k))
		return false;
	mix(st, data, n);
	return true;
}

static void start(struct noise_state *st, unsigned int version,
		  const uint8_t server_pub[32])
{
	char prologue[64];
	int n;

	hash2(protocol, strlen(protocol), "", 0, st->h);
	memcpy(st->ck, st->h, 32);
	n = snprintf(prologue, sizeof(prologue),
		     "Tailscale Control Protocol v%u", version);
	mix(st, prologue, n);
	mix(st, server_pub, 32);
}

static void split(struct noise_state *st, struct noise_cipher *first,
		  struct noise_cipher *second, uint8_t hash[32])
{
	hkdf(st->ck, "", 0, first->key, second->key);
	first->n = second->n = 0;
	memcpy(hash, st->h, 32);
	sodium_memzero(st, sizeof(*st));
}

int noise_init_version(const uint8_t *init, size_t len)
{
	if (len != NOISE_INIT_LEN || init[2] != NOISE_TYPE_INIT ||
	    init[3] != 0 || init[4] != 96)
		return -1;
	return init[0] << 8 | init[1];
}

bool noise_accept(struct noise_state *st, const uint8_t server[32],
		  const uint8_t init[NOISE_INIT_LEN], uint8_t ret_machine[32])
{
	uint8_t pub[32], machine[32], nothing[1];

	crypto_scalarmult_curve25519_base(pub, server);
	start(st, init[0] << 8 | init[1], pub);
	memcpy(st->s, server, 32);
	mix(st, init + 5, 32);
	if (!mix_dh(st, server, init + 5) ||
	    !field_open(st, init + 37, 48, machine) ||
	    !mix_dh(st, server, machine) ||
	    !field_open(st, init + 85, 16, nothing))
		return false;
	memcpy(ret_machine, machine, 32);
	return true;
}

bool noise_answer(struct noise_state *st, const uint8_t e[32],
		  const uint8_t client_e[32], const uint8_t machine[32],
		  uint8_t ret[NOISE_RESPONSE_LEN], struct noise_channel *ret_channel)
{
	ret[0] = NOISE_TYPE_RESPONSE;
	ret[1] = 0;
	ret[2] = 48;
	crypto_scalarmult_curve25519_base(ret + 3, e);
	mix(st, ret + 3, 32);
	if (!mix_dh(st, e, client_e) || !mix_dh(st, e, machine))
		return false;
	field_seal(st, NULL, 0, ret + 35);
	split(st, &ret_channel->rx, &ret_channel->tx, ret_channel->hash);
	return true;
}

bool noise_begin(struct noise_state *st, uint16_t version,
		 const uint8_t machine[32], const uint8_t e[32],
		 const uint8_t server_pub[32], uint8_t ret[NOISE_INIT_LEN])
{
	uint8_t pub[32];

	start(st, version, server_pub);
	memcpy(st->s, machine, 32);
	memcpy(st->e, e, 32);
	ret[0] = version >> 8;
	ret[1] = version;
	ret[2] = NOISE_TYPE_INIT;
	ret[3] = 0;
	ret[4] = 96;
	crypto_scalarmult_curve25519_base(ret + 5, e);
	mix(st, ret + 5, 32);
	if (!mix_dh(st, e, server_pub))
		return false;
	crypto_scalarmult_curve25519_base(pub, machine);
	field_seal(st, pub, 32, ret + 37);
	if (!mix_dh(st, machine, server_pub))
		return false;
	field_seal(st, NULL, 0, ret + 85);
	return true;
}

bool noise_finish(struct noise_state *st,
		  const uint8_t response[NOISE_RESPONSE_LEN],
		  struct noise_channel *ret)
{
	uint8_t nothing[1];

	if (response[0] != NOISE_TYPE_RESPONSE || response[1] ||
	    response[2] != 48)
		return false;
	mix(st, response + 3, 32);
	if (!mix_dh(st, st->e, response + 3) ||
	    !mix_dh(st, st->s, response + 3) ||
	    !field_open(st, response + 35, 16, nothing))
		return false;
	split(st, &ret->tx, &ret->rx, ret->hash);
	return true;
}

/* Four zero bytes, then the counter with its high byte first. */
static void nonce_of(struct noise_cipher *c, uint8_t nonce[12])
{
	int i;

	memset(nonce, 0, 4);
	for (i = 0; i < 8; i++)
		nonce[4 + i] = c->n >> (56 - 8 * i);
	c->n++;
}

void noise_seal(struct noise_cipher *c, const void *data, size_t n,
		uint8_t *ret)
{
	uint8_t nonce[12];

	nonce_of(c, nonce);
	ret[0] = NOISE_TYPE_RECORD;
	ret[1] = (n + NOISE_TAG_LEN) >> 8;
	ret[2] = n + NOISE_TAG_LEN;
	crypto_aead_chacha20poly1305_ietf_encrypt(ret + NOISE_HEADER_LEN, NULL,
						  data, n, NULL, 0, NULL,
						  nonce, c->key);
}

bool noise_open(struct noise_cipher *c, const uint8_t *data, size_t n,
		uint8_t *ret)
{
	uint8_t nonce[12];

	if (n < NOISE_TAG_LEN)
		return false;
	nonce_of(c, nonce);
	return !crypto_aead_chacha20poly1305_ietf_decrypt(ret, NULL, NULL,
							  data, n, NULL, 0,
							  nonce, c->key);
}
