// SPDX-License-Identifier: GPL-2.0-only
/*
 * Ed25519 verification, RFC 8032 with the two rules of ed25519.h.
 *
 * From the bottom up: numbers mod p = 2^255 - 19 in five limbs of 51 bits;
 * points in extended twisted Edwards coordinates (Hisil, Wong, Carter and
 * Dawson, 2008), whose addition law has no exceptions on this curve, so that no
 * input needs a case of its own; numbers mod the group order; and the one
 * product S B - k A that both rules are about.
 *
 * Limbs. What a multiplication gives is below 2^51 + 2^13 ("carried"). Sums and
 * differences are not carried; the comments beside them say what their limbs are
 * below. Two factors may be multiplied if their bounds together stay below 2^108:
 * a column is five products, up to four of them times 19, so below 77 * 2^108
 * with a carry below 2^64; and the highest column, which has no 19, below
 * 5 * 2^108, so that 19 times its carry is below 2^64 as well. No factor is above
 * 2^54, and 19 times that fits.
 */
#include "ed25519.h"

#include "wide.h"

struct tn_ge_affine {
	struct tn_fe sum, diff, t2d;
};

#include "ed25519_table.h"

#define TN_FE_MASK ((1ULL << 51) - 1)

/* Window of the digits of k: 8 odd multiples, up to 15 times. */
#define TN_KEY_WINDOW 5

static u64 tn_le64(const u8 *p)
{
	u64 v = 0;
	int i;

	for (i = 7; i >= 0; i--)
		v = v << 8 | p[i];
	return v;
}

static void tn_put_le64(u64 v, u8 *p)
{
	int i;

	for (i = 0; i < 8; i++)
		p[i] = v >> (8 * i);
}

/* Numbers mod p. */

static const struct tn_fe tn_fe_zero;
static const struct tn_fe tn_fe_one = { { 1 } };

static inline void tn_fe_add(struct tn_fe *r, const struct tn_fe *a,
			     const struct tn_fe *b)
{
	int i;

	for (i = 0; i < 5; i++)
		r->v[i] = a->v[i] + b->v[i];
}

/* @b below 2^53 - 76. Below @a + 2^53: 4 p is added, so that nothing borrows. */
static inline void tn_fe_sub(struct tn_fe *r, const struct tn_fe *a,
			     const struct tn_fe *b)
{
	int i;

	r->v[0] = a->v[0] + ((1ULL << 53) - 76) - b->v[0];
	for (i = 1; i < 5; i++)
		r->v[i] = a->v[i] + ((1ULL << 53) - 4) - b->v[i];
}

/* Columns of a product to a carried number; 2^255 = 19. */
static inline void tn_fe_carry_wide(struct tn_fe *r, struct tn_wide c[5])
{
	u64 carry;
	int i;

	for (i = 0; i < 4; i++) {
		r->v[i] = tn_wide_low(&c[i]) & TN_FE_MASK;
		tn_wide_add(&c[i + 1], tn_wide_from(&c[i], 51));
	}
	r->v[4] = tn_wide_low(&c[4]) & TN_FE_MASK;
	/* The highest column has no factor 19: below 2^60. */
	carry = r->v[0] + 19 * tn_wide_from(&c[4], 51);
	r->v[0] = carry & TN_FE_MASK;
	r->v[1] += carry >> 51;
}

