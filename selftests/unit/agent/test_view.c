// SPDX-License-Identifier: GPL-2.0-only
/* From the map to the wanted view: who is let in, with what, and where. */
#include "test.h"

#include "base/array.h"
#include "fail_alloc.h"
#include "model/netmap_session.h"
#include "model/reach.h"
#include "model/view.h"
#include "node/backend.h"
#include "wire/map_json.h"

#include <errno.h>

#define KEY(c) "nodekey:" c c c c c c c c c c c c c c c c
#define DISCO "\"HomeDERP\":1,\"DiscoKey\":\"discokey:" \
	"4444444444444444444444444444444444444444444444444444444444444444\""
#define NOW_S 1900000000

static const struct timestamp now = { .set = true, .s = NOW_S };

static bool all_routed(void *ctx, const struct ip_addr *ip)
{
	(void)ctx;
	(void)ip;
	return true;
}

static bool v4_routed(void *ctx, const struct ip_addr *ip)
{
	(void)ctx;
	return ip->len == 4;
}

static const struct ip_prefix attached[] = {
	{ { { 192, 168, 4 }, 4 }, 24 },
	{ { { 172, 17 }, 4 }, 16 },
};

static const struct ip_prefix own[] = {
	{ { { 192, 168, 4, 1 }, 4 }, 32 },
	{ { { 172, 17, 0, 1 }, 4 }, 32 },
};

static const struct reach_host host = {
	.attached = { attached, 2 }, .own = { own, 2 }, .routed = all_routed,
};

static void choices(void)
{
	static const struct {
		const char *name;
		const char *from[5];
		const char *want;	/* NULL = none */
	} cases[] = {
		{ "none", { NULL }, NULL },
		{ "one", { "203.0.113.1:1" }, "203.0.113.1:1" },
		{ "attached first", { "203.0.113.1:1", "192.168.4.9:2" },
		  "192.168.4.9:2" },
		{ "internet before private",
		  { "10.1.1.1:1", "203.0.113.1:1" }, "203.0.113.1:1" },
		{ "private at last", { "10.1.1.1:1" }, "10.1.1.1:1" },
		{ "our own bridge", { "172.17.0.1:1", "10.1.1.1:1" },
		  "10.1.1.1:1" },
		{ "another one on it", { "172.17.0.9:1", "10.1.1.1:1" },
		  "172.17.0.9:1" },
		{ "order does not count",
		  { "203.0.113.9:1", "203.0.113.1:7", "203.0.113.1:3" },
		  "203.0.113.1:3" },
		{ "IPv4 before IPv6", { "[2001:db8::1]:1", "203.0.113.1:1" },
		  "203.0.113.1:1" },
		{ "IPv6", { "[2001:db8::1]:1", "[fd00::1]:1" },
		  "[2001:db8::1]:1" },
		{ "useless",
		  { "127.0.0.1:1", "169.254.1.1:1", "[fe80::1]:1",
		    "224.0.0.1:1", "0.0.0.0:1" }, NULL },
		{ "inside of a tailnet",
		  { "100.64.0.9:1", "[fd7a:115c:a1e0::9]:1", "[::1]:1",
		    "[::ffff:127.0.0.1]:1", "[ff02::1]:1" }, NULL },
		{ "port 0", { "203.0.113.1:0" }, NULL },
	};
	struct ip_port item[5], got;
	char text[IP_PORT_TEXT_MAX];
	size_t i, n;
	bool found;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		struct ip_ports list = { item, 0 };

		test_case("%s", cases[i].name);
		for (n = 0; n < 5 && cases[i].from[n]; n++)
			CHECK_EQ(ip_port_parse(cases[i].from[n],
					       strlen(cases[i].from[n]),
					       &item[n]), 0);
		list.n = n;
		found = reach_choose(&list, &host, &got);
		CHECK_EQ(found, cases[i].want != NULL);
		CHECK(!found || !strcmp(ip_port_format(&got, text),
					cases[i].want));
	}
}

