// SPDX-License-Identifier: GPL-2.0-only
#include "nks.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct reader {
	const uint8_t *p;
	size_t left;
	bool bad;
};

static uint8_t next(struct reader *r)
{
	if (!r->left) {
		r->bad = true;
		return 0;
	}
	r->left--;
	return *r->p++;
}

/* A byte string of at most @max bytes. */
static uint8_t bytes(struct reader *r, uint8_t *out, uint8_t max)
{
	uint8_t head = next(r), len = head - 0x40;

	if (head == 0x58)
		len = next(r);
	else if (head < 0x41 || head > 0x57)
		r->bad = true;
	if (r->bad || len > max || len > r->left) {
		r->bad = true;
		return 0;
	}
	memcpy(out, r->p, len);
	r->p += len;
	r->left -= len;
	return len;
}

static unsigned int chain(struct reader *r, struct tn_nodesig_layer *layer,
			  unsigned int room)
{
	unsigned int fields, deeper = 0, n = 0;
	uint8_t head = next(r);

	if (!room || head < 0xa1 || head > 0xa6) {
		r->bad = true;
		return 0;
	}
	memset(layer, 0, sizeof(*layer));
	for (fields = head - 0xa0; fields && !r->bad; fields--) {
		switch (next(r)) {
		case 1:
			layer->kind = next(r);
			if (layer->kind == 24)
				layer->kind = next(r);
			break;
		case 2:
			layer->pubkey_len = bytes(r, layer->pubkey,
						  sizeof(layer->pubkey));
			break;
		case 3:
			layer->key_id_len = bytes(r, layer->key_id,
						  sizeof(layer->key_id));
			break;
		case 4:
			n = bytes(r, layer->sig, sizeof(layer->sig));
			layer->has_sig = true;
			r->bad |= n != sizeof(layer->sig);
			break;
		case 5:
			deeper = chain(r, layer + 1, room - 1);
			break;
		case 6:
			n = bytes(r, layer->wrapping, sizeof(layer->wrapping));
			layer->has_wrapping = true;
			r->bad |= n != sizeof(layer->wrapping);
			break;
		default:
			r->bad = true;
		}
	}
	return r->bad ? 0 : deeper + 1;
}

unsigned int nks_parse(const uint8_t *in, size_t len,
		       struct tn_nodesig_layer layers[TN_NODESIG_LAYERS])
{
	struct reader r = { .p = in, .left = len };
	uint8_t again[TN_NODESIG_BYTES];
	unsigned int num;

	num = chain(&r, layers, TN_NODESIG_LAYERS);
	if (!num || r.left ||
	    tn_nodesig_encode(layers, num, true, again) != len ||
	    memcmp(again, in, len))
		return 0;
	return num;
}

static int hex_digit(char c)
{
	const char *at = c ? strchr("0123456789abcdef", c) : NULL;

	return at ? at - "0123456789abcdef" : -1;
}

int hex_text(const char *text, uint8_t *out, size_t max)
{
	size_t n = strlen(text), i;

	if (n % 2 || n / 2 > max)
		return -1;
	for (i = 0; i < n / 2; i++) {
		int hi = hex_digit(text[2 * i]), lo = hex_digit(text[2 * i + 1]);

		if (hi < 0 || lo < 0)
			return -1;
		out[i] = hi << 4 | lo;
	}
	return n / 2;
}

int hex_member(const json_t *object, const char *key, uint8_t *out, size_t max)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? hex_text(text, out, max) : -1;
}

/* -1 out of bounds, 0 absent or empty. */
static int field(const json_t *o, const char *key, uint8_t *out, size_t max)
{
	json_t *v = json_object_get(o, key);

	return !v || json_is_null(v) ? 0 : hex_member(o, key, out, max);
}

static unsigned int layer_from_json(const json_t *o,
				    struct tn_nodesig_layer *layer)
{
	int pubkey, key_id, sig, wrapping;
	json_int_t kind = json_integer_value(json_object_get(o, "kind"));

	memset(layer, 0, sizeof(*layer));
	pubkey = field(o, "pubkey", layer->pubkey, sizeof(layer->pubkey));
	key_id = field(o, "key_id", layer->key_id, sizeof(layer->key_id));
	sig = field(o, "signature", layer->sig, sizeof(layer->sig));
	wrapping = field(o, "wrapping_pubkey", layer->wrapping,
			 sizeof(layer->wrapping));
	if (pubkey < 0 || key_id < 0 || (sig && sig != 64) ||
	    (wrapping && wrapping != 32) || kind < 0 || kind > 255)
		return 0;
	layer->kind = kind;
	layer->pubkey_len = pubkey;
	layer->key_id_len = key_id;
	layer->has_sig = sig;
	layer->has_wrapping = wrapping;
	return 1;
}

unsigned int nks_from_json(const json_t *fields,
			   struct tn_nodesig_layer layers[TN_NODESIG_LAYERS])
{
	unsigned int num = 0;

	for (; json_is_object(fields);
	     fields = json_object_get(fields, "nested")) {
		if (num == TN_NODESIG_LAYERS ||
		    !layer_from_json(fields, &layers[num]))
			return 0;
		num++;
	}
	return num;
}

json_t *vectors_open(const char *fallback, const char *folder, const char *name)
{
	const char *base = getenv("VECTORS");
	json_error_t error;
	json_t *root = NULL;
	char *path;
	int i;

	if (!base)
		base = fallback;
	for (i = 0; i < 2 && !root; i++) {
		if (asprintf(&path, "%s/%s/%s", base, i ? "." : folder,
			     name) < 0)
			return NULL;
		root = json_load_file(path, JSON_ALLOW_NUL, &error);
		if (!root && i)
			fprintf(stderr, "# %s: %s\n", path, error.text);
		free(path);
	}
	return root;
}

size_t nks_trusted(const uint8_t *genesis, size_t len, uint8_t (*keys)[32],
		   size_t max)
{
	/* a3 01 KIND 02 VOTES 03 58 20: a key of kind 1 with few votes */
	static const uint8_t before[] = { 0xa3, 0x01, 0x01, 0x02 };
	static const uint8_t behind[] = { 0x03, 0x58, 0x20 };
	size_t i, n = 0;

	for (i = 0; i + 8 + 32 <= len && n < max; i++)
		if (!memcmp(genesis + i, before, sizeof(before)) &&
		    !memcmp(genesis + i + 5, behind, sizeof(behind)))
			memcpy(keys[n++], genesis + i + 8, 32);
	return n;
}
