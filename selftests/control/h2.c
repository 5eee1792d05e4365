// SPDX-License-Identifier: GPL-2.0-only
#include "h2.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "h2_fault.h"
#include "rpc.h"

#define OUT_ROOM	(1 << 20)	/* ours: bytes waiting for the socket */
#define HEADERS_MAX	512		/* of a faulty answer */

/* --- streams --------------------------------------------------------------- */

static struct stream *stream_new(struct h2 *h, int32_t id)
{
	struct stream *st = calloc(1, sizeof(*st));

	if (!st)
		abort();
	st->h2 = h;
	st->id = id;
	st->next = h->streams;
	h->streams = st;
	return st;
}

static void stream_free(struct stream *st)
{
	struct stream **p;

	for (p = &st->h2->streams; *p; p = &(*p)->next) {
		if (*p == st) {
			*p = st->next;
			break;
		}
	}
	if (st->closed)
		st->closed(st);
	st->h2->queued -= buf_len(&st->out);
	buf_done(&st->body);
	buf_done(&st->out);
	free(st);
}

static void wake(struct stream *st)
{
	if (!st->waiting)
		return;
	st->waiting = false;
	nghttp2_session_resume_data(st->h2->session, st->id);
}

static ssize_t read_out(nghttp2_session *session, int32_t id, uint8_t *buf,
			size_t size, uint32_t *flags,
			nghttp2_data_source *source, void *arg)
{
	struct stream *st = source->ptr;
	size_t n = buf_len(&st->out);

	(void)session;
	(void)id;
	(void)arg;
	if (!n && !st->ended) {
		st->waiting = true;
		return NGHTTP2_ERR_DEFERRED;
	}
	if (n > size)
		n = size;
	if (n)
		memcpy(buf, buf_data(&st->out), n);
	buf_take(&st->out, n);
	st->h2->queued -= n;
	if (st->ended && !buf_len(&st->out))
		*flags |= NGHTTP2_DATA_FLAG_EOF;
	return n;
}

/* One message may be of any size; another comes only if there is room. */
static void queue(struct stream *st, const void *data, size_t n)
{
	if (st->h2->queued > H2_QUEUE_MAX) {
		conn_kill(st->h2->c);
		return;
	}
	buf_add(&st->out, data, n);
	st->h2->queued += n;
}

static void set_field(nghttp2_nv *nv, const char *name, const char *value)
{
	*nv = (nghttp2_nv){ (uint8_t *)name, (uint8_t *)value, strlen(name),
			    strlen(value), NGHTTP2_NV_FLAG_NONE };
}

/* Padding fields of the faults; they share @value. */
static size_t padding_fields(struct faults *f, nghttp2_nv *nv, struct buf *value)
{
	const char *arg;
	size_t i, n = 0, len = 0;

	if (fault_take(f, FAULT_H2_HEADERS_HUGE, NULL)) {
		n = 3;
		len = 20000;
	} else if (fault_take_arg(f, FAULT_H2_HEADERS_MANY, NULL, &arg)) {
		n = fault_number(arg, 500);
		n = n < HEADERS_MAX - 8 ? n : HEADERS_MAX - 8;
		len = 20;
	}
	if (!n)
		return 0;
	memset(buf_grow(value, len), 'v', len);
	for (i = 0; i < n; i++)
		set_field(&nv[i], "x-padding", buf_str(value));
	return n;
}

static void submit(struct stream *st, int status, const char *type,
		   const char *name, const char *value, long length)
{
	struct faults *f = &st->h2->c->srv->faults;
	nghttp2_data_provider data = { .source.ptr = st,
				       .read_callback = read_out };
	struct buf padding = {};
	nghttp2_nv nv[HEADERS_MAX];
	char status_text[16], length_text[24];
	size_t n = 0;

	snprintf(status_text, sizeof(status_text), "%d", status);
	set_field(&nv[n++], ":status", status_text);
	if (type)
		set_field(&nv[n++], "content-type", type);
	if (name)
		set_field(&nv[n++], name, value);
	if (length >= 0) {
		snprintf(length_text, sizeof(length_text), "%ld", length);
		set_field(&nv[n++], "content-length", length_text);
	}
	n += padding_fields(f, nv + n, &padding);
	if (fault_take(f, FAULT_H2_PUSH, NULL))
		h2_fault_push(st->h2, st->id);
	st->answered = true;
	nghttp2_submit_response(st->h2->session, st->id, nv, n, &data);
	buf_done(&padding);
}

void stream_reply(struct stream *st, int status, const char *type,
		  const void *body, size_t n)
{
	if (st->answered)
		return;
	queue(st, body, n);
	st->ended = true;
	submit(st, status, type, NULL, NULL, n);
}

void stream_reply_text(struct stream *st, int status, const char *text)
{
	stream_reply(st, status, "text/plain; charset=utf-8", text,
		     strlen(text));
}

void stream_reply_header(struct stream *st, int status, const char *name,
			 const char *value, const char *text)
{
	if (st->answered)
		return;
	queue(st, text, strlen(text));
	st->ended = true;
	submit(st, status, "text/plain", name, value, strlen(text));
}

