// SPDX-License-Identifier: GPL-2.0-only
#include "localapi/api_status.h"

#include "localapi/api.h"
#include "wire/json_put.h"
#include "wire/status_json.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* So many are as dear as a request of the usual kind; ours. */
#define PEERS_PER_REQUEST 100

#define ADDR_MAX 128	/* bytes of an address asked for; ours */

/* @peers: false leaves them out. Return: false if the call has been answered. */
static bool get_status(struct api_call *call, bool peers, struct status *ret)
{
	const struct api_config *config = &call->api->config;
	int r = config->node->status(config->node_ctx, peers, ret);

	/* The loop has other things to do as well. */
	http_exchange_charge(call->x, ret->n_peers / PEERS_PER_REQUEST);
	if (r == 0)
		return true;
	api_reply_text(call, 500, err_text(r));
	return false;
}

/* People who wrote access rules must hear that they are not in force. */
static int add_filter_warning(struct status *status)
{
	if (status->filter != STATUS_FILTER_NOT_ENFORCED ||
	    str_list_find(&status->health, STATUS_FILTER_TEXT) <
	    status->health.n)
		return 0;
	return str_list_add(&status->health, STATUS_FILTER_TEXT,
			    strlen(STATUS_FILTER_TEXT));
}

void api_status(struct api_call *call)
{
	struct status status __attribute__((cleanup(status_cleanup))) = { 0 };
	json_t *object = NULL;
	char peers[8] = "";

	if (http_query_find(call->req->query, "peers", peers,
			    sizeof(peers)) < 0) {
		api_reply_text(call, 400, "invalid 'peers' parameter");
		return;
	}
	if (!get_status(call, strcmp(peers, "false") != 0, &status))
		return;
	if (add_filter_warning(&status) == 0)
		status_json_build(&status, &object);
	api_reply_json(call, object);
}

static int build_whois(const struct node_whois *who, json_t **ret)
{
	json_t *object = json_object(), *value;
	int r = object ? status_json_build_node(who->peer, &value) : -ENOMEM;

	if (r == 0)
		r = json_put(object, "Node", value);
	if (r == 0 && who->user) {
		r = status_json_build_user(who->user, &value);
		if (r == 0)
			r = json_put(object, "UserProfile", value);
	}
	if (r == 0)
		r = json_put_json(object, "CapMap", NULL);
	if (r < 0) {
		json_decref(object);
		return r;
	}
	*ret = object;
	return 0;
}

void api_whois(struct api_call *call)
{
	const struct api_config *config = &call->api->config;
	struct status status __attribute__((cleanup(status_cleanup))) = { 0 };
	struct node_whois who = { 0 };
	char addr[ADDR_MAX];
	json_t *object = NULL;
	int r;

	if (!config->node->whois) {
		api_reply_text(call, 501, "whois is not built in yet");
		return;
	}
	r = http_query_find(call->req->query, "addr", addr, sizeof(addr));
	if (r <= 0) {
		api_reply_text(call, 400, r < 0 ? "invalid 'addr' parameter" :
			       "missing 'addr' parameter");
		return;
	}
	if (!get_status(call, true, &status))
		return;
	r = config->node->whois(config->node_ctx, &status, addr, &who);
	if (r < 0) {
		api_reply_text(call, r == -ENOENT ? 404 : 400, r == -ENOENT ?
			       "no match for IP:port" : err_text(r));
		return;
	}
	build_whois(&who, &object);
	api_reply_json(call, object);
}

void api_derp_map(struct api_call *call)
{
	const struct api_config *config = &call->api->config;
	char *text = NULL;
	int r = config->node->derp_map ?
		config->node->derp_map(config->node_ctx, &text) : -ENODATA;

	if (r < 0 && r != -ENODATA) {
		api_reply_text(call, 500, err_text(r));
		return;
	}
	api_reply_json(call, text ? json_loads(text, 0, NULL) : json_null());
	free(text);
}

void api_serve_config(struct api_call *call)
{
	http_reply(call->x, 200, "application/json", "{}", 2);
}

void api_no_warning(struct api_call *call)
{
	static const char body[] = "{\"Warning\":\"\"}";

	http_reply(call->x, 200, "application/json", body, sizeof(body) - 1);
}

void api_accept(struct api_call *call)
{
	http_reply(call->x, 200, "application/json", "{}", 2);
}
