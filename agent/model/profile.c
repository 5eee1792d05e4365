// SPDX-License-Identifier: GPL-2.0-only
#include "model/profile.h"

#include "model/prefs.h"

#include <stdlib.h>
#include <string.h>

int profile_user_copy(const struct profile_user *from,
		      struct profile_user *ret)
{
	struct profile_user copy = { .id = from->id };
	int r = prefs_set_text(&copy.login, from->login);

	if (r == 0)
		r = prefs_set_text(&copy.display, from->display);
	if (r == 0)
		r = prefs_set_text(&copy.picture_url, from->picture_url);
	if (r == 0)
		r = str_list_copy(&from->groups, &copy.groups);
	if (r < 0) {
		profile_user_done(&copy);
		return r;
	}
	*ret = copy;
	return 0;
}

void profile_user_done(struct profile_user *user)
{
	free(user->login);
	free(user->display);
	free(user->picture_url);
	str_list_done(&user->groups);
	memset(user, 0, sizeof(*user));
}

void profile_done(struct profile *profile)
{
	free(profile->name);
	free(profile->magic_dns_name);
	free(profile->domain);
	free(profile->tailnet);
	profile_user_done(&profile->user);
	free(profile->node_id);
	free(profile->control_url);
	memset(profile, 0, sizeof(*profile));
}

void profile_list_done(struct profile_list *list)
{
	size_t i;

	for (i = 0; i < list->n; i++)
		profile_done(&list->item[i]);
	free(list->item);
	memset(list, 0, sizeof(*list));
}

void persist_done(struct persist *persist)
{
	secret32_free(persist->node);
	secret32_free(persist->old_node);
	secret32_free(persist->lock_seed);
	profile_user_done(&persist->user);
	free(persist->node_id);
	str_list_done(&persist->disallowed);
	free(persist->extra);
	memset(persist, 0, sizeof(*persist));
}