void stream_begin(struct stream *st)
{
	if (!st->answered)
		submit(st, 200, "application/json", NULL, NULL, -1);
}

void stream_write(struct stream *st, const void *data, size_t n)
{
	if (st->ended)
		return;
	queue(st, data, n);
	wake(st);
}

void stream_end(struct stream *st)
{
	st->ended = true;
	wake(st);
}

void stream_reset(struct stream *st, uint32_t code)
{
	st->ended = true;
	nghttp2_submit_rst_stream(st->h2->session, NGHTTP2_FLAG_NONE, st->id,
				  code);
}

/* --- callbacks of the library ---------------------------------------------- */

static int on_begin_headers(nghttp2_session *s, const nghttp2_frame *frame,
			    void *arg)
{
	struct stream *st;

	if (frame->hd.type != NGHTTP2_HEADERS ||
	    frame->headers.cat != NGHTTP2_HCAT_REQUEST)
		return 0;
	st = stream_new(arg, frame->hd.stream_id);
	nghttp2_session_set_stream_user_data(s, frame->hd.stream_id, st);
	return 0;
}

static void copy_field(char *dst, size_t size, const uint8_t *value, size_t n)
{
	if (n >= size)
		n = size - 1;
	memcpy(dst, value, n);
	dst[n] = '\0';
}

static int on_header(nghttp2_session *s, const nghttp2_frame *frame,
		     const uint8_t *name, size_t name_len, const uint8_t *value,
		     size_t value_len, uint8_t flags, void *arg)
{
	struct stream *st;

	(void)flags;
	(void)arg;
	st = nghttp2_session_get_stream_user_data(s, frame->hd.stream_id);
	if (!st)
		return 0;
	if (name_len == 7 && !memcmp(name, ":method", 7))
		copy_field(st->method, sizeof(st->method), value, value_len);
	else if (name_len == 5 && !memcmp(name, ":path", 5))
		copy_field(st->path, sizeof(st->path), value, value_len);
	return 0;
}

static int on_data(nghttp2_session *s, uint8_t flags, int32_t id,
		   const uint8_t *data, size_t n, void *arg)
{
	struct stream *st = nghttp2_session_get_stream_user_data(s, id);

	(void)flags;
	(void)arg;
	if (!st || st->too_big)
		return 0;
	if (buf_len(&st->body) + n > H2_BODY_MAX) {
		st->too_big = true;
		buf_done(&st->body);
		return 0;
	}
	buf_add(&st->body, data, n);
	return 0;
}

static int on_frame(nghttp2_session *s, const nghttp2_frame *frame, void *arg)
{
	struct h2 *h = arg;
	struct stream *st;

	if ((frame->hd.type != NGHTTP2_HEADERS &&
	     frame->hd.type != NGHTTP2_DATA) ||
	    !(frame->hd.flags & NGHTTP2_FLAG_END_STREAM))
		return 0;
	st = nghttp2_session_get_stream_user_data(s, frame->hd.stream_id);
	if (!st || st->answered)
		return 0;
	h->c->srv->stats.requests++;
	if (st->too_big)
		stream_reply_text(st, 413, "request too large\n");
	else
		rpc_serve(h->c->srv, st);
	return 0;
}

static int on_stream_close(nghttp2_session *s, int32_t id, uint32_t code,
			   void *arg)
{
	struct stream *st = nghttp2_session_get_stream_user_data(s, id);

	(void)code;
	(void)arg;
	if (st)
		stream_free(st);
	return 0;
}

static void new_session(struct h2 *h)
{
	struct faults *f = &h->c->srv->faults;
	nghttp2_settings_entry iv[2] = {
		{ NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, H2_STREAMS_MAX },
		{ NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, 1 << 20 },
	};
	nghttp2_session_callbacks *cb;
	nghttp2_option *opt;

	if (nghttp2_session_callbacks_new(&cb) || nghttp2_option_new(&opt))
		abort();
	nghttp2_session_callbacks_set_on_begin_headers_callback(cb,
							on_begin_headers);
	nghttp2_session_callbacks_set_on_header_callback(cb, on_header);
	nghttp2_session_callbacks_set_on_data_chunk_recv_callback(cb, on_data);
	nghttp2_session_callbacks_set_on_frame_recv_callback(cb, on_frame);
	nghttp2_session_callbacks_set_on_stream_close_callback(cb,
							on_stream_close);
	/* Room for the answers of two faults. */
	nghttp2_option_set_max_send_header_block_length(opt, 1 << 20);
	if (nghttp2_session_server_new2(&h->session, cb, h, opt))
		abort();
	nghttp2_option_del(opt);
	nghttp2_session_callbacks_del(cb);
	if (fault_take(f, FAULT_H2_WINDOW_TINY, NULL))
		iv[1].value = 16;
	nghttp2_submit_settings(h->session, NGHTTP2_FLAG_NONE, iv, 2);
}

/* --- Noise ----------------------------------------------------------------- */

static void refuse(struct conn *c)
{
	c->srv->stats.handshakes_bad++;
	/* As the Go servers: the reason stays in a buffer, the client sees EOF. */
	conn_finish(c);
}

