/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef LOOP_FETCH_H
#define LOOP_FETCH_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fetch;
struct resolve_addr;
struct transfers;

enum fetch_method {
	FETCH_GET,
	FETCH_HEAD,
	FETCH_POST,
};

/**
 * struct fetch_request - what is asked for; copied by fetch_start()
 * @method: GET, HEAD or POST
 * @url: http or https
 * @addr: address that its host shall have; NULL = it is looked up. Redirects
 *	are not to be followed then
 * @headers: lines "Name: value"
 * @n_headers: how many
 * @body: of a POST
 * @body_len: bytes
 * @body_max: longest answer taken, bytes
 * @header_max: longest header of an answer taken, bytes; 0 = 65536
 * @redirects_max: how many are followed, never from https to http; one more
 *	is an error. To a POST a redirect is an answer like others
 * @timeout_ms: for the whole
 */
struct fetch_request {
	enum fetch_method method;
	const char *url;
	const struct resolve_addr *addr;
	const char *const *headers;
	size_t n_headers;
	const void *body;
	size_t body_len;
	size_t body_max;
	size_t header_max;
	unsigned int redirects_max;
	uint64_t timeout_ms;
};

/**
 * struct fetch_response - what came; borrowed during the callback
 * @status: of HTTP
 * @retry_after: header of that name, or ""
 * @body: bytes; not terminated
 * @body_len: how many
 */
struct fetch_response {
	int status;
	const char *retry_after;
	const uint8_t *body;
	size_t body_len;
};

/**
 * typedef fetch_fn - the end of a request
 * @ctx:	of the request
 * @err:	0, TNE_NAME_LOOKUP, TNE_TLS, TNE_FETCH, TNE_TOO_LONG, TNE_REDIRECT,
 *		-ETIMEDOUT or -errno
 * @detail:	for people; empty if there is none
 * @response:	NULL on error
 *
 * The request is over and must not be cancelled any more.
 */
typedef void (*fetch_fn)(void *ctx, int err, const struct err_detail *detail,
			 const struct fetch_response *response);

/**
 * fetch_start() - send a request
 * @transfers:	where it runs
 * @request:	copied
 * @fn:		called once, unless cancelled
 * @ctx:	for @fn
 * @ret:	the request, to be cancelled; gone once @fn was called
 *
 * Return: 0, TNE_URL or -errno.
 */
int fetch_start(struct transfers *transfers,
		const struct fetch_request *request, fetch_fn fn, void *ctx,
		struct fetch **ret);

/**
 * fetch_cancel() - give a request up
 * @fetch: the request or NULL; its function is not called any more
 */
void fetch_cancel(struct fetch *fetch);

#endif /* LOOP_FETCH_H */
