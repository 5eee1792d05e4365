// SPDX-License-Identifier: GPL-2.0-only
#include "localapi/api_watch.h"

#include "base/list.h"
#include "localapi/api.h"
#include "wire/local_json.h"
#include "wire/json_put.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* These lead to a first message; the others only say what else is in it. */
#define TRIGGERS \
	(NOTIFY_INITIAL_STATE | NOTIFY_INITIAL_PREFS | NOTIFY_INITIAL_NETMAP | \
	 NOTIFY_INITIAL_SHARES | NOTIFY_EXIT_NODE | NOTIFY_CLIENT_VERSION | \
	 NOTIFY_INITIAL_STATUS | NOTIFY_POLICY | NOTIFY_WIREGUARD)

/* None of these can be thinned out. */
#define NOT_RATE_LIMITED \
	(NOTIFY_PEER_CHANGES | NOTIFY_NO_NETMAP | NOTIFY_INITIAL_STATUS | \
	 NOTIFY_PEER_PATCHES)

/**
 * struct watcher - a client that is told of changes
 * @api: its API
 * @link: in the API's list
 * @x: stream to the client
 * @uid: of the client, for the counters
 * @id: of the watch, with the node
 * @mask: NOTIFY_*
 */
struct watcher {
	struct api *api;
	struct list link;
	struct http_exchange *x;
	uid_t uid;
	uint64_t id;
	uint64_t mask;
};

static int send_message(struct watcher *w, const struct notify *msg,
			const struct local_notify_extra *extra)
{
	json_t *object;
	char *text;
	size_t len;
	int r = local_notify_build(msg, extra, &object);

	if (r < 0)
		return r;
	text = json_text(object, JSON_COMPACT);
	json_decref(object);
	if (!text)
		return -ENOMEM;
	/* The terminator makes room for the line's end. */
	len = strlen(text);
	text[len] = '\n';
	http_stream_send(w->x, text, len + 1);
	free(text);
	return 0;
}

static void fill_extra(struct watcher *w, struct local_notify_extra *ret)
{
	const struct api_config *config = &w->api->config;

	memset(ret, 0, sizeof(*ret));
	ret->version = config->version;
	config->node->user(config->node_ctx, &ret->user);
}

static void tell(void *ctx, const struct notify *msg)
{
	struct watcher *w = ctx;
	struct local_notify_extra extra;
	struct notify wanted = *msg;

	if (!(w->mask & NOTIFY_ENGINE_UPDATES))
		wanted.engine = NULL;
	if (w->mask & NOTIFY_NO_NETMAP)
		wanted.netmap = NULL;
	fill_extra(w, &extra);
	/* Nobody could know that a message is missing. */
	if (send_message(w, &wanted, &extra) < 0)
		http_stream_abort(w->x);
}

static void leave(void *ctx)
{
	struct watcher *w = ctx;
	const struct api_config *config = &w->api->config;

	config->node->unwatch(config->node_ctx, w->id);
	limits_unwatch(http_server_limits(w->api->http), w->uid);
	list_del(&w->link);
	free(w);
}

static void add_state(struct watcher *w, const struct status *status,
		      struct notify *msg)
{
	if (!(w->mask & NOTIFY_INITIAL_STATE))
		return;
	msg->has_state = true;
	msg->state = status->backend;
	if (status->backend == BACKEND_NEEDS_LOGIN &&
	    *status_text(status->auth_url))
		msg->browse_to_url = status->auth_url;
}

/* What is now, in the same round in which the watch began: nothing is missed. */
static int send_first(struct watcher *w)
{
	const struct api_config *config = &w->api->config;
	struct status status __attribute__((cleanup(status_cleanup))) = { 0 };
	struct local_notify_extra extra;
	struct notify msg = { 0 };
	char session[24], *netmap = NULL;
	int r;

	if (!(w->mask & TRIGGERS))
		return 0;
	r = config->node->status(config->node_ctx,
				 w->mask & NOTIFY_INITIAL_STATUS, &status);
	if (r < 0)
		return r;
	fill_extra(w, &extra);
	snprintf(session, sizeof(session), "%016" PRIx64, w->id);
	if (w->mask & NOTIFY_INITIAL_STATE)
		extra.session = session;
	if (w->mask & NOTIFY_INITIAL_STATUS)
		extra.status = &status;
	add_state(w, &status, &msg);
	if (w->mask & NOTIFY_INITIAL_PREFS)
		msg.prefs = config->node->prefs(config->node_ctx);
	if ((w->mask & NOTIFY_INITIAL_NETMAP) && status.self.in_map) {
		msg.self = &status.self;
		if (!(w->mask & NOTIFY_NO_NETMAP) && config->node->netmap)
			config->node->netmap(config->node_ctx, &netmap);
		msg.netmap = netmap;
	}
	if (w->mask & NOTIFY_INITIAL_HEALTH) {
		msg.has_health = true;
		msg.n_warnings = config->node->health(config->node_ctx,
						      &msg.warnings);
	}
	r = send_message(w, &msg, &extra);
	free(netmap);
	return r;
}

