// SPDX-License-Identifier: GPL-2.0-only
/* SHA-512, FIPS 180-4. For public data: nothing is wiped. */
#include "sha512.h"

#include "sha512_table.h"

static u64 tn_be64(const u8 *p)
{
	u64 v = 0;
	int i;

	for (i = 0; i < 8; i++)
		v = v << 8 | p[i];
	return v;
}

static void tn_put_be64(u64 v, u8 *p)
{
	int i;

	for (i = 0; i < 8; i++)
		p[i] = v >> (56 - 8 * i);
}

static u64 tn_ror(u64 v, unsigned int n)
{
	return v >> n | v << (64 - n);
}

/* The next word of the schedule, in the place of the one 16 before it. */
static u64 tn_sha512_word(u64 w[16], unsigned int i)
{
	u64 w15 = w[(i + 1) & 15], w2 = w[(i + 14) & 15];

	w[i & 15] += (tn_ror(w15, 1) ^ tn_ror(w15, 8) ^ w15 >> 7) +
		     w[(i + 9) & 15] +
		     (tn_ror(w2, 19) ^ tn_ror(w2, 61) ^ w2 >> 6);
	return w[i & 15];
}

static void tn_sha512_block(u64 state[8], const u8 *block)
{
	u64 a = state[0], b = state[1], c = state[2], d = state[3];
	u64 e = state[4], f = state[5], g = state[6], h = state[7];
	u64 w[16], t1, t2;
	unsigned int i;

	for (i = 0; i < 16; i++)
		w[i] = tn_be64(block + 8 * i);
	for (i = 0; i < 80; i++) {
		t1 = h + (tn_ror(e, 14) ^ tn_ror(e, 18) ^ tn_ror(e, 41)) +
		     (g ^ (e & (f ^ g))) + tn_sha512_k[i] +
		     (i < 16 ? w[i] : tn_sha512_word(w, i));
		t2 = (tn_ror(a, 28) ^ tn_ror(a, 34) ^ tn_ror(a, 39)) +
		     ((a & b) | (c & (a | b)));
		h = g;
		g = f;
		f = e;
		e = d + t1;
		d = c;
		c = b;
		b = a;
		a = t1 + t2;
	}
	state[0] += a;
	state[1] += b;
	state[2] += c;
	state[3] += d;
	state[4] += e;
	state[5] += f;
	state[6] += g;
	state[7] += h;
}

/**
 * tn_sha512_init() - begin a hash
 * @ctx:	the hash
 */
void tn_sha512_init(struct tn_sha512 *ctx)
{
	memcpy(ctx->state, tn_sha512_start, sizeof(ctx->state));
	ctx->used = 0;
	ctx->total = 0;
}

/**
 * tn_sha512_update() - hash more
 * @ctx:	the hash
 * @in:		bytes
 * @len:	how many
 */
void tn_sha512_update(struct tn_sha512 *ctx, const void *in, size_t len)
{
	const u8 *p = in;
	size_t n;

	ctx->total += len;
	while (len) {
		n = TN_SHA512_BLOCK - ctx->used;
		if (n > len)
			n = len;
		memcpy(ctx->buf + ctx->used, p, n);
		ctx->used += n;
		p += n;
		len -= n;
		if (ctx->used == TN_SHA512_BLOCK) {
			tn_sha512_block(ctx->state, ctx->buf);
			ctx->used = 0;
		}
	}
}

/**
 * tn_sha512_final() - end a hash
 * @ctx:	the hash; to be begun anew
 * @out:	digest
 */
void tn_sha512_final(struct tn_sha512 *ctx, u8 out[TN_SHA512_LEN])
{
	static const u8 one = 0x80, zero[TN_SHA512_BLOCK];
	u64 bits = ctx->total * 8;
	u8 length[8];
	int i;

	tn_put_be64(bits, length);
	tn_sha512_update(ctx, &one, 1);
	/* Up to the last 8 bytes of a block; the 8 before them are zero too. */
	if (ctx->used > TN_SHA512_BLOCK - 16)
		tn_sha512_update(ctx, zero, TN_SHA512_BLOCK - ctx->used);
	tn_sha512_update(ctx, zero, TN_SHA512_BLOCK - 8 - ctx->used);
	tn_sha512_update(ctx, length, sizeof(length));
	for (i = 0; i < 8; i++)
		tn_put_be64(ctx->state[i], out + 8 * i);
}
