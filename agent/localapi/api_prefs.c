// SPDX-License-Identifier: GPL-2.0-only
#include "localapi/api_prefs.h"

#include "localapi/api.h"
#include "wire/json_put.h"
#include "wire/local_json.h"
#include "wire/prefs_json.h"

static void reply_prefs(struct api_call *call)
{
	const struct api_config *config = &call->api->config;
	struct login_info user;
	json_t *object = NULL;

	config->node->user(config->node_ctx, &user);
	local_prefs_build(config->node->prefs(config->node_ctx), &user,
			  &object);
	api_reply_json(call, object);
}

void api_prefs_get(struct api_call *call)
{
	reply_prefs(call);
}

/* Two checks and the edit; nothing is changed unless all agree. */
static int edit(struct api_call *call, struct err_detail *detail)
{
	const struct api_config *config = &call->api->config;
	struct prefs_edit edit __attribute__((cleanup(prefs_edit_cleanup))) = { 0 };
	json_t *object;
	int r = json_read_object(call->body.s, call->body.len, "the body",
				 detail, &object);

	if (r < 0)
		return r;
	r = prefs_edit_parse(object, detail, &edit);
	json_decref(object);
	if (r == 0)
		r = prefs_check_edit(&edit, detail);
	if (r == 0)
		r = config->node->edit_prefs(config->node_ctx, &edit, detail);
	return r;
}

void api_prefs_patch(struct api_call *call)
{
	struct err_detail detail = { "" };
	int r = edit(call, &detail);

	if (r < 0)
		api_reply_error(call, 400, "Error", api_explain(r, &detail));
	else
		reply_prefs(call);
}

static int check(struct api_call *call, struct err_detail *detail)
{
	const struct api_config *config = &call->api->config;
	struct prefs prefs;
	json_t *object;
	int r = json_read_object(call->body.s, call->body.len, "the body",
				 detail, &object);

	if (r < 0)
		return r;
	r = prefs_json_parse(object, false, detail, &prefs);
	json_decref(object);
	if (r < 0)
		return r;
	r = prefs_check(&prefs, detail);
	if (r == 0)
		r = config->node->check_prefs(config->node_ctx, &prefs, detail);
	prefs_done(&prefs);
	return r;
}

void api_check_prefs(struct api_call *call)
{
	struct err_detail detail = { "" };
	int r = check(call, &detail);

	if (r == TNE_LOCAL_JSON)
		api_reply_text(call, 400, "invalid JSON body");
	else if (r < 0)
		api_reply_error(call, 200, "Error", api_explain(r, &detail));
	else
		http_reply(call->x, 200, "application/json", "{}", 2);
}
