// SPDX-License-Identifier: GPL-2.0-only
#include "node/login.h"

#include "base/log.h"
#include "model/notify.h"
#include "node/core.h"
#include "node/lock_glue.h"
#include "node/lock_signer.h"
#include "node/rules.h"
#include "wire/control_frame.h"
#include "wire/register_json.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>
#include <sys/timex.h>

/* What an order to exit is answered with; ours, so that no manager tries again. */
#define EXIT_ORDERED 75
/* From a login by an auth key to the wish that went along with it; ours. */
#define KEYED_MS 30000

static bool clock_is_synced(void)
{
	struct timex t = { 0 };
	int r = adjtimex(&t);

	return r >= 0 && r != TIME_ERROR;
}

static void on_state(void *ctx, enum client_state state)
{
	struct node_own *node = ctx;

	/* At the start of the host it may not have been set yet. */
	if (state == CLIENT_POLLING && node->client)
		client_trust_clock(node->client, clock_is_synced());
	node_kick(node);
}

static void on_self(void *ctx, struct control_self *ret)
{
	struct node_own *node = ctx;

	*ret = (struct control_self){
		.hostinfo = &node->self.info,
		.disco_key = node->disco,
		.endpoints = node->endpoints,
		.n_endpoints = node->n_endpoints,
		.lock_head = node->lock_head.c,
	};
}

static void entry_name(const struct node_own *node, char ret[600])
{
	snprintf(ret, 600, SIDE_PIN "%.500s", node_control_url(node));
}

static void on_server_key(void *ctx, const struct machine_public *key,
			  bool known)
{
	struct node_own *node = ctx;
	struct key_hex text;
	char name[600];

	(void)known;
	entry_name(node, name);
	if (side_write(node->config.side, name,
		       key_text_format_machine(key, &text)) < 0)
		log_warning("store: the server's key is not remembered");
}

static void on_visit(void *ctx, const char *url)
{
	struct node_own *node = ctx;
	const struct notify msg = { .browse_to_url = url };

	log_notice("control: to log in, visit %s", url);
	/* Nobody wished for it. */
	if (!node->login_wanted)
		node->forgotten = true;
	watchers_tell(&node->watchers, &msg);
	node_kick(node);
}

static int set_user(struct persist *persist,
		    const struct register_response *response)
{
	struct profile_user user = {
		.id = response->user.id,
	};
	int r = -ENOMEM;

	user.login = strdup(response->login.login_name);
	user.display = strdup(*response->login.display_name ?
			      response->login.display_name :
			      response->user.display_name);
	user.picture_url = strdup(response->login.profile_pic_url);
	if (user.login && user.display && user.picture_url) {
		profile_user_done(&persist->user);
		persist->user = user;
		user = (struct profile_user){ 0 };
		r = 0;
	}
	profile_user_done(&user);
	return r;
}

static int set_profile(struct node_own *node)
{
	struct profile *profile = &node->identity.profile;
	struct profile_user user = { 0 };
	int r;

	r = profile_user_copy(&node->identity.persist.user, &user);
	if (r < 0)
		return r;
	profile_user_done(&profile->user);
	profile->user = user;
	r = prefs_set_text(&profile->control_url, node_control_url(node));
	if (r == 0 && !*prefs_text(profile->name))
		r = prefs_set_text(&profile->name, user.login);
	return r;
}

/*
 * The new key counts only once it is on disk. On failure everything is as it
 * was, but for the names of the user, and the key is still the caller's.
 */
static int keep(struct node_own *node, const struct register_response *response,
		struct secret32 *key)
{
	struct persist *persist = &node->identity.persist;
	struct secret32 *old_node = persist->old_node, *cur = persist->node;
	struct prefs *prefs = &node->identity.prefs;
	bool logged_out = prefs->logged_out, want = prefs->want_running;
	struct err_detail detail = { 0 };
	int r;

	r = set_user(persist, response);
	if (r == 0)
		r = set_profile(node);
	if (r < 0)
		return r;
	if (key) {
		persist->old_node = cur;
		persist->node = key;
	}
	prefs->logged_out = false;
	/* Whoever logs in by hand wants the network. */
	if (node->interactive)
		prefs->want_running = true;
	r = node_save(node, &detail);
	if (r < 0) {
		prefs->logged_out = logged_out;
		prefs->want_running = want;
		persist->old_node = old_node;
		persist->node = cur;
		return r;
	}
	if (key)
		secret32_free(old_node);
	return 0;
}

static int on_registered(void *ctx, const struct register_response *response,
			 struct secret32 *key)
{
	struct node_own *node = ctx;
	const struct notify msg = {
		.login_finished = true, .prefs = &node->identity.prefs,
	};
	bool first = node->by_key && !node_has_key(node);
	bool wanted = node->login_wanted;
	int r;

