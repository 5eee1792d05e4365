// SPDX-License-Identifier: GPL-2.0-only
#include "state.h"

#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lock_rpc.h"
#include "text.h"

static json_t *hex_json(const uint8_t key[KEY_LEN])
{
	char hex[2 * KEY_LEN + 1];

	hex_text(key, KEY_LEN, hex);
	return json_string(hex);
}

static json_t *base64_json(const void *data, size_t n)
{
	struct buf b = {};
	json_t *v;

	base64_add(&b, data, n);
	v = json_string(buf_str(&b));
	buf_done(&b);
	return v;
}

static json_t *sig_json(const struct buf *sig)
{
	return base64_json(buf_data(sig), buf_len(sig));
}

static json_t *node_json(const struct node *n)
{
	return json_pack("{s:I,s:s,s:s,s:o,s:o,s:o,s:o,s:I,s:I,s:b,s:b,s:i,s:i,"
			 "s:O,s:O,s:O,s:O,s:O,s:o,s:o,s:o}",
			 "id", (json_int_t)n->id, "label", n->label,
			 "user", n->user->login, "machine", hex_json(n->machine),
			 "key", hex_json(n->key),
			 "prev", hex_json(n->prev_key),
			 "disco", hex_json(n->disco),
			 "created", (json_int_t)n->created_ms,
			 "expiry", (json_int_t)n->expiry_ms,
			 "authorized", n->authorized, "ephemeral", n->ephemeral,
			 "derp", n->home_derp, "cap", n->cap, "tags", n->tags,
			 "endpoints", n->endpoints, "routes", n->routes,
			 "hostinfo", n->hostinfo, "capmap", n->capmap,
			 "lock_key", hex_json(n->lock_key),
			 "sig", sig_json(&n->sig),
			 "prev_sig", sig_json(&n->prev_sig));
}

/* Updates oldest first. */
static json_t *lock_json(const struct lock *l)
{
	json_t *aums = json_array();
	const struct lock_aum *a;

	for (a = l->aums; a; a = a->next)
		json_array_insert_new(aums, 0, base64_json(a->data, a->len));
	return json_pack("{s:i,s:o,s:o,s:o,s:o}", "state", (int)l->state,
			 "genesis", hex_json(l->genesis),
			 "head", hex_json(l->head),
			 "secret", sig_json(&l->secret), "updates", aums);
}

static json_t *authkey_json(const struct authkey *k)
{
	return json_pack("{s:s,s:s,s:O,s:I,s:b,s:b,s:b,s:i}", "key", k->text,
			 "user", k->user->login, "tags", k->tags,
			 "expiry", (json_int_t)k->expiry_ms,
			 "reusable", k->reusable, "ephemeral", k->ephemeral,
			 "revoked", k->revoked, "used", (int)k->used);
}

static void write_file(const char *path, json_t *root)
{
	char tmp[4096];

	snprintf(tmp, sizeof(tmp), "%s.new", path);
	if (json_dump_file(root, tmp, JSON_INDENT(1)) || rename(tmp, path))
		fprintf(stderr, "tn-control: %s: not saved\n", path);
}

void state_save(struct server *srv)
{
	json_t *root, *nodes, *keys;
	const struct authkey *k;
	const struct node *n;

	if (!srv->state_dirty || !srv->cfg.state_file)
		return;
	srv->state_dirty = false;
	nodes = json_array();
	keys = json_array();
	for (n = srv->nodes.list; n; n = n->next)
		json_array_append_new(nodes, node_json(n));
	for (k = srv->nodes.authkeys; k; k = k->next)
		json_array_append_new(keys, authkey_json(k));
	root = json_pack("{s:o,s:I,s:o,s:o,s:o}", "key", hex_json(srv->key),
			 "last_id", (json_int_t)srv->nodes.last_id,
			 "nodes", nodes, "authkeys", keys,
			 "lock", lock_json(&srv->lock));
	write_file(srv->cfg.state_file, root);
	json_decref(root);
}

static void get_key(const json_t *o, const char *field, uint8_t ret[KEY_LEN])
{
	const char *s = json_string_value(json_object_get(o, field));

	if (!s || !hex_parse(s, KEY_LEN, ret))
		memset(ret, 0, KEY_LEN);
}

