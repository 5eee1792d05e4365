// SPDX-License-Identifier: GPL-2.0-only
#include "lock_rpc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lock_fault.h"
#include "map.h"
#include "rpc.h"
#include "server.h"

/**
 * struct lock_ask - a request and who sent it
 */
struct lock_ask {
	struct server *srv;
	struct stream *st;
	struct node *node;
	const char *what;
	const json_t *body;
};

static void refuse(const struct lock_ask *ask, int status, const char *why)
{
	server_log(ask->srv, "lock: %s of %s: %s", ask->what, ask->node->label,
		   why);
	stream_reply_text(ask->st, status, why);
}

/* @json is moved. */
static void answer(const struct lock_ask *ask, json_t *json)
{
	lock_fault_members(ask->srv, ask->node, ask->what, json);
	lock_fault_send(ask->srv, ask->st, ask->node, json);
}

bool lock_base64(const json_t *v, struct buf *ret)
{
	size_t len = json_string_length(v);
	uint8_t *p;
	long n;

	if (!json_is_string(v))
		return false;
	p = buf_grow(ret, len + 1);
	n = base64_parse(json_string_value(v), len, p, len);
	buf_chop(ret, len + 1 - (n < 0 ? 0 : n));
	return n >= 0;
}

static json_t *base64_json(const void *data, size_t n)
{
	struct buf b = {};
	json_t *v;

	base64_add(&b, data, n);
	v = json_stringn((char *)buf_data(&b), buf_len(&b));
	buf_done(&b);
	return v;
}

static json_t *hash_json(const uint8_t hash[LOCK_HASH])
{
	char text[LOCK_HASH_TEXT];

	return json_string(lock_hash_text(hash, text));
}

/* --- switching on ------------------------------------------------------------ */

static json_t *need_signature(const struct node *n)
{
	char key[KEY_TEXT_MAX];
	json_t *ret = json_object();

	json_object_set_new(ret, "NodeID", json_integer(n->id));
	json_object_set_new(ret, "NodePublic",
			    json_string(key_text("nodekey", n->key, key)));
	json_object_set_new(ret, "RotationPubkey", key_is_zero(n->lock_key) ?
			    json_null() : base64_json(n->lock_key, KEY_LEN));
	return ret;
}

static void init_begin(struct lock_ask *ask)
{
	struct lock *l = &ask->srv->lock;
	json_t *need = json_array();
	struct buf genesis = {};
	const struct node *n;

	if (l->state == LOCK_ON) {
		refuse(ask, 409, "the lock is on already\n");
	} else if (!lock_base64(json_object_get(ask->body, "GenesisAUM"),
				&genesis) ||
		   !cbor_whole((struct slice){ buf_data(&genesis),
					       buf_len(&genesis) })) {
		refuse(ask, 400, "no genesis\n");
	} else {
		buf_done(&l->pending);
		l->pending = genesis;
		genesis = (struct buf){};
		for (n = ask->srv->nodes.list; n; n = n->next)
			json_array_append_new(need, need_signature(n));
		answer(ask, json_pack("{s:O}", "NeedSignatures", need));
	}
	json_decref(need);
	buf_done(&genesis);
}

static void set_sig(struct node *n, const void *sig, size_t len)
{
	buf_take(&n->sig, buf_len(&n->sig));
	buf_add(&n->sig, sig, len);
}

void lock_sign_node(struct server *srv, struct node *n, const void *sig,
		    size_t len)
{
	set_sig(n, sig, len);
	map_signed(srv, n);
}

/* All signatures, or with @store false none: are they for nodes there are? */
static bool take_signatures(struct server *srv, const json_t *sigs, bool store)
{
	struct buf sig = {};
	struct node *n;
	const char *id;
	bool ok = true;
	json_t *v;

	json_object_foreach((json_t *)sigs, id, v) {
		n = node_by_name(&srv->nodes, id);
		buf_take(&sig, buf_len(&sig));
		ok = n && lock_base64(v, &sig) && buf_len(&sig) <= LOCK_SIG_MAX;
		if (!ok)
			break;
		if (store)
			set_sig(n, buf_data(&sig), buf_len(&sig));
	}
	buf_done(&sig);
	return ok;
}

