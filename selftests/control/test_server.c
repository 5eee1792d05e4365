// SPDX-License-Identifier: GPL-2.0-only
/* The server does what an honest one does: a small client joins and listens. */
#include <unistd.h>

#include "harness.h"
#include "test.h"

#define KEY	"tskey-auth-test"

static const char *const with_key[] = { "--authkey", KEY, NULL };
static struct rig rig;

/* --- HTTP/1.1 ---------------------------------------------------------------- */

static const struct {
	const char *name;
	const char *request;
	const char *answer;
} outer_cases[] = {
	{ "key", "GET /key?v=113 HTTP/1.1\r\nConnection: close\r\n\r\n",
	  "\"publicKey\":\"mkey:" },
	{ "key without v", "GET /key HTTP/1.0\r\n\r\n", " 400 " },
	{ "key of old", "GET /key?v=38 HTTP/1.0\r\n\r\n", "Content-Length: 0" },
	{ "key not a number", "GET /key?v=x HTTP/1.0\r\n\r\n", " 400 " },
	{ "204", "GET /generate_204 HTTP/1.0\r\n\r\n", " 204 " },
	{ "nothing there", "GET /nowhere HTTP/1.0\r\n\r\n", " 404 " },
	{ "no upgrade", "POST /ts2021 HTTP/1.0\r\n\r\n", " 400 " },
	{ "other upgrade", "POST /ts2021 HTTP/1.0\r\nUpgrade: websocket\r\n\r\n",
	  " 400 " },
	{ "no handshake", "POST /ts2021 HTTP/1.0\r\n"
	  "Upgrade: tailscale-control-protocol\r\n\r\n", " 400 " },
	{ "handshake not base64", "POST /ts2021 HTTP/1.0\r\n"
	  "Upgrade: tailscale-control-protocol\r\n"
	  "X-Tailscale-Handshake: !!\r\n\r\n", " 400 " },
	{ "ping unknown",
	  "HEAD /machine/ping-response?id=x HTTP/1.0\r\n\r\n", " 404 " },
	{ "ping by GET",
	  "GET /machine/ping-response?id=x HTTP/1.0\r\n\r\n", " 405 " },
	{ "no HTTP", "hello\r\n\r\n", " 400 " },
	{ "login unknown", "GET /a/1 HTTP/1.0\r\n\r\n", " 404 " },
};

static void outer(void)
{
	struct buf b = {};
	size_t i;

	CHECK(rig_start(&rig, NULL));
	for (i = 0; i < sizeof(outer_cases) / sizeof(outer_cases[0]); i++) {
		test_case("%s", outer_cases[i].name);
		CHECK(http_ask(rig.port, NULL, outer_cases[i].request, &b,
			       5000));
		CHECK(text_has(buf_str(&b), outer_cases[i].answer));
		buf_done(&b);
	}
	CHECK(rig_stop(&rig));
}

/* --- joining ----------------------------------------------------------------- */

static void join(void)
{
	char key[KEY_TEXT_MAX];
	struct peer p;
	json_t *v;

	CHECK(rig_start(&rig, with_key));
	peer_init(&rig, &p, "Lab 7!");
	CHECK(!p.c->why);
	v = peer_join(&p, KEY);
	CHECK(v);
	CHECK(text_has(buf_str(&p.c->early), "chalpub:"));
	CHECK_EQ(number_at(v, "Node.ID"), 1);
	CHECK(!strcmp(text_at(v, "Node.Name"), "lab-7.tail.test."));
	CHECK(!strcmp(text_at(v, "Node.Key"),
		      public_text("nodekey", p.key, key)));
	CHECK(!strcmp(text_at(v, "Node.Addresses.0"), "100.64.0.1/32"));
	CHECK(!strcmp(text_at(v, "Node.Addresses.1"),
		      "fd7a:115c:a1e0:ab12:4843:cd96:6240:1/128"));
	CHECK(json_is_true(at(v, "Node.MachineAuthorized")));
	CHECK_EQ(number_at(v, "Node.User"), number_at(v, "UserProfiles.0.ID"));
	CHECK(*text_at(v, "UserProfiles.0.LoginName"));
	CHECK(*text_at(v, "Node.StableID"));
	CHECK(json_is_array(at(v, "PacketFilters.base")));
	CHECK(json_is_array(at(v, "Peers")));
	CHECK(at(v, "DNSConfig.Proxied"));
	json_decref(v);
	peer_done(&p);
	CHECK(rig_stop(&rig));
}

