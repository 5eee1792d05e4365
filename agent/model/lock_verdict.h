/* SPDX-License-Identifier: GPL-2.0-only */
/* What the kernel's tailnet lock says about a peer. */
#ifndef MODEL_LOCK_VERDICT_H
#define MODEL_LOCK_VERDICT_H

#include <stdbool.h>

enum lock_verdict {
	LOCK_VERDICT_OFF,		/* there is no lock */
	LOCK_VERDICT_ADMITTED,
	LOCK_VERDICT_PEER_API,		/* needs no signature, gets no address */
	LOCK_VERDICT_UNSIGNED,
	LOCK_VERDICT_KIND,
	LOCK_VERDICT_NODE_KEY,
	LOCK_VERDICT_PUBKEY,
	LOCK_VERDICT_NO_KEY_ID,
	LOCK_VERDICT_UNTRUSTED,
	LOCK_VERDICT_SIGNATURE,
	LOCK_VERDICT_NO_WRAPPING,
	LOCK_VERDICT_WRAPPING,
	LOCK_VERDICT_ROTATION,
	LOCK_VERDICT_OBSOLETE,
	LOCK_VERDICT_OTHER,		/* refused, by a newer module */
};

/**
 * lock_verdict_refused() - does it keep the peer out?
 * @verdict: the verdict
 *
 * Return: true if so.
 */
bool lock_verdict_refused(enum lock_verdict verdict);

/**
 * lock_verdict_text() - the verdict for people
 * @verdict: the verdict
 *
 * Return: a static text, such as "it has no signature".
 */
const char *lock_verdict_text(enum lock_verdict verdict);

#endif /* MODEL_LOCK_VERDICT_H */
