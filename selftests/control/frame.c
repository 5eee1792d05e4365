// SPDX-License-Identifier: GPL-2.0-only
#include "frame.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RLE_MAX		(128 << 10)	/* of a zstd block, RFC 8878 3.1.1.2.4 */

static void add_length(struct buf *b, uint32_t n)
{
	buf_add(b, (uint8_t[]){ n, n >> 8, n >> 16, n >> 24 }, 4);
}

/* Single-segment, as the Go servers write them: the window is the content. */
static void compress(struct server *srv, struct buf *b, const void *data,
		     size_t n)
{
	size_t max = ZSTD_compressBound(n), got;
	int log = 17;

	while (log < 30 && (1ULL << log) < n)
		log++;
	ZSTD_CCtx_reset(srv->zstd, ZSTD_reset_session_and_parameters);
	ZSTD_CCtx_setParameter(srv->zstd, ZSTD_c_compressionLevel, 1);
	ZSTD_CCtx_setParameter(srv->zstd, ZSTD_c_checksumFlag, 1);
	ZSTD_CCtx_setParameter(srv->zstd, ZSTD_c_windowLog, log);
	got = ZSTD_compress2(srv->zstd, buf_grow(b, max), max, data, n);
	if (ZSTD_isError(got))
		abort();
	buf_chop(b, max - got);
}

void frame_add(struct server *srv, struct buf *b, const void *json, size_t n,
	       bool zstd)
{
	struct buf body = {};

	if (!zstd) {
		add_length(b, n);
		buf_add(b, json, n);
		return;
	}
	compress(srv, &body, json, n);
	add_length(b, buf_len(&body));
	buf_add(b, buf_data(&body), buf_len(&body));
	buf_done(&body);
}

bool frame_fault(enum fault_id id)
{
	return id >= FAULT_MAP_LENGTH_ZERO && id <= FAULT_JSON_DUPLICATE;
}

/* --- zstd by hand, RFC 8878 ------------------------------------------------ */

static void magic(struct buf *b)
{
	buf_add(b, "\x28\xb5\x2f\xfd", 4);
}

static void block(struct buf *b, bool last, int type, uint32_t size)
{
	uint32_t v = last | type << 1 | size << 3;

	buf_add(b, (uint8_t[]){ v, v >> 8, v >> 16 }, 3);
}

static void raw_block(struct buf *b, bool last, const char *s)
{
	block(b, last, 0, strlen(s));
	buf_text(b, s);
}

/* A string of @mb MB in 32 bytes per MB; content size not told, window 8 MB. */
static void bomb(struct buf *b, long mb)
{
	long i;

	magic(b);
	buf_add(b, "\x00\x68", 2);
	raw_block(b, false, "{\"KeepAlive\":true,\"x\":\"");
	for (i = 0; i < mb * 8; i++) {
		block(b, false, 1, RLE_MAX);
		buf_text(b, "a");
	}
	raw_block(b, true, "\"}");
}

/* Little to unpack, but a window of @mb MB wanted for it. */
static void giant_window(struct buf *b, long mb)
{
	int log = 20;

	while (log < 41 && (1L << (log - 20)) < mb)
		log++;
	magic(b);
	buf_add(b, (uint8_t[]){ 0, (log - 10) << 3 }, 2);
	raw_block(b, true, "{\"KeepAlive\":true}");
}

/* --- bodies that are not one honest zstd frame ----------------------------- */

static bool odd_body(struct server *srv, struct buf *b, enum fault_id id,
		     const char *arg, const void *json, size_t n)
{
	switch ((int)id) {
	case FAULT_MAP_GARBAGE:
		randombytes_buf(buf_grow(b, 1000), 1000);
		return true;
	case FAULT_MAP_BOMB:
		bomb(b, fault_number(arg, 300));
		return true;
	case FAULT_MAP_WINDOW:
		giant_window(b, fault_number(arg, 512));
		return true;
	case FAULT_MAP_TWO_FRAMES:
		compress(srv, b, json, n);
		compress(srv, b, json, n);
		return true;
	case FAULT_MAP_TRAILING:
		compress(srv, b, json, n);
		buf_text(b, "trailing");
		return true;
	case FAULT_MAP_SHORT:
		compress(srv, b, json, n);
		buf_chop(b, buf_len(b) / 2);
		return true;
	}
	return false;
}

/* --- messages that are no honest JSON -------------------------------------- */

static void nested(struct buf *b, long depth)
{
	buf_text(b, "{\"Node\":");
	memset(buf_grow(b, depth), '[', depth);
	memset(buf_grow(b, depth), ']', depth);
	buf_text(b, "}");
}

/* The message with something before its first field. */
static void before_first(struct buf *b, const char *text, const char *json,
			 size_t n)
{
	buf_printf(b, "{%s,", text);
	buf_add(b, json + 1, n - 1);
}

static void odd_json(struct buf *b, enum fault_id id, const char *arg,
		     const char *json, size_t n)
{
	switch ((int)id) {
	case FAULT_JSON_BAD:
		buf_add(b, json, n / 2);
		break;
	case FAULT_JSON_ARRAY:
		buf_text(b, "[{\"KeepAlive\":true}]");
		break;
	case FAULT_JSON_DEEP:
		nested(b, fault_number(arg, 100000));
		break;
	case FAULT_JSON_UTF8:
		before_first(b, "\"Domain\":\"\xff\xc0\x80\xed\xa0\x80\"", json,
			     n);
		break;
	case FAULT_JSON_NUL:
		before_first(b, "\"PeersChanged\":[{\"ID\":900099,"
			     "\"Name\":\"n\\u0000ul.example.\"}]", json, n);
		break;
	default:
		before_first(b, "\"Node\":{\"ID\":-1},\"Peers\":[null],"
			     "\"KeepAlive\":false", json, n);
		break;
	}
}

bool frame_add_faulty(struct server *srv, struct buf *b, enum fault_id id,
		      const char *arg, const void *json, size_t n, bool zstd)
{
	struct buf body = {};

	if (id == FAULT_MAP_LENGTH_ZERO) {
		add_length(b, 0);
	} else if (id == FAULT_MAP_LENGTH_HUGE) {
		add_length(b, UINT32_MAX);
		buf_add(b, json, n < 4096 ? n : 4096);
	} else if (id == FAULT_MAP_TRUNCATED) {
		frame_add(srv, b, json, n, zstd);
		buf_chop(b, buf_len(b) / 2);
		return true;
	} else if (odd_body(srv, &body, id, arg, json, n)) {
		add_length(b, buf_len(&body));
		buf_add(b, buf_data(&body), buf_len(&body));
	} else {
		odd_json(&body, id, arg, json, n);
		frame_add(srv, b, buf_data(&body), buf_len(&body), zstd);
	}
	buf_done(&body);
	return false;
}
