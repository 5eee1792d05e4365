// SPDX-License-Identifier: GPL-2.0-only
/* Each fault of the tailnet lock is seen on the wire as what it is called. */
#include <sodium.h>
#include <string.h>

#include "fault.h"
#include "lock.h"
#include "lock_make.h"
#include "lock_peer.h"
#include "test.h"

static struct lock_net net;

static const char *chain_text(unsigned int i)
{
	static char texts[3][LOCK_HASH_TEXT];

	return lock_hash_text(net.chain[i], texts[i]);
}

/* --- answers as text --------------------------------------------------------------- */

/* The requests that an honest node would make. */
static struct reply *request(const char *what)
{
	struct buf id = {};
	const char *more;

	if (!strcmp(what, "sync/offer"))
		return lock_ask(&net.a, what, ",\"Head\":\"%s\",\"Ancestors\":"
				"[\"%s\"]", chain_text(0), chain_text(0));
	if (!strcmp(what, "sync/send"))
		return lock_ask(&net.a, what, ",\"Head\":\"%s\","
				"\"MissingAUMs\":[]", chain_text(2));
	if (!strcmp(what, "affected-sigs")) {
		buf_add(&id, net.by.pub, 32);
		more = base64_text(&id);
		buf_done(&id);
		return lock_ask(&net.a, what, ",\"KeyID\":\"%s\"", more);
	}
	return lock_ask(&net.a, what, ",\"Head\":\"\"");
}

