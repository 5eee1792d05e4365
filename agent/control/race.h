/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * All the addresses of a control server. First those that the server itself has
 * planned, side by side; if none of them leads to it, its name; and if that
 * cannot be looked up, addresses that were found out by other means. Each is
 * dialled as dial.h says.
 *
 * Source: control/controlhttp/client.go, dial.
 */
#ifndef CONTROL_RACE_H
#define CONTROL_RACE_H

#include "control/dial.h"
#include "loop/resolve.h"

#include <stddef.h>
#include <stdint.h>

struct race;
struct dial_plan;

#define RACE_MAX 16			/* candidates of one kind; ours */
#define RACE_SPARE_STEP_MS 500		/* between spare addresses; ours */

/* The deadline of all: the longest candidate, within bounds, and a bit. */
#define RACE_LEAST_MS 5000
#define RACE_MOST_MS 60000
#define RACE_MORE_MS 5000

/**
 * struct race_candidate - an address to be tried
 * @addr: the address
 * @after_ms: from the start of its kind on
 * @timeout_ms: for it alone; 0 = DIAL_DEADLINE_MS
 */
struct race_candidate {
	struct resolve_addr addr;
	uint32_t after_ms;
	uint32_t timeout_ms;
};

/**
 * struct race_config - whom to reach, and as whom
 * @transfers: where attempts connect; borrowed until the race is over
 * @url: the server; borrowed likewise
 * @server: its Noise key
 * @machine: our own; borrowed likewise
 * @version: protocol version
 * @https_only: no plain HTTP if there is a port for HTTPS
 * @memory: of dials to this server; borrowed likewise
 * @plan: planned addresses; copied, at most RACE_MAX count
 * @n_plan: how many
 * @spare: addresses for the case that the name has none; copied likewise
 * @n_spare: how many
 */
struct race_config {
	struct transfers *transfers;
	const struct server_url *url;
	struct machine_public server;
	struct secret32 *machine;
	uint16_t version;
	bool https_only;
	struct dial_memory *memory;
	const struct race_candidate *plan;
	size_t n_plan;
	const struct race_candidate *spare;
	size_t n_spare;
};

/**
 * race_plan() - the candidates of a plan of the server
 * @plan:	the plan, or NULL
 * @ret:	room for RACE_MAX
 *
 * Those that need another host to pass the connection on are left out.
 *
 * Return: how many.
 */
size_t race_plan(const struct dial_plan *plan, struct race_candidate *ret);

/**
 * race_deadline_ms() - how long the whole may take
 * @plan:	candidates
 * @n:		how many
 *
 * Return: milliseconds.
 */
uint32_t race_deadline_ms(const struct race_candidate *plan, size_t n);

/**
 * race_start() - begin
 * @config:	copied
 * @fn:		called once, unless freed before; may free the race. The result
 *		is TNE_NOISE_TAG if any of the dials ended so, TNE_NAME_LOOKUP
 *		if the name has no address and nothing else led to the server
 * @ctx:	for @fn
 * @ret:	owned by the caller, also after @fn was called
 *
 * Return: 0 or an error.
 */
int race_start(const struct race_config *config, attempt_fn fn, void *ctx,
	       struct race **ret);

/**
 * race_free() - give up, or free what is over
 * @race: the race or NULL
 */
void race_free(struct race *race);

DEFINE_CLEANUP(race, struct race *, race_free)

#endif /* CONTROL_RACE_H */
