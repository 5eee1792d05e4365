// SPDX-License-Identifier: GPL-2.0-only
/* Known answers of the handshake and of records, both roles. */
#include <sodium.h>

#include "noise.h"
#include "test.h"

static void unhex(const char *s, uint8_t *out, size_t n)
{
	size_t got = 0;

	sodium_hex2bin(out, n, s, strlen(s), " ", &got, NULL);
	if (got != n)
		abort();
}

/* Agreed on by an independent Noise library; the second record is not: its
 * counter stands with the high byte first, as this protocol wants it.
 */
static const char initiation[] =
	"00710100607b0d47d93427f8311160781c7c733fd89f88970aef490d8aa0ee19a4cb8a1b14"
	"61d2949213e755bc180b5d5dbbd8c50a2a1beb69f8940d24cab4606a34cd5d41"
	"6d033ea7c15693e1505353a2df249df06460648a56e94458fb005a34667b5c6d";
static const char response[] =
	"020030ff2ee45601ec1b67310c7790404585ae697331eee1c1f8cf2419731c1fff3e6b"
	"fc0f7e1d5c39549d3416f71da913672d";
static const char final_hash[] =
	"e1bbad05c65bb5079fb93a1f75dbc8e7393060fc677d71a582ef9d2266446be1";
static const char machine_pub[] =
	"7b4e909bbe7ffe44c465a220037d608ee35897d31ef972f07f74892cb0f73f13";
static const char k1[] =
	"eca6bee256efc1368a5af89be3a82cc3e7954223faf3d6b4e67ed66c671a814e";
static const char k2[] =
	"df92698929c58533e6973a3e010a3c8e4e1d394f1c9c198788b496512c6bb48a";

static uint8_t machine[32], server[32], client_e[32], server_e[32];

static void keys(void)
{
	memset(machine, 0x11, 32);
	memset(server, 0x22, 32);
	memset(client_e, 0x33, 32);
	memset(server_e, 0x44, 32);
}

static bool both(struct noise_channel *cl, struct noise_channel *sv,
		 uint8_t init[NOISE_INIT_LEN], uint8_t resp[NOISE_RESPONSE_LEN])
{
	struct noise_state a, b;
	uint8_t pub[32], who[32];

	keys();
	crypto_scalarmult_base(pub, server);
	return noise_begin(&a, 113, machine, client_e, pub, init) &&
	       noise_accept(&b, server, init, who) &&
	       noise_answer(&b, server_e, init + 5, who, resp, sv) &&
	       noise_finish(&a, resp, cl);
}

static void handshake(void)
{
	uint8_t init[NOISE_INIT_LEN], resp[NOISE_RESPONSE_LEN], want[128];
	struct noise_channel cl, sv;

	CHECK(both(&cl, &sv, init, resp));
	unhex(initiation, want, sizeof(init));
	CHECK_MEM(init, want, sizeof(init));
	unhex(response, want, sizeof(resp));
	CHECK_MEM(resp, want, sizeof(resp));
	unhex(final_hash, want, 32);
	CHECK_MEM(cl.hash, want, 32);
	CHECK_MEM(sv.hash, want, 32);
	unhex(k1, want, 32);
	CHECK_MEM(cl.tx.key, want, 32);
	CHECK_MEM(sv.rx.key, want, 32);
	unhex(k2, want, 32);
	CHECK_MEM(cl.rx.key, want, 32);
	CHECK_MEM(sv.tx.key, want, 32);
}

/* The server learns who it is from the initiation alone. */
static void accept_known(void)
{
	uint8_t init[NOISE_INIT_LEN], who[32], want[32];
	struct noise_state st;

	keys();
	unhex(initiation, init, sizeof(init));
	unhex(machine_pub, want, sizeof(want));
	CHECK_EQ(noise_init_version(init, sizeof(init)), 113);
	CHECK(noise_accept(&st, server, init, who));
	CHECK_MEM(who, want, 32);
}

static void accept_wrong(void)
{
	uint8_t init[NOISE_INIT_LEN], who[32];
	struct noise_state st;
	size_t i;

	keys();
	unhex(initiation, init, sizeof(init));
	for (i = 0; i < sizeof(init); i++) {
		test_case("byte %zu", i);
		init[i] ^= 1;
		if (i >= 2 && i < 5)
			CHECK_EQ(noise_init_version(init, sizeof(init)), -1);
		else
			CHECK(!noise_accept(&st, server, init, who));
		init[i] ^= 1;
	}
	memset(init + 5, 0, 32);
	CHECK(!noise_accept(&st, server, init, who));
	CHECK_EQ(noise_init_version(init, sizeof(init) - 1), -1);
}

static void records(void)
{
	uint8_t init[NOISE_INIT_LEN], resp[NOISE_RESPONSE_LEN], want[64];
	uint8_t rec[64], plain[64];
	struct noise_channel cl, sv;

	CHECK(both(&cl, &sv, init, resp));
	noise_seal(&cl.tx, "hello", 5, rec);
	unhex("0400158dbec8f77738728dd69aca7e58427c2321d84a26dd", want, 24);
	CHECK_MEM(rec, want, 24);
	CHECK(noise_open(&sv.rx, rec + 3, 21, plain));
	CHECK_MEM(plain, "hello", 5);
	noise_seal(&cl.tx, "hello", 5, rec);
	unhex("0400159a34eea1a726ca903114b745d1ab1163aa8ed5843e", want, 24);
	CHECK_MEM(rec, want, 24);
	noise_seal(&sv.tx, "world", 5, rec);
	unhex("04001513d3f844bec64eebd315e16248b28783e3ad80bbf9", want, 24);
	CHECK_MEM(rec, want, 24);
	noise_seal(&sv.tx, NULL, 0, rec);
	unhex("0400100a1f53632c4ce48e964ea12e3f08106b", want, 19);
	CHECK_MEM(rec, want, 19);
}

/* The counter's carries: past one byte and past two. */
static void many_records(void)
{
	uint8_t init[NOISE_INIT_LEN], resp[NOISE_RESPONSE_LEN];
	uint8_t rec[64], plain[64];
	struct noise_channel cl, sv;
	unsigned int i;

	CHECK(both(&cl, &sv, init, resp));
	for (i = 0; i < 70000; i++) {
		noise_seal(&sv.tx, &i, sizeof(i), rec);
		if (!noise_open(&cl.rx, rec + 3, sizeof(i) + 16, plain))
			break;
	}
	CHECK_EQ(i, 70000);
	CHECK_MEM(plain, &(unsigned int){ 69999 }, sizeof(i));
	/* One lost is all lost. */
	noise_seal(&sv.tx, "x", 1, rec);
	noise_seal(&sv.tx, "x", 1, rec);
	CHECK(!noise_open(&cl.rx, rec + 3, 17, plain));
}

static const struct test tests[] = {
	TEST(handshake),
	TEST(accept_known),
	TEST(accept_wrong),
	TEST(records),
	TEST(many_records),
};
TEST_MAIN(tests)
