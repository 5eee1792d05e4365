/* SPDX-License-Identifier: GPL-2.0-only */
/* A server in a process of its own, and nodes that talk to it. */
#ifndef CONTROL_HARNESS_H
#define CONTROL_HARNESS_H

#include "client.h"
#include "text.h"

/**
 * struct rig - the server at hand
 * @port, @tls_port: where it listens, as text
 * @dir:	temporary folder with its socket
 */
struct rig {
	int pid;
	int admin;
	char port[16];
	char tls_port[16];
	char dir[64];
	uint8_t pub[32];
};

/**
 * struct peer - a node of the test
 */
struct peer {
	struct client *c;
	uint8_t machine[32];
	uint8_t key[32];
	uint8_t disco[32];
	const char *hostname;
	int32_t map;
};

/* Start with more options, a NULL-ended list. Return: false, and not running. */
bool rig_start(struct rig *r, const char *const *options);
/* Stop; sanitizers have their last word. Return: did it end well. */
bool rig_stop(struct rig *r);

/* One admin command; @ret gets the lines, without the leading space.
 * Return: was it "ok".
 */
bool rig_admin(struct rig *r, struct buf *ret, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* A counter of "stats". */
long rig_stat(struct rig *r, const char *name);

/* Random keys; with a connection unless that fails, see @p->c->why. */
void peer_init(struct rig *r, struct peer *p, const char *hostname);
/* Another connection for the same node. */
void peer_redial(struct rig *r, struct peer *p);
void peer_done(struct peer *p);

/* RegisterRequest; fields in @more, with a comma in front, come last. */
json_t *peer_register(struct peer *p, const char *more);
int32_t peer_register_begin(struct peer *p, const char *more);
/* Start the long poll. */
void peer_poll(struct peer *p, const char *more);
/* A lite update. Return: status. */
int peer_lite(struct peer *p, const char *more);
/* The next message that is no pure keep-alive. */
json_t *peer_next(struct peer *p);
/* Register by auth key, poll, and give back the first message. */
json_t *peer_join(struct peer *p, const char *authkey);

const char *public_text(const char *prefix, const uint8_t priv[32],
			char out[KEY_TEXT_MAX]);
/* "a.b.0.c": fields and indices. */
json_t *at(json_t *v, const char *path);
const char *text_at(json_t *v, const char *path);
int64_t number_at(json_t *v, const char *path);

/* Wait for a message with that field; others are dropped. */
json_t *peer_until(struct peer *p, const char *path);

/* Is @part in @text, which may be NULL? */
bool text_has(const char *text, const char *part);

/* The part of a registration that has an auth key; until the next call. */
const char *auth_text(const char *key);

/* Make an auth key; its text, until the next call. */
const char *rig_authkey(struct rig *r, const char *options);

#endif /* CONTROL_HARNESS_H */