static void no_route(void)
{
	struct reach_host v4 = host;
	struct ip_port item, got;
	const struct ip_ports list = { &item, 1 };

	v4.routed = v4_routed;
	CHECK_EQ(ip_port_parse("[2001:db8::1]:1", 15, &item), 0);
	CHECK(!reach_choose(&list, &v4, &got));
	CHECK_EQ(ip_port_parse("203.0.113.1:1", 13, &item), 0);
	CHECK(reach_choose(&list, &v4, &got));
}

/* The netmap of a first message; netmap_put() it. */
static struct netmap *netmap_of(const char *self, const char *peers)
{
	struct netmap_session *session = netmap_session_new();
	struct netmap_delta *delta = NULL;
	struct netmap_step step = { 0 };
	struct err_detail detail;
	char text[4096];

	snprintf(text, sizeof(text),
		 "{\"Node\":{\"ID\":7,\"StableID\":\"n7\",\"Name\":\"a.t.\","
		 "\"Key\":\"" KEY("1111") "\",\"Addresses\":"
		 "[\"100.64.0.7/32\"]%s,\"Peers\":[%s]}", self, peers);
	if (map_json_parse(text, strlen(text), &detail, &delta) == 0)
		(void)netmap_session_step(session, delta, &now, &detail,
					  &step);
	netmap_delta_free(delta);
	netmap_session_free(session);
	return step.netmap;
}

#define OK_SELF ",\"MachineAuthorized\":true}"

static void closed(void)
{
	static const struct {
		const char *name;
		const char *self;
		enum view_closed want;
	} cases[] = {
		{ "open", OK_SELF, VIEW_OPEN },
		{ "not approved", "}", VIEW_UNAPPROVED },
		{ "expired", ",\"MachineAuthorized\":true,\"KeyExpiry\":"
		  "\"2030-01-01T00:00:00Z\"}", VIEW_SELF_EXPIRED },
		/* Headscale takes the approval of an expired node away. */
		{ "expired and not approved", ",\"Expired\":true}",
		  VIEW_SELF_EXPIRED },
		/* Whom the lock lets in is the kernel's to say. */
		{ "locked", OK_SELF ",\"TKAInfo\":{\"Head\":\"X\"}",
		  VIEW_OPEN },
		{ "locked, not approved", "},\"TKAInfo\":{\"Head\":\"X\"}",
		  VIEW_UNAPPROVED },
	};
	size_t i;

	CHECK_EQ(view_check(NULL, &now), VIEW_NO_MAP);
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		struct netmap *netmap = netmap_of(cases[i].self, "");
		enum view_closed got;

		test_case("%s", cases[i].name);
		CHECK(netmap);
		got = view_check(netmap, &now);
		netmap_put(netmap);
		CHECK_EQ(got, cases[i].want);
	}
}

#define PEER(rest) \
	"{\"ID\":9,\"StableID\":\"n9\",\"Key\":\"" KEY("2222") "\"," DISCO \
	",\"Addresses\":[\"100.64.0.9/32\"]" rest "}"

/* Prefixes of the peer in the view, joined; "-" = no such peer. */
static void prefixes_of(const struct wanted *view, char *ret, size_t size)
{
	const struct wanted_peer *peer;
	struct node_public key;
	char text[IP_PREFIX_TEXT_MAX];
	size_t i, at = 0;

	memset(key.byte, 0x22, sizeof(key.byte));
	peer = wanted_find(view, &key);
	snprintf(ret, size, "%s", peer ? "" : "-");
	for (i = 0; peer && i < peer->prefixes.n; i++) {
		const struct wg_prefix *wg = &peer->prefixes.item[i];
		struct ip_prefix ip = { .bits = wg->bits };

		memcpy(ip.addr.byte, wg->addr, wg->addr_len);
		ip.addr.len = wg->addr_len;
		at += snprintf(ret + at, size - at, "%s%s%s", at ? " " : "",
			       ip_prefix_format(&ip, text),
			       wg->primary ? "!" : "");
	}
}

