/* SPDX-License-Identifier: GPL-2.0-only */
/* Noise and, inside it, HTTP/2: requests come out, answers go in. */
#ifndef CONTROL_H2_H
#define CONTROL_H2_H

#include <nghttp2/nghttp2.h>
#include <stdbool.h>
#include <stdint.h>

#include "conn.h"
#include "noise.h"

#define H2_BODY_MAX	(1 << 20)	/* of a request, bytes; as the real servers */
#define H2_QUEUE_MAX	(64u << 20)	/* ours: unread answers of a connection, bytes;
					 * above it the connection is closed */
#define H2_STREAMS_MAX	100		/* ours: at a time */

/**
 * struct stream - one request and its answer
 * @method, @path: of the request, "" until it was read
 * @body:	of the request
 * @too_big:	it was cut
 * @out:	answer not yet sent
 * @answered:	headers were submitted
 * @ended:	nothing will be added to @out
 * @waiting:	the library waits for more of @out
 * @closed:	called when the stream is gone, whoever ended it
 * @owner:	for @closed
 */
struct stream {
	struct stream *next;
	struct h2 *h2;
	int32_t id;
	char method[16];
	char path[1024];
	struct buf body;
	bool too_big;
	struct buf out;
	bool answered;
	bool ended;
	bool waiting;
	void (*closed)(struct stream *st);
	void *owner;
};

/**
 * struct h2 - the inside of an upgraded connection
 * @machine:	the client's machine key, proved by the handshake
 * @version:	capability version of the initiation
 * @plain:	to be sealed
 * @raw:	faults only: HTTP/2 bytes that go before the library's next
 * @mute:	fault: read, answer nothing
 * @record_max:	plaintext bytes per record
 * @queued:	bytes in the @out of all streams
 */
struct h2 {
	struct conn *c;
	struct noise_channel ch;
	uint8_t machine[32];
	int version;
	nghttp2_session *session;
	struct stream *streams;
	struct buf plain;
	struct buf raw;
	bool mute;
	size_t record_max;
	size_t queued;
};

/* The 101 was sent: answer the initiation, start HTTP/2. */
void h2_start(struct conn *c, const uint8_t *init, size_t len);
/* Records in @c->in. */
void h2_input(struct conn *c);
/* Move answers to @c->out. Return: true if there was not room for all. */
bool h2_pump(struct conn *c);
void h2_free(struct h2 *h);

/* A whole answer; @type may be NULL. */
void stream_reply(struct stream *st, int status, const char *type,
		  const void *body, size_t n);
void stream_reply_text(struct stream *st, int status, const char *text);
/* The same with one header more. */
void stream_reply_header(struct stream *st, int status, const char *name,
			 const char *value, const char *text);
/* An answer in pieces: begin, write..., end. */
void stream_begin(struct stream *st);
void stream_write(struct stream *st, const void *data, size_t n);
void stream_end(struct stream *st);
void stream_reset(struct stream *st, uint32_t code);

#endif /* CONTROL_H2_H */
