// SPDX-License-Identifier: GPL-2.0-only
/* BLAKE2s, HMAC and HKDF over it. Source: RFC 7693, RFC 2104, RFC 5869. */
#include "blake2s.h"

#include <string.h>

static const uint32_t iv[8] = {
	0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
	0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
};

/* RFC 7693, 2.7: message schedule, one row a round. */
static const uint8_t sigma[10][16] = {
	{ 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15 },
	{ 14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3 },
	{ 11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4 },
	{ 7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8 },
	{ 9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13 },
	{ 2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9 },
	{ 12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11 },
	{ 13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10 },
	{ 6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5 },
	{ 10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0 },
};

static uint32_t ror(uint32_t x, int n)
{
	return x >> n | x << (32 - n);
}

static void mix(uint32_t *v, int a, int b, int c, int d, uint32_t x, uint32_t y)
{
	v[a] += v[b] + x;
	v[d] = ror(v[d] ^ v[a], 16);
	v[c] += v[d];
	v[b] = ror(v[b] ^ v[c], 12);
	v[a] += v[b] + y;
	v[d] = ror(v[d] ^ v[a], 8);
	v[c] += v[d];
	v[b] = ror(v[b] ^ v[c], 7);
}

static void compress(struct blake2s *s, int last)
{
	uint32_t v[16], m[16];
	int i, r;

	for (i = 0; i < 16; i++)
		m[i] = (uint32_t)s->buf[4 * i] | (uint32_t)s->buf[4 * i + 1] << 8 |
		       (uint32_t)s->buf[4 * i + 2] << 16 |
		       (uint32_t)s->buf[4 * i + 3] << 24;
	for (i = 0; i < 8; i++) {
		v[i] = s->h[i];
		v[i + 8] = iv[i];
	}
	v[12] ^= (uint32_t)s->t;
	v[13] ^= (uint32_t)(s->t >> 32);
	if (last)
		v[14] = ~v[14];

	for (r = 0; r < 10; r++) {
		const uint8_t *g = sigma[r];

		mix(v, 0, 4, 8, 12, m[g[0]], m[g[1]]);
		mix(v, 1, 5, 9, 13, m[g[2]], m[g[3]]);
		mix(v, 2, 6, 10, 14, m[g[4]], m[g[5]]);
		mix(v, 3, 7, 11, 15, m[g[6]], m[g[7]]);
		mix(v, 0, 5, 10, 15, m[g[8]], m[g[9]]);
		mix(v, 1, 6, 11, 12, m[g[10]], m[g[11]]);
		mix(v, 2, 7, 8, 13, m[g[12]], m[g[13]]);
		mix(v, 3, 4, 9, 14, m[g[14]], m[g[15]]);
	}
	for (i = 0; i < 8; i++)
		s->h[i] ^= v[i] ^ v[i + 8];
}

/**
 * blake2s_init() - start a hash
 * @s:		state
 * @out_len:	bytes of output, 1 to 32
 * @key:	key for the keyed form, or NULL
 * @key_len:	0 to 32 bytes
 */
void blake2s_init(struct blake2s *s, size_t out_len, const void *key,
		  size_t key_len)
{
	memset(s, 0, sizeof(*s));
	memcpy(s->h, iv, sizeof(iv));
	s->h[0] ^= 0x01010000 ^ (uint32_t)key_len << 8 ^ (uint32_t)out_len;
	s->out_len = out_len;
	if (key_len) {
		memcpy(s->buf, key, key_len);
		s->buf_len = BLAKE2S_BLOCK;
	}
}

/**
 * blake2s_update() - take in more bytes
 * @s:		state
 * @in:		bytes
 * @len:	how many
 */
void blake2s_update(struct blake2s *s, const void *in, size_t len)
{
	const uint8_t *p = in;

	while (len) {
		size_t n = BLAKE2S_BLOCK - s->buf_len;

		/* The last block is compressed by final: never empty early. */
		if (n == 0) {
			s->t += BLAKE2S_BLOCK;
			compress(s, 0);
			s->buf_len = 0;
			continue;
		}
		if (n > len)
			n = len;
		memcpy(s->buf + s->buf_len, p, n);
		s->buf_len += n;
		p += n;
		len -= n;
	}
}

