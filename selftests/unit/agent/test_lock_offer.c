// SPDX-License-Identifier: GPL-2.0-only
#include "test.h"
#include "tka.h"

#include "base/err.h"
#include "fail_alloc.h"
#include "lock/authority.h"
#include "lock/compact.h"
#include "lock/offer.h"

#define NOW 1700000000

static const struct text_list nothing_denied;
static const struct authority_disk no_disk;

static int number(const char *s, const char *end)
{
	int n = 0;

	for (; s < end; s++) {
		if (*s < '0' || *s > '9')
			return -1;
		n = 10 * n + *s - '0';
	}
	return n;
}

/* What is before the number of an update: nothing on the main chain. */
static const char *number_in(const char *id, const char *end)
{
	const char *s = end;

	while (s > id && s[-1] >= '0' && s[-1] <= '9')
		s--;
	return s;
}

/* "a-b" is a run, on the main chain or on a branch ("x.a-x.b"). */
static void for_each_id(const json_t *list, void *ctx,
			void (*fn)(void *ctx, const char *id))
{
	size_t i;

	for (i = 0; i < json_array_size(list); i++) {
		const char *id = json_string_value(json_array_get(list, i));
		const char *dash = strchr(id, '-'), *digits;
		int n, last;
		char text[32];

		if (!dash) {
			fn(ctx, id);
			continue;
		}
		digits = number_in(id, dash);
		last = atoi(number_in(dash + 1, id + strlen(id)));
		for (n = atoi(digits); n <= last; n++) {
			snprintf(text, sizeof(text), "%.*s%d",
				 (int)(digits - id), id, n);
			fn(ctx, text);
		}
	}
}

/**
 * struct source - all updates of sync.json
 * @rows: their list
 * @main: those of the main chain by number
 * @mem: for bytes
 */
struct source {
	const json_t *rows;
	const json_t *main[2000];
	struct arena *mem;
};

static void source_init(struct source *source, const json_t *root)
{
	size_t i;

	source->rows = tka_get(root, "aums");
	for (i = 0; i < json_array_size(source->rows); i++) {
		const json_t *row = json_array_get(source->rows, i);
		const char *id = tka_text(row, "id");
		int n = number(id, id + strlen(id));

		if (n >= 0 && n < 2000)
			source->main[n] = row;
	}
}

static const json_t *source_find(const struct source *source, const char *id)
{
	int n = number(id, id + strlen(id));
	size_t i;

	if (n >= 0)
		return source->main[n];
	for (i = 0; i < json_array_size(source->rows); i++) {
		const json_t *row = json_array_get(source->rows, i);

		if (strcmp(tka_text(row, "id"), id) == 0)
			return row;
	}
	return NULL;
}

/* Some updates, collected by their ids. */
struct collected {
	const struct source *source;
	const json_t *row[2000];
	size_t n;
};

static void collect(void *ctx, const char *id)
{
	struct collected *list = ctx;

	list->row[list->n++] = source_find(list->source, id);
}

static struct collected collected_of(const struct source *source,
				     const json_t *ids)
{
	struct collected list = { .source = source };

	for_each_id(ids, &list, collect);
	return list;
}

static int inform(struct authority *authority, const struct collected *list,
		  struct arena *mem)
{
	struct bytes *update = arena_array(mem, list->n + 1, sizeof(*update));
	size_t i;

	for (i = 0; i < list->n; i++)
		update[i] = tka_bytes(list->row[i], "serialized", mem);
	return authority_inform(authority, update, list->n, NOW);
}

static struct authority *member_of(const struct source *source,
				   const json_t *row)
{
	struct arena *mem auto_clean(arena) = arena_new();
	struct authority *authority = NULL;
	struct collected list = collected_of(source,
					     tka_get(row, "informed"));
	const json_t *first = source_find(source, tka_text(row, "bootstrap"));

	if (authority_bootstrap(tka_bytes(first, "serialized", mem),
				&nothing_denied, NOW, &no_disk,
				&authority) < 0 ||
	    (list.n && inform(authority, &list, mem) < 0))
		test_fail(__FILE__, __LINE__, "%s is refused",
			  tka_text(row, "name"));
	return authority;
}

