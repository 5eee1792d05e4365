// SPDX-License-Identifier: GPL-2.0-only
#include "test.h"

#include "fail_alloc.h"
#include "base/arena.h"

#include <errno.h>

static void gives_zeroed_aligned_memory(void)
{
	struct arena *arena = arena_new();
	size_t size, i;

	CHECK(arena);
	for (size = 0; size < 3000; size += 7) {
		unsigned char *p = arena_alloc(arena, size);

		CHECK(p);
		CHECK_EQ((uintptr_t)p % 16, 0);
		for (i = 0; i < size; i++)
			CHECK_EQ(p[i], 0);
		memset(p, 0xff, size);
	}
	CHECK(arena_alloc(arena, 1 << 20));
	CHECK(!arena_alloc(arena, SIZE_MAX));
	CHECK(!arena_array(arena, SIZE_MAX / 4, 8));
	CHECK(arena_array(arena, 0, 8));
	arena_put(arena);
}

/* The sanitizer says if one of them is freed early, or never. */
static void holds_others(void)
{
	struct arena *inner = arena_new(), *outer = arena_new();
	const char *text;

	CHECK(inner && outer);
	text = arena_text(inner, "stays", 5);
	CHECK_EQ(arena_hold(outer, inner), 0);
	arena_put(inner);
	CHECK(strcmp(text, "stays") == 0);
	arena_get(outer);
	arena_put(outer);
	CHECK(strcmp(text, "stays") == 0);
	arena_put(outer);
	arena_put(NULL);
}

static int build(void *ctx)
{
	static const char *items[] = { "one", "two", "" };
	const struct text_list list = { items, 3 };
	struct arena *arena auto_clean(arena) = arena_new();
	struct text_list copy;
	struct bytes bytes;
	uint8_t data[2000] = { 7 };

	(void)ctx;
	if (!arena || !arena_text(arena, "abc", 3) ||
	    arena_bytes(arena, (struct bytes){ data, sizeof(data) },
			&bytes) < 0 ||
	    arena_text_list(arena, &list, &copy) < 0)
		return -ENOMEM;
	return copy.n == 3 && strcmp(copy.item[1], "two") == 0 &&
	       bytes.data[0] == 7 ? 0 : -EINVAL;
}

static void survives_no_memory(void)
{
	CHECK(fail_alloc_each(build, NULL) >= 2);
}

static const struct test tests[] = {
	TEST(gives_zeroed_aligned_memory),
	TEST(holds_others),
	TEST(survives_no_memory),
};
TEST_MAIN(tests)
