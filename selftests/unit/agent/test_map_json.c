// SPDX-License-Identifier: GPL-2.0-only
#include "test.h"

#include "fail_alloc.h"
#include "map_fixture.h"
#include "base/array.h"
#include "base/err.h"
#include "model/hostinfo.h"
#include "wire/map_json.h"

#include <errno.h>

static bool is_net(const struct ip_prefix *net, const char *text)
{
	char own[IP_PREFIX_TEXT_MAX];

	return strcmp(ip_prefix_format(net, own), text) == 0;
}

static void check_self(const struct node *self)
{
	CHECK(self);
	CHECK_EQ(self->id, 7);
	CHECK(strcmp(self->stable_id, "n7") == 0);
	CHECK(strcmp(self->name, "lab-7.demo.example.") == 0);
	CHECK_EQ(self->user, 41);
	CHECK_EQ(self->key.byte[31], 0x11);
	CHECK_EQ(self->machine.byte[0], 0x55);
	CHECK_EQ(self->disco.byte[0], 0x44);
	CHECK(self->key_expiry.set);
	CHECK_EQ(self->key_expiry.s, 1893456000);
	CHECK_EQ(self->addresses.n, 2);
	CHECK(is_net(&self->addresses.item[1], "fd7a:115c:a1e0::7/128"));
	CHECK_EQ(self->home_derp, 901);
	CHECK_EQ(self->cap, 113);
	CHECK(self->machine_authorized);
	CHECK_EQ(self->cap_map.n, 2);
	CHECK(node_find_cap(self, "https"));
	CHECK_EQ(node_find_cap(self, "https")->values.n, 0);
	CHECK(strcmp(node_find_cap(self, "default-auto-update")->values.item[0],
		     "false") == 0);
	CHECK(!node_find_cap(self, "http"));
	CHECK_EQ(self->online, OPT_UNSET);
	CHECK(!self->hostinfo);
}

static void check_peer(const struct node *peer)
{
	CHECK_EQ(peer->id, 9);
	CHECK_EQ(peer->allowed_ips.n, 2);
	CHECK(is_net(&peer->allowed_ips.item[1], "10.20.0.0/16"));
	CHECK_EQ(peer->primary_routes.n, 1);
	CHECK_EQ(peer->endpoints.n, 1);
	CHECK_EQ(peer->endpoints.item[0].port, 41641);
	CHECK_EQ(peer->online, OPT_TRUE);
	CHECK(peer->hostinfo);
	CHECK(strcmp(peer->hostinfo->os, "linux") == 0);
	CHECK_EQ(peer->hostinfo->n_services, 1);
	CHECK_EQ(peer->hostinfo->services[0].port, 40001);
	CHECK(!peer->last_seen.set && !peer->key_expiry.set);
	CHECK(machine_public_is_zero(&peer->machine));
}

static void check_parts(const struct netmap_delta *delta)
{
	const struct filter_rule *rule;
	const struct derp_region *region = derp_regions_find(
						delta->derp_regions, 901);

	CHECK(region);
	CHECK_EQ(region->n_nodes, 1);
	CHECK_EQ(region->nodes[0].stun_port, 3478);
	CHECK_EQ(region->nodes[0].derp_port, 443);
	CHECK(strcmp(region->nodes[0].host_name, "derp.lab.example") == 0);
	CHECK(!derp_regions_find(delta->derp_regions, 900));
	CHECK(!delta->derp_home);
	CHECK(delta->dns);
	CHECK(delta->dns->proxied);
	CHECK_EQ(delta->dns->n_routes, 1);
	CHECK_EQ(delta->dns->routes[0].resolvers.n, 0);
	CHECK(strcmp(delta->dns->resolvers.item[0].addr, "9.9.9.9") == 0);
	CHECK(delta->set & DELTA_FILTER);
	CHECK_EQ(delta->filter.n, 1);
	CHECK_EQ(delta->filter.item[0].set->n, 1);
	rule = &delta->filter.item[0].set->rules[0];
	CHECK_EQ(rule->n_protos, 4);
	CHECK(is_net(&rule->srcs.item[0], "100.64.0.0/10"));
	CHECK_EQ(rule->dsts[0].last, 65535);
	CHECK(delta->set & DELTA_DEBUG);
	CHECK(delta->debug.disable_log_tail);
	CHECK(!delta->debug.exit);
	CHECK(delta->set & DELTA_CONTROL_TIME);
	CHECK_EQ(delta->control_time.ns, 500000000);
	CHECK_EQ(delta->n_users, 1);
	CHECK(strcmp(delta->users[0]->display_name, "Ana") == 0);
	CHECK_EQ(delta->collect_services, OPT_FALSE);
	CHECK(strcmp(delta->domain, "lab.example") == 0);
	CHECK(!(delta->set & DELTA_TKA_INFO));
	CHECK(!delta->health && !delta->messages && !delta->ssh_policy);
}

