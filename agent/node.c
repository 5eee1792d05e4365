// SPDX-License-Identifier: GPL-2.0-only
/*
 * The composition: from the network map to the kernel and the host, one step
 * after the other. Events only mark what has to be looked at; work() does it.
 */
#include "node_own.h"

#include "base/array.h"
#include "base/lap.h"
#include "base/log.h"
#include "dataplane/events.h"
#include "lock/admit.h"
#include "model/routes.h"
#include "node/backend.h"
#include "node/core.h"
#include "node/health.h"
#include "node/lock_commands.h"
#include "node/lock_glue.h"
#include "node/login.h"
#include "node/node_status.h"
#include "node/profiles.h"
#include "node/relays.h"
#include "node/rules.h"
#include "node/service.h"
#include "node/state_side.h"
#include "system/rtnl.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RETRY_FIRST_MS 1000	/* ours, as the next ones */
#define RETRY_MAX_MS 30000
#define RELAYS_SELDOM_MS 60000	/* between two writes of the relays; ours */
#define ENGINE_MS 2000		/* source: ipn/ipnlocal, engine status */
/* With more peers than this that may have changed, all are looked at. */
#define CHANGED_MAX 1024

/* Small answers */

void node_kick(struct node_own *node)
{
	loop_later_set(node->config.loop, &node->work);
}

void node_dirty(struct node_own *node)
{
	node->view_known = false;
	node->host_dirty = true;
	node->applied = false;
	node_kick(node);
}

struct timestamp node_now(const struct node_own *node)
{
	return timestamp_now(loop_clock(node->config.loop));
}

bool node_has_key(const struct node_own *node)
{
	return node->identity.persist.node;
}

const char *node_control_url(const struct node_own *node)
{
	if (*prefs_text(node->identity.prefs.control_url))
		return node->identity.prefs.control_url;
	if (node->config.settings.control_url)
		return node->config.settings.control_url;
	return NODE_OWN_CONTROL_URL;
}

const char *node_exit_node(const struct node_own *node)
{
	const struct prefs *prefs = &node->identity.prefs;
	const char *text = prefs_text(prefs->exit_node_ip);
	const struct node *peer = NULL;
	struct ip_addr ip;

	if (*prefs_text(prefs->exit_node_id))
		return prefs->exit_node_id;
	if (!node->netmap || !*text || ip_parse(text, strlen(text), &ip) < 0)
		return "";
	while ((peer = netmap_next_peer(node->netmap, peer))) {
		if (node_has_address(peer, &ip))
			return peer->stable_id;
	}
	return "";
}

int node_save(struct node_own *node, struct err_detail *detail)
{
	int r = identity_save(node->config.state, &node->identity, detail);

	if (r > 0)
		log_warning("store: a power cut may bring the old state back");
	return r < 0 ? r : 0;
}

void node_set_self(struct node_own *node)
{
	if (self_info_set(&node->self, &node->identity.prefs,
			  node->identity.log_id) < 0)
		log_warning("node: no memory to say who we are");
}

/* Telling others */

void node_tell_state(struct node_own *node)
{
	const struct notify msg = {
		.has_state = true, .state = node->backend,
	};

	watchers_tell(&node->watchers, &msg);
}

void node_tell_self(struct node_own *node)
{
	static const struct wg_device no_device;
	struct node_status_input in = {
		.netmap = node->netmap, .device = &no_device,
		.hostname = node->self.info.hostname,
		.endpoints = node->endpoints,
		.n_endpoints = node->n_endpoints,
		.connected = node->client && client_is_in_poll(node->client),
		.exit_node = "", .now = node_now(node),
	};
	struct notify msg = { 0 };
	struct status_peer self = { 0 };

	if (node_has_key(node))
		key_derive_public(node->identity.persist.node, &in.key);
	if (node_status_self(&in, &self) == 0) {
		msg.self = &self;
		watchers_tell(&node->watchers, &msg);
	}
	status_peer_done(&self);
}

