// SPDX-License-Identifier: GPL-2.0-only
#include "node/lock_glue.h"

#include "node/core.h"
#include "node/lock_rotated.h"
#include "wire/control_frame.h"

#include <errno.h>
#include <string.h>

static void note_lock_head(struct node_own *node)
{
	struct authority *authority = lock_side_authority(&node->lock);

	node->lock_head.c[0] = 0;
	if (authority)
		aum_hash_format(&authority_head(authority)->hash,
				&node->lock_head);
}

int lock_glue_open(struct node_own *node, bool again)
{
	const struct persist *persist = &node->identity.persist;
	const char *profile = node->identity.profile.id;
	struct node_public key = { 0 };
	int r = 0;

	if (again || strcmp(node->lock.profile, profile))
		r = lock_side_open(&node->lock, profile,
				   &persist->disallowed);
	if (persist->node)
		key_derive_public(persist->node, &key);
	lock_side_set_caller(&node->lock, CONTROL_VERSION, &key);
	note_lock_head(node);
	return r;
}

/* Others are trusted now, or nobody: it concerns all peers. */
static void on_lock_change(void *ctx)
{
	struct node_own *node = ctx;

	note_lock_head(node);
	if (node->client)
		client_self_changed(node->client);
	node_dirty(node);
}

static int on_lock_ask(void *ctx, const struct rpc_request *request,
		       void (*end)(void *ctx, const struct rpc_answer *answer),
		       void *end_ctx, struct rpc **ret)
{
	struct node_own *node = ctx;

	return node->client ? rpc_send(client_rpcs(node->client), request, end,
				       end_ctx, ret) : -ENOTCONN;
}

void lock_glue_init(struct node_own *node)
{
	const struct lock_side_calls calls = {
		.ask = on_lock_ask, .changed = on_lock_change, .ctx = node,
	};

	lock_side_init(&node->lock, node->config.loop, node->config.state,
		       &calls);
	lock_side_set_genesis(&node->lock, node->config.lock_genesis);
	list_init(&node->commands);
}

int lock_glue_note(struct node_own *node)
{
	bool known = node->view_known;
	int r = lock_side_note(&node->lock, node->netmap,
			       known ? node->changed : NULL,
			       known ? node->n_changed : 0);

	/* A key that one peer has given up may be that of any other. */
	if (r > 0)
		node->view_known = false;
	return r < 0 ? r : 0;
}

int lock_glue_rotated(void *ctx, const struct node *peer)
{
	const struct node_own *node = ctx;

	return lock_side_rotated(&node->lock, peer);
}
