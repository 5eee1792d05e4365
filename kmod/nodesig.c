// SPDX-License-Identifier: GPL-2.0-only
/*
 * A signature chain: its canonical bytes, and what makes it valid.
 *
 * The bytes are CBOR in CTAP2's canonical form, of which so little occurs here
 * that it is spelled out: a map with small ascending keys, byte strings, and
 * the next layer as a map inside. An absent field is left out.
 */
#include "nodesig.h"

#ifdef TN_NODESIG_HASH
#include TN_NODESIG_HASH
#else
#include "crypto.h"
#endif

/* Keys of the map. Source: tailscale tka/sig.go, NodeKeySignature. */
enum tn_nodesig_field {
	TN_NODESIG_F_KIND = 1,
	TN_NODESIG_F_PUBKEY = 2,
	TN_NODESIG_F_KEY_ID = 3,
	TN_NODESIG_F_SIGNATURE = 4,
	TN_NODESIG_F_NESTED = 5,
	TN_NODESIG_F_WRAPPING = 6,
};

/* First bytes of CBOR items: major type, and a length below 24. */
#define TN_CBOR_BYTES	0x40
#define TN_CBOR_BYTES_1	0x58	/* the length is the next byte */
#define TN_CBOR_MAP	0xa0

static const u8 tn_nodesig_prefix[TN_NODESIG_PREFIX_LEN] = { 'n', 'p' };

/* A number of one byte: below 24 it is its own head. */
static u8 *tn_put_kind(u8 *p, u8 kind)
{
	*p++ = TN_NODESIG_F_KIND;
	if (kind >= 24)
		*p++ = 24;
	*p++ = kind;
	return p;
}

static u8 *tn_put_bytes(u8 *p, enum tn_nodesig_field field, const u8 *data,
			u8 len)
{
	*p++ = field;
	if (len < 24) {
		*p++ = TN_CBOR_BYTES + len;
	} else {
		*p++ = TN_CBOR_BYTES_1;
		*p++ = len;
	}
	memcpy(p, data, len);
	return p + len;
}

static u8 *tn_put_wrapping(u8 *p, const struct tn_nodesig_layer *layer)
{
	if (!layer->has_wrapping)
		return p;
	return tn_put_bytes(p, TN_NODESIG_F_WRAPPING, layer->wrapping,
			    sizeof(layer->wrapping));
}

/* What comes before the next layer. */
static u8 *tn_put_head(u8 *p, const struct tn_nodesig_layer *layer,
		       bool with_sig, bool nested)
{
	with_sig = with_sig && layer->has_sig;
	*p++ = TN_CBOR_MAP + 1 + !!layer->pubkey_len + !!layer->key_id_len +
	       with_sig + nested + layer->has_wrapping;
	p = tn_put_kind(p, layer->kind);
	if (layer->pubkey_len)
		p = tn_put_bytes(p, TN_NODESIG_F_PUBKEY, layer->pubkey,
				 layer->pubkey_len);
	if (layer->key_id_len)
		p = tn_put_bytes(p, TN_NODESIG_F_KEY_ID, layer->key_id,
				 layer->key_id_len);
	if (with_sig)
		p = tn_put_bytes(p, TN_NODESIG_F_SIGNATURE, layer->sig,
				 sizeof(layer->sig));
	if (nested)
		*p++ = TN_NODESIG_F_NESTED;
	return p;
}

/**
 * tn_nodesig_encode() - canonical bytes of a chain
 * @layers:	outermost first
 * @num:	how many, 1 to TN_NODESIG_LAYERS
 * @with_sig:	with the signature of the outermost; the others have theirs
 * @out:	the bytes
 *
 * Without the signature, this is what is hashed and then signed.
 *
 * Return: bytes used of @out.
 */
size_t tn_nodesig_encode(const struct tn_nodesig_layer *layers,
			 unsigned int num, bool with_sig,
			 u8 out[TN_NODESIG_BYTES])
{
	unsigned int i;
	u8 *p = out;

	for (i = 0; i < num; i++)
		p = tn_put_head(p, &layers[i], with_sig || i, i + 1 < num);
	/* Inside out: the maps end in the other order. */
	while (i--)
		p = tn_put_wrapping(p, &layers[i]);
	return p - out;
}

static bool tn_nodesig_is_node_key(const struct tn_nodesig_layer *layer)
{
	return layer->pubkey_len == TN_NODESIG_PUBKEY_LEN &&
	       !memcmp(layer->pubkey, tn_nodesig_prefix,
		       sizeof(tn_nodesig_prefix));
}

static enum tn_nodesig_result
tn_nodesig_check_kinds(const struct tn_nodesig_layer *layers, unsigned int num)
{
	const struct tn_nodesig_layer *last = &layers[num - 1];
	unsigned int i;

	/* A credential alone names no node. */
	if (last->kind != TN_NODESIG_DIRECT &&
	    (last->kind != TN_NODESIG_CREDENTIAL || num == 1))
		return TN_NODESIG_KIND;
	for (i = 0; i + 1 < num; i++)
		if (layers[i].kind != TN_NODESIG_ROTATION)
			return TN_NODESIG_KIND;
	return TN_NODESIG_OK;
}

