/* SPDX-License-Identifier: GPL-2.0-only */
/* The server as a whole: settings, counters, and the lists of its parts. */
#ifndef CONTROL_SERVER_H
#define CONTROL_SERVER_H

#include <jansson.h>
#include <openssl/ssl.h>
#include <stdbool.h>
#include <stdint.h>
#include <zstd.h>

#include "fault.h"
#include "lock.h"
#include "loop.h"
#include "nodes.h"

#define CONNS_MAX	4096	/* ours: more are refused */

struct conn;
struct listener;
struct admin_listener;
struct c2n;

/* Whose habits it has. */
enum server_mode {
	SERVER_TAILSCALE,
	SERVER_HEADSCALE,
};

/**
 * struct server_config - how it is set up
 * @mode:		habits
 * @url:		base of the URLs it gives out, no slash at its end
 * @domain:		name of the tailnet, also the suffix of names
 * @state_file:		where nodes and keys are kept, or NULL
 * @auto_login:		opening a login page finishes the login
 * @open:		whoever registers is let in
 * @approve_machines:	new machines wait for "approve"
 * @auto_routes:	advertised routes are approved at once
 * @early:		send the early payload
 * @resume:		give map sessions a handle, and resume them
 * @lock:		offer the tailnet lock
 * @min_capver:		older nodes are refused
 * @keepalive_ms:	between keep-alives on a map stream; 0 for none
 * @ephemeral_ms:	how long an ephemeral node outlives its poll
 * @key_expiry_ms:	life of a node key, 0 for ever
 * @verbose:		log each request
 */
struct server_config {
	enum server_mode mode;
	char *url;
	char domain[128];
	char *state_file;
	bool auto_login;
	bool open;
	bool approve_machines;
	bool auto_routes;
	bool early;
	bool resume;
	bool lock;
	int min_capver;
	int64_t keepalive_ms;
	int64_t ephemeral_ms;
	int64_t key_expiry_ms;
	bool verbose;
};

/**
 * struct server_stats - what "stats" shows, since the start
 */
struct server_stats {
	unsigned long connections;
	unsigned long key_requests;
	unsigned long upgrades;
	unsigned long handshakes;
	unsigned long handshakes_bad;
	unsigned long requests;
	unsigned long registers;
	unsigned long registers_done;
	unsigned long followups;
	unsigned long map_streams;
	unsigned long map_resumes;
	unsigned long lite_updates;
	unsigned long one_shots;
	unsigned long rpcs;
	unsigned long ping_replies;
	unsigned long c2n_replies;
	unsigned long logins;
	unsigned long map_frames;
	unsigned long map_keepalives;
	unsigned long long map_bytes;
	unsigned long long map_json_bytes;
};

/**
 * struct server - all of it
 * @key, @pub:		the static Noise key
 * @lock:		the tailnet lock
 * @dns, @derpmap:	as given by the tester, JSON text; @derpmap may be NULL
 * @filters:		name -> array of rules
 * @c2n:		requests that wait for their answer
 * @ping_ids:		id -> true once the ping was answered
 * @rpc_log:		the last small RPCs, for "rpcs"
 * @state_dirty:	the state file is behind
 */
struct server {
	struct server_config cfg;
	struct server_stats stats;
	struct loop *loop;
	struct faults faults;
	struct nodes nodes;
	struct lock lock;
	uint8_t key[32];
	uint8_t pub[32];
	char *dns;
	char *derpmap;
	json_t *filters;
	json_t *bootstrap_dns;
	SSL_CTX *tls;
	ZSTD_CCtx *zstd;
	struct listener *listeners;
	struct conn *conns;
	unsigned int n_conns;
	struct c2n *c2n;
	struct admin_listener *admin;
	json_t *ping_ids;
	json_t *rpc_log;
	bool state_dirty;
};

/* A line on standard error, if @cfg.verbose. */
void server_log(const struct server *srv, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#endif /* CONTROL_SERVER_H */
