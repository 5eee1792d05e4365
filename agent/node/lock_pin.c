// SPDX-License-Identifier: GPL-2.0-only
#include "node/lock_pin.h"

#include "lock/chain.h"
#include "store/keeper.h"
#include "store/state.h"

#include <stdio.h>
#include <string.h>

/*
 * Not the stock daemon's, which leaves names that it does not know alone. Going
 * back to older ones is found out, by how they begin.
 */
#define NAME KEEPER_LOCK_ENTRY "-%.64s"
#define ROTATED_NAME KEEPER_LOCK_ENTRY ".rotated-%.64s"
/* Of its own, so that an older agent still reads the other. */
#define GENESIS_NAME KEEPER_LOCK_ENTRY ".genesis-%.64s"
#define NAME_MAX_LEN (sizeof(ROTATED_NAME) + 64)

static bool is_id(const char *s, size_t len)
{
	size_t digits = strspn(s, "0123456789:");

	return digits >= len && memchr(s, ':', len) &&
	       len < AUTHORITY_ID_TEXT_MAX;
}

/* "HASH", or "HASH ID1:ID2". */
static void parse(struct state_bytes text, struct lock_pin *ret)
{
	char copy[AUM_HASH_TEXT_LEN + 1 + AUTHORITY_ID_TEXT_MAX];
	const char *id;

	if (text.len >= sizeof(copy))
		return;
	memcpy(copy, text.data, text.len);
	copy[text.len] = 0;
	if (text.len < AUM_HASH_TEXT_LEN ||
	    aum_hash_parse(copy, AUM_HASH_TEXT_LEN, &ret->head) < 0)
		return;
	if (text.len > AUM_HASH_TEXT_LEN) {
		id = copy + AUM_HASH_TEXT_LEN + 1;
		if (id[-1] != ' ' || !is_id(id, strlen(id)))
			return;
		snprintf(ret->id, sizeof(ret->id), "%s", id);
	}
	ret->has_head = true;
}

void lock_pin_read(const struct state *state, const char *profile,
		   struct lock_pin *ret)
{
	struct state_bytes text = { .data = "" };
	char name[NAME_MAX_LEN];

	*ret = (struct lock_pin){ 0 };
	snprintf(name, sizeof(name), NAME, profile);
	ret->exists = state_find(state, name, &text);
	if (!ret->exists)
		return;
	parse(text, ret);
	snprintf(name, sizeof(name), GENESIS_NAME, profile);
	ret->has_genesis = state_find(state, name, &text) &&
			   aum_hash_parse((const char *)text.data, text.len,
					  &ret->genesis) == 0;
}

int lock_pin_open(const struct lock_pin *pin, struct lock_store *store,
		  const struct authority_disk *disk, struct err_detail *detail,
		  struct authority **ret)
{
	const struct authority_pin known = {
		.exists = pin->exists, .head = pin->head,
	};
	struct authority_stored stored = { 0 };
	int r = 0;

	if (pin->exists && !pin->has_head)
		return err_explain(detail, TNE_LOCK_DAMAGED,
				   "the state file does not say which update was the last");
	if (store)
		r = lock_store_load(store, detail, &stored);
	if (r < 0)
		return r;
	if (pin->exists && !stored.chain.n)
		r = err_explain(detail, TNE_LOCK_DAMAGED,
				"the updates of the lock are missing");
	else if (pin->exists && !chain_find(&stored.chain, &pin->head))
		r = err_explain(detail, TNE_LOCK_DAMAGED,
				"the updates are older than, or others than, those that this node was under");
	else
		r = authority_open(&stored, &known, disk, ret);
	authority_stored_done(&stored);
	return r;
}

int lock_pin_write(struct state *state, const char *profile,
		   const struct lock_pin *pin)
{
	char name[NAME_MAX_LEN], first[NAME_MAX_LEN], rotated[NAME_MAX_LEN];
	char text[AUM_HASH_TEXT_LEN + 1 + AUTHORITY_ID_TEXT_MAX] = "";
	struct state_change change[] = {
		{ .name = name, .data = text },
		{ .name = first },
		{ .name = rotated },
	};
	struct aum_hash_text hash, genesis = { "" };
	struct err_detail detail;

	snprintf(name, sizeof(name), NAME, profile);
	snprintf(first, sizeof(first), GENESIS_NAME, profile);
	snprintf(rotated, sizeof(rotated), ROTATED_NAME, profile);
	if (pin->exists)
		snprintf(text, sizeof(text), "%s%s%s",
			 aum_hash_format(&pin->head, &hash),
			 *pin->id ? " " : "", pin->id);
	if (pin->exists && pin->has_genesis)
		aum_hash_format(&pin->genesis, &genesis);
	change[0].len = strlen(text);
	change[1].data = genesis.c;
	change[1].len = strlen(genesis.c);
	/* What was rotated away under one authority says nothing under another. */
	return state_write(state, change, pin->exists ? 2 : 3, &detail);
}

int lock_pin_read_rotated(const struct state *state, const char *profile,
			  struct rotated *ret)
{
	struct state_bytes data;
	char name[NAME_MAX_LEN];

	snprintf(name, sizeof(name), ROTATED_NAME, profile);
	return state_find(state, name, &data) ?
	       rotated_parse(data.data, data.len, ret) : 0;
}

int lock_pin_write_rotated(struct state *state, const char *profile,
			   const struct rotated *rotated)
{
	struct state_change change = {
		.data = rotated->item,
		.len = rotated->n * ROTATED_ENTRY_LEN,
	};
	char name[NAME_MAX_LEN];
	struct err_detail detail;

	snprintf(name, sizeof(name), ROTATED_NAME, profile);
	change.name = name;
	return state_write(state, &change, 1, &detail);
}