static bool text_is(const struct aum_hash *hash, const char *known)
{
	struct aum_hash_text text;

	return strcmp(aum_hash_format(hash, &text), known) == 0;
}

static void check_offer(const struct authority *authority, const json_t *known,
			struct arena *mem)
{
	const json_t *list = tka_get(known, "ancestors");
	struct lock_offer offer;
	size_t i;

	CHECK_EQ(offer_build(authority, mem, &offer), 0);
	CHECK(text_is(&offer.head, tka_text(known, "head")));
	CHECK_EQ(offer.n, json_array_size(list));
	for (i = 0; i < offer.n; i++)
		CHECK(text_is(&offer.ancestor[i],
			      json_string_value(json_array_get(list, i))));
}

static size_t find_member(const json_t *members, const char *name)
{
	size_t i;

	for (i = 0; i < json_array_size(members); i++) {
		if (strcmp(tka_text(json_array_get(members, i), "name"),
			   name) == 0)
			return i;
	}
	return 0;
}

static void check_missing(const struct source *source, const json_t *row,
			  const struct authority *of,
			  const struct authority *for_whom)
{
	struct arena *mem auto_clean(arena) = arena_new();
	struct collected list = collected_of(source,
					     tka_get(row, "missing"));
	struct chain_item **missing;
	struct lock_offer offer;
	size_t i, n;
	int r;

	CHECK_EQ(offer_build(for_whom, mem, &offer), 0);
	r = offer_missing(of, &offer, mem, &missing, &n);
	CHECK_EQ(r == 0, tka_bool(row, "ok"));
	if (r < 0)
		return;
	CHECK_EQ(n, list.n);
	for (i = 0; i < n; i++)
		CHECK(text_is(&missing[i]->hash,
			      tka_text(list.row[i], "hash_text")));
}

static void reference_members(void)
{
	json_t *root auto_clean(json) = tka_load("tka-reference/sync.json");
	struct arena *mem auto_clean(arena) = arena_new();
	const json_t *members = tka_get(root, "members"), *row;
	const json_t *rows = tka_get(root, "missing");
	struct authority *authority[64] = { 0 };
	struct source source = { 0 };
	size_t i, n = json_array_size(members);

	CHECK(n > 0 && n <= 64);
	source_init(&source, root);
	for (i = 0; i < n; i++) {
		row = json_array_get(members, i);
		test_case("%s", tka_text(row, "name"));
		authority[i] = member_of(&source, row);
		CHECK(authority[i]);
		CHECK(text_is(&authority_head(authority[i])->hash,
			      tka_text(row, "head")));
		CHECK_IN(check_offer(authority[i], tka_get(row, "sync_offer"),
				     mem));
	}
	for (i = 0; i < json_array_size(rows); i++) {
		row = json_array_get(rows, i);
		test_case("%s for %s", tka_text(row, "of"),
			  tka_text(row, "for"));
		CHECK_IN(check_missing(&source, row,
			authority[find_member(members, tka_text(row, "of"))],
			authority[find_member(members,
					      tka_text(row, "for"))]));
	}
	CHECK(i > 0);
	for (i = 0; i < n; i++)
		authority_free(authority[i]);
}

