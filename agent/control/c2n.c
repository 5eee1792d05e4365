// SPDX-License-Identifier: GPL-2.0-only
#include "control/c2n.h"

#include "base/array.h"
#include "wire/c2n_http.h"

#include <stdbool.h>
#include <string.h>

#define JSON "application/json"
#define TEXT "text/plain; charset=utf-8"

/**
 * struct c2n_route - a request that is known
 * @method: "" = any
 * @path: exact
 * @status: of the answer
 * @type: of its body
 * @body: the answer; NULL = the body of the request
 */
struct c2n_route {
	const char *method;
	const char *path;
	unsigned int status;
	const char *type;
	const char *body;
};

#define NOT_BUILT(path) { "", path, 501, TEXT, "not implemented\n" }

/* Each answer says truly that the thing does not exist here. */
static const struct c2n_route routes[] = {
	{ "", "/echo", 200, TEXT, NULL },
	{ "GET", "/posture/identity", 200, JSON, "{\"PostureDisabled\":true}" },
	{ "GET", "/update", 200, JSON,
	  "{\"Enabled\":false,\"Supported\":false,\"Started\":false}" },
	{ "POST", "/update", 200, JSON,
	  "{\"Err\":\"not supported\",\"Enabled\":false,\"Supported\":false,\"Started\":false}" },
	{ "GET", "/vip-services", 200, JSON, "{\"ServicesHash\":\"\"}" },
	{ "GET", "/tls-cert-status", 200, JSON, "{\"Missing\":true}" },
	{ "", "/ssh/usernames", 200, JSON, "{\"Usernames\":null}" },
	{ "GET", "/appconnector/routes", 200, JSON, "{\"Domains\":{}}" },
	{ "POST", "/logtail/flush", 500, TEXT, "no log flusher wired up\n" },
	{ "POST", "/netfilter-kind", 501, TEXT, "not implemented\n" },
	{ "POST", "/wol", 200, JSON, "{\"SentTo\":null,\"Errors\":null}" },
	{ "POST", "/sockstats", 501, TEXT, "not implemented\n" },
	NOT_BUILT("/debug/goroutines"),
	NOT_BUILT("/debug/prefs"),
	NOT_BUILT("/debug/metrics"),
	NOT_BUILT("/debug/component-logging"),
	NOT_BUILT("/debug/logheap"),
	NOT_BUILT("/debug/pprof/heap"),
	NOT_BUILT("/debug/pprof/allocs"),
	NOT_BUILT("/debug/netmap"),
	NOT_BUILT("/debug/health"),
	NOT_BUILT("/debug/tka/log"),
};

static const struct c2n_route bad_request = {
	.status = 400, .type = TEXT, .body = "bad request\n",
};

static const struct c2n_route bad_method = {
	.status = 405, .type = TEXT, .body = "bad method\n",
};

static const struct c2n_route unknown_path = {
	.status = 400, .type = TEXT, .body = "unknown c2n path\n",
};

static bool same(const char *want, const char *s, size_t len)
{
	return strlen(want) == len && !memcmp(want, s, len);
}

static const struct c2n_route *find_route(const struct c2n_request *request)
{
	const struct c2n_route *ret = &unknown_path;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(routes); i++) {
		if (!same(routes[i].path, request->path, request->path_len))
			continue;
		if (!routes[i].method[0] ||
		    same(routes[i].method, request->method,
			 request->method_len))
			return &routes[i];
		ret = &bad_method;
	}
	return ret;
}

int c2n_answer(struct bytes payload, char **ret, size_t *ret_len)
{
	const struct c2n_route *route = &bad_request;
	struct c2n_request request;
	struct bytes body;

	if (c2n_request_parse(payload, &request) == 0)
		route = find_route(&request);
	if (route->body)
		body = (struct bytes){ (const uint8_t *)route->body,
				       strlen(route->body) };
	else
		body = request.body;
	return c2n_response_build(route->status, route->type, body, ret,
				  ret_len);
}
