// SPDX-License-Identifier: GPL-2.0-only
#include "lock_fault.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lock_make.h"
#include "server.h"

#define FOREIGN_ID	0x666f7265	/* of the other network's state */
#define CHUNK		65536		/* bytes of an endless answer at a time */
#define CHUNK_MS	5

struct buf *aum_list_add(struct aum_list *list)
{
	list->v = reallocarray(list->v, list->n + 1, sizeof(*list->v));
	if (!list->v)
		abort();
	list->v[list->n] = (struct buf){};
	return &list->v[list->n++];
}

static void cut_list(struct aum_list *list, size_t n)
{
	while (list->n > n)
		buf_done(&list->v[--list->n]);
}

void aum_list_done(struct aum_list *list)
{
	cut_list(list, 0);
	free(list->v);
}

/* --- updates that nobody asked for --------------------------------------------- */

static void by_name(const struct server *srv, const char *name,
		    struct signer *ret)
{
	if (!strcmp(name, "stranger"))
		signer_stranger(ret);
	else
		signer_own(srv, ret);
}

/* It adds the stranger's key behind the parent of the head. */
static void make_fork(const struct server *srv, const char *arg, struct buf *b)
{
	const struct lock_aum *a = lock_find(&srv->lock, srv->lock.head);
	struct made_key key = { .votes = 1 };
	struct signer stranger, by;

	signer_stranger(&stranger);
	memcpy(key.pub, stranger.pub, sizeof(key.pub));
	by_name(srv, fault_text(arg, "stranger"), &by);
	make_update(b, a && a->has_prev ? a->prev : srv->lock.head,
		    MADE_ADD_KEY, &key, &by);
}

static void make_foreign_genesis(struct buf *b)
{
	static const uint8_t value[1][32] = { "disabled by nobody" };
	static const uint64_t ids[2] = { FOREIGN_ID, FOREIGN_ID };
	struct made_key key = { .votes = 1 };
	struct signer stranger;

	signer_stranger(&stranger);
	memcpy(key.pub, stranger.pub, sizeof(key.pub));
	make_genesis(b, &key, 1, value, 1, ids, &stranger);
}

static void make_behind(const struct buf *before, const struct signer *by,
			struct buf *b)
{
	uint8_t hash[LOCK_HASH];

	lock_hash(buf_data(before), buf_len(before), hash);
	make_update(b, hash, MADE_NO_OP, NULL, by);
}

static void make_foreign_head(struct buf *b)
{
	struct signer stranger;
	struct buf genesis = {};

	signer_stranger(&stranger);
	make_foreign_genesis(&genesis);
	make_behind(&genesis, &stranger, b);
	buf_done(&genesis);
}

static void make_child(const struct server *srv, const char *arg,
		       struct buf *b)
{
	const uint8_t *prev = srv->lock.head;
	uint8_t orphan[LOCK_HASH];
	struct signer by;

	arg = fault_text(arg, "stranger");
	memset(orphan, 0x4f, sizeof(orphan));
	by_name(srv, arg, &by);
	if (!strcmp(arg, "genesis")) {
		make_foreign_genesis(b);
		return;
	}
	if (!strcmp(arg, "orphan"))
		prev = orphan;
	make_update(b, prev, MADE_NO_OP, NULL,
		    strcmp(arg, "unsigned") ? &by : NULL);
	/* The last byte is one of the signature. */
	if (!strcmp(arg, "bad-signature"))
		buf_data(b)[buf_len(b) - 1] ^= 1;
}

#define SIG_BYTES	103	/* one of an update, with its names */
#define COPIES_MAX	23	/* that a list of one byte's length can have */

/* @n copies of the one signature of @a. */
static void make_copies(const struct lock_aum *a, size_t n, struct buf *b)
{
	const uint8_t *sig = a->data + a->len - SIG_BYTES;

	buf_add(b, a->data, a->len - SIG_BYTES);
	buf_data(b)[buf_len(b) - 1] = CBOR_ARRAY << 5 | n;
	for (; n > 0; n--)
		buf_add(b, sig, SIG_BYTES);
}

/* The same update, for whoever goes by its hash a better one. */
static void make_twice(const struct server *srv, const char *arg, struct buf *b)
{
	const struct lock_aum *a;
	uint8_t hash[LOCK_HASH];
	size_t n;

	memcpy(hash, srv->lock.head, sizeof(hash));
	lock_hash_parse(arg, hash);
	a = lock_find(&srv->lock, hash);
	if (!a || a->len <= SIG_BYTES)
		return;
	for (n = 2; n <= COPIES_MAX; n++) {
		buf_done(b);
		make_copies(a, n, b);
		lock_hash(buf_data(b), buf_len(b), hash);
		if (memcmp(hash, a->hash, LOCK_HASH) < 0)
			return;
	}
}

