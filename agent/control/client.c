// SPDX-License-Identifier: GPL-2.0-only
/*
 * Events only note what has happened; run() alone decides what comes next, from
 * the loop, so that no event meets a half-made decision of another.
 */
#include "control/client.h"

#include "base/log.h"
#include "control/backoff.h"
#include "control/control_conn.h"
#include "control/expiry.h"
#include "control/map_poll.h"
#include "control/map_update.h"
#include "control/ping.h"
#include "control/rpc.h"
#include "control/server_key.h"
#include "control/spare.h"
#include "loop/loop.h"
#include "loop/transfers.h"
#include "model/netmap_session.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum goal {
	GOAL_NONE,
	GOAL_LOGIN,	/* be registered and have the map */
	GOAL_LOGOUT,
};

/**
 * struct client - the whole of it
 * @config: as given
 * @calls: as given
 * @loop: that of the transfers
 * @url: copy of the server's URL
 * @server: the same
 * @state: written by enter() alone
 * @goal: what is wanted
 * @paused: not now
 * @keys: who we are
 * @server_key: newest known; zero = none
 * @key_asked: it was asked for, and need not be again
 * @key_request: under way, or NULL
 * @tags: handshakes in a row that failed by a wrong key
 * @memory: of dials
 * @spare: addresses of the server if its name has none
 * @conn: or NULL
 * @connected: it is proved
 * @reg: the registration
 * @reg_busy: its request is under way
 * @registered: the server knows us
 * @session: from messages to netmaps
 * @poll: the map stream, or NULL
 * @in_poll: it has brought a netmap
 * @n_404: polls in a row that the server knew nobody for
 * @update: what we tell
 * @pinger: what the server asks
 * @rpcs: what others ask the server
 * @reach: failures of key and connection
 * @auth: of registrations
 * @polls: of map streams
 * @run: decides
 * @wait: ends a backoff
 * @must_wait: the server itself wants the backoff
 * @expiry: next key that expires
 * @logout: gives up the server on the way out
 */
struct client {
	struct client_config config;
	struct client_calls calls;
	struct loop *loop;
	char *url;
	struct server_url server;
	enum client_state state;
	enum goal goal;
	bool paused;
	struct registration_keys keys;
	struct machine_public server_key;
	bool key_asked;
	struct server_key *key_request;
	unsigned int tags;
	struct dial_memory memory;
	struct spare spare;
	struct control_conn *conn;
	bool connected;
	struct registration *reg;
	bool reg_busy;
	bool registered;
	struct netmap_session *session;
	struct map_poll *poll;
	bool in_poll;
	unsigned int n_404;
	struct map_update update;
	struct pinger *pinger;
	struct rpcs rpcs;
	struct backoff reach;
	struct backoff auth;
	struct backoff polls;
	struct loop_later run;
	struct loop_timer wait;
	bool must_wait;
	struct expiry expiry;
	struct loop_timer logout;
};

static void enter(struct client *client, enum client_state state)
{
	if (client->state == state)
		return;
	assert(client_state_may(client->state, state));
	log_info("control: %s", client_state_name(state));
	client->state = state;
	client->calls.state(client->calls.ctx, state);
}

static uint32_t some_random(void *ctx)
{
	struct client *client = ctx;

	return client->config.random(client->config.ctx);
}

static void kick(struct client *client)
{
	loop_later_set(client->loop, &client->run);
}

static void stop_waiting(struct client *client)
{
	loop_timer_cancel(client->loop, &client->wait);
	client->must_wait = false;
}

static void drop_poll(struct client *client)
{
	map_update_set_conn(&client->update, NULL);
	map_poll_free(steal(client->poll));
	client->in_poll = false;
}

static void drop_conn(struct client *client)
{
	registration_cancel(client->reg);
	client->reg_busy = false;
	drop_poll(client);
	pinger_cancel(client->pinger);
	rpcs_set_conn(&client->rpcs, NULL);
	control_conn_free(steal(client->conn));
	client->connected = false;
}

static void hold(struct client *client, uint64_t ms)
{
	loop_timer_set(client->loop, &client->wait, ms);
	enter(client, CLIENT_BACKOFF);
}

