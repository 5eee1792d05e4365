// SPDX-License-Identifier: GPL-2.0-only
#include "control/h2.h"

#include "base/buf.h"
#include "base/list.h"
#include "base/secret.h"
#include "control/h2_mem.h"
#include "control/noise_conn.h"
#include "loop/loop.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <nghttp2/nghttp2.h>

/* Pieces read in one go, before others get a turn; ours. */
#define READ_PIECES 64
/* No more is made while so much waits for the socket; ours. */
#define OUT_HIGH 65536	/* bytes */
#define BATCH_LEN (4 * CONTROL_PLAIN_MAX)	/* bytes sealed at once */
#define FRAME_HEAD_LEN 9
#define VALUE_MAX 128	/* bytes of a header that is kept, with the end */

/**
 * struct h2_stream - a request and its answer
 * @h2: the connection
 * @link: in it
 * @calls: of who asked; not used once @cancelled
 * @id: number in HTTP/2
 * @body: what is sent
 * @body_at: bytes that libnghttp2 took
 * @sent: the header of the request is out
 * @cancelled: nobody waits for it, it is here until HTTP/2 is done with it
 * @responded: the header of the answer was told
 * @ended: the answer is whole
 * @err: what to tell at the end, if it is known better than HTTP/2's code
 * @status: of the answer
 * @header_len: bytes of names and values
 * @n_fields: header fields
 * @retry_after: header of that name
 * @content_type: header of that name
 */
struct h2_stream {
	struct h2 *h2;
	struct list link;
	struct h2_stream_calls calls;
	int32_t id;
	struct secret_buf body;
	size_t body_at;
	bool sent;
	bool cancelled;
	bool responded;
	bool ended;
	int err;
	int status;
	size_t header_len;
	size_t n_fields;
	char retry_after[VALUE_MAX];
	char content_type[VALUE_MAX];
};

/**
 * struct h2 - a connection
 * @loop: where it runs
 * @calls: of the owner
 * @authority: owned
 * @conn: owned; NULL before h2_start() and once closed
 * @session: the state of HTTP/2; NULL once closed
 * @streams: struct h2_stream
 * @batch: what is gathered; NULL but in transmit()
 * @batch_err: why one could not
 * @flush: sends what is due
 * @idle: keep-alive
 * @pinged: an answer is awaited; any byte will do
 * @goaway: no more requests
 * @closed: @calls.closed is being called, or was
 * @busy: depth of calls that touch the connection after their callbacks
 * @dying: h2_free() came meanwhile
 */
struct h2 {
	struct loop *loop;
	struct h2_calls calls;
	char *authority;
	struct noise_conn *conn;
	nghttp2_session *session;
	struct list streams;
	struct buf *batch;
	int batch_err;
	struct loop_later flush;
	struct loop_timer idle;
	bool pinged;
	bool goaway;
	bool closed;
	unsigned int busy;
	bool dying;
};

static void stream_done(struct h2_stream *stream)
{
	list_del(&stream->link);
	secret_buf_done(&stream->body);
	free(stream);
}

static void destroy(struct h2 *h2)
{
	/* Streams go after the session, which may look at their bodies. */
	nghttp2_session_del(h2->session);
	while (!list_empty(&h2->streams))
		stream_done(list_entry(h2->streams.next, struct h2_stream,
				       link));
	loop_later_cancel(&h2->flush);
	loop_timer_cancel(h2->loop, &h2->idle);
	noise_conn_free(h2->conn);
	free(h2->authority);
	free(h2);
}

static bool has_live_stream(const struct h2 *h2)
{
	struct list *link;

	for (link = h2->streams.next; link != &h2->streams; link = link->next) {
		if (!list_entry(link, struct h2_stream, link)->cancelled)
			return true;
	}
	return false;
}

/* The stream is over for whoever asked; it may still be known to HTTP/2. */
static void tell_end(struct h2_stream *stream, int err)
{
	if (stream->cancelled)
		return;
	stream->cancelled = true;
	stream->calls.end(stream->calls.ctx, err);
}

