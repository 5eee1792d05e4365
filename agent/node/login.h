/* SPDX-License-Identifier: GPL-2.0-only */
/* Who we are for the control server: its client, and what it tells. */
#ifndef NODE_LOGIN_H
#define NODE_LOGIN_H

#include "base/err.h"

#include <stdbool.h>

struct node_own;
struct secret_buf;

/**
 * login_make_client() - a client for the identity of now, in place of the old
 * @node:	not inside of a call of the client
 * @detail:	filled on error
 *
 * Logs in if there is a key, and the user has not logged out.
 *
 * Return: 0, TNE_URL or -ENOMEM.
 */
int login_make_client(struct node_own *node, struct err_detail *detail);

/**
 * login_begin() - log in
 * @node:	the node
 * @interactive: with a person and a new key
 * @auth_key:	without one; or NULL
 *
 * Return: 0 or -ENOMEM.
 */
int login_begin(struct node_own *node, bool interactive,
		const struct secret_buf *auth_key);

/**
 * login_is_done() - has an auth key just done what is asked for?
 * @node: the node; says so once
 *
 * "up" of the stock command line gives a key and asks for a login right after. By
 * then the key may have brought the node key, and a second login would want a
 * person.
 *
 * Return: true if a login is not to begin.
 */
bool login_is_done(struct node_own *node);

/**
 * login_renew() - let the login under way get a new node key
 * @node: its auth key stays
 */
void login_renew(struct node_own *node);

/**
 * login_set_pause() - let the client work, or not
 * @node: as its preferences say
 */
void login_set_pause(struct node_own *node);

#endif /* NODE_LOGIN_H */
