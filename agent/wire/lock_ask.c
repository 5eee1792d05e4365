// SPDX-License-Identifier: GPL-2.0-only
#include "wire/lock_ask.h"

#include "wire/aum.h"
#include "wire/json.h"
#include "wire/json_out.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Ours; none of them is reached by an honest agent. */
#define NAME_MAX_LEN 1024	/* bytes */
#define KEYS_MAX 1024
#define PEERS_MAX (1U << 20)
#define IPS_MAX 1024
#define LOG_MAX 4096
#define SIG_PART_MAX 4096	/* bytes */
#define HEAD_SINCE_MAX 253402300799	/* seconds: the end of the year 9999 */

/* Requests */

static void put_bytes(struct json_out *out, const char *name,
		      struct bytes bytes)
{
	json_out_bytes(out, name, bytes.data, bytes.len);
}

static void put_keys(struct json_out *out, const char *name,
		     const struct lock_key *keys, size_t n)
{
	size_t i;

	json_out_open_array(out, name);
	for (i = 0; i < n; i++) {
		json_out_open_object(out, NULL);
		json_out_int(out, "Kind", keys[i].kind);
		json_out_uint(out, "Votes", keys[i].votes);
		put_bytes(out, "Public", keys[i].id.b);
		lock_local_put_meta(out, "Meta", &keys[i].meta);
		json_out_close_object(out);
	}
	json_out_close_array(out);
}

static void put_list(struct json_out *out, const char *name,
		     const struct bytes *list, size_t n)
{
	size_t i;

	json_out_open_array(out, name);
	for (i = 0; i < n; i++)
		put_bytes(out, NULL, list[i]);
	json_out_close_array(out);
}

static int finish(struct json_out *out, struct secret_buf *ret)
{
	json_out_close_object(out);
	return json_out_end(out, ret);
}

int lock_ask_init_build(const struct lock_local_init *init,
			struct secret_buf *ret)
{
	struct json_out out = { 0 };

	json_out_open_object(&out, NULL);
	put_keys(&out, "Keys", init->keys, init->n_keys);
	put_list(&out, "DisablementValues", init->values, init->n_values);
	put_bytes(&out, "SupportDisablement", init->support);
	return finish(&out, ret);
}

int lock_ask_sign_build(const struct lock_local_sign *sign,
			struct secret_buf *ret)
{
	struct json_out out = { 0 };
	struct key_hex hex;

	json_out_open_object(&out, NULL);
	json_out_text(&out, "NodeKey", key_text_format_node(&sign->node, &hex));
	json_out_bytes(&out, "RotationPublic", sign->rotation.byte,
		       sign->has_rotation ? KEY_LEN : 0);
	return finish(&out, ret);
}

int lock_ask_modify_build(const struct lock_local_modify *modify,
			  struct secret_buf *ret)
{
	struct json_out out = { 0 };

	json_out_open_object(&out, NULL);
	put_keys(&out, "AddKeys", modify->add, modify->n_add);
	put_keys(&out, "RemoveKeys", modify->remove, modify->n_remove);
	return finish(&out, ret);
}

int lock_ask_recovery_build(const struct lock_local_recovery *recovery,
			    struct secret_buf *ret)
{
	struct json_out out = { 0 };
	struct aum_hash_text text;

	json_out_open_object(&out, NULL);
	put_list(&out, "Keys", recovery->ids, recovery->n);
	json_out_text(&out, "ForkFrom", recovery->has_fork ?
		      aum_hash_format(&recovery->fork_from, &text) : "");
	return finish(&out, ret);
}

int lock_ask_wrap_build(const struct lock_local_wrap *wrap,
			struct secret_buf *ret)
{
	char text[KEY_LOCK_PRIVATE_HEX_LEN + 1];
	struct json_out out = { 0 };

	key_text_format_lock_private(wrap->seed, &wrap->public, text);
	json_out_open_object(&out, NULL);
	json_out_text(&out, "TSKey", wrap->auth_key);
	json_out_text(&out, "TKAKey", text);
	secret_wipe(text, sizeof(text));
	return finish(&out, ret);
}

/* Answers */

