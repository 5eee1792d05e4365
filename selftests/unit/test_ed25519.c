// SPDX-License-Identifier: GPL-2.0-only
/* Both rules of verification, over recorded and derived verdicts. */
#include "ed25519.h"

#include <sodium.h>

#include "nks.h"
#include "test.h"

static struct tn_ed25519_work work;

struct input {
	u8 key[32], sig[64], msg[256];
	int key_len, sig_len, msg_len;
};

static void read_input(const json_t *row, const char *key_name,
		       struct input *ret)
{
	ret->key_len = hex_member(row, key_name, ret->key, sizeof(ret->key));
	ret->sig_len = hex_member(row, "signature", ret->sig,
				  sizeof(ret->sig));
	ret->msg_len = hex_member(row, "message", ret->msg, sizeof(ret->msg));
}

/* Lengths are the caller's matter, and there never others than these. */
static bool whole(const struct input *in)
{
	return in->key_len == 32 && in->sig_len == 64 && in->msg_len >= 0;
}

static bool zip215(const struct input *in)
{
	struct tn_ed25519_key key;

	tn_ed25519_key_init(&key, in->key);
	return whole(in) && tn_ed25519_verify_zip215(&key, in->msg, in->msg_len,
						     in->sig, &work);
}

static bool cofactorless(const struct input *in)
{
	struct tn_ed25519_key key;

	tn_ed25519_key_init(&key, in->key);
	return whole(in) &&
	       tn_ed25519_verify_cofactorless(&key, in->msg, in->msg_len,
					      in->sig, &work);
}

static bool small_order(const struct input *in)
{
	struct tn_ed25519_key key;

	return whole(in) && tn_ed25519_key_init(&key, in->key) &&
	       tn_ed25519_key_small_order(&key);
}

static bool says(const json_t *row, const char *name)
{
	return json_is_true(json_object_get(row, name));
}

static void derived_file(const char *name)
{
	json_t *root = vectors_open(VECTORS_DIR, "tka", name), *row;
	struct input in;
	size_t i;

	CHECK(root);
	json_array_foreach(json_object_get(root, "cases"), i, row) {
		test_case("%s %zu", name, i);
		read_input(row, "public_key", &in);
		CHECK_EQ(zip215(&in), says(row, "zip215"));
		CHECK_EQ(cofactorless(&in), says(row, "cofactorless"));
		CHECK_EQ(cofactorless(&in) && !small_order(&in),
			 says(row, "cofactorless_no_small_order_key"));
	}
	json_decref(root);
}

static void small_order_matrix(void)
{
	derived_file("ed25519-small-order.json");
}

static void speccheck(void)
{
	derived_file("ed25519-speccheck.json");
}

static void edge(void)
{
	derived_file("ed25519-edge.json");
}

static void recorded(void)
{
	static const char *const sections[] = { "small_order_combinations",
						"torsion_combinations",
						"other" };
	json_t *root = vectors_open(VECTORS_DIR, "tka-reference",
				    "ed25519.json"), *row;
	struct input in;
	size_t i, s;

	CHECK(root);
	for (s = 0; s < 3; s++) {
		json_array_foreach(json_object_get(root, sections[s]), i, row) {
			test_case("%s %zu", sections[s], i);
			read_input(row, "public", &in);
			CHECK_EQ(zip215(&in), says(row, "zip215"));
			CHECK_EQ(cofactorless(&in), says(row, "stdlib"));
		}
	}
	json_decref(root);
}

static void small_order_keys(void)
{
	json_t *root = vectors_open(VECTORS_DIR, "tka-reference",
				    "ed25519.json"), *row;
	struct tn_ed25519_key key;
	u8 bytes[32], secret[64];
	size_t i;

	CHECK(root);
	json_array_foreach(json_object_get(root, "small_order_encodings"), i,
			   row) {
		test_case("%zu", i);
		CHECK_EQ(hex_member(row, "encoding", bytes, 32), 32);
		CHECK(tn_ed25519_key_init(&key, bytes));
		CHECK(tn_ed25519_key_small_order(&key));
	}
	json_decref(root);
	test_case("honest");
	for (i = 0; i < 100; i++) {
		crypto_sign_keypair(bytes, secret);
		CHECK(tn_ed25519_key_init(&key, bytes));
		CHECK(!tn_ed25519_key_small_order(&key));
	}
}

