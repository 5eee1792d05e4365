/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef WIRE_C2N_HTTP_H
#define WIRE_C2N_HTTP_H

#include "base/arena.h"

#include <stddef.h>
#include <stdint.h>

/*
 * Requests of the control server to the node: HTTP/1 inside of a ping, the
 * response going back as the body of another request.
 * Source: ipn/ipnlocal/c2n.go, control/controlclient/direct.go, answerC2NPing.
 */

#define C2N_FIELDS_MAX 64		/* header fields; ours */
#define C2N_TIMEOUT_MS 60000		/* where the request names none */
#define C2N_TIMEOUT_MAX_MS 600000	/* ours */

/**
 * struct c2n_request - a request
 * @method: such as "GET"
 * @method_len: bytes of it
 * @path: without the query, not decoded
 * @path_len: bytes of it
 * @query: behind the "?"; may be empty
 * @query_len: bytes of it
 * @timeout_ms: time to answer
 * @body: the rest
 *
 * Everything is borrowed from the bytes that were parsed.
 */
struct c2n_request {
	const char *method;
	size_t method_len;
	const char *path;
	size_t path_len;
	const char *query;
	size_t query_len;
	uint32_t timeout_ms;
	struct bytes body;
};

/**
 * c2n_request_parse() - read a request
 * @data:	bytes, complete
 * @ret:	the request
 *
 * Only a body with a Content-Length is known; bytes behind it are an error.
 *
 * Return: 0 or TNE_HTTP_SYNTAX, to be answered with status 400.
 */
int c2n_request_parse(struct bytes data, struct c2n_request *ret);

/**
 * c2n_response_build() - write a complete response
 * @status:	200, 204, 400, 405, 500 or 501; others have no words
 * @type:	of the body, such as "application/json"; NULL = none
 * @body:	copied
 * @ret:	bytes, for free()
 * @ret_len:	how many
 *
 * Return: 0 or -ENOMEM.
 */
int c2n_response_build(unsigned int status, const char *type,
		       struct bytes body, char **ret, size_t *ret_len);

#endif /* WIRE_C2N_HTTP_H */