static void tn_fe_mul(struct tn_fe *r, const struct tn_fe *a,
		      const struct tn_fe *b)
{
	const u64 a0 = a->v[0], a1 = a->v[1], a2 = a->v[2], a3 = a->v[3];
	const u64 b0 = b->v[0], b1 = b->v[1], b2 = b->v[2], b3 = b->v[3];
	const u64 a4 = a->v[4], b4 = b->v[4];
	const u64 b1_19 = 19 * b1, b2_19 = 19 * b2, b3_19 = 19 * b3;
	const u64 b4_19 = 19 * b4;
	struct tn_wide c[5] = { };

	tn_wide_add_mul(&c[0], a0, b0);
	tn_wide_add_mul(&c[0], a1, b4_19);
	tn_wide_add_mul(&c[0], a2, b3_19);
	tn_wide_add_mul(&c[0], a3, b2_19);
	tn_wide_add_mul(&c[0], a4, b1_19);

	tn_wide_add_mul(&c[1], a0, b1);
	tn_wide_add_mul(&c[1], a1, b0);
	tn_wide_add_mul(&c[1], a2, b4_19);
	tn_wide_add_mul(&c[1], a3, b3_19);
	tn_wide_add_mul(&c[1], a4, b2_19);

	tn_wide_add_mul(&c[2], a0, b2);
	tn_wide_add_mul(&c[2], a1, b1);
	tn_wide_add_mul(&c[2], a2, b0);
	tn_wide_add_mul(&c[2], a3, b4_19);
	tn_wide_add_mul(&c[2], a4, b3_19);

	tn_wide_add_mul(&c[3], a0, b3);
	tn_wide_add_mul(&c[3], a1, b2);
	tn_wide_add_mul(&c[3], a2, b1);
	tn_wide_add_mul(&c[3], a3, b0);
	tn_wide_add_mul(&c[3], a4, b4_19);

	tn_wide_add_mul(&c[4], a0, b4);
	tn_wide_add_mul(&c[4], a1, b3);
	tn_wide_add_mul(&c[4], a2, b2);
	tn_wide_add_mul(&c[4], a3, b1);
	tn_wide_add_mul(&c[4], a4, b0);

	tn_fe_carry_wide(r, c);
}

static void tn_fe_square(struct tn_fe *r, const struct tn_fe *a)
{
	const u64 a0 = a->v[0], a1 = a->v[1], a2 = a->v[2], a3 = a->v[3];
	const u64 a4 = a->v[4], a0_2 = 2 * a0, a1_2 = 2 * a1;
	const u64 a3_19 = 19 * a3, a4_19 = 19 * a4, a4_38 = 38 * a4;
	struct tn_wide c[5] = { };

	tn_wide_add_mul(&c[0], a0, a0);
	tn_wide_add_mul(&c[0], a1, a4_38);
	tn_wide_add_mul(&c[0], 2 * a2, a3_19);

	tn_wide_add_mul(&c[1], a0_2, a1);
	tn_wide_add_mul(&c[1], a2, a4_38);
	tn_wide_add_mul(&c[1], a3, a3_19);

	tn_wide_add_mul(&c[2], a0_2, a2);
	tn_wide_add_mul(&c[2], a1, a1);
	tn_wide_add_mul(&c[2], a3, a4_38);

	tn_wide_add_mul(&c[3], a0_2, a3);
	tn_wide_add_mul(&c[3], a1_2, a2);
	tn_wide_add_mul(&c[3], a4, a4_19);

	tn_wide_add_mul(&c[4], a0_2, a4);
	tn_wide_add_mul(&c[4], a1_2, a3);
	tn_wide_add_mul(&c[4], a2, a2);

	tn_fe_carry_wide(r, c);
}

/* @n times, at least once. */
static void tn_fe_squares(struct tn_fe *r, const struct tn_fe *a,
			  unsigned int n)
{
	tn_fe_square(r, a);
	while (--n)
		tn_fe_square(r, r);
}

/* a^(2^250 - 1), and a^11. */
static void tn_fe_pow_250(struct tn_fe *r, struct tn_fe *r11,
			  const struct tn_fe *a)
{
	struct tn_fe t, u;

	tn_fe_square(&t, a);			/* 2 */
	tn_fe_squares(&u, &t, 2);		/* 8 */
	tn_fe_mul(&u, &u, a);			/* 9 */
	tn_fe_mul(r11, &u, &t);			/* 11 */
	tn_fe_square(&t, r11);			/* 22 */
	tn_fe_mul(&u, &u, &t);			/* 31 = 2^5 - 1 */
	tn_fe_squares(&t, &u, 5);
	tn_fe_mul(&u, &t, &u);			/* 2^10 - 1 */
	tn_fe_squares(&t, &u, 10);
	tn_fe_mul(&t, &t, &u);			/* 2^20 - 1 */
	tn_fe_squares(r, &t, 20);
	tn_fe_mul(&t, r, &t);			/* 2^40 - 1 */
	tn_fe_squares(&t, &t, 10);
	tn_fe_mul(&u, &t, &u);			/* 2^50 - 1 */
	tn_fe_squares(&t, &u, 50);
	tn_fe_mul(&t, &t, &u);			/* 2^100 - 1 */
	tn_fe_squares(r, &t, 100);
	tn_fe_mul(&t, r, &t);			/* 2^200 - 1 */
	tn_fe_squares(&t, &t, 50);
	tn_fe_mul(r, &t, &u);			/* 2^250 - 1 */
}

