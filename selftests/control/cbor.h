/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * As much of CBOR as is needed to relay the tailnet lock: to find a field, and
 * to write one. It judges nothing; that is what clients are tested for.
 */
#ifndef CONTROL_CBOR_H
#define CONTROL_CBOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buf.h"

#define CBOR_DEPTH	32	/* ours: deeper items are none */

enum cbor_major {
	CBOR_UINT,
	CBOR_NEGATIVE,
	CBOR_BYTES,
	CBOR_TEXT,
	CBOR_ARRAY,
	CBOR_MAP,
	CBOR_TAG,
	CBOR_SIMPLE,
};

#define CBOR_NULL	0xf6

/**
 * struct slice - bytes of someone else
 */
struct slice {
	const uint8_t *p;
	size_t n;
};

/* One item of definite lengths, and nothing behind it? */
bool cbor_whole(struct slice item);
/* The value of @field in a map, as it is encoded. */
bool cbor_field(struct slice map, unsigned int field, struct slice *ret);
/* Element @i of an array, as it is encoded. */
bool cbor_element(struct slice array, size_t i, struct slice *ret);
/* What a byte string holds. */
bool cbor_bytes(struct slice item, struct slice *ret);
bool cbor_number(struct slice item, uint64_t *ret);
/* A field that is a byte string of @n bytes. */
bool cbor_field_bytes(struct slice map, unsigned int field, size_t n,
		      const uint8_t **ret);

/* The head of an item: its type, and its value or length. */
void cbor_put_head(struct buf *b, enum cbor_major major, uint64_t n);
void cbor_put_bytes(struct buf *b, const void *data, size_t n);
void cbor_put_null(struct buf *b);

#endif /* CONTROL_CBOR_H */
