/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * CBOR in the one form that is ever hashed: CTAP2 canonical. What could be
 * written in another way is refused, so what was read is what would be written,
 * and its hash can be taken from it as it is.
 *
 * Source: RFC 8949, sections 3 and 4.2; CTAP 2.1, section 8.
 */
#ifndef WIRE_CBOR_H
#define WIRE_CBOR_H

#include "base/arena.h"
#include "base/cursor.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Most elements and pairs. Source: tailscale tka/tka.go. */
#define CBOR_ARRAY_MAX 4096
#define CBOR_MAP_MAX 1024

/*
 * Readers advance @in on success only and return 0 or TNE_CBOR. They never
 * promise more elements than there are bytes left.
 */

/* A whole number that is not negative. */
int cbor_take_uint(struct cursor *in, uint64_t max, uint64_t *ret);
/* A byte string; borrowed from @in. Not NULL, even if empty. */
int cbor_take_bytes(struct cursor *in, struct bytes *ret);
/* A text; borrowed from @in, not terminated, UTF-8. */
int cbor_take_text(struct cursor *in, struct bytes *ret);
/* The head of an array: how many elements follow. */
int cbor_take_array(struct cursor *in, size_t *ret);
/* The head of a map: how many pairs follow. */
int cbor_take_map(struct cursor *in, size_t *ret);
/* Null, if it is next. */
bool cbor_take_null(struct cursor *in);

/**
 * cbor_take_key() - the key of a pair in a map with numbers for keys
 * @in:		unread bytes
 * @last:	the key before, 0 at first; set to the new one
 *
 * Return: 0, or TNE_CBOR also if the keys do not ascend.
 */
int cbor_take_key(struct cursor *in, uint64_t *last);

/**
 * cbor_text_cmp() - canonical order of two texts that are keys
 * @a: one
 * @b: the other
 *
 * The shorter one comes first. Source: CTAP 2.1, section 8.
 *
 * Return: below, equal or above 0.
 */
int cbor_text_cmp(struct bytes a, struct bytes b);

/**
 * struct cbor_out - what is being written
 * @p: where to; NULL only counts
 * @cap: bytes there are; more are counted, not written
 * @len: bytes so far
 */
struct cbor_out {
	uint8_t *p;
	size_t cap;
	size_t len;
};

void cbor_put_uint(struct cbor_out *out, uint64_t value);
void cbor_put_bytes(struct cbor_out *out, struct bytes bytes);
void cbor_put_text(struct cbor_out *out, struct bytes text);
void cbor_put_array(struct cbor_out *out, size_t n);
void cbor_put_map(struct cbor_out *out, size_t n);
void cbor_put_null(struct cbor_out *out);
/* Something that is written already. */
void cbor_put_raw(struct cbor_out *out, struct bytes raw);

#endif /* WIRE_CBOR_H */
