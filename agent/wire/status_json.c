// SPDX-License-Identifier: GPL-2.0-only
#include "wire/status_json.h"

#include "base/array.h"
#include "crypto/key_text.h"
#include "wire/json_put.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const char *const filter_names[] = {
	[STATUS_FILTER_UNKNOWN] = NULL,
	[STATUS_FILTER_NOT_ENFORCED] = "not-enforced",
	[STATUS_FILTER_ENFORCED] = "enforced",
};

/* A step of writing; the first failure ends the chain. */
#define STEP(r, call) ((r) == 0 ? (call) : (r))

static int put_peer_texts(json_t *o, const struct status_peer *p)
{
	int r = json_put_text(o, "ID", p->id);

	r = STEP(r, json_put(o, "NodeID", json_integer(p->node_id)));
	r = STEP(r, json_put_node_key(o, "PublicKey", &p->key));
	r = STEP(r, json_put_text(o, "HostName", p->host_name));
	r = STEP(r, json_put_text(o, "DNSName", p->dns_name));
	r = STEP(r, json_put_text(o, "OS", p->os));
	r = STEP(r, json_put(o, "UserID", json_integer(p->user_id)));
	if (p->sharer_id)
		r = STEP(r, json_put(o, "AltSharerUserID",
				     json_integer(p->sharer_id)));
	r = STEP(r, json_put_list(o, "TailscaleIPs", &p->addresses));
	r = STEP(r, json_put_some_list(o, "AllowedIPs", &p->allowed_ips));
	r = STEP(r, json_put_some_list(o, "Tags", &p->tags));
	r = STEP(r, json_put_some_list(o, "PrimaryRoutes", &p->routes));
	r = STEP(r, json_put_list(o, "Addrs", &p->endpoints));
	r = STEP(r, json_put_text(o, "CurAddr", p->cur_addr));
	r = STEP(r, json_put_text(o, "Relay", p->relay));
	return STEP(r, json_put_text(o, "PeerRelay", p->peer_relay));
}

static int put_peer_counts(json_t *o, const struct status_peer *p)
{
	int r = json_put(o, "RxBytes", json_integer(p->rx_bytes));

	r = STEP(r, json_put(o, "TxBytes", json_integer(p->tx_bytes)));
	r = STEP(r, json_put_time(o, "Created", &p->created));
	r = STEP(r, json_put_time(o, "LastWrite", &p->last_write));
	r = STEP(r, json_put_time(o, "LastSeen", &p->last_seen));
	r = STEP(r, json_put_time(o, "LastHandshake", &p->last_handshake));
	r = STEP(r, json_put(o, "Online", json_boolean(p->online)));
	r = STEP(r, json_put(o, "ExitNode", json_boolean(p->exit_node)));
	r = STEP(r, json_put(o, "ExitNodeOption",
			     json_boolean(p->exit_node_option)));
	r = STEP(r, json_put(o, "Active", json_boolean(p->active)));
	return STEP(r, json_put_list(o, "PeerAPIURL", &p->peerapi_urls));
}

static int put_peer_rest(json_t *o, const struct status_peer *p)
{
	struct timestamp expiry = p->key_expiry;
	int r = json_put(o, "TaildropTarget", json_integer(0));

	expiry.ns = 0;
	r = STEP(r, json_put_text(o, "NoFileSharingReason", ""));
	if (p->cap_map)
		r = STEP(r, json_put_json(o, "CapMap", p->cap_map));
	r = STEP(r, json_put_some_list(o, "sshHostKeys", &p->ssh_host_keys));
	r = STEP(r, json_put_true(o, "ShareeNode", p->sharee));
	r = STEP(r, json_put(o, "InNetworkMap", json_boolean(p->in_map)));
	r = STEP(r, json_put(o, "InMagicSock", json_boolean(p->in_magicsock)));
	r = STEP(r, json_put(o, "InEngine", json_boolean(p->in_engine)));
	r = STEP(r, json_put_true(o, "Expired", p->expired));
	if (expiry.set)
		r = STEP(r, json_put_time(o, "KeyExpiry", &expiry));
	return STEP(r, json_put_some_text(o, "AdmissionRefused", p->refused));
}

static int build_peer(const struct status_peer *peer, json_t **ret)
{
	json_t *object = json_object();
	int r = object ? put_peer_texts(object, peer) : -ENOMEM;

	r = STEP(r, put_peer_counts(object, peer));
	r = STEP(r, put_peer_rest(object, peer));
	if (r < 0) {
		json_decref(object);
		return r;
	}
	*ret = object;
	return 0;
}

