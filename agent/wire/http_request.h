/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Requests of HTTP/1.1, as little of it as local clients need, read strictly:
 * whoever can be read in two ways is refused.
 *
 * Source: RFC 9112.
 */
#ifndef WIRE_HTTP_REQUEST_H
#define WIRE_HTTP_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HTTP_HEAD_MAX		16384	/* bytes of request line and headers; ours */
#define HTTP_HEADERS_MAX	64	/* ours */
#define HTTP_BODY_MAX		(1u << 20)	/* bytes; ours */
#define HTTP_CHUNK_LINE_MAX	256	/* bytes with a chunk's size; ours */

enum http_method {
	HTTP_GET,
	HTTP_HEAD,
	HTTP_POST,
	HTTP_PUT,
	HTTP_PATCH,
	HTTP_DELETE,
	HTTP_CONNECT,
	HTTP_OTHER,
};

/**
 * struct http_text - a piece of the request
 * @s: not terminated; borrowed from the request's bytes
 * @len: bytes
 */
struct http_text {
	const char *s;
	size_t len;
};

/**
 * struct http_header - one line
 * @name: in any case
 * @value: without white space around it
 */
struct http_header {
	struct http_text name;
	struct http_text value;
};

/**
 * struct http_request - a request without its body
 * @method: what to do
 * @path: begins with '/', not decoded
 * @query: behind the '?', not decoded; empty if there is none
 * @minor: 1 for HTTP/1.1, 0 for HTTP/1.0
 * @keep_alive: the connection stays open behind the answer
 * @expect: the client waits for "100 Continue" before it sends the body
 * @chunked: the body comes in chunks
 * @body_len: otherwise its length, bytes
 * @header: lines in their order
 * @n_headers: how many
 */
struct http_request {
	enum http_method method;
	struct http_text path;
	struct http_text query;
	int minor;
	bool keep_alive;
	bool expect;
	bool chunked;
	uint64_t body_len;
	struct http_header header[HTTP_HEADERS_MAX];
	size_t n_headers;
};

/**
 * struct http_body - a body being received
 * @chunked: in chunks
 * @left: bytes of the body or of the chunk that are still to come
 * @total: bytes so far
 * @max: more than this is refused, bytes
 * @state: where in the stream
 */
struct http_body {
	bool chunked;
	uint64_t left;
	uint64_t total;
	uint64_t max;
	enum {
		HTTP_BODY_SIZE,		/* before the size of a chunk */
		HTTP_BODY_DATA,
		HTTP_BODY_CHUNK_END,	/* before the line end of a chunk */
		HTTP_BODY_TRAILER,
		HTTP_BODY_DONE,
	} state;
};

/**
 * http_request_parse() - read request line and headers
 * @data:	bytes so far
 * @len:	how many
 * @ret:	borrows from @data
 * @ret_len:	bytes read; the body follows
 *
 * Return: 0, -EAGAIN if the end is not there yet, TNE_TOO_LONG,
 * TNE_LOCAL_HTTP.
 */
int http_request_parse(const char *data, size_t len, struct http_request *ret,
		       size_t *ret_len);

/**
 * http_request_find() - a header
 * @req:	request
 * @name:	in any case
 *
 * Return: borrowed, the first of that name, or NULL.
 */
const struct http_text *http_request_find(const struct http_request *req,
					  const char *name);

/**
 * http_text_is() - is that the text?
 * @text:	a piece of a request
 * @s:		compared byte by byte
 *
 * Return: true if so.
 */
bool http_text_is(struct http_text text, const char *s);

/**
 * http_query_find() - decode one argument of a query
 * @query:	of a request
 * @name:	of the argument
 * @ret:	its value, terminated
 * @size:	room in @ret, bytes
 *
 * Return: 1 if it is there, 0 if not, TNE_LOCAL_HTTP if it is malformed, has
 * zero bytes or does not fit.
 */
int http_query_find(struct http_text query, const char *name, char *ret,
		    size_t size);

/**
 * http_body_init() - begin to receive a body
 * @body:	set up
 * @req:	its request
 *
 * Return: 0, or TNE_TOO_LONG if it is announced as longer than HTTP_BODY_MAX.
 */
int http_body_init(struct http_body *body, const struct http_request *req);

/**
 * http_body_next() - take the next piece of a body
 * @body:	being received
 * @data:	bytes behind those that were used
 * @len:	how many
 * @ret_used:	bytes used by this call
 * @ret:	piece of the body, in @data
 *
 * Return: 1 with a piece, 0 at the end, -EAGAIN if more bytes are needed (some
 * may have been used), TNE_TOO_LONG, TNE_LOCAL_HTTP.
 */
int http_body_next(struct http_body *body, const char *data, size_t len,
		   size_t *ret_used, struct http_text *ret);

#endif /* WIRE_HTTP_REQUEST_H */
