// SPDX-License-Identifier: GPL-2.0-only
/* CBOR: readers go forwards, and what they take has one spelling only. */
#include "wire/cbor.h"

#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* What is in front, written again into @out. Return: false if it is nothing. */
static bool take_any(struct cursor *in, struct cbor_out *out)
{
	struct bytes bytes;
	uint64_t value;
	size_t n;

	if (cbor_take_uint(in, UINT64_MAX, &value) == 0) {
		cbor_put_uint(out, value);
	} else if (cbor_take_bytes(in, &bytes) == 0) {
		cbor_put_bytes(out, bytes);
	} else if (cbor_take_text(in, &bytes) == 0) {
		assert(cbor_text_cmp(bytes, bytes) == 0);
		cbor_put_text(out, bytes);
	} else if (cbor_take_array(in, &n) == 0) {
		assert(n <= in->len && n <= CBOR_ARRAY_MAX);
		cbor_put_array(out, n);
	} else if (cbor_take_map(in, &n) == 0) {
		assert(n <= in->len / 2 && n <= CBOR_MAP_MAX);
		cbor_put_map(out, n);
	} else if (cbor_take_null(in)) {
		cbor_put_null(out);
	} else {
		return false;
	}
	return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	uint8_t back[4096];
	struct cbor_out out = { .p = back, .cap = sizeof(back) };
	struct cursor in = { data, len };
	size_t left;

	if (len > sizeof(back))
		return 0;
	for (left = in.len; take_any(&in, &out); left = in.len)
		assert(in.len < left);
	assert(in.len == left && out.len == len - left);
	assert(memcmp(back, data, out.len) == 0);
	return 0;
}