static const struct {
	const char *fault;
	const char *what;
	const char *seen;
} answers[] = {
	{ "tka-status 503", "bootstrap", "=503" },
	{ "tka-garbage", "sync/send", "^<html>" },
	{ "tka-answer {\"Head\":[]}", "sync/offer", "^{\"Head\":[]}" },
	{ "tka-answer", "sync/offer", "!" },
	{ "tka-huge 20000", "bootstrap", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" },
	{ "tka-deep 5000", "sync/offer", ":[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[" },
	{ "tka-cut", "sync/offer", "!" },
	{ "tka-array", "bootstrap", "^[{\"GenesisAUM\"" },
	{ "tka-empty", "sync/offer", "^{}" },
	{ "tka-null", "bootstrap", "^{\"GenesisAUM\":null}" },
	{ "tka-null", "sync/offer", "\"MissingAUMs\":null" },
	{ "tka-types", "sync/send", "^{\"Head\":-7}" },
	{ "tka-types", "sync/offer", "\"MissingAUMs\":\"not an array\"" },
	{ "tka-elements", "sync/offer", "\",null,7,\"*** no base64 ***\"" },
	{ "tka-answer-head", "sync/send", "^{\"Head\":\"not a hash\"}" },
	{ "tka-answer-head x", "sync/offer", "^{\"Head\":\"x\"" },
	{ "tka-ancestors 3", "sync/offer", "\"Ancestors\":[\"AEAAAAAAAAAA" },
	{ "tka-genesis-none", "bootstrap", "^{}" },
	{ "tka-withhold", "sync/offer", "\"MissingAUMs\":[]" },
	{ "tka-disabled", "bootstrap", "^{}" },
	{ "tka-disabled wrong", "bootstrap",
	  "^{\"DisablementSecret\":\"ZmZmZmZm" },
	{ "tka-disabled empty", "bootstrap", "^{\"DisablementSecret\":\"\"}" },
	{ "tka-disabled abcd", "bootstrap",
	  "^{\"DisablementSecret\":\"q80=\"}" },
	{ "tka-affected", "affected-sigs", ",\"////\"]" },
};

static void in_answers(void)
{
	struct reply *r;
	size_t i;

	CHECK_IN(lock_net_start_long(&net));
	for (i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
		test_case("%s of %s", answers[i].fault, answers[i].what);
		CHECK(rig_admin(&net.rig, NULL, "fault %s", answers[i].fault));
		r = request(answers[i].what);
		CHECK(r);
		CHECK_IN(lock_check_text((char *)buf_data(&r->body),
					 buf_len(&r->body), r->status,
					 answers[i].seen));
		CHECK(rig_admin(&net.rig, NULL, "fault off"));
	}
	test_case("huge secret");
	CHECK(rig_admin(&net.rig, NULL, "fault tka-disabled huge"));
	r = request("bootstrap");
	CHECK(buf_len(&r->body) > 600000);
	CHECK(rig_admin(&net.rig, NULL, "fault off"));
	CHECK(request("bootstrap")->status == 200);
	CHECK(lock_net_stop(&net));
}

/* Answers that do not end, or do not begin; the server serves others still. */
static void slow(void)
{
	struct reply *r;
	int32_t id;
	char body[256], key[KEY_TEXT_MAX];

	CHECK_IN(lock_net_start_long(&net));
	snprintf(body, sizeof(body), "{\"Version\":%d,\"NodeKey\":\"%s\"}",
		 CLIENT_VERSION, public_text("nodekey", net.a.key, key));
	CHECK(rig_admin(&net.rig, NULL, "fault tka-hang"));
	id = client_send(net.a.c, "GET", "/machine/tka/bootstrap", body);
	CHECK(!client_finish(net.a.c, id, 200));
	CHECK_EQ(client_reply(net.a.c, id)->status, 0);
	CHECK(rig_admin(&net.rig, NULL, "fault off"));
	CHECK(rig_admin(&net.rig, NULL, "fault tka-endless node=a"));
	id = client_send(net.a.c, "GET", "/machine/tka/bootstrap", body);
	r = client_reply(net.a.c, id);
	while (buf_len(&r->body) < 1 << 20)
		CHECK(client_step(net.a.c, CLIENT_WAIT_MS));
	CHECK(!r->closed);
	CHECK(!strncmp(buf_str(&r->body), "{\"Head\":\"AAAA", 13));
	CHECK(peer_lite(&net.b, "") == 200);
	CHECK(lock_net_stop(&net));
}

/* --- updates ------------------------------------------------------------------------ */

#define UPDATES_MAX	64

/**
 * struct given - an answer of sync/offer
 */
struct given {
	char head[LOCK_HASH_TEXT];
	struct buf v[UPDATES_MAX];
	size_t n;
};

static void given_done(struct given *g)
{
	while (g->n)
		buf_done(&g->v[--g->n]);
}

/* What "a" gets that has the genesis only. */
static void offer(const char *fault, struct given *g)
{
	struct reply *r;
	size_t i;
	json_t *v, *x;

	test_case("%s", fault);
	given_done(g);
	CHECK(rig_admin(&net.rig, NULL, "fault %s", fault));
	r = request("sync/offer");
	CHECK(r && r->status == 200);
	v = json_loadb((char *)buf_data(&r->body), buf_len(&r->body), 0, NULL);
	CHECK(v);
	snprintf(g->head, sizeof(g->head), "%s", text_at(v, "Head"));
	json_array_foreach(at(v, "MissingAUMs"), i, x)
		if (g->n < UPDATES_MAX)
			base64_bytes(x, &g->v[g->n++]);
	json_decref(v);
	CHECK(rig_admin(&net.rig, NULL, "fault off"));
}

static bool has_prev(const struct buf *aum, const uint8_t hash[LOCK_HASH])
{
	const uint8_t *prev;

	return cbor_field_bytes(slice_of(aum), AUM_PREV, LOCK_HASH, &prev) &&
	       !memcmp(prev, hash, LOCK_HASH);
}

/* By the one signature that it has. */
static bool signed_by(const struct buf *aum, const struct signer *by)
{
	struct slice sigs, one, item;
	const uint8_t *id, *sig;
	struct buf rest = {};
	uint8_t hash[32];
	bool ok;

	if (!cbor_field(slice_of(aum), AUM_SIGNATURES, &sigs) ||
	    !cbor_element(sigs, 0, &one) || cbor_element(sigs, 1, &item) ||
	    !cbor_field_bytes(one, 1, 32, &id) ||
	    !cbor_field_bytes(one, 2, 64, &sig))
		return false;
	/* Signatures come last: what is hashed ends at their field number. */
	buf_add(&rest, buf_data(aum), sigs.p - 1 - buf_data(aum));
	buf_data(&rest)[0]--;
	lock_hash(buf_data(&rest), buf_len(&rest), hash);
	buf_done(&rest);
	ok = !crypto_sign_verify_detached(sig, hash, sizeof(hash), by->pub);
	return ok && !memcmp(id, by->pub, 32);
}

static const struct buf *last(const struct given *g)
{
	return &g->v[g->n - 1];
}

/* TKAInfo and sync/offer agree about what the head is. */
static void told(const char *fault, const char *head)
{
	json_t *v;

	CHECK(rig_admin(&net.rig, NULL, "fault %s", fault));
	CHECK(rig_admin(&net.rig, NULL, "refresh"));
	do {
		v = peer_until(&net.a, "TKAInfo.Head");
		CHECK(v);
		if (!strcmp(text_at(v, "TKAInfo.Head"), head))
			break;
		json_decref(v);
	} while (true);
	json_decref(v);
	CHECK(rig_admin(&net.rig, NULL, "fault off"));
}

static void heads(void)
{
	struct signer stranger, own;
	struct given g = {};
	uint8_t hash[LOCK_HASH];
	char fault[128];
	struct buf b = {};
	size_t i;

	static const char *const kinds[] = { "", "unsigned", "bad-signature",
		"orphan", "own", "genesis" };

	CHECK_IN(lock_net_start_long(&net));
	signer_stranger(&stranger);
	CHECK(rig_admin(&net.rig, &b, "lock key"));
	CHECK(key_parse(strtok(buf_str(&b), "\n"), "nlpub", own.pub));
	buf_done(&b);
	CHECK_IN(offer("tka-fork", &g));
	CHECK_EQ(g.n, 3);
	CHECK(!strcmp(hash_text_of(last(&g)), g.head));
	CHECK(strcmp(g.head, chain_text(2)));
	CHECK(has_prev(last(&g), net.chain[1]) && signed_by(last(&g), &stranger));
	CHECK_IN(told("tka-fork", g.head));
	CHECK_IN(offer("tka-fork own", &g));
	CHECK(has_prev(last(&g), net.chain[1]) && signed_by(last(&g), &own));
	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		snprintf(fault, sizeof(fault), "tka-update %s", kinds[i]);
		CHECK_IN(offer(fault, &g));
		CHECK_EQ(g.n, 3);
		CHECK(!strcmp(hash_text_of(last(&g)), g.head));
		CHECK_EQ(has_prev(last(&g), net.chain[2]), i != 3 && i != 5);
		CHECK_EQ(signed_by(last(&g), &stranger), i == 0 || i == 5);
		CHECK_EQ(signed_by(last(&g), &own), i == 3 || i == 4);
	}
	CHECK_IN(told("tka-update unsigned", (offer("tka-update unsigned", &g),
					      g.head)));
	CHECK_IN(offer("tka-rollback", &g));
	CHECK_EQ(g.n, 0);
	CHECK(!strcmp(g.head, chain_text(0)));
	CHECK_IN(told("tka-rollback", chain_text(0)));
	snprintf(fault, sizeof(fault), "tka-rollback %s", chain_text(1));
	CHECK_IN(offer(fault, &g));
	CHECK_EQ(g.n, 1);
	CHECK(!strcmp(g.head, chain_text(1)));
	snprintf(fault, sizeof(fault), "tka-twice %s", chain_text(1));
	CHECK_IN(offer(fault, &g));
	CHECK(!strcmp(hash_text_of(last(&g)), g.head));
	CHECK(has_prev(last(&g), net.chain[0]));
	lock_hash(buf_data(last(&g)), buf_len(last(&g)), hash);
	CHECK(memcmp(hash, net.chain[1], LOCK_HASH) < 0);
	CHECK_IN(offer("tka-foreign", &g));
	CHECK(!strcmp(hash_text_of(last(&g)), g.head));
	CHECK(signed_by(last(&g), &stranger));
	given_done(&g);
	CHECK(lock_net_stop(&net));
}

