// SPDX-License-Identifier: GPL-2.0-only
#include "test.h"
#include "tka.h"

#include "base/err.h"
#include "crypto/lock_key.h"
#include "fail_alloc.h"
#include "lock/admit.h"
#include "lock/auth_key.h"
#include "lock/authority.h"
#include "lock/rotation.h"
#include "lock/sig.h"
#include "lock/sign.h"
#include "wire/nks.h"

#define NOW 1700000000

static const struct text_list nothing_denied;
static const struct authority_disk no_disk;

static struct authority *authority_of(struct bytes genesis)
{
	struct authority *authority = NULL;

	if (authority_bootstrap(genesis, &nothing_denied, NOW, &no_disk,
				&authority) < 0)
		test_fail(__FILE__, __LINE__, "genesis is refused");
	return authority;
}

/* By its name in nks.json. */
static struct authority *authority_named(const json_t *root, const char *name,
					 struct arena *mem)
{
	const json_t *rows = tka_get(root, "authorities"), *row;
	size_t i;

	for (i = 0; i < json_array_size(rows); i++) {
		row = json_array_get(rows, i);
		if (strcmp(tka_text(row, "name"), name) == 0)
			return authority_of(tka_bytes(row, "genesis", mem));
	}
	test_fail(__FILE__, __LINE__, "no authority %s", name);
	return NULL;
}

/* A letter as in the recorded mutations. */
static char judge(const struct authority *authority,
		  const struct node_public *node, struct bytes data)
{
	struct node_sig sig;

	if (nks_parse(data, &sig) < 0)
		return 'D';
	return sig_check(authority_state(authority), node, &sig) == 0 ?
	       'A' : 'R';
}

static void check_details(const json_t *row, struct bytes data,
			  struct arena *mem)
{
	const json_t *prev = tka_get(row, "prev_node_keys");
	struct sig_rotation rotation;
	struct node_sig sig;
	size_t i;
	int r;

	CHECK_EQ(nks_parse(data, &sig), 0);
	r = sig_find_rotation(&sig, &rotation);
	CHECK_EQ(r, tka_bool(row, "has_rotation_details"));
	if (!r)
		return;
	CHECK_EQ(rotation.n_prev, json_array_size(prev));
	for (i = 0; i < rotation.n_prev; i++)
		CHECK_MEM(rotation.prev[i].byte,
			  tka_value_bytes(json_array_get(prev, i), mem).data,
			  KEY_LEN);
	CHECK_EQ(rotation.initial->kind,
		 json_number_value(tka_get(row, "initial_sig_kind")));
}

static void check_authorization(const json_t *root, const json_t *row)
{
	struct authority *authority auto_clean(authority) = NULL;
	struct arena *mem auto_clean(arena) = arena_new();
	struct bytes data = tka_bytes(row, "signature", mem);
	struct node_public node;
	char verdict;

	authority = authority_named(root, tka_text(row, "authority"), mem);
	CHECK(authority);
	tka_fixed(row, "node_public", node.byte, KEY_LEN);
	verdict = judge(authority, &node, data);
	/* Only what is not canonical may be refused where it is not there. */
	if (verdict == 'D' && tka_bool(row, "decodes"))
		return;
	CHECK_EQ(verdict != 'D', tka_bool(row, "decodes"));
	CHECK_EQ(verdict == 'A', tka_bool(row, "authorized"));
	if (verdict == 'A')
		CHECK_IN(check_details(row, data, mem));
}

static void reference_authorization(void)
{
	json_t *root auto_clean(json) = tka_load("tka-reference/nks.json");
	const json_t *rows = tka_get(root, "authorization"), *row;
	size_t i;

	for (i = 0; i < json_array_size(rows); i++) {
		row = json_array_get(rows, i);
		test_case("%zu %s", i, tka_text(row, "name"));
		CHECK_IN(check_authorization(root, row));
	}
	CHECK(i > 0);
}

