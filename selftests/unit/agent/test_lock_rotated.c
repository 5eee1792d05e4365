// SPDX-License-Identifier: GPL-2.0-only
/* Node keys that were rotated away, and stay so when the newer one is hidden. */
#include "lock_side_rig.h"
#include "map_fixture.h"

#include "lock/admit.h"
#include "lock/rotated.h"
#include "lock/sig.h"
#include "model/view.h"
#include "node/lock_rotated.h"
#include "wire/nks.h"

#include <sodium.h>

static struct rotated memory;

/* A node's own lock key. */
static struct lock_signer own_key(uint8_t who)
{
	struct lock_signer signer = { .seed = secret32_new() };

	memset(secret32_expose(signer.seed), who, SECRET_LEN);
	lock_key_derive(signer.seed, &signer.public);
	return signer;
}

static struct node_public node_key(uint8_t byte)
{
	struct node_public key;

	memset(key.byte, byte, KEY_LEN);
	return key;
}

static struct bytes direct(uint8_t byte, const struct lock_signer *own)
{
	struct node_public key = node_key(byte);
	struct bytes sig;

	if (sign_node(&w.server.signer, &key, own ? &own->public : NULL,
		      w.server.mem, &sig) < 0)
		abort();
	return sig;
}

static struct bytes rotate(struct bytes old, uint8_t byte,
			   const struct lock_signer *own)
{
	struct node_public key = node_key(byte);
	struct bytes sig;

	if (sign_rotation(own, old, &key, w.server.mem, &sig) < 0)
		abort();
	return sig;
}

static struct node_sig layers(struct bytes data)
{
	struct node_sig sig = { 0 };

	if (nks_parse(data, &sig) < 0)
		abort();
	return sig;
}

static int note(struct bytes data)
{
	struct node_sig sig = layers(data);

	return rotated_note(&memory, &sig);
}

static int news(struct bytes data)
{
	struct node_sig sig = layers(data);

	return rotated_has_news(&memory, &sig);
}

static int found(uint8_t byte, struct bytes data)
{
	struct node_public key = node_key(byte);
	struct node_sig sig = layers(data);

	return rotated_find(&memory, &key, &sig);
}

static void by_key(void)
{
	struct lock_signer own, other, second;
	struct bytes first, middle, last, anew;
	struct node_public key = node_key(0x21);

	CHECK_IN(world_begin());
	own = own_key(31);
	other = own_key(32);
	first = direct(0x21, &own);
	middle = rotate(first, 0x22, &own);
	last = rotate(middle, 0x23, &own);

	CHECK_EQ(news(first), 0);
	CHECK_EQ(note(first), 0);
	CHECK_EQ(news(last), 1);
	CHECK_EQ(note(last), 2);
	CHECK_EQ(news(last), 0);
	CHECK_EQ(note(last), 0);
	CHECK_EQ(note(middle), 0);
	CHECK_EQ(memory.n, 2);

	test_case("old signatures");
	CHECK_EQ(found(0x21, first), 1);
	CHECK_EQ(found(0x22, middle), 1);
	CHECK_EQ(found(0x23, last), 0);
	CHECK_EQ(rotated_find(&memory, &key, NULL), 1);
	key = node_key(0x23);
	CHECK_EQ(rotated_find(&memory, &key, NULL), 0);

	test_case("signed anew by the same: a replay for all that is known");
	CHECK_EQ(found(0x21, direct(0x21, &own)), 1);
	test_case("signed anew");
	CHECK_EQ(found(0x22, direct(0x22, &own)), 0);
	second = w.server.signer;
	w.server.signer = other;
	anew = direct(0x21, &own);
	w.server.signer = second;
	CHECK_EQ(found(0x21, anew), 0);
	test_case("but not rotated from what was signed anew");
	CHECK_EQ(found(0x22, rotate(anew, 0x22, &own)), 1);
	CHECK_EQ(note(rotate(anew, 0x24, &own)), 1);
	CHECK_EQ(found(0x21, anew), 1);

	test_case("another node names that key as its own");
	CHECK_EQ(note(rotate(direct(0x31, &other), 0x32, &other)), 1);
	CHECK_EQ(note(rotate(direct(0x23, &other), 0x33, &other)), 1);
	CHECK_EQ(found(0x23, last), 0);
	CHECK_EQ(found(0x23, direct(0x23, &own)), 0);
	CHECK_EQ(found(0x23, direct(0x23, &other)), 1);
	test_case("nobody may rotate it");
	CHECK_EQ(found(0x31, direct(0x31, NULL)), 0);

	rotated_done(&memory);
	secret32_free(own.seed);
	secret32_free(other.seed);
	world_end();
}

