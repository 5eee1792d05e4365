// SPDX-License-Identifier: GPL-2.0-only
#include "test.h"
#include "tka.h"

#include "base/err.h"
#include "fail_alloc.h"
#include "wire/aum.h"

/* What is taken is what would be written; its hashes are the known ones. */
static void check_canonical(struct bytes data, const json_t *row)
{
	struct arena *mem auto_clean(arena) = arena_new();
	struct aum_hash hash, known;
	struct bytes back;
	struct aum aum;

	CHECK_EQ(aum_parse(data, mem, &aum), 0);
	CHECK_EQ(aum_build(&aum, mem, &back), 0);
	CHECK_EQ(back.len, data.len);
	CHECK_MEM(back.data, data.data, data.len);
	if (json_object_get(row, "hash")) {
		tka_fixed(row, "hash", known.byte, AUM_HASH_LEN);
		CHECK_EQ(aum_hash(data, &hash), 0);
		CHECK(aum_hash_eq(&hash, &known));
	}
	if (json_object_get(row, "sig_hash")) {
		tka_fixed(row, "sig_hash", known.byte, AUM_HASH_LEN);
		CHECK_EQ(aum_sig_hash(&aum, &hash), 0);
		CHECK(aum_hash_eq(&hash, &known));
	}
}

static void check_refused(struct bytes data)
{
	struct arena *mem auto_clean(arena) = arena_new();
	struct aum aum;

	CHECK_EQ(aum_parse(data, mem, &aum), TNE_CBOR);
}

/* Rows of decoder.json: what the reference takes in another form we do not. */
static void check_decoder_row(const json_t *row, size_t i)
{
	struct arena *mem auto_clean(arena) = arena_new();
	struct bytes data = tka_bytes(row, "input", mem), exact = data;
	const char *name = json_string_value(json_object_get(row, "name"));

	test_case("%zu %s", i, name ?: "random");
	exact.data = tka_exact(data, data.len);
	if (tka_bool(row, "ok") && !json_object_get(row, "reserialized"))
		check_canonical(exact, row);
	else
		check_refused(exact);
	free((void *)exact.data);
}

static void decoder_rows(const char *section)
{
	json_t *root auto_clean(json) = tka_load("tka-reference/decoder.json");
	const json_t *rows = json_object_get(root, section);
	size_t i;

	CHECK(json_array_size(rows) > 0);
	for (i = 0; i < json_array_size(rows); i++)
		CHECK_IN(check_decoder_row(json_array_get(rows, i), i));
}

static void reference_decoder(void)
{
	decoder_rows("aum");
}

static void reference_decoder_random(void)
{
	decoder_rows("aum_random");
}

static bool is_taken(const uint8_t *data, size_t len)
{
	struct arena *mem auto_clean(arena) = arena_new();
	struct bytes bytes = { .data = tka_exact((struct bytes){ data, len },
						 len), .len = len };
	struct aum aum;
	int r = aum_parse(bytes, mem, &aum);

	free((void *)bytes.data);
	return r == 0;
}

static void check_mutations(const json_t *row)
{
	struct arena *mem auto_clean(arena) = arena_new();
	const char *flips = tka_text(row, "bit_flip_verdicts");
	const json_t *changed = tka_get(row, "bit_flip_reserialized");
	struct bytes data = tka_bytes(row, "input", mem);
	uint8_t *copy = arena_alloc(mem, data.len + 1);
	size_t i;
	char name[32];

	CHECK_EQ(strlen(flips), data.len * 8);
	for (i = 0; flips[i]; i++) {
		memcpy(copy, data.data, data.len);
		copy[i / 8] ^= 0x80 >> i % 8;
		snprintf(name, sizeof(name), "%zu", i);
		test_case("%s, bit %zu", tka_text(row, "name"), i);
		CHECK_EQ(is_taken(copy, data.len), flips[i] != 'D' &&
			 !json_object_get(changed, name));
	}
	memcpy(copy, data.data, data.len);
	for (i = 0; i < data.len; i++) {
		test_case("%s, %zu bytes", tka_text(row, "name"), i);
		CHECK(!is_taken(copy, i));
	}
	for (i = 0; i < 256; i++) {
		copy[data.len] = i;
		CHECK(!is_taken(copy, data.len + 1));
	}
}

static void reference_mutations(void)
{
	json_t *root auto_clean(json) = tka_load("tka-reference/decoder.json");
	const json_t *rows = json_object_get(root, "aum_mutations");
	size_t i;

	CHECK(json_array_size(rows) > 0);
	for (i = 0; i < json_array_size(rows); i++)
		CHECK_IN(check_mutations(json_array_get(rows, i)));
}

/* From fields to bytes, as the reference writes them. */
static void check_fields(const json_t *row)
{
	struct arena *mem auto_clean(arena) = arena_new();
	struct bytes known = tka_bytes(row, "serialized", mem), data;
	struct aum aum = tka_aum(tka_get(row, "fields"), mem);
	struct aum_hash_text text;
	struct aum_hash hash;

	test_case("%s", tka_text(row, "name"));
	CHECK_EQ(aum_build(&aum, mem, &data), 0);
	CHECK_EQ(data.len, known.len);
	CHECK_MEM(data.data, known.data, data.len);
	CHECK_EQ(aum_hash(data, &hash), 0);
	CHECK(strcmp(aum_hash_format(&hash, &text),
		     tka_text(row, "hash_text")) == 0);
	if (tka_bool(row, "decodes") && tka_bool(row, "reserializes_same"))
		check_canonical(known, row);
	else
		check_refused(known);
}

