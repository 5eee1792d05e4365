/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef LOOP_STREAM_H
#define LOOP_STREAM_H

#include "base/cleanup.h"
#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct loop;
struct resolve_addr;
struct stream;
struct transfers;

/**
 * struct stream_target - where a stream leads
 * @url: "http://host:port" for plain TCP, "https://..." for TLS; a proxy of the
 *	environment is passed by CONNECT
 * @verify: refuse a certificate that is not the host's. Without, it is looked
 *	at and reported by stream_verdict() only: whoever does so must prove the
 *	other side by different means
 * @addr: address that the host shall have; NULL = it is looked up
 */
struct stream_target {
	const char *url;
	bool verify;
	const struct resolve_addr *addr;
};

/**
 * struct stream_calls - what a stream tells
 * @connected: once, with 0 or why it could not connect; afterwards the stream
 *	may be read and written
 * @ready: bytes may have come, or there may be room again for more
 * @ctx: for both
 *
 * Either may free the stream.
 */
struct stream_calls {
	void (*connected)(void *ctx, int err, const struct err_detail *detail);
	void (*ready)(void *ctx);
	void *ctx;
};

/**
 * stream_open() - begin to connect
 * @transfers:	where it runs; borrowed
 * @target:	copied
 * @calls:	copied
 * @ret:	the stream, owned by the caller
 *
 * There is no deadline; the owner has one.
 *
 * Return: 0, TNE_URL or -errno.
 */
int stream_open(struct transfers *transfers,
		const struct stream_target *target,
		const struct stream_calls *calls, struct stream **ret);

/**
 * stream_open_fd() - take a socket that is connected
 * @loop:	the loop; borrowed
 * @fd:		non-blocking; moved on success
 * @calls:	copied; @connected is not called
 * @ret:	the stream, owned by the caller
 *
 * Return: 0 or -errno.
 */
int stream_open_fd(struct loop *loop, int fd, const struct stream_calls *calls,
		   struct stream **ret);

/**
 * stream_free() - close
 * @stream: the stream or NULL
 */
void stream_free(struct stream *stream);

DEFINE_CLEANUP(stream, struct stream *, stream_free)

/**
 * stream_set_calls() - hand a stream over to another owner
 * @stream:	connected
 * @calls:	copied; @connected is not called any more
 *
 * @ready is called once in any case, as bytes may be waiting inside.
 */
void stream_set_calls(struct stream *stream, const struct stream_calls *calls);

/**
 * stream_read() - take bytes that have come
 * @stream:	connected
 * @data:	filled
 * @len:	room, bytes
 *
 * Must be repeated until it returns -EAGAIN: only then @ready will be called
 * for more. Who stops earlier calls stream_again().
 *
 * Return: bytes read, 0 at the end of the stream, -EAGAIN, or -errno.
 */
int stream_read(struct stream *stream, void *data, size_t len);

/**
 * stream_write() - send bytes
 * @stream:	connected
 * @data:	copied
 * @len:	bytes
 *
 * Bytes that were taken are on their way or wait inside for the socket, so that
 * nothing is ever offered twice. After -EAGAIN @ready is called when there is
 * room.
 *
 * Return: bytes taken, at least one; -EAGAIN, or -errno.
 */
int stream_write(struct stream *stream, const void *data, size_t len);

/**
 * stream_again() - have @ready called soon
 * @stream: connected
 */
void stream_again(struct stream *stream);

/**
 * stream_verdict() - what was wrong with the other side's certificate
 * @stream: connected
 *
 * Return: a number of X509_verify_cert_error_string(), 0 = nothing or no TLS.
 * The name in it was not compared.
 */
long stream_verdict(const struct stream *stream);

#endif /* LOOP_STREAM_H */
