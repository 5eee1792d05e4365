// SPDX-License-Identifier: GPL-2.0-only
#include "localapi/http.h"

#include "base/buf.h"
#include "base/err.h"
#include "base/list.h"
#include "base/secret.h"
#include "localapi/http_reason.h"
#include "loop/loop.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define IN_MAX		(2 * HTTP_HEAD_MAX)	/* bytes: a head, and as much behind */
#define READ_STEP	4096			/* bytes */
#define HEADERS_MAX	4096			/* bytes of added lines; ours */
#define ACCEPT_BATCH	16
#define GROUPS_MAX	1024	/* of a client; ours */
#define ACCEPT_PAUSE_MS	200	/* when there are no descriptors left; ours */

enum conn_state {
	CONN_HEAD,	/* a request is to come */
	CONN_BODY,	/* its head is there */
	CONN_ASKED,	/* with its owner, who will answer */
	CONN_STREAM,	/* being answered in pieces */
	CONN_SEND,	/* the last of the answer is on its way */
	CONN_DRAIN,	/* the same, and then the connection is closed */
	CONN_DEAD,	/* closed, memory freed in the next round */
};

/**
 * struct http_exchange - a connection with the one request that it carries
 * @server: its server
 * @link: in the server's list
 * @fd: -1 = closed
 * @peer: other end
 * @state: where it is
 * @io: watch of @fd
 * @timer: deadline of the state
 * @later: goes on, or ends what broke
 * @broken: to be closed by @later
 * @in: head of the request, and what came behind it
 * @head_len: bytes of the head in @in, once it is read
 * @req: borrows from @in
 * @body_in: how the body comes
 * @body: of the request
 * @headers: lines added to the answer
 * @headers_bad: some are missing
 * @out: to be sent
 * @held: bytes that are counted as kept for the client: @body and @out
 * @sent: bytes sent so far
 * @queued: bytes put into @out so far
 * @piece_end: where pieces of a stream end, in bytes queued; a ring
 * @piece_first: of the ring
 * @n_pieces: in the ring
 * @closed: called when the client goes away
 * @closed_ctx: for @closed
 */
struct http_exchange {
	struct http_server *server;
	struct list link;
	int fd;
	struct http_peer peer;
	enum conn_state state;
	struct loop_io io;
	struct loop_timer timer;
	struct loop_later later;
	bool broken;
	struct secret_buf in;
	size_t head_len;
	struct http_request req;
	struct http_body body_in;
	struct secret_buf body;
	struct buf headers;
	bool headers_bad;
	struct buf out;
	size_t held;
	uint64_t sent;
	uint64_t queued;
	uint64_t piece_end[HTTP_STREAM_PIECES];
	size_t piece_first;
	size_t n_pieces;
	void (*closed)(void *ctx);
	void *closed_ctx;
};

/**
 * struct http_server - a listening socket with its connections
 * @loop: runs it
 * @fd: listening
 * @io: watch of @fd
 * @calls: of the owner
 * @pause: accepts again after it
 * @reap: frees the dead
 * @conns: open connections
 * @dead: closed ones
 * @limits: counters
 */
struct http_server {
	struct loop *loop;
	int fd;
	struct loop_io io;
	struct http_calls calls;
	struct loop_timer pause;
	struct loop_later reap;
	struct list conns;
	struct list dead;
	struct limits limits;
};

static uid_t limit_uid(const struct http_exchange *x)
{
	/* All whom the kernel does not name share what one user gets. */
	return x->peer.known ? x->peer.uid : (uid_t)-1;
}

static void conn_close(struct http_exchange *x)
{
	void (*closed)(void *ctx) = x->closed;
	struct http_server *server = x->server;

	if (x->state == CONN_DEAD)
		return;
	x->state = CONN_DEAD;
	x->closed = NULL;
	loop_io_del(server->loop, &x->io);
	loop_timer_cancel(server->loop, &x->timer);
	loop_later_cancel(&x->later);
	close(x->fd);
	list_del(&x->link);
	list_add(&server->dead, &x->link);
	loop_later_set(server->loop, &server->reap);
	if (closed)
		closed(x->closed_ctx);
	limits_release(&server->limits, limit_uid(x), x->held);
	x->held = 0;
	limits_disconnect(&server->limits, limit_uid(x));
}

/* An answer may be a recovery key. */
static void wipe_out(struct http_exchange *x)
{
	if (x->out.mem)
		secret_wipe(x->out.mem, x->out.cap);
}

static void conn_free(struct http_exchange *x)
{
	list_del(&x->link);
	secret_buf_done(&x->in);
	secret_buf_done(&x->body);
	buf_done(&x->headers);
	wipe_out(x);
	buf_done(&x->out);
	free(x);
}