/* a^(p - 2) */
static void tn_fe_invert(struct tn_fe *r, const struct tn_fe *a)
{
	struct tn_fe t, a11;

	tn_fe_pow_250(&t, &a11, a);
	tn_fe_squares(&t, &t, 5);
	tn_fe_mul(r, &t, &a11);
}

/* a^((p - 5) / 8) */
static void tn_fe_pow_p58(struct tn_fe *r, const struct tn_fe *a)
{
	struct tn_fe t, unused;

	tn_fe_pow_250(&t, &unused, a);
	tn_fe_squares(&t, &t, 2);
	tn_fe_mul(r, &t, a);
}

/* The highest bit is not read. The number may be p or above. */
static void tn_fe_from_bytes(struct tn_fe *r, const u8 in[32])
{
	const u64 w0 = tn_le64(in), w1 = tn_le64(in + 8);
	const u64 w2 = tn_le64(in + 16), w3 = tn_le64(in + 24);

	r->v[0] = w0 & TN_FE_MASK;
	r->v[1] = (w0 >> 51 | w1 << 13) & TN_FE_MASK;
	r->v[2] = (w1 >> 38 | w2 << 26) & TN_FE_MASK;
	r->v[3] = (w2 >> 25 | w3 << 39) & TN_FE_MASK;
	r->v[4] = w3 >> 12 & TN_FE_MASK;
}

/* One round: limbs below 2^54 become carried. */
static void tn_fe_carry(struct tn_fe *r)
{
	int i;

	for (i = 0; i < 4; i++) {
		r->v[i + 1] += r->v[i] >> 51;
		r->v[i] &= TN_FE_MASK;
	}
	r->v[0] += 19 * (r->v[4] >> 51);
	r->v[4] &= TN_FE_MASK;
}

/* The one representative below p. */
static void tn_fe_to_bytes(u8 out[32], const struct tn_fe *a)
{
	struct tn_fe t = *a;
	u64 q;
	int i;

	tn_fe_carry(&t);
	tn_fe_carry(&t);
	/* Now below 2 p: it is p or more if 19 more reach 2^255. */
	q = t.v[0] + 19;
	for (i = 1; i < 5; i++)
		q = t.v[i] + (q >> 51);
	t.v[0] += 19 * (q >> 51);
	for (i = 0; i < 4; i++) {
		t.v[i + 1] += t.v[i] >> 51;
		t.v[i] &= TN_FE_MASK;
	}
	t.v[4] &= TN_FE_MASK;
	tn_put_le64(t.v[0] | t.v[1] << 51, out);
	tn_put_le64(t.v[1] >> 13 | t.v[2] << 38, out + 8);
	tn_put_le64(t.v[2] >> 26 | t.v[3] << 25, out + 16);
	tn_put_le64(t.v[3] >> 39 | t.v[4] << 12, out + 24);
}

static bool tn_fe_equal(const struct tn_fe *a, const struct tn_fe *b)
{
	u8 x[32], y[32];

	tn_fe_to_bytes(x, a);
	tn_fe_to_bytes(y, b);
	return !memcmp(x, y, sizeof(x));
}

static bool tn_fe_is_odd(const struct tn_fe *a)
{
	u8 x[32];

	tn_fe_to_bytes(x, a);
	return x[0] & 1;
}

/* Points. */

static const struct tn_ge tn_ge_identity = {
	.y = { { 1 } },
	.z = { { 1 } },
};

/*
 * The last step of both laws. @r->t is left as it was unless wanted: a doubling
 * does without it.
 */
