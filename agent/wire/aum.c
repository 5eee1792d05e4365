// SPDX-License-Identifier: GPL-2.0-only
#include "wire/aum.h"

#include "base/err.h"
#include "crypto/blake2s.h"
#include "wire/cbor.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

/* Names of the fields, in the order in which they stand. */
enum {
	FIELD_KIND = 1,
	FIELD_PREV = 2,
	FIELD_KEY = 3,
	FIELD_KEY_ID = 4,
	FIELD_STATE = 5,
	FIELD_VOTES = 6,
	FIELD_META = 7,
	FIELD_SIGS = 23,
};

enum {
	KEY_KIND = 1,
	KEY_VOTES = 2,
	KEY_PUBLIC = 3,
	KEY_META = 12,
};

enum {
	STATE_LAST = 1,
	STATE_VALUES = 2,
	STATE_KEYS = 3,
	STATE_ID1 = 4,
	STATE_ID2 = 5,
};

enum {
	SIG_KEY_ID = 1,
	SIG_SIG = 2,
};

static int take_u8(struct cursor *in, uint8_t *ret)
{
	uint64_t value;

	if (cbor_take_uint(in, UINT8_MAX, &value) < 0)
		return TNE_CBOR;
	*ret = value;
	return 0;
}

static int take_opt_bytes(struct cursor *in, struct opt_bytes *ret)
{
	if (cbor_take_null(in)) {
		*ret = (struct opt_bytes){ 0 };
		return 0;
	}
	ret->set = true;
	return cbor_take_bytes(in, &ret->b);
}

/* One that is left out when it would be empty. */
static int take_some_bytes(struct cursor *in, struct bytes *ret)
{
	if (cbor_take_bytes(in, ret) < 0 || ret->len == 0)
		return TNE_CBOR;
	return 0;
}

/* One that is left out when it would be zero. */
static int take_some_uint(struct cursor *in, uint64_t *ret)
{
	if (cbor_take_uint(in, UINT64_MAX, ret) < 0 || *ret == 0)
		return TNE_CBOR;
	return 0;
}

static int take_meta(struct cursor *in, struct arena *mem,
		     struct lock_meta *ret)
{
	struct lock_meta_pair *item;
	size_t i, n;

	if (cbor_take_map(in, &n) < 0 || n == 0)
		return TNE_CBOR;
	item = arena_array(mem, n, sizeof(*item));
	if (!item)
		return -ENOMEM;
	for (i = 0; i < n; i++) {
		if (cbor_take_text(in, &item[i].name) < 0 ||
		    cbor_take_text(in, &item[i].value) < 0)
			return TNE_CBOR;
		if (i && cbor_text_cmp(item[i - 1].name, item[i].name) >= 0)
			return TNE_CBOR;
	}
	*ret = (struct lock_meta){ .item = item, .n = n };
	return 0;
}

static int take_key_field(struct cursor *in, uint64_t field, struct arena *mem,
			  struct lock_key *key)
{
	switch (field) {
	case KEY_KIND:
		return take_u8(in, &key->kind);
	case KEY_VOTES:
		return cbor_take_uint(in, UINT64_MAX, &key->votes);
	case KEY_PUBLIC:
		return take_opt_bytes(in, &key->id);
	case KEY_META:
		return take_meta(in, mem, &key->meta);
	default:
		return TNE_CBOR;
	}
}

/*
 * Fields ascend, so the first ones, which are never left out, are all there if
 * their number is that of the last of them.
 */
static int take_key(struct cursor *in, struct arena *mem, struct lock_key *key)
{
	uint64_t field = 0;
	size_t i, n;
	int r;

	if (cbor_take_map(in, &n) < 0 || n < KEY_PUBLIC)
		return TNE_CBOR;
	for (i = 0; i < n; i++) {
		if (cbor_take_key(in, &field) < 0 ||
		    (i < KEY_PUBLIC && field != i + 1))
			return TNE_CBOR;
		r = take_key_field(in, field, mem, key);
		if (r < 0)
			return r;
	}
	return 0;
}

