/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Disablement: who knows a secret can turn the lock off for everyone.
 *
 * Source: tailscale tka/disablement.go, DisablementKDF.
 */
#ifndef LOCK_DISABLE_H
#define LOCK_DISABLE_H

#include "base/arena.h"
#include "lock/check.h"
#include "model/aum.h"

#include <stdint.h>

/* Longest secret from the server that is tried; ours. Honest ones have 32. */
#define DISABLE_SECRET_MAX 4096	/* bytes */

/**
 * disable_derive() - the disablement value of a secret
 * @secret:	any length up to DISABLE_SECRET_MAX
 * @ret:	the value
 *
 * Takes 16 MiB of memory and some 50 ms, and so may block: callers limit how
 * often the server can ask for it.
 *
 * Return: 0, TNE_TOO_LONG or -ENOMEM.
 */
int disable_derive(struct bytes secret, uint8_t ret[LOCK_VALUE_LEN]);

/**
 * disable_check() - may a secret turn the lock off?
 * @state:	of the authority
 * @secret:	as above
 *
 * Return: 0, TNE_LOCK_SECRET, TNE_TOO_LONG or -ENOMEM.
 */
int disable_check(const struct lock_state *state, struct bytes secret);

#endif /* LOCK_DISABLE_H */
