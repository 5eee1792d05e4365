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
 * disable_match() - may a secret turn the lock off?
 * @state:	of the authority
 * @value:	of the secret, from disable_derive()
 *
 * Return: 0 or TNE_LOCK_SECRET.
 */
int disable_match(const struct lock_state *state,
		  const uint8_t value[DISABLE_VALUE_LEN]);

#endif /* LOCK_DISABLE_H */
