// SPDX-License-Identifier: GPL-2.0-only
#include "node/lock_side.h"

#include "base/clock.h"
#include "crypto/key.h"
#include "lock/disable.h"
#include "store/state.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RETRY_FIRST_MS 1000	/* ours, as the next ones */
#define RETRY_MAX_MS 60000
/* A check costs a process and 16 MiB, and the server chooses when. */
#define CHECK_SELDOM_MS 5000
#define LOGGED_KEYS_MAX 16	/* ours */

/* What may be meant by a server that knows nothing of our lock. */
#define MOVED \
	"if this node has gone over to another tailnet, run: tailnet lock local-disable"

static void sync_now(struct lock_side *side);

static void on_retry(void *ctx)
{
	sync_now(ctx);
}

/* What is on disk */

static void drop_authority(struct lock_side *side)
{
	authority_free(side->sync.authority);
	side->sync.authority = NULL;
}

/* The first update: as it was noted, or from the chain. Later ones may be lost. */
static bool find_genesis(const struct lock_side *side, struct aum_hash *ret)
{
	const struct chain_item *oldest;

	if (side->pin.has_genesis) {
		*ret = side->pin.genesis;
		return true;
	}
	if (!side->sync.authority)
		return false;
	oldest = authority_oldest(side->sync.authority);
	*ret = oldest->hash;
	return !oldest->aum.prev.set;
}

/* Is it the one that the settings name? */
static int check_genesis(const struct lock_side *side,
			 struct err_detail *detail)
{
	struct aum_hash genesis;

	if (!side->genesis || !side->sync.authority)
		return 0;
	if (find_genesis(side, &genesis) &&
	    aum_hash_eq(&genesis, side->genesis))
		return 0;
	return err_explain(detail, TNE_LOCK_DAMAGED,
			   "it is not known to be the one that LockGenesis in the file of settings names");
}

static int on_pin(void *ctx, const struct aum_hash *head)
{
	struct lock_side *side = ctx;
	struct lock_pin pin = { .exists = true, .has_head = true };

	/* What is being fetched anew has not been found good yet. */
	if (side->mending)
		return 0;
	pin.head = *head;
	pin.has_genesis = find_genesis(side, &pin.genesis);
	if (side->sync.authority)
		authority_id_text(authority_state(side->sync.authority),
				  pin.id);
	if (lock_pin_write(side->state, side->profile, &pin) < 0)
		return -EIO;
	side->pin = pin;
	return 0;
}

/* The state first: a pin without updates is damage, updates without one none. */
static int on_forget(void *ctx)
{
	static const struct lock_pin none;
	struct lock_side *side = ctx;
	int r = lock_pin_write(side->state, side->profile, &none);

	if (r < 0)
		return r;
	side->pin = none;
	rotated_done(&side->rotated);
	side->rotated_unsaved = false;
	return side->store ? lock_store_remove(side->store) : 0;
}

static struct authority_disk disk_of(struct lock_side *side)
{
	if (side->store && !side->mending)
		return lock_store_disk(side->store, on_pin, side);
	return (struct authority_disk){ .pin = on_pin, .ctx = side };
}

static void set_trouble(struct lock_side *side, const char *what,
			int err, const struct err_detail *detail)
{
	snprintf(side->trouble, sizeof(side->trouble), "%.48s: %.340s", what,
		 detail && detail->text[0] ? detail->text : err_text(err));
}

/* Return: 0, whether it is on or off, or an error. */
static int open_stored(struct lock_side *side, struct err_detail *detail)
{
	const struct authority_disk disk = disk_of(side);
	int r;

	if (side->rotated_unread)
		return err_explain(detail, TNE_LOCK_DAMAGED,
				   "the state file does not say which node keys were rotated away");
	r = lock_pin_open(&side->pin, side->store, &disk, detail,
			  &side->sync.authority);
	if (r == 0) {
		r = check_genesis(side, detail);
		if (r < 0)
			drop_authority(side);
	}
	return r == -ENOENT ? 0 : r;
}

