/* SPDX-License-Identifier: GPL-2.0-only */
/* The smallest client that can join: blocking, for the server's own tests. */
#ifndef CONTROL_CLIENT_H
#define CONTROL_CLIENT_H

#include <jansson.h>
#include <nghttp2/nghttp2.h>
#include <openssl/ssl.h>
#include <stdbool.h>
#include <stdint.h>

#include "buf.h"
#include "noise.h"

#define CLIENT_VERSION	113
#define CLIENT_WAIT_MS	10000

/**
 * struct reply - an answer, as far as it has come
 */
struct reply {
	struct reply *next;
	int32_t id;
	int status;
	bool closed;
	uint32_t error;
	size_t fields;
	char retry_after[64];
	struct buf request;	/* what is not yet sent of its body */
	struct buf body;
};

/**
 * struct client - one upgraded connection
 * @why:	what went wrong first, or NULL
 * @early:	the early payload's JSON
 * @goaway:	the server said so
 */
struct client {
	int fd;
	SSL *ssl;
	SSL_CTX *tls;
	const char *why;
	struct noise_channel ch;
	struct buf in;
	struct buf plain;
	struct buf early;
	bool early_known;
	bool goaway;
	nghttp2_session *session;
	struct reply *replies;
	unsigned long records;
	unsigned long empty_records;
};

/* HTTP/1.1 request and whole answer, until the other side closes, @n bytes
 * came, or time is up. @ca switches to TLS.
 */
bool http_ask(const char *port, const char *ca, const char *request,
	      struct buf *ret, int wait_ms);

/* Upgrade and handshake. Never NULL; see @why. */
struct client *client_dial(const char *port, const char *ca,
			   const uint8_t server_pub[32],
			   const uint8_t machine[32], int version);
void client_free(struct client *c);

/* Return: stream id. */
int32_t client_send(struct client *c, const char *method, const char *path,
		    const char *body);
struct reply *client_reply(struct client *c, int32_t id);
/* Read and write for at most that long. Return: false at the end of things. */
bool client_step(struct client *c, int wait_ms);
/* Until the answer is complete. Return: false if it never was. */
bool client_finish(struct client *c, int32_t id, int wait_ms);
/* One request, its whole answer. */
struct reply *client_ask(struct client *c, const char *method,
			 const char *path, const char *body);
/* The next message of a map stream, or NULL. */
json_t *client_map(struct client *c, int32_t id, bool zstd, int wait_ms);

#endif /* CONTROL_CLIENT_H */
