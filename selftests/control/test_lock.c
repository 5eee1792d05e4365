// SPDX-License-Identifier: GPL-2.0-only
/* The tailnet lock as an honest server serves it. */
#include <sodium.h>
#include <string.h>
#include <unistd.h>

#include "cbor.h"
#include "lock.h"
#include "lock_make.h"
#include "lock_peer.h"
#include "test.h"

static struct lock_net net;

/* --- bytes, against the vectors --------------------------------------------------- */

/* Numbers beyond what jansson takes, which only the ids of states are. */
static void blank_ids(char *text)
{
	static const char name[] = "\"state_id";

	while ((text = strstr(text, name))) {
		text += strcspn(text, ":");
		text += strcspn(text, "0123456789");
		*text++ = '1';
		while (*text >= '0' && *text <= '9')
			*text++ = ' ';
	}
}

static bool read_file(const char *folder, const char *name, struct buf *ret)
{
	char path[512];
	FILE *f;
	int c;

	snprintf(path, sizeof(path), "%s/tka/%s", folder, name);
	f = fopen(path, "r");
	if (!f)
		return false;
	while ((c = getc(f)) != EOF)
		buf_add(ret, &(char){ c }, 1);
	fclose(f);
	return true;
}

static json_t *vectors(const char *name)
{
	const char *base = getenv("VECTORS");
	struct buf text = {};
	json_t *root;

	if (!base || !read_file(base, name, &text))
		read_file(VECTORS_DIR, name, &text);
	blank_ids(buf_str(&text));
	root = json_loads(buf_str(&text), JSON_ALLOW_NUL, NULL);
	buf_done(&text);
	return root;
}

static void hex_buf(json_t *v, struct buf *ret)
{
	size_t n = json_string_length(v) / 2;
	uint8_t *p = buf_grow(ret, n + 1);

	if (!v || !hex_parse(json_string_value(v), n, p))
		n = 0;
	buf_chop(ret, buf_len(ret) - n);
}

/* The actor with that public key, in hex. */
static bool actor(json_t *actors, const char *public, struct signer *ret)
{
	uint8_t seed[32];
	const char *name;
	json_t *v;

	json_object_foreach(actors, name, v) {
		if (strcmp(text_at(v, "public"), public) ||
		    !hex_parse(text_at(v, "seed"), 32, seed))
			continue;
		crypto_sign_seed_keypair(ret->pub, ret->priv, seed);
		return true;
	}
	return false;
}

/* Make it anew, if it is of a kind that we make. Return: did we. */
static bool remake(json_t *actors, json_t *aum, struct buf *ret)
{
	int kind = number_at(aum, "kind");
	struct made_key key = {};
	struct signer by;
	uint8_t prev[32];

	if (json_array_size(at(aum, "signatures")) != 1 || at(aum, "meta") ||
	    at(aum, "key.meta") || kind < 1 || kind > 3 ||
	    /* One has a signature of zeros, to be refused. */
	    !strncmp(text_at(aum, "signatures.0.signature"), "0000", 4) ||
	    !actor(actors, text_at(aum, "signatures.0.key_id"), &by) ||
	    !hex_parse(text_at(aum, "prev"), 32, prev))
		return false;
	key.votes = number_at(aum, "key.votes");
	hex_parse(text_at(aum, kind == 1 ? "key.public" : "key_id"), 32,
		  key.pub);
	make_update(ret, prev, kind, &key, &by);
	return true;
}