static int explain(struct err_detail *detail, int r, const char *what)
{
	if (r >= 0)
		return 0;
	return err_explain(detail, r, "answer of %s: %s", what, err_text(r));
}

/* An array, or null for one without elements. */
static int read_array(const char *text, size_t len, size_t max, json_t **ret)
{
	json_error_t error;
	json_t *root = json_loadb(text, len, JSON_REJECT_DUPLICATES |
				  JSON_DECODE_ANY, &error);

	if (!root)
		return json_error_code(&error) == json_error_out_of_memory ?
		       -ENOMEM : TNE_JSON;
	if ((json_is_array(root) && json_array_size(root) <= max) ||
	    json_is_null(root)) {
		*ret = root;
		return 0;
	}
	json_decref(root);
	return TNE_JSON_VALUE;
}

static int take_hash(const json_t *array, struct aum_hash *ret)
{
	size_t i;

	if (json_array_size(array) != AUM_HASH_LEN)
		return TNE_JSON_VALUE;
	for (i = 0; i < AUM_HASH_LEN; i++) {
		int64_t value = 0;

		if (json_take_int(json_array_get(array, i), 0, UINT8_MAX,
				  &value) < 0)
			return TNE_JSON_VALUE;
		ret->byte[i] = value;
	}
	return 0;
}

static int take_layer(const json_t *object, struct arena *mem,
		      struct node_sig_layer *ret)
{
	int64_t kind = 0;
	int r = json_get_int(object, "SigKind", 0, UINT8_MAX, &kind);

	if (r >= 0)
		r = json_copy_bytes(object, "Pubkey", SIG_PART_MAX, mem,
				    &ret->pubkey);
	if (r >= 0)
		r = json_copy_bytes(object, "KeyID", SIG_PART_MAX, mem,
				    &ret->key_id);
	if (r >= 0)
		r = json_copy_bytes(object, "Signature", SIG_PART_MAX, mem,
				    &ret->sig);
	if (r >= 0)
		r = json_copy_bytes(object, "WrappingPubkey", SIG_PART_MAX,
				    mem, &ret->wrapping);
	ret->kind = kind;
	return r;
}

/* One whose kind is 0 stands for none that can be read. */
static int take_sig(const json_t *parent, struct arena *mem,
		    struct node_sig *ret)
{
	json_t *object;
	int r = json_get_object(parent, "NodeKeySignature", &object);

	while (r > 0 && ret->n < NODE_SIG_LAYERS_MAX) {
		r = take_layer(object, mem, &ret->layer[ret->n]);
		if (r < 0)
			return r;
		if (!ret->layer[ret->n].kind)
			return 0;
		ret->n++;
		r = json_get_object(object, "Nested", &object);
	}
	return r > 0 ? TNE_TOO_LONG : r;
}

static int take_meta(json_t *object, struct arena *mem, struct lock_meta *ret)
{
	struct lock_meta_pair *pair = arena_array(mem, json_object_size(object),
						  sizeof(*pair));
	struct json_text text;
	const char *name;
	json_t *value;
	size_t n = 0;
	int r = pair ? 0 : -ENOMEM;

	json_object_foreach(object, name, value) {
		if (r == 0 && json_take_text(value, NAME_MAX_LEN, &text) < 0)
			r = TNE_JSON_VALUE;
		if (r == 0)
			r = arena_bytes(mem, (struct bytes){
				(const uint8_t *)name, strlen(name) },
				&pair[n].name);
		if (r == 0)
			r = arena_bytes(mem, (struct bytes){
				(const uint8_t *)text.s, text.len },
				&pair[n].value);
		n++;
	}
	*ret = (struct lock_meta){ .item = pair, .n = n };
	return r;
}

static int take_key(const json_t *object, struct arena *mem,
		    struct lock_key *ret)
{
	struct lock_public public;
	struct json_text text;
	int64_t votes = 0;
	json_t *meta;
	int r = json_get_text(object, "Key", KEY_HEX_MAX, &text);

