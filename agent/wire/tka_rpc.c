// SPDX-License-Identifier: GPL-2.0-only
#include "wire/tka_rpc.h"

#include "wire/aum.h"
#include "wire/json.h"
#include "wire/json_out.h"
#include "wire/nks.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Longest secret that is read; ours, above what is ever tried. */
#define SECRET_MAX 8192

static void begin(struct json_out *out, const struct tka_caller *caller)
{
	struct key_hex text;

	json_out_open_object(out, NULL);
	json_out_int(out, "Version", caller->version);
	json_out_text(out, "NodeKey",
		      key_text_format_node(&caller->node_key, &text));
}

static int end(struct json_out *out, struct secret_buf *ret)
{
	json_out_close_object(out);
	return json_out_end(out, ret);
}

/* Never null: the server tells that from a text without bytes. */
static void put_bytes(struct json_out *out, const char *name,
		      struct bytes bytes)
{
	if (bytes.len)
		json_out_bytes(out, name, bytes.data, bytes.len);
	else
		json_out_text(out, name, "");
}

static void put_hash(struct json_out *out, const char *name,
		     const struct aum_hash *hash)
{
	struct aum_hash_text text;

	json_out_text(out, name, aum_hash_format(hash, &text));
}

int tka_init_begin_build(const struct tka_caller *caller, struct bytes genesis,
			 struct secret_buf *ret)
{
	struct json_out out = { 0 };

	begin(&out, caller);
	put_bytes(&out, "GenesisAUM", genesis);
	return end(&out, ret);
}

int tka_init_finish_build(const struct tka_caller *caller,
			  const struct tka_node_sig *sigs, size_t n,
			  struct bytes support, struct secret_buf *ret)
{
	struct json_out out = { 0 };
	char id[24];
	size_t i;

	begin(&out, caller);
	json_out_open_object(&out, "Signatures");
	for (i = 0; i < n; i++) {
		snprintf(id, sizeof(id), "%" PRId64, sigs[i].id);
		put_bytes(&out, id, sigs[i].sig);
	}
	json_out_close_object(&out);
	if (support.len)
		put_bytes(&out, "SupportDisablement", support);
	return end(&out, ret);
}

int tka_bootstrap_build(const struct tka_caller *caller,
			const struct aum_hash *head, struct secret_buf *ret)
{
	struct json_out out = { 0 };

	begin(&out, caller);
	if (head)
		put_hash(&out, "Head", head);
	else
		json_out_text(&out, "Head", "");
	return end(&out, ret);
}

int tka_offer_build(const struct tka_caller *caller,
		    const struct lock_offer *offer, struct secret_buf *ret)
{
	struct json_out out = { 0 };
	size_t i;

	begin(&out, caller);
	put_hash(&out, "Head", &offer->head);
	json_out_open_array(&out, "Ancestors");
	for (i = 0; i < offer->n; i++)
		put_hash(&out, NULL, &offer->ancestor[i]);
	json_out_close_array(&out);
	return end(&out, ret);
}

int tka_send_build(const struct tka_caller *caller,
		   const struct aum_hash *head, const struct bytes *updates,
		   size_t n, bool interactive, struct secret_buf *ret)
{
	struct json_out out = { 0 };
	size_t i;

	begin(&out, caller);
	put_hash(&out, "Head", head);
	json_out_open_array(&out, "MissingAUMs");
	for (i = 0; i < n; i++)
		put_bytes(&out, NULL, updates[i]);
	json_out_close_array(&out);
	json_out_bool(&out, "Interactive", interactive);
	return end(&out, ret);
}

int tka_disable_build(const struct tka_caller *caller,
		      const struct aum_hash *head, struct bytes secret,
		      struct secret_buf *ret)
{
	struct json_out out = { 0 };

	begin(&out, caller);
	put_hash(&out, "Head", head);
	put_bytes(&out, "DisablementSecret", secret);
	return end(&out, ret);
}

int tka_sign_build(const struct tka_caller *caller, struct bytes sig,
		   struct secret_buf *ret)
{
	struct json_out out = { 0 };

	begin(&out, caller);
	put_bytes(&out, "Signature", sig);
	return end(&out, ret);
}

int tka_affected_build(const struct tka_caller *caller, struct bytes key_id,
		       struct secret_buf *ret)
{
	struct json_out out = { 0 };

	begin(&out, caller);
	put_bytes(&out, "KeyID", key_id);
	return end(&out, ret);
}

/* Say of which answer a value was wrong. Return: 0 or @r. */
static int explain(struct err_detail *detail, int r, const char *what)
{
	if (r >= 0)
		return 0;
	return err_explain(detail, r, "answer of %s: %s", what, err_text(r));
}

static int take_hash(const json_t *value, struct aum_hash *ret)
{
	struct json_text text;
	int r = json_take_text(value, AUM_HASH_TEXT_LEN, &text);

	if (r < 0)
		return r;
	if (r == 0 || aum_hash_parse(text.s, text.len, ret) < 0)
		return TNE_JSON_VALUE;
	return 0;
}

static int take_rotation(const json_t *object, struct arena *mem,
			 struct tka_node *node)
{
	struct bytes bytes = { 0 };
	int r = json_copy_bytes(object, "RotationPubkey", KEY_LEN, mem,
				&bytes);

