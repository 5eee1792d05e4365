/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Stands in for control_conn.c, h2.c and server_key.c: a server that the test
 * plays by hand.
 */
#ifndef FAKE_CONN_H
#define FAKE_CONN_H

#include "control/bootstrap.h"
#include "control/control_conn.h"
#include "control/server_key.h"

#include <stdbool.h>
#include <stddef.h>

#define FAKE_REQUESTS 16
#define FAKE_BODY_MAX 8192

/**
 * struct h2_stream - a request that the code under test has made
 * @open: it is under way
 * @calls: of its maker
 * @method: copy
 * @path: copy
 * @body: copy, terminated
 */
struct h2_stream {
	bool open;
	struct h2_stream_calls calls;
	char method[8];
	char path[256];
	char body[FAKE_BODY_MAX];
};

/**
 * struct fake - all that was asked for
 * @key_asked: how often the key was asked for
 * @key_at: last byte of the IPv4 address where, -1 = by name
 * @key_fn: of the request under way, or NULL
 * @key_ctx: for it
 * @opened: how many connections were opened
 * @conn_calls: of the one that is open
 * @open: is one?
 * @n_plan: addresses that the last one was to try
 * @n_spare: and those beside its name
 * @boot_asked: how often relays were asked for addresses
 * @boot_fn: of the search under way, or NULL
 * @boot_ctx: for it
 * @boot_first: name of the first relay
 * @requests: under way and gone
 * @refuse: what control_conn_request() returns; 0 = it works
 */
struct fake {
	int key_asked;
	int key_at;
	server_key_fn key_fn;
	void *key_ctx;
	int opened;
	struct control_conn_calls conn_calls;
	bool open;
	size_t n_plan;
	size_t n_spare;
	int boot_asked;
	bootstrap_fn boot_fn;
	void *boot_ctx;
	char boot_first[BOOT_HOST_MAX];
	struct h2_stream requests[FAKE_REQUESTS];
	int refuse;
};

extern struct fake fake;

void fake_reset(void);

/* The open request to @path with @needle in its body (NULL = any), or NULL. */
struct h2_stream *fake_find(const char *path, const char *needle);
size_t fake_n_open(void);

/* Answer, wholly. */
void fake_answer(struct h2_stream *s, int status, const char *retry_after,
		 const char *body);
/* Answer with the header alone; then bytes; then the end. */
void fake_begin(struct h2_stream *s, int status);
void fake_data(struct h2_stream *s, const void *data, size_t len);
void fake_end(struct h2_stream *s, int err);

/* The relays know @n addresses. */
void fake_boot(size_t n);
void fake_key(int err, uint8_t first);
void fake_connected(void);
/* All requests end with @err, then the connection. */
void fake_closed(int err);

/* One message of a map stream, compressed. */
void fake_map(struct h2_stream *s, const char *json);

#endif /* FAKE_CONN_H */
