/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From the secret that turns a tailnet lock off to the value by which it is
 * known.
 *
 * Source: tailscale tka/disablement.go, DisablementKDF.
 */
#ifndef CRYPTO_DISABLE_KDF_H
#define CRYPTO_DISABLE_KDF_H

#include "base/arena.h"

#include <stdint.h>

/* Longest secret from the server that is tried; ours. Honest ones have 32. */
#define DISABLE_SECRET_MAX 4096	/* bytes */

#define DISABLE_VALUE_LEN 32	/* bytes */

/**
 * disable_derive() - the disablement value of a secret
 * @secret:	any length up to DISABLE_SECRET_MAX
 * @ret:	the value
 *
 * Takes 16 MiB of memory and some 50 ms: what has a loop calls
 * disable_job_start().
 *
 * Return: 0, TNE_TOO_LONG or -ENOMEM.
 */
int disable_derive(struct bytes secret, uint8_t ret[DISABLE_VALUE_LEN]);

#endif /* CRYPTO_DISABLE_KDF_H */
