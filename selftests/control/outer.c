// SPDX-License-Identifier: GPL-2.0-only
#include "outer.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "h2.h"
#include "register.h"
#include "text.h"

/**
 * struct request - one HTTP/1.1 request, borrowed from a copy of its header
 */
struct request {
	char *method;
	char *path;
	char *query;		/* behind '?', or "" */
	char *upgrade;		/* NULL if not there */
	char *handshake;
	long body_len;
	bool close;
};

/* --- reading --------------------------------------------------------------- */

static bool take_field(struct request *r, char *line)
{
	char *value = strchr(line, ':');

	if (!value)
		return false;
	*value++ = '\0';
	value += strspn(value, " \t");
	if (!strcasecmp(line, "Upgrade"))
		r->upgrade = value;
	else if (!strcasecmp(line, "X-Tailscale-Handshake"))
		r->handshake = value;
	else if (!strcasecmp(line, "Content-Length"))
		r->body_len = atol(value);
	else if (!strcasecmp(line, "Connection") && strcasestr(value, "close"))
		r->close = true;
	return true;
}

/* @header ends with the empty line, which is cut. */
static bool parse_header(char *header, struct request *r)
{
	char *line, *save, *version;

	memset(r, 0, sizeof(*r));
	line = strtok_r(header, "\r\n", &save);
	if (!line)
		return false;
	r->method = line;
	r->path = strchr(line, ' ');
	if (!r->path)
		return false;
	*r->path++ = '\0';
	version = strchr(r->path, ' ');
	if (!version || strncmp(version + 1, "HTTP/1.", 7))
		return false;
	*version = '\0';
	r->close = version[8] == '0';
	r->query = strchr(r->path, '?');
	if (r->query)
		*r->query++ = '\0';
	else
		r->query = r->path + strlen(r->path);
	while ((line = strtok_r(NULL, "\r\n", &save)))
		if (!take_field(r, line))
			return false;
	return r->body_len >= 0 && r->body_len <= H2_BODY_MAX;
}

/* Value of "KEY=" in the query, copied; false if it is not there. */
static bool query_value(const char *query, const char *key, char *ret,
			size_t size)
{
	size_t n = strlen(key);

	while (*query) {
		size_t len = strcspn(query, "&");

		if (len > n && !strncmp(query, key, n) && query[n] == '=') {
			snprintf(ret, size, "%.*s", (int)(len - n - 1),
				 query + n + 1);
			return true;
		}
		query += len + (query[len] == '&');
	}
	return false;
}

/* --- answering ------------------------------------------------------------- */

static const char *reason(int status)
{
	switch (status) {
	case 200: return "OK";
	case 204: return "No Content";
	case 302: return "Found";
	case 400: return "Bad Request";
	case 403: return "Forbidden";
	case 404: return "Not Found";
	case 405: return "Method Not Allowed";
	case 429: return "Too Many Requests";
	case 500: return "Internal Server Error";
	}
	return "Status";
}

static void answer_head(struct buf *b, int status, const char *type, size_t n)
{
	buf_printf(b, "HTTP/1.1 %d %s\r\nContent-Type: %s\r\n", status,
		   reason(status), type);
	if (status != 204)
		buf_printf(b, "Content-Length: %zu\r\n", n);
}

static void answer(struct conn *c, int status, const char *type,
		   const void *body, size_t n)
{
	struct buf b = {};

	answer_head(&b, status, type, n);
	buf_text(&b, "\r\n");
	buf_add(&b, body, n);
	conn_send(c, buf_data(&b), buf_len(&b));
	buf_done(&b);
}

static void answer_text(struct conn *c, int status, const char *text)
{
	answer(c, status, "text/plain; charset=utf-8", text, strlen(text));
}

static void redirect(struct conn *c, const char *to)
{
	struct buf b = {};

	answer_head(&b, 302, "text/plain", 0);
	buf_printf(&b, "Location: %s\r\n\r\n", to);
	conn_send(c, buf_data(&b), buf_len(&b));
	buf_done(&b);
}