static void tn_ge_finish(struct tn_ge *r, const struct tn_fe *e,
			 const struct tn_fe *f, const struct tn_fe *g,
			 const struct tn_fe *h, bool want_t)
{
	tn_fe_mul(&r->x, e, f);
	tn_fe_mul(&r->y, g, h);
	tn_fe_mul(&r->z, f, g);
	if (want_t)
		tn_fe_mul(&r->t, e, h);
}

/* All of e, f, g, h with the other sign, which cancels out. */
static void tn_ge_double(struct tn_ge *r, const struct tn_ge *p, bool want_t)
{
	struct tn_fe a, b, e, f, g, h;

	tn_fe_square(&a, &p->x);
	tn_fe_square(&b, &p->y);
	tn_fe_add(&e, &p->x, &p->y);
	tn_fe_square(&e, &e);
	tn_fe_add(&h, &a, &b);			/* 2^52.1 */
	tn_fe_sub(&e, &h, &e);			/* 2^53.7 */
	tn_fe_sub(&g, &a, &b);			/* 2^53.4 */
	tn_fe_square(&f, &p->z);
	tn_fe_add(&f, &f, &f);
	tn_fe_add(&f, &f, &g);			/* 2^53.9 */
	tn_ge_finish(r, &e, &f, &g, &h, want_t);
}

/*
 * @sum and @diff of the second point, 2 d t1 t2 and 2 z1 z2, both below 2^52.1.
 * With @minus the second point's negative, where @sum and @diff change places.
 */
static void tn_ge_combine(struct tn_ge *r, const struct tn_ge *p,
			  const struct tn_fe *sum, const struct tn_fe *diff,
			  const struct tn_fe *c, const struct tn_fe *d,
			  bool minus, bool want_t)
{
	struct tn_fe a, b, f, g, h;

	tn_fe_sub(&a, &p->y, &p->x);		/* 2^53.4 */
	tn_fe_mul(&a, &a, minus ? sum : diff);
	tn_fe_add(&b, &p->y, &p->x);
	tn_fe_mul(&b, &b, minus ? diff : sum);
	tn_fe_sub(minus ? &g : &f, d, c);	/* 2^53.7 */
	tn_fe_add(minus ? &f : &g, d, c);	/* 2^52.7 */
	tn_fe_add(&h, &b, &a);			/* 2^52.1 */
	tn_fe_sub(&a, &b, &a);			/* e: 2^53.4 */
	tn_ge_finish(r, &a, &f, &g, &h, want_t);
}

static void tn_ge_add(struct tn_ge *r, const struct tn_ge *p,
		      const struct tn_ge_cached *q, bool minus, bool want_t)
{
	struct tn_fe c, d;

	tn_fe_mul(&c, &p->t, &q->t2d);
	tn_fe_mul(&d, &p->z, &q->z2);
	tn_ge_combine(r, p, &q->sum, &q->diff, &c, &d, minus, want_t);
}

static void tn_ge_add_affine(struct tn_ge *r, const struct tn_ge *p,
			     const struct tn_ge_affine *q, bool minus,
			     bool want_t)
{
	struct tn_fe c, d;

	tn_fe_mul(&c, &p->t, &q->t2d);
	tn_fe_add(&d, &p->z, &p->z);
	tn_ge_combine(r, p, &q->sum, &q->diff, &c, &d, minus, want_t);
}

static void tn_ge_cache(struct tn_ge_cached *r, const struct tn_ge *p)
{
	tn_fe_add(&r->sum, &p->y, &p->x);
	tn_fe_sub(&r->diff, &p->y, &p->x);
	tn_fe_add(&r->z2, &p->z, &p->z);
	tn_fe_mul(&r->t2d, &p->t, &tn_fe_d2);
}

static bool tn_ge_is_identity(const struct tn_ge *p)
{
	return tn_fe_equal(&p->x, &tn_fe_zero) && tn_fe_equal(&p->y, &p->z);
}

/* Is 8 @p the neutral point? */
static bool tn_ge_is_torsion(const struct tn_ge *p)
{
	struct tn_ge r;

	tn_ge_double(&r, p, false);
	tn_ge_double(&r, &r, false);
	tn_ge_double(&r, &r, false);
	return tn_ge_is_identity(&r);
}