/* Updates that are true, but not all, not in order, not as they were. */
static void updates(void)
{
	struct given honest = {}, g = {};
	char fault[128];
	size_t n;

	CHECK_IN(lock_net_start_long(&net));
	CHECK_IN(offer("tka-hang node=nobody", &honest));
	CHECK_EQ(honest.n, 2);
	CHECK(!strcmp(hash_text_of(&honest.v[1]), chain_text(2)));
	snprintf(fault, sizeof(fault), "tka-withhold %s", chain_text(1));
	CHECK_IN(offer(fault, &g));
	CHECK_EQ(g.n, 1);
	CHECK(!strcmp(g.head, chain_text(2)));
	CHECK_IN(offer("tka-repeat", &g));
	CHECK_EQ(g.n, 3);
	CHECK(!strcmp(hash_text_of(&g.v[0]), chain_text(0)));
	CHECK_IN(offer("tka-reorder", &g));
	CHECK(!strcmp(hash_text_of(&g.v[0]), chain_text(2)));
	CHECK(!strcmp(hash_text_of(&g.v[1]), chain_text(1)));
	n = buf_len(&honest.v[0]);
	CHECK_IN(offer("tka-long-form", &g));
	CHECK_EQ(buf_len(&g.v[0]), n + 1);
	CHECK(!memcmp(buf_data(&g.v[0]), "\xb8\x03", 2));
	CHECK(has_prev(&g.v[0], net.chain[0]));
	CHECK_MEM(buf_data(&g.v[0]) + 2, buf_data(&honest.v[0]) + 1, n - 1);
	CHECK_IN(offer("tka-trailing", &g));
	CHECK_EQ(buf_len(&g.v[1]), n + 1);
	CHECK(!cbor_whole(slice_of(&g.v[1])));
	CHECK_IN(offer("tka-short", &g));
	CHECK_EQ(buf_len(&g.v[1]), n - 1);
	given_done(&honest);
	given_done(&g);
	CHECK(lock_net_stop(&net));
}

