// SPDX-License-Identifier: GPL-2.0-only
#include "model/status.h"

#include "base/array.h"
#include "model/prefs.h"

#include <stdlib.h>
#include <string.h>

static const char *const state_names[BACKEND_STATES] = {
	[BACKEND_NO_STATE] = "NoState",
	[BACKEND_IN_USE_OTHER_USER] = "InUseOtherUser",
	[BACKEND_NEEDS_LOGIN] = "NeedsLogin",
	[BACKEND_NEEDS_MACHINE_AUTH] = "NeedsMachineAuth",
	[BACKEND_STOPPED] = "Stopped",
	[BACKEND_STARTING] = "Starting",
	[BACKEND_RUNNING] = "Running",
};

const char *backend_state_name(enum backend_state state)
{
	return state_names[state];
}

bool backend_state_parse(const char *name, enum backend_state *ret)
{
	size_t i;

	for (i = 0; i < BACKEND_STATES; i++) {
		if (strcmp(state_names[i], name) == 0) {
			*ret = i;
			return true;
		}
	}
	return false;
}

int status_set_text(char **slot, const char *value)
{
	return prefs_set_text(slot, value);
}

struct status_peer *status_add_peer(struct status *status)
{
	struct status_peer *peers;

	peers = array_grow(status->peers, status->n_peers, &status->cap_peers,
			   sizeof(*peers));
	if (!peers)
		return NULL;
	status->peers = peers;
	return &peers[status->n_peers++];
}

struct status_user *status_add_user(struct status *status)
{
	struct status_user *users;

	users = array_grow(status->users, status->n_users, &status->cap_users,
			   sizeof(*users));
	if (!users)
		return NULL;
	status->users = users;
	return &users[status->n_users++];
}

const struct status_user *status_find_user(const struct status *status,
					   int64_t id)
{
	size_t i;

	for (i = 0; i < status->n_users; i++) {
		if (status->users[i].id == id)
			return &status->users[i];
	}
	return NULL;
}

void status_peer_done(struct status_peer *peer)
{
	free(peer->id);
	free(peer->host_name);
	free(peer->dns_name);
	free(peer->os);
	str_list_done(&peer->addresses);
	str_list_done(&peer->allowed_ips);
	str_list_done(&peer->tags);
	str_list_done(&peer->routes);
	str_list_done(&peer->endpoints);
	free(peer->cur_addr);
	free(peer->relay);
	free(peer->peer_relay);
	str_list_done(&peer->peerapi_urls);
	free(peer->cap_map);
	str_list_done(&peer->ssh_host_keys);
	free(peer->refused);
	memset(peer, 0, sizeof(*peer));
}

static void user_done(struct status_user *user)
{
	free(user->login);
	free(user->display);
	free(user->picture_url);
}

void status_done(struct status *status)
{
	size_t i;

	free(status->version);
	free(status->auth_url);
	status_peer_done(&status->self);
	for (i = 0; i < status->n_peers; i++)
		status_peer_done(&status->peers[i]);
	free(status->peers);
	for (i = 0; i < status->n_users; i++)
		user_done(&status->users[i]);
	free(status->users);
	str_list_done(&status->health);
	free(status->magic_dns_suffix);
	free(status->tailnet_name);
	str_list_done(&status->cert_domains);
	free(status->exit_node_id);
	str_list_done(&status->exit_node_ips);
	free(status->rest.tpm);
	free(status->rest.tpm_error);
	memset(status, 0, sizeof(*status));
}
