/* SPDX-License-Identifier: GPL-2.0-only */
/* What a control client is doing, and what may come next. */
#ifndef CONTROL_CLIENT_STATE_H
#define CONTROL_CLIENT_STATE_H

#include <stdbool.h>

enum client_state {
	CLIENT_IDLE,		/* nothing is wanted, or paused */
	CLIENT_KEY,		/* asking for the server's key */
	CLIENT_DIALING,
	CLIENT_REGISTERING,	/* also while a person logs in */
	CLIENT_POLLING,
	CLIENT_BACKOFF,		/* waits before it goes on */
	CLIENT_STATES
};

/**
 * client_state_may() - may one state follow another?
 * @from:	the one
 * @to:		the other
 *
 * Return: true if so.
 */
bool client_state_may(enum client_state from, enum client_state to);

/**
 * client_state_name() - text of a state
 * @state: the state
 *
 * Return: a static string.
 */
const char *client_state_name(enum client_state state);

#endif /* CONTROL_CLIENT_STATE_H */