/* Without Compress the frames are plain. */
static void plain_frames(void)
{
	char key[KEY_TEXT_MAX];
	struct buf b = {};
	struct peer p;
	int32_t id;
	json_t *v;

	CHECK(rig_start(&rig, with_key));
	peer_init(&rig, &p, "plain");
	v = peer_register(&p, ",\"Auth\":{\"AuthKey\":\"" KEY "\"}");
	CHECK(v && !*text_at(v, "Error"));
	json_decref(v);
	buf_printf(&b, "{\"Version\":113,\"Stream\":true,\"NodeKey\":\"%s\"}",
		   public_text("nodekey", p.key, key));
	id = client_send(p.c, "POST", "/machine/map", buf_str(&b));
	buf_done(&b);
	v = client_map(p.c, id, false, CLIENT_WAIT_MS);
	CHECK_EQ(number_at(v, "Node.ID"), 1);
	json_decref(v);
	peer_done(&p);
	CHECK(rig_stop(&rig));
}

static void refusals(void)
{
	struct peer p, other;
	json_t *v;

	CHECK(rig_start(&rig, with_key));
	peer_init(&rig, &p, "a");
	peer_init(&rig, &other, "b");
	CHECK_EQ(client_ask(p.c, "POST", "/machine/register", "{")->status,
		 400);
	CHECK_EQ(client_ask(p.c, "GET", "/machine/register", "")->status, 405);
	CHECK_EQ(client_ask(p.c, "GET", "/nowhere", "")->status, 404);
	CHECK_EQ(client_ask(p.c, "GET", "/machine/tka/sync/offer",
			    "{}")->status, 404);
	CHECK_EQ(client_ask(p.c, "POST", "/c2n/none", "x")->status, 500);
	CHECK_EQ(peer_lite(&p, ""), 400);
	json_decref(peer_join(&p, KEY));
	CHECK_EQ(peer_lite(&p, ""), 200);
	/* Another machine may not use its node key. */
	memcpy(other.key, p.key, 32);
	CHECK_EQ(peer_lite(&other, ""), 400);
	v = peer_register(&other, "");
	CHECK(text_has(text_at(v, "Error"), "different machine key"));
	json_decref(v);
	peer_done(&p);
	peer_done(&other);
	CHECK(rig_stop(&rig));
}

/* --- two nodes --------------------------------------------------------------- */