static void first_message(void)
{
	struct netmap_delta *delta = map_delta(map_text("%s", map_first));

	CHECK(delta);
	CHECK(!delta->keep_alive);
	CHECK_EQ(delta->dropped, 0);
	CHECK_IN(check_self(delta->self));
	CHECK(delta->set & DELTA_PEERS);
	CHECK_EQ(delta->n_peers, 1);
	CHECK_IN(check_peer(delta->peers[0]));
	CHECK_IN(check_parts(delta));
	netmap_delta_free(delta);
}

/* A keep-alive has a few fields; the others are not looked at. */
static void keep_alive(void)
{
	struct netmap_delta *delta = map_delta(map_text(
		"{'KeepAlive':true,'PingRequest':{'URL':'https://c/x?id=abc'},"
		"'Peers':17,'Domain':'x','ControlTime':'2029-06-01T12:00:00Z',"
		"'ControlDialPlan':{'Candidates':[{'IP':'203.0.113.10',"
		"'DialTimeoutSec':10,'Priority':2},{'IP':'2001:db8::10',"
		"'DialStartDelaySec':0.3,'DialTimeoutSec':1e9},{'IP':'x'}]}}"));

	CHECK(delta);
	CHECK(delta->keep_alive);
	CHECK_EQ(delta->set, DELTA_PING | DELTA_CONTROL_TIME);
	CHECK(delta->ping->head && !delta->ping->c2n);
	CHECK_EQ(delta->dial_plan->n, 2);
	CHECK_EQ(delta->dial_plan->item[0].timeout_ms, 10000);
	CHECK_EQ(delta->dial_plan->item[1].start_delay_ms, 300);
	CHECK_EQ(delta->dial_plan->item[1].timeout_ms, 60000);
	netmap_delta_free(delta);
}

static void deltas(void)
{
	struct netmap_delta *delta = map_delta(map_text(
		"{'PeersRemoved':[9,-1],'PeersChanged':[{'ID':12,'Key':'" K8
		"'}],'PeerSeenChange':{'9':true},'OnlineChange':{'9':false,"
		"'x':true},'PeersChangedPatch':[{'NodeID':9,"
		"'Endpoints':['203.0.113.50:41999'],'Online':true},"
		"{'NodeID':10,'Endpoints':[]},{'NodeID':11,'Endpoints':null}],"
		"'Seq':9007199254740993}"));

	CHECK(delta);
	CHECK_EQ(delta->n_peers_removed, 2);
	CHECK_EQ(delta->n_peers_changed, 1);
	CHECK_EQ(delta->n_seen, 1);
	CHECK(delta->seen[0].on);
	CHECK_EQ(delta->n_online, 1);
	CHECK(!delta->online[0].on);
	CHECK_EQ(delta->dropped, 1);
	CHECK_EQ(delta->n_patches, 3);
	CHECK_EQ(delta->patches[0].set,
		 NODE_PATCH_ENDPOINTS | NODE_PATCH_ONLINE);
	CHECK_EQ(delta->patches[0].endpoints.item[0].port, 41999);
	CHECK_EQ(delta->patches[1].set, NODE_PATCH_ENDPOINTS);
	CHECK_EQ(delta->patches[2].set, 0);
	CHECK_EQ(delta->seq, 9007199254740993);
	netmap_delta_free(delta);
}

static void full_list_hides_changes(void)
{
	struct netmap_delta *delta = map_delta(map_text(
		"{'Peers':[{'ID':1,'Key':'" K1 "'}],'PeersRemoved':[9],"
		"'PeersChanged':[{'ID':12,'Key':'" K8 "'}],"
		"'OnlineChange':{'9':false}}"));

	CHECK(delta);
	CHECK_EQ(delta->n_peers, 1);
	CHECK_EQ(delta->n_peers_removed + delta->n_peers_changed +
		 delta->n_online, 0);
	netmap_delta_free(delta);
	delta = map_delta(map_text("{'Peers':[],'PeersRemoved':[9]}"));
	CHECK(delta);
	CHECK(!(delta->set & DELTA_PEERS));
	CHECK_EQ(delta->n_peers_removed, 1);
	netmap_delta_free(delta);
}

