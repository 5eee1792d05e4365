// SPDX-License-Identifier: GPL-2.0-only
/* Each fault is seen on the wire, and the server goes on after it. */
#include <sodium.h>
#include <unistd.h>

#include "fault.h"
#include "harness.h"
#include "test.h"

#define KEY	"tskey-auth-test"
#define WAIT_MS	400

static const char *const options[] = { "--authkey", KEY, "--keepalive", "0.02",
	NULL };
static struct rig rig;

/* Where a client meets the fault, and what it sees. */
enum stage {
	AT_KEY,		/* the answer of /key has the text */
	AT_DIAL,	/* the dial fails for the reason */
	AT_REQUEST,	/* the connection ends, or hangs, for the reason */
	AT_REGISTER,	/* the body has the text; or "=STATUS" */
	AT_MAP,		/* the first message has the text; "=STATUS"; or "!REASON" */
	AT_MORE,	/* one of the first messages has the text */
};

static const struct {
	const char *fault;
	enum stage stage;
	const char *seen;
} cases[] = {
	{ "key-status 503", AT_KEY, "HTTP/1.1 503" },
	{ "key-empty", AT_KEY, "Content-Length: 0" },
	{ "key-zero", AT_KEY, "mkey:00000000000000000000000000000000" },
	{ "key-garbage", AT_KEY, "<html>" },
	{ "key-wrong", AT_KEY, "mkey:5757" },
	{ "key-redirect", AT_KEY, "Location: /key" },
	{ "key-huge 70000", AT_KEY, "Content-Length: 700" },
	{ "upgrade-status 500", AT_DIAL, "no 101" },
	{ "upgrade-no-header", AT_DIAL, "no upgrade header" },
	{ "upgrade-hang", AT_DIAL, "timeout" },
	{ "upgrade-close", AT_DIAL, "closed" },
	{ "upgrade-redirect", AT_DIAL, "no 101" },
	{ "upgrade-huge", AT_DIAL, "header too long" },
	{ "noise-type", AT_DIAL, "response type" },
	{ "noise-length", AT_DIAL, "response length" },
	{ "noise-tag", AT_DIAL, "response tag" },
	{ "noise-low-order", AT_DIAL, "response tag" },
	{ "noise-error no luck", AT_DIAL, "noise error" },
	{ "noise-error-control", AT_DIAL, "noise error" },
	{ "noise-error-huge", AT_DIAL, "noise error" },
	{ "noise-silent", AT_DIAL, "timeout" },
	{ "record-type", AT_REQUEST, "record type" },
	{ "record-oversize", AT_REQUEST, "record length" },
	{ "record-huge", AT_REQUEST, "record length" },
	{ "record-short", AT_REQUEST, "record length" },
	{ "record-tag", AT_REQUEST, "record tag" },
	{ "early-huge", AT_REQUEST, "early payload too long" },
	{ "h2-garbage", AT_REQUEST, "" },
	{ "register-status 503", AT_REGISTER, "=503" },
	{ "register-429 9", AT_REGISTER, "=429" },
	{ "register-garbage", AT_REGISTER, "<html>" },
	{ "register-error nope", AT_REGISTER, "\"Error\":\"nope\"" },
	{ "register-error-control", AT_REGISTER, "\\u001B[2J" },
	{ "register-authurl", AT_REGISTER, "file:///etc/passwd" },
	{ "register-authurl-control", AT_REGISTER, "$(touch /tmp/x)" },
	{ "register-authurl-huge", AT_REGISTER, "aaaaaaaaaaaaaaaa" },
	{ "register-authurl-loop", AT_REGISTER, "/register/hskey-authreq-" },
	{ "register-authurl-same", AT_REGISTER, "0123456789abcdef01234567" },
	{ "register-expired", AT_REGISTER, "\"NodeKeyExpired\":true" },
	{ "register-sign", AT_REGISTER, "\"NodeKeySignature\":\"AQID\"" },
	{ "register-redirect", AT_REGISTER, "=302" },
	{ "h2-headers-many", AT_REGISTER, "MachineAuthorized" },
	{ "map-status 502", AT_MAP, "=502" },
	{ "map-html", AT_MAP, "!frame length" },
	{ "map-length-zero", AT_MAP, "!frame length" },
	{ "map-length-huge", AT_MAP, "!frame length" },
	{ "map-garbage", AT_MAP, "!zstd" },
	{ "map-bomb", AT_MAP, "!zstd" },
	{ "map-two-frames", AT_MAP, "!zstd" },
	{ "map-trailing", AT_MAP, "!zstd" },
	{ "map-short", AT_MAP, "!zstd" },
	{ "json-bad", AT_MAP, "!JSON" },
	{ "json-deep", AT_MAP, "!JSON" },
	{ "json-utf8", AT_MAP, "!JSON" },
	{ "json-nul", AT_MAP, "n\\u0000ul" },
	{ "json-array", AT_MAP, "[{\"KeepAlive\":true}]" },
	{ "json-duplicate", AT_MAP, "\"Name\":\"other.tail.test.\"" },
	{ "map-no-node", AT_MAP, "{\"Peers\":" },
	{ "unknown-fields", AT_MAP, "NodeFieldOfTheFuture" },
	{ "self-id -4", AT_MAP, "{\"Node\":{\"ID\":-4," },
	{ "self-no-addresses", AT_MAP, "\"Addresses\":[]" },
	{ "self-key", AT_MAP, "nodekey:5e5e" },
	{ "self-expired", AT_MAP, "\"Expired\":true" },
	{ "peer-null", AT_MAP, ",null]" },
	{ "peer-id 1152921504606846977", AT_MAP, "\"ID\":1152921504606846977" },
	{ "peer-key-zero", AT_MAP, "nodekey:0000000000000000" },
	{ "peer-key-bad", AT_MAP, "nodekey:1234\"" },
	{ "peer-key-duplicate", AT_MAP, "\"ID\":900002" },
	{ "peer-address-many 17", AT_MAP, "100.126.0.16/32" },
	{ "peer-route", AT_MAP, "\"0.0.0.0/0\",\"::/0\"" },
	{ "peer-route 192.168.0.0/16", AT_MAP, "\"192.168.0.0/16\"" },
	{ "peer-route-many 300", AT_MAP, "10.0.1.43/32" },
	{ "peer-route-unmasked", AT_MAP, "10.77.1.2/16" },
	{ "peer-route-bad", AT_MAP, "10.0.0.0/33" },
	{ "peer-route-null", AT_MAP, "\"AllowedIPs\":null" },
	{ "peer-endpoint-many", AT_MAP, "198.18.2.0:4000" },
	{ "peer-endpoint-odd", AT_MAP, "169.254.169.254:80" },
	{ "peer-name", AT_MAP, "../../etc/passwd" },
	{ "peer-unsigned", AT_MAP, "\"UnsignedPeerAPIOnly\":true" },
	{ "peers-many 500", AT_MAP, "\"synth-499." },
	{ "zero-times", AT_MAP, "\"ControlTime\":\"0001-01-01T00:00:00Z\"" },
	{ "debug-exit 3", AT_MAP, "\"Debug\":{\"Exit\":3}" },
	{ "debug-sleep", AT_MAP, "SleepSeconds\":1000000000" },
	{ "browser-url http://evil.example/", AT_MAP, "http://evil.example/" },
	{ "ping-url", AT_MAP, "http://169.254.169.254/" },
	{ "ping-loopback 25", AT_MAP, "http://127.0.0.1:25/" },
	{ "ping-file", AT_MAP, "file:///etc/shadow" },
	{ "c2n-path", AT_MAP, "\"Types\":\"c2n\"" },
	{ "filter-empty", AT_MAP, "\"PacketFilter\":[]" },
	{ "filter-bits", AT_MAP, "SrcBits" },
	{ "filter-bad", AT_MAP, "300.1.1.1" },
	{ "derp-null", AT_MAP, "{\"1\":null" },
	{ "derp-hostile", AT_MAP, "InsecureForTests" },
	{ "dns-hostile", AT_MAP, "www.bank.example" },
	{ "health-control", AT_MAP, "\\u001B[2Jgone" },
	{ "dial-plan", AT_MAP, "ControlDialPlan" },
	{ "tka-unknown", AT_MAP, "TKAInfo" },
	{ "ping-repeat times=1", AT_MORE, "https://unused/repeat" },
	{ "ping-storm 20", AT_MORE, "/storm?n=0" },
	{ "c2n-storm 20", AT_MORE, "/c2n/fault0" },
	{ "peers-removed", AT_MORE, "{\"PeersRemoved\":[" },
	{ "peers-rekeyed", AT_MORE, "PeersChangedPatch" },
	{ "time-jump", AT_MORE, "{\"ControlTime\":" },
};

