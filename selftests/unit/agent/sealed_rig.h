/* SPDX-License-Identifier: GPL-2.0-only */
/* A sealed file with a known key. For one test program each: all is static. */
#ifndef SEALED_RIG_H
#define SEALED_RIG_H

#include "base/secret.h"

#include <stddef.h>
#include <stdint.h>

/*
 * As the stock daemon writes it, under the key 00..1f; computed with another
 * implementation. The blobs mean nothing.
 */
static const char stock[] =
	"{\"key\":{\"Private\":\"cHJpdmF0ZQ==\",\"Public\":\"cHVibGlj\"},\"nonce\":\"QEFCQ0RFRkdISUpLTE1OT1BRUlNUVVZX\",\"data\":\"+NenyZ4lSb2r2ZnXCUJlczE1ChRbMtNDqDwaBBGrYNOtfwwkCS4rpIGBTb20mL5p9kk=\"}";

static inline struct secret32 *make_key(uint8_t first)
{
	struct secret32 *key = secret32_new();
	size_t i;

	if (!key)
		return NULL;
	for (i = 0; i < SECRET_LEN; i++)
		secret32_expose(key)[i] = first + i;
	return key;
}

#endif