/* Absent, null, empty and set are four things, or fewer. */
static void absent_null_empty(void)
{
	struct netmap_delta *d = map_delta(map_text("{}"));

	CHECK(d);
	CHECK(!(d->set & DELTA_FILTER) && !d->dns && !d->health);
	netmap_delta_free(d);
	d = map_delta(map_text("{'PacketFilter':null,'DNSConfig':null,"
			       "'Health':null,'DERPMap':null,'Domain':'',"
			       "'PacketFilters':null,'TKAInfo':null,"
			       "'DisplayMessages':null,'SSHPolicy':null}"));
	CHECK(d);
	CHECK_EQ(d->set, 0);
	CHECK(!d->dns && !d->health && !d->derp_regions && !d->messages &&
	      !d->ssh_policy);
	netmap_delta_free(d);
	d = map_delta(map_text("{'PacketFilter':[],'DNSConfig':{},'Health':[],"
			       "'DERPMap':{},'TKAInfo':{},'DisplayMessages':{},"
			       "'SSHPolicy':{'rules' : []}}"));
	CHECK(d);
	CHECK_EQ(d->set, DELTA_FILTER | DELTA_TKA_INFO);
	CHECK_EQ(d->filter.n, 1);
	CHECK_EQ(d->filter.item[0].set->n, 0);
	CHECK(d->dns && d->health && d->messages);
	CHECK_EQ(d->health->lines.n, 0);
	CHECK(!d->derp_regions && !d->derp_home);
	CHECK(strcmp(d->ssh_policy->text, "{\"rules\":[]}") == 0);
	CHECK(d->tka_info.present && !*d->tka_info.head);
	netmap_delta_free(d);
}

static void filters(void)
{
	struct netmap_delta *d = map_delta(map_text(
		"{'PacketFilter':[{'SrcIPs':['*']}],'PacketFilters':{"
		"'svc-db':[{'SrcIPs':['cap:lab.example/db','10.0.0.5'],"
		"'IPProto':[6,6,300,-1],'DstPorts':[{'IP':'100.64.0.7',"
		"'Ports':{'First':5432,'Last':5432}}]}],'old':null}}"));
	const struct filter_rule *rule;

	CHECK(d);
	CHECK(!d->filter.clear);
	CHECK_EQ(d->filter.n, 3);
	CHECK(strcmp(d->filter.item[0].name, "base") == 0);
	CHECK_EQ(d->filter.item[0].set->rules[0].srcs.n, 2);
	CHECK(!d->filter.item[2].set);
	rule = &d->filter.item[1].set->rules[0];
	CHECK_EQ(rule->n_protos, 1);
	CHECK_EQ(rule->protos[0], 6);
	CHECK_EQ(rule->src_caps.n, 1);
	CHECK(strcmp(rule->src_caps.item[0], "lab.example/db") == 0);
	CHECK(is_net(&rule->srcs.item[0], "10.0.0.5/32"));
	CHECK_EQ(rule->dsts[0].first, 5432);
	netmap_delta_free(d);

	d = map_delta(map_text("{'PacketFilter':[{'SrcIPs':['*']}],"
			       "'PacketFilters':{'a':[],'*':null}}"));
	CHECK(d);
	CHECK(d->filter.clear);
	CHECK_EQ(d->filter.n, 1);
	CHECK(strcmp(d->filter.item[0].name, "a") == 0);
	netmap_delta_free(d);

	d = map_delta(map_text("{'PacketFilters':{'*':[{'SrcIPs':['*']}]}}"));
	CHECK(d);
	CHECK(!d->filter.clear);
	CHECK_EQ(d->filter.n, 0);
	netmap_delta_free(d);
}