	if (r < 0 || bytes.len == 0)
		return r;
	if (bytes.len != KEY_LEN)
		return TNE_JSON_VALUE;
	node->has_rotation = true;
	memcpy(node->rotation.byte, bytes.data, KEY_LEN);
	return 0;
}

static int take_node(const json_t *object, struct arena *mem,
		     struct tka_node *node)
{
	struct json_text text;
	int r;

	if (!json_is_object(object))
		return TNE_JSON_VALUE;
	r = json_get_int(object, "NodeID", 1, INT64_MAX, &node->id);
	if (r > 0)
		r = json_get_text(object, "NodePublic", KEY_HEX_MAX, &text);
	if (r < 0)
		return r;
	if (r == 0 || key_text_parse_node(text.s, text.len, &node->key) < 0)
		return TNE_JSON_VALUE;
	return take_rotation(object, mem, node);
}

static int take_nodes(const json_t *root, struct arena *mem,
		      const struct tka_node **ret, size_t *ret_n)
{
	struct tka_node *list = NULL;
	json_t *array;
	size_t i, n = 0;
	int r = json_get_array(root, "NeedSignatures", TKA_NODES_MAX, &array);

	if (r < 0)
		return r;
	if (r > 0) {
		n = json_array_size(array);
		list = arena_array(mem, n, sizeof(*list));
		if (!list)
			return -ENOMEM;
	}
	for (i = 0; i < n; i++) {
		r = take_node(json_array_get(array, i), mem, &list[i]);
		if (r < 0)
			return r;
	}
	*ret = list;
	*ret_n = n;
	return 0;
}

int tka_init_begin_parse(const char *text, size_t len, struct arena *mem,
			 struct err_detail *detail,
			 const struct tka_node **ret, size_t *ret_n)
{
	json_t *root auto_clean(json) = NULL;
	int r = json_read(text, len, detail, &root);

	if (r < 0)
		return r;
	return explain(detail, take_nodes(root, mem, ret, ret_n),
		       "init/begin");
}

int tka_bootstrap_parse(const char *text, size_t len, struct arena *mem,
			struct err_detail *detail, struct tka_bootstrap *ret)
{
	json_t *root auto_clean(json) = NULL;
	struct tka_bootstrap answer = { 0 };
	int r = json_read(text, len, detail, &root);

	if (r < 0)
		return r;
	r = json_copy_bytes(root, "GenesisAUM", AUM_MAX, mem,
			    &answer.genesis);
	if (r >= 0)
		r = json_copy_bytes(root, "DisablementSecret", SECRET_MAX, mem,
				    &answer.secret);
	if (r >= 0)
		*ret = answer;
	return explain(detail, r, "bootstrap");
}

static int take_offer(const json_t *root, struct arena *mem,
		      struct tka_offer *answer)
{
	struct aum_hash *ancestor;
	json_t *array;
	size_t i, n = 0;
	int r = take_hash(json_object_get(root, "Head"), &answer->offer.head);

	if (r == 0)
		r = json_get_array(root, "Ancestors", TKA_ANCESTORS_MAX,
				   &array);
	if (r < 0)
		return r;
	if (r > 0)
		n = json_array_size(array);
	ancestor = arena_array(mem, n, sizeof(*ancestor));
	if (!ancestor)
		return -ENOMEM;
	for (i = 0; i < n; i++) {
		r = take_hash(json_array_get(array, i), &ancestor[i]);
		if (r < 0)
			return r;
	}
	answer->offer.ancestor = ancestor;
	answer->offer.n = n;
	return json_copy_bytes_list(root, "MissingAUMs", TKA_UPDATES_MAX,
				    AUM_MAX, mem, &answer->missing,
				    &answer->n_missing);
}

int tka_offer_parse(const char *text, size_t len, struct arena *mem,
		    struct err_detail *detail, struct tka_offer *ret)
{
	json_t *root auto_clean(json) = NULL;
	struct tka_offer answer = { 0 };
	int r = json_read(text, len, detail, &root);

	if (r < 0)
		return r;
	r = take_offer(root, mem, &answer);
	if (r >= 0)
		*ret = answer;
	return explain(detail, r, "sync/offer");
}

int tka_send_parse(const char *text, size_t len, struct err_detail *detail,
		   struct aum_hash *ret)
{
	json_t *root auto_clean(json) = NULL;
	int r = json_read(text, len, detail, &root);

	if (r < 0)
		return r;
	return explain(detail, take_hash(json_object_get(root, "Head"), ret),
		       "sync/send");
}

int tka_affected_parse(const char *text, size_t len, struct arena *mem,
		       struct err_detail *detail, const struct bytes **ret,
		       size_t *ret_n)
{
	json_t *root auto_clean(json) = NULL;
	int r = json_read(text, len, detail, &root);

	if (r < 0)
		return r;
	r = json_copy_bytes_list(root, "Signatures", TKA_NODES_MAX, NKS_MAX,
				 mem, ret, ret_n);
	return explain(detail, r, "affected-sigs");
}

int tka_empty_parse(const char *text, size_t len, struct err_detail *detail)
{
	json_t *root auto_clean(json) = NULL;

	return json_read(text, len, detail, &root);
}
