/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Sums of products of 64-bit words. Where the compiler has no 128-bit numbers
 * they are made of 32-bit products: several times slower, and right on every
 * machine.
 */
#ifndef TN_WIDE_H
#define TN_WIDE_H

#include "pure.h"

#if defined(__SIZEOF_INT128__) && !defined(TN_NO_INT128) && \
	(!defined(__KERNEL__) || defined(CONFIG_ARCH_SUPPORTS_INT128) || \
	 defined(__x86_64__))

struct tn_wide {
	unsigned __int128 v;
};

static inline void tn_wide_add_mul(struct tn_wide *w, u64 a, u64 b)
{
	w->v += (unsigned __int128)a * b;
}

static inline void tn_wide_add(struct tn_wide *w, u64 a)
{
	w->v += a;
}

static inline u64 tn_wide_low(const struct tn_wide *w)
{
	return w->v;
}

/* Bits @n to @n + 63, 0 < @n < 128. */
static inline u64 tn_wide_from(const struct tn_wide *w, unsigned int n)
{
	return w->v >> n;
}

#else

struct tn_wide {
	u64 lo, hi;
};

static inline void tn_wide_add(struct tn_wide *w, u64 a)
{
	w->lo += a;
	w->hi += w->lo < a;
}

static inline void tn_wide_add_mul(struct tn_wide *w, u64 a, u64 b)
{
	u64 al = (u32)a, ah = a >> 32, bl = (u32)b, bh = b >> 32;
	u64 m1 = al * bh, m2 = ah * bl;
	/* Below 3 * 2^32 + 2^32: no overflow. */
	u64 mid = ((al * bl) >> 32) + (u32)m1 + (u32)m2;

	w->hi += ah * bh + (m1 >> 32) + (m2 >> 32) + (mid >> 32);
	tn_wide_add(w, mid << 32 | (u32)(al * bl));
}

static inline u64 tn_wide_low(const struct tn_wide *w)
{
	return w->lo;
}

static inline u64 tn_wide_from(const struct tn_wide *w, unsigned int n)
{
	return n >= 64 ? w->hi >> (n - 64) : w->lo >> n | w->hi << (64 - n);
}

#endif

#endif /* TN_WIDE_H */
