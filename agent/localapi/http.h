/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * HTTP/1.1 on a local socket: connections, their limits and their deadlines.
 * What a request means is not known in here.
 */
#ifndef LOCALAPI_HTTP_H
#define LOCALAPI_HTTP_H

#include "base/cleanup.h"
#include "localapi/limits.h"
#include "wire/http_request.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* All of these are ours. */
#define HTTP_HEAD_TIMEOUT_MS	10000	/* for a whole head, from its first byte */
#define HTTP_BODY_TIMEOUT_MS	30000	/* for a whole body */
#define HTTP_IDLE_TIMEOUT_MS	300000	/* between two requests */
#define HTTP_SEND_TIMEOUT_MS	30000	/* without a byte being taken */
#define HTTP_STREAM_PIECES	128	/* waiting for a client that is slow */
#define HTTP_OUT_MAX		(64u << 20)	/* bytes waiting for a client */

struct http_exchange;
struct http_server;
struct loop;

/**
 * struct http_peer - who is at the other end
 * @known: the kernel has told; else nothing below counts
 * @uid: of the process that connected
 * @gid: its group
 * @pid: its number
 */
struct http_peer {
	bool known;
	uid_t uid;
	gid_t gid;
	pid_t pid;
};

/**
 * struct http_calls - what a server tells
 * @request:	a request is there, with its body. To be answered by
 *		http_reply() or http_stream_begin(), now or later
 * @ctx:	first argument
 */
struct http_calls {
	void (*request)(void *ctx, struct http_exchange *x);
	void *ctx;
};

/**
 * http_server_new() - serve a listening socket
 * @loop:	borrowed until http_server_free()
 * @fd:		non-blocking, listening; moved on success
 * @calls:	copied
 * @ret:	owned by the caller
 *
 * Return: 0 or -errno.
 */
int http_server_new(struct loop *loop, int fd, const struct http_calls *calls,
		    struct http_server **ret);

/**
 * http_server_free() - close the socket and all connections
 * @server:	or NULL; not to be called by one of its own callbacks
 *
 * Those who asked for it are told that their exchange ends.
 */
void http_server_free(struct http_server *server);

DEFINE_CLEANUP(http_server, struct http_server *, http_server_free)

/**
 * http_server_limits() - the counters of a server
 * @server: the server
 *
 * Return: borrowed.
 */
struct limits *http_server_limits(struct http_server *server);

/**
 * http_exchange_request() - what was asked
 * @x: an exchange
 *
 * Return: borrowed until the answer.
 */
const struct http_request *http_exchange_request(const struct http_exchange *x);

/**
 * http_exchange_body() - body of the request
 * @x:	an exchange
 *
 * Return: borrowed until the answer; wiped then.
 */
struct http_text http_exchange_body(const struct http_exchange *x);

/**
 * http_exchange_peer() - who asks
 * @x: an exchange
 *
 * Return: borrowed.
 */
const struct http_peer *http_exchange_peer(const struct http_exchange *x);

/**
 * http_exchange_charge() - answering this one was worth more than one request
 * @x:		an exchange
 * @n:		how many more
 */
void http_exchange_charge(struct http_exchange *x, size_t n);

/**
 * http_exchange_in_group() - is the one who asks in a group?
 * @x:		an exchange
 * @gid:	primary or supplementary group of the process that connected
 *
 * Return: true if so.
 */
bool http_exchange_in_group(const struct http_exchange *x, gid_t gid);

/**
 * http_exchange_header() - add a line to the answer
 * @x:		not answered yet
 * @name:	of the header
 * @value:	without control characters
 *
 * Without memory, or if it does not fit, the answer will be an error.
 */
void http_exchange_header(struct http_exchange *x, const char *name,
			  const char *value);

/**
 * http_exchange_on_close() - be told if the client goes away first
 * @x:		not answered yet, or a stream
 * @fn:		called when the exchange is over, but not by http_reply() or
 *		http_stream_end(); NULL = not any more. @x is gone after it
 * @ctx:	for @fn
 */
void http_exchange_on_close(struct http_exchange *x, void (*fn)(void *ctx),
			    void *ctx);

/**
 * http_reply() - answer, and end the exchange
 * @x:		not answered yet; not to be used any more
 * @status:	number of HTTP
 * @type:	media type, NULL without a body
 * @body:	copied
 * @len:	bytes
 */
void http_reply(struct http_exchange *x, int status, const char *type,
		const void *body, size_t len);

/**
 * http_stream_begin() - answer in pieces
 * @x:		not answered yet
 * @type:	media type
 *
 * The head of the answer is sent at once.
 */
void http_stream_begin(struct http_exchange *x, const char *type);

/**
 * http_stream_send() - send one piece
 * @x:		a stream
 * @data:	copied
 * @len:	bytes, not 0
 *
 * A client that is too slow is dropped: then, and without memory, the stream
 * is closed soon, as if the client had gone.
 */
void http_stream_send(struct http_exchange *x, const void *data, size_t len);

/**
 * http_stream_abort() - have a stream closed soon, as if the client had gone
 * @x:	a stream; who is to be told of it is told
 */
void http_stream_abort(struct http_exchange *x);

/**
 * http_stream_end() - end a stream properly
 * @x:	a stream; not to be used any more
 */
void http_stream_end(struct http_exchange *x);

#endif /* LOCALAPI_HTTP_H */