static int take_one_key(struct cursor *in, struct arena *mem,
			const struct lock_key **ret)
{
	struct lock_key *key = arena_alloc(mem, sizeof(*key));

	if (!key)
		return -ENOMEM;
	*ret = key;
	return take_key(in, mem, key);
}

static int take_keys(struct cursor *in, struct arena *mem,
		     struct lock_state *state)
{
	struct lock_key *keys;
	size_t i, n;
	int r;

	if (cbor_take_null(in))
		return 0;
	if (cbor_take_array(in, &n) < 0)
		return TNE_CBOR;
	keys = arena_array(mem, n, sizeof(*keys));
	if (!keys)
		return -ENOMEM;
	for (i = 0; i < n; i++) {
		r = take_key(in, mem, &keys[i]);
		if (r < 0)
			return r;
	}
	state->has_keys = true;
	state->keys = keys;
	state->n_keys = n;
	return 0;
}

static int take_values(struct cursor *in, struct arena *mem,
		       struct lock_state *state)
{
	struct opt_bytes *values;
	size_t i, n;

	if (cbor_take_null(in))
		return 0;
	if (cbor_take_array(in, &n) < 0)
		return TNE_CBOR;
	values = arena_array(mem, n, sizeof(*values));
	if (!values)
		return -ENOMEM;
	for (i = 0; i < n; i++) {
		if (take_opt_bytes(in, &values[i]) < 0)
			return TNE_CBOR;
	}
	state->has_values = true;
	state->values = values;
	state->n_values = n;
	return 0;
}

static int take_last(struct cursor *in, struct lock_state *state)
{
	struct bytes hash;

	if (cbor_take_null(in))
		return 0;
	if (cbor_take_bytes(in, &hash) < 0 || hash.len != AUM_HASH_LEN)
		return TNE_CBOR;
	state->has_last = true;
	memcpy(state->last.byte, hash.data, AUM_HASH_LEN);
	return 0;
}

static int take_state_field(struct cursor *in, uint64_t field,
			    struct arena *mem, struct lock_state *state)
{
	switch (field) {
	case STATE_LAST:
		return take_last(in, state);
	case STATE_VALUES:
		return take_values(in, mem, state);
	case STATE_KEYS:
		return take_keys(in, mem, state);
	case STATE_ID1:
		return take_some_uint(in, &state->id1);
	case STATE_ID2:
		return take_some_uint(in, &state->id2);
	default:
		return TNE_CBOR;
	}
}

static int take_state(struct cursor *in, struct arena *mem,
		      const struct lock_state **ret)
{
	struct lock_state *state = arena_alloc(mem, sizeof(*state));
	uint64_t field = 0;
	size_t i, n;
	int r;

	if (!state)
		return -ENOMEM;
	if (cbor_take_map(in, &n) < 0 || n < STATE_KEYS)
		return TNE_CBOR;
	for (i = 0; i < n; i++) {
		if (cbor_take_key(in, &field) < 0 ||
		    (i < STATE_KEYS && field != i + 1))
			return TNE_CBOR;
		r = take_state_field(in, field, mem, state);
		if (r < 0)
			return r;
	}
	*ret = state;
	return 0;
}

static int take_sig(struct cursor *in, struct aum_sig *sig)
{
	uint64_t field = 0;
	size_t n;

	if (cbor_take_map(in, &n) < 0 || n != SIG_SIG)
		return TNE_CBOR;
	if (cbor_take_key(in, &field) < 0 || field != SIG_KEY_ID ||
	    take_opt_bytes(in, &sig->key_id) < 0)
		return TNE_CBOR;
	if (cbor_take_key(in, &field) < 0 || field != SIG_SIG)
		return TNE_CBOR;
	return take_opt_bytes(in, &sig->sig);
}

static int take_sigs(struct cursor *in, struct arena *mem, struct aum *aum)
{
	struct aum_sig *sigs;
	size_t i, n;

	if (cbor_take_array(in, &n) < 0 || n == 0)
		return TNE_CBOR;
	sigs = arena_array(mem, n, sizeof(*sigs));
	if (!sigs)
		return -ENOMEM;
	for (i = 0; i < n; i++) {
		if (take_sig(in, &sigs[i]) < 0)
			return TNE_CBOR;
	}
	aum->sigs = sigs;
	aum->n_sigs = n;
	return 0;
}

