// SPDX-License-Identifier: GPL-2.0-only
#include "lock/sign.h"

#include "base/err.h"
#include "crypto/lock_key.h"
#include "lock/verify.h"
#include "wire/aum.h"
#include "wire/nks.h"

#include <errno.h>
#include <string.h>

/*
 * More node keys than this, the one to be replaced included, are cut down, so
 * that there are NODE_SIG_LAYERS_MAX layers again after one more.
 */
#define KEYS_BEFORE_TRIM 15
#define KEYS_KEPT 14

static int build(const struct node_sig *sig, struct arena *mem,
		 struct bytes *ret)
{
	uint8_t data[NKS_MAX];
	size_t len;
	int r = nks_build(sig, data, &len);

	if (r < 0)
		return r;
	return arena_bytes(mem, (struct bytes){ data, len }, ret);
}

static int copy_public(const struct lock_public *key, struct arena *mem,
		       struct bytes *ret)
{
	return arena_bytes(mem, (struct bytes){ key->byte, KEY_LEN }, ret);
}

static int copy_node(const struct node_public *node, struct arena *mem,
		     struct bytes *ret)
{
	uint8_t data[NODE_SIG_PUBKEY_LEN];

	node_sig_put_node(node, data);
	return arena_bytes(mem, (struct bytes){ data, sizeof(data) }, ret);
}

/* Sign the outermost layer, all else being in place. */
static int seal(const struct lock_signer *signer, struct arena *mem,
		struct node_sig *sig)
{
	uint8_t hash[BLAKE2S_LEN], data[LOCK_SIG_LEN];
	int r = nks_sig_hash(sig, 0, hash);

	if (r == 0)
		r = lock_key_sign(signer->seed, &signer->public, hash,
				  sizeof(hash), data);
	if (r < 0)
		return r;
	return arena_bytes(mem, (struct bytes){ data, sizeof(data) },
			   &sig->layer[0].sig);
}

/* A rotation around what is there. */
static int wrap(const struct lock_signer *signer, struct bytes pubkey,
		struct arena *mem, struct node_sig *sig)
{
	if (sig->n == NODE_SIG_LAYERS_MAX)
		return TNE_TOO_LONG;
	memmove(&sig->layer[1], &sig->layer[0],
		sig->n * sizeof(sig->layer[0]));
	sig->n++;
	sig->layer[0] = (struct node_sig_layer){
		.kind = NODE_SIG_ROTATION,
		.pubkey = pubkey,
	};
	return seal(signer, mem, sig);
}

int sign_node(const struct lock_signer *signer, const struct node_public *node,
	      const struct lock_public *rotation, struct arena *mem,
	      struct bytes *ret)
{
	struct node_sig sig = { .n = 1 };
	struct node_sig_layer *layer = &sig.layer[0];
	int r;

	layer->kind = NODE_SIG_DIRECT;
	r = copy_node(node, mem, &layer->pubkey);
	if (r == 0)
		r = copy_public(&signer->public, mem, &layer->key_id);
	if (r == 0 && rotation)
		r = copy_public(rotation, mem, &layer->wrapping);
	if (r == 0)
		r = seal(signer, mem, &sig);
	return r < 0 ? r : build(&sig, mem, ret);
}

/*
 * Has this key signed a layer, as the one that may? Only then it signs the same
 * node key once more: the signature comes from the server, which could write
 * keys of its own into one, and would be given a good signature for each.
 */
static bool has_signed(const struct lock_signer *signer,
		       const struct node_sig *sig, size_t at)
{
	const struct bytes own = { signer->public.byte, KEY_LEN };
	uint8_t hash[BLAKE2S_LEN];

	return at + 1 < sig->n &&
	       bytes_eq(node_sig_wrapping(sig, at + 1), own) &&
	       nks_sig_hash(sig, at, hash) == 0 &&
	       verify_rotation(own, hash, sig->layer[at].sig);
}

/* The newest keys around the signature that all began with. */
static int trim(const struct lock_signer *signer, struct arena *mem,
		struct node_sig *sig)
{
	struct bytes keys[NODE_SIG_LAYERS_MAX];
	struct node_sig kept = { .n = 1 };
	size_t i, n = 0;
	int r = 0;

