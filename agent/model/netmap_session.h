/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef MODEL_NETMAP_SESSION_H
#define MODEL_NETMAP_SESSION_H

#include "base/err.h"
#include "model/netmap.h"

#include <stdbool.h>

/*
 * From map streams to netmaps.
 *
 * What the messages of one stream say belongs together: a new stream begins
 * with nothing, while the netmap of the last one stays in use until the first
 * message of the new one has been read. One value serves all streams of one
 * login, because some things outlive a stream.
 */
struct netmap_session;

/**
 * struct netmap_step - what came of a message
 * @netmap: the netmap in use now, with a reference, the caller's; NULL before
 *	the first
 * @changed: it is not the one from before
 * @ping: to be answered, borrowed from the message; NULL = nothing new
 * @pop_browser_url: to be shown, borrowed from the message; NULL = nothing new
 * @debug: orders; all zero if there are none
 */
struct netmap_step {
	struct netmap *netmap;
	bool changed;
	const struct ping_request *ping;
	const char *pop_browser_url;
	struct map_debug debug;
};

/**
 * netmap_session_new() - before the first stream
 *
 * Return: owned by the caller; NULL without memory.
 */
struct netmap_session *netmap_session_new(void);

/**
 * netmap_session_free() - forget everything
 * @session: from netmap_session_new(), or NULL
 */
void netmap_session_free(struct netmap_session *session);

DEFINE_CLEANUP(netmap_session, struct netmap_session *, netmap_session_free)

/**
 * netmap_session_begin() - a new stream begins
 * @session: the netmap in use stays in use
 *
 * Return: 0 or -ENOMEM, and the stream of before goes on.
 */
int netmap_session_begin(struct netmap_session *session);

/**
 * netmap_session_trust_clock() - is the local clock known to be right?
 * @session:	the session
 * @trusted:	true: a server that is more than a day away from it is wrong, and
 *		must not make all keys expire at once
 */
void netmap_session_trust_clock(struct netmap_session *session, bool trusted);

/**
 * netmap_session_step() - take a message of the stream
 * @session:	unchanged on error
 * @delta:	the message
 * @now:	the local clock, set
 * @detail:	filled on error
 * @ret:	what came of it; netmap_put() its netmap
 *
 * An error ends the stream: nothing of the message has been applied.
 *
 * Return: 0, TNE_MAP_NO_SELF if the first message does not say who we are,
 * TNE_TOO_LONG or -ENOMEM.
 */
int netmap_session_step(struct netmap_session *session,
			const struct netmap_delta *delta,
			const struct timestamp *now, struct err_detail *detail,
			struct netmap_step *ret);

/**
 * netmap_session_replace() - a netmap that came from ours by other means
 * @session:	takes it over for the messages to come
 * @netmap:	from netmap_expire() or netmap_learn_disco(); gets a reference
 *
 * In the middle of building a new stream's netmap it replaces the one in use.
 */
void netmap_session_replace(struct netmap_session *session,
			    struct netmap *netmap);

/**
 * netmap_session_current() - the netmap in use
 * @session: the session
 *
 * Return: borrowed; NULL before the first.
 */
struct netmap *netmap_session_current(const struct netmap_session *session);

#endif /* MODEL_NETMAP_SESSION_H */