/*
 * x of a given y: x^2 = u/v with u = y^2 - 1 and v = d y^2 + 1, by the root
 * u v^3 (u v^7)^((p - 5) / 8) or that times the root of -1.
 * Return: false if there is none.
 */
static bool tn_ge_recover_x(struct tn_fe *x, const struct tn_fe *y)
{
	struct tn_fe u, v, t;

	tn_fe_square(&t, y);
	tn_fe_sub(&u, &t, &tn_fe_one);
	tn_fe_mul(&v, &t, &tn_fe_d);
	tn_fe_add(&v, &v, &tn_fe_one);

	tn_fe_square(&t, &v);
	tn_fe_mul(&t, &t, &v);			/* v^3 */
	tn_fe_mul(x, &t, &u);			/* u v^3 */
	tn_fe_square(&t, &t);
	tn_fe_mul(&t, &t, &v);			/* v^7 */
	tn_fe_mul(&t, &t, &u);
	tn_fe_pow_p58(&t, &t);
	tn_fe_mul(x, x, &t);

	tn_fe_square(&t, x);
	tn_fe_mul(&t, &t, &v);			/* v x^2 */
	if (tn_fe_equal(&t, &u))
		return true;
	tn_fe_add(&t, &t, &u);
	if (!tn_fe_equal(&t, &tn_fe_zero))
		return false;
	tn_fe_mul(x, x, &tn_fe_sqrt_m1);
	return true;
}

/* As lenient as both rules are; with @negate the point's negative. */
static bool tn_ge_decode(struct tn_ge *r, const u8 in[32], bool negate)
{
	bool odd = in[31] >> 7;

	tn_fe_from_bytes(&r->y, in);
	if (!tn_ge_recover_x(&r->x, &r->y))
		return false;
	if (tn_fe_is_odd(&r->x) != (odd ^ negate)) {
		tn_fe_sub(&r->x, &tn_fe_zero, &r->x);
		tn_fe_carry(&r->x);
	}
	r->z = tn_fe_one;
	tn_fe_mul(&r->t, &r->x, &r->y);
	return true;
}

static void tn_ge_encode(u8 out[32], const struct tn_ge *p)
{
	struct tn_fe inverse, t;

	tn_fe_invert(&inverse, &p->z);
	tn_fe_mul(&t, &p->y, &inverse);
	tn_fe_to_bytes(out, &t);
	tn_fe_mul(&t, &p->x, &inverse);
	if (tn_fe_is_odd(&t))
		out[31] |= 0x80;
}

/* Numbers mod the group order L = 2^252 + c. */

static void tn_sc_from_bytes(u64 r[4], const u8 in[32])
{
	int i;

	for (i = 0; i < 4; i++)
		r[i] = tn_le64(in + 8 * i);
}

static bool tn_sc_is_reduced(const u64 a[4])
{
	int i;

	for (i = 3; i >= 0; i--)
		if (a[i] != tn_sc_order[i])
			return a[i] < tn_sc_order[i];
	return false;
}

static void tn_sc_add(u64 r[4], const u64 a[4])
{
	u64 carry = 0, sum;
	int i;

	for (i = 0; i < 4; i++) {
		sum = r[i] + carry;
		carry = sum < carry;
		sum += a[i];
		carry += sum < a[i];
		r[i] = sum;
	}
}

static void tn_sc_sub(u64 r[4], const u64 a[4])
{
	u64 borrow = 0, diff, next;
	int i;

	for (i = 0; i < 4; i++) {
		diff = r[i] - borrow;
		next = r[i] < borrow;
		next += diff < a[i];
		r[i] = diff - a[i];
		borrow = next;
	}
}

/* @r: @n + 2 words, @a times c. */
static void tn_sc_mul_c(u64 *r, const u64 *a, unsigned int n)
{
	unsigned int i, j;

	memset(r, 0, (n + 2) * sizeof(*r));
	for (i = 0; i < n; i++) {
		u64 carry = 0;

		for (j = 0; j < 2; j++) {
			struct tn_wide w = { };

			tn_wide_add_mul(&w, a[i], tn_sc_order[j]);
			tn_wide_add(&w, r[i + j]);
			tn_wide_add(&w, carry);
			r[i + j] = tn_wide_low(&w);
			carry = tn_wide_from(&w, 64);
		}
		r[i + 2] = carry;
	}
}

