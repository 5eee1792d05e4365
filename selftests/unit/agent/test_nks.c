// SPDX-License-Identifier: GPL-2.0-only
#include "test.h"
#include "tka.h"

#include "base/err.h"
#include "wire/nks.h"

static void check_canonical(struct bytes data, const json_t *row)
{
	uint8_t back[NKS_MAX], hash[BLAKE2S_LEN], known[BLAKE2S_LEN];
	struct node_sig sig;
	size_t len = 0;

	CHECK_EQ(nks_parse(data, &sig), 0);
	CHECK_EQ(nks_build(&sig, back, &len), 0);
	CHECK_EQ(len, data.len);
	CHECK_MEM(back, data.data, len);
	if (!json_object_get(row, "sig_hash"))
		return;
	tka_fixed(row, "sig_hash", known, BLAKE2S_LEN);
	CHECK_EQ(nks_sig_hash(&sig, 0, hash), 0);
	CHECK_MEM(hash, known, BLAKE2S_LEN);
}

static int parse_exact(struct bytes data, size_t len)
{
	struct bytes exact = { .data = tka_exact(data, len), .len = len };
	struct node_sig sig;
	int r = nks_parse(exact, &sig);

	free((void *)exact.data);
	return r;
}

static void decoder_rows(const char *section)
{
	json_t *root auto_clean(json) = tka_load("tka-reference/decoder.json");
	const json_t *rows = json_object_get(root, section), *row;
	size_t i;

	CHECK(json_array_size(rows) > 0);
	for (i = 0; i < json_array_size(rows); i++) {
		struct arena *mem auto_clean(arena) = arena_new();
		struct bytes data;

		row = json_array_get(rows, i);
		data = tka_bytes(row, "input", mem);
		test_case("%s %zu", section, i);
		/* Ours: nothing honest is that long. */
		if (data.len > NKS_MAX)
			CHECK_EQ(parse_exact(data, data.len), TNE_TOO_LONG);
		else if (tka_bool(row, "ok") &&
			 !json_object_get(row, "reserialized"))
			CHECK_IN(check_canonical(data, row));
		else
			CHECK_EQ(parse_exact(data, data.len), TNE_CBOR);
	}
}

static void reference_decoder(void)
{
	decoder_rows("nks");
}

static void reference_decoder_random(void)
{
	decoder_rows("nks_random");
}

static struct node_sig_layer layer_of(const json_t *fields, struct arena *mem)
{
	return (struct node_sig_layer){
		.kind = json_number_value(tka_get(fields, "kind")),
		.pubkey = tka_opt_bytes(fields, "pubkey", mem).b,
		.key_id = tka_opt_bytes(fields, "key_id", mem).b,
		.sig = tka_opt_bytes(fields, "signature", mem).b,
		.wrapping = tka_opt_bytes(fields, "wrapping_pubkey", mem).b,
	};
}

static void check_fields(const json_t *row)
{
	struct arena *mem auto_clean(arena) = arena_new();
	struct bytes known = tka_bytes(row, "serialized", mem), id;
	const json_t *fields = tka_get(row, "fields");
	struct node_sig sig = { 0 };
	uint8_t data[NKS_MAX];
	size_t len;

	test_case("%s", tka_text(row, "name"));
	for (; json_is_object(fields) && sig.n < NODE_SIG_LAYERS_MAX;
	     fields = json_object_get(fields, "nested"))
		sig.layer[sig.n++] = layer_of(fields, mem);
	/* One layer too many. */
	if (json_is_object(fields)) {
		CHECK(!tka_bool(row, "decodes"));
		CHECK_EQ(parse_exact(known, known.len), TNE_CBOR);
		return;
	}
	CHECK_EQ(nks_build(&sig, data, &len), 0);
	CHECK_EQ(len, known.len);
	CHECK_MEM(data, known.data, len);
	CHECK_IN(check_canonical(known, row));
	id = node_sig_authorizing(&sig);
	CHECK_EQ(id.len > 0, tka_bool(row, "authorizing_key_id_ok"));
	if (id.len)
		CHECK(bytes_eq(id, tka_bytes(row, "authorizing_key_id", mem)));
	id = node_sig_wrapping(&sig, 0);
	CHECK_EQ(id.len > 0, tka_bool(row, "wrapping_public_ok"));
	if (id.len)
		CHECK(bytes_eq(id, tka_bytes(row, "wrapping_public", mem)));
}

static void reference_fields(void)
{
	json_t *root auto_clean(json) = tka_load("tka-reference/nks.json");
	const json_t *rows = json_object_get(root, "signatures");
	size_t i;

	CHECK(json_array_size(rows) > 0);
	for (i = 0; i < json_array_size(rows); i++)
		CHECK_IN(check_fields(json_array_get(rows, i)));
}

/* Each layer: the bytes that it signs, their hash. */
static void check_layers(const json_t *row, struct arena *mem)
{
	const json_t *layers = json_object_get(row, "layers");
	struct bytes data = tka_bytes(row, "cbor", mem);
	uint8_t hash[BLAKE2S_LEN], known[BLAKE2S_LEN];
	struct node_sig sig;
	size_t i;

	test_case("%s", tka_text(row, "name"));
	if (json_array_size(layers) > NODE_SIG_LAYERS_MAX) {
		CHECK_EQ(parse_exact(data, data.len), TNE_CBOR);
		return;
	}
	CHECK_EQ(nks_parse(data, &sig), 0);
	CHECK_EQ(sig.n, json_array_size(layers));
	for (i = 0; i < sig.n; i++) {
		CHECK_EQ(nks_sig_hash(&sig, i, hash), 0);
		tka_fixed(json_array_get(layers, i), "sighash", known,
			  BLAKE2S_LEN);
		CHECK_MEM(hash, known, BLAKE2S_LEN);
	}
	for (i = 0; i < data.len; i++)
		CHECK_EQ(parse_exact(data, i), TNE_CBOR);
}

static void layers(void)
{
	json_t *root auto_clean(json) = tka_load("tka/nks.json");
	const json_t *rows = json_object_get(root, "cases"), *row;
	size_t i, n = 0;

	for (i = 0; i < json_array_size(rows); i++) {
		struct arena *mem auto_clean(arena) = arena_new();

		row = json_array_get(rows, i);
		if (!json_object_get(row, "layers"))
			continue;
		CHECK_IN(check_layers(row, mem));
		n++;
	}
	CHECK(n > 0);
}

static void refuses_what_is_too_long(void)
{
	static uint8_t data[NKS_MAX + 1], back[NKS_MAX];
	struct node_sig sig = { .n = 1 };
	size_t len;

	CHECK_EQ(nks_parse((struct bytes){ data, NKS_MAX + 1 }, &sig),
		 TNE_TOO_LONG);
	/* a2, the kind in two bytes, then 04 and a head of three. */
	sig.layer[0].sig = (struct bytes){ data, NKS_MAX - 7 };
	CHECK_EQ(nks_build(&sig, back, &len), 0);
	CHECK_EQ(len, NKS_MAX);
	sig.layer[0].sig.len++;
	CHECK_EQ(nks_build(&sig, back, &len), TNE_TOO_LONG);
}

static const struct test tests[] = {
	TEST(reference_decoder),
	TEST(reference_decoder_random),
	TEST(reference_fields),
	TEST(layers),
	TEST(refuses_what_is_too_long),
};
TEST_MAIN(tests)
