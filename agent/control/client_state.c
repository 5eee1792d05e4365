// SPDX-License-Identifier: GPL-2.0-only
#include "control/client_state.h"

#define BIT(n) (1U << (n))

static const unsigned int client_next[CLIENT_STATES] = {
	[CLIENT_IDLE] = BIT(CLIENT_KEY) | BIT(CLIENT_DIALING),
	[CLIENT_KEY] = BIT(CLIENT_DIALING) | BIT(CLIENT_BACKOFF) |
		       BIT(CLIENT_IDLE),
	[CLIENT_DIALING] = BIT(CLIENT_REGISTERING) | BIT(CLIENT_POLLING) |
			   BIT(CLIENT_BACKOFF) | BIT(CLIENT_IDLE),
	[CLIENT_REGISTERING] = BIT(CLIENT_POLLING) | BIT(CLIENT_DIALING) |
			       BIT(CLIENT_BACKOFF) | BIT(CLIENT_IDLE),
	[CLIENT_POLLING] = BIT(CLIENT_REGISTERING) | BIT(CLIENT_DIALING) |
			   BIT(CLIENT_BACKOFF) | BIT(CLIENT_IDLE),
	[CLIENT_BACKOFF] = BIT(CLIENT_KEY) | BIT(CLIENT_DIALING) |
			   BIT(CLIENT_REGISTERING) | BIT(CLIENT_POLLING) |
			   BIT(CLIENT_IDLE),
};

static const char *const state_names[CLIENT_STATES] = {
	[CLIENT_IDLE] = "idle",
	[CLIENT_KEY] = "asking for the server's key",
	[CLIENT_DIALING] = "connecting",
	[CLIENT_REGISTERING] = "registering",
	[CLIENT_POLLING] = "polling",
	[CLIENT_BACKOFF] = "waiting",
};

bool client_state_may(enum client_state from, enum client_state to)
{
	return client_next[from] & BIT(to);
}

const char *client_state_name(enum client_state state)
{
	return state_names[state];
}
