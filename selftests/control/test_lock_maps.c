// SPDX-License-Identifier: GPL-2.0-only
/* Faults of what map messages say about the tailnet lock. */
#include <openssl/evp.h>
#include <sodium.h>
#include <string.h>

#include "lock.h"
#include "lock_make.h"
#include "lock_peer.h"
#include "test.h"

static struct lock_net net;

static const char *head_now(void)
{
	static char text[LOCK_HASH_TEXT];

	return lock_hash_text(net.head, text);
}

static const struct {
	const char *fault;
	const char *seen;
} maps[] = {
	{ "tka-unknown", "\"TKAInfo\":{\"Head\":\"AAAAAAAAAAAAAAAAAAAAAAAAAA" },
	{ "tka-info-none", "-TKAInfo" },
	{ "tka-info-null", "\"TKAInfo\":null" },
	{ "tka-info-type", "\"TKAInfo\":{\"Head\":7}" },
	{ "tka-info-head", "\"TKAInfo\":{\"Head\":\"not a hash\"}" },
	{ "tka-info-head aaaa", "\"TKAInfo\":{\"Head\":\"aaaa\"}" },
	{ "tka-disabled", "\"TKAInfo\":{\"Disabled\":true}" },
	{ "tka-sig-none", "\"Peers\":[{\"ID\":2," },
	{ "tka-peer-garbage", "*** not base64 ***" },
	{ "tka-peer-garbage", "\"KeySignature\":7" },
};

/* The first message of a new stream of "a". */
static json_t *map_with(const char *fault)
{
	json_t *v;

	test_case("%s", fault);
	rig_admin(&net.rig, NULL, "fault %s", fault);
	peer_poll(&net.a, "");
	v = peer_next(&net.a);
	rig_admin(&net.rig, NULL, "fault off");
	return v;
}

static void in_maps(void)
{
	char *text;
	json_t *v;
	size_t i;

	CHECK_IN(lock_net_start_long(&net));
	for (i = 0; i < sizeof(maps) / sizeof(maps[0]); i++) {
		v = map_with(maps[i].fault);
		text = v ? json_dumps(v, JSON_COMPACT) : NULL;
		json_decref(v);
		CHECK(text);
		CHECK_IN(lock_check_text(text, strlen(text), 200, maps[i].seen));
		free(text);
	}
	CHECK(lock_net_stop(&net));
}

/* The hostile peer is number @i behind "b". */
static bool peer_sig(json_t *v, unsigned int i, uint8_t key[32],
		     struct buf *ret_sig)
{
	char path[64];

	buf_done(ret_sig);
	snprintf(path, sizeof(path), "Peers.%u.KeySignature", i + 1);
	base64_bytes(at(v, path), ret_sig);
	snprintf(path, sizeof(path), "Peers.%u.Key", i + 1);
	return key_parse(text_at(v, path), "nodekey", key);
}