static char *dump(json_t *v)
{
	char *text = v ? json_dumps(v, JSON_COMPACT) : NULL;

	json_decref(v);
	return text;
}

static void see_key(const char *seen)
{
	struct buf b = {};
	bool found;

	CHECK(http_ask(rig.port, NULL, "GET /key?v=113 HTTP/1.0\r\n\r\n", &b,
		       CLIENT_WAIT_MS));
	found = memmem(buf_str(&b), buf_len(&b), seen, strlen(seen));
	buf_done(&b);
	CHECK(found);
}

static void see_reply(const struct reply *r, const char *seen)
{
	CHECK(r);
	if (*seen == '=') {
		CHECK_EQ(r->status, atoi(seen + 1));
		return;
	}
	CHECK(memmem(buf_data(&r->body), buf_len(&r->body), seen,
		     strlen(seen)));
}

static void see_register(struct peer *p, const char *seen)
{
	int32_t id = peer_register_begin(p, ",\"Auth\":{\"AuthKey\":\"" KEY
					 "\"}");

	client_finish(p->c, id, CLIENT_WAIT_MS);
	CHECK_IN(see_reply(client_reply(p->c, id), seen));
	if (strstr(seen, "429"))
		CHECK(!strcmp(client_reply(p->c, id)->retry_after, "9"));
}

