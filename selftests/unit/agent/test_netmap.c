// SPDX-License-Identifier: GPL-2.0-only
#include "test.h"

#include "fail_alloc.h"
#include "map_fixture.h"
#include "base/array.h"
#include "model/netmap_merge.h"

#include <errno.h>
#include <time.h>

static const struct timestamp now = { true, MAP_NOW_S, 0 };

static struct netmap *begin(void)
{
	return map_merged(netmap_new(), map_text("%s", map_first));
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
	b = map_merged(netmap_get(a), map_text(
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
	struct netmap *m = map_merged(begin(), map_text(
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
	CHECK_EQ(peer->last_seen.s, MAP_NOW_S);
	CHECK_EQ(peer->allowed_ips.n, 0);
	peer = netmap_find_peer(m, 12);
	CHECK(peer);
	CHECK_EQ(peer->online, OPT_TRUE);
	netmap_put(m);
}

static void patches(void)
{
	struct netmap *m = map_merged(begin(), map_text(
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
		m = map_merged(m, map_text("{'PeersChangedPatch':[{'NodeID':9,"
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
	b = map_merged(netmap_get(a), map_text("%s", map_first));
	CHECK(b);
	CHECK(netmap_find_peer(a, 9) == netmap_find_peer(b, 9));
	CHECK(a->self == b->self);
	netmap_put(b);
	b = map_merged(netmap_get(a), map_text("{'OnlineChange':{'9':true}}"));
	CHECK(b);
	CHECK(netmap_find_peer(a, 9) == netmap_find_peer(b, 9));
	netmap_put(b);
	b = map_merged(netmap_get(a), map_text(
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
		m = map_merged(m, map_text("%s", steps[i].text));
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
	struct netmap *m = map_merged(begin(), map_text(
		"{'DERPMap':{'omitDefaultRegions':true,'HomeParams':"
		"{'RegionScore':{'901':0.5}}}}"));

	CHECK(m);
	CHECK(derp_regions_find(m->derp_regions, 901));
	CHECK(!m->derp_regions->omit_default);
	CHECK(derp_home_factor(m->derp_home, 901) == 0.5);
	m = map_merged(m, map_text("{'DERPMap':{'Regions':{'5':{}},"
			       "'HomeParams':{}}}"));
	CHECK(m);
	CHECK(!derp_regions_find(m->derp_regions, 901));
	CHECK(derp_regions_find(m->derp_regions, 5));
	CHECK(derp_home_factor(m->derp_home, 901) == 0.5);
	m = map_merged(m, map_text("{'DERPMap':{'HomeParams':{'RegionScore':{}}}}"));
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
		m = map_merged(m, map_text("%s", steps[i].text));
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
	struct netmap *m = map_merged(begin(), map_text(
		"{'TKAInfo':{'Head':'abc'},'SSHPolicy':{'a':1},"
		"'ControlDialPlan':{'Candidates':[{'IP':'1.1.1.1'}]},"
		"'ClientVersion':{'LatestVersion':'9'},'Seq':5}"));

	m = map_merged(m, map_text("{}"));
	CHECK(m);
	CHECK(m->tka_info.present && !strcmp(m->tka_info.head, "abc"));
	CHECK(!strcmp(m->ssh_policy->text, "{\"a\":1}"));
	CHECK_EQ(m->dial_plan->n, 1);
	CHECK(!strcmp(m->client_version->latest_version, "9"));
	CHECK_EQ(m->seq, 5);
	CHECK(m->dns && m->dns->proxied);
	m = map_merged(m, map_text("{'TKAInfo':{'Disabled':true},'DNSConfig':{},"
			       "'ControlDialPlan':{}}"));
	CHECK(m);
	CHECK(m->tka_info.disabled && !*m->tka_info.head);
	CHECK(!m->dns->proxied);
	CHECK_EQ(m->dial_plan->n, 0);
	netmap_put(m);
}

static void faults(void)
{
	struct netmap *m = map_merged(begin(), map_text(
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
	m = map_merged(m, map_text("{'PeersRemoved':[9]}"));
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
		struct netmap *m = map_merged(begin(), map_text(
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
	struct netmap *m = map_merged(begin(), map_text(
		"{'PeersChangedPatch':[{'NodeID':9,"
		"'KeyExpiry':'2029-06-01T13:00:00Z'}]}"));
	struct timestamp later = { true, MAP_NOW_S + 3599, 0 };
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
	gone = map_merged(gone, map_text(
		"{'PeersChanged':[{'ID':9,'Key':'" K6 "','HomeDERP':901,"
		"'KeyExpiry':'2029-06-01T13:00:00Z'}]}"));
	CHECK(gone);
	CHECK(netmap_find_peer(gone, 9)->expired);
	/* New endpoints wait for the day it comes back. */
	gone = map_merged(gone, map_text("{'PeersChangedPatch':[{'NodeID':9,"
				     "'Endpoints':['1.2.3.4:5'],"
				     "'DERPRegion':4}]}"));
	CHECK(gone);
	CHECK(netmap_find_peer(gone, 9)->expired);
	CHECK_EQ(netmap_find_peer(gone, 9)->endpoints.n, 0);
	gone = map_merged(gone, map_text("{'PeersChangedPatch':[{'NodeID':9,"
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
		struct netmap *m = map_merged(begin(), map_text(
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
	struct netmap *m = map_merged(begin(), map_text(
		"{'ControlTime':'2023-01-10T17:51:05Z','PeersChangedPatch':"
		"[{'NodeID':9,'KeyExpiry':'2022-01-01T00:00:00Z'}]}"));

	CHECK(m);
	CHECK(!netmap_find_peer(m, 9)->expired);
	m = map_merged(m, map_text("{'ControlTime':'2023-01-10T17:51:06Z'}"));
	CHECK(m);
	CHECK(netmap_find_peer(m, 9)->expired);
	CHECK(!netmap_self_expired(m, &now));
	m = map_merged(m, map_text("{'ControlTime':'2030-01-01T00:00:00Z'}"));
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
		m = map_merged(l, map_text("%s", text));
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
		next = map_merged(netmap_get(m), map_text("%s", steps[i].text));
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
	TEST(survives_no_memory),
};
TEST_MAIN(tests)
