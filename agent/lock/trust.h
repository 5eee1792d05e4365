/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What of the updates on disk can be believed. Whoever can write there can add
 * files; but the newest update that was verified is known from elsewhere, and
 * its hash vouches for all that led to it.
 *
 * Ours: the reference believes what it finds.
 */
#ifndef LOCK_TRUST_H
#define LOCK_TRUST_H

#include "lock/chain.h"

#include <stdbool.h>

/**
 * trust_check() - verify what was found
 * @chain:	the updates; their marks are changed
 * @known:	one of them, that was verified before
 *
 * All that follows what led to @known has to be signed, as if it came from the
 * server. What is connected with none of it is passed over: it can become
 * active only if trust_leads_to() is not asked.
 *
 * Return: 0, TNE_LOCK_DAMAGED if there is one that nobody could have sent,
 * TNE_LOCK_LIMIT or -ENOMEM.
 */
int trust_check(const struct chain *chain, const struct chain_item *known);

/**
 * trust_leads_to() - does one update come before another?
 * @from:	an update
 * @to:		another one, or the same
 *
 * Return: true if @to goes back to @from.
 */
bool trust_leads_to(const struct chain_item *from,
		    const struct chain_item *to);

#endif /* LOCK_TRUST_H */
