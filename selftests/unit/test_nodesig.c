// SPDX-License-Identifier: GPL-2.0-only
/*
 * Signature chains against recorded verdicts of the reference. What it refuses
 * is refused here; what it accepts is accepted, but for bytes that are not
 * canonical and for wrapping keys of small order.
 */
#include "nodesig.h"

#include "crypto.h"
#include "nks.h"
#include "test.h"

#define MAX_BYTES 8192

static struct tn_nodesig_work work;

struct trusted {
	u8 keys[64][32];
	size_t num;
};

static const u8 *find_key(const struct trusted *t, const u8 *id)
{
	size_t i;

	for (i = 0; i < t->num; i++)
		if (!memcmp(t->keys[i], id, 32))
			return t->keys[i];
	return NULL;
}

/* As the module puts the three steps together. */
static bool admits(const struct trusted *t, const u8 *node_key,
		   const struct tn_nodesig_layer *layers, unsigned int num,
		   enum tn_nodesig_result *ret_res)
{
	struct tn_ed25519_key key;
	const u8 *id;

	*ret_res = tn_nodesig_check_form(layers, num, node_key);
	if (*ret_res != TN_NODESIG_OK)
		return false;
	id = find_key(t, tn_nodesig_key_id(layers, num));
	if (!id)
		return false;
	tn_ed25519_key_init(&key, id);
	*ret_res = tn_nodesig_verify(layers, num, &key, &work);
	return *ret_res == TN_NODESIG_OK;
}

static bool admits_bytes(const struct trusted *t, const u8 *node_key,
			 const u8 *in, size_t len,
			 enum tn_nodesig_result *ret_res)
{
	struct tn_nodesig_layer layers[TN_NODESIG_LAYERS];
	unsigned int num = nks_parse(in, len, layers);

	*ret_res = TN_NODESIG_DEPTH;
	return num && admits(t, node_key, layers, num, ret_res);
}

static bool accepts(const json_t *row, const char *column)
{
	return json_is_true(json_object_get(json_object_get(row, column),
					    "accept"));
}

static void one_layer(const json_t *want, const struct tn_nodesig_layer *layers,
		      unsigned int num)
{
	static u8 bytes[TN_NODESIG_BYTES], expect[MAX_BYTES];
	u8 hash[32];
	size_t len;

	len = tn_nodesig_encode(layers, num, false, bytes);
	CHECK_EQ(len, hex_member(want, "preimage", expect, MAX_BYTES));
	CHECK_MEM(bytes, expect, len);
	tn_blake2s(hash, 32, bytes, len, NULL, 0);
	CHECK_EQ(hex_member(want, "sighash", expect, MAX_BYTES), 32);
	CHECK_MEM(hash, expect, 32);
	len = tn_nodesig_encode(layers, num, true, bytes);
	CHECK_EQ(len, hex_member(want, "full", expect, MAX_BYTES));
	CHECK_MEM(bytes, expect, len);
}

/* Preimage, hash and bytes of every layer, where the case has such. */
static void all_layers(const json_t *row)
{
	struct tn_nodesig_layer layers[TN_NODESIG_LAYERS];
	json_t *want;
	unsigned int num;
	size_t i;

	num = nks_from_json(json_object_get(row, "nks"), layers);
	if (!num)
		return;
	json_array_foreach(json_object_get(row, "layers"), i, want)
		CHECK_IN(one_layer(want, layers + i, num - i));
}

static void derived(void)
{
	json_t *root = vectors_open(VECTORS_DIR, "tka", "nks.json"), *row;
	u8 bytes[MAX_BYTES], node_key[32];
	enum tn_nodesig_result res;
	struct trusted t = { };
	size_t i;
	int len;

	CHECK(root);
	json_array_foreach(json_object_get(root, "trusted_keys"), i, row)
		CHECK_EQ(hex_member(row, "key_id", t.keys[t.num++], 32), 32);
	json_array_foreach(json_object_get(root, "cases"), i, row) {
		test_case("%s", json_string_value(json_object_get(row,
								  "name")));
		CHECK_EQ(hex_member(row, "node_key", node_key, 32), 32);
		len = hex_member(row, "cbor", bytes, sizeof(bytes));
		CHECK(len >= 0);
		CHECK_EQ(admits_bytes(&t, node_key, bytes, len, &res),
			 accepts(row, "required"));
		CHECK(!accepts(row, "required") || accepts(row, "reference"));
		CHECK_IN(all_layers(row));
	}
	json_decref(root);
}

