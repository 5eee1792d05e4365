// SPDX-License-Identifier: GPL-2.0-only
#include "wire/lock_local.h"

#include "wire/json.h"
#include "wire/json_out.h"
#include "wire/json_pretty.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Of a key in a request: bytes, and characters of its notes; ours. */
#define KEY_BYTES_MAX 2048
#define META_TEXT_MAX 4096
#define VALUE_MAX 4096
#define AUTH_KEY_MAX 4096

static int explain(struct err_detail *detail, int r, const char *what)
{
	if (r >= 0)
		return 0;
	return err_explain(detail, r, "%s: %s", what, err_text(r));
}

static int cmp_pair(const void *a, const void *b)
{
	const struct lock_meta_pair *x = a, *y = b;

	if (x->name.len != y->name.len)
		return x->name.len < y->name.len ? -1 : 1;
	return x->name.len ? memcmp(x->name.data, y->name.data, x->name.len) :
	       0;
}

static int copy_text(const char *s, size_t len, struct arena *mem,
		     struct bytes *ret)
{
	return arena_bytes(mem, (struct bytes){ (const uint8_t *)s, len },
			   ret);
}

static int take_meta(json_t *object, struct arena *mem, struct lock_meta *ret)
{
	struct lock_meta_pair *pair;
	struct json_text text;
	const char *name;
	json_t *value;
	size_t n = 0;

	pair = arena_array(mem, json_object_size(object), sizeof(*pair));
	if (!pair)
		return -ENOMEM;
	json_object_foreach(object, name, value) {
		if (json_take_text(value, META_TEXT_MAX, &text) <= 0)
			return TNE_JSON_VALUE;
		if (copy_text(name, strlen(name), mem, &pair[n].name) < 0 ||
		    copy_text(text.s, text.len, mem, &pair[n].value) < 0)
			return -ENOMEM;
		n++;
	}
	if (n)
		qsort(pair, n, sizeof(*pair), cmp_pair);
	*ret = (struct lock_meta){ .item = pair, .n = n };
	return 0;
}

static int take_key(const json_t *object, struct arena *mem,
		    struct lock_key *key)
{
	int64_t kind = 0, votes = 0;
	json_t *meta;
	int r;

	if (!json_is_object(object))
		return TNE_JSON_VALUE;
	r = json_get_int(object, "Kind", 0, UINT8_MAX, &kind);
	if (r >= 0)
		r = json_get_int(object, "Votes", 0, INT64_MAX, &votes);
	if (r >= 0)
		r = json_copy_bytes(object, "Public", KEY_BYTES_MAX, mem,
				    &key->id.b);
	if (r < 0)
		return r;
	key->kind = kind;
	key->votes = votes;
	key->id.set = r > 0;
	r = json_get_object(object, "Meta", &meta);
	return r <= 0 ? r : take_meta(meta, mem, &key->meta);
}

static int take_keys(const json_t *root, const char *name, struct arena *mem,
		     const struct lock_key **ret, size_t *ret_n)
{
	struct lock_key *keys;
	json_t *array;
	size_t i, n;
	int r = json_get_array(root, name, LOCK_LOCAL_LIST_MAX, &array);

	*ret = NULL;
	*ret_n = 0;
	if (r <= 0)
		return r;
	n = json_array_size(array);
	keys = arena_array(mem, n, sizeof(*keys));
	if (!keys)
		return -ENOMEM;
	for (i = 0; i < n; i++) {
		r = take_key(json_array_get(array, i), mem, &keys[i]);
		if (r < 0)
			return r;
	}
	*ret = keys;
	*ret_n = n;
	return 0;
}

int lock_local_init_parse(const char *text, size_t len, struct arena *mem,
			  struct err_detail *detail,
			  struct lock_local_init *ret)
{
	json_t *root auto_clean(json) = NULL;
	struct lock_local_init init = { 0 };
	int r = json_read(text, len, detail, &root);