static void bombs(void)
{
	struct signer stranger;
	struct given g = {};
	size_t i;

	CHECK_IN(lock_net_start_long(&net));
	signer_stranger(&stranger);
	CHECK_IN(offer("tka-aum-garbage", &g));
	CHECK_EQ(buf_len(last(&g)), 100);
	CHECK_IN(offer("tka-aum-huge", &g));
	CHECK(buf_len(last(&g)) > 2 << 20 && cbor_whole(slice_of(last(&g))));
	CHECK_IN(offer("tka-aum-length", &g));
	CHECK(memmem(buf_data(last(&g)), buf_len(last(&g)),
		     "\x5b\x40\0\0\0\0\0\0\0", 9));
	CHECK(!cbor_whole(slice_of(last(&g))));
	CHECK_IN(offer("tka-aum-deep 50", &g));
	CHECK_EQ(buf_len(last(&g)), 101);
	CHECK(!memcmp(buf_data(last(&g)), "\xa1\x05\xa1\x05", 4));
	CHECK_IN(offer("tka-aum-wide 70000", &g));
	CHECK(!memcmp(buf_data(last(&g)), "\xba\0\1\x11\x70", 5));
	CHECK(cbor_whole(slice_of(last(&g))));
	CHECK_IN(offer("tka-aum-many 20", &g));
	CHECK_EQ(g.n, 22);
	for (i = 3; i < g.n; i++) {
		uint8_t hash[32];

		lock_hash(buf_data(&g.v[i - 1]), buf_len(&g.v[i - 1]), hash);
		CHECK(has_prev(&g.v[i], hash) &&
		      signed_by(&g.v[i], &stranger));
	}
	given_done(&g);
	CHECK(lock_net_stop(&net));
}