static void read_authority(const json_t *root, const char *name,
			   struct trusted *ret)
{
	json_t *row, *key;
	size_t i, j;

	ret->num = 0;
	json_array_foreach(json_object_get(root, "authorities"), i, row) {
		if (strcmp(json_string_value(json_object_get(row, "name")),
			   name))
			continue;
		json_array_foreach(json_object_get(row, "keys"), j, key)
			if (hex_member(key, "public", ret->keys[ret->num],
				       32) == 32)
				ret->num++;
		return;
	}
	test_fail(__FILE__, __LINE__, "no authority %s", name);
}

static void recorded_bytes(void)
{
	json_t *root = vectors_open(VECTORS_DIR, "tka-reference", "nks.json"),
	       *row;
	struct tn_nodesig_layer layers[TN_NODESIG_LAYERS],
				again[TN_NODESIG_LAYERS];
	u8 bytes[TN_NODESIG_BYTES], expect[MAX_BYTES], hash[32];
	unsigned int num, seen = 0;
	size_t i, len;

	CHECK(root);
	json_array_foreach(json_object_get(root, "signatures"), i, row) {
		test_case("%s", json_string_value(json_object_get(row,
								  "name")));
		num = nks_from_json(json_object_get(row, "fields"), layers);
		if (!num)
			continue;
		seen++;
		len = tn_nodesig_encode(layers, num, true, bytes);
		CHECK_EQ(len, hex_member(row, "serialized", expect, MAX_BYTES));
		CHECK_MEM(bytes, expect, len);
		len = tn_nodesig_encode(layers, num, false, bytes);
		tn_blake2s(hash, 32, bytes, len, NULL, 0);
		CHECK_EQ(hex_member(row, "sig_hash", expect, MAX_BYTES), 32);
		CHECK_MEM(hash, expect, 32);
		len = hex_member(row, "serialized", expect, MAX_BYTES);
		CHECK_EQ(nks_parse(expect, len, again), num);
		CHECK_MEM(again, layers, num * sizeof(layers[0]));
	}
	CHECK(seen > 20);
	json_decref(root);
}

static void recorded_verdicts(void)
{
	json_t *root = vectors_open(VECTORS_DIR, "tka-reference", "nks.json"),
	       *row;
	struct tn_nodesig_layer layers[TN_NODESIG_LAYERS];
	u8 bytes[MAX_BYTES], node_key[32];
	enum tn_nodesig_result res;
	bool want, got, canonical;
	struct trusted t;
	size_t i;
	int len;

	CHECK(root);
	json_array_foreach(json_object_get(root, "authorization"), i, row) {
		test_case("%s", json_string_value(json_object_get(row,
								  "name")));
		CHECK_IN(read_authority(root, json_string_value(
			json_object_get(row, "authority")), &t));
		CHECK_EQ(hex_member(row, "node_public", node_key, 32), 32);
		len = hex_member(row, "signature", bytes, sizeof(bytes));
		CHECK(len >= 0);
		want = json_is_true(json_object_get(row, "authorized"));
		canonical = nks_parse(bytes, len, layers);
		got = admits_bytes(&t, node_key, bytes, len, &res);
		CHECK(want || !got);
		CHECK(!want || got || !canonical ||
		      res == TN_NODESIG_WRAPPING);
	}
	json_decref(root);
}

static void one_mutant(const struct trusted *t, const u8 *node_key,
		       const u8 *bytes, size_t len, char verdict)
{
	struct tn_nodesig_layer layers[TN_NODESIG_LAYERS];
	enum tn_nodesig_result res;
	bool got;

	got = admits_bytes(t, node_key, bytes, len, &res);
	CHECK(verdict == 'A' || !got);
	CHECK(verdict != 'A' || got || !nks_parse(bytes, len, layers));
	/* What does not decode there is not canonical here. */
	CHECK(verdict != 'D' || !nks_parse(bytes, len, layers));
}

