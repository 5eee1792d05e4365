// SPDX-License-Identifier: GPL-2.0-only
/*
 * An old state put back is found out by a counter of the TPM. A state is
 * written with the next number first and counted when it is on disk: a crash in
 * between leaves it one ahead, which is made good at the next start.
 */
#include "store/keeper.h"

#include "base/log.h"
#include "store/counter.h"
#include "store/identity.h"
#include "store/keeper_core.h"
#include "store/side.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define DAY_MS		(24 * 3600 * UINT64_C(1000))
/* An index stands 100 000 writes and more; ours. */
#define BUMPS_MAX	200	/* a day */
#define RETRY_MS	60000

_Static_assert(sizeof(((struct keeper *)0)->entry) >= COUNTER_TEXT_MAX,
	       "room for the entry");

static uint32_t configured(const struct keeper *keeper)
{
	return keeper->config.counter_index ? keeper->config.counter_index :
					      TPM_COUNTER_INDEX;
}

static void fill_index(struct keeper *keeper, struct tpm_request *req)
{
	req->index = keeper->index;
	req->counter = keeper->generation;
}

static void note_trouble(struct keeper *keeper, const char *what)
{
	snprintf(keeper->write_note, sizeof(keeper->write_note),
		 "the counter against old states: %.200s", what);
	log_warning("store: %s", keeper->write_note);
}

/* Counting */

static int write_entry(struct keeper *keeper, uint64_t generation,
		       struct err_detail *detail)
{
	struct state_change change = { .name = KEEPER_SEAL_ENTRY };
	int r;

	if (generation) {
		counter_format(generation, keeper->index, keeper->entry);
		change.data = keeper->entry;
		change.len = strlen(keeper->entry);
	}
	r = state_write(keeper->state, &change, 1, detail);
	if (r >= 0)
		keeper->generation = generation;
	return r;
}

/* How long until there may be another generation; 0 = now. */
static uint64_t bump_wait_ms(struct keeper *keeper)
{
	uint64_t now = loop_now_ms(keeper->config.loop);

	if (now - keeper->day_ms >= DAY_MS) {
		keeper->day_ms = now;
		keeper->bumps = 0;
	}
	return keeper->bumps < BUMPS_MAX ? 0 : keeper->day_ms + DAY_MS - now;
}

/*
 * Two states with one generation could not be told apart for ever: what went
 * along with another one gets its own as soon as that is counted.
 */
static void pay(struct keeper *keeper)
{
	void (*settled)(void *ctx) = keeper->settled;
	struct err_detail detail = { "" };
	uint64_t wait_ms;
	int r;

	if (!keeper->owed || keeper->generation != keeper->counter)
		return;
	wait_ms = bump_wait_ms(keeper);
	if (wait_ms) {
		loop_timer_set(keeper->config.loop, &keeper->count_retry,
			       wait_ms);
		return;
	}
	/* Before: the write comes back here, where it is not the end yet. */
	keeper->owed = false;
	keeper->settled = NULL;
	r = write_entry(keeper, keeper->generation + 1, &detail);
	keeper->settled = settled;
	if (r >= 0) {
		keeper->bumps++;
		return;
	}
	keeper->owed = true;
	loop_timer_set(keeper->config.loop, &keeper->count_retry, RETRY_MS);
}

/* Will there be a number that the TPM has not counted, and may count now? */
static bool is_ahead(struct keeper *keeper)
{
	return keeper->counting &&
		(keeper->generation > keeper->counter ||
		 (keeper->owed && keeper->generation == keeper->counter &&
		  !bump_wait_ms(keeper)));
}

static void tell_settled(struct keeper *keeper)
{
	void (*fn)(void *ctx) = steal(keeper->settled);

	if (!fn)
		return;
	loop_timer_cancel(keeper->config.loop, &keeper->settle);
	fn(keeper->settled_ctx);
}

static void settle_due(void *ctx)
{
	log_warning("store: the TPM has not counted the newest state; that is made good at the next start");
	tell_settled(ctx);
}

static void on_incremented(void *ctx, const struct tpm_answer *answer)
{
	struct keeper *keeper = ctx;

	keeper_answered(keeper, answer);
	if (answer->err < 0) {
		note_trouble(keeper, answer->detail.text);
		loop_timer_set(keeper->config.loop, &keeper->count_retry,
			       RETRY_MS);
		tell_settled(keeper);
		return;
	}
	keeper->counter = answer->counter;
	if (keeper->counter != keeper->generation)
		note_trouble(keeper, "somebody else uses it");
	else
		keeper->write_note[0] = 0;
	keeper_count_kick(keeper);
}

static void on_recheck(void *ctx, const struct tpm_answer *answer)
{
	struct keeper *keeper = ctx;

	keeper_answered(keeper, answer);
	if (answer->err < 0) {
		note_trouble(keeper, answer->detail.text);
	} else if (counter_check(keeper->generation, answer->counter) >
		   COUNTER_BEHIND) {
		keeper->rewound = true;
		log_err("store: this machine was put back to an earlier moment: state G=%" PRIu64 ", counter %" PRIu64,
			keeper->generation, answer->counter);
	}
	keeper_changed(keeper);
	keeper_count_kick(keeper);
}

