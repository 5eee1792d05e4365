// SPDX-License-Identifier: GPL-2.0-only
#include "crypto.h"

#include "host.h"
#include "test.h"

static void blake2s_abc(void)
{
	/* RFC 7693, appendix B. */
	static const u8 expect[32] = {
		0x50, 0x8c, 0x5e, 0x8c, 0x32, 0x7c, 0x14, 0xe2,
		0xe1, 0xa7, 0x2b, 0xa3, 0x4e, 0xeb, 0x45, 0x2f,
		0x37, 0x45, 0x8b, 0x20, 0x9e, 0xd6, 0x3a, 0x29,
		0x4d, 0x99, 0x9b, 0x4c, 0x86, 0x67, 0x59, 0x82,
	};
	u8 out[32];

	tn_blake2s(out, sizeof(out), "abc", 3, NULL, 0);
	CHECK_MEM(out, expect, 32);
}

/* RFC 7693, appendix E: numbers to hash, and to be keys. */
static void sequence(u8 *out, size_t len, u32 seed)
{
	u32 a = 0xdead4bad * seed, b = 1, t;
	size_t i;

	for (i = 0; i < len; i++) {
		t = a + b;
		a = b;
		b = t;
		out[i] = t >> 24;
	}
}

static void blake2s_all_shapes(void)
{
	/* The hash of all results, same appendix. */
	static const u8 expect[32] = {
		0x6a, 0x41, 0x1f, 0x08, 0xce, 0x25, 0xad, 0xcd,
		0xfb, 0x02, 0xab, 0xa6, 0x41, 0x45, 0x1c, 0xec,
		0x53, 0xc5, 0x98, 0xb2, 0x4f, 0x4f, 0xc7, 0x87,
		0xfb, 0xdc, 0x88, 0x79, 0x7f, 0x4c, 0x1d, 0xfe,
	};
	static const size_t outlens[] = { 16, 20, 28, 32 };
	static const size_t inlens[] = { 0, 3, 64, 65, 255, 1024 };
	struct tn_blake2s_ctx all;
	u8 in[1024], out[32], key[32];
	size_t i, j;

	tn_blake2s_init(&all, 32, NULL, 0);
	for (i = 0; i < ARRAY_SIZE(outlens); i++) {
		for (j = 0; j < ARRAY_SIZE(inlens); j++) {
			sequence(in, inlens[j], inlens[j]);
			tn_blake2s(out, outlens[i], in, inlens[j], NULL, 0);
			tn_blake2s_update(&all, out, outlens[i]);
			sequence(key, outlens[i], outlens[i]);
			tn_blake2s(out, outlens[i], in, inlens[j], key,
				   outlens[i]);
			tn_blake2s_update(&all, out, outlens[i]);
		}
	}
	tn_blake2s_final(&all, out);
	CHECK_MEM(out, expect, 32);
}

static void blake2s_in_pieces(void)
{
	struct tn_blake2s_ctx ctx;
	u8 in[200], whole[32], pieces[32];
	size_t cut;

	sequence(in, sizeof(in), 200);
	tn_blake2s(whole, 32, in, sizeof(in), in, 32);
	for (cut = 0; cut <= sizeof(in); cut++) {
		test_case("cut at %zu", cut);
		tn_blake2s_init(&ctx, 32, in, 32);
		tn_blake2s_update(&ctx, in, cut);
		tn_blake2s_update(&ctx, in + cut, sizeof(in) - cut);
		tn_blake2s_final(&ctx, pieces);
		CHECK_MEM(whole, pieces, 32);
		CHECK(!memchr_inv(&ctx, 0, sizeof(ctx)));
	}
}

static void kdf_vector(const struct vector *v)
{
	const u8 *ck = vector_get(v, "chaining_key", 32);
	const u8 *in = vector_get(v, "input", SIZE_MAX);
	size_t len = vector_len(v, "input");
	u8 long_key[96], out[32], k[32], out2[32], out3[32];
	int i;

	tn_hmac(out, in, len, ck, 32);
	CHECK_MEM(out, vector_get(v, "hmac", 32), 32);
	for (i = 0; i < 3; i++)
		memcpy(long_key + 32 * i, ck, 32);
	tn_hmac(out, in, len, long_key, sizeof(long_key));
	CHECK_MEM(out, vector_get(v, "long_key_hmac", 32), 32);

	memcpy(k, ck, 32);
	tn_kdf1(k, in, len);
	CHECK_MEM(k, vector_get(v, "out1", 32), 32);
	memcpy(k, ck, 32);
	tn_kdf2(k, out2, in, len);
	CHECK_MEM(k, vector_get(v, "out1", 32), 32);
	CHECK_MEM(out2, vector_get(v, "out2", 32), 32);
	memcpy(k, ck, 32);
	memset(out2, 0, 32);
	tn_kdf3(k, out2, out3, in, len);
	CHECK_MEM(k, vector_get(v, "out1", 32), 32);
	CHECK_MEM(out2, vector_get(v, "out2", 32), 32);
	CHECK_MEM(out3, vector_get(v, "out3", 32), 32);
}

static void kdf(void)
{
	test_vectors("kdf.txt", kdf_vector);
}

static bool aead_open(u8 *dst, const u8 *src, size_t len, const struct vector *v)
{
	const u8 *ad = vector_get(v, "ad", SIZE_MAX);
	size_t adlen = vector_len(v, "ad");
	const u8 *key = vector_get(v, "key", 32);

	if (vector_len(v, "nonce") == 8)
		return tn_aead_open(dst, src, len, ad, adlen,
				    vector_u64(v, "nonce"), key);
	return tn_xaead_open(dst, src, len, ad, adlen,
			     vector_get(v, "nonce", 24), key);
}

