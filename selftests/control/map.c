// SPDX-License-Identifier: GPL-2.0-only
#include "map.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "frame.h"
#include "map_fault.h"
#include "map_session.h"
#include "map_update.h"
#include "node_json.h"
#include "server.h"

bool map_session_live(const struct node *n)
{
	const struct map_session *s;

	for (s = n->sessions; s; s = s->next)
		if (s->st)
			return true;
	return false;
}

/* --- telling --------------------------------------------------------------- */

static unsigned int send_node(struct node *n, const char *json, size_t len)
{
	struct map_session *s;
	unsigned int count = 0;

	for (s = n->sessions; s; s = s->next) {
		session_send(s, json, len);
		count += s->st != NULL;
	}
	return count;
}

unsigned int map_send(struct server *srv, struct node *n,
		      const struct node *except, const char *json, size_t len)
{
	unsigned int count = 0;

	if (n)
		return send_node(n, json, len);
	for (n = srv->nodes.list; n; n = n->next)
		if (n != except && n->authorized)
			count += send_node(n, json, len);
	return count;
}

static void send_buf(struct node *n, struct buf *b)
{
	send_node(n, (char *)buf_data(b), buf_len(b));
	buf_done(b);
}

void map_self(struct server *srv, struct node *n)
{
	struct buf b = {};

	if (!n->sessions)
		return;
	buf_text(&b, "{\"Node\":");
	json_self(&b, srv, n);
	buf_text(&b, "}");
	send_buf(n, &b);
}

static void changed_for(struct server *srv, struct node *n, struct node *reader)
{
	struct buf b = {};

	buf_text(&b, "{\"PeersChanged\":[");
	json_peer(&b, srv, n, reader);
	buf_text(&b, "],\"UserProfiles\":");
	json_profiles(&b, srv);
	buf_text(&b, "}");
	send_buf(reader, &b);
}

void map_changed(struct server *srv, struct node *n)
{
	struct node *reader;

	for (reader = srv->nodes.list; reader; reader = reader->next)
		if (reader->sessions && node_visible(srv, n, reader))
			changed_for(srv, n, reader);
	map_self(srv, n);
}

void map_patched(struct server *srv, struct node *n, unsigned int what)
{
	struct buf b = {};

	if (!n->authorized)
		return;
	buf_printf(&b, "{\"PeersChangedPatch\":[{\"NodeID\":%lld",
		   (long long)n->id);
	json_patch(&b, n, what);
	buf_text(&b, "}]}");
	map_send(srv, NULL, n, (char *)buf_data(&b), buf_len(&b));
	buf_done(&b);
}

void map_signed(struct server *srv, struct node *n)
{
	srv->state_dirty = true;
	/* A patch cannot say that there is none. */
	if (!buf_len(&n->sig)) {
		map_changed(srv, n);
		return;
	}
	map_patched(srv, n, PATCH_SIG);
	map_self(srv, n);
}

void map_lock(struct server *srv)
{
	struct buf info, b;
	struct node *n;

	srv->state_dirty = true;
	for (n = srv->nodes.list; n; n = n->next) {
		if (!n->sessions)
			continue;
		info = b = (struct buf){};
		json_tka_info(&info, srv, n);
		/* The comma in front has nothing before it. */
		buf_printf(&b, "{%s}", buf_len(&info) ? buf_str(&info) + 1 :
			   "");
		map_fault_edit_info(srv, n, &b);
		if (buf_len(&b) > 2)
			send_node(n, (char *)buf_data(&b), buf_len(&b));
		buf_done(&info);
		buf_done(&b);
	}
}

/* Tailscale-like servers use the older pair of fields for this. */
static void online_changed(struct server *srv, struct node *n)
{
	bool online = map_session_live(n);
	struct buf b = {};

	n->seen_ms = clock_wall_ms();
	if (srv->cfg.mode == SERVER_HEADSCALE) {
		map_patched(srv, n, PATCH_ONLINE);
		return;
	}
	if (!n->authorized)
		return;
	buf_printf(&b, "{\"OnlineChange\":{\"%lld\":%s},"
		   "\"PeerSeenChange\":{\"%lld\":true}}", (long long)n->id,
		   online ? "true" : "false", (long long)n->id);
	map_send(srv, NULL, n, (char *)buf_data(&b), buf_len(&b));
	buf_done(&b);
}

void map_removed(struct server *srv, int64_t id)
{
	char text[64];

	snprintf(text, sizeof(text), "{\"PeersRemoved\":[%lld]}",
		 (long long)id);
	map_send(srv, NULL, NULL, text, strlen(text));
}

