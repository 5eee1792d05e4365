/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Keeping the authority the same as that of the control server: what to ask,
 * and what to do with the answer. Sending, waiting and giving up are the
 * caller's; nothing here knows of sockets, clocks or other processes.
 *
 * Silence of the server never turns the lock off: only a secret does that.
 *
 * Source: tailscale ipn/ipnlocal/tailnet-lock.go, tkaSyncIfNeeded.
 */
#ifndef LOCK_SYNC_H
#define LOCK_SYNC_H

#include "base/arena.h"
#include "base/err.h"
#include "base/secret.h"
#include "lock/authority.h"
#include "model/netmap_delta.h"
#include "wire/tka_rpc.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Capability of the own node without which no authority is begun. */
#define SYNC_CAPABILITY "https://tailscale.com/cap/tailnet-lock"

/**
 * struct sync_wanted - what the server says that there is
 * @enabled: the lock is on
 * @has_head: @head is set
 * @head: newest update that it has
 */
struct sync_wanted {
	bool enabled;
	bool has_head;
	struct aum_hash head;
};

/**
 * sync_wanted_from() - read it off the network map
 * @info:	of the map
 *
 * Return: what the server says. A head that cannot be read counts as off,
 * which then has to be proved.
 */
struct sync_wanted sync_wanted_from(const struct tka_info *info);

enum sync_state {
	SYNC_IDLE,
	SYNC_BOOTSTRAP,		/* asked what to begin with */
	SYNC_DISABLE,		/* asked for a secret */
	SYNC_SECRET,		/* the caller has a secret to check */
	SYNC_OFFER,		/* asked how far the server has come */
	SYNC_SEND,		/* sent what the server lacks */
	SYNC_STATES,
};

/* What the caller has to do next. */
enum sync_do {
	SYNC_DO_NOTHING,	/* it is done */
	SYNC_DO_REQUEST,	/* send the request, give the answer back */
	SYNC_DO_CHECK,		/* derive the value of sync_secret() */
};

/**
 * struct sync_config - what does not change
 * @caller: who asks; its key may be changed while idle
 * @disk: where a new authority is kept
 * @denied: ids of authorities that were given up here; borrowed
 * @genesis: hash of the one update to begin with; NULL = any. Borrowed
 * @forget: take away all that is kept of the authority, for good: below 0 it
 *	stays on. NULL = nothing is kept
 * @ctx: for @forget
 */
struct sync_config {
	struct tka_caller caller;
	struct authority_disk disk;
	struct text_list denied;
	const struct aum_hash *genesis;
	int (*forget)(void *ctx);
	void *ctx;
};

/**
 * struct sync_request - a request to be sent
 * @path: static
 * @body: owned by whoever is given the request
 * @answer_max: longest answer, bytes
 */
struct sync_request {
	const char *path;
	struct secret_buf body;
	size_t answer_max;
};

/**
 * struct lock_sync - where we are; zero but for what the caller sets is idle
 * @config: see there; set by the caller
 * @authority: ours, NULL = none; set by the caller at first, owned by it, and
 *	changed by answers
 * @state: changed by sync.c only
 * @wanted: what the server said when this began
 * @mem: owns @secret
 * @secret: to be checked
 * @tried: a secret was checked in vain since the server last said something
 *	else than @tried_for
 * @tried_for: see @tried
 * @unpinned: the head could not be told to who guards it: worth a warning
 * @refused: the server says that the lock is off and did not prove it: worth a
 *	warning
 * @differs: the server has another head, even so: for the log
 * @compact_err: 0, or why old updates were not forgotten: for the log
 */
struct lock_sync {
	struct sync_config config;
	struct authority *authority;
	enum sync_state state;
	struct sync_wanted wanted;
	struct arena *mem;
	struct bytes secret;
	bool tried;
	struct sync_wanted tried_for;
	bool unpinned;
	bool refused;
	bool differs;
	int compact_err;
};

/**
 * sync_done() - free what a sync under way has; the authority stays
 * @sync: idle afterwards
 */
void sync_done(struct lock_sync *sync);

/**
 * sync_begin() - is there anything to do? After every new map
 * @sync:	idle
 * @wanted:	what the server says
 * @capable:	our own node has SYNC_CAPABILITY
 * @ret:	set for SYNC_DO_REQUEST
 *
 * Return: an enum sync_do; -EBUSY if one is under way, so that the caller comes
 * back after it; -ENOMEM.
 */
int sync_begin(struct lock_sync *sync, const struct sync_wanted *wanted,
	       bool capable, struct sync_request *ret);

/**
 * sync_answer() - the answer to a request
 * @sync:	waiting for it
 * @text:	body; the status was 200
 * @len:	bytes
 * @now_s:	seconds since the epoch
 * @detail:	filled on error
 * @ret:	set for SYNC_DO_REQUEST
 *
 * Return: an enum sync_do; below 0 it has failed, and is idle again.
 */
int sync_answer(struct lock_sync *sync, const char *text, size_t len,
		int64_t now_s, struct err_detail *detail,
		struct sync_request *ret);

/**
 * sync_fail() - there is no answer, or one of another status
 * @sync: idle afterwards; what the authority was it still is
 */
void sync_fail(struct lock_sync *sync);

/**
 * sync_secret() - the secret that has to be checked
 * @sync: in SYNC_SECRET
 *
 * Return: borrowed until sync_secret_checked().
 */
struct bytes sync_secret(const struct lock_sync *sync);

/**
 * sync_secret_checked() - the secret was checked
 * @sync:	in SYNC_SECRET
 * @result:	of disable_match(), or why there is none
 * @ret:	set for SYNC_DO_REQUEST
 *
 * Return: as sync_answer(). If @authority is NULL afterwards, the lock is off.
 */
int sync_secret_checked(struct lock_sync *sync, int result,
			struct sync_request *ret);

#endif /* LOCK_SYNC_H */
