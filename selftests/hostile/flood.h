/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef HOSTILE_FLOOD_H
#define HOSTILE_FLOOD_H

#include "peer.h"

#define FLOOD_PULSE_MAX	1024	/* of sendmmsg() */

/**
 * struct flood - a bounded stream of messages from invented sources
 * @kind:	name of what is sent, see flood_known()
 * @count:	how many, at most
 * @rate:	per second, 0 for as many as go out
 * @seconds:	how long, at most
 * @pulse:	how many go out at once, up to FLOOD_PULSE_MAX, 0 for the default;
 *		with a rate, when that many are due. A large pulse fills a queue
 *		whatever the share of the CPUs that sender and victim get.
 * @session:	for data: the session it pretends to belong to, or NULL
 */
struct flood {
	const char *kind;
	uint64_t count;
	uint64_t rate;
	unsigned int seconds;
	unsigned int pulse;
	const struct session *session;
};

bool flood_known(const char *kind);
uint64_t flood_run(const struct options *opt, const struct flood *f);

#endif
