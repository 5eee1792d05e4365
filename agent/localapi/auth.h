/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef LOCALAPI_AUTH_H
#define LOCALAPI_AUTH_H

#include "localapi/http.h"

#include <stdbool.h>
#include <sys/types.h>

/**
 * struct auth_rights - what a client may do
 * @read: ask
 * @write: change
 */
struct auth_rights {
	bool read;
	bool write;
};

/**
 * struct auth_policy - who may do what
 * @own_uid: of the agent
 * @operator_user: name or number of one user who may do everything; "" or NULL
 *	= nobody
 * @restrict_read: asking is for members of @read_gid and those who may change
 * @read_gid: the group
 * @find_uid: number of a user by name; 0 or -errno. auth_find_uid() but in
 *	tests
 */
struct auth_policy {
	uid_t own_uid;
	const char *operator_user;
	bool restrict_read;
	gid_t read_gid;
	int (*find_uid)(const char *name, uid_t *ret);
};

/**
 * auth_check() - what may this client do?
 * @policy:	who may do what
 * @peer:	the client
 * @in_group:	it is a member of the group that may ask
 *
 * Source: tailscale ipn/ipnserver/actor.go; the group is ours.
 *
 * Return: its rights.
 */
struct auth_rights auth_check(const struct auth_policy *policy,
			      const struct http_peer *peer, bool in_group);

/**
 * auth_find_uid() - number of a user
 * @name:	name, or the number itself
 * @ret:	the number
 *
 * Return: 0, -ENOENT or -errno.
 */
int auth_find_uid(const char *name, uid_t *ret);

#endif /* LOCALAPI_AUTH_H */