static void check_mutations(const json_t *root, const json_t *row)
{
	struct authority *authority auto_clean(authority) = NULL;
	struct arena *mem auto_clean(arena) = arena_new();
	const char *flips = tka_text(row, "bit_flip_verdicts");
	const json_t *changed = tka_get(row, "bit_flip_reserialized");
	struct bytes data = tka_bytes(row, "signature", mem);
	uint8_t *copy = arena_alloc(mem, data.len + 1);
	struct node_public node;
	char name[32];
	size_t i;

	authority = authority_named(root, tka_text(row, "authority"), mem);
	tka_fixed(row, "node_public", node.byte, KEY_LEN);
	CHECK_EQ(strlen(flips), data.len * 8);
	for (i = 0; flips[i]; i++) {
		memcpy(copy, data.data, data.len);
		copy[i / 8] ^= 0x80 >> i % 8;
		snprintf(name, sizeof(name), "%zu", i);
		test_case("%s, bit %zu", tka_text(row, "name"), i);
		CHECK_EQ(judge(authority, &node,
			       (struct bytes){ copy, data.len }),
			 json_object_get(changed, name) ? 'D' : flips[i]);
	}
	memcpy(copy, data.data, data.len);
	for (i = 0; i < data.len; i++)
		CHECK_EQ(judge(authority, &node, (struct bytes){ copy, i }),
			 'D');
	for (i = 0; i < 256; i++) {
		copy[data.len] = i;
		CHECK_EQ(judge(authority, &node,
			       (struct bytes){ copy, data.len + 1 }), 'D');
	}
}

static void reference_mutations(void)
{
	json_t *root auto_clean(json) = tka_load("tka-reference/nks.json");
	const json_t *rows = tka_get(root, "mutations");
	size_t i;

	for (i = 0; i < json_array_size(rows); i++)
		CHECK_IN(check_mutations(root, json_array_get(rows, i)));
	CHECK(i > 0);
}

static bool is_small_order(const json_t *root, const json_t *row)
{
	const json_t *list = tka_get(root, "small_order_encodings");
	const char *key = tka_text(row, "public");
	size_t i;

	for (i = 0; i < json_array_size(list); i++) {
		if (strcmp(tka_text(json_array_get(list, i), "encoding"),
			   key) == 0)
			return true;
	}
	return false;
}

static void edge_rows(bool rotations)
{
	json_t *root auto_clean(json) = tka_load("tka-reference/ed25519.json");
	struct authority *authority auto_clean(authority) = NULL;
	struct arena *mem auto_clean(arena) = arena_new();
	const json_t *rows = tka_get(root, rotations ? "rotation_signatures" :
				     "direct_signatures");
	struct node_public node;
	size_t i;

	authority = authority_of(tka_value_bytes(json_array_get(
			tka_get(root, "authority_genesis"), 0), mem));
	CHECK(authority);
	for (i = 0; i < json_array_size(rows); i++) {
		const json_t *row = json_array_get(rows, i);
		bool good = tka_bool(row, "authorized");

		test_case("%zu", i);
		tka_fixed(row, "node_public", node.byte, KEY_LEN);
		/* Ours: for these everyone could sign. */
		if (rotations && is_small_order(root, row))
			good = false;
		CHECK_EQ(judge(authority, &node,
			       tka_bytes(row, "signature", mem)),
			 good ? 'A' : 'R');
	}
	CHECK(i > 0);
}

static void edge_cases_of_direct_signatures(void)
{
	edge_rows(false);
}

static void edge_cases_of_rotations(void)
{
	edge_rows(true);
}

/* Trusted keys in a list, as the derived files have them. */
static struct lock_state state_of(const json_t *root, struct arena *mem)
{
	const json_t *rows = tka_get(root, "trusted_keys");
	struct lock_state state = { .n_keys = json_array_size(rows) };
	struct lock_key *keys = arena_array(mem, state.n_keys, sizeof(*keys));
	size_t i;

