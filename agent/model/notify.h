/* SPDX-License-Identifier: GPL-2.0-only */
/* What watchers are told when something changes. */
#ifndef MODEL_NOTIFY_H
#define MODEL_NOTIFY_H

#include "model/prefs.h"
#include "model/status.h"

#include <stdbool.h>
#include <stdint.h>

/* Source: tailscale ipn/backend.go, NotifyWatchOpt. */
#define NOTIFY_ENGINE_UPDATES	(UINT64_C(1) << 0)
#define NOTIFY_INITIAL_STATE	(UINT64_C(1) << 1)
#define NOTIFY_INITIAL_PREFS	(UINT64_C(1) << 2)
#define NOTIFY_INITIAL_NETMAP	(UINT64_C(1) << 3)
#define NOTIFY_NO_PRIVATE_KEYS	(UINT64_C(1) << 4)
#define NOTIFY_INITIAL_SHARES	(UINT64_C(1) << 5)
#define NOTIFY_OUTGOING_FILES	(UINT64_C(1) << 6)
#define NOTIFY_INITIAL_HEALTH	(UINT64_C(1) << 7)
#define NOTIFY_RATE_LIMIT	(UINT64_C(1) << 8)
#define NOTIFY_HEALTH_ACTIONS	(UINT64_C(1) << 9)
#define NOTIFY_EXIT_NODE	(UINT64_C(1) << 10)
#define NOTIFY_CLIENT_VERSION	(UINT64_C(1) << 11)
#define NOTIFY_PEER_CHANGES	(UINT64_C(1) << 12)
#define NOTIFY_NO_NETMAP	(UINT64_C(1) << 13)
#define NOTIFY_INITIAL_STATUS	(UINT64_C(1) << 14)
#define NOTIFY_PEER_PATCHES	(UINT64_C(1) << 15)
#define NOTIFY_IN_PROCESS	(UINT64_C(1) << 16)
#define NOTIFY_POLICY		(UINT64_C(1) << 17)
#define NOTIFY_WIREGUARD	(UINT64_C(1) << 18)

/**
 * struct notify_engine - counters over all peers
 * @rx_bytes: received
 * @tx_bytes: sent
 * @n_live: peers with a session
 * @live_relays: connections to relays
 */
struct notify_engine {
	uint64_t rx_bytes;
	uint64_t tx_bytes;
	unsigned int n_live;
	unsigned int live_relays;
};

/**
 * struct notify_warning - something is wrong
 * @code:	stable name of the kind, as "not-in-map-poll"
 * @severity:	"high", "medium" or "low"
 * @title:	for people
 * @text:	for people
 * @since:	since when, not set = not known
 * @impacts:	packets do not flow because of it
 */
struct notify_warning {
	const char *code;
	const char *severity;
	const char *title;
	const char *text;
	struct timestamp since;
	bool impacts;
};

/**
 * struct notify - one message; what is not set is not in it
 * @error:	fatal text, "up" ends with it; or NULL
 * @login_finished: the user has logged in
 * @has_state:	@state is set
 * @state:	new state
 * @prefs:	new preferences, or NULL
 * @browse_to_url: where to log in, or NULL
 * @self:	this node has changed, or NULL
 * @netmap:	JSON text of the whole map, for old clients, or NULL
 * @engine:	counters, or NULL
 * @has_health:	the two below are set
 * @warnings:	all that is wrong now
 * @n_warnings:	how many
 *
 * All pointers are borrowed for the call that gets the message.
 */
struct notify {
	const char *error;
	bool login_finished;
	bool has_state;
	enum backend_state state;
	const struct prefs *prefs;
	const char *browse_to_url;
	const struct status_peer *self;
	const char *netmap;
	const struct notify_engine *engine;
	bool has_health;
	const struct notify_warning *warnings;
	size_t n_warnings;
};

#endif /* MODEL_NOTIFY_H */
