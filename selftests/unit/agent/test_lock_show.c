// SPDX-License-Identifier: GPL-2.0-only
/* What people are shown of the tailnet lock. */
#include "fail_alloc.h"
#include "lock_rig.h"
#include "map_fixture.h"

#include "base/array.h"
#include "node/lock_show.h"
#include "wire/nks.h"

#include <sodium.h>

#define KEY_OF(c) "nodekey:" H(c)

static struct server server;
static struct lock_side side;
static struct persist persist;
static struct netmap *map;
static struct wg_device dev;

/* The signature of the node whose key has that byte only. */
static const char *sig_of(uint8_t byte)
{
	static char text[2][1024];
	static int at;
	struct node_public key;
	struct bytes sig;

	at = !at;
	memset(key.byte, byte, KEY_LEN);
	if (sign_node(&server.signer, &key, NULL, server.mem, &sig) < 0)
		abort();
	sodium_bin2base64(text[at], sizeof(text[at]), sig.data, sig.len,
			  sodium_base64_VARIANT_ORIGINAL);
	return text[at];
}

static void add_peer(int64_t id, const char *key, const char *sig)
{
	map = map_merged(map, map_text("{'PeersChanged':[{'ID':%lld,"
		"'StableID':'n%lld','Name':'p%lld.t.','Key':'%s',"
		"'DiscoKey':'" D4 "','Addresses':['100.64.0.%lld/32'],"
		"'AllowedIPs':['100.64.0.%lld/32'],'KeySignature':%s%s%s}]}",
		(long long)id, (long long)id, (long long)id, key,
		(long long)id, (long long)id, sig ? "'" : "",
		sig ? sig : "null", sig ? "'" : ""));
}

static void verdict(uint8_t byte, enum lock_verdict value)
{
	struct wg_peer *peer = wg_device_add_peer(&dev);

	memset(peer->key.byte, byte, KEY_LEN);
	peer->verdict = value;
}

static void begin(void)
{
	memset(&side, 0, sizeof(side));
	CHECK_IN(server_init(&server));
	side.sync.authority = server.authority;
	map = map_merged(netmap_new(), map_text("%s",
		"{'Node':{'ID':7,'StableID':'n7','Name':'a.t.',"
		"'MachineAuthorized':true,'Addresses':['100.64.0.7/32'],"
		"'Key':'" KEY_OF("11") "'}}"));
	CHECK(map);
	persist.node = secret32_new();
	key_make_private(persist.node);
	persist.lock.byte[0] = 5;
}

static void end(void)
{
	netmap_put(map);
	map = NULL;
	wg_device_done(&dev);
	secret32_free(persist.node);
	memset(&persist, 0, sizeof(persist));
	server_done(&server);
}

static int show(struct arena *mem, struct lock_status *ret)
{
	const struct lock_show_input in = {
		.lock = &side, .netmap = map, .persist = &persist,
		.device = &dev,
	};

	return lock_show_status(&in, mem, ret);
}

static const struct lock_peer *find(const struct lock_peer *peer, size_t n,
				    int64_t id)
{
	size_t i;

	for (i = 0; i < n; i++) {
		if (peer[i].id == id)
			return &peer[i];
	}
	return NULL;
}

static void who_is_let_in(void)
{
	struct arena *mem auto_clean(arena) = arena_new();
	const struct lock_peer *peer;
	struct lock_status status;

	CHECK_IN(begin());
	add_peer(20, KEY_OF("22"), sig_of(0x22));	/* the kernel agrees */
	add_peer(21, KEY_OF("33"), NULL);		/* so here */
	add_peer(22, KEY_OF("44"), "AAAA");		/* not to be read */
	add_peer(23, KEY_OF("55"), sig_of(0x22));	/* another's; not there */
	add_peer(24, KEY_OF("66"), sig_of(0x66));	/* not there */
	add_peer(25, KEY_OF("77"), NULL);		/* not there */
	add_peer(26, KEY_OF("88"), sig_of(0x88));	/* the kernel does not */
	CHECK(map);
	verdict(0x22, LOCK_VERDICT_ADMITTED);
	verdict(0x33, LOCK_VERDICT_UNSIGNED);
	verdict(0x44, LOCK_VERDICT_UNSIGNED);
	verdict(0x88, LOCK_VERDICT_OBSOLETE);
	CHECK_EQ(show(mem, &status), 0);
	CHECK(status.enabled && status.has_head && status.n_keys == 1);
	CHECK_EQ(status.state_id, 1);
	CHECK(status.has_node_key && !status.signed_ && !status.has_sig);
	CHECK_EQ(status.n_visible, 2);
	CHECK_EQ(status.n_filtered, 5);
	peer = find(status.visible, 2, 20);
	CHECK(peer && peer->sig.n == 1 && !peer->reason && peer->n_ip == 1);
	CHECK(find(status.visible, 2, 24));
	peer = find(status.filtered, 5, 21);
	CHECK(peer && !strcmp(peer->reason, "it has no signature"));
	peer = find(status.filtered, 5, 22);
	CHECK(peer && !strcmp(peer->reason, "its signature cannot be read"));
	peer = find(status.filtered, 5, 23);
	CHECK(peer && strstr(peer->reason, "not valid"));
	peer = find(status.filtered, 5, 25);
	CHECK(peer && !strcmp(peer->reason, "it has no signature"));
	peer = find(status.filtered, 5, 26);
	CHECK(peer && strstr(peer->reason, "another key"));
	end();
}

