// SPDX-License-Identifier: GPL-2.0-only
#include "wire/map_frame.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <zstd.h>
#include <zstd_errors.h>

#define HEADER_LEN 4		/* bytes */
#define BODY_FIRST 16384	/* bytes of the buffer for contents */
#define BODY_KEPT (1U << 20)	/* a larger one is not kept for the next frame */

struct map_frame_reader {
	struct map_frame_limits limits;
	ZSTD_DCtx *zstd;	/* NULL: frames are plain */
	uint8_t header[HEADER_LEN];
	size_t header_len;	/* bytes of it that are there */
	size_t left;		/* bytes of the frame still to come */
	bool ended;		/* zstd says that its frame is complete */
	bool delivered;		/* contents were handed out by the last call */
	char *body;
	size_t body_len;
	size_t body_cap;
};

static const struct map_frame_limits usual_limits = {
	.frame = MAP_FRAME_MAX,
	.body = MAP_FRAME_BODY_MAX,
	.window_log = MAP_FRAME_WINDOW_LOG,
};

struct map_frame_reader *
map_frame_reader_new(bool compressed, const struct map_frame_limits *limits)
{
	struct map_frame_reader *reader = calloc(1, sizeof(*reader));

	if (!reader)
		return NULL;
	reader->limits = limits ? *limits : usual_limits;
	if (!compressed)
		return reader;
	reader->zstd = ZSTD_createDCtx();
	if (!reader->zstd ||
	    ZSTD_isError(ZSTD_DCtx_setParameter(reader->zstd,
						ZSTD_d_windowLogMax,
						reader->limits.window_log))) {
		map_frame_reader_free(reader);
		return NULL;
	}
	return reader;
}

void map_frame_reader_free(struct map_frame_reader *reader)
{
	if (!reader)
		return;
	ZSTD_freeDCtx(reader->zstd);
	free(reader->body);
	free(reader);
}

static void next_frame(struct map_frame_reader *reader)
{
	if (reader->body_cap > BODY_KEPT) {
		free(reader->body);
		reader->body = NULL;
		reader->body_cap = 0;
	}
	reader->body_len = 0;
	reader->header_len = 0;
	reader->ended = false;
	reader->delivered = false;
	if (reader->zstd)
		ZSTD_DCtx_reset(reader->zstd, ZSTD_reset_session_only);
}

static void take(const uint8_t **data, size_t *len, size_t n)
{
	*data += n;
	*len -= n;
}

/* Return: 1 when the length is there, 0 for more. */
static int read_header(struct map_frame_reader *reader, const uint8_t **data,
		       size_t *len, struct err_detail *detail)
{
	size_t n = HEADER_LEN - reader->header_len;
	const uint8_t *h = reader->header;

	if (n > *len)
		n = *len;
	if (n)
		memcpy(reader->header + reader->header_len, *data, n);
	reader->header_len += n;
	take(data, len, n);
	if (reader->header_len < HEADER_LEN)
		return 0;

	reader->left = h[0] | h[1] << 8 | h[2] << 16 | (uint32_t)h[3] << 24;
	if (reader->left == 0 || reader->left > reader->limits.frame)
		return err_explain(detail, TNE_MAP_FRAME,
				   "map frame of %zu bytes", reader->left);
	return 1;
}

/* Room for one byte more than is allowed, so that one can see it come. */
static int reserve(struct map_frame_reader *reader)
{
	size_t cap = reader->body_cap ? reader->body_cap * 2 : BODY_FIRST;
	char *body;

	if (reader->body_len < reader->body_cap)
		return 0;
	if (cap > reader->limits.body)
		cap = reader->limits.body + 1;
	body = reallocarray(reader->body, cap, 1);
	if (!body)
		return -ENOMEM;
	reader->body = body;
	reader->body_cap = cap;
	return 0;
}

static int check_body(const struct map_frame_reader *reader,
		      struct err_detail *detail)
{
	if (reader->body_len > reader->limits.body)
		return err_explain(detail, TNE_MAP_FRAME,
				   "contents of a map frame exceed %zu bytes",
				   reader->limits.body);
	return 0;
}

static int read_plain(struct map_frame_reader *reader, const uint8_t *data,
		      size_t len, struct err_detail *detail)
{
	size_t n;
	int r;

	while (len) {
		r = reserve(reader);
		if (r < 0)
			return r;
		n = reader->body_cap - reader->body_len;
		if (n > len)
			n = len;
		memcpy(reader->body + reader->body_len, data, n);
		reader->body_len += n;
		take(&data, &len, n);
		r = check_body(reader, detail);
		if (r < 0)
			return r;
	}
	return 0;
}

/* One call of the decoder. */
static int decode(struct map_frame_reader *reader, ZSTD_inBuffer *in,
		  struct err_detail *detail)
{
	ZSTD_outBuffer out;
	size_t hint;
	int r = reserve(reader);

	if (r < 0)
		return r;
	out = (ZSTD_outBuffer){
		.dst = reader->body,
		.size = reader->body_cap,
		.pos = reader->body_len,
	};
	hint = ZSTD_decompressStream(reader->zstd, &out, in);
	if (ZSTD_isError(hint)) {
		if (ZSTD_getErrorCode(hint) == ZSTD_error_memory_allocation)
			return -ENOMEM;
		return err_explain(detail, TNE_MAP_FRAME, "zstd: %s",
				   ZSTD_getErrorName(hint));
	}
	reader->body_len = out.pos;
	reader->ended = hint == 0;
	return check_body(reader, detail);
}

static int read_zstd(struct map_frame_reader *reader, const uint8_t *data,
		     size_t len, struct err_detail *detail)
{
	ZSTD_inBuffer in = { .src = data, .size = len };
	int r;

	/* Once without input at the end: a full buffer may hold output back. */
	do {
		if (reader->ended)
			return err_explain(detail, TNE_MAP_FRAME,
					   "bytes behind the zstd frame");
		r = decode(reader, &in, detail);
		if (r < 0)
			return r;
	} while (in.pos < in.size ||
		 (!reader->ended && reader->body_len == reader->body_cap));
	return 0;
}

/* Return: 1 when the frame is complete, 0 for more. */
static int read_body(struct map_frame_reader *reader, const uint8_t **data,
		     size_t *len, struct err_detail *detail)
{
	size_t n = reader->left < *len ? reader->left : *len;
	int r;

	if (n == 0)
		return 0;
	if (reader->zstd)
		r = read_zstd(reader, *data, n, detail);
	else
		r = read_plain(reader, *data, n, detail);
	if (r < 0)
		return r;
	reader->left -= n;
	take(data, len, n);
	if (reader->left)
		return 0;
	if (reader->zstd && !reader->ended)
		return err_explain(detail, TNE_MAP_FRAME,
				   "map frame ends inside of its zstd frame");
	if (reader->body_len == 0)
		return err_explain(detail, TNE_MAP_FRAME, "empty map frame");
	return 1;
}

int map_frame_read(struct map_frame_reader *reader, const uint8_t **data,
		   size_t *len, struct err_detail *detail, const char **ret,
		   size_t *ret_len)
{
	int r = 1;

	if (reader->delivered)
		next_frame(reader);
	if (reader->header_len < HEADER_LEN)
		r = read_header(reader, data, len, detail);
	if (r > 0)
		r = read_body(reader, data, len, detail);
	if (r <= 0)
		return r;
	reader->delivered = true;
	*ret = reader->body;
	*ret_len = reader->body_len;
	return 1;
}

bool map_frame_at_border(const struct map_frame_reader *reader)
{
	return reader->delivered || reader->header_len == 0;
}
