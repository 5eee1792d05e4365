// SPDX-License-Identifier: GPL-2.0-only
#include "test.h"

#include "base/array.h"
#include "base/err.h"
#include "crypto/blake2s.h"
#include "crypto/noise_ik.h"
#include "fail_alloc.h"
#include "noise_server.h"
#include "wire/control_frame.h"

#include <errno.h>

#include <sodium.h>

/*
 * One handshake with fixed keys, version 113: private keys are one byte
 * repeated, 0x11 machine, 0x22 server, 0x33 and 0x44 the ephemeral ones. Agrees
 * with an independent implementation of Noise; the records differ from Noise
 * from the second on, as the counter is big endian here.
 */
static const char server_hex[] =
	"0faa684ed28867b97f4a6a2dee5df8ce974e76b7018e3f22a1c4cf2678570f20";
static const char initiation_hex[] =
	"0071010060"
	"7b0d47d93427f8311160781c7c733fd89f88970aef490d8aa0ee19a4cb8a1b14"
	"61d2949213e755bc180b5d5dbbd8c50a2a1beb69f8940d24cab4606a34cd5d41"
	"6d033ea7c15693e1505353a2df249df0"
	"6460648a56e94458fb005a34667b5c6d";
static const char hash_init_hex[] =
	"b45e8983ba0c2932e96919e55a920b607b33095f3946f6d403bca54203602676";
static const char response_hex[] =
	"020030"
	"ff2ee45601ec1b67310c7790404585ae697331eee1c1f8cf2419731c1fff3e6b"
	"fc0f7e1d5c39549d3416f71da913672d";
static const char hash_hex[] =
	"e1bbad05c65bb5079fb93a1f75dbc8e7393060fc677d71a582ef9d2266446be1";
static const char k1_hex[] =
	"eca6bee256efc1368a5af89be3a82cc3e7954223faf3d6b4e67ed66c671a814e";
static const char k2_hex[] =
	"df92698929c58533e6973a3e010a3c8e4e1d394f1c9c198788b496512c6bb48a";

static size_t unhex(const char *hex, uint8_t *ret, size_t size)
{
	size_t len = 0;

	if (sodium_hex2bin(ret, size, hex, strlen(hex), NULL, &len, NULL) != 0)
		abort();
	return len;
}

static struct secret32 *repeated(uint8_t byte)
{
	struct secret32 *s = secret32_new();

	if (!s)
		abort();
	memset(secret32_expose(s), byte, SECRET_LEN);
	return s;
}

/* Everything a handshake needs, with the keys of the known answers. */
struct end {
	struct secret32 *machine;
	struct secret32 *ephemeral;
	struct machine_public server;
	struct noise_ik *ik;
	struct noise_cipher *send;
	struct noise_cipher *receive;
	uint8_t body[NOISE_IK_INITIATION_LEN];
};

static int end_init(struct end *end)
{
	memset(end, 0, sizeof(*end));
	end->machine = repeated(0x11);
	end->ephemeral = repeated(0x33);
	unhex(server_hex, end->server.byte, KEY_LEN);
	return noise_ik_new(end->machine, &end->server, 113, &end->ik);
}

static void end_done(struct end *end)
{
	noise_ik_free(end->ik);
	noise_cipher_free(end->send);
	noise_cipher_free(end->receive);
	secret32_free(end->machine);
	secret32_free(end->ephemeral);
}

static void hashes(void)
{
	/* Source: RFC 7693, appendix B. */
	static const char abc_hex[] = "508c5e8c327c14e2e1a72ba34eeb452f"
				      "37458b209ed63a294d999b4c86675982";
	const struct blake2s_part part[] = { { "a", 1 }, { "bc", 2 } };
	uint8_t want[BLAKE2S_LEN], got[BLAKE2S_LEN];

	unhex(abc_hex, want, sizeof(want));
	CHECK_EQ(blake2s_hash(part, 2, got), 0);
	CHECK_MEM(got, want, BLAKE2S_LEN);
}

static void known_answers(void)
{
	uint8_t message[CONTROL_INITIATION_LEN], want[CONTROL_INITIATION_LEN];
	uint8_t response[3 + NOISE_IK_RESPONSE_LEN], h[BLAKE2S_LEN];
	struct end end;

	CHECK_EQ(end_init(&end), 0);
	CHECK_EQ(noise_ik_initiate(end.ik, end.ephemeral, end.body), 0);
	control_initiation_build(113, end.body, message);
	CHECK_EQ(unhex(initiation_hex, want, sizeof(want)), sizeof(want));
	CHECK_MEM(message, want, sizeof(want));
	unhex(hash_init_hex, h, sizeof(h));
	CHECK_MEM(noise_ik_hash(end.ik), h, sizeof(h));
	unhex(response_hex, response, sizeof(response));
	CHECK_EQ(noise_ik_finish(end.ik, response + 3, &end.send,
				 &end.receive), 0);
	unhex(hash_hex, h, sizeof(h));
	CHECK_MEM(noise_ik_hash(end.ik), h, sizeof(h));
	end_done(&end);
}

