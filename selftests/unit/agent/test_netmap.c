// SPDX-License-Identifier: GPL-2.0-only
#include "test.h"

#include "fail_alloc.h"
#include "map_fixture.h"
#include "base/array.h"
#include "model/netmap_merge.h"

#include <errno.h>
#include <time.h>

/* 2029-06-01T12:00:00Z */
#define NOW_S 1875009600

static const struct timestamp now = { true, NOW_S, 0 };
static unsigned int seed = 1;

static unsigned int rnd(unsigned int n)
{
	seed = seed * 1103515245 + 12345;
	return (seed >> 8) % n;
}

/* A map with messages applied one after the other. */
static struct netmap *merged(struct netmap *old, char *text)
{
	struct netmap_delta *delta = map_delta(text);
	struct netmap *new = NULL;
	int r;

	if (!old || !delta) {
		netmap_delta_free(delta);
		netmap_put(old);
		return NULL;
	}
	r = netmap_merge(old, NULL, delta, &now, &new);
	if (r < 0)
		test_fail(__FILE__, __LINE__, "merge: %d", r);
	netmap_delta_free(delta);
	netmap_put(old);
	return new;
}

static struct netmap *begin(void)
{
	return merged(netmap_new(), map_text("%s", map_first));
}

/* --- single rules --- */

static void first_message(void)
{
	struct netmap *m = begin();
	const struct node *peer;

	CHECK(m);
	CHECK_EQ(m->self->id, 7);
	CHECK_EQ(netmap_n_peers(m), 1);
	peer = netmap_find_peer(m, 9);
	CHECK(peer);
	CHECK(netmap_find_key(m, &peer->key) == peer);
	CHECK(netmap_next_peer(m, NULL) == peer);
	CHECK(!netmap_next_peer(m, peer));
	CHECK(!netmap_find_peer(m, 7));
	CHECK_EQ(netmap_peer_fault(m, peer), PEER_OK);
	CHECK(netmap_find_user(m, 41));
	CHECK(!netmap_find_user(m, 42));
	CHECK(strcmp(m->domain, "lab.example") == 0);
	CHECK_EQ(m->filter->n, 1);
	CHECK(m->disable_log_tail);
	CHECK_EQ(m->clock_offset_ms, 0);
	CHECK(!m->tka_info.present);
	netmap_put(m);
}

static void old_one_is_not_touched(void)
{
	struct netmap *a = begin(), *b;
	const struct node *peer;

	CHECK(a);
	peer = netmap_find_peer(a, 9);
	b = merged(netmap_get(a), map_text(
		"{'PeersRemoved':[9],'PeersChanged':[{'ID':12,'Key':'" K8
		"'}],'PacketFilter':[],'Domain':'x','Health':['bad'],"
		"'Node':{'ID':7,'Key':'" K8 "'},'UserProfiles':[{'ID':1}]}"));
	CHECK(b);
	CHECK(netmap_find_peer(a, 9) == peer);
	CHECK(!netmap_find_peer(a, 12));
	CHECK_EQ(a->filter->item[0].set->n, 1);
	CHECK(strcmp(a->domain, "lab.example") == 0);
	CHECK(!a->health && !netmap_find_user(a, 1));
	CHECK_EQ(a->self->key.byte[0], 0x11);
	CHECK(!netmap_find_peer(b, 9));
	CHECK(netmap_find_peer(b, 12));
	CHECK_EQ(b->filter->item[0].set->n, 0);
	CHECK_EQ(b->self->key.byte[0], 0x88);
	netmap_put(a);
	netmap_put(b);
}

/* One message with all five peer fields, for one peer. */
static void order_of_application(void)
{
	struct netmap *m = merged(begin(), map_text(
		"{'PeersChangedPatch':[{'NodeID':9,'Cap':5,'Online':true}],"
		"'OnlineChange':{'9':false,'12':true},'PeerSeenChange':"
		"{'9':true},'PeersChanged':[{'ID':9,'Key':'" K6 "','Cap':3},"
		"{'ID':12,'Key':'" K8 "'}],'PeersRemoved':[9,12]}"));
	const struct node *peer;

	CHECK(m);
	peer = netmap_find_peer(m, 9);
	CHECK(peer);
	CHECK_EQ(peer->cap, 5);
	CHECK_EQ(peer->online, OPT_TRUE);
	CHECK_EQ(peer->last_seen.s, NOW_S);
	CHECK_EQ(peer->allowed_ips.n, 0);
	peer = netmap_find_peer(m, 12);
	CHECK(peer);
	CHECK_EQ(peer->online, OPT_TRUE);
	netmap_put(m);
}