static void recorded_mutants(void)
{
	json_t *root = vectors_open(VECTORS_DIR, "tka-reference", "nks.json"),
	       *row;
	u8 bytes[MAX_BYTES], node_key[32];
	const char *verdicts;
	struct trusted t;
	int len, n;
	size_t i;

	CHECK(root);
	json_array_foreach(json_object_get(root, "mutations"), i, row) {
		CHECK_IN(read_authority(root, json_string_value(
			json_object_get(row, "authority")), &t));
		CHECK_EQ(hex_member(row, "node_public", node_key, 32), 32);
		len = hex_member(row, "signature", bytes, sizeof(bytes) - 1);
		CHECK(len > 0);
		verdicts = json_string_value(json_object_get(
			row, "bit_flip_verdicts"));
		for (n = 0; verdicts[n]; n++) {
			test_case("row %zu, bit %d", i, n);
			bytes[n / 8] ^= 0x80 >> n % 8;
			CHECK_IN(one_mutant(&t, node_key, bytes, len,
					    verdicts[n]));
			bytes[n / 8] ^= 0x80 >> n % 8;
		}
		CHECK_EQ(n, len * 8);
		verdicts = json_string_value(json_object_get(
			row, "truncation_verdicts"));
		for (n = 0; verdicts[n]; n++) {
			test_case("row %zu, %d bytes", i, n);
			CHECK_IN(one_mutant(&t, node_key, bytes, n,
					    verdicts[n]));
		}
		verdicts = json_string_value(json_object_get(
			row, "append_verdicts"));
		for (n = 0; verdicts[n]; n++) {
			test_case("row %zu, byte %d behind", i, n);
			bytes[len] = n;
			CHECK_IN(one_mutant(&t, node_key, bytes, len + 1,
					    verdicts[n]));
		}
	}
	json_decref(root);
}

/* Edge cases of the curve, inside signatures. */
static void curve_section(const char *section, bool rotation)
{
	json_t *root = vectors_open(VECTORS_DIR, "tka-reference",
				    "ed25519.json"), *row;
	u8 bytes[MAX_BYTES], node_key[32], public[32];
	enum tn_nodesig_result res;
	struct tn_ed25519_key key;
	struct trusted t = { };
	bool want, got;
	size_t i;
	int len;

	CHECK(root);
	len = hex_text(json_string_value(json_array_get(json_object_get(
		root, "authority_genesis"), 0)), bytes, sizeof(bytes));
	CHECK(len > 0);
	t.num = nks_trusted(bytes, len, t.keys, 64);
	CHECK_EQ(t.num, 15);
	json_array_foreach(json_object_get(root, section), i, row) {
		test_case("%s %zu", section, i);
		CHECK_EQ(hex_member(row, "node_public", node_key, 32), 32);
		CHECK_EQ(hex_member(row, "public", public, 32), 32);
		len = hex_member(row, "signature", bytes, sizeof(bytes));
		CHECK(len > 0);
		want = json_is_true(json_object_get(row, "authorized"));
		got = admits_bytes(&t, node_key, bytes, len, &res);
		CHECK(want || !got);
		if (want && !got) {
			CHECK(rotation);
			CHECK_EQ(res, TN_NODESIG_WRAPPING);
			tn_ed25519_key_init(&key, public);
			CHECK(tn_ed25519_key_small_order(&key));
		}
	}
	json_decref(root);
}

static void curve_direct(void)
{
	curve_section("direct_signatures", false);
}

static void curve_rotation(void)
{
	curve_section("rotation_signatures", true);
}

/* The decoder's vectors hold many shapes; none crashes, canonical ones agree. */
static void recorded_shapes(void)
{
	static const char *const sections[] = { "nks", "nks_random" };
	json_t *root = vectors_open(VECTORS_DIR, "tka-reference",
				    "decoder.json"), *row;
	struct tn_nodesig_layer layers[TN_NODESIG_LAYERS];
	u8 bytes[MAX_BYTES], expect[MAX_BYTES], hash[32];
	static const u8 node_key[32];
	unsigned int num, seen = 0;
	size_t i, s, n;
	int len;

	CHECK(root);
	for (s = 0; s < 2; s++) {
		json_array_foreach(json_object_get(root, sections[s]), i, row) {
			test_case("%s %zu", sections[s], i);
			len = hex_member(row, "input", bytes, sizeof(bytes));
			if (len < 0)
				continue;
			num = nks_parse(bytes, len, layers);
			CHECK(!num || json_is_true(json_object_get(row, "ok")));
			if (!num)
				continue;
			seen++;
			tn_nodesig_check_form(layers, num, node_key);
			n = tn_nodesig_encode(layers, num, false, bytes);
			tn_blake2s(hash, 32, bytes, n, NULL, 0);
			CHECK_EQ(hex_member(row, "sig_hash", expect, 32), 32);
			CHECK_MEM(hash, expect, 32);
		}
	}
	CHECK(seen);
	json_decref(root);
}

