// SPDX-License-Identifier: GPL-2.0-only
#include "node_json.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lock_fault.h"
#include "map.h"
#include "text.h"

bool node_visible(const struct server *srv, const struct node *n,
		  const struct node *reader)
{
	(void)srv;
	return n != reader && n->authorized && reader->authorized;
}

bool node_online(const struct node *n)
{
	return map_session_live(n);
}

static void dump(struct buf *b, const json_t *v)
{
	char *text = json_dumps(v, JSON_COMPACT | JSON_ENCODE_ANY);

	if (!text)
		abort();
	buf_text(b, text);
	free(text);
}

json_t *hostinfo_for_peers(const json_t *hostinfo)
{
	static const char * const kept[] = { "OS", "Hostname", "Services",
		"ShieldsUp", "Location", "sshHostKeys" };
	json_t *ret = json_object(), *v;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(kept); i++) {
		v = json_object_get(hostinfo, kept[i]);
		if (v)
			json_object_set(ret, kept[i], v);
	}
	return ret;
}

static bool in_array(const json_t *array, const char *s)
{
	size_t i;
	json_t *v;

	json_array_foreach(array, i, v)
		if (json_is_string(v) && !strcmp(json_string_value(v), s))
			return true;
	return false;
}

static bool exit_route(const char *s)
{
	return !strcmp(s, "0.0.0.0/0") || !strcmp(s, "::/0");
}

/* Routes that are both advertised and approved. */
static void routes(struct buf *b, const struct node *n, bool primary,
		   const char *before)
{
	const json_t *all = json_object_get(n->hostinfo, "RoutableIPs");
	const char *s;
	size_t i;
	json_t *v;

	json_array_foreach(all, i, v) {
		s = json_string_value(v);
		if (!s || !prefix_ok(s) || (primary && exit_route(s)) ||
		    (!n->srv->cfg.auto_routes && !in_array(n->routes, s)))
			continue;
		buf_printf(b, "%s\"%s\"", before, s);
		before = ",";
	}
}

static void addresses(struct buf *b, int64_t id)
{
	char four[32], six[64];

	node_address4(id, four);
	node_address6(id, six);
	buf_printf(b, "\"%s/32\",\"%s/128\"", four, six);
}

/* HS writes the reader's own version on every node it sends. */
static int cap_for(const struct server *srv, int own, const struct node *reader)
{
	return srv->cfg.mode == SERVER_HEADSCALE ? reader->cap : own;
}

static void common_head(struct buf *b, const struct server *srv,
			const struct node *n)
{
	char key[KEY_TEXT_MAX], time[TIME_TEXT_MAX];

	buf_printf(b, "{\"ID\":%lld,\"StableID\":\"n%lldCNTRL\",",
		   (long long)n->id, (long long)n->id);
	buf_printf(b, "\"Name\":\"%s.%s.\",\"User\":%lld,", n->label,
		   srv->cfg.domain, (long long)(json_array_size(n->tags) ?
		   TAGGED_USER : n->user->id));
	buf_printf(b, "\"Key\":\"%s\",", key_text("nodekey", n->key, key));
	if (n->expiry_ms)
		buf_printf(b, "\"KeyExpiry\":\"%s\",",
			   time_text(n->expiry_ms, time));
	if (!key_is_zero(n->disco))
		buf_printf(b, "\"DiscoKey\":\"%s\",",
			   key_text("discokey", n->disco, key));
	buf_text(b, "\"Addresses\":[");
	addresses(b, n->id);
	buf_text(b, "],\"AllowedIPs\":[");
	addresses(b, n->id);
	routes(b, n, false, ",");
	buf_text(b, "],\"PrimaryRoutes\":[");
	routes(b, n, true, "");
	buf_text(b, "],\"Endpoints\":");
	dump(b, n->endpoints);
	buf_printf(b, ",\"HomeDERP\":%d,\"Created\":\"%s\",", n->home_derp,
		   time_text(n->created_ms, time));
	if (json_array_size(n->tags)) {
		buf_text(b, "\"Tags\":");
		dump(b, n->tags);
		buf_text(b, ",");
	}
	if (node_expired(n))
		buf_text(b, "\"Expired\":true,");
	if (buf_len(&n->sig)) {
		buf_text(b, "\"KeySignature\":\"");
		base64_add(b, buf_data(&n->sig), buf_len(&n->sig));
		buf_text(b, "\",");
	}
}

/* What switches features on in the node itself. */
static void own_capmap(struct buf *b, const struct server *srv,
		       const struct node *n)
{
	static const char name[] = "https://tailscale.com/cap/tailnet-lock";
	json_t *v;

	if (!srv->cfg.lock || json_object_get(n->capmap, name)) {
		dump(b, n->capmap);
		return;
	}
	v = json_copy(n->capmap);
	json_object_set_new(v, name, json_null());
	dump(b, v);
	json_decref(v);
}

