// SPDX-License-Identifier: GPL-2.0-only
#include "register.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lock_rpc.h"
#include "map.h"
#include "node_json.h"
#include "register_fault.h"
#include "server.h"
#include "text.h"

/**
 * struct ask - a RegisterRequest, read
 */
struct ask {
	const json_t *json;
	int version;
	uint8_t machine[KEY_LEN];
	uint8_t key[KEY_LEN];
	uint8_t old_key[KEY_LEN];
	const char *auth_key;	/* NULL if none */
	const char *followup;	/* "" if none */
	int64_t expiry_ms;	/* 0 if none */
	bool ephemeral;
	const json_t *hostinfo;
};

static const char *string_at(const json_t *o, const char *field)
{
	const char *s = json_string_value(json_object_get(o, field));

	return s ? s : "";
}

/* Return: false if it is none, or one that is refused by status 400. */
static bool read_ask(const json_t *json, struct ask *ret)
{
	const char *old = string_at(json, "OldNodeKey"), *auth;
	int64_t expiry;

	ret->json = json;
	ret->version = json_integer_value(json_object_get(json, "Version"));
	if (ret->version <= 0 ||
	    !key_parse(string_at(json, "NodeKey"), "nodekey", ret->key) ||
	    key_is_zero(ret->key))
		return false;
	if (*old && !key_parse(old, "nodekey", ret->old_key))
		return false;
	auth = string_at(json_object_get(json, "Auth"), "AuthKey");
	ret->auth_key = *auth ? auth : NULL;
	ret->followup = string_at(json, "Followup");
	/* Before 1970 is the zero time: not set. */
	if (time_parse(string_at(json, "Expiry"), &expiry) && expiry > 0)
		ret->expiry_ms = expiry;
	ret->ephemeral = json_is_true(json_object_get(json, "Ephemeral"));
	ret->hostinfo = json_object_get(json, "Hostinfo");
	return json_is_object(ret->hostinfo);
}

/* --- answers --------------------------------------------------------------- */

/* @resign: a signature that the next node key is to be added to, or NULL. */
static void answer_all(struct stream *st, const struct user *u, bool expired,
		       bool authorized, const char *url,
		       const struct buf *resign, const char *error)
{
	struct buf b = {};

	buf_text(&b, "{");
	json_user(&b, u);
	buf_printf(&b, ",\"NodeKeyExpired\":%s,\"MachineAuthorized\":%s,",
		   expired ? "true" : "false", authorized ? "true" : "false");
	buf_text(&b, "\"AuthURL\":");
	json_quote(&b, url, strlen(url));
	buf_text(&b, ",\"NodeKeySignature\":");
	if (resign) {
		buf_text(&b, "\"");
		base64_add(&b, buf_data(resign), buf_len(resign));
		buf_text(&b, "\"");
	} else {
		buf_text(&b, "null");
	}
	buf_text(&b, ",\"Error\":");
	json_quote(&b, error, strlen(error));
	buf_text(&b, "}");
	stream_reply(st, 200, "application/json", buf_data(&b), buf_len(&b));
	buf_done(&b);
}

static void answer(struct stream *st, const struct user *u, bool expired,
		   bool authorized, const char *url, const char *error)
{
	answer_all(st, u, expired, authorized, url, NULL, error);
}

static void answer_error(struct stream *st, const char *error)
{
	answer(st, NULL, false, false, "", error);
}

static void answer_node(struct stream *st, const struct node *n)
{
	struct server *srv = n->srv;
	const struct user *u = json_array_size(n->tags) ?
			       user_tagged(&srv->nodes) : n->user;

	answer(st, u, false, srv->cfg.mode == SERVER_HEADSCALE ||
	       n->authorized, "", "");
}

/* --- letting in ------------------------------------------------------------ */