/* To be closed, but not while its owner is in the middle of something. */
static void conn_break(struct http_exchange *x)
{
	x->broken = true;
	loop_later_set(x->server->loop, &x->later);
}

static uint32_t wanted_events(const struct http_exchange *x)
{
	uint32_t events = buf_len(&x->out) ? EPOLLOUT : 0;

	switch (x->state) {
	case CONN_HEAD:
	case CONN_BODY:
		return events | EPOLLIN;
	case CONN_ASKED:
	case CONN_STREAM:
	case CONN_SEND:
	case CONN_DRAIN:
	case CONN_DEAD:
		break;
	}
	/* Not reading is what holds up a client that asks too fast. */
	return events;
}

static void watch(struct http_exchange *x)
{
	if (x->state != CONN_DEAD &&
	    loop_io_set(x->server->loop, &x->io, x->fd, wanted_events(x)) < 0)
		conn_break(x);
}

static void set_deadline(struct http_exchange *x, uint64_t after_ms)
{
	loop_timer_set(x->server->loop, &x->timer, after_ms);
}

static void forget_sent_pieces(struct http_exchange *x)
{
	while (x->n_pieces && x->piece_end[x->piece_first] <= x->sent) {
		x->piece_first = (x->piece_first + 1) % HTTP_STREAM_PIECES;
		x->n_pieces--;
	}
}

/* Counted, or somebody who does not read could have us keep all there is. */
static int hold(struct http_exchange *x, size_t len)
{
	if (!limits_hold(&x->server->limits, limit_uid(x), len))
		return -ENOBUFS;
	x->held += len;
	return 0;
}

static void release(struct http_exchange *x, size_t len)
{
	limits_release(&x->server->limits, limit_uid(x), len);
	x->held -= len;
}

/* Send what can be sent. Return: false if the client is gone. */
static bool flush(struct http_exchange *x)
{
	bool progress = false;
	ssize_t n;

	while (buf_len(&x->out)) {
		n = send(x->fd, buf_data(&x->out), buf_len(&x->out),
			 MSG_NOSIGNAL);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			break;
		if (n < 0)
			return false;
		buf_take(&x->out, n);
		release(x, n);
		x->sent += n;
		progress = true;
	}
	forget_sent_pieces(x);
	if (!buf_len(&x->out)) {
		wipe_out(x);
		if (x->state == CONN_STREAM || x->state == CONN_ASKED)
			loop_timer_cancel(x->server->loop, &x->timer);
	} else if (progress || !x->timer.set) {
		set_deadline(x, HTTP_SEND_TIMEOUT_MS);
	}
	return true;
}

static int queue(struct http_exchange *x, const void *data, size_t len)
{
	int r = hold(x, len);

	if (r < 0)
		return r;
	r = buf_add(&x->out, data, len);
	if (r < 0)
		release(x, len);
	else
		x->queued += len;
	return r;
}

/* The request is done with; what is behind it stays. */
static void drop_request(struct http_exchange *x)
{
	if (x->head_len) {
		x->in.len -= x->head_len;
		memmove(x->in.data, x->in.data + x->head_len, x->in.len);
		secret_wipe(x->in.data + x->in.len, x->head_len);
		x->head_len = 0;
	}
	release(x, x->body.len);
	secret_buf_done(&x->body);
	buf_done(&x->headers);
	x->headers_bad = false;
	x->closed = NULL;
}

static void enter_head(struct http_exchange *x)
{
	x->state = CONN_HEAD;
	set_deadline(x, x->in.len ? HTTP_HEAD_TIMEOUT_MS :
		     HTTP_IDLE_TIMEOUT_MS);
	/* What is there already is looked at in the next round: no recursion. */
	if (x->in.len)
		loop_later_set(x->server->loop, &x->later);
}

/* The answer is whole in the queue: send it, then go on or close. */
static void finish(struct http_exchange *x, bool keep)
{
	drop_request(x);
	x->state = keep ? CONN_SEND : CONN_DRAIN;
	loop_timer_cancel(x->server->loop, &x->timer);
	if (x->broken || !flush(x)) {
		conn_break(x);
		return;
	}
	if (!buf_len(&x->out)) {
		if (keep)
			enter_head(x);
		else
			conn_break(x);
	}
	watch(x);
}