/*
 * Ends all requests, then tells the owner, who may free the connection: nobody
 * may touch it after this.
 */
static void shut(struct h2 *h2, int err, const struct err_detail *detail)
{
	struct err_detail copy = *detail;

	if (h2->closed)
		return;
	h2->closed = true;
	h2->goaway = true;
	loop_later_cancel(&h2->flush);
	loop_timer_cancel(h2->loop, &h2->idle);
	nghttp2_session_del(steal(h2->session));
	noise_conn_free(steal(h2->conn));
	h2->busy++;
	while (!list_empty(&h2->streams) && !h2->dying) {
		struct h2_stream *stream = list_entry(h2->streams.next,
						      struct h2_stream, link);

		tell_end(stream, err);
		stream_done(stream);
	}
	h2->busy--;
	if (h2->dying)
		destroy(h2);
	else
		h2->calls.closed(h2->calls.ctx, err, &copy);
}

/* Last call of each entry: what happened meanwhile has its consequences. */
static void settle(struct h2 *h2, int err)
{
	struct err_detail detail;

	if (h2->busy > 0)
		return;
	if (h2->dying) {
		destroy(h2);
		return;
	}
	if (h2->closed)
		return;
	if (err == 0 && h2->goaway && !has_live_stream(h2))
		err = TNE_H2_GOAWAY;
	/* It said goodbye itself, because of an error of the other side. */
	if (err == 0 && !nghttp2_session_want_read(h2->session) &&
	    !nghttp2_session_want_write(h2->session))
		err = TNE_H2;
	if (err == 0)
		return;
	err_explain(&detail, err, "%s", err_text(err));
	shut(h2, err, &detail);
}

static int to_err(ssize_t code)
{
	return code == NGHTTP2_ERR_NOMEM ? -ENOMEM : TNE_H2;
}

static void alive(struct h2 *h2)
{
	h2->pinged = false;
	loop_timer_set(h2->loop, &h2->idle, H2_IDLE_MS);
}

static int receive(struct h2 *h2)
{
	struct cursor piece;
	ssize_t n;
	int i, r;

	for (i = 0; i < READ_PIECES; i++) {
		r = noise_conn_read(h2->conn, &piece);
		if (r == -EAGAIN)
			return 0;
		if (r < 0)
			return r;
		alive(h2);
		n = nghttp2_session_mem_recv(h2->session, piece.p, piece.len);
		if (h2->dying)
			return 0;
		if (n < 0)
			return to_err(n);
	}
	noise_conn_again(h2->conn);
	return 0;
}

/* Many frames share a record; a frame of 9 bytes is not worth one. */
static int gather(struct h2 *h2)
{
	const uint8_t *data;
	ssize_t n;
	int r;

	h2->batch_err = 0;
	while (buf_len(h2->batch) < BATCH_LEN) {
		/* Bodies go into the batch by themselves; see send_body(). */
		n = nghttp2_session_mem_send(h2->session, &data);
		if (n < 0)
			return h2->batch_err < 0 ? h2->batch_err : to_err(n);
		if (n == 0 || h2->dying)
			return 0;
		r = buf_add(h2->batch, data, n);
		if (r < 0)
			return r;
	}
	return 0;
}

static int transmit_batches(struct h2 *h2)
{
	int r;

	for (;;) {
		r = noise_conn_flush(h2->conn);
		if (r < 0)
			return r;
		if (r > OUT_HIGH)
			return 0;
		r = gather(h2);
		if (r < 0 || h2->dying || !buf_len(h2->batch))
			return r;
		r = noise_conn_write(h2->conn, buf_data(h2->batch),
				     buf_len(h2->batch));
		if (r < 0)
			return r;
		buf_take(h2->batch, buf_len(h2->batch));
	}
}