/* What others would send is taken, and leads to the same head. */
static void reference_exchange(void)
{
	json_t *root auto_clean(json) = tka_load("tka-reference/sync.json");
	const json_t *members = tka_get(root, "members"), *row;
	const json_t *rows = tka_get(root, "missing");
	struct source source = { 0 };
	size_t i, n = 0;

	source_init(&source, root);
	for (i = 0; i < json_array_size(rows); i++) {
		struct authority *authority auto_clean(authority) = NULL;
		struct arena *mem auto_clean(arena) = arena_new();
		struct collected list;

		row = json_array_get(rows, i);
		/* All of them take minutes. */
		if (!json_object_get(row, "inform_ok") || n++ % 17)
			continue;
		test_case("%s for %s", tka_text(row, "of"),
			  tka_text(row, "for"));
		authority = member_of(&source, json_array_get(members,
			find_member(members, tka_text(row, "for"))));
		list = collected_of(&source, tka_get(row, "missing"));
		if (list.n)
			CHECK_EQ(inform(authority, &list, mem) == 0,
				 tka_bool(row, "inform_ok"));
		CHECK(text_is(&authority_head(authority)->hash,
			      tka_text(source_find(&source, tka_text(row,
				"head_after")), "hash_text")));
	}
	CHECK(n > 0);
}

static void check_compaction(const struct source *source, const json_t *row,
			     struct authority *authority)
{
	struct arena *mem auto_clean(arena) = arena_new();
	struct collected kept = collected_of(source, tka_get(row, "kept"));
	size_t i, min = json_number_value(tka_get(row, "min_chain"));
	int r = compact(authority, min, NOW + 1);

	CHECK_EQ(r == 0, tka_bool(row, "ok"));
	CHECK_EQ(authority_chain(authority)->n, kept.n);
	for (i = 0; i < kept.n; i++) {
		struct aum_hash hash;
		const char *text = tka_text(kept.row[i], "hash_text");

		CHECK_EQ(aum_hash_parse(text, strlen(text), &hash), 0);
		CHECK(chain_find(authority_chain(authority), &hash));
	}
	CHECK_IN(check_offer(authority, tka_get(row, "sync_offer"), mem));
	CHECK(text_is(&authority_head(authority)->hash,
		      tka_text(source_find(source, tka_text(row, "head")),
			       "hash_text")));
	CHECK(text_is(&authority_oldest(authority)->hash,
		      tka_text(source_find(source,
				tka_text(row, "last_active_ancestor")),
			       "hash_text")));
}

static void reference_compaction(void)
{
	json_t *root auto_clean(json) = tka_load("tka-reference/sync.json");
	const json_t *members = tka_get(root, "members"), *row;
	const json_t *rows = tka_get(root, "compaction");
	struct source source = { 0 };
	size_t i;

	source_init(&source, root);
	for (i = 0; i < json_array_size(rows); i++) {
		struct authority *authority auto_clean(authority) = NULL;

		row = json_array_get(rows, i);
		test_case("%s to %.0f", tka_text(row, "of"),
			  json_number_value(tka_get(row, "min_chain")));
		authority = member_of(&source, json_array_get(members,
			find_member(members, tka_text(row, "of"))));
		CHECK_IN(check_compaction(&source, row, authority));
	}
	CHECK(i > 0);
}

/* A part of what was to be forgotten is still there after a power cut. */
static void opens_after_half_a_compaction(void)
{
	json_t *root auto_clean(json) = tka_load("tka-reference/sync.json");
	struct authority *authority auto_clean(authority) = NULL;
	struct arena *mem auto_clean(arena) = arena_new();
	struct authority_stored stored = { .has_ancestor = true };
	struct source source = { 0 };
	struct chain_item *item;
	int i;

	source_init(&source, root);
	CHECK_EQ(aum_hash_parse(tka_text(source.main[102], "hash_text"),
				AUM_HASH_TEXT_LEN, &stored.ancestor), 0);
	CHECK_EQ(chain_reserve(&stored.chain, 200, 0), 0);
	for (i = 60; i <= 104; i++) {
		/* One of those in between is gone, too. */
		if (i == 80)
			continue;
		CHECK_EQ(chain_item_new(tka_bytes(source.main[i], "serialized",
						  mem), NOW, &item), 0);
		chain_add(&stored.chain, item);
	}
	CHECK_EQ(authority_open(&stored, NULL, &no_disk, &authority), 0);
	CHECK(text_is(&authority_oldest(authority)->hash,
		      tka_text(source.main[102], "hash_text")));
	CHECK(text_is(&authority_head(authority)->hash,
		      tka_text(source.main[104], "hash_text")));
	/* The next time all of it goes. */
	CHECK_EQ(compact(authority, 2, NOW + 1), 0);
	CHECK_EQ(authority_chain(authority)->n, 3);
	authority_stored_done(&stored);
}