/* 0 or a status of HTTP with its text. */
static int parse_mask(struct api_call *call, uint64_t *ret,
		      const char **ret_text)
{
	char text[24], *end;
	int r = http_query_find(call->req->query, "mask", text, sizeof(text));

	*ret = 0;
	*ret_text = "bad mask";
	if (r == 0)
		return 0;
	errno = 0;
	if (r < 0 || text[0] < '0' || text[0] > '9')
		return 400;
	*ret = strtoull(text, &end, 10);
	if (*end || errno)
		return 400;
	if (*ret & NOTIFY_IN_PROCESS) {
		*ret_text = "this mask is for watchers inside of the agent";
		return 400;
	}
	if ((*ret & NOTIFY_RATE_LIMIT) && (*ret & NOT_RATE_LIMITED)) {
		*ret_text = "a mask with the rate limit cannot have peer changes or an initial status";
		return 400;
	}
	return 0;
}

static int begin(struct watcher *w)
{
	const struct api_config *config = &w->api->config;
	struct node_watcher watcher = { .mask = w->mask, .notify = tell,
					.ctx = w };
	int r = config->node->watch(config->node_ctx, &watcher, &w->id);

	if (r < 0)
		return r;
	list_add(&w->api->watchers, &w->link);
	/* Clients wait for the head of the answer before they go on. */
	http_exchange_on_close(w->x, leave, w);
	http_stream_begin(w->x, "application/json");
	return 0;
}

static struct watcher *watcher_new(struct api_call *call, uint64_t mask)
{
	const struct http_peer *peer = http_exchange_peer(call->x);
	struct watcher *w = calloc(1, sizeof(*w));

	if (!w)
		return NULL;
	w->api = call->api;
	w->x = call->x;
	w->uid = peer->known ? peer->uid : (uid_t)-1;
	w->mask = mask;
	return w;
}

void api_watch(struct api_call *call)
{
	struct limits *limits = http_server_limits(call->api->http);
	struct watcher *w;
	const char *text;
	uint64_t mask;
	int status = parse_mask(call, &mask, &text), r;

	if (status) {
		api_reply_text(call, status, text);
		return;
	}
	w = watcher_new(call, mask);
	if (!w) {
		api_reply_text(call, 500, "out of memory");
		return;
	}
	if (!limits_watch(limits, w->uid)) {
		free(w);
		api_reply_text(call, 429, "too many watchers");
		return;
	}
	r = begin(w);
	if (r < 0) {
		limits_unwatch(limits, w->uid);
		free(w);
		api_reply_text(call, 500, err_text(r));
		return;
	}
	/* Whoever cannot be told what is now must not believe to know. */
	if (send_first(w) < 0)
		http_stream_abort(w->x);
}

/* A client takes what comes first as the change to the new node's state. */
static int renew(struct watcher *w)
{
	const struct api_config *config = &w->api->config;
	struct node_watcher watcher = { .mask = w->mask, .notify = tell,
					.ctx = w };
	int r;

	/* Nobody's: ids begin with 1. */
	w->id = 0;
	r = config->node->watch(config->node_ctx, &watcher, &w->id);
	return r < 0 ? r : send_first(w);
}

void api_watch_renew(struct api *api)
{
	struct list *link, *next;

	for (link = api->watchers.next; link != &api->watchers; link = next) {
		struct watcher *w = list_entry(link, struct watcher, link);

		next = link->next;
		if (renew(w) < 0)
			http_stream_abort(w->x);
	}
}