static int transmit(struct h2 *h2)
{
	struct buf batch __attribute__((cleanup(buf_cleanup)));
	int r;

	/* A frame may come on top of what is gathered. */
	buf_init(&batch, BATCH_LEN + (1 << 20));
	h2->batch = &batch;
	r = transmit_batches(h2);
	h2->batch = NULL;
	return r;
}

void h2_ready(void *ctx)
{
	struct h2 *h2 = ctx;
	int r;

	h2->busy++;
	r = receive(h2);
	if (r == 0 && !h2->dying)
		r = transmit(h2);
	h2->busy--;
	settle(h2, r);
}

static void flush_due(void *ctx)
{
	struct h2 *h2 = ctx;
	int r;

	if (!h2->conn)
		return;
	h2->busy++;
	r = transmit(h2);
	h2->busy--;
	settle(h2, r);
}

static void idle_due(void *ctx)
{
	struct h2 *h2 = ctx;

	if (h2->pinged) {
		settle(h2, -ETIMEDOUT);
		return;
	}
	if (nghttp2_submit_ping(h2->session, NGHTTP2_FLAG_NONE, NULL) != 0) {
		settle(h2, -ENOMEM);
		return;
	}
	h2->pinged = true;
	loop_timer_set(h2->loop, &h2->idle, H2_PING_MS);
	loop_later_set(h2->loop, &h2->flush);
}

static struct h2_stream *find(nghttp2_session *session, int32_t id)
{
	return nghttp2_session_get_stream_user_data(session, id);
}

/* For libnghttp2: go on, or leave at once because the connection is freed. */
static int verdict(const struct h2 *h2)
{
	return h2->dying ? NGHTTP2_ERR_CALLBACK_FAILURE : 0;
}

static void keep_value(const uint8_t *name, size_t name_len,
		       const char *wanted, const uint8_t *value, size_t len,
		       char to[VALUE_MAX])
{
	if (name_len != strlen(wanted) || memcmp(name, wanted, name_len) != 0 ||
	    len >= VALUE_MAX)
		return;
	memcpy(to, value, len);
	to[len] = 0;
}

static int on_header(nghttp2_session *session, const nghttp2_frame *frame,
		     const uint8_t *name, size_t name_len, const uint8_t *value,
		     size_t len, uint8_t flags, void *ctx)
{
	struct h2_stream *stream = find(session, frame->hd.stream_id);
	char status[VALUE_MAX] = "";

	(void)flags;
	(void)ctx;
	if (!stream)
		return 0;
	stream->n_fields++;
	stream->header_len += name_len + len;
	if (stream->n_fields > H2_FIELDS_MAX ||
	    stream->header_len > H2_HEADER_MAX) {
		/* Ends the stream, not the connection. */
		stream->err = TNE_H2_HEADERS;
		return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
	}
	if (stream->responded)
		return 0;
	/* libnghttp2 lets only three digits through. */
	keep_value(name, name_len, ":status", value, len, status);
	if (status[0])
		stream->status = atoi(status);
	keep_value(name, name_len, "retry-after", value, len,
		   stream->retry_after);
	keep_value(name, name_len, "content-type", value, len,
		   stream->content_type);
	return 0;
}

static void take_headers(struct h2_stream *stream)
{
	const struct h2_response response = {
		.status = stream->status,
		.retry_after = stream->retry_after,
		.content_type = stream->content_type,
	};

	/* Trailers, or an interim answer. */
	if (stream->responded || stream->status < 200)
		return;
	stream->responded = true;
	if (!stream->cancelled && stream->calls.response)
		stream->calls.response(stream->calls.ctx, &response);
}

/* What is not out yet will never be: HTTP/2 forbids new streams from here on. */
static void refuse_unsent(struct h2 *h2)
{
	struct list *link, *next;

	for (link = h2->streams.next; link != &h2->streams && !h2->dying;
	     link = next) {
		struct h2_stream *stream = list_entry(link, struct h2_stream,
						      link);

		next = link->next;
		if (stream->sent || stream->cancelled)
			continue;
		nghttp2_submit_rst_stream(h2->session, NGHTTP2_FLAG_NONE,
					  stream->id, NGHTTP2_CANCEL);
		tell_end(stream, TNE_H2_REFUSED);
	}
}

