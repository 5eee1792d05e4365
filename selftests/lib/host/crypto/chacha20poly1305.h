/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef HOST_CRYPTO_CHACHA20POLY1305_H
#define HOST_CRYPTO_CHACHA20POLY1305_H

#include "../host.h"

void chacha20poly1305_encrypt(u8 *dst, const u8 *src, size_t src_len,
			      const u8 *ad, size_t ad_len, u64 nonce,
			      const u8 key[32]);
bool chacha20poly1305_decrypt(u8 *dst, const u8 *src, size_t src_len,
			      const u8 *ad, size_t ad_len, u64 nonce,
			      const u8 key[32]);
void xchacha20poly1305_encrypt(u8 *dst, const u8 *src, size_t src_len,
			       const u8 *ad, size_t ad_len, const u8 nonce[24],
			       const u8 key[32]);
bool xchacha20poly1305_decrypt(u8 *dst, const u8 *src, size_t src_len,
			       const u8 *ad, size_t ad_len, const u8 nonce[24],
			       const u8 key[32]);

#endif /* HOST_CRYPTO_CHACHA20POLY1305_H */