static void get_bytes(const json_t *o, const char *field, struct buf *ret)
{
	buf_take(ret, buf_len(ret));
	lock_base64(json_object_get(o, field), ret);
}

static const char *get_text(const json_t *o, const char *field)
{
	const char *s = json_string_value(json_object_get(o, field));

	return s ? s : "";
}

static int64_t get_number(const json_t *o, const char *field)
{
	return json_integer_value(json_object_get(o, field));
}

static bool get_bool(const json_t *o, const char *field)
{
	return json_is_true(json_object_get(o, field));
}

static void get_json(const json_t *o, const char *field, json_t **where)
{
	json_t *v = json_object_get(o, field);

	if (!v || json_typeof(v) != json_typeof(*where))
		return;
	json_decref(*where);
	*where = json_incref(v);
}

static void load_node(struct server *srv, const json_t *o)
{
	struct node *n = node_new(srv, get_text(o, "label"));

	if (!n)
		return;
	n->id = get_number(o, "id");
	n->user = user_get(&srv->nodes, get_text(o, "user"));
	get_key(o, "machine", n->machine);
	get_key(o, "key", n->key);
	get_key(o, "prev", n->prev_key);
	get_key(o, "disco", n->disco);
	n->created_ms = get_number(o, "created");
	n->expiry_ms = get_number(o, "expiry");
	n->authorized = get_bool(o, "authorized");
	n->ephemeral = get_bool(o, "ephemeral");
	n->home_derp = get_number(o, "derp");
	n->cap = get_number(o, "cap");
	get_json(o, "tags", &n->tags);
	get_json(o, "endpoints", &n->endpoints);
	get_json(o, "routes", &n->routes);
	get_json(o, "hostinfo", &n->hostinfo);
	get_json(o, "capmap", &n->capmap);
	get_key(o, "lock_key", n->lock_key);
	get_bytes(o, "sig", &n->sig);
	get_bytes(o, "prev_sig", &n->prev_sig);
}

static void load_lock(struct lock *l, const json_t *o)
{
	struct buf aum = {};
	size_t i;
	json_t *v;

	json_array_foreach(json_object_get(o, "updates"), i, v) {
		buf_take(&aum, buf_len(&aum));
		if (lock_base64(v, &aum))
			lock_add(l, buf_data(&aum), buf_len(&aum));
	}
	buf_done(&aum);
	get_key(o, "genesis", l->genesis);
	get_key(o, "head", l->head);
	get_bytes(o, "secret", &l->secret);
	if (lock_find(l, l->genesis))
		l->state = get_number(o, "state") == LOCK_OFF ? LOCK_OFF :
							      LOCK_ON;
}

static void load_authkey(struct server *srv, const json_t *o)
{
	struct authkey *k = authkey_new(&srv->nodes, get_text(o, "user"));

	snprintf(k->text, sizeof(k->text), "%s", get_text(o, "key"));
	get_json(o, "tags", &k->tags);
	k->expiry_ms = get_number(o, "expiry");
	k->reusable = get_bool(o, "reusable");
	k->ephemeral = get_bool(o, "ephemeral");
	k->revoked = get_bool(o, "revoked");
	k->used = get_number(o, "used");
}

bool state_load(struct server *srv)
{
	const char *path = srv->cfg.state_file;
	json_error_t error;
	json_t *root, *v;
	size_t i;

	if (!path || access(path, F_OK))
		return true;
	root = json_load_file(path, 0, &error);
	if (!json_is_object(root)) {
		fprintf(stderr, "tn-control: %s: %s\n", path, error.text);
		json_decref(root);
		return false;
	}
	get_key(root, "key", srv->key);
	crypto_scalarmult_base(srv->pub, srv->key);
	json_array_foreach(json_object_get(root, "nodes"), i, v)
		load_node(srv, v);
	json_array_foreach(json_object_get(root, "authkeys"), i, v)
		load_authkey(srv, v);
	load_lock(&srv->lock, json_object_get(root, "lock"));
	srv->nodes.last_id = get_number(root, "last_id");
	json_decref(root);
	return true;
}