/* After a crash in between, or in a state of the stock daemon. */
static void pin_anew(struct lock_side *side)
{
	const struct aum_hash *head;
	struct aum_hash genesis;

	if (!side->sync.authority || side->mending)
		return;
	head = &authority_head(side->sync.authority)->hash;
	if (side->pin.has_head && *side->pin.id &&
	    side->pin.has_genesis == find_genesis(side, &genesis) &&
	    aum_hash_eq(head, &side->pin.head))
		return;
	if (on_pin(side, head) < 0)
		log_limited(&side->warnings, loop_now_ms(side->loop),
			    LOG_LEVEL_WARNING,
			    "lock: the newest update is not noted in the state file");
}

static int set_denied(struct lock_side *side, const struct str_list *denied)
{
	struct arena *mem auto_clean(arena) = arena_new();
	struct text_list list = {
		.item = (const char **)denied->item, .n = denied->n,
	};
	struct text_list copy;

	/* Whoever may write the settings wants this one after all. */
	if (side->genesis)
		list.n = 0;
	if (!mem || arena_text_list(mem, &list, &copy) < 0)
		return -ENOMEM;
	arena_put(side->denied_mem);
	side->denied_mem = steal(mem);
	side->sync.config.denied = copy;
	return 0;
}

void lock_side_init(struct lock_side *side, struct loop *loop,
		    struct state *state, const struct lock_side_calls *calls)
{
	*side = (struct lock_side){
		.loop = loop, .state = state, .calls = *calls,
		.io = lock_store_io_system(),
	};
	loop_timer_init(&side->retry, on_retry, side);
}

void lock_side_close(struct lock_side *side)
{
	struct lock_side_calls calls = side->calls;
	const struct lock_store_io *io = side->io;
	struct tka_caller caller = side->sync.config.caller;
	const struct aum_hash *genesis = side->genesis;

	rpc_cancel(side->request);
	disable_job_cancel(side->check);
	loop_timer_cancel(side->loop, &side->retry);
	sync_done(&side->sync);
	authority_free(side->sync.authority);
	lock_store_free(side->store);
	arena_put(side->denied_mem);
	rotated_done(&side->rotated);
	lock_side_init(side, side->loop, side->state, &calls);
	side->io = io;
	side->sync.config.caller = caller;
	lock_side_set_genesis(side, genesis);
}

void lock_side_set_genesis(struct lock_side *side,
			   const struct aum_hash *genesis)
{
	side->genesis = genesis;
	side->sync.config.genesis = genesis;
}

static void note_head(struct lock_side *side)
{
	struct authority *authority = lock_side_authority(side);

	side->told_on = authority;
	if (!authority)
		return;
	side->told_head = authority_head(authority)->hash;
	side->given_up = false;
}

static int open_profile(struct lock_side *side, const char *profile,
			struct err_detail *detail)
{
	int dir = state_dir(side->state), r = 0;

	snprintf(side->profile, sizeof(side->profile), "%s", profile);
	if (dir >= 0)
		r = lock_store_new(dir, profile, side->io, &side->store);
	if (r < 0)
		return r;
	lock_pin_read(side->state, profile, &side->pin);
	r = lock_pin_read_rotated(side->state, profile, &side->rotated);
	side->rotated_unread = r == TNE_LOCK_DAMAGED;
	if (r == -ENOMEM)
		return r;
	side->sync.config.disk = disk_of(side);
	side->sync.config.forget = on_forget;
	side->sync.config.ctx = side;
	return open_stored(side, detail);
}