static void patches(void)
{
	struct netmap *m = merged(begin(), map_text(
		"{'PeersChangedPatch':[{'NodeID':9,'DERPRegion':3,'Cap':7,"
		"'CapMap':{'x':[1]},'Endpoints':[],'Key':'" K8 "',"
		"'KeySignature':'AQID','DiscoKey':'" D4 "','Online':false,"
		"'LastSeen':'2029-05-01T00:00:00Z',"
		"'KeyExpiry':'2031-01-01T00:00:00Z'},{'NodeID':99,'Cap':1}]}"));
	const struct node *p;
	struct node_public old;

	CHECK(m);
	p = netmap_find_peer(m, 9);
	CHECK(p);
	CHECK_EQ(p->home_derp, 3);
	CHECK_EQ(p->cap, 7);
	CHECK(node_find_cap(p, "x"));
	CHECK_EQ(p->endpoints.n, 0);
	CHECK_EQ(p->key.byte[0], 0x88);
	CHECK_EQ(p->key_signature.len, 3);
	CHECK_EQ(p->disco.byte[0], 0x44);
	CHECK_EQ(p->online, OPT_FALSE);
	CHECK(p->last_seen.set && p->key_expiry.set);
	CHECK(strcmp(p->name, "pi.demo.example.") == 0);
	CHECK_EQ(p->allowed_ips.n, 2);
	CHECK(netmap_find_key(m, &p->key) == p);
	memset(&old, 0x66, sizeof(old));
	CHECK(!netmap_find_key(m, &old));
	CHECK(!netmap_find_peer(m, 99));
	netmap_put(m);
}

/* Patched a thousand times, a node keeps its first parts. */
static void many_patches(void)
{
	struct netmap *m = begin();
	int i;

	for (i = 1; i <= 1000; i++)
		m = merged(m, map_text("{'PeersChangedPatch':[{'NodeID':9,"
				       "'Endpoints':['1.2.3.4:%d']}]}", i));
	CHECK(m);
	CHECK_EQ(netmap_find_peer(m, 9)->endpoints.item[0].port, 1000);
	CHECK(strcmp(netmap_find_peer(m, 9)->name, "pi.demo.example.") == 0);
	netmap_put(m);
}

/* The same said again is no change. */
static void equal_nodes_are_kept(void)
{
	struct netmap *a = begin(), *b;

	CHECK(a);
	b = merged(netmap_get(a), map_text("%s", map_first));
	CHECK(b);
	CHECK(netmap_find_peer(a, 9) == netmap_find_peer(b, 9));
	CHECK(a->self == b->self);
	netmap_put(b);
	b = merged(netmap_get(a), map_text("{'OnlineChange':{'9':true}}"));
	CHECK(b);
	CHECK(netmap_find_peer(a, 9) == netmap_find_peer(b, 9));
	netmap_put(b);
	b = merged(netmap_get(a), map_text(
		"{'PeersChangedPatch':[{'NodeID':9,'Online':true}]}"));
	CHECK(b);
	CHECK(netmap_find_peer(a, 9) == netmap_find_peer(b, 9));
	netmap_put(b);
	netmap_put(a);
}

static void filters(void)
{
	static const struct {
		const char *text;
		const char *names;
		size_t base;
	} steps[] = {
		{ "{'PacketFilters':{'b':[{}],'a':[]}}", "a b base ", 1 },
		{ "{}", "a b base ", 1 },
		{ "{'PacketFilters':{}}", "a b base ", 1 },
		{ "{'PacketFilters':{'b':null,'none':null}}", "a base ", 1 },
		{ "{'PacketFilter':[{},{}]}", "a base ", 2 },
		{ "{'PacketFilter':[]}", "a base ", 0 },
		{ "{'PacketFilters':{'z':[{}],'*':null}}", "z ", 0 },
		{ "{'PacketFilter':[{}],'PacketFilters':{'z':null}}",
		  "base ", 1 },
		{ "{'PacketFilter':[{}],'PacketFilters':{'*':null}}", "", 0 },
	};
	struct netmap *m = begin();
	size_t i, j;

	for (i = 0; i < ARRAY_SIZE(steps); i++) {
		char names[100] = "";
		size_t base = 0;

		test_case("%s", steps[i].text);
		m = merged(m, map_text("%s", steps[i].text));
		CHECK(m);
		for (j = 0; j < m->filter->n; j++) {
			strcat(strcat(names, m->filter->item[j].name), " ");
			if (!strcmp(m->filter->item[j].name, "base"))
				base = m->filter->item[j].set->n;
		}
		CHECK(strcmp(names, steps[i].names) == 0);
		CHECK_EQ(base, steps[i].base);
	}
	netmap_put(m);
}