	r = keep(node, response, key);
	if (r < 0)
		return r;
	node->keyed_ms = first ? loop_now_ms(node->config.loop) : 0;
	/* The first login has given the profile its name. */
	if (lock_glue_open(node, false) < 0)
		log_err("lock: no memory");
	node->login_wanted = false;
	node->interactive = false;
	node->rejoined |= node->forgotten;
	node->forgotten = false;
	node->refused[0] = 0;
	login_set_pause(node);
	if (key)
		node_dirty(node);
	if (wanted || key) {
		watchers_tell(&node->watchers, &msg);
		node_tell_self(node);
		node_tell_state(node);
	}
	node_kick(node);
	return 0;
}

static void on_refused(void *ctx, const char *why, bool give_up)
{
	struct node_own *node = ctx;
	const struct notify msg = { .error = node->refused };

	snprintf(node->refused, sizeof(node->refused), "%s", why);
	if (give_up)
		node->login_wanted = false;
	watchers_tell(&node->watchers, &msg);
	node_kick(node);
}

static void on_netmap(void *ctx, struct netmap *netmap)
{
	node_set_netmap(ctx, netmap);
}

static void on_pop_url(void *ctx, const char *url)
{
	struct node_own *node = ctx;
	const struct notify msg = { .browse_to_url = url };

	log_limited(&node->orders, loop_now_ms(node->config.loop),
		    LOG_LEVEL_NOTICE, "control: the server wants you to see %s",
		    url);
	watchers_tell(&node->watchers, &msg);
}

static void on_logged_out(void *ctx)
{
	logout_forget(ctx);
}

static void on_exit_wanted(void *ctx, int code)
{
	struct node_own *node = ctx;
	uint64_t up_ms = loop_now_ms(node->config.loop) - node->started_ms;
	struct err_detail detail = { 0 };

	if (!node_rules_may_exit(node->config.settings.obey_exit, up_ms)) {
		log_limited(&node->orders, loop_now_ms(node->config.loop),
			    LOG_LEVEL_WARNING,
			    "control: the server wants us to exit with %d, ignoring",
			    code);
		return;
	}
	log_warning("control: the server wants us to exit with %d; the network of the tailnet is taken down",
		    code);
	/* Nobody would be there to hear of peers that have to go. */
	if (host_side_set(&node->host, NULL, &detail) < 0)
		log_warning("system: %s", detail.text);
	loop_stop(node->config.loop, EXIT_ORDERED);
}

static uint32_t some_random(void *ctx)
{
	(void)ctx;
	return randombytes_random();
}

static void public_of(struct secret32 *key, struct node_public *ret)
{
	if (key)
		key_derive_public(key, ret);
}

int login_make_client(struct node_own *node, struct err_detail *detail)
{
	const struct client_calls calls = {
		.state = on_state, .self = on_self,
		.server_key = on_server_key, .visit = on_visit,
		.registered = on_registered, .refused = on_refused,
		.netmap = on_netmap, .pop_url = on_pop_url,
		.logged_out = on_logged_out, .exit = on_exit_wanted,
		.ctx = node,
	};
	struct client_config config = {
		.transfers = node->config.transfers,
		.server_url = node_control_url(node),
		.version = CONTROL_VERSION,
		.machine = node->identity.machine,
		.pin = node->config.settings.control_key,
		.random = some_random,
		.relays = node->relays,
		.signer = lock_signer_control(&node->identity.persist),
	};
	const struct persist *persist = &node->identity.persist;
	const char *known;
	char name[600];
	int r;

	public_of(persist->node, &config.keys.node);
	public_of(persist->old_node, &config.keys.old_node);
	config.keys.lock = persist->lock;
	entry_name(node, name);
	known = side_find(node->config.side, name);
	if (known)
		(void)key_text_parse_machine(known, strlen(known),
					     &config.known_key);

	logout_cancel(node, "the control server is another one now");
	client_free(steal(node->client));
	r = client_new(&config, &calls, &node->client);
	/* Another address would be needed; memory may come. */
	node->remake_client = r == -ENOMEM;
	if (r < 0)
		return err_explain(detail, r, "control server %s: %s",
				   config.server_url, err_text(r));
	client_trust_clock(node->client, clock_is_synced());
	login_set_pause(node);
	if (node_has_key(node) && !node->identity.prefs.logged_out)
		return client_login(node->client, false, NULL);
	return 0;
}

int login_begin(struct node_own *node, bool interactive,
		const struct secret_buf *auth_key)
{
	int r;

	r = client_login(node->client, interactive, auth_key);
	if (r < 0)
		return r;
	logout_cancel(node, "a login came in between");
	node->refused[0] = 0;
	node->login_wanted = interactive || auth_key;
	node->interactive = interactive;
	node->by_key = auth_key;
	node->keyed_ms = 0;
	login_set_pause(node);
	return 0;
}

bool login_is_done(struct node_own *node)
{
	uint64_t ms = node->keyed_ms;

	node->keyed_ms = 0;
	return ms && node_has_key(node) && !node->identity.prefs.logged_out &&
	       loop_now_ms(node->config.loop) - ms < KEYED_MS;
}

void login_renew(struct node_own *node)
{
	client_renew(node->client);
	node->interactive = true;
}

void login_set_pause(struct node_own *node)
{
	if (node->client)
		client_pause(node->client,
			     !node->identity.prefs.want_running &&
			     !node->login_wanted);
}
