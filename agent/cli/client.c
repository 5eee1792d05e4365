// SPDX-License-Identifier: GPL-2.0-only
#include "cli/client.h"

#include "base/secret.h"
#include "base/version.h"
#include "wire/http_request.h"
#include "wire/local_json.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define HEAD_MAX	16384	/* bytes of an answer's head; ours */
#define LINE_MAX_LEN	(64u << 20)	/* bytes of one message; ours */
#define ANSWER_WAIT_MS	60000	/* ours */

/**
 * struct incoming - an answer being read
 * @fd: of the connection
 * @status: of HTTP
 * @buf: bytes that are not used yet; the last one stays zero
 * @len: how many
 * @framed: the answer says where it ends; else the connection does
 * @body: how the body comes
 */
struct incoming {
	int fd;
	int status;
	char buf[HEAD_MAX + 1];
	size_t len;
	bool framed;
	struct http_body body;
};

/**
 * struct client_watch - a stream of messages
 * @in: its answer
 * @line: collected so far, @line_len bytes, then what follows it
 * @line_len: bytes in use
 * @line_cap: bytes allocated
 * @used: bytes of @line that were handed out
 */
struct client_watch {
	struct incoming in;
	char *line;
	size_t line_len;
	size_t line_cap;
	size_t used;
};

static int bad(struct err_detail *detail)
{
	return err_explain(detail, TNE_LOCAL_HTTP,
			   "the answer is not what an agent sends");
}

static int connect_to(const char *path, struct err_detail *detail, int *ret)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd, err;

	if (strlen(path) >= sizeof(addr.sun_path))
		return err_explain(detail, -ENAMETOOLONG,
				   "path of the socket is too long");
	strcpy(addr.sun_path, path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	if (connect(fd, (struct sockaddr *)&addr, sizeof(addr)) < 0) {
		err = errno;
		close(fd);
		return err_explain(detail, -err, "%s: %s", path,
				   strerror(err));
	}
	*ret = fd;
	return 0;
}

static int send_all(int fd, const char *data, size_t len)
{
	ssize_t n;

	for (; len; data += n, len -= n) {
		n = send(fd, data, len, MSG_NOSIGNAL);
		if (n < 0 && errno != EINTR)
			return -errno;
		if (n < 0)
			n = 0;
	}
	return 0;
}

