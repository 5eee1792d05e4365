/* SPDX-License-Identifier: GPL-2.0-only */
/* One way to reach a control server: connect, upgrade, shake hands. */
#ifndef CONTROL_ATTEMPT_H
#define CONTROL_ATTEMPT_H

#include "base/err.h"
#include "crypto/key_text.h"
#include "loop/resolve.h"

#include <stdbool.h>
#include <stdint.h>

struct attempt;
struct noise_session;
struct transfers;

/**
 * struct attempt_target - whom to reach, and as whom
 * @host: name, or address without brackets; borrowed until the attempt is over
 * @addr: address that it shall have; family 0 = it is looked up
 * @port: to connect to
 * @tls: wrap it in TLS. A bad certificate is logged, no more: Noise proves the
 *	server by a key that came over a good one
 * @server: its Noise key
 * @machine: our own; borrowed until the attempt is over
 * @version: protocol version
 */
struct attempt_target {
	const char *host;
	struct resolve_addr addr;
	uint16_t port;
	bool tls;
	struct machine_public server;
	struct secret32 *machine;
	uint16_t version;
};

/**
 * typedef attempt_fn - the end of an attempt
 * @ctx:	of the attempt
 * @err:	0 or what went wrong
 * @detail:	for people
 * @session:	borrowed during the call; who wants it takes it and leaves all
 *		zero. NULL on error
 */
typedef void (*attempt_fn)(void *ctx, int err, const struct err_detail *detail,
			   struct noise_session *session);

/**
 * attempt_start() - begin
 * @transfers:	where it connects
 * @target:	copied
 * @fn:		called once, unless freed before; may free the attempt
 * @ctx:	for @fn
 * @ret:	owned by the caller, also after @fn was called
 *
 * There is no deadline; the owner has one. Each attempt makes a fresh initiation.
 *
 * Return: 0 or an error.
 */
int attempt_start(struct transfers *transfers,
		  const struct attempt_target *target, attempt_fn fn,
		  void *ctx, struct attempt **ret);

/**
 * attempt_free() - give up, or free what is over
 * @attempt: the attempt or NULL
 */
void attempt_free(struct attempt *attempt);

#endif /* CONTROL_ATTEMPT_H */
