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
