/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * HTTP/2 inside of the Noise channel: many requests at once on one connection.
 * Source: RFC 9113; values named "ours" have no counterpart in the reference.
 */
#ifndef CONTROL_H2_H
#define CONTROL_H2_H

#include "base/cleanup.h"
#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct control_early;
struct h2;
struct h2_stream;
struct loop;
struct noise_conn;

#define H2_STREAM_WINDOW (4 << 20)	/* bytes; ours */
#define H2_CONN_WINDOW (16 << 20)	/* bytes; ours */
#define H2_HEADER_MAX 32768		/* bytes of names and values; ours */
#define H2_FIELDS_MAX 64		/* header fields; ours */
#define H2_IDLE_MS 60000		/* then a PING is sent; ours */
#define H2_PING_MS 20000		/* then the connection is dead; ours */

/**
 * struct h2_header - a header field of a request
 * @name: in small letters
 * @value: text
 */
struct h2_header {
	const char *name;
	const char *value;
};

/**
 * struct h2_request - what is asked for; copied by h2_request()
 * @method: "POST", "GET", ...
 * @path: begins with a slash
 * @headers: besides content-length
 * @n_headers: up to H2_FIELDS_MAX
 * @body: of any method
 * @body_len: bytes
 */
struct h2_request {
	const char *method;
	const char *path;
	const struct h2_header *headers;
	size_t n_headers;
	const void *body;
	size_t body_len;
};

/**
 * struct h2_response - header of an answer
 * @status: of HTTP, 200..599
 * @retry_after: header of that name, or ""
 * @content_type: header of that name, or ""
 */
struct h2_response {
	int status;
	const char *retry_after;
	const char *content_type;
};

/**
 * struct h2_stream_calls - what a request tells
 * @response: once, before any data; borrowed during the call. May be NULL
 * @data: bytes of the body, as they come; no limit is kept here. May be NULL
 * @end: once, the last call: 0 if the answer is whole; TNE_H2_REFUSED if the
 *	server has not looked at the request, so that it may be sent again;
 *	TNE_H2_RESET, TNE_H2_HEADERS, or what ended the connection
 * @ctx: for all
 *
 * Each of them may cancel this or any other request, make new ones, or free the
 * connection.
 */
struct h2_stream_calls {
	void (*response)(void *ctx, const struct h2_response *response);
	void (*data)(void *ctx, const uint8_t *data, size_t len);
	void (*end)(void *ctx, int err);
	void *ctx;
};

/**
 * struct h2_calls - what a connection tells
 * @draining: the server wants no more requests on it, those under way go on;
 *	may be NULL
 * @closed: once, after the end of all requests
 * @ctx: for both
 */
struct h2_calls {
	void (*draining)(void *ctx);
	void (*closed)(void *ctx, int err, const struct err_detail *detail);
	void *ctx;
};

/**
 * h2_new() - speak HTTP/2 as a client
 * @loop:	the loop; borrowed
 * @authority:	name of the server; copied
 * @calls:	copied
 * @ret:	owned by the caller; give it a connection by h2_start()
 *
 * Return: 0 or -ENOMEM.
 */
int h2_new(struct loop *loop, const char *authority,
	   const struct h2_calls *calls, struct h2 **ret);

/**
 * h2_start() - begin on a connection
 * @h2:		new
 * @conn:	moved; its ready function is h2_ready() with @h2
 */
void h2_start(struct h2 *h2, struct noise_conn *conn);

/**
 * h2_ready() - read and write what is possible; ready function of the connection
 * @ctx: the struct h2
 */
void h2_ready(void *ctx);

/**
 * h2_close() - end the connection with an error
 * @h2:		not closed
 * @err:	told to each request and then to the owner
 * @detail:	for people; copied
 *
 * For an owner who found no connection for it, or has one cut. The calls are
 * made before this returns.
 */
void h2_close(struct h2 *h2, int err, const struct err_detail *detail);

/**
 * h2_early() - what the server said before HTTP/2
 * @h2: the connection
 *
 * Return: borrowed until it is closed; NULL if it is not known, or closed.
 */
const struct control_early *h2_early(const struct h2 *h2);

/**
 * h2_free() - close the connection
 * @h2: or NULL; nothing of it is called any more, its requests are gone
 */
void h2_free(struct h2 *h2);

DEFINE_CLEANUP(h2, struct h2 *, h2_free)

/**
 * h2_request() - send a request
 * @h2:		started or not
 * @request:	copied
 * @calls:	copied
 * @ret:	the request, to be cancelled; gone once @end was called
 *
 * Above the number of requests that the server takes at once it waits.
 *
 * Return: 0, TNE_H2_GOAWAY if the connection takes no more, -EINVAL, -ENOMEM.
 */
int h2_request(struct h2 *h2, const struct h2_request *request,
	       const struct h2_stream_calls *calls, struct h2_stream **ret);

/**
 * h2_cancel() - give a request up
 * @stream: the request or NULL; nothing of it is called any more
 */
void h2_cancel(struct h2_stream *stream);

#endif /* CONTROL_H2_H */
