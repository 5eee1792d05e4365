// SPDX-License-Identifier: GPL-2.0-only
#include "rpc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lock_rpc.h"
#include "map.h"
#include "register.h"
#include "server.h"
#include "text.h"

#define LOG_ROWS	64	/* ours: small RPCs remembered */
#define LOG_BODY	4096	/* ours: bytes of each */

/* --- requests to nodes ------------------------------------------------------ */

static void c2n_finish(struct c2n *q, const char *answer, size_t n)
{
	struct c2n **p;

	for (p = &q->srv->c2n; *p; p = &(*p)->next) {
		if (*p == q) {
			*p = q->next;
			break;
		}
	}
	loop_cancel(q->srv->loop, &q->late);
	if (q->done)
		q->done(q->arg, answer, n);
	free(q);
}

static void c2n_late(void *arg)
{
	c2n_finish(arg, NULL, 0);
}

bool c2n_send(struct server *srv, struct node *n, const char *request,
	      size_t len, int64_t wait_ms,
	      void (*done)(void *arg, const char *answer, size_t n), void *arg)
{
	struct c2n *q = calloc(1, sizeof(*q));
	struct buf b = {};
	unsigned int sent;

	if (!q)
		abort();
	random_hex(q->token, 32);
	buf_printf(&b, "{\"KeepAlive\":true,\"PingRequest\":{\"URL\":"
		   "\"https://unused/c2n/%s\",\"Types\":\"c2n\",\"Payload\":\"", q->token);
	base64_add(&b, request, len);
	buf_text(&b, "\"}}");
	sent = map_send(srv, n, NULL, (char *)buf_data(&b), buf_len(&b));
	buf_done(&b);
	if (!sent) {
		free(q);
		return false;
	}
	q->srv = srv;
	q->done = done;
	q->arg = arg;
	q->next = srv->c2n;
	srv->c2n = q;
	loop_timer(srv->loop, &q->late, wait_ms, c2n_late, q);
	return true;
}

void c2n_forget(struct server *srv, void *arg)
{
	struct c2n *q;

	for (q = srv->c2n; q; q = q->next)
		if (q->arg == arg)
			q->done = NULL;
}

static void serve_c2n(struct server *srv, struct stream *st)
{
	const char *token = st->path + strlen("/c2n/");
	struct c2n *q;

	for (q = srv->c2n; q && strcmp(q->token, token); q = q->next)
		;
	if (!q) {
		stream_reply_text(st, 500, "unknown token\n");
		return;
	}
	srv->stats.c2n_replies++;
	stream_reply(st, 204, NULL, "", 0);
	c2n_finish(q, (char *)buf_data(&st->body), buf_len(&st->body));
}

/* --- small RPCs ------------------------------------------------------------- */

static void remember(struct server *srv, const struct stream *st)
{
	size_t n = buf_len(&st->body);
	struct buf line = {};

	buf_printf(&line, "%s %s ", st->method, st->path);
	buf_add(&line, buf_data(&st->body), n < LOG_BODY ? n : LOG_BODY);
	if (json_array_size(srv->rpc_log) >= LOG_ROWS)
		json_array_remove(srv->rpc_log, 0);
	n = buf_len(&line);
	for (char *p = buf_str(&line); n--; p++)
		if (*p < ' ' || *p == 0x7f)
			*p = '?';
	json_array_append_new(srv->rpc_log, json_string(buf_str(&line)));
	buf_done(&line);
}

struct node *rpc_caller(struct server *srv, const struct stream *st,
			const json_t *body)
{
	uint8_t key[KEY_LEN];
	struct node *n = NULL;

	if (key_parse(json_string_value(json_object_get(body, "NodeKey")),
		      "nodekey", key))
		n = node_by_poll_key(&srv->nodes, key);
	if (n && memcmp(n->machine, st->h2->machine, KEY_LEN))
		n = NULL;
	return n;
}

static void serve_set_dns(struct server *srv, struct stream *st,
			  const json_t *body, const struct node *n)
{
	const char *name = json_string_value(json_object_get(body, "Name"));
	const char *type = json_string_value(json_object_get(body, "Type"));
	char own[256];

	if (!name || !type || strcmp(type, "TXT") ||
	    strncmp(name, "_acme-challenge.", 16)) {
		stream_reply_text(st, 400, "bad fields\n");
		return;
	}
	snprintf(own, sizeof(own), "%s.%s", n->label, srv->cfg.domain);
	if (strcmp(name + 16, own))
		stream_reply_text(st, 403, "not your name\n");
	else
		stream_reply(st, 200, "application/json", "{}", 2);
}