/**
 * tn_nodesig_check_form() - could a chain authorize a node key?
 * @layers:	outermost first
 * @num:	how many
 * @node_key:	of the peer that it comes with
 *
 * All that needs no arithmetic and no trusted key.
 *
 * Source: tailscale tka/sig.go, NodeKeySignature.verifySignature() and
 * rotationDetails().
 *
 * Context: Any.
 * Return: TN_NODESIG_OK or what is wrong.
 */
enum tn_nodesig_result
tn_nodesig_check_form(const struct tn_nodesig_layer *layers, unsigned int num,
		      const u8 node_key[TN_ED25519_KEY_LEN])
{
	enum tn_nodesig_result res;
	unsigned int i;

	if (!num || num > TN_NODESIG_LAYERS)
		return TN_NODESIG_DEPTH;
	res = tn_nodesig_check_kinds(layers, num);
	if (res != TN_NODESIG_OK)
		return res;
	if (!tn_nodesig_is_node_key(&layers[0]) ||
	    memcmp(tn_nodesig_node_key(&layers[0]), node_key,
		   TN_ED25519_KEY_LEN))
		return TN_NODESIG_NODE_KEY;
	for (i = 1; i < num; i++) {
		/* A credential may be about no node, but not about half one. */
		if (layers[i].kind == TN_NODESIG_CREDENTIAL &&
		    !layers[i].pubkey_len)
			continue;
		if (!tn_nodesig_is_node_key(&layers[i]))
			return TN_NODESIG_PUBKEY;
	}
	if (layers[num - 1].key_id_len != TN_ED25519_KEY_LEN)
		return TN_NODESIG_NO_KEY_ID;
	return TN_NODESIG_OK;
}

static void tn_nodesig_hash(const struct tn_nodesig_layer *layers,
			    unsigned int num, struct tn_nodesig_work *work)
{
	size_t len = tn_nodesig_encode(layers, num, false, work->bytes);

	tn_blake2s(work->digest, sizeof(work->digest), work->bytes, len, NULL,
		   0);
}

/*
 * Make @key the one that may sign over the layers from @layer on: its wrapping
 * key, or else the one that counted for the layers below it.
 */
static enum tn_nodesig_result
tn_nodesig_wrapping(const struct tn_nodesig_layer *layer,
		    struct tn_ed25519_key *key, bool *has_key)
{
	if (!layer->has_wrapping)
		return *has_key ? TN_NODESIG_OK : TN_NODESIG_NO_WRAPPING;
	*has_key = true;
	/*
	 * Stricter than the reference: signatures of a small-order key can be
	 * made by anyone, and 32 zero bytes, which are such a key, occur where
	 * a node was signed without a rotation key.
	 */
	if (!tn_ed25519_key_init(key, layer->wrapping) ||
	    tn_ed25519_key_small_order(key))
		return TN_NODESIG_WRAPPING;
	return TN_NODESIG_OK;
}

/**
 * tn_nodesig_verify() - verify all signatures of a chain
 * @layers:	outermost first
 * @num:	how many; tn_nodesig_check_form() was content with them
 * @trusted:	the key whose id tn_nodesig_key_id() gives
 * @work:	memory
 *
 * Source: tailscale tka/sig.go, NodeKeySignature.verifySignature(): ZIP-215 for
 * the trusted key, the cofactorless rule for rotations.
 *
 * Context: Any; about 100 us per layer.
 * Return: TN_NODESIG_OK or what is wrong.
 */
enum tn_nodesig_result
tn_nodesig_verify(const struct tn_nodesig_layer *layers, unsigned int num,
		  const struct tn_ed25519_key *trusted,
		  struct tn_nodesig_work *work)
{
	const struct tn_nodesig_layer *layer = &layers[num - 1];
	enum tn_nodesig_result res;
	bool has_key = false;
	unsigned int i;

	tn_nodesig_hash(layer, 1, work);
	if (!layer->has_sig ||
	    !tn_ed25519_verify_zip215(trusted, work->digest,
				      sizeof(work->digest), layer->sig,
				      &work->ed))
		return TN_NODESIG_SIGNATURE;
	/* Outwards: a wrapping key counts for the layers above its own. */
	for (i = num - 1; i-- > 0;) {
		res = tn_nodesig_wrapping(layer, &work->wrapping, &has_key);
		if (res != TN_NODESIG_OK)
			return res;
		layer = &layers[i];
		tn_nodesig_hash(layer, num - i, work);
		if (!layer->has_sig ||
		    !tn_ed25519_verify_cofactorless(&work->wrapping,
						    work->digest,
						    sizeof(work->digest),
						    layer->sig, &work->ed))
			return TN_NODESIG_ROTATION_SIGNATURE;
	}
	return TN_NODESIG_OK;
}