static void take_goaway(struct h2 *h2)
{
	if (h2->goaway)
		return;
	h2->goaway = true;
	if (h2->calls.draining)
		h2->calls.draining(h2->calls.ctx);
	if (!h2->dying)
		refuse_unsent(h2);
}

static int on_frame(nghttp2_session *session, const nghttp2_frame *frame,
		    void *ctx)
{
	struct h2_stream *stream = NULL;
	struct h2 *h2 = ctx;

	if (frame->hd.stream_id > 0)
		stream = find(session, frame->hd.stream_id);
	switch (frame->hd.type) {
	case NGHTTP2_HEADERS:
		if (stream)
			take_headers(stream);
		break;
	case NGHTTP2_GOAWAY:
		take_goaway(h2);
		break;
	}
	if (h2->dying)
		return verdict(h2);
	/* Streams are freed by on_close() alone, which comes later. */
	if (stream && (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) &&
	    (frame->hd.type == NGHTTP2_HEADERS ||
	     frame->hd.type == NGHTTP2_DATA))
		stream->ended = true;
	return 0;
}

static int on_data(nghttp2_session *session, uint8_t flags, int32_t id,
		   const uint8_t *data, size_t len, void *ctx)
{
	struct h2_stream *stream = find(session, id);

	(void)flags;
	if (stream && !stream->cancelled && stream->calls.data)
		stream->calls.data(stream->calls.ctx, data, len);
	return verdict(ctx);
}

static int on_sent(nghttp2_session *session, const nghttp2_frame *frame,
		   void *ctx)
{
	struct h2_stream *stream;

	(void)ctx;
	if (frame->hd.type != NGHTTP2_HEADERS)
		return 0;
	stream = find(session, frame->hd.stream_id);
	if (stream)
		stream->sent = true;
	return 0;
}

static int on_not_sent(nghttp2_session *session, const nghttp2_frame *frame,
		       int code, void *ctx)
{
	struct h2_stream *stream;

	(void)code;
	(void)ctx;
	if (frame->hd.type != NGHTTP2_HEADERS)
		return 0;
	stream = find(session, frame->hd.stream_id);
	if (stream)
		stream->err = TNE_H2_REFUSED;
	return 0;
}

static int end_result(const struct h2_stream *stream, uint32_t code)
{
	if (stream->err < 0)
		return stream->err;
	/* Whole, even if the server did not wait for the end of the request. */
	if (stream->ended && stream->responded)
		return 0;
	return code == NGHTTP2_REFUSED_STREAM ? TNE_H2_REFUSED : TNE_H2_RESET;
}

static int on_close(nghttp2_session *session, int32_t id, uint32_t code,
		    void *ctx)
{
	struct h2_stream *stream = find(session, id);

	if (!stream)
		return 0;
	nghttp2_session_set_stream_user_data(session, id, NULL);
	tell_end(stream, end_result(stream, code));
	stream_done(stream);
	return verdict(ctx);
}

/*
 * A body may be an auth key: the library, which keeps its buffers for as long as
 * the connection lasts, never has it. It asks how much there is, then has the
 * frame sent.
 */
static ssize_t on_body(nghttp2_session *session, int32_t id, uint8_t *to,
		       size_t len, uint32_t *flags, nghttp2_data_source *source,
		       void *ctx)
{
	struct h2_stream *stream = source->ptr;
	size_t left = stream->body.len - stream->body_at;

	(void)session;
	(void)id;
	(void)to;
	(void)ctx;
	*flags |= NGHTTP2_DATA_FLAG_NO_COPY;
	if (len < left)
		return len;
	*flags |= NGHTTP2_DATA_FLAG_EOF;
	return left;
}