static void relays(void)
{
	struct netmap *m = merged(begin(), map_text(
		"{'DERPMap':{'omitDefaultRegions':true,'HomeParams':"
		"{'RegionScore':{'901':0.5}}}}"));

	CHECK(m);
	CHECK(derp_regions_find(m->derp_regions, 901));
	CHECK(!m->derp_regions->omit_default);
	CHECK(derp_home_factor(m->derp_home, 901) == 0.5);
	m = merged(m, map_text("{'DERPMap':{'Regions':{'5':{}},"
			       "'HomeParams':{}}}"));
	CHECK(m);
	CHECK(!derp_regions_find(m->derp_regions, 901));
	CHECK(derp_regions_find(m->derp_regions, 5));
	CHECK(derp_home_factor(m->derp_home, 901) == 0.5);
	m = merged(m, map_text("{'DERPMap':{'HomeParams':{'RegionScore':{}}}}"));
	CHECK(m);
	CHECK(derp_home_factor(m->derp_home, 901) == 1);
	netmap_put(m);
}

static void messages(void)
{
	static const struct {
		const char *text;
		size_t lines;
		const char *ids;
	} steps[] = {
		{ "{'Health':['a','b']}", 2, "" },
		{ "{}", 2, "" },
		{ "{'Health':[]}", 0, "" },
		{ "{'DisplayMessages':{'y':{},'x':{'Title':'1'}}}", 0, "xy" },
		{ "{'DisplayMessages':{'x':{'Title':'2'},'z':{}}}", 0, "xyz" },
		{ "{'DisplayMessages':{}}", 0, "xyz" },
		{ "{'DisplayMessages':{'y':null,'w':null}}", 0, "xz" },
		{ "{'DisplayMessages':{'v':{},'*':null}}", 0, "v" },
		{ "{'DisplayMessages':{'*':null}}", 0, "" },
	};
	struct netmap *m = begin();
	size_t i, j;

	for (i = 0; i < ARRAY_SIZE(steps); i++) {
		char ids[10] = "";

		test_case("%s", steps[i].text);
		m = merged(m, map_text("%s", steps[i].text));
		CHECK(m);
		CHECK_EQ(m->health ? m->health->lines.n : 0, steps[i].lines);
		for (j = 0; m->messages && j < m->messages->n; j++)
			strcat(ids, m->messages->item[j].id);
		CHECK(strcmp(ids, steps[i].ids) == 0);
		if (i == 4)
			CHECK(!strcmp(m->messages->item[0].title, "2"));
	}
	netmap_put(m);
}

static void sticky_parts(void)
{
	struct netmap *m = merged(begin(), map_text(
		"{'TKAInfo':{'Head':'abc'},'SSHPolicy':{'a':1},"
		"'ControlDialPlan':{'Candidates':[{'IP':'1.1.1.1'}]},"
		"'ClientVersion':{'LatestVersion':'9'},'Seq':5}"));

	m = merged(m, map_text("{}"));
	CHECK(m);
	CHECK(m->tka_info.present && !strcmp(m->tka_info.head, "abc"));
	CHECK(!strcmp(m->ssh_policy->text, "{\"a\":1}"));
	CHECK_EQ(m->dial_plan->n, 1);
	CHECK(!strcmp(m->client_version->latest_version, "9"));
	CHECK_EQ(m->seq, 5);
	CHECK(m->dns && m->dns->proxied);
	m = merged(m, map_text("{'TKAInfo':{'Disabled':true},'DNSConfig':{},"
			       "'ControlDialPlan':{}}"));
	CHECK(m);
	CHECK(m->tka_info.disabled && !*m->tka_info.head);
	CHECK(!m->dns->proxied);
	CHECK_EQ(m->dial_plan->n, 0);
	netmap_put(m);
}

static void faults(void)
{
	struct netmap *m = merged(begin(), map_text(
		"{'PeersChanged':[{'ID':7,'Key':'" K8 "'},"
		"{'ID':20,'Key':'" K1 "','HomeDERP':1},"
		"{'ID':21,'Key':'" K6 "','HomeDERP':1},"
		"{'ID':22,'Key':'" K8 "'},"
		"{'ID':23,'Key':'nodekey:" H("99") "','Expired':true},"
		"{'ID':24,'Key':'nodekey:" H("aa") "','IsWireGuardOnly':true}"
		"]}"));

	CHECK(m);
	CHECK(!netmap_find_peer(m, 7));
	CHECK_EQ(netmap_peer_fault(m, netmap_find_peer(m, 9)), PEER_OK);
	CHECK_EQ(netmap_peer_fault(m, netmap_find_peer(m, 20)), PEER_OWN_KEY);
	CHECK_EQ(netmap_peer_fault(m, netmap_find_peer(m, 21)),
		 PEER_SHARED_KEY);
	CHECK_EQ(netmap_peer_fault(m, netmap_find_peer(m, 22)),
		 PEER_UNREACHABLE);
	CHECK_EQ(netmap_peer_fault(m, netmap_find_peer(m, 23)), PEER_EXPIRED);
	CHECK_EQ(netmap_peer_fault(m, netmap_find_peer(m, 24)), PEER_OK);
	/* The other one with that key takes its place. */
	m = merged(m, map_text("{'PeersRemoved':[9]}"));
	CHECK(m);
	CHECK_EQ(netmap_peer_fault(m, netmap_find_peer(m, 21)), PEER_OK);
	netmap_put(m);
}