static void see_map(struct peer *p, const char *seen, int messages)
{
	bool found = false;
	struct reply *r;
	char *text;

	json_decref(peer_register(p, ",\"Auth\":{\"AuthKey\":\"" KEY "\"}"));
	peer_poll(p, "");
	do {
		text = dump(peer_next(p));
		found = text && strstr(text, seen) &&
			(messages == 1 || strncmp(text, "{\"Node\"", 7));
		free(text);
	} while (!found && text && --messages > 0);
	r = client_reply(p->c, p->map);
	if (*seen == '=')
		CHECK_EQ(r->status, atoi(seen + 1));
	else if (*seen == '!')
		CHECK(p->c->why && !strcmp(p->c->why, seen + 1));
	else
		CHECK(found);
}

static void see(struct peer *p, enum stage stage, const char *seen)
{
	switch (stage) {
	case AT_KEY:
		CHECK_IN(see_key(seen));
		break;
	case AT_DIAL:
		CHECK(p->c->why && !strcmp(p->c->why, seen));
		break;
	case AT_REQUEST:
		client_finish(p->c, peer_register_begin(p, ""), CLIENT_WAIT_MS);
		CHECK(p->c->why && strstr(p->c->why, seen));
		break;
	case AT_REGISTER:
		CHECK_IN(see_register(p, seen));
		break;
	case AT_MAP:
		CHECK_IN(see_map(p, seen, 1));
		break;
	case AT_MORE:
		CHECK_IN(see_map(p, seen, 6));
		break;
	}
}

static void on_the_wire(void)
{
	struct peer other, p;
	json_t *v;
	size_t i;

	CHECK(rig_start(&rig, options));
	peer_init(&rig, &other, "other");
	json_decref(peer_join(&other, KEY));
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		test_case("%s", cases[i].fault);
		CHECK(rig_admin(&rig, NULL, "fault %s", cases[i].fault));
		peer_init(&rig, &p, "victim");
		CHECK_IN(see(&p, cases[i].stage, cases[i].seen));
		CHECK(rig_admin(&rig, NULL, "fault off"));
		peer_done(&p);
		rig_admin(&rig, NULL, "delete victim");
	}
	test_case("after all");
	peer_init(&rig, &p, "victim");
	v = peer_join(&p, KEY);
	CHECK(v);
	json_decref(v);
	peer_done(&p);
	peer_done(&other);
	CHECK(rig_stop(&rig));
}

/* What is called legal must not disturb a client. */
static void legal(void)
{
	static const char *const names[] = { "upgrade-split 50", "wire-dribble",
		"record-empty", "record-tiny 3", "early-off", "early-split",
		"h2-window-tiny", "unknown-fields", "zero-times" };
	struct peer p;
	json_t *v;
	size_t i;

	CHECK(rig_start(&rig, options));
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		test_case("%s", names[i]);
		CHECK(rig_admin(&rig, NULL, "fault %s", names[i]));
		peer_init(&rig, &p, "victim");
		CHECK(!p.c->why);
		v = peer_join(&p, KEY);
		CHECK(v && at(v, "Node.ID"));
		json_decref(v);
		if (!strncmp(names[i], "early-off", 9))
			CHECK_EQ(buf_len(&p.c->early), 0);
		else
			CHECK(buf_len(&p.c->early) > 90);
		if (!strcmp(names[i], "record-empty"))
			CHECK_EQ(p.c->empty_records, 100);
		peer_done(&p);
		CHECK(rig_admin(&rig, NULL, "fault off"));
	}
	CHECK(rig_stop(&rig));
}

