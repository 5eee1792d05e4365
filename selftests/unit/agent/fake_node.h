/* SPDX-License-Identifier: GPL-2.0-only */
/* A node that is none: it remembers what it is asked and says what it is told. */
#ifndef FAKE_NODE_H
#define FAKE_NODE_H

#include "node.h"

#define FAKE_WATCHERS 40

/**
 * struct fake_node - its memory
 * @prefs: of the profile
 * @login: who is logged in
 * @backend: state
 * @have_key: there is a node key
 * @url: address to log in at, told by login_interactive()
 * @opening: its state is being opened
 * @finish: login_interactive() and start() lead to BACKEND_RUNNING at once
 * @auth_key: last one given
 * @profile: id of the one in use
 * @deleted: id of the one that was deleted
 * @starts: calls of start(); so the others
 * @slow_logout: one ends with @done
 * @command: last one on the state, with its argument
 * @done: to be called for it by the test; NULL = it has ended
 * @done_ctx: for @done
 * @watcher: those who are told
 */
struct fake_node {
	struct prefs prefs;
	const char *login;
	enum backend_state backend;
	bool have_key;
	const char *url;
	bool opening;
	bool finish;
	char auth_key[64];
	char profile[8];
	char deleted[8];
	int starts;
	int logins;
	int logouts;
	int edits;
	bool slow_logout;
	enum node_state_command command;
	char command_arg[64];
	node_done_fn done;
	void *done_ctx;
	struct node_watcher watcher[FAKE_WATCHERS];
};

extern const struct node_api fake_node_api;

/* A node with two peers and one user, running. */
void fake_node_init(struct fake_node *node);
void fake_node_done(struct fake_node *node);

/* Tell all watchers. */
void fake_node_tell(struct fake_node *node, const struct notify *msg);
int fake_node_watchers(const struct fake_node *node);

/* What it says of itself, in full; to be freed by status_done(). */
int fake_node_status(void *node, bool peers, struct status *ret);

#endif /* FAKE_NODE_H */