static void peers(void)
{
	static const struct {
		const char *name;
		const char *peer;
		bool accept;
		const char *exit_node;
		const char *want;
	} cases[] = {
		{ "plain", PEER(""), false, "", "100.64.0.9/32" },
		{ "subnet, not wanted",
		  PEER(",\"AllowedIPs\":[\"100.64.0.9/32\",\"10.9.0.0/16\"]"),
		  false, "", "100.64.0.9/32" },
		{ "subnet, wanted",
		  PEER(",\"AllowedIPs\":[\"100.64.0.9/32\",\"10.9.0.0/16\"],"
		       "\"PrimaryRoutes\":[\"10.9.0.0/16\"]"),
		  true, "", "10.9.0.0/16! 100.64.0.9/32" },
		{ "one host behind it, not wanted",
		  PEER(",\"AllowedIPs\":[\"100.64.0.9/32\",\"10.9.0.1/32\"]"),
		  false, "", "100.64.0.9/32" },
		{ "service address",
		  PEER(",\"AllowedIPs\":[\"100.64.0.9/32\",\"100.64.9.9/32\"]"),
		  false, "", "100.64.0.9/32 100.64.9.9/32" },
		{ "exit node, not chosen",
		  PEER(",\"AllowedIPs\":[\"100.64.0.9/32\",\"0.0.0.0/0\"]"),
		  true, "n8", "100.64.0.9/32" },
		{ "exit node, chosen",
		  PEER(",\"AllowedIPs\":[\"100.64.0.9/32\",\"0.0.0.0/0\"]"),
		  false, "n9", "0.0.0.0/0 100.64.0.9/32" },
		{ "everything in disguise",
		  PEER(",\"AllowedIPs\":[\"100.64.0.9/32\",\"0.0.0.0/1\"]"),
		  false, "", "100.64.0.9/32" },
		{ "our own address",
		  PEER(",\"AllowedIPs\":[\"100.64.0.9/32\",\"100.64.0.7/32\"]"),
		  true, "", "100.64.0.9/32" },
		{ "no addresses allowed", PEER(",\"AllowedIPs\":[]"),
		  true, "", "" },
		{ "expired", PEER(",\"Expired\":true"), true, "", "-" },
		{ "jailed", PEER(",\"IsJailed\":true"), true, "", "-" },
		{ "masqueraded",
		  PEER(",\"SelfNodeV4MasqAddrForThisPeer\":\"100.77.0.1\""),
		  true, "", "-" },
		{ "unsigned",
		  PEER(",\"UnsignedPeerAPIOnly\":true,\"AllowedIPs\":"
		       "[\"100.64.0.9/32\",\"10.9.0.0/16\"]"),
		  true, "", "100.64.0.9/32" },
		{ "our own key",
		  "{\"ID\":9,\"Key\":\"" KEY("1111") "\"," DISCO
		  ",\"Addresses\":[\"100.64.0.9/32\"]}", true, "", "-" },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		struct netmap *netmap = netmap_of(OK_SELF, cases[i].peer);
		const struct view_options options = {
			.accept_routes = cases[i].accept,
			.exit_node = cases[i].exit_node, .host = host,
		};
		struct wanted view = { 0 };
		char got[200];
		int r;

		test_case("%s", cases[i].name);
		CHECK(netmap);
		r = view_build(netmap, &options, &view);
		prefixes_of(&view, got, sizeof(got));
		wanted_done(&view);
		netmap_put(netmap);
		CHECK_EQ(r, 0);
		if (strcmp(got, cases[i].want))
			test_fail(__FILE__, __LINE__, "\"%s\", expected \"%s\"",
				  got, cases[i].want);
	}
}

