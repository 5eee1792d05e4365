/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the state file says of a profile's tailnet lock. The updates lie beside
 * it, where whoever can write could take them away: by the pin that shows.
 */
#ifndef NODE_LOCK_PIN_H
#define NODE_LOCK_PIN_H

#include "base/err.h"
#include "lock/authority.h"

#include <stdbool.h>

struct state;

/**
 * struct lock_pin - an authority
 * @exists: there is one
 * @has_head: @head is set: not if the entry cannot be read
 * @head: its newest update
 * @id: its name, "ID1:ID2"; "" = not told
 */
struct lock_pin {
	bool exists;
	bool has_head;
	struct aum_hash head;
	char id[AUTHORITY_ID_TEXT_MAX];
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
 * lock_pin_write() - say it
 * @state:	changed on success only
 * @profile:	id of the profile
 * @pin:	with a head, or none
 *
 * Return: as state_write().
 */
int lock_pin_write(struct state *state, const char *profile,
		   const struct lock_pin *pin);

#endif /* NODE_LOCK_PIN_H */
