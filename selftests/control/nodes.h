/* SPDX-License-Identifier: GPL-2.0-only */
/* Who is in the tailnet: users, auth keys, nodes, logins under way. */
#ifndef CONTROL_NODES_H
#define CONTROL_NODES_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "loop.h"
#include "text.h"

#define NODES_MAX	4096	/* ours: registered ones */
#define LOGINS_MAX	1000	/* ours: the oldest is dropped */
#define SYNTH_MAX	1000000
#define SYNTH_ID	1000000	/* id of the first synthetic peer */
#define LABEL_MAX	64
#define TAGGED_USER	2147455555LL	/* owner of tagged nodes */

struct server;
struct stream;
struct map_session;

/**
 * struct user - an account
 */
struct user {
	struct user *next;
	int64_t id;
	char login[128];
};

/**
 * struct authkey - a key made beforehand
 * @text:	the key
 * @user:	owner of the nodes it lets in
 * @tags:	array of "tag:x", may be empty
 * @expiry_ms:	0 for never
 * @reusable, @ephemeral, @revoked: what it is
 * @used:	how often
 */
struct authkey {
	struct authkey *next;
	char text[96];
	struct user *user;
	json_t *tags;
	int64_t expiry_ms;
	bool reusable;
	bool ephemeral;
	bool revoked;
	unsigned int used;
};

/**
 * struct node - a machine that registered
 * @id:		never used again
 * @label:	first label of its name, unique
 * @prev_key:	the key before the last rotation, still good for polling
 * @expiry_ms:	when the node key expires, 0 for never
 * @seen_ms:	when it was last heard of
 * @authorized:	approved, or approval is not needed
 * @tags, @endpoints, @routes: arrays of strings; @routes are the approved ones
 * @hostinfo:	as sent by the node
 * @capmap:	of the self node, object
 * @lock_key:	its tailnet-lock key, zero if it sent none
 * @sig, @prev_sig: signatures of @key and @prev_key, empty if there is none
 * @lock_head:	TKAHead as it was last sent, text
 * @resign_asked: it was told to sign its next key, and has not registered since
 * @as_peer, @as_self: fields laid over what we would send, or NULL
 * @sessions:	map sessions, live and resumable
 * @expire:	fires when the key expires
 * @reap:	fires when an ephemeral node was away too long
 */
struct node {
	struct node *next;
	int64_t id;
	char label[LABEL_MAX];
	struct user *user;
	uint8_t machine[KEY_LEN];
	uint8_t key[KEY_LEN];
	uint8_t prev_key[KEY_LEN];
	uint8_t disco[KEY_LEN];
	int64_t created_ms;
	int64_t expiry_ms;
	int64_t seen_ms;
	bool authorized;
	bool ephemeral;
	int home_derp;
	int cap;
	json_t *tags;
	json_t *endpoints;
	json_t *routes;
	json_t *hostinfo;
	json_t *capmap;
	uint8_t lock_key[KEY_LEN];
	struct buf sig;
	struct buf prev_sig;
	char lock_head[64];
	bool resign_asked;
	json_t *as_peer;
	json_t *as_self;
	struct map_session *sessions;
	struct timer expire;
	struct timer reap;
	struct server *srv;
};

/**
 * struct injected - a peer that nobody registered, as JSON text
 */
struct injected {
	struct injected *next;
	int64_t id;
	char *json;
};

/**
 * struct synth - a synthetic peer; all else follows from its number
 * @key:	node public key
 * @touches:	how often it was touched
 */
struct synth {
	uint8_t key[KEY_LEN];
	uint32_t touches;
};

/**
 * struct login - an interactive login
 * @id:		last part of its URL
 * @done:	finished by the person
 * @waiter:	the register request that waits for it, or NULL
 * @node_key, @machine: who asked
 */
struct login {
	struct login *next;
	char id[64];
	char url[512];
	bool done;
	bool refused;
	struct user *user;
	struct stream *waiter;
	json_t *request;
	uint8_t node_key[KEY_LEN];
	uint8_t old_key[KEY_LEN];
	uint8_t machine[KEY_LEN];
	int64_t created_ms;
};

/**
 * struct nodes - all of them
 */
struct nodes {
	struct user *users;
	struct authkey *authkeys;
	struct node *list;
	unsigned int count;
	int64_t last_id;
	struct injected *injected;
	struct synth *synth;
	size_t n_synth;
	struct login *logins;
	unsigned int n_logins;
};

/* Found or made. */
struct user *user_get(struct nodes *ns, const char *login);
struct user *user_tagged(struct nodes *ns);

struct authkey *authkey_new(struct nodes *ns, const char *user);
struct authkey *authkey_find(struct nodes *ns, const char *text);

/* Made at the end of the list, with an id, a label near @hostname, and what
 * every node has; NULL if there are too many.
 */
struct node *node_new(struct server *srv, const char *hostname);
/* Out of the list and freed; its sessions must be gone. */
void node_free(struct server *srv, struct node *n);
/* By current key, or NULL. */
struct node *node_by_key(struct nodes *ns, const uint8_t key[KEY_LEN]);
/* By current key, the one before, or that of a login under way. */
struct node *node_by_poll_key(struct nodes *ns, const uint8_t key[KEY_LEN]);
struct node *node_by_machine(struct nodes *ns, const uint8_t machine[KEY_LEN],
			     const struct user *user);
/* By id, label or node key text. */
struct node *node_by_name(struct nodes *ns, const char *name);
bool node_expired(const struct node *n);
/* Change the label to one near @hostname that nobody else has. */
void node_rename(struct nodes *ns, struct node *n, const char *hostname);

/* 100.64.0.0/10 and its IPv6 twin, by id. */
void node_address4(int64_t id, char out[32]);
void node_address6(int64_t id, char out[64]);

/* The private key of synthetic peer @i. */
void synth_private(size_t i, uint8_t ret[KEY_LEN]);
/* Grow or shrink their number. */
void synth_resize(struct nodes *ns, size_t n);

/* The oldest goes when there are too many. */
struct login *login_new(struct server *srv);
/* By URL or its last part. */
struct login *login_find(struct nodes *ns, const char *what);
void login_free(struct nodes *ns, struct login *l);

void nodes_done(struct server *srv);

#endif /* CONTROL_NODES_H */
