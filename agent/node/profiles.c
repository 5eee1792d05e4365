// SPDX-License-Identifier: GPL-2.0-only
#include "node/profiles.h"

#include "base/log.h"
#include "node/core.h"
#include "node/lock_glue.h"
#include "node/node_status.h"
#include "wire/profile_json.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* Names of entries of the state file; see identity.c. */
#define LIST "_profiles"
#define CURRENT "_current-profile"
#define ENTRY_MAX 64

#define NOTE_SELDOM_MS 60000	/* between two writes of names; ours */

static void entry_name(const char *id, char ret[ENTRY_MAX])
{
	snprintf(ret, ENTRY_MAX, "profile-%s", id);
}

static struct state_bytes find(const struct node_own *node, const char *name)
{
	struct state_bytes bytes = { .data = "" };

	state_find(node->config.state, name, &bytes);
	return bytes;
}

int profiles_list(struct node_own *node, struct profile_list *ret,
		  struct err_detail *detail)
{
	const char *id = node->identity.profile.id;
	int r = profile_list_parse(find(node, LIST), detail, ret);
	size_t i;

	if (r < 0)
		return r;
	for (i = 0; i < ret->n && *id; i++) {
		if (!strcmp(ret->item[i].id, id))
			ret->current = i;
	}
	return 0;
}

static int note_text(char **slot, const char *value, bool *changed)
{
	if (!strcmp(prefs_text(*slot), value))
		return 0;
	*changed = true;
	return prefs_set_text(slot, value);
}

void profiles_note_map(struct node_own *node)
{
	const struct netmap *map = node->netmap;
	struct profile *profile = &node->identity.profile;
	uint64_t now_ms = loop_now_ms(node->config.loop);
	char suffix[STATUS_NAME_MAX];
	struct err_detail detail = { 0 };
	bool changed = false;
	int r;

	/* Before the first login there is no profile to be noted in. */
	if (!map || !map->self || !node_has_key(node))
		return;
	node_status_suffix(map->self->name, suffix);
	r = note_text(&profile->magic_dns_name, suffix, &changed);
	if (r == 0)
		r = note_text(&profile->domain, map->domain ? map->domain : "",
			      &changed);
	if (r == 0)
		r = note_text(&node->identity.persist.node_id,
			      map->self->stable_id, &changed);
	/* A server that renames us all the time must not wear the disk out. */
	if (r == 0 && changed &&
	    (!node->noted_ms || now_ms - node->noted_ms >= NOTE_SELDOM_MS)) {
		node->noted_ms = now_ms;
		r = node_save(node, &detail);
	}
	if (r < 0)
		log_warning("store: the name of the tailnet is not kept: %s",
			    *detail.text ? detail.text : err_text(r));
}

static int check_exists(struct node_own *node, const char *id,
			struct err_detail *detail)
{
	struct profile_list list auto_clean(profile_list) = { 0 };
	size_t i;
	int r = profile_list_parse(find(node, LIST), detail, &list);

	for (i = 0; i < list.n && r == 0; i++) {
		if (!strcmp(list.item[i].id, id))
			return 0;
	}
	return r < 0 ? r : err_explain(detail, -ENOENT,
				       "there is no profile %.20s", id);
}

/* Nothing of who we were may go on: not the client, not the peers. */
static void become(struct node_own *node, struct identity *identity)
{
	logout_cancel(node, "the profile is another one now");
	client_free(steal(node->client));
	identity_done(&node->identity);
	node->identity = *identity;
	*identity = (struct identity){ 0 };
	node->login_wanted = false;
	node->interactive = false;
	node->by_key = false;
	node->keyed_ms = 0;
	node->forgotten = false;
	node->rejoined = false;
	node->refused[0] = 0;
	node->remake_client = true;
	node_set_self(node);
	node_set_netmap(node, NULL);
	if (lock_glue_open(node, true) < 0)
		log_err("lock: no memory");
	node_dirty(node);
}

static void tell(struct node_own *node)
{
	const struct notify msg = { .prefs = &node->identity.prefs };

	watchers_tell(&node->watchers, &msg);
	node_tell_self(node);
	node_tell_state(node);
}

/* @change: of the state, with the current profile in it; undone on error */
static int change_to(struct node_own *node, const struct state_change *change,
		     size_t n, const struct state_change *undo, size_t n_undo,
		     struct err_detail *detail)
{
	struct identity identity = { 0 };
	struct err_detail other;
	int r;

	r = state_write(node->config.state, change, n, detail);
	if (r < 0)
		return r;
	r = identity_load(node->config.state, node->config.side, detail,
			  &identity);
	if (r < 0) {
		if (state_write(node->config.state, undo, n_undo, &other) < 0)
			log_err("store: the state is half way between two profiles: %s",
				other.text);
		return r;
	}
	become(node, &identity);
	tell(node);
	return 0;
}

int profiles_switch(struct node_own *node, const char *id,
		    struct err_detail *detail)
{
	struct state_change to = { .name = CURRENT }, back = to;
	char name[ENTRY_MAX], old[ENTRY_MAX];
	int r;

	if (!strcmp(id, node->identity.profile.id))
		return 0;
	if (*id) {
		r = check_exists(node, id, detail);
		if (r < 0)
			return r;
		entry_name(id, name);
		to.data = name;
		to.len = strlen(name);
	}
	if (*node->identity.profile.id) {
		entry_name(node->identity.profile.id, old);
		back.data = old;
		back.len = strlen(old);
	}
	return change_to(node, &to, 1, &back, 1, detail);
}

int profiles_delete(struct node_own *node, const char *id,
		    struct err_detail *detail)
{
	struct secret_buf list auto_clean(secret_buf) = { 0 };
	bool current = !strcmp(id, node->identity.profile.id);
	char name[ENTRY_MAX];
	int r;

	r = check_exists(node, id, detail);
	/* First into a new one, so that this is one like the others. */
	if (r == 0 && current)
		r = profiles_switch(node, "", detail);
	if (r == 0)
		r = profile_list_remove(find(node, LIST), id, detail, &list);
	if (r < 0)
		return r;
	entry_name(id, name);

	const struct state_change change[] = {
		{ .name = LIST, .data = list.data, .len = list.len },
		{ .name = name },
	};
	r = state_write(node->config.state, change, 2, detail);
	if (r >= 0 && lock_side_delete(node->config.state, id) < 0)
		log_warning("store: the tailnet lock of the profile is left over");
	return r < 0 ? r : 0;
}
