// SPDX-License-Identifier: GPL-2.0-only
#include "tka.h"

#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Of the folder in $VECTORS that the file belongs to, or else our own. */
static void path_of(const char *file, char *ret, size_t size)
{
	const char *dir = getenv("VECTORS");

	if (dir) {
		snprintf(ret, size, "%s/%.*s", dir,
			 (int)strcspn(file, "/"), file);
		/* One with vectors of other modules only. */
		if (access(ret, F_OK) < 0 && access(dir, F_OK) == 0)
			dir = NULL;
	}
	snprintf(ret, size, "%s/%s", dir ?: VECTOR_ROOT, file);
}

bool tka_has(const char *file)
{
	char path[4096];

	path_of(file, path, sizeof(path));
	return access(path, R_OK) == 0;
}

json_t *tka_load(const char *file)
{
	json_error_t error;
	char path[4096];
	json_t *root;

	path_of(file, path, sizeof(path));
	/* Numbers of the decoded views may be too big; nobody reads those. */
	root = json_load_file(path, JSON_DECODE_INT_AS_REAL |
			      JSON_ALLOW_NUL, &error);
	if (!root)
		test_fail(__FILE__, __LINE__, "%s: %s", path, error.text);
	return root;
}

static void __attribute__((noreturn)) bad(const char *name, const char *what)
{
	fprintf(stderr, "vectors: %s is no %s\n", name, what);
	exit(2);
}

const json_t *tka_get(const json_t *object, const char *name)
{
	const json_t *value = json_object_get(object, name);

	if (!value)
		bad(name, "field");
	return value;
}

const char *tka_text(const json_t *object, const char *name)
{
	const char *text = json_string_value(tka_get(object, name));

	if (!text)
		bad(name, "text");
	return text;
}

bool tka_bool(const json_t *object, const char *name)
{
	const json_t *value = tka_get(object, name);

	if (!json_is_boolean(value))
		bad(name, "truth value");
	return json_is_true(value);
}

static int digit(char c)
{
	const char *digits = "0123456789abcdef", *p = c ? strchr(digits, c) : 0;

	if (!p)
		bad("a text", "hexadecimal number");
	return p - digits;
}

struct bytes tka_value_bytes(const json_t *value, struct arena *mem)
{
	const char *text = json_string_value(value);
	size_t i, n;
	uint8_t *data;

	if (!text)
		bad("a value", "text");
	n = strlen(text) / 2;
	data = arena_alloc(mem, n + 1);
	for (i = 0; i < n; i++)
		data[i] = digit(text[2 * i]) << 4 | digit(text[2 * i + 1]);
	return (struct bytes){ .data = data, .len = n };
}

struct bytes tka_bytes(const json_t *object, const char *name,
		       struct arena *mem)
{
	return tka_value_bytes(tka_get(object, name), mem);
}

struct opt_bytes tka_opt_bytes(const json_t *object, const char *name,
			       struct arena *mem)
{
	const json_t *value = json_object_get(object, name);

	if (!value || json_is_null(value))
		return (struct opt_bytes){ 0 };
	return (struct opt_bytes){ .set = true,
				   .b = tka_value_bytes(value, mem) };
}

void tka_fixed(const json_t *object, const char *name, void *ret, size_t len)
{
	struct arena *mem auto_clean(arena) = arena_new();
	struct bytes bytes = tka_bytes(object, name, mem);

	if (bytes.len != len)
		bad(name, "value of the right length");
	memcpy(ret, bytes.data, len);
}

uint64_t tka_u64(const json_t *object, const char *name)
{
	return strtoull(tka_text(object, name), NULL, 10);
}

static struct bytes text_bytes(const char *text, size_t len, struct arena *mem)
{
	return (struct bytes){ .data = (const uint8_t *)
					arena_text(mem, text, len),
			       .len = len };
}

static int cmp_pair(const void *a, const void *b)
{
	const struct lock_meta_pair *x = a, *y = b;

	if (x->name.len != y->name.len)
		return x->name.len < y->name.len ? -1 : 1;
	return memcmp(x->name.data, y->name.data, x->name.len);
}

