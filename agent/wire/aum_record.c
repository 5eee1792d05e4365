// SPDX-License-Identifier: GPL-2.0-only
#include "wire/aum_record.h"

#include "base/err.h"
#include "wire/cbor.h"

#include <assert.h>
#include <errno.h>

enum {
	FIELD_CHILDREN = 1,
	FIELD_UPDATE = 2,
	FIELD_CREATED = 3,
	FIELD_PURGED = 4,
};

static int take_time(struct cursor *in, int64_t *ret)
{
	uint64_t value;

	if (cbor_take_uint(in, INT64_MAX, &value) < 0 || value == 0)
		return TNE_CBOR;
	*ret = value;
	return 0;
}

static int pass_children(struct cursor *in)
{
	struct bytes hash;
	size_t i, n;

	if (cbor_take_null(in))
		return 0;
	if (cbor_take_array(in, &n) < 0)
		return TNE_CBOR;
	for (i = 0; i < n; i++) {
		if (cbor_take_bytes(in, &hash) < 0)
			return TNE_CBOR;
	}
	return 0;
}

static int take_update(struct cursor *in, struct arena *mem,
		       struct aum_record *record)
{
	const uint8_t *start = in->p;
	struct aum aum;
	int r;

	if (cbor_take_null(in))
		return 0;
	r = aum_take(in, mem, &aum);
	if (r < 0)
		return r;
	record->has_update = true;
	record->update = (struct bytes){ start, in->p - start };
	return 0;
}

static int take_field(struct cursor *in, uint64_t field, struct arena *mem,
		      struct aum_record *record)
{
	switch (field) {
	case FIELD_CHILDREN:
		return pass_children(in);
	case FIELD_UPDATE:
		return take_update(in, mem, record);
	case FIELD_CREATED:
		return take_time(in, &record->created_s);
	case FIELD_PURGED:
		return take_time(in, &record->purged_s);
	default:
		return TNE_CBOR;
	}
}

int aum_record_parse(struct bytes data, struct arena *mem,
		     struct aum_record *ret)
{
	struct cursor in = { .p = data.data, .len = data.len };
	struct aum_record record = { 0 };
	uint64_t field = 0;
	bool seen = false;
	size_t i, n;
	int r;

	if (data.len > AUM_RECORD_MAX)
		return TNE_TOO_LONG;
	if (cbor_take_map(&in, &n) < 0)
		return TNE_CBOR;
	for (i = 0; i < n; i++) {
		if (cbor_take_key(&in, &field) < 0)
			return TNE_CBOR;
		seen |= field == FIELD_UPDATE;
		r = take_field(&in, field, mem, &record);
		if (r < 0)
			return r;
	}
	if (!seen)
		return TNE_CBOR;
	*ret = record;
	return 0;
}

static void put(struct cbor_out *out, const struct aum_record *record)
{
	cbor_put_map(out, 1 + (record->created_s > 0) +
		     (record->purged_s > 0));
	cbor_put_uint(out, FIELD_UPDATE);
	if (record->has_update)
		cbor_put_raw(out, record->update);
	else
		cbor_put_null(out);
	if (record->created_s > 0) {
		cbor_put_uint(out, FIELD_CREATED);
		cbor_put_uint(out, record->created_s);
	}
	if (record->purged_s > 0) {
		cbor_put_uint(out, FIELD_PURGED);
		cbor_put_uint(out, record->purged_s);
	}
}

int aum_record_build(const struct aum_record *record, struct arena *mem,
		     struct bytes *ret)
{
	struct cbor_out count = { 0 }, out = { 0 };

	put(&count, record);
	out.cap = count.len;
	out.p = arena_alloc(mem, count.len);
	if (!out.p)
		return -ENOMEM;
	put(&out, record);
	assert(out.len == out.cap);
	*ret = (struct bytes){ .data = out.p, .len = out.len };
	return 0;
}
