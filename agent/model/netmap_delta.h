/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef MODEL_NETMAP_DELTA_H
#define MODEL_NETMAP_DELTA_H

#include "base/arena.h"
#include "base/cleanup.h"
#include "base/opt_bool.h"
#include "base/rfc3339.h"
#include "model/derp_map.h"
#include "model/dns_config.h"
#include "model/filter_rules.h"
#include "model/health.h"
#include "model/node.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/**
 * struct user_profile - a person, or whoever owns nodes
 * @mem: owns it
 * @id: its id
 * @login_name: such as ana@example.com
 * @display_name: for people
 * @profile_pic_url: may be empty
 * @groups: that it is in
 */
struct user_profile {
	struct arena *mem;
	int64_t id;
	const char *login_name;
	const char *display_name;
	const char *profile_pic_url;
	struct text_list groups;
};

const struct user_profile *user_profile_get(const struct user_profile *user);
void user_profile_put(const struct user_profile *user);

/**
 * struct raw_json - a part that is passed on unread
 * @mem: owns it
 * @text: JSON, terminated
 */
struct raw_json {
	struct arena *mem;
	const char *text;
};

const struct raw_json *raw_json_get(const struct raw_json *raw);
void raw_json_put(const struct raw_json *raw);

/* Most ways to dial that are taken; ours. */
#define DIAL_CANDIDATES_MAX 16

/**
 * struct dial_candidate - one way to dial the control server
 * @ip: its address, or the one of @ace_host; may be none
 * @ace_host: a host that passes the connection on; "" = none
 * @start_delay_ms: 0..60000
 * @timeout_ms: 0..60000; 0 = the usual one
 * @priority: higher is better
 */
struct dial_candidate {
	struct ip_addr ip;
	const char *ace_host;
	uint32_t start_delay_ms;
	uint32_t timeout_ms;
	int64_t priority;
};

/**
 * struct dial_plan - ways to dial the control server
 * @mem: owns it
 * @item: at most DIAL_CANDIDATES_MAX; none = by DNS
 * @n: how many
 */
struct dial_plan {
	struct arena *mem;
	const struct dial_candidate *item;
	size_t n;
};

const struct dial_plan *dial_plan_get(const struct dial_plan *plan);
void dial_plan_put(const struct dial_plan *plan);

/**
 * struct client_version - what the server says of our version
 * @mem: owns it
 * @running_latest: there is no newer one
 * @latest_version: may be empty
 * @urgent_security_update: the newer one fixes a hole
 * @notify: tell people
 * @notify_url: where to read more
 * @notify_text: what to tell
 */
struct client_version {
	struct arena *mem;
	bool running_latest;
	const char *latest_version;
	bool urgent_security_update;
	bool notify;
	const char *notify_url;
	const char *notify_text;
};

const struct client_version *
client_version_get(const struct client_version *version);
void client_version_put(const struct client_version *version);

/* Longest text of a lock head that is kept: base32 of 32 bytes takes 52. */
#define TKA_HEAD_MAX 64

/**
 * struct tka_info - what the server says of the tailnet lock
 * @present: false = the lock is not in use
 * @head: text of the newest update, "" = none
 * @disabled: the lock is being turned off
 */
struct tka_info {
	bool present;
	char head[TKA_HEAD_MAX + 1];
	bool disabled;
};

/* What a server asks a node to ping by. */
#define PING_DISCO	(1U << 0)
#define PING_TSMP	(1U << 1)
#define PING_ICMP	(1U << 2)
#define PING_PEERAPI	(1U << 3)

/**
 * struct ping_request - the server wants to hear from us
 * @url: where to answer; never empty
 * @url_is_noise: over the channel; only path and query count then
 * @log: log it
 * @head: no type at all: a HEAD request to @url is the answer
 * @c2n: @payload is an HTTP request, its response the answer
 * @types: PING_*: ping @ip in these ways; other types are left out
 * @ip: may be none
 * @payload: bytes
 *
 * Source: tailcfg/tailcfg.go, PingRequest.
 */
struct ping_request {
	const char *url;
	bool url_is_noise;
	bool log;
	bool head;
	bool c2n;
	unsigned int types;
	struct ip_addr ip;
	struct bytes payload;
};

/**
 * struct map_debug - orders of the server
 * @sleep_ms: wait before going on, 0..300000
 * @disable_log_tail: no log upload
 * @exit: the process is to end
 * @exit_code: with this code
 */