static void hostile_peers(void)
{
	uint8_t key[32], of[32], b_key[32];
	struct signer stranger;
	struct slice signer;
	struct buf sig = {};
	json_t *v;

	CHECK_IN(lock_net_start_long(&net));
	signer_stranger(&stranger);
	peer_key(&net.b, b_key);
	v = map_with("tka-peer-unsigned");
	CHECK_EQ(number_at(v, "Peers.1.ID"), 900001);
	CHECK(!at(v, "Peers.1.KeySignature") && at(v, "Peers.0.KeySignature"));
	json_decref(v);
	v = map_with("tka-peer-stranger");
	CHECK(peer_sig(v, 0, key, &sig));
	json_decref(v);
	CHECK(lock_sig_node(slice_of(&sig), of) && !memcmp(of, key, 32));
	CHECK(lock_sig_signer(slice_of(&sig), &signer));
	CHECK_MEM(signer.p, stranger.pub, 32);
	v = map_with("tka-peer-stolen b");
	CHECK(peer_sig(v, 0, key, &sig));
	json_decref(v);
	CHECK(lock_sig_node(slice_of(&sig), of) && memcmp(of, key, 32));
	CHECK_MEM(of, b_key, 32);
	v = map_with("tka-peer-rotated");
	CHECK(peer_sig(v, 0, key, &sig));
	json_decref(v);
	CHECK_MEM(key, net.old_key, 32);
	CHECK(lock_sig_node(slice_of(&sig), of) && !memcmp(of, key, 32));
	v = map_with("tka-peer-garbage");
	CHECK_EQ(json_array_size(at(v, "Peers")), 7);
	CHECK(peer_sig(v, 3, key, &sig) && !cbor_whole(slice_of(&sig)));
	CHECK(peer_sig(v, 4, key, &sig) && cbor_whole(slice_of(&sig)));
	CHECK(lock_sig_node(slice_of(&sig), of) && !memcmp(of, key, 32));
	CHECK_EQ(buf_data(&sig)[0], 0xb8);
	CHECK(peer_sig(v, 5, key, &sig) && buf_len(&sig) > 2000);
	json_decref(v);
	v = map_with("tka-peer-huge");
	CHECK(peer_sig(v, 0, key, &sig) && buf_len(&sig) > 1 << 20);
	json_decref(v);
	buf_done(&sig);
	CHECK(lock_net_stop(&net));
}

/* By the cofactorless rule without a look at the order of the key, which is
 * OpenSSL's.
 */
static bool zero_key_verifies(const uint8_t sig[64], const uint8_t hash[32])
{
	static const uint8_t zero[32];
	EVP_PKEY *key = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL,
						    zero, sizeof(zero));
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	bool ok;

	ok = key && ctx && EVP_DigestVerifyInit(ctx, NULL, NULL, NULL, key) &&
	     EVP_DigestVerify(ctx, sig, 64, hash, 32) == 1;
	EVP_MD_CTX_free(ctx);
	EVP_PKEY_free(key);
	return ok;
}

/* What verifies where 32 zero bytes are a key. */
static void forged(void)
{
	uint8_t key[32], of[32], hash[32];
	const uint8_t *sig_bytes, *wrapping;
	struct buf sig = {}, signed_part = {};
	struct slice nested;
	json_t *v;
	size_t at_sig;

	CHECK_IN(lock_net_start_long(&net));
	v = map_with("tka-peer-forged");
	CHECK(peer_sig(v, 0, key, &sig));
	json_decref(v);
	CHECK_EQ(buf_data(&sig)[2], NKS_ROTATION);
	CHECK(lock_sig_node(slice_of(&sig), of) && !memcmp(of, key, 32));
	CHECK(cbor_field(slice_of(&sig), NKS_NESTED, &nested));
	CHECK(cbor_field_bytes(nested, NKS_WRAPPING, 32, &wrapping));
	CHECK(sodium_is_zero(wrapping, 32));
	CHECK(cbor_field_bytes(slice_of(&sig), NKS_SIGNATURE, 64, &sig_bytes));
	/* Field number and head of the signature go with it. */
	at_sig = sig_bytes - buf_data(&sig) - 3;
	buf_add(&signed_part, buf_data(&sig), at_sig);
	buf_add(&signed_part, sig_bytes + 64,
		buf_len(&sig) - at_sig - 3 - 64);
	buf_data(&signed_part)[0]--;
	lock_hash(buf_data(&signed_part), buf_len(&signed_part), hash);
	CHECK(zero_key_verifies(sig_bytes, hash));
	buf_done(&sig);
	buf_done(&signed_part);
	CHECK(lock_net_stop(&net));
}

