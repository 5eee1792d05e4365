// SPDX-License-Identifier: GPL-2.0-only
/* What users ask of the node, and what they want it to do. */
#include "node_own.h"

#include "base/log.h"
#include "base/version.h"
#include "model/filter_rules.h"
#include "node/core.h"
#include "node/dump.h"
#include "node/health.h"
#include "node/lock_commands.h"
#include "node/login.h"
#include "node/node_status.h"
#include "node/profiles.h"
#include "node/rules.h"
#include "node/state_side.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int cmp_wg_peer(const void *a, const void *b)
{
	return key_cmp_public(&((const struct wg_peer *)a)->key,
			      &((const struct wg_peer *)b)->key);
}

static int add_exit_node(struct node_own *node, struct status *ret)
{
	const char *id = node_exit_node(node);
	size_t i, k;
	int r;

	if (!*id)
		return 0;
	r = status_set_text(&ret->exit_node_id, id);
	for (i = 0; i < ret->n_peers && r == 0; i++) {
		const struct status_peer *peer = &ret->peers[i];

		if (strcmp(status_text(peer->id), id))
			continue;
		ret->exit_node_online = peer->online;
		for (k = 0; k < peer->addresses.n && r == 0; k++)
			r = str_list_add(&ret->exit_node_ips,
					 peer->addresses.item[k],
					 strlen(peer->addresses.item[k]));
	}
	return r;
}

static int add_health(struct node_own *node, struct status *ret)
{
	size_t i;
	int r = 0;

	health_collect(node);
	for (i = 0; i < node->n_warnings && r == 0; i++)
		r = str_list_add(&ret->health, node->warnings[i].text,
				 strlen(node->warnings[i].text));
	return r;
}

static int fill_status(struct node_own *node, bool peers,
		       const struct wg_device *dev, struct status *ret)
{
	struct node_status_input in = {
		.netmap = node->netmap, .device = dev,
		.hostname = node->self.info.hostname,
		.endpoints = node->endpoints,
		.n_endpoints = node->n_endpoints,
		.connected = node->client && client_is_in_poll(node->client),
		.exit_node = node_exit_node(node), .now = node_now(node),
	};
	int r;

	if (node_has_key(node))
		key_derive_public(node->identity.persist.node, &in.key);
	ret->tun = true;
	ret->backend = node->backend;
	ret->have_node_key = node_has_key(node);
	ret->filter = STATUS_FILTER_NOT_ENFORCED;
	r = status_set_text(&ret->version, VERSION_LONG);
	if (r == 0 && node->client && *client_url(node->client))
		r = status_set_text(&ret->auth_url, client_url(node->client));
	if (r == 0)
		r = node_status_map(&in, peers, ret);
	if (r == 0)
		r = add_exit_node(node, ret);
	if (r == 0)
		r = add_health(node, ret);
	if (r == 0)
		r = state_side_status(node->config.keeper, &ret->rest);
	return r;
}

static int api_status(void *ctx, bool peers, struct status *ret)
{
	struct node_own *node = ctx;
	struct wg_device dev = { 0 };
	struct status status = { 0 };
	int r;

	/* Without the kernel's counters there is still a lot to say. */
	if (peers && data_side_read(&node->data, true, &dev) == 0 &&
	    dev.n_peers)
		qsort(dev.peers, dev.n_peers, sizeof(*dev.peers), cmp_wg_peer);
	r = fill_status(node, peers, &dev, &status);
	wg_device_done(&dev);
	if (r < 0) {
		status_done(&status);
		return r;
	}
	*ret = status;
	return 0;
}

static const struct prefs *api_prefs(void *ctx)
{
	const struct node_own *node = ctx;

	return &node->identity.prefs;
}

static void api_user(void *ctx, struct login_info *ret)
{
	const struct node_own *node = ctx;
	const struct persist *persist = &node->identity.persist;

	*ret = (struct login_info){
		.id = persist->user.id,
		.login = prefs_text(persist->user.login),
		.display = prefs_text(persist->user.display),
		.node_id = prefs_text(persist->node_id),
	};
}