static void deltas(void)
{
	struct peer a, b;
	json_t *v;

	CHECK(rig_start(&rig, with_key));
	peer_init(&rig, &a, "a");
	peer_init(&rig, &b, "b");
	json_decref(peer_join(&a, KEY));
	v = peer_join(&b, KEY);
	CHECK(!strcmp(text_at(v, "Peers.0.Name"), "a.tail.test."));
	CHECK(json_is_true(at(v, "Peers.0.Online")));
	json_decref(v);
	v = peer_until(&a, "PeersChanged");
	CHECK_EQ(number_at(v, "PeersChanged.0.ID"), 2);
	json_decref(v);
	v = peer_until(&a, "OnlineChange.2");
	CHECK(json_is_true(at(v, "OnlineChange.2")));
	CHECK(json_is_true(at(v, "PeerSeenChange.2")));
	json_decref(v);
	CHECK_EQ(peer_lite(&b, ",\"Endpoints\":[\"192.0.2.1:5\",\"[fe80::1%x]:5\",\"junk\"]"), 200);
	v = peer_until(&a, "PeersChangedPatch");
	CHECK_EQ(number_at(v, "PeersChangedPatch.0.NodeID"), 2);
	CHECK_EQ(json_array_size(at(v, "PeersChangedPatch.0.Endpoints")), 1);
	CHECK(text_has(text_at(v, "PeersChangedPatch.0.DiscoKey"), "discokey:"));
	json_decref(v);
	/* Nothing new, nothing told: the next patch is that of the home. */
	CHECK_EQ(peer_lite(&b, ",\"Endpoints\":[\"192.0.2.1:5\"]"), 200);
	CHECK_EQ(peer_lite(&b, ",\"Endpoints\":[\"192.0.2.1:5\"],\"Hostinfo\":"
			   "{\"OS\":\"linux\",\"Hostname\":\"b\",\"NetInfo\":"
			   "{\"PreferredDERP\":9}}"), 200);
	v = peer_until(&a, "PeersChangedPatch");
	CHECK_EQ(number_at(v, "PeersChangedPatch.0.DERPRegion"), 9);
	json_decref(v);
	CHECK(rig_admin(&rig, NULL, "patch b {\"Cap\":7}"));
	v = peer_until(&a, "PeersChangedPatch");
	CHECK_EQ(number_at(v, "PeersChangedPatch.0.Cap"), 7);
	json_decref(v);
	peer_done(&b);
	v = peer_until(&a, "OnlineChange");
	CHECK(json_is_false(at(v, "OnlineChange.2")));
	json_decref(v);
	CHECK(rig_admin(&rig, NULL, "delete b"));
	v = peer_until(&a, "PeersRemoved");
	CHECK_EQ(number_at(v, "PeersRemoved.0"), 2);
	json_decref(v);
	CHECK_EQ(rig_stat(&rig, "lite_updates"), 3);
	peer_done(&a);
	CHECK(rig_stop(&rig));
}

static void headscale(void)
{
	static const char *const options[] = { "--authkey", KEY, "--mode",
		"headscale", NULL };
	struct client *old;
	struct peer a, b;
	json_t *v;

	CHECK(rig_start(&rig, options));
	peer_init(&rig, &a, "a");
	CHECK_EQ(peer_lite(&a, ""), 404);
	v = peer_join(&a, KEY);
	/* An encoder that drops empty arrays. */
	CHECK(v && !at(v, "Peers"));
	json_decref(v);
	peer_init(&rig, &b, "b");
	json_decref(peer_join(&b, KEY));
	v = peer_until(&a, "PeersChangedPatch");
	CHECK(json_is_true(at(v, "PeersChangedPatch.0.Online")));
	json_decref(v);
	CHECK(rig_admin(&rig, NULL, "expire a"));
	v = peer_until(&a, "Node");
	CHECK(json_is_false(at(v, "Node.MachineAuthorized")));
	CHECK(json_is_true(at(v, "Node.Expired")));
	json_decref(v);
	CHECK_EQ(client_ask(a.c, "POST", "/machine/set-dns", "{}")->status, 501);
	/* Too old: 101, then nothing but the end. */
	old = client_dial(rig.port, NULL, rig.pub, a.machine, 112);
	CHECK(text_has(old->why, "closed"));
	client_free(old);
	peer_done(&a);
	peer_done(&b);
	CHECK(rig_stop(&rig));
}

/* --- the admin's side -------------------------------------------------------- */

/* The answers to pings need the poll to go on, so they run in a child. */
static int answer_ping(struct peer *p)
{
	json_t *v = peer_until(p, "PingRequest");
	const char *url = text_at(v, "PingRequest.URL"), *path;
	uint8_t payload[4096];
	struct reply *r;
	long n;

	path = strchr(url + 8, '/');
	if (strcmp(text_at(v, "PingRequest.Types"), "c2n")) {
		r = client_ask(p->c, "HEAD", path, NULL);
		return r && r->status == 200 ? 0 : 1;
	}
	n = base64_parse(text_at(v, "PingRequest.Payload"),
			 strlen(text_at(v, "PingRequest.Payload")), payload,
			 sizeof(payload) - 1);
	payload[n > 0 ? n : 0] = '\0';
	if (!text_has((char *)payload, "GET /echo HTTP/1.1\r\n"))
		return 2;
	r = client_ask(p->c, "POST", path,
		       "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nhello node");
	json_decref(v);
	return r && r->status == 204 ? 0 : 3;
}