static void aead_seal(u8 *dst, const u8 *src, size_t len, const struct vector *v)
{
	const u8 *ad = vector_get(v, "ad", SIZE_MAX);
	size_t adlen = vector_len(v, "ad");
	const u8 *key = vector_get(v, "key", 32);

	if (vector_len(v, "nonce") == 8)
		tn_aead_seal(dst, src, len, ad, adlen, vector_u64(v, "nonce"),
			     key);
	else
		tn_xaead_seal(dst, src, len, ad, adlen,
			      vector_get(v, "nonce", 24), key);
}

static void aead_vector(const struct vector *v)
{
	size_t len = vector_len(v, "plaintext"), bit, n;
	const u8 *plain = vector_get(v, "plaintext", len);
	const u8 *sealed = vector_get(v, "sealed", len + TN_TAG_LEN);
	u8 *buf = malloc(len + TN_TAG_LEN), *bad = malloc(len + TN_TAG_LEN);

	aead_seal(buf, plain, len, v);
	CHECK_MEM(buf, sealed, len + TN_TAG_LEN);
	CHECK(aead_open(buf, sealed, len + TN_TAG_LEN, v));
	CHECK_MEM(buf, plain, len);

	/* In place, both ways. */
	memcpy(buf, plain, len);
	aead_seal(buf, buf, len, v);
	CHECK_MEM(buf, sealed, len + TN_TAG_LEN);
	CHECK(aead_open(buf, buf, len + TN_TAG_LEN, v));
	CHECK_MEM(buf, plain, len);

	for (n = 0; n < len + TN_TAG_LEN; n++)
		CHECK(!aead_open(buf, sealed, n, v));
	for (bit = 0; bit < 8 * (len + TN_TAG_LEN); bit++) {
		memcpy(bad, sealed, len + TN_TAG_LEN);
		bad[bit / 8] ^= 1 << bit % 8;
		CHECK(!aead_open(buf, bad, len + TN_TAG_LEN, v));
	}
	free(buf);
	free(bad);
}

static void aead(void)
{
	test_vectors("aead.txt", aead_vector);
}

static void dh_vector(const struct vector *v)
{
	const u8 *expect = vector_get(v, "out", 32);
	u8 out[32];
	bool ok;

	ok = tn_dh(out, vector_get(v, "scalar", 32), vector_get(v, "point", 32));
	CHECK_EQ(ok, memchr_inv(expect, 0, 32) != NULL);
	if (ok)
		CHECK_MEM(out, expect, 32);
}

static void dh(void)
{
	test_vectors("x25519.txt", dh_vector);
}

static void dh_iterated(void)
{
	/* RFC 7748, section 5.2, after a thousand times. */
	static const u8 expect[32] = {
		0x68, 0x4c, 0xf5, 0x9b, 0xa8, 0x33, 0x09, 0x55,
		0x28, 0x00, 0xef, 0x56, 0x6f, 0x2f, 0x4d, 0x3c,
		0x1c, 0x38, 0x87, 0xc4, 0x93, 0x60, 0xe3, 0x87,
		0x5f, 0x2e, 0xb9, 0x4d, 0x99, 0x53, 0x2c, 0x51,
	};
	u8 k[32] = { 9 }, u[32] = { 9 }, out[32];
	int i;

	for (i = 0; i < 1000; i++) {
		CHECK(tn_dh(out, k, u));
		memcpy(u, k, 32);
		memcpy(k, out, 32);
	}
	CHECK_MEM(k, expect, 32);
}

static void keys(void)
{
	u8 a[32], b[32], pub_a[32], pub_b[32], ab[32], ba[32], zero[32] = {};
	int i;

	host_random_seed(7748);
	for (i = 0; i < 50; i++) {
		tn_dh_keygen(a);
		tn_dh_keygen(b);
		CHECK_EQ(a[0] & 7, 0);
		CHECK_EQ(a[31] & 0xc0, 0x40);
		CHECK(!tn_memeq(a, b, 32));
		CHECK(tn_dh_public(pub_a, a) && tn_dh_public(pub_b, b));
		CHECK(tn_dh(ab, a, pub_b) && tn_dh(ba, b, pub_a));
		CHECK(tn_memeq(ab, ba, 32));
	}
	CHECK(!tn_dh_public(pub_a, zero));

	memset(a, 0xff, 32);
	tn_clamp(a);
	CHECK_EQ(a[0], 0xf8);
	CHECK_EQ(a[31], 0x7f);
	memset(a, 0, 32);
	tn_clamp(a);
	CHECK_EQ(a[0], 0);
	CHECK_EQ(a[31], 0x40);
}

static void equal(void)
{
	u8 a[64] = {}, b[64] = {};
	size_t i;

	CHECK(tn_memeq(a, b, 64));
	CHECK(tn_memeq(a, b, 0));
	for (i = 0; i < 64; i++) {
		b[i] = 0x80;
		CHECK(!tn_memeq(a, b, 64));
		CHECK(tn_memeq(a, b, i));
		b[i] = 0;
	}
}

static const struct test tests[] = {
	TEST(blake2s_abc),
	TEST(blake2s_all_shapes),
	TEST(blake2s_in_pieces),
	TEST(kdf),
	TEST(aead),
	TEST(dh),
	TEST(dh_iterated),
	TEST(keys),
	TEST(equal),
};

TEST_MAIN(tests)
