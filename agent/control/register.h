/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Registration: from the wish to log in to a key that the server knows.
 *
 * What a login has brought so far (a key that may become ours, an address that a
 * person was sent to) outlives connections: whoever waits for that person may
 * have to ask again on another one.
 */
#ifndef CONTROL_REGISTER_H
#define CONTROL_REGISTER_H

#include "base/cleanup.h"
#include "base/secret.h"
#include "control/register_decide.h"
#include "control/self.h"
#include "control/signer.h"

#include <stdbool.h>
#include <stdint.h>

struct clock;
struct control_conn;
struct registration;

/**
 * struct registration_config - what does not change
 * @server_url: copied
 * @version: of the protocol
 * @clock: for dates of the server; borrowed
 * @random: any 32 bits
 * @self: asked for each request
 * @ctx: for both
 * @signer: of new node keys, for the tailnet lock
 */
struct registration_config {
	const char *server_url;
	uint16_t version;
	const struct clock *clock;
	uint32_t (*random)(void *ctx);
	control_self_fn self;
	void *ctx;
	struct control_signer signer;
};

/**
 * struct registration_keys - who we are so far
 * @node: zero = nobody yet
 * @old_node: the key before; zero = none
 * @lock: of the tailnet lock, never zero
 */
struct registration_keys {
	struct node_public node;
	struct node_public old_node;
	struct lock_public lock;
};

/**
 * struct registration_calls - what a registration tells
 * @visit: a person has to go to @url; it goes on by itself meanwhile
 * @end: the request is over and nothing goes on. @action is one of RETRY, WAIT,
 *	ASK, DONE, LEFT. With DONE, @key is the new node key, owned by the
 *	callee; NULL if the current one was taken again
 * @ctx: for both
 *
 * Each of them may cancel, or free the registration.
 */
struct registration_calls {
	void (*visit)(void *ctx, const char *url);
	void (*end)(void *ctx, const struct register_action *action,
		    struct secret32 *key);
	void *ctx;
};

/**
 * registration_new() - nothing is wished yet
 * @config:	copied
 * @calls:	copied
 * @ret:	owned by the caller
 *
 * Return: 0, TNE_URL or -ENOMEM.
 */
int registration_new(const struct registration_config *config,
		     const struct registration_calls *calls,
		     struct registration **ret);

/**
 * registration_free() - give up
 * @reg: the registration or NULL
 */
void registration_free(struct registration *reg);

DEFINE_CLEANUP(registration, struct registration *, registration_free)

/**
 * registration_login() - wish to be logged in; anew if it was wished before
 * @reg:	its request is cancelled
 * @interactive: a person asks for it: with a new key
 * @auth_key:	logs in without a person; copied, wiped once it has served; NULL
 *		= none
 *
 * Return: 0 or -ENOMEM, all as before.
 */
int registration_login(struct registration *reg, bool interactive,
		       const struct secret_buf *auth_key);

/**
 * registration_logout() - wish to be forgotten
 * @reg: its request is cancelled
 */
void registration_logout(struct registration *reg);

/**
 * registration_send() - ask the server
 * @reg:	no request under way
 * @conn:	where; cancel before it is freed
 * @keys:	copied
 * @expired:	the current key is past its time
 *
 * Return: 0, or an error: then it has to be tried again, on another connection
 * perhaps.
 */
int registration_send(struct registration *reg, struct control_conn *conn,
		      const struct registration_keys *keys, bool expired);

/**
 * registration_restore() - ask again with a key that could not be kept
 * @reg:	nothing is wished
 * @key:	moved; what @end was given
 *
 * The server has taken it and knows it already: nobody has to log in anew.
 */
void registration_restore(struct registration *reg, struct secret32 *key);

/**
 * registration_renew() - wish for a new key as well
 * @reg: its request is cancelled, its auth key stays
 */
void registration_renew(struct registration *reg);

/**
 * registration_renews() - is a new key wished in place of one that still serves?
 * @reg: the registration
 *
 * Return: true if so.
 */
bool registration_renews(const struct registration *reg);

/**
 * registration_cancel() - take the request back; the wish stays
 * @reg: the registration
 */
void registration_cancel(struct registration *reg);

/**
 * registration_url() - where a person has to go
 * @reg: the registration
 *
 * Return: borrowed; "" = nowhere.
 */
const char *registration_url(const struct registration *reg);

#endif /* CONTROL_REGISTER_H */