	for (i = 0; i < state.n_keys; i++)
		keys[i].id = tka_opt_bytes(json_array_get(rows, i), "key_id",
					   mem);
	state.keys = keys;
	return state;
}

static void required_verdicts(void)
{
	json_t *root auto_clean(json) = tka_load("tka/nks.json");
	struct arena *mem auto_clean(arena) = arena_new();
	const json_t *rows = tka_get(root, "cases"), *row;
	struct lock_state state = state_of(root, mem);
	struct node_public node;
	struct node_sig sig;
	size_t i;
	int r;

	for (i = 0; i < json_array_size(rows); i++) {
		row = json_array_get(rows, i);
		test_case("%s", tka_text(row, "name"));
		tka_fixed(row, "node_key", node.byte, KEY_LEN);
		r = nks_parse(tka_bytes(row, "cbor", mem), &sig);
		if (r == 0)
			r = sig_check(&state, &node, &sig);
		CHECK_EQ(r == 0, tka_bool(tka_get(row, "required"),
					  "accept"));
	}
	CHECK(i > 0);
}

static void signer_of(struct bytes seed, struct lock_signer *ret)
{
	ret->seed = secret32_new();
	memcpy(secret32_expose(ret->seed), seed.data, SECRET_LEN);
	if (lock_key_derive(ret->seed, &ret->public) < 0)
		test_fail(__FILE__, __LINE__, "no public key");
}

static void check_resign(const json_t *root, const json_t *row)
{
	struct authority *authority auto_clean(authority) = NULL;
	struct arena *mem auto_clean(arena) = arena_new();
	struct bytes old = tka_bytes(row, "old_signature", mem), data, known;
	struct lock_signer signer;
	struct node_public node;
	struct node_sig sig;
	int r;

	authority = authority_named(root, "A", mem);
	signer_of(tka_bytes(row, "signer_seed", mem), &signer);
	tka_fixed(row, "new_node_public", node.byte, KEY_LEN);
	r = sign_rotation(&signer, old, &node, mem, &data);
	secret32_free(signer.seed);
	if (nks_parse(old, &sig) < 0) {
		CHECK(r < 0);
		return;
	}
	CHECK_EQ(r == 0, tka_bool(row, "ok") &&
		 json_number_value(tka_get(row, "new_map_levels")) > 0);
	if (r < 0)
		return;
	known = tka_bytes(row, "new_signature", mem);
	CHECK_EQ(data.len, known.len);
	CHECK_MEM(data.data, known.data, known.len);
	CHECK_EQ(judge(authority, &node, data),
		 tka_bool(row, "authorized_under_A") ? 'A' : 'R');
}

static void rotates_as_the_reference(void)
{
	json_t *root auto_clean(json) = tka_load("tka-reference/nks.json");
	const json_t *rows = tka_get(root, "resign"), *row;
	size_t i;

	for (i = 0; i < json_array_size(rows); i++) {
		row = json_array_get(rows, i);
		test_case("%s", tka_text(row, "name"));
		CHECK_IN(check_resign(root, row));
	}
	CHECK(i > 0);
}

static void signs_by_credential(void)
{
	json_t *root auto_clean(json) = tka_load("tka-reference/nks.json");
	const json_t *rows = tka_get(root, "sign_by_credential"), *row;
	size_t i;

	for (i = 0; i < json_array_size(rows); i++) {
		struct arena *mem auto_clean(arena) = arena_new();
		struct lock_signer signer;
		struct node_public node;
		struct bytes data, known;
		int r;

		row = json_array_get(rows, i);
		test_case("%s", tka_text(row, "name"));
		signer_of(tka_bytes(row, "private_seed", mem), &signer);
		tka_fixed(row, "node_public", node.byte, KEY_LEN);
		r = sign_by_credential(&signer,
				       tka_bytes(row, "credential", mem),
				       &node, mem, &data);
		secret32_free(signer.seed);
		CHECK_EQ(r, tka_bool(row, "ok") ? 0 : TNE_LOCK_PEER);
		if (r < 0)
			continue;
		known = tka_bytes(row, "signature", mem);
		CHECK_EQ(data.len, known.len);
		CHECK_MEM(data.data, known.data, known.len);
	}
	CHECK(i > 0);
}

