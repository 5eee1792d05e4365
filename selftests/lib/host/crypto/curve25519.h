/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef HOST_CRYPTO_CURVE25519_H
#define HOST_CRYPTO_CURVE25519_H

#include "../host.h"

bool curve25519(u8 out[32], const u8 secret[32], const u8 point[32]);
bool curve25519_generate_public(u8 pub[32], const u8 secret[32]);

#endif /* HOST_CRYPTO_CURVE25519_H */