struct map_debug {
	uint32_t sleep_ms;
	bool disable_log_tail;
	bool exit;
	int exit_code;
};

/**
 * struct id_flag - a switch of one peer
 * @id: the peer
 * @on: its new state
 */
struct id_flag {
	int64_t id;
	bool on;
};

/* Which fields of a struct netmap_delta are there. */
#define DELTA_SEQ		(1U << 0)
#define DELTA_DOMAIN		(1U << 1)
#define DELTA_FILTER		(1U << 2)
#define DELTA_CONTROL_TIME	(1U << 3)
#define DELTA_TKA_INFO		(1U << 4)
#define DELTA_DEBUG		(1U << 5)
#define DELTA_PING		(1U << 6)
#define DELTA_PEERS		(1U << 7)

/**
 * struct netmap_delta - one message of a map stream
 *
 * A pointer that is NULL, an OPT_UNSET and a list of none mean "unchanged", but
 * where said otherwise.
 *
 * @mem: owns it and holds a reference to each part
 * @set: DELTA_*
 * @keep_alive: only @ping, @pop_browser_url, @control_time, @client_version and
 *	@dial_plan count
 * @session_handle: "" = none
 * @seq: of this message
 * @ping: to be answered
 * @pop_browser_url: to be shown; "" = none
 * @client_version: information
 * @control_time: clock of the server
 * @dial_plan: the new one
 * @debug: orders
 * @self: the new self node
 * @peers: with DELTA_PEERS: all peers, at least 1 was named; in the order of
 *	arrival
 * @n_peers: how many
 * @peers_removed: ids
 * @n_peers_removed: how many
 * @peers_changed: whole nodes to be added or replaced
 * @n_peers_changed: how many
 * @seen: on = just now, off = unknown when
 * @n_seen: how many
 * @online: of peers
 * @n_online: how many
 * @patches: changes of single fields
 * @n_patches: how many
 * @users: to be added or replaced
 * @n_users: how many
 * @derp_regions: all of them
 * @derp_home: all scores; an empty one resets them
 * @filter: with DELTA_FILTER: change of the packet filter
 * @dns: all settings
 * @domain: name of the network
 * @collect_services: may services be reported?
 * @health: all lines; an empty one is good news
 * @messages: change of the messages
 * @ssh_policy: the new one
 * @tka_info: with DELTA_TKA_INFO
 * @dropped: nodes, patches and other entries that could not be used
 * @drop_reason: why the first of them was, for a log; "" = none
 *
 * Source: tailcfg/tailcfg.go, MapResponse.
 */
struct netmap_delta {
	struct arena *mem;
	unsigned int set;
	bool keep_alive;
	const char *session_handle;
	int64_t seq;
	const struct ping_request *ping;
	const char *pop_browser_url;
	const struct client_version *client_version;
	struct timestamp control_time;
	const struct dial_plan *dial_plan;
	struct map_debug debug;
	const struct node *self;
	const struct node **peers;
	size_t n_peers;
	const int64_t *peers_removed;
	size_t n_peers_removed;
	const struct node **peers_changed;
	size_t n_peers_changed;
	const struct id_flag *seen;
	size_t n_seen;
	const struct id_flag *online;
	size_t n_online;
	const struct node_patch *patches;
	size_t n_patches;
	const struct user_profile **users;
	size_t n_users;
	const struct derp_regions *derp_regions;
	const struct derp_home *derp_home;
	struct filter_change filter;
	const struct dns_config *dns;
	const char *domain;
	enum opt_bool collect_services;
	const struct health_lines *health;
	const struct health_messages *messages;
	const struct raw_json *ssh_policy;
	struct tka_info tka_info;
	size_t dropped;
	char drop_reason[120];
};

/**
 * netmap_delta_new() - a message that changes nothing
 *
 * Return: the message, to be filled in; NULL without memory.
 */
struct netmap_delta *netmap_delta_new(void);

/**
 * netmap_delta_free() - free a message
 * @delta: from netmap_delta_new(), or NULL
 */
void netmap_delta_free(struct netmap_delta *delta);

DEFINE_CLEANUP(netmap_delta, struct netmap_delta *, netmap_delta_free)

#endif /* MODEL_NETMAP_DELTA_H */
