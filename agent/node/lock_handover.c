// SPDX-License-Identifier: GPL-2.0-only
#include "node/lock_handover.h"

#include "lock/authority.h"
#include "lock/store.h"
#include "node/lock_pin.h"
#include "store/keeper.h"
#include "store/state.h"

#include <string.h>

#define PREFIX KEEPER_LOCK_ENTRY "-"

static int check_profile(const struct state *state, const char *profile,
			 struct err_detail *detail)
{
	struct authority *authority auto_clean(authority) = NULL;
	struct lock_store *store auto_clean(lock_store) = NULL;
	const struct authority_disk nowhere = { 0 };
	struct err_detail why = { "" };
	struct lock_pin pin;
	int r;

	lock_pin_read(state, profile, &pin);
	r = lock_store_new(state_dir(state), profile, lock_store_io_system(),
			   &store);
	if (r == 0)
		r = lock_pin_open(&pin, store, &nowhere, &why, &authority);
	if (r == 0)
		return 0;
	return err_explain(detail, r,
			   "the tailnet lock of profile %.16s would be lost: %s; see \"tailnet lock status\" while the agent runs",
			   profile, why.text[0] ? why.text : err_text(r));
}

static int check_entry(void *ctx, const char *name, struct state_bytes bytes,
		       struct err_detail *detail)
{
	(void)bytes;
	if (strncmp(name, PREFIX, strlen(PREFIX)) != 0)
		return 0;
	return check_profile(ctx, name + strlen(PREFIX), detail);
}

int lock_handover_check(const struct state *state, struct err_detail *detail)
{
	return state_each(state, check_entry, detail, (void *)state);
}