static void pings(void)
{
	struct buf b = {};
	struct peer p;
	int pid;

	CHECK(rig_start(&rig, with_key));
	peer_init(&rig, &p, "n");
	json_decref(peer_join(&p, KEY));
	pid = fork();
	if (!pid)
		_exit(answer_ping(&p) || answer_ping(&p));
	CHECK(rig_admin(&rig, &b, "ping n auto --noise"));
	CHECK(text_has(buf_str(&b), "true"));
	buf_done(&b);
	CHECK(rig_admin(&rig, &b, "c2n n GET /echo"));
	CHECK(text_has(buf_str(&b), "HTTP/1.1 200 OK\nConnection: close\n\n"
		  "hello node\n"));
	buf_done(&b);
	CHECK(!rig_admin(&rig, NULL, "ping n auto --wait 0.05"));
	CHECK(!rig_admin(&rig, NULL, "c2n nobody GET /echo"));
	CHECK_EQ(rig_stat(&rig, "c2n_replies"), 1);
	peer_done(&p);
	CHECK(rig_stop(&rig));
}

static void broadcasts(void)
{
	struct peer p;
	json_t *v;

	CHECK(rig_start(&rig, with_key));
	peer_init(&rig, &p, "n");
	json_decref(peer_join(&p, KEY));
	CHECK(rig_admin(&rig, NULL, "filter []"));
	v = peer_until(&p, "PacketFilter");
	CHECK_EQ(json_array_size(at(v, "PacketFilter")), 0);
	json_decref(v);
	CHECK(rig_admin(&rig, NULL, "filter {\"a\":[],\"old\":null}"));
	v = peer_until(&p, "PacketFilters.a");
	CHECK(json_is_null(at(v, "PacketFilters.old")));
	json_decref(v);
	CHECK(rig_admin(&rig, NULL, "dns {\"Domains\":[\"x.test\"]}"));
	json_decref(peer_until(&p, "DNSConfig.Domains"));
	CHECK(rig_admin(&rig, NULL, "derpmap {\"Regions\":{}}"));
	json_decref(peer_until(&p, "DERPMap.Regions"));
	CHECK(rig_admin(&rig, NULL, "health low disk"));
	v = peer_until(&p, "Health");
	CHECK(!strcmp(text_at(v, "Health.0"), "low disk"));
	json_decref(v);
	CHECK(rig_admin(&rig, NULL, "inject-node {\"Name\":\"ghost.\"}"));
	v = peer_until(&p, "PeersChanged");
	CHECK_EQ(number_at(v, "PeersChanged.0.ID"), 2);
	json_decref(v);
	CHECK(rig_admin(&rig, NULL, "delete 2"));
	json_decref(peer_until(&p, "PeersRemoved"));
	CHECK(rig_admin(&rig, NULL, "override self n {\"X\":5}"));
	v = peer_until(&p, "Node.X");
	CHECK_EQ(number_at(v, "Node.X"), 5);
	json_decref(v);
	CHECK(rig_admin(&rig, NULL, "capmap n {\"https\":null}"));
	json_decref(peer_until(&p, "Node.CapMap.https"));
	CHECK(rig_admin(&rig, NULL, "send n {\"Domain\":\"other\"}"));
	json_decref(peer_until(&p, "Domain"));
	CHECK(!rig_admin(&rig, NULL, "dns {"));
	CHECK(!rig_admin(&rig, NULL, "no-such-command"));
	CHECK(!rig_admin(&rig, NULL, "fault no-such-fault"));
	CHECK(rig_admin(&rig, NULL, "help"));
	peer_done(&p);
	CHECK(rig_stop(&rig));
}

