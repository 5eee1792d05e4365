/* SPDX-License-Identifier: GPL-2.0-only */
/* A request that is answered when the node has done what it asks for. */
#ifndef LOCALAPI_PENDING_H
#define LOCALAPI_PENDING_H

#include "base/err.h"

struct api_call;
struct pending;

/**
 * pending_new() - the answer to a request will come later
 * @call: the request
 *
 * Return: for pending_done(), which may come when the client has left, or the
 * API has ended; NULL without memory.
 */
struct pending *pending_new(struct api_call *call);

/**
 * pending_drop() - the command has not begun; the caller answers
 * @pending: is freed
 */
void pending_drop(struct pending *pending);

/**
 * pending_done() - answer; a node_done_fn
 * @ctx:	the struct pending, is freed
 * @err:	0 or why it has failed
 * @detail:	on error, borrowed
 * @text:	what the client gets, borrowed and secret, or NULL
 */
void pending_done(void *ctx, int err, const struct err_detail *detail,
		  const char *text);

#endif /* LOCALAPI_PENDING_H */
