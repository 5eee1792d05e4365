/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the user wants of this node.
 *
 * One table describes every preference; reading, writing, comparing, copying
 * and masking are loops over it. A new preference is a member of the struct, a
 * value of the enum and a line in the table.
 */
#ifndef MODEL_PREFS_H
#define MODEL_PREFS_H

#include "base/err.h"
#include "base/opt_bool.h"
#include "base/str_list.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum prefs_netfilter {
	PREFS_NETFILTER_OFF = 0,
	PREFS_NETFILTER_NODIVERT = 1,
	PREFS_NETFILTER_ON = 2,
};

#define PREFS_PORT_UNSET (-1)

/**
 * struct prefs - the preferences of one profile
 * @control_url: control server; empty = the default one and "never been up"
 * @route_all: take the subnet routes of other nodes
 * @exit_node_id: stable id of the exit node
 * @exit_node_ip: its address, while the id is not known
 * @auto_exit_node: expression that chooses it
 * @exit_node_prior: stable id of the one before; set by the agent only
 * @exit_node_lan: local networks stay reachable past an exit node
 * @corp_dns: take the DNS settings of the tailnet
 * @run_ssh: serve SSH
 * @run_web: serve the web client
 * @want_running: the network is to be up
 * @logged_out: the user has logged out; no login by itself
 * @shields_up: let nothing in
 * @advertise_tags: tags asked for
 * @hostname: name to be known by; empty = the host's
 * @notepad_urls: of another system, kept
 * @force_daemon: of another system, kept
 * @egg: kept
 * @advertise_routes: prefixes offered to others
 * @advertise_services: services offered
 * @sync: take updates from the control server
 * @no_snat: do not rewrite source addresses of routed traffic
 * @no_stateful: no stateful filter for routed traffic
 * @netfilter_mode: enum prefs_netfilter
 * @operator_user: may use the local API as root does
 * @profile_name: nickname of the profile
 * @update_check: tell about new versions
 * @update_apply: install them
 * @app_connector: offer to be an app connector
 * @posture: report posture
 * @netfilter_kind: which packet filter tool; empty = choose
 * @remote_config: kept
 * @drive_shares: JSON text of the array, or NULL
 * @relay_port: UDP port of a peer relay; PREFS_PORT_UNSET = no relay
 * @relay_endpoints: its addresses
 * @extra: JSON text of an object with members unknown to us, or NULL; written
 *	back as they were
 *
 * Texts are owned; NULL and "" mean the same.
 */
struct prefs {
	char *control_url;
	bool route_all;
	char *exit_node_id;
	char *exit_node_ip;
	char *auto_exit_node;
	char *exit_node_prior;
	bool exit_node_lan;
	bool corp_dns;
	bool run_ssh;
	bool run_web;
	bool want_running;
	bool logged_out;
	bool shields_up;
	struct str_list advertise_tags;
	char *hostname;
	bool notepad_urls;
	bool force_daemon;
	bool egg;
	struct str_list advertise_routes;
	struct str_list advertise_services;
	enum opt_bool sync;
	bool no_snat;
	enum opt_bool no_stateful;
	int netfilter_mode;
	char *operator_user;
	char *profile_name;
	bool update_check;
	enum opt_bool update_apply;
	bool app_connector;
	bool posture;
	char *netfilter_kind;
	bool remote_config;
	char *drive_shares;
	int relay_port;
	struct str_list relay_endpoints;
	char *extra;
};

/* In the order in which they are written. */
enum prefs_id {
	PREFS_CONTROL_URL,
	PREFS_ROUTE_ALL,
	PREFS_EXIT_NODE_ID,
	PREFS_EXIT_NODE_IP,
	PREFS_AUTO_EXIT_NODE,
	PREFS_EXIT_NODE_PRIOR,
	PREFS_EXIT_NODE_LAN,
	PREFS_CORP_DNS,
	PREFS_RUN_SSH,
	PREFS_RUN_WEB,
	PREFS_WANT_RUNNING,
	PREFS_LOGGED_OUT,
	PREFS_SHIELDS_UP,
	PREFS_ADVERTISE_TAGS,
	PREFS_HOSTNAME,
	PREFS_NOTEPAD_URLS,
	PREFS_FORCE_DAEMON,
	PREFS_EGG,
	PREFS_ADVERTISE_ROUTES,
	PREFS_ADVERTISE_SERVICES,
	PREFS_SYNC,
	PREFS_NO_SNAT,
	PREFS_NO_STATEFUL,
	PREFS_NETFILTER_MODE,
	PREFS_OPERATOR_USER,
	PREFS_PROFILE_NAME,
	PREFS_UPDATE_CHECK,
	PREFS_UPDATE_APPLY,
	PREFS_APP_CONNECTOR,
	PREFS_POSTURE,
	PREFS_NETFILTER_KIND,
	PREFS_REMOTE_CONFIG,
	PREFS_DRIVE_SHARES,
	PREFS_RELAY_PORT,
	PREFS_RELAY_ENDPOINTS,
	PREFS_N
};