static void keepalives(void)
{
	struct peer p;
	json_t *v;
	int i;

	CHECK(rig_start(&rig, with_key));
	CHECK(rig_admin(&rig, NULL, "keepalive 0.02"));
	peer_init(&rig, &p, "n");
	json_decref(peer_join(&p, KEY));
	for (i = 0; i < 5; i++) {
		v = client_map(p.c, p.map, true, 5000);
		CHECK(json_is_true(at(v, "KeepAlive")));
		json_decref(v);
	}
	CHECK(rig_admin(&rig, NULL, "keepalive 0"));
	while ((v = client_map(p.c, p.map, true, 200)))
		json_decref(v);
	CHECK(!p.c->why);
	peer_done(&p);
	CHECK(rig_stop(&rig));
}

static void newest_poll(void)
{
	struct peer p;
	int32_t first;

	CHECK(rig_start(&rig, with_key));
	peer_init(&rig, &p, "n");
	json_decref(peer_join(&p, KEY));
	first = p.map;
	peer_poll(&p, "");
	json_decref(peer_next(&p));
	CHECK(client_finish(p.c, first, 5000));
	CHECK(rig_admin(&rig, NULL, "end n"));
	CHECK(client_finish(p.c, p.map, 5000));
	CHECK_EQ(client_reply(p.c, p.map)->error, 0);
	peer_poll(&p, "");
	json_decref(peer_next(&p));
	CHECK(rig_admin(&rig, NULL, "reset n"));
	CHECK(client_finish(p.c, p.map, 5000));
	CHECK(client_reply(p.c, p.map)->error != 0);
	peer_done(&p);
	CHECK(rig_stop(&rig));
}

static void resume(void)
{
	char more[200], handle[64];
	struct peer p;
	json_t *v;

	CHECK(rig_start(&rig, with_key));
	CHECK(rig_admin(&rig, NULL, "resume on"));
	peer_init(&rig, &p, "n");
	v = peer_join(&p, KEY);
	snprintf(handle, sizeof(handle), "%s", text_at(v, "MapSessionHandle"));
	CHECK_EQ(strlen(handle), 32);
	CHECK_EQ(number_at(v, "Seq"), 1);
	json_decref(v);
	CHECK(rig_admin(&rig, NULL, "health one"));
	v = peer_next(&p);
	CHECK_EQ(number_at(v, "Seq"), 2);
	json_decref(v);
	CHECK(rig_admin(&rig, NULL, "end n"));
	CHECK(client_finish(p.c, p.map, 5000));
	CHECK(rig_admin(&rig, NULL, "health two"));
	snprintf(more, sizeof(more), ",\"MapSessionHandle\":\"%s\",\"MapSessionSeq\":2", handle);
	peer_poll(&p, more);
	v = peer_next(&p);
	CHECK(!strcmp(text_at(v, "MapSessionHandle"), handle));
	CHECK(!at(v, "Peers"));
	json_decref(v);
	v = peer_next(&p);
	CHECK_EQ(number_at(v, "Seq"), 3);
	CHECK(!strcmp(text_at(v, "Health.0"), "two"));
	json_decref(v);
	/* What is not known any more begins anew. */
	snprintf(more, sizeof(more), ",\"MapSessionHandle\":\"%s\",\"MapSessionSeq\":99", handle);
	peer_poll(&p, more);
	v = peer_next(&p);
	CHECK(strcmp(text_at(v, "MapSessionHandle"), handle));
	CHECK(at(v, "Peers"));
	json_decref(v);
	peer_done(&p);
	CHECK(rig_stop(&rig));
}

