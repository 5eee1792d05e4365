// SPDX-License-Identifier: GPL-2.0-only
#include "crypto/noise_ik.h"

#include "base/err.h"
#include "crypto/blake2s.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <sodium.h>

static const char protocol[] = "Noise_IK_25519_ChaChaPoly_BLAKE2s";

#define PROLOGUE_MAX 48	/* bytes: the text with a number of 5 digits is 33 */

/**
 * struct noise_ik - a handshake; lives in guarded memory
 * @machine: own static key
 * @ephemeral: own key of this handshake
 * @server: the other side's static key
 * @h: hash of all that was said
 * @ck: chaining key
 * @k: key of the next sealed part
 */
struct noise_ik {
	struct secret32 *machine;
	struct secret32 *ephemeral;
	struct machine_public server;
	uint8_t h[BLAKE2S_LEN];
	uint8_t ck[BLAKE2S_LEN];
	uint8_t k[BLAKE2S_LEN];
};

/**
 * struct noise_cipher - one direction; lives in guarded memory
 * @key: of ChaCha20-Poly1305
 * @counter: number of the next record
 */
struct noise_cipher {
	uint8_t key[crypto_aead_chacha20poly1305_IETF_KEYBYTES];
	uint64_t counter;
};

/* Noise: MixHash. */
static int mix_hash(struct noise_ik *ik, const void *data, size_t len)
{
	const struct blake2s_part part[] = {
		{ ik->h, sizeof(ik->h) }, { data, len },
	};

	return blake2s_hash(part, 2, ik->h);
}

/* Noise: MixKey, with the shared secret of two keys. */
static int mix_dh(struct noise_ik *ik, struct secret32 *private,
		  const uint8_t *public)
{
	uint8_t shared[KEY_LEN];
	int r = TNE_NOISE_DH;

	/* Refuses points of low order, whose result would be zero. */
	if (crypto_scalarmult(shared, secret32_expose(private), public) == 0)
		r = blake2s_hkdf(ik->ck, shared, sizeof(shared), ik->ck,
				 ik->k);
	secret_wipe(shared, sizeof(shared));
	return r;
}

static const uint8_t zero_nonce[crypto_aead_chacha20poly1305_IETF_NPUBBYTES];

/* Noise: EncryptAndHash; each key seals once. */
static int seal_and_mix(struct noise_ik *ik, const void *plain, size_t len,
			uint8_t *ret)
{
	crypto_aead_chacha20poly1305_ietf_encrypt(ret, NULL, plain, len, ik->h,
						  sizeof(ik->h), NULL,
						  zero_nonce, ik->k);
	return mix_hash(ik, ret, len + NOISE_TAG_LEN);
}

/* Noise: DecryptAndHash, of nothing. */
static int open_and_mix(struct noise_ik *ik, const uint8_t *tag)
{
	uint8_t none[1];

	if (crypto_aead_chacha20poly1305_ietf_decrypt(none, NULL, NULL, tag,
						      NOISE_TAG_LEN, ik->h,
						      sizeof(ik->h), zero_nonce,
						      ik->k) != 0)
		return TNE_NOISE_TAG;
	return mix_hash(ik, tag, NOISE_TAG_LEN);
}

static int begin(struct noise_ik *ik, uint16_t version)
{
	const struct blake2s_part name = { protocol, strlen(protocol) };
	char prologue[PROLOGUE_MAX];
	int len, r;

	len = snprintf(prologue, sizeof(prologue),
		       "Tailscale Control Protocol v%u", version);
	/* The name is longer than a hash, so it is hashed. */
	r = blake2s_hash(&name, 1, ik->h);
	if (r < 0)
		return r;
	memcpy(ik->ck, ik->h, sizeof(ik->ck));
	r = mix_hash(ik, prologue, len);
	if (r < 0)
		return r;
	return mix_hash(ik, ik->server.byte, KEY_LEN);
}

int noise_ik_new(struct secret32 *machine, const struct machine_public *server,
		 uint16_t version, struct noise_ik **ret)
{
	struct noise_ik *ik auto_clean(noise_ik) = sodium_malloc(sizeof(*ik));
	int r;

	if (!ik)
		return -ENOMEM;
	memset(ik, 0, sizeof(*ik));
	ik->machine = machine;
	ik->server = *server;
	r = begin(ik, version);
	if (r < 0)
		return r;
	*ret = steal(ik);
	return 0;
}

void noise_ik_free(struct noise_ik *ik)
{
	sodium_free(ik);
}

