/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The tailnet lock of a node: the authority of the current profile, on disk and
 * in memory, kept the same as the server's.
 *
 * Whether there is one is known from the state file, where its head is pinned;
 * the updates lie in a directory beside it. If what lies there is not what was
 * pinned, or cannot be read, the lock stays on and trusts nobody.
 */
#ifndef NODE_LOCK_SIDE_H
#define NODE_LOCK_SIDE_H

#include "base/arena.h"
#include "base/err.h"
#include "base/log.h"
#include "base/str_list.h"
#include "control/rpc.h"
#include "lock/disable_job.h"
#include "lock/rotated.h"
#include "lock/store.h"
#include "lock/sync.h"
#include "loop/loop.h"
#include "model/netmap.h"
#include "model/wanted.h"
#include "node/lock_pin.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct state;

enum lock_mode {
	LOCK_MODE_OFF,		/* no authority, and the server names none */
	LOCK_MODE_WAITING,	/* the server says that there is one; not ours yet */
	LOCK_MODE_ON,
	LOCK_MODE_DAMAGED,	/* there is one, but we cannot tell what it says */
};

/**
 * struct lock_side_calls - what the lock needs and tells
 * @ask: send a request, as rpc_send()
 * @changed: who is trusted has changed, or is known to be unknown
 * @ctx: for both
 */
struct lock_side_calls {
	int (*ask)(void *ctx, const struct rpc_request *request,
		   void (*end)(void *ctx, const struct rpc_answer *answer),
		   void *end_ctx, struct rpc **ret);
	void (*changed)(void *ctx);
	void *ctx;
};

/**
 * struct lock_side - inside of the node; private but for reading
 * @loop: borrowed
 * @state: has the pins; borrowed
 * @io: calls of the store
 * @calls: of the owner
 * @profile: id of the profile; "" = none yet
 * @store: where the updates lie; NULL without a directory
 * @pin: what the state says
 * @genesis: the only authority there may be begins with it, and there always is
 *	one; NULL = by the server's word. Borrowed
 * @rotated: node keys that were rotated away
 * @rotated_unread: the state has some, and does not say which
 * @rotated_unsaved: not all of them are in the state
 * @damaged: what lies there is not what was pinned
 * @mending: the authority in @sync is being fetched anew, and not to be trusted
 *	before it has the pinned update
 * @given_up: the server's authority is one that was given up here, as far as is
 *	known
 * @given_up_known: and it was asked since it last said something else
 * @lost: the last failure was one of the connection
 * @sync: with the authority, if there is one
 * @denied: what it borrows: owned by @denied_mem
 * @denied_mem: see @denied
 * @announced: the server says that there is a lock
 * @wanted: what the server said last
 * @wanted_known: it has said something
 * @told_on: owner was told of @told_head
 * @told_head: see @told_on
 * @request: under way, or NULL
 * @check: of a secret, likewise
 * @retry: after a failure
 * @n_failed: in a row
 * @checked_ms: when a secret was last checked; boot time, 0 = never
 * @off_reason: why it was turned off last
 * @trouble: what is wrong, for people; "" = nothing
 * @warnings: how often that is logged
 */
struct lock_side {
	struct loop *loop;
	struct state *state;
	const struct lock_store_io *io;
	struct lock_side_calls calls;
	char profile[64];
	struct lock_store *store;
	struct lock_pin pin;
	const struct aum_hash *genesis;
	struct rotated rotated;
	bool rotated_unread;
	bool rotated_unsaved;
	bool damaged;
	bool mending;
	bool given_up;
	bool given_up_known;
	bool lost;
	struct lock_sync sync;
	struct arena *denied_mem;
	bool announced;
	struct sync_wanted wanted;
	bool wanted_known;
	bool told_on;
	struct aum_hash told_head;
	struct rpc *request;
	struct disable_job *check;
	struct loop_timer retry;
	unsigned int n_failed;
	uint64_t checked_ms;
	enum wanted_lock_off off_reason;
	char trouble[400];
	struct log_limit warnings;
};

/**
 * lock_side_init() - nothing is known
 * @side:	initialised
 * @loop:	borrowed until lock_side_close()
 * @state:	borrowed likewise
 * @calls:	copied
 *
 * What has to be set afterwards stays: lock_side_set_genesis() and
 * lock_side_set_caller().
 */
void lock_side_init(struct lock_side *side, struct loop *loop,
		    struct state *state, const struct lock_side_calls *calls);

/**
 * lock_side_set_genesis() - have no other authority, and never none
 * @side:	the lock, not open yet
 * @genesis:	hash of its first update, borrowed until lock_side_close(); NULL
 *		= take the one that the server names first
 *
 * Until there is one that begins so, the lock is on and trusts nobody. A secret
 * does not turn it off, and an id that was given up before is taken again: whoever
 * may write the settings has said so.
 */
void lock_side_set_genesis(struct lock_side *side,
			   const struct aum_hash *genesis);

/**
 * lock_side_open() - the lock of a profile
 * @side:	that of the one before is closed
 * @profile:	id; "" = it has none yet, and so no lock
 * @denied:	ids of authorities that were given up here; copied
 *
 * A lock that cannot be read is on and trusts nobody: @trouble says why.
 *
 * Return: 0 or -ENOMEM.
 */
int lock_side_open(struct lock_side *side, const char *profile,
		   const struct str_list *denied);

/**
 * lock_side_close() - forget all but what is on disk
 * @side: as after lock_side_init()
 */
void lock_side_close(struct lock_side *side);

/**
 * lock_side_set_caller() - who asks the server
 * @side:	the lock
 * @version:	of the protocol
 * @key:	our node key
 */
void lock_side_set_caller(struct lock_side *side, uint16_t version,
			  const struct node_public *key);

/**
 * lock_side_map() - the server has said something
 * @side:	begins to sync, if need be
 * @info:	of the newest map
 */
void lock_side_map(struct lock_side *side, const struct tka_info *info);

/**
 * lock_side_mode() - how it is
 * @side: the lock
 *
 * Return: the mode.
 */
enum lock_mode lock_side_mode(const struct lock_side *side);

/**
 * lock_side_authority() - whom to ask
 * @side: the lock
 *
 * Return: borrowed until the loop goes on; NULL unless it is on.
 */
struct authority *lock_side_authority(const struct lock_side *side);

/**
 * lock_side_wanted() - what the kernel has to enforce
 * @side:	the lock
 * @ret:	all zero; owned by the caller: wanted_lock_done()
 *
 * Return: 0, -ENOMEM; TNE_LOCK_LIMIT if there are more keys than it takes.
 */
int lock_side_wanted(const struct lock_side *side, struct wanted_lock *ret);

/**
 * lock_side_give_up() - local disablement: turn it off on this node alone
 * @side:	off afterwards
 * @denied:	on disk, with lock_side_id() if that is known
 * @detail:	filled on error
 *
 * Return: 0 or below: then it is still on.
 */
int lock_side_give_up(struct lock_side *side, const struct str_list *denied,
		      struct err_detail *detail);

/**
 * lock_side_id() - name of the authority
 * @side:	the lock
 * @ret:	"ID1:ID2"
 *
 * Return: true if it is known.
 */
bool lock_side_id(const struct lock_side *side,
		  char ret[AUTHORITY_ID_TEXT_MAX]);

/**
 * lock_side_delete() - take away what is kept for a profile
 * @state:	has the pin
 * @profile:	id
 *
 * Return: 0 or below.
 */
int lock_side_delete(struct state *state, const char *profile);

#endif /* NODE_LOCK_SIDE_H */