static void tell_service(struct node_own *node)
{
	char ip[IP_TEXT_MAX] = "no address";

	if (node->netmap && node->netmap->self->addresses.n)
		ip_format(&node->netmap->self->addresses.item[0].addr, ip);
	service_notify("STATUS=%s; %s; %zu peers",
		       backend_state_name(node->backend), ip,
		       node->view.n_peers);
}

static void enter(struct node_own *node, enum backend_state state)
{
	if (node->backend == state)
		return;
	log_info("node: %s", backend_state_name(state));
	node->backend = state;
	node_tell_state(node);
}

/* The map */

static bool same_routes(const struct node *a, const struct node *b)
{
	return a && b && a != b && a->expired == b->expired &&
	       a->jailed == b->jailed &&
	       node_is_reachable(a) == node_is_reachable(b) &&
	       ip_prefixes_equal(&a->addresses, &b->addresses) &&
	       ip_prefixes_equal(&a->allowed_ips, &b->allowed_ips);
}

static int note_key(struct node_own *node, const struct node_public *key)
{
	struct node_public *keys;

	if (node->n_changed >= CHANGED_MAX)
		return -E2BIG;
	keys = array_grow(node->changed, node->n_changed, &node->cap_changed,
			  sizeof(*keys));
	if (!keys)
		return -ENOMEM;
	node->changed = keys;
	keys[node->n_changed++] = *key;
	return 0;
}

static int note_change(void *ctx, const struct node *old,
		       const struct node *new)
{
	struct node_own *node = ctx;
	int r = 0;

	if (!same_routes(old, new))
		node->host_dirty = true;
	if (health_leaves_out(old) || health_leaves_out(new))
		node->left_out_known = false;
	if (old)
		r = note_key(node, &old->key);
	if (r == 0 && new && (!old || key_cmp_public(&old->key, &new->key)))
		r = note_key(node, &new->key);
	return r;
}

static bool same_self(const struct netmap *a, const struct netmap *b)
{
	return a && b && a->self && b->self &&
	       key_cmp_public(&a->self->key, &b->self->key) == 0 &&
	       a->self->expired == b->self->expired &&
	       a->self->machine_authorized == b->self->machine_authorized &&
	       ip_prefixes_equal(&a->self->addresses, &b->self->addresses);
}

void node_set_netmap(struct node_own *node, struct netmap *netmap)
{
	struct netmap *old = node->netmap;

	node->netmap = netmap ? netmap_get(netmap) : NULL;
	node->had_map = true;
	/* Compared while both exist: a new one may get the place of an old. */
	if (!old || !netmap || old->self != netmap->self)
		node->self_shown = false;
	if (netmap && (!old || old->derp_regions != netmap->derp_regions))
		node->relays_new = true;
	if (!netmap || !same_self(old, netmap) ||
	    netmap_diff_peers(old, netmap, note_change, node) < 0) {
		node->left_out_known = false;
		node_dirty(node);
	}
	netmap_put(old);
	if (netmap)
		lock_side_map(&node->lock, &netmap->tka_info);
	node_kick(node);
}

/* Steps */

static void set_error(char *slot, int err, const struct err_detail *detail)
{
	snprintf(slot, NODE_WARNING_TEXT, "%s",
		 detail->text[0] ? detail->text : err_text(err));
}

/* Return: 0, or an error with its text in @data_error. */
static int have_device(struct node_own *node)
{
	struct wg_device dev = { 0 };
	struct err_detail detail = { 0 };
	int r;

	if (data_side_is_open(&node->data))
		return 0;
	r = data_side_open(&node->data, &detail);
	if (r < 0) {
		set_error(node->data_error, r, &detail);
		return r;
	}
	if (data_side_read(&node->data, false, &dev) == 0)
		memcpy(node->switches, dev.on, sizeof(node->switches));
	wg_device_done(&dev);
	node_dirty(node);
	/* The link is new to the host, and the port to the server. */
	r = host_side_read(&node->host, &detail);
	if (r < 0)
		set_error(node->host_error, r, &detail);
	node->n_endpoints = host_side_endpoints(&node->host,
						node->data.sockets.port,
						node->endpoints);
	if (node->client)
		client_self_changed(node->client);
	return 0;
}