static void one_aum(json_t *actors, json_t *v, int *made)
{
	char text[LOCK_HASH_TEXT];
	struct lock l = {};
	struct lock_aum *a;
	struct buf aum = {}, again = {};
	uint8_t hash[32];

	hex_buf(at(v, "cbor"), &aum);
	a = lock_add(&l, buf_data(&aum), buf_len(&aum));
	CHECK(a);
	CHECK(!strcmp(lock_hash_text(a->hash, text), text_at(v, "hash_text")));
	CHECK(lock_hash_parse(text, hash) && !memcmp(hash, a->hash, 32));
	CHECK_EQ(a->kind, number_at(v, "aum.kind"));
	CHECK_EQ(a->has_prev, json_is_string(at(v, "aum.prev")));
	CHECK(lock_add(&l, buf_data(&aum), buf_len(&aum)) == a);
	CHECK(!lock_add(&l, buf_data(&aum), buf_len(&aum) - 1));
	if (remake(actors, at(v, "aum"), &again)) {
		CHECK_EQ(buf_len(&again), buf_len(&aum));
		CHECK_MEM(buf_data(&again), buf_data(&aum), buf_len(&aum));
		++*made;
	}
	buf_done(&aum);
	buf_done(&again);
	lock_done(&l);
}

static void walk(json_t *actors, json_t *v, int *seen, int *made)
{
	const char *name;
	size_t i;
	json_t *x;

	if (json_is_array(v)) {
		json_array_foreach(v, i, x)
			CHECK_IN(walk(actors, x, seen, made));
	} else if (at(v, "cbor") && at(v, "aum") && at(v, "hash_text")) {
		++*seen;
		CHECK_IN(one_aum(actors, v, made));
	} else if (json_is_object(v)) {
		json_object_foreach(v, name, x)
			CHECK_IN(walk(actors, x, seen, made));
	}
}

static void updates(void)
{
	json_t *root = vectors("aum-chains.json");
	int seen = 0, made = 0;

	CHECK(root);
	CHECK_IN(walk(at(root, "actors"), at(root, "cases"), &seen, &made));
	CHECK(seen > 20);
	CHECK(made > 5);
	json_decref(root);
}

static void secrets(void)
{
	json_t *root = vectors("aum-chains.json"), *first;
	struct buf aum = {}, secret = {};
	struct lock l = {};

	first = at(root, "cases.0.steps.0.bootstrap");
	hex_buf(at(first, "cbor"), &aum);
	CHECK(lock_begin(&l, buf_data(&aum), buf_len(&aum)));
	CHECK_EQ(l.state, LOCK_ON);
	hex_buf(at(root, "disablement_secrets.1"), &secret);
	CHECK_EQ(buf_len(&secret), 32);
	CHECK(lock_secret_ok(&l, buf_data(&secret), 32));
	CHECK(!lock_secret_ok(&l, buf_data(&secret), 31));
	CHECK(!lock_secret_ok(&l, "", 0));
	buf_done(&aum);
	buf_done(&secret);
	lock_done(&l);
	json_decref(root);
}

static void signatures(void)
{
	static const char *const names[] = { "direct",
		"direct, second trusted key", "direct with wrapping key" };
	json_t *root = vectors("nks.json"), *cases = at(root, "cases"), *v;
	struct buf want = {}, made = {}, id = {};
	uint8_t wrapping[32], key[32];
	struct slice signer;
	struct signer by;
	size_t i, n = 0;
	bool has;

	json_array_foreach(cases, i, v) {
		if (n == 3 || strcmp(text_at(v, "name"), names[n]))
			continue;
		n++;
		buf_done(&want);
		hex_buf(at(v, "cbor"), &want);
		CHECK(lock_sig_node((struct slice){ buf_data(&want),
						    buf_len(&want) }, key));
		CHECK(actor(at(root, "actors"), text_at(v, "nks.key_id"), &by));
		has = hex_parse(text_at(v, "nks.wrapping_pubkey"), 32,
				wrapping);
		CHECK_EQ(has, n == 3);
		make_sig(&made, key, has ? wrapping : NULL, &by);
		CHECK_EQ(buf_len(&made), buf_len(&want));
		CHECK_MEM(buf_data(&made), buf_data(&want), buf_len(&want));
		buf_done(&made);
	}
	CHECK_EQ(n, 3);
	/* A chain names the key at its very inside. */
	json_array_foreach(cases, i, v) {
		if (strncmp(text_at(v, "name"), "depth 16", 8) || !n)
			continue;
		n = 0;
		buf_done(&want);
		hex_buf(at(v, "cbor"), &want);
		hex_buf(at(root, "actors.k1.public"), &id);
		CHECK(lock_sig_signer((struct slice){ buf_data(&want),
						      buf_len(&want) },
				      &signer));
		CHECK_EQ(signer.n, 32);
		CHECK_MEM(signer.p, buf_data(&id), 32);
	}
	CHECK_EQ(n, 0);
	buf_done(&want);
	buf_done(&id);
	json_decref(root);
}