int lock_side_open(struct lock_side *side, const char *profile,
		   const struct str_list *denied)
{
	struct err_detail detail = { 0 };
	int r;

	lock_side_close(side);
	r = set_denied(side, denied);
	if (r == 0 && *profile)
		r = open_profile(side, profile, &detail);
	/* Even without memory: what is not known to be off is on. */
	if (r < 0) {
		side->damaged = true;
		set_trouble(side, "what is stored of it cannot be used", r,
			    &detail);
		log_err("lock: %s; nobody is let in", side->trouble);
	}
	pin_anew(side);
	note_head(side);
	return r == -ENOMEM ? r : 0;
}

void lock_side_set_caller(struct lock_side *side, uint16_t version,
			  const struct node_public *key)
{
	side->sync.config.caller = (struct tka_caller){
		.version = version, .node_key = *key,
	};
}

/* Questions */

enum lock_mode lock_side_mode(const struct lock_side *side)
{
	if (side->damaged)
		return LOCK_MODE_DAMAGED;
	if (side->sync.authority)
		return LOCK_MODE_ON;
	/* Whatever anybody says. */
	if (side->genesis)
		return LOCK_MODE_WAITING;
	return side->announced && !side->given_up ? LOCK_MODE_WAITING :
						    LOCK_MODE_OFF;
}

struct authority *lock_side_authority(const struct lock_side *side)
{
	return side->damaged ? NULL : side->sync.authority;
}

/* Keys of another length can verify nothing. */
static int keys_of(const struct lock_state *state, struct wanted_lock *ret)
{
	struct lock_public *keys = calloc(state->n_keys + 1, sizeof(*keys));
	size_t i, n = 0;
	int r;

	if (!keys)
		return -ENOMEM;
	for (i = 0; i < state->n_keys; i++) {
		const struct bytes *id = &state->keys[i].id.b;

		if (id->len == KEY_LEN)
			memcpy(keys[n++].byte, id->data, KEY_LEN);
	}
	r = n > LOCK_KEYS_MAX ? TNE_LOCK_LIMIT :
				wanted_lock_set_keys(ret, keys, n);
	free(keys);
	return r;
}

int lock_side_wanted(const struct lock_side *side, struct wanted_lock *ret)
{
	switch (lock_side_mode(side)) {
	case LOCK_MODE_OFF:
		ret->off = side->off_reason;
		return 0;
	case LOCK_MODE_WAITING:
	case LOCK_MODE_DAMAGED:
		/* No keys: nobody. */
		ret->on = true;
		return 0;
	case LOCK_MODE_ON:
		break;
	}
	ret->on = true;
	ret->head = authority_head(side->sync.authority)->hash;
	return keys_of(authority_state(side->sync.authority), ret);
}

bool lock_side_id(const struct lock_side *side,
		  char ret[AUTHORITY_ID_TEXT_MAX])
{
	struct authority *authority = lock_side_authority(side);

	if (authority)
		authority_id_text(authority_state(authority), ret);
	else
		memcpy(ret, side->pin.id, AUTHORITY_ID_TEXT_MAX);
	return *ret;
}

/* Keeping up with the server */

/* On whose word the node goes from now on: that is for who reads the log. */
static void log_trusted(const struct lock_state *state)
{
	struct lock_public public;
	struct key_hex hex;
	size_t i;

	log_notice("lock: on from now on; these keys are trusted at first, by the control server's word:");
	for (i = 0; i < state->n_keys && i < LOGGED_KEYS_MAX; i++) {
		const struct bytes *id = &state->keys[i].id.b;

		if (id->len != KEY_LEN)
			continue;
		memcpy(public.byte, id->data, KEY_LEN);
		log_notice("lock: %s", key_text_format_lock_cli(&public, &hex));
	}
	if (i < state->n_keys)
		log_notice("lock: and %zu more", state->n_keys - i);
}

static void tell_if_changed(struct lock_side *side)
{
	struct authority *authority = lock_side_authority(side);
	struct aum_hash_text text;
	bool on = authority;

	if (on == side->told_on &&
	    (!on || aum_hash_eq(&side->told_head,
				&authority_head(authority)->hash)))
		return;
	pin_anew(side);
	note_head(side);
	if (authority)
		log_info("lock: newest update %s, %zu trusted keys",
			 aum_hash_format(&side->told_head, &text),
			 authority_state(authority)->n_keys);
	side->calls.changed(side->calls.ctx);
}