/* A JSON string of @n bytes or a little more. */
static void huge_body(struct buf *b, size_t n)
{
	buf_text(b, "{\"publicKey\":\"");
	memset(buf_grow(b, n), 'a', n);
	buf_text(b, "\"}");
}

/* --- /key ------------------------------------------------------------------ */

static void key_json(struct server *srv, struct buf *b, const uint8_t pub[32])
{
	static const uint8_t zero[32];
	uint8_t legacy[32];
	char text[KEY_TEXT_MAX];

	memset(legacy, 0x4c, sizeof(legacy));
	buf_printf(b, "{\"legacyPublicKey\":\"%s\",",
		   key_text("mkey", srv->cfg.mode == SERVER_HEADSCALE ? zero :
			    legacy, text));
	buf_printf(b, "\"publicKey\":\"%s\"}", key_text("mkey", pub, text));
}

/* Return: true if a fault took the request. */
static bool key_fault(struct conn *c)
{
	struct faults *f = &c->srv->faults;
	uint8_t other[32] = {};
	char hex[65];
	struct buf b = {};
	const char *arg;

	if (fault_take_arg(f, FAULT_KEY_STATUS, NULL, &arg)) {
		answer_text(c, fault_number(arg, 500), "no key today\n");
	} else if (fault_take(f, FAULT_KEY_EMPTY, NULL)) {
		answer_text(c, 200, "");
	} else if (fault_take(f, FAULT_KEY_HEX, NULL)) {
		hex_text(c->srv->pub, 32, hex);
		answer_text(c, 200, hex);
	} else if (fault_take(f, FAULT_KEY_ZERO, NULL)) {
		key_json(c->srv, &b, other);
	} else if (fault_take(f, FAULT_KEY_WRONG, NULL)) {
		memset(other, 0x57, sizeof(other));
		key_json(c->srv, &b, other);
	} else if (fault_take(f, FAULT_KEY_GARBAGE, NULL)) {
		answer_text(c, 200, "<html>a proxy was here\x01\xff</html>");
	} else if (fault_take_arg(f, FAULT_KEY_HUGE, NULL, &arg)) {
		huge_body(&b, fault_number(arg, 1 << 20));
	} else if (fault_take(f, FAULT_KEY_HANG, NULL)) {
		c->phase = CONN_IGNORE;
		loop_cancel(c->srv->loop, &c->deadline);
	} else if (fault_take_arg(f, FAULT_KEY_REDIRECT, NULL, &arg)) {
		redirect(c, fault_text(arg, "/key?v=113"));
	} else if (fault_take_arg(f, FAULT_KEY_DRIP, NULL, &arg)) {
		struct buf head = {};

		key_json(c->srv, &b, c->srv->pub);
		answer_head(&head, 200, "application/json", buf_len(&b));
		buf_text(&head, "\r\n");
		buf_add(&head, buf_data(&b), buf_len(&b));
		c->phase = CONN_IGNORE;
		loop_cancel(c->srv->loop, &c->deadline);
		conn_send_slowly(c, buf_data(&head), buf_len(&head),
				 fault_number(arg, 1000));
		buf_done(&head);
		buf_take(&b, buf_len(&b));
	} else {
		return false;
	}
	if (buf_len(&b))
		answer(c, 200, "application/json", buf_data(&b), buf_len(&b));
	buf_done(&b);
	return true;
}

static void serve_key(struct conn *c, const struct request *r)
{
	struct server *srv = c->srv;
	struct buf b = {};
	char v[16];

	srv->stats.key_requests++;
	if (key_fault(c))
		return;
	if (!query_value(r->query, "v", v, sizeof(v))) {
		answer_text(c, 400, "capability version must be set\n");
		return;
	}
	if (v[strspn(v, "0123456789")]) {
		answer_text(c, 400, "invalid capability version\n");
		return;
	}
	if (atoi(v) < 39) {
		answer_text(c, 200, "");
		return;
	}
	key_json(srv, &b, srv->pub);
	answer(c, 200, "application/json", buf_data(&b), buf_len(&b));
	buf_done(&b);
}