/* Cut @a, of @n words, at bit 252: the rest into @high, of @n - 3 words. */
static void tn_sc_cut(u64 *high, u64 *a, unsigned int n)
{
	unsigned int i;

	for (i = 3; i < n; i++)
		high[i - 3] = a[i] >> 60 | (i + 1 < n ? a[i + 1] << 4 : 0);
	a[3] &= (1ULL << 60) - 1;
}

/*
 * 2^252 = -c. So n0 + 2^252 n1 = n0 - c n1, and c n1 cut again, and again: the
 * parts above bit 252 have 260, 133 and 6 bits, the last product 131.
 */
static void tn_sc_reduce(u64 r[4], const u8 in[64])
{
	u64 n[8], n1[5], x[7], x1[4], y[6], y1[3], z[5];
	int i;

	for (i = 0; i < 8; i++)
		n[i] = tn_le64(in + 8 * i);
	tn_sc_cut(n1, n, 8);
	tn_sc_mul_c(x, n1, 5);
	tn_sc_cut(x1, x, 7);
	tn_sc_mul_c(y, x1, 4);
	tn_sc_cut(y1, y, 6);
	tn_sc_mul_c(z, y1, 3);

	/* n0 - x0 + y0 - z0, above 0 with 2 L more, and below 2^255. */
	memcpy(r, n, 4 * sizeof(*r));
	tn_sc_add(r, y);
	tn_sc_add(r, tn_sc_order);
	tn_sc_add(r, tn_sc_order);
	tn_sc_sub(r, x);
	tn_sc_sub(r, z);
	while (!tn_sc_is_reduced(r))
		tn_sc_sub(r, tn_sc_order);
}

/*
 * Digits that are 0 or odd and below 2^(window - 1) in absolute value, of any
 * @window in a row at most one not 0. @a is below 2^253.
 */
static void tn_sc_digits(s8 digit[256], const u64 a[4], unsigned int window)
{
	unsigned int at = 0, carry = 0, word, shift;
	int v;

	memset(digit, 0, 256);
	while (at < 256) {
		word = at / 64;
		shift = at % 64;
		if ((a[word] >> shift & 1) == carry) {
			at++;
			continue;
		}
		v = a[word] >> shift & ((1 << window) - 1);
		if (shift + window > 64 && word < 3)
			v |= a[word + 1] << (64 - shift) & ((1 << window) - 1);
		v += carry;
		carry = v >> (window - 1);
		digit[at] = v - ((int)carry << window);
		at += window;
	}
}

static void tn_ge_odd_multiples(struct tn_ge_cached table[8],
				const struct tn_ge *p)
{
	struct tn_ge twice, sum = *p;
	struct tn_ge_cached step;
	int i;

	tn_ge_double(&twice, p, true);
	tn_ge_cache(&step, &twice);
	tn_ge_cache(&table[0], p);
	for (i = 1; i < 8; i++) {
		tn_ge_add(&sum, &sum, &step, false, true);
		tn_ge_cache(&table[i], &sum);
	}
}

/* S times the base point and k times @p, by digits in @work. */
static void tn_ge_two_products(struct tn_ge *r, const struct tn_ge *p,
			       struct tn_ed25519_work *work)
{
	int i = 255, s, k;

	tn_ge_odd_multiples(work->table, p);
	while (i >= 0 && !work->s[i] && !work->k[i])
		i--;
	*r = tn_ge_identity;
	for (; i >= 0; i--) {
		s = work->s[i];
		k = work->k[i];
		/* Only an addition reads t, and who gets the result. */
		tn_ge_double(r, r, s || k || !i);
		if (k)
			tn_ge_add(r, r, &work->table[(k < 0 ? -k : k) / 2],
				  k < 0, s || !i);
		if (s)
			tn_ge_add_affine(r, r, &tn_ge_base[(s < 0 ? -s : s) / 2],
					 s < 0, !i);
	}
}

/**
 * tn_ed25519_key_init() - decode a public key
 * @key:	the key, set in any case
 * @bytes:	as received
 *
 * Source: RFC 8032 5.1.3 without its refusals of y >= p and of a negative
 * zero, which neither rule has.
 *
 * Context: Any.
 * Return: false if it is not on the curve.
 */