static int api_check_prefs(void *ctx, const struct prefs *prefs,
			   struct err_detail *detail)
{
	(void)ctx;
	return node_rules_check_prefs(prefs, detail);
}

/* What has to be done about preferences that are different now. */
static void act_on_prefs(struct node_own *node, uint64_t diff)
{
	const uint64_t self = PREFS_BIT(PREFS_HOSTNAME) |
			      PREFS_BIT(PREFS_SHIELDS_UP) |
			      PREFS_BIT(PREFS_ADVERTISE_ROUTES) |
			      PREFS_BIT(PREFS_ADVERTISE_TAGS);

	if (diff & PREFS_BIT(PREFS_CONTROL_URL)) {
		/* What one server has said means nothing to another. */
		node_set_netmap(node, NULL);
		node->remake_client = true;
	}
	/* It borrows from the preferences of before. */
	node_set_self(node);
	if ((diff & self) && node->client)
		client_self_changed(node->client);
	login_set_pause(node);
	node_dirty(node);
}

/* All or nothing: on disk, or as before. @new is moved on success. */
static int replace_prefs(struct node_own *node, struct prefs *new,
			 struct err_detail *detail)
{
	struct prefs old = node->identity.prefs;
	uint64_t diff = prefs_diff(&old, new);
	int r;

	node->identity.prefs = *new;
	r = node_save(node, detail);
	if (r < 0) {
		node->identity.prefs = old;
		return r;
	}
	*new = (struct prefs){ 0 };
	act_on_prefs(node, diff);
	prefs_done(&old);
	return 0;
}

static void tell_prefs(struct node_own *node)
{
	const struct notify msg = { .prefs = &node->identity.prefs };

	watchers_tell(&node->watchers, &msg);
}

static int api_edit_prefs(void *ctx, const struct prefs_edit *edit,
			  struct err_detail *detail)
{
	struct node_own *node = ctx;
	struct prefs new auto_clean(prefs) = { 0 };
	int r;

	r = prefs_apply(&node->identity.prefs, edit, &new);
	if (r == 0)
		r = node_rules_check_prefs(&new, detail);
	if (r == 0)
		r = replace_prefs(node, &new, detail);
	if (r < 0)
		return r;
	tell_prefs(node);
	if (edit->set & PREFS_BIT(PREFS_WANT_RUNNING))
		node_tell_state(node);
	return 0;
}

/*
 * Whoever sends whole preferences does not know the ones that we do not let
 * him see.
 */
static int set_prefs(struct node_own *node, const struct prefs *prefs,
		     struct err_detail *detail)
{
	struct prefs new auto_clean(prefs) = { 0 };
	int r;

	r = prefs_copy(prefs, &new);
	if (r < 0)
		return r;
	new.logged_out = node->identity.prefs.logged_out;
	r = node_rules_check_prefs(&new, detail);
	if (r == 0)
		r = replace_prefs(node, &new, detail);
	if (r == 0)
		tell_prefs(node);
	return r;
}

/* The client has to be the right one before it is told anything. */
static int have_client(struct node_own *node, struct err_detail *detail)
{
	if (node->client && !node->remake_client)
		return 0;
	return login_make_client(node, detail);
}

static int api_start(void *ctx, const struct node_start *start,
		     struct err_detail *detail)
{
	struct node_own *node = ctx;
	int r = 0;

	if (start->update_prefs)
		r = set_prefs(node, start->update_prefs, detail);
	if (r == 0)
		r = have_client(node, detail);
	if (r < 0)
		return r;
	if (start->auth_key ||
	    (node_has_key(node) && !node->identity.prefs.logged_out))
		r = login_begin(node, false, start->auth_key);
	if (r == 0)
		node_tell_state(node);
	node_kick(node);
	return r;
}

static int api_login_interactive(void *ctx, const struct secret_buf *auth_key,
				 struct err_detail *detail)
{
	struct node_own *node = ctx;
	struct notify msg = { 0 };
	int r;

