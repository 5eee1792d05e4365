// SPDX-License-Identifier: GPL-2.0-only
/* Commands about the tailnet lock. */
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "admin.h"
#include "lock_make.h"
#include "lock_rpc.h"
#include "map.h"

#define KEYS_MAX	16	/* ours: of a genesis made here */

static const char *const states[] = {
	[LOCK_NEVER] = "never", [LOCK_ON] = "on", [LOCK_OFF] = "disabled",
};

static void say_node(struct admin *a, const struct node *n)
{
	char key[KEY_TEXT_MAX];

	admin_say(a, "%s %s %s head=%s", n->label,
		  buf_len(&n->sig) ? "signed" : "unsigned",
		  key_text("nlpub", n->lock_key, key),
		  *n->lock_head ? n->lock_head : "none");
}

static void show(struct admin *a)
{
	const struct lock *l = &a->srv->lock;
	char head[LOCK_HASH_TEXT];
	const struct node *n;

	admin_say(a, "state %s%s", states[l->state],
		  a->srv->cfg.lock ? "" : ", not offered");
	if (l->state != LOCK_NEVER) {
		admin_say(a, "head %s", lock_hash_text(l->head, head));
		admin_say(a, "genesis %s", lock_hash_text(l->genesis, head));
	}
	admin_say(a, "updates %u", l->n_aums);
	for (n = a->srv->nodes.list; n; n = n->next)
		say_node(a, n);
	admin_ok(a);
}

static void offer(struct admin *a, char *args)
{
	struct node *n;
	char *w = admin_word(&args);

	if (strcmp(w, "on") && strcmp(w, "off")) {
		admin_error(a, "on or off");
		return;
	}
	a->srv->cfg.lock = !strcmp(w, "on");
	for (n = a->srv->nodes.list; n; n = n->next)
		map_self(a->srv, n);
	admin_ok(a);
}

static void say_key(struct admin *a, char *args)
{
	char text[KEY_TEXT_MAX];
	struct signer own;

	(void)args;
	signer_own(a->srv, &own);
	admin_say(a, "%s", key_text("nlpub", own.pub, text));
	admin_ok(a);
}

/* --- switching on and off -------------------------------------------------------- */

/* "nlpub:...[?VOTES]" or "tlpub:..." */
static bool read_key(const char *word, struct made_key *ret)
{
	char text[KEY_TEXT_MAX];
	size_t n = strcspn(word, "?");

	snprintf(text, sizeof(text), "%.*s", (int)n, word);
	ret->votes = word[n] ? strtoull(word + n + 1, NULL, 10) : 1;
	return key_parse(text, "nlpub", ret->pub) ||
	       key_parse(text, "tlpub", ret->pub);
}

static void sign_own(struct server *srv, struct node *n, const uint8_t *wrapping)
{
	struct signer own;
	struct buf sig = {};

	signer_own(srv, &own);
	make_sig(&sig, n->key, wrapping, &own);
	buf_done(&n->sig);
	n->sig = sig;
}

static const uint8_t *lock_key_of(const struct node *n)
{
	return key_is_zero(n->lock_key) ? NULL : n->lock_key;
}

static void begin(struct admin *a, const struct buf *genesis)
{
	struct server *srv = a->srv;
	struct node *n;

	if (!lock_begin(&srv->lock, buf_data(genesis), buf_len(genesis))) {
		admin_error(a, "not a genesis");
		return;
	}
	for (n = srv->nodes.list; n; n = n->next)
		sign_own(srv, n, lock_key_of(n));
	srv->cfg.lock = true;
	srv->state_dirty = true;
	map_refresh(srv);
	admin_ok(a);
}

static void init(struct admin *a, char *args)
{
	struct made_key keys[KEYS_MAX];
	uint8_t values[1][32];
	struct signer own;
	struct buf genesis = {};
	size_t n = 0;
	uint64_t id;
	char *w;

	signer_own(a->srv, &own);
	memcpy(keys[n].pub, own.pub, sizeof(keys[n].pub));
	keys[n++].votes = 1;
	randombytes_buf(values, sizeof(values));
	randombytes_buf(&id, sizeof(id));
	while (*(w = admin_word(&args))) {
		if (!strncmp(w, "disablement:", 12) &&
		    hex_parse(w + 12, 32, values[0]))
			continue;
		if (n == KEYS_MAX || !read_key(w, &keys[n])) {
			admin_error(a, "%s: not a key, or one too many", w);
			return;
		}
		n++;
	}
	make_genesis(&genesis, keys, n, (const uint8_t (*)[32])values, 1,
		     id | 1, &own);
	begin(a, &genesis);
	buf_done(&genesis);
}

/* Any secret: nodes are to find out whether it is one. */
static void disable(struct admin *a, char *args)
{
	size_t n = strlen(args) / 2;
	struct buf secret = {};

	if (hex_parse(args, n, buf_grow(&secret, n + 1))) {
		lock_end(&a->srv->lock, buf_data(&secret), n);
		map_lock(a->srv);
		admin_ok(a);
	} else {
		admin_error(a, "not hex");
	}
	buf_done(&secret);
}

static void forget(struct admin *a, char *args)
{
	struct node *n;

	(void)args;
	lock_done(&a->srv->lock);
	for (n = a->srv->nodes.list; n; n = n->next) {
		buf_done(&n->sig);
		buf_done(&n->prev_sig);
	}
	a->srv->state_dirty = true;
	map_refresh(a->srv);
	admin_ok(a);
}

/* --- updates ------------------------------------------------------------------------ */