/* What is no item is none at any length. */
static void cbor(void)
{
	static const char *const bad[] = { "", "a1", "a101", "5b4000000000000000",
		"9fff", "5fff", "1c", "1801ff", "bbffffffffffffffff", "f6f6",
		"81818181818181818181818181818181818181818181818181818181818181"
		"818181818100" };
	struct buf b = {}, aum = {};
	struct slice item;
	struct signer by;
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		test_case("%s", bad[i]);
		CHECK(hex_parse(bad[i], strlen(bad[i]) / 2,
				buf_grow(&b, strlen(bad[i]) / 2 + 1)));
		CHECK(!cbor_whole((struct slice){ buf_data(&b),
						  strlen(bad[i]) / 2 }));
		buf_done(&b);
	}
	signer_test(0, &by);
	make_update(&aum, (uint8_t[32]){}, MADE_NO_OP, NULL, &by);
	for (i = 0; i < buf_len(&aum); i++) {
		/* In memory of its own, so that reading beyond it shows. */
		buf_done(&b);
		buf_add(&b, buf_data(&aum), i);
		CHECK(!cbor_whole((struct slice){ buf_data(&b), i }));
		cbor_field((struct slice){ buf_data(&b), i }, 23, &item);
	}
	CHECK(cbor_whole((struct slice){ buf_data(&aum), i }));
	buf_done(&b);
	buf_done(&aum);
}

/* --- the server -------------------------------------------------------------------- */

static const char *head_now(void)
{
	static char text[LOCK_HASH_TEXT];

	return lock_hash_text(net.head, text);
}

static void off(void)
{
	static const char *const options[] = { "--open", "--lock", NULL };
	struct peer other;
	json_t *v;

	memset(&net, 0, sizeof(net));
	CHECK(rig_start(&net.rig, options));
	peer_init(&net.rig, &net.a, "a");
	v = peer_join(&net.a, "");
	CHECK(at(v, "Node.CapMap"));
	CHECK(json_object_get(at(v, "Node.CapMap"),
			      "https://tailscale.com/cap/tailnet-lock"));
	CHECK(!at(v, "TKAInfo") && !at(v, "Node.KeySignature"));
	json_decref(v);
	v = lock_answer(&net.a, "bootstrap", ",\"Head\":\"\"");
	CHECK(json_is_object(v) && !json_object_size(v));
	json_decref(v);
	CHECK_EQ(lock_ask(&net.a, "sync/offer", ",\"Head\":\"\"")->status, 400);
	CHECK_EQ(lock_ask(&net.a, "disable", " ")->status, 400);
	CHECK_EQ(lock_ask(&net.a, "init/begin", ",\"GenesisAUM\":\"/w==\"")
		 ->status, 400);
	CHECK_EQ(lock_ask(&net.a, "init/finish", ",\"Signatures\":{}")->status,
		 400);
	CHECK_EQ(lock_ask(&net.a, "nothing", " ")->status, 404);
	CHECK_EQ(client_ask(net.a.c, "POST", "/machine/tka/sign", "{}")->status,
		 405);
	/* Another machine with its key. */
	peer_init(&net.rig, &other, "other");
	memcpy(other.key, net.a.key, 32);
	CHECK_EQ(lock_ask(&other, "bootstrap", " ")->status, 403);
	peer_done(&other);
	CHECK(rig_admin(&net.rig, NULL, "lock offer off"));
	CHECK_EQ(lock_ask(&net.a, "bootstrap", " ")->status, 404);
	peer_done(&net.a);
	CHECK(rig_stop(&net.rig));
}

