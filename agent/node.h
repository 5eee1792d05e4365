/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the local API asks of the node: questions and commands, in values of the
 * model. The node implements it, the tests have one of their own.
 */
#ifndef NODE_H
#define NODE_H

#include "base/err.h"
#include "base/secret.h"
#include "model/notify.h"
#include "model/prefs.h"
#include "model/profile.h"
#include "model/status.h"
#include "node_lock.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/**
 * struct node_start - what "start" is given
 * @auth_key:	logs in without a person, or NULL; a secret, never kept or logged
 * @update_prefs: preferences to begin with, or NULL = those there are
 *
 * Borrowed for the call. The node wipes its own copy of the key as soon as the
 * registration has succeeded.
 */
struct node_start {
	const struct secret_buf *auth_key;
	const struct prefs *update_prefs;
};

/**
 * struct node_watcher - who is told of changes
 * @mask:	NOTIFY_* of what is wanted beyond the ordinary messages: the node
 *		gives engine counters and whole maps only to those who ask
 * @notify:	called for each message, never before watch() has returned; may
 *		call unwatch()
 * @ctx:	first argument of @notify
 */
struct node_watcher {
	uint64_t mask;
	void (*notify)(void *ctx, const struct notify *msg);
	void *ctx;
};

/**
 * struct node_whois - who is behind an address
 * @peer:	the node, or this one
 * @user:	its owner, or NULL
 */
struct node_whois {
	const struct status_peer *peer;
	const struct status_user *user;
};

/**
 * enum node_state_command - what can be done about the sealed state
 * @NODE_STATE_RECOVERY_KEY: make a recovery key, which is the answer
 * @NODE_STATE_RECOVER: open the state with one, which is the argument
 * @NODE_STATE_RESEAL: seal it with a new data key
 * @NODE_STATE_ACCEPT: go on with a state that is older than the last one
 */
enum node_state_command {
	NODE_STATE_RECOVERY_KEY,
	NODE_STATE_RECOVER,
	NODE_STATE_RESEAL,
	NODE_STATE_ACCEPT,
};

/**
 * typedef node_done_fn - the end of a command that takes a while
 * @ctx:	of the command
 * @err:	0 or below
 * @detail:	on error, borrowed
 * @text:	what was asked for, borrowed and secret; or NULL
 */
typedef void (*node_done_fn)(void *ctx, int err,
			     const struct err_detail *detail, const char *text);

/**
 * struct node_api - questions to the node and commands
 *
 * Every function returns at once: 0 or more, -errno or TNE_*, with a text for
 * people in @detail. A command that takes longer has begun when its function
 * returns 0, its outcome comes as a message to the watchers. Functions marked
 * optional may be NULL: the local API then answers that it is not built in.
 *
 * @status:	now; @peers false leaves them out, the own user stays. @ret is
 *		filled for the caller, who frees its contents
 * @prefs:	those of the current profile, borrowed until the next command
 * @user:	who is logged in with the current profile, borrowed likewise
 * @check_prefs: could these be set? More than prefs_check(): also against what
 *		the node is doing
 * @edit_prefs:	change some, all or none, on disk when it returns. An edit that
 *		sets WantRunning is answered by a message with the state even if
 *		nothing changes
 * @start:	begin: prefs first, then log in with the key or the stored
 *		identity. Repeated while running: begins anew
 * @login_interactive: ask the control server for an address to log in at,
 *		with a new node key; comes as browse_to_url. With @auth_key
 *		(copied; NULL = none) nobody has to be asked
 * @logout:	forget node key, old node key and lock key, whatever the control
 *		server says; the machine key stays. @done is called once, later,
 *		if this returns 0, and never if it fails
 * @watch:	tell @w of changes from now on; @ret_id names it
 * @unwatch:	end that; nothing more is told after it
 * @health:	what is wrong now; borrowed until the loop goes on
 * @netmap:	optional: JSON text of the current map, for looking at; owned by
 *		the caller; -ENODATA without one
 * @filter:	optional: the access rules as text for people, owned likewise
 * @derp_map:	optional: JSON text of the relay map, owned likewise
 * @profiles:	optional: all profiles; filled for the caller, who frees its
 *		contents
 * @switch_profile: optional: use the profile @id; "" = a new, empty one. What
 *		belongs to the one before leaves the network at once. -ENOENT
 * @delete_profile: optional: forget the profile @id; the current one is followed
 *		by a new, empty one. Its server is not told. -ENOENT
 * @whois:	optional: who has the address ("IP", "IP:PORT" or a node key)
 *		@addr; answers point into @status, asked for just before;
 *		-ENOENT = nobody
 * @is_opening:	optional: the state is still being opened, so another node may soon
 *		be here; commands, and questions about it, are for that one
 * @lock:	optional: of the tailnet lock, see node_lock.h
 * @state_info:	optional: JSON text about the state at rest and the TPM, owned by
 *		the caller
 * @state_command: optional: do something about it; @arg (@len bytes) is
 *		borrowed for the call. @done is called once, later, if this
 *		returns 0, and never if it fails
 */
struct node_api {
	int (*status)(void *node, bool peers, struct status *ret);
	const struct prefs *(*prefs)(void *node);
	void (*user)(void *node, struct login_info *ret);
	int (*check_prefs)(void *node, const struct prefs *prefs,
			   struct err_detail *detail);
	int (*edit_prefs)(void *node, const struct prefs_edit *edit,
			  struct err_detail *detail);
	int (*start)(void *node, const struct node_start *start,
		     struct err_detail *detail);
	int (*login_interactive)(void *node, const struct secret_buf *auth_key,
				 struct err_detail *detail);
	int (*logout)(void *node, struct err_detail *detail, node_done_fn done,
		      void *done_ctx);
	int (*watch)(void *node, const struct node_watcher *w,
		     uint64_t *ret_id);
	void (*unwatch)(void *node, uint64_t id);
	size_t (*health)(void *node, const struct notify_warning **ret);
	int (*netmap)(void *node, char **ret);
	int (*filter)(void *node, char **ret);
	int (*derp_map)(void *node, char **ret);
	int (*profiles)(void *node, struct profile_list *ret,
			struct err_detail *detail);
	int (*switch_profile)(void *node, const char *id,
			      struct err_detail *detail);
	int (*delete_profile)(void *node, const char *id,
			      struct err_detail *detail);
	int (*whois)(void *node, const struct status *status, const char *addr,
		     struct node_whois *ret);
	bool (*is_opening)(void *node);
	const struct node_lock_api *lock;
	int (*state_info)(void *node, char **ret);
	int (*state_command)(void *node, enum node_state_command command,
			     const char *arg, size_t len,
			     struct err_detail *detail, node_done_fn done,
			     void *done_ctx);
};

#endif /* NODE_H */
