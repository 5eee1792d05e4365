/* SPDX-License-Identifier: GPL-2.0-only */
/* Asking the agent: a blocking client of the local API. */
#ifndef CLI_CLIENT_H
#define CLI_CLIENT_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Longest answer that is taken, bytes; ours. */
#define CLIENT_BODY_MAX (256u << 20)

/**
 * struct client - where the agent is
 * @socket: path of its socket
 */
struct client {
	const char *socket;
};

/**
 * struct client_answer - what it has said
 * @status: of HTTP
 * @body: terminated, owned; wiped when freed
 * @len: bytes of @body
 */
struct client_answer {
	int status;
	char *body;
	size_t len;
};

struct client_watch;

/**
 * client_ask() - one request, one answer
 * @client:	where to
 * @method:	"GET", ...
 * @path:	behind the prefix of the API
 * @body:	of the request
 * @len:	bytes of it
 * @detail:	filled on error
 * @ret:	owned by the caller
 *
 * Return: 0 whatever the status of the answer; -ECONNREFUSED or -ENOENT if
 * there is no agent, -errno, TNE_LOCAL_HTTP.
 */
int client_ask(const struct client *client, const char *method,
	       const char *path, const void *body, size_t len,
	       struct err_detail *detail,
	       struct client_answer *ret);

/**
 * client_answer_done() - wipe and free the contents
 * @answer: all zero afterwards
 */
void client_answer_done(struct client_answer *answer);

static inline void client_answer_cleanup(struct client_answer *answer)
{
	client_answer_done(answer);
}

/**
 * client_watch_open() - begin to be told of changes
 * @client:	where to
 * @mask:	NOTIFY_*
 * @detail:	filled on error
 * @ret:	owned by the caller
 *
 * When this returns the agent counts us as a watcher.
 *
 * Return: as client_ask(); TNE_LOCAL_HTTP if it says no.
 */
int client_watch_open(const struct client *client, uint64_t mask,
		      struct err_detail *detail, struct client_watch **ret);

/**
 * client_watch_next() - wait for a message
 * @watch:	a watch
 * @wait_ms:	longest wait; below 0 = for ever
 * @ret:	the message, a JSON document, terminated; borrowed until the next
 *		call
 *
 * Return: its length; 0 if the agent has ended the watch; -ETIMEDOUT, -errno,
 * TNE_LOCAL_HTTP.
 */
int client_watch_next(struct client_watch *watch, int wait_ms,
		      const char **ret);

/**
 * client_watch_close() - leave
 * @watch: or NULL
 */
void client_watch_close(struct client_watch *watch);

static inline void client_watch_cleanup(struct client_watch **watch)
{
	client_watch_close(*watch);
}

#endif /* CLI_CLIENT_H */
