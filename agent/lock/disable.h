/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Disablement: who knows a secret can turn the lock off for everyone.
 *
 * Source: tailscale tka/disablement.go.
 */
#ifndef LOCK_DISABLE_H
#define LOCK_DISABLE_H

#include "base/arena.h"
#include "crypto/disable_kdf.h"
#include "lock/check.h"
#include "model/aum.h"

#include <stdint.h>

/**
 * disable_check() - may a secret turn the lock off?
 * @state:	of the authority
 * @secret:	as above
 *
 * Return: 0, TNE_LOCK_SECRET, TNE_TOO_LONG or -ENOMEM.
 */
int disable_check(const struct lock_state *state, struct bytes secret);

#endif /* LOCK_DISABLE_H */