	if (r <= 0 || key_text_parse_lock(text.s, text.len, &public) < 0)
		return TNE_JSON_VALUE;
	r = json_get_int(object, "Votes", 0, INT64_MAX, &votes);
	if (r >= 0)
		r = arena_bytes(mem, (struct bytes){ public.byte, KEY_LEN },
				&ret->id.b);
	if (r < 0)
		return r;
	ret->kind = LOCK_KEY_25519;
	ret->votes = votes;
	ret->id.set = true;
	r = json_get_object(object, "Metadata", &meta);
	return r <= 0 ? r : take_meta(meta, mem, &ret->meta);
}

static int take_keys(const json_t *root, struct arena *mem,
		     struct lock_status *status)
{
	struct lock_key *keys;
	json_t *array;
	size_t i, n;
	int r = json_get_array(root, "TrustedKeys", KEYS_MAX, &array);

	if (r <= 0)
		return r;
	n = json_array_size(array);
	keys = arena_array(mem, n, sizeof(*keys));
	if (!keys)
		return -ENOMEM;
	for (i = 0, r = 0; i < n && r >= 0; i++)
		r = take_key(json_array_get(array, i), mem, &keys[i]);
	status->keys = keys;
	status->n_keys = n;
	return r;
}

static int take_ips(const json_t *object, struct arena *mem,
		    struct lock_peer *ret)
{
	struct text_list list = { 0 };
	struct ip_addr *ip;
	size_t i;
	int r = json_copy_texts(object, "TailscaleIPs", IPS_MAX, IP_TEXT_MAX,
				mem, &list);

	if (r < 0)
		return r;
	ip = arena_array(mem, list.n, sizeof(*ip));
	if (!ip)
		return -ENOMEM;
	for (i = 0; i < list.n; i++) {
		if (ip_parse(list.item[i], strlen(list.item[i]), &ip[i]) < 0)
			return TNE_JSON_VALUE;
	}
	ret->ip = ip;
	ret->n_ip = list.n;
	return 0;
}

static int take_peer(const json_t *object, struct arena *mem,
		     struct lock_peer *ret)
{
	struct json_text text;
	int r = json_copy_text(object, "Name", NAME_MAX_LEN, mem, &ret->name);

	if (r >= 0)
		r = json_copy_text(object, "StableID", NAME_MAX_LEN, mem,
				   &ret->stable_id);
	if (r >= 0)
		r = json_copy_text(object, "Reason", NAME_MAX_LEN, mem,
				   &ret->reason);
	if (r >= 0)
		r = json_get_int(object, "ID", INT64_MIN, INT64_MAX, &ret->id);
	if (r >= 0)
		r = json_get_text(object, "NodeKey", KEY_HEX_MAX, &text);
	if (r > 0 && key_text_parse_node(text.s, text.len, &ret->key) < 0)
		r = TNE_JSON_VALUE;
	if (r >= 0)
		r = take_ips(object, mem, ret);
	if (!ret->name)
		ret->name = "";
	if (!ret->stable_id)
		ret->stable_id = "";
	return r < 0 ? r : take_sig(object, mem, &ret->sig);
}

static int take_peers(const json_t *root, const char *name, struct arena *mem,
		      const struct lock_peer **ret, size_t *ret_n)
{
	struct lock_peer *peers;
	json_t *array;
	size_t i, n;
	int r = json_get_array(root, name, PEERS_MAX, &array);

	if (r <= 0)
		return r;
	n = json_array_size(array);
	peers = arena_array(mem, n, sizeof(*peers));
	if (!peers)
		return -ENOMEM;
	for (i = 0, r = 0; i < n && r >= 0; i++)
		r = take_peer(json_array_get(array, i), mem, &peers[i]);
	*ret = peers;
	*ret_n = n;
	return r;
}

static int take_self(const json_t *root, struct arena *mem,
		     struct lock_status *status)
{
	struct json_text text;
	json_t *object;
	int r = json_get_text(root, "PublicKey", KEY_HEX_MAX, &text);

	if (r > 0 && key_text_parse_lock(text.s, text.len,
					 &status->public) < 0)
		return TNE_JSON_VALUE;
	status->has_public = r > 0;
	if (r >= 0)
		r = json_get_text(root, "NodeKey", KEY_HEX_MAX, &text);
	if (r > 0 && key_text_parse_node(text.s, text.len,
					 &status->node_key) < 0)
		return TNE_JSON_VALUE;
	status->has_node_key = r > 0;
	if (r >= 0)
		r = json_get_bool(root, "NodeKeySigned", &status->signed_);
	if (r >= 0)
		r = json_get_object(root, "NodeKeySignature", &object);
	status->has_sig = r > 0;
	return r < 0 ? r : take_sig(root, mem, &status->sig);
}

