// SPDX-License-Identifier: GPL-2.0-only
/* How nodes are let in: keys, people, approval, new keys, the way out. */
#include <unistd.h>

#include "harness.h"
#include "test.h"

#define KEY	"tskey-auth-test"

static const char *const with_key[] = { "--authkey", KEY, NULL };
static struct rig rig;

static void authkeys(void)
{
	struct peer p[4];
	char key[128];
	json_t *v;
	int i;

	CHECK(rig_start(&rig, NULL));
	for (i = 0; i < 4; i++)
		peer_init(&rig, &p[i], "n");
	v = peer_register(&p[0], auth_text("tskey-auth-none"));
	CHECK(!strcmp(text_at(v, "Error"), "invalid authkey"));
	json_decref(v);
	v = peer_register(&p[0], auth_text(rig_authkey(&rig, "--expires 0")));
	CHECK(!strcmp(text_at(v, "Error"), "authkey expired"));
	json_decref(v);
	snprintf(key, sizeof(key), "%s", rig_authkey(&rig, "--tag tag:x"));
	v = peer_register(&p[0], auth_text(key));
	CHECK(!*text_at(v, "Error"));
	CHECK(!strcmp(text_at(v, "Login.LoginName"), "tagged-devices"));
	json_decref(v);
	/* A restart of the same node is no second use. */
	v = peer_register(&p[0], auth_text(key));
	CHECK(!*text_at(v, "Error"));
	json_decref(v);
	v = peer_register(&p[1], auth_text(key));
	CHECK(!strcmp(text_at(v, "Error"), "authkey already used"));
	json_decref(v);
	snprintf(key, sizeof(key), "%s", rig_authkey(&rig, "--reusable --ephemeral"));
	for (i = 1; i < 3; i++) {
		v = peer_register(&p[i], auth_text(key));
		CHECK(v && !*text_at(v, "Error"));
		json_decref(v);
	}
	CHECK(rig_admin(&rig, NULL, "authkey revoke %s", key));
	v = peer_register(&p[3], auth_text(key));
	CHECK(!strcmp(text_at(v, "Error"), "authkey revoked"));
	json_decref(v);
	/* An ephemeral node goes some time after its poll. */
	CHECK(rig_admin(&rig, NULL, "ephemeral 0.05"));
	peer_poll(&p[0], "");
	v = peer_next(&p[0]);
	CHECK_EQ(json_array_size(at(v, "Peers")), 2);
	CHECK(!strcmp(text_at(v, "Node.Tags.0"), "tag:x"));
	json_decref(v);
	peer_poll(&p[1], "");
	json_decref(peer_next(&p[1]));
	peer_done(&p[1]);
	v = peer_until(&p[0], "PeersRemoved");
	CHECK_EQ(number_at(v, "PeersRemoved.0"), 2);
	json_decref(v);
	for (i = 0; i < 4; i++)
		peer_done(&p[i]);
	CHECK(rig_stop(&rig));
}

static void login(void)
{
	char url[256], more[400], get[300];
	struct peer p;
	struct buf b = {};
	json_t *v;
	int32_t id;

	CHECK(rig_start(&rig, NULL));
	peer_init(&rig, &p, "browser");
	v = peer_register(&p, "");
	snprintf(url, sizeof(url), "%s", text_at(v, "AuthURL"));
	json_decref(v);
	CHECK(text_has(url, "http://127.0.0.1:"));
	CHECK(text_has(url, "/a/"));
	snprintf(more, sizeof(more), ",\"Followup\":\"%s\"", url);
	id = peer_register_begin(&p, more);
	CHECK(!client_finish(p.c, id, 100));
	/* The page alone changes nothing; its link does. */
	snprintf(get, sizeof(get), "GET %s HTTP/1.0\r\n\r\n",
		 strstr(url, "/a/"));
	CHECK(http_ask(rig.port, NULL, get, &b, 5000));
	CHECK(text_has(buf_str(&b), "finish=1"));
	buf_done(&b);
	CHECK(!client_finish(p.c, id, 100));
	CHECK(rig_admin(&rig, NULL, "login-finish %s ana@lab.example", url));
	CHECK(client_finish(p.c, id, 5000));
	v = json_loads(buf_str(&client_reply(p.c, id)->body), 0, NULL);
	CHECK(!strcmp(text_at(v, "Login.LoginName"), "ana@lab.example"));
	CHECK(!*text_at(v, "AuthURL"));
	json_decref(v);
	/* A login that is over gives a new URL. */
	peer_done(&p);
	peer_init(&rig, &p, "late");
	v = peer_register(&p, more);
	CHECK(*text_at(v, "AuthURL") && strcmp(text_at(v, "AuthURL"), url));
	json_decref(v);
	/* A client that goes away while it waits. */
	v = peer_register(&p, "");
	snprintf(more, sizeof(more), ",\"Followup\":\"%s\"",
		 text_at(v, "AuthURL"));
	snprintf(url, sizeof(url), "%s", text_at(v, "AuthURL"));
	json_decref(v);
	id = peer_register_begin(&p, more);
	CHECK(!client_finish(p.c, id, 100));
	peer_done(&p);
	CHECK(rig_admin(&rig, NULL, "login-finish %s", url));
	CHECK(rig_stop(&rig));
}