static bool listed(const json_t *list, const char *name)
{
	size_t i;

	for (i = 0; i < json_array_size(list); i++) {
		const char *s = json_string_value(json_array_get(list, i));

		if (s && strcmp(s, name) == 0)
			return true;
	}
	return false;
}

static void add_update(struct chain *chain, struct bytes data, bool young,
		       struct chain_item **ret)
{
	CHECK_EQ(chain_reserve(chain, 1, 0), 0);
	CHECK_EQ(chain_item_new(data, young ? NOW : 1, ret), 0);
	chain_add(chain, *ret);
}

/* A tree that was drawn, with branches of all kinds. */
static void compaction_of_a_tree(void)
{
	json_t *root auto_clean(json) = tka_load("tka/compaction.json");
	struct arena *mem auto_clean(arena) = arena_new();
	const json_t *row = json_array_get(tka_get(root, "cases"), 0);
	const json_t *aums = tka_get(row, "aums");
	struct chain_item *item[64], *gone[64], *oldest, *head = NULL;
	struct chain chain = { 0 };
	const char *name[64], *key;
	const json_t *value;
	size_t i, j, n = 0, n_gone;

	json_object_foreach((json_t *)aums, key, value) {
		name[n] = key;
		CHECK_IN(add_update(&chain, tka_value_bytes(value, mem),
				    listed(tka_get(row, "young"), name[n]),
				    &item[n]));
		if (strcmp(name[n], tka_text(row, "head")) == 0)
			head = item[n];
		n++;
	}
	CHECK(head);
	CHECK_EQ(compact_find(&chain, head, json_number_value(tka_get(row,
				"min_chain")), NOW - 1, gone, &n_gone,
			      &oldest), 0);
	CHECK_EQ(n_gone, json_array_size(tka_get(row, "delete")));
	for (i = 0; i < n; i++) {
		bool is_gone = false;

		test_case("%s", name[i]);
		for (j = 0; j < n_gone; j++)
			is_gone |= gone[j] == item[i];
		CHECK_EQ(is_gone, listed(tka_get(row, "delete"), name[i]));
		CHECK_EQ(oldest == item[i], strcmp(name[i],
			 tka_text(row, "last_active_ancestor")) == 0);
	}
	chain_done(&chain);
}

static void check_line(const json_t *root, const json_t *row)
{
	struct arena *mem auto_clean(arena) = arena_new();
	const json_t *aums = tka_get(root, "aums");
	const json_t *young = tka_get(row, "young_from_index");
	const json_t *deleted = tka_get(row, "delete_indexes");
	size_t i, n = json_array_size(aums), n_gone;
	struct chain_item **item = arena_array(mem, n, sizeof(*item));
	struct chain_item **gone = arena_array(mem, n, sizeof(*gone));
	struct chain_item *oldest;
	struct chain chain = { 0 };

	for (i = 0; i < n; i++)
		CHECK_IN(add_update(&chain,
			tka_value_bytes(json_array_get(aums, i), mem),
			json_is_number(young) && i >= json_number_value(young),
			&item[i]));
	CHECK_EQ(compact_find(&chain, item[n - 1], json_number_value(tka_get(
				row, "min_chain")), NOW - 1, gone, &n_gone,
			      &oldest), 0);
	CHECK(oldest == item[(size_t)json_number_value(tka_get(row,
					"last_active_ancestor_index"))]);
	CHECK_EQ(n_gone, json_array_size(deleted));
	for (i = 0; i < n_gone; i++)
		CHECK(gone[i]->aum.prev.set == false ||
		      gone[i] != oldest);
	chain_done(&chain);
}

