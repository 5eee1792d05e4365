/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the state file says of a profile's tailnet lock. The updates lie beside
 * it, where whoever can write could take them away: by the pin that shows.
 */
#ifndef NODE_LOCK_PIN_H
#define NODE_LOCK_PIN_H

#include "base/err.h"
#include "lock/authority.h"
#include "lock/rotated.h"
#include "lock/store.h"

#include <stdbool.h>

struct state;

/**
 * struct lock_pin - an authority
 * @exists: there is one
 * @has_head: @head is set: not if the entry cannot be read
 * @head: its newest update
 * @id: its name, "ID1:ID2"; "" = not told
 * @has_genesis: @genesis is set
 * @genesis: its first update, which may have been forgotten since
 */
struct lock_pin {
	bool exists;
	bool has_head;
	struct aum_hash head;
	char id[AUTHORITY_ID_TEXT_MAX];
	bool has_genesis;
	struct aum_hash genesis;
};

/**
 * lock_pin_read() - what the state says
 * @state:	the state
 * @profile:	id of the profile
 * @ret:	the pin; an entry that makes no sense is one without a head
 */
void lock_pin_read(const struct state *state, const char *profile,
		   struct lock_pin *ret);

/**
 * lock_pin_open() - the authority that is stored, if it is the pinned one
 * @pin:	what the state says
 * @store:	where the updates are; NULL = there is no place for them
 * @disk:	see authority_open()
 * @detail:	filled on error
 * @ret:	owned by the caller
 *
 * Return: 0; -ENOENT if there is no pin and nothing is stored; TNE_LOCK_DAMAGED if
 * there is a pin and its updates are missing, older or others; as
 * lock_store_load() and authority_open().
 */
int lock_pin_open(const struct lock_pin *pin, struct lock_store *store,
		  const struct authority_disk *disk, struct err_detail *detail,
		  struct authority **ret);

/**
 * lock_pin_write() - say it
 * @state:	changed on success only
 * @profile:	id of the profile
 * @pin:	with a head, or none: what is remembered goes as well
 *
 * Return: as state_write().
 */
int lock_pin_write(struct state *state, const char *profile,
		   const struct lock_pin *pin);

/**
 * lock_pin_read_rotated() - node keys that are remembered as rotated away
 * @state:	the state
 * @profile:	id of the profile
 * @ret:	all zero; owned by the caller
 *
 * Return: 0, -ENOMEM; TNE_LOCK_DAMAGED if the entry makes no sense.
 */
int lock_pin_read_rotated(const struct state *state, const char *profile,
			  struct rotated *ret);

/**
 * lock_pin_write_rotated() - have them remembered
 * @state:	changed on success only
 * @profile:	id of the profile
 * @rotated:	all of them
 *
 * Return: as state_write().
 */
int lock_pin_write_rotated(struct state *state, const char *profile,
			   const struct rotated *rotated);

#endif /* NODE_LOCK_PIN_H */