/* The same for a node that comes without an authority. */
static void genesis(void)
{
	static const char *const faults[] = { "tka-foreign", "tka-long-form",
		"tka-trailing", "tka-short", "tka-aum-garbage", "tka-aum-huge",
		"tka-aum-length", "tka-aum-deep", "tka-aum-wide" };
	struct buf b = {};
	struct reply *r;
	json_t *v;
	size_t i;

	CHECK_IN(lock_net_start_long(&net));
	for (i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
		test_case("%s", faults[i]);
		CHECK(rig_admin(&net.rig, NULL, "fault %s", faults[i]));
		r = request("bootstrap");
		v = json_loadb((char *)buf_data(&r->body), buf_len(&r->body),
			       0, NULL);
		base64_bytes(at(v, "GenesisAUM"), &b);
		json_decref(v);
		CHECK(buf_len(&b) && strcmp(hash_text_of(&b), chain_text(0)));
		buf_done(&b);
		CHECK(rig_admin(&net.rig, NULL, "fault off"));
	}
	CHECK(lock_net_stop(&net));
}

/* --- what is lost, and what is asked for ----------------------------------------------- */

static void lost(void)
{
	struct buf aum = {}, sig = {}, b = {};
	uint8_t key[32];
	struct reply *r;
	json_t *v;

	CHECK_IN(lock_net_start_long(&net));
	make_update(&aum, net.head, MADE_NO_OP, NULL, &net.by);
	CHECK(rig_admin(&net.rig, NULL, "fault tka-send-lost"));
	v = lock_answer(&net.a, "sync/send", ",\"Head\":\"%s\","
			"\"MissingAUMs\":[\"%s\"]", chain_text(2),
			base64_text(&aum));
	CHECK(!strcmp(text_at(v, "Head"), chain_text(2)));
	json_decref(v);
	CHECK(rig_admin(&net.rig, NULL, "fault tka-sign-lost"));
	peer_key(&net.b, key);
	make_sig(&sig, key, net.by.pub, &net.by);
	r = lock_ask(&net.a, "sign", ",\"Signature\":\"%s\"",
		     base64_text(&sig));
	CHECK(r && r->status == 200);
	CHECK(rig_admin(&net.rig, &b, "lock sig b"));
	CHECK(!text_has(buf_str(&b), base64_text(&sig)));
	CHECK(rig_admin(&net.rig, NULL, "fault off"));
	buf_done(&b);
	CHECK(rig_admin(&net.rig, &b, "lock"));
	CHECK(text_has(buf_str(&b), "updates 3\n"));
	buf_done(&aum);
	buf_done(&sig);
	buf_done(&b);
	CHECK(lock_net_stop(&net));
}

static void needs(void)
{
	static const char *const options[] = { "--open", "--lock", NULL };
	struct buf genesis = {};
	struct made_key key = { .votes = 1 };
	json_t *v;

	memset(&net, 0, sizeof(net));
	CHECK(rig_start(&net.rig, options));
	signer_test(0, &net.by);
	peer_init(&net.rig, &net.a, "a");
	json_decref(peer_join(&net.a, ""));
	make_genesis(&genesis, &key, 1, (const uint8_t [1][32]){}, 1,
		     (const uint64_t [2]){ 7, 8 }, &net.by);
	CHECK(rig_admin(&net.rig, NULL, "fault tka-need-rogue"));
	v = lock_answer(&net.a, "init/begin", ",\"GenesisAUM\":\"%s\"",
			base64_text(&genesis));
	CHECK_EQ(json_array_size(at(v, "NeedSignatures")), 2);
	CHECK_EQ(number_at(v, "NeedSignatures.1.NodeID"), 900001);
	json_decref(v);
	CHECK(rig_admin(&net.rig, NULL, "fault tka-need-many 700"));
	v = lock_answer(&net.a, "init/begin", ",\"GenesisAUM\":\"%s\"",
			base64_text(&genesis));
	CHECK_EQ(json_array_size(at(v, "NeedSignatures")), 701);
	json_decref(v);
	buf_done(&genesis);
	peer_done(&net.a);
	CHECK(rig_stop(&net.rig));
}

