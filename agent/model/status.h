/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the node says about itself: a plain value, filled in by the node,
 * written by the local API, read back by the command line.
 */
#ifndef MODEL_STATUS_H
#define MODEL_STATUS_H

#include "base/rfc3339.h"
#include "base/str_list.h"
#include "crypto/key.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Source: tailscale ipn/backend.go, State. The numbers are on the wire. */
enum backend_state {
	BACKEND_NO_STATE = 0,
	BACKEND_IN_USE_OTHER_USER = 1,
	BACKEND_NEEDS_LOGIN = 2,
	BACKEND_NEEDS_MACHINE_AUTH = 3,
	BACKEND_STOPPED = 4,
	BACKEND_STARTING = 5,
	BACKEND_RUNNING = 6,
	BACKEND_STATES
};

/*
 * What of the packet filter is in force. Until the kernel module has one,
 * status says so: a user who wrote access rules must not believe in them.
 */
enum status_filter {
	STATUS_FILTER_UNKNOWN,
	STATUS_FILTER_NOT_ENFORCED,
	STATUS_FILTER_ENFORCED,
};

/* What people are told for STATUS_FILTER_NOT_ENFORCED. */
#define STATUS_FILTER_TEXT \
	"access rules are not enforced by this node yet: every peer of the " \
	"tailnet can reach everything that listens on it"

/**
 * struct status_peer - this node or another one
 * @id: stable id
 * @node_id: number
 * @key: public key; zero = none yet
 * @host_name: as it calls itself
 * @dns_name: full, with the dot at the end
 * @os: operating system
 * @user_id: owner
 * @sharer_id: user who shared it, 0 = nobody
 * @addresses: own addresses, IPv4 first
 * @allowed_ips: prefixes that it may send from
 * @tags: its tags
 * @routes: prefixes for which it is the chosen router
 * @endpoints: ADDRESS:PORT; of this node only
 * @cur_addr: ADDRESS:PORT of the direct path, or NULL
 * @relay: code of its relay region
 * @peer_relay: ADDRESS:PORT:vni:N, or NULL
 * @rx_bytes: received
 * @tx_bytes: sent
 * @created: when it joined
 * @last_write: when it was last sent something
 * @last_seen: when the control server last saw it; only while offline
 * @last_handshake: last WireGuard handshake
 * @key_expiry: when its key expires; not set = it does not
 * @online: connected to the control server
 * @exit_node: chosen as exit node
 * @exit_node_option: may be one
 * @active: was sent something in the last two minutes
 * @peerapi_urls: of its peer API
 * @cap_map: JSON text of the object, or NULL
 * @ssh_host_keys: offered for SSH
 * @sharee: known only because something is shared with it
 * @in_map: it is in the network map
 * @in_magicsock: paths to it are being looked after
 * @in_engine: the kernel module has it
 * @expired: its key has expired
 * @refused: why the kernel module does not let it in, or NULL
 *
 * Texts are owned; NULL and "" mean the same.
 */
struct status_peer {
	char *id;
	int64_t node_id;
	struct node_public key;
	char *host_name;
	char *dns_name;
	char *os;
	int64_t user_id;
	int64_t sharer_id;
	struct str_list addresses;
	struct str_list allowed_ips;
	struct str_list tags;
	struct str_list routes;
	struct str_list endpoints;
	char *cur_addr;
	char *relay;
	char *peer_relay;
	uint64_t rx_bytes;
	uint64_t tx_bytes;
	struct timestamp created;
	struct timestamp last_write;
	struct timestamp last_seen;
	struct timestamp last_handshake;
	struct timestamp key_expiry;
	bool online;
	bool exit_node;
	bool exit_node_option;
	bool active;
	struct str_list peerapi_urls;
	char *cap_map;
	struct str_list ssh_host_keys;
	bool sharee;
	bool in_map;
	bool in_magicsock;
	bool in_engine;
	bool expired;
	char *refused;
};

/**
 * struct status_user - an owner of nodes
 * @id: number
 * @login: "alice@example.com"
 * @display: name of the person
 * @picture_url: of the person
 */
struct status_user {
	int64_t id;
	char *login;
	char *display;
	char *picture_url;
};