static int take_field(struct cursor *in, uint64_t field, struct arena *mem,
		      struct aum *aum)
{
	switch (field) {
	case FIELD_KIND:
		return take_u8(in, &aum->kind);
	case FIELD_PREV:
		return take_opt_bytes(in, &aum->prev);
	case FIELD_KEY:
		return take_one_key(in, mem, &aum->key);
	case FIELD_KEY_ID:
		return take_some_bytes(in, &aum->key_id);
	case FIELD_STATE:
		return take_state(in, mem, &aum->state);
	case FIELD_VOTES:
		aum->has_votes = true;
		return cbor_take_uint(in, UINT64_MAX, &aum->votes);
	case FIELD_META:
		return take_meta(in, mem, &aum->meta);
	case FIELD_SIGS:
		return take_sigs(in, mem, aum);
	default:
		return TNE_CBOR;
	}
}

int aum_take(struct cursor *in, struct arena *mem, struct aum *ret)
{
	struct cursor c = *in;
	struct aum aum = { 0 };
	uint64_t field = 0;
	size_t i, n;
	int r;

	if (cbor_take_map(&c, &n) < 0 || n < FIELD_PREV)
		return TNE_CBOR;
	for (i = 0; i < n; i++) {
		if (cbor_take_key(&c, &field) < 0 ||
		    (i < FIELD_PREV && field != i + 1))
			return TNE_CBOR;
		r = take_field(&c, field, mem, &aum);
		if (r < 0)
			return r;
	}
	*ret = aum;
	*in = c;
	return 0;
}

int aum_parse(struct bytes data, struct arena *mem, struct aum *ret)
{
	struct cursor in = { .p = data.data, .len = data.len };
	struct aum aum;
	int r;

	if (data.len > AUM_MAX)
		return TNE_TOO_LONG;
	r = aum_take(&in, mem, &aum);
	if (r < 0)
		return r;
	if (in.len)
		return TNE_CBOR;
	*ret = aum;
	return 0;
}

static void put_opt_bytes(struct cbor_out *out, const struct opt_bytes *bytes)
{
	if (bytes->set)
		cbor_put_bytes(out, bytes->b);
	else
		cbor_put_null(out);
}

static void put_meta(struct cbor_out *out, const struct lock_meta *meta)
{
	size_t i;

	cbor_put_map(out, meta->n);
	for (i = 0; i < meta->n; i++) {
		cbor_put_text(out, meta->item[i].name);
		cbor_put_text(out, meta->item[i].value);
	}
}

static void put_key(struct cbor_out *out, const struct lock_key *key)
{
	cbor_put_map(out, 3 + (key->meta.n > 0));
	cbor_put_uint(out, KEY_KIND);
	cbor_put_uint(out, key->kind);
	cbor_put_uint(out, KEY_VOTES);
	cbor_put_uint(out, key->votes);
	cbor_put_uint(out, KEY_PUBLIC);
	put_opt_bytes(out, &key->id);
	if (key->meta.n) {
		cbor_put_uint(out, KEY_META);
		put_meta(out, &key->meta);
	}
}

static void put_values(struct cbor_out *out, const struct lock_state *state)
{
	size_t i;

	if (!state->has_values) {
		cbor_put_null(out);
		return;
	}
	cbor_put_array(out, state->n_values);
	for (i = 0; i < state->n_values; i++)
		put_opt_bytes(out, &state->values[i]);
}

static void put_keys(struct cbor_out *out, const struct lock_state *state)
{
	size_t i;

	if (!state->has_keys) {
		cbor_put_null(out);
		return;
	}
	cbor_put_array(out, state->n_keys);
	for (i = 0; i < state->n_keys; i++)
		put_key(out, &state->keys[i]);
}

