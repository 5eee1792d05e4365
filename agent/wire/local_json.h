/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The other documents of the local API: messages to watchers, preferences as
 * clients see them, what "start" is given, errors.
 *
 * Source: tailscale ipn/backend.go (Notify, Options), client/local.
 */
#ifndef WIRE_LOCAL_JSON_H
#define WIRE_LOCAL_JSON_H

#include "base/err.h"
#include "base/secret.h"
#include "model/notify.h"
#include "model/prefs.h"
#include "model/profile.h"
#include "model/status.h"

#include <jansson.h>
#include <stdbool.h>

/* Longest authentication key that is taken, bytes; ours. */
#define LOCAL_AUTH_KEY_MAX 4096

/**
 * local_prefs_build() - preferences as clients see them
 * @prefs:	written
 * @user:	who is logged in
 * @ret:	a new reference; "Config" is there, with zeros for all keys
 *
 * Return: 0 or -ENOMEM.
 */
int local_prefs_build(const struct prefs *prefs,
		      const struct login_info *user, json_t **ret);

/**
 * local_prefs_parse() - the same, on the other side
 * @object:	as decoded
 * @detail:	filled on error
 * @prefs:	owned by the caller
 * @ret_login:	name of who is logged in, "" = nobody; owned by the caller
 *
 * Return: 0, -ENOMEM or TNE_LOCAL_JSON.
 */
int local_prefs_parse(const json_t *object, struct err_detail *detail,
		      struct prefs *prefs, char **ret_login);

/**
 * struct local_start - what "start" is given
 * @auth_key:	all zero = none
 * @has_prefs:	@prefs is set
 * @prefs:	to begin with
 */
struct local_start {
	struct secret_buf auth_key;
	bool has_prefs;
	struct prefs prefs;
};

/**
 * local_start_parse() - read the options of "start"
 * @object:	as decoded
 * @detail:	filled on error
 * @ret:	owned by the caller
 *
 * Return: 0, -ENOMEM or TNE_LOCAL_JSON.
 */
int local_start_parse(const json_t *object, struct err_detail *detail,
		      struct local_start *ret);

/**
 * local_start_build() - write the options of "start"
 * @auth_key:	or NULL
 * @prefs:	or NULL
 * @ret:	a new reference
 *
 * Return: 0 or -ENOMEM.
 */
int local_start_build(const struct secret_buf *auth_key,
		      const struct prefs *prefs, json_t **ret);

/**
 * local_start_done() - wipe and free the contents
 * @start: may be all zero
 */
void local_start_done(struct local_start *start);

/**
 * struct local_notify_extra - what goes with a message beside its contents
 * @version:	of the agent
 * @user:	for preferences
 * @session:	id of the watch, in its first message; or NULL
 * @status:	in the first message, or NULL
 */
struct local_notify_extra {
	const char *version;
	struct login_info user;
	const char *session;
	const struct status *status;
};

/**
 * local_notify_build() - write a message to a watcher
 * @msg:	the message
 * @extra:	what goes with it
 * @ret:	a new reference
 *
 * Return: 0 or -ENOMEM.
 */
int local_notify_build(const struct notify *msg,
		       const struct local_notify_extra *extra, json_t **ret);

/**
 * struct local_notify - what a client reads of a message
 * @error:	fatal text, or NULL
 * @has_state:	@state is set
 * @state:	new state
 * @browse_to_url: or NULL
 * @has_self_key: @self_key is set
 * @self_key:	key of this node
 * @login_finished: the user has logged in
 */
struct local_notify {
	char *error;
	bool has_state;
	enum backend_state state;
	char *browse_to_url;
	bool has_self_key;
	struct node_public self_key;
	bool login_finished;
};

/**
 * local_notify_parse() - read a message
 * @object:	as decoded
 * @detail:	filled on error
 * @ret:	owned by the caller
 *
 * Return: 0, -ENOMEM or TNE_LOCAL_JSON.
 */
int local_notify_parse(const json_t *object, struct err_detail *detail,
		       struct local_notify *ret);

/**
 * local_notify_done() - free the contents
 * @notify: all zero afterwards
 */
void local_notify_done(struct local_notify *notify);

/**
 * local_error_parse() - the text of an error answer, in any of its shapes
 * @data:	body of the answer: text, {"error": ...} or {"Error": ...}
 * @len:	bytes
 * @ret:	the text in one line
 */
void local_error_parse(const char *data, size_t len, struct err_detail *ret);

#endif /* WIRE_LOCAL_JSON_H */
