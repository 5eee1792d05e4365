// SPDX-License-Identifier: GPL-2.0-only
#include "cbor.h"

/* The head at the front. Return: its length, 0 if it is none. */
static size_t head(struct slice in, unsigned int *major, uint64_t *value)
{
	size_t i, n;

	if (!in.n)
		return 0;
	*major = in.p[0] >> 5;
	*value = in.p[0] & 31;
	if (*value < 24)
		return 1;
	if (*value > 27)
		return 0;
	n = (size_t)1 << (*value - 24);
	if (in.n <= n)
		return 0;
	*value = 0;
	for (i = 1; i <= n; i++)
		*value = *value << 8 | in.p[i];
	return 1 + n;
}

/* Length of the item at the front, 0 if it is none. */
static size_t item_len(struct slice in, unsigned int depth)
{
	unsigned int major;
	uint64_t count, i;
	size_t at, n;

	at = head(in, &major, &count);
	if (!at || !depth)
		return 0;
	if (major == CBOR_BYTES || major == CBOR_TEXT)
		return count <= in.n - at ? at + count : 0;
	if (major < CBOR_ARRAY || major == CBOR_SIMPLE)
		return at;
	if (major == CBOR_TAG)
		count = 1;
	else if (major == CBOR_MAP && count <= in.n)
		count *= 2;
	for (i = 0; i < count; i++) {
		n = item_len((struct slice){ in.p + at, in.n - at }, depth - 1);
		if (!n)
			return 0;
		at += n;
	}
	return at;
}

/* Cut the first item off. */
static bool take(struct slice *in, struct slice *ret)
{
	size_t n = item_len(*in, CBOR_DEPTH);

	if (!n)
		return false;
	*ret = (struct slice){ in->p, n };
	in->p += n;
	in->n -= n;
	return true;
}

bool cbor_whole(struct slice item)
{
	return item.n && item_len(item, CBOR_DEPTH) == item.n;
}

bool cbor_number(struct slice item, uint64_t *ret)
{
	unsigned int major;
	uint64_t value;

	if (!head(item, &major, &value) || major != CBOR_UINT)
		return false;
	*ret = value;
	return true;
}

bool cbor_field(struct slice map, unsigned int field, struct slice *ret)
{
	struct slice key, value;
	uint64_t n, name;
	unsigned int major;
	size_t at = head(map, &major, &n);

	if (!at || major != CBOR_MAP)
		return false;
	map.p += at;
	map.n -= at;
	while (n-- && take(&map, &key) && take(&map, &value)) {
		if (cbor_number(key, &name) && name == field) {
			*ret = value;
			return true;
		}
	}
	return false;
}

bool cbor_element(struct slice array, size_t i, struct slice *ret)
{
	unsigned int major;
	uint64_t n;
	size_t at = head(array, &major, &n);

	if (!at || major != CBOR_ARRAY || i >= n)
		return false;
	array.p += at;
	array.n -= at;
	do {
		if (!take(&array, ret))
			return false;
	} while (i--);
	return true;
}

bool cbor_bytes(struct slice item, struct slice *ret)
{
	unsigned int major;
	uint64_t n;
	size_t at = head(item, &major, &n);

	if (!at || major != CBOR_BYTES || n > item.n - at)
		return false;
	*ret = (struct slice){ item.p + at, n };
	return true;
}

bool cbor_field_bytes(struct slice map, unsigned int field, size_t n,
		      const uint8_t **ret)
{
	struct slice item, bytes;

	if (!cbor_field(map, field, &item) || !cbor_bytes(item, &bytes) ||
	    bytes.n != n)
		return false;
	*ret = bytes.p;
	return true;
}

void cbor_put_head(struct buf *b, enum cbor_major major, uint64_t n)
{
	unsigned int log = n < 24 ? 0 : n < 0x100 ? 1 : n < 0x10000 ? 2 :
			   n < 0x100000000 ? 3 : 4;
	int shift = log ? (8 << (log - 1)) - 8 : -8;
	uint8_t out[9];
	size_t len = 1;

	out[0] = major << 5 | (log ? 23 + log : n);
	for (; shift >= 0; shift -= 8)
		out[len++] = n >> shift;
	buf_add(b, out, len);
}

void cbor_put_bytes(struct buf *b, const void *data, size_t n)
{
	cbor_put_head(b, CBOR_BYTES, n);
	buf_add(b, data, n);
}

void cbor_put_null(struct buf *b)
{
	static const uint8_t null = CBOR_NULL;

	buf_add(b, &null, 1);
}