/* As a client that gives up early: whatever happens, the server lives. */
static void meet(const char *name)
{
	struct peer p;
	struct buf b = {};
	json_t *v;
	int i;

	if (!strncmp(name, "key-", 4)) {
		http_ask(rig.port, NULL, "GET /key?v=113 HTTP/1.0\r\n\r\n", &b,
			 WAIT_MS);
		buf_done(&b);
		return;
	}
	peer_init(&rig, &p, "victim");
	client_finish(p.c, peer_register_begin(&p, ",\"Auth\":{\"AuthKey\":\""
					       KEY "\"}"), WAIT_MS);
	peer_poll(&p, "");
	for (i = 0; i < 4; i++) {
		v = client_map(p.c, p.map, true, i ? 50 : WAIT_MS);
		json_decref(v);
	}
	if (!strncmp(name, "rpc-", 4))
		client_ask(p.c, "POST", "/machine/set-dns", "{}");
	peer_done(&p);
	rig_admin(&rig, NULL, "delete victim");
}

static bool was_hit(const char *name)
{
	struct buf b = {};
	char want[100], *p;
	bool hit;

	rig_admin(&rig, &b, "fault");
	snprintf(want, sizeof(want), "%s on hits=", name);
	p = strstr(buf_str(&b), want);
	hit = p && p[strlen(want)] != '0';
	buf_done(&b);
	return hit;
}

/* No fault that never happens, and none that the server does not survive. */
static void all_of_them(void)
{
	char name[64], *line, *save;
	struct buf list = {};
	struct peer p;
	json_t *v;
	int n = 0;

	CHECK(rig_start(&rig, options));
	CHECK(rig_admin(&rig, &list, "fault list"));
	for (line = strtok_r(buf_str(&list), "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save)) {
		snprintf(name, sizeof(name), "%.*s", (int)strcspn(line, " "),
			 line);
		test_case("%s", name);
		/* Those need a lock; see test_lock_faults.c. */
		if (!strncmp(name, "tka-", 4)) {
			n++;
			continue;
		}
		CHECK(rig_admin(&rig, NULL, "fault %s", name));
		meet(name);
		CHECK(was_hit(name));
		CHECK(rig_admin(&rig, NULL, "fault off"));
		n++;
	}
	buf_done(&list);
	CHECK_EQ(n, FAULT_COUNT);
	test_case("after all");
	peer_init(&rig, &p, "victim");
	v = peer_join(&p, KEY);
	CHECK(v);
	json_decref(v);
	peer_done(&p);
	CHECK(rig_stop(&rig));
}

/* Into a stream that runs. */
static void live(void)
{
	struct buf b = {};
	struct peer p;
	json_t *v;

	CHECK(rig_start(&rig, options));
	peer_init(&rig, &p, "n");
	json_decref(peer_join(&p, KEY));
	CHECK(rig_admin(&rig, &b, "send-fault n peer-route 10.0.0.0/8"));
	CHECK(!strcmp(buf_str(&b), "1\n"));
	buf_done(&b);
	v = peer_next(&p);
	CHECK(!strcmp(text_at(v, "Peers.0.AllowedIPs.1"), "10.0.0.0/8"));
	json_decref(v);
	CHECK(rig_admin(&rig, NULL, "send-hex n 00000000"));
	CHECK(!peer_next(&p));
	CHECK(!strcmp(p.c->why, "frame length"));
	CHECK(!rig_admin(&rig, NULL, "send-fault n key-zero"));
	CHECK(!rig_admin(&rig, NULL, "send-fault n nonsense"));
	CHECK(!rig_admin(&rig, NULL, "send-hex n xy"));
	peer_done(&p);
	CHECK(rig_stop(&rig));
}

/* Keep-alives go on while the map never comes; or the reverse. */
static void stalled(void)
{
	struct peer p;
	json_t *v;
	int i;

	CHECK(rig_start(&rig, options));
	CHECK(rig_admin(&rig, NULL, "fault map-stalled"));
	peer_init(&rig, &p, "n");
	json_decref(peer_register(&p, ",\"Auth\":{\"AuthKey\":\"" KEY "\"}"));
	peer_poll(&p, "");
	for (i = 0; i < 5; i++) {
		v = client_map(p.c, p.map, true, CLIENT_WAIT_MS);
		CHECK(v && at(v, "KeepAlive") && !at(v, "Node"));
		json_decref(v);
	}
	CHECK(rig_admin(&rig, NULL, "fault off"));
	CHECK(rig_admin(&rig, NULL, "fault map-no-keepalive"));
	peer_poll(&p, "");
	v = peer_next(&p);
	CHECK(at(v, "Node"));
	json_decref(v);
	CHECK(!client_map(p.c, p.map, true, 200) && !p.c->why);
	peer_done(&p);
	CHECK(rig_stop(&rig));
}

static const struct test tests[] = {
	TEST(on_the_wire), TEST(legal), TEST(all_of_them), TEST(live),
	TEST(stalled),
};
TEST_MAIN(tests)
