// SPDX-License-Identifier: GPL-2.0-only
#include "cli/lock_json.h"

#include "wire/json_out.h"
#include "wire/json_pretty.h"
#include "wire/lock_local.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#define SCHEMA "1"
#define URL_SAFE sodium_base64_VARIANT_URLSAFE

static void fail(struct json_out *out)
{
	if (out->err == 0)
		out->err = -ENOMEM;
}

/* "tlpub:" and digits, of however many bytes; left out if there are none. */
static void put_key_id(struct json_out *out, const char *name, struct bytes id)
{
	static const char prefix[] = "tlpub:";
	size_t size = sizeof(prefix) + 2 * id.len;
	char *text;

	if (!id.len)
		return;
	text = malloc(size);
	if (!text) {
		fail(out);
		return;
	}
	memcpy(text, prefix, sizeof(prefix));
	sodium_bin2hex(text + strlen(prefix), size - strlen(prefix), id.data,
		       id.len);
	json_out_text(out, name, text);
	free(text);
}

static void put_hex(struct json_out *out, const char *name, struct bytes bytes)
{
	char *text = malloc(2 * bytes.len + 1);

	if (!text) {
		fail(out);
		return;
	}
	text[0] = '\0';
	if (bytes.len)
		sodium_bin2hex(text, 2 * bytes.len + 1, bytes.data, bytes.len);
	json_out_text(out, name, text);
	free(text);
}

static void put_url_safe(struct json_out *out, const char *name,
			 struct bytes bytes)
{
	size_t size = sodium_base64_encoded_len(bytes.len, URL_SAFE);
	char *text = malloc(size);

	if (!text) {
		fail(out);
		return;
	}
	text[0] = '\0';
	if (bytes.len)
		sodium_bin2base64(text, size, bytes.data, bytes.len, URL_SAFE);
	json_out_text(out, name, text);
	free(text);
}

static void put_meta(struct json_out *out, const struct lock_meta *meta)
{
	if (meta->n)
		lock_local_put_meta(out, "Meta", meta);
}

static void put_kind(struct json_out *out, const struct lock_key *key)
{
	if (key->kind == LOCK_KEY_25519)
		json_out_text(out, "Kind", "25519");
	else
		json_out_text(out, "Kind", "invalid");
}

static void put_key(struct json_out *out, const char *name,
		    const struct lock_key *key)
{
	json_out_open_object(out, name);
	put_kind(out, key);
	json_out_uint(out, "Votes", key->votes);
	put_key_id(out, "Public", key->id.b);
	put_meta(out, &key->meta);
	json_out_close_object(out);
}

static void put_keys(struct json_out *out, const char *name,
		     const struct lock_key *keys, size_t n)
{
	size_t i;

	json_out_open_array(out, name);
	for (i = 0; i < n; i++)
		put_key(out, NULL, &keys[i]);
	json_out_close_array(out);
}

static const char *sig_kind(const struct node_sig *sig, size_t at)
{
	if (at >= sig->n)
		return "invalid";
	switch (sig->layer[at].kind) {
	case NODE_SIG_DIRECT:
		return "direct";
	case NODE_SIG_ROTATION:
		return "rotation";
	case NODE_SIG_CREDENTIAL:
		return "credential";
	}
	return "invalid";
}

/* One layer with those inside of it. */
static void put_sig(struct json_out *out, const char *name,
		    const struct node_sig *sig, size_t at)
{
	static const struct node_sig_layer nothing;
	const struct node_sig_layer *layer = at < sig->n ? &sig->layer[at] :
					     &nothing;

	json_out_open_object(out, name);
	json_out_text(out, "SigKind", sig_kind(sig, at));
	put_key_id(out, "PublicKey", layer->pubkey);
	put_key_id(out, "KeyID", layer->key_id);
	put_url_safe(out, "Signature", layer->sig);
	if (at + 1 < sig->n)
		put_sig(out, "Nested", sig, at + 1);
	put_key_id(out, "WrappingPublicKey", layer->wrapping);
	json_out_close_object(out);
}

