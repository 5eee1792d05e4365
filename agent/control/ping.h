/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Answering the control server's pings.
 *
 * A server could use a node to send requests into the networks around it; so
 * outside of the channel only its own host is asked, seldom, and nothing of the
 * answer goes anywhere.
 */
#ifndef CONTROL_PING_H
#define CONTROL_PING_H

#include "base/cleanup.h"
#include "control/server_url.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct control_conn;
struct ping_request;
struct pinger;
struct transfers;

#define PING_TIMEOUT_MS 15000	/* source: control/controlclient/direct.go */
#define PING_PER_MINUTE 10	/* outside of the channel; ours */
#define PING_ANSWERS_MAX 8	/* under way in the channel; ours */
#define PING_PATH_MAX 2048	/* bytes; ours */

enum ping_act {
	PING_ACT_NONE,		/* nothing that we can do or may do */
	PING_ACT_HEAD_NOISE,	/* HEAD, in the channel */
	PING_ACT_HEAD_OUTSIDE,	/* HEAD to the URL itself */
	PING_ACT_C2N,		/* answer the request in it, in the channel */
};

/**
 * ping_decide() - what to do about a ping
 * @ping:	the request
 * @server:	where it came from
 *
 * Pings of peers are not made yet: without path discovery there is nothing to
 * tell, and then the server expects no answer.
 *
 * Return: what to do.
 */
enum ping_act ping_decide(const struct ping_request *ping,
			  const struct server_url *server);

/**
 * ping_check_url() - may a request outside of the channel go there?
 * @url:	from the server
 * @server:	it
 *
 * Return: true for http and https to the server's own host; for Tailscale's own
 * also to other hosts of it.
 */
bool ping_check_url(const char *url, const struct server_url *server);

/**
 * ping_url_path() - path and query of a URL
 * @url:	whose host does not count
 * @ret:	begins with a slash
 *
 * Return: true, or false if there is none that could be asked for.
 */
bool ping_url_path(const char *url, char ret[PING_PATH_MAX]);

/**
 * pinger_new() - nothing to answer
 * @transfers:	for requests outside of the channel; borrowed until
 *		pinger_free()
 * @server:	copied
 *
 * Return: owned by the caller; NULL without memory.
 */
struct pinger *pinger_new(struct transfers *transfers,
			  const struct server_url *server);

/**
 * pinger_free() - give all answers up
 * @pinger: or NULL
 */
void pinger_free(struct pinger *pinger);

DEFINE_CLEANUP(pinger, struct pinger *, pinger_free)

/**
 * pinger_cancel() - give up what is under way in the channel
 * @pinger: before its connection is freed
 */
void pinger_cancel(struct pinger *pinger);

/**
 * pinger_handle() - answer a ping
 * @pinger:	the pinger
 * @ping:	borrowed for the call
 * @conn:	that it came from
 *
 * Failures are nobody's business: the server asks again.
 */
void pinger_handle(struct pinger *pinger, const struct ping_request *ping,
		   struct control_conn *conn);

#endif /* CONTROL_PING_H */