static void list(struct admin *a, char *args)
{
	char hash[LOCK_HASH_TEXT], prev[LOCK_HASH_TEXT];
	const struct lock_aum *m;

	(void)args;
	for (m = a->srv->lock.aums; m; m = m->next)
		admin_say(a, "%s kind=%u prev=%s", lock_hash_text(m->hash, hash),
			  m->kind, m->has_prev ?
			  lock_hash_text(m->prev, prev) : "none");
	admin_ok(a);
}

static void say_bytes(struct admin *a, const void *data, size_t n)
{
	struct buf b = {};

	base64_add(&b, data, n);
	admin_say(a, "%s", buf_str(&b));
	buf_done(&b);
	admin_ok(a);
}

static void one_update(struct admin *a, char *args)
{
	const struct lock_aum *m;
	uint8_t hash[LOCK_HASH];

	m = lock_hash_parse(admin_word(&args), hash) ?
	    lock_find(&a->srv->lock, hash) : NULL;
	if (m)
		say_bytes(a, m->data, m->len);
	else
		admin_error(a, "no such update");
}

static bool base64_word(const char *word, struct buf *ret)
{
	json_t *v = json_string(word);
	bool ok = lock_base64(v, ret);

	json_decref(v);
	return ok;
}

static void keep(struct admin *a, const struct buf *aum)
{
	struct lock_aum *m = lock_add(&a->srv->lock, buf_data(aum),
				      buf_len(aum));
	char text[LOCK_HASH_TEXT];

	if (!m) {
		admin_error(a, "not an update");
		return;
	}
	a->srv->state_dirty = true;
	admin_say(a, "%s", lock_hash_text(m->hash, text));
	admin_ok(a);
}

static void add(struct admin *a, char *args)
{
	struct buf aum = {};

	base64_word(admin_word(&args), &aum);
	keep(a, &aum);
	buf_done(&aum);
}

static void make(struct admin *a, char *args)
{
	char *what = admin_word(&args);
	uint8_t prev[LOCK_HASH];
	enum made_kind kind = MADE_NO_OP;
	struct made_key key = {};
	struct signer own;
	struct buf aum = {};
	char *w;

	if (!strcmp(what, "add-key"))
		kind = MADE_ADD_KEY;
	else if (!strcmp(what, "remove-key"))
		kind = MADE_REMOVE_KEY;
	w = admin_word(&args);
	if (kind != MADE_NO_OP) {
		if (!read_key(w, &key)) {
			admin_error(a, "not a key");
			return;
		}
		w = admin_word(&args);
	}
	memcpy(prev, a->srv->lock.head, sizeof(prev));
	if (*w && !lock_hash_parse(w, prev)) {
		admin_error(a, "not a hash");
		return;
	}
	signer_own(a->srv, &own);
	make_update(&aum, prev, kind, &key, &own);
	keep(a, &aum);
	buf_done(&aum);
}

static void set_head(struct admin *a, char *args)
{
	struct lock *l = &a->srv->lock;
	uint8_t hash[LOCK_HASH];

	if (!lock_hash_parse(admin_word(&args), hash) || !lock_find(l, hash)) {
		admin_error(a, "no such update");
		return;
	}
	memcpy(l->head, hash, sizeof(hash));
	map_lock(a->srv);
	admin_ok(a);
}

/* --- signatures --------------------------------------------------------------------- */

static void sign(struct admin *a, char *args)
{
	static const uint8_t zero[32];
	struct node *n = admin_node(a, admin_word(&args));
	bool zeros = !strcmp(admin_word(&args), "zeros");

	if (!n)
		return;
	sign_own(a->srv, n, zeros ? zero : lock_key_of(n));
	map_signed(a->srv, n);
	admin_ok(a);
}

static void sig(struct admin *a, char *args)
{
	struct node *n = admin_node(a, admin_word(&args));
	char *w = admin_word(&args);
	struct buf b = {};

	if (!n)
		return;
	if (!*w) {
		say_bytes(a, buf_data(&n->sig), buf_len(&n->sig));
	} else if (!strcmp(w, "none") || base64_word(w, &b)) {
		lock_sign_node(a->srv, n, buf_data(&b), buf_len(&b));
		admin_ok(a);
	} else {
		admin_error(a, "base64, or none");
	}
	buf_done(&b);
}

static void cmd_lock(struct admin *a, char *args)
{
	static const struct {
		const char *name;
		void (*run)(struct admin *a, char *args);
	} subs[] = {
		{ "offer", offer }, { "key", say_key }, { "init", init },
		{ "disable", disable }, { "forget", forget },
		{ "updates", list }, { "update", one_update }, { "add", add },
		{ "make", make }, { "head", set_head }, { "sign", sign },
		{ "sig", sig },
	};
	char *name = admin_word(&args);
	size_t i;

	if (!*name) {
		show(a);
		return;
	}
	for (i = 0; i < ARRAY_SIZE(subs); i++) {
		if (!strcmp(subs[i].name, name)) {
			subs[i].run(a, args);
			return;
		}
	}
	admin_error(a, "lock %s: try help", name);
}

const struct admin_command admin_lock_commands[] = {
	{ "lock", "[offer on|off | key | init [KEY[?VOTES]]... [disablement:HEX] "
	  "| disable HEX | forget | updates | update HASH | add BASE64 | "
	  "make no-op|add-key KEY|remove-key KEY [PARENT] | head HASH | "
	  "sign NODE [zeros] | sig NODE [BASE64|none]]",
	  "the tailnet lock; alone: how it stands", cmd_lock },
	{}
};