/* --- all of them -------------------------------------------------------------------------- */

static bool was_hit(const char *name)
{
	struct buf b = {};
	char want[100], *p;
	bool hit;

	rig_admin(&net.rig, &b, "fault");
	snprintf(want, sizeof(want), "%s on hits=", name);
	p = strstr(buf_str(&b), want);
	hit = p && p[strlen(want)] != '0';
	buf_done(&b);
	return hit;
}

/* Some answers never end: @wait_ms is for each. */
static void meet(int wait_ms)
{
	static const char *const whats[] = { "bootstrap", "sync/offer",
		"sync/send", "affected-sigs" };
	char body[512], path[64], key[KEY_TEXT_MAX], sig[300] = "";
	struct buf b = {};
	uint8_t of[32];
	size_t i;

	public_text("nodekey", net.a.key, key);
	peer_key(&net.b, of);
	make_sig(&b, of, NULL, &net.by);
	snprintf(sig, sizeof(sig), "%s", base64_text(&b));
	buf_done(&b);
	for (i = 0; i < sizeof(whats) / sizeof(whats[0]); i++) {
		snprintf(body, sizeof(body), "{\"Version\":1,\"NodeKey\":\"%s\","
			 "\"Head\":\"%s\",\"Ancestors\":[\"%s\"],\"KeyID\":\"\"}",
			 key, chain_text(0), chain_text(0));
		snprintf(path, sizeof(path), "/machine/tka/%s", whats[i]);
		client_finish(net.a.c, client_send(net.a.c, "GET", path, body),
			      wait_ms);
	}
	snprintf(body, sizeof(body), "{\"Version\":1,\"NodeKey\":\"%s\","
		 "\"Signature\":\"%s\"}", key, sig);
	client_finish(net.a.c, client_send(net.a.c, "GET", "/machine/tka/sign",
					   body), wait_ms);
	peer_poll(&net.a, "");
	for (i = 0; i < 4; i++)
		json_decref(client_map(net.a.c, net.a.map, true,
				       i ? 50 : CLIENT_WAIT_MS));
	/* What it did not read must not wait for it. */
	peer_redial(&net.rig, &net.a);
}

static void all_of_them(void)
{
	char name[64], *line, *save;
	struct buf list = {};
	json_t *v;
	int n = 0;

	CHECK_IN(lock_net_start_long(&net));
	CHECK(rig_admin(&net.rig, &list, "fault list"));
	for (line = strtok_r(buf_str(&list), "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save)) {
		snprintf(name, sizeof(name), "%.*s", (int)strcspn(line, " "),
			 line);
		/* init/begin is over; see needs(). */
		if (strncmp(name, "tka-", 4) || !strncmp(name, "tka-need-", 9))
			continue;
		test_case("%s", name);
		CHECK(rig_admin(&net.rig, NULL, "fault %s", name));
		meet(!strcmp(name, "tka-hang") || !strcmp(name, "tka-endless") ?
		     50 : CLIENT_WAIT_MS);
		CHECK(was_hit(name));
		CHECK(rig_admin(&net.rig, NULL, "fault off"));
		n++;
	}
	buf_done(&list);
	CHECK_EQ(n, FAULT_TKA_SIGN_LOST - FAULT_TKA_STATUS + 1 - 2 +
		 FAULT_TKA_PATCH_KEY - FAULT_TKA_UNKNOWN + 1);
	test_case("after all");
	peer_poll(&net.a, "");
	v = peer_next(&net.a);
	CHECK(v && !strcmp(text_at(v, "TKAInfo.Head"), chain_text(2)));
	json_decref(v);
	CHECK(lock_net_stop(&net));
}

static const struct test tests[] = {
	TEST(in_answers), TEST(slow), TEST(heads), TEST(updates), TEST(bombs),
	TEST(genesis), TEST(lost), TEST(needs), TEST(all_of_them),
};
TEST_MAIN(tests)