static void put_peer(struct json_out *out, const struct lock_peer *peer,
		     bool with_sig)
{
	struct key_hex hex;

	json_out_open_object(out, NULL);
	json_out_text(out, "ID", peer->stable_id);
	json_out_text(out, "DNSName", peer->name);
	lock_local_put_ips(out, peer);
	json_out_text(out, "NodeKey", key_text_format_node(&peer->key, &hex));
	if (with_sig)
		put_sig(out, "NodeKeySignature", &peer->sig, 0);
	/* Beyond the reference's form, at its end. */
	json_out_text_if(out, "Reason", peer->reason);
	json_out_close_object(out);
}

static void put_peers(struct json_out *out, const char *name,
		      const struct lock_peer *peer, size_t n, bool with_sig)
{
	size_t i;

	json_out_open_array(out, name);
	for (i = 0; i < n; i++)
		put_peer(out, &peer[i], with_sig);
	json_out_close_array(out);
}

static void put_hash(struct json_out *out, const char *name,
		     const struct aum_hash *hash)
{
	struct aum_hash_text text;

	json_out_text(out, name, aum_hash_format(hash, &text));
}

static void put_enabled(struct json_out *out, const struct lock_status *status)
{
	if (status->has_head)
		put_hash(out, "Head", &status->head);
	json_out_bool(out, "NodeKeySigned", status->signed_);
	if (status->has_sig)
		put_sig(out, "NodeKeySignature", &status->sig, 0);
	put_keys(out, "TrustedKeys", status->keys, status->n_keys);
	put_peers(out, "VisiblePeers", status->visible, status->n_visible,
		  true);
	put_peers(out, "FilteredPeers", status->filtered, status->n_filtered,
		  false);
	if (status->state_id)
		json_out_uint(out, "State", status->state_id);
}

int lock_json_status(const struct lock_status *status, struct secret_buf *ret)
{
	struct json_out out = { 0 };
	struct key_hex hex;

	json_out_open_object(&out, NULL);
	json_out_text(&out, "SchemaVersion", SCHEMA);
	json_out_bool(&out, "Enabled", status->enabled);
	if (status->has_public)
		json_out_text(&out, "PublicKey",
			      key_text_format_lock_cli(&status->public, &hex));
	if (status->has_node_key)
		json_out_text(&out, "NodeKey",
			      key_text_format_node(&status->node_key, &hex));
	if (status->enabled)
		put_enabled(&out, status);
	if (status->head_s)
		json_out_int(&out, "HeadSince", status->head_s);
	json_out_text_if(&out, "Trouble", status->trouble);
	json_out_close_object(&out);
	return json_pretty_end(&out, "  ", "\n", ret);
}

static void put_state(struct json_out *out, const struct lock_state *state)
{
	size_t i;

	json_out_open_object(out, "State");
	if (state->has_last)
		put_hash(out, "LastAUMHash", &state->last);
	json_out_open_array(out, "DisablementValues");
	for (i = 0; i < state->n_values; i++)
		put_hex(out, NULL, state->values[i].b);
	json_out_close_array(out);
	put_keys(out, "Keys", state->keys, state->n_keys);
	json_out_uint(out, "StateID1", state->id1);
	json_out_uint(out, "StateID2", state->id2);
	json_out_close_object(out);
}

static void put_sigs(struct json_out *out, const struct aum *aum)
{
	size_t i;

	json_out_open_array(out, "Signatures");
	for (i = 0; i < aum->n_sigs; i++) {
		json_out_open_object(out, NULL);
		put_key_id(out, "KeyID", aum->sigs[i].key_id.b);
		put_url_safe(out, "Signature", aum->sigs[i].sig.b);
		json_out_close_object(out);
	}
	json_out_close_array(out);
}

static void put_aum(struct json_out *out, const struct aum *aum)
{
	char kind[AUM_KIND_TEXT_MAX];
	struct aum_hash prev;

	json_out_open_object(out, "AUM");
	json_out_text(out, "MessageKind", aum_kind_text(aum->kind, kind));
	if (aum_prev(aum, &prev))
		put_hash(out, "PrevAUMHash", &prev);
	if (aum->key)
		put_key(out, "Key", aum->key);
	put_key_id(out, "KeyID", aum->key_id);
	if (aum->state)
		put_state(out, aum->state);
	if (aum->has_votes && aum->votes)
		json_out_uint(out, "Votes", aum->votes);
	put_meta(out, &aum->meta);
	if (aum->n_sigs)
		put_sigs(out, aum);
	json_out_close_object(out);
}