static void signs_nodes_and_credentials(void)
{
	struct arena *mem auto_clean(arena) = arena_new();
	uint8_t seed[2][SECRET_LEN] = { { 1 }, { 2 } };
	struct lock_signer signer, delegate;
	struct lock_key key = { .id.set = true };
	struct lock_state state = { .keys = &key, .n_keys = 1 };
	struct node_public node = { { 7 } }, next = { { 8 } };
	struct bytes data, credential;
	struct node_public found;
	struct node_sig sig;

	signer_of((struct bytes){ seed[0], SECRET_LEN }, &signer);
	signer_of((struct bytes){ seed[1], SECRET_LEN }, &delegate);
	key.id.b = (struct bytes){ signer.public.byte, KEY_LEN };
	CHECK_EQ(sign_node(&signer, &node, NULL, mem, &data), 0);
	CHECK_EQ(nks_parse(data, &sig), 0);
	CHECK_EQ(sig.layer[0].wrapping.len, 0);
	CHECK_EQ(sig_check(&state, &node, &sig), 0);
	CHECK_EQ(sig_check(&state, &next, &sig), TNE_LOCK_PEER);
	/* Its owner may go over to another key; nobody else. */
	CHECK_EQ(sign_node(&signer, &node, &delegate.public, mem, &data), 0);
	CHECK_EQ(sign_rotation(&delegate, data, &next, mem, &data), 0);
	CHECK_EQ(nks_parse(data, &sig), 0);
	CHECK_EQ(sig_check(&state, &next, &sig), 0);
	/* What a key is behind of, whoever has signed the last layer. */
	CHECK_EQ(sig_check_affected(&state, key.id.b, data, &found), 0);
	CHECK_EQ(key_cmp_public(&found, &next), 0);
	CHECK_EQ(sig_check_affected(&state, (struct bytes){
			delegate.public.byte, KEY_LEN }, data, &found),
		 TNE_LOCK_PEER);
	data.len--;
	CHECK_EQ(sig_check_affected(&state, key.id.b, data, &found),
		 TNE_CBOR);
	CHECK_EQ(sign_credential(&signer, &delegate.public, mem,
				 &credential), 0);
	CHECK_EQ(nks_parse(credential, &sig), 0);
	/* It lets in nobody by itself. */
	CHECK_EQ(sig_check(&state, &node, &sig), TNE_LOCK_PEER);
	CHECK_EQ(sign_by_credential(&delegate, credential, &node, mem, &data),
		 0);
	CHECK_EQ(nks_parse(data, &sig), 0);
	CHECK_EQ(sig_check(&state, &node, &sig), 0);
	secret32_free(signer.seed);
	secret32_free(delegate.seed);
}

/* Taken as a plain one: what the reference takes loosely, or cannot use. */
static bool is_loose(const json_t *row, const char *text, struct arena *mem)
{
	const json_t *private = tka_get(row, "private");

	return strpbrk(text, "\r\n") || !json_is_string(private) ||
	       tka_value_bytes(private, mem).len != SECRET_LEN + KEY_LEN;
}

static void check_auth_key(const char *text, const char *plain,
			   struct bytes *credential, struct bytes *private)
{
	struct arena *mem auto_clean(arena) = arena_new();
	struct auth_key key;