void keeper_count_kick(struct keeper *keeper)
{
	tpm_job_fn fn = on_incremented;
	enum tpm_op op = TPM_OP_COUNTER_RAISE;

	if (!keeper->counting || keeper->job)
		return;
	pay(keeper);
	if (keeper->recheck) {
		fn = on_recheck;
		op = TPM_OP_COUNTER_READ;
	} else if (keeper->generation <= keeper->counter) {
		if (!is_ahead(keeper))
			tell_settled(keeper);
		return;
	}
	if (keeper_ask(keeper, op, fill_index, fn) == 0) {
		keeper->recheck = false;
		return;
	}
	loop_timer_set(keeper->config.loop, &keeper->count_retry, RETRY_MS);
	tell_settled(keeper);
}

bool keeper_settle(struct keeper *keeper, uint64_t wait_ms,
		   void (*fn)(void *ctx), void *ctx)
{
	if (!is_ahead(keeper))
		return false;
	keeper->settled = fn;
	keeper->settled_ctx = ctx;
	loop_timer_set(keeper->config.loop, &keeper->settle, wait_ms);
	/* It may be waiting to try again; not from in here, see keeper.h. */
	if (!keeper->job)
		loop_timer_set(keeper->config.loop, &keeper->count_retry, 0);
	return true;
}

static void count_again(void *ctx)
{
	keeper_count_kick(ctx);
}

void keeper_count_init(struct keeper *keeper)
{
	loop_timer_init(&keeper->count_retry, count_again, keeper);
	loop_timer_init(&keeper->settle, settle_due, keeper);
}

/*
 * What a thief would gain by: keys, profiles, which one is in use, the lock,
 * and by what the control server is known.
 */
static bool matters(const char *name)
{
	return strcmp(name, "_machinekey") == 0 ||
		strcmp(name, "_profiles") == 0 ||
		strcmp(name, "_current-profile") == 0 ||
		strncmp(name, "profile-", 8) == 0 ||
		strncmp(name, KEEPER_LOCK_ENTRY,
			strlen(KEEPER_LOCK_ENTRY)) == 0 ||
		strncmp(name, SIDE_ENTRY SIDE_PIN,
			strlen(SIDE_ENTRY SIDE_PIN)) == 0;
}

bool keeper_count_add(struct keeper *keeper, const struct state_change *change,
		      size_t n, struct state_change *ret)
{
	bool any = false;
	size_t i;

	keeper->bumping = false;
	if (!keeper->counting)
		return false;
	for (i = 0; i < n; i++)
		any |= matters(change[i].name);
	if (!any)
		return false;
	/* While one is not counted yet this one goes with it. */
	if (keeper->generation != keeper->counter || bump_wait_ms(keeper)) {
		keeper->owed = true;
		return false;
	}
	counter_format(keeper->generation + 1, keeper->index, keeper->entry);
	*ret = (struct state_change){
		.name = KEEPER_SEAL_ENTRY, .data = keeper->entry,
		.len = strlen(keeper->entry),
	};
	keeper->bumping = true;
	return true;
}

void keeper_count_written(struct keeper *keeper)
{
	if (keeper->bumping) {
		keeper->bumping = false;
		keeper->generation++;
		keeper->bumps++;
	}
	keeper_count_kick(keeper);
}

/* Where it is found again by who has lost the state, or looks at it. */
static void note_index(struct keeper *keeper)
{
	struct seal_extras extras = keeper->extras;
	int r;

	extras.counter = keeper->index;
	r = keeper_save_extras(keeper, &extras);
	if (r < 0 && !keeper->extras_bad)
		log_warning("store: cannot write %s: %s", KEEPER_EXTRAS_FILE,
			    err_text(r));
}

/* Open it, with every change that matters counted. */
static void start(struct keeper *keeper)
{
	note_index(keeper);
	keeper->counting = true;
	/* What is to be sealed anew goes first: one job at a time. */
	keeper_opened(keeper);
	keeper_count_kick(keeper);
}

/* Beginning */

static void on_defined(void *ctx, const struct tpm_answer *answer)
{
	struct keeper *keeper = ctx;
	struct err_detail detail = answer->detail;
	int r = answer->err;

	keeper_answered(keeper, answer);
	if (r == 0) {
		keeper->counter = answer->counter;
		/* One ahead, and counted: what was copied before is old. */
		r = write_entry(keeper, answer->counter + 1, &detail);
	}
	if (r >= 0) {
		start(keeper);
		return;
	}
	note_trouble(keeper, detail.text[0] ? detail.text : err_text(r));
	keeper_opened(keeper);
}

static bool begin_define(struct keeper *keeper, uint32_t index)
{
	keeper->index = index;
	if (keeper_ask(keeper, TPM_OP_COUNTER_DEFINE, fill_index,
		       on_defined) == 0)
		return true;
	note_trouble(keeper, "it could not be asked for");
	return false;
}