/* --- /ts2021 --------------------------------------------------------------- */

static const char protocol[] = "tailscale-control-protocol";

/* Return: true if a fault took the request. */
static bool upgrade_fault(struct conn *c)
{
	struct faults *f = &c->srv->faults;
	const char *arg;

	if (fault_take_arg(f, FAULT_UPGRADE_STATUS, NULL, &arg)) {
		answer_text(c, fault_number(arg, 500), "no upgrade today\n");
	} else if (fault_take_arg(f, FAULT_UPGRADE_REDIRECT, NULL, &arg)) {
		redirect(c, fault_text(arg, "/ts2021"));
	} else if (fault_take(f, FAULT_UPGRADE_HANG, NULL)) {
		c->phase = CONN_IGNORE;
		loop_cancel(c->srv->loop, &c->deadline);
	} else {
		return false;
	}
	return true;
}

static void switching(struct conn *c)
{
	struct faults *f = &c->srv->faults;
	struct buf b = {};
	const char *arg;
	long n;

	buf_text(&b, "HTTP/1.1 101 Switching Protocols\r\n");
	if (!fault_take(f, FAULT_UPGRADE_NO_HEADER, NULL))
		buf_printf(&b, "Upgrade: %s\r\n", protocol);
	buf_text(&b, "Connection: upgrade\r\n");
	if (fault_take_arg(f, FAULT_UPGRADE_HUGE, NULL, &arg)) {
		n = fault_number(arg, 1 << 20);
		buf_text(&b, "X-Padding: ");
		memset(buf_grow(&b, n), 'p', n);
		buf_text(&b, "\r\n");
	}
	buf_text(&b, "\r\n");
	conn_send(c, buf_data(&b), buf_len(&b));
	buf_done(&b);
}

/* The initiation of a connection whose answer a fault delays. */
struct delayed {
	struct conn *c;
	size_t len;
	uint8_t init[256];
};

static void start_late(void *arg)
{
	struct delayed *d = arg;

	h2_start(d->c, d->init, d->len);
	h2_input(d->c);
}

static void serve_upgrade(struct conn *c, const struct request *r)
{
	struct server *srv = c->srv;
	struct delayed d = { .c = c };
	const char *arg;
	long n;

	srv->stats.upgrades++;
	if (upgrade_fault(c))
		return;
	if (!r->upgrade) {
		answer_text(c, srv->cfg.mode == SERVER_HEADSCALE ? 500 : 400,
			    "missing next protocol\n");
		return;
	}
	if (strcmp(r->upgrade, protocol)) {
		answer_text(c, 400, "unknown next protocol\n");
		return;
	}
	if (!r->handshake) {
		answer_text(c, 400, "missing handshake header\n");
		return;
	}
	n = base64_parse(r->handshake, strlen(r->handshake), d.init,
			 sizeof(d.init));
	if (n < 0) {
		answer_text(c, 400, "invalid handshake header\n");
		return;
	}
	d.len = n;
	loop_cancel(srv->loop, &c->deadline);
	switching(c);
	if (fault_take(&srv->faults, FAULT_UPGRADE_CLOSE, NULL)) {
		conn_finish(c);
		return;
	}
	if (fault_take(&srv->faults, FAULT_NOISE_SILENT, NULL)) {
		c->phase = CONN_IGNORE;
		return;
	}
	arg = fault_take(&srv->faults, FAULT_UPGRADE_SPLIT, NULL);
	if (arg) {
		/* Kept in the connection's own spare buffer until the timer. */
		buf_add(&c->slow, &d, sizeof(d));
		c->phase = CONN_NOISE;
		loop_timer(srv->loop, &c->later, fault_number(arg, 300),
			   start_late, buf_data(&c->slow));
		return;
	}
	h2_start(c, d.init, d.len);
}

