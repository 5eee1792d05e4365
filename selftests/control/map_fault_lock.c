// SPDX-License-Identifier: GPL-2.0-only
#include "map_fault_lock.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "lock_make.h"
#include "map_fault_peer.h"
#include "server.h"
#include "text.h"

#define HEAD_NOBODY_KNOWS	"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

/* --- TKAInfo ------------------------------------------------------------------ */

static void put_info(json_t *root, const char *field, json_t *value)
{
	json_t *info = json_object();

	json_object_set_new(info, field, value ? value : json_string("?"));
	json_object_set_new(root, "TKAInfo", info);
}

static bool edit_info(json_t *root, enum fault_id id, const char *arg)
{
	switch ((int)id) {
	case FAULT_TKA_UNKNOWN:
		put_info(root, "Head", json_string(HEAD_NOBODY_KNOWS));
		return true;
	case FAULT_TKA_INFO_NONE:
		json_object_del(root, "TKAInfo");
		return true;
	case FAULT_TKA_INFO_NULL:
		json_object_set_new(root, "TKAInfo", json_null());
		return true;
	case FAULT_TKA_INFO_TYPE:
		put_info(root, "Head", json_integer(7));
		return true;
	case FAULT_TKA_INFO_HEAD:
		put_info(root, "Head", json_string(fault_text(arg,
							      "not a hash")));
		return true;
	case FAULT_TKA_DISABLED:
		put_info(root, "Disabled", json_true());
		return true;
	}
	return false;
}

/* --- peers nobody registered ---------------------------------------------------- */

/* @len 0 leaves it out. */
static void set_sig(json_t *peer, const void *sig, size_t len)
{
	struct buf b = {};

	base64_add(&b, sig, len);
	if (len)
		json_object_set_new(peer, "KeySignature",
				    json_string(buf_str(&b)));
	else
		json_object_del(peer, "KeySignature");
	buf_done(&b);
}

static void set_sig_buf(json_t *peer, const struct buf *sig)
{
	set_sig(peer, buf_data(sig), buf_len(sig));
}

static void set_key(json_t *peer, const uint8_t key[KEY_LEN])
{
	char text[KEY_TEXT_MAX];

	json_object_set_new(peer, "Key",
			    json_string(key_text("nodekey", key, text)));
}

static void get_key(const json_t *peer, uint8_t ret[KEY_LEN])
{
	key_parse(json_string_value(json_object_get(peer, "Key")), "nodekey",
		  ret);
}

/* The node named @arg, or else the first one but @except that is signed. */
static struct node *signed_node(const struct node *except, const char *arg)
{
	struct nodes *ns = &except->srv->nodes;
	struct node *n;

	if (*arg)
		return node_by_name(ns, arg);
	for (n = ns->list; n && (n == except || !buf_len(&n->sig)); n = n->next)
		;
	return n;
}

static const struct node *rotated_node(const struct node *except,
				       const char *arg)
{
	struct nodes *ns = &except->srv->nodes;
	const struct node *n;

	if (*arg)
		return node_by_name(ns, arg);
	for (n = ns->list; n && !buf_len(&n->prev_sig); n = n->next)
		;
	return n;
}

/* Somebody's signature has a wrapping key of zeros, or one is made. */
static void add_forged(json_t *root, const struct node *n)
{
	static const uint8_t zero[32];
	json_t *peer = map_fault_add_peer(root, 0);
	const uint8_t *wrapping;
	uint8_t key[KEY_LEN];
	struct slice nested;
	const struct node *m;
	struct signer own;
	struct buf made = {}, sig = {};

	get_key(peer, key);
	signer_own(n->srv, &own);
	make_sig(&made, own.pub, zero, &own);
	nested = (struct slice){ buf_data(&made), buf_len(&made) };
	for (m = n->srv->nodes.list; m; m = m->next) {
		struct slice one = { buf_data(&m->sig), buf_len(&m->sig) };

		if (cbor_field_bytes(one, NKS_WRAPPING, 32, &wrapping) &&
		    !memcmp(wrapping, zero, 32))
			nested = one;
	}
	make_forged_rotation(&sig, key, nested);
	set_sig_buf(peer, &sig);
	buf_done(&made);
	buf_done(&sig);
}

static void deep_sig(struct buf *b, unsigned int depth)
{
	while (depth--)
		buf_add(b, "\xa1\x05", 2);
	buf_add(b, "\xa1\x01\x01", 3);
}