static void view_options(struct node_own *node, struct view_options *ret)
{
	*ret = (struct view_options){
		.accept_routes = node->identity.prefs.route_all,
		.exit_node = node_exit_node(node),
		.read_sig = admit_read_sig,
		.rotated = lock_glue_rotated, .ctx = node,
	};
	host_side_reach(&node->host, &ret->host);
}

static void set_device(struct node_own *node)
{
	struct wanted_dev *dev = &node->view.dev;

	wanted_set_private_key(dev, node->identity.persist.node);
	dev->fwmark = LINK_FWMARK;
	dev->managed = true;
	memcpy(dev->on, node->switches, sizeof(dev->on));
}

/* Peers as the map has them, or with @peers false none. */
static int make_view(struct node_own *node, bool peers)
{
	struct view_options options;
	struct wanted view = { 0 };
	size_t i;
	int r = 0;

	view_options(node, &options);
	if (node->view_known && peers) {
		for (i = 0; i < node->n_changed && r == 0; i++)
			r = view_put_peer(&node->view, node->netmap,
					  &node->changed[i], &options);
		return r;
	}
	if (peers)
		r = view_build(node->netmap, &options, &view);
	if (r == 0)
		r = lock_side_wanted(&node->lock, &view.lock);
	if (r < 0) {
		wanted_done(&view);
		return r;
	}
	wanted_done(&node->view);
	node->view = view;
	set_device(node);
	return 0;
}

/* Return: 0, or an error with its text in @data_error. */
static int set_peers(struct node_own *node, bool peers)
{
	struct err_detail detail = { 0 };
	struct lap lap = { 0 };
	uint64_t view_us;
	bool all;
	int r = 0;

	if (node->view_known && !node->n_changed && node->applied)
		return 0;
	lap_take(&lap);
	if (peers)
		r = lock_glue_note(node);
	all = !node->view_known || !peers;
	if (r == 0)
		r = make_view(node, peers);
	view_us = lap_take(&lap);
	if (r == 0)
		r = data_side_set(&node->data, &node->view,
				  all ? NULL : node->changed,
				  all ? 0 : node->n_changed, &detail);
	if (r < 0) {
		/* What has come of it is not known: next time all of it. */
		node->view_known = false;
		set_error(node->data_error, r, &detail);
		return r;
	}
	log_debug("node: peers to the module: %s, view in %" PRIu64 " us, %d messages in %" PRIu64 " us",
		  all ? "all" : "those that changed", view_us, r,
		  lap_take(&lap));
	node->view_known = true;
	node->n_changed = 0;
	node->data_error[0] = 0;
	return 0;
}

/* By taking the peers out for a moment. */
static int drop_sessions(struct node_own *node)
{
	int r;

	node->view_known = false;
	r = set_peers(node, false);
	node->view_known = false;
	return r;
}

static int build_host(struct node_own *node, bool peers,
		      struct host_config *ret)
{
	const char *exit_node = node_exit_node(node);
	const struct node *peer = NULL;
	struct routes_input in = {
		.self = node->netmap->self->addresses,
		.attached = { node->host.attached, node->host.n_attached },
		.accept_routes = node->identity.prefs.route_all,
		.lan_access = node->identity.prefs.exit_node_lan,
		.exit_node = *exit_node,
		.ipv6 = node->host.state.has_ipv6,
	};
	struct routes_peer *list;
	int r;

	list = calloc(netmap_n_peers(node->netmap) + 1, sizeof(*list));
	if (!list)
		return -ENOMEM;
	while (peers && (peer = netmap_next_peer(node->netmap, peer))) {
		if (!view_wants(node->netmap, peer))
			continue;
		list[in.n_peers++] = (struct routes_peer){
			.addrs = peer->addresses,
			.allowed = peer->unsigned_peerapi_only ?
				   peer->addresses : peer->allowed_ips,
			.exit_node = *exit_node &&
				     !strcmp(exit_node, peer->stable_id),
		};
	}
	in.peers = list;
	r = routes_build(&in, ret);
	free(list);
	return r;
}