static void many_peers(void)
{
	struct peer p;
	json_t *v;

	CHECK(rig_start(&rig, with_key));
	CHECK(rig_admin(&rig, NULL, "synth 10000"));
	peer_init(&rig, &p, "n");
	v = peer_join(&p, KEY);
	CHECK_EQ(json_array_size(at(v, "Peers")), 10000);
	CHECK(!strcmp(text_at(v, "Peers.9999.Name"), "synth-9999.tail.test."));
	json_decref(v);
	CHECK(rig_admin(&rig, NULL, "touch synth-77"));
	v = peer_until(&p, "PeersChanged");
	CHECK_EQ(json_array_size(at(v, "PeersChanged")), 1);
	CHECK_EQ(number_at(v, "PeersChanged.0.ID"), 1000077);
	json_decref(v);
	CHECK(rig_admin(&rig, NULL, "synth 9990"));
	v = peer_until(&p, "PeersRemoved");
	CHECK_EQ(json_array_size(at(v, "PeersRemoved")), 10);
	json_decref(v);
	CHECK(rig_admin(&rig, NULL, "synth 9995"));
	v = peer_until(&p, "PeersChanged");
	CHECK_EQ(json_array_size(at(v, "PeersChanged")), 5);
	json_decref(v);
	peer_done(&p);
	CHECK(rig_stop(&rig));
}

static void many_nodes(void)
{
	struct peer p[40];
	char name[16];
	json_t *v;
	int i;

	CHECK(rig_start(&rig, with_key));
	for (i = 0; i < 40; i++) {
		snprintf(name, sizeof(name), "n%d", i);
		peer_init(&rig, &p[i], name);
		v = peer_join(&p[i], KEY);
		CHECK_EQ(json_array_size(at(v, "Peers")), i);
		json_decref(v);
	}
	/* The first one has heard of each of the others. */
	for (i = 1; i < 40; i++) {
		do {
			v = peer_until(&p[0], "PeersChanged");
			CHECK(v);
			if (number_at(v, "PeersChanged.0.ID") == i + 1)
				break;
			json_decref(v);
		} while (true);
		json_decref(v);
	}
	for (i = 0; i < 40; i++)
		peer_done(&p[i]);
	CHECK(rig_stop(&rig));
}

static void routes(void)
{
	struct peer a, b;
	json_t *v;

	CHECK(rig_start(&rig, with_key));
	peer_init(&rig, &a, "a");
	peer_init(&rig, &b, "b");
	json_decref(peer_join(&a, KEY));
	json_decref(peer_join(&b, KEY));
	CHECK_EQ(peer_lite(&b, ",\"Hostinfo\":{\"OS\":\"linux\",\"Hostname\":\"b\","
			   "\"RoutableIPs\":[\"10.9.0.0/24\",\"0.0.0.0/0\"]}"),
		 200);
	CHECK(rig_admin(&rig, NULL, "routes b all"));
	do {
		v = peer_until(&a, "PeersChanged");
		CHECK(v);
		if (json_array_size(at(v, "PeersChanged.0.AllowedIPs")) == 4)
			break;
		json_decref(v);
	} while (true);
	CHECK_EQ(json_array_size(at(v, "PeersChanged.0.PrimaryRoutes")), 1);
	json_decref(v);
	peer_done(&a);
	peer_done(&b);
	CHECK(rig_stop(&rig));
}

static void rpcs(void)
{
	char key[KEY_TEXT_MAX];
	struct buf b = {};
	struct reply *r;
	struct peer p;

	CHECK(rig_start(&rig, with_key));
	peer_init(&rig, &p, "n");
	json_decref(peer_join(&p, KEY));
	public_text("nodekey", p.key, key);
	buf_printf(&b, "{\"NodeKey\":\"%s\",\"Type\":\"TXT\",\"Name\":"
		   "\"_acme-challenge.n.tail.test\",\"Value\":\"v\"}", key);
	r = client_ask(p.c, "POST", "/machine/set-dns", buf_str(&b));
	CHECK_EQ(r->status, 200);
	buf_done(&b);
	buf_printf(&b, "{\"NodeKey\":\"%s\",\"Type\":\"TXT\",\"Name\":"
		   "\"_acme-challenge.m.tail.test\"}", key);
	r = client_ask(p.c, "POST", "/machine/set-dns", buf_str(&b));
	CHECK_EQ(r->status, 403);
	r = client_ask(p.c, "PATCH", "/machine/set-device-attr", buf_str(&b));
	CHECK_EQ(r->status, 200);
	r = client_ask(p.c, "POST", "/machine/id-token", buf_str(&b));
	CHECK(text_has(buf_str(&r->body), "id_token"));
	r = client_ask(p.c, "POST", "/machine/update-health", buf_str(&b));
	CHECK_EQ(r->status, 204);
	r = client_ask(p.c, "GET", "/machine/whoami", NULL);
	CHECK_EQ(r->status, 501);
	buf_done(&b);
	CHECK(rig_admin(&rig, &b, "rpcs"));
	CHECK(text_has(buf_str(&b), "POST /machine/id-token"));
	buf_done(&b);
	peer_done(&p);
	CHECK(rig_stop(&rig));
}

