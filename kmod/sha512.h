/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TN_SHA512_H
#define TN_SHA512_H

#include "pure.h"

#define TN_SHA512_LEN 64	/* bytes of a digest */
#define TN_SHA512_BLOCK 128	/* bytes */

/**
 * struct tn_sha512 - a hash under way
 * @state:	chaining value
 * @buf:	bytes that do not fill a block yet
 * @used:	how many of @buf
 * @total:	bytes so far, below 2^61
 */
struct tn_sha512 {
	u64 state[8];
	u8 buf[TN_SHA512_BLOCK];
	u32 used;
	u64 total;
};

void tn_sha512_init(struct tn_sha512 *ctx);
void tn_sha512_update(struct tn_sha512 *ctx, const void *in, size_t len);
void tn_sha512_final(struct tn_sha512 *ctx, u8 out[TN_SHA512_LEN]);

#endif /* TN_SHA512_H */