static int put_peers(json_t *object, const struct status *status)
{
	struct key_hex key;
	json_t *map, *peer;
	size_t i;
	int r = 0;

	if (status->n_peers == 0)
		return json_put(object, "Peer", json_null());
	map = json_object();
	if (!map)
		return -ENOMEM;
	for (i = 0; i < status->n_peers && r == 0; i++) {
		r = build_peer(&status->peers[i], &peer);
		key_text_format_node(&status->peers[i].key, &key);
		r = STEP(r, json_put(map, key.c, peer));
	}
	if (r < 0) {
		json_decref(map);
		return r;
	}
	return json_put(object, "Peer", map);
}

int status_json_build_user(const struct status_user *user, json_t **ret)
{
	json_t *object = json_object();
	int r = object ? json_put(object, "ID", json_integer(user->id)) :
		-ENOMEM;

	r = STEP(r, json_put_text(object, "LoginName", user->login));
	r = STEP(r, json_put_text(object, "DisplayName", user->display));
	r = STEP(r, json_put_some_text(object, "ProfilePicURL",
				       user->picture_url));
	if (r < 0) {
		json_decref(object);
		return r;
	}
	*ret = object;
	return 0;
}

static int put_users(json_t *object, const struct status *status)
{
	json_t *map, *user;
	char id[24];
	size_t i;
	int r = 0;

	if (status->n_users == 0)
		return json_put(object, "User", json_null());
	map = json_object();
	if (!map)
		return -ENOMEM;
	for (i = 0; i < status->n_users && r == 0; i++) {
		snprintf(id, sizeof(id), "%" PRId64, status->users[i].id);
		r = status_json_build_user(&status->users[i], &user);
		r = STEP(r, json_put(map, id, user));
	}
	if (r < 0) {
		json_decref(map);
		return r;
	}
	return json_put(object, "User", map);
}

static int put_exit_node(json_t *object, const struct status *status)
{
	json_t *node;
	int r;

	if (!*status_text(status->exit_node_id))
		return 0;
	node = json_object();
	r = node ? json_put_text(node, "ID", status->exit_node_id) : -ENOMEM;
	r = STEP(r, json_put(node, "Online",
			     json_boolean(status->exit_node_online)));
	r = STEP(r, json_put_list(node, "TailscaleIPs",
				  &status->exit_node_ips));
	if (r < 0) {
		json_decref(node);
		return r;
	}
	return json_put(object, "ExitNodeStatus", node);
}

static int put_tailnet(json_t *object, const struct status *status)
{
	json_t *tailnet;
	int r;

	if (!status->has_tailnet)
		return json_put(object, "CurrentTailnet", json_null());
	tailnet = json_object();
	r = tailnet ? json_put_text(tailnet, "Name", status->tailnet_name) :
		-ENOMEM;
	r = STEP(r, json_put_text(tailnet, "MagicDNSSuffix",
				  status->magic_dns_suffix));
	r = STEP(r, json_put(tailnet, "MagicDNSEnabled",
			     json_boolean(status->magic_dns)));
	if (r < 0) {
		json_decref(tailnet);
		return r;
	}
	return json_put(object, "CurrentTailnet", tailnet);
}

/* Health is the one list that is never null. */
static int put_health(json_t *object, const struct status *status)
{
	if (status->health.n == 0)
		return json_put(object, "Health", json_array());
	return json_put_list(object, "Health", &status->health);
}

static int put_self(json_t *object, const struct status *status)
{
	json_t *self;
	int r = build_peer(&status->self, &self);

	return r < 0 ? r : json_put(object, "Self", self);
}

/* Ours; the stock daemon says nothing of the kind. */
static int put_rest(json_t *object, const struct status_rest *rest)
{
	json_t *o;
	int r;

	if (!rest->known)
		return 0;
	o = json_object();
	r = o ? json_put(o, "Sealed", json_boolean(rest->sealed)) : -ENOMEM;
	r = STEP(r, json_put(o, "RecoveryKey",
			     json_boolean(rest->recovery_key)));
	r = STEP(r, json_put(o, "Counter", json_boolean(rest->counter)));
	r = STEP(r, json_put_some_text(o, "TPM", rest->tpm));
	r = STEP(r, json_put_some_text(o, "TPMError", rest->tpm_error));
	r = STEP(r, json_put_true(o, "InLockout", rest->lockout));
	if (rest->lockout) {
		r = STEP(r, json_put(o, "LockoutCount",
				     json_integer(rest->failures)));
		r = STEP(r, json_put(o, "LockoutMax",
				     json_integer(rest->failures_max)));
		r = STEP(r, json_put(o, "LockoutIntervalSeconds",
				     json_integer(rest->interval_s)));
	}
	if (r < 0) {
		json_decref(o);
		return r;
	}
	return json_put(object, "StateAtRest", o);
}