static struct lock_meta meta_of(const json_t *object, struct arena *mem)
{
	json_t *meta = json_object_get(object, "meta"), *value;
	struct lock_meta_pair *item;
	const char *name;
	size_t n = 0;

	if (!json_is_object(meta))
		return (struct lock_meta){ 0 };
	item = arena_array(mem, json_object_size(meta), sizeof(*item));
	json_object_foreach(meta, name, value) {
		item[n].name = text_bytes(name, strlen(name), mem);
		item[n++].value = text_bytes(json_string_value(value),
					     json_string_length(value), mem);
	}
	if (n)
		qsort(item, n, sizeof(*item), cmp_pair);
	return (struct lock_meta){ .item = item, .n = n };
}

static struct lock_key key_of(const json_t *fields, struct arena *mem)
{
	return (struct lock_key){
		.kind = json_number_value(tka_get(fields, "kind")),
		.votes = tka_u64(fields, "votes"),
		.id = tka_opt_bytes(fields, "public", mem),
		.meta = meta_of(fields, mem),
	};
}

static struct lock_state *state_of(const json_t *fields, struct arena *mem)
{
	const json_t *values = json_object_get(fields, "disablement_values");
	const json_t *keys = json_object_get(fields, "keys");
	struct lock_state *state = arena_alloc(mem, sizeof(*state));
	struct opt_bytes last = tka_opt_bytes(fields, "last_aum_hash", mem);
	struct opt_bytes *value;
	struct lock_key *key;
	size_t i;

	state->has_last = last.set;
	if (last.set)
		memcpy(state->last.byte, last.b.data, AUM_HASH_LEN);
	state->has_values = json_is_array(values);
	state->n_values = json_array_size(values);
	state->values = value = arena_array(mem, state->n_values,
					    sizeof(*value));
	for (i = 0; i < state->n_values; i++) {
		const json_t *item = json_array_get(values, i);

		value[i].set = !json_is_null(item);
		if (value[i].set)
			value[i].b = tka_value_bytes(item, mem);
	}
	state->has_keys = json_is_array(keys);
	state->n_keys = json_array_size(keys);
	state->keys = key = arena_array(mem, state->n_keys, sizeof(*key));
	for (i = 0; i < state->n_keys; i++)
		key[i] = key_of(json_array_get(keys, i), mem);
	state->id1 = tka_u64(fields, "state_id1");
	state->id2 = tka_u64(fields, "state_id2");
	return state;
}

struct aum tka_aum(const json_t *fields, struct arena *mem)
{
	const json_t *sigs = json_object_get(fields, "signatures");
	const json_t *key = json_object_get(fields, "key");
	const json_t *state = json_object_get(fields, "state");
	const json_t *votes = json_object_get(fields, "votes");
	struct aum aum = {
		.kind = json_number_value(tka_get(fields, "kind")),
		.prev = tka_opt_bytes(fields, "prev", mem),
		.key_id = tka_opt_bytes(fields, "key_id", mem).b,
		.meta = meta_of(fields, mem),
		.n_sigs = json_array_size(sigs),
	};
	struct aum_sig *sig;
	size_t i;

	if (json_is_object(key)) {
		struct lock_key *copy = arena_alloc(mem, sizeof(*copy));

		*copy = key_of(key, mem);
		aum.key = copy;
	}
	if (json_is_object(state))
		aum.state = state_of(state, mem);
	if (json_is_string(votes)) {
		aum.has_votes = true;
		aum.votes = tka_u64(fields, "votes");
	}
	aum.sigs = sig = arena_array(mem, aum.n_sigs, sizeof(*sig));
	for (i = 0; i < aum.n_sigs; i++) {
		const json_t *item = json_array_get(sigs, i);

		sig[i].key_id = tka_opt_bytes(item, "key_id", mem);
		sig[i].sig = tka_opt_bytes(item, "signature", mem);
	}
	return aum;
}

uint8_t *tka_exact(struct bytes bytes, size_t len)
{
	uint8_t *copy = malloc(len ? len : 1);

	memcpy(copy, bytes.data, len);
	return copy;
}