/* Return: 0, or an error with its text in @host_error. */
static int set_host(struct node_own *node, bool up, bool peers)
{
	struct host_config want auto_clean(host_config) = { 0 };
	struct err_detail detail = { 0 };
	struct lap lap = { 0 };
	int r = 0;

	if (!node->host_dirty)
		return 0;
	lap_take(&lap);
	if (up)
		r = build_host(node, peers, &want);
	if (r >= 0)
		r = host_side_set(&node->host, up ? &want : NULL, &detail);
	if (r < 0) {
		set_error(node->host_error, r, &detail);
		return r;
	}
	log_debug("node: addresses and routes in %" PRIu64 " us",
		  lap_take(&lap));
	node->host_dirty = false;
	node->host_error[0] = 0;
	return 0;
}

/* Return: 0, or an error: to be tried again. */
static int bring(struct node_own *node, enum view_closed closed)
{
	const struct prefs *prefs = &node->identity.prefs;
	bool wanted = prefs->want_running && !prefs->logged_out &&
		      node_has_key(node);
	bool up = wanted && closed == VIEW_OPEN, peers = up;
	int r, r2;

	if (node->data_lost) {
		log_warning("dataplane: device %s is gone, or its sockets are",
			    node->config.tun);
		node->data_lost = false;
		data_side_close(&node->data);
	}
	r = have_device(node);
	if (r < 0)
		return r;
	if (node_rules_leave_alone(wanted, closed == VIEW_NO_MAP,
				   node->had_map))
		return 0;
	if (node->rejoined) {
		r = drop_sessions(node);
		if (r < 0)
			return r;
		node->rejoined = false;
	}
	if (!peers && node->view.n_peers)
		node->view_known = false;
	r = set_peers(node, peers);
	r2 = set_host(node, up, peers);
	if (r < 0 || r2 < 0)
		return r < 0 ? r : r2;
	node->applied = true;
	return 0;
}

static void retry(struct node_own *node)
{
	uint64_t ms = RETRY_FIRST_MS << (node->n_failed < 5 ? node->n_failed :
							      5);

	node->n_failed++;
	loop_timer_set(node->config.loop, &node->retry,
		       ms < RETRY_MAX_MS ? ms : RETRY_MAX_MS);
}

/* Not with each message of a server that is never content. */
static void keep_relays(struct node_own *node)
{
	uint64_t now_ms = loop_now_ms(node->config.loop);
	int r;

	if (!node->relays_new || !node->netmap ||
	    (node->relays_ms && now_ms - node->relays_ms < RELAYS_SELDOM_MS))
		return;
	node->relays_new = false;
	node->relays_ms = now_ms;
	r = relays_save(node->config.side, node->netmap);
	if (r < 0)
		log_warning("store: the relays are not kept: %s", err_text(r));
}

static void work(void *ctx)
{
	struct node_own *node = ctx;
	const struct timestamp now = node_now(node);
	enum view_closed closed = view_check(node->netmap, &now);
	struct err_detail detail = { 0 };
	struct backend_facts facts;
	int r;

	if (node->remake_client && login_make_client(node, &detail) < 0) {
		snprintf(node->refused, sizeof(node->refused), "%s",
			 detail.text);
		if (node->remake_client)
			retry(node);
	}
	r = bring(node, closed);
	if (r < 0) {
		node->applied = false;
		if (r == -ENODEV)
			node->data_lost = true;
		/* Each message of the server may bring us here. */
		log_limited(&node->troubles, loop_now_ms(node->config.loop),
			    LOG_LEVEL_WARNING, "node: %s; trying again",
			    *node->data_error ? node->data_error :
						node->host_error);
		retry(node);
	} else {
		node->n_failed = 0;
	}
	facts = (struct backend_facts){
		.want_running = node->identity.prefs.want_running,
		.logged_out = node->identity.prefs.logged_out,
		.has_key = node_has_key(node),
		.has_url = node->client && *client_url(node->client),
		.forgotten = node->forgotten,
		.closed = closed,
		.applied = node->applied,
	};
	enter(node, backend_decide(&facts));
	logout_finish(node);
	if (node->netmap && !node->self_shown) {
		node->self_shown = true;
		profiles_note_map(node);
		node_tell_self(node);
	}
	keep_relays(node);
	health_tell(node);
	tell_service(node);
}

