// SPDX-License-Identifier: GPL-2.0-only
#include "client.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include <zstd.h>

#include "text.h"

static int64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000LL + ts.tv_nsec / 1000000;
}

/* --- bytes ------------------------------------------------------------------ */

static bool dial(struct client *c, const char *port, const char *ca)
{
	struct sockaddr_in sin = { .sin_family = AF_INET,
				   .sin_port = htons(atoi(port)),
				   .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };

	int one = 1;

	c->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	/* A request is several small writes. */
	setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	if (c->fd < 0 || connect(c->fd, (struct sockaddr *)&sin, sizeof(sin)))
		return false;
	if (!ca)
		return true;
	c->tls = SSL_CTX_new(TLS_client_method());
	SSL_CTX_load_verify_locations(c->tls, ca, NULL);
	SSL_CTX_set_verify(c->tls, SSL_VERIFY_PEER, NULL);
	c->ssl = SSL_new(c->tls);
	SSL_set_fd(c->ssl, c->fd);
	SSL_set1_host(c->ssl, "localhost");
	return SSL_connect(c->ssl) == 1;
}

static bool put(struct client *c, const void *data, size_t n)
{
	ssize_t w;

	if (c->ssl)
		return SSL_write(c->ssl, data, n) == (int)n;
	while (n) {
		w = send(c->fd, data, n, MSG_NOSIGNAL);
		if (w <= 0)
			return false;
		data = (const char *)data + w;
		n -= w;
	}
	return true;
}

/* More bytes into @c->in. Return: false at the end or when time is up. */
static bool get(struct client *c, int wait_ms)
{
	struct pollfd p = { c->fd, POLLIN, 0 };
	uint8_t data[16384];
	ssize_t n;

	if (!(c->ssl && SSL_pending(c->ssl)) && poll(&p, 1, wait_ms) <= 0) {
		errno = ETIMEDOUT;
		return false;
	}
	n = c->ssl ? SSL_read(c->ssl, data, sizeof(data)) :
	    recv(c->fd, data, sizeof(data), 0);
	if (n <= 0) {
		errno = EPIPE;
		return false;
	}
	buf_add(&c->in, data, n);
	return true;
}

static void hang_up(struct client *c)
{
	SSL_free(c->ssl);
	SSL_CTX_free(c->tls);
	if (c->fd >= 0)
		close(c->fd);
}

bool http_ask(const char *port, const char *ca, const char *request,
	      struct buf *ret, int wait_ms)
{
	struct client c = { .fd = -1 };
	int64_t end = now_ms() + wait_ms;
	bool ok = dial(&c, port, ca) && put(&c, request, strlen(request));

	while (ok && now_ms() < end && get(&c, end - now_ms()))
		;
	*ret = c.in;
	hang_up(&c);
	return ok;
}

/* --- HTTP/2 ----------------------------------------------------------------- */

struct reply *client_reply(struct client *c, int32_t id)
{
	struct reply *r;

	for (r = c->replies; r && r->id != id; r = r->next)
		;
	return r;
}

static int on_header(nghttp2_session *s, const nghttp2_frame *frame,
		     const uint8_t *name, size_t name_len, const uint8_t *value,
		     size_t value_len, uint8_t flags, void *arg)
{
	struct reply *r = client_reply(arg, frame->hd.stream_id);

	(void)s;
	(void)name_len;
	(void)flags;
	if (!r)
		return 0;
	r->fields++;
	if (!strcmp((const char *)name, ":status"))
		r->status = atoi((const char *)value);
	if (!strcmp((const char *)name, "retry-after"))
		snprintf(r->retry_after, sizeof(r->retry_after), "%.*s",
			 (int)value_len, value);
	return 0;
}

static int on_data(nghttp2_session *s, uint8_t flags, int32_t id,
		   const uint8_t *data, size_t n, void *arg)
{
	struct reply *r = client_reply(arg, id);

	(void)s;
	(void)flags;
	if (r)
		buf_add(&r->body, data, n);
	return 0;
}