/* Good nodes as they are not. */
static void good_peers(void)
{
	uint8_t of[32], key[32], b_key[32];
	struct buf sig = {};
	struct peer c;
	json_t *v;
	int i;

	CHECK_IN(lock_net_start_long(&net));
	peer_key(&net.b, b_key);
	v = map_with("tka-sig-none b");
	CHECK(at(v, "Peers.0.Key") && !at(v, "Peers.0.KeySignature"));
	json_decref(v);
	v = map_with("tka-sig-none c");
	CHECK(at(v, "Peers.0.KeySignature"));
	json_decref(v);
	v = map_with("tka-sig-self");
	CHECK(at(v, "Node.Key") && !at(v, "Node.KeySignature"));
	json_decref(v);
	v = map_with("tka-sig-old");
	base64_bytes(at(v, "Peers.0.KeySignature"), &sig);
	CHECK(key_parse(text_at(v, "Peers.0.Key"), "nodekey", key));
	json_decref(v);
	CHECK_MEM(key, net.old_key, 32);
	CHECK(lock_sig_node(slice_of(&sig), of) && !memcmp(of, key, 32));
	peer_init(&net.rig, &c, "c");
	json_decref(peer_join(&c, ""));
	CHECK(rig_admin(&net.rig, NULL, "lock sign c"));
	v = map_with("tka-sig-swapped");
	buf_done(&sig);
	base64_bytes(at(v, "Peers.1.KeySignature"), &sig);
	CHECK_EQ(number_at(v, "Peers.1.ID"), 3);
	json_decref(v);
	CHECK(lock_sig_node(slice_of(&sig), of) && !memcmp(of, b_key, 32));
	/* Behind the first message. */
	json_decref(map_with("tka-patch-key"));
	v = peer_until(&net.a, "PeersChangedPatch.0.KeySignature");
	buf_done(&sig);
	base64_bytes(at(v, "PeersChangedPatch.0.KeySignature"), &sig);
	CHECK(key_parse(text_at(v, "PeersChangedPatch.0.Key"), "nodekey", key));
	json_decref(v);
	CHECK(lock_sig_node(slice_of(&sig), of) && memcmp(of, key, 32));
	CHECK_MEM(of, b_key, 32);
	json_decref(map_with("tka-flap 2"));
	for (i = 0; i < 4; i++) {
		v = peer_until(&net.a, "TKAInfo");
		CHECK_EQ(json_is_true(at(v, "TKAInfo.Disabled")), i % 2 == 0);
		CHECK(i % 2 == 0 || !strcmp(text_at(v, "TKAInfo.Head"),
					    head_now()));
		json_decref(v);
	}
	buf_done(&sig);
	peer_done(&c);
	CHECK(lock_net_stop(&net));
}

/* What is said of the head is wrong also when it moves. */
static void pushed(void)
{
	json_t *v;

	CHECK_IN(lock_net_start_long(&net));
	CHECK(rig_admin(&net.rig, NULL, "fault tka-disabled node=b"));
	CHECK(rig_admin(&net.rig, NULL, "fault tka-info-none node=a"));
	json_decref(map_with("tka-hang node=nobody"));
	CHECK(rig_admin(&net.rig, NULL, "fault tka-disabled node=b"));
	CHECK(rig_admin(&net.rig, NULL, "fault tka-info-none node=a"));
	CHECK_IN(lock_net_grow(&net));
	do {
		v = peer_until(&net.b, "TKAInfo");
		CHECK(v);
		if (json_is_true(at(v, "TKAInfo.Disabled")))
			break;
		json_decref(v);
	} while (true);
	json_decref(v);
	CHECK(rig_admin(&net.rig, NULL, "touch b"));
	while ((v = peer_next(&net.a)) && !at(v, "PeersChanged")) {
		CHECK(!at(v, "TKAInfo"));
		json_decref(v);
	}
	json_decref(v);
	CHECK(lock_net_stop(&net));
}

static const struct test tests[] = {
	TEST(in_maps), TEST(hostile_peers), TEST(forged), TEST(good_peers),
	TEST(pushed),
};
TEST_MAIN(tests)
