// SPDX-License-Identifier: GPL-2.0-only
/* Map frames, honest and not: what a strict reader makes of them. */
#include <zstd.h>

#include "frame.h"
#include "test.h"

static struct server srv;
static const char msg[] = "{\"Node\":{\"ID\":7},\"Domain\":\"x\"}";

static void setup(void)
{
	if (!srv.zstd)
		srv.zstd = ZSTD_createCCtx();
}

static size_t length_of(const struct buf *b)
{
	const uint8_t *p = buf_data(b);

	return p[0] | p[1] << 8 | p[2] << 16 | (size_t)p[3] << 24;
}

static void plain(void)
{
	struct buf b = {};

	setup();
	frame_add(&srv, &b, "{\"KeepAlive\":true}", 18, false);
	CHECK_EQ(buf_len(&b), 22);
	CHECK_MEM(buf_data(&b), "\x12\0\0\0{\"KeepAlive\":true}", 22);
	buf_done(&b);
}

/* Above the level's own window too: 20 MB in one segment. */
static void single_segment(void)
{
	size_t n = 20 << 20, got;
	char *big = malloc(n), *back = malloc(n);
	struct buf b = {};
	size_t i;

	setup();
	for (i = 0; i < n; i++)
		big[i] = "0123456789abcdef"[i * 2654435761u >> 13 & 15];
	frame_add(&srv, &b, big, n, true);
	CHECK_EQ(length_of(&b), buf_len(&b) - 4);
	CHECK_EQ(ZSTD_getFrameContentSize(buf_data(&b) + 4, buf_len(&b) - 4),
		 n);
	/* RFC 8878 3.1.1.1.1: bit 5 is the single segment flag. */
	CHECK(buf_data(&b)[8] & 0x20);
	got = ZSTD_decompress(back, n, buf_data(&b) + 4, buf_len(&b) - 4);
	CHECK_EQ(got, n);
	CHECK_MEM(back, big, n);
	free(big);
	free(back);
	buf_done(&b);
}

static void bomb(void)
{
	ZSTD_DStream *d = ZSTD_createDStream();
	static char out[1 << 20];
	unsigned long long total = 0;
	struct buf b = {};
	size_t left;

	setup();
	CHECK(!frame_add_faulty(&srv, &b, FAULT_MAP_BOMB, "", msg, 20, true));
	CHECK(buf_len(&b) < 20000);
	ZSTD_inBuffer in = { buf_data(&b) + 4, buf_len(&b) - 4, 0 };

	do {
		ZSTD_outBuffer o = { out, sizeof(out), 0 };

		left = ZSTD_decompressStream(d, &o, &in);
		CHECK(!ZSTD_isError(left));
		total += o.pos;
	} while (left);
	CHECK(total > 300ull << 20);
	CHECK_EQ(in.pos, in.size);
	ZSTD_freeDStream(d);
	buf_done(&b);
}

static void window(void)
{
	ZSTD_DStream *d = ZSTD_createDStream();
	char out[256];
	ZSTD_outBuffer o = { out, sizeof(out), 0 };
	struct buf b = {};
	size_t r;

	setup();
	frame_add_faulty(&srv, &b, FAULT_MAP_WINDOW, "512", msg, 20, true);
	ZSTD_inBuffer in = { buf_data(&b) + 4, buf_len(&b) - 4, 0 };

	ZSTD_DCtx_setParameter(d, ZSTD_d_windowLogMax, 28);
	r = ZSTD_decompressStream(d, &o, &in);
	CHECK(ZSTD_isError(r));
	ZSTD_freeDStream(d);
	buf_done(&b);
}

/* Each one breaks exactly what its name says. */
static void faulty(void)
{
	size_t n = sizeof(msg) - 1, body;
	unsigned int id;
	struct buf b = {};
	json_t *v;
	bool last;

	setup();
	for (id = 0; id < FAULT_COUNT; id++) {
		if (!frame_fault(id) || id == FAULT_MAP_BOMB)
			continue;
		test_case("%s", fault_name(id));
		last = frame_add_faulty(&srv, &b, id, "", msg, n, false);
		CHECK_EQ(last, id == FAULT_MAP_TRUNCATED);
		CHECK(buf_len(&b) >= 4);
		body = buf_len(&b) - 4;
		v = json_loadb((char *)buf_data(&b) + 4, body, JSON_ALLOW_NUL,
			       NULL);
		switch ((int)id) {
		case FAULT_MAP_LENGTH_ZERO:
			CHECK_EQ(length_of(&b), 0);
			break;
		case FAULT_MAP_LENGTH_HUGE:
			CHECK_EQ(length_of(&b), UINT32_MAX);
			break;
		case FAULT_MAP_TRUNCATED:
			CHECK(length_of(&b) > body);
			break;
		case FAULT_JSON_ARRAY:
			CHECK(json_is_array(v));
			break;
		case FAULT_JSON_NUL:
		case FAULT_JSON_DUPLICATE:
			CHECK(json_is_object(v));
			break;
		default:
			CHECK_EQ(length_of(&b), body);
			CHECK(!v);
		}
		json_decref(v);
		buf_take(&b, buf_len(&b));
	}
	buf_done(&b);
	ZSTD_freeCCtx(srv.zstd);
	srv.zstd = NULL;
}

static void fault_words(void)
{
	static struct faults f;
	const char *arg;

	fault_set(&f, FAULT_MAP_STATUS, "times=2 node=pi 503 x");
	CHECK(!fault_take(&f, FAULT_MAP_STATUS, NULL));
	CHECK(!fault_take(&f, FAULT_MAP_STATUS, "other"));
	arg = fault_take(&f, FAULT_MAP_STATUS, "pi");
	CHECK(arg && !strcmp(arg, "503 x"));
	CHECK_EQ(fault_number(arg, 1), 503);
	CHECK(fault_take(&f, FAULT_MAP_STATUS, "pi"));
	CHECK(!fault_take(&f, FAULT_MAP_STATUS, "pi"));
	CHECK_EQ(f.of[FAULT_MAP_STATUS].hits, 2);
	CHECK_EQ(fault_find("no such fault"), FAULT_COUNT);
	CHECK_EQ(fault_find("key-status"), FAULT_KEY_STATUS);
}

static const struct test tests[] = {
	TEST(plain),
	TEST(single_segment),
	TEST(bomb),
	TEST(window),
	TEST(fault_words),
	TEST(faulty),
};
TEST_MAIN(tests)