static int send_body(nghttp2_session *session, nghttp2_frame *frame,
		     const uint8_t *head, size_t len,
		     nghttp2_data_source *source, void *ctx)
{
	struct h2_stream *stream = source->ptr;
	struct h2 *h2 = ctx;
	int r;

	(void)session;
	(void)frame;
	assert(len <= stream->body.len - stream->body_at);
	/* The same frame comes again, unless the stream has gone by then. */
	if (buf_len(h2->batch) >= BATCH_LEN)
		return NGHTTP2_ERR_WOULDBLOCK;
	r = buf_add(h2->batch, head, FRAME_HEAD_LEN);
	if (r == 0)
		r = buf_add(h2->batch, stream->body.data + stream->body_at,
			    len);
	if (r < 0) {
		h2->batch_err = r;
		return NGHTTP2_ERR_CALLBACK_FAILURE;
	}
	stream->body_at += len;
	return 0;
}

static int new_session(struct h2 *h2)
{
	nghttp2_mem mem = h2_mem();
	nghttp2_session_callbacks *calls;
	nghttp2_option *option;
	int r;

	if (nghttp2_option_new(&option) != 0)
		return -ENOMEM;
	if (nghttp2_session_callbacks_new(&calls) != 0) {
		nghttp2_option_del(option);
		return -ENOMEM;
	}
	/* One until the server has told how many it takes at once. */
	nghttp2_option_set_peer_max_concurrent_streams(option, 1);
	nghttp2_session_callbacks_set_on_header_callback(calls, on_header);
	nghttp2_session_callbacks_set_on_frame_recv_callback(calls, on_frame);
	nghttp2_session_callbacks_set_on_data_chunk_recv_callback(calls,
								  on_data);
	nghttp2_session_callbacks_set_on_frame_send_callback(calls, on_sent);
	nghttp2_session_callbacks_set_on_frame_not_send_callback(calls,
								 on_not_sent);
	nghttp2_session_callbacks_set_on_stream_close_callback(calls, on_close);
	nghttp2_session_callbacks_set_send_data_callback(calls, send_body);
	r = nghttp2_session_client_new3(&h2->session, calls, h2, option,
					&mem);
	nghttp2_session_callbacks_del(calls);
	nghttp2_option_del(option);
	return r == 0 ? 0 : -ENOMEM;
}

static int greet(struct h2 *h2)
{
	static const nghttp2_settings_entry settings[] = {
		{ NGHTTP2_SETTINGS_ENABLE_PUSH, 0 },
		{ NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, H2_STREAM_WINDOW },
		{ NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, H2_HEADER_MAX },
	};

	if (nghttp2_submit_settings(h2->session, NGHTTP2_FLAG_NONE, settings,
				    3) != 0 ||
	    nghttp2_session_set_local_window_size(h2->session,
						  NGHTTP2_FLAG_NONE, 0,
						  H2_CONN_WINDOW) != 0)
		return -ENOMEM;
	return 0;
}

int h2_new(struct loop *loop, const char *authority,
	   const struct h2_calls *calls, struct h2 **ret)
{
	struct h2 *h2 auto_clean(h2) = calloc(1, sizeof(*h2));
	int r;

	if (!h2)
		return -ENOMEM;
	h2->loop = loop;
	h2->calls = *calls;
	list_init(&h2->streams);
	loop_later_init(&h2->flush, flush_due, h2);
	loop_timer_init(&h2->idle, idle_due, h2);
	h2->authority = strndup(authority, strlen(authority));
	if (!h2->authority)
		return -ENOMEM;
	r = new_session(h2);
	if (r == 0)
		r = greet(h2);
	if (r < 0)
		return r;
	*ret = steal(h2);
	return 0;
}

void h2_start(struct h2 *h2, struct noise_conn *conn)
{
	assert(!h2->conn && !h2->closed);
	h2->conn = conn;
	alive(h2);
	loop_later_set(h2->loop, &h2->flush);
}