static void unsigned_peers_void_the_filter(void)
{
	static const struct {
		const char *address;
		const char *filter;
		bool is_void;
	} cases[] = {
		{ "100.64.0.30/32", "{'SrcIPs':['100.64.0.0/10'],"
		  "'DstPorts':[{'IP':'*','Ports':{'Last':9}}]}", true },
		{ "100.64.0.30/32", "{'SrcIPs':['100.64.0.0/10']}", false },
		{ "100.64.0.30/32", "{'SrcIPs':['10.0.0.0/8'],"
		  "'DstPorts':[{'IP':'*','Ports':{'Last':9}}]}", false },
		{ "100.64.0.30/32", "{'SrcIPs':['cap:x'],"
		  "'DstPorts':[{'IP':'*','Ports':{'Last':9}}]}", false },
		{ "10.0.0.0/7", "{'SrcIPs':['10.0.0.0/8'],"
		  "'DstPorts':[{'IP':'*','Ports':{'Last':9}}]}", true },
		{ "10.0.0.0/32", "{'SrcBits':[8]}", true },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		struct netmap *m = merged(begin(), map_text(
			"{'PacketFilters':{'*':null,'x':[%s]},'PeersChanged':"
			"[{'ID':30,'Key':'" K8 "','Addresses':['%s'],"
			"'UnsignedPeerAPIOnly':true}]}", cases[i].filter,
			cases[i].address));

		test_case("%zu", i);
		CHECK(m);
		CHECK_EQ(netmap_filter_is_void(m), cases[i].is_void);
		netmap_put(m);
	}
}

/* --- expiry --- */

static void expiry(void)
{
	struct netmap *m = merged(begin(), map_text(
		"{'PeersChangedPatch':[{'NodeID':9,"
		"'KeyExpiry':'2029-06-01T13:00:00Z'}]}"));
	struct timestamp later = { true, NOW_S + 3599, 0 };
	struct netmap *same = NULL, *gone = NULL;
	const struct node *p;
	int64_t ms = 0;

	CHECK(m);
	CHECK(netmap_expiry_timer(m, &now, &ms));
	CHECK_EQ(ms, 3600000 + 10000);
	CHECK_EQ(netmap_expire(m, &later, &same), 0);
	CHECK(same == m);
	netmap_put(same);
	later.s++;
	CHECK_EQ(netmap_expire(m, &later, &gone), 0);
	CHECK(gone != m);
	p = netmap_find_peer(gone, 9);
	CHECK(p->expired && p->expired_here);
	CHECK_EQ(p->endpoints.n, 0);
	CHECK_EQ(p->home_derp, 0);
	CHECK_EQ(netmap_peer_fault(gone, p), PEER_EXPIRED);
	CHECK(!netmap_find_peer(m, 9)->expired);
	/* What is left is our own. */
	CHECK(netmap_expiry_timer(gone, &later, &ms));
	CHECK(ms > 86400000LL * 200);
	netmap_put(m);

	/* The same expiry said again changes nothing, with an earlier clock. */
	gone = merged(gone, map_text(
		"{'PeersChanged':[{'ID':9,'Key':'" K6 "','HomeDERP':901,"
		"'KeyExpiry':'2029-06-01T13:00:00Z'}]}"));
	CHECK(gone);
	CHECK(netmap_find_peer(gone, 9)->expired);
	/* New endpoints wait for the day it comes back. */
	gone = merged(gone, map_text("{'PeersChangedPatch':[{'NodeID':9,"
				     "'Endpoints':['1.2.3.4:5'],"
				     "'DERPRegion':4}]}"));
	CHECK(gone);
	CHECK(netmap_find_peer(gone, 9)->expired);
	CHECK_EQ(netmap_find_peer(gone, 9)->endpoints.n, 0);
	gone = merged(gone, map_text("{'PeersChangedPatch':[{'NodeID':9,"
				     "'KeyExpiry':'2031-01-01T00:00:00Z'}]}"));
	CHECK(gone);
	p = netmap_find_peer(gone, 9);
	CHECK(!p->expired);
	CHECK_EQ(p->endpoints.item[0].port, 5);
	CHECK_EQ(p->home_derp, 4);
	netmap_put(gone);
}

