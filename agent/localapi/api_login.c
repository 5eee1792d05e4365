// SPDX-License-Identifier: GPL-2.0-only
#include "localapi/api_login.h"

#include "localapi/api.h"
#include "localapi/pending.h"
#include "wire/json_put.h"
#include "wire/local_json.h"

#include <errno.h>

/* Why a command was not taken: a bad request, or a node that cannot. */
static void reply_failure(struct api_call *call, int err,
			  const struct err_detail *detail)
{
	api_reply_text(call, err == TNE_LOCAL_JSON || err == TNE_PREFS ?
		       400 : 500, api_explain(err, detail));
}

static int start(struct api_call *call, struct err_detail *detail)
{
	const struct api_config *config = &call->api->config;
	struct local_start options;
	struct node_start start;
	json_t *object;
	int r = json_read_object(call->body.s, call->body.len, "the body",
				 detail, &object);

	if (r < 0)
		return r;
	r = local_start_parse(object, detail, &options);
	json_decref(object);
	if (r < 0)
		return r;
	start = (struct node_start){
		.auth_key = options.auth_key.len ? &options.auth_key : NULL,
		.update_prefs = options.has_prefs ? &options.prefs : NULL,
	};
	if (start.update_prefs)
		r = prefs_check(start.update_prefs, detail);
	if (r == 0)
		r = config->node->start(config->node_ctx, &start, detail);
	local_start_done(&options);
	return r;
}

void api_start(struct api_call *call)
{
	struct err_detail detail = { "" };
	int r = start(call, &detail);

	if (r < 0)
		reply_failure(call, r, &detail);
	else
		api_reply_empty(call);
}

/*
 * Stock clients send no body. "start" with a key and this right after it would
 * be two logins, of which the first may have used the key up.
 */
static int login(struct api_call *call, struct err_detail *detail)
{
	const struct api_config *config = &call->api->config;
	struct local_start options = { 0 };
	json_t *object;
	int r = 0;

	if (call->body.len) {
		r = json_read_object(call->body.s, call->body.len, "the body",
				     detail, &object);
		if (r < 0)
			return r;
		r = local_start_parse(object, detail, &options);
		json_decref(object);
	}
	if (r == 0)
		r = config->node->login_interactive(config->node_ctx,
			options.auth_key.len ? &options.auth_key : NULL,
			detail);
	local_start_done(&options);
	return r;
}

void api_login_interactive(struct api_call *call)
{
	struct err_detail detail = { "" };
	int r = login(call, &detail);

	if (r < 0)
		reply_failure(call, r, &detail);
	else
		api_reply_empty(call);
}

void api_logout(struct api_call *call)
{
	const struct api_config *config = &call->api->config;
	struct pending *pending = pending_new(call);
	struct err_detail detail = { "" };
	int r = -ENOMEM;

	if (pending)
		r = config->node->logout(config->node_ctx, &detail,
					 pending_done, pending);
	if (r == 0)
		return;
	if (pending)
		pending_drop(pending);
	reply_failure(call, r, &detail);
}
