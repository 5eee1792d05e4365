// SPDX-License-Identifier: GPL-2.0-only
/*
 * What goes with each write of a sealed state: how long its data key has been in
 * use, and its generation. And a new key when it is time.
 */
#include "store/keeper.h"

#include "base/clock.h"
#include "base/log.h"
#include "store/keeper_core.h"
#include "store/key_age.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define DAY_MS		(24 * 3600 * UINT64_C(1000))
#define RETRY_MS	60000

_Static_assert(sizeof(((struct keeper *)0)->age_entry) >= KEY_AGE_TEXT_MAX,
	       "room for the entry");

int64_t keeper_wall_s(const struct keeper *keeper)
{
	return clock_wall(loop_clock(keeper->config.loop)).tv_sec;
}

static size_t before_write(void *ctx, const struct state_change *change,
			   size_t n, struct state_change ret[STATE_HOOK_MAX])
{
	struct keeper *keeper = ctx;
	size_t more = 0;

	if (!state_is_sealed(keeper->state))
		return 0;
	if (keeper_count_add(keeper, change, n, &ret[more]))
		more++;
	key_age_format(keeper->key_since_s, keeper->key_writes + 1,
		       keeper->age_entry);
	ret[more++] = (struct state_change){
		.name = KEEPER_AGE_ENTRY, .data = keeper->age_entry,
		.len = strlen(keeper->age_entry),
	};
	return more;
}

static void after_write(void *ctx)
{
	struct keeper *keeper = ctx;

	if (keeper->disk_note[0]) {
		keeper->disk_note[0] = 0;
		log_notice("store: the state can be written again");
		keeper_changed(keeper);
	}
	if (!state_is_sealed(keeper->state))
		return;
	keeper->key_writes++;
	/* Once: without a TPM it would be tried with every write. */
	if (keeper->key_writes == KEEPER_KEY_WRITES)
		loop_timer_set(keeper->config.loop, &keeper->rotate, 0);
	keeper_count_written(keeper);
}

/* The node goes on with what it has; a person has to see to the disk. */
static void write_failed(void *ctx, int err)
{
	struct keeper *keeper = ctx;

	keeper->bumping = false;
	snprintf(keeper->disk_note, sizeof(keeper->disk_note),
		 "the state cannot be written: %s; what changes now is gone at the next start",
		 err_text(err));
	log_err("store: %s", keeper->disk_note);
	keeper_changed(keeper);
}

static bool is_old(const struct keeper *keeper)
{
	return key_age_is_over(keeper->key_since_s, keeper->key_writes,
			       keeper_wall_s(keeper));
}

static void rotate(struct keeper *keeper)
{
	struct err_detail detail = { "" };
	int r = keeper_reseal(keeper, &detail, NULL, NULL);

	if (r == -EBUSY)
		loop_timer_set(keeper->config.loop, &keeper->rotate, RETRY_MS);
	else if (r < 0)
		log_warning("store: %s", detail.text);
}

static void rotate_due(void *ctx)
{
	struct keeper *keeper = ctx;

	loop_timer_set(keeper->config.loop, &keeper->rotate, DAY_MS);
	if (keeper->phase == KEEPER_OPEN && state_is_sealed(keeper->state) &&
	    is_old(keeper) && keeper_recovery_fits(keeper))
		rotate(keeper);
}

void keeper_write_init(struct keeper *keeper)
{
	loop_timer_init(&keeper->rotate, rotate_due, keeper);
}

void keeper_write_begin(struct keeper *keeper)
{
	const struct state_hook hook = {
		.before = before_write, .after = after_write,
		.failed = write_failed, .ctx = keeper,
	};
	struct state_bytes text;

	state_set_hook(keeper->state, &hook);
	if (!state_is_sealed(keeper->state))
		return;
	if (!state_find(keeper->state, KEEPER_AGE_ENTRY, &text) ||
	    key_age_parse(text, &keeper->key_since_s, &keeper->key_writes) < 0)
		keeper->key_since_s = keeper->key_writes = 0;
	loop_timer_set(keeper->config.loop, &keeper->rotate, DAY_MS);
	/*
	 * The recovery key has opened what no TPM did, or the blob can be locked
	 * out, or the state is another daemon's: seal it as we would now.
	 */
	if (keeper->old_blob || keeper->recovered ||
	    /* Not if that would end a recovery key behind somebody's back. */
	    (is_old(keeper) && keeper_recovery_fits(keeper)))
		rotate(keeper);
}
