// SPDX-License-Identifier: GPL-2.0-only
#include "localapi/api.h"

#include "base/array.h"
#include "localapi/api_debug.h"
#include "localapi/api_lock.h"
#include "localapi/api_login.h"
#include "localapi/api_prefs.h"
#include "localapi/api_profiles.h"
#include "localapi/api_state.h"
#include "localapi/api_status.h"
#include "localapi/api_watch.h"
#include "wire/json_put.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define BACKLOG 64

enum api_right {
	RIGHT_NONE,	/* any local user */
	RIGHT_READ,
	RIGHT_WRITE,
};

#define M(method) (1u << HTTP_##method)
/*
 * While the node's state is being opened: what would be said before then is of
 * nobody, or a refusal.
 */
#define WAITS (1u << 31)

/**
 * struct endpoint - one line of the table
 * @name: behind the prefix; with '/' at the end it is a prefix itself
 * @methods: 1 << enum http_method of those that it has; WAITS
 * @right: what the caller must be allowed to do
 * @wrong_method: answer to any other method; the reference is not of one mind
 * @run: answers
 */
struct endpoint {
	const char *name;
	unsigned int methods;
	enum api_right right;
	int wrong_method;
	void (*run)(struct api_call *call);
};

/* Source: tailscale ipn/localapi/localapi.go, handler tables. */
static const struct endpoint endpoints[] = {
	{ "status", M(GET), RIGHT_READ, 405, api_status },
	{ "prefs", M(GET) | M(HEAD) | WAITS, RIGHT_READ, 405, api_prefs_get },
	{ "prefs", M(PATCH) | WAITS, RIGHT_WRITE, 405, api_prefs_patch },
	{ "check-prefs", M(POST) | WAITS, RIGHT_WRITE, 405, api_check_prefs },
	{ "watch-ipn-bus", M(GET), RIGHT_READ, 405, api_watch },
	{ "start", M(POST) | WAITS, RIGHT_WRITE, 400, api_start },
	{ "login-interactive", M(POST) | WAITS, RIGHT_WRITE, 400,
	  api_login_interactive },
	{ "logout", M(POST) | WAITS, RIGHT_WRITE, 400, api_logout },
	{ "profiles/", M(GET) | M(PUT) | M(POST) | M(DELETE) | WAITS,
	  RIGHT_WRITE, 405, api_profiles },
	{ "derpmap", M(GET) | M(POST), RIGHT_NONE, 400, api_derp_map },
	{ "serve-config", M(GET), RIGHT_READ, 405, api_serve_config },
	{ "whois", M(GET), RIGHT_READ, 405, api_whois },
	{ "check-ip-forwarding", M(GET), RIGHT_READ, 405, api_no_warning },
	{ "check-udp-gro-forwarding", M(GET), RIGHT_READ, 405,
	  api_no_warning },
	{ "netmap", M(GET), RIGHT_WRITE, 405, api_netmap },
	{ "filter", M(GET), RIGHT_WRITE, 405, api_filter },
	{ "tka/status", M(GET), RIGHT_READ, 405, api_lock_status },
	{ "tka/log", M(GET), RIGHT_NONE, 405, api_lock_log },
	{ "tka/init", M(POST), RIGHT_WRITE, 405, api_lock_init },
	{ "tka/sign", M(POST), RIGHT_WRITE, 405, api_lock_sign },
	{ "tka/modify", M(POST), RIGHT_WRITE, 405, api_lock_modify },
	{ "tka/disable", M(POST), RIGHT_WRITE, 405, api_lock_disable },
	{ "tka/force-local-disable", M(POST), RIGHT_WRITE, 405,
	  api_lock_local_disable },
	{ "tka/affected-sigs", M(POST), RIGHT_NONE, 405, api_lock_affected },
	{ "tka/wrap-preauth-key", M(POST), RIGHT_WRITE, 405, api_lock_wrap },
	{ "tka/generate-recovery-aum", M(POST), RIGHT_WRITE, 405,
	  api_lock_recovery },
	{ "tka/cosign-recovery-aum", M(POST), RIGHT_WRITE, 405,
	  api_lock_cosign },
	{ "tka/submit-recovery-aum", M(POST), RIGHT_WRITE, 405,
	  api_lock_submit },
	{ "tka/verify-deeplink", M(POST), RIGHT_READ, 405,
	  api_lock_verify_link },
	{ "state", M(GET), RIGHT_WRITE, 405, api_state_get },
	{ "state/", M(POST), RIGHT_WRITE, 405, api_state_post },
	{ "upload-client-metrics", M(POST), RIGHT_NONE, 405, api_accept },
};

const char *api_explain(int err, const struct err_detail *detail)
{
	return detail->text[0] ? detail->text : err_text(err);
}

void api_reply_text(struct api_call *call, int status, const char *text)
{
	char line[512];
	int n = snprintf(line, sizeof(line), "%.*s\n",
			 (int)sizeof(line) - 2, text);

	http_reply(call->x, status, "text/plain; charset=utf-8", line, n);
}

