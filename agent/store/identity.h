/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who this node is, as the state keeps it: the machine's key, and the current
 * profile with its preferences and keys.
 */
#ifndef STORE_IDENTITY_H
#define STORE_IDENTITY_H

#include "base/err.h"
#include "base/secret.h"
#include "model/prefs.h"
#include "model/profile.h"
#include "store/side.h"
#include "store/state.h"

#define LOG_ID_LEN 64	/* hexadecimal digits */

/**
 * struct identity - everything that makes this node the same one again
 * @machine: private machine key, never NULL once loaded
 * @log_id: names this installation; nothing is uploaded under it
 * @profile: current profile
 * @prefs: its preferences
 * @persist: its keys; the lock key is always there
 */
struct identity {
	struct secret32 *machine;
	char log_id[LOG_ID_LEN + 1];
	struct profile profile;
	struct prefs prefs;
	struct persist persist;
};

/**
 * identity_load() - read the identity, or make what a new node lacks
 * @state:	state file; gets the machine key if it is new
 * @side:	file beside it; gets the log id if it is new
 * @detail:	filled on error
 * @ret:	owned by the caller
 *
 * Machine key and log id are on disk when this returns. The lock key of a
 * profile without one is made here and stored by the next identity_save().
 *
 * Profiles without a machine key, or a current profile that does not exist
 * among several, are errors: a new key would be a new node behind the back of
 * the user.
 *
 * Return: 0, -errno or TNE_*.
 */
int identity_load(struct state *state, struct side *side,
		  struct err_detail *detail, struct identity *ret);

/**
 * identity_check() - could a node go on with this state without a login?
 * @state:	looked at, not changed
 * @detail:	filled on error
 *
 * Machine key, a current profile with a node key, and no profile that cannot be
 * read.
 *
 * Return: 0, -ENOMEM or TNE_STATE_IDENTITY.
 */
int identity_check(const struct state *state, struct err_detail *detail);

/**
 * identity_distrust() - have every profile log in anew
 * @state:	changed, profile by profile
 * @detail:	filled on error
 *
 * Of a state that was put back nobody knows who has its keys. The node keys
 * become old ones, which a server may be told to know the node by, but with
 * which nobody talks to it; the profiles are logged out. One that cannot be read
 * is passed over. May be repeated if it was broken off.
 *
 * Return: 0 or as state_write().
 */
int identity_distrust(struct state *state, struct err_detail *detail);

/**
 * identity_save() - store profile, preferences and keys
 * @state:	changed on success only
 * @id:		a profile that is not in the list yet gets an id
 * @detail:	filled on error
 *
 * A new node key must be saved before anything is told about it.
 *
 * Return: as state_write().
 */
int identity_save(struct state *state, struct identity *id,
		  struct err_detail *detail);

/**
 * identity_forget() - drop all that a login has brought
 * @id:	loses node key, old node key, user and node id; gets a new lock key.
 *	To be saved by the caller
 *
 * Source: tailscale control/controlclient/auto.go, logout.
 *
 * Return: 0 or -ENOMEM, unchanged.
 */
int identity_forget(struct identity *id);

/**
 * identity_done() - wipe and free the contents
 * @id: all zero afterwards
 */
void identity_done(struct identity *id);

#endif /* STORE_IDENTITY_H */
