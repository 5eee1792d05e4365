/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef CONTROL_NOISE_CONN_H
#define CONTROL_NOISE_CONN_H

#include "base/buf.h"
#include "base/cleanup.h"
#include "wire/control_frame.h"

#include <stddef.h>
#include <stdint.h>

struct noise_cipher;
struct noise_conn;
struct stream;

/* Most sealed bytes that wait for the socket; ours. */
#define NOISE_CONN_QUEUE_MAX (1U << 20)

/**
 * struct noise_session - what a handshake leaves behind
 * @stream: connected; bytes up to and with the server's reply were read
 * @send: cipher of what we send
 * @receive: cipher of what we receive
 * @rest: bytes that came behind the reply
 */
struct noise_session {
	struct stream *stream;
	struct noise_cipher *send;
	struct noise_cipher *receive;
	struct buf rest;
};

/**
 * noise_session_done() - close and free the parts
 * @session: all zero afterwards
 */
void noise_session_done(struct noise_session *session);

/**
 * noise_conn_new() - turn sealed records into a stream of bytes, and back
 * @session:	its parts are moved on success, @session is all zero then
 * @ready:	called when bytes may have come or there is room for more; may
 *		free the connection. It is called once in any case
 * @ctx:	for @ready
 * @ret:	the connection, owned by the caller
 *
 * Return: 0 or -ENOMEM.
 */
int noise_conn_new(struct noise_session *session, void (*ready)(void *ctx),
		   void *ctx, struct noise_conn **ret);

/**
 * noise_conn_free() - close
 * @conn: the connection or NULL
 */
void noise_conn_free(struct noise_conn *conn);

DEFINE_CLEANUP(noise_conn, struct noise_conn *, noise_conn_free)

/**
 * noise_conn_read() - the next piece of what the server says
 * @conn:	the connection
 * @ret:	1..CONTROL_PLAIN_MAX bytes (the first piece may be longer), borrowed
 *		until the next call
 *
 * What the server says before HTTP/2 is kept back, see noise_conn_early(). Must
 * be repeated until it returns -EAGAIN, or noise_conn_again() be called.
 *
 * Return: 0; -EAGAIN; TNE_CLOSED at the end of the connection; an error of
 * control_record_parse(), control_early_parse(), noise_cipher_open() or the
 * socket. After an error it returns the same for ever.
 */
int noise_conn_read(struct noise_conn *conn, struct cursor *ret);

/**
 * noise_conn_again() - have @ready called soon
 * @conn: the connection
 */
void noise_conn_again(struct noise_conn *conn);

/**
 * noise_conn_write() - seal bytes and send what the socket takes
 * @conn:	the connection
 * @data:	bytes
 * @len:	how many
 *
 * Each byte is sealed once; what the socket does not take waits sealed.
 *
 * Return: 0; TNE_TOO_LONG above NOISE_CONN_QUEUE_MAX waiting bytes; -ENOMEM, or
 * an error of the cipher or socket. Any error ends the connection.
 */
int noise_conn_write(struct noise_conn *conn, const void *data, size_t len);

/**
 * noise_conn_flush() - send more of what waits
 * @conn: the connection
 *
 * Return: bytes still waiting, or an error as above.
 */
int noise_conn_flush(struct noise_conn *conn);

/**
 * noise_conn_early() - what the server said before HTTP/2
 * @conn: the connection
 *
 * Return: borrowed; not present before the first piece was read.
 */
const struct control_early *noise_conn_early(const struct noise_conn *conn);

#endif /* CONTROL_NOISE_CONN_H */