static int on_close(nghttp2_session *s, int32_t id, uint32_t code, void *arg)
{
	struct reply *r = client_reply(arg, id);

	(void)s;
	if (r) {
		r->closed = true;
		r->error = code;
	}
	return 0;
}

static int on_frame(nghttp2_session *s, const nghttp2_frame *frame, void *arg)
{
	struct client *c = arg;

	(void)s;
	if (frame->hd.type == NGHTTP2_GOAWAY)
		c->goaway = true;
	return 0;
}

static void new_session(struct client *c)
{
	nghttp2_settings_entry iv[2] = {
		{ NGHTTP2_SETTINGS_ENABLE_PUSH, 0 },
		{ NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, 4 << 20 },
	};
	nghttp2_session_callbacks *cb;

	nghttp2_session_callbacks_new(&cb);
	nghttp2_session_callbacks_set_on_header_callback(cb, on_header);
	nghttp2_session_callbacks_set_on_data_chunk_recv_callback(cb, on_data);
	nghttp2_session_callbacks_set_on_stream_close_callback(cb, on_close);
	nghttp2_session_callbacks_set_on_frame_recv_callback(cb, on_frame);
	nghttp2_session_client_new(&c->session, cb, c);
	nghttp2_session_callbacks_del(cb);
	nghttp2_submit_settings(c->session, NGHTTP2_FLAG_NONE, iv, 2);
	nghttp2_session_set_local_window_size(c->session, NGHTTP2_FLAG_NONE, 0,
					      16 << 20);
}

static bool flush(struct client *c)
{
	uint8_t rec[NOISE_RECORD_MAX];
	const uint8_t *data;
	ssize_t n;

	while ((n = nghttp2_session_mem_send(c->session, &data)) > 0) {
		while (n > 0) {
			size_t part = n < NOISE_PLAIN_MAX ? n : NOISE_PLAIN_MAX;

			noise_seal(&c->ch.tx, data, part, rec);
			if (!put(c, rec, part + 19))
				return false;
			data += part;
			n -= part;
		}
	}
	return n == 0;
}

/* --- records ---------------------------------------------------------------- */

/* The early payload, if there is one, off the front of @c->plain. */
static bool take_early(struct client *c)
{
	const uint8_t *p = buf_data(&c->plain);
	size_t n;

	if (c->early_known || buf_len(&c->plain) < 9)
		return c->early_known;
	if (memcmp(p, "\xff\xff\xffTS", 5)) {
		c->early_known = true;
		return true;
	}
	n = (size_t)p[5] << 24 | p[6] << 16 | p[7] << 8 | p[8];
	if (n > 65536) {
		c->why = "early payload too long";
		return false;
	}
	if (buf_len(&c->plain) < 9 + n)
		return false;
	buf_add(&c->early, p + 9, n);
	buf_take(&c->plain, 9 + n);
	c->early_known = true;
	return true;
}

/* Whole records out of @c->in. */
static void take_records(struct client *c)
{
	uint8_t plain[NOISE_RECORD_MAX];
	const uint8_t *p;
	ssize_t got;
	size_t n;

	while (!c->why && buf_len(&c->in) >= 3) {
		p = buf_data(&c->in);
		n = p[1] << 8 | p[2];
		if (p[0] != NOISE_TYPE_RECORD)
			c->why = "record type";
		else if (n < 16 || n > NOISE_RECORD_MAX - 3)
			c->why = "record length";
		if (c->why || buf_len(&c->in) < 3 + n)
			break;
		if (!noise_open(&c->ch.rx, p + 3, n, plain)) {
			c->why = "record tag";
			break;
		}
		c->records++;
		c->empty_records += n == 16;
		buf_take(&c->in, 3 + n);
		buf_add(&c->plain, plain, n - 16);
	}
	if (c->why || !take_early(c) || !buf_len(&c->plain))
		return;
	got = nghttp2_session_mem_recv(c->session, buf_data(&c->plain),
				       buf_len(&c->plain));
	buf_take(&c->plain, buf_len(&c->plain));
	if (got < 0)
		c->why = nghttp2_strerror(got);
}