/* Lay the tester's fields over the object that begins at @start. */
static void overlay(struct buf *b, size_t start, json_t *over)
{
	json_t *v;

	if (!over)
		return;
	v = json_loadb((char *)buf_data(b) + start, buf_len(b) - start,
		       JSON_ALLOW_NUL, NULL);
	if (!v)
		abort();
	json_object_update(v, over);
	buf_chop(b, buf_len(b) - start);
	dump(b, v);
	json_decref(v);
}

void json_self(struct buf *b, const struct server *srv, const struct node *n)
{
	size_t start = buf_len(b);
	char key[KEY_TEXT_MAX];
	bool ok = n->authorized;

	if (srv->cfg.mode == SERVER_HEADSCALE)
		ok = !node_expired(n);
	common_head(b, srv, n);
	buf_printf(b, "\"Machine\":\"%s\",\"Cap\":%d,",
		   key_text("mkey", n->machine, key), n->cap);
	buf_text(b, "\"Hostinfo\":");
	dump(b, n->hostinfo);
	buf_text(b, ",\"CapMap\":");
	own_capmap(b, srv, n);
	buf_printf(b, ",\"Online\":true,\"MachineAuthorized\":%s}",
		   ok ? "true" : "false");
	overlay(b, start, n->as_self);
}

void json_peer(struct buf *b, const struct server *srv, const struct node *n,
	       const struct node *reader)
{
	json_t *info = hostinfo_for_peers(n->hostinfo);
	bool online = node_online(n);
	size_t start = buf_len(b);
	char time[TIME_TEXT_MAX];

	common_head(b, srv, n);
	buf_printf(b, "\"Cap\":%d,\"Hostinfo\":", cap_for(srv, n->cap, reader));
	dump(b, info);
	if (!online || srv->cfg.mode != SERVER_HEADSCALE)
		buf_printf(b, ",\"LastSeen\":\"%s\"",
			   time_text(n->seen_ms, time));
	buf_printf(b, ",\"Online\":%s,\"MachineAuthorized\":true}",
		   online ? "true" : "false");
	overlay(b, start, n->as_peer);
	json_decref(info);
}

/* A key for a synthetic peer nobody asked for by number: any 32 bytes do. */
static void cheap_key(const char *what, size_t i, uint8_t ret[KEY_LEN])
{
	char seed[64];
	int n = snprintf(seed, sizeof(seed), "tn-control %s %zu", what, i);

	crypto_generichash(ret, KEY_LEN, (uint8_t *)seed, n, NULL, 0);
}

void json_synth(struct buf *b, const struct server *srv, size_t i,
		const struct node *reader)
{
	const struct synth *s = i < srv->nodes.n_synth ? &srv->nodes.synth[i] :
				NULL;
	int64_t id = SYNTH_ID + i;
	char key[KEY_TEXT_MAX];
	uint8_t raw[KEY_LEN];

	cheap_key("node", i, raw);
	buf_printf(b, "{\"ID\":%lld,\"StableID\":\"n%lldCNTRL\",",
		   (long long)id, (long long)id);
	buf_printf(b, "\"Name\":\"synth-%zu.%s.\",\"User\":%lld,", i,
		   srv->cfg.domain, (long long)reader->user->id);
	buf_printf(b, "\"Key\":\"%s\",",
		   key_text("nodekey", s ? s->key : raw, key));
	cheap_key("disco", i, raw);
	buf_printf(b, "\"DiscoKey\":\"%s\",\"Addresses\":[",
		   key_text("discokey", raw, key));
	addresses(b, id);
	buf_text(b, "],\"AllowedIPs\":[");
	addresses(b, id);
	/* 198.18.0.0/15 is for benchmarks, RFC 2544: nobody lives there. */
	buf_printf(b, "],\"Endpoints\":[\"198.18.%zu.%zu:%u\"],", i / 256 % 256,
		   i % 256, 1024 + (s ? s->touches % 60000 : 0));
	buf_printf(b, "\"HomeDERP\":1,\"Hostinfo\":{\"OS\":\"linux\","
		   "\"Hostname\":\"synth-%zu\"},\"Created\":\"2024-01-01T00:00:00Z\",\"Cap\":%d,"
		   "\"Online\":true,\"MachineAuthorized\":true}", i,
		   cap_for(srv, 113, reader));
}

void json_profiles(struct buf *b, const struct server *srv)
{
	const char *before = "";
	struct user *u;

	buf_text(b, "[");
	for (u = srv->nodes.users; u; u = u->next) {
		buf_printf(b, "%s{\"ID\":%lld,\"LoginName\":", before,
			   (long long)u->id);
		json_quote(b, u->login, strlen(u->login));
		buf_text(b, ",\"DisplayName\":");
		json_quote(b, u->login, strcspn(u->login, "@"));
		buf_text(b, "}");
		before = ",";
	}
	buf_text(b, "]");
}