void h2_close(struct h2 *h2, int err, const struct err_detail *detail)
{
	assert(!h2->closed && h2->busy == 0);
	shut(h2, err, detail);
}

const struct control_early *h2_early(const struct h2 *h2)
{
	return h2->conn ? noise_conn_early(h2->conn) : NULL;
}

void h2_free(struct h2 *h2)
{
	if (!h2)
		return;
	if (h2->busy)
		h2->dying = true;
	else
		destroy(h2);
}

#define PSEUDO_FIELDS 4
#define NV_MAX (PSEUDO_FIELDS + H2_FIELDS_MAX + 1)

static void add_field(nghttp2_nv *nv, size_t *n, const char *name,
		      const char *value)
{
	nv[(*n)++] = (nghttp2_nv){
		.name = (uint8_t *)name, .namelen = strlen(name),
		.value = (uint8_t *)value, .valuelen = strlen(value),
	};
}

/* Give it to libnghttp2, which copies the fields. */
static int submit(struct h2 *h2, struct h2_stream *stream,
		  const struct h2_request *request)
{
	const nghttp2_data_provider body = {
		.source.ptr = stream, .read_callback = on_body,
	};
	nghttp2_nv nv[NV_MAX];
	size_t n = 0, i;
	char len[24];
	int32_t id;

	snprintf(len, sizeof(len), "%zu", request->body_len);
	add_field(nv, &n, ":method", request->method);
	add_field(nv, &n, ":scheme", "https");
	add_field(nv, &n, ":authority", h2->authority);
	add_field(nv, &n, ":path", request->path);
	if (request->body_len || strcmp(request->method, "POST") == 0)
		add_field(nv, &n, "content-length", len);
	for (i = 0; i < request->n_headers; i++)
		add_field(nv, &n, request->headers[i].name,
			  request->headers[i].value);
	id = nghttp2_submit_request(h2->session, NULL, nv, n,
				    request->body_len ? &body : NULL, stream);
	if (id < 0)
		return id == NGHTTP2_ERR_NOMEM ? -ENOMEM : TNE_H2_GOAWAY;
	stream->id = id;
	return 0;
}

static struct h2_stream *new_stream(struct h2 *h2,
				    const struct h2_request *request,
				    const struct h2_stream_calls *calls)
{
	struct h2_stream *stream = calloc(1, sizeof(*stream));

	if (!stream)
		return NULL;
	if (request->body_len) {
		if (secret_buf_reserve(&stream->body, request->body_len) < 0) {
			free(stream);
			return NULL;
		}
		memcpy(stream->body.data, request->body, request->body_len);
		stream->body.len = request->body_len;
	}
	stream->calls = *calls;
	stream->h2 = h2;
	list_init(&stream->link);
	list_add(&h2->streams, &stream->link);
	return stream;
}

int h2_request(struct h2 *h2, const struct h2_request *request,
	       const struct h2_stream_calls *calls, struct h2_stream **ret)
{
	struct h2_stream *stream;
	int r;

	if (h2->goaway || h2->dying)
		return TNE_H2_GOAWAY;
	if (request->n_headers > H2_FIELDS_MAX || request->path[0] != '/' ||
	    !calls->end)
		return -EINVAL;
	stream = new_stream(h2, request, calls);
	if (!stream)
		return -ENOMEM;
	r = submit(h2, stream, request);
	if (r < 0) {
		stream_done(stream);
		return r;
	}
	loop_later_set(h2->loop, &h2->flush);
	*ret = stream;
	return 0;
}

void h2_cancel(struct h2_stream *stream)
{
	if (!stream)
		return;
	stream->cancelled = true;
	/* Closed: freed by shut(), which is at work. */
	if (!stream->h2->session)
		return;
	nghttp2_submit_rst_stream(stream->h2->session, NGHTTP2_FLAG_NONE,
				  stream->id, NGHTTP2_CANCEL);
	loop_later_set(stream->h2->loop, &stream->h2->flush);
}