/* --- TLS, state -------------------------------------------------------------- */

static void tls(void)
{
	char dir[] = "/tmp/tn-control-ca.XXXXXX", cmd[256], ca[64], crt[64],
	     key[64];
	const char *options[] = { "--listen-tls", "127.0.0.1:0", "--cert", crt,
		"--key", key, NULL };
	uint8_t machine[32] = { 7 };
	struct buf b = {};
	struct client *c;

	CHECK(mkdtemp(dir));
	snprintf(cmd, sizeof(cmd), SERVER " --make-ca %s localhost 127.0.0.1",
		 dir);
	CHECK_EQ(system(cmd), 0);
	snprintf(ca, sizeof(ca), "%s/ca.pem", dir);
	snprintf(crt, sizeof(crt), "%s/server.pem", dir);
	snprintf(key, sizeof(key), "%s/server.key", dir);
	CHECK(rig_start(&rig, options));
	CHECK(http_ask(rig.tls_port, ca,
		       "GET /key?v=113 HTTP/1.0\r\n\r\n", &b, 5000));
	CHECK(text_has(buf_str(&b), "publicKey"));
	buf_done(&b);
	c = client_dial(rig.tls_port, ca, rig.pub, machine, 113);
	CHECK(!c->why);
	CHECK_EQ(client_ask(c, "GET", "/machine/whoami", NULL)->status, 501);
	client_free(c);
	/* No TLS at all. */
	CHECK(http_ask(rig.tls_port, NULL, "GET / HTTP/1.0\r\n\r\n", &b, 2000));
	buf_done(&b);
	CHECK(rig_stop(&rig));
	unlink(ca);
	unlink(crt);
	unlink(key);
	rmdir(dir);
}

static void state(void)
{
	char file[] = "/tmp/tn-control-state.XXXXXX";
	const char *options[] = { "--state", file, NULL };
	uint8_t pub[32];
	char key[128];
	struct peer p;
	json_t *v;

	close(mkstemp(file));
	unlink(file);
	CHECK(rig_start(&rig, options));
	memcpy(pub, rig.pub, 32);
	snprintf(key, sizeof(key), "%s", rig_authkey(&rig, "--reusable"));
	peer_init(&rig, &p, "n");
	json_decref(peer_join(&p, key));
	CHECK(rig_stop(&rig));
	CHECK(rig_start(&rig, options));
	CHECK_MEM(pub, rig.pub, 32);
	peer_redial(&rig, &p);
	v = peer_register(&p, auth_text(key));
	CHECK(v && !*text_at(v, "Error"));
	json_decref(v);
	peer_poll(&p, "");
	v = peer_next(&p);
	CHECK_EQ(number_at(v, "Node.ID"), 1);
	json_decref(v);
	peer_done(&p);
	CHECK(rig_stop(&rig));
	unlink(file);
}

static const struct test tests[] = {
	TEST(outer),
	TEST(join),
	TEST(plain_frames),
	TEST(refusals),
	TEST(deltas),
	TEST(headscale),
	TEST(pings),
	TEST(broadcasts),
	TEST(keepalives),
	TEST(newest_poll),
	TEST(resume),
	TEST(many_peers),
	TEST(many_nodes),
	TEST(routes),
	TEST(rpcs),
	TEST(tls),
	TEST(state),
};
TEST_MAIN(tests)