static void compaction_of_a_line(void)
{
	json_t *root auto_clean(json) = tka_load("tka/compaction.json");
	const json_t *rows = tka_get(root, "cases"), *row;
	size_t i, n = 0;

	for (i = 0; i < json_array_size(rows); i++) {
		row = json_array_get(rows, i);
		if (!json_object_get(row, "young_from_index"))
			continue;
		test_case("%s", tka_text(row, "name"));
		CHECK_IN(check_line(root, row));
		n++;
	}
	CHECK(n > 0);
}

/* One side of a case of tka/sync.json. */
static struct authority *side_of(const json_t *root, const json_t *side)
{
	struct arena *mem auto_clean(arena) = arena_new();
	const json_t *ids = tka_get(side, "aums");
	size_t i, n = json_array_size(ids);
	struct bytes *update = arena_array(mem, n, sizeof(*update));
	struct authority *authority = NULL;
	int r;

	for (i = 0; i < n; i++)
		update[i] = tka_bytes(tka_get(root, "aums"),
			json_string_value(json_array_get(ids, i)), mem);
	r = authority_bootstrap(update[0], &nothing_denied, NOW, &no_disk,
				&authority);
	if (r == 0 && n > 1)
		r = authority_inform(authority, update + 1, n - 1, NOW);
	if (r < 0)
		test_fail(__FILE__, __LINE__, "a side is refused: %d", r);
	return authority;
}

static void check_side(const struct authority *of,
		       const struct authority *for_whom, const json_t *known)
{
	struct arena *mem auto_clean(arena) = arena_new();
	struct chain_item **missing;
	struct lock_offer offer;
	struct aum_hash hash;
	size_t i, n;
	int r;

	CHECK_EQ(offer_build(for_whom, mem, &offer), 0);
	r = offer_missing(of, &offer, mem, &missing, &n);
	if (json_object_get(known, "error")) {
		CHECK_EQ(r, TNE_LOCK_DISJOINT);
		return;
	}
	CHECK_EQ(r, 0);
	CHECK_EQ(n, json_array_size(tka_get(known, "missing")));
	for (i = 0; i < n; i++) {
		const char *text = json_string_value(json_array_get(
				tka_get(known, "missing"), i));

		CHECK_EQ(aum_hash_parse(text, strlen(text), &hash), 0);
		CHECK(aum_hash_eq(&missing[i]->hash, &hash));
	}
}

static void two_sides(void)
{
	json_t *root auto_clean(json) = tka_load("tka/sync.json");
	const json_t *rows = tka_get(root, "cases"), *row;
	size_t i;

	for (i = 0; i < json_array_size(rows); i++) {
		struct authority *a auto_clean(authority) = NULL;
		struct authority *b auto_clean(authority) = NULL;
		struct arena *mem auto_clean(arena) = arena_new();

		row = json_array_get(rows, i);
		test_case("%s", tka_text(row, "name"));
		a = side_of(root, tka_get(row, "a"));
		b = side_of(root, tka_get(row, "b"));
		CHECK(a && b);
		CHECK_IN(check_offer(a, tka_get(tka_get(row, "a"), "offer"),
				     mem));
		CHECK_IN(check_offer(b, tka_get(tka_get(row, "b"), "offer"),
				     mem));
		CHECK_IN(check_side(a, b, tka_get(tka_get(row, "a"),
						  "missing_for_b")));
		CHECK_IN(check_side(b, a, tka_get(tka_get(row, "b"),
						  "missing_for_a")));
	}
	CHECK(i > 0);
}

static const struct test tests[] = {
	TEST(reference_members),
	TEST(reference_exchange),
	TEST(reference_compaction),
	TEST(opens_after_half_a_compaction),
	TEST(compaction_of_a_tree),
	TEST(compaction_of_a_line),
	TEST(two_sides),
};
TEST_MAIN(tests)
