/* SPDX-License-Identifier: GPL-2.0-only */
/* The hash of kmod/nodesig.c, for programs in user space. */
#ifndef SELFTESTS_NODESIG_HASH_H
#define SELFTESTS_NODESIG_HASH_H

#include "../../kmod/pure.h"

void tn_blake2s(u8 *out, size_t outlen, const void *in, size_t inlen,
		const void *key, size_t keylen);

#endif /* SELFTESTS_NODESIG_HASH_H */