/* Signatures of another implementation, and each of them spoilt somewhere. */
static void signed_by_libsodium(void)
{
	struct input in = { .key_len = 32, .sig_len = 64 };
	unsigned char secret[64];
	unsigned int i, bit;

	for (i = 0; i < 300; i++) {
		test_case("%u", i);
		crypto_sign_keypair(in.key, secret);
		in.msg_len = i % 200;
		randombytes_buf(in.msg, sizeof(in.msg));
		crypto_sign_detached(in.sig, NULL, in.msg, in.msg_len, secret);
		CHECK(zip215(&in));
		CHECK(cofactorless(&in));
		bit = randombytes_uniform(512);
		in.sig[bit / 8] ^= 1 << bit % 8;
		CHECK(!zip215(&in));
		CHECK(!cofactorless(&in));
		in.sig[bit / 8] ^= 1 << bit % 8;
		bit = randombytes_uniform(256);
		in.key[bit / 8] ^= 1 << bit % 8;
		CHECK(!zip215(&in));
		CHECK(!cofactorless(&in));
		in.key[bit / 8] ^= 1 << bit % 8;
		in.msg[0] ^= 1;
		CHECK(!in.msg_len || !zip215(&in));
		CHECK(!in.msg_len || !cofactorless(&in));
	}
}

/* S + L is the same number mod L: a second signature nobody made. */
static void malleable(void)
{
	static const u8 order[32] = {
		0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c,
		0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, [31] = 0x10,
	};
	struct input in = { .key_len = 32, .sig_len = 64, .msg_len = 32 };
	unsigned char secret[64];
	unsigned int i, j, carry;

	for (i = 0; i < 50; i++) {
		crypto_sign_keypair(in.key, secret);
		crypto_sign_detached(in.sig, NULL, in.msg, 32, secret);
		CHECK(zip215(&in));
		for (j = 0, carry = 0; j < 32; j++) {
			carry += in.sig[32 + j] + order[j];
			in.sig[32 + j] = carry;
			carry >>= 8;
		}
		CHECK(!carry);
		CHECK(!zip215(&in));
		CHECK(!cofactorless(&in));
	}
	test_case("S is the order");
	memcpy(in.sig + 32, order, 32);
	CHECK(!zip215(&in));
	test_case("S is all ones");
	memset(in.sig + 32, 0xff, 32);
	CHECK(!zip215(&in));
}

/* About half of all strings are no point; those verify nothing. */
static void off_the_curve(void)
{
	struct input in = { .key_len = 32, .sig_len = 64, .msg_len = 32 };
	struct tn_ed25519_key key;
	unsigned int i, off = 0;

	for (i = 0; i < 400; i++) {
		randombytes_buf(in.key, 32);
		if (tn_ed25519_key_init(&key, in.key))
			continue;
		off++;
		memset(in.sig, 0, 64);
		in.sig[0] = 1;
		CHECK(!zip215(&in));
		CHECK(!cofactorless(&in));
	}
	CHECK(off > 100 && off < 300);
}

static void sha512(void)
{
	u8 in[400], out[64], want[64];
	struct tn_sha512 ctx;
	unsigned int i, cut;

	randombytes_buf(in, sizeof(in));
	for (i = 0; i <= sizeof(in); i++) {
		test_case("%u bytes", i);
		crypto_hash_sha512(want, in, i);
		tn_sha512_init(&ctx);
		tn_sha512_update(&ctx, in, i);
		tn_sha512_final(&ctx, out);
		CHECK_MEM(out, want, 64);
		cut = randombytes_uniform(i + 1);
		tn_sha512_init(&ctx);
		tn_sha512_update(&ctx, in, cut);
		tn_sha512_update(&ctx, in + cut, i - cut);
		tn_sha512_final(&ctx, out);
		CHECK_MEM(out, want, 64);
	}
}

static const struct test tests[] = {
	TEST(sha512),
	TEST(small_order_matrix),
	TEST(speccheck),
	TEST(edge),
	TEST(recorded),
	TEST(small_order_keys),
	TEST(signed_by_libsodium),
	TEST(malleable),
	TEST(off_the_curve),
};

TEST_MAIN(tests)