bool client_step(struct client *c, int wait_ms)
{
	if (c->why || !c->session || !flush(c))
		return false;
	if (!get(c, wait_ms)) {
		if (errno == ETIMEDOUT)
			return true;
		c->why = "closed";
		return false;
	}
	take_records(c);
	if (c->why || !flush(c))
		return false;
	/* It has found an error and said so. */
	if (!nghttp2_session_want_read(c->session))
		c->why = "HTTP/2 error";
	return !c->why;
}

/* --- upgrade ---------------------------------------------------------------- */

static void ask_upgrade(struct client *c, const uint8_t init[NOISE_INIT_LEN])
{
	struct buf b = {};

	buf_text(&b, "POST /ts2021 HTTP/1.1\r\nHost: localhost\r\n"
		 "Upgrade: tailscale-control-protocol\r\nConnection: upgrade\r\n"
		 "X-Tailscale-Handshake: ");
	base64_add(&b, init, NOISE_INIT_LEN);
	buf_text(&b, "\r\nContent-Length: 0\r\n\r\n");
	put(c, buf_data(&b), buf_len(&b));
	buf_done(&b);
}

/* Until @c->in holds at least @n bytes. */
static bool need(struct client *c, size_t n)
{
	while (buf_len(&c->in) < n) {
		if (!get(c, 1500)) {
			c->why = errno == ETIMEDOUT ? "timeout" : "closed";
			return false;
		}
	}
	return true;
}

static bool read_101(struct client *c)
{
	uint8_t *end;

	for (;;) {
		end = buf_len(&c->in) ? memmem(buf_data(&c->in),
					       buf_len(&c->in), "\r\n\r\n", 4) :
		      NULL;
		if (end)
			break;
		if (buf_len(&c->in) > 16384) {
			c->why = "header too long";
			return false;
		}
		if (!need(c, buf_len(&c->in) + 1))
			return false;
	}
	*end = '\0';
	if (strncmp((char *)buf_data(&c->in), "HTTP/1.1 101 ", 13))
		c->why = "no 101";
	else if (!strstr((char *)buf_data(&c->in),
			 "\r\nUpgrade: tailscale-control-protocol"))
		c->why = "no upgrade header";
	buf_take(&c->in, end + 4 - buf_data(&c->in));
	return !c->why;
}

static bool handshake(struct client *c, struct noise_state *st)
{
	const uint8_t *p;

	if (!need(c, 3))
		return false;
	p = buf_data(&c->in);
	if (p[0] == NOISE_TYPE_ERROR)
		c->why = "noise error";
	else if (p[0] != NOISE_TYPE_RESPONSE)
		c->why = "response type";
	else if (p[1] || p[2] != 48)
		c->why = "response length";
	if (c->why || !need(c, NOISE_RESPONSE_LEN))
		return false;
	if (!noise_finish(st, buf_data(&c->in), &c->ch))
		c->why = "response tag";
	buf_take(&c->in, NOISE_RESPONSE_LEN);
	return !c->why;
}

struct client *client_dial(const char *port, const char *ca,
			   const uint8_t server_pub[32],
			   const uint8_t machine[32], int version)
{
	struct client *c = calloc(1, sizeof(*c));
	uint8_t init[NOISE_INIT_LEN], e[32];
	struct noise_state st;

	if (!c)
		abort();
	c->fd = -1;
	if (!dial(c, port, ca)) {
		c->why = "connect";
		return c;
	}
	randombytes_buf(e, sizeof(e));
	noise_begin(&st, version, machine, e, server_pub, init);
	ask_upgrade(c, init);
	if (read_101(c) && handshake(c, &st)) {
		new_session(c);
		take_records(c);
		/* What it thinks of that, it says at the first step. */
		if (!c->why)
			flush(c);
		if (!c->why && !nghttp2_session_want_read(c->session))
			c->why = "HTTP/2 error";
	}
	return c;
}

