// SPDX-License-Identifier: GPL-2.0-only
#include "test.h"

#include "fail_alloc.h"
#include "base/array.h"
#include "wire/map_frame.h"

#include <errno.h>
#include <zstd.h>

static const char keep_alive[] = "{\"KeepAlive\":true}";
static const char other[] = "{\"Seq\":12345678901}";

struct text {
	uint8_t *data;
	size_t len;
};

static void add_bytes(struct text *stream, const void *data, size_t len)
{
	stream->data = realloc(stream->data, stream->len + len + 1);
	if (len)
		memcpy(stream->data + stream->len, data, len);
	stream->len += len;
}

static void add_length(struct text *stream, uint32_t n)
{
	const uint8_t le[] = { n, n >> 8, n >> 16, n >> 24 };

	add_bytes(stream, le, sizeof(le));
}

static void add_plain(struct text *stream, const char *body)
{
	add_length(stream, strlen(body));
	add_bytes(stream, body, strlen(body));
}

static size_t compress(const void *body, size_t len, void *ret, size_t size)
{
	size_t n = ZSTD_compress(ret, size, body, len, 1);

	return ZSTD_isError(n) ? 0 : n;
}

static void add_zstd(struct text *stream, const void *body, size_t len)
{
	size_t size = ZSTD_compressBound(len);
	void *data = malloc(size);
	size_t n = compress(body, len, data, size);

	add_length(stream, n);
	add_bytes(stream, data, n);
	free(data);
}

/* Feed a stream in pieces of @step bytes; count frames, end with an error or
 * with 0 at a border, 1 inside of a frame.
 */
static int feed(const struct text *stream, bool compressed,
		const struct map_frame_limits *limits, size_t step,
		const char *const *bodies, size_t *frames)
{
	struct map_frame_reader *reader = map_frame_reader_new(compressed,
							       limits);
	struct err_detail detail = { "" };
	size_t at, n, left, len;
	const uint8_t *data;
	const char *body;
	int r = 0;

	*frames = 0;
	if (!reader)
		return -ENOMEM;
	for (at = 0; at < stream->len && r >= 0; at += n) {
		n = stream->len - at < step ? stream->len - at : step;
		/* A copy of its own, so that the sanitizer sees its end. */
		uint8_t *piece = malloc(n);

		memcpy(piece, stream->data + at, n);
		data = piece;
		left = n;
		while ((r = map_frame_read(reader, &data, &left, &detail,
					   &body, &len)) > 0) {
			if (bodies && (len != strlen(bodies[*frames]) ||
				       memcmp(body, bodies[*frames], len)))
				test_fail(__FILE__, __LINE__, "frame %zu",
					  *frames);
			++*frames;
		}
		if (r == 0 && left)
			test_fail(__FILE__, __LINE__, "%zu left", left);
		free(piece);
	}
	if (r == 0)
		r = !map_frame_at_border(reader);
	else if (r != -ENOMEM && !*detail.text)
		test_fail(__FILE__, __LINE__, "%d without a reason", r);
	map_frame_reader_free(reader);
	return r;
}

static void reads_plain(void)
{
	static const char *const bodies[] = { keep_alive, other, keep_alive };
	static const uint8_t first[] = { 0x12, 0, 0, 0, '{' };
	struct text s = { 0 };
	size_t i, frames;

	for (i = 0; i < 3; i++)
		add_plain(&s, bodies[i]);
	CHECK_MEM(s.data, first, sizeof(first));
	for (i = 1; i < 40; i++) {
		test_case("pieces of %zu", i);
		CHECK_EQ(feed(&s, false, NULL, i, bodies, &frames), 0);
		CHECK_EQ(frames, 3);
	}
	free(s.data);
}

