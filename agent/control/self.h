/* SPDX-License-Identifier: GPL-2.0-only */
/* What requests to a control server say about this node. */
#ifndef CONTROL_SELF_H
#define CONTROL_SELF_H

#include "base/arena.h"
#include "crypto/key_text.h"
#include "wire/map_request_json.h"

#include <stddef.h>

struct hostinfo;

/**
 * struct control_self - ourselves, as of now
 * @hostinfo: complete, never NULL
 * @disco_key: of this process
 * @endpoints: own UDP addresses
 * @n_endpoints: how many
 * @debug_flags: such as "warn-ip-forwarding-off"
 * @lock_head: newest update of the tailnet lock; "" or NULL = none
 *
 * All pointers are borrowed until the loop goes on.
 */
struct control_self {
	const struct hostinfo *hostinfo;
	struct disco_public disco_key;
	const struct own_endpoint *endpoints;
	size_t n_endpoints;
	struct text_list debug_flags;
	const char *lock_head;
};

/**
 * typedef control_self_fn - asks the owner what to say
 * @ctx:	of the owner
 * @ret:	filled
 *
 * Asked for each request, so that each says the newest.
 */
typedef void (*control_self_fn)(void *ctx, struct control_self *ret);

#endif /* CONTROL_SELF_H */