/* What init gives to a node that comes, and to those that are there. */
static void init(void)
{
	struct peer late;
	struct buf b = {}, aum = {};
	json_t *v;

	CHECK_IN(lock_net_start(&net));
	v = lock_answer(&net.b, "bootstrap", ",\"Head\":\"\"");
	base64_bytes(at(v, "GenesisAUM"), &b);
	json_decref(v);
	CHECK_EQ(buf_len(&b), buf_len(&net.genesis));
	CHECK_MEM(buf_data(&b), buf_data(&net.genesis), buf_len(&b));
	CHECK_EQ(lock_ask(&net.a, "init/begin", ",\"GenesisAUM\":\"%s\"",
			  base64_text(&b))->status, 409);
	peer_init(&net.rig, &late, "late");
	v = peer_join(&late, "");
	CHECK(!strcmp(text_at(v, "TKAInfo.Head"), head_now()));
	CHECK(*text_at(v, "Peers.0.KeySignature"));
	CHECK(!at(v, "Node.KeySignature"));
	json_decref(v);
	buf_done(&b);
	buf_done(&aum);
	peer_done(&late);
	CHECK(lock_net_stop(&net));
}

static void syncing(void)
{
	char old[LOCK_HASH_TEXT];
	struct buf b = {};
	json_t *v;
	int i;

	CHECK_IN(lock_net_start(&net));
	strcpy(old, head_now());
	for (i = 0; i < 3; i++)
		CHECK_IN(lock_net_grow(&net));
	for (i = 0; i < 3; i++) {
		v = peer_until(&net.b, "TKAInfo");
		CHECK(i < 2 || !strcmp(text_at(v, "TKAInfo.Head"), head_now()));
		CHECK(!json_is_true(at(v, "TKAInfo.Disabled")));
		json_decref(v);
	}
	v = lock_answer(&net.b, "sync/offer", ",\"Head\":\"%s\","
			"\"Ancestors\":[\"%s\"]", old, old);
	CHECK(!strcmp(text_at(v, "Head"), head_now()));
	CHECK(!strcmp(text_at(v, "Ancestors.0"), old));
	CHECK_EQ(json_array_size(at(v, "Ancestors")), 1);
	CHECK_EQ(json_array_size(at(v, "MissingAUMs")), 3);
	base64_bytes(at(v, "MissingAUMs.2"), &b);
	CHECK(!strcmp(hash_text_of(&b), head_now()));
	json_decref(v);
	/* Ahead of us, with an ancestor that we have. */
	v = lock_answer(&net.b, "sync/offer", ",\"Head\":\"%s\","
			"\"Ancestors\":[\"%s\"]", "AAAAAAAAAAAAAAAAAAAAAAAAAAAA"
			"AAAAAAAAAAAAAAAAAAAAAAAA", head_now());
	CHECK(json_is_array(at(v, "MissingAUMs")));
	CHECK_EQ(json_array_size(at(v, "MissingAUMs")), 0);
	json_decref(v);
	CHECK_EQ(lock_ask(&net.b, "sync/offer", ",\"Head\":\"%s\","
			  "\"Ancestors\":[]", "AAAAAAAAAAAAAAAAAAAAAAAAAAAA"
			  "AAAAAAAAAAAAAAAAAAAAAAAA")->status, 400);
	CHECK_EQ(lock_ask(&net.b, "sync/offer", ",\"Head\":\"x\"")->status,
		 400);
	/* An honest node sends an empty list. */
	v = lock_answer(&net.b, "sync/send", ",\"Head\":\"%s\",\"MissingAUMs\":"
			"[],\"Interactive\":false", head_now());
	CHECK(!strcmp(text_at(v, "Head"), head_now()));
	json_decref(v);
	buf_done(&b);
	CHECK(lock_net_stop(&net));
}

