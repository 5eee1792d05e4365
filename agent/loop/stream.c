// SPDX-License-Identifier: GPL-2.0-only
#include "loop/stream.h"

#include "loop/loop.h"
#include "loop/transfers.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sys/socket.h>

/* One record of TLS. */
#define CHUNK_LEN 16384	/* bytes */

/**
 * struct stream - a connection
 * @loop: where it runs
 * @calls: of the owner
 * @transfer: libcurl's side; unused with a socket of our own
 * @fd: the socket; -1 before it is connected
 * @owned: @fd is ours to close, and to be read without libcurl
 * @io: watch of @fd
 * @later: calls @ready
 * @error: found while bytes were sent that had been taken already
 * @chunk: taken, not yet sent. TLS wants to see the very same bytes at the very
 *	same place again when it could not send them
 * @start: of the bytes in @chunk
 * @end: of the bytes in @chunk
 */
struct stream {
	struct loop *loop;
	struct stream_calls calls;
	struct transfer transfer;
	int fd;
	bool owned;
	struct loop_io io;
	struct loop_later later;
	int error;
	uint8_t chunk[CHUNK_LEN];
	size_t start;
	size_t end;
};

static int watch(struct stream *stream)
{
	uint32_t events = EPOLLIN;

	if (stream->start < stream->end)
		events |= EPOLLOUT;
	return loop_io_set(stream->loop, &stream->io, stream->fd, events);
}

static int to_errno(CURLcode code)
{
	switch ((int)code) {
	case CURLE_AGAIN:
		return -EAGAIN;
	case CURLE_OUT_OF_MEMORY:
		return -ENOMEM;
	}
	return -ECONNRESET;
}

/* Return: bytes, or -errno. */
static int send_some(struct stream *stream, const uint8_t *data, size_t len)
{
	size_t sent = 0;
	CURLcode code;
	ssize_t n;

	if (!stream->owned) {
		code = curl_easy_send(stream->transfer.easy, data, len, &sent);
		return code == CURLE_OK ? (int)sent : to_errno(code);
	}
	do
		n = send(stream->fd, data, len, MSG_NOSIGNAL | MSG_DONTWAIT);
	while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : n;
}

/* Return: 0 if all is sent, -EAGAIN, or -errno. */
static int flush(struct stream *stream)
{
	int n;

	while (stream->start < stream->end) {
		n = send_some(stream, stream->chunk + stream->start,
			      stream->end - stream->start);
		if (n < 0)
			return n;
		stream->start += n;
	}
	return 0;
}

static void socket_ready(void *ctx, uint32_t events)
{
	struct stream *stream = ctx;
	int r = 0;

	if (events & (EPOLLOUT | EPOLLERR | EPOLLHUP))
		r = flush(stream);
	if (r == 0 || r == -EAGAIN)
		r = watch(stream);
	if (r < 0) {
		/* The owner reads it; until then there is nothing to wait for. */
		stream->error = r;
		loop_io_del(stream->loop, &stream->io);
	}
	stream->calls.ready(stream->calls.ctx);
}

static void later_due(void *ctx)
{
	struct stream *stream = ctx;

	stream->calls.ready(stream->calls.ctx);
}

static void connected(void *ctx, int err, const struct err_detail *detail)
{
	struct stream *stream = ctx;
	curl_socket_t fd = CURL_SOCKET_BAD;

	if (err == 0) {
		curl_easy_getinfo(stream->transfer.easy, CURLINFO_ACTIVESOCKET,
				  &fd);
		stream->fd = fd;
		err = fd == CURL_SOCKET_BAD ? -ECONNRESET : watch(stream);
	}
	stream->calls.connected(stream->calls.ctx, err, detail);
}

static struct stream *new_stream(struct loop *loop,
				 const struct stream_calls *calls)
{
	struct stream *stream = calloc(1, sizeof(*stream));

	if (!stream)
		return NULL;
	stream->loop = loop;
	stream->calls = *calls;
	stream->fd = -1;
	loop_io_init(&stream->io, socket_ready, stream);
	loop_later_init(&stream->later, later_due, stream);
	return stream;
}

static void set_options(CURL *easy, bool verify)
{
	curl_easy_setopt(easy, CURLOPT_CONNECT_ONLY, 1L);
	/* It must outlive what libcurl takes for the whole transfer. */
	curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, 0L);
	curl_easy_setopt(easy, CURLOPT_HTTPPROXYTUNNEL, 1L);
	if (verify)
		return;
	curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 0L);
	curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 0L);
}

int stream_open(struct transfers *transfers, const struct stream_target *target,
		const struct stream_calls *calls, struct stream **ret)
{
	struct stream *stream auto_clean(stream) =
		new_stream(transfers_loop(transfers), calls);
	int r;

	if (!stream)
		return -ENOMEM;
	r = transfer_init(&stream->transfer, transfers, connected, stream);
	if (r < 0)
		return r;
	set_options(stream->transfer.easy, target->verify);
	if (target->addr)
		stream->transfer.fixed = *target->addr;
	r = transfer_start(&stream->transfer, target->url);
	if (r < 0)
		return r;
	*ret = steal(stream);
	return 0;
}

int stream_open_fd(struct loop *loop, int fd, const struct stream_calls *calls,
		   struct stream **ret)
{
	struct stream *stream auto_clean(stream) = new_stream(loop, calls);
	int r;

	if (!stream)
		return -ENOMEM;
	stream->fd = fd;
	r = watch(stream);
	if (r < 0)
		return r;
	stream->owned = true;
	*ret = steal(stream);
	return 0;
}

void stream_free(struct stream *stream)
{
	if (!stream)
		return;
	loop_io_del(stream->loop, &stream->io);
	loop_later_cancel(&stream->later);
	transfer_done(&stream->transfer);
	if (stream->owned)
		close(stream->fd);
	free(stream);
}

void stream_set_calls(struct stream *stream, const struct stream_calls *calls)
{
	stream->calls = *calls;
	stream_again(stream);
}

int stream_read(struct stream *stream, void *data, size_t len)
{
	size_t got = 0;
	CURLcode code;
	ssize_t n;

	if (stream->error < 0)
		return stream->error;
	if (!stream->owned) {
		code = curl_easy_recv(stream->transfer.easy, data, len, &got);
		return code == CURLE_OK ? (int)got : to_errno(code);
	}
	do
		n = recv(stream->fd, data, len, MSG_DONTWAIT);
	while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : n;
}

int stream_write(struct stream *stream, const void *data, size_t len)
{
	int r;

	if (stream->error < 0)
		return stream->error;
	r = flush(stream);
	if (r < 0)
		return r;
	if (len > CHUNK_LEN)
		len = CHUNK_LEN;
	memcpy(stream->chunk, data, len);
	stream->start = 0;
	stream->end = len;
	r = flush(stream);
	if (r == 0 || r == -EAGAIN)
		r = watch(stream);
	return r < 0 ? r : (int)len;
}

void stream_again(struct stream *stream)
{
	loop_later_set(stream->loop, &stream->later);
}

long stream_verdict(const struct stream *stream)
{
	long verdict = 0;

	if (!stream->owned)
		curl_easy_getinfo(stream->transfer.easy,
				  CURLINFO_SSL_VERIFYRESULT, &verdict);
	return verdict;
}
