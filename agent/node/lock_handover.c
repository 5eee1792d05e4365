// SPDX-License-Identifier: GPL-2.0-only
#include "node/lock_handover.h"

#include "lock/authority.h"
#include "lock/chain.h"
#include "lock/store.h"
#include "node/lock_pin.h"
#include "store/keeper.h"
#include "store/state.h"

#include <errno.h>
#include <string.h>

#define PREFIX KEEPER_LOCK_ENTRY "-"

static int damaged(struct err_detail *detail, const char *why)
{
	return err_explain(detail, TNE_LOCK_DAMAGED, "%s", why);
}

static int check_stored(const struct lock_pin *pin,
			struct authority_stored *stored,
			struct err_detail *detail)
{
	const struct authority_pin known = {
		.exists = true, .head = pin->head,
	};
	struct authority *authority auto_clean(authority) = NULL;
	const struct authority_disk nowhere = { 0 };
	int r;

	if (!pin->has_head)
		return damaged(detail, "the state does not say which update was the last");
	if (!stored->chain.n)
		return damaged(detail, "its updates are missing");
	if (!chain_find(&stored->chain, &pin->head))
		return damaged(detail, "its updates are older than, or others than, those that this node was under");
	r = authority_open(stored, &known, &nowhere, &authority);
	return r < 0 ? err_explain(detail, r, "%s", err_text(r)) : 0;
}

static int check_profile(const struct state *state, const char *profile,
			 struct err_detail *detail)
{
	struct lock_store *store auto_clean(lock_store) = NULL;
	struct authority_stored stored = { 0 };
	struct err_detail why = { "" };
	struct lock_pin pin;
	int r;

	lock_pin_read(state, profile, &pin);
	r = lock_store_new(state_dir(state), profile, lock_store_io_system(),
			   &store);
	if (r == 0)
		r = lock_store_load(store, &why, &stored);
	if (r == 0)
		r = check_stored(&pin, &stored, &why);
	authority_stored_done(&stored);
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