	if (r < 0)
		return r;
	r = take_keys(root, "Keys", mem, &init.keys, &init.n_keys);
	if (r >= 0)
		r = json_copy_bytes_list(root, "DisablementValues",
					 LOCK_LOCAL_LIST_MAX, VALUE_MAX, mem,
					 &init.values, &init.n_values);
	if (r >= 0)
		r = json_copy_bytes(root, "SupportDisablement", VALUE_MAX, mem,
				    &init.support);
	if (r >= 0)
		*ret = init;
	return explain(detail, r, "tka/init");
}

static int take_sign(const json_t *root, struct arena *mem,
		     struct lock_local_sign *sign)
{
	struct bytes rotation = { 0 };
	struct json_text text;
	int r = json_get_text(root, "NodeKey", KEY_HEX_MAX, &text);

	if (r < 0)
		return r;
	if (r == 0 || key_text_parse_node(text.s, text.len, &sign->node) < 0)
		return TNE_JSON_VALUE;
	r = json_copy_bytes(root, "RotationPublic", KEY_LEN, mem, &rotation);
	if (r < 0 || !rotation.len)
		return r;
	if (rotation.len != KEY_LEN)
		return TNE_JSON_VALUE;
	memcpy(sign->rotation.byte, rotation.data, KEY_LEN);
	sign->has_rotation = !lock_public_is_zero(&sign->rotation);
	return 0;
}

int lock_local_sign_parse(const char *text, size_t len, struct arena *mem,
			  struct err_detail *detail,
			  struct lock_local_sign *ret)
{
	json_t *root auto_clean(json) = NULL;
	struct lock_local_sign sign = { 0 };
	int r = json_read(text, len, detail, &root);

	if (r < 0)
		return r;
	r = take_sign(root, mem, &sign);
	if (r >= 0)
		*ret = sign;
	return explain(detail, r, "tka/sign");
}

int lock_local_modify_parse(const char *text, size_t len, struct arena *mem,
			    struct err_detail *detail,
			    struct lock_local_modify *ret)
{
	json_t *root auto_clean(json) = NULL;
	struct lock_local_modify modify = { 0 };
	int r = json_read(text, len, detail, &root);

	if (r < 0)
		return r;
	r = take_keys(root, "AddKeys", mem, &modify.add, &modify.n_add);
	if (r >= 0)
		r = take_keys(root, "RemoveKeys", mem, &modify.remove,
			      &modify.n_remove);
	if (r >= 0)
		*ret = modify;
	return explain(detail, r, "tka/modify");
}

static int take_recovery(const json_t *root, struct arena *mem,
			 struct lock_local_recovery *recovery)
{
	static const struct aum_hash zero;
	struct json_text text = { 0 };
	int r = json_copy_bytes_list(root, "Keys", LOCK_LOCAL_LIST_MAX,
				     VALUE_MAX, mem, &recovery->ids,
				     &recovery->n);

	if (r >= 0)
		r = json_get_text(root, "ForkFrom", AUM_HASH_TEXT_LEN, &text);
	if (r < 0 || !text.len)
		return r;
	if (aum_hash_parse(text.s, text.len, &recovery->fork_from) < 0)
		return TNE_JSON_VALUE;
	/* The stock tool sends zeros when it is not told. */
	recovery->has_fork = !aum_hash_eq(&recovery->fork_from, &zero);
	return 0;
}

int lock_local_recovery_parse(const char *text, size_t len, struct arena *mem,
			      struct err_detail *detail,
			      struct lock_local_recovery *ret)
{
	json_t *root auto_clean(json) = NULL;
	struct lock_local_recovery recovery = { 0 };
	int r = json_read(text, len, detail, &root);

	if (r < 0)
		return r;
	r = take_recovery(root, mem, &recovery);
	if (r >= 0)
		*ret = recovery;
	return explain(detail, r, "tka/generate-recovery-aum");
}

static int take_wrap(const json_t *root, struct arena *mem,
		     struct lock_local_wrap *wrap)
{
	struct json_text text;
	int r = json_copy_text(root, "TSKey", AUTH_KEY_MAX, mem,
			       &wrap->auth_key);