	CHECK_EQ(auth_key_parse(text, mem, &key), 0);
	CHECK_EQ(key.len, strlen(plain));
	CHECK_EQ(key.credential.len, credential ? credential->len : 0);
	if (credential) {
		CHECK(bytes_eq(key.credential, *credential));
		CHECK_MEM(secret32_expose(key.delegate.seed), private->data,
			  SECRET_LEN);
		CHECK_MEM(key.delegate.public.byte,
			  private->data + SECRET_LEN, KEY_LEN);
	}
	auth_key_done(&key);
}

static void reference_auth_keys(void)
{
	json_t *root auto_clean(json) = tka_load("tka-reference/nks.json");
	const json_t *rows = tka_get(root, "wrapped_auth_keys"), *row;
	struct bytes credential, private;
	size_t i;

	for (i = 0; i < json_array_size(rows); i++) {
		struct arena *mem auto_clean(arena) = arena_new();
		const char *text;

		row = json_array_get(rows, i);
		text = tka_text(row, "input");
		test_case("%s", tka_text(row, "note"));
		if (!tka_bool(row, "is_wrapped") || is_loose(row, text, mem) ||
		    strcmp(tka_text(row, "note"),
			   "signature part is an empty map") == 0 ||
		    strcmp(tka_text(row, "note"),
			   "trailing bits set in the empty map") == 0) {
			CHECK_IN(check_auth_key(text, text, NULL, NULL));
			continue;
		}
		credential = tka_bytes(row, "signature", mem);
		private = tka_bytes(row, "private", mem);
		CHECK_IN(check_auth_key(text, tka_text(row, "auth_key"),
					&credential, &private));
	}
	CHECK(i > 0);
}

static void check_registration(const json_t *row, struct arena *mem)
{
	const char *text = tka_text(row, "input");
	struct secret_buf wrapped = { 0 };
	struct bytes data, known;
	struct node_public node;
	struct auth_key key;
	char plain[128];

	CHECK_EQ(auth_key_parse(text, mem, &key), 0);
	CHECK_EQ(key.credential.len > 0, tka_bool(row, "wrapped"));
	CHECK_EQ(key.len, strlen(tka_text(row, "authkey")));
	if (!key.credential.len)
		return;
	tka_fixed(row, "node_key", node.byte, KEY_LEN);
	known = tka_bytes(row, "registration_nks", mem);
	CHECK_EQ(sign_by_credential(&key.delegate, key.credential, &node, mem,
				    &data), 0);
	CHECK(bytes_eq(data, known));
	/* Put together again. */
	snprintf(plain, sizeof(plain), "%.*s", (int)key.len, text);
	CHECK_EQ(auth_key_wrap(plain, key.credential, &key.delegate,
			       &wrapped), 0);
	CHECK_EQ(wrapped.len, strlen(text));
	CHECK_MEM(wrapped.data, text, wrapped.len);
	secret_buf_done(&wrapped);
	auth_key_done(&key);
}

static void auth_keys_at_registration(void)
{
	json_t *root auto_clean(json) = tka_load("tka/authkey.json");
	struct arena *mem auto_clean(arena) = arena_new();
	const json_t *rows = tka_get(root, "cases");
	size_t i;

	for (i = 0; i < json_array_size(rows); i++) {
		test_case("%zu", i);
		CHECK_IN(check_registration(json_array_get(rows, i), mem));
	}
	CHECK(i > 0);
}

static int verdict_of(const json_t *drop, const char *id)
{
	static const struct {
		const char *reason;
		int verdict;
	} reasons[] = {
		{ "missing signature", TNE_LOCK_UNSIGNED },
		{ "rotated out", TNE_LOCK_ROTATED },
	};
	const char *reason = json_string_value(json_object_get(drop, id));
	size_t i;

	if (!reason)
		return 0;
	for (i = 0; i < 2; i++) {
		if (strcmp(reason, reasons[i].reason) == 0)
			return reasons[i].verdict;
	}
	return TNE_LOCK_PEER;
}