/* Return: true if a fault puts an update of its own in place of the head. */
static bool forged_head(struct server *srv, const struct node *n,
			struct buf *b)
{
	struct faults *f = &srv->faults;
	const char *arg;

	if (srv->lock.state != LOCK_ON)
		return false;
	if (fault_take(f, FAULT_TKA_FOREIGN, n->label))
		make_foreign_head(b);
	else if (fault_take_arg(f, FAULT_TKA_FORK, n->label, &arg))
		make_fork(srv, arg, b);
	else if (fault_take_arg(f, FAULT_TKA_UPDATE, n->label, &arg))
		make_child(srv, arg, b);
	else if (fault_take_arg(f, FAULT_TKA_TWICE, n->label, &arg))
		make_twice(srv, arg, b);
	return buf_len(b);
}

void lock_last_head(struct server *srv, const struct node *n,
		    uint8_t ret[LOCK_HASH])
{
	const char *arg = fault_take(&srv->faults, FAULT_TKA_ROLLBACK,
				     n->label);

	memcpy(ret, arg ? srv->lock.genesis : srv->lock.head, LOCK_HASH);
	if (arg)
		lock_hash_parse(arg, ret);
}

void lock_told_head(struct server *srv, const struct node *n,
		    uint8_t ret[LOCK_HASH])
{
	struct buf b = {};

	if (forged_head(srv, n, &b))
		lock_hash(buf_data(&b), buf_len(&b), ret);
	else
		lock_last_head(srv, n, ret);
	buf_done(&b);
}

/* --- bombs ----------------------------------------------------------------------- */

static void make_huge(struct buf *b, size_t n)
{
	cbor_put_head(b, CBOR_MAP, 2);
	cbor_put_head(b, CBOR_UINT, AUM_KIND);
	cbor_put_head(b, CBOR_UINT, MADE_NO_OP);
	cbor_put_head(b, CBOR_UINT, AUM_KEY_ID);
	cbor_put_head(b, CBOR_BYTES, n);
	memset(buf_grow(b, n), 0x68, n);
}

static void make_length(struct buf *b)
{
	cbor_put_head(b, CBOR_MAP, 2);
	cbor_put_head(b, CBOR_UINT, AUM_KIND);
	cbor_put_head(b, CBOR_UINT, MADE_NO_OP);
	cbor_put_head(b, CBOR_UINT, AUM_PREV);
	cbor_put_head(b, CBOR_BYTES, 1ull << 62);
	buf_text(b, "short");
}

static void make_deep(struct buf *b, long depth)
{
	while (depth-- > 0) {
		cbor_put_head(b, CBOR_MAP, 1);
		cbor_put_head(b, CBOR_UINT, AUM_STATE);
	}
	cbor_put_head(b, CBOR_MAP, 0);
}

static void make_wide(struct buf *b, long pairs)
{
	long i;

	cbor_put_head(b, CBOR_MAP, pairs);
	for (i = 1; i <= pairs; i++) {
		cbor_put_head(b, CBOR_UINT, i);
		cbor_put_head(b, CBOR_UINT, 0);
	}
}

/* Return: true if @b is one. */
static bool make_bomb(struct server *srv, const struct node *n, struct buf *b)
{
	struct faults *f = &srv->faults;
	const char *arg;

	if (fault_take(f, FAULT_TKA_AUM_GARBAGE, n->label))
		randombytes_buf(buf_grow(b, 100), 100);
	else if (fault_take_arg(f, FAULT_TKA_AUM_HUGE, n->label, &arg))
		make_huge(b, fault_number(arg, 2 << 20));
	else if (fault_take(f, FAULT_TKA_AUM_LENGTH, n->label))
		make_length(b);
	else if (fault_take_arg(f, FAULT_TKA_AUM_DEEP, n->label, &arg))
		make_deep(b, fault_number(arg, 10000));
	else if (fault_take_arg(f, FAULT_TKA_AUM_WIDE, n->label, &arg))
		make_wide(b, fault_number(arg, 100000));
	else
		return false;
	return true;
}