static void put_state(struct cbor_out *out, const struct lock_state *state)
{
	struct opt_bytes last = {
		.set = state->has_last,
		.b = { .data = state->last.byte, .len = AUM_HASH_LEN },
	};

	cbor_put_map(out, 3 + (state->id1 > 0) + (state->id2 > 0));
	cbor_put_uint(out, STATE_LAST);
	put_opt_bytes(out, &last);
	cbor_put_uint(out, STATE_VALUES);
	put_values(out, state);
	cbor_put_uint(out, STATE_KEYS);
	put_keys(out, state);
	if (state->id1) {
		cbor_put_uint(out, STATE_ID1);
		cbor_put_uint(out, state->id1);
	}
	if (state->id2) {
		cbor_put_uint(out, STATE_ID2);
		cbor_put_uint(out, state->id2);
	}
}

static void put_sigs(struct cbor_out *out, const struct aum *aum)
{
	size_t i;

	cbor_put_array(out, aum->n_sigs);
	for (i = 0; i < aum->n_sigs; i++) {
		cbor_put_map(out, 2);
		cbor_put_uint(out, SIG_KEY_ID);
		put_opt_bytes(out, &aum->sigs[i].key_id);
		cbor_put_uint(out, SIG_SIG);
		put_opt_bytes(out, &aum->sigs[i].sig);
	}
}

static void put_aum(struct cbor_out *out, const struct aum *aum, bool with_sigs)
{
	with_sigs = with_sigs && aum->n_sigs;
	cbor_put_map(out, 2 + (aum->key != NULL) + (aum->key_id.len > 0) +
		     (aum->state != NULL) + aum->has_votes +
		     (aum->meta.n > 0) + with_sigs);
	cbor_put_uint(out, FIELD_KIND);
	cbor_put_uint(out, aum->kind);
	cbor_put_uint(out, FIELD_PREV);
	put_opt_bytes(out, &aum->prev);
	if (aum->key) {
		cbor_put_uint(out, FIELD_KEY);
		put_key(out, aum->key);
	}
	if (aum->key_id.len) {
		cbor_put_uint(out, FIELD_KEY_ID);
		cbor_put_bytes(out, aum->key_id);
	}
	if (aum->state) {
		cbor_put_uint(out, FIELD_STATE);
		put_state(out, aum->state);
	}
	if (aum->has_votes) {
		cbor_put_uint(out, FIELD_VOTES);
		cbor_put_uint(out, aum->votes);
	}
	if (aum->meta.n) {
		cbor_put_uint(out, FIELD_META);
		put_meta(out, &aum->meta);
	}
	if (with_sigs) {
		cbor_put_uint(out, FIELD_SIGS);
		put_sigs(out, aum);
	}
}

static int build(const struct aum *aum, bool with_sigs, struct arena *mem,
		 struct bytes *ret)
{
	struct cbor_out count = { 0 }, out = { 0 };

	put_aum(&count, aum, with_sigs);
	out.cap = count.len;
	out.p = arena_alloc(mem, count.len);
	if (!out.p)
		return -ENOMEM;
	put_aum(&out, aum, with_sigs);
	assert(out.len == out.cap);
	*ret = (struct bytes){ .data = out.p, .len = out.len };
	return 0;
}

int aum_build(const struct aum *aum, struct arena *mem, struct bytes *ret)
{
	return build(aum, true, mem, ret);
}

int aum_build_unsigned(const struct aum *aum, struct arena *mem,
		       struct bytes *ret)
{
	return build(aum, false, mem, ret);
}

int aum_hash(struct bytes data, struct aum_hash *ret)
{
	struct blake2s_part part = { .data = data.data, .len = data.len };

	return blake2s_hash(&part, 1, ret->byte);
}

int aum_sig_hash(const struct aum *aum, struct aum_hash *ret)
{
	struct arena *mem auto_clean(arena) = arena_new();
	struct bytes data;
	int r;

	if (!mem)
		return -ENOMEM;
	r = aum_build_unsigned(aum, mem, &data);
	return r < 0 ? r : aum_hash(data, ret);
}