/**
 * blake2s_final() - give the result
 * @s:		state, of no use afterwards
 * @out:	out_len bytes
 */
void blake2s_final(struct blake2s *s, uint8_t *out)
{
	size_t i;

	s->t += s->buf_len;
	memset(s->buf + s->buf_len, 0, BLAKE2S_BLOCK - s->buf_len);
	compress(s, 1);
	for (i = 0; i < s->out_len; i++)
		out[i] = (uint8_t)(s->h[i / 4] >> 8 * (i % 4));
}

/**
 * blake2s_hash() - 32-byte hash of several pieces
 * @out:	result; may overlap the input
 * @in:		pieces
 * @n:		how many
 */
void blake2s_hash(uint8_t out[BLAKE2S_LEN], const struct chunk *in, int n)
{
	struct blake2s s;
	int i;

	blake2s_init(&s, BLAKE2S_LEN, NULL, 0);
	for (i = 0; i < n; i++)
		blake2s_update(&s, in[i].p, in[i].len);
	blake2s_final(&s, out);
}

/**
 * blake2s_mac() - 16-byte keyed hash of several pieces
 * @out:	result
 * @key:	key
 * @key_len:	1 to 32 bytes
 * @in:		pieces
 * @n:		how many
 */
void blake2s_mac(uint8_t out[16], const void *key, size_t key_len,
		 const struct chunk *in, int n)
{
	struct blake2s s;
	int i;

	blake2s_init(&s, 16, key, key_len);
	for (i = 0; i < n; i++)
		blake2s_update(&s, in[i].p, in[i].len);
	blake2s_final(&s, out);
}

/**
 * blake2s_hmac() - HMAC-BLAKE2s, the true one, not the keyed hash
 * @out:	result; may overlap key or input
 * @key:	32 bytes
 * @in:		pieces
 * @n:		how many
 */
void blake2s_hmac(uint8_t out[BLAKE2S_LEN], const uint8_t key[BLAKE2S_LEN],
		  const struct chunk *in, int n)
{
	uint8_t ipad[BLAKE2S_BLOCK], opad[BLAKE2S_BLOCK], mid[BLAKE2S_LEN];
	struct blake2s s;
	int i;

	memset(ipad, 0x36, sizeof(ipad));
	memset(opad, 0x5c, sizeof(opad));
	for (i = 0; i < BLAKE2S_LEN; i++) {
		ipad[i] ^= key[i];
		opad[i] ^= key[i];
	}
	blake2s_init(&s, BLAKE2S_LEN, NULL, 0);
	blake2s_update(&s, ipad, sizeof(ipad));
	for (i = 0; i < n; i++)
		blake2s_update(&s, in[i].p, in[i].len);
	blake2s_final(&s, mid);

	blake2s_init(&s, BLAKE2S_LEN, NULL, 0);
	blake2s_update(&s, opad, sizeof(opad));
	blake2s_update(&s, mid, sizeof(mid));
	blake2s_final(&s, out);
}

/**
 * blake2s_kdf() - HKDF with up to three outputs
 * @ck:		chaining key
 * @in:		input
 * @len:	bytes of it
 * @out1:	first output; may be @ck itself
 * @out2:	second output or NULL
 * @out3:	third output or NULL
 */
void blake2s_kdf(const uint8_t ck[BLAKE2S_LEN], const void *in, size_t len,
		 uint8_t *out1, uint8_t *out2, uint8_t *out3)
{
	static const uint8_t count[3] = { 1, 2, 3 };
	uint8_t prk[BLAKE2S_LEN], t[BLAKE2S_LEN];

	blake2s_hmac(prk, ck, &(struct chunk){ in, len }, 1);
	blake2s_hmac(t, prk, &(struct chunk){ &count[0], 1 }, 1);
	memcpy(out1, t, sizeof(t));
	if (!out2)
		return;
	blake2s_hmac(t, prk, (struct chunk[]){ { t, sizeof(t) },
					       { &count[1], 1 } }, 2);
	memcpy(out2, t, sizeof(t));
	if (!out3)
		return;
	blake2s_hmac(out3, prk, (struct chunk[]){ { t, sizeof(t) },
						  { &count[2], 1 } }, 2);
}