bool tn_ed25519_key_init(struct tn_ed25519_key *key,
			 const u8 bytes[TN_ED25519_KEY_LEN])
{
	memcpy(key->bytes, bytes, TN_ED25519_KEY_LEN);
	key->on_curve = tn_ge_decode(&key->neg, bytes, true);
	return key->on_curve;
}

/**
 * tn_ed25519_key_small_order() - is 8 times the key the neutral point?
 * @key:	on the curve
 *
 * Anybody can sign for such a key. No honest one is.
 *
 * Context: Any.
 * Return: true if so.
 */
bool tn_ed25519_key_small_order(const struct tn_ed25519_key *key)
{
	return tn_ge_is_torsion(&key->neg);
}

/*
 * S B - k A, by both rules the same.
 * Return: false if the key is not on the curve or S not below the order.
 */
static bool tn_ed25519_product(struct tn_ge *r,
			       const struct tn_ed25519_key *key,
			       const void *msg, size_t len, const u8 *sig,
			       struct tn_ed25519_work *work)
{
	u8 digest[TN_SHA512_LEN];
	u64 scalar[4];

	tn_sc_from_bytes(scalar, sig + 32);
	if (!key->on_curve || !tn_sc_is_reduced(scalar))
		return false;
	tn_sc_digits(work->s, scalar, TN_BASE_WINDOW);

	tn_sha512_init(&work->hash);
	tn_sha512_update(&work->hash, sig, 32);
	tn_sha512_update(&work->hash, key->bytes, TN_ED25519_KEY_LEN);
	tn_sha512_update(&work->hash, msg, len);
	tn_sha512_final(&work->hash, digest);
	tn_sc_reduce(scalar, digest);
	tn_sc_digits(work->k, scalar, TN_KEY_WINDOW);

	tn_ge_two_products(r, &key->neg, work);
	return true;
}

/**
 * tn_ed25519_verify_zip215() - verify by the rule of ZIP-215
 * @key:	who is said to have signed
 * @msg:	what
 * @len:	bytes of @msg
 * @sig:	the signature
 * @work:	memory
 *
 * 8 (S B - k A - R) = 0, with R read as leniently as a key.
 * Source: Zcash ZIP 215; tailscale tka/sig.go for direct and credential
 * signatures.
 *
 * Context: Any; tens of microseconds.
 * Return: true if it is valid.
 */
bool tn_ed25519_verify_zip215(const struct tn_ed25519_key *key,
			      const void *msg, size_t len,
			      const u8 sig[TN_ED25519_SIG_LEN],
			      struct tn_ed25519_work *work)
{
	struct tn_ge product, nonce;

	if (!tn_ge_decode(&nonce, sig, true) ||
	    !tn_ed25519_product(&product, key, msg, len, sig, work))
		return false;
	/* Into the table, which is not needed any more. */
	tn_ge_cache(&work->table[0], &nonce);
	tn_ge_add(&product, &product, &work->table[0], false, false);
	return tn_ge_is_torsion(&product);
}

/**
 * tn_ed25519_verify_cofactorless() - verify by the rule of RFC 8032's other
 *	half and of Go's library
 * @key:	who is said to have signed
 * @msg:	what
 * @len:	bytes of @msg
 * @sig:	the signature
 * @work:	memory
 *
 * The encoding of S B - k A is, byte for byte, R; which is not decoded.
 * Source: Go crypto/ed25519; tailscale tka/sig.go for rotation signatures.
 *
 * Context: Any; tens of microseconds.
 * Return: true if it is valid.
 */
bool tn_ed25519_verify_cofactorless(const struct tn_ed25519_key *key,
				    const void *msg, size_t len,
				    const u8 sig[TN_ED25519_SIG_LEN],
				    struct tn_ed25519_work *work)
{
	struct tn_ge product;
	u8 encoded[32];

	if (!tn_ed25519_product(&product, key, msg, len, sig, work))
		return false;
	tn_ge_encode(encoded, &product);
	return !memcmp(encoded, sig, sizeof(encoded));
}