static void fail(struct lock_side *side, int err,
		 const struct err_detail *detail)
{
	unsigned int n = side->n_failed++;
	uint64_t ms = RETRY_FIRST_MS << (n < 6 ? n : 6);
	struct err_detail moved = { "" };

	if (side->mending) {
		drop_authority(side);
		side->mending = false;
	}
	side->lost = err == -ENOTCONN || err == TNE_CLOSED ||
		     err == -ECANCELED;
	loop_timer_set(side->loop, &side->retry,
		       ms < RETRY_MAX_MS ? ms : RETRY_MAX_MS);
	if (err == TNE_LOCK_DISJOINT || err == TNE_LOCK_PARENT) {
		err_explain(&moved, err, "%s; " MOVED, err_text(err));
		detail = &moved;
	}
	/* Without a connection there is a better word for what is wrong. */
	if (!side->lost) {
		if (!side->damaged)
			set_trouble(side, "it cannot be kept up to date", err,
				    detail);
		log_limited(&side->warnings, loop_now_ms(side->loop),
			    LOG_LEVEL_WARNING, "lock: sync: %s %s",
			    err_text(err), detail ? detail->text : "");
	}
	tell_if_changed(side);
}

/* All of a chain that was fetched anew to disk, in place of what was there. */
static int write_anew(struct lock_side *side)
{
	struct authority *authority = side->sync.authority;
	const struct chain *chain = authority_chain(authority);
	struct authority_disk disk;
	int r;

	r = lock_store_remove(side->store);
	if (r < 0)
		return r;
	disk = lock_store_disk(side->store, on_pin, side);
	r = disk.create(disk.ctx);
	if (r == 0)
		r = disk.put(disk.ctx, chain->item, chain->n);
	if (r == 0)
		r = disk.set_ancestor(disk.ctx,
				      &authority_oldest(authority)->hash);
	return r;
}

/*
 * A chain cannot lead to an update that we knew, by its hash, unless it is the
 * one that we were under: so it may come from whoever has it.
 */
static int mend(struct lock_side *side, struct err_detail *detail)
{
	char id[AUTHORITY_ID_TEXT_MAX];
	int r = 0;

	authority_id_text(authority_state(side->sync.authority), id);
	if (!chain_find(authority_chain(side->sync.authority),
			&side->pin.head) ||
	    (*side->pin.id && strcmp(id, side->pin.id) != 0))
		return err_explain(detail, TNE_LOCK_DAMAGED,
				   "the server does not have the update that this node knew last");
	if (side->store)
		r = write_anew(side);
	if (r < 0)
		return r;
	side->mending = false;
	if (side->store) {
		drop_authority(side);
		side->sync.config.disk = disk_of(side);
		r = open_stored(side, detail);
	}
	if (r < 0)
		return r;
	side->damaged = false;
	log_notice("lock: what is stored of it was made anew from the server's, and goes on from the update that was known");
	return 0;
}

static bool same_wanted(const struct sync_wanted *a,
			const struct sync_wanted *b)
{
	return a->enabled == b->enabled && a->has_head == b->has_head &&
	       (!a->has_head || aum_hash_eq(&a->head, &b->head));
}