static void add_many(const struct server *srv, struct aum_list *list, long n)
{
	struct buf first = {}, *b;
	struct signer stranger;

	signer_stranger(&stranger);
	make_child(srv, "stranger", &first);
	for (; n > 0; n--) {
		b = aum_list_add(list);
		make_behind(list->n > 1 ? &list->v[list->n - 2] : &first,
			    &stranger, b);
	}
	buf_done(&first);
}

/* --- updates that are true, but for how they come --------------------------------- */

/* All of them, oldest first, in place of what there was. */
static void all_updates(const struct server *srv, struct aum_list *list)
{
	const struct lock *l = &srv->lock;
	const struct lock_aum *a = lock_find(l, l->head);
	struct aum_list back = {};

	cut_list(list, 0);
	for (; a; a = lock_parent(l, a))
		buf_add(aum_list_add(&back), a->data, a->len);
	while (back.n) {
		*aum_list_add(list) = back.v[back.n - 1];
		back.v[--back.n] = (struct buf){};
	}
	aum_list_done(&back);
}

static void withhold(struct aum_list *list, const char *last)
{
	uint8_t want[LOCK_HASH], hash[LOCK_HASH];
	size_t i;

	if (!lock_hash_parse(last, want)) {
		cut_list(list, 0);
		return;
	}
	for (i = 0; i < list->n; i++) {
		lock_hash(buf_data(&list->v[i]), buf_len(&list->v[i]), hash);
		if (!memcmp(hash, want, LOCK_HASH))
			break;
	}
	/* Who has that one already gets none. */
	cut_list(list, i < list->n ? i + 1 : 0);
}

static void reorder(struct aum_list *list)
{
	struct buf swap;
	size_t i;

	for (i = 0; i < list->n / 2; i++) {
		swap = list->v[i];
		list->v[i] = list->v[list->n - 1 - i];
		list->v[list->n - 1 - i] = swap;
	}
}

/* The head of the map takes one byte more than it needs. */
static void long_form(struct buf *b)
{
	uint8_t two[2] = { CBOR_MAP << 5 | 24, buf_data(b)[0] & 31 };
	struct buf out = {};

	buf_add(&out, two, 2);
	buf_add(&out, buf_data(b) + 1, buf_len(b) - 1);
	buf_done(b);
	*b = out;
}

static void spoil(struct server *srv, const struct node *n,
		  struct aum_list *list)
{
	struct faults *f = &srv->faults;
	size_t i;

	if (!list->n)
		return;
	if (fault_take(f, FAULT_TKA_LONG_FORM, n->label))
		for (i = 0; i < list->n; i++)
			long_form(&list->v[i]);
	if (fault_take(f, FAULT_TKA_TRAILING, n->label))
		for (i = 0; i < list->n; i++)
			buf_add(&list->v[i], "", 1);
	if (fault_take(f, FAULT_TKA_SHORT, n->label))
		for (i = 0; i < list->n; i++)
			buf_chop(&list->v[i], 1);
}

void lock_fault_genesis(struct server *srv, const struct node *n,
			struct aum_list *list)
{
	struct buf b = {};

	if (fault_take(&srv->faults, FAULT_TKA_FOREIGN, n->label))
		make_foreign_genesis(&b);
	else
		make_bomb(srv, n, &b);
	if (buf_len(&b)) {
		buf_done(&list->v[0]);
		list->v[0] = b;
	}
	spoil(srv, n, list);
}

void lock_fault_missing(struct server *srv, const struct node *n,
			struct aum_list *list)
{
	struct faults *f = &srv->faults;
	struct buf b = {};
	const char *arg;

	if (fault_take_arg(f, FAULT_TKA_WITHHOLD, n->label, &arg))
		withhold(list, arg);
	if (fault_take(f, FAULT_TKA_REPEAT, n->label))
		all_updates(srv, list);
	if (forged_head(srv, n, &b) || make_bomb(srv, n, &b))
		*aum_list_add(list) = b;
	if (fault_take_arg(f, FAULT_TKA_AUM_MANY, n->label, &arg))
		add_many(srv, list, fault_number(arg, 5000));
	if (fault_take(f, FAULT_TKA_REORDER, n->label))
		reorder(list);
	spoil(srv, n, list);
}

/* --- members ------------------------------------------------------------------------ */

static json_t *base64_string(const void *data, size_t n)
{
	struct buf b = {};
	json_t *v;

	base64_add(&b, data, n);
	v = json_string(buf_str(&b));
	buf_done(&b);
	return v;
}

static json_t *filled(int byte, size_t n)
{
	struct buf b = {};
	json_t *v;

	memset(buf_grow(&b, n), byte, n);
	v = base64_string(buf_data(&b), n);
	buf_done(&b);
	return v;
}