/* Events */

static void on_retry(void *ctx)
{
	node_kick(ctx);
}

static void on_event(void *ctx, const struct event *event)
{
	struct node_own *node = ctx;

	switch (event->kind) {
	case EVENT_SOCKET_GONE:
	case EVENT_ORPHANED:
		/* Not to be closed in the middle of its own events. */
		node->data_lost = true;
		node_kick(node);
		return;
	case EVENT_EXPIRED:
	case EVENT_CONFIG:
		/* Ours, or somebody else's: the generation will tell. */
		return;
	case EVENT_VMFORK:
		log_warning("dataplane: this machine was cloned");
		keeper_recheck(node->config.keeper);
		node_kick(node);
		return;
	case EVENT_SESSION_UP:
	case EVENT_SESSION_DOWN:
	case EVENT_ENDPOINT:
	case EVENT_WANT_PATH:
	case EVENT_UNREACHABLE:
		return;
	}
}

static void on_surprise(void *ctx)
{
	node_dirty(ctx);
}

static void on_host_change(void *ctx, unsigned int bits)
{
	struct node_own *node = ctx;

	if (data_side_is_open(&node->data) &&
	    node_rules_link_lost(bits, node->data.ifindex,
				 node->host.state.ifindex))
		node->data_lost = true;
	if (bits & CHANGE_HOST) {
		log_info("system: the network of this host has changed");
		node->n_endpoints =
			host_side_endpoints(&node->host,
					    node->data.sockets.port,
					    node->endpoints);
		if (node->client) {
			client_network_changed(node->client);
			client_self_changed(node->client);
		}
	}
	/* Another endpoint of a peer may be the best now. */
	node_dirty(node);
}

static void on_engine(void *ctx)
{
	struct node_own *node = ctx;
	struct wg_device dev = { 0 };
	struct notify_engine engine = { 0 };
	const struct notify msg = { .engine = &engine };
	int64_t now_s = node_now(node).s;
	size_t i;

	loop_timer_set(node->config.loop, &node->engine, ENGINE_MS);
	if (!watchers_want(&node->watchers, NOTIFY_ENGINE_UPDATES) ||
	    data_side_read(&node->data, true, &dev) < 0)
		return;
	for (i = 0; i < dev.n_peers; i++) {
		engine.rx_bytes += dev.peers[i].rx_bytes;
		engine.tx_bytes += dev.peers[i].tx_bytes;
		engine.n_live += dev.peers[i].handshake_s &&
				 now_s - dev.peers[i].handshake_s < 180;
	}
	wg_device_done(&dev);
	watchers_tell(&node->watchers, &msg);
}

static void on_watchdog(void *ctx)
{
	struct node_own *node = ctx;

	service_notify("WATCHDOG=1");
	loop_timer_set(node->config.loop, &node->watchdog,
		       service_watchdog_ms());
}

/* Beginning and end */

static int make_disco(struct disco_public *ret)
{
	struct secret32 *key auto_clean(secret32) = secret32_new();
	struct node_public public;

	if (!key)
		return -ENOMEM;
	/*
	 * A real key, though nobody can talk to it yet: without one others take
	 * us for unreachable. The private half is of no use before path
	 * discovery is there.
	 */
	key_make_private(key);
	key_derive_public(key, &public);
	memcpy(ret->byte, public.byte, sizeof(ret->byte));
	return 0;
}