/*
 * All 64 bits of it, which jansson's numbers do not have. No text in the
 * document can contain the name with its quotes as they are here.
 */
static uint64_t find_state_id(const char *text, size_t len)
{
	static const char name[] = "\"StateID\":";
	const char *at = memmem(text, len, name, sizeof(name) - 1);
	const char *end = text + len;
	uint64_t id = 0;

	for (at = at ? at + sizeof(name) - 1 : end; at < end; at++) {
		if (*at >= '0' && *at <= '9')
			id = id * 10 + (*at - '0');
		else if (*at != ' ')
			break;
	}
	return id;
}

static int take_status(const json_t *root, struct arena *mem,
		       struct lock_status *status)
{
	json_t *array;
	int r = json_get_bool(root, "Enabled", &status->enabled);

	if (r >= 0)
		r = json_get_array(root, "Head", AUM_HASH_LEN, &array);
	status->has_head = r > 0;
	if (r > 0)
		r = take_hash(array, &status->head);
	if (r >= 0)
		r = json_get_int(root, "HeadSince", 0, HEAD_SINCE_MAX,
				 &status->head_s);
	if (r >= 0)
		r = take_self(root, mem, status);
	if (r >= 0)
		r = take_keys(root, mem, status);
	if (r >= 0)
		r = take_peers(root, "VisiblePeers", mem, &status->visible,
			       &status->n_visible);
	if (r >= 0)
		r = take_peers(root, "FilteredPeers", mem, &status->filtered,
			       &status->n_filtered);
	if (r >= 0)
		r = json_copy_text(root, "Trouble", NAME_MAX_LEN, mem,
				   &status->trouble);
	return r;
}

int lock_ask_status_parse(const char *text, size_t len, struct arena *mem,
			  struct err_detail *detail, struct lock_status *ret)
{
	json_t *root auto_clean(json) = NULL;
	struct lock_status status = { 0 };
	int r = json_read(text, len, detail, &root);

	if (r < 0)
		return r;
	r = take_status(root, mem, &status);
	status.state_id = find_state_id(text, len);
	if (r >= 0)
		*ret = status;
	return explain(detail, r, "tka/status");
}

static int take_update(const json_t *object, struct arena *mem,
		       struct lock_update *ret)
{
	int r = json_is_object(object) ?
		json_copy_bytes(object, "Raw", AUM_MAX, mem, &ret->raw) :
		TNE_JSON_VALUE;

	if (r < 0)
		return r;
	r = aum_parse(ret->raw, mem, &ret->aum);
	return r < 0 ? r : aum_hash(ret->raw, &ret->hash);
}

int lock_ask_log_parse(const char *text, size_t len, struct arena *mem,
		       struct err_detail *detail, struct lock_update **ret,
		       size_t *ret_n)
{
	json_t *root auto_clean(json) = NULL;
	struct lock_update *list;
	size_t i, n;
	int r = read_array(text, len, LOG_MAX, &root);

	if (r < 0)
		return explain(detail, r, "tka/log");
	n = json_array_size(root);
	list = arena_array(mem, n, sizeof(*list));
	if (!list)
		return -ENOMEM;
	for (i = 0; i < n && r == 0; i++)
		r = take_update(json_array_get(root, i), mem, &list[i]);
	if (r == 0) {
		*ret = list;
		*ret_n = n;
	}
	return explain(detail, r, "tka/log");
}

int lock_ask_sigs_parse(const char *text, size_t len, struct arena *mem,
			struct err_detail *detail, const struct bytes **ret,
			size_t *ret_n)
{
	json_t *root auto_clean(json) = NULL;
	int r = read_array(text, len, PEERS_MAX, &root);

	if (r == 0)
		r = json_take_bytes_list(root, SIG_PART_MAX, mem, ret, ret_n);
	return explain(detail, r, "tka/affected-sigs");
}
