// SPDX-License-Identifier: GPL-2.0-only
#include "conn.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "h2.h"
#include "outer.h"

#define READ_MAX	65536
#define IN_MAX		(256 * 1024)	/* ours: not yet understood, bytes */

int conn_listen(const char *where, char *ret_where, size_t size)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM,
				  .ai_flags = AI_PASSIVE | AI_NUMERICHOST };
	char host[128], name[64], serv[16];
	struct sockaddr_storage ss;
	socklen_t len = sizeof(ss);
	struct addrinfo *ai;
	const char *port;
	int fd, one = 1;

	port = strrchr(where, ':');
	if (!port || port - where >= (long)sizeof(host)) {
		fprintf(stderr, "tn-control: %s is not ADDR:PORT\n", where);
		return -1;
	}
	snprintf(host, sizeof(host), "%.*s", (int)(port - where), where);
	if (*host == '[') {
		memmove(host, host + 1, strlen(host));
		host[strcspn(host, "]")] = '\0';
	}
	if (getaddrinfo(host, port + 1, &hints, &ai)) {
		fprintf(stderr, "tn-control: %s: not an address\n", where);
		return -1;
	}
	fd = socket(ai->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd >= 0)
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (fd < 0 || bind(fd, ai->ai_addr, ai->ai_addrlen) ||
	    listen(fd, 128)) {
		fprintf(stderr, "tn-control: %s: %s\n", where, strerror(errno));
		freeaddrinfo(ai);
		if (fd >= 0)
			close(fd);
		return -1;
	}
	freeaddrinfo(ai);
	getsockname(fd, (struct sockaddr *)&ss, &len);
	getnameinfo((struct sockaddr *)&ss, len, name, sizeof(name), serv,
		    sizeof(serv), NI_NUMERICHOST | NI_NUMERICSERV);
	snprintf(ret_where, size, strchr(name, ':') ? "[%s]:%s" : "%s:%s", name,
		 serv);
	return fd;
}

/* --- what goes out --------------------------------------------------------- */

/* Move what TLS wants to send to the socket's queue. */
static void tls_drain(struct conn *c)
{
	BIO *bio = SSL_get_wbio(c->ssl);
	size_t n;

	while ((n = BIO_ctrl_pending(bio))) {
		uint8_t *p = buf_grow(&c->out, n);
		int got = BIO_read(bio, p, n);

		buf_chop(&c->out, n - (got > 0 ? got : 0));
		if (got <= 0)
			break;
	}
}

void conn_send(struct conn *c, const void *data, size_t n)
{
	if (c->dead || c->last || !n)
		return;
	if (!c->ssl) {
		buf_add(&c->out, data, n);
		return;
	}
	/* Memory never blocks, so it takes all or the connection is broken. */
	if (SSL_write(c->ssl, data, n) <= 0) {
		conn_kill(c);
		return;
	}
	tls_drain(c);
}

static void too_late(void *arg)
{
	conn_kill(arg);
}

static void send_next(void *arg)
{
	struct conn *c = arg;

	if (buf_len(&c->slow)) {
		conn_send(c, buf_data(&c->slow), 1);
		buf_take(&c->slow, 1);
		loop_timer(c->srv->loop, &c->later, c->slow_ms, send_next, c);
	} else {
		conn_finish(c);
	}
}

void conn_send_slowly(struct conn *c, const void *data, size_t n, long ms)
{
	buf_add(&c->slow, data, n);
	c->slow_ms = ms;
	loop_timer(c->srv->loop, &c->later, ms, send_next, c);
}

void conn_finish(struct conn *c)
{
	if (c->ssl && !c->last && !c->dead && SSL_is_init_finished(c->ssl)) {
		SSL_shutdown(c->ssl);
		tls_drain(c);
	}
	c->last = true;
	/* Who does not read what is left is not waited for. */
	loop_timer(c->srv->loop, &c->deadline, OUTER_TIMEOUT_MS, too_late, c);
}

void conn_kill(struct conn *c)
{
	c->dead = true;
}

static void write_out(struct conn *c)
{
	size_t n;
	ssize_t w;

	while ((n = buf_len(&c->out))) {
		if (c->dribble > 0) {
			n = 1;
			c->dribble--;
		}
		w = send(c->fd, buf_data(&c->out), n, MSG_NOSIGNAL);
		if (w < 0) {
			if (errno != EAGAIN && errno != EINTR)
				conn_kill(c);
			return;
		}
		buf_take(&c->out, w);
	}
	if (c->last)
		conn_kill(c);
}

/* --- what comes in --------------------------------------------------------- */

static void deliver(struct conn *c)
{
	switch (c->phase) {
	case CONN_OUTER:
		outer_input(c);
		break;
	case CONN_IGNORE:
		buf_take(&c->in, buf_len(&c->in));
		break;
	case CONN_NOISE:
		h2_input(c);
		break;
	}
	if (buf_len(&c->in) > IN_MAX)
		conn_kill(c);
}

