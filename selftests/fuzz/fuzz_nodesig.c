// SPDX-License-Identifier: GPL-2.0-only
/*
 * Signature chains of any form. First byte: 0 for bytes of a chain, which must
 * come out again as they went in if they are taken at all; else for layers field
 * by field. Every other one is signed by a key that is trusted, layer by layer,
 * so that the way through to "valid" is walked too; and what nobody signed must
 * not be valid.
 */
#include "nodesig.h"

#include <sodium.h>

#include "crypto.h"
#include "fuzz.h"
#include "host.h"
#include "nks.h"

static struct tn_nodesig_layer layers[TN_NODESIG_LAYERS];
static struct tn_nodesig_work work;
static unsigned char public[32], secret[64];

static unsigned int read_layers(struct fuzz_input *in)
{
	unsigned int num = 1 + fuzz_u8(in) % TN_NODESIG_LAYERS, i;

	memset(layers, 0, sizeof(layers));
	for (i = 0; i < num; i++) {
		struct tn_nodesig_layer *l = &layers[i];
		u8 has = fuzz_u8(in);

		l->kind = has & 64 ? fuzz_u8(in) : i + 1 < num ? 2 : 1;
		l->pubkey_len = has & 1 ? fuzz_u8(in) % 35 : 34;
		fuzz_bytes(in, l->pubkey, l->pubkey_len);
		if (!(has & 1))
			memcpy(l->pubkey, "np", 2);
		l->key_id_len = has & 2 ? fuzz_u8(in) % 33 : 32;
		memcpy(l->key_id, public, l->key_id_len);
		l->has_wrapping = has & 4;
		if (l->has_wrapping && (has & 8))
			fuzz_bytes(in, l->wrapping, 32);
		else if (l->has_wrapping)
			memcpy(l->wrapping, public, 32);
		l->has_sig = has & 16;
		if (l->has_sig)
			fuzz_bytes(in, l->sig, 64);
	}
	return num;
}

static void sign_layers(unsigned int num)
{
	u8 bytes[TN_NODESIG_BYTES], hash[32];
	unsigned int i = num;
	size_t len;

	while (i--) {
		len = tn_nodesig_encode(layers + i, num - i, false, bytes);
		tn_blake2s(hash, 32, bytes, len, NULL, 0);
		crypto_sign_detached(layers[i].sig, NULL, hash, 32, secret);
		layers[i].has_sig = true;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const unsigned char seed[32] = "tailnet lock";
	struct tn_nodesig_layer again[TN_NODESIG_LAYERS];
	struct fuzz_input in = { data, size };
	u8 bytes[TN_NODESIG_BYTES], node_key[32] = { };
	static struct tn_ed25519_key key;
	bool is_signed = false;
	enum tn_nodesig_result res;
	unsigned int num;
	size_t len;
	u8 mode;

	if (!key.on_curve) {
		crypto_sign_seed_keypair(public, secret, seed);
		tn_ed25519_key_init(&key, public);
	}
	mode = fuzz_u8(&in);
	if (!mode) {
		num = nks_parse(in.p, in.left, layers);
		if (!num)
			return 0;
	} else {
		num = read_layers(&in);
		if (mode & 1) {
			sign_layers(num);
			is_signed = true;
		}
	}
	len = tn_nodesig_encode(layers, num, true, bytes);
	HOST_BUG_ON(!len || len > TN_NODESIG_BYTES);
	/* The parser wants no empty fields, which the layers cannot have. */
	HOST_BUG_ON(nks_parse(bytes, len, again) != num);
	HOST_BUG_ON(memcmp(layers, again, num * sizeof(layers[0])));
	if (layers[0].pubkey_len == 34)
		memcpy(node_key, layers[0].pubkey + 2, 32);
	if (tn_nodesig_check_form(layers, num, node_key) != TN_NODESIG_OK)
		return 0;
	res = tn_nodesig_verify(layers, num, &key, &work);
	HOST_BUG_ON(res == TN_NODESIG_OK && !is_signed);
	if (is_signed && num == 1)
		HOST_BUG_ON(res != TN_NODESIG_OK);
	return 0;
}