/* Entries of a rule: what they come to, or that they are left out. */
static void rule_entries(void)
{
	static const struct {
		const char *src;
		int n;
		const char *first;
	} cases[] = {
		{ "'10.0.0.0/8'", 1, "10.0.0.0/8" },
		{ "'10.0.0.1/8'", 0, "" },
		{ "'10.0.0.1-10.0.0.2'", 2, "10.0.0.1/32" },
		{ "'10.0.0.2-10.0.0.1'", 0, "" },
		{ "'10.0.0.1-'", 0, "" },
		{ "'-'", 0, "" },
		{ "'*'", 2, "0.0.0.0/0" },
		{ "'**'", 0, "" },
		{ "''", 0, "" },
		{ "17", 0, "" },
		{ "null", 0, "" },
		{ "'fe80::1%%eth0'", 0, "" },
		{ "'10.0.0.0/8\\u0000'", 0, "" },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		struct netmap_delta *d = map_delta(map_text(
			"{'PacketFilter':[{'SrcIPs':[%s,'1.1.1.1'],"
			"'DstPorts':[{'IP':%s,'Ports':{'Last':9}}]}]}",
			cases[i].src, cases[i].src));
		const struct filter_rule *rule;

		test_case("%s", cases[i].src);
		CHECK(d);
		rule = &d->filter.item[0].set->rules[0];
		CHECK_EQ(rule->srcs.n, cases[i].n + 1);
		CHECK_EQ(rule->n_dsts, cases[i].n);
		CHECK_EQ(d->filter.item[0].set->skipped,
			 cases[i].n ? 0 : 2);
		if (cases[i].n) {
			CHECK(is_net(&rule->srcs.item[0], cases[i].first));
			CHECK_EQ(rule->dsts[0].last, 9);
		}
		netmap_delta_free(d);
	}
}

/* Whatever is wrong with a rule, it never lets more in. */
static void wrong_rules(void)
{
	static const struct {
		const char *rule;
		size_t rules, protos, dsts;
		bool obsolete;
	} cases[] = {
		{ "{'DstPorts':[{'IP':'*','Ports':{'First':9,'Last':8}}]}",
		  1, 4, 0, false },
		{ "{'DstPorts':[{'IP':'*','Ports':{'First':0,'Last':65536}}]}",
		  1, 4, 0, false },
		{ "{'DstPorts':[{'IP':'*','Ports':'x'}]}", 1, 4, 0, false },
		{ "{'DstPorts':[{'IP':'cap:x','Ports':{}}]}", 1, 4, 0, false },
		{ "{'DstPorts':'*'}", 1, 4, 0, false },
		{ "{'IPProto':[]}", 1, 4, 0, false },
		{ "{'IPProto':[256]}", 1, 0, 0, false },
		{ "{'IPProto':['6']}", 1, 0, 0, false },
		{ "{'IPProto':6}", 1, 0, 0, false },
		{ "{'SrcBits':[8]}", 1, 4, 0, true },
		{ "{'DstPorts':[{'IP':'*','Bits':8}]}", 1, 4, 2, true },
		{ "{'SrcBits':null}", 1, 4, 0, false },
		{ "17", 0, 0, 0, false },
		{ "null", 0, 0, 0, false },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		struct netmap_delta *d = map_delta(map_text(
			"{'PacketFilter':[%s]}", cases[i].rule));
		const struct filter_set *set;

		test_case("%s", cases[i].rule);
		CHECK(d);
		set = d->filter.item[0].set;
		CHECK_EQ(set->n, cases[i].rules);
		CHECK_EQ(set->obsolete, cases[i].obsolete);
		if (set->n) {
			CHECK_EQ(set->rules[0].n_protos, cases[i].protos);
			CHECK_EQ(set->rules[0].n_dsts, cases[i].dsts);
		}
		netmap_delta_free(d);
	}
}

static void grants(void)
{
	struct netmap_delta *d = map_delta(map_text(
		"{'PacketFilter':[{'SrcIPs':['*'],'CapGrant':[{"
		"'Dsts':['100.64.0.7/32'],'Caps':['a'],'CapMap':{"
		"'z':[{'n':18446744073709551615}],'b':null,'bad':1}}]}]}"));
	const struct filter_grant *grant;

	CHECK(d);
	grant = d->filter.item[0].set->rules[0].grants;
	CHECK_EQ(d->filter.item[0].set->rules[0].n_dsts, 0);
	CHECK_EQ(grant->dsts.n, 1);
	CHECK_EQ(grant->caps.n, 1);
	CHECK_EQ(grant->cap_map.n, 2);
	CHECK(strcmp(grant->cap_map.item[0].name, "b") == 0);
	CHECK(strncmp(grant->cap_map.item[1].values.item[0], "{\"n\":1.84467",
		      11) == 0);
	netmap_delta_free(d);
}

/* A short text must not become a mountain of networks. */
static void filter_cap(void)
{
	size_t n = 5000, i, len;
	char *text = malloc(n * 60 + 100);

	CHECK(text);
	len = sprintf(text, "{'PacketFilter':[{'SrcIPs':[");
	for (i = 0; i < n; i++)
		len += sprintf(text + len, "%s'::1-ffff:ffff:ffff:ffff:ffff:"
			       "ffff:ffff:fffe'", i ? "," : "");
	sprintf(text + len, "]}]}");
	CHECK_EQ(map_refused(map_text("%s", text)), TNE_TOO_LONG);
	free(text);
}

