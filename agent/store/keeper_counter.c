// SPDX-License-Identifier: GPL-2.0-only
/*
 * An old state put back is found out by a counter of the TPM. A state is
 * written with the next number first and counted when it is on disk: a crash in
 * between leaves it one ahead, which is made good at the next start.
 */
#include "store/keeper.h"

#include "base/log.h"
#include "store/counter.h"
#include "store/keeper_core.h"

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

static void on_incremented(void *ctx, const struct tpm_answer *answer)
{
	struct keeper *keeper = ctx;

	keeper_answered(keeper, answer);
	if (answer->err < 0) {
		note_trouble(keeper, answer->detail.text);
		loop_timer_set(keeper->config.loop, &keeper->count_retry,
			       RETRY_MS);
		return;
	}
	keeper->counter = answer->counter;
	if (keeper->counter != keeper->generation)
		note_trouble(keeper, "somebody else uses it");
	else
		keeper->write_note[0] = 0;
}

void keeper_count_kick(struct keeper *keeper)
{
	if (!keeper->counting || keeper->job ||
	    keeper->generation == keeper->counter)
		return;
	if (keeper_ask(keeper, TPM_OP_COUNTER_RAISE, fill_index,
		       on_incremented) < 0)
		loop_timer_set(keeper->config.loop, &keeper->count_retry,
			       RETRY_MS);
}

static void count_again(void *ctx)
{
	keeper_count_kick(ctx);
}

void keeper_count_init(struct keeper *keeper)
{
	loop_timer_init(&keeper->count_retry, count_again, keeper);
}

/* What a thief would gain by: keys, profiles, which one is in use, the lock. */
static bool matters(const char *name)
{
	return strcmp(name, "_machinekey") == 0 ||
		strcmp(name, "_profiles") == 0 ||
		strcmp(name, "_current-profile") == 0 ||
		strncmp(name, "profile-", 8) == 0 ||
		strncmp(name, KEEPER_LOCK_ENTRY,
			strlen(KEEPER_LOCK_ENTRY)) == 0;
}

static bool may_bump(struct keeper *keeper)
{
	uint64_t now = loop_now_ms(keeper->config.loop);

	/* The last one is not counted yet: this one goes with it. */
	if (keeper->generation != keeper->counter)
		return false;
	if (now - keeper->day_ms >= DAY_MS) {
		keeper->day_ms = now;
		keeper->bumps = 0;
	}
	return keeper->bumps < BUMPS_MAX;
}

static bool before_write(void *ctx, const struct state_change *change, size_t n,
			 struct state_change *ret)
{
	struct keeper *keeper = ctx;
	bool any = false;
	size_t i;

	for (i = 0; i < n; i++)
		any |= matters(change[i].name);
	if (!any || !may_bump(keeper))
		return false;
	counter_format(keeper->generation + 1, keeper->index, keeper->entry);
	*ret = (struct state_change){
		.name = KEEPER_SEAL_ENTRY, .data = keeper->entry,
		.len = strlen(keeper->entry),
	};
	return true;
}

static void after_write(void *ctx)
{
	struct keeper *keeper = ctx;

	keeper->generation++;
	keeper->bumps++;
	keeper_count_kick(keeper);
}

/* Open it, with every change that matters counted. */
static void start(struct keeper *keeper)
{
	const struct state_hook hook = {
		.before = before_write, .after = after_write, .ctx = keeper,
	};

	keeper->counting = true;
	state_set_hook(keeper->state, &hook);
	/* What is to be sealed anew goes first: one job at a time. */
	keeper_opened(keeper);
	keeper_count_kick(keeper);
}

/* Beginning */

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

static bool begin_define(struct keeper *keeper)
{
	keeper->index = TPM_COUNTER_INDEX;
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
	case COUNTER_SAME:
	case COUNTER_BEHIND:
		start(keeper);
		return;
	case COUNTER_OLD:
	case COUNTER_LOST:
		break;
	}
	r = err_explain(&detail, TNE_STATE_ROLLBACK,
			"state rolled back: file G=%" PRIu64 ", counter %" PRIu64,
			keeper->generation, keeper->counter);
	keeper_stick(keeper, r, &detail);
}

/* Nothing is said in the state, and the TPM has been counting. */
static void on_searched(void *ctx, const struct tpm_answer *answer)
{
	struct keeper *keeper = ctx;
	struct err_detail detail = answer->detail;
	int r = answer->err;

	keeper_answered(keeper, answer);
	if (r == -ENOENT) {
		if (!begin_define(keeper))
			keeper_opened(keeper);
		return;
	}
	if (r == 0)
		r = err_explain(&detail, TNE_STATE_ROLLBACK,
				"state rolled back: it is from before it was counted, counter %" PRIu64,
				answer->counter);
	keeper_put_off(keeper, r, &detail);
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

/* One that was in use before; a new one begins where the TPM is. */
static bool begin_search(struct keeper *keeper)
{
	keeper->index = TPM_COUNTER_INDEX;
	return keeper->first_seal ? begin_define(keeper) :
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
	/* Of another TPM, or not wanted any more. */
	if (keeper->recovered || !keeper->config.counter) {
		if (keeper->config.counter)
			return begin_define(keeper);
		if (write_entry(keeper, 0, &detail) < 0)
			note_trouble(keeper, detail.text);
		return false;
	}
	return ask_counter(keeper, on_read);
}

int keeper_accept_rollback(struct keeper *keeper, struct err_detail *detail)
{
	if (keeper->phase != KEEPER_STUCK || keeper->err != TNE_STATE_ROLLBACK ||
	    keeper->job)
		return err_explain(detail, TNE_NOT_READY,
				   "no old state is waiting to be accepted");
	log_warning("store: the old state is accepted; \"tailnet up --force-reauth\" gives it new keys");
	keeper_enter(keeper, KEEPER_ASKING);
	if (!begin_define(keeper))
		keeper_opened(keeper);
	return 0;
}

/* Copies */

static void on_recheck(void *ctx, const struct tpm_answer *answer)
{
	struct keeper *keeper = ctx;

	keeper_answered(keeper, answer);
	if (answer->err < 0)
		note_trouble(keeper, answer->detail.text);
	else if (counter_check(keeper->generation, answer->counter) >
		 COUNTER_BEHIND)
		note_trouble(keeper,
			     "it is not where this state left it: the machine was put back to an earlier moment");
	keeper_count_kick(keeper);
}

void keeper_recheck(struct keeper *keeper)
{
	keeper->vmfork = true;
	if (keeper->counting && !keeper->job)
		(void)keeper_ask(keeper, TPM_OP_COUNTER_READ, fill_index,
				 on_recheck);
	if (keeper->calls.changed)
		keeper->calls.changed(keeper->calls.ctx);
}