static void finished(struct lock_side *side)
{
	struct lock_sync *sync = &side->sync;
	struct err_detail detail = { 0 };
	uint64_t now_ms = loop_now_ms(side->loop);
	int r;

	if (side->mending && sync->authority) {
		r = mend(side, &detail);
		if (r < 0) {
			side->mending = true;
			fail(side, r, &detail);
			return;
		}
	}
	side->n_failed = 0;
	side->trouble[0] = 0;
	if (side->genesis && !sync->authority)
		snprintf(side->trouble, sizeof(side->trouble), "%s",
			 "the control server does not offer the one that LockGenesis in the file of settings names");
	if (side->damaged)
		snprintf(side->trouble, sizeof(side->trouble), "%s",
			 "what is stored of it cannot be used, and the server does not offer it");
	if (sync->refused) {
		snprintf(side->trouble, sizeof(side->trouble), "%s",
			 side->genesis ?
			 "the server says that it is off: it stays on, since LockGenesis in the file of settings names it" :
			 "the server says that it is off, and cannot prove it: it stays on; "
			 MOVED);
		log_limited(&side->warnings, now_ms, LOG_LEVEL_WARNING,
			    "lock: %s", side->trouble);
	}
	if (sync->differs)
		log_debug("lock: the server has another newest update than we");
	if (sync->compact_err < 0)
		log_debug("lock: old updates stay: %s",
			  err_text(sync->compact_err));
	tell_if_changed(side);
	/* What the server has said meanwhile. */
	if (!same_wanted(&side->wanted, &sync->wanted))
		sync_now(side);
}

static void go_on(struct lock_side *side, int r, struct sync_request *request,
		  const struct err_detail *detail);

static void on_answer(void *ctx, const struct rpc_answer *answer)
{
	struct lock_side *side = ctx;
	struct err_detail detail = { 0 };
	struct sync_request next = { 0 };
	bool had = side->sync.authority;
	int r = answer->err;

	side->request = NULL;
	if (r == 0 && answer->status != 200)
		r = err_explain(&detail, TNE_CONTROL_STATUS, "%d: %.*s",
				answer->status,
				(int)(answer->len < 200 ? answer->len : 200),
				answer->body ? answer->body : "");
	if (r < 0) {
		sync_fail(&side->sync);
		fail(side, r, &detail);
		return;
	}
	r = sync_answer(&side->sync, answer->body ? answer->body : "",
			answer->len, clock_wall(loop_clock(side->loop)).tv_sec,
			&detail, &next);
	if (!had && lock_side_authority(side))
		log_trusted(authority_state(side->sync.authority));
	go_on(side, r, &next, &detail);
}

static int send(struct lock_side *side, struct sync_request *request)
{
	const struct rpc_request rpc = {
		.method = "GET", .path = request->path,
		.body = request->body.data, .len = request->body.len,
		.answer_max = request->answer_max,
		.timeout_ms = TKA_TIMEOUT_MS,
	};
	int r = side->calls.ask(side->calls.ctx, &rpc, on_answer, side,
				&side->request);

	secret_buf_done(&request->body);
	if (r < 0) {
		side->request = NULL;
		sync_fail(&side->sync);
	}
	return r;
}

static void on_derived(void *ctx, int err, const uint8_t *value)
{
	struct lock_side *side = ctx;
	struct err_detail detail = { "" };
	struct sync_request next = { 0 };
	int r = err;

	side->check = NULL;
	if (r == 0)
		r = disable_match(authority_state(side->sync.authority), value);
	r = sync_secret_checked(&side->sync, r, &next);
	if (r >= 0 && !side->sync.authority) {
		log_notice("lock: somebody who knows a secret has turned it off for everyone");
		side->off_reason = WANTED_LOCK_OFF_DISABLED;
		side->announced = false;
	}
	go_on(side, r, &next, &detail);
}

/* Return: 0, and on_derived() is called, or an error. */
static int check_secret(struct lock_side *side)
{
	uint64_t now_ms = loop_now_ms(side->loop);
	int r = -EAGAIN;

	if (!side->checked_ms || now_ms - side->checked_ms >= CHECK_SELDOM_MS) {
		side->checked_ms = now_ms;
		r = disable_job_start(side->loop, sync_secret(&side->sync),
				      on_derived, side, &side->check);
	}
	if (r < 0)
		sync_fail(&side->sync);
	return r;
}

