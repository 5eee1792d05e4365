/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef WIRE_MAP_FRAME_H
#define WIRE_MAP_FRAME_H

#include "base/cleanup.h"
#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The frames of a map stream: a 32 bit length, little endian, and as many
 * bytes; these are one zstd frame, or plain if no compression was asked for.
 * Source: control/controlclient/direct.go, sendMapRequest.
 */
struct map_frame_reader;

/**
 * struct map_frame_limits - what is too much; all ours
 * @frame: most bytes of a frame, as sent
 * @body: most bytes of its contents
 * @window_log: base 2 logarithm of the largest zstd window
 */
struct map_frame_limits {
	size_t frame;
	size_t body;
	unsigned int window_log;
};

#define MAP_FRAME_MAX (64U << 20)
#define MAP_FRAME_BODY_MAX (256U << 20)
#define MAP_FRAME_WINDOW_LOG 28

/**
 * map_frame_reader_new() - before the first byte of a stream
 * @compressed:	zstd was asked for
 * @limits:	copied; NULL = the usual ones
 *
 * Return: owned by the caller; NULL without memory.
 */
struct map_frame_reader *
map_frame_reader_new(bool compressed, const struct map_frame_limits *limits);

/**
 * map_frame_reader_free() - free a reader
 * @reader: from map_frame_reader_new(), or NULL
 */
void map_frame_reader_free(struct map_frame_reader *reader);

DEFINE_CLEANUP(map_frame_reader, struct map_frame_reader *,
	       map_frame_reader_free)

/**
 * map_frame_read() - read on, until a frame is complete
 * @reader:	of the stream
 * @data:	bytes of the stream; moved on past those that were read
 * @len:	how many; lowered likewise
 * @detail:	filled on error
 * @ret:	contents of the frame, borrowed from @reader until the next call
 * @ret_len:	bytes of them
 *
 * To be called until it returns 0. Contents are decoded as they arrive, so that
 * the bytes as sent are not kept; memory grows with what was decoded, whatever
 * a length in the stream says.
 *
 * Return: 1 for a frame; 0: all of @data has been read; TNE_MAP_FRAME or
 * -ENOMEM, after which the stream is over.
 */
int map_frame_read(struct map_frame_reader *reader, const uint8_t **data,
		   size_t *len, struct err_detail *detail, const char **ret,
		   size_t *ret_len);

/**
 * map_frame_at_border() - may a stream end here?
 * @reader: of the stream
 *
 * Return: false in the middle of a frame.
 */
bool map_frame_at_border(const struct map_frame_reader *reader);

#endif /* WIRE_MAP_FRAME_H */