static void fail(struct client *client, struct backoff *backoff)
{
	hold(client, backoff_fail(backoff, loop_now_ms(client->loop),
				  backoff != &client->reach,
				  some_random(client)));
}

/* What was being done when the connection was lost. */
static struct backoff *current_backoff(struct client *client)
{
	if (client->state == CLIENT_REGISTERING)
		return &client->auth;
	if (client->state == CLIENT_POLLING)
		return &client->polls;
	return &client->reach;
}

static void on_wait_over(void *ctx)
{
	struct client *client = ctx;

	client->must_wait = false;
	kick(client);
}

/* Waiting would not make it any better. */
static void on_spare(void *ctx)
{
	struct client *client = ctx;

	if (!client->must_wait)
		stop_waiting(client);
	kick(client);
}

/* The server's key */

static void use_key(struct client *client, const struct machine_public *key)
{
	const struct machine_public old = client->server_key;
	bool known = !machine_public_is_zero(&old);

	if (known && !memcmp(&old, key, sizeof(old)))
		return;
	if (known)
		log_warning("control: the server has another key than before");
	client->server_key = *key;
	client->calls.server_key(client->calls.ctx, key, known);
}

static void on_key(void *ctx, int err, const struct err_detail *detail,
		   const struct machine_public *key)
{
	struct client *client = ctx;

	client->key_request = NULL;
	if (err == TNE_NAME_LOOKUP)
		spare_search(&client->spare,
			     netmap_session_current(client->session));
	if (err == 0) {
		client->spare.turn = 0;
		use_key(client, key);
	} else {
		spare_next(&client->spare, err);
		log_warning("control: no key from the server: %s %s",
			    err_text(err), detail ? detail->text : "");
		/* Who does not have the remembered key will not prove it. */
		if (machine_public_is_zero(&client->server_key) ||
		    err == TNE_SERVER_KEY_PIN) {
			fail(client, &client->reach);
			return;
		}
	}
	client->key_asked = true;
	client->tags = 0;
	kick(client);
}

static void ask_key(struct client *client)
{
	const struct machine_public *pin = &client->config.pin;
	int r;

	enter(client, CLIENT_KEY);
	/* A relay may name any address: only TLS tells who answers there. */
	r = server_key_fetch(client->config.transfers, client->url,
			     client->server.https ?
			     spare_addr(&client->spare) : NULL,
			     client->config.version,
			     machine_public_is_zero(pin) ? NULL : pin, on_key,
			     client, &client->key_request);
	if (r < 0)
		fail(client, &client->reach);
}

/* The connection */

static void on_connected(void *ctx)
{
	struct client *client = ctx;

	client->connected = true;
	rpcs_set_conn(&client->rpcs, client->conn);
	client->tags = 0;
	backoff_reset(&client->reach);
	kick(client);
}

static void on_draining(void *ctx)
{
	struct client *client = ctx;
	struct backoff *backoff = current_backoff(client);

	log_info("control: the server wants another connection");
	drop_conn(client);
	if (client->state != CLIENT_BACKOFF)
		fail(client, backoff);
}

static void on_closed(void *ctx, int err, const struct err_detail *detail)
{
	struct client *client = ctx;
	struct backoff *backoff = current_backoff(client);

	log_info("control: connection closed: %s %s",
		 err ? err_text(err) : "by the server",
		 detail ? detail->text : "");
	if (err == TNE_NOISE_TAG && !client->connected &&
	    ++client->tags >= CLIENT_TAGS_MAX)
		client->key_asked = false;
	if (err == TNE_NAME_LOOKUP)
		spare_search(&client->spare,
			     netmap_session_current(client->session));
	drop_conn(client);
	if (client->state != CLIENT_BACKOFF)
		fail(client, backoff);
}

static void dial(struct client *client)
{
	struct netmap *netmap = netmap_session_current(client->session);
	struct race_candidate plan[RACE_MAX];
	struct control_conn_config config = {
		.transfers = client->config.transfers,
		.server_url = client->url,
		.server = &client->server_key,
		.machine = client->config.machine,
		.version = client->config.version,
		.memory = &client->memory,
		.plan = plan,
		.spare = client->spare.candidate, .n_spare = client->spare.n,
	};
	const struct control_conn_calls calls = {
		.connected = on_connected, .draining = on_draining,
		.closed = on_closed, .ctx = client,
	};

	enter(client, CLIENT_DIALING);
	config.n_plan = race_plan(netmap ? netmap->dial_plan : NULL, plan);
	if (control_conn_open(&config, &calls, &client->conn) < 0)
		fail(client, &client->reach);
}

