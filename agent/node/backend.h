/* SPDX-License-Identifier: GPL-2.0-only */
/* The one word for how the node is. Pure. */
#ifndef NODE_BACKEND_H
#define NODE_BACKEND_H

#include "model/status.h"
#include "model/view.h"

#include <stdbool.h>

/**
 * struct backend_facts - what it depends on
 * @want_running: the user wants the network up
 * @logged_out: the user has logged out
 * @has_key: there is a node key
 * @has_url: a person has to log in somewhere
 * @forgotten: the server does not know our key any more; while it does, the old
 *	login serves until there is a new one
 * @closed: why there are no peers
 * @applied: kernel and host are as wanted
 */
struct backend_facts {
	bool want_running;
	bool logged_out;
	bool has_key;
	bool has_url;
	bool forgotten;
	enum view_closed closed;
	bool applied;
};

/**
 * backend_decide() - which state is it?
 * @facts: what it depends on
 *
 * Source: ipn/ipnlocal/local.go, nextStateLocked.
 *
 * Return: the state.
 */
enum backend_state backend_decide(const struct backend_facts *facts);

#endif /* NODE_BACKEND_H */