static void reads_zstd(void)
{
	static const char *const bodies[] = { keep_alive, other, keep_alive };
	struct text s = { 0 };
	size_t i, frames;

	for (i = 0; i < 3; i++)
		add_zstd(&s, bodies[i], strlen(bodies[i]));
	for (i = 1; i < 100; i++) {
		test_case("pieces of %zu", i);
		CHECK_EQ(feed(&s, true, NULL, i, bodies, &frames), 0);
		CHECK_EQ(frames, 3);
	}
	free(s.data);
}

/* More than its buffers hold at once, then a small one. */
static void reads_big_frames(void)
{
	size_t len = 5 << 20, i, frames;
	char *body = malloc(len + 1);
	const char *const bodies[] = { body, keep_alive };
	struct text s = { 0 };

	CHECK(body);
	for (i = 0; i < len; i++)
		body[i] = 'a' + i * i % 23;
	body[len] = 0;
	add_zstd(&s, body, len);
	add_zstd(&s, keep_alive, strlen(keep_alive));
	CHECK_EQ(feed(&s, true, NULL, s.len, bodies, &frames), 0);
	CHECK_EQ(frames, 2);
	CHECK_EQ(feed(&s, true, NULL, 1000, bodies, &frames), 0);
	CHECK_EQ(frames, 2);
	free(s.data);
	free(body);
}

static void says_where_it_ends(void)
{
	struct text s = { 0 }, cut;
	size_t n, frames;

	add_zstd(&s, keep_alive, strlen(keep_alive));
	for (n = 0; n <= s.len; n++) {
		test_case("%zu bytes", n);
		cut = (struct text){ s.data, n };
		CHECK_EQ(feed(&cut, true, NULL, 7, NULL, &frames),
			 n > 0 && n < s.len);
		CHECK_EQ(frames, n == s.len);
	}
	free(s.data);
}

/* A frame whose zstd frame is cut short, or has something behind it. */
static void refuses_wrong_lengths(void)
{
	uint8_t zstd[200];
	size_t len = compress(keep_alive, strlen(keep_alive), zstd,
			      sizeof(zstd));
	size_t n, frames;

	for (n = 0; n < len; n++) {
		struct text s = { 0 };

		test_case("%zu bytes", n);
		add_length(&s, n);
		add_bytes(&s, zstd, n);
		add_bytes(&s, "xxxxxxxxxxxxxxxx", 16);
		CHECK_EQ(feed(&s, true, NULL, 9, NULL, &frames),
			 TNE_MAP_FRAME);
		CHECK_EQ(frames, 0);
		free(s.data);
	}
	for (n = 1; n < 5; n++) {
		struct text s = { 0 };

		test_case("%zu bytes behind", n);
		add_length(&s, len + n);
		add_bytes(&s, zstd, len);
		add_bytes(&s, zstd, n);
		CHECK_EQ(feed(&s, true, NULL, s.len, NULL, &frames),
			 TNE_MAP_FRAME);
		CHECK_EQ(feed(&s, true, NULL, 1, NULL, &frames),
			 TNE_MAP_FRAME);
		free(s.data);
	}
}

static void refuses(void)
{
	static const uint8_t skippable[] = {
		0x50, 0x2a, 0x4d, 0x18, 2, 0, 0, 0, 'x', 'y',
	};
	uint8_t zstd[200], broken[200];
	size_t len = compress(keep_alive, strlen(keep_alive), zstd,
			      sizeof(zstd));
	struct text s[7] = { 0 };
	size_t i, frames;

	add_length(&s[0], 0);
	add_length(&s[1], 0xffffffff);
	add_length(&s[2], MAP_FRAME_MAX + 1);
	add_plain(&s[3], keep_alive);
	/* Two zstd frames in one frame. */
	add_length(&s[4], 2 * len);
	add_bytes(&s[4], zstd, len);
	add_bytes(&s[4], zstd, len);
	add_length(&s[5], sizeof(skippable));
	add_bytes(&s[5], skippable, sizeof(skippable));
	len = compress("", 0, broken, sizeof(broken));
	add_length(&s[6], len);
	add_bytes(&s[6], broken, len);
	for (i = 0; i < ARRAY_SIZE(s); i++) {
		test_case("%zu", i);
		CHECK_EQ(feed(&s[i], true, NULL, 1, NULL, &frames),
			 TNE_MAP_FRAME);
		CHECK_EQ(frames, 0);
		free(s[i].data);
	}
}