	r = have_client(node, detail);
	if (r < 0)
		return r;
	if (auth_key)
		return login_begin(node, true, auth_key);
	/*
	 * "up" says both: the key comes first, and needs no person. Who has no
	 * node key gets a new one anyway.
	 */
	if (node->login_wanted && node->by_key && !*node->refused) {
		if (node_has_key(node))
			login_renew(node);
		return 0;
	}
	/* The key may have been quicker. */
	if (login_is_done(node)) {
		node_tell_state(node);
		return 0;
	}
	/* One login is enough: whoever comes later gets the same address. */
	if (node->login_wanted && *client_url(node->client)) {
		msg.browse_to_url = client_url(node->client);
		watchers_tell(&node->watchers, &msg);
		return 0;
	}
	return login_begin(node, true, NULL);
}

static int api_logout(void *ctx, struct err_detail *detail, node_done_fn done,
		      void *done_ctx)
{
	struct node_own *node = ctx;
	int r;

	r = have_client(node, detail);
	return r < 0 ? r : logout_begin(node, done, done_ctx);
}

static int api_watch(void *ctx, const struct node_watcher *w, uint64_t *ret_id)
{
	struct node_own *node = ctx;

	return watchers_add(&node->watchers, w, ret_id);
}

static void api_unwatch(void *ctx, uint64_t id)
{
	struct node_own *node = ctx;

	watchers_remove(&node->watchers, id);
}

static size_t api_health(void *ctx, const struct notify_warning **ret)
{
	struct node_own *node = ctx;

	health_collect(node);
	*ret = node->warnings;
	return node->n_warnings;
}

static int api_netmap(void *ctx, char **ret)
{
	const struct node_own *node = ctx;

	return node->netmap ? dump_netmap(node->netmap, ret) : -ENODATA;
}

static int api_derp_map(void *ctx, char **ret)
{
	const struct node_own *node = ctx;

	return node->netmap ? dump_derp_map(node->netmap, ret) : -ENODATA;
}

static int api_filter(void *ctx, char **ret)
{
	const struct node_own *node = ctx;

	if (!node->netmap)
		return -ENODATA;
	return filter_rules_text(node->netmap->filter, ret);
}

static int api_profiles(void *ctx, struct profile_list *ret,
			struct err_detail *detail)
{
	return profiles_list(ctx, ret, detail);
}

static int api_switch_profile(void *ctx, const char *id,
			      struct err_detail *detail)
{
	return profiles_switch(ctx, id, detail);
}

static int api_delete_profile(void *ctx, const char *id,
			      struct err_detail *detail)
{
	return profiles_delete(ctx, id, detail);
}

static int api_whois(void *ctx, const struct status *status, const char *addr,
		     struct node_whois *ret)
{
	(void)ctx;
	return node_status_whois(status, addr, ret);
}

static int api_state_info(void *ctx, char **ret)
{
	const struct node_own *node = ctx;

	return state_side_dump(node->config.keeper, ret);
}

static int api_state_command(void *ctx, enum node_state_command command,
			     const char *arg, size_t len,
			     struct err_detail *detail, node_done_fn done,
			     void *done_ctx)
{
	const struct node_own *node = ctx;

	return state_side_command(node->config.keeper, command, arg, len,
				  detail, done, done_ctx);
}

const struct node_api *node_own_api(void)
{
	static const struct node_api api = {
		.status = api_status,
		.prefs = api_prefs,
		.user = api_user,
		.check_prefs = api_check_prefs,
		.edit_prefs = api_edit_prefs,
		.start = api_start,
		.login_interactive = api_login_interactive,
		.logout = api_logout,
		.watch = api_watch,
		.unwatch = api_unwatch,
		.health = api_health,
		.netmap = api_netmap,
		.filter = api_filter,
		.derp_map = api_derp_map,
		.profiles = api_profiles,
		.switch_profile = api_switch_profile,
		.delete_profile = api_delete_profile,
		.whois = api_whois,
		.lock = &lock_commands,
		.state_info = api_state_info,
		.state_command = api_state_command,
	};

	return &api;
}
