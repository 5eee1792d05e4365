// SPDX-License-Identifier: GPL-2.0-only
#include "model/aum.h"

#include "base/err.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *aum_kind_text(uint8_t kind, char ret[AUM_KIND_TEXT_MAX])
{
	static const char *const text[] = {
		[AUM_ADD_KEY] = "add-key",
		[AUM_REMOVE_KEY] = "remove-key",
		[AUM_NO_OP] = "no-op",
		[AUM_UPDATE_KEY] = "update-key",
		[AUM_CHECKPOINT] = "checkpoint",
	};

	if (kind == 0)
		snprintf(ret, AUM_KIND_TEXT_MAX, "invalid");
	else if (kind <= AUM_CHECKPOINT)
		snprintf(ret, AUM_KIND_TEXT_MAX, "%s", text[kind]);
	else
		snprintf(ret, AUM_KIND_TEXT_MAX, "AUM?<%u>", kind);
	return ret;
}

bool aum_prev(const struct aum *aum, struct aum_hash *ret)
{
	if (!aum->prev.set || aum->prev.b.len != AUM_HASH_LEN)
		return false;
	memcpy(ret->byte, aum->prev.b.data, AUM_HASH_LEN);
	return true;
}

bool aum_hash_eq(const struct aum_hash *a, const struct aum_hash *b)
{
	return aum_hash_cmp(a, b) == 0;
}

int aum_hash_cmp(const struct aum_hash *a, const struct aum_hash *b)
{
	return memcmp(a->byte, b->byte, AUM_HASH_LEN);
}

/* Source: RFC 4648, section 6. */
static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

int aum_hash_parse(const char *s, size_t len, struct aum_hash *ret)
{
	struct aum_hash hash;
	size_t i, n = 0;
	unsigned int bits = 0, acc = 0;
	const char *digit;

	if (len != AUM_HASH_TEXT_LEN)
		return TNE_KEY_FORMAT;
	for (i = 0; i < len; i++) {
		digit = memchr(digits, s[i], sizeof(digits) - 1);
		if (!digit)
			return TNE_KEY_FORMAT;
		acc = (acc << 5 | (digit - digits)) & 0xfff;
		bits += 5;
		if (bits >= 8) {
			bits -= 8;
			hash.byte[n++] = acc >> bits;
		}
	}
	*ret = hash;
	return 0;
}

const char *aum_hash_format(const struct aum_hash *hash,
			    struct aum_hash_text *ret)
{
	unsigned int bits = 0, acc = 0;
	size_t i, n = 0;

	for (i = 0; i < AUM_HASH_LEN; i++) {
		acc = (acc << 8 | hash->byte[i]) & 0xfff;
		for (bits += 8; bits >= 5; bits -= 5)
			ret->c[n++] = digits[acc >> (bits - 5) & 31];
	}
	ret->c[n++] = digits[acc << (5 - bits) & 31];
	ret->c[n] = '\0';
	return ret->c;
}

bool bytes_eq(struct bytes a, struct bytes b)
{
	return a.len == b.len && (!a.len || memcmp(a.data, b.data, a.len) == 0);
}

static int cmp_name(const void *a, const void *b)
{
	const struct bytes *x = &((const struct lock_meta_pair *)a)->name;
	const struct bytes *y = &((const struct lock_meta_pair *)b)->name;
	size_t n = x->len < y->len ? x->len : y->len;
	int r = n ? memcmp(x->data, y->data, n) : 0;

	if (r)
		return r;
	return x->len < y->len ? -1 : x->len > y->len;
}

struct lock_meta_pair *lock_meta_by_name(const struct lock_meta *meta)
{
	struct lock_meta_pair *pair = calloc(meta->n + 1, sizeof(*pair));

	if (!pair || !meta->n)
		return pair;
	memcpy(pair, meta->item, meta->n * sizeof(*pair));
	qsort(pair, meta->n, sizeof(*pair), cmp_name);
	return pair;
}
