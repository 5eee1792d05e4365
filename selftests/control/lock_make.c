// SPDX-License-Identifier: GPL-2.0-only
#include "lock_make.h"

#include <sodium.h>
#include <string.h>

#include "server.h"

static void signer_make(const char *what, const uint8_t *key,
			struct signer *ret)
{
	uint8_t seed[32];

	crypto_generichash(seed, sizeof(seed), (const uint8_t *)what,
			   strlen(what), key, key ? KEY_LEN : 0);
	crypto_sign_seed_keypair(ret->pub, ret->priv, seed);
}

void signer_own(const struct server *srv, struct signer *ret)
{
	signer_make("tn-control lock key", srv->key, ret);
}

void signer_stranger(struct signer *ret)
{
	signer_make("tn-control stranger", NULL, ret);
}

/**
 * struct fields - a map being written: its pairs, and how many
 */
struct fields {
	struct buf b;
	unsigned int n;
};

static void field(struct fields *f, unsigned int name)
{
	cbor_put_head(&f->b, CBOR_UINT, name);
	f->n++;
}

static void field_number(struct fields *f, unsigned int name, uint64_t value)
{
	field(f, name);
	cbor_put_head(&f->b, CBOR_UINT, value);
}

static void field_bytes(struct fields *f, unsigned int name, const void *data,
			size_t n)
{
	field(f, name);
	cbor_put_bytes(&f->b, data, n);
}

static void put_map(struct buf *b, const struct fields *f)
{
	cbor_put_head(b, CBOR_MAP, f->n);
	buf_add(b, buf_data(&f->b), buf_len(&f->b));
}

/* Sign what there is so far. Source: tailscale tka/aum.go, SigHash. */
static void sign_fields(const struct fields *f, const struct signer *by,
			uint8_t ret[64])
{
	uint8_t hash[LOCK_HASH];
	struct buf b = {};

	put_map(&b, f);
	lock_hash(buf_data(&b), buf_len(&b), hash);
	buf_done(&b);
	crypto_sign_detached(ret, NULL, hash, sizeof(hash), by->priv);
}

static void finish_aum(struct buf *b, struct fields *f, const struct signer *by)
{
	uint8_t sig[64];

	if (by) {
		sign_fields(f, by, sig);
		field(f, AUM_SIGNATURES);
		cbor_put_head(&f->b, CBOR_ARRAY, 1);
		cbor_put_head(&f->b, CBOR_MAP, 2);
		cbor_put_head(&f->b, CBOR_UINT, 1);
		cbor_put_bytes(&f->b, by->pub, 32);
		cbor_put_head(&f->b, CBOR_UINT, 2);
		cbor_put_bytes(&f->b, sig, 64);
	}
	put_map(b, f);
	buf_done(&f->b);
}

static void put_key(struct buf *b, const struct made_key *key)
{
	struct fields f = {};

	field_number(&f, 1, 1);
	field_number(&f, 2, key->votes);
	field_bytes(&f, 3, key->pub, 32);
	put_map(b, &f);
	buf_done(&f.b);
}

void make_genesis(struct buf *b, const struct made_key *keys, size_t n_keys,
		  const uint8_t (*values)[32], size_t n_values, uint64_t id,
		  const struct signer *by)
{
	struct fields aum = {}, state = {};
	size_t i;

	field(&state, 1);
	cbor_put_null(&state.b);
	field(&state, STATE_VALUES);
	cbor_put_head(&state.b, CBOR_ARRAY, n_values);
	for (i = 0; i < n_values; i++)
		cbor_put_bytes(&state.b, values[i], 32);
	field(&state, 3);
	cbor_put_head(&state.b, CBOR_ARRAY, n_keys);
	for (i = 0; i < n_keys; i++)
		put_key(&state.b, &keys[i]);
	field_number(&state, 4, id);
	field_number(&state, 5, id);
	field_number(&aum, AUM_KIND, LOCK_CHECKPOINT);
	field(&aum, AUM_PREV);
	cbor_put_null(&aum.b);
	field(&aum, AUM_STATE);
	put_map(&aum.b, &state);
	buf_done(&state.b);
	finish_aum(b, &aum, by);
}