/* A peer with one field replaced: is it still there? */
static void wrong_nodes(void)
{
	static const struct {
		const char *field;
		bool ok;
	} cases[] = {
		{ "'Unknown':[1,{}]", true },
		{ "'ID':0", false },
		{ "'ID':-1", false },
		{ "'ID':1152921504606846977", true },
		{ "'ID':9223372036854775808", false },
		{ "'ID':1.0", false },
		{ "'ID':'9'", false },
		{ "'ID':null", false },
		{ "'Key':null", false },
		{ "'Key':'nodekey:" H("00") "'", false },
		{ "'Key':'mkey:" H("66") "'", false },
		{ "'Key':'nodekey:66'", false },
		{ "'Key':'\\u0000'", false },
		{ "'Machine':'nonsense'", true },
		{ "'DiscoKey':'nonsense'", false },
		{ "'DiscoKey':'discokey:" H("00") "'", true },
		{ "'KeyExpiry':'soon'", false },
		{ "'KeyExpiry':'0001-01-01T00:00:00Z'", true },
		{ "'KeySignature':'*'", false },
		{ "'Addresses':'100.64.0.9/32'", false },
		{ "'Addresses':['100.64.0.9']", true },
		{ "'AllowedIPs':{}", false },
		{ "'Endpoints':['nowhere',17,'1.2.3.4:0']", true },
		{ "'Endpoints':17", false },
		{ "'IsJailed':1", false },
		{ "'Expired':'no'", false },
		{ "'UnsignedPeerAPIOnly':0", false },
		{ "'IsWireGuardOnly':[]", false },
		{ "'SelfNodeV4MasqAddrForThisPeer':'fd00::1'", false },
		{ "'SelfNodeV4MasqAddrForThisPeer':'x'", false },
		{ "'SelfNodeV4MasqAddrForThisPeer':''", true },
		{ "'SelfNodeV6MasqAddrForThisPeer':'1.2.3.4'", false },
		{ "'Name':'a\\u0000b'", true },
		{ "'Name':17", true },
		{ "'Online':'yes'", true },
		{ "'Hostinfo':17", true },
		{ "'Hostinfo':{'OS':17,'Services':[17,{'Proto':'x'}]}", true },
		{ "'CapMap':17", true },
		{ "'CapMap':{'a':17,'b':[{}]}", true },
		{ "'Tags':17", true },
		{ "'LastSeen':'0001-01-01T00:00:00Z'", true },
		{ "'HomeDERP':-5", true },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		struct netmap_delta *d = map_delta(map_text(
			"{'PeersChanged':[{'ID':9,'Key':'" K6 "',%s},"
			"{'ID':10,'Key':'" K8 "'}]}", cases[i].field));

		test_case("%s", cases[i].field);
		CHECK(d);
		CHECK_EQ(d->n_peers_changed, cases[i].ok ? 2 : 1);
		CHECK_EQ(d->dropped, !cases[i].ok);
		CHECK_EQ(*d->drop_reason != 0, !cases[i].ok);
		CHECK_EQ(d->peers_changed[d->n_peers_changed - 1]->id, 10);
		netmap_delta_free(d);
	}
}

static const struct node *only_peer(struct netmap_delta *d)
{
	if (!d || d->n_peers_changed != 1) {
		test_fail(__FILE__, __LINE__, "no peer");
		return NULL;
	}
	return d->peers_changed[0];
}

static void addresses_of_nodes(void)
{
	static const struct {
		const char *fields;
		size_t addresses, allowed;
	} cases[] = {
		{ "'Addresses':['100.64.0.9/32','10.1.2.3/8']", 2, 2 },
		{ "'Addresses':['100.64.0.9/32'],'AllowedIPs':null", 1, 1 },
		{ "'Addresses':['100.64.0.9/32'],'AllowedIPs':[]", 1, 0 },
		{ "'Addresses':['100.64.0.9/32'],'AllowedIPs':['x']", 1, 0 },
		{ "'Addresses':['100.64.0.9/32'],'UnsignedPeerAPIOnly':true,"
		  "'AllowedIPs':['0.0.0.0/0','10.0.0.0/8']", 1, 1 },
		{ "'AllowedIPs':['10.0.0.0/8']", 0, 1 },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		struct netmap_delta *d = map_delta(map_text(
			"{'PeersChanged':[{'ID':9,'Key':'" K6 "',%s}]}",
			cases[i].fields));
		const struct node *peer = only_peer(d);

		test_case("%s", cases[i].fields);
		CHECK(peer);
		CHECK_EQ(peer->addresses.n, cases[i].addresses);
		CHECK_EQ(peer->allowed_ips.n, cases[i].allowed);
		if (i == 0)
			CHECK(is_net(&peer->addresses.item[1], "10.0.0.0/8"));
		netmap_delta_free(d);
	}
}