static void on_read(void *ctx, const struct tpm_answer *answer)
{
	struct keeper *keeper = ctx;
	struct err_detail detail = answer->detail;
	int r = answer->err;

	keeper_answered(keeper, answer);
	if (r == -ENOENT)
		r = err_explain(&detail, TNE_STATE_ROLLBACK,
				"state rolled back: file G=%" PRIu64 ", and the counter is gone",
				keeper->generation);
	if (r < 0) {
		keeper_put_off(keeper, r, &detail);
		return;
	}
	keeper->counter = answer->counter;
	switch (counter_check(keeper->generation, keeper->counter)) {
	case COUNTER_BEHIND:
		/* There may have been more than one with that generation. */
		keeper->owed = true;
		start(keeper);
		return;
	case COUNTER_SAME:
		start(keeper);
		return;
	case COUNTER_OLD:
	case COUNTER_LOST:
		break;
	}
	r = err_explain(&detail, TNE_STATE_ROLLBACK, "%s: file G=%" PRIu64 ", counter %" PRIu64,
			keeper->generation < keeper->counter ?
			"state rolled back" :
			"state rolled back, or the counter was: it was lost or put back",
			keeper->generation, keeper->counter);
	keeper_stick(keeper, r, &detail);
}

/* Without the answer there is no state: or to keep it away would be enough. */
static bool ask_counter(struct keeper *keeper, tpm_job_fn fn)
{
	struct err_detail detail;
	int r = keeper_ask(keeper, TPM_OP_COUNTER_READ, fill_index, fn);

	if (r < 0) {
		err_explain(&detail, r, "the counter cannot be asked for: %s",
			    err_text(r));
		keeper_put_off(keeper, r, &detail);
	}
	return true;
}

/* Nothing is said in the state, and the TPM has been counting. */
static void on_searched(void *ctx, const struct tpm_answer *answer)
{
	struct keeper *keeper = ctx;
	struct err_detail detail = answer->detail;
	int r = answer->err;

	keeper_answered(keeper, answer);
	if (r == -ENOENT && keeper->index != keeper->extras.counter &&
	    keeper->extras.counter) {
		/* The settings were others before. */
		keeper->index = keeper->extras.counter;
		(void)ask_counter(keeper, on_searched);
		return;
	}
	if (r == -ENOENT && !keeper->extras.counter) {
		if (!begin_define(keeper, configured(keeper)))
			keeper_opened(keeper);
		return;
	}
	if (r == -ENOENT)
		r = err_explain(&detail, TNE_STATE_ROLLBACK,
				"state rolled back: it is from before it was counted, and the counter is gone");
	if (r == 0)
		r = err_explain(&detail, TNE_STATE_ROLLBACK,
				"state rolled back: it is from before it was counted, counter %" PRIu64,
				answer->counter);
	keeper_put_off(keeper, r, &detail);
}

/* One that was in use before; a new one begins where the TPM is. */
static bool begin_search(struct keeper *keeper)
{
	keeper->index = configured(keeper);
	return keeper->first_seal ? begin_define(keeper, keeper->index) :
				    ask_counter(keeper, on_searched);
}

static bool has_entry(struct keeper *keeper)
{
	struct state_bytes text;

	return state_find(keeper->state, KEEPER_SEAL_ENTRY, &text) &&
		counter_parse(text, &keeper->generation, &keeper->index) == 0;
}

bool keeper_count_begin(struct keeper *keeper)
{
	struct err_detail detail = { "" };

	if (!state_is_sealed(keeper->state))
		return false;
	if (!has_entry(keeper) && !keeper->recovered)
		return keeper->config.counter && begin_search(keeper);
	if (keeper->recovered) {
		/* What lies beside is of another TPM as well. */
		keeper->index = 0;
		note_index(keeper);
	}
	/* Of another TPM, or not wanted any more. */
	if (keeper->recovered || !keeper->config.counter) {
		if (keeper->config.counter)
			return begin_define(keeper, configured(keeper));
		if (write_entry(keeper, 0, &detail) < 0)
			note_trouble(keeper, detail.text);
		return false;
	}
	return ask_counter(keeper, on_read);
}

int keeper_accept_rollback(struct keeper *keeper, struct err_detail *detail)
{
	int r;

	if (keeper->phase != KEEPER_STUCK || keeper->err != TNE_STATE_ROLLBACK ||
	    keeper->job)
		return err_explain(detail, TNE_NOT_READY,
				   "no old state is waiting to be accepted");
	/* First: with a new generation it would be as good as any. */
	r = identity_distrust(keeper->state, detail);
	if (r < 0)
		return r;
	log_warning("store: the old state is accepted; every profile has to log in anew");
	keeper->distrusted = true;
	keeper->old_blob = true;
	keeper_enter(keeper, KEEPER_ASKING);
	if (!begin_define(keeper, keeper->index ? keeper->index :
			  configured(keeper)))
		keeper_opened(keeper);
	return 0;
}

/* Copies */

void keeper_recheck(struct keeper *keeper)
{
	keeper->vmfork = true;
	keeper->recheck = keeper->counting;
	keeper_count_kick(keeper);
	keeper_changed(keeper);
}