/* Entry @i of a node with the number @node. */
static struct rotated_entry entry(unsigned int node, unsigned int i)
{
	struct rotated_entry ret = { 0 };

	memcpy(ret.wrapping, &node, sizeof(node));
	memcpy(ret.node.byte, &i, sizeof(i));
	return ret;
}

static void fill(size_t n, size_t each)
{
	size_t i;

	rotated_done(&memory);
	memory.item = calloc(n, sizeof(*memory.item));
	memory.cap = memory.n = n;
	for (i = 0; i < n; i++)
		memory.item[i] = entry(1000 + i / each, i);
}

static void bounds(void)
{
	struct lock_signer own;
	struct bytes sig;
	size_t i;

	CHECK_IN(world_begin());
	own = own_key(31);

	test_case("of one node the oldest goes");
	sig = direct(1, &own);
	for (i = 0; i < ROTATED_NODE_MAX + 1; i++)
		CHECK_EQ(note(rotate(direct(1 + i, &own), 100, &own)), 1);
	CHECK_EQ(memory.n, ROTATED_NODE_MAX);
	CHECK(!memory.full);
	CHECK_EQ(found(1, sig), 0);
	CHECK_EQ(found(2, direct(2, &own)), 1);
	CHECK_EQ(found(1 + ROTATED_NODE_MAX,
		       direct(1 + ROTATED_NODE_MAX, &own)), 1);

	test_case("one less than there may be");
	sig = rotate(direct(1, &own), 2, &own);
	fill(ROTATED_MAX - 1, 7);
	CHECK_EQ(news(sig), 1);
	CHECK_EQ(note(sig), 1);
	CHECK_EQ(memory.n, ROTATED_MAX);
	test_case("full: others are not driven out");
	sig = rotate(direct(3, &own), 4, &own);
	CHECK_EQ(news(sig), 0);
	CHECK_EQ(note(sig), 0);
	CHECK_EQ(memory.n, ROTATED_MAX);
	CHECK(memory.full);
	CHECK_EQ(found(1, direct(1, &own)), 1);

	rotated_done(&memory);
	secret32_free(own.seed);
	world_end();
}

static void stored(void)
{
	static uint8_t data[(ROTATED_MAX + 1) * ROTATED_ENTRY_LEN];
	static const struct {
		const char *name;
		size_t len;
		int want;
	} cases[] = {
		{ "nothing", 0, TNE_LOCK_DAMAGED },
		{ "one byte", 1, TNE_LOCK_DAMAGED },
		{ "one byte less", ROTATED_ENTRY_LEN - 1, TNE_LOCK_DAMAGED },
		{ "one", ROTATED_ENTRY_LEN, 0 },
		{ "one byte more", ROTATED_ENTRY_LEN + 1, TNE_LOCK_DAMAGED },
		{ "most", ROTATED_MAX * ROTATED_ENTRY_LEN, 0 },
		{ "one more", sizeof(data), TNE_LOCK_DAMAGED },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		struct rotated got = { 0 };

		test_case("%s", cases[i].name);
		CHECK_EQ(rotated_parse(data, cases[i].len, &got),
			 cases[i].want);
		CHECK_EQ(got.n * ROTATED_ENTRY_LEN,
			 cases[i].want ? 0 : cases[i].len);
		rotated_done(&got);
	}
}

/* With the lock of a node, and a map */

static struct netmap *map;
static struct lock_signer own;

