// SPDX-License-Identifier: GPL-2.0-only
#include "model/netmap_delta.h"

const struct user_profile *user_profile_get(const struct user_profile *user)
{
	if (user)
		arena_get(user->mem);
	return user;
}

void user_profile_put(const struct user_profile *user)
{
	if (user)
		arena_put(user->mem);
}

const struct raw_json *raw_json_get(const struct raw_json *raw)
{
	if (raw)
		arena_get(raw->mem);
	return raw;
}

void raw_json_put(const struct raw_json *raw)
{
	if (raw)
		arena_put(raw->mem);
}

const struct dial_plan *dial_plan_get(const struct dial_plan *plan)
{
	if (plan)
		arena_get(plan->mem);
	return plan;
}

void dial_plan_put(const struct dial_plan *plan)
{
	if (plan)
		arena_put(plan->mem);
}

const struct client_version *
client_version_get(const struct client_version *version)
{
	if (version)
		arena_get(version->mem);
	return version;
}

void client_version_put(const struct client_version *version)
{
	if (version)
		arena_put(version->mem);
}

struct netmap_delta *netmap_delta_new(void)
{
	struct arena *mem = arena_new();
	struct netmap_delta *delta = mem ? arena_alloc(mem, sizeof(*delta)) :
				     NULL;

	if (!delta) {
		arena_put(mem);
		return NULL;
	}
	delta->mem = mem;
	delta->session_handle = "";
	delta->pop_browser_url = "";
	delta->domain = "";
	return delta;
}

void netmap_delta_free(struct netmap_delta *delta)
{
	if (delta)
		arena_put(delta->mem);
}