static int send_request(int fd, const char *method, const char *path,
			const void *body, size_t len)
{
	char head[1024];
	int n, r;

	n = snprintf(head, sizeof(head),
		     "%s /localapi/v0/%s HTTP/1.1\r\n"
		     "Host: local-tailscaled.sock\r\n"
		     "Tailscale-Cap: %d\r\n"
		     "Connection: close\r\n"
		     "Content-Length: %zu\r\n\r\n", method, path, VERSION_CAP,
		     len);
	if (n < 0 || n >= (int)sizeof(head))
		return -ENAMETOOLONG;
	r = send_all(fd, head, n);
	return r == 0 && len ? send_all(fd, body, len) : r;
}

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Read more; 0 = the end. @until: ms of the clock, below 0 = no limit. */
static int read_more(struct incoming *in, int64_t until)
{
	struct pollfd p = { .fd = in->fd, .events = POLLIN };
	int64_t wait;
	ssize_t n;
	int r;

	if (in->len == HEAD_MAX)
		return TNE_LOCAL_HTTP;
	do {
		wait = until < 0 ? -1 : until - now_ms();
		if (until >= 0 && wait < 0)
			wait = 0;
		r = poll(&p, 1, wait);
	} while (r < 0 && errno == EINTR);
	if (r < 0)
		return -errno;
	if (r == 0)
		return -ETIMEDOUT;
	do {
		n = recv(in->fd, in->buf + in->len, HEAD_MAX - in->len, 0);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	in->len += n;
	return n;
}

static void drop(struct incoming *in, size_t n)
{
	in->len -= n;
	memmove(in->buf, in->buf + n, in->len);
}

/*
 * The agent's own head: a status line, then lines of which two count. Header
 * lines have the same form in an answer and in a request.
 */
static int parse_head(struct incoming *in, size_t len)
{
	static const char start[] = "GET / HTTP/1.1\r\n";
	struct http_request req;
	const char *eol = memchr(in->buf, '\n', len);
	size_t lines = eol ? len - (eol + 1 - in->buf) : 0, used;
	char *copy;
	int r;

	if (!eol || sscanf(in->buf, "HTTP/1.%*1[01] %3d ", &in->status) != 1)
		return TNE_LOCAL_HTTP;
	copy = malloc(sizeof(start) + lines);
	if (!copy)
		return -ENOMEM;
	memcpy(copy, start, sizeof(start) - 1);
	memcpy(copy + sizeof(start) - 1, eol + 1, lines);
	r = http_request_parse(copy, sizeof(start) - 1 + lines, &req, &used);
	if (r == 0) {
		in->framed = req.chunked || in->status == 204 ||
			http_request_find(&req, "Content-Length");
		memset(&in->body, 0, sizeof(in->body));
		in->body.chunked = req.chunked;
		in->body.max = UINT64_MAX;
		in->body.left = req.body_len;
		if (!req.chunked)
			in->body.state = req.body_len ? HTTP_BODY_DATA :
				HTTP_BODY_DONE;
	}
	free(copy);
	return r < 0 ? TNE_LOCAL_HTTP : 0;
}

static int read_head(struct incoming *in, int64_t until)
{
	const char *end;
	size_t len;
	int r;

	for (;;) {
		end = memmem(in->buf, in->len, "\r\n\r\n", 4);
		if (end)
			break;
		r = read_more(in, until);
		if (r <= 0)
			return r < 0 ? r : TNE_LOCAL_HTTP;
	}
	len = end + 4 - in->buf;
	r = parse_head(in, len);
	drop(in, len);
	return r;
}

/**
 * next_piece() - some bytes of the body
 * @in:		the answer
 * @until:	as in read_more()
 * @ret:	in the buffer; to be dropped by the caller with @ret_used
 *
 * Return: 1, 0 at the end, below 0 on error.
 */
static int next_piece(struct incoming *in, int64_t until,
		      struct http_text *ret, size_t *ret_used)
{
	int r;

	for (;;) {
		if (in->framed) {
			r = http_body_next(&in->body, in->buf, in->len,
					   ret_used, ret);
			if (r != -EAGAIN)
				return r;
			drop(in, *ret_used);
		} else if (in->len) {
			*ret = (struct http_text){ in->buf, in->len };
			*ret_used = in->len;
			return 1;
		}
		r = read_more(in, until);
		if (r < 0)
			return r;
		if (r == 0)
			return in->framed ? TNE_LOCAL_HTTP : 0;
	}
}

static int append(char **data, size_t *len, size_t *cap, struct http_text piece,
		  size_t max)
{
	size_t want = *cap ? *cap : 4096;
	char *grown;

	if (piece.len > max - *len)
		return TNE_TOO_LONG;
	while (want - *len <= piece.len)
		want *= 2;
	if (want > *cap) {
		grown = malloc(want);
		if (!grown)
			return -ENOMEM;
		if (*len)
			memcpy(grown, *data, *len);
		if (*data)
			secret_wipe(*data, *len);
		free(*data);
		*data = grown;
		*cap = want;
	}
	memcpy(*data + *len, piece.s, piece.len);
	*len += piece.len;
	(*data)[*len] = 0;
	return 0;
}

static int read_body(struct incoming *in, int64_t until,
		     struct client_answer *answer)
{
	struct http_text piece;
	size_t cap = 0, used;
	int r;

	/* An answer without a body is an empty text as well. */
	r = append(&answer->body, &answer->len, &cap,
		   (struct http_text){ "", 0 }, CLIENT_BODY_MAX);
	while (r == 0) {
		r = next_piece(in, until, &piece, &used);
		if (r <= 0)
			break;
		r = append(&answer->body, &answer->len, &cap, piece,
			   CLIENT_BODY_MAX);
		drop(in, used);
	}
	return r;
}

int client_ask(const struct client *client, const char *method,
	       const char *path, const void *body, size_t len,
	       struct err_detail *detail,
	       struct client_answer *ret)
{
	struct client_answer answer = { 0 };
	struct incoming *in;
	int64_t until = now_ms() + ANSWER_WAIT_MS;
	int fd, r = connect_to(client->socket, detail, &fd);

	if (r < 0)
		return r;
	in = calloc(1, sizeof(*in));
	if (!in) {
		close(fd);
		return -ENOMEM;
	}
	in->fd = fd;
	r = send_request(fd, method, path, body, len);
	if (r == 0 || r == -EPIPE)
		r = read_head(in, until);
	if (r == 0)
		r = read_body(in, until, &answer);
	answer.status = in->status;
	free(in);
	close(fd);
	if (r < 0) {
		client_answer_done(&answer);
		return r == TNE_LOCAL_HTTP ? bad(detail) :
			err_explain(detail, r, "%s", err_text(r));
	}
	*ret = answer;
	return 0;
}

void client_answer_done(struct client_answer *answer)
{
	if (answer->body)
		secret_wipe(answer->body, answer->len);
	free(answer->body);
	memset(answer, 0, sizeof(*answer));
}

static int refused(struct incoming *in, int64_t until,
		   struct err_detail *detail)
{
	struct client_answer answer __attribute__((cleanup(client_answer_cleanup))) = { 0 };

	if (read_body(in, until, &answer) == 0)
		local_error_parse(answer.body, answer.len, detail);
	return TNE_LOCAL_HTTP;
}

int client_watch_open(const struct client *client, uint64_t mask,
		      struct err_detail *detail, struct client_watch **ret)
{
	struct client_watch *watch = calloc(1, sizeof(*watch));
	int64_t until = now_ms() + ANSWER_WAIT_MS;
	char path[64];
	int r;

	if (!watch)
		return -ENOMEM;
	r = connect_to(client->socket, detail, &watch->in.fd);
	if (r < 0) {
		free(watch);
		return r;
	}
	snprintf(path, sizeof(path), "watch-ipn-bus?mask=%" PRIu64, mask);
	r = send_request(watch->in.fd, "GET", path, NULL, 0);
	if (r == 0)
		r = read_head(&watch->in, until);
	if (r < 0)
		err_explain(detail, r, "%s", err_text(r));
	else if (watch->in.status != 200)
		r = refused(&watch->in, until, detail);
	if (r < 0) {
		client_watch_close(watch);
		return r;
	}
	*ret = watch;
	return 0;
}

int client_watch_next(struct client_watch *watch, int wait_ms,
		      const char **ret)
{
	int64_t until = wait_ms < 0 ? -1 : now_ms() + wait_ms;
	struct http_text piece;
	size_t used;
	char *eol;
	int r;

	if (watch->used) {
		watch->line_len -= watch->used;
		memmove(watch->line, watch->line + watch->used,
			watch->line_len);
		watch->used = 0;
	}
	for (;;) {
		eol = watch->line_len ? memchr(watch->line, '\n',
					       watch->line_len) : NULL;
		if (eol)
			break;
		r = next_piece(&watch->in, until, &piece, &used);
		if (r <= 0)
			return r;
		r = append(&watch->line, &watch->line_len, &watch->line_cap,
			   piece, LINE_MAX_LEN);
		drop(&watch->in, used);
		if (r < 0)
			return r;
	}
	*eol = 0;
	watch->used = eol + 1 - watch->line;
	*ret = watch->line;
	/* An empty line is a message as well, if an odd one. */
	return watch->used;
}

void client_watch_close(struct client_watch *watch)
{
	if (!watch)
		return;
	close(watch->in.fd);
	free(watch->line);
	free(watch);
}