/* Clocks that differ; the peer expires at 13:00, the local clock shows 12:00. */
static void skewed_clocks(void)
{
	static const struct {
		const char *control;
		int64_t offset_ms;
		bool expired;
	} cases[] = {
		{ "2029-06-01T12:00:00Z", 0, false },
		{ "2029-06-01T12:01:00Z", 0, false },
		{ "2029-06-01T11:59:00Z", 0, false },
		{ "2029-06-01T12:01:00.001Z", 60001, false },
		{ "2029-06-01T13:00:00Z", 3600000, true },
		{ "2029-06-01T10:00:00Z", -7200000, false },
		{ "2020-01-01T00:00:00Z", -297172800000, false },
		{ "2039-01-01T00:00:00Z", 302443200000, true },
		{ "0001-01-01T00:00:00Z", 0, false },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		struct netmap *m = merged(begin(), map_text(
			"{'ControlTime':'%s','PeersChangedPatch':[{'NodeID':9,"
			"'KeyExpiry':'2029-06-01T13:00:00Z'}]}",
			cases[i].control));

		test_case("%s", cases[i].control);
		CHECK(m);
		CHECK_EQ(m->clock_offset_ms, cases[i].offset_ms);
		CHECK_EQ(netmap_find_peer(m, 9)->expired, cases[i].expired);
		netmap_put(m);
	}
}

/* A clock before 2023 expires nobody, not even a key of 2022. */
static void no_expiry_by_a_silly_clock(void)
{
	struct netmap *m = merged(begin(), map_text(
		"{'ControlTime':'2023-01-10T17:51:05Z','PeersChangedPatch':"
		"[{'NodeID':9,'KeyExpiry':'2022-01-01T00:00:00Z'}]}"));

	CHECK(m);
	CHECK(!netmap_find_peer(m, 9)->expired);
	m = merged(m, map_text("{'ControlTime':'2023-01-10T17:51:06Z'}"));
	CHECK(m);
	CHECK(netmap_find_peer(m, 9)->expired);
	CHECK(!netmap_self_expired(m, &now));
	m = merged(m, map_text("{'ControlTime':'2030-01-01T00:00:00Z'}"));
	CHECK(m);
	CHECK(netmap_self_expired(m, &now));
	netmap_put(m);
}

/* --- disco keys that peers told us --- */

static void learned_disco(void)
{
	static const struct {
		const char *patch;
		bool kept;
	} cases[] = {
		{ "'Online':false,'LastSeen':'2029-06-01T11:00:00Z'", true },
		{ "'Online':false,'LastSeen':'2029-06-01T12:00:00Z'", true },
		{ "'Online':false,'LastSeen':'2029-06-01T12:00:01Z'", false },
		{ "'Online':true,'LastSeen':'2029-06-01T11:00:00Z'", false },
		{ "'Online':false", false },
		{ "'LastSeen':'2029-06-01T11:00:00Z'", false },
	};
	static const char *const forms[] = {
		"{'PeersChangedPatch':[{'NodeID':9,'DiscoKey':'" D7 "',%s}]}",
		"{'Peers':[{'ID':9,'Key':'" K6 "','DiscoKey':'" D7 "',%s}]}",
	};
	struct disco_public told;
	size_t i, form;

	memset(&told, 0x99, sizeof(told));
	for (i = 0; i < ARRAY_SIZE(cases) * 2; i++) {
		const char *fields = cases[i / 2].patch;
		struct netmap *m = begin(), *l = NULL;
		char text[1000];

		form = i % 2;
		test_case("%s, form %zu", fields, form);
		CHECK(m);
		CHECK_EQ(netmap_learn_disco(m, 9, &told, &now, &l), 0);
		CHECK_EQ(netmap_find_peer(l, 9)->disco.byte[0], 0x99);
		CHECK_EQ(netmap_find_peer(m, 9)->disco.byte[0], 0x77);
		netmap_put(m);
		snprintf(text, sizeof(text), forms[form], fields);
		m = merged(l, map_text("%s", text));
		CHECK(m);
		CHECK_EQ(netmap_find_peer(m, 9)->disco.byte[0],
			 cases[i / 2].kept ? 0x99 : 0x77);
		CHECK_EQ(netmap_find_peer(m, 9)->disco_learned,
			 cases[i / 2].kept);
		CHECK_EQ(netmap_learn_disco(m, 10, &told, &now, &l), -ENOENT);
		netmap_put(m);
	}
}

/* --- differences --- */

struct seen {
	char text[400];
};

static int note(void *ctx, const struct node *old, const struct node *new)
{
	struct seen *seen = ctx;
	size_t n = strlen(seen->text);

	snprintf(seen->text + n, sizeof(seen->text) - n, "%s%lld ",
		 !old ? "+" : !new ? "-" : old == new ? "=" : "~",
		 (long long)(old ? old : new)->id);
	return 0;
}