void make_update(struct buf *b, const uint8_t prev[LOCK_HASH],
		 enum made_kind kind, const struct made_key *key,
		 const struct signer *by)
{
	struct fields f = {};

	field_number(&f, AUM_KIND, kind);
	field_bytes(&f, AUM_PREV, prev, LOCK_HASH);
	switch (kind) {
	case MADE_ADD_KEY:
		field(&f, AUM_KEY);
		put_key(&f.b, key);
		break;
	case MADE_REMOVE_KEY:
		field_bytes(&f, AUM_KEY_ID, key->pub, 32);
		break;
	case MADE_NO_OP:
		break;
	}
	finish_aum(b, &f, by);
}

static void field_node(struct fields *f, const uint8_t node_key[KEY_LEN])
{
	uint8_t pubkey[NKS_PUBKEY_LEN] = "np";

	memcpy(pubkey + 2, node_key, KEY_LEN);
	field_bytes(f, NKS_PUBKEY, pubkey, sizeof(pubkey));
}

void make_sig(struct buf *b, const uint8_t node_key[KEY_LEN],
	      const uint8_t *wrapping, const struct signer *by)
{
	struct fields f = {}, full = {};
	uint8_t sig[64];

	field_number(&f, NKS_KIND, NKS_DIRECT);
	field_node(&f, node_key);
	field_bytes(&f, NKS_KEY_ID, by->pub, 32);
	buf_add(&full.b, buf_data(&f.b), buf_len(&f.b));
	full.n = f.n;
	if (wrapping)
		field_bytes(&f, NKS_WRAPPING, wrapping, 32);
	sign_fields(&f, by, sig);
	field_bytes(&full, NKS_SIGNATURE, sig, 64);
	if (wrapping)
		field_bytes(&full, NKS_WRAPPING, wrapping, 32);
	put_map(b, &full);
	buf_done(&f.b);
	buf_done(&full.b);
}

/* S and R = SB, so that it verifies when kA is the identity: 32 zero bytes are
 * a point of order 4, so every fourth S will do. Source: RFC 8032, 5.1.7.
 */
static void forge(const uint8_t hash[LOCK_HASH], uint8_t ret[64])
{
	static const uint8_t zero_key[32];
	crypto_hash_sha512_state st;
	uint8_t k[64];

	do {
		crypto_core_ed25519_scalar_random(ret + 32);
		crypto_scalarmult_ed25519_base_noclamp(ret, ret + 32);
		crypto_hash_sha512_init(&st);
		crypto_hash_sha512_update(&st, ret, 32);
		crypto_hash_sha512_update(&st, zero_key, 32);
		crypto_hash_sha512_update(&st, hash, LOCK_HASH);
		crypto_hash_sha512_final(&st, k);
		crypto_core_ed25519_scalar_reduce(k, k);
	} while (k[0] & 3);
}

void make_forged_rotation(struct buf *b, const uint8_t node_key[KEY_LEN],
			  struct slice nested)
{
	struct fields f = {}, full = {};
	uint8_t hash[LOCK_HASH], sig[64];
	struct buf signed_part = {};

	field_number(&f, NKS_KIND, NKS_ROTATION);
	field_node(&f, node_key);
	buf_add(&full.b, buf_data(&f.b), buf_len(&f.b));
	full.n = f.n;
	field(&f, NKS_NESTED);
	buf_add(&f.b, nested.p, nested.n);
	put_map(&signed_part, &f);
	lock_hash(buf_data(&signed_part), buf_len(&signed_part), hash);
	buf_done(&signed_part);
	forge(hash, sig);
	field_bytes(&full, NKS_SIGNATURE, sig, 64);
	field(&full, NKS_NESTED);
	buf_add(&full.b, nested.p, nested.n);
	put_map(b, &full);
	buf_done(&f.b);
	buf_done(&full.b);
}
