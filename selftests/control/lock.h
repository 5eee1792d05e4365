/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The tailnet lock as the server keeps it: updates by hash, which one is the
 * head, what ended it. Signatures and rights are the clients' business: the
 * server stores and relays.
 */
#ifndef CONTROL_LOCK_H
#define CONTROL_LOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buf.h"
#include "cbor.h"
#include "text.h"

#define LOCK_HASH	32	/* BLAKE2s-256 */
#define LOCK_HASH_TEXT	53	/* base32 without padding, and a zero */
#define LOCK_AUMS_MAX	20000	/* ours: updates kept */
#define LOCK_SIG_MAX	4096	/* ours: bytes of a node-key signature */
#define LOCK_CHECKPOINT	5	/* kind of an update that has a whole state */

/* Fields of an update. Source: tailscale tka/aum.go, tka/state.go. */
#define AUM_KIND	1
#define AUM_PREV	2
#define AUM_KEY		3
#define AUM_KEY_ID	4
#define AUM_STATE	5
#define AUM_SIGNATURES	23
#define STATE_VALUES	2

/* Fields and kinds of a node-key signature. Source: tailscale tka/sig.go. */
#define NKS_KIND	1
#define NKS_PUBKEY	2
#define NKS_KEY_ID	3
#define NKS_SIGNATURE	4
#define NKS_NESTED	5
#define NKS_WRAPPING	6
#define NKS_DIRECT	1
#define NKS_ROTATION	2
#define NKS_PUBKEY_LEN	34	/* "np" and the node key */

struct server;
struct node;

/**
 * struct lock_aum - one update
 * @kind:	0 if it says none
 * @has_prev:	@prev is set: it is no genesis
 */
struct lock_aum {
	struct lock_aum *next;
	uint8_t hash[LOCK_HASH];
	uint8_t prev[LOCK_HASH];
	bool has_prev;
	unsigned int kind;
	size_t len;
	uint8_t data[];
};

enum lock_state {
	LOCK_NEVER,
	LOCK_ON,
	LOCK_OFF,
};

/**
 * struct lock - all of it
 * @state:	what TKAInfo says
 * @aums:	newest first
 * @genesis:	where @head began
 * @pending:	a genesis that waits for init/finish
 * @secret:	what disabled it
 * @support:	secret for the makers of the server
 */
struct lock {
	enum lock_state state;
	struct lock_aum *aums;
	unsigned int n_aums;
	uint8_t genesis[LOCK_HASH];
	uint8_t head[LOCK_HASH];
	struct buf pending;
	struct buf secret;
	struct buf support;
};

void lock_done(struct lock *l);

/* Keep an update, if it is a map; one that is there already is given back.
 * Return: NULL if it is none, or there are too many.
 */
struct lock_aum *lock_add(struct lock *l, const void *data, size_t n);
struct lock_aum *lock_find(const struct lock *l, const uint8_t hash[LOCK_HASH]);
/* NULL also for a genesis. */
struct lock_aum *lock_parent(const struct lock *l, const struct lock_aum *a);
/* From now on, with @genesis as head; older updates are forgotten. */
bool lock_begin(struct lock *l, const void *genesis, size_t n);
/* No longer. @secret is given to whoever asks. */
void lock_end(struct lock *l, const void *secret, size_t n);
/* Does @secret belong to a disablement value of the newest checkpoint? */
bool lock_secret_ok(const struct lock *l, const void *secret, size_t n);

void lock_hash(const void *data, size_t n, uint8_t ret[LOCK_HASH]);
const char *lock_hash_text(const uint8_t hash[LOCK_HASH],
			   char out[LOCK_HASH_TEXT]);
bool lock_hash_parse(const char *s, uint8_t ret[LOCK_HASH]);

/* The node key that a signature is for. */
bool lock_sig_node(struct slice sig, uint8_t ret[KEY_LEN]);
/* The key that all of its layers come from. */
bool lock_sig_signer(struct slice sig, struct slice *ret);

#endif /* CONTROL_LOCK_H */