static void homes(void)
{
	static const struct {
		const char *fields;
		int64_t home;
	} cases[] = {
		{ "'HomeDERP':5,'DERP':'127.3.3.40:6'", 5 },
		{ "'HomeDERP':0,'DERP':'127.3.3.40:6'", 6 },
		{ "'DERP':'127.3.3.41:6'", 0 },
		{ "'DERP':'127.3.3.40:x'", 0 },
		{ "'DERP':17", 0 },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		struct netmap_delta *d = map_delta(map_text(
			"{'PeersChanged':[{'ID':9,'Key':'" K6 "',%s}]}",
			cases[i].fields));
		const struct node *peer = only_peer(d);

		test_case("%s", cases[i].fields);
		CHECK(peer);
		CHECK_EQ(peer->home_derp, cases[i].home);
		netmap_delta_free(d);
	}
}

static void flags_of_nodes(void)
{
	struct netmap_delta *d = map_delta(map_text(
		"{'PeersChanged':[{'ID':30,'Key':'" K8 "','Addresses':"
		"['100.99.0.3/32'],'SelfNodeV4MasqAddrForThisPeer':"
		"'100.77.0.1','IsJailed':true,'IsWireGuardOnly':true,"
		"'ExitNodeDNSResolvers':[{'Addr':'1.1.1.1'}],"
		"'CapMap':{'b':[1],'a':null},'Capabilities':['c','a'],"
		"'Online':false,'KeySignature':'AQID'}]}"));
	const struct node *peer = only_peer(d);

	CHECK(peer);
	CHECK(peer->jailed && peer->wireguard_only && !peer->expired);
	CHECK_EQ(peer->masq_v4.byte[1], 77);
	CHECK_EQ(peer->allowed_ips.n, 1);
	CHECK_EQ(peer->exit_node_resolvers.n, 1);
	CHECK_EQ(peer->cap_map.n, 3);
	CHECK_EQ(node_find_cap(peer, "a")->values.n, 0);
	CHECK_EQ(node_find_cap(peer, "b")->values.n, 1);
	CHECK(node_find_cap(peer, "c"));
	CHECK_EQ(peer->online, OPT_FALSE);
	CHECK_EQ(peer->key_signature.len, 3);
	netmap_delta_free(d);
}

static void endpoint_caps(void)
{
	char *text = malloc(20000);
	size_t n, i, len;

	CHECK(text);
	for (n = 512; n <= 513; n++) {
		struct netmap_delta *d;

		len = sprintf(text, "{'PeersChanged':[{'ID':9,'Key':'" K6
			      "','Endpoints':[");
		for (i = 0; i < n; i++)
			len += sprintf(text + len, "%s'1.2.3.4:%zu'",
				       i ? "," : "", i + 1);
		sprintf(text + len, "]}]}");
		d = map_delta(map_text("%s", text));
		CHECK(d);
		CHECK_EQ(d->n_peers_changed, n == 512);
		if (n == 512)
			CHECK_EQ(d->peers_changed[0]->endpoints.n, 100);
		netmap_delta_free(d);
	}
	free(text);
}

static void wrong_patches(void)
{
	static const struct {
		const char *patch;
		bool ok;
	} cases[] = {
		{ "{'NodeID':9}", true },
		{ "{'NodeID':0}", false },
		{ "{}", false },
		{ "null", false },
		{ "17", false },
		{ "{'NodeID':9,'Key':'nodekey:" H("00") "'}", false },
		{ "{'NodeID':9,'Key':'x'}", false },
		{ "{'NodeID':9,'DiscoKey':'x'}", false },
		{ "{'NodeID':9,'Online':1}", false },
		{ "{'NodeID':9,'KeyExpiry':1}", false },
		{ "{'NodeID':9,'KeySignature':'*'}", false },
		{ "{'NodeID':9,'Endpoints':{}}", false },
		{ "{'NodeID':9,'CapMap':[]}", false },
		{ "{'NodeID':9,'DERPRegion':'x'}", false },
		{ "{'NodeID':9,'DERPRegion':0,'Cap':0}", true },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		struct netmap_delta *d = map_delta(map_text(
			"{'PeersChangedPatch':[%s]}", cases[i].patch));

		test_case("%s", cases[i].patch);
		CHECK(d);
		CHECK_EQ(d->n_patches, cases[i].ok);
		CHECK_EQ(d->dropped, !cases[i].ok);
		netmap_delta_free(d);
	}
}