void api_reply_json(struct api_call *call, json_t *object)
{
	char *text = object ? json_text(object, JSON_INDENT(1) | JSON_ENCODE_ANY) : NULL;

	json_decref(object);
	if (!text) {
		api_reply_text(call, 500, "out of memory");
		return;
	}
	json_indent_tabs(text, strlen(text));
	http_reply(call->x, 200, "application/json", text, strlen(text));
	free(text);
}

void api_reply_error(struct api_call *call, int status, const char *member,
		     const char *text)
{
	json_t *object = json_object();
	char *body = NULL;

	if (object && json_put_text(object, member, text) == 0)
		body = json_text(object, JSON_COMPACT);
	json_decref(object);
	if (!body) {
		api_reply_text(call, 500, "out of memory");
		return;
	}
	http_reply(call->x, status, "application/json", body, strlen(body));
	free(body);
}

void api_reply_empty(struct api_call *call)
{
	http_reply(call->x, 204, NULL, NULL, 0);
}

/*
 * A web page can make a browser connect to a name of its own that leads here,
 * through a proxy for unix sockets for example; then the name, or the page's
 * own address, gives it away.
 */
static bool check_origin(const struct http_request *req)
{
	const struct http_text *host = http_request_find(req, "Host");

	if (host && host->len && !http_text_is(*host, API_HOST))
		return false;
	return !http_request_find(req, "Origin") &&
		!http_request_find(req, "Referer");
}

static void add_headers(struct api_call *call)
{
	char cap[16];

	snprintf(cap, sizeof(cap), "%d", call->api->config.cap);
	http_exchange_header(call->x, "Tailscale-Version",
			     call->api->config.version);
	http_exchange_header(call->x, "Tailscale-Cap", cap);
	http_exchange_header(call->x, "Content-Security-Policy",
			     "default-src 'none'; frame-ancestors 'none'; script-src 'none'; script-src-elem 'none'; script-src-attr 'none'");
	http_exchange_header(call->x, "X-Frame-Options", "DENY");
	http_exchange_header(call->x, "X-Content-Type-Options", "nosniff");
}

static bool is_name(const char *name, struct http_text path,
		    struct http_text *ret_rest)
{
	size_t len = strlen(name);

	if (name[len - 1] == '/' ? path.len < len : path.len != len)
		return false;
	if (memcmp(path.s, name, len) != 0)
		return false;
	ret_rest->s = path.s + len;
	ret_rest->len = path.len - len;
	return true;
}

/* The line for the request; without the method @ret_wrong is its answer. */
static const struct endpoint *find_endpoint(struct api_call *call,
					    struct http_text path,
					    int *ret_wrong)
{
	size_t i;

	*ret_wrong = 404;
	for (i = 0; i < ARRAY_SIZE(endpoints); i++) {
		if (!is_name(endpoints[i].name, path, &call->rest))
			continue;
		if (endpoints[i].methods & (1u << call->req->method))
			return &endpoints[i];
		*ret_wrong = endpoints[i].wrong_method;
	}
	return NULL;
}

static bool check_rights(struct api_call *call, enum api_right right)
{
	const struct api_config *config = &call->api->config;
	const struct prefs *prefs = config->node->prefs(config->node_ctx);
	struct auth_policy policy = {
		.own_uid = geteuid(),
		.operator_user = prefs ? prefs->operator_user : NULL,
		.restrict_read = config->restrict_read,
		.read_gid = config->read_gid,
		.find_uid = config->find_uid,
	};
	struct auth_rights rights = auth_check(&policy,
		http_exchange_peer(call->x),
		config->restrict_read &&
		http_exchange_in_group(call->x, config->read_gid));

	switch (right) {
	case RIGHT_NONE:
		return true;
	case RIGHT_READ:
		return rights.read;
	case RIGHT_WRITE:
		break;
	}
	return rights.write;
}

static bool must_wait(const struct api_config *config,
		      const struct endpoint *endpoint)
{
	return (endpoint->methods & WAITS) && config->node->is_opening &&
		config->node->is_opening(config->node_ctx);
}

static void run_endpoint(struct api_call *call, struct http_text path,
			 bool has_waited)
{
	const struct api_config *config = &call->api->config;
	const struct endpoint *endpoint;
	int wrong;

	endpoint = find_endpoint(call, path, &wrong);
	if (!endpoint) {
		api_reply_text(call, wrong, wrong == 404 ? "not found" :
			       wrong == 405 ? "unsupported method" :
			       "want another method");
		return;
	}
	/* First: who may do what is in the state as well. */
	if (!has_waited && must_wait(config, endpoint) &&
	    hold_add(&call->api->hold, call->x))
		return;
	if (!check_rights(call, endpoint->right)) {
		api_reply_text(call, 403, endpoint->right == RIGHT_WRITE ?
			       "access denied: changing settings is for root and the operator" :
			       "access denied: this is for members of one group");
		return;
	}
	if (!strncmp(endpoint->name, "tka/", 4) && !config->node->lock) {
		api_reply_text(call, 501, "the tailnet lock is not built in");
		return;
	}
	endpoint->run(call);
}