static int put_top(json_t *o, const struct status *s)
{
	int r = json_put_text(o, "Version", s->version);

	r = STEP(r, json_put(o, "TUN", json_boolean(s->tun)));
	r = STEP(r, json_put_text(o, "BackendState",
				  backend_state_name(s->backend)));
	r = STEP(r, json_put_true(o, "HaveNodeKey", s->have_node_key));
	r = STEP(r, json_put_text(o, "AuthURL", s->auth_url));
	r = STEP(r, json_put_list(o, "TailscaleIPs", &s->self.addresses));
	r = STEP(r, put_self(o, s));
	r = STEP(r, put_exit_node(o, s));
	r = STEP(r, put_health(o, s));
	r = STEP(r, json_put_text(o, "MagicDNSSuffix", s->magic_dns_suffix));
	r = STEP(r, put_tailnet(o, s));
	r = STEP(r, json_put_list(o, "CertDomains", &s->cert_domains));
	r = STEP(r, json_put(o, "ExtraRecords", json_null()));
	r = STEP(r, put_peers(o, s));
	r = STEP(r, put_users(o, s));
	r = STEP(r, json_put(o, "ClientVersion", json_null()));
	r = STEP(r, put_rest(o, &s->rest));
	return STEP(r, json_put_some_text(o, "PacketFilter",
					  filter_names[s->filter]));
}

int status_json_build(const struct status *status, json_t **ret)
{
	json_t *object = json_object();
	int r = object ? put_top(object, status) : -ENOMEM;

	if (r < 0) {
		json_decref(object);
		return r;
	}
	*ret = object;
	return 0;
}

static int put_node(json_t *o, const struct status_peer *p)
{
	struct timestamp expiry = p->key_expiry;
	int r = json_put(o, "ID", json_integer(p->node_id));

	expiry.ns = 0;
	r = STEP(r, json_put_text(o, "StableID", p->id));
	r = STEP(r, json_put_text(o, "Name", p->dns_name));
	r = STEP(r, json_put(o, "User", json_integer(p->user_id)));
	if (p->sharer_id)
		r = STEP(r, json_put(o, "Sharer", json_integer(p->sharer_id)));
	r = STEP(r, json_put_node_key(o, "Key", &p->key));
	r = STEP(r, json_put_time(o, "KeyExpiry", &expiry));
	r = STEP(r, json_put_list(o, "AllowedIPs", &p->allowed_ips));
	r = STEP(r, json_put_some_list(o, "Endpoints", &p->endpoints));
	r = STEP(r, json_put_some_list(o, "Tags", &p->tags));
	r = STEP(r, json_put_some_list(o, "PrimaryRoutes", &p->routes));
	r = STEP(r, json_put_time(o, "Created", &p->created));
	if (p->online)
		r = STEP(r, json_put(o, "Online", json_true()));
	if (p->cap_map)
		r = STEP(r, json_put_json(o, "CapMap", p->cap_map));
	return STEP(r, json_put_some_text(o, "ComputedName", p->host_name));
}

/* Own addresses are the single ones among the prefixes. */
static int put_addresses(json_t *o, const struct status_peer *p)
{
	struct str_list prefixes = { 0 };
	char text[64];
	size_t i;
	int r = 0;

	for (i = 0; i < p->addresses.n && r == 0; i++) {
		snprintf(text, sizeof(text), "%s/%d", p->addresses.item[i],
			 strchr(p->addresses.item[i], ':') ? 128 : 32);
		r = str_list_add(&prefixes, text, strlen(text));
	}
	r = STEP(r, json_put_list(o, "Addresses", &prefixes));
	str_list_done(&prefixes);
	return r;
}

