// SPDX-License-Identifier: GPL-2.0-only
#include "map_session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "frame.h"

struct map_session *session_new(struct server *srv, struct node *n,
				struct stream *st, bool zstd)
{
	struct map_session *s = calloc(1, sizeof(*s));

	if (!s)
		abort();
	s->srv = srv;
	s->node = n;
	s->st = st;
	s->zstd = zstd;
	if (srv->cfg.resume)
		random_hex(s->handle, 32);
	s->next = n->sessions;
	n->sessions = s;
	return s;
}

static void drop_first(struct map_session *s)
{
	struct map_message *m = s->log;

	s->log = m->next;
	s->log_len -= m->len;
	free(m);
}

void session_free(struct map_session *s)
{
	struct map_session **p;

	for (p = &s->node->sessions; *p; p = &(*p)->next) {
		if (*p == s) {
			*p = s->next;
			break;
		}
	}
	loop_cancel(s->srv->loop, &s->keepalive);
	loop_cancel(s->srv->loop, &s->drip);
	buf_done(&s->slow);
	while (s->log)
		drop_first(s);
	free(s);
}

struct map_session *session_find(struct node *n, const char *handle,
				 int64_t seq)
{
	struct map_session *s;

	for (s = n->sessions; s; s = s->next)
		if (*s->handle && !strcmp(s->handle, handle) &&
		    seq <= s->seq && seq > 0 &&
		    (seq == s->seq || (s->log && s->log->seq <= seq + 1)))
			return s;
	return NULL;
}

static void keep(struct map_session *s, const char *json, size_t len)
{
	struct map_message **p, *m = malloc(sizeof(*m) + len);

	if (!m)
		abort();
	m->next = NULL;
	m->seq = s->seq;
	m->len = len;
	memcpy(m->json, json, len);
	for (p = &s->log; *p; p = &(*p)->next)
		;
	*p = m;
	s->log_len += len;
	while (s->log && s->log_len > SESSION_LOG_MAX)
		drop_first(s);
}

static void transmit(struct map_session *s, const char *json, size_t len)
{
	struct buf frame = {};

	if (!s->st)
		return;
	frame_add(s->srv, &frame, json, len, s->zstd);
	s->srv->stats.map_frames++;
	s->srv->stats.map_json_bytes += len;
	session_send_raw(s, buf_data(&frame), buf_len(&frame));
	buf_done(&frame);
}

void session_send(struct map_session *s, const char *json, size_t len)
{
	struct buf b = {};

	if (s->stalled)
		return;
	if (!*s->handle || len < 3) {
		transmit(s, json, len);
		return;
	}
	s->seq++;
	buf_printf(&b, "{\"Seq\":%lld,", (long long)s->seq);
	if (s->seq == 1)
		buf_printf(&b, "\"MapSessionHandle\":\"%s\",", s->handle);
	buf_add(&b, json + 1, len - 1);
	keep(s, (char *)buf_data(&b), buf_len(&b));
	transmit(s, (char *)buf_data(&b), buf_len(&b));
	buf_done(&b);
}

void session_resume(struct map_session *s, struct stream *st, int64_t seq,
		    const char *self_json)
{
	struct map_message *m;
	struct buf b = {};

	s->st = st;
	buf_printf(&b, "{\"MapSessionHandle\":\"%s\",\"Node\":%s}", s->handle,
		   self_json);
	transmit(s, (char *)buf_data(&b), buf_len(&b));
	for (m = s->log; m; m = m->next)
		if (m->seq > seq)
			transmit(s, m->json, m->len);
	buf_done(&b);
}

void session_send_raw(struct map_session *s, const void *data, size_t len)
{
	if (!s->st)
		return;
	s->srv->stats.map_bytes += len;
	stream_write(s->st, data, len);
}

static void keepalive_due(void *arg)
{
	static const char plain[] = "{\"KeepAlive\":true}";
	struct map_session *s = arg;

	if (!fault_take(&s->srv->faults, FAULT_MAP_NO_KEEPALIVE,
			s->node->label)) {
		s->srv->stats.map_keepalives++;
		transmit(s, plain, sizeof(plain) - 1);
	}
	session_keepalive(s);
}

void session_keepalive(struct map_session *s)
{
	int64_t ms = s->srv->cfg.keepalive_ms;

	if (ms && s->st)
		loop_timer(s->srv->loop, &s->keepalive, ms, keepalive_due, s);
	else
		loop_cancel(s->srv->loop, &s->keepalive);
}
