/* SPDX-License-Identifier: GPL-2.0-only */
/* What the local API asks of the node's tailnet lock. */
#ifndef NODE_LOCK_H
#define NODE_LOCK_H

#include "base/arena.h"
#include "base/err.h"
#include "base/secret.h"
#include "model/lock_status.h"
#include "wire/lock_local.h"

#include <stddef.h>
#include <stdint.h>

/**
 * struct node_lock_call - who waits for a command that asks the server
 * @done: once: 0 or what went wrong, with a text in @detail, and what the server
 *	has said; both borrowed during the call. Also when the node ends
 * @ctx: for @done
 */
struct node_lock_call {
	void (*done)(void *ctx, int err, const struct err_detail *detail,
		     const struct bytes *answer, size_t n);
	void *ctx;
};

#define NODE_LOCK_LOG_MAX 1000	/* updates shown at once; the reference's */

/**
 * struct node_lock_api - questions and commands
 *
 * As in node.h. What they fill lives in @mem. Those with a @call have begun when
 * they return 0 and then tell it; after an error they do not.
 *
 * @status:	now
 * @state_id: first half of the lock's name; -ENODATA if it is off
 * @log:	at most @limit updates, newest first
 * @init:	begin an authority
 * @sign:	let a node in
 * @modify:	change the trusted keys
 * @disable:	turn the lock off for everyone, by a secret
 * @affected:	signatures that a key stands behind; the answer of @call
 * @submit:	give an update to the server
 * @local_disable: turn it off on this node alone
 * @wrap:	put an auth key and a credential together, which is signed by the key
 *		@seed with the public half @public
 * @recovery:	an update that revokes keys, signed by us
 * @cosign:	sign such an update, too
 */
struct node_lock_api {
	int (*status)(void *node, struct arena *mem, struct lock_status *ret);
	int (*state_id)(void *node, uint64_t *ret);
	int (*log)(void *node, size_t limit, struct arena *mem,
		   struct lock_update **ret, size_t *ret_n);
	int (*init)(void *node, const struct lock_local_init *init,
		    const struct node_lock_call *call,
		    struct err_detail *detail);
	int (*sign)(void *node, const struct lock_local_sign *sign,
		    const struct node_lock_call *call,
		    struct err_detail *detail);
	int (*modify)(void *node, const struct lock_local_modify *modify,
		      const struct node_lock_call *call,
		      struct err_detail *detail);
	int (*disable)(void *node, struct bytes secret,
		       const struct node_lock_call *call,
		       struct err_detail *detail);
	int (*affected)(void *node, struct bytes key_id,
			const struct node_lock_call *call,
			struct err_detail *detail);
	int (*submit)(void *node, struct bytes update,
		      const struct node_lock_call *call,
		      struct err_detail *detail);
	int (*local_disable)(void *node, struct err_detail *detail);
	int (*wrap)(void *node, const char *auth_key, struct secret32 *seed,
		    const struct lock_public *public, struct secret_buf *ret,
		    struct err_detail *detail);
	int (*recovery)(void *node, const struct lock_local_recovery *recovery,
			struct arena *mem, struct bytes *ret,
			struct err_detail *detail);
	int (*cosign)(void *node, struct bytes update, struct arena *mem,
		      struct bytes *ret, struct err_detail *detail);
};

#endif /* NODE_LOCK_H */