int status_json_build_node(const struct status_peer *peer, json_t **ret)
{
	json_t *object = json_object();
	int r = object ? put_node(object, peer) : -ENOMEM;

	r = STEP(r, put_addresses(object, peer));
	if (r < 0) {
		json_decref(object);
		return r;
	}
	*ret = object;
	return 0;
}

/**
 * struct source - an object being read
 * @o: the object
 * @detail: for errors
 * @r: first failure; nothing is read after it
 */
struct source {
	const json_t *o;
	struct err_detail *detail;
	int r;
};

static void take_text(struct source *s, const char *name, char **slot)
{
	s->r = STEP(s->r, json_take_string(s->o, name, s->detail, slot));
}

static void take_list(struct source *s, const char *name,
		      struct str_list *list)
{
	s->r = STEP(s->r, json_take_list(s->o, name, s->detail, list));
}

static void take_bool(struct source *s, const char *name, bool *ret)
{
	s->r = STEP(s->r, json_take_bool(s->o, name, s->detail, ret));
}

static void take_number(struct source *s, const char *name, int64_t *ret)
{
	s->r = STEP(s->r, json_take_number(s->o, name, s->detail, ret));
}

static void take_count(struct source *s, const char *name, uint64_t *ret)
{
	int64_t number = 0;

	take_number(s, name, &number);
	*ret = number;
}

static void take_time(struct source *s, const char *name,
		      struct timestamp *ret)
{
	s->r = STEP(s->r, json_take_time(s->o, name, s->detail, ret));
}

static void take_key(struct source *s, const char *name,
		     struct node_public *ret)
{
	const char *text = json_string_value(json_object_get(s->o, name));

	if (s->r < 0 || !text || !*text)
		return;
	if (key_text_parse_node(text, strlen(text), ret) < 0)
		s->r = err_explain(s->detail, TNE_LOCAL_JSON,
				   "%s is not a node key", name);
}

static int parse_peer(const json_t *object, struct err_detail *detail,
		      struct status_peer *p)
{
	struct source s = { .o = object, .detail = detail };

	take_text(&s, "ID", &p->id);
	take_number(&s, "NodeID", &p->node_id);
	take_key(&s, "PublicKey", &p->key);
	take_text(&s, "HostName", &p->host_name);
	take_text(&s, "DNSName", &p->dns_name);
	take_text(&s, "OS", &p->os);
	take_number(&s, "UserID", &p->user_id);
	take_number(&s, "AltSharerUserID", &p->sharer_id);
	take_list(&s, "TailscaleIPs", &p->addresses);
	take_list(&s, "AllowedIPs", &p->allowed_ips);
	take_list(&s, "Tags", &p->tags);
	take_list(&s, "PrimaryRoutes", &p->routes);
	take_list(&s, "Addrs", &p->endpoints);
	take_text(&s, "CurAddr", &p->cur_addr);
	take_text(&s, "Relay", &p->relay);
	take_text(&s, "PeerRelay", &p->peer_relay);
	take_count(&s, "RxBytes", &p->rx_bytes);
	take_count(&s, "TxBytes", &p->tx_bytes);
	take_time(&s, "Created", &p->created);
	take_time(&s, "LastWrite", &p->last_write);
	take_time(&s, "LastSeen", &p->last_seen);
	take_time(&s, "LastHandshake", &p->last_handshake);
	take_time(&s, "KeyExpiry", &p->key_expiry);
	take_bool(&s, "Online", &p->online);
	take_bool(&s, "ExitNode", &p->exit_node);
	take_bool(&s, "ExitNodeOption", &p->exit_node_option);
	take_bool(&s, "Active", &p->active);
	take_list(&s, "PeerAPIURL", &p->peerapi_urls);
	take_bool(&s, "ShareeNode", &p->sharee);
	take_bool(&s, "InNetworkMap", &p->in_map);
	take_bool(&s, "InMagicSock", &p->in_magicsock);
	take_bool(&s, "InEngine", &p->in_engine);
	take_bool(&s, "Expired", &p->expired);
	take_text(&s, "AdmissionRefused", &p->refused);
	return s.r;
}

static int parse_peers(const json_t *object, struct err_detail *detail,
		       struct status *status)
{
	const json_t *map;
	struct status_peer *peer;
	const char *key;
	json_t *value;
	int r = json_take_object(object, "Peer", detail, &map);

	json_object_foreach((json_t *)map, key, value) {
		if (r < 0)
			break;
		peer = status_add_peer(status);
		r = peer ? parse_peer(value, detail, peer) : -ENOMEM;
	}
	return r;
}

