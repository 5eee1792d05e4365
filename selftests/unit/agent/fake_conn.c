// SPDX-License-Identifier: GPL-2.0-only
#include "fake_conn.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <zstd.h>

struct fake fake;

void fake_reset(void)
{
	memset(&fake, 0, sizeof(fake));
}

int server_key_fetch(struct transfers *transfers, const char *server_url,
		     const struct resolve_addr *addr, uint16_t version,
		     const struct machine_public *pin, server_key_fn fn,
		     void *ctx, struct server_key **ret)
{
	(void)transfers;
	(void)server_url;
	(void)version;
	(void)pin;
	assert(!fake.key_fn);
	fake.key_asked++;
	fake.key_at = addr ? addr->byte[3] : -1;
	fake.key_fn = fn;
	fake.key_ctx = ctx;
	*ret = (struct server_key *)&fake;
	return 0;
}

void server_key_cancel(struct server_key *request)
{
	if (request)
		fake.key_fn = NULL;
}

int bootstrap_start(const struct bootstrap_config *config, bootstrap_fn fn,
		    void *ctx, struct bootstrap **ret)
{
	assert(!fake.boot_fn);
	if (!config->n_nodes)
		return TNE_NAME_LOOKUP;
	snprintf(fake.boot_first, sizeof(fake.boot_first), "%s",
		 config->nodes[0].host);
	fake.boot_asked++;
	fake.boot_fn = fn;
	fake.boot_ctx = ctx;
	*ret = (struct bootstrap *)&fake;
	return 0;
}

void bootstrap_cancel(struct bootstrap *bootstrap)
{
	if (bootstrap)
		fake.boot_fn = NULL;
}

void fake_boot(size_t n)
{
	static const struct resolve_addr addr[BOOTSTRAP_ADDRS_MAX] = {
		{ .family = AF_INET, .byte = { 203, 0, 113, 9 } },
		{ .family = AF_INET, .byte = { 203, 0, 113, 10 } },
	};
	bootstrap_fn fn = fake.boot_fn;

	assert(fn);
	fake.boot_fn = NULL;
	fn(fake.boot_ctx, addr, n);
}

void fake_key(int err, uint8_t first)
{
	struct machine_public key = { { first } };
	struct err_detail detail = { 0 };
	server_key_fn fn = fake.key_fn;

	assert(fn);
	fake.key_fn = NULL;
	fn(fake.key_ctx, err, &detail, err ? NULL : &key);
}

int control_conn_open(const struct control_conn_config *config,
		      const struct control_conn_calls *calls,
		      struct control_conn **ret)
{
	fake.n_plan = config->n_plan;
	fake.n_spare = config->n_spare;
	assert(!fake.open);
	fake.opened++;
	fake.open = true;
	fake.conn_calls = *calls;
	*ret = (struct control_conn *)&fake;
	return 0;
}

void control_conn_free(struct control_conn *conn)
{
	size_t i;

	if (!conn)
		return;
	fake.open = false;
	for (i = 0; i < FAKE_REQUESTS; i++)
		fake.requests[i].open = false;
}

int control_conn_request(struct control_conn *conn,
			 const struct h2_request *request,
			 const struct h2_stream_calls *calls,
			 struct h2_stream **ret)
{
	size_t i;

	assert(conn && fake.open);
	if (fake.refuse)
		return fake.refuse;
	for (i = 0; fake.requests[i].open; i++)
		assert(i + 1 < FAKE_REQUESTS);
	*ret = &fake.requests[i];
	**ret = (struct h2_stream){ .open = true, .calls = *calls };
	snprintf((*ret)->method, sizeof((*ret)->method), "%s",
		 request->method);
	snprintf((*ret)->path, sizeof((*ret)->path), "%s", request->path);
	assert(request->body_len < FAKE_BODY_MAX);
	if (request->body_len)
		memcpy((*ret)->body, request->body, request->body_len);
	return 0;
}

void h2_cancel(struct h2_stream *stream)
{
	if (stream)
		stream->open = false;
}

struct h2_stream *fake_find(const char *path, const char *needle)
{
	size_t i;

	for (i = 0; i < FAKE_REQUESTS; i++) {
		struct h2_stream *s = &fake.requests[i];

		if (s->open && !strcmp(s->path, path) &&
		    (!needle || strstr(s->body, needle)))
			return s;
	}
	return NULL;
}

size_t fake_n_open(void)
{
	size_t i, n = 0;

	for (i = 0; i < FAKE_REQUESTS; i++)
		n += fake.requests[i].open;
	return n;
}

static void begin(struct h2_stream *s, int status, const char *retry_after)
{
	const struct h2_response response = {
		.status = status, .retry_after = retry_after,
		.content_type = "",
	};

	assert(s && s->open);
	if (s->calls.response)
		s->calls.response(s->calls.ctx, &response);
}

void fake_begin(struct h2_stream *s, int status)
{
	begin(s, status, "");
}

void fake_data(struct h2_stream *s, const void *data, size_t len)
{
	assert(s && s->open);
	if (s->calls.data)
		s->calls.data(s->calls.ctx, data, len);
}

void fake_end(struct h2_stream *s, int err)
{
	assert(s && s->open);
	s->open = false;
	s->calls.end(s->calls.ctx, err);
}

void fake_answer(struct h2_stream *s, int status, const char *retry_after,
		 const char *body)
{
	begin(s, status, retry_after);
	fake_data(s, body, strlen(body));
	fake_end(s, 0);
}

void fake_connected(void)
{
	assert(fake.open);
	fake.conn_calls.connected(fake.conn_calls.ctx);
}

void fake_closed(int err)
{
	struct control_conn_calls calls = fake.conn_calls;
	struct err_detail detail = { 0 };
	size_t i;

	assert(fake.open);
	for (i = 0; i < FAKE_REQUESTS && fake.open; i++) {
		if (fake.requests[i].open)
			fake_end(&fake.requests[i], err);
	}
	/* One of them may have freed it. */
	if (fake.open)
		calls.closed(calls.ctx, err, &detail);
}

void fake_map(struct h2_stream *s, const char *json)
{
	size_t len = strlen(json), cap = ZSTD_compressBound(len);
	uint8_t *frame = malloc(4 + cap);
	size_t n;
	int i;

	assert(frame);
	n = ZSTD_compress(frame + 4, cap, json, len, 1);
	assert(!ZSTD_isError(n));
	for (i = 0; i < 4; i++)
		frame[i] = n >> (8 * i);
	/* Uneven pieces, as the network gives them. */
	fake_data(s, frame, 3);
	if (s->open)
		fake_data(s, frame + 3, 1 + n);
	free(frame);
}