static void differences(void)
{
	static const struct {
		const char *text;
		const char *seen;
	} steps[] = {
		{ "{}", "" },
		{ "{'Domain':'x','PacketFilter':[]}", "" },
		{ "{'PeersChanged':[{'ID':12,'Key':'" K8 "'},{'ID':3,"
		  "'Key':'" K6 "'}]}", "+3 +12 =9 " },
		{ "{'OnlineChange':{'12':true},'PeersRemoved':[9]}",
		  "-9 ~12 " },
		{ "{'PeersChanged':[{'ID':20,'Key':'" K6 "'}]}", "+20 " },
		{ "{'PeersRemoved':[3]}", "-3 =20 " },
		{ "{'PeersChanged':[{'ID':20,'Key':'" K6 "'}]}", "" },
		{ "{'PeersChanged':[{'ID':20,'Key':'" K1 "'}]}", "~20 " },
		{ "{'Peers':[{'ID':20,'Key':'" K1 "'},{'ID':21,'Key':'" K8
		  "'}]}", "-12 +21 " },
	};
	struct netmap *m = begin(), *next;
	struct seen seen;
	size_t i;

	CHECK(m);
	*seen.text = 0;
	CHECK_EQ(netmap_diff_peers(NULL, m, note, &seen), 0);
	CHECK(strcmp(seen.text, "+9 ") == 0);
	for (i = 0; i < ARRAY_SIZE(steps); i++) {
		test_case("%s", steps[i].text);
		next = merged(netmap_get(m), map_text("%s", steps[i].text));
		CHECK(next);
		*seen.text = 0;
		CHECK_EQ(netmap_diff_peers(m, next, note, &seen), 0);
		if (strcmp(seen.text, steps[i].seen) != 0)
			test_fail(__FILE__, __LINE__, "%s", seen.text);
		CHECK(!test_failed);
		netmap_put(m);
		m = next;
	}
	netmap_put(m);
}

/* --- random messages against a simple model --- */

#define PEERS 60

struct simple {
	bool there;
	int key, cap, derp, port;
	bool has_port, expired;
	enum opt_bool online;
	bool seen;
};

struct simple_change {
	struct simple peer[PEERS];
	char text[20000];
	size_t len;
};

static void say(struct simple_change *c, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	c->len += vsnprintf(c->text + c->len, sizeof(c->text) - c->len, format,
			    ap);
	va_end(ap);
}

static void say_node(struct simple_change *c, int id, struct simple *p)
{
	*p = (struct simple){
		.there = true, .key = 1 + rnd(30), .cap = rnd(3),
		.derp = rnd(3), .has_port = rnd(2), .port = 1 + rnd(3),
		.online = rnd(3), .expired = rnd(8) == 0,
	};
	say(c, "{'ID':%d,'Key':'nodekey:%02x" "000000000000000000000000000000"
	    "00000000000000000000000000000000','Cap':%d,'HomeDERP':%d%s%s",
	    id + 1, p->key, p->cap, p->derp, p->expired ? ",'Expired':true" :
	    "", p->online == OPT_UNSET ? "" : p->online == OPT_TRUE ?
	    ",'Online':true" : ",'Online':false");
	if (p->has_port)
		say(c, ",'Endpoints':['1.1.1.1:%d']", p->port);
	say(c, "}");
}

static void say_patch(struct simple_change *c, int id, struct simple *p)
{
	struct simple q = *p;

	say(c, "{'NodeID':%d", id + 1);
	if (rnd(2)) {
		q.cap = 1 + rnd(3);
		say(c, ",'Cap':%d", q.cap);
	}
	if (rnd(2)) {
		q.derp = 1 + rnd(3);
		say(c, ",'DERPRegion':%d", q.derp);
	}
	if (rnd(2)) {
		q.has_port = rnd(2);
		q.port = 1 + rnd(3);
		say(c, q.has_port ? ",'Endpoints':['1.1.1.1:%d']" :
		    ",'Endpoints':[]", q.port);
	}
	if (rnd(2)) {
		q.online = rnd(2) ? OPT_TRUE : OPT_FALSE;
		say(c, ",'Online':%s", q.online == OPT_TRUE ? "true" :
		    "false");
	}
	if (rnd(3) == 0) {
		q.key = 1 + rnd(30);
		say(c, ",'Key':'nodekey:%02x" "000000000000000000000000000000"
		    "00000000000000000000000000000000'", q.key);
	}
	say(c, "}");
	if (p->there)
		*p = q;
}

static void say_flags(struct simple_change *c, const char *name, bool online)
{
	int i, n = rnd(4);
	bool used[PEERS] = { false };

	say(c, "'%s':{", name);
	for (i = 0; i < n; i++) {
		int id = rnd(PEERS);
		bool on = rnd(2);

		if (used[id])
			continue;
		used[id] = true;
		say(c, "%s'%d':%s", c->text[c->len - 1] == '{' ? "" : ",",
		    id + 1, on ? "true" : "false");
		if (online)
			c->peer[id].online = on ? OPT_TRUE : OPT_FALSE;
		else
			c->peer[id].seen = on;
	}
	say(c, "}");
}