static int parse_users(const json_t *object, struct err_detail *detail,
		       struct status *status)
{
	struct source s = { .detail = detail };
	struct status_user *user;
	const json_t *map;
	const char *id;
	json_t *value;

	s.r = json_take_object(object, "User", detail, &map);
	json_object_foreach((json_t *)map, id, value) {
		if (s.r < 0)
			break;
		user = status_add_user(status);
		if (!user)
			return -ENOMEM;
		s.o = value;
		take_number(&s, "ID", &user->id);
		take_text(&s, "LoginName", &user->login);
		take_text(&s, "DisplayName", &user->display);
		take_text(&s, "ProfilePicURL", &user->picture_url);
	}
	return s.r;
}

static void parse_enums(struct source *s, struct status *status)
{
	const char *text = json_string_value(json_object_get(s->o,
							     "BackendState"));
	size_t i;

	if (!text || !backend_state_parse(text, &status->backend))
		s->r = STEP(s->r, err_explain(s->detail, TNE_LOCAL_JSON,
					      "BackendState is unknown"));
	text = json_string_value(json_object_get(s->o, "PacketFilter"));
	for (i = 1; text && i < ARRAY_SIZE(filter_names); i++) {
		if (strcmp(filter_names[i], text) == 0)
			status->filter = i;
	}
}

static void parse_tailnet(struct source *s, struct status *status)
{
	struct source inner = { .detail = s->detail };

	s->r = STEP(s->r, json_take_object(s->o, "CurrentTailnet", s->detail,
					   &inner.o));
	if (s->r < 0 || !inner.o)
		return;
	status->has_tailnet = true;
	take_text(&inner, "Name", &status->tailnet_name);
	take_bool(&inner, "MagicDNSEnabled", &status->magic_dns);
	s->r = inner.r;
}

static void take_u32(struct source *s, const char *name, uint32_t *ret)
{
	int64_t number = 0;

	take_number(s, name, &number);
	*ret = number < 0 || number > UINT32_MAX ? 0 : number;
}

static void parse_rest(struct source *s, struct status_rest *rest)
{
	struct source inner = { .detail = s->detail };

	s->r = STEP(s->r, json_take_object(s->o, "StateAtRest", s->detail,
					   &inner.o));
	if (s->r < 0 || !inner.o)
		return;
	rest->known = true;
	take_bool(&inner, "Sealed", &rest->sealed);
	take_bool(&inner, "RecoveryKey", &rest->recovery_key);
	take_bool(&inner, "Counter", &rest->counter);
	take_text(&inner, "TPM", &rest->tpm);
	take_text(&inner, "TPMError", &rest->tpm_error);
	take_bool(&inner, "InLockout", &rest->lockout);
	take_u32(&inner, "LockoutCount", &rest->failures);
	take_u32(&inner, "LockoutMax", &rest->failures_max);
	take_u32(&inner, "LockoutIntervalSeconds", &rest->interval_s);
	s->r = inner.r;
}

static int parse_top(const json_t *object, struct err_detail *detail,
		     struct status *status)
{
	struct source s = { .o = object, .detail = detail };
	const json_t *self = NULL;

	take_text(&s, "Version", &status->version);
	take_bool(&s, "TUN", &status->tun);
	parse_enums(&s, status);
	take_bool(&s, "HaveNodeKey", &status->have_node_key);
	take_text(&s, "AuthURL", &status->auth_url);
	take_list(&s, "Health", &status->health);
	take_text(&s, "MagicDNSSuffix", &status->magic_dns_suffix);
	take_list(&s, "CertDomains", &status->cert_domains);
	parse_tailnet(&s, status);
	parse_rest(&s, &status->rest);
	s.r = STEP(s.r, json_take_object(object, "Self", detail, &self));
	s.r = STEP(s.r, parse_peer(self, detail, &status->self));
	s.r = STEP(s.r, parse_peers(object, detail, status));
	return STEP(s.r, parse_users(object, detail, status));
}

int status_json_parse(const json_t *object, struct err_detail *detail,
		      struct status *ret)
{
	struct status status = { 0 };
	int r;

	if (!json_is_object(object))
		return err_explain(detail, TNE_LOCAL_JSON,
				   "the status is not an object");
	r = parse_top(object, detail, &status);
	if (r < 0) {
		status_done(&status);
		return r;
	}
	*ret = status;
	return 0;
}