int lock_json_log(const struct lock_update *update, size_t n,
		  struct secret_buf *ret)
{
	struct json_out out = { 0 };
	size_t i;

	json_out_open_object(&out, NULL);
	json_out_text(&out, "SchemaVersion", SCHEMA);
	json_out_open_array(&out, "Messages");
	for (i = 0; i < n; i++) {
		json_out_open_object(&out, NULL);
		put_hash(&out, "Hash", &update[i].hash);
		put_aum(&out, &update[i].aum);
		put_url_safe(&out, "Raw", update[i].raw);
		json_out_close_object(&out);
	}
	json_out_close_array(&out);
	json_out_close_object(&out);
	return json_pretty_end(&out, "  ", "\n", ret);
}

/* Null if it is, else base64. */
static void put_opt(struct json_out *out, const char *name, bool set,
		    struct bytes bytes)
{
	if (set && !bytes.len)
		json_out_text(out, name, "");
	else
		json_out_bytes(out, name, bytes.data, bytes.len);
}

static void put_plain_key(struct json_out *out, const char *name,
			  const struct lock_key *key)
{
	json_out_open_object(out, name);
	json_out_int(out, "Kind", key->kind);
	json_out_uint(out, "Votes", key->votes);
	put_opt(out, "Public", key->id.set, key->id.b);
	lock_local_put_meta(out, "Meta", &key->meta);
	json_out_close_object(out);
}

static void put_plain_state(struct json_out *out,
			    const struct lock_state *state)
{
	size_t i;

	json_out_open_object(out, "State");
	if (state->has_last)
		put_hash(out, "LastAUMHash", &state->last);
	else
		json_out_null(out, "LastAUMHash");
	json_out_open_array(out, "DisablementValues");
	for (i = 0; i < state->n_values; i++)
		put_opt(out, NULL, state->values[i].set, state->values[i].b);
	json_out_close_array(out);
	json_out_open_array(out, "Keys");
	for (i = 0; i < state->n_keys; i++)
		put_plain_key(out, NULL, &state->keys[i]);
	json_out_close_array(out);
	json_out_uint(out, "StateID1", state->id1);
	json_out_uint(out, "StateID2", state->id2);
	json_out_close_object(out);
}

static void put_plain_sigs(struct json_out *out, const struct aum *aum)
{
	size_t i;

	json_out_open_array(out, "Signatures");
	for (i = 0; i < aum->n_sigs; i++) {
		json_out_open_object(out, NULL);
		put_opt(out, "KeyID", aum->sigs[i].key_id.set,
			aum->sigs[i].key_id.b);
		put_opt(out, "Signature", aum->sigs[i].sig.set,
			aum->sigs[i].sig.b);
		json_out_close_object(out);
	}
	json_out_close_array(out);
}

int lock_json_aum(const struct aum *aum, struct secret_buf *ret)
{
	struct json_out out = { 0 };

	json_out_open_object(&out, NULL);
	json_out_int(&out, "MessageKind", aum->kind);
	put_opt(&out, "PrevAUMHash", aum->prev.set, aum->prev.b);
	if (aum->key)
		put_plain_key(&out, "Key", aum->key);
	else
		json_out_null(&out, "Key");
	put_opt(&out, "KeyID", false, aum->key_id);
	if (aum->state)
		put_plain_state(&out, aum->state);
	else
		json_out_null(&out, "State");
	if (aum->has_votes)
		json_out_uint(&out, "Votes", aum->votes);
	else
		json_out_null(&out, "Votes");
	lock_local_put_meta(&out, "Meta", &aum->meta);
	if (aum->n_sigs)
		put_plain_sigs(&out, aum);
	else
		json_out_null(&out, "Signatures");
	json_out_close_object(&out);
	return json_pretty_end(&out, "\t", "", ret);
}