/**
 * struct status_rest - the state while nobody uses it
 * @known: the rest is set
 * @sealed: by the TPM
 * @recovery_key: there is a key that opens it without the TPM
 * @counter: old states are found out
 * @tpm: how it calls itself; NULL = it was not asked, or did not answer
 * @tpm_error: what it was like when it was last asked; NULL = well
 * @lockout: it was in lockout then
 * @failures: that it counted
 * @failures_max: that lead to a lockout
 * @interval_s: after which it forgets one
 */
struct status_rest {
	bool known;
	bool sealed;
	bool recovery_key;
	bool counter;
	char *tpm;
	char *tpm_error;
	bool lockout;
	uint32_t failures;
	uint32_t failures_max;
	uint32_t interval_s;
};

/**
 * struct status - everything
 * @version: of the agent
 * @tun: packets go through a network device; always, with us
 * @backend: state
 * @have_node_key: there is a node key
 * @auth_url: where to log in, or NULL
 * @self: this node
 * @peers: owned, with their contents; in the order of their keys
 * @n_peers: in use
 * @cap_peers: allocated
 * @users: owned, with their contents
 * @n_users: in use
 * @cap_users: allocated
 * @health: what is wrong, one text each
 * @magic_dns_suffix: without dots at its ends
 * @has_tailnet: the two below are known
 * @tailnet_name: of the network
 * @magic_dns: names are answered
 * @cert_domains: names for which there may be certificates
 * @exit_node_id: chosen exit node, or NULL
 * @exit_node_online: it is connected
 * @exit_node_ips: its addresses as prefixes
 * @filter: what of the packet filter is in force
 * @rest: how the state is kept
 */
struct status {
	char *version;
	bool tun;
	enum backend_state backend;
	bool have_node_key;
	char *auth_url;
	struct status_peer self;
	struct status_peer *peers;
	size_t n_peers;
	size_t cap_peers;
	struct status_user *users;
	size_t n_users;
	size_t cap_users;
	struct str_list health;
	char *magic_dns_suffix;
	bool has_tailnet;
	char *tailnet_name;
	bool magic_dns;
	struct str_list cert_domains;
	char *exit_node_id;
	bool exit_node_online;
	struct str_list exit_node_ips;
	enum status_filter filter;
	struct status_rest rest;
};

/**
 * backend_state_name() - text of a state in the status document
 * @state: one
 *
 * Return: a static string.
 */
const char *backend_state_name(enum backend_state state);

/**
 * backend_state_parse() - a state from its text
 * @name:	as backend_state_name() gives
 * @ret:	the state
 *
 * Return: true if there is one of that name.
 */
bool backend_state_parse(const char *name, enum backend_state *ret);

/**
 * status_text() - a text of the status, never NULL
 * @value: a member
 *
 * Return: @value or "".
 */
static inline const char *status_text(const char *value)
{
	return value ? value : "";
}

/**
 * status_set_text() - replace a text
 * @slot:	member of one of the structs
 * @value:	copied; NULL = none
 *
 * Return: 0 or -ENOMEM, the old one untouched.
 */
int status_set_text(char **slot, const char *value);

/**
 * status_add_peer() - append a peer
 * @status: appended to
 *
 * Return: an empty peer, borrowed until the next call; NULL without memory.
 */
struct status_peer *status_add_peer(struct status *status);

/**
 * status_add_user() - append a user
 * @status: appended to
 *
 * Return: an empty user, borrowed until the next call; NULL without memory.
 */
struct status_user *status_add_user(struct status *status);

/**
 * status_find_user() - a user by number
 * @status:	searched
 * @id:		wanted
 *
 * Return: borrowed, or NULL.
 */
const struct status_user *status_find_user(const struct status *status,
					   int64_t id);

/**
 * status_peer_done() - free the contents of a peer
 * @peer: all zero afterwards
 */
void status_peer_done(struct status_peer *peer);

/**
 * status_done() - free the contents
 * @status: all zero afterwards, as before it was filled
 */
void status_done(struct status *status);

static inline void status_cleanup(struct status *status)
{
	status_done(status);
}

#endif /* MODEL_STATUS_H */