int noise_ik_initiate(struct noise_ik *ik, struct secret32 *ephemeral,
		      uint8_t ret[NOISE_IK_INITIATION_LEN])
{
	uint8_t *point = ret, *sealed = ret + KEY_LEN;
	uint8_t *tag = sealed + KEY_LEN + NOISE_TAG_LEN;
	struct machine_public self;
	int r;

	ik->ephemeral = ephemeral;
	crypto_scalarmult_base(self.byte, secret32_expose(ik->machine));
	crypto_scalarmult_base(point, secret32_expose(ephemeral));
	/* Noise: -> e, es, s, ss. */
	r = mix_hash(ik, point, KEY_LEN);
	if (r == 0)
		r = mix_dh(ik, ephemeral, ik->server.byte);
	if (r == 0)
		r = seal_and_mix(ik, self.byte, KEY_LEN, sealed);
	if (r == 0)
		r = mix_dh(ik, ik->machine, ik->server.byte);
	if (r == 0)
		r = seal_and_mix(ik, NULL, 0, tag);
	return r;
}

static int split(struct noise_ik *ik, struct noise_cipher **ret_send,
		 struct noise_cipher **ret_receive)
{
	struct noise_cipher *send auto_clean(noise_cipher) = NULL;
	struct noise_cipher *receive auto_clean(noise_cipher) = NULL;
	int r;

	r = blake2s_hkdf(ik->ck, NULL, 0, ik->ck, ik->k);
	if (r < 0)
		return r;
	send = noise_cipher_new(ik->ck);
	receive = noise_cipher_new(ik->k);
	if (!send || !receive)
		return -ENOMEM;
	*ret_send = steal(send);
	*ret_receive = steal(receive);
	return 0;
}

int noise_ik_finish(struct noise_ik *ik,
		    const uint8_t response[NOISE_IK_RESPONSE_LEN],
		    struct noise_cipher **ret_send,
		    struct noise_cipher **ret_receive)
{
	int r;

	/* Noise: <- e, ee, se. */
	r = mix_hash(ik, response, KEY_LEN);
	if (r == 0)
		r = mix_dh(ik, ik->ephemeral, response);
	if (r == 0)
		r = mix_dh(ik, ik->machine, response);
	if (r == 0)
		r = open_and_mix(ik, response + KEY_LEN);
	if (r == 0)
		r = split(ik, ret_send, ret_receive);
	secret_wipe(ik->ck, sizeof(ik->ck));
	secret_wipe(ik->k, sizeof(ik->k));
	return r;
}

const uint8_t *noise_ik_hash(const struct noise_ik *ik)
{
	return ik->h;
}

struct noise_cipher *noise_cipher_new(const uint8_t *key)
{
	struct noise_cipher *cipher = sodium_malloc(sizeof(*cipher));

	if (!cipher)
		return NULL;
	memcpy(cipher->key, key, sizeof(cipher->key));
	cipher->counter = 0;
	return cipher;
}

void noise_cipher_free(struct noise_cipher *cipher)
{
	sodium_free(cipher);
}

struct nonce {
	uint8_t byte[crypto_aead_chacha20poly1305_IETF_NPUBBYTES];
};

static int next_nonce(struct noise_cipher *cipher, struct nonce *ret)
{
	int i;

	if (cipher->counter == UINT64_MAX)
		return TNE_NOISE_EXHAUSTED;
	memset(ret, 0, sizeof(*ret));
	for (i = 0; i < 8; i++)
		ret->byte[4 + i] = cipher->counter >> (56 - 8 * i);
	cipher->counter++;
	return 0;
}

int noise_cipher_seal(struct noise_cipher *cipher, const uint8_t *plain,
		      size_t len, uint8_t *ret)
{
	struct nonce nonce;
	int r = next_nonce(cipher, &nonce);

	if (r < 0)
		return r;
	crypto_aead_chacha20poly1305_ietf_encrypt(ret, NULL, plain, len, NULL,
						  0, NULL, nonce.byte,
						  cipher->key);
	return 0;
}

int noise_cipher_open(struct noise_cipher *cipher, const uint8_t *sealed,
		      size_t len, uint8_t *ret)
{
	struct nonce nonce;
	int r = next_nonce(cipher, &nonce);

	if (r < 0)
		return r;
	if (crypto_aead_chacha20poly1305_ietf_decrypt(ret, NULL, NULL, sealed,
						      len, NULL, 0, nonce.byte,
						      cipher->key) != 0)
		return TNE_NOISE_TAG;
	return 0;
}

void noise_cipher_skip(struct noise_cipher *cipher, uint64_t counter)
{
	cipher->counter = counter;
}