void client_free(struct client *c)
{
	struct reply *r;

	if (!c)
		return;
	nghttp2_session_del(c->session);
	while ((r = c->replies)) {
		c->replies = r->next;
		buf_done(&r->request);
		buf_done(&r->body);
		free(r);
	}
	hang_up(c);
	buf_done(&c->in);
	buf_done(&c->plain);
	buf_done(&c->early);
	free(c);
}

/* --- requests --------------------------------------------------------------- */

static ssize_t read_body(nghttp2_session *s, int32_t id, uint8_t *buf,
			 size_t size, uint32_t *flags,
			 nghttp2_data_source *source, void *arg)
{
	struct buf *b = source->ptr;
	size_t n = buf_len(b) < size ? buf_len(b) : size;

	(void)s;
	(void)id;
	(void)arg;
	if (n)
		memcpy(buf, buf_data(b), n);
	buf_take(b, n);
	if (!buf_len(b))
		*flags |= NGHTTP2_DATA_FLAG_EOF;
	return n;
}

#define FIELD(n, v) { (uint8_t *)(n), (uint8_t *)(v), strlen(n), strlen(v), 0 }

int32_t client_send(struct client *c, const char *method, const char *path,
		    const char *body)
{
	nghttp2_nv nv[] = { FIELD(":method", method), FIELD(":scheme", "https"),
			    FIELD(":authority", "unused"), FIELD(":path", path) };
	nghttp2_data_provider data = { .read_callback = read_body };
	struct reply *r;

	if (c->why || !c->session)
		return -1;
	r = calloc(1, sizeof(*r));
	if (!r)
		abort();
	if (body)
		buf_text(&r->request, body);
	data.source.ptr = &r->request;
	r->id = nghttp2_submit_request(c->session, NULL, nv, 4, &data, NULL);
	r->next = c->replies;
	c->replies = r;
	flush(c);
	return r->id;
}

bool client_finish(struct client *c, int32_t id, int wait_ms)
{
	struct reply *r = client_reply(c, id);
	int64_t end = now_ms() + wait_ms;

	while (r && !r->closed && now_ms() < end &&
	       client_step(c, end - now_ms()))
		;
	return r && r->closed;
}

struct reply *client_ask(struct client *c, const char *method,
			 const char *path, const char *body)
{
	int32_t id = client_send(c, method, path, body);

	return client_finish(c, id, CLIENT_WAIT_MS) ? client_reply(c, id) :
	       NULL;
}

/* One message off the front of @b, if it is there. */
static json_t *take_message(struct client *c, struct buf *b, bool zstd)
{
	const uint8_t *p = buf_data(b);
	unsigned long long size;
	json_t *ret;
	char *plain;
	size_t n;

	if (buf_len(b) < 4)
		return NULL;
	n = p[0] | p[1] << 8 | p[2] << 16 | (size_t)p[3] << 24;
	if (!n || n > 64 << 20) {
		c->why = "frame length";
		return NULL;
	}
	if (buf_len(b) < 4 + n)
		return NULL;
	if (!zstd) {
		ret = json_loadb((char *)p + 4, n, JSON_ALLOW_NUL, NULL);
	} else {
		size = ZSTD_getFrameContentSize(p + 4, n);
		if (size > 256 << 20 ||
		    ZSTD_findFrameCompressedSize(p + 4, n) != n) {
			c->why = "zstd";
			return NULL;
		}
		plain = malloc(size + 1);
		size = ZSTD_decompress(plain, size, p + 4, n);
		ret = ZSTD_isError(size) ? NULL :
		      json_loadb(plain, size, JSON_ALLOW_NUL, NULL);
		free(plain);
	}
	if (!ret)
		c->why = "JSON";
	buf_take(b, 4 + n);
	return ret;
}

json_t *client_map(struct client *c, int32_t id, bool zstd, int wait_ms)
{
	struct reply *r = client_reply(c, id);
	int64_t end = now_ms() + wait_ms;
	json_t *v;

	for (;;) {
		if (!r || c->why)
			return NULL;
		v = r->status == 200 ? take_message(c, &r->body, zstd) : NULL;
		if (v)
			return v;
		if (r->closed || now_ms() >= end ||
		    !client_step(c, end - now_ms()))
			return NULL;
	}
}