/* Status line and headers. @len: of the body, -1 = it comes in chunks. */
static int queue_head(struct http_exchange *x, int status, const char *type,
		      int64_t len, bool keep)
{
	char text[512];
	size_t n;

	n = snprintf(text, sizeof(text), "HTTP/1.1 %d %s\r\n", status,
		     http_reason(status));
	if (type)
		n += snprintf(text + n, sizeof(text) - n,
			      "Content-Type: %.100s\r\n", type);
	if (len >= 0 && status != 204)
		n += snprintf(text + n, sizeof(text) - n,
			      "Content-Length: %lld\r\n", (long long)len);
	if (len < 0 && x->req.minor > 0)
		n += snprintf(text + n, sizeof(text) - n,
			      "Transfer-Encoding: chunked\r\n");
	if (!keep)
		n += snprintf(text + n, sizeof(text) - n,
			      "Connection: close\r\n");
	if (queue(x, text, n) < 0 ||
	    (buf_len(&x->headers) && queue(x, buf_data(&x->headers),
					   buf_len(&x->headers)) < 0))
		return -ENOMEM;
	return queue(x, "\r\n", 2);
}

static void answer(struct http_exchange *x, int status, const char *type,
		   const void *body, size_t len, bool keep)
{
	if (queue_head(x, status, type, len, keep) < 0 ||
	    (len && x->req.method != HTTP_HEAD && queue(x, body, len) < 0))
		x->broken = true;
	finish(x, keep);
}

static void refuse(struct http_exchange *x, int status, bool keep)
{
	const char *text = http_reason(status);

	buf_done(&x->headers);
	answer(x, status, "text/plain; charset=utf-8", text, strlen(text),
	       keep);
}

/* What was read badly leaves no place from which to go on. */
static void refuse_bytes(struct http_exchange *x, int err, int too_long)
{
	x->head_len = 0;
	x->req.method = HTTP_OTHER;
	refuse(x, err == TNE_TOO_LONG ? too_long : 400, false);
}

static void ask_owner(struct http_exchange *x)
{
	struct http_server *server = x->server;

	loop_timer_cancel(server->loop, &x->timer);
	x->state = CONN_ASKED;
	watch(x);
	if (!limits_request(&server->limits, limit_uid(x),
			    loop_now_ms(server->loop)))
		refuse(x, 429, x->req.keep_alive);
	else
		server->calls.request(server->calls.ctx, x);
}

static void process_body(struct http_exchange *x)
{
	struct http_text piece;
	size_t used;
	int r;

	do {
		r = http_body_next(&x->body_in, x->in.data + x->head_len,
				   x->in.len - x->head_len, &used, &piece);
		if (r == 1) {
			if (hold(x, piece.len) < 0) {
				refuse_bytes(x, TNE_TOO_LONG, 429);
				return;
			}
			if (secret_buf_reserve(&x->body, piece.len) < 0) {
				release(x, piece.len);
				conn_break(x);
				return;
			}
			memcpy(x->body.data + x->body.len, piece.s, piece.len);
			x->body.len += piece.len;
		}
		x->in.len -= used;
		memmove(x->in.data + x->head_len,
			x->in.data + x->head_len + used,
			x->in.len - x->head_len);
		secret_wipe(x->in.data + x->in.len, used);
	} while (r == 1);
	if (r == 0) {
		/* The head may have moved in memory since it was read. */
		http_request_parse(x->in.data, x->head_len, &x->req, &used);
		ask_owner(x);
	} else if (r != -EAGAIN) {
		refuse_bytes(x, r, 413);
	}
}

static void process_head(struct http_exchange *x)
{
	static const char go_on[] = "HTTP/1.1 100 Continue\r\n\r\n";
	size_t len;
	int r;

	if (x->in.len == 0)
		return;
	r = http_request_parse(x->in.data, x->in.len, &x->req, &len);
	if (r == -EAGAIN)
		return;
	if (r < 0) {
		refuse_bytes(x, r, 431);
		return;
	}
	x->head_len = len;
	r = http_body_init(&x->body_in, &x->req);
	if (r < 0) {
		refuse_bytes(x, r, 413);
		return;
	}
	x->state = CONN_BODY;
	set_deadline(x, HTTP_BODY_TIMEOUT_MS);
	if (x->req.expect && x->in.len == len &&
	    (queue(x, go_on, sizeof(go_on) - 1) < 0 || !flush(x))) {
		conn_break(x);
		return;
	}
	process_body(x);
}

static void process(struct http_exchange *x)
{
	if (x->state == CONN_HEAD)
		process_head(x);
	else if (x->state == CONN_BODY)
		process_body(x);
}