static void set_expiry(struct server *srv, struct node *n, int64_t wanted_ms)
{
	n->expiry_ms = 0;
	if (json_array_size(n->tags))
		return;
	if (srv->cfg.key_expiry_ms)
		n->expiry_ms = clock_wall_ms() + srv->cfg.key_expiry_ms;
	if (wanted_ms && (!n->expiry_ms || wanted_ms < n->expiry_ms))
		n->expiry_ms = wanted_ms;
}

static void replace(json_t **dst, json_t *src)
{
	json_decref(*dst);
	*dst = src;
}

static void take_key(struct node *n, const struct ask *ask)
{
	if (!memcmp(n->key, ask->key, KEY_LEN))
		return;
	memcpy(n->prev_key, n->key, KEY_LEN);
	memcpy(n->key, ask->key, KEY_LEN);
	/* The signature was for the key before. */
	buf_done(&n->prev_sig);
	n->prev_sig = n->sig;
	n->sig = (struct buf){};
}

/* What it says about the tailnet lock. Return: has it a new signature? */
static bool take_lock(struct node *n, const struct ask *ask)
{
	struct buf sig = {};
	bool ok;

	key_parse(string_at(ask->json, "NLKey"), "nlpub", n->lock_key);
	ok = lock_base64(json_object_get(ask->json, "NodeKeySignature"),
			 &sig) && buf_len(&sig) && buf_len(&sig) <= LOCK_SIG_MAX;
	if (ok) {
		buf_done(&n->sig);
		n->sig = sig;
		sig = (struct buf){};
	}
	buf_done(&sig);
	n->resign_asked = false;
	return ok;
}

/* The record that a new key is for: that of the old key, or of the machine. */
static struct node *existing(struct server *srv, const struct ask *ask,
			     const struct user *u)
{
	struct node *n = NULL;

	if (!key_is_zero(ask->old_key))
		n = node_by_poll_key(&srv->nodes, ask->old_key);
	if (n && !memcmp(n->machine, ask->machine, KEY_LEN))
		return n;
	return node_by_machine(&srv->nodes, ask->machine, u);
}

/* Make the node, or bring its record up to date. @key may be NULL. */
static struct node *admit(struct server *srv, const struct ask *ask,
			  struct user *u, struct authkey *key)
{
	const char *hostname = string_at(ask->hostinfo, "Hostname");
	struct node *n = existing(srv, ask, u);
	bool is_new = !n;

	if (is_new) {
		n = node_new(srv, hostname);
		if (!n)
			return NULL;
		memcpy(n->machine, ask->machine, KEY_LEN);
		memcpy(n->key, ask->key, KEY_LEN);
		n->authorized = !srv->cfg.approve_machines;
	}
	take_key(n, ask);
	take_lock(n, ask);
	n->user = u;
	n->cap = ask->version;
	if (key) {
		replace(&n->tags, json_copy(key->tags));
		n->ephemeral = key->ephemeral;
		key->used++;
	}
	/* HS knows ephemeral keys only. */
	if (ask->ephemeral && srv->cfg.mode == SERVER_TAILSCALE)
		n->ephemeral = true;
	replace(&n->hostinfo, json_deep_copy(ask->hostinfo));
	set_expiry(srv, n, ask->expiry_ms);
	srv->stats.registers_done++;
	server_log(srv, "%s %s", is_new ? "new node" : "node again", n->label);
	map_expiry(srv, n);
	return n;
}

static void admit_and_answer(struct server *srv, struct stream *st,
			     const struct ask *ask, struct user *u,
			     struct authkey *key)
{
	struct node *n = admit(srv, ask, u, key);

	if (n)
		answer_node(st, n);
	else
		answer_error(st, "too many nodes");
}

/* --- the ways in ----------------------------------------------------------- */