static void rotated_away(void)
{
	struct arena *mem auto_clean(arena) = arena_new();
	const struct lock_signer *own = &server.signer;
	const struct lock_peer *peer;
	struct node_public key, newer;
	struct lock_status status;
	struct node_sig sig;
	struct bytes data;
	char text[1024];

	CHECK_IN(begin());
	memset(key.byte, 0x22, KEY_LEN);
	memset(newer.byte, 0x23, KEY_LEN);
	CHECK_EQ(sign_node(own, &key, &own->public, server.mem, &data), 0);
	sodium_bin2base64(text, sizeof(text), data.data, data.len,
			  sodium_base64_VARIANT_ORIGINAL);
	add_peer(20, KEY_OF("22"), text);
	CHECK_EQ(sign_rotation(own, data, &newer, server.mem, &data), 0);
	CHECK_EQ(nks_parse(data, &sig), 0);
	CHECK_EQ(show(mem, &status), 0);
	CHECK_EQ(status.n_visible, 1);
	CHECK_EQ(rotated_note(&side.rotated, &sig), 1);
	CHECK_EQ(show(mem, &status), 0);
	CHECK_EQ(status.n_visible, 0);
	peer = find(status.filtered, 1, 20);
	CHECK(peer && strstr(peer->reason, "another key"));
	rotated_done(&side.rotated);
	end();
}

static void closed(void)
{
	struct arena *mem auto_clean(arena) = arena_new();
	struct lock_status status;

	CHECK_IN(begin());
	add_peer(20, KEY_OF("22"), sig_of(0x22));
	test_case("damaged: nobody, whoever has signed");
	side.damaged = true;
	CHECK_EQ(show(mem, &status), 0);
	CHECK(status.enabled && !status.has_head && !status.n_keys);
	CHECK(status.n_visible == 0 && status.n_filtered == 1);
	CHECK(strstr(status.filtered->reason, "not known"));
	CHECK(*status.trouble);

	test_case("off: nobody is asked");
	side.damaged = false;
	side.sync.authority = NULL;
	CHECK_EQ(show(mem, &status), 0);
	CHECK(!status.enabled && !status.n_filtered && !status.n_visible);

	test_case("no map");
	netmap_put(map);
	map = NULL;
	side.sync.authority = server.authority;
	CHECK_EQ(show(mem, &status), 0);
	CHECK(status.enabled && !status.n_filtered && !status.n_visible);
	end();
}

static void logs(void)
{
	struct arena *mem auto_clean(arena) = arena_new();
	struct lock_update *list;
	size_t n;

	CHECK_IN(begin());
	CHECK_IN(advance(server.authority, &server, 2));
	CHECK_IN(advance(server.authority, &server, 3));
	CHECK_EQ(lock_show_log(server.authority, 50, mem, &list, &n), 0);
	CHECK_EQ(n, 3);
	CHECK(aum_hash_eq(&list[0].hash,
			  &authority_head(server.authority)->hash));
	CHECK_EQ(list[2].aum.kind, AUM_CHECKPOINT);
	CHECK_EQ(lock_show_log(server.authority, 2, mem, &list, &n), 0);
	CHECK_EQ(n, 2);
	CHECK_EQ(lock_show_log(server.authority, 0, mem, &list, &n), 0);
	CHECK_EQ(n, 0);
	end();
}

static int show_once(void *ctx)
{
	struct arena *mem auto_clean(arena) = arena_new();
	struct lock_status status;

	(void)ctx;
	return mem ? show(mem, &status) : -ENOMEM;
}

static void without_memory(void)
{
	CHECK_IN(begin());
	add_peer(20, KEY_OF("22"), sig_of(0x22));
	add_peer(21, KEY_OF("33"), NULL);
	CHECK(fail_alloc_each(show_once, NULL) > 1);
	end();
}

static const struct test tests[] = {
	TEST(who_is_let_in),
	TEST(rotated_away),
	TEST(closed),
	TEST(logs),
	TEST(without_memory),
};

TEST_MAIN(tests)