void json_user(struct buf *b, const struct user *u)
{
	const char *login = u ? u->login : "";
	long long id = u ? u->id : 0;

	buf_printf(b, "\"User\":{\"ID\":%lld,\"DisplayName\":", id);
	json_quote(b, login, strcspn(login, "@"));
	buf_text(b, ",\"Created\":\"0001-01-01T00:00:00Z\"}");
	buf_printf(b, ",\"Login\":{\"ID\":%lld,\"Provider\":\"%s\","
		   "\"LoginName\":", id, u ? "tn-control" : "");
	json_quote(b, login, strlen(login));
	buf_text(b, ",\"DisplayName\":");
	json_quote(b, login, strcspn(login, "@"));
	buf_text(b, "}");
}

void json_filters(struct buf *b, const struct server *srv)
{
	if (!json_object_size(srv->filters)) {
		buf_text(b, "\"PacketFilter\":[]");
		return;
	}
	buf_text(b, "\"PacketFilters\":");
	dump(b, srv->filters);
}

static void json_peers(struct buf *b, const struct server *srv,
		       const struct node *reader, size_t synth)
{
	const struct injected *in;
	const char *before = "";
	const struct node *n;
	size_t i;

	if (!reader->authorized)
		return;
	for (n = srv->nodes.list; n; n = n->next) {
		if (!node_visible(srv, n, reader))
			continue;
		buf_text(b, before);
		json_peer(b, srv, n, reader);
		before = ",";
	}
	for (in = srv->nodes.injected; in; in = in->next) {
		buf_printf(b, "%s%s", before, in->json);
		before = ",";
	}
	if (synth < srv->nodes.n_synth)
		synth = srv->nodes.n_synth;
	for (i = 0; i < synth; i++) {
		buf_text(b, before);
		json_synth(b, srv, i, reader);
		before = ",";
	}
}

void json_tka_info(struct buf *b, struct server *srv, const struct node *n)
{
	uint8_t head[LOCK_HASH];
	char text[LOCK_HASH_TEXT];

	switch (srv->lock.state) {
	case LOCK_NEVER:
		break;
	case LOCK_ON:
		lock_told_head(srv, n, head);
		buf_printf(b, ",\"TKAInfo\":{\"Head\":\"%s\"}",
			   lock_hash_text(head, text));
		break;
	case LOCK_OFF:
		buf_text(b, ",\"TKAInfo\":{\"Disabled\":true}");
		break;
	}
}

void json_full(struct buf *b, struct server *srv, const struct node *n,
	       size_t synth)
{
	struct buf peers = {};
	char time[TIME_TEXT_MAX];

	buf_text(b, "{\"Node\":");
	json_self(b, srv, n);
	if (srv->derpmap)
		buf_printf(b, ",\"DERPMap\":%s", srv->derpmap);
	json_peers(&peers, srv, n, synth);
	/* HS has an encoder that drops empty arrays. */
	if (buf_len(&peers) || srv->cfg.mode != SERVER_HEADSCALE) {
		buf_text(b, ",\"Peers\":[");
		buf_add(b, buf_data(&peers), buf_len(&peers));
		buf_text(b, "]");
	}
	buf_done(&peers);
	buf_printf(b, ",\"DNSConfig\":%s,\"Domain\":\"%s\",", srv->dns,
		   srv->cfg.domain);
	buf_text(b, "\"CollectServices\":false,");
	json_filters(b, srv);
	buf_text(b, ",\"UserProfiles\":");
	json_profiles(b, srv);
	buf_printf(b, ",\"ControlTime\":\"%s\"",
		   time_text(clock_wall_ms(), time));
	json_tka_info(b, srv, n);
	buf_text(b, ",\"Debug\":{\"DisableLogTail\":true}}");
}

void json_patch(struct buf *b, const struct node *n, unsigned int what)
{
	char key[KEY_TEXT_MAX], time[TIME_TEXT_MAX];

	if (what & PATCH_ENDPOINTS) {
		buf_text(b, ",\"Endpoints\":");
		dump(b, n->endpoints);
	}
	if (what & PATCH_DERP)
		buf_printf(b, ",\"DERPRegion\":%d", n->home_derp);
	if (what & PATCH_DISCO)
		buf_printf(b, ",\"DiscoKey\":\"%s\"",
			   key_text("discokey", n->disco, key));
	if (what & PATCH_KEY)
		buf_printf(b, ",\"Key\":\"%s\"",
			   key_text("nodekey", n->key, key));
	if (what & PATCH_SIG) {
		buf_text(b, ",\"KeySignature\":\"");
		base64_add(b, buf_data(&n->sig), buf_len(&n->sig));
		buf_text(b, "\"");
	}
	if (what & PATCH_EXPIRY && n->expiry_ms)
		buf_printf(b, ",\"KeyExpiry\":\"%s\"",
			   time_text(n->expiry_ms, time));
	if (what & PATCH_ONLINE) {
		bool online = node_online(n);

		buf_printf(b, ",\"Online\":%s", online ? "true" : "false");
		if (!online)
			buf_printf(b, ",\"LastSeen\":\"%s\"",
				   time_text(n->seen_ms, time));
	}
}