static void serve_known(struct server *srv, struct stream *st,
			const char *what)
{
	json_t *body = json_loadb((char *)buf_data(&st->body),
				  buf_len(&st->body), JSON_ALLOW_NUL, NULL);
	struct node *n = rpc_caller(srv, st, body);
	const char *answer = "{}";

	if (!n) {
		stream_reply_text(st, 403, "not your node key\n");
		json_decref(body);
		return;
	}
	if (!strcmp(what, "id-token"))
		answer = "{\"id_token\":\"e30.e30.test\"}";
	else if (!strcmp(what, "feature/query"))
		answer = "{\"Complete\":true,\"Text\":\"\",\"URL\":\"\",\"ShouldWait\":false}";
	if (!strcmp(what, "set-dns"))
		serve_set_dns(srv, st, body, n);
	else if (!strcmp(what, "update-health"))
		stream_reply(st, 204, NULL, "", 0);
	else
		stream_reply(st, 200, "application/json", answer,
			     strlen(answer));
	json_decref(body);
}

static void serve_rpc(struct server *srv, struct stream *st)
{
	static const struct {
		const char *method;
		const char *what;
	} known[] = {
		{ "POST", "set-dns" },
		{ "POST", "update-health" },
		{ "POST", "audit-log" },
		{ "POST", "feature/query" },
		{ "POST", "id-token" },
		{ "PATCH", "set-device-attr" },
	};
	const char *what = st->path + strlen("/machine/"), *arg;
	size_t i, n = ARRAY_SIZE(known);

	srv->stats.rpcs++;
	remember(srv, st);
	if (fault_take_arg(&srv->faults, FAULT_RPC_STATUS, NULL, &arg)) {
		stream_reply_text(st, fault_number(arg, 501), "not today\n");
		return;
	}
	if (srv->cfg.lock && !strncmp(what, "tka/", 4) &&
	    lock_rpc(srv, st, what + 4))
		return;
	for (i = 0; i < n && strcmp(known[i].what, what); i++)
		;
	if (!strcmp(what, "whoami") ||
	    (i < n && srv->cfg.mode == SERVER_HEADSCALE))
		stream_reply_text(st, 501, "not implemented\n");
	else if (i == n)
		stream_reply_text(st, 404, "404 page not found\n");
	else if (strcmp(known[i].method, st->method))
		stream_reply_text(st, 405, "method not allowed\n");
	else
		serve_known(srv, st, what);
}

/* A ping over Noise: any HEAD of a path. */
static void serve_head(struct server *srv, struct stream *st)
{
	const char *id = strstr(st->path, "id=");
	bool known = id && json_object_get(srv->ping_ids, id + 3);

	if (known) {
		srv->stats.ping_replies++;
		json_object_set_new(srv->ping_ids, id + 3, json_true());
	}
	stream_reply(st, known ? 200 : 404, NULL, "", 0);
}

/* The answer of a disco, TSMP or peerapi ping. */
static void serve_ping_result(struct server *srv, struct stream *st)
{
	const char *id = strstr(st->path, "id=");
	json_t *v = json_loadb((char *)buf_data(&st->body),
			       buf_len(&st->body), 0, NULL);

	remember(srv, st);
	if (!id || !v || !json_object_get(srv->ping_ids, id + 3)) {
		stream_reply_text(st, 404, "no such ping\n");
		json_decref(v);
		return;
	}
	srv->stats.ping_replies++;
	json_object_set_new(srv->ping_ids, id + 3, v);
	stream_reply(st, 200, NULL, "", 0);
}

void rpc_serve(struct server *srv, struct stream *st)
{
	bool post = !strcmp(st->method, "POST");

	server_log(srv, "noise %s %s", st->method, st->path);
	if (!strcmp(st->method, "HEAD"))
		serve_head(srv, st);
	else if (!strncmp(st->path, "/c2n/", 5) && post)
		serve_c2n(srv, st);
	else if (!strncmp(st->path, "/machine/ping-response", 22) && post)
		serve_ping_result(srv, st);
	else if (!strcmp(st->path, "/machine/register") ||
		 !strcmp(st->path, "/machine/map")) {
		if (!post)
			stream_reply_text(st, 405, "method not allowed\n");
		else if (!strcmp(st->path, "/machine/map"))
			map_serve(srv, st);
		else
			register_serve(srv, st);
	} else if (!strncmp(st->path, "/machine/", 9)) {
		serve_rpc(srv, st);
	} else {
		stream_reply_text(st, 404, "404 page not found\n");
	}
}