static void random_message(struct simple_change *c)
{
	int i, n;

	c->len = 0;
	if (rnd(12) == 0) {
		for (i = 0; i < PEERS; i++)
			c->peer[i].there = false;
		say(c, "{'Peers':[");
		for (i = 0, n = 1 + rnd(PEERS); i < n; i++) {
			int id = rnd(PEERS);

			say(c, i ? "," : "");
			say_node(c, id, &c->peer[id]);
		}
		say(c, "],'PeersRemoved':[1,2,3]}");
		return;
	}
	say(c, "{'PeersRemoved':[");
	for (i = 0, n = rnd(4); i < n; i++) {
		int id = rnd(PEERS);

		say(c, "%s%d", i ? "," : "", id + 1);
		c->peer[id].there = false;
	}
	say(c, "],'PeersChanged':[");
	for (i = 0, n = rnd(6); i < n; i++) {
		int id = rnd(PEERS);

		say(c, i ? "," : "");
		say_node(c, id, &c->peer[id]);
	}
	say(c, "],");
	say_flags(c, "PeerSeenChange", false);
	say(c, ",");
	say_flags(c, "OnlineChange", true);
	say(c, ",'PeersChangedPatch':[");
	for (i = 0, n = rnd(5); i < n; i++) {
		int id = rnd(PEERS);

		say(c, i ? "," : "");
		say_patch(c, id, &c->peer[id]);
	}
	say(c, "]}");
}

static void check_simple(const struct netmap *m, const struct simple *peers)
{
	const struct node *p = NULL, *lowest;
	struct node_public key = { 0 };
	int i, k, n = 0;

	for (i = 0; i < PEERS; i++) {
		const struct simple *s = &peers[i];

		p = netmap_find_peer(m, i + 1);
		CHECK_EQ(!!p, s->there);
		if (!p)
			continue;
		n++;
		CHECK_EQ(p->key.byte[0], s->key);
		CHECK_EQ(p->cap, s->cap);
		CHECK_EQ(p->home_derp, s->derp);
		CHECK_EQ(p->online, s->online);
		CHECK_EQ(p->last_seen.set, s->seen);
		CHECK_EQ(p->endpoints.n, s->has_port);
		CHECK_EQ(p->expired, s->expired);
		if (s->has_port)
			CHECK_EQ(p->endpoints.item[0].port, s->port);
	}
	CHECK_EQ(netmap_n_peers(m), n);
	CHECK_EQ(m->peers_by_key.n, n);
	for (i = 0, p = NULL; (p = netmap_next_peer(m, p));) {
		CHECK(p->id > i);
		i = p->id;
	}
	for (k = 1; k <= 31; k++) {
		key.byte[0] = k;
		for (i = 0; i < PEERS; i++) {
			if (peers[i].there && peers[i].key == k)
				break;
		}
		lowest = netmap_find_key(m, &key);
		CHECK_EQ(lowest ? lowest->id : PEERS + 1, i + 1);
	}
}

struct applied {
	struct simple peer[PEERS];
	size_t n;
};

/* Take the differences down as someone who keeps a table would. */
static int apply(void *ctx, const struct node *old, const struct node *new)
{
	struct applied *a = ctx;
	struct simple *s = &a->peer[(old ? old : new)->id - 1];

	a->n++;
	if (old && (!s->there || s->key != old->key.byte[0]))
		return -EINVAL;
	s->there = new;
	if (new)
		*s = (struct simple){
			.there = true,
			.key = new->key.byte[0], .cap = new->cap,
			.derp = new->home_derp, .online = new->online,
			.seen = new->last_seen.set,
			.has_port = new->endpoints.n,
			.port = new->endpoints.n ?
				new->endpoints.item[0].port : 0,
			.expired = new->expired,
		};
	return 0;
}

static void random_messages(void)
{
	static struct simple_change change;
	static struct applied applied;
	struct netmap *m = merged(netmap_new(), map_text(
		"{'Node':{'ID':1000,'Key':'" K8 "'}}")), *next;
	int round;

	CHECK(m);
	for (round = 0; round < 1500; round++) {
		random_message(&change);
		test_case("round %d: %s", round, change.text);
		next = merged(netmap_get(m), map_text("%s", change.text));
		CHECK(next);
		CHECK_IN(check_simple(next, change.peer));
		CHECK_EQ(netmap_diff_peers(m, next, apply, &applied), 0);
		CHECK_IN(check_simple(next, applied.peer));
		netmap_put(m);
		m = next;
	}
	netmap_put(m);
}

/* --- cost --- */

static double seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

static int count(void *ctx, const struct node *old, const struct node *new)
{
	(void)old;
	(void)new;
	++*(size_t *)ctx;
	return 0;
}

static struct netmap *many_peers(size_t n)
{
	char *text = malloc(n * 220 + 300), *turned;
	size_t i, len;