static void show_peer(uint8_t byte, struct bytes sig, bool peerapi_only)
{
	char hex[2 * KEY_LEN + 1], text[2048];
	struct node_public key = node_key(byte);

	sodium_bin2hex(hex, sizeof(hex), key.byte, KEY_LEN);
	sodium_bin2base64(text, sizeof(text), sig.data, sig.len,
			  sodium_base64_VARIANT_ORIGINAL);
	netmap_put(map);
	map = map_merged(netmap_new(), map_text(
		"{'Node':{'ID':7,'StableID':'n7','Name':'a.t.',"
		"'MachineAuthorized':true,'Addresses':['100.64.0.7/32'],"
		"'Key':'" K1 "'},'Peers':[{'ID':9,'StableID':'n9',"
		"'Name':'b.t.','Key':'nodekey:%s','DiscoKey':'" D4 "',"
		"'UnsignedPeerAPIOnly':%s,"
		"'Addresses':['100.64.0.9/32'],'AllowedIPs':['100.64.0.9/32'],"
		"'KeySignature':'%s'}]}", hex,
		peerapi_only ? "true" : "false", text));
	CHECK(map);
}

static int ask_side(void *ctx, const struct node *peer)
{
	return lock_side_rotated(ctx, peer);
}

/* What the kernel would be told of the peer. */
static bool is_flagged(uint8_t byte)
{
	const struct view_options options = {
		.exit_node = "", .rotated = ask_side, .ctx = &w.side,
	};
	struct wanted view auto_clean(wanted) = { 0 };
	struct node_public key = node_key(byte);
	const struct wanted_peer *peer;

	if (view_build(map, &options, &view) < 0)
		abort();
	peer = wanted_find(&view, &key);
	if (!peer)
		abort();
	return peer->rotated;
}

static void side_end(void)
{
	netmap_put(map);
	map = NULL;
	secret32_free(own.seed);
	own.seed = NULL;
	world_end();
}

static void hidden_by_the_server(void)
{
	struct bytes first, last;
	struct err_detail detail = { "" };

	CHECK_IN(join());
	own = own_key(31);
	first = direct(0x21, &own);
	last = rotate(first, 0x22, &own);

	test_case("the newer key is shown");
	CHECK_IN(show_peer(0x21, first, false));
	CHECK_EQ(lock_side_note(&w.side, map, NULL, 0), 0);
	CHECK(!is_flagged(0x21));
	CHECK_IN(show_peer(0x22, last, false));
	CHECK_EQ(lock_side_note(&w.side, map, NULL, 0), 1);
	CHECK(!is_flagged(0x22));
	CHECK_EQ(lock_side_note(&w.side, map, NULL, 0), 0);

	test_case("hidden, and the old one shown");
	CHECK_IN(show_peer(0x21, first, false));
	CHECK(is_flagged(0x21));
	CHECK_IN(show_peer(0x21, first, true));
	CHECK(is_flagged(0x21));

	test_case("after a restart");
	CHECK_IN(restart());
	CHECK_EQ(MODE(), LOCK_MODE_ON);
	CHECK_IN(show_peer(0x21, first, false));
	CHECK(is_flagged(0x21));


	test_case("until the lock is given up");
	CHECK_EQ(lock_side_give_up(&w.side, &w.denied, &detail), 0);
	CHECK(!is_flagged(0x21));
	CHECK_IN(restart());
	CHECK_EQ(w.side.rotated.n, 0);
	side_end();
}

/* Of the peers that changed only those are looked at. */
static void a_change(void)
{
	const struct node_public keys[] = { node_key(0x22), node_key(0x55) };
	struct bytes last;

	CHECK_IN(join());
	own = own_key(31);
	last = rotate(direct(0x21, &own), 0x22, &own);
	CHECK_IN(show_peer(0x22, last, false));
	CHECK_EQ(lock_side_note(&w.side, map, &keys[1], 1), 0);
	CHECK_EQ(lock_side_note(&w.side, map, keys, 2), 1);
	side_end();
}

