/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The control client and a server played by hand, under a simulated clock. For
 * one test program each: all of it is static.
 */
#ifndef CLIENT_RIG_H
#define CLIENT_RIG_H

#include "fake_conn.h"
#include "test.h"

#include "base/clock.h"
#include "base/log.h"
#include "control/client.h"
#include "control/map_poll.h"
#include "loop/loop.h"
#include "loop/transfers.h"
#include "model/hostinfo.h"
#include "model/netmap.h"

#include <errno.h>
#include <unistd.h>

#define NOW_S 1900000000
#define KEY(c) "nodekey:" c c c c c c c c c c c c c c c c
#define SELF \
	"{\"Node\":{\"ID\":7,\"StableID\":\"n7\",\"Name\":\"a.t.\",\"Key\":\"" \
	KEY("1111") "\",\"MachineAuthorized\":true," \
	"\"Addresses\":[\"100.64.0.7/32\"]%s}%s}"
#define OK_BODY "{\"MachineAuthorized\":true,\"Login\":{\"LoginName\":\"a@b\"}}"

/**
 * struct world - the client and what it has told
 */
static struct world {
	struct clock_sim clock;
	struct loop *loop;
	struct transfers *transfers;
	struct secret32 *machine;
	struct client *client;
	struct hostinfo hostinfo;
	char url[REGISTER_URL_MAX + 1];
	char why[400];
	bool gave_up;
	int n_refused;
	int n_registered;
	int n_new_keys;
	int n_netmaps;
	size_t n_peers;
	int n_logged_out;
	int n_exits;
	int n_pops;
	int n_key_changes;
	int keep_err;
	bool pause_on_netmap;
} w;

static inline void on_state(void *ctx, enum client_state state)
{
	(void)ctx;
	(void)state;
}

static inline void on_self(void *ctx, struct control_self *ret)
{
	(void)ctx;
	ret->hostinfo = &w.hostinfo;
	ret->disco_key.byte[0] = 1;
}

static inline void on_server_key(void *ctx, const struct machine_public *key,
			  bool known)
{
	(void)ctx;
	(void)key;
	w.n_key_changes += known;
}

static inline void on_visit(void *ctx, const char *url)
{
	(void)ctx;
	snprintf(w.url, sizeof(w.url), "%s", url);
}

static inline int on_registered(void *ctx, const struct register_response *response,
			 struct secret32 *key)
{
	(void)ctx;
	(void)response;
	w.n_registered++;
	w.n_new_keys += key != NULL;
	if (w.keep_err == 0)
		secret32_free(key);
	return w.keep_err;
}

static inline void on_refused(void *ctx, const char *why, bool give_up)
{
	(void)ctx;
	w.n_refused++;
	w.gave_up = give_up;
	snprintf(w.why, sizeof(w.why), "%s", why);
}

static inline void on_netmap(void *ctx, struct netmap *netmap)
{
	(void)ctx;
	w.n_netmaps++;
	w.n_peers = netmap_n_peers(netmap);
	if (w.pause_on_netmap)
		client_pause(w.client, true);
}

static inline void on_pop(void *ctx, const char *url)
{
	(void)ctx;
	(void)url;
	w.n_pops++;
}

static inline void on_logged_out(void *ctx)
{
	(void)ctx;
	w.n_logged_out++;
}

static inline void on_exit_wanted(void *ctx, int code)
{
	(void)ctx;
	(void)code;
	w.n_exits++;
}

static inline uint32_t half(void *ctx)
{
	(void)ctx;
	return UINT32_MAX / 2 + 1;	/* waits are what the formula says */
}

static inline void stop(void)
{
	client_free(w.client);
	transfers_free(w.transfers);
	loop_free(w.loop);
	secret32_free(w.machine);
	memset(&w, 0, sizeof(w));
}

static const struct client_calls calls = {
	.state = on_state, .self = on_self, .server_key = on_server_key,
	.visit = on_visit, .registered = on_registered,
	.refused = on_refused, .netmap = on_netmap, .pop_url = on_pop,
	.logged_out = on_logged_out, .exit = on_exit_wanted,
};

/* Of the next client. */
static struct control_signer rig_signer;
static const struct derp_regions *rig_relays;
static const char *rig_url = "https://c.example";

static inline void begin(bool has_key, uint8_t known_key)
{
	const struct transfers_options options = { .no_proxy = true };
	struct client_config config = {
		.server_url = rig_url, .version = 113,
		.random = half, .signer = rig_signer, .relays = rig_relays,
	};

	stop();
	fake_reset();
	log_setup(STDERR_FILENO, LOG_LEVEL_ERR, false);
	clock_sim_init(&w.clock, NOW_S);
	CHECK_EQ(loop_new(&w.clock.clock, &w.loop), 0);
	CHECK_EQ(transfers_new(w.loop, &options, &w.transfers), 0);
	w.machine = secret32_new();
	w.hostinfo.os = "linux";
	config.transfers = w.transfers;
	config.machine = w.machine;
	config.keys.lock.byte[0] = 1;
	config.known_key.byte[0] = known_key;
	if (has_key)
		memset(config.keys.node.byte, 0x11, KEY_LEN);
	CHECK_EQ(client_new(&config, &calls, &w.client), 0);
}

static inline void turn(void)
{
	int i;

	for (i = 0; i < 5; i++)
		loop_turn(w.loop, 0);
}

static inline void advance(uint64_t ms)
{
	loop_advance(w.loop, ms);
	turn();
}

static inline void reach_register(void)
{
	turn();
	CHECK_EQ(client_state(w.client), CLIENT_KEY);
	fake_key(0, 9);
	turn();
	CHECK_EQ(client_state(w.client), CLIENT_DIALING);
	fake_connected();
	turn();
	CHECK_EQ(client_state(w.client), CLIENT_REGISTERING);
}

static inline struct h2_stream *poll_request(void)
{
	return fake_find("/machine/map", "\"Stream\":true");
}

static inline struct h2_stream *lite_request(void)
{
	return fake_find("/machine/map", "\"OmitPeers\":true");
}

static inline struct h2_stream *reg_request(void)
{
	return fake_find("/machine/register", NULL);
}

static inline void reach_poll(void)
{
	begin(true, 0);
	CHECK_EQ(client_login(w.client, false, NULL), 0);
	CHECK_IN(reach_register());
	fake_answer(reg_request(), 200, "", OK_BODY);
	turn();
	CHECK_EQ(client_state(w.client), CLIENT_POLLING);
	CHECK(poll_request());
}

static const char *self_map(const char *node, const char *rest)
{
	static char text[4096];

	snprintf(text, sizeof(text), SELF, node, rest);
	return text;
}

static inline void first_map(void)
{
	CHECK_IN(reach_poll());
	fake_begin(poll_request(), 200);
	fake_map(poll_request(), self_map("", ""));
	CHECK_EQ(w.n_netmaps, 1);
	CHECK(client_is_in_poll(w.client));
}

#endif /* CLIENT_RIG_H */