static void init_finish(struct lock_ask *ask)
{
	const json_t *sigs = json_object_get(ask->body, "Signatures");
	struct lock *l = &ask->srv->lock;
	struct buf support = {};

	lock_base64(json_object_get(ask->body, "SupportDisablement"), &support);
	if (!buf_len(&l->pending)) {
		refuse(ask, 400, "init/begin comes first\n");
	} else if (!take_signatures(ask->srv, sigs, false)) {
		refuse(ask, 400, "a signature for nobody\n");
	} else if (!lock_begin(l, buf_data(&l->pending),
			       buf_len(&l->pending))) {
		refuse(ask, 400, "not a genesis\n");
	} else {
		take_signatures(ask->srv, sigs, true);
		l->support = support;
		support = (struct buf){};
		ask->srv->state_dirty = true;
		answer(ask, json_object());
		/* Signatures and lock at once: nobody is shut out meanwhile. */
		map_refresh(ask->srv);
	}
	buf_done(&support);
}

/* --- following ---------------------------------------------------------------- */

static void bootstrap(struct lock_ask *ask)
{
	const struct lock *l = &ask->srv->lock;
	struct aum_list list = {};
	json_t *json = json_object();
	const struct lock_aum *a;

	switch (l->state) {
	case LOCK_NEVER:
		break;
	case LOCK_ON:
		a = lock_find(l, l->genesis);
		buf_add(aum_list_add(&list), a->data, a->len);
		lock_fault_genesis(ask->srv, ask->node, &list);
		json_object_set_new(json, "GenesisAUM",
				    base64_json(buf_data(&list.v[0]),
						buf_len(&list.v[0])));
		break;
	case LOCK_OFF:
		json_object_set_new(json, "DisablementSecret",
				    base64_json(buf_data(&l->secret),
						buf_len(&l->secret)));
		break;
	}
	aum_list_done(&list);
	answer(ask, json);
}

static bool knows(const json_t *ancestors, const uint8_t head[LOCK_HASH],
		  const uint8_t hash[LOCK_HASH])
{
	uint8_t one[LOCK_HASH];
	size_t i;
	json_t *v;

	if (!memcmp(head, hash, LOCK_HASH))
		return true;
	json_array_foreach(ancestors, i, v)
		if (lock_hash_parse(json_string_value(v), one) &&
		    !memcmp(one, hash, LOCK_HASH))
			return true;
	return false;
}

bool lock_missing(const struct lock *l, const uint8_t from[LOCK_HASH],
		  const uint8_t head[LOCK_HASH], const json_t *ancestors,
		  struct buf *ret_missing)
{
	const struct lock_aum *a = lock_find(l, from);
	struct buf walked = {};
	size_t n;

	for (; a && !knows(ancestors, head, a->hash); a = lock_parent(l, a))
		buf_add(&walked, a->hash, LOCK_HASH);
	for (n = a ? buf_len(&walked) : 0; n; n -= LOCK_HASH)
		buf_add(ret_missing, buf_data(&walked) + n - LOCK_HASH,
			LOCK_HASH);
	buf_done(&walked);
	return a;
}

/* Checkpoints, newest first, and where it began. */
static json_t *own_ancestors(const struct lock *l,
			     const uint8_t head[LOCK_HASH])
{
	const struct lock_aum *a = lock_find(l, head);
	json_t *ret = json_array();
	unsigned int n;

	for (n = 0; a && a->has_prev && n < LOCK_WALK; n++) {
		if (a->kind == LOCK_CHECKPOINT)
			json_array_append_new(ret, hash_json(a->hash));
		a = lock_parent(l, a);
	}
	json_array_append_new(ret, hash_json(l->genesis));
	return ret;
}

static json_t *list_json(const struct aum_list *list)
{
	json_t *ret = json_array();
	size_t i;

	for (i = 0; i < list->n; i++)
		json_array_append_new(ret, base64_json(buf_data(&list->v[i]),
						       buf_len(&list->v[i])));
	return ret;
}

