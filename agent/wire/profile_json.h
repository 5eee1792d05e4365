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

#endif /* WIRE_PROFILE_JSON_H */