static const char *authkey_error(const struct server *srv,
				 const struct authkey *k)
{
	if (!k)
		return srv->cfg.mode == SERVER_HEADSCALE ?
		       "invalid pre auth key" : "invalid authkey";
	if (k->revoked)
		return "authkey revoked";
	if (k->expiry_ms && k->expiry_ms <= clock_wall_ms())
		return "authkey expired";
	if (k->used && !k->reusable)
		return "authkey already used";
	return NULL;
}

static void by_authkey(struct server *srv, struct stream *st,
		       const struct ask *ask)
{
	struct authkey *k = authkey_find(&srv->nodes, ask->auth_key);
	const json_t *tags = json_object_get(ask->hostinfo, "RequestTags");
	const char *error = authkey_error(srv, k);

	if (!error && srv->cfg.mode == SERVER_HEADSCALE &&
	    json_array_size(tags) && !existing(srv, ask, k->user))
		error = "requested tags are invalid or not permitted";
	if (error)
		answer_error(st, error);
	else
		admit_and_answer(srv, st, ask, k->user, k);
}

static void by_login(struct server *srv, struct stream *st,
		     const struct ask *ask)
{
	struct login *l = login_new(srv);

	l->request = json_deep_copy(ask->json);
	memcpy(l->machine, ask->machine, KEY_LEN);
	memcpy(l->node_key, ask->key, KEY_LEN);
	memcpy(l->old_key, ask->old_key, KEY_LEN);
	server_log(srv, "login %s", l->url);
	answer(st, NULL, false, false, l->url, "");
}

static void waiter_gone(struct stream *st)
{
	struct login *l = st->owner;

	l->waiter = NULL;
}

/* The answer to who waits, or will ask. The login is over with it. */
static void conclude(struct server *srv, struct stream *st, struct login *l)
{
	struct ask ask = {};

	st->closed = NULL;
	memcpy(ask.machine, l->machine, KEY_LEN);
	if (l->refused)
		answer_error(st, "login refused");
	else if (read_ask(l->request, &ask))
		admit_and_answer(srv, st, &ask, l->user, NULL);
	login_free(&srv->nodes, l);
}

static void serve_followup(struct server *srv, struct stream *st,
		     const struct ask *ask)
{
	struct login *l = login_find(&srv->nodes, ask->followup);

	srv->stats.followups++;
	if (!l) {
		/* HS tells a malformed URL from one of a login it forgot. */
		if (srv->cfg.mode == SERVER_HEADSCALE &&
		    !strstr(ask->followup, "/register/hskey-authreq-"))
			answer_error(st, "invalid followup URL");
		else
			by_login(srv, st, ask);
		return;
	}
	if (memcmp(l->machine, ask->machine, KEY_LEN) ||
	    memcmp(l->node_key, ask->key, KEY_LEN)) {
		answer_error(st, "followup by another node");
		return;
	}
	if (l->done) {
		conclude(srv, st, l);
		return;
	}
	/* The newest waiter is the one that gets the answer. */
	if (l->waiter) {
		l->waiter->closed = NULL;
		stream_reply_text(l->waiter, 409, "replaced\n");
	}
	l->waiter = st;
	st->owner = l;
	st->closed = waiter_gone;
}

static void finish(struct server *srv, struct login *l)
{
	if (l->done)
		return;
	l->done = true;
	if (l->waiter)
		conclude(srv, l->waiter, l);
}

void register_login_finish(struct server *srv, struct login *l,
			   const char *user)
{
	l->user = user_get(&srv->nodes, user ? user : REGISTER_DEFAULT_USER);
	finish(srv, l);
}

void register_login_refuse(struct server *srv, struct login *l)
{
	l->refused = true;
	finish(srv, l);
}

/* --- a key we know ---------------------------------------------------------- */

static void serve_logout(struct server *srv, struct stream *st, struct node *n)
{
	bool ephemeral = n->ephemeral;

	server_log(srv, "logout of %s", n->label);
	n->expiry_ms = clock_wall_ms();
	answer(st, n->user, true, false, "", "");
	if (ephemeral) {
		map_delete(srv, n);
		return;
	}
	map_expiry(srv, n);
}