static void wrong_messages(void)
{
	static const struct {
		const char *text;
		int r;
	} cases[] = {
		{ "", TNE_JSON },
		{ "[]", TNE_JSON },
		{ "{'KeepAlive':1}", TNE_JSON_VALUE },
		{ "{'Node':17}", TNE_JSON_VALUE },
		{ "{'Node':{}}", TNE_JSON_VALUE },
		{ "{'Node':{'ID':7,'Key':'x'}}", TNE_JSON_VALUE },
		{ "{'Peers':{}}", TNE_JSON_VALUE },
		{ "{'PeersChanged':17}", TNE_JSON_VALUE },
		{ "{'PeersRemoved':true}", TNE_JSON_VALUE },
		{ "{'OnlineChange':[]}", TNE_JSON_VALUE },
		{ "{'PeersChangedPatch':{}}", TNE_JSON_VALUE },
		{ "{'PacketFilter':{}}", TNE_JSON_VALUE },
		{ "{'PacketFilters':[]}", TNE_JSON_VALUE },
		{ "{'PacketFilters':{'a':17}}", TNE_JSON_VALUE },
		{ "{'DERPMap':[]}", TNE_JSON_VALUE },
		{ "{'DERPMap':{'Regions':[]}}", TNE_JSON_VALUE },
		{ "{'DNSConfig':[]}", TNE_JSON_VALUE },
		{ "{'TKAInfo':[]}", TNE_JSON_VALUE },
		{ "{'TKAInfo':{'Disabled':'no'}}", TNE_JSON_VALUE },
		{ "{'TKAInfo':{'Head':17}}", TNE_JSON_VALUE },
		{ "{'SSHPolicy':[]}", TNE_JSON_VALUE },
		{ "{'Debug':17}", TNE_JSON_VALUE },
		{ "{'Health':{}}", TNE_JSON_VALUE },
		{ "{'a\\u0000b':1}", TNE_JSON },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		test_case("%s", cases[i].text);
		CHECK_EQ(map_refused(map_text("%s", cases[i].text)),
			 cases[i].r);
		CHECK(!test_failed);
	}
}

static void relays(void)
{
	struct netmap_delta *d = map_delta(map_text(
		"{'DERPMap':{'omitDefaultRegions':true,'HomeParams':"
		"{'RegionScore':{'2':0.5,'1':0,'3':-1,'x':1,'4':'x'}},"
		"'Regions':{'2':{'Nodes':[{'Name':'2a','HostName':'h',"
		"'STUNPort':-1,'IPv4':'none','IPv6':'2001:db8::1'},"
		"{'Name':'bad','IPv4':'x'},{'Name':'bad','DERPPort':65536},"
		"{'Name':'bad','CertName':17},null]},'1':{},'3':null,'0':{},"
		"'-1':{},'x':{},'9007199254740992':{}}}}"));
	const struct derp_region *region;

	CHECK(d);
	CHECK_EQ(d->derp_regions->n, 2);
	CHECK(d->derp_regions->omit_default);
	region = &d->derp_regions->item[1];
	CHECK_EQ(region->id, 2);
	CHECK_EQ(region->n_nodes, 1);
	CHECK_EQ(region->nodes[0].stun_port, 0);
	CHECK(region->nodes[0].no_ipv4);
	CHECK_EQ(region->nodes[0].ipv6.len, 16);
	CHECK_EQ(d->derp_home->n_scores, 1);
	CHECK(derp_home_factor(d->derp_home, 2) == 0.5);
	CHECK(derp_home_factor(d->derp_home, 1) == 1);
	netmap_delta_free(d);
	d = map_delta(map_text("{'DERPMap':{'HomeParams':{'RegionScore':{}}}}"));
	CHECK(d);
	CHECK(d->derp_home && !d->derp_regions);
	CHECK_EQ(d->derp_home->n_scores, 0);
	netmap_delta_free(d);
}

