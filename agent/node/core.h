/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The inside of the node, for node.c and the files of this folder that work on
 * it: login.c (what the control client tells), api.c (what users ask).
 */
#ifndef NODE_CORE_H
#define NODE_CORE_H

#include "base/log.h"
#include "control/client.h"
#include "model/netmap.h"
#include "model/view.h"
#include "node/data_side.h"
#include "node/host_side.h"
#include "node/lock_side.h"
#include "node/logout.h"
#include "node/self_info.h"
#include "node/watchers.h"
#include "node_own.h"
#include "store/identity.h"

#include <stdbool.h>
#include <stddef.h>

#define NODE_WARNINGS_MAX 64
#define NODE_WARNING_TEXT 400

/**
 * struct node_own - the node
 * @config: as given
 * @identity: who we are
 * @self: what we say of ourselves
 * @disco: key of this process
 * @client: the control client
 * @login_wanted: a login is under way, whatever WantRunning says
 * @interactive: it is a person's
 * @by_key: it goes by an auth key
 * @keyed_ms: when an auth key has brought the first node key; 0 = it did not, or
 *	somebody has asked for a login since
 * @forgotten: the server does not know our key any more
 * @rejoined: it knows it again; the others have no sessions with us any more
 * @remake_client: with another identity or server, as soon as possible
 * @refused: why the server does not let us in, or ""
 * @netmap: newest map, or NULL
 * @had_map: there was one, or it was taken away
 * @noted_ms: when names of the tailnet were last written; boot time, 0 = never
 * @relays: of the last map of a run before, or NULL
 * @relays_new: those of @netmap are not on disk
 * @relays_ms: when they were last written; boot time, 0 = never
 * @self_shown: watchers were told of the self node of @netmap
 * @view: how the peers are wanted
 * @n_jailed: peers of @netmap that need a packet filter
 * @n_masked: those that need rewritten addresses
 * @left_out_known: @n_jailed and @n_masked are of @netmap
 * @view_known: @view goes with @netmap but for @changed
 * @changed: keys of peers that may have changed since
 * @n_changed: how many
 * @cap_changed: allocated
 * @host_dirty: addresses and routes have to be compared
 * @data: the kernel's side
 * @switches: of the device, as found
 * @data_lost: the device has to be taken again
 * @data_error: what is wrong with it, or ""
 * @lock: the tailnet lock
 * @lock_head: text of its newest update, or ""
 * @commands: of the lock, that wait for the server; struct lock_command
 * @host: the host's side
 * @host_error: what is wrong with it, or ""
 * @applied: both are as wanted
 * @backend: the state; written by enter() in node.c alone
 * @logout: the one under way
 * @endpoints: own ones
 * @n_endpoints: how many
 * @watchers: who is told
 * @orders: how often orders of the server are logged
 * @troubles: how often failures of a step are
 * @warnings: of the last health_collect()
 * @n_warnings: how many
 * @texts: of them
 * @told_health: sum over what watchers were told of them
 * @work: does what is to be done
 * @retry: after a failure
 * @n_failed: in a row
 * @engine: counters for those who want them
 * @watchdog: tells the service manager that we live
 * @started_ms: boot time
 */
struct node_own {
	struct node_own_config config;
	struct identity identity;
	struct self_info self;
	struct disco_public disco;
	struct client *client;
	bool login_wanted;
	bool interactive;
	bool by_key;
	uint64_t keyed_ms;
	bool forgotten;
	bool rejoined;
	bool remake_client;
	char refused[NODE_WARNING_TEXT];
	struct netmap *netmap;
	bool had_map;
	uint64_t noted_ms;
	const struct derp_regions *relays;
	bool relays_new;
	uint64_t relays_ms;
	bool self_shown;
	struct wanted view;
	size_t n_jailed;
	size_t n_masked;
	bool left_out_known;
	bool view_known;
	struct node_public *changed;
	size_t n_changed;
	size_t cap_changed;
	bool host_dirty;
	struct data_side data;
	bool switches[WG_SWITCHES];
	bool data_lost;
	char data_error[NODE_WARNING_TEXT];
	struct lock_side lock;
	struct aum_hash_text lock_head;
	struct list commands;
	struct host_side host;
	char host_error[NODE_WARNING_TEXT];
	bool applied;
	enum backend_state backend;
	struct logout logout;
	struct own_endpoint endpoints[HOST_SIDE_ENDPOINTS];
	size_t n_endpoints;
	struct watchers watchers;
	struct log_limit orders;
	struct log_limit troubles;
	struct notify_warning warnings[NODE_WARNINGS_MAX];
	size_t n_warnings;
	char texts[NODE_WARNINGS_MAX][NODE_WARNING_TEXT];
	uint64_t told_health;
	struct loop_later work;
	struct loop_timer retry;
	unsigned int n_failed;
	struct loop_timer engine;
	struct loop_timer watchdog;
	uint64_t started_ms;
};

/**
 * node_kick() - there is something to be done
 * @node: does it in the next round
 */
void node_kick(struct node_own *node);

/**
 * node_dirty() - everything has to be compared
 * @node: does it in the next round
 */
void node_dirty(struct node_own *node);

/**
 * node_now() - wall clock
 * @node: knows the clock
 *
 * Return: the time, set.
 */
struct timestamp node_now(const struct node_own *node);

/**
 * node_has_key() - is there a node key?
 * @node: the node
 *
 * Return: true if so.
 */
bool node_has_key(const struct node_own *node);

/**
 * node_control_url() - which control server
 * @node: the node
 *
 * Return: borrowed until the preferences change.
 */
const char *node_control_url(const struct node_own *node);

/**
 * node_exit_node() - the chosen exit node
 * @node: the node
 *
 * Return: its stable id, or "".
 */
const char *node_exit_node(const struct node_own *node);

/**
 * node_save() - put the identity on disk
 * @node:	the node
 * @detail:	filled on error
 *
 * Return: 0 or an error.
 */
int node_save(struct node_own *node, struct err_detail *detail);

/**
 * node_set_self() - gather anew what we say of ourselves
 * @node: after any change of its preferences
 */
void node_set_self(struct node_own *node);

/**
 * node_tell_state() - tell watchers the state, whether or not it has changed
 * @node: the node
 */
void node_tell_state(struct node_own *node);

/**
 * node_tell_self() - tell watchers about this node
 * @node: the node
 */
void node_tell_self(struct node_own *node);

/**
 * node_set_netmap() - there is another map
 * @node:	the node
 * @netmap:	gets a reference; NULL = none any more
 */
void node_set_netmap(struct node_own *node, struct netmap *netmap);

#endif /* NODE_CORE_H */
