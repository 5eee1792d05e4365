// SPDX-License-Identifier: GPL-2.0-only
#include "admin.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "nodes.h"
#include "rpc.h"

struct admin_listener {
	struct server *srv;
	struct loop_io *io;
	int fd;
	char *path;
	struct admin *clients;
};

/* --- answers --------------------------------------------------------------- */

static void write_out(struct admin *a)
{
	ssize_t n;

	while (buf_len(&a->out)) {
		n = send(a->fd, buf_data(&a->out), buf_len(&a->out),
			 MSG_NOSIGNAL);
		if (n < 0 && errno == EAGAIN)
			break;
		if (n < 0 && errno != EINTR) {
			a->dead = true;
			return;
		}
		if (n > 0)
			buf_take(&a->out, n);
	}
	loop_change(a->io, EPOLLIN | (buf_len(&a->out) ? EPOLLOUT : 0));
}

static void say(struct admin *a, const char *first, const char *format,
		va_list ap)
{
	char *text;

	if (vasprintf(&text, format, ap) < 0)
		abort();
	buf_printf(&a->out, "%s%s\n", first, text);
	free(text);
}

void admin_say(struct admin *a, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	say(a, " ", format, ap);
	va_end(ap);
}

void admin_ok(struct admin *a)
{
	buf_text(&a->out, "ok\n");
}

void admin_error(struct admin *a, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	say(a, "error ", format, ap);
	va_end(ap);
}

/* --- commands -------------------------------------------------------------- */

char *admin_word(char **rest)
{
	char *s = *rest + strspn(*rest, " ");
	size_t n = strcspn(s, " ");

	*rest = s + n;
	if (**rest) {
		*(*rest)++ = '\0';
		*rest += strspn(*rest, " ");
	}
	return s;
}

struct node *admin_node(struct admin *a, const char *name)
{
	struct node *n = node_by_name(&a->srv->nodes, name);

	if (!n)
		admin_error(a, "no node %s", *name ? name : "named");
	return n;
}

json_t *admin_json(struct admin *a, const char *text)
{
	json_error_t error;
	json_t *v = json_loads(text, JSON_DECODE_ANY | JSON_ALLOW_NUL, &error);

	if (!v)
		admin_error(a, "JSON: %s", error.text);
	return v;
}

static const struct admin_command *const tables[] = {
	admin_nodes_commands, admin_map_commands, admin_lock_commands,
	admin_set_commands, NULL
};

static void help(struct admin *a)
{
	const struct admin_command *c;
	size_t i;

	for (i = 0; tables[i]; i++)
		for (c = tables[i]; c->name; c++)
			admin_say(a, "%s%s%s -- %s", c->name,
				  *c->usage ? " " : "", c->usage, c->help);
	admin_ok(a);
}

static void run_line(struct admin *a, char *line)
{
	const struct admin_command *c;
	char *rest = line, *name = admin_word(&rest);
	size_t i;

	if (!*name || *name == '#')
		return;
	if (!strcmp(name, "help")) {
		help(a);
		return;
	}
	for (i = 0; tables[i]; i++) {
		for (c = tables[i]; c->name; c++) {
			if (!strcmp(c->name, name)) {
				c->run(a, rest);
				return;
			}
		}
	}
	admin_error(a, "unknown command %s; try help", name);
}

static void run_lines(struct admin *a)
{
	char *end, *line;
	size_t n;

	while (!a->busy && !a->dead && buf_len(&a->in)) {
		end = memchr(buf_data(&a->in), '\n', buf_len(&a->in));
		if (!end) {
			a->dead = buf_len(&a->in) > ADMIN_LINE_MAX;
			break;
		}
		n = end - (char *)buf_data(&a->in);
		line = strndup((char *)buf_data(&a->in), n);
		if (!line)
			abort();
		buf_take(&a->in, n + 1);
		line[strcspn(line, "\r")] = '\0';
		run_line(a, line);
		free(line);
	}
	write_out(a);
}

void admin_resume(struct admin *a)
{
	a->busy = false;
	run_lines(a);
}

/* --- the socket ------------------------------------------------------------ */

static void admin_free(struct admin *a)
{
	struct admin **p;

	for (p = &a->srv->admin->clients; *p; p = &(*p)->next) {
		if (*p == a) {
			*p = a->next;
			break;
		}
	}
	c2n_forget(a->srv, a);
	loop_cancel(a->srv->loop, &a->poll);
	loop_unwatch(a->io);
	close(a->fd);
	buf_done(&a->in);
	buf_done(&a->out);
	free(a);
}

static void admin_event(void *arg, uint32_t events)
{
	struct admin *a = arg;
	char data[65536];
	ssize_t n = 0;

	if (events & EPOLLOUT)
		write_out(a);
	if (events & (EPOLLIN | EPOLLHUP | EPOLLERR)) {
		n = read(a->fd, data, sizeof(data));
		if (n > 0) {
			buf_add(&a->in, data, n);
			run_lines(a);
		} else if (!n || (errno != EAGAIN && errno != EINTR)) {
			/* A client that has sent all still wants its answer. */
			a->dead = n < 0 || (!a->busy && !buf_len(&a->out));
			if (!a->dead)
				loop_change(a->io, buf_len(&a->out) ?
					    EPOLLOUT : 0);
			if (events & EPOLLHUP)
				a->dead = true;
		}
	}
	if (a->dead)
		admin_free(a);
}

static void accept_one(void *arg, uint32_t events)
{
	struct admin_listener *l = arg;
	struct admin *a;
	int fd;

	(void)events;
	fd = accept4(l->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (fd < 0)
		return;
	a = calloc(1, sizeof(*a));
	if (!a)
		abort();
	a->srv = l->srv;
	a->fd = fd;
	a->next = l->clients;
	l->clients = a;
	a->io = loop_watch(l->srv->loop, fd, EPOLLIN, admin_event, a);
}

bool admin_listen(struct server *srv, const char *path)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	struct admin_listener *l;
	int fd;

	if (strlen(path) >= sizeof(un.sun_path)) {
		fprintf(stderr, "tn-control: %s: too long\n", path);
		return false;
	}
	strcpy(un.sun_path, path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	unlink(path);
	if (fd < 0 || bind(fd, (struct sockaddr *)&un, sizeof(un)) ||
	    listen(fd, 16)) {
		fprintf(stderr, "tn-control: %s: %s\n", path, strerror(errno));
		if (fd >= 0)
			close(fd);
		return false;
	}
	l = calloc(1, sizeof(*l));
	if (!l)
		abort();
	l->srv = srv;
	l->fd = fd;
	l->path = strdup(path);
	l->io = loop_watch(srv->loop, fd, EPOLLIN, accept_one, l);
	srv->admin = l;
	return true;
}

void admin_close_all(struct server *srv)
{
	struct admin_listener *l = srv->admin;

	if (!l)
		return;
	while (l->clients) {
		/* What was said last is heard, "quit" above all. */
		write_out(l->clients);
		admin_free(l->clients);
	}
	loop_unwatch(l->io);
	close(l->fd);
	unlink(l->path);
	free(l->path);
	free(l);
	srv->admin = NULL;
}