static void tls_input(struct conn *c, const uint8_t *data, size_t n)
{
	uint8_t plain[16384];
	int got = 0;

	BIO_write(SSL_get_rbio(c->ssl), data, n);
	if (!SSL_is_init_finished(c->ssl)) {
		got = SSL_do_handshake(c->ssl);
		tls_drain(c);
		if (got <= 0) {
			if (SSL_get_error(c->ssl, got) != SSL_ERROR_WANT_READ) {
				ERR_clear_error();
				c->last = true;
			}
			return;
		}
	}
	while (!c->dead && (got = SSL_read(c->ssl, plain, sizeof(plain))) > 0) {
		buf_add(&c->in, plain, got);
		deliver(c);
	}
	if (!c->dead && SSL_get_error(c->ssl, got) != SSL_ERROR_WANT_READ) {
		ERR_clear_error();
		conn_kill(c);
	}
	tls_drain(c);
}

static void read_in(struct conn *c)
{
	uint8_t data[READ_MAX];
	ssize_t n;

	n = recv(c->fd, data, sizeof(data), 0);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		conn_kill(c);
		return;
	}
	if (c->ssl) {
		tls_input(c, data, n);
	} else {
		buf_add(&c->in, data, n);
		deliver(c);
	}
}

static void conn_event(void *arg, uint32_t events)
{
	struct conn *c = arg;

	if (events & (EPOLLIN | EPOLLHUP | EPOLLERR) && !c->dead)
		read_in(c);
}

/* --- birth and death ------------------------------------------------------- */

struct listener {
	struct listener *next;
	struct server *srv;
	struct loop_io *io;
	int fd;
	bool tls;
};

static void conn_new(struct server *srv, int fd, bool tls)
{
	struct conn *c = calloc(1, sizeof(*c));
	int one = 1;

	if (!c)
		abort();
	c->srv = srv;
	c->fd = fd;
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	if (tls) {
		c->ssl = SSL_new(srv->tls);
		if (!c->ssl)
			abort();
		SSL_set_bio(c->ssl, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
		SSL_set_accept_state(c->ssl);
	}
	if (fault_take(&srv->faults, FAULT_WIRE_DRIBBLE, NULL))
		c->dribble = 4096;
	c->next = srv->conns;
	srv->conns = c;
	srv->n_conns++;
	srv->stats.connections++;
	c->io = loop_watch(srv->loop, fd, EPOLLIN, conn_event, c);
	loop_timer(srv->loop, &c->deadline, OUTER_TIMEOUT_MS, too_late, c);
}

static void accept_all(void *arg, uint32_t events)
{
	struct listener *l = arg;
	int fd;

	(void)events;
	while ((fd = accept4(l->fd, NULL, NULL,
			     SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
		if (l->srv->n_conns >= CONNS_MAX)
			close(fd);
		else
			conn_new(l->srv, fd, l->tls);
	}
}

void conn_serve(struct server *srv, int fd, bool tls)
{
	struct listener *l = calloc(1, sizeof(*l));

	if (!l)
		abort();
	l->srv = srv;
	l->fd = fd;
	l->tls = tls;
	l->next = srv->listeners;
	srv->listeners = l;
	l->io = loop_watch(srv->loop, fd, EPOLLIN, accept_all, l);
}

static void conn_free(struct conn *c)
{
	loop_cancel(c->srv->loop, &c->deadline);
	loop_cancel(c->srv->loop, &c->later);
	h2_free(c->h2);
	loop_unwatch(c->io);
	SSL_free(c->ssl);
	close(c->fd);
	buf_done(&c->in);
	buf_done(&c->out);
	buf_done(&c->slow);
	c->srv->n_conns--;
	free(c);
}

/* Freeing one may end streams, which may write to others: so in two steps. */
static void free_dead(struct server *srv)
{
	struct conn *dead = NULL, **p = &srv->conns, *c;

	while ((c = *p)) {
		if (c->dead) {
			*p = c->next;
			c->next = dead;
			dead = c;
		} else {
			p = &c->next;
		}
	}
	while ((c = dead)) {
		dead = c->next;
		conn_free(c);
	}
}

static void conn_work(struct conn *c)
{
	bool want, more;

	/* A socket that takes all at once does not say later that it is ready. */
	do {
		more = c->h2 && h2_pump(c);
		write_out(c);
	} while (more && !c->dead && !buf_len(&c->out));
	want = buf_len(&c->out);
	if (!c->dead && want != c->writable_wanted) {
		c->writable_wanted = want;
		loop_change(c->io, EPOLLIN | (want ? EPOLLOUT : 0));
	}
}

static bool any_dead(const struct server *srv)
{
	const struct conn *c;

	for (c = srv->conns; c; c = c->next)
		if (c->dead)
			return true;
	return false;
}

void conn_sweep(struct server *srv)
{
	struct conn *c;

	do {
		free_dead(srv);
		for (c = srv->conns; c; c = c->next)
			if (!c->dead)
				conn_work(c);
	} while (any_dead(srv));
}

void conn_close_all(struct server *srv)
{
	struct listener *l;
	struct conn *c;

	while ((l = srv->listeners)) {
		srv->listeners = l->next;
		loop_unwatch(l->io);
		close(l->fd);
		free(l);
	}
	for (c = srv->conns; c; c = c->next)
		conn_kill(c);
	free_dead(srv);
}