/* Return: false if nothing more can come in. */
static bool read_some(struct http_exchange *x)
{
	size_t room;
	ssize_t n;

	if (x->in.len >= IN_MAX)
		return true;
	room = IN_MAX - x->in.len;
	if (room > READ_STEP)
		room = READ_STEP;
	if (secret_buf_reserve(&x->in, room) < 0)
		return false;
	do {
		n = recv(x->fd, x->in.data + x->in.len, room, 0);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return errno == EAGAIN;
	if (n == 0)
		return false;
	/* The clock for a head runs from its first byte, whatever follows. */
	if (x->state == CONN_HEAD && x->in.len == 0)
		set_deadline(x, HTTP_HEAD_TIMEOUT_MS);
	x->in.len += n;
	return true;
}

static void readable(struct http_exchange *x)
{
	if (read_some(x))
		process(x);
	else
		conn_close(x);
}

static void writable(struct http_exchange *x)
{
	if (!flush(x)) {
		conn_close(x);
		return;
	}
	if (buf_len(&x->out))
		return;
	if (x->state == CONN_SEND)
		enter_head(x);
	else if (x->state == CONN_DRAIN)
		conn_close(x);
}

static void conn_ready(void *ctx, uint32_t events)
{
	struct http_exchange *x = ctx;

	if ((events & EPOLLOUT) && buf_len(&x->out))
		writable(x);
	if (x->state == CONN_HEAD || x->state == CONN_BODY) {
		if (events & (EPOLLIN | EPOLLHUP | EPOLLERR))
			readable(x);
	} else if (events & (EPOLLHUP | EPOLLERR)) {
		conn_close(x);
	}
	watch(x);
}

static void conn_later(void *ctx)
{
	struct http_exchange *x = ctx;

	if (x->broken) {
		conn_close(x);
		return;
	}
	process(x);
	watch(x);
}

static void conn_timeout(void *ctx)
{
	conn_close(ctx);
}

static void find_peer(int fd, struct http_peer *ret)
{
	struct ucred cred;
	socklen_t len = sizeof(cred);

	memset(ret, 0, sizeof(*ret));
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &len) < 0 ||
	    len != sizeof(cred) || cred.uid == (uid_t)-1)
		return;
	*ret = (struct http_peer){ .known = true, .uid = cred.uid,
				   .gid = cred.gid, .pid = cred.pid };
}

static void add_conn(struct http_server *server, int fd)
{
	struct http_exchange *x = calloc(1, sizeof(*x));

	if (!x) {
		close(fd);
		return;
	}
	x->server = server;
	x->fd = fd;
	find_peer(fd, &x->peer);
	if (!limits_connect(&server->limits, limit_uid(x),
			    loop_now_ms(server->loop))) {
		close(fd);
		free(x);
		return;
	}
	list_add(&server->conns, &x->link);
	buf_init(&x->out, HTTP_OUT_MAX);
	buf_init(&x->headers, HEADERS_MAX);
	loop_io_init(&x->io, conn_ready, x);
	loop_timer_init(&x->timer, conn_timeout, x);
	loop_later_init(&x->later, conn_later, x);
	enter_head(x);
	watch(x);
}

static void listen_on(void *ctx)
{
	struct http_server *server = ctx;

	/* Without memory for the watch: try again. */
	if (loop_io_set(server->loop, &server->io, server->fd, EPOLLIN) < 0)
		loop_timer_set(server->loop, &server->pause, ACCEPT_PAUSE_MS);
}

static void acceptable(void *ctx, uint32_t events)
{
	struct http_server *server = ctx;
	int i, fd;

	(void)events;
	for (i = 0; i < ACCEPT_BATCH; i++) {
		fd = accept4(server->fd, NULL, NULL,
			     SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd >= 0) {
			add_conn(server, fd);
			continue;
		}
		if (errno == EINTR || errno == ECONNABORTED)
			continue;
		if (errno != EAGAIN) {
			/* Who waits stays; without a pause we would spin. */
			loop_io_del(server->loop, &server->io);
			loop_timer_set(server->loop, &server->pause,
				       ACCEPT_PAUSE_MS);
		}
		return;
	}
}

static void reap(void *ctx)
{
	struct http_server *server = ctx;

	while (!list_empty(&server->dead))
		conn_free(list_entry(server->dead.next, struct http_exchange,
				     link));
}

int http_server_new(struct loop *loop, int fd, const struct http_calls *calls,
		    struct http_server **ret)
{
	struct http_server *server = calloc(1, sizeof(*server));
	int r;

