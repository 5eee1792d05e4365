/* SPDX-License-Identifier: GPL-2.0-only */
/* Nodes of a test that ask about the tailnet lock. */
#ifndef CONTROL_LOCK_PEER_H
#define CONTROL_LOCK_PEER_H

#include "harness.h"
#include "lock_make.h"

/* GET /machine/tka/@what with Version, NodeKey and @more, which begins with a
 * comma. Return: what came, borrowed from the connection, or NULL.
 */
struct reply *lock_ask(struct peer *p, const char *what, const char *format,
		       ...) __attribute__((format(printf, 3, 4)));
/* The same; its answer if it was 200 and JSON, else NULL. */
json_t *lock_answer(struct peer *p, const char *what, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Base64, until the next call but three. */
const char *base64_text(const struct buf *b);
const char *hash_text_of(const struct buf *aum);
/* The bytes of a JSON string. */
void base64_bytes(const json_t *v, struct buf *ret);

/* A key pair of the test's own. */
void signer_test(unsigned int i, struct signer *ret);
/* Its node key, public. */
void peer_key(const struct peer *p, uint8_t ret[32]);

/**
 * struct lock_net - a lock over two nodes
 * @by:		the trusted key
 * @genesis, @head: the update and where the chain ends
 */
struct lock_net {
	struct rig rig;
	struct peer a;
	struct peer b;
	struct signer by;
	struct buf genesis;
	uint8_t head[LOCK_HASH];
};

/* A server with nodes "a" and "b", both polling, and the lock switched on by
 * "a", which signs both.
 */
void lock_net_start(struct lock_net *net);
bool lock_net_stop(struct lock_net *net);
/* "a" adds a no-op behind the head. */
void lock_net_grow(struct lock_net *net);

#endif /* CONTROL_LOCK_PEER_H */
