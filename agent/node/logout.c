// SPDX-License-Identifier: GPL-2.0-only
#include "node/logout.h"

#include "base/log.h"
#include "control/client.h"
#include "node/core.h"
#include "node/lock_glue.h"

#include <errno.h>
#include <stdlib.h>

/**
 * struct logout_wait - somebody who waits
 * @link: in struct logout
 * @done: tells him
 * @ctx: for it
 */
struct logout_wait {
	struct list link;
	node_done_fn done;
	void *ctx;
};

void logout_init(struct logout *logout)
{
	*logout = (struct logout){ .over = false };
	list_init(&logout->waiting);
}

int logout_begin(struct node_own *node, node_done_fn done, void *ctx)
{
	struct logout_wait *wait = malloc(sizeof(*wait));
	bool is_first = list_empty(&node->logout.waiting);

	if (!wait)
		return -ENOMEM;
	*wait = (struct logout_wait){ .done = done, .ctx = ctx };
	list_add(&node->logout.waiting, &wait->link);
	/* Whoever comes later waits for the same one. */
	if (is_first)
		client_logout(node->client);
	return 0;
}

/* Who is told may want another one at once. */
static void tell(struct logout *logout, int err, const struct err_detail *detail)
{
	struct list waiting;
	struct logout_wait *wait;

	list_move_all(&logout->waiting, &waiting);
	while (!list_empty(&waiting)) {
		wait = list_entry(waiting.next, struct logout_wait, link);
		list_del(&wait->link);
		wait->done(wait->ctx, err, detail, NULL);
		free(wait);
	}
}

void logout_forget(struct node_own *node)
{
	struct logout *logout = &node->logout;
	struct err_detail detail = { 0 };
	int r;

	node->login_wanted = false;
	node->forgotten = false;
	node->refused[0] = 0;
	/* Whatever fails: nobody is logged in again by himself. */
	node->identity.prefs.logged_out = true;
	node->identity.prefs.want_running = false;
	r = identity_forget(&node->identity);
	if (r == 0)
		r = node_save(node, &detail);
	logout->over = true;
	logout->err = r;
	if (r < 0) {
		err_explain(&logout->detail, r,
			    "the logout is not on disk: %s %s", err_text(r),
			    detail.text);
		log_err("store: %s", logout->detail.text);
	}
	node_set_netmap(node, NULL);
	/*
	 * A lock stays, or the next login would take the server's word for a
	 * new one. Who goes over to another tailnet gives it up by himself.
	 */
	if (lock_glue_open(node, true) < 0)
		log_err("lock: no memory");
	/* This one speaks for who we were. */
	node->remake_client = true;
	node_dirty(node);
}

void logout_finish(struct node_own *node)
{
	struct logout *logout = &node->logout;

	if (!logout->over)
		return;
	logout->over = false;
	tell(logout, logout->err, &logout->detail);
}

void logout_cancel(struct node_own *node, const char *why)
{
	struct err_detail detail = { 0 };

	if (node->logout.over || list_empty(&node->logout.waiting))
		return;
	err_explain(&detail, -ECANCELED, "%s", why);
	tell(&node->logout, -ECANCELED, &detail);
}