	if (!server)
		return -ENOMEM;
	server->loop = loop;
	server->fd = fd;
	server->calls = *calls;
	list_init(&server->conns);
	list_init(&server->dead);
	loop_io_init(&server->io, acceptable, server);
	loop_timer_init(&server->pause, listen_on, server);
	loop_later_init(&server->reap, reap, server);
	r = loop_io_set(loop, &server->io, fd, EPOLLIN);
	if (r < 0) {
		free(server);
		return r;
	}
	*ret = server;
	return 0;
}

void http_server_free(struct http_server *server)
{
	if (!server)
		return;
	loop_io_del(server->loop, &server->io);
	loop_timer_cancel(server->loop, &server->pause);
	while (!list_empty(&server->conns))
		conn_close(list_entry(server->conns.next, struct http_exchange,
				      link));
	loop_later_cancel(&server->reap);
	reap(server);
	close(server->fd);
	free(server);
}

bool http_exchange_in_group(const struct http_exchange *x, gid_t gid)
{
	gid_t groups[GROUPS_MAX];
	socklen_t len = sizeof(groups);
	size_t i;

	if (!x->peer.known)
		return false;
	if (x->peer.gid == gid)
		return true;
	/* More groups than we look at do not make anybody a member. */
	if (getsockopt(x->fd, SOL_SOCKET, SO_PEERGROUPS, groups, &len) < 0)
		return false;
	for (i = 0; i < len / sizeof(groups[0]); i++) {
		if (groups[i] == gid)
			return true;
	}
	return false;
}

void http_exchange_charge(struct http_exchange *x, size_t n)
{
	limits_charge(&x->server->limits, limit_uid(x), n);
}

struct limits *http_server_limits(struct http_server *server)
{
	return &server->limits;
}

const struct http_request *http_exchange_request(const struct http_exchange *x)
{
	return &x->req;
}

struct http_text http_exchange_body(const struct http_exchange *x)
{
	return (struct http_text){ .s = x->body.len ? x->body.data : "",
				   .len = x->body.len };
}

const struct http_peer *http_exchange_peer(const struct http_exchange *x)
{
	return &x->peer;
}

void http_exchange_header(struct http_exchange *x, const char *name,
			  const char *value)
{
	char line[1024];
	int n = snprintf(line, sizeof(line), "%s: %s\r\n", name, value);

	if (n < 0 || n >= (int)sizeof(line) ||
	    buf_add(&x->headers, line, n) < 0)
		x->headers_bad = true;
}

void http_exchange_on_close(struct http_exchange *x, void (*fn)(void *ctx),
			    void *ctx)
{
	x->closed = fn;
	x->closed_ctx = ctx;
}

void http_reply(struct http_exchange *x, int status, const char *type,
		const void *body, size_t len)
{
	assert(x->state == CONN_ASKED);
	if (x->headers_bad)
		refuse(x, 500, false);
	else
		answer(x, status, type, body, len, x->req.keep_alive);
}

/* A client of the older protocol knows the end of a stream by the close. */
static bool keeps_stream(const struct http_exchange *x)
{
	return x->req.minor > 0 && x->req.keep_alive;
}

void http_stream_begin(struct http_exchange *x, const char *type)
{
	assert(x->state == CONN_ASKED);
	x->state = CONN_STREAM;
	if (x->headers_bad ||
	    queue_head(x, 200, type, -1, keeps_stream(x)) < 0 || !flush(x))
		conn_break(x);
	watch(x);
}

static int queue_piece(struct http_exchange *x, const void *data, size_t len)
{
	char size[24];
	int n;

	if (x->req.minor == 0)
		return queue(x, data, len);
	n = snprintf(size, sizeof(size), "%zx\r\n", len);
	if (queue(x, size, n) < 0 || queue(x, data, len) < 0)
		return -ENOMEM;
	return queue(x, "\r\n", 2);
}

void http_stream_send(struct http_exchange *x, const void *data, size_t len)
{
	assert(x->state == CONN_STREAM);
	if (x->broken)
		return;
	if (x->n_pieces == HTTP_STREAM_PIECES || queue_piece(x, data, len) < 0 ||
	    !flush(x)) {
		conn_break(x);
		return;
	}
	if (buf_len(&x->out)) {
		x->piece_end[(x->piece_first + x->n_pieces) %
			     HTTP_STREAM_PIECES] = x->queued;
		x->n_pieces++;
	}
	watch(x);
}

void http_stream_abort(struct http_exchange *x)
{
	conn_break(x);
}

void http_stream_end(struct http_exchange *x)
{
	static const char last[] = "0\r\n\r\n";
	bool keep = keeps_stream(x);

	assert(x->state == CONN_STREAM);
	if (x->req.minor > 0 && queue(x, last, sizeof(last) - 1) < 0)
		x->broken = true;
	finish(x, keep);
}