	if (r > 0)
		r = json_get_text(root, "TKAKey", KEY_LOCK_PRIVATE_HEX_LEN,
				  &text);
	if (r <= 0)
		return r < 0 ? r : TNE_JSON_VALUE;
	return key_text_parse_lock_private(text.s, text.len, wrap->seed,
					   &wrap->public) < 0 ?
	       TNE_JSON_VALUE : 0;
}

int lock_local_wrap_parse(const char *text, size_t len, struct arena *mem,
			  struct err_detail *detail,
			  struct lock_local_wrap *ret)
{
	json_t *root auto_clean(json) = NULL;
	int r = len > LOCK_LOCAL_WRAP_MAX ? TNE_TOO_LONG :
		json_read(text, len, detail, &root);

	if (r == 0)
		r = take_wrap(root, mem, ret);
	return explain(detail, r, "tka/wrap-preauth-key");
}

static void put_bytes(struct json_out *out, const char *name,
		      struct bytes bytes)
{
	json_out_bytes(out, name, bytes.data, bytes.len);
}

static void put_numbers(struct json_out *out, const char *name,
			const struct aum_hash *hash)
{
	size_t i;

	json_out_open_array(out, name);
	for (i = 0; i < AUM_HASH_LEN; i++)
		json_out_uint(out, NULL, hash->byte[i]);
	json_out_close_array(out);
}

static void put_sig(struct json_out *out, const char *name,
		    const struct node_sig *sig, size_t at)
{
	static const struct node_sig_layer nothing;
	const struct node_sig_layer *layer = at < sig->n ? &sig->layer[at] :
					     &nothing;

	json_out_open_object(out, name);
	json_out_uint(out, "SigKind", layer->kind);
	put_bytes(out, "Pubkey", layer->pubkey);
	put_bytes(out, "KeyID", layer->key_id);
	put_bytes(out, "Signature", layer->sig);
	if (at + 1 < sig->n)
		put_sig(out, "Nested", sig, at + 1);
	else
		json_out_null(out, "Nested");
	put_bytes(out, "WrappingPubkey", layer->wrapping);
	json_out_close_object(out);
}

static void fail(struct json_out *out)
{
	if (out->err == 0)
		out->err = -ENOMEM;
}

void lock_local_put_meta(struct json_out *out, const char *name,
			 const struct lock_meta *meta)
{
	struct lock_meta_pair *pair;
	size_t i;

	if (!meta->n) {
		json_out_null(out, name);
		return;
	}
	pair = lock_meta_by_name(meta);
	if (!pair) {
		fail(out);
		return;
	}
	json_out_open_object(out, name);
	for (i = 0; i < meta->n; i++) {
		const struct bytes *key = &pair[i].name, *value = &pair[i].value;
		char *text = strndup(key->len ? (const char *)key->data : "",
				     key->len);

		if (text)
			json_out_text_len(out, text, value->len ?
					  (const char *)value->data : "",
					  value->len);
		else
			fail(out);
		free(text);
	}
	json_out_close_object(out);
	free(pair);
}

/* Those with an id of another length cannot be told in this form. */
static void put_keys(struct json_out *out, const struct lock_status *status)
{
	struct lock_public public;
	struct key_hex hex;
	size_t i;

	if (!status->n_keys) {
		json_out_null(out, "TrustedKeys");
		return;
	}
	json_out_open_array(out, "TrustedKeys");
	for (i = 0; i < status->n_keys; i++) {
		const struct lock_key *key = &status->keys[i];

		if (key->id.b.len != KEY_LEN)
			continue;
		memcpy(public.byte, key->id.b.data, KEY_LEN);
		json_out_open_object(out, NULL);
		json_out_text(out, "Kind", "25519");
		json_out_text(out, "Key", key_text_format_lock(&public, &hex));
		lock_local_put_meta(out, "Metadata", &key->meta);
		json_out_uint(out, "Votes", key->votes);
		json_out_close_object(out);
	}
	json_out_close_array(out);
}