static void caps(void)
{
	struct map_frame_limits limits = { 1000, 18, 20 };
	char zeros[1001] = "";
	struct text s = { 0 };
	size_t frames;

	add_zstd(&s, keep_alive, 18);
	CHECK_EQ(feed(&s, true, &limits, 3, NULL, &frames), 0);
	limits.body = 17;
	CHECK_EQ(feed(&s, true, &limits, 3, NULL, &frames), TNE_MAP_FRAME);
	limits.frame = s.len - 4;
	limits.body = 18;
	CHECK_EQ(feed(&s, true, &limits, 3, NULL, &frames), 0);
	limits.frame--;
	CHECK_EQ(feed(&s, true, &limits, 3, NULL, &frames), TNE_MAP_FRAME);
	s.len = 0;

	add_length(&s, sizeof(zeros));
	add_bytes(&s, zeros, sizeof(zeros));
	limits = (struct map_frame_limits){ 1001, 1001, 20 };
	CHECK_EQ(feed(&s, false, &limits, 10, NULL, &frames), 0);
	limits.body = 1000;
	CHECK_EQ(feed(&s, false, &limits, 10, NULL, &frames), TNE_MAP_FRAME);
	limits.body = 1001;
	limits.frame = 1000;
	CHECK_EQ(feed(&s, false, &limits, 10, NULL, &frames), TNE_MAP_FRAME);
	free(s.data);
}

/* Small when sent, huge when read; and a window that is too large. */
static void bombs(void)
{
	struct map_frame_limits limits = { 1 << 20, 1 << 20, 28 };
	size_t len = 8 << 20, frames;
	char *zeros = calloc(1, len);
	struct text s = { 0 };

	CHECK(zeros);
	add_zstd(&s, zeros, len);
	CHECK(s.len < 10000);
	CHECK_EQ(feed(&s, true, &limits, s.len, NULL, &frames), TNE_MAP_FRAME);
	CHECK_EQ(feed(&s, true, &limits, 1, NULL, &frames), TNE_MAP_FRAME);
	limits.body = len;
	CHECK_EQ(feed(&s, true, &limits, s.len, NULL, &frames), 0);
	limits.window_log = 15;
	CHECK_EQ(feed(&s, true, &limits, s.len, NULL, &frames), TNE_MAP_FRAME);
	free(s.data);
	free(zeros);
}

static int read_all(void *ctx)
{
	struct map_frame_reader *reader = map_frame_reader_new(true, NULL);
	struct text *s = ctx;
	const uint8_t *data = s->data;
	size_t len = s->len, n;
	const char *body;
	int r = -ENOMEM;

	if (reader)
		r = map_frame_read(reader, &data, &len, NULL, &body, &n);
	map_frame_reader_free(reader);
	return r > 0 ? 0 : r;
}

static void survives_no_memory(void)
{
	size_t len = 200000, i;
	char *body = malloc(len);
	struct text s = { 0 };

	CHECK(body);
	for (i = 0; i < len; i++)
		body[i] = 'a' + i * i % 23;
	add_zstd(&s, body, len);
	CHECK(fail_alloc_each(read_all, &s) >= 3);
	free(s.data);
	free(body);
}

static const struct test tests[] = {
	TEST(reads_plain),
	TEST(reads_zstd),
	TEST(reads_big_frames),
	TEST(says_where_it_ends),
	TEST(refuses_wrong_lengths),
	TEST(refuses),
	TEST(caps),
	TEST(bombs),
	TEST(survives_no_memory),
};
TEST_MAIN(tests)