static void init(struct node_own *node, const struct node_own_config *config)
{
	const struct data_side_calls data = {
		.event = on_event, .surprised = on_surprise, .ctx = node,
	};

	node->config = *config;
	node->started_ms = loop_now_ms(config->loop);
	watchers_init(&node->watchers);
	loop_later_init(&node->work, work, node);
	loop_timer_init(&node->retry, on_retry, node);
	loop_timer_init(&node->engine, on_engine, node);
	loop_timer_init(&node->watchdog, on_watchdog, node);
	data_side_init(&node->data, config->loop, config->tun, config->port,
		       &data);
	lock_glue_init(node);
	logout_init(&node->logout);
	self_info_init(&node->self);
	state_side_describe(config->keeper, &node->self);
}

static int start(struct node_own *node, struct err_detail *detail)
{
	const struct host_side_calls host = {
		.changed = on_host_change, .ctx = node,
	};
	int r;

	r = identity_load(node->config.state, node->config.side, detail,
			  &node->identity);
	node->relays = relays_load(node->config.side);
	if (r == 0)
		r = lock_glue_open(node, true);
	if (r == 0)
		r = make_disco(&node->disco);
	if (r == 0)
		r = self_info_set(&node->self, &node->identity.prefs,
				  node->identity.log_id);
	if (r == 0)
		r = host_side_open(&node->host, node->config.loop,
				   node->config.tun, &host, detail);
	if (r < 0)
		return r;
	r = have_device(node);
	if (r < 0)
		return err_explain(detail, r, "%s", node->data_error);
	r = login_make_client(node, detail);
	/* Somebody has to be there to be told a better address. */
	if (r == TNE_URL) {
		snprintf(node->refused, sizeof(node->refused), "%s",
			 detail->text);
		log_warning("node: %s", node->refused);
		r = 0;
	}
	return r;
}

int node_own_new(const struct node_own_config *config,
		 struct err_detail *detail, struct node_own **ret)
{
	struct node_own *node auto_clean(node_own) = NULL;
	int r;

	node = calloc(1, sizeof(*node));
	if (!node)
		return -ENOMEM;
	init(node, config);
	r = start(node, detail);
	if (r < 0)
		return r;
	node_kick(node);
	loop_timer_set(config->loop, &node->engine, ENGINE_MS);
	if (service_watchdog_ms())
		on_watchdog(node);
	*ret = steal(node);
	return 0;
}

static bool same_url(const char *a, const char *b)
{
	return (!a && !b) || (a && b && !strcmp(a, b));
}

void node_own_set(struct node_own *node,
		  const struct node_own_settings *settings)
{
	bool url = !same_url(node->config.settings.control_url,
			     settings->control_url) &&
		   !*prefs_text(node->identity.prefs.control_url);
	bool key = memcmp(&node->config.settings.control_key,
			  &settings->control_key,
			  sizeof(settings->control_key)) != 0;

	node->config.settings = *settings;
	/* What one server has said means nothing to another. */
	if (url)
		node_set_netmap(node, NULL);
	if (url || key)
		node->remake_client = true;
	node_kick(node);
}

void node_own_free(struct node_own *node)
{
	if (!node)
		return;
	lock_commands_end(node);
	/* Over or not: nobody will look any more. */
	logout_finish(node);
	logout_cancel(node, "the agent ends");
	lock_side_close(&node->lock);
	client_free(node->client);
	derp_regions_put(node->relays);
	loop_later_cancel(&node->work);
	loop_timer_cancel(node->config.loop, &node->retry);
	loop_timer_cancel(node->config.loop, &node->engine);
	loop_timer_cancel(node->config.loop, &node->watchdog);
	watchers_done(&node->watchers);
	data_side_close(&node->data);
	host_side_close(&node->host);
	wanted_done(&node->view);
	free(node->changed);
	netmap_put(node->netmap);
	self_info_done(&node->self);
	identity_done(&node->identity);
	free(node);
}

int node_own_undo(const char *tun, struct err_detail *detail)
{
	struct rtnl *rtnl auto_clean(rtnl) = NULL;
	int r, r2;

	r = rtnl_open(RTNL_KIND, &rtnl);
	if (r == 0)
		r = rtnl_undo(rtnl, tun, detail);
	r2 = data_side_delete(tun, r < 0 ? NULL : detail);
	return r < 0 ? r : r2;
}