/* A batch that does not follow leaves everything as it was. */
static void batches(void)
{
	uint8_t orphan[32] = { 1 }, genesis[32];
	struct buf good = {}, bad = {};
	json_t *v;

	CHECK_IN(lock_net_start(&net));
	memcpy(genesis, net.head, 32);
	make_update(&good, net.head, MADE_NO_OP, NULL, &net.by);
	make_update(&bad, orphan, MADE_NO_OP, NULL, &net.by);
	CHECK_EQ(lock_ask(&net.a, "sync/send", ",\"Head\":\"%s\","
			  "\"MissingAUMs\":[\"%s\",\"%s\"]", head_now(),
			  base64_text(&good), base64_text(&bad))->status, 400);
	CHECK_EQ(lock_ask(&net.a, "sync/send", ",\"Head\":\"%s\","
			  "\"MissingAUMs\":[\"oAA=\"]", head_now())->status,
		 400);
	v = lock_answer(&net.a, "sync/send", ",\"Head\":\"%s\","
			"\"MissingAUMs\":[]", head_now());
	CHECK(!strcmp(text_at(v, "Head"), head_now()));
	json_decref(v);
	/* A sibling does not win by itself; the sender's head does. */
	CHECK_IN(lock_net_grow(&net));
	buf_done(&bad);
	make_update(&bad, genesis, MADE_REMOVE_KEY,
		    &(struct made_key){ .votes = 1 }, &net.by);
	v = lock_answer(&net.a, "sync/send", ",\"Head\":\"%s\","
			"\"MissingAUMs\":[\"%s\"]", head_now(),
			base64_text(&bad));
	CHECK(!strcmp(text_at(v, "Head"), head_now()));
	json_decref(v);
	buf_done(&bad);
	make_update(&bad, genesis, MADE_ADD_KEY,
		    &(struct made_key){ .votes = 1 }, &net.by);
	v = lock_answer(&net.a, "sync/send", ",\"Head\":\"%s\","
			"\"MissingAUMs\":[\"%s\"]", hash_text_of(&bad),
			base64_text(&bad));
	CHECK(!strcmp(text_at(v, "Head"), hash_text_of(&bad)));
	json_decref(v);
	buf_done(&good);
	buf_done(&bad);
	CHECK(lock_net_stop(&net));
}

static void signing(void)
{
	struct buf sig = {}, id = {};
	uint8_t key[32];
	struct peer c;
	json_t *v;

	CHECK_IN(lock_net_start(&net));
	peer_init(&net.rig, &c, "c");
	json_decref(peer_join(&c, ""));
	peer_key(&c, key);
	make_sig(&sig, key, NULL, &net.by);
	v = lock_answer(&net.a, "sign", ",\"Signature\":\"%s\"",
			base64_text(&sig));
	CHECK(json_is_object(v));
	json_decref(v);
	v = peer_until(&net.b, "PeersChangedPatch.0.KeySignature");
	CHECK_EQ(number_at(v, "PeersChangedPatch.0.NodeID"), 3);
	CHECK(!strcmp(text_at(v, "PeersChangedPatch.0.KeySignature"),
		      base64_text(&sig)));
	json_decref(v);
	v = peer_until(&c, "Node.KeySignature");
	CHECK(v);
	json_decref(v);
	/* For nobody, and for no key at all. */
	buf_done(&sig);
	make_sig(&sig, (uint8_t[32]){ 9 }, NULL, &net.by);
	CHECK_EQ(lock_ask(&net.a, "sign", ",\"Signature\":\"%s\"",
			  base64_text(&sig))->status, 400);
	CHECK_EQ(lock_ask(&net.a, "sign", ",\"Signature\":\"oA==\"")->status,
		 400);
	buf_add(&id, net.by.pub, 32);
	v = lock_answer(&net.a, "affected-sigs", ",\"KeyID\":\"%s\"",
			base64_text(&id));
	CHECK_EQ(json_array_size(at(v, "Signatures")), 3);
	json_decref(v);
	buf_data(&id)[0] ^= 1;
	v = lock_answer(&net.a, "affected-sigs", ",\"KeyID\":\"%s\"",
			base64_text(&id));
	CHECK(json_is_array(at(v, "Signatures")));
	CHECK_EQ(json_array_size(at(v, "Signatures")), 0);
	json_decref(v);
	buf_done(&sig);
	buf_done(&id);
	peer_done(&c);
	CHECK(lock_net_stop(&net));
}