/* Registration */

static void on_self(void *ctx, struct control_self *ret)
{
	struct client *client = ctx;

	client->calls.self(client->calls.ctx, ret);
}

static void on_visit(void *ctx, const char *url)
{
	struct client *client = ctx;

	client->calls.visit(client->calls.ctx, url);
}

static void take_registration(struct client *client,
			      const struct register_response *response,
			      struct secret32 *key)
{
	struct registration_keys keys = client->keys;
	int r;

	if (key) {
		keys.old_node = keys.node;
		key_derive_public(key, &keys.node);
	}
	r = client->calls.registered(client->calls.ctx, response, key);
	if (r < 0) {
		/*
		 * Not on disk is not ours: the old key has to serve. The new one
		 * is tried again, as the server has used up what it cost.
		 */
		log_err("control: the node key cannot be kept: %s",
			err_text(r));
		if (key)
			registration_restore(client->reg, key);
		fail(client, &client->auth);
		return;
	}
	client->keys = keys;
	client->registered = true;
	client->n_404 = 0;
	backoff_reset(&client->auth);
	kick(client);
}

static void leave(struct client *client)
{
	loop_timer_cancel(client->loop, &client->logout);
	client->goal = GOAL_NONE;
	client->registered = false;
	kick(client);
	client->calls.logged_out(client->calls.ctx);
}

static void tell_refused(struct client *client,
			 const struct register_action *action, bool give_up)
{
	const char *why = action->detail.text[0] ? action->detail.text :
						   err_text(action->err);

	log_warning("control: registration: %s", why);
	client->calls.refused(client->calls.ctx, why, give_up);
}

/*
 * Who is in and is refused a new key goes on with the one he has: without it he
 * would hear nothing of the network any more.
 */
static bool keep_current(struct client *client,
			 const struct register_action *action)
{
	if (!action->refused || !registration_renews(client->reg) ||
	    registration_login(client->reg, false, NULL) < 0)
		return false;
	backoff_reset(&client->auth);
	kick(client);
	tell_refused(client, action, true);
	return true;
}

static void on_registration(void *ctx, const struct register_action *action,
			    struct secret32 *key)
{
	struct client *client = ctx;

	client->reg_busy = false;
	switch (action->act) {
	case REGISTER_ACT_DONE:
		take_registration(client, action->response, key);
		return;
	case REGISTER_ACT_LEFT:
		leave(client);
		return;
	case REGISTER_ACT_WAIT:
		log_info("control: the server is busy");
		client->must_wait = true;
		hold(client, action->wait_ms);
		return;
	case REGISTER_ACT_ASK:
		client->goal = GOAL_NONE;
		kick(client);
		tell_refused(client, action, true);
		return;
	case REGISTER_ACT_RETRY:
		if (keep_current(client, action))
			return;
		fail(client, &client->auth);
		/* The rest is the weather. */
		if (action->refused || action->err == TNE_AUTH_URL ||
		    action->err == TNE_REGISTER_REFUSED ||
		    action->err == TNE_CONTROL_STATUS)
			tell_refused(client, action, false);
		return;
	case REGISTER_ACT_RESIGN:
	case REGISTER_ACT_NEW_KEY:
	case REGISTER_ACT_VISIT:
		break;
	}
	assert(!"a registration does these by itself");
}

static void send_registration(struct client *client)
{
	int r;

	enter(client, CLIENT_REGISTERING);
	r = registration_send(client->reg, client->conn, &client->keys,
			      expiry_passed(&client->expiry));
	client->reg_busy = r == 0;
	if (r < 0)
		fail(client, &client->auth);
}

/* The map */

static int build_map_request(struct client *client, enum map_use use,
			     struct secret_buf *ret)
{
	struct map_request request = {
		.version = client->config.version,
		.use = use,
		.compress = true,
		.node_key = client->keys.node,
	};
	struct control_self self = { 0 };