static void seals(struct noise_cipher *cipher, const char *plain,
		  const char *want_hex)
{
	uint8_t want[64], got[64];
	size_t len = unhex(want_hex, want, sizeof(want));

	CHECK_EQ(len, 3 + strlen(plain) + NOISE_TAG_LEN);
	control_record_build(len - 3, got);
	CHECK_EQ(noise_cipher_seal(cipher, (const uint8_t *)plain,
				   strlen(plain), got + 3), 0);
	CHECK_MEM(got, want, len);
}

static void opens(struct noise_cipher *cipher, const char *plain,
		  const char *hex)
{
	uint8_t sealed[64], got[64];
	size_t len = unhex(hex, sealed, sizeof(sealed));

	CHECK_EQ(noise_cipher_open(cipher, sealed + 3, len - 3, got), 0);
	CHECK_EQ(len - 3 - NOISE_TAG_LEN, strlen(plain));
	CHECK_MEM(got, plain, strlen(plain));
}

static void known_records(void)
{
	struct noise_cipher *send, *receive;
	uint8_t key[32];

	unhex(k1_hex, key, sizeof(key));
	send = noise_cipher_new(key);
	unhex(k2_hex, key, sizeof(key));
	receive = noise_cipher_new(key);
	CHECK(send && receive);
	CHECK_IN(seals(send, "hello",
		       "0400158dbec8f77738728dd69aca7e58427c2321d84a26dd"));
	CHECK_IN(seals(send, "hello",
		       "0400159a34eea1a726ca903114b745d1ab1163aa8ed5843e"));
	CHECK_IN(opens(receive, "world",
		       "04001513d3f844bec64eebd315e16248b28783e3ad80bbf9"));
	CHECK_IN(opens(receive, "", "0400100a1f53632c4ce48e964ea12e3f08106b"));
	noise_cipher_free(send);
	noise_cipher_free(receive);
}

/* The other role, written for the tests, gives the same bytes. */
static void responder_agrees(void)
{
	uint8_t message[CONTROL_INITIATION_LEN];
	uint8_t want[3 + NOISE_IK_RESPONSE_LEN];
	struct noise_server_keys keys;
	uint8_t response[NOISE_IK_RESPONSE_LEN];

	unhex(initiation_hex, message, sizeof(message));
	memset(keys.static_private, 0x22, 32);
	memset(keys.ephemeral_private, 0x44, 32);
	CHECK_EQ(noise_server_respond(&keys, message, response), 0);
	unhex(response_hex, want, sizeof(want));
	CHECK_MEM(response, want + 3, sizeof(response));
}

static void every_bit_of_the_response_counts(void)
{
	uint8_t response[3 + NOISE_IK_RESPONSE_LEN];
	size_t i;

	unhex(response_hex, response, sizeof(response));
	for (i = 0; i < 8 * NOISE_IK_RESPONSE_LEN; i++) {
		struct end end;
		uint8_t bad[NOISE_IK_RESPONSE_LEN];

		test_case("bit %zu", i);
		memcpy(bad, response + 3, sizeof(bad));
		bad[i / 8] ^= 1 << i % 8;
		CHECK_EQ(end_init(&end), 0);
		CHECK_EQ(noise_ik_initiate(end.ik, end.ephemeral, end.body),
			 0);
		CHECK_EQ(noise_ik_finish(end.ik, bad, &end.send, &end.receive),
			 TNE_NOISE_TAG);
		CHECK(!end.send && !end.receive);
		end_done(&end);
	}
}

/* Source: the points of order 1, 2, 4 and 8 of Curve25519 and its twist. */
static const char *const low_order[] = {
	"0000000000000000000000000000000000000000000000000000000000000000",
	"0100000000000000000000000000000000000000000000000000000000000000",
	"e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
	"5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
	"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	"edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	"eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
};

static void low_order_points(void)
{
	uint8_t response[NOISE_IK_RESPONSE_LEN] = { 0 };
	struct end end;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(low_order); i++) {
		test_case("%s", low_order[i]);
		CHECK_EQ(end_init(&end), 0);
		CHECK_EQ(noise_ik_initiate(end.ik, end.ephemeral, end.body),
			 0);
		unhex(low_order[i], response, KEY_LEN);
		CHECK_EQ(noise_ik_finish(end.ik, response, &end.send,
					 &end.receive), TNE_NOISE_DH);
		end_done(&end);

		CHECK_EQ(end_init(&end), 0);
		noise_ik_free(end.ik);
		end.ik = NULL;
		unhex(low_order[i], end.server.byte, KEY_LEN);
		CHECK_EQ(noise_ik_new(end.machine, &end.server, 113, &end.ik),
			 0);
		CHECK_EQ(noise_ik_initiate(end.ik, end.ephemeral, end.body),
			 TNE_NOISE_DH);
		end_done(&end);
	}
}

