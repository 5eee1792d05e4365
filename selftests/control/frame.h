/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Frames of the map stream: a length of four bytes, low byte first, then one
 * zstd frame or plain JSON.
 */
#ifndef CONTROL_FRAME_H
#define CONTROL_FRAME_H

#include <stdbool.h>
#include <stddef.h>

#include "buf.h"
#include "server.h"

/* Append one frame with @json in it. */
void frame_add(struct server *srv, struct buf *b, const void *json, size_t n,
	       bool zstd);

/* Is it a fault of this layer: map-length-zero to json-duplicate? */
bool frame_fault(enum fault_id id);
/* Append what the fault sends in place of @json.
 * Return: true if the stream ends behind it.
 */
bool frame_add_faulty(struct server *srv, struct buf *b, enum fault_id id,
		      const char *arg, const void *json, size_t n, bool zstd);

#endif /* CONTROL_FRAME_H */