#define PREFS_BIT(id)	(UINT64_C(1) << (id))
#define PREFS_ALL	(PREFS_BIT(PREFS_N) - 1)

enum prefs_type {
	PREFS_BOOL,
	PREFS_TRI,
	PREFS_TEXT,
	PREFS_LIST,
	PREFS_NUMBER,	/* int */
	PREFS_PORT,	/* int, PREFS_PORT_UNSET = null */
	PREFS_JSON,	/* text of a JSON array */
};

/**
 * struct prefs_field - how one preference is stored and written
 * @name:	JSON member, exact
 * @group:	object that has the member, or NULL: the document itself
 * @type:	of the value
 * @offset:	in struct prefs
 * @omit_empty:	not written while it has no value
 */
struct prefs_field {
	const char *name;
	const char *group;
	enum prefs_type type;
	size_t offset;
	bool omit_empty;
};

/**
 * struct prefs_edit - some preferences to be changed
 * @set:	PREFS_BIT()s of those that are
 * @prefs:	their new values; the others do not matter
 */
struct prefs_edit {
	uint64_t set;
	struct prefs prefs;
};

/**
 * prefs_field() - the description of a preference
 * @id: which
 *
 * Source: tailscale ipn/prefs.go, Prefs and its JSON tags.
 * Return: static data.
 */
const struct prefs_field *prefs_field(enum prefs_id id);

/**
 * prefs_init() - the preferences of a new node
 * @ret: set to the defaults, which need no memory
 */
void prefs_init(struct prefs *ret);

/**
 * prefs_done() - free the contents
 * @prefs: the defaults afterwards; may be all zero
 */
void prefs_done(struct prefs *prefs);

static inline void prefs_cleanup(struct prefs *prefs)
{
	prefs_done(prefs);
}

/**
 * prefs_copy() - the same preferences
 * @from:	copied
 * @ret:	the copy, owned by the caller
 *
 * Return: 0 or -ENOMEM.
 */
int prefs_copy(const struct prefs *from, struct prefs *ret);

/**
 * prefs_set_text() - replace a text of preferences
 * @slot:	member of a struct prefs
 * @value:	copied; NULL = empty
 *
 * Return: 0 or -ENOMEM, the old one untouched.
 */
int prefs_set_text(char **slot, const char *value);

/**
 * prefs_text() - a text of preferences, never NULL
 * @value: a member of a struct prefs
 *
 * Return: @value or "".
 */
static inline const char *prefs_text(const char *value)
{
	return value ? value : "";
}

/**
 * prefs_diff() - which preferences differ
 * @a: one
 * @b: the other
 *
 * Return: PREFS_BIT()s.
 */
uint64_t prefs_diff(const struct prefs *a, const struct prefs *b);

/**
 * prefs_apply() - new preferences from old ones and an edit
 * @old:	not touched
 * @edit:	what to change
 * @ret:	owned by the caller
 *
 * An edit that names an exit node ends the automatic choice of one, and one
 * that takes the node away forgets the one before, too.
 * Source: tailscale ipn/ipnlocal/local.go, EditPrefs.
 *
 * Return: 0 or -ENOMEM.
 */
int prefs_apply(const struct prefs *old, const struct prefs_edit *edit,
		struct prefs *ret);

/**
 * prefs_check_edit() - may a client ask for this edit?
 * @edit:	from a client
 * @detail:	filled on error
 *
 * Return: 0 or TNE_PREFS.
 */
int prefs_check_edit(const struct prefs_edit *edit, struct err_detail *detail);

/**
 * prefs_check() - do these preferences make sense, and can we do them?
 * @prefs:	looked at
 * @detail:	filled on error with all that is wrong, in lines joined by "; "
 *
 * Return: 0 or TNE_PREFS.
 */
int prefs_check(const struct prefs *prefs, struct err_detail *detail);

/**
 * prefs_check_tag() - is this the name of a tag?
 * @tag:	with its prefix "tag:"
 * @detail:	filled on error
 *
 * Source: tailscale tailcfg/tailcfg.go, CheckTag.
 * Return: 0 or TNE_PREFS.
 */
int prefs_check_tag(const char *tag, struct err_detail *detail);

/**
 * prefs_check_route() - is this a prefix without host bits?
 * @route:	text, "10.0.0.0/8"
 * @detail:	filled on error
 *
 * Return: 0 or TNE_PREFS.
 */
int prefs_check_route(const char *route, struct err_detail *detail);

static inline void prefs_edit_cleanup(struct prefs_edit *edit)
{
	prefs_done(&edit->prefs);
}

#endif /* MODEL_PREFS_H */