static void another_version_is_another_handshake(void)
{
	uint8_t response[3 + NOISE_IK_RESPONSE_LEN];
	struct end end;

	unhex(response_hex, response, sizeof(response));
	CHECK_EQ(end_init(&end), 0);
	noise_ik_free(end.ik);
	CHECK_EQ(noise_ik_new(end.machine, &end.server, 114, &end.ik), 0);
	CHECK_EQ(noise_ik_initiate(end.ik, end.ephemeral, end.body), 0);
	CHECK_EQ(noise_ik_finish(end.ik, response + 3, &end.send,
				 &end.receive), TNE_NOISE_TAG);
	end_done(&end);
}

/* Carries of the counter past one byte and past two. */
static void many_records(void)
{
	static const uint8_t key[32] = { 1 };
	struct noise_cipher *a = noise_cipher_new(key);
	uint8_t plain[4] = { 0 }, sealed[4 + NOISE_TAG_LEN];
	uint8_t nonce[12] = { 0 }, want[sizeof(sealed)];
	uint32_t i;

	CHECK(a);
	for (i = 0; i < 70000; i++) {
		CHECK_EQ(noise_cipher_seal(a, plain, 4, sealed), 0);
		nonce[9] = i >> 16;
		nonce[10] = i >> 8;
		nonce[11] = i;
		crypto_aead_chacha20poly1305_ietf_encrypt(want, NULL, plain, 4,
							  NULL, 0, NULL, nonce,
							  key);
		CHECK_MEM(sealed, want, sizeof(want));
	}
	noise_cipher_free(a);
}

static void counter_ends(void)
{
	static const uint8_t key[32] = { 1 };
	struct noise_cipher *a = noise_cipher_new(key);
	struct noise_cipher *b = noise_cipher_new(key);
	uint8_t sealed[1 + NOISE_TAG_LEN], plain[1] = { 7 };

	CHECK(a && b);
	noise_cipher_skip(a, UINT64_MAX - 1);
	noise_cipher_skip(b, UINT64_MAX - 1);
	CHECK_EQ(noise_cipher_seal(a, plain, 1, sealed), 0);
	CHECK_EQ(noise_cipher_open(b, sealed, sizeof(sealed), plain), 0);
	CHECK_EQ(plain[0], 7);
	CHECK_EQ(noise_cipher_seal(a, plain, 1, sealed), TNE_NOISE_EXHAUSTED);
	CHECK_EQ(noise_cipher_open(b, sealed, sizeof(sealed), plain),
		 TNE_NOISE_EXHAUSTED);
	noise_cipher_free(a);
	noise_cipher_free(b);
}

static void short_and_bad_records(void)
{
	static const uint8_t key[32] = { 1 };
	uint8_t sealed[4 + NOISE_TAG_LEN], plain[sizeof(sealed)];
	size_t i;

	for (i = 0; i <= 8 * sizeof(sealed); i++) {
		struct noise_cipher *a = noise_cipher_new(key);
		struct noise_cipher *b = noise_cipher_new(key);

		test_case("bit %zu", i);
		CHECK(a && b);
		CHECK_EQ(noise_cipher_seal(a, key, 4, sealed), 0);
		if (i < 8 * sizeof(sealed))
			sealed[i / 8] ^= 1 << i % 8;
		CHECK_EQ(noise_cipher_open(b, sealed, sizeof(sealed), plain),
			 i < 8 * sizeof(sealed) ? TNE_NOISE_TAG : 0);
		noise_cipher_free(a);
		noise_cipher_free(b);
	}
	for (i = 0; i < NOISE_TAG_LEN; i++) {
		struct noise_cipher *b = noise_cipher_new(key);

		test_case("length %zu", i);
		CHECK_EQ(noise_cipher_open(b, sealed, i, plain), TNE_NOISE_TAG);
		noise_cipher_free(b);
	}
}

static int whole_handshake(void *ctx)
{
	uint8_t response[3 + NOISE_IK_RESPONSE_LEN];
	struct end *end = ctx;
	int r;

	unhex(response_hex, response, sizeof(response));
	noise_ik_free(end->ik);
	noise_cipher_free(end->send);
	noise_cipher_free(end->receive);
	end->ik = NULL;
	end->send = NULL;
	end->receive = NULL;
	r = noise_ik_new(end->machine, &end->server, 113, &end->ik);
	if (r == 0)
		r = noise_ik_initiate(end->ik, end->ephemeral, end->body);
	if (r == 0)
		r = noise_ik_finish(end->ik, response + 3, &end->send,
				    &end->receive);
	return r;
}

static void survives_lack_of_memory(void)
{
	struct end end;

	CHECK_EQ(end_init(&end), 0);
	CHECK_EQ(fail_alloc_each(whole_handshake, &end), 3);
	end_done(&end);
}

static const struct test tests[] = {
	TEST(hashes),
	TEST(known_answers),
	TEST(known_records),
	TEST(responder_agrees),
	TEST(every_bit_of_the_response_counts),
	TEST(low_order_points),
	TEST(another_version_is_another_handshake),
	TEST(many_records),
	TEST(counter_ends),
	TEST(short_and_bad_records),
	TEST(survives_lack_of_memory),
};

int main(int argc, char **argv)
{
	if (secret_init() < 0)
		return 2;
	return test_main(tests, ARRAY_SIZE(tests), argc, argv);
}