static void one_peer(void)
{
	const struct view_options options = { .exit_node = "", .host = host };
	struct netmap *with = netmap_of(OK_SELF,
		PEER(",\"Endpoints\":[\"203.0.113.1:5\"],"
		     "\"KeyExpiry\":\"2031-01-01T00:00:00Z\""));
	struct netmap *without = netmap_of(OK_SELF, "");
	const struct wanted_peer *peer;
	struct wanted view = { 0 };
	struct node_public key;

	memset(key.byte, 0x22, sizeof(key.byte));
	CHECK_EQ(view_put_peer(&view, with, &key, &options), 0);
	peer = wanted_find(&view, &key);
	CHECK(peer);
	CHECK_EQ(peer->node_id, 9);
	CHECK_EQ(peer->endpoint.port, 5);
	CHECK_EQ(peer->expires_s, 1924992000);
	CHECK_EQ(view_put_peer(&view, without, &key, &options), 0);
	CHECK(!wanted_find(&view, &key));
	CHECK_EQ(view.n_peers, 0);
	wanted_done(&view);
	netmap_put(with);
	netmap_put(without);
}

static int build_once(void *ctx)
{
	const struct view_options options = {
		.accept_routes = true, .exit_node = "", .host = host,
	};
	struct wanted view = { 0 };
	int r = view_build(ctx, &options, &view);

	wanted_done(&view);
	return r;
}

static void no_memory(void)
{
	struct netmap *netmap = netmap_of(OK_SELF,
		PEER(",\"AllowedIPs\":[\"100.64.0.9/32\",\"10.9.0.0/16\"]"));
	size_t n = fail_alloc_each(build_once, netmap);

	netmap_put(netmap);
	CHECK(n > 0);
}

static void states(void)
{
	static const struct {
		const char *name;
		struct backend_facts facts;
		enum backend_state want;
	} cases[] = {
		{ "new", { 0 }, BACKEND_NEEDS_LOGIN },
		{ "new, wanted", { .want_running = true },
		  BACKEND_NEEDS_LOGIN },
		{ "down", { .has_key = true, .closed = VIEW_OPEN },
		  BACKEND_STOPPED },
		{ "starting", { .has_key = true, .want_running = true,
				.closed = VIEW_NO_MAP }, BACKEND_STARTING },
		{ "to be visited", { .has_key = true, .want_running = true,
				     .has_url = true, .closed = VIEW_NO_MAP },
		  BACKEND_NEEDS_LOGIN },
		/* The old key serves until there is a new one. */
		{ "logging in anew",
		  { .has_key = true, .want_running = true, .has_url = true,
		    .closed = VIEW_OPEN, .applied = true },
		  BACKEND_RUNNING },
		{ "deleted by the server",
		  { .has_key = true, .want_running = true, .has_url = true,
		    .forgotten = true, .closed = VIEW_OPEN, .applied = true },
		  BACKEND_NEEDS_LOGIN },
		/* Between two addresses to visit. */
		{ "deleted, and asked to log in",
		  { .has_key = true, .want_running = true, .forgotten = true,
		    .closed = VIEW_OPEN, .applied = true },
		  BACKEND_NEEDS_LOGIN },
		{ "map, not applied",
		  { .has_key = true, .want_running = true,
		    .closed = VIEW_OPEN }, BACKEND_STARTING },
		{ "running", { .has_key = true, .want_running = true,
			       .closed = VIEW_OPEN, .applied = true },
		  BACKEND_RUNNING },
		{ "expired", { .has_key = true, .want_running = true,
			       .closed = VIEW_SELF_EXPIRED, .applied = true },
		  BACKEND_NEEDS_LOGIN },
		{ "unapproved", { .has_key = true, .want_running = true,
				  .closed = VIEW_UNAPPROVED, .applied = true },
		  BACKEND_NEEDS_MACHINE_AUTH },
		{ "logged out", { .has_key = true, .want_running = true,
				  .logged_out = true, .closed = VIEW_OPEN },
		  BACKEND_NEEDS_LOGIN },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		test_case("%s", cases[i].name);
		CHECK_EQ(backend_decide(&cases[i].facts), cases[i].want);
	}
}

static const struct test tests[] = {
	TEST(choices),
	TEST(no_route),
	TEST(closed),
	TEST(peers),
	TEST(one_peer),
	TEST(no_memory),
	TEST(states),
};

TEST_MAIN(tests)
