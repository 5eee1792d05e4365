/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Node-key signatures of tailnet lock, given as typed layers. What their
 * signers hashed is made anew from the layers and never taken from anybody.
 *
 * Compiles in the kernel, in the agent and on the host. A build that has no
 * kmod/crypto.h names, as TN_NODESIG_HASH, a header that has
 *	void tn_blake2s(u8 *out, size_t outlen, const void *in, size_t inlen,
 *			const void *key, size_t keylen);
 * for an outlen of 32 and a keylen of 0.
 */
#ifndef TN_NODESIG_H
#define TN_NODESIG_H

#include "ed25519.h"
#include "pure.h"

#define TN_NODESIG_LAYERS	16	/* Source: CBOR nesting, tka/tka.go */
#define TN_NODESIG_PUBKEY_LEN	34	/* "np" and the node key */
#define TN_NODESIG_PREFIX_LEN	2
#define TN_NODESIG_HASH_LEN	32

/* Bytes of the longest chain: 16 layers with all fields at their bounds. */
#define TN_NODESIG_BYTES	(TN_NODESIG_LAYERS * 178)

/* Source: tailscale tka/sig.go, SigKind. */
enum tn_nodesig_kind {
	TN_NODESIG_DIRECT = 1,
	TN_NODESIG_ROTATION = 2,
	TN_NODESIG_CREDENTIAL = 3,
};

/**
 * struct tn_nodesig_layer - one signature of a chain
 * @kind:	enum tn_nodesig_kind, or whatever it says
 * @pubkey_len:	bytes of @pubkey, 0 = absent
 * @key_id_len:	bytes of @key_id, 0 = absent
 * @has_sig:	there is a signature
 * @has_wrapping: there is a wrapping key
 * @pubkey:	node key that is signed, with its prefix
 * @key_id:	trusted key that signed, in direct and credential signatures
 * @sig:	the signature
 * @wrapping:	key that may sign a rotation above this layer
 *
 * Bytes that are not used are zero, so that equal layers compare equal.
 */
struct tn_nodesig_layer {
	u8 kind;
	u8 pubkey_len;
	u8 key_id_len;
	bool has_sig;
	bool has_wrapping;
	u8 pubkey[TN_NODESIG_PUBKEY_LEN];
	u8 key_id[TN_ED25519_KEY_LEN];
	u8 sig[TN_ED25519_SIG_LEN];
	u8 wrapping[TN_ED25519_KEY_LEN];
};

/* What is wrong with a chain. */
enum tn_nodesig_result {
	TN_NODESIG_OK,
	TN_NODESIG_DEPTH,		/* no layer, or more than 16 */
	TN_NODESIG_KIND,		/* a kind where it has no place */
	TN_NODESIG_NODE_KEY,		/* not about this node key */
	TN_NODESIG_PUBKEY,		/* a deeper node key is malformed */
	TN_NODESIG_NO_KEY_ID,		/* no 32-byte id of a trusted key */
	TN_NODESIG_SIGNATURE,		/* the trusted key did not sign this */
	TN_NODESIG_NO_WRAPPING,		/* nobody may sign the rotation */
	TN_NODESIG_WRAPPING,		/* that key is no usable one */
	TN_NODESIG_ROTATION_SIGNATURE,	/* that key did not sign this */
};

/**
 * struct tn_nodesig_work - memory of one verification, too much for a stack
 * @ed:		that of its signatures
 * @wrapping:	key of the rotation at hand
 * @digest:	what its signature is over
 * @bytes:	what that is the hash of
 */
struct tn_nodesig_work {
	struct tn_ed25519_work ed;
	struct tn_ed25519_key wrapping;
	u8 digest[TN_NODESIG_HASH_LEN];
	u8 bytes[TN_NODESIG_BYTES];
};

/*
 * In this order: form, then whether the id of tn_nodesig_key_id() is one of a
 * trusted key, which is the caller's to say, then the signatures.
 */
enum tn_nodesig_result
tn_nodesig_check_form(const struct tn_nodesig_layer *layers, unsigned int num,
		      const u8 node_key[TN_ED25519_KEY_LEN]);
enum tn_nodesig_result
tn_nodesig_verify(const struct tn_nodesig_layer *layers, unsigned int num,
		  const struct tn_ed25519_key *trusted,
		  struct tn_nodesig_work *work);

size_t tn_nodesig_encode(const struct tn_nodesig_layer *layers,
			 unsigned int num, bool with_sig,
			 u8 out[TN_NODESIG_BYTES]);

/**
 * tn_nodesig_key_id() - the trusted key that a chain says it rests on
 * @layers:	outermost first
 * @num:	how many; tn_nodesig_check_form() was content with them
 *
 * Return: TN_ED25519_KEY_LEN bytes.
 */
static inline const u8 *
tn_nodesig_key_id(const struct tn_nodesig_layer *layers, unsigned int num)
{
	return layers[num - 1].key_id;
}

/**
 * tn_nodesig_node_key() - the node key that a layer is about
 * @layer:	of a chain that tn_nodesig_check_form() was content with
 *
 * Return: TN_ED25519_KEY_LEN bytes, or NULL if it is about none.
 */
static inline const u8 *
tn_nodesig_node_key(const struct tn_nodesig_layer *layer)
{
	return layer->pubkey_len ? layer->pubkey + TN_NODESIG_PREFIX_LEN : NULL;
}

#endif /* TN_NODESIG_H */