static void auto_login(void)
{
	static const char *const options[] = { "--auto-login", "--mode",
		"headscale", NULL };
	char more[400], get[300];
	struct buf b = {};
	struct peer p;
	json_t *v;

	CHECK(rig_start(&rig, options));
	peer_init(&rig, &p, "auto");
	v = peer_register(&p, "");
	CHECK(text_has(text_at(v, "AuthURL"), "/register/hskey-authreq-"));
	snprintf(more, sizeof(more), ",\"Followup\":\"%s\"",
		 text_at(v, "AuthURL"));
	snprintf(get, sizeof(get), "GET %s HTTP/1.0\r\n\r\n",
		 strstr(text_at(v, "AuthURL"), "/register/"));
	json_decref(v);
	CHECK(http_ask(rig.port, NULL, get, &b, 5000));
	buf_done(&b);
	v = peer_register(&p, more);
	CHECK(*text_at(v, "Login.LoginName"));
	json_decref(v);
	peer_done(&p);
	CHECK(rig_stop(&rig));
}

static void rotation(void)
{
	char old[KEY_TEXT_MAX], more[256];
	struct peer a, b;
	json_t *v;

	CHECK(rig_start(&rig, with_key));
	peer_init(&rig, &a, "a");
	peer_init(&rig, &b, "b");
	json_decref(peer_join(&a, KEY));
	json_decref(peer_join(&b, KEY));
	public_text("nodekey", b.key, old);
	b.key[0] ^= 0x80;
	b.key[9] ^= 0x80;
	snprintf(more, sizeof(more), "%s,\"OldNodeKey\":\"%s\"", auth_text(KEY), old);
	v = peer_register(&b, more);
	CHECK(v && !*text_at(v, "Error"));
	json_decref(v);
	/* One record, with the new key. */
	do {
		v = peer_until(&a, "PeersChanged");
		CHECK(v);
		CHECK_EQ(number_at(v, "PeersChanged.0.ID"), 2);
		if (strcmp(text_at(v, "PeersChanged.0.Key"), old))
			break;
		json_decref(v);
	} while (true);
	json_decref(v);
	CHECK_EQ(peer_lite(&b, ""), 200);
	/* Both keys poll. */
	b.key[0] ^= 0x80;
	b.key[9] ^= 0x80;
	CHECK_EQ(peer_lite(&b, ""), 200);
	peer_done(&a);
	peer_done(&b);
	CHECK(rig_stop(&rig));
}

static void expiry_and_logout(void)
{
	struct peer a, b;
	json_t *v;

	CHECK(rig_start(&rig, with_key));
	peer_init(&rig, &a, "a");
	peer_init(&rig, &b, "b");
	json_decref(peer_join(&a, KEY));
	json_decref(peer_join(&b, KEY));
	CHECK(rig_admin(&rig, NULL, "set-expiry b 0.2"));
	v = peer_until(&b, "Node");
	CHECK(*text_at(v, "Node.KeyExpiry"));
	CHECK(!at(v, "Node.Expired"));
	json_decref(v);
	v = peer_until(&b, "Node");
	CHECK(json_is_true(at(v, "Node.Expired")));
	json_decref(v);
	v = peer_until(&a, "PeersChangedPatch.0.KeyExpiry");
	CHECK_EQ(number_at(v, "PeersChangedPatch.0.NodeID"), 2);
	json_decref(v);
	v = peer_register(&b, "");
	CHECK(json_is_true(at(v, "NodeKeyExpired")));
	json_decref(v);
	/* With a good auth key the same key may stay. */
	v = peer_register(&b, auth_text(KEY));
	CHECK(json_is_false(at(v, "NodeKeyExpired")));
	json_decref(v);
	v = peer_register(&b, ",\"Expiry\":\"1970-01-01T00:02:03Z\"");
	CHECK(json_is_true(at(v, "NodeKeyExpired")));
	json_decref(v);
	v = peer_register(&a, ",\"Expiry\":\"0001-01-01T00:00:00Z\"");
	CHECK(json_is_false(at(v, "NodeKeyExpired")));
	json_decref(v);
	peer_done(&a);
	peer_done(&b);
	CHECK(rig_stop(&rig));
}

static void approval(void)
{
	struct peer a, b;
	json_t *v;

	CHECK(rig_start(&rig, with_key));
	peer_init(&rig, &a, "a");
	json_decref(peer_join(&a, KEY));
	CHECK(rig_admin(&rig, NULL, "approve-machines on"));
	peer_init(&rig, &b, "b");
	v = peer_register(&b, auth_text(KEY));
	CHECK(json_is_false(at(v, "MachineAuthorized")));
	json_decref(v);
	peer_poll(&b, "");
	v = peer_next(&b);
	CHECK(json_is_false(at(v, "Node.MachineAuthorized")));
	CHECK_EQ(json_array_size(at(v, "Peers")), 0);
	json_decref(v);
	CHECK(rig_admin(&rig, NULL, "approve b"));
	v = peer_until(&b, "Peers");
	CHECK(json_is_true(at(v, "Node.MachineAuthorized")));
	CHECK_EQ(json_array_size(at(v, "Peers")), 1);
	json_decref(v);
	v = peer_until(&a, "PeersChanged");
	CHECK_EQ(number_at(v, "PeersChanged.0.ID"), 2);
	json_decref(v);
	peer_done(&a);
	peer_done(&b);
	CHECK(rig_stop(&rig));
}

static const struct test tests[] = {
	TEST(authkeys),
	TEST(login),
	TEST(auto_login),
	TEST(rotation),
	TEST(expiry_and_logout),
	TEST(approval),
};
TEST_MAIN(tests)