	client->calls.self(client->calls.ctx, &self);
	request.disco_key = self.disco_key;
	request.hostinfo = self.hostinfo;
	request.endpoints = self.endpoints;
	request.n_endpoints = self.n_endpoints;
	request.debug_flags = self.debug_flags;
	request.tka_head = self.lock_head;
	return map_request_build(&request, ret);
}

static int build_update(void *ctx, struct secret_buf *ret)
{
	return build_map_request(ctx, MAP_USE_LITE, ret);
}

static void on_step(void *ctx, const struct netmap_step *step)
{
	struct client *client = ctx;

	if (step->ping && client->conn)
		pinger_handle(client->pinger, step->ping, client->conn);
	if (step->pop_browser_url &&
	    register_check_url(step->pop_browser_url, &client->server) == 0)
		client->calls.pop_url(client->calls.ctx,
				      step->pop_browser_url);
	if (step->netmap && step->changed) {
		client->n_404 = 0;
		backoff_reset(&client->polls);
		expiry_arm(&client->expiry);
		client->in_poll = true;
		client->calls.netmap(client->calls.ctx, step->netmap);
	}
	if (step->debug.exit)
		client->calls.exit(client->calls.ctx, step->debug.exit_code);
}

static void on_poll_end(void *ctx, const struct map_poll_end *end)
{
	struct client *client = ctx;

	log_info("control: map stream: %s %s", err_text(end->err),
		 end->detail.text);
	client->n_404 = end->status == 404 ? client->n_404 + 1 : 0;
	if (client->n_404 >= CLIENT_404_MAX) {
		/* The node was deleted, so it asks to be let in again. */
		client->n_404 = 0;
		client->registered = false;
	}
	drop_poll(client);
	if (end->bad_conn)
		drop_conn(client);
	fail(client, &client->polls);
}

static void start_poll(struct client *client)
{
	struct secret_buf body auto_clean(secret_buf) = { 0 };
	const struct map_poll_calls calls = {
		.step = on_step, .end = on_poll_end, .ctx = client,
	};
	int r;

	enter(client, CLIENT_POLLING);
	r = build_map_request(client, MAP_USE_POLL, &body);
	if (r == 0)
		r = map_poll_start(client->loop, client->conn,
				   client->session, &body, &calls,
				   &client->poll);
	if (r < 0) {
		fail(client, &client->polls);
		return;
	}
	/* A server need not look at what a stream request says of us. */
	map_update_set_conn(&client->update, client->conn);
	map_update_want(&client->update);
}

/* What comes next */

static void rest(struct client *client)
{
	server_key_cancel(steal(client->key_request));
	spare_cancel(&client->spare);
	drop_conn(client);
	stop_waiting(client);
	enter(client, CLIENT_IDLE);
}

static void run(void *ctx)
{
	struct client *client = ctx;

	if (client->goal == GOAL_NONE ||
	    (client->goal == GOAL_LOGIN && client->paused))
		rest(client);
	else if (client->wait.set)
		enter(client, CLIENT_BACKOFF);
	else if (client->key_request)
		enter(client, CLIENT_KEY);
	else if (!client->key_asked)
		ask_key(client);
	else if (!client->conn)
		dial(client);
	else if (!client->connected)
		enter(client, CLIENT_DIALING);
	else if (!client->registered && !client->reg_busy)
		send_registration(client);
	else if (client->registered && !client->poll)
		start_poll(client);
}

/* From outside */

static void on_logout_timeout(void *ctx)
{
	struct client *client = ctx;

	log_warning("control: the server was not told of the logout");
	registration_cancel(client->reg);
	client->reg_busy = false;
	leave(client);
}

static int make_parts(struct client *client)
{
	const struct registration_config reg = {
		.server_url = client->url,
		.version = client->config.version,
		.clock = loop_clock(client->loop),
		.random = some_random,
		.self = on_self,
		.ctx = client,
		.signer = client->config.signer,
	};
	const struct registration_calls reg_calls = {
		.visit = on_visit, .end = on_registration, .ctx = client,
	};
	int r;

	r = server_url_parse(client->url, &client->server);
	if (r < 0)
		return r;
	client->session = netmap_session_new();
	client->expiry.session = client->session;
	client->pinger = pinger_new(client->config.transfers, &client->server);
	if (!client->session || !client->pinger)
		return -ENOMEM;
	return registration_new(&reg, &reg_calls, &client->reg);
}