static void messages_and_orders(void)
{
	struct netmap_delta *d = map_delta(map_text(
		"{'DisplayMessages':{'low-disk':{'Title':'Disk','Text':'x',"
		"'Severity':'low','PrimaryAction':{'URL':'https://x',"
		"'Label':'y'}},'gone':null,'*':null,'bad':17},"
		"'Debug':{'SleepSeconds':1e9,'Exit':-3},"
		"'TKAInfo':{'Head':'%s','Disabled':false},"
		"'ClientVersion':{'RunningLatest':true},"
		"'PopBrowserURL':'https://pop','UserProfiles':[{},null]}",
		H("4")));

	CHECK(d);
	CHECK(d->messages->clear);
	CHECK_EQ(d->messages->n, 2);
	CHECK_EQ(d->debug.sleep_ms, 300000);
	CHECK(d->debug.exit);
	CHECK_EQ(d->debug.exit_code, -3);
	CHECK(d->tka_info.present);
	CHECK_EQ(strlen(d->tka_info.head), 32);
	CHECK(d->client_version->running_latest);
	CHECK(strcmp(d->pop_browser_url, "https://pop") == 0);
	CHECK_EQ(d->n_users, 0);
	CHECK_EQ(d->dropped, 2);
	netmap_delta_free(d);
	d = map_delta(map_text("{'Debug':{'SleepSeconds':-1}}"));
	CHECK(d);
	CHECK_EQ(d->debug.sleep_ms, 0);
	CHECK(!d->debug.exit);
	netmap_delta_free(d);
}

/* No length of a message is mistaken for a whole one. */
static void refuses_truncation(void)
{
	char *text = map_text("%s", map_first);
	struct netmap_delta *delta = NULL;
	struct err_detail detail;
	size_t n, len = strlen(text);

	for (n = 0; n < len; n++) {
		char *copy = malloc(n ? n : 1);

		test_case("%zu bytes", n);
		memcpy(copy, text, n);
		CHECK_EQ(map_json_parse(copy, n, &detail, &delta), TNE_JSON);
		free(copy);
	}
	CHECK(!delta);
	free(text);
}

static int parse(void *ctx)
{
	struct netmap_delta *delta = NULL;
	int r = map_json_parse(ctx, strlen(ctx), NULL, &delta);

	netmap_delta_free(delta);
	return r;
}

static void survives_no_memory(void)
{
	char *first = map_text("%s", map_first);
	char *rest = map_text(
		"{'PeersChanged':[{'ID':1,'Key':'" K8 "','CapMap':{'a':[1]},"
		"'Capabilities':['b'],'Tags':['tag:x'],'ExitNodeDNSResolvers':"
		"[{'Addr':'x','BootstrapResolution':['1.1.1.1']}]}],"
		"'PeersRemoved':[1],'PeerSeenChange':{'1':true},"
		"'PeersChangedPatch':[{'NodeID':1,'CapMap':{'a':[]},"
		"'KeySignature':'AQID','Endpoints':['1.2.3.4:5']}],"
		"'PacketFilter':[{'SrcIPs':['cap:x','1.1.1.1-1.1.1.9'],"
		"'IPProto':[6],'CapGrant':[{'Dsts':['*'],'Caps':['x'],"
		"'CapMap':{'y':[1]}}]}],'PacketFilters':{'x':null},"
		"'DisplayMessages':{'a':{}},'Health':['x'],'SSHPolicy':{},"
		"'DERPMap':{'HomeParams':{'RegionScore':{'1':1}}},"
		"'ControlDialPlan':{'Candidates':[{'IP':'1.1.1.1'}]},"
		"'ClientVersion':{},'PingRequest':{'URL':'x','Types':'c2n',"
		"'Payload':'AQID'},'DNSConfig':{'ExtraRecords':[{'Name':'a',"
		"'Value':'b'}],'Routes':{'a':null}},'MapSessionHandle':'h'}");

	CHECK(fail_alloc_each(parse, first) > 10);
	CHECK(fail_alloc_each(parse, rest) > 10);
	free(first);
	free(rest);
}

static const struct test tests[] = {
	TEST(first_message),
	TEST(keep_alive),
	TEST(deltas),
	TEST(full_list_hides_changes),
	TEST(absent_null_empty),
	TEST(filters),
	TEST(rule_entries),
	TEST(wrong_rules),
	TEST(grants),
	TEST(filter_cap),
	TEST(wrong_nodes),
	TEST(addresses_of_nodes),
	TEST(homes),
	TEST(flags_of_nodes),
	TEST(endpoint_caps),
	TEST(wrong_patches),
	TEST(wrong_messages),
	TEST(relays),
	TEST(messages_and_orders),
	TEST(refuses_truncation),
	TEST(survives_no_memory),
};
TEST_MAIN(tests)
