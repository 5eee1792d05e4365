/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The entries of the state file that have a meaning: list of profiles, and
 * preferences with the identity inside.
 *
 * Source: tailscale ipn/profile.go (LoginProfile), types/persist/persist.go.
 */
#ifndef WIRE_PROFILE_JSON_H
#define WIRE_PROFILE_JSON_H

#include "base/err.h"
#include "base/secret.h"
#include "model/prefs.h"
#include "model/profile.h"
#include "wire/state_json.h"

#include <jansson.h>

/**
 * profile_prefs_parse() - read the entry of a profile
 * @text:	contents of the entry
 * @detail:	filled on error, without contents
 * @prefs:	owned by the caller
 * @persist:	owned by the caller
 *
 * Return: 0, -ENOMEM, TNE_LOCAL_JSON or TNE_KEY_FORMAT.
 */
int profile_prefs_parse(struct state_bytes text, struct err_detail *detail,
			struct prefs *prefs, struct persist *persist);

/**
 * profile_prefs_build() - write the entry of a profile
 * @prefs:	preferences
 * @persist:	identity
 * @out:	appended to
 *
 * Return: 0 or -ENOMEM.
 */
int profile_prefs_build(const struct prefs *prefs,
			const struct persist *persist, struct secret_buf *out);

/**
 * profile_list_find() - read one profile of the list
 * @list:	contents of the list's entry; empty = no profiles
 * @key:	name of the entry that the profile must have, "profile-1ab3";
 *		NULL = the only profile
 * @detail:	filled on error
 * @ret:	owned by the caller
 *
 * Return: 1 if there is such a profile, 0 if not, -ENOMEM or TNE_LOCAL_JSON.
 */
int profile_list_find(struct state_bytes list, const char *key,
		      struct err_detail *detail, struct profile *ret);

/**
 * profile_list_update() - the list with one profile added or replaced
 * @list:	contents of the list's entry; empty = no profiles
 * @profile:	with an id; members of its line that we do not know stay
 * @detail:	filled on error
 * @out:	new contents, appended
 *
 * Return: 0, -ENOMEM or TNE_LOCAL_JSON.
 */
int profile_list_update(struct state_bytes list, const struct profile *profile,
			struct err_detail *detail, struct secret_buf *out);

/**
 * profile_list_parse() - read all profiles
 * @list:	contents of the list's entry; empty = no profiles
 * @detail:	filled on error
 * @ret:	in the order of their ids, none of them the current one; owned by
 *		the caller
 *
 * Return: 0, -ENOMEM, TNE_LOCAL_JSON, or TNE_TOO_LONG above PROFILES_MAX.
 */
int profile_list_parse(struct state_bytes list, struct err_detail *detail,
		       struct profile_list *ret);

/**
 * profile_list_remove() - the list with one profile fewer
 * @list:	contents of the list's entry
 * @id:		of the profile
 * @detail:	filled on error
 * @out:	new contents, appended
 *
 * Return: 0, -ENOENT, -ENOMEM or TNE_LOCAL_JSON.
 */
int profile_list_remove(struct state_bytes list, const char *id,
			struct err_detail *detail, struct secret_buf *out);

/**
 * profile_json_build() - a profile as the local API shows it
 * @profile:	with an id, or new
 * @ret:	owned by the caller
 *
 * Return: 0 or -ENOMEM.
 */
int profile_json_build(const struct profile *profile, json_t **ret);

/**
 * profile_json_parse() - read such a one
 * @object:	from the local API
 * @detail:	filled on error
 * @ret:	owned by the caller
 *
 * Return: 0, -ENOMEM or TNE_LOCAL_JSON.
 */
int profile_json_parse(const json_t *object, struct err_detail *detail,
		       struct profile *ret);

#endif /* WIRE_PROFILE_JSON_H */
