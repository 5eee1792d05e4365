/* SPDX-License-Identifier: GPL-2.0-only */
/* What a profile signs for the tailnet lock. */
#ifndef NODE_LOCK_SIGNER_H
#define NODE_LOCK_SIGNER_H

#include "control/signer.h"
#include "lock/sign.h"
#include "model/profile.h"

/**
 * lock_signer_of() - the lock key of a profile
 * @persist:	has one
 *
 * Return: borrows from @persist.
 */
struct lock_signer lock_signer_of(const struct persist *persist);

/**
 * lock_signer_control() - who signs node keys when we register
 * @persist:	has a lock key; borrowed for as long as the signer is used
 *
 * Return: the signer.
 */
struct control_signer lock_signer_control(struct persist *persist);

#endif /* NODE_LOCK_SIGNER_H */