static void answer_offer(struct lock_ask *ask, const uint8_t from[LOCK_HASH],
			 const struct buf *hashes)
{
	const struct lock *l = &ask->srv->lock;
	struct aum_list list = {};
	uint8_t told[LOCK_HASH];
	const struct lock_aum *a;
	json_t *json;
	size_t i;

	for (i = 0; i < buf_len(hashes); i += LOCK_HASH) {
		a = lock_find(l, buf_data(hashes) + i);
		buf_add(aum_list_add(&list), a->data, a->len);
	}
	lock_fault_missing(ask->srv, ask->node, &list);
	lock_told_head(ask->srv, ask->node, told);
	json = json_pack("{s:o,s:o,s:o}", "Head", hash_json(told),
			 "Ancestors", own_ancestors(l, from),
			 "MissingAUMs", list_json(&list));
	aum_list_done(&list);
	answer(ask, json);
}

static void sync_offer(struct lock_ask *ask)
{
	const json_t *ancestors = json_object_get(ask->body, "Ancestors");
	const struct lock *l = &ask->srv->lock;
	uint8_t head[LOCK_HASH], from[LOCK_HASH];
	struct buf hashes = {};

	if (l->state != LOCK_ON) {
		refuse(ask, 400, "the lock is off\n");
		return;
	}
	if (!lock_hash_parse(json_string_value(json_object_get(ask->body,
							       "Head")),
			     head)) {
		refuse(ask, 400, "Head is no hash\n");
		return;
	}
	lock_last_head(ask->srv, ask->node, from);
	if (lock_missing(l, from, head, ancestors, &hashes))
		answer_offer(ask, from, &hashes);
	else
		refuse(ask, 400, "no intersection\n");
	buf_done(&hashes);
}

/* Into @ret; each must be a child of one we have, or of one before it. */
static bool read_batch(const struct lock *l, const json_t *array,
		       struct lock *ret)
{
	struct buf aum = {};
	const struct lock_aum *a;
	bool ok = true;
	size_t i;
	json_t *v;

	json_array_foreach(array, i, v) {
		buf_take(&aum, buf_len(&aum));
		ok = lock_base64(v, &aum);
		a = ok ? lock_add(ret, buf_data(&aum), buf_len(&aum)) : NULL;
		ok = a && (lock_find(l, a->hash) || lock_parent(l, a) ||
			   lock_parent(ret, a));
		if (!ok)
			break;
	}
	buf_done(&aum);
	return ok && l->n_aums + ret->n_aums <= LOCK_AUMS_MAX;
}

/* Oldest first. The head moves with what is built on it. */
static void store_batch(struct lock *l, const struct lock_aum *a)
{
	const struct lock_aum *new;

	if (!a)
		return;
	store_batch(l, a->next);
	new = lock_add(l, a->data, a->len);
	if (new->has_prev && !memcmp(new->prev, l->head, LOCK_HASH))
		memcpy(l->head, new->hash, LOCK_HASH);
}

static void sync_send(struct lock_ask *ask)
{
	const json_t *array = json_object_get(ask->body, "MissingAUMs");
	struct lock *l = &ask->srv->lock, batch = {};
	uint8_t head[LOCK_HASH], before[LOCK_HASH];

	if (l->state != LOCK_ON) {
		refuse(ask, 400, "the lock is off\n");
		return;
	}
	if (!lock_hash_parse(json_string_value(json_object_get(ask->body,
							       "Head")),
			     head) || !read_batch(l, array, &batch)) {
		refuse(ask, 400, "updates that do not follow\n");
		lock_done(&batch);
		return;
	}
	memcpy(before, l->head, LOCK_HASH);
	if (!fault_take(&ask->srv->faults, FAULT_TKA_SEND_LOST,
			ask->node->label)) {
		const struct lock_aum *known = lock_find(l, head);

		store_batch(l, batch.aums);
		/* A head we had not heard of wins by the sender's judgement. */
		if (!known && lock_find(l, head))
			memcpy(l->head, head, LOCK_HASH);
	}
	lock_done(&batch);
	ask->srv->state_dirty = true;
	lock_told_head(ask->srv, ask->node, head);
	answer(ask, json_pack("{s:o}", "Head", hash_json(head)));
	if (memcmp(before, l->head, LOCK_HASH))
		map_lock(ask->srv);
}

