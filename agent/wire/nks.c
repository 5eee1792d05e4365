// SPDX-License-Identifier: GPL-2.0-only
#include "wire/nks.h"

#include "base/err.h"
#include "wire/cbor.h"

#include <errno.h>

enum {
	FIELD_KIND = 1,
	FIELD_PUBKEY = 2,
	FIELD_KEY_ID = 3,
	FIELD_SIG = 4,
	FIELD_NESTED = 5,
	FIELD_WRAPPING = 6,
};

static struct bytes *bytes_field(struct node_sig_layer *layer, uint64_t field)
{
	switch (field) {
	case FIELD_PUBKEY:
		return &layer->pubkey;
	case FIELD_KEY_ID:
		return &layer->key_id;
	case FIELD_SIG:
		return &layer->sig;
	case FIELD_WRAPPING:
		return &layer->wrapping;
	default:
		return NULL;
	}
}

static int take_layer(struct cursor *in, struct node_sig *sig);

/* Fields without contents are left out, so none of them may be empty. */
static int take_field(struct cursor *in, uint64_t field, size_t at,
		      struct node_sig *sig)
{
	struct node_sig_layer *layer = &sig->layer[at];
	struct bytes *bytes;
	uint64_t kind;

	if (field == FIELD_KIND) {
		if (cbor_take_uint(in, UINT8_MAX, &kind) < 0)
			return TNE_CBOR;
		layer->kind = kind;
		return 0;
	}
	if (field == FIELD_NESTED)
		return take_layer(in, sig);
	bytes = bytes_field(layer, field);
	if (!bytes || cbor_take_bytes(in, bytes) < 0 || bytes->len == 0)
		return TNE_CBOR;
	return 0;
}

/* One layer and those inside of it. Goes NODE_SIG_LAYERS_MAX calls deep. */
static int take_layer(struct cursor *in, struct node_sig *sig)
{
	uint64_t field = 0;
	size_t i, n, at = sig->n;

	if (at == NODE_SIG_LAYERS_MAX)
		return TNE_CBOR;
	sig->n++;
	if (cbor_take_map(in, &n) < 0 || n == 0)
		return TNE_CBOR;
	for (i = 0; i < n; i++) {
		if (cbor_take_key(in, &field) < 0 ||
		    (i == 0 && field != FIELD_KIND) ||
		    take_field(in, field, at, sig) < 0)
			return TNE_CBOR;
	}
	return 0;
}

int nks_parse(struct bytes data, struct node_sig *ret)
{
	struct cursor in = { .p = data.data, .len = data.len };
	struct node_sig sig = { 0 };

	if (data.len > NKS_MAX)
		return TNE_TOO_LONG;
	if (take_layer(&in, &sig) < 0 || in.len)
		return TNE_CBOR;
	*ret = sig;
	return 0;
}

static void put_some(struct cbor_out *out, unsigned int field,
		     struct bytes bytes)
{
	if (!bytes.len)
		return;
	cbor_put_uint(out, field);
	cbor_put_bytes(out, bytes);
}

static void put_layer(struct cbor_out *out, const struct node_sig *sig,
		      size_t at, bool with_sig)
{
	const struct node_sig_layer *layer = &sig->layer[at];
	bool nested = at + 1 < sig->n;

	with_sig = with_sig && layer->sig.len;
	cbor_put_map(out, 1 + (layer->pubkey.len > 0) +
		     (layer->key_id.len > 0) + with_sig + nested +
		     (layer->wrapping.len > 0));
	cbor_put_uint(out, FIELD_KIND);
	cbor_put_uint(out, layer->kind);
	put_some(out, FIELD_PUBKEY, layer->pubkey);
	put_some(out, FIELD_KEY_ID, layer->key_id);
	if (with_sig)
		put_some(out, FIELD_SIG, layer->sig);
	if (nested) {
		cbor_put_uint(out, FIELD_NESTED);
		put_layer(out, sig, at + 1, true);
	}
	put_some(out, FIELD_WRAPPING, layer->wrapping);
}

static int build(const struct node_sig *sig, size_t at, bool with_sig,
		 uint8_t ret[NKS_MAX], size_t *ret_len)
{
	struct cbor_out out = { .p = ret, .cap = NKS_MAX };

	put_layer(&out, sig, at, with_sig);
	if (out.len > out.cap)
		return TNE_TOO_LONG;
	*ret_len = out.len;
	return 0;
}

int nks_build(const struct node_sig *sig, uint8_t ret[NKS_MAX],
	      size_t *ret_len)
{
	return build(sig, 0, true, ret, ret_len);
}

int nks_sig_hash(const struct node_sig *sig, size_t at,
		 uint8_t ret[BLAKE2S_LEN])
{
	struct blake2s_part part;
	uint8_t data[NKS_MAX];
	int r;

	r = build(sig, at, false, data, &part.len);
	if (r < 0)
		return r;
	part.data = data;
	return blake2s_hash(&part, 1, ret);
}