/* The next key of a signed node: the server asks for a signature, once. */
static void next_key(void)
{
	char old[KEY_TEXT_MAX], lock_key[KEY_TEXT_MAX];
	struct buf more = {}, sig = {};
	uint8_t key[32];
	json_t *v;

	CHECK_IN(lock_net_start(&net));
	public_text("nodekey", net.b.key, old);
	randombytes_buf(net.b.key, 32);
	buf_printf(&more, ",\"OldNodeKey\":\"%s\",\"NLKey\":\"%s\","
		   "\"NodeKeySignature\":null", old,
		   key_text("nlpub", net.by.pub, lock_key));
	v = peer_register(&net.b, buf_str(&more));
	CHECK(*text_at(v, "NodeKeySignature"));
	CHECK(!*text_at(v, "Error"));
	json_decref(v);
	buf_done(&more);
	randombytes_buf(net.b.key, 32);
	peer_key(&net.b, key);
	make_sig(&sig, key, NULL, &net.by);
	buf_printf(&more, ",\"OldNodeKey\":\"%s\",\"NodeKeySignature\":\"%s\","
		   "\"NLKey\":\"%s\"", old, base64_text(&sig), lock_key);
	v = peer_register(&net.b, buf_str(&more));
	CHECK(json_is_null(at(v, "NodeKeySignature")));
	CHECK(json_is_true(at(v, "MachineAuthorized")));
	json_decref(v);
	v = peer_until(&net.a, "PeersChanged.0.KeySignature");
	CHECK(!strcmp(text_at(v, "PeersChanged.0.KeySignature"),
		      base64_text(&sig)));
	json_decref(v);
	buf_done(&more);
	/* Who does not sign is let in all the same, without a signature. */
	buf_printf(&more, ",\"OldNodeKey\":\"%s\",\"NodeKeySignature\":null",
		   public_text("nodekey", net.b.key, old));
	randombytes_buf(net.b.key, 32);
	v = peer_register(&net.b, buf_str(&more));
	CHECK(*text_at(v, "NodeKeySignature"));
	json_decref(v);
	v = peer_register(&net.b, buf_str(&more));
	CHECK(json_is_null(at(v, "NodeKeySignature")));
	json_decref(v);
	v = peer_until(&net.a, "PeersChanged.0.Key");
	CHECK(v && !at(v, "PeersChanged.0.KeySignature"));
	json_decref(v);
	buf_done(&more);
	buf_done(&sig);
	peer_done(&net.b);
	CHECK(lock_net_stop(&net));
}

static void disabling(void)
{
	struct buf id = {}, b = {};
	struct peer late;
	json_t *v;

	CHECK_IN(lock_net_start(&net));
	CHECK_EQ(lock_ask(&net.a, "disable", ",\"Head\":\"%s\","
			  "\"DisablementSecret\":\"AAAA\"", head_now())->status,
		 403);
	CHECK(rig_admin(&net.rig, NULL, "lock disable 7365637265740a"));
	v = peer_until(&net.a, "TKAInfo");
	CHECK(json_is_true(at(v, "TKAInfo.Disabled")));
	json_decref(v);
	v = lock_answer(&net.b, "bootstrap", ",\"Head\":\"%s\"", head_now());
	base64_bytes(at(v, "DisablementSecret"), &b);
	CHECK(!at(v, "GenesisAUM"));
	json_decref(v);
	CHECK_EQ(buf_len(&b), 7);
	CHECK_MEM(buf_data(&b), "secret\n", 7);
	peer_init(&net.rig, &late, "late");
	v = peer_join(&late, "");
	CHECK(json_is_true(at(v, "TKAInfo.Disabled")));
	json_decref(v);
	peer_done(&late);
	buf_done(&b);
	buf_done(&id);
	CHECK(lock_net_stop(&net));
}

