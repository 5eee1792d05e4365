/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef HOSTILE_DUO_H
#define HOSTILE_DUO_H

#include "peer.h"

/* Fewer than would put a victim under load, whose backlog for that is 512. */
#define DUO_BATCH	48

/**
 * struct duo - a peer that misbehaves and one beside it that does not
 * @main:	sends the hostile messages
 * @fence:	another peer of the same victim
 * @pending:	hostile messages since the last fence
 *
 * Handshake messages are worked off in the order of arrival, so when the
 * fence's handshake is through, the hostile messages before it are too.
 */
struct duo {
	struct peer main;
	struct peer fence;
	unsigned int pending;
};

void duo_open(struct duo *d, const struct options *opt);
void duo_fence(struct duo *d, const char *what);
void duo_send(struct duo *d, const void *msg, size_t len);
void duo_close(struct duo *d);

#endif