/* Every kind in every place, so that no order of checks lets one through. */
static void kinds(void)
{
	struct tn_nodesig_layer layers[3] = { };
	u8 node_key[32] = { 1 };
	unsigned int num, i, code, k;
	bool want;

	for (i = 0; i < 3; i++) {
		layers[i].pubkey_len = 34;
		memcpy(layers[i].pubkey, "np", 2);
		memcpy(layers[i].pubkey + 2, node_key, 32);
		layers[i].key_id_len = 32;
	}
	for (num = 1; num <= 3; num++) {
		for (code = 0; code < 125; code++) {
			test_case("%u layers, kinds %u", num, code);
			for (i = 0, k = code; i < 3; i++, k /= 5)
				layers[i].kind = k % 5;
			want = layers[num - 1].kind == 1 ||
			       (num > 1 && layers[num - 1].kind == 3);
			for (i = 0; i + 1 < num; i++)
				want &= layers[i].kind == 2;
			CHECK_EQ(tn_nodesig_check_form(layers, num, node_key),
				 want ? TN_NODESIG_OK : TN_NODESIG_KIND);
		}
	}
	test_case("bounds");
	CHECK_EQ(tn_nodesig_check_form(layers, 0, node_key), TN_NODESIG_DEPTH);
	CHECK_EQ(tn_nodesig_check_form(layers, 17, node_key), TN_NODESIG_DEPTH);
}

static void form(void)
{
	struct tn_nodesig_layer good[2] = {
		{ .kind = 2, .pubkey_len = 34, .pubkey = "np" },
		{ .kind = 1, .pubkey_len = 34, .pubkey = "np",
		  .key_id_len = 32 },
	}, l[2];
	static const u8 node_key[32];

	CHECK_EQ(tn_nodesig_check_form(good, 2, node_key), TN_NODESIG_OK);
#define SPOILT(change, res) do {					\
	memcpy(l, good, sizeof(l));					\
	change;								\
	CHECK_EQ(tn_nodesig_check_form(l, 2, node_key), res);		\
} while (0)
	SPOILT(l[0].pubkey[33] = 1, TN_NODESIG_NODE_KEY);
	SPOILT(l[0].pubkey[0] = 'N', TN_NODESIG_NODE_KEY);
	SPOILT(l[0].pubkey_len = 33, TN_NODESIG_NODE_KEY);
	SPOILT(l[0].pubkey_len = 0, TN_NODESIG_NODE_KEY);
	SPOILT(l[1].pubkey[1] = 'q', TN_NODESIG_PUBKEY);
	SPOILT(l[1].pubkey_len = 0, TN_NODESIG_PUBKEY);
	SPOILT(l[1].key_id_len = 31, TN_NODESIG_NO_KEY_ID);
	SPOILT(l[1].key_id_len = 0, TN_NODESIG_NO_KEY_ID);
	SPOILT(l[0].key_id_len = 5, TN_NODESIG_OK);
	SPOILT((l[1].kind = 3, l[1].pubkey_len = 0), TN_NODESIG_OK);
	SPOILT((l[1].kind = 3, l[1].pubkey_len = 7), TN_NODESIG_PUBKEY);
#undef SPOILT
}

static const struct test tests[] = {
	TEST(kinds),
	TEST(form),
	TEST(derived),
	TEST(recorded_bytes),
	TEST(recorded_verdicts),
	TEST(recorded_mutants),
	TEST(recorded_shapes),
	TEST(curve_direct),
	TEST(curve_rotation),
};

TEST_MAIN(tests)
