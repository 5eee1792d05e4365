// SPDX-License-Identifier: GPL-2.0-only
#include "wire/cbor.h"

#include "base/err.h"
#include "base/utf8.h"

#include <string.h>

/* Major types of RFC 8949, section 3.1; those of numbers below zero, tags and
 * fractions have no place in what we read.
 */
enum major {
	MAJOR_UINT = 0,
	MAJOR_BYTES = 2,
	MAJOR_TEXT = 3,
	MAJOR_ARRAY = 4,
	MAJOR_MAP = 5,
};

#define CBOR_NULL 0xf6

/* Low bits of the first byte: the number itself, or how many bytes hold it. */
#define INLINE_MAX 23
#define IN_1_BYTE 24
#define IN_8_BYTES 27

/* The number in a head, if its type is @type and it is as short as can be. */
static int take_head(struct cursor *in, enum major type, uint64_t *ret)
{
	struct cursor c = *in;
	uint64_t value = 0;
	uint8_t first, byte;
	unsigned int info, n;

	if (!cursor_u8(&c, &first) || first >> 5 != type)
		return TNE_CBOR;
	info = first & 0x1f;
	if (info <= INLINE_MAX) {
		*ret = info;
		*in = c;
		return 0;
	}
	if (info > IN_8_BYTES)
		return TNE_CBOR;
	n = 1U << (info - IN_1_BYTE);
	for (unsigned int i = 0; i < n; i++) {
		if (!cursor_u8(&c, &byte))
			return TNE_CBOR;
		value = value << 8 | byte;
	}
	if (n == 1 ? value <= INLINE_MAX : value >> (n * 4) == 0)
		return TNE_CBOR;
	*ret = value;
	*in = c;
	return 0;
}

int cbor_take_uint(struct cursor *in, uint64_t max, uint64_t *ret)
{
	struct cursor c = *in;
	uint64_t value;

	if (take_head(&c, MAJOR_UINT, &value) < 0 || value > max)
		return TNE_CBOR;
	*ret = value;
	*in = c;
	return 0;
}

static int take_string(struct cursor *in, enum major type, struct bytes *ret)
{
	struct cursor c = *in;
	const uint8_t *data;
	uint64_t len;

	if (take_head(&c, type, &len) < 0 || len > c.len ||
	    !cursor_take(&c, len, &data))
		return TNE_CBOR;
	*ret = (struct bytes){ .data = data, .len = len };
	*in = c;
	return 0;
}

int cbor_take_bytes(struct cursor *in, struct bytes *ret)
{
	return take_string(in, MAJOR_BYTES, ret);
}

int cbor_take_text(struct cursor *in, struct bytes *ret)
{
	struct cursor c = *in;
	struct bytes text;

	if (take_string(&c, MAJOR_TEXT, &text) < 0 ||
	    !utf8_check(text.data, text.len))
		return TNE_CBOR;
	*ret = text;
	*in = c;
	return 0;
}

static int take_count(struct cursor *in, enum major type, uint64_t max,
		      size_t least_len, size_t *ret)
{
	struct cursor c = *in;
	uint64_t n;

	if (take_head(&c, type, &n) < 0 || n > max || n > c.len / least_len)
		return TNE_CBOR;
	*ret = n;
	*in = c;
	return 0;
}

int cbor_take_array(struct cursor *in, size_t *ret)
{
	return take_count(in, MAJOR_ARRAY, CBOR_ARRAY_MAX, 1, ret);
}

int cbor_take_map(struct cursor *in, size_t *ret)
{
	return take_count(in, MAJOR_MAP, CBOR_MAP_MAX, 2, ret);
}

bool cbor_take_null(struct cursor *in)
{
	if (in->len == 0 || *in->p != CBOR_NULL)
		return false;
	in->p++;
	in->len--;
	return true;
}

int cbor_take_key(struct cursor *in, uint64_t *last)
{
	struct cursor c = *in;
	uint64_t key;

	if (take_head(&c, MAJOR_UINT, &key) < 0 || key <= *last)
		return TNE_CBOR;
	*last = key;
	*in = c;
	return 0;
}

int cbor_text_cmp(struct bytes a, struct bytes b)
{
	if (a.len != b.len)
		return a.len < b.len ? -1 : 1;
	return a.len ? memcmp(a.data, b.data, a.len) : 0;
}

static void put(struct cbor_out *out, const void *data, size_t len)
{
	if (out->p && len && len <= out->cap && out->len <= out->cap - len)
		memcpy(out->p + out->len, data, len);
	out->len += len;
}

static void put_head(struct cbor_out *out, enum major type, uint64_t value)
{
	uint8_t head[9] = { type << 5 };
	unsigned int i, n = 0;

	if (value <= INLINE_MAX) {
		head[0] |= value;
	} else {
		unsigned int power = value > UINT32_MAX ? 3 :
				     value > UINT16_MAX ? 2 :
				     value > UINT8_MAX ? 1 : 0;

		head[0] |= IN_1_BYTE + power;
		n = 1U << power;
		for (i = 0; i < n; i++)
			head[1 + i] = value >> 8 * (n - 1 - i);
	}
	put(out, head, 1 + n);
}

void cbor_put_uint(struct cbor_out *out, uint64_t value)
{
	put_head(out, MAJOR_UINT, value);
}

void cbor_put_bytes(struct cbor_out *out, struct bytes bytes)
{
	put_head(out, MAJOR_BYTES, bytes.len);
	put(out, bytes.data, bytes.len);
}

void cbor_put_text(struct cbor_out *out, struct bytes text)
{
	put_head(out, MAJOR_TEXT, text.len);
	put(out, text.data, text.len);
}

void cbor_put_array(struct cbor_out *out, size_t n)
{
	put_head(out, MAJOR_ARRAY, n);
}

void cbor_put_map(struct cbor_out *out, size_t n)
{
	put_head(out, MAJOR_MAP, n);
}

void cbor_put_null(struct cbor_out *out)
{
	static const uint8_t null = CBOR_NULL;

	put(out, &null, 1);
}

void cbor_put_raw(struct cbor_out *out, struct bytes raw)
{
	put(out, raw.data, raw.len);
}
