// SPDX-License-Identifier: GPL-2.0-only
#include "localapi/api_state.h"

#include "base/array.h"
#include "localapi/api.h"
#include "localapi/pending.h"
#include "wire/json_put.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct {
	const char *name;
	enum node_state_command command;
} commands[] = {
	{ "recovery-key", NODE_STATE_RECOVERY_KEY },
	{ "recover", NODE_STATE_RECOVER },
	{ "reseal", NODE_STATE_RESEAL },
	{ "accept-rollback", NODE_STATE_ACCEPT },
};

void api_state_get(struct api_call *call)
{
	const struct api_config *config = &call->api->config;
	char *text = NULL;
	int r;

	if (!config->node->state_info) {
		api_reply_text(call, 501, "not built in yet");
		return;
	}
	r = config->node->state_info(config->node_ctx, &text);
	if (r < 0)
		api_reply_text(call, 500, err_text(r));
	else
		http_reply(call->x, 200, "application/json", text,
			   strlen(text));
	free(text);
}

static bool is_trusted(const struct api_call *call)
{
	const struct http_peer *peer = http_exchange_peer(call->x);

	return peer->known && (peer->uid == 0 || peer->uid == geteuid());
}

/* The argument is the member Key; only one command has any. */
static int begin(struct api_call *call, enum node_state_command command,
		 const char *key, struct err_detail *detail)
{
	const struct api_config *config = &call->api->config;
	struct pending *pending = pending_new(call);
	int r;

	if (!pending)
		return -ENOMEM;
	r = config->node->state_command(config->node_ctx, command,
					key, strlen(key), detail,
					pending_done, pending);
	if (r < 0)
		pending_drop(pending);
	return r;
}

static int run(struct api_call *call, enum node_state_command command,
	       struct err_detail *detail)
{
	json_t *object;
	int r;

	if (command != NODE_STATE_RECOVER)
		return begin(call, command, "", detail);
	r = json_read_object(call->body.s, call->body.len, "the body", detail,
			     &object);
	if (r < 0)
		return r;
	if (json_is_string(json_object_get(object, "Key")))
		r = begin(call, command, json_string_value(
			  json_object_get(object, "Key")), detail);
	else
		r = err_explain(detail, TNE_LOCAL_JSON, "there is no Key");
	json_decref(object);
	return r;
}

void api_state_post(struct api_call *call)
{
	struct err_detail detail = { "" };
	size_t i;
	int r;

	for (i = 0; i < ARRAY_SIZE(commands); i++) {
		if (http_text_is(call->rest, commands[i].name))
			break;
	}
	if (i == ARRAY_SIZE(commands)) {
		api_reply_text(call, 404, "not found");
		return;
	}
	if (!call->api->config.node->state_command) {
		api_reply_text(call, 501, "not built in yet");
		return;
	}
	if (!is_trusted(call)) {
		api_reply_text(call, 403,
			       "access denied: the state's keys are for root");
		return;
	}
	r = run(call, commands[i].command, &detail);
	if (r < 0)
		api_reply_text(call, r == TNE_RECOVERY_KEY ||
			       r == TNE_LOCAL_JSON ? 400 :
			       r == -EBUSY ? 503 : 500,
			       api_explain(r, &detail));
}
