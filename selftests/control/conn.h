/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A TCP connection, with TLS or without. Its bytes go to outer.c until the
 * upgrade, to h2.c from then on.
 */
#ifndef CONTROL_CONN_H
#define CONTROL_CONN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buf.h"
#include "loop.h"
#include "server.h"

struct h2;

enum conn_phase {
	CONN_OUTER,	/* HTTP/1.1 */
	CONN_IGNORE,	/* a fault: read and drop */
	CONN_NOISE,
};

/**
 * struct conn - one connection
 * @in:		bytes received and not yet understood, TLS taken off
 * @out:	bytes to be sent, TLS put on
 * @last:	close when @out is empty
 * @dead:	free at the next sweep
 * @deadline:	to finish the HTTP/1.1 part
 * @later:	work of a fault that waits
 * @slow:	bytes that a fault sends one by one
 * @dribble:	bytes still to be sent one by one
 */
struct conn {
	struct conn *next;
	struct server *srv;
	struct loop_io *io;
	int fd;
	SSL *ssl;
	struct buf in;
	struct buf out;
	enum conn_phase phase;
	bool last;
	bool dead;
	bool writable_wanted;
	struct timer deadline;
	struct timer later;
	struct buf slow;
	long slow_ms;
	long dribble;
	struct h2 *h2;
};

/* Listen on "ADDR:PORT"; tells the port taken if that was 0.
 * Return: descriptor, or -1 with a message printed.
 */
int conn_listen(const char *where, char *ret_where, size_t size);
/* Take connections from a listening socket for ever. */
void conn_serve(struct server *srv, int fd, bool tls);

void conn_send(struct conn *c, const void *data, size_t n);
/* One byte each @ms. */
void conn_send_slowly(struct conn *c, const void *data, size_t n, long ms);
/* Close once all is sent. */
void conn_finish(struct conn *c);
/* Close now; the memory goes at the next sweep. */
void conn_kill(struct conn *c);

/* Send what there is, free what is dead: before each wait. */
void conn_sweep(struct server *srv);
void conn_close_all(struct server *srv);

#endif /* CONTROL_CONN_H */