	len = sprintf(text, "{'Node':{'ID':1,'Key':'" K8 "'},'Peers':[");
	for (i = 0; i < n; i++)
		len += sprintf(text + len, "%s{'ID':%zu,'Key':'nodekey:%064zx',"
			       "'Name':'p%zu.','Addresses':['10.%zu.%zu.%zu/32'],"
			       "'HomeDERP':1}", i ? "," : "", i + 2, i + 1, i,
			       i >> 16, i >> 8 & 255, i & 255);
	sprintf(text + len, "]}");
	turned = map_text("%s", text);
	free(text);
	return merged(netmap_new(), turned);
}

/*
 * One change among ten thousand peers must not cost what ten thousand cost: the
 * n-th allocation that fails counts them. Times are for people.
 */
static void cost_of_one_change(void)
{
	size_t sizes[] = { 100, 10000 }, allocations[2], i, n, changed;
	struct netmap_delta *delta;
	struct netmap *m, *next;
	double merge, diff, t, took;
	int r;

	for (i = 0; i < 2; i++) {
		m = many_peers(sizes[i]);
		CHECK(m);
		CHECK_EQ(netmap_n_peers(m), sizes[i]);
		delta = map_delta(map_text("{'PeersChangedPatch':[{'NodeID':"
					   "50,'Endpoints':['1.2.3.4:5']}]}"));
		CHECK(delta);
		for (n = 0;; n++) {
			next = NULL;
			fail_alloc_at(n);
			r = netmap_merge(m, NULL, delta, &now, &next);
			if (!fail_alloc_happened())
				break;
			CHECK_EQ(r, -ENOMEM);
			CHECK(!next);
		}
		fail_alloc_at(SIZE_MAX);
		CHECK_EQ(r, 0);
		allocations[i] = n;
		changed = 0;
		CHECK_EQ(netmap_diff_peers(m, next, count, &changed), 0);
		CHECK_EQ(changed, 1);
		netmap_put(next);

		merge = diff = 1;
		for (n = 0; n < 1000; n++) {
			t = seconds();
			r = netmap_merge(m, NULL, delta, &now, &next);
			took = seconds() - t;
			merge = took < merge ? took : merge;
			CHECK_EQ(r, 0);
			t = seconds();
			netmap_diff_peers(m, next, count, &changed);
			took = seconds() - t;
			diff = took < diff ? took : diff;
			netmap_put(next);
		}
		printf("# %zu peers, 1 changed: %zu allocations, merge %.2f us,"
		       " difference %.2f us at best\n", sizes[i], allocations[i],
		       merge * 1e6, diff * 1e6);
		netmap_delta_free(delta);
		netmap_put(m);
	}
	CHECK(allocations[1] < 2 * allocations[0] + 40);
}

/* --- memory --- */

static int merge_some(void *ctx)
{
	struct netmap_delta **delta = ctx;
	struct netmap *a = netmap_new(), *b = NULL, *c = NULL;
	struct disco_public key = { { 1 } };
	int r = -ENOMEM;

	if (a)
		r = netmap_merge(a, NULL, delta[0], &now, &b);
	if (r == 0)
		r = netmap_merge(b, a, delta[1], &now, &c);
	netmap_put(a);
	a = NULL;
	if (r == 0)
		r = netmap_learn_disco(c, 9, &key, &now, &a);
	netmap_put(a);
	netmap_put(b);
	netmap_put(c);
	return r;
}

static void survives_no_memory(void)
{
	struct netmap_delta *delta[2];

	delta[0] = map_delta(map_text("%s", map_first));
	delta[1] = map_delta(map_text(
		"{'PeersChanged':[{'ID':12,'Key':'" K8 "',"
		"'KeyExpiry':'2029-01-01T00:00:00Z'}],'PeerSeenChange':"
		"{'9':true},'OnlineChange':{'9':false},'PeersChangedPatch':"
		"[{'NodeID':9,'Endpoints':['1.2.3.4:5'],'CapMap':{'a':[1]},"
		"'Key':'" K1 "'}],'PacketFilter':[],'Domain':'x',"
		"'DisplayMessages':{'a':{}}}"));
	CHECK(delta[0] && delta[1]);
	CHECK(fail_alloc_each(merge_some, delta) > 20);
	netmap_delta_free(delta[0]);
	netmap_delta_free(delta[1]);
}

static const struct test tests[] = {
	TEST(first_message),
	TEST(old_one_is_not_touched),
	TEST(order_of_application),
	TEST(patches),
	TEST(many_patches),
	TEST(equal_nodes_are_kept),
	TEST(filters),
	TEST(relays),
	TEST(messages),
	TEST(sticky_parts),
	TEST(faults),
	TEST(unsigned_peers_void_the_filter),
	TEST(expiry),
	TEST(skewed_clocks),
	TEST(no_expiry_by_a_silly_clock),
	TEST(learned_disco),
	TEST(differences),
	TEST(random_messages),
	TEST(cost_of_one_change),
	TEST(survives_no_memory),
};
TEST_MAIN(tests)