static void serve(void *ctx, struct http_exchange *x)
{
	struct api_call call = { .api = ctx, .x = x,
				 .req = http_exchange_request(x),
				 .body = http_exchange_body(x) };
	struct http_text path = call.req->path;

	if (call.req->method == HTTP_CONNECT) {
		api_reply_text(&call, 405, "no CONNECT here");
		return;
	}
	if (!check_origin(call.req)) {
		api_reply_text(&call, 403, "invalid localapi request");
		return;
	}
	add_headers(&call);
	if (http_text_is(path, "/") && call.req->method == HTTP_GET) {
		api_reply_text(&call, 200, "tailnetd: this is the local API");
	} else if (http_text_is(path, "/server-status") &&
		   call.req->method == HTTP_GET) {
		http_reply(x, 200, "application/json", "{}", 2);
	} else if (path.len > strlen(API_PREFIX) &&
		   memcmp(path.s, API_PREFIX, strlen(API_PREFIX)) == 0) {
		path.s += strlen(API_PREFIX);
		path.len -= strlen(API_PREFIX);
		run_endpoint(&call, path, false);
	} else {
		api_reply_text(&call, 404, "not found");
	}
}

/* It is one of the table, or it would not have waited. */
static void answer_held(void *ctx, struct http_exchange *x)
{
	struct api_call call = { .api = ctx, .x = x,
				 .req = http_exchange_request(x),
				 .body = http_exchange_body(x) };
	struct http_text path = call.req->path;

	path.s += strlen(API_PREFIX);
	path.len -= strlen(API_PREFIX);
	run_endpoint(&call, path, true);
}

void api_recheck(struct api *api)
{
	const struct api_config *config = &api->config;

	if (!config->node->is_opening ||
	    !config->node->is_opening(config->node_ctx))
		hold_release(&api->hold);
}

void api_set_node(struct api *api, const struct node_api *node, void *ctx)
{
	api->config.node = node;
	api->config.node_ctx = ctx;
	api_watch_renew(api);
	api_recheck(api);
}

int api_new(struct loop *loop, int fd, const struct api_config *config,
	    struct api **ret)
{
	struct api *api = calloc(1, sizeof(*api));
	struct http_calls calls = { .request = serve, .ctx = api };
	int r;

	if (!api)
		return -ENOMEM;
	api->config = *config;
	list_init(&api->watchers);
	hold_init(&api->hold, loop, answer_held, api);
	r = http_server_new(loop, fd, &calls, &api->http);
	if (r < 0) {
		free(api);
		return r;
	}
	*ret = api;
	return 0;
}

void api_restrict_read(struct api *api, bool restrict_read, gid_t gid)
{
	api->config.restrict_read = restrict_read;
	api->config.read_gid = gid;
}

void api_free(struct api *api)
{
	if (!api)
		return;
	/* Watchers go with their connections, and so does who waits. */
	http_server_free(api->http);
	hold_done(&api->hold);
	free(api);
}

/* Does anybody answer on this socket? */
static bool is_served(const struct sockaddr_un *addr)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	bool served;

	if (fd < 0)
		return true;
	/* A full queue is somebody's as well. */
	served = connect(fd, (const struct sockaddr *)addr,
			 sizeof(*addr)) == 0 || errno == EAGAIN;
	close(fd);
	return served;
}

static int bind_and_listen(int fd, const struct sockaddr_un *addr)
{
	mode_t mask;
	int r;

	if (unlink(addr->sun_path) < 0 && errno != ENOENT)
		return -errno;
	mask = umask(0);
	r = bind(fd, (const struct sockaddr *)addr, sizeof(*addr)) < 0 ?
		-errno : 0;
	umask(mask);
	if (r == 0 && chmod(addr->sun_path, 0666) < 0)
		r = -errno;
	if (r == 0 && listen(fd, BACKLOG) < 0)
		r = -errno;
	return r;
}

int api_listen(const char *path, struct err_detail *detail, int *ret)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	struct stat st;
	int fd, r;

	if (!*path || strlen(path) >= sizeof(addr.sun_path))
		return err_explain(detail, -ENAMETOOLONG,
				   "socket path is empty or too long");
	strcpy(addr.sun_path, path);
	if (lstat(path, &st) == 0 && !S_ISSOCK(st.st_mode))
		return err_explain(detail, -EEXIST,
				   "%s exists and is not a socket", path);
	if (is_served(&addr))
		return err_explain(detail, -EADDRINUSE,
				   "%s: address already in use", path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	r = bind_and_listen(fd, &addr);
	if (r < 0) {
		close(fd);
		return err_explain(detail, r, "cannot listen on %s: %s", path,
				   strerror(-r));
	}
	*ret = fd;
	return 0;
}