static void check_peers(const json_t *row, const struct lock_state *state,
			struct arena *mem)
{
	const json_t *rows = tka_get(row, "peers");
	size_t i, n = json_array_size(rows);
	struct admit_peer *peer = arena_array(mem, n, sizeof(*peer));
	char id[32];

	for (i = 0; i < n; i++) {
		const json_t *item = json_array_get(rows, i);

		tka_fixed(item, "node_key", peer[i].key.byte, KEY_LEN);
		peer[i].data = tka_opt_bytes(item, "signature", mem).b;
		peer[i].peerapi_only = tka_bool(item,
						"unsigned_peerapi_only");
	}
	CHECK_EQ(admit_peers(state, peer, n), 0);
	for (i = 0; i < n; i++) {
		snprintf(id, sizeof(id), "%.0f", json_number_value(
			tka_get(json_array_get(rows, i), "id")));
		CHECK_EQ(peer[i].verdict,
			 verdict_of(tka_get(row, "drop"), id));
	}
	/* Without keys nobody who needs a signature is let in. */
	CHECK_EQ(admit_peers(NULL, peer, n), 0);
	for (i = 0; i < n; i++)
		CHECK(peer[i].peerapi_only || peer[i].verdict < 0);
}

/* Keys in there are small numbers. */
static struct node_public key_number(const json_t *value)
{
	return (struct node_public){ { json_number_value(value) } };
}

static void check_tracker(const json_t *row)
{
	const json_t *add = tka_get(row, "add"), *prev, *item;
	const json_t *obsolete = tka_get(row, "obsolete");
	struct node_sig_layer initial[16] = { 0 };
	uint8_t wrapping[16];
	struct rotations rotations = { 0 };
	struct node_public key;
	size_t i, j;

	for (i = 0; i < json_array_size(add); i++) {
		struct sig_rotation rotation = { .initial = &initial[i] };

		item = json_array_get(add, i);
		prev = tka_get(item, "prev");
		wrapping[i] = json_number_value(tka_get(item, "wrapping"));
		initial[i].kind = json_number_value(tka_get(item,
							    "initial_kind"));
		initial[i].wrapping = (struct bytes){ &wrapping[i], 1 };
		for (j = 0; j < json_array_size(prev); j++)
			rotation.prev[rotation.n_prev++] =
				key_number(json_array_get(prev, j));
		key = key_number(tka_get(item, "node"));
		CHECK_EQ(rotations_add(&rotations, &key, &rotation), 0);
	}
	rotations_finish(&rotations);
	for (i = 0; i < 10; i++) {
		bool known = false;

		for (j = 0; j < json_array_size(obsolete); j++)
			known |= json_number_value(json_array_get(obsolete,
								  j)) == i;
		key = (struct node_public){ { i } };
		CHECK_EQ(rotations_obsolete(&rotations, &key), known);
	}
	rotations_done(&rotations);
}

static void peers_of_a_map(void)
{
	json_t *root auto_clean(json) = tka_load("tka/peer-filter.json");
	struct arena *mem auto_clean(arena) = arena_new();
	const json_t *rows = tka_get(root, "cases"), *row;
	struct lock_state state = state_of(root, mem);
	size_t i;

	for (i = 0; i < json_array_size(rows); i++) {
		row = json_array_get(rows, i);
		test_case("%s", tka_text(row, "name"));
		if (json_object_get(row, "peers"))
			CHECK_IN(check_peers(row, &state, mem));
		else
			CHECK_IN(check_tracker(row));
	}
	CHECK(i > 0);
}

static int sign_and_admit(void *ctx)
{
	struct arena *mem auto_clean(arena) = arena_new();
	struct lock_signer *signer = ctx;
	struct lock_key key = { .id.b = { signer->public.byte, KEY_LEN } };
	struct lock_state state = { .keys = &key, .n_keys = 1 };
	struct admit_peer peer = { .key = { { 9 } } };
	struct node_public old = { { 8 } };
	int r;

	if (!mem)
		return -1;
	r = sign_node(signer, &old, &signer->public, mem, &peer.data);
	if (r == 0)
		r = sign_rotation(signer, peer.data, &peer.key, mem,
				  &peer.data);
	return r < 0 ? r : admit_peers(&state, &peer, 1);
}