	if (sig->layer[0].kind != NODE_SIG_ROTATION)
		return 0;
	for (i = 0; i < sig->n; i++) {
		if (i == 0 || sig->layer[i].pubkey.len)
			keys[n++] = sig->layer[i].pubkey;
	}
	if (n <= KEYS_BEFORE_TRIM)
		return 0;
	for (i = 0; i + 1 < sig->n && sig->layer[i].kind == NODE_SIG_ROTATION;
	     i++) {
		if (i < KEYS_KEPT && !has_signed(signer, sig, i))
			return TNE_LOCK_PEER;
	}
	kept.layer[0] = sig->layer[i];
	for (n = KEYS_KEPT; n > 0 && r == 0; n--)
		r = wrap(signer, keys[n - 1], mem, &kept);
	if (r < 0)
		return r;
	*sig = kept;
	return 0;
}

int sign_rotation(const struct lock_signer *signer, struct bytes old,
		  const struct node_public *node, struct arena *mem,
		  struct bytes *ret)
{
	struct node_sig sig;
	struct bytes pubkey;
	int r;

	r = nks_parse(old, &sig);
	if (r == 0)
		r = copy_node(node, mem, &pubkey);
	if (r < 0)
		return r;
	if (bytes_eq(sig.layer[0].pubkey, pubkey))
		return arena_bytes(mem, old, ret);
	r = trim(signer, mem, &sig);
	if (r == 0)
		r = wrap(signer, pubkey, mem, &sig);
	return r < 0 ? r : build(&sig, mem, ret);
}

int sign_credential(const struct lock_signer *signer,
		    const struct lock_public *delegate, struct arena *mem,
		    struct bytes *ret)
{
	struct node_sig sig = { .n = 1 };
	int r;

	sig.layer[0].kind = NODE_SIG_CREDENTIAL;
	r = copy_public(&signer->public, mem, &sig.layer[0].key_id);
	if (r == 0)
		r = copy_public(delegate, mem, &sig.layer[0].wrapping);
	if (r == 0)
		r = seal(signer, mem, &sig);
	return r < 0 ? r : build(&sig, mem, ret);
}

int sign_by_credential(const struct lock_signer *delegate,
		       struct bytes credential, const struct node_public *node,
		       struct arena *mem, struct bytes *ret)
{
	struct node_sig sig;
	struct bytes pubkey;
	int r;

	r = nks_parse(credential, &sig);
	if (r < 0)
		return r;
	if (sig.layer[0].kind != NODE_SIG_CREDENTIAL)
		return TNE_LOCK_PEER;
	r = copy_node(node, mem, &pubkey);
	if (r == 0)
		r = wrap(delegate, pubkey, mem, &sig);
	return r < 0 ? r : build(&sig, mem, ret);
}

int sign_aum(const struct lock_signer *signer, struct arena *mem,
	     struct aum *aum)
{
	struct aum_sig *sigs = arena_array(mem, aum->n_sigs + 1,
					   sizeof(*sigs));
	uint8_t data[LOCK_SIG_LEN];
	struct aum_hash hash;
	int r;

	if (!sigs)
		return -ENOMEM;
	r = aum_sig_hash(aum, &hash);
	if (r == 0)
		r = lock_key_sign(signer->seed, &signer->public, hash.byte,
				  AUM_HASH_LEN, data);
	if (r < 0)
		return r;
	if (aum->n_sigs)
		memcpy(sigs, aum->sigs, aum->n_sigs * sizeof(*sigs));
	sigs[aum->n_sigs].key_id.set = true;
	sigs[aum->n_sigs].sig.set = true;
	r = copy_public(&signer->public, mem, &sigs[aum->n_sigs].key_id.b);
	if (r == 0)
		r = arena_bytes(mem, (struct bytes){ data, sizeof(data) },
				&sigs[aum->n_sigs].sig.b);
	if (r < 0)
		return r;
	aum->sigs = sigs;
	aum->n_sigs++;
	return 0;
}
