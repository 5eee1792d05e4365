/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The local API: one table of endpoints, who may call them, and what all of
 * them share. Compatible with the stock clients.
 */
#ifndef LOCALAPI_API_H
#define LOCALAPI_API_H

#include "base/cleanup.h"
#include "base/err.h"
#include "base/list.h"
#include "localapi/auth.h"
#include "localapi/hold.h"
#include "localapi/http.h"
#include "node.h"

#include <jansson.h>
#include <stdbool.h>
#include <sys/types.h>

struct loop;

/* The one name under which the API may be called; see check_origin(). */
#define API_HOST	"local-tailscaled.sock"
#define API_PREFIX	"/localapi/v0/"

/**
 * struct api_config - how the API is set up
 * @node:	the node's functions, borrowed until api_free()
 * @node_ctx:	their first argument
 * @version:	long version of the agent, borrowed likewise
 * @cap:	capability version that is claimed
 * @restrict_read: only members of @read_gid may ask
 * @read_gid:	a group
 * @find_uid:	auth_find_uid() but in tests
 */
struct api_config {
	const struct node_api *node;
	void *node_ctx;
	const char *version;
	int cap;
	bool restrict_read;
	gid_t read_gid;
	int (*find_uid)(const char *name, uid_t *ret);
};

/**
 * struct api - the API on one socket
 * @config:	how it is set up
 * @http:	server
 * @watchers:	see api_watch.h
 * @hold:	requests that wait for the node
 */
struct api {
	struct api_config config;
	struct http_server *http;
	struct list watchers;
	struct hold hold;
};

/**
 * struct api_call - one request
 * @api:	the API
 * @x:		its exchange
 * @req:	the request
 * @body:	its body
 * @rest:	of the path behind the endpoint's name
 */
struct api_call {
	struct api *api;
	struct http_exchange *x;
	const struct http_request *req;
	struct http_text body;
	struct http_text rest;
};

/**
 * api_new() - serve the API
 * @loop:	borrowed until api_free()
 * @fd:		listening socket, from api_listen() or inherited; moved on success
 * @config:	copied
 * @ret:	owned by the caller
 *
 * Return: 0 or -errno.
 */
int api_new(struct loop *loop, int fd, const struct api_config *config,
	    struct api **ret);

/**
 * api_restrict_read() - who may ask from now on
 * @api:	the API; connections that are open are asked again with each request
 * @restrict_read: only members of @gid
 * @gid:	a group
 */
void api_restrict_read(struct api *api, bool restrict_read, gid_t gid);

/**
 * api_set_node() - there is another node now
 * @api:	goes on with it; who watched the old one watches this, and what has
 *		waited for it is answered
 * @node:	its functions, borrowed
 * @ctx:	their first argument
 */
void api_set_node(struct api *api, const struct node_api *node, void *ctx);

/**
 * api_recheck() - the node may have changed its mind about is_opening()
 * @api: answers what has waited, if so
 */
void api_recheck(struct api *api);

/**
 * api_free() - close everything
 * @api: or NULL
 */
void api_free(struct api *api);

DEFINE_CLEANUP(api, struct api *, api_free)

/**
 * api_listen() - make the socket
 * @path:	of it; one that nobody answers on is replaced
 * @detail:	filled on error
 * @ret:	descriptor, owned by the caller
 *
 * Its mode is 0666: who may do what is decided by who asks.
 *
 * Return: 0, -EADDRINUSE if another process answers there, -errno.
 */
int api_listen(const char *path, struct err_detail *detail, int *ret);

/**
 * api_reply_json() - answer with a document
 * @call:	ended by it
 * @object:	moved; NULL = no memory
 */
void api_reply_json(struct api_call *call, json_t *object);

/**
 * api_reply_text() - answer with a line of text
 * @call:	ended by it
 * @status:	of HTTP
 * @text:	without line end
 */
void api_reply_text(struct api_call *call, int status, const char *text);

/**
 * api_reply_error() - answer with an object that has one text
 * @call:	ended by it
 * @status:	of HTTP
 * @member:	its name, "error" or "Error": each endpoint has its own
 * @text:	what went wrong
 */
void api_reply_error(struct api_call *call, int status, const char *member,
		     const char *text);

/**
 * api_reply_empty() - answer 204
 * @call: ended by it
 */
void api_reply_empty(struct api_call *call);

/**
 * api_explain() - a text for a failure, whether it came with one or not
 * @err:	result below 0
 * @detail:	what the function has filled, begun empty
 *
 * Return: borrowed from @detail, or static.
 */
const char *api_explain(int err, const struct err_detail *detail);

#endif /* LOCALAPI_API_H */