static void synth_for(struct server *srv, struct node *reader, size_t from,
		      size_t to, bool removed)
{
	const char *before = "";
	struct buf b = {};
	size_t i;

	buf_text(&b, removed ? "{\"PeersRemoved\":[" : "{\"PeersChanged\":[");
	for (i = from; i < to; i++) {
		buf_text(&b, before);
		if (removed)
			buf_printf(&b, "%zu", SYNTH_ID + i);
		else
			json_synth(&b, srv, i, reader);
		before = ",";
	}
	buf_text(&b, "]}");
	send_buf(reader, &b);
}

void map_synth(struct server *srv, size_t from, size_t to, bool removed)
{
	struct node *n;

	for (n = srv->nodes.list; n; n = n->next)
		if (n->sessions && n->authorized && from < to)
			synth_for(srv, n, from, to, removed);
}

void map_refresh(struct server *srv)
{
	struct buf b = {};
	struct node *n;

	for (n = srv->nodes.list; n; n = n->next) {
		if (!n->sessions)
			continue;
		json_full(&b, srv, n, 0);
		send_buf(n, &b);
	}
}

unsigned int map_send_raw(struct server *srv, struct node *n, const void *data,
			  size_t len)
{
	struct map_session *s;
	unsigned int count = 0;

	(void)srv;
	for (s = n->sessions; s; s = s->next) {
		session_send_raw(s, data, len);
		count += s->st != NULL;
	}
	return count;
}

/* --- expiry ---------------------------------------------------------------- */

static void key_expired(void *arg)
{
	struct node *n = arg;

	map_expiry(n->srv, n);
}

static void arm_expiry(struct server *srv, struct node *n)
{
	int64_t left = n->expiry_ms - clock_wall_ms();

	loop_cancel(srv->loop, &n->expire);
	if (n->expiry_ms && left > 0)
		loop_timer(srv->loop, &n->expire,
			   left < 86400000 ? left + 1 : 86400000, key_expired,
			   n);
}

void map_expiry(struct server *srv, struct node *n)
{
	arm_expiry(srv, n);
	srv->state_dirty = true;
	/* A patch cannot say "never", nor that it is not expired any more. */
	if (srv->cfg.mode == SERVER_TAILSCALE && node_expired(n)) {
		map_patched(srv, n, PATCH_EXPIRY);
		map_self(srv, n);
	} else {
		map_changed(srv, n);
	}
}

/* --- sessions -------------------------------------------------------------- */

static void reap(void *arg)
{
	struct node *n = arg;

	server_log(n->srv, "ephemeral node %s goes", n->label);
	map_delete(n->srv, n);
}

static unsigned int detached(const struct node *n)
{
	const struct map_session *s;
	unsigned int count = 0;

	for (s = n->sessions; s; s = s->next)
		count += !s->st;
	return count;
}

static void drop_detached(struct node *n)
{
	struct map_session *s, *oldest = NULL;

	for (s = n->sessions; s; s = s->next)
		if (!s->st)
			oldest = s;
	if (oldest)
		session_free(oldest);
}

/* The stream is gone: the session stays if it can be resumed. */
static void stream_closed(struct stream *st)
{
	struct map_session *s = st->owner;
	struct server *srv = s->srv;
	struct node *n = s->node;

	s->st = NULL;
	session_keepalive(s);
	if (!*s->handle)
		session_free(s);
	else if (detached(n) > SESSIONS_DETACHED_MAX)
		drop_detached(n);
	if (map_session_live(n))
		return;
	online_changed(srv, n);
	if (n->ephemeral)
		loop_timer(srv->loop, &n->reap, srv->cfg.ephemeral_ms, reap, n);
}

static void cut(struct map_session *s, bool reset)
{
	struct stream *st = s->st;

	if (!st)
		return;
	/* Nothing is to be told to this one any more. */
	st->closed = NULL;
	s->st = NULL;
	session_keepalive(s);
	if (reset)
		stream_reset(st, NGHTTP2_CANCEL);
	else
		stream_end(st);
	if (!*s->handle)
		session_free(s);
}

void map_end(struct node *n, bool reset)
{
	struct map_session *s, *next;
	bool live = map_session_live(n);

	for (s = n->sessions; s; s = next) {
		next = s->next;
		cut(s, reset);
	}
	if (live)
		online_changed(n->srv, n);
}

void map_forget(struct server *srv, struct node *n)
{
	(void)srv;
	while (n->sessions) {
		if (n->sessions->st) {
			n->sessions->st->closed = NULL;
			n->sessions->st->ended = true;
		}
		session_free(n->sessions);
	}
}

void map_delete(struct server *srv, struct node *n)
{
	struct map_session *s, *next;
	int64_t id = n->id;

	for (s = n->sessions; s; s = next) {
		next = s->next;
		cut(s, false);
	}
	while (n->sessions)
		session_free(n->sessions);
	node_free(srv, n);
	srv->state_dirty = true;
	map_removed(srv, id);
}