int client_new(const struct client_config *config,
	       const struct client_calls *calls, struct client **ret)
{
	struct client *client auto_clean(client) = NULL;
	struct map_update_calls update = {
		.build = build_update, .random = some_random,
	};
	int r;

	client = calloc(1, sizeof(*client));
	if (!client)
		return -ENOMEM;
	client->config = *config;
	client->calls = *calls;
	client->loop = transfers_loop(config->transfers);
	client->keys = config->keys;
	client->server_key = config->known_key;
	client->spare = (struct spare){
		.transfers = config->transfers, .host = client->server.host,
		.relays = config->relays, .random = some_random,
		.found = on_spare, .ctx = client,
	};
	loop_later_init(&client->run, run, client);
	loop_timer_init(&client->wait, on_wait_over, client);
	client->expiry = (struct expiry){
		.loop = client->loop, .netmap = calls->netmap, .ctx = calls->ctx,
	};
	expiry_init(&client->expiry);
	loop_timer_init(&client->logout, on_logout_timeout, client);
	rpcs_init(&client->rpcs, client->loop);
	update.ctx = client;
	map_update_init(&client->update, client->loop, &update);

	client->url = strdup(config->server_url);
	if (!client->url)
		return -ENOMEM;
	client->config.server_url = client->url;
	r = make_parts(client);
	if (r < 0)
		return r;
	if (!client->server.https)
		log_warning("control: over plain HTTP the server's key is taken on trust");
	*ret = steal(client);
	return 0;
}

void client_free(struct client *client)
{
	if (!client)
		return;
	server_key_cancel(client->key_request);
	spare_cancel(&client->spare);
	if (client->reg)
		drop_conn(client);
	rpcs_done(&client->rpcs);
	map_update_done(&client->update);
	loop_later_cancel(&client->run);
	loop_timer_cancel(client->loop, &client->wait);
	expiry_done(&client->expiry);
	loop_timer_cancel(client->loop, &client->logout);
	registration_free(client->reg);
	pinger_free(client->pinger);
	netmap_session_free(client->session);
	free(client->url);
	free(client);
}

int client_login(struct client *client, bool interactive,
		 const struct secret_buf *auth_key)
{
	int r;

	r = registration_login(client->reg, interactive, auth_key);
	if (r < 0)
		return r;
	client->reg_busy = false;
	drop_poll(client);
	stop_waiting(client);
	backoff_reset(&client->auth);
	loop_timer_cancel(client->loop, &client->logout);
	client->goal = GOAL_LOGIN;
	client->registered = false;
	kick(client);
	return 0;
}

void client_renew(struct client *client)
{
	registration_renew(client->reg);
	client->reg_busy = false;
	client->registered = false;
	kick(client);
}

void client_logout(struct client *client)
{
	registration_logout(client->reg);
	client->reg_busy = false;
	drop_poll(client);
	stop_waiting(client);
	client->goal = GOAL_LOGOUT;
	client->registered = false;
	/* Who is nobody yet need not be forgotten. */
	loop_timer_set(client->loop, &client->logout,
		       node_public_is_zero(&client->keys.node) ?
		       0 : CLIENT_LOGOUT_MS);
	kick(client);
}

void client_pause(struct client *client, bool pause)
{
	client->paused = pause;
	kick(client);
}

void client_network_changed(struct client *client)
{
	drop_conn(client);
	if (!client->must_wait)
		stop_waiting(client);
	backoff_reset(&client->reach);
	backoff_reset(&client->auth);
	backoff_reset(&client->polls);
	kick(client);
}

void client_self_changed(struct client *client)
{
	map_update_want(&client->update);
}

struct rpcs *client_rpcs(struct client *client)
{
	return &client->rpcs;
}

void client_trust_clock(struct client *client, bool trusted)
{
	netmap_session_trust_clock(client->session, trusted);
}

enum client_state client_state(const struct client *client)
{
	return client->state;
}

bool client_is_in_poll(const struct client *client)
{
	return client->in_poll;
}

struct netmap *client_netmap(const struct client *client)
{
	return netmap_session_current(client->session);
}

const char *client_url(const struct client *client)
{
	return registration_url(client->reg);
}