static json_t *false_secret(const char *arg)
{
	size_t n = strlen(arg) / 2;
	uint8_t raw[FAULT_ARG_MAX];

	if (!strcmp(arg, "wrong"))
		return filled(0x66, 32);
	if (!strcmp(arg, "empty"))
		return json_string("");
	if (!strcmp(arg, "huge"))
		return filled(0x66, 500000);
	return hex_parse(arg, n, raw) && n ? base64_string(raw, n) : NULL;
}

static void edit_bootstrap(struct server *srv, const struct node *n,
			   json_t *answer)
{
	const char *arg;

	if (fault_take(&srv->faults, FAULT_TKA_GENESIS_NONE, n->label))
		json_object_del(answer, "GenesisAUM");
	if (!fault_take_arg(&srv->faults, FAULT_TKA_DISABLED, n->label, &arg))
		return;
	json_object_clear(answer);
	/* NULL sets nothing. */
	json_object_set_new(answer, "DisablementSecret", false_secret(arg));
}

static void edit_sync(struct server *srv, const struct node *n, json_t *answer)
{
	const char *arg = fault_take(&srv->faults, FAULT_TKA_ANSWER_HEAD,
				     n->label);
	json_t *ancestors = json_object_get(answer, "Ancestors");
	uint8_t hash[LOCK_HASH] = {};
	char text[LOCK_HASH_TEXT];
	long i;

	if (arg)
		json_object_set_new(answer, "Head",
				    json_string(fault_text(arg, "not a hash")));
	if (!ancestors ||
	    !fault_take_arg(&srv->faults, FAULT_TKA_ANCESTORS, n->label, &arg))
		return;
	for (i = fault_number(arg, 5000); i > 0; i--) {
		memcpy(hash, &i, sizeof(i));
		json_array_insert_new(ancestors, 0, json_string(
					lock_hash_text(hash, text)));
	}
}

static void edit_need(struct server *srv, const struct node *n, json_t *need)
{
	char text[KEY_TEXT_MAX];
	uint8_t key[KEY_LEN];
	const char *arg;
	long i, count = 0;

	if (fault_take_arg(&srv->faults, FAULT_TKA_NEED_MANY, n->label, &arg))
		count = fault_number(arg, 70000);
	else if (fault_take(&srv->faults, FAULT_TKA_NEED_ROGUE, n->label))
		count = 1;
	for (i = 0; i < count; i++) {
		memset(key, 0xee, sizeof(key));
		memcpy(key, &i, sizeof(i));
		json_array_append_new(need, json_pack("{s:I,s:s,s:n}", "NodeID",
				(json_int_t)900001 + i, "NodePublic",
				key_text("nodekey", key, text),
				"RotationPubkey"));
	}
}

static void edit_affected(struct server *srv, const struct node *n,
			  json_t *sigs)
{
	struct signer stranger;
	const struct node *m;
	struct buf sig = {};

	if (!fault_take(&srv->faults, FAULT_TKA_AFFECTED, n->label))
		return;
	signer_stranger(&stranger);
	make_sig(&sig, n->key, NULL, &stranger);
	json_array_append_new(sigs, base64_string(buf_data(&sig),
						  buf_len(&sig)));
	buf_done(&sig);
	for (m = srv->nodes.list; m; m = m->next)
		json_array_append_new(sigs, base64_string(buf_data(&m->sig),
							  buf_len(&m->sig)));
	json_array_append_new(sigs, json_string("////"));
}

void lock_fault_members(struct server *srv, const struct node *n,
			const char *what, json_t *answer)
{
	if (!strcmp(what, "bootstrap"))
		edit_bootstrap(srv, n, answer);
	else if (!strncmp(what, "sync/", 5))
		edit_sync(srv, n, answer);
	else if (!strcmp(what, "init/begin"))
		edit_need(srv, n, json_object_get(answer, "NeedSignatures"));
	else if (!strcmp(what, "affected-sigs"))
		edit_affected(srv, n, json_object_get(answer, "Signatures"));
}

/* --- whole answers --------------------------------------------------------------------- */

/**
 * struct endless - an answer under way
 */
struct endless {
	struct stream *st;
	struct loop *loop;
	struct timer next;
};

static void endless_more(void *arg)
{
	struct endless *e = arg;
	char *text = malloc(CHUNK);

	if (!text)
		abort();
	memset(text, 'A', CHUNK);
	/* As fast as it is read, so that memory is the reader's worry. */
	if (buf_len(&e->st->out) < CHUNK)
		stream_write(e->st, text, CHUNK);
	free(text);
	loop_timer(e->loop, &e->next, CHUNK_MS, endless_more, e);
}

