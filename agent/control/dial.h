/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The race to a control server: plain HTTP first, HTTPS a little later, whoever
 * has shaken hands first wins. Source: control/controlhttp/client.go.
 */
#ifndef CONTROL_DIAL_H
#define CONTROL_DIAL_H

#include "control/attempt.h"
#include "control/server_url.h"

#include <stdbool.h>
#include <stdint.h>

struct dial;
struct noise_session;
struct transfers;

#define DIAL_HTTPS_AFTER_MS 500
#define DIAL_RECENT_MS 120000		/* see struct dial_memory */
#define DIAL_DEADLINE_MS 10000		/* without a dial plan */

/**
 * struct dial_memory - outlives the dials to one server; all zero at first
 * @started_ms: when the last one began, boot time; 0 = never
 *
 * Some middleboxes break port 80 after the upgrade. Who has to dial again within
 * DIAL_RECENT_MS goes to HTTPS straight.
 */
struct dial_memory {
	uint64_t started_ms;
};

/**
 * struct dial_schedule - what the race looks like
 * @http_port: 0 = not tried
 * @https_port: 0 = not tried
 * @https_after_ms: start of HTTPS, unless HTTP fails earlier
 */
struct dial_schedule {
	uint16_t http_port;
	uint16_t https_port;
	uint64_t https_after_ms;
};

/**
 * struct dial_target - whom to reach, and as whom
 * @host: name, or address without brackets; borrowed until the dial is over
 * @addr: address that it shall have; family 0 = it is looked up
 * @schedule: from dial_schedule_make()
 * @timeout_ms: for the whole; 0 = DIAL_DEADLINE_MS
 * @server: its Noise key
 * @machine: our own; borrowed until the dial is over
 * @version: protocol version
 */
struct dial_target {
	const char *host;
	struct resolve_addr addr;
	struct dial_schedule schedule;
	uint32_t timeout_ms;
	struct machine_public server;
	struct secret32 *machine;
	uint16_t version;
};

/**
 * dial_schedule_make() - decide on the race
 * @url:	the server
 * @https_only:	no plain HTTP if there is a port for HTTPS
 * @memory:	of earlier dials; the caller notes this one
 * @now_ms:	boot time
 * @ret:	the schedule; one of the ports at least is not 0
 */
void dial_schedule_make(const struct server_url *url, bool https_only,
			const struct dial_memory *memory, uint64_t now_ms,
			struct dial_schedule *ret);

/**
 * dial_start() - begin the race
 * @transfers:	where attempts connect
 * @target:	copied
 * @fn:		called once, unless freed before; may free the dial. If both
 *		ways failed, the result is TNE_NOISE_TAG if either of them was,
 *		so that the caller can count bad keys, and the detail names both
 * @ctx:	for @fn
 * @ret:	owned by the caller, also after @fn was called
 *
 * Return: 0 or an error.
 */
int dial_start(struct transfers *transfers, const struct dial_target *target,
	       attempt_fn fn, void *ctx, struct dial **ret);

/**
 * dial_free() - give up, or free what is over
 * @dial: the dial or NULL
 */
void dial_free(struct dial *dial);

#endif /* CONTROL_DIAL_H */