/* --- the rest -------------------------------------------------------------- */

static void serve_ping(struct conn *c, const struct request *r)
{
	char id[64];

	if (strcmp(r->method, "HEAD")) {
		answer_text(c, 405, "only HEAD\n");
		return;
	}
	if (!query_value(r->query, "id", id, sizeof(id)) ||
	    !json_object_get(c->srv->ping_ids, id)) {
		answer(c, 404, "text/plain", "", 0);
		return;
	}
	c->srv->stats.ping_replies++;
	json_object_set_new(c->srv->ping_ids, id, json_true());
	answer(c, 200, "text/plain", "", 0);
}

static void serve_login(struct conn *c, const struct request *r)
{
	struct login *l = login_find(&c->srv->nodes, strrchr(r->path, '/') + 1);
	struct buf b = {};

	if (!l) {
		answer_text(c, 404, "no such login, or it is too old\n");
		return;
	}
	if (c->srv->cfg.auto_login || strstr(r->query, "finish=1"))
		register_login_finish(c->srv, l, NULL);
	buf_printf(&b, "<!DOCTYPE html><title>tn-control</title><p>%s</p>\n",
		   l->done ? "Logged in. You may close this page." :
		   "A machine asks to join. <a href=\"?finish=1\">Let it in</a>.");
	answer(c, 200, "text/html; charset=utf-8", buf_data(&b), buf_len(&b));
	buf_done(&b);
}

static void serve_bootstrap(struct conn *c, const struct request *r)
{
	json_t *all = c->srv->bootstrap_dns;
	char *text, q[256];

	(void)query_value(r->query, "q", q, sizeof(q));
	text = json_dumps(all, JSON_COMPACT);
	answer(c, 200, "application/json", text, strlen(text));
	free(text);
}

static void serve(struct conn *c, const struct request *r)
{
	server_log(c->srv, "http %s %s", r->method, r->path);
	if (!strcmp(r->path, "/key"))
		serve_key(c, r);
	else if (!strcmp(r->path, "/ts2021"))
		serve_upgrade(c, r);
	else if (!strcmp(r->path, "/generate_204"))
		answer(c, 204, "text/plain", "", 0);
	else if (!strcmp(r->path, "/machine/ping-response"))
		serve_ping(c, r);
	else if (!strncmp(r->path, "/register/", 10) ||
		 !strncmp(r->path, "/a/", 3))
		serve_login(c, r);
	else if (!strcmp(r->path, "/bootstrap-dns"))
		serve_bootstrap(c, r);
	else
		answer_text(c, 404, "404 page not found\n");
}

void outer_input(struct conn *c)
{
	struct request r;
	size_t n, total;
	char *end, *copy;
	bool ok;

	while (c->phase == CONN_OUTER && !c->last && !c->dead) {
		end = memmem(buf_data(&c->in), buf_len(&c->in), "\r\n\r\n", 4);
		if (!buf_len(&c->in) || !end) {
			if (buf_len(&c->in) > OUTER_HEADER_MAX)
				conn_kill(c);
			return;
		}
		n = end + 4 - (char *)buf_data(&c->in);
		copy = strndup((char *)buf_data(&c->in), n);
		if (!copy)
			abort();
		ok = n <= OUTER_HEADER_MAX && parse_header(copy, &r);
		if (!ok) {
			answer_text(c, 400, "bad request\n");
			conn_finish(c);
			free(copy);
			return;
		}
		total = n + r.body_len;
		if (buf_len(&c->in) < total) {
			free(copy);
			return;
		}
		buf_take(&c->in, total);
		loop_timer(c->srv->loop, &c->deadline, OUTER_TIMEOUT_MS,
			   c->deadline.fn, c->deadline.arg);
		serve(c, &r);
		if (r.close && c->phase == CONN_OUTER)
			conn_finish(c);
		free(copy);
	}
	if (c->phase == CONN_NOISE && c->h2)
		h2_input(c);
}