void map_keepalives(struct server *srv)
{
	struct map_session *s;
	struct node *n;

	for (n = srv->nodes.list; n; n = n->next)
		for (s = n->sessions; s; s = s->next)
			session_keepalive(s);
}

/* --- the first message, with its faults ------------------------------------ */

static void full_map(struct server *srv, struct node *n, struct buf *b,
		     struct map_faults *ret)
{
	const char *arg = fault_take(&srv->faults, FAULT_PEERS_MANY, n->label);

	json_full(b, srv, n, arg ? fault_number(arg, 100001) : 0);
	map_fault_edit(srv, n, b, FAULT_COUNT, "", ret);
}

static void send_faulty(struct map_session *s, struct buf *msg,
			enum fault_id id, const char *arg)
{
	struct buf b = {};
	bool last;

	last = frame_add_faulty(s->srv, &b, id, arg, buf_data(msg),
				buf_len(msg), s->zstd);
	session_send_raw(s, buf_data(&b), buf_len(&b));
	buf_done(&b);
	if (last && s->st)
		stream_end(s->st);
}

static void drip_next(void *arg)
{
	struct map_session *s = arg;

	if (!s->st || !buf_len(&s->slow))
		return;
	session_send_raw(s, buf_data(&s->slow), 1);
	buf_take(&s->slow, 1);
	loop_timer(s->srv->loop, &s->drip, s->slow_ms, drip_next, s);
}

/* Return: true if a fault of the frame kind stands in for the first message. */
static bool first_faulty(struct map_session *s, struct buf *msg)
{
	struct faults *f = &s->srv->faults;
	const char *label = s->node->label, *arg;
	unsigned int id;

	for (id = 0; id < FAULT_COUNT; id++) {
		if (!frame_fault(id) || !fault_take_arg(f, id, label, &arg))
			continue;
		send_faulty(s, msg, id, arg);
		return true;
	}
	arg = fault_take(f, FAULT_MAP_DRIP, label);
	if (!arg)
		return false;
	s->slow_ms = fault_number(arg, 1000);
	frame_add(s->srv, &s->slow, buf_data(msg), buf_len(msg), s->zstd);
	drip_next(s);
	s->stalled = true;
	loop_cancel(s->srv->loop, &s->keepalive);
	return true;
}

static void first_message(struct map_session *s)
{
	struct faults *f = &s->srv->faults;
	const char *label = s->node->label;
	struct map_faults had = {};
	struct buf b = {};

	if (fault_take(f, FAULT_MAP_SILENT, label)) {
		s->stalled = true;
		loop_cancel(s->srv->loop, &s->keepalive);
		return;
	}
	if (fault_take(f, FAULT_MAP_STALLED, label)) {
		s->stalled = true;
		return;
	}
	full_map(s->srv, s->node, &b, &had);
	if (!first_faulty(s, &b)) {
		session_send(s, (char *)buf_data(&b), buf_len(&b));
		map_fault_after(s->srv, s, &had, FAULT_COUNT, "");
	}
	buf_done(&b);
	if (s->st && fault_take(f, FAULT_H2_RST_MAP, label))
		stream_reset(s->st, NGHTTP2_INTERNAL_ERROR);
	if (s->st && fault_take(f, FAULT_H2_GOAWAY_MAP, label))
		nghttp2_session_terminate_session(s->st->h2->session,
						  NGHTTP2_INTERNAL_ERROR);
}

unsigned int map_fault_now(struct server *srv, struct node *n,
			   enum fault_id id, const char *arg)
{
	struct map_session *s, *next;
	struct map_faults had = {};
	unsigned int count = 0;
	struct buf b = {};

	json_full(&b, srv, n, id == FAULT_PEERS_MANY ?
		  fault_number(arg, 100001) : 0);
	if (!frame_fault(id))
		map_fault_edit(srv, n, &b, id, arg, &had);
	for (s = n->sessions; s; s = next) {
		next = s->next;
		if (!s->st)
			continue;
		if (frame_fault(id)) {
			send_faulty(s, &b, id, arg);
		} else {
			session_send(s, (char *)buf_data(&b), buf_len(&b));
			map_fault_after(srv, s, &had, id, arg);
		}
		count++;
	}
	buf_done(&b);
	return count;
}

/* --- requests -------------------------------------------------------------- */

static void end_older(struct node *n, struct map_session *newest)
{
	struct map_session *s, *next;

	for (s = n->sessions; s; s = next) {
		next = s->next;
		if (s != newest)
			cut(s, false);
	}
	while (detached(n) > SESSIONS_DETACHED_MAX)
		drop_detached(n);
}

