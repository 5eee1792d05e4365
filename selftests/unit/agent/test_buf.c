// SPDX-License-Identifier: GPL-2.0-only
#include "test.h"

#include "base/buf.h"
#include "base/err.h"
#include "fail_alloc.h"
#include "freed.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static void keeps_order(void)
{
	uint8_t model[4096], next = 0, want = 0;
	struct buf buf;
	unsigned int step, i;

	buf_init(&buf, 4096);
	for (step = 0; step < 2000; step++) {
		size_t add = step * 7 % 300, take;

		for (i = 0; i < add; i++)
			model[i] = next + i;
		if (buf_add(&buf, model, add) == 0)
			next += add;
		take = step * 13 % 310;
		if (take > buf_len(&buf))
			take = buf_len(&buf);
		for (i = 0; i < take; i++)
			CHECK_EQ(buf_data(&buf)[i], (uint8_t)(want + i));
		want += take;
		buf_take(&buf, take);
	}
	buf_done(&buf);
	CHECK_EQ(buf_len(&buf), 0);
}

static void holds_its_limit(void)
{
	static const uint8_t bytes[101];
	struct buf buf;
	uint8_t *room;

	buf_init(&buf, 100);
	CHECK_EQ(buf_add(&buf, bytes, 101), TNE_TOO_LONG);
	CHECK_EQ(buf_add(&buf, bytes, 100), 0);
	CHECK_EQ(buf_add(&buf, bytes, 1), TNE_TOO_LONG);
	CHECK_EQ(buf_len(&buf), 100);
	buf_take(&buf, 1);
	CHECK_EQ(buf_add(&buf, bytes, 1), 0);
	CHECK_EQ(buf_reserve(&buf, SIZE_MAX, &room), TNE_TOO_LONG);
	CHECK_EQ(buf_add(&buf, NULL, 0), 0);
	buf_done(&buf);
}

/* Who hands a buffer a key has it wiped wherever it was. */
static void leaves_nothing_behind(void)
{
	static const uint8_t more[3000];
	struct buf buf;
	char *copy;

	buf_init(&buf, 8192);
	freed_watch("tskey-secret");
	test_case("the test sees what is not wiped");
	copy = strdup("a tskey-secret");
	CHECK(copy);
	free(copy);
	CHECK_EQ(freed.with_it, 1);
	test_case("grown out of");
	freed_watch("tskey-secret");
	CHECK_EQ(buf_add(&buf, (const uint8_t *)"tskey-secret", 12), 0);
	CHECK_EQ(buf_add(&buf, more, sizeof(more)), 0);
	CHECK_EQ(freed.with_it, 0);
	test_case("done with");
	buf_done(&buf);
	CHECK_EQ(freed.with_it, 0);
	freed_watch(NULL);
}

static int add_twice(void *ctx)
{
	static const uint8_t bytes[3000];
	struct buf buf;
	int r;

	(void)ctx;
	buf_init(&buf, 1 << 20);
	r = buf_add(&buf, bytes, 1000);
	if (r == 0)
		r = buf_add(&buf, bytes, 3000);
	if (r < 0 && buf_len(&buf) != 0 && buf_len(&buf) != 1000)
		r = 0;
	buf_done(&buf);
	return r;
}

static void survives_lack_of_memory(void)
{
	CHECK_EQ(fail_alloc_each(add_twice, NULL), 2);
}

static const struct test tests[] = {
	TEST(keeps_order),
	TEST(holds_its_limit),
	TEST(leaves_nothing_behind),
	TEST(survives_lack_of_memory),
};
TEST_MAIN(tests)