/* --- switching off, signing ---------------------------------------------------- */

static void disable(struct lock_ask *ask)
{
	struct lock *l = &ask->srv->lock;
	struct buf secret = {};

	if (l->state != LOCK_ON) {
		refuse(ask, 400, "the lock is off\n");
	} else if (!lock_base64(json_object_get(ask->body,
						"DisablementSecret"),
				&secret) ||
		   !lock_secret_ok(l, buf_data(&secret), buf_len(&secret))) {
		refuse(ask, 403, "not the secret\n");
	} else {
		lock_end(l, buf_data(&secret), buf_len(&secret));
		answer(ask, json_object());
		map_lock(ask->srv);
	}
	buf_done(&secret);
}

static void sign(struct lock_ask *ask)
{
	struct server *srv = ask->srv;
	struct node *n = NULL;
	struct buf sig = {};
	uint8_t key[KEY_LEN];

	if (lock_base64(json_object_get(ask->body, "Signature"), &sig) &&
	    buf_len(&sig) <= LOCK_SIG_MAX &&
	    lock_sig_node((struct slice){ buf_data(&sig), buf_len(&sig) }, key))
		n = node_by_key(&srv->nodes, key);
	if (!n) {
		refuse(ask, 400, "a signature for nobody\n");
	} else {
		answer(ask, json_object());
		if (!fault_take(&srv->faults, FAULT_TKA_SIGN_LOST,
				ask->node->label))
			lock_sign_node(srv, n, buf_data(&sig), buf_len(&sig));
	}
	buf_done(&sig);
}

static void affected_sigs(struct lock_ask *ask)
{
	json_t *sigs = json_array();
	struct buf key = {};
	const struct node *n;
	struct slice signer;

	if (!lock_base64(json_object_get(ask->body, "KeyID"), &key)) {
		refuse(ask, 400, "no KeyID\n");
		json_decref(sigs);
		buf_done(&key);
		return;
	}
	for (n = ask->srv->nodes.list; n; n = n->next)
		if (lock_sig_signer((struct slice){ buf_data(&n->sig),
						    buf_len(&n->sig) },
				    &signer) &&
		    signer.n == buf_len(&key) &&
		    !memcmp(signer.p, buf_data(&key), signer.n))
			json_array_append_new(sigs,
					      base64_json(buf_data(&n->sig),
							  buf_len(&n->sig)));
	buf_done(&key);
	answer(ask, json_pack("{s:o}", "Signatures", sigs));
}

/* --- who serves what ------------------------------------------------------------ */

bool lock_rpc(struct server *srv, struct stream *st, const char *what)
{
	static const struct {
		const char *what;
		void (*serve)(struct lock_ask *ask);
	} known[] = {
		{ "init/begin", init_begin },
		{ "init/finish", init_finish },
		{ "bootstrap", bootstrap },
		{ "sync/offer", sync_offer },
		{ "sync/send", sync_send },
		{ "disable", disable },
		{ "sign", sign },
		{ "affected-sigs", affected_sigs },
	};
	struct lock_ask ask = { .srv = srv, .st = st, .what = what };
	json_t *body;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(known) && strcmp(known[i].what, what); i++)
		;
	if (i == ARRAY_SIZE(known))
		return false;
	if (strcmp(st->method, "GET")) {
		stream_reply_text(st, 405, "method not allowed\n");
		return true;
	}
	body = json_loadb((char *)buf_data(&st->body), buf_len(&st->body),
			  JSON_ALLOW_NUL, NULL);
	ask.node = rpc_caller(srv, st, body);
	ask.body = body;
	if (!ask.node)
		stream_reply_text(st, 403, "not your node key\n");
	else if (!lock_fault_request(srv, st, ask.node, what))
		known[i].serve(&ask);
	json_decref(body);
	return true;
}