void h2_start(struct conn *c, const uint8_t *init, size_t len)
{
	struct server *srv = c->srv;
	uint8_t response[NOISE_RESPONSE_LEN], e[32];
	struct noise_state st;
	const char *arg;
	struct h2 *h;

	h = calloc(1, sizeof(*h));
	if (!h)
		abort();
	h->c = c;
	h->record_max = NOISE_PLAIN_MAX;
	c->h2 = h;
	c->phase = CONN_NOISE;
	h->version = noise_init_version(init, len);
	if (h->version < srv->cfg.min_capver ||
	    !noise_accept(&st, srv->key, init, h->machine)) {
		refuse(c);
		return;
	}
	randombytes_buf(e, sizeof(e));
	if (!noise_answer(&st, e, init + 5, h->machine, response, &h->ch)) {
		refuse(c);
		return;
	}
	sodium_memzero(e, sizeof(e));
	srv->stats.handshakes++;
	if (h2_fault_handshake(c, response)) {
		h->mute = true;
		return;
	}
	conn_send(c, response, sizeof(response));
	if (!h2_fault_records(h)) {
		h->mute = true;
		return;
	}
	if (fault_take_arg(&srv->faults, FAULT_RECORD_TINY, NULL, &arg))
		h->record_max = fault_number(arg, 1);
	h2_early(h);
	if (fault_take(&srv->faults, FAULT_H2_SILENT, NULL)) {
		h->mute = true;
		return;
	}
	if (fault_take(&srv->faults, FAULT_H2_GARBAGE, NULL)) {
		h->mute = true;
		buf_text(&h->plain, "HTTP/1.1 400 Bad Request\r\n\r\n");
		randombytes_buf(buf_grow(&h->plain, 4000), 4000);
		return;
	}
	new_session(h);
	/* SETTINGS come first, whatever else a fault adds. */
	h2_pump(c);
	h2_fault_frames(h);
}

static void records_out(struct h2 *h)
{
	uint8_t rec[NOISE_RECORD_MAX];
	size_t n;

	while ((n = buf_len(&h->plain))) {
		if (n > h->record_max)
			n = h->record_max;
		noise_seal(&h->ch.tx, buf_data(&h->plain), n, rec);
		conn_send(h->c, rec, n + NOISE_HEADER_LEN + NOISE_TAG_LEN);
		buf_take(&h->plain, n);
	}
}

bool h2_pump(struct conn *c)
{
	struct h2 *h = c->h2;
	const uint8_t *data;
	ssize_t n;

	while (h->session && !c->dead && !c->last &&
	       buf_len(&c->out) < OUT_ROOM) {
		n = nghttp2_session_mem_send(h->session, &data);
		if (n < 0) {
			conn_kill(c);
			return false;
		}
		if (!n)
			break;
		buf_add(&h->plain, data, n);
		if (buf_len(&h->plain) >= 16 * NOISE_PLAIN_MAX)
			records_out(h);
	}
	/* Faults go between two frames of the library. */
	buf_add(&h->plain, buf_data(&h->raw), buf_len(&h->raw));
	buf_take(&h->raw, buf_len(&h->raw));
	records_out(h);
	if (h->session && !h->mute &&
	    !nghttp2_session_want_read(h->session) &&
	    !nghttp2_session_want_write(h->session))
		conn_finish(c);
	return buf_len(&c->out) >= OUT_ROOM;
}

static void plaintext(struct h2 *h, const uint8_t *data, size_t n)
{
	ssize_t got;

	if (h->mute || !n)
		return;
	got = nghttp2_session_mem_recv(h->session, data, n);
	if (got < 0) {
		server_log(h->c->srv, "http/2: %s", nghttp2_strerror(got));
		h2_pump(h->c);
		conn_finish(h->c);
	}
}

void h2_input(struct conn *c)
{
	uint8_t plain[NOISE_RECORD_MAX];
	struct h2 *h = c->h2;
	uint8_t *p;
	size_t n;

	while (h && !c->dead && !c->last &&
	       buf_len(&c->in) >= NOISE_HEADER_LEN) {
		p = buf_data(&c->in);
		n = p[1] << 8 | p[2];
		if (p[0] != NOISE_TYPE_RECORD || n < NOISE_TAG_LEN ||
		    n > NOISE_RECORD_MAX - NOISE_HEADER_LEN) {
			conn_kill(c);
			return;
		}
		if (buf_len(&c->in) < NOISE_HEADER_LEN + n)
			return;
		if (!noise_open(&h->ch.rx, p + NOISE_HEADER_LEN, n, plain)) {
			if (!h->mute)
				conn_kill(c);
			buf_take(&c->in, buf_len(&c->in));
			return;
		}
		buf_take(&c->in, NOISE_HEADER_LEN + n);
		plaintext(h, plain, n - NOISE_TAG_LEN);
	}
}

void h2_free(struct h2 *h)
{
	if (!h)
		return;
	while (h->streams)
		stream_free(h->streams);
	nghttp2_session_del(h->session);
	buf_done(&h->plain);
	buf_done(&h->raw);
	sodium_memzero(h, sizeof(*h));
	free(h);
}