static void endless_closed(struct stream *st)
{
	struct endless *e = st->owner;

	loop_cancel(e->loop, &e->next);
	free(e);
}

static void answer_endless(struct server *srv, struct stream *st)
{
	struct endless *e = calloc(1, sizeof(*e));

	if (!e)
		abort();
	e->st = st;
	e->loop = srv->loop;
	st->owner = e;
	st->closed = endless_closed;
	stream_begin(st);
	stream_write(st, "{\"Head\":\"", 9);
	loop_timer(e->loop, &e->next, CHUNK_MS, endless_more, e);
}

static void answer_filled(struct stream *st, const char *front, int byte,
			  size_t n, const char *back)
{
	struct buf b = {};

	buf_text(&b, front);
	memset(buf_grow(&b, n), byte, n);
	buf_text(&b, back);
	stream_reply(st, 200, "application/json", buf_data(&b), buf_len(&b));
	buf_done(&b);
}

bool lock_fault_request(struct server *srv, struct stream *st,
			const struct node *n, const char *what)
{
	struct faults *f = &srv->faults;
	const char *arg;

	(void)what;
	if (fault_take_arg(f, FAULT_TKA_STATUS, n->label, &arg))
		stream_reply_text(st, fault_number(arg, 500), "not today\n");
	else if (fault_take(f, FAULT_TKA_GARBAGE, n->label))
		stream_reply_text(st, 200, "<html>a proxy was here</html>");
	else if (fault_take_arg(f, FAULT_TKA_ANSWER, n->label, &arg))
		stream_reply(st, 200, "application/json", arg, strlen(arg));
	else if (fault_take_arg(f, FAULT_TKA_HUGE, n->label, &arg))
		answer_filled(st, "{\"Padding\":\"", 'a',
			      fault_number(arg, 11 << 20), "\"}");
	else if (fault_take_arg(f, FAULT_TKA_DEEP, n->label, &arg))
		answer_filled(st, "{\"MissingAUMs\":", '[',
			      fault_number(arg, 100000), "");
	else if (fault_take(f, FAULT_TKA_ENDLESS, n->label))
		answer_endless(srv, st);
	else if (!fault_take(f, FAULT_TKA_HANG, n->label))
		return false;
	return true;
}

static json_t *other_type(const json_t *v)
{
	if (json_is_string(v))
		return json_integer(-7);
	if (json_is_array(v))
		return json_string("not an array");
	return json_array();
}

/* Each member @f makes something else of. */
static void each_member(json_t *answer, json_t *(*f)(const json_t *v))
{
	const char *name;
	void *save;
	json_t *v;

	json_object_foreach_safe(answer, save, name, v)
		json_object_set_new(answer, name, f(v));
}

static json_t *null_for(const json_t *v)
{
	(void)v;
	return json_null();
}

static json_t *odd_elements(const json_t *v)
{
	json_t *ret = json_copy((json_t *)v);

	if (json_is_array(v)) {
		json_array_append_new(ret, json_null());
		json_array_append_new(ret, json_integer(7));
		json_array_append_new(ret, json_string("*** no base64 ***"));
		json_array_append_new(ret, json_string(""));
		json_array_append_new(ret, json_array());
		json_array_append_new(ret, json_object());
	}
	return ret;
}

void lock_fault_send(struct server *srv, struct stream *st,
		     const struct node *n, json_t *answer)
{
	struct faults *f = &srv->faults;
	json_t *whole = answer;
	char *text;
	size_t len;

	if (fault_take(f, FAULT_TKA_EMPTY, n->label))
		json_object_clear(answer);
	if (fault_take(f, FAULT_TKA_NULL, n->label))
		each_member(answer, null_for);
	if (fault_take(f, FAULT_TKA_TYPES, n->label))
		each_member(answer, other_type);
	if (fault_take(f, FAULT_TKA_ELEMENTS, n->label))
		each_member(answer, odd_elements);
	if (fault_take(f, FAULT_TKA_ARRAY, n->label))
		whole = json_pack("[o]", answer);
	text = json_dumps(whole, JSON_COMPACT);
	if (!text)
		abort();
	len = strlen(text);
	if (fault_take(f, FAULT_TKA_CUT, n->label))
		len /= 2;
	stream_reply(st, 200, "application/json", text, len);
	free(text);
	json_decref(whole);
}