static void go_on(struct lock_side *side, int r, struct sync_request *request,
		  const struct err_detail *detail)
{
	if (r == SYNC_DO_CHECK && side->genesis) {
		/* Right or wrong: it would not be turned off. */
		r = sync_secret_checked(&side->sync, TNE_LOCK_SECRET, request);
	} else if (r == SYNC_DO_CHECK) {
		r = check_secret(side);
		if (r == 0)
			return;
	}
	if (r == SYNC_DO_REQUEST)
		r = send(side, request);
	else if (r == SYNC_DO_NOTHING)
		finished(side);
	if (r == TNE_LOCK_DENIED) {
		/* The owner of this machine does not want that one. */
		side->given_up = true;
		side->given_up_known = true;
		side->off_reason = WANTED_LOCK_OFF_LOCAL;
		side->trouble[0] = 0;
		side->calls.changed(side->calls.ctx);
	} else if (r < 0) {
		fail(side, r, detail);
	} else if (side->request) {
		/* Already what has been taken may change who is let in. */
		tell_if_changed(side);
	}
}

static void sync_now(struct lock_side *side)
{
	struct sync_request request = { 0 };
	int r;

	if (!side->wanted_known || side->request || side->check ||
	    side->retry.set ||
	    !*side->profile || (side->given_up_known && !side->sync.authority))
		return;
	/* Nobody else has what the state file should say. */
	if (side->damaged && (!side->pin.has_head || side->rotated_unread))
		return;
	side->mending = side->damaged;
	side->sync.config.disk = disk_of(side);
	/*
	 * Whether our own node has the capability is the server's to say, as is
	 * that there is a lock: who says the one is taken by his word.
	 */
	r = sync_begin(&side->sync, &side->wanted, true, &request);
	if (r != -EBUSY)
		go_on(side, r, &request, NULL);
}

void lock_side_map(struct lock_side *side, const struct tka_info *info)
{
	const struct sync_wanted wanted = sync_wanted_from(info);
	enum lock_mode before = lock_side_mode(side);
	bool news = !side->wanted_known || !same_wanted(&wanted, &side->wanted);

	/* A head that cannot be read is no reason to let everybody in. */
	side->announced = info->present && !info->disabled;
	side->wanted = wanted;
	side->wanted_known = true;
	if (news)
		side->given_up_known = false;
	/* The one thing that has come says that there is a way again. */
	if (news || side->lost)
		loop_timer_cancel(side->loop, &side->retry);
	side->lost = false;
	if (lock_side_mode(side) != before)
		side->calls.changed(side->calls.ctx);
	sync_now(side);
}

int lock_side_give_up(struct lock_side *side, const struct str_list *denied,
		      struct err_detail *detail)
{
	bool named = side->sync.authority || *side->pin.id;
	int r;

	rpc_cancel(steal(side->request));
	disable_job_cancel(steal(side->check));
	sync_fail(&side->sync);
	loop_timer_cancel(side->loop, &side->retry);
	r = set_denied(side, denied);
	if (r == 0)
		r = on_forget(side);
	if (r < 0)
		return err_explain(detail, r, "what is stored of the lock cannot be taken away: %s",
				   err_text(r));
	drop_authority(side);
	side->damaged = false;
	side->mending = false;
	side->rotated_unread = false;
	/* Of one that we cannot name we would not know it again. */
	side->given_up = named;
	side->off_reason = WANTED_LOCK_OFF_LOCAL;
	side->trouble[0] = 0;
	note_head(side);
	side->calls.changed(side->calls.ctx);
	return 0;
}

int lock_side_delete(struct state *state, const char *profile)
{
	static const struct lock_pin none;
	struct lock_store *store auto_clean(lock_store) = NULL;
	int dir = state_dir(state);
	int r = lock_pin_write(state, profile, &none);

	if (r < 0 || dir < 0)
		return r < 0 ? r : 0;
	r = lock_store_new(dir, profile, lock_store_io_system(), &store);
	return r < 0 ? r : lock_store_remove(store);
}