void lock_local_put_ips(struct json_out *out, const struct lock_peer *peer)
{
	char text[IP_TEXT_MAX];
	size_t i;

	if (!peer->n_ip) {
		json_out_null(out, "TailscaleIPs");
		return;
	}
	json_out_open_array(out, "TailscaleIPs");
	for (i = 0; i < peer->n_ip; i++)
		json_out_text(out, NULL, ip_format(&peer->ip[i], text));
	json_out_close_array(out);
}

static void put_peer(struct json_out *out, const struct lock_peer *peer)
{
	struct key_hex hex;

	json_out_open_object(out, NULL);
	json_out_text(out, "Name", peer->name);
	json_out_int(out, "ID", peer->id);
	json_out_text(out, "StableID", peer->stable_id);
	lock_local_put_ips(out, peer);
	json_out_text(out, "NodeKey", key_text_format_node(&peer->key, &hex));
	put_sig(out, "NodeKeySignature", &peer->sig, 0);
	json_out_text_if(out, "Reason", peer->reason);
	json_out_close_object(out);
}

static void put_peers(struct json_out *out, const char *name,
		      const struct lock_peer *peer, size_t n)
{
	size_t i;

	if (!n) {
		json_out_null(out, name);
		return;
	}
	json_out_open_array(out, name);
	for (i = 0; i < n; i++)
		put_peer(out, &peer[i]);
	json_out_close_array(out);
}

int lock_local_status_build(const struct lock_status *status,
			    struct secret_buf *ret)
{
	struct json_out out = { 0 };
	struct key_hex hex;

	json_out_open_object(&out, NULL);
	json_out_bool(&out, "Enabled", status->enabled);
	if (status->has_head)
		put_numbers(&out, "Head", &status->head);
	else
		json_out_null(&out, "Head");
	json_out_text(&out, "PublicKey",
		      key_text_format_lock(&status->public, &hex));
	if (status->has_node_key)
		json_out_text(&out, "NodeKey",
			      key_text_format_node(&status->node_key, &hex));
	else
		json_out_null(&out, "NodeKey");
	json_out_bool(&out, "NodeKeySigned", status->signed_);
	if (status->has_sig)
		put_sig(&out, "NodeKeySignature", &status->sig, 0);
	else
		json_out_null(&out, "NodeKeySignature");
	put_keys(&out, status);
	put_peers(&out, "VisiblePeers", status->visible, status->n_visible);
	put_peers(&out, "FilteredPeers", status->filtered,
		  status->n_filtered);
	json_out_uint(&out, "StateID", status->state_id);
	/* Beyond the reference's form, at its end. */
	if (status->head_s)
		json_out_int(&out, "HeadSince", status->head_s);
	json_out_text_if(&out, "Trouble", status->trouble);
	json_out_close_object(&out);
	return json_pretty_end(&out, "\t", "", ret);
}

int lock_local_log_build(const struct lock_update *update, size_t n,
			 struct secret_buf *ret)
{
	struct json_out out = { 0 };
	char kind[AUM_KIND_TEXT_MAX];
	size_t i;

	if (!n) {
		json_out_null(&out, NULL);
		return json_pretty_end(&out, "\t", "", ret);
	}
	json_out_open_array(&out, NULL);
	for (i = 0; i < n; i++) {
		json_out_open_object(&out, NULL);
		put_numbers(&out, "Hash", &update[i].hash);
		json_out_text(&out, "Change",
			      aum_kind_text(update[i].aum.kind, kind));
		put_bytes(&out, "Raw", update[i].raw);
		json_out_close_object(&out);
	}
	json_out_close_array(&out);
	return json_pretty_end(&out, "\t", "", ret);
}

int lock_local_sigs_build(const struct bytes *sigs, size_t n,
			  struct secret_buf *ret)
{
	struct json_out out = { 0 };
	size_t i;

	if (!n) {
		json_out_null(&out, NULL);
		return json_pretty_end(&out, "\t", "", ret);
	}
	json_out_open_array(&out, NULL);
	for (i = 0; i < n; i++)
		put_bytes(&out, NULL, sigs[i]);
	json_out_close_array(&out);
	return json_pretty_end(&out, "\t", "", ret);
}