static void reference_fields(void)
{
	json_t *root auto_clean(json) = tka_load("tka-reference/aum.json");
	const json_t *rows = json_object_get(root, "aums");
	size_t i;

	CHECK(json_array_size(rows) > 0);
	for (i = 0; i < json_array_size(rows); i++)
		CHECK_IN(check_fields(json_array_get(rows, i)));
}

/* Files that not every set of vectors has: { aum | cbor, hash, ... }. */
static void check_records(const char *file)
{
	json_t *root auto_clean(json) = tka_load(file);
	const json_t *rows = json_object_get(root, "cases"), *row;
	size_t i, n = 0;

	for (i = 0; i < json_array_size(rows); i++) {
		struct arena *mem auto_clean(arena) = arena_new();

		row = json_array_get(rows, i);
		if (!json_object_get(row, "aum") ||
		    !json_object_get(row, "cbor"))
			continue;
		test_case("%s: %s", file, tka_text(row, "name"));
		CHECK_IN(check_canonical(tka_bytes(row, "cbor", mem), row));
		n++;
	}
	CHECK(n > 0);
}

static void further_records(void)
{
	static const char *const files[] = {
		"tka/reference-literals.json", "tka/reference-outputs.json",
	};
	size_t i;

	CHECK(true);
	for (i = 0; i < 2; i++) {
		if (tka_has(files[i]))
			CHECK_IN(check_records(files[i]));
	}
}

static void negative_encodings(void)
{
	json_t *root auto_clean(json) = tka_load("tka/aum-negative.json");
	const json_t *rows = json_object_get(root, "cases"), *row;
	size_t i;

	CHECK(json_array_size(rows) > 0);
	for (i = 0; i < json_array_size(rows); i++) {
		struct arena *mem auto_clean(arena) = arena_new();
		struct bytes data;

		row = json_array_get(rows, i);
		data = tka_bytes(row, "cbor", mem);
		test_case("%s", tka_text(row, "name"));
		CHECK_EQ(is_taken(data.data, data.len),
			 tka_bool(row, "canonical"));
	}
}

static void hash_texts(void)
{
	json_t *root auto_clean(json) = tka_load("tka-reference/keys.json");
	const json_t *rows = tka_get(root, "aum_hash_text_parsing"), *row;
	struct aum_hash_text text;
	struct aum_hash hash, known;
	const char *s;
	size_t i;
	bool good;

	for (i = 0; i < json_array_size(rows); i++) {
		row = json_array_get(rows, i);
		s = tka_text(row, "text");
		/* Skipping line ends, the reference takes some that we do not. */
		good = tka_bool(row, "ok") && !strpbrk(s, "\r\n");
		test_case("%s", tka_text(row, "note"));
		CHECK_EQ(aum_hash_parse(s, strlen(s), &hash),
			 good ? 0 : TNE_KEY_FORMAT);
		if (!good)
			continue;
		tka_fixed(row, "hash", known.byte, AUM_HASH_LEN);
		CHECK(aum_hash_eq(&hash, &known));
		CHECK(strcmp(aum_hash_format(&hash, &text),
			     tka_text(row, "reencoded")) == 0);
	}
	CHECK(i > 0);
}

static void refuses_what_is_too_long(void)
{
	struct arena *mem auto_clean(arena) = arena_new();
	uint8_t *data = calloc(1, AUM_MAX + 1);
	struct aum aum;

	CHECK_EQ(aum_parse((struct bytes){ data, AUM_MAX + 1 }, mem, &aum),
		 TNE_TOO_LONG);
	CHECK_EQ(aum_parse((struct bytes){ data, AUM_MAX }, mem, &aum),
		 TNE_CBOR);
	free(data);
}

static void kind_texts(void)
{
	char text[AUM_KIND_TEXT_MAX];

	CHECK(strcmp(aum_kind_text(0, text), "invalid") == 0);
	CHECK(strcmp(aum_kind_text(AUM_NO_OP, text), "no-op") == 0);
	CHECK(strcmp(aum_kind_text(AUM_CHECKPOINT, text), "checkpoint") == 0);
	CHECK(strcmp(aum_kind_text(255, text), "AUM?<255>") == 0);
}

static int parse_and_build(void *ctx)
{
	struct arena *mem auto_clean(arena) = arena_new();
	struct aum_hash hash;
	struct bytes *data = ctx, back;
	struct aum aum;
	int r;

	if (!mem)
		return -1;
	r = aum_parse(*data, mem, &aum);
	if (r == 0)
		r = aum_build(&aum, mem, &back);
	return r < 0 ? r : aum_sig_hash(&aum, &hash);
}

static void every_allocation_may_fail(void)
{
	json_t *root auto_clean(json) = tka_load("tka-reference/aum.json");
	struct arena *mem auto_clean(arena) = arena_new();
	const json_t *rows = json_object_get(root, "aums"), *row;
	struct bytes data = { 0 }, other;
	size_t i;

	for (i = 0; i < json_array_size(rows); i++) {
		row = json_array_get(rows, i);
		other = tka_bytes(row, "serialized", mem);
		if (tka_bool(row, "reserializes_same") && other.len > data.len)
			data = other;
	}
	CHECK(data.len > 1000);
	CHECK(fail_alloc_each(parse_and_build, &data) >= 2);
}

static const struct test tests[] = {
	TEST(reference_decoder),
	TEST(reference_decoder_random),
	TEST(reference_mutations),
	TEST(reference_fields),
	TEST(further_records),
	TEST(negative_encodings),
	TEST(hash_texts),
	TEST(refuses_what_is_too_long),
	TEST(kind_texts),
	TEST(every_allocation_may_fail),
};
TEST_MAIN(tests)