/* What the tester does without a node, and what is kept over a restart. */
static void admin(void)
{
	static const char *options[] = { "--open", "--lock", "--state", NULL,
		NULL };
	char path[] = "/tmp/tn-control-lock.XXXXXX";
	struct buf b = {}, again = {};
	json_t *v;
	int fd;

	fd = mkstemp(path);
	CHECK(fd >= 0);
	close(fd);
	unlink(path);
	options[3] = path;
	memset(&net, 0, sizeof(net));
	CHECK(rig_start(&net.rig, options));
	peer_init(&net.rig, &net.a, "a");
	json_decref(peer_join(&net.a, ""));
	CHECK(rig_admin(&net.rig, NULL, "lock init nlpub:%064d?2", 7));
	v = peer_until(&net.a, "TKAInfo.Head");
	CHECK(*text_at(v, "Node.KeySignature"));
	json_decref(v);
	CHECK(rig_admin(&net.rig, &b, "lock make add-key nlpub:%064d?3", 8));
	buf_str(&b)[LOCK_HASH_TEXT - 1] = '\0';
	CHECK(rig_admin(&net.rig, NULL, "lock head %s", buf_str(&b)));
	v = peer_until(&net.a, "TKAInfo.Head");
	CHECK(!strcmp(text_at(v, "TKAInfo.Head"), buf_str(&b)));
	json_decref(v);
	CHECK_EQ(peer_lite(&net.a, ",\"TKAHead\":\"MYHEAD\""), 200);
	CHECK(rig_admin(&net.rig, &again, "lock"));
	CHECK(text_has(buf_str(&again), "state on\n"));
	CHECK(text_has(buf_str(&again), "updates 2\n"));
	CHECK(text_has(buf_str(&again), "a signed nlpub:"));
	CHECK(text_has(buf_str(&again), "head=MYHEAD\n"));
	buf_done(&again);
	CHECK(rig_admin(&net.rig, NULL, "lock sig a none"));
	CHECK(!rig_admin(&net.rig, NULL, "lock sig nobody none"));
	CHECK(!rig_admin(&net.rig, NULL, "lock sig a *"));
	CHECK(!rig_admin(&net.rig, NULL, "lock add oA"));
	CHECK(!rig_admin(&net.rig, NULL, "lock head AAAA"));
	CHECK(!rig_admin(&net.rig, NULL, "lock nonsense"));
	CHECK(rig_admin(&net.rig, NULL, "lock sign a zeros"));
	CHECK(rig_admin(&net.rig, NULL, "lock sign a"));
	peer_done(&net.a);
	CHECK(rig_stop(&net.rig));
	CHECK(rig_start(&net.rig, options));
	CHECK(rig_admin(&net.rig, &again, "lock"));
	CHECK(text_has(buf_str(&again), buf_str(&b)));
	CHECK(text_has(buf_str(&again), "updates 2\n"));
	CHECK(text_has(buf_str(&again), "a signed nlpub:"));
	CHECK(rig_admin(&net.rig, NULL, "lock forget"));
	CHECK(rig_stop(&net.rig));
	unlink(path);
	buf_done(&again);
	buf_done(&b);
}

static const struct test tests[] = {
	TEST(cbor), TEST(updates), TEST(secrets), TEST(signatures), TEST(off),
	TEST(init), TEST(syncing), TEST(batches), TEST(signing), TEST(next_key),
	TEST(disabling), TEST(admin),
};
TEST_MAIN(tests)
