/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What "up" does: its flags as preferences, and the rule that a setting which
 * was made once must be mentioned again, or be given up on purpose. No I/O.
 *
 * Source: tailscale cmd/tailscale/cli/up.go.
 */
#ifndef MODEL_UP_RULES_H
#define MODEL_UP_RULES_H

#include "base/str_list.h"
#include "model/prefs.h"
#include "model/status.h"

#include <stdbool.h>
#include <stdint.h>

/* What an empty address of the control server stands for. */
#define UP_DEFAULT_SERVER "https://controlplane.tailscale.com"

/* Flags of "up" that are kept as preferences; each is a bit of a set. */
enum up_flag {
	UP_LOGIN_SERVER,
	UP_ACCEPT_ROUTES,
	UP_ACCEPT_DNS,
	UP_EXIT_NODE,
	UP_EXIT_NODE_LAN,
	UP_SHIELDS_UP,
	UP_SSH,
	UP_ADVERTISE_TAGS,
	UP_HOSTNAME,
	UP_ADVERTISE_ROUTES,
	UP_ADVERTISE_EXIT_NODE,
	UP_ADVERTISE_CONNECTOR,
	UP_REPORT_POSTURE,
	UP_OPERATOR,
	UP_SNAT_ROUTES,
	UP_STATEFUL,
	UP_NETFILTER_MODE,
	UP_FLAGS
};

#define UP_BIT(flag) (1u << (flag))

enum up_action {
	UP_SIMPLE,	/* only switch on, and wait */
	UP_EDIT,	/* change what is mentioned; it is running already */
	UP_START,	/* begin anew with all preferences, and wait */
	UP_MISSING,	/* refuse: settings are not mentioned */
	UP_NEEDS_REAUTH, /* refuse: another server */
};

/**
 * struct up_question - what "up" was asked for, and how things are
 * @old:	stored preferences
 * @new:	wanted ones: defaults but for what the flags say
 * @given:	UP_BIT()s of the flags that were given
 * @any_flag:	some flag was given, of whatever kind
 * @reset:	--reset
 * @force_reauth: --force-reauth
 * @has_auth_key: --auth-key
 * @backend:	state of the agent
 * @login:	who is logged in; "" = nobody
 * @user:	name of the one who asks, or NULL
 */
struct up_question {
	const struct prefs *old;
	const struct prefs *new;
	unsigned int given;
	bool any_flag;
	bool reset;
	bool force_reauth;
	bool has_auth_key;
	enum backend_state backend;
	const char *login;
	const char *user;
};

/**
 * struct up_answer - what to do
 * @action:	what
 * @edit_set:	UP_EDIT: PREFS_BIT()s to be changed to the new preferences
 * @missing:	UP_MISSING: "--name=value" for a shell, sorted
 * @keep_operator: the operator is taken over although it was not mentioned
 */
struct up_answer {
	enum up_action action;
	uint64_t edit_set;
	struct str_list missing;
	bool keep_operator;
};

/**
 * up_flag_name() - name of a flag
 * @flag: one
 *
 * Return: a static string, without dashes.
 */
const char *up_flag_name(enum up_flag flag);

/**
 * up_flag_prefs() - the preferences that a flag sets
 * @flag: one
 *
 * Return: PREFS_BIT()s.
 */
uint64_t up_flag_prefs(enum up_flag flag);

/**
 * up_flag_arg() - a flag as it would be typed
 * @flag:	one
 * @prefs:	has the value
 *
 * Return: "--name" or "--name=value", quoted for a shell, owned by the caller;
 * NULL without memory.
 */
char *up_flag_arg(enum up_flag flag, const struct prefs *prefs);

/**
 * up_same_server() - do two addresses mean the same control server?
 * @a: one
 * @b: the other
 *
 * Return: true if so.
 */
bool up_same_server(const char *a, const char *b);

/**
 * up_keep_routes() - change one of two options that make one preference
 * @old:	stored routes
 * @routes:	the prefixes are changed, and the offer to be an exit node is kept;
 *		else it is the other way round
 * @list:	what was typed; gets what is kept, sorted
 *
 * Return: 0 or -ENOMEM.
 */
int up_keep_routes(const struct str_list *old, bool routes,
		   struct str_list *list);

/**
 * up_decide() - what is to be done?
 * @q:		the question
 * @ret:	the answer; its list is owned by the caller
 *
 * Return: 0 or -ENOMEM.
 */
int up_decide(const struct up_question *q, struct up_answer *ret);

#endif /* MODEL_UP_RULES_H */