/* Only what is valid counts. */
static void not_signed(void)
{
	struct lock_signer stranger, signer;
	struct bytes last, bad;
	uint8_t *copy;

	CHECK_IN(join());
	own = own_key(31);
	stranger = own_key(99);
	test_case("by a key that is not trusted");
	signer = w.server.signer;
	w.server.signer = stranger;
	last = rotate(direct(0x21, &own), 0x22, &own);
	w.server.signer = signer;
	CHECK_IN(show_peer(0x22, last, false));
	CHECK_EQ(lock_side_note(&w.side, map, NULL, 0), 0);
	test_case("by a key that may not rotate");
	last = rotate(direct(0x21, &own), 0x22, &stranger);
	CHECK_IN(show_peer(0x22, last, false));
	CHECK_EQ(lock_side_note(&w.side, map, NULL, 0), 0);
	test_case("of another node key");
	last = rotate(direct(0x21, &own), 0x22, &own);
	CHECK_IN(show_peer(0x23, last, false));
	CHECK_EQ(lock_side_note(&w.side, map, NULL, 0), 0);
	test_case("with a bit flipped");
	copy = arena_alloc(w.server.mem, last.len);
	memcpy(copy, last.data, last.len);
	copy[last.len - 40] ^= 1;
	bad = (struct bytes){ copy, last.len };
	CHECK_IN(show_peer(0x22, bad, false));
	CHECK_EQ(lock_side_note(&w.side, map, NULL, 0), 0);
	test_case("of one who needs none");
	CHECK_IN(show_peer(0x22, last, true));
	CHECK_EQ(lock_side_note(&w.side, map, NULL, 0), 0);
	test_case("while nobody is trusted");
	CHECK_IN(show_peer(0x22, last, false));
	w.side.damaged = true;
	CHECK_EQ(lock_side_note(&w.side, map, NULL, 0), 0);
	w.side.damaged = false;
	CHECK_EQ(lock_side_note(&w.side, map, NULL, 0), 1);
	secret32_free(stranger.seed);
	side_end();
}

static void spoilt(void)
{
	static const struct state_change change = {
		.name = "_tailnetd/lock.rotated-" PROFILE, .data = "odd", .len = 3,
	};
	struct err_detail detail = { "" };

	CHECK_IN(join());
	CHECK_EQ(state_write(w.state, &change, 1, &detail), 0);
	CHECK_IN(restart());
	CHECK_EQ(MODE(), LOCK_MODE_DAMAGED);
	CHECK_IN(check_wanted(true, 0));
	CHECK(strstr(w.side.trouble, "rotated away"));

	test_case("no server can help");
	say(true, false);
	serve();
	CHECK_EQ(MODE(), LOCK_MODE_DAMAGED);
	CHECK_IN(check_wanted(true, 0));

	test_case("given up");
	CHECK_EQ(lock_side_give_up(&w.side, &w.denied, &detail), 0);
	CHECK_EQ(MODE(), LOCK_MODE_OFF);
	CHECK_IN(restart());
	CHECK_EQ(MODE(), LOCK_MODE_OFF);
	side_end();
}

/* Whom the lock asks for nothing has no say about others. */
static void needs_none(void)
{
	struct admit_peer peer[2] = { 0 };

	CHECK_IN(world_begin());
	own = own_key(31);
	peer[0].key = node_key(0x21);
	peer[0].data = direct(0x21, &own);
	peer[1].key = node_key(0x22);
	peer[1].data = rotate(peer[0].data, 0x22, &own);
	CHECK_EQ(admit_peers(authority_state(w.server.authority), peer, 2), 0);
	CHECK_EQ(peer[0].verdict, TNE_LOCK_ROTATED);
	CHECK_EQ(peer[1].verdict, 0);
	peer[1].peerapi_only = true;
	CHECK_EQ(admit_peers(authority_state(w.server.authority), peer, 2), 0);
	CHECK_EQ(peer[0].verdict, 0);
	CHECK_EQ(peer[1].verdict, 0);
	side_end();
}

static int use_memory(void *ctx)
{
	struct node_sig sig = layers(*(struct bytes *)ctx);
	struct node_public key = node_key(0x21);
	int r;

	rotated_done(&memory);
	r = rotated_has_news(&memory, &sig);
	if (r >= 0)
		r = rotated_note(&memory, &sig);
	if (r >= 0)
		r = rotated_find(&memory, &key, &sig);
	return r;
}

static void without_memory(void)
{
	struct bytes last;

	CHECK_IN(world_begin());
	own = own_key(31);
	last = rotate(direct(0x21, &own), 0x22, &own);
	CHECK(fail_alloc_each(use_memory, &last) > 0);
	rotated_done(&memory);
	side_end();
}

static const struct test tests[] = {
	TEST(by_key),
	TEST(bounds),
	TEST(stored),
	TEST(hidden_by_the_server),
	TEST(a_change),
	TEST(not_signed),
	TEST(spoilt),
	TEST(needs_none),
	TEST(without_memory),
};

TEST_MAIN(tests)
