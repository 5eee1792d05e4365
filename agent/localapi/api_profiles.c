// SPDX-License-Identifier: GPL-2.0-only
#include "localapi/api_profiles.h"

#include "localapi/api.h"
#include "wire/profile_json.h"

#include <errno.h>
#include <string.h>

static void reply_failure(struct api_call *call, int err,
			  const struct err_detail *detail)
{
	api_reply_text(call, err == -ENOENT ? 404 : 500,
		       api_explain(err, detail));
}

static void reply_profile(struct api_call *call, const struct profile *profile)
{
	json_t *object = NULL;

	profile_json_build(profile, &object);
	api_reply_json(call, object);
}

static void reply_list(struct api_call *call, const struct profile_list *list)
{
	json_t *array = json_array(), *object = NULL;
	size_t i;

	for (i = 0; i < list->n && array; i++) {
		if (profile_json_build(&list->item[i], &object) < 0 ||
		    json_array_append_new(array, object) < 0) {
			json_decref(array);
			array = NULL;
		}
	}
	api_reply_json(call, array);
}

static void show(struct api_call *call, const char *id)
{
	struct profile_list list auto_clean(profile_list) = { 0 };
	static const struct profile new;
	const struct api_config *config = &call->api->config;
	struct err_detail detail = { "" };
	size_t i;
	int r = config->node->profiles(config->node_ctx, &list, &detail);

	if (r < 0) {
		reply_failure(call, r, &detail);
		return;
	}
	if (!*id) {
		reply_list(call, &list);
		return;
	}
	if (strcmp(id, "current") == 0) {
		reply_profile(call, list.current < list.n ?
			      &list.item[list.current] : &new);
		return;
	}
	for (i = 0; i < list.n; i++) {
		if (strcmp(list.item[i].id, id) == 0) {
			reply_profile(call, &list.item[i]);
			return;
		}
	}
	api_reply_text(call, 404, "there is no such profile");
}

/* @done: status of the answer */
static void run(struct api_call *call,
		int (*command)(void *node, const char *id,
			       struct err_detail *detail),
		const char *id, int done)
{
	struct err_detail detail = { "" };
	int r = command(call->api->config.node_ctx, id, &detail);

	if (r < 0)
		reply_failure(call, r, &detail);
	else
		http_reply(call->x, done, NULL, NULL, 0);
}

/* The id of the profile that is in use; "" is not to be deleted. */
static int find_current(struct api_call *call, char ret[PROFILE_ID_LEN + 1])
{
	struct profile_list list auto_clean(profile_list) = { 0 };
	const struct api_config *config = &call->api->config;
	struct err_detail detail;
	int r = config->node->profiles(config->node_ctx, &list, &detail);

	if (r == 0 && list.current >= list.n)
		r = -ENOENT;
	if (r == 0)
		strcpy(ret, list.item[list.current].id);
	return r;
}

void api_profiles(struct api_call *call)
{
	const struct node_api *node = call->api->config.node;
	char id[sizeof("current")];

	if (!node->profiles) {
		api_reply_text(call, 501, "profiles are not built in yet");
		return;
	}
	if (call->rest.len >= sizeof(id)) {
		api_reply_text(call, 404, "there is no such profile");
		return;
	}
	memcpy(id, call->rest.s, call->rest.len);
	id[call->rest.len] = 0;
	if (call->req->method == HTTP_GET)
		show(call, id);
	else if (call->req->method == HTTP_PUT && !*id)
		run(call, node->switch_profile, "", 201);
	else if (call->req->method == HTTP_POST && *id)
		run(call, node->switch_profile, id, 204);
	else if (call->req->method == HTTP_DELETE && *id &&
		 (strcmp(id, "current") != 0 || find_current(call, id) == 0))
		run(call, node->delete_profile, id, 204);
	else
		api_reply_text(call, 400, "unexpected method for this path");
}
