/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef CONTROL_SERVER_KEY_H
#define CONTROL_SERVER_KEY_H

#include "base/err.h"
#include "crypto/key_text.h"

#include <stddef.h>
#include <stdint.h>

struct server_key;
struct resolve_addr;
struct transfers;

#define SERVER_KEY_BODY_MAX 65536	/* bytes; as the reference */
#define SERVER_KEY_REDIRECTS_MAX 3	/* ours; the reference follows 10 */
#define SERVER_KEY_TIMEOUT_MS 10000	/* ours */

/**
 * typedef server_key_fn - the key, or why there is none
 * @ctx:	of the request
 * @err:	0, what fetch_fn tells, TNE_SERVER_KEY, TNE_SERVER_OLD or
 *		TNE_SERVER_KEY_PIN
 * @detail:	for people
 * @key:	borrowed during the call; NULL on error
 *
 * The request is over and must not be cancelled any more.
 */
typedef void (*server_key_fn)(void *ctx, int err,
			      const struct err_detail *detail,
			      const struct machine_public *key);

/**
 * server_key_fetch() - ask a control server for its Noise key
 * @transfers:	where the request runs
 * @server_url:	http or https; over http the key is taken on trust, the caller
 *		warns
 * @addr:	address that the server's host shall have, and no redirect is
 *		followed; NULL = it is looked up. Copied
 * @version:	protocol version
 * @pin:	the only key that is taken; NULL = any. Copied
 * @fn:		called once, unless cancelled
 * @ctx:	for @fn
 * @ret:	the request, to be cancelled; gone once @fn was called
 *
 * TLS with a certificate that is checked is the only reason to believe the
 * answer: everything else of the protocol rests on it.
 *
 * Return: 0, TNE_URL or -errno.
 */
int server_key_fetch(struct transfers *transfers, const char *server_url,
		     const struct resolve_addr *addr, uint16_t version,
		     const struct machine_public *pin, server_key_fn fn,
		     void *ctx, struct server_key **ret);

/**
 * server_key_cancel() - give the request up
 * @request: or NULL; its function is not called any more
 */
void server_key_cancel(struct server_key *request);

/**
 * server_key_parse() - read the answer
 * @body:	need not be terminated
 * @len:	bytes
 * @detail:	filled on error
 * @ret:	the key, never zero
 *
 * Source: tailcfg.OverTLSPublicKeyResponse.
 * Return: 0; TNE_SERVER_OLD if it is the key of the protocol before Noise;
 * TNE_SERVER_KEY.
 */
int server_key_parse(const uint8_t *body, size_t len,
		     struct err_detail *detail, struct machine_public *ret);

#endif /* CONTROL_SERVER_KEY_H */
