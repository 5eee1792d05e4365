/* SPDX-License-Identifier: GPL-2.0-only */
/* Who signs our own node keys for the tailnet lock, when we register. */
#ifndef CONTROL_SIGNER_H
#define CONTROL_SIGNER_H

#include "base/arena.h"
#include "base/secret.h"
#include "crypto/key.h"

/**
 * struct control_signer - the signer; all NULL = there is none
 * @resign: a signature of the key @node in place of the one in @old
 * @by_auth_key: a signature of @node by the credential in @auth_key; none, and
 *	0, if there is no credential in it
 * @ctx: for both
 *
 * Signatures live in @mem. They return 0 or below.
 */
struct control_signer {
	int (*resign)(void *ctx, struct bytes old,
		      const struct node_public *node, struct arena *mem,
		      struct bytes *ret);
	int (*by_auth_key)(void *ctx, const struct secret_buf *auth_key,
			   const struct node_public *node, struct arena *mem,
			   struct bytes *ret);
	void *ctx;
};

#endif /* CONTROL_SIGNER_H */
