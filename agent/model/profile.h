/* SPDX-License-Identifier: GPL-2.0-only */
/* Who this node is for a control server. */
#ifndef MODEL_PROFILE_H
#define MODEL_PROFILE_H

#include "base/str_list.h"
#include "crypto/key_text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PROFILE_ID_LEN	4	/* hexadecimal digits */

/**
 * struct profile_user - the person logged in
 * @id: number, 0 = nobody
 * @login: "alice@example.com"
 * @display: name
 * @picture_url: of the person
 * @groups: they are in
 *
 * Texts are owned; NULL and "" mean the same, here and below.
 */
struct profile_user {
	int64_t id;
	char *login;
	char *display;
	char *picture_url;
	struct str_list groups;
};

/**
 * struct profile - one line of the list of profiles
 * @id: names it; empty = it is not in the list yet
 * @name: nickname or login name
 * @magic_dns_name: suffix of the tailnet's names
 * @domain: of the tailnet
 * @tailnet: its name for people
 * @user: logged in
 * @node_id: stable id of this node
 * @control_url: control server
 */
struct profile {
	char id[PROFILE_ID_LEN + 1];
	char *name;
	char *magic_dns_name;
	char *domain;
	char *tailnet;
	struct profile_user user;
	char *node_id;
	char *control_url;
};

#define PROFILES_MAX	1024	/* ours */

/**
 * struct profile_list - all profiles of a node
 * @item: owned
 * @n: how many
 * @current: the one that is in use; @n = one that is not in the list yet
 */
struct profile_list {
	struct profile *item;
	size_t n;
	size_t current;
};

/**
 * struct persist - the identity kept with a profile
 * @node:	private node key; NULL = none
 * @old_node:	the one before, while that may still be asked for; or NULL
 * @lock_seed:	private tailnet-lock key; or NULL
 * @lock:	public part of it
 * @user:	logged in
 * @node_id:	stable id of this node
 * @disallowed:	ids of lock states that this node refuses
 * @extra:	JSON text of an object with members unknown to us, or NULL
 *
 * Everything is owned.
 */
struct persist {
	struct secret32 *node;
	struct secret32 *old_node;
	struct secret32 *lock_seed;
	struct lock_public lock;
	struct profile_user user;
	char *node_id;
	struct str_list disallowed;
	char *extra;
};

/**
 * struct login_info - who is logged in; all borrowed
 * @id: number, 0 = nobody
 * @login: name, "" = nobody
 * @display: name of the person
 * @node_id: what the control server calls this node, "" = not known
 */
struct login_info {
	int64_t id;
	const char *login;
	const char *display;
	const char *node_id;
};

/**
 * profile_list_done() - free the contents
 * @list: all zero afterwards
 */
void profile_list_done(struct profile_list *list);

static inline void profile_list_cleanup(struct profile_list *list)
{
	profile_list_done(list);
}

/**
 * profile_user_copy() - the same person
 * @from:	copied
 * @ret:	owned by the caller
 *
 * Return: 0 or -ENOMEM.
 */
int profile_user_copy(const struct profile_user *from,
		      struct profile_user *ret);

/**
 * profile_user_done() - free the contents
 * @user: all zero afterwards
 */
void profile_user_done(struct profile_user *user);

/**
 * profile_done() - free the contents
 * @profile: all zero afterwards
 */
void profile_done(struct profile *profile);

/**
 * persist_done() - wipe and free the contents
 * @persist: all zero afterwards
 */
void persist_done(struct persist *persist);

#endif /* MODEL_PROFILE_H */