static void every_allocation_may_fail(void)
{
	uint8_t seed[SECRET_LEN] = { 3 };
	struct lock_signer signer;

	signer_of((struct bytes){ seed, SECRET_LEN }, &signer);
	CHECK(fail_alloc_each(sign_and_admit, &signer) >= 5);
	secret32_free(signer.seed);
}

/* As many layers as there can be, each signed by who may. */
static void long_chain(const struct lock_signer *signer, struct arena *mem,
		       struct node_sig *ret)
{
	struct node_public node = { { 1 } };
	struct bytes data;
	int r = sign_node(signer, &node, &signer->public, mem, &data);

	while (r == 0 && ++node.byte[0] <= NODE_SIG_LAYERS_MAX)
		r = sign_rotation(signer, data, &node, mem, &data);
	if (r < 0 || nks_parse(data, ret) < 0)
		abort();
}

static int sign_chain(const struct lock_signer *signer,
		      const struct node_sig *sig, struct arena *mem)
{
	static const struct node_public next = { { 99 } };
	struct bytes data = { 0 };
	uint8_t text[NKS_MAX];
	size_t len;

	if (nks_build(sig, text, &len) < 0)
		abort();
	return sign_rotation(signer, (struct bytes){ text, len }, &next, mem,
			     &data);
}

/*
 * The server hands a signature to be made anew. Node keys that it has put there
 * must not come back signed.
 */
static void signs_no_keys_of_the_server(void)
{
	struct arena *mem auto_clean(arena) = arena_new();
	uint8_t seed[2][SECRET_LEN] = { { 1 }, { 2 } };
	static const uint8_t rogue[NODE_SIG_PUBKEY_LEN] = "npa rogue node";
	struct lock_signer signer, other;
	struct node_sig sig, good;
	size_t i;

	signer_of((struct bytes){ seed[0], SECRET_LEN }, &signer);
	signer_of((struct bytes){ seed[1], SECRET_LEN }, &other);
	long_chain(&signer, mem, &good);
	CHECK_EQ(good.n, NODE_SIG_LAYERS_MAX);
	CHECK_EQ(sign_chain(&signer, &good, mem), 0);
	/* The last two are not written again. */
	for (i = 0; i < NODE_SIG_LAYERS_MAX - 2; i++) {
		test_case("a rogue key in layer %zu", i);
		sig = good;
		sig.layer[i].pubkey = (struct bytes){ rogue, sizeof(rogue) };
		CHECK_EQ(sign_chain(&signer, &sig, mem), TNE_LOCK_PEER);
	}
	test_case("a layer that another key may sign");
	sig = good;
	sig.layer[9].wrapping = (struct bytes){ other.public.byte, KEY_LEN };
	CHECK_EQ(sign_chain(&signer, &sig, mem), TNE_LOCK_PEER);
	test_case("signed by another key");
	CHECK_EQ(sign_chain(&other, &good, mem), TNE_LOCK_PEER);
	secret32_free(signer.seed);
	secret32_free(other.seed);
}

static const struct test tests[] = {
	TEST(signs_no_keys_of_the_server),
	TEST(reference_authorization),
	TEST(reference_mutations),
	TEST(edge_cases_of_direct_signatures),
	TEST(edge_cases_of_rotations),
	TEST(required_verdicts),
	TEST(rotates_as_the_reference),
	TEST(signs_by_credential),
	TEST(signs_nodes_and_credentials),
	TEST(reference_auth_keys),
	TEST(auth_keys_at_registration),
	TEST(peers_of_a_map),
	TEST(every_allocation_may_fail),
};
TEST_MAIN(tests)