static void serve_stream(struct server *srv, struct stream *st, struct node *n,
			 const json_t *req)
{
	const char *compress, *handle;
	struct map_session *s = NULL;
	bool was_online = map_session_live(n), resumed;
	int64_t seq;
	struct buf self = {};

	compress = json_string_value(json_object_get(req, "Compress"));
	handle = json_string_value(json_object_get(req, "MapSessionHandle"));
	seq = json_integer_value(json_object_get(req, "MapSessionSeq"));
	srv->stats.map_streams++;
	if (srv->cfg.resume && handle)
		s = session_find(n, handle, seq);
	if (s && s->st) {
		s->st->closed = NULL;
		stream_end(s->st);
	}
	stream_begin(st);
	st->closed = stream_closed;
	loop_cancel(srv->loop, &n->reap);
	resumed = s;
	if (resumed) {
		srv->stats.map_resumes++;
		s->zstd = compress && !strcmp(compress, "zstd");
		json_self(&self, srv, n);
		session_resume(s, st, seq, buf_str(&self));
		buf_done(&self);
	} else {
		s = session_new(srv, n, st, compress &&
				!strcmp(compress, "zstd"));
	}
	st->owner = s;
	end_older(n, s);
	session_keepalive(s);
	if (!resumed)
		first_message(s);
	if (!was_online)
		online_changed(srv, n);
}

/* Return: true if a fault took the request. */
static bool map_fault(struct server *srv, struct stream *st,
		      const struct node *n)
{
	struct faults *f = &srv->faults;
	const char *arg;

	if (fault_take_arg(f, FAULT_MAP_STATUS, n->label, &arg))
		stream_reply_text(st, fault_number(arg, 500), "no map today\n");
	else if (fault_take(f, FAULT_MAP_HTML, n->label))
		stream_reply(st, 200, "text/html",
			     "<html>a proxy was here</html>\n", 31);
	else if (fault_take(f, FAULT_MAP_EMPTY, n->label))
		stream_reply(st, 200, NULL, "", 0);
	else
		return false;
	return true;
}

/* An answer of one frame, or of none as HS gives it. */
static void serve_once(struct server *srv, struct stream *st, struct node *n,
		       const json_t *req, bool lite)
{
	struct buf msg = {}, frame = {};
	struct map_faults had = {};
	const char *compress;

	compress = json_string_value(json_object_get(req, "Compress"));
	if (srv->cfg.mode == SERVER_HEADSCALE) {
		stream_reply(st, 200, NULL, "", 0);
		return;
	}
	if (lite) {
		buf_text(&msg, "{\"Node\":");
		json_self(&msg, srv, n);
		buf_text(&msg, "}");
	} else {
		full_map(srv, n, &msg, &had);
	}
	frame_add(srv, &frame, buf_data(&msg), buf_len(&msg),
		  compress && !strcmp(compress, "zstd"));
	stream_reply(st, 200, "application/json", buf_data(&frame),
		     buf_len(&frame));
	buf_done(&frame);
	buf_done(&msg);
}

static struct node *sender(struct server *srv, struct stream *st,
			   const json_t *req)
{
	struct node *n = NULL;
	uint8_t key[KEY_LEN];

	if (key_parse(json_string_value(json_object_get(req, "NodeKey")),
		      "nodekey", key))
		n = node_by_poll_key(&srv->nodes, key);
	if (n && !memcmp(n->machine, st->h2->machine, KEY_LEN))
		return n;
	stream_reply_text(st, srv->cfg.mode == SERVER_HEADSCALE ? 404 : 400,
			  "node not found\n");
	return NULL;
}

static void serve_request(struct server *srv, struct stream *st,
			  const json_t *req)
{
	int version = json_integer_value(json_object_get(req, "Version"));
	bool stream, lite;
	struct node *n;

	if (version <= 0 || version < srv->cfg.min_capver) {
		stream_reply_text(st, 400, "unsupported client version\n");
		return;
	}
	n = sender(srv, st, req);
	if (!n || map_fault(srv, st, n))
		return;
	stream = json_is_true(json_object_get(req, "Stream"));
	lite = json_is_true(json_object_get(req, "OmitPeers"));
	n->cap = version;
	map_update_lock_head(n, req);
	/* Since version 68 a streaming request only reads; HS never minded. */
	if (!stream || version < 68 || srv->cfg.mode == SERVER_HEADSCALE)
		map_update(srv, n, req);
	if (stream) {
		serve_stream(srv, st, n, req);
		return;
	}
	if (lite)
		srv->stats.lite_updates++;
	else
		srv->stats.one_shots++;
	serve_once(srv, st, n, req, lite);
}

void map_serve(struct server *srv, struct stream *st)
{
	json_t *req = json_loadb((char *)buf_data(&st->body),
				 buf_len(&st->body), JSON_ALLOW_NUL, NULL);

	if (json_is_object(req))
		serve_request(srv, st, req);
	else
		stream_reply_text(st, srv->cfg.mode == SERVER_HEADSCALE ?
				  500 : 400, "not JSON\n");
	json_decref(req);
}