/* Signed by the server's own key, and then spoilt. */
static void add_garbage(json_t *root, const struct node *n)
{
	uint8_t noise[142], key[KEY_LEN];
	struct buf sig = {}, deep = {};
	struct signer own;
	json_t *p;

	signer_own(n->srv, &own);
	randombytes_buf(noise, sizeof(noise));
	set_sig(map_fault_add_peer(root, 0), noise, sizeof(noise));
	json_object_set_new(map_fault_add_peer(root, 1), "KeySignature",
			    json_integer(7));
	json_object_set_new(map_fault_add_peer(root, 2), "KeySignature",
			    json_string("*** not base64 ***"));
	p = map_fault_add_peer(root, 3);
	get_key(p, key);
	make_sig(&sig, key, NULL, &own);
	set_sig(p, buf_data(&sig), buf_len(&sig) - 1);
	buf_done(&sig);
	p = map_fault_add_peer(root, 4);
	get_key(p, key);
	make_sig(&sig, key, NULL, &own);
	/* The head of a map of four, in two bytes. */
	noise[0] = CBOR_MAP << 5 | 24;
	noise[1] = buf_data(&sig)[0] & 31;
	memcpy(noise + 2, buf_data(&sig) + 1, sizeof(noise) - 2);
	buf_take(&sig, 1);
	buf_add(&deep, noise, 2);
	buf_add(&deep, buf_data(&sig), buf_len(&sig));
	set_sig_buf(p, &deep);
	buf_done(&sig);
	buf_done(&deep);
	deep_sig(&deep, 1000);
	set_sig_buf(map_fault_add_peer(root, 5), &deep);
	buf_done(&deep);
}

static void add_huge(json_t *root, size_t n)
{
	struct buf b = {};

	cbor_put_head(&b, CBOR_MAP, 2);
	cbor_put_head(&b, CBOR_UINT, NKS_KIND);
	cbor_put_head(&b, CBOR_UINT, NKS_DIRECT);
	cbor_put_head(&b, CBOR_UINT, NKS_KEY_ID);
	cbor_put_head(&b, CBOR_BYTES, n);
	memset(buf_grow(&b, n), 0x68, n);
	set_sig_buf(map_fault_add_peer(root, 0), &b);
	buf_done(&b);
}

static void add_stranger(json_t *root)
{
	json_t *peer = map_fault_add_peer(root, 0);
	struct signer stranger;
	uint8_t key[KEY_LEN];
	struct buf sig = {};

	get_key(peer, key);
	signer_stranger(&stranger);
	make_sig(&sig, key, NULL, &stranger);
	set_sig_buf(peer, &sig);
	buf_done(&sig);
}

static bool add_peers(json_t *root, const struct node *n, enum fault_id id,
		      const char *arg)
{
	const struct node *other;
	json_t *peer;

	switch ((int)id) {
	case FAULT_TKA_PEER_UNSIGNED:
		map_fault_add_peer(root, 0);
		return true;
	case FAULT_TKA_PEER_STRANGER:
		add_stranger(root);
		return true;
	case FAULT_TKA_PEER_STOLEN:
		peer = map_fault_add_peer(root, 0);
		other = signed_node(n, arg);
		if (other)
			set_sig_buf(peer, &other->sig);
		return true;
	case FAULT_TKA_PEER_ROTATED:
		peer = map_fault_add_peer(root, 0);
		other = rotated_node(n, arg);
		if (other) {
			set_key(peer, other->prev_key);
			set_sig_buf(peer, &other->prev_sig);
		}
		return true;
	case FAULT_TKA_PEER_FORGED:
		add_forged(root, n);
		return true;
	case FAULT_TKA_PEER_GARBAGE:
		add_garbage(root, n);
		return true;
	case FAULT_TKA_PEER_HUGE:
		add_huge(root, fault_number(arg, 1 << 20));
		return true;
	}
	return false;
}

/* --- peers there are -------------------------------------------------------------- */

static struct node *node_of(const struct node *n, const json_t *peer)
{
	int64_t id = json_integer_value(json_object_get(peer, "ID"));
	struct node *m;

	for (m = n->srv->nodes.list; m && m->id != id; m = m->next)
		;
	return m;
}

static void swap_sigs(json_t *peers)
{
	json_t *first = json_incref(json_object_get(json_array_get(peers, 0),
						    "KeySignature"));
	size_t i, n = json_array_size(peers);
	json_t *v;

	for (i = 0; i < n; i++) {
		v = i + 1 < n ? json_object_get(json_array_get(peers, i + 1),
						"KeySignature") : first;
		if (v)
			json_object_set(json_array_get(peers, i),
					"KeySignature", v);
	}
	json_decref(first);
}

static bool edit_peers(json_t *root, const struct node *n, enum fault_id id,
		       const char *arg)
{
	json_t *peers = json_object_get(root, "Peers"), *v;
	const struct node *m;
	size_t i;

	if (id == FAULT_TKA_SIG_SWAPPED)
		swap_sigs(peers);
	json_array_foreach(peers, i, v) {
		m = node_of(n, v);
		if (!m || (*arg && strcmp(arg, m->label)))
			continue;
		if (id == FAULT_TKA_SIG_NONE)
			json_object_del(v, "KeySignature");
		if (id == FAULT_TKA_SIG_OLD && !key_is_zero(m->prev_key)) {
			set_key(v, m->prev_key);
			set_sig_buf(v, &m->prev_sig);
		}
	}
	if (id == FAULT_TKA_SIG_SELF)
		json_object_del(json_object_get(root, "Node"), "KeySignature");
	return id >= FAULT_TKA_SIG_NONE && id <= FAULT_TKA_SIG_SELF;
}

bool map_fault_edit_lock(json_t *root, const struct node *n, enum fault_id id,
			 const char *arg)
{
	return edit_info(root, id, arg) || add_peers(root, n, id, arg) ||
	       edit_peers(root, n, id, arg);
}