static void change_expiry(struct server *srv, struct stream *st,
			  struct node *n, int64_t expiry_ms)
{
	if (srv->cfg.mode == SERVER_HEADSCALE ||
	    (n->expiry_ms && expiry_ms > n->expiry_ms)) {
		answer_error(st, "extending key is not allowed");
		return;
	}
	n->expiry_ms = expiry_ms;
	map_expiry(srv, n);
	answer_node(st, n);
}

static void known_key(struct server *srv, struct stream *st,
		      const struct ask *ask, struct node *n)
{
	struct authkey *k;

	if (memcmp(n->machine, ask->machine, KEY_LEN)) {
		answer_error(st, "node exists with a different machine key");
		return;
	}
	if (ask->expiry_ms && ask->expiry_ms <= clock_wall_ms()) {
		serve_logout(srv, st, n);
		return;
	}
	if (node_expired(n)) {
		k = ask->auth_key ? authkey_find(&srv->nodes, ask->auth_key) :
		    NULL;
		if (k && !authkey_error(srv, k))
			admit_and_answer(srv, st, ask, k->user, k);
		else
			answer(st, n->user, true, false, "", "");
		return;
	}
	if (ask->expiry_ms && ask->expiry_ms != n->expiry_ms) {
		change_expiry(srv, st, n, ask->expiry_ms);
		return;
	}
	/* A restart: also with an auth key that is used up. */
	n->cap = ask->version;
	if (take_lock(n, ask))
		map_signed(srv, n);
	answer_node(st, n);
}

/* A new key in place of one that is signed: once, ask for a signature. */
static bool ask_resign(struct server *srv, struct stream *st,
		       const struct ask *ask)
{
	struct node *n;

	if (srv->lock.state != LOCK_ON || key_is_zero(ask->old_key) ||
	    *string_at(ask->json, "NodeKeySignature"))
		return false;
	n = node_by_key(&srv->nodes, ask->old_key);
	if (!n || memcmp(n->machine, ask->machine, KEY_LEN) ||
	    !buf_len(&n->sig) || n->resign_asked)
		return false;
	n->resign_asked = true;
	answer_all(st, n->user, false, false, "", &n->sig, "");
	return true;
}

static void serve_ask(struct server *srv, struct stream *st,
		      const struct ask *ask)
{
	struct node *n = node_by_key(&srv->nodes, ask->key);

	if (register_fault(srv, st, ask->hostinfo))
		return;
	if (*ask->followup)
		serve_followup(srv, st, ask);
	else if (n)
		known_key(srv, st, ask, n);
	else if (ask->expiry_ms && ask->expiry_ms <= clock_wall_ms())
		/* Logout of a key nobody knows: nothing to do. */
		answer(st, NULL, true, false, "", "");
	else if (ask_resign(srv, st, ask))
		server_log(srv, "asked for a signature of the next key");
	else if (ask->auth_key)
		by_authkey(srv, st, ask);
	else if (srv->cfg.open)
		admit_and_answer(srv, st, ask,
				 user_get(&srv->nodes, REGISTER_DEFAULT_USER),
				 NULL);
	else
		by_login(srv, st, ask);
}

void register_serve(struct server *srv, struct stream *st)
{
	json_t *json = json_loadb((char *)buf_data(&st->body),
				  buf_len(&st->body), JSON_ALLOW_NUL, NULL);
	struct ask ask = {};

	srv->stats.registers++;
	memcpy(ask.machine, st->h2->machine, KEY_LEN);
	if (!json_is_object(json) || !read_ask(json, &ask))
		stream_reply_text(st, 400, "malformed register request\n");
	else if (ask.version < srv->cfg.min_capver)
		stream_reply_text(st, 400, "unsupported client version\n");
	else
		serve_ask(srv, st, &ask);
	json_decref(json);
}
