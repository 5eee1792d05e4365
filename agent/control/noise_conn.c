// SPDX-License-Identifier: GPL-2.0-only
#include "control/noise_conn.h"

#include "base/err.h"
#include "loop/stream.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define READ_LEN 16384	/* bytes asked from the socket at once */

/* Records without content in one go, before others get a turn; ours. */
#define EMPTY_MAX 64

/**
 * struct noise_conn - sealed records on a stream
 * @stream: owned
 * @send: cipher of what we send; NULL after an error
 * @receive: cipher of what we receive; NULL after an error
 * @in: sealed bytes, at most one record and what came with it
 * @out: sealed bytes that wait for the socket
 * @plain: the last record
 * @first: what the server said until @early was known
 * @early_known: the early payload was read, or there is none
 * @early: what it says
 * @error: what ended the connection
 */
struct noise_conn {
	struct stream *stream;
	struct noise_cipher *send;
	struct noise_cipher *receive;
	struct buf in;
	struct buf out;
	uint8_t plain[CONTROL_PLAIN_MAX];
	struct buf first;
	bool early_known;
	struct control_early early;
	int error;
};

void noise_session_done(struct noise_session *session)
{
	stream_free(session->stream);
	noise_cipher_free(session->send);
	noise_cipher_free(session->receive);
	buf_done(&session->rest);
	memset(session, 0, sizeof(*session));
}

int noise_conn_new(struct noise_session *session, void (*ready)(void *ctx),
		   void *ctx, struct noise_conn **ret)
{
	const struct stream_calls calls = { .ready = ready, .ctx = ctx };
	struct noise_conn *conn = calloc(1, sizeof(*conn));

	if (!conn)
		return -ENOMEM;
	conn->stream = steal(session->stream);
	conn->send = steal(session->send);
	conn->receive = steal(session->receive);
	conn->in = session->rest;
	conn->in.max = buf_len(&conn->in) + CONTROL_RECORD_MAX + READ_LEN;
	memset(session, 0, sizeof(*session));
	buf_init(&conn->out, NOISE_CONN_QUEUE_MAX);
	buf_init(&conn->first, CONTROL_EARLY_HEADER_LEN + CONTROL_EARLY_MAX +
			       CONTROL_PLAIN_MAX);
	stream_set_calls(conn->stream, &calls);
	*ret = conn;
	return 0;
}

void noise_conn_free(struct noise_conn *conn)
{
	if (!conn)
		return;
	stream_free(conn->stream);
	noise_cipher_free(conn->send);
	noise_cipher_free(conn->receive);
	buf_done(&conn->in);
	buf_done(&conn->out);
	buf_done(&conn->first);
	secret_wipe(conn->plain, sizeof(conn->plain));
	free(conn);
}

/* The keys of a broken connection are of no use to anyone but a thief. */
static int fail(struct noise_conn *conn, int err)
{
	conn->error = err;
	noise_cipher_free(steal(conn->send));
	noise_cipher_free(steal(conn->receive));
	return err;
}

/* More sealed bytes from the socket. */
static int fill(struct noise_conn *conn)
{
	uint8_t *room;
	int r;

	r = buf_reserve(&conn->in, READ_LEN, &room);
	if (r < 0)
		return r;
	r = stream_read(conn->stream, room, READ_LEN);
	if (r == 0)
		return TNE_CLOSED;
	if (r > 0)
		buf_commit(&conn->in, r);
	return r < 0 ? r : 0;
}

/* One record; @ret is borrowed from the connection. */
static int read_record(struct noise_conn *conn, struct cursor *ret)
{
	struct control_record record;
	struct cursor c;
	int r;

	for (;;) {
		c = (struct cursor){ buf_data(&conn->in), buf_len(&conn->in) };
		r = control_record_parse(&c, &record);
		if (r != -EAGAIN)
			break;
		r = fill(conn);
		if (r < 0)
			return r;
	}
	if (r < 0)
		return r;
	r = noise_cipher_open(conn->receive, record.sealed, record.len,
			      conn->plain);
	if (r < 0)
		return r;
	buf_take(&conn->in, CONTROL_RECORD_HEADER_LEN + record.len);
	*ret = (struct cursor){ conn->plain, record.len - NOISE_TAG_LEN };
	return 0;
}

/* Until the early payload is known all bytes are kept together. */
static int read_first(struct noise_conn *conn, struct cursor *piece)
{
	struct cursor c;
	int r;

	r = buf_add(&conn->first, piece->p, piece->len);
	if (r < 0)
		return r;
	c = (struct cursor){ buf_data(&conn->first), buf_len(&conn->first) };
	r = control_early_parse(&c, &conn->early);
	if (r == -EAGAIN) {
		piece->len = 0;
		return 0;
	}
	if (r < 0)
		return r;
	conn->early_known = true;
	*piece = c;
	return 0;
}

static int read_piece(struct noise_conn *conn, struct cursor *ret)
{
	struct cursor piece;
	int i, r;

	/* Nobody looks at the piece of the last call any more. */
	if (conn->early_known)
		buf_done(&conn->first);
	for (i = 0; i < EMPTY_MAX; i++) {
		r = read_record(conn, &piece);
		if (r == 0 && piece.len && !conn->early_known)
			r = read_first(conn, &piece);
		if (r < 0)
			return r;
		if (piece.len) {
			*ret = piece;
			return 0;
		}
	}
	noise_conn_again(conn);
	return -EAGAIN;
}

int noise_conn_read(struct noise_conn *conn, struct cursor *ret)
{
	int r;

	if (conn->error < 0)
		return conn->error;
	r = read_piece(conn, ret);
	if (r < 0 && r != -EAGAIN)
		return fail(conn, r);
	return r;
}

void noise_conn_again(struct noise_conn *conn)
{
	stream_again(conn->stream);
}

static int seal(struct noise_conn *conn, const uint8_t *data, size_t len)
{
	size_t sealed = len + NOISE_TAG_LEN;
	uint8_t *room;
	int r;

	r = buf_reserve(&conn->out, CONTROL_RECORD_HEADER_LEN + sealed, &room);
	if (r < 0)
		return r;
	control_record_build(sealed, room);
	r = noise_cipher_seal(conn->send, data, len,
			      room + CONTROL_RECORD_HEADER_LEN);
	if (r < 0)
		return r;
	buf_commit(&conn->out, CONTROL_RECORD_HEADER_LEN + sealed);
	return 0;
}

int noise_conn_write(struct noise_conn *conn, const void *data, size_t len)
{
	const uint8_t *p = data;
	size_t n;
	int r;

	if (conn->error < 0)
		return conn->error;
	for (; len > 0; p += n, len -= n) {
		n = len < CONTROL_PLAIN_MAX ? len : CONTROL_PLAIN_MAX;
		r = seal(conn, p, n);
		if (r < 0)
			return fail(conn, r);
	}
	r = noise_conn_flush(conn);
	return r < 0 ? r : 0;
}

int noise_conn_flush(struct noise_conn *conn)
{
	int n;

	if (conn->error < 0)
		return conn->error;
	while (buf_len(&conn->out)) {
		n = stream_write(conn->stream, buf_data(&conn->out),
				 buf_len(&conn->out));
		if (n == -EAGAIN)
			break;
		if (n < 0)
			return fail(conn, n);
		buf_take(&conn->out, n);
	}
	return buf_len(&conn->out);
}

const struct control_early *noise_conn_early(const struct noise_conn *conn)
{
	return &conn->early;
}
